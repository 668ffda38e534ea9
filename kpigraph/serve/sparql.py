"""The SPARQL 1.1 Protocol: what a request asks, who may answer it, and in which form the answer leaves.

No query from outside is evaluated here: `workers.Pool` does that. Source: SPARQL 1.1 Protocol (2013), section 2.1.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pyoxigraph as ox
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from kpigraph import void
from kpigraph.prefixes import PREFIXES
from kpigraph.serve import guard, negotiate, workers
from kpigraph.serve.negotiate import GRAPH_FORMS, HTML, RESULT_FORMS, Form
from kpigraph.serve.served import Served

MAX_BODY = 1 << 20
SHOWN_BYTES = 2 << 20  # of a result on an HTML page
_ERROR_AT = re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<words>.*)", re.DOTALL)
_QUERY_TYPE = "application/sparql-query"
_FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(eq=False)
class Fault(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """A request that gets no result: the status, why (by language), and where in the query (line, column), from 1."""

    status: int
    reason: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """What a request asks: the query (None: none given), the dataset and the form by name ("": by Accept)."""

    query: str | None
    default_graph: tuple[str, ...]
    named_graphs: tuple[str, ...]
    form: str = ""


async def read_call(request: Request) -> Call:
    """Return what `request` asks.

    Raises:
        Fault: if it cannot be understood: 400, 413 or 415.
    """
    pairs = _pairs(request.scope["query_string"])
    if request.method != "POST":
        return _call(pairs)
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    if media_type not in (_QUERY_TYPE, _FORM_TYPE):
        raise Fault(
            415,
            {
                "ja": f"POST の本文は {_FORM_TYPE} か {_QUERY_TYPE} にしてください。更新は受け付けません。",
                "en": f"The body of a POST must be {_FORM_TYPE} or {_QUERY_TYPE}. Updates are not offered.",
            },
            {"Accept-Post": f"{_FORM_TYPE}, {_QUERY_TYPE}"},
        )
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Fault(415, {"ja": "本文の文字コードは UTF-8 にしてください。", "en": "The body must be UTF-8."})
    body = await _body(request)
    if media_type == _FORM_TYPE:
        return _call([*_pairs(body), *((k, v) for k, v in pairs if k in ("format", "output", "lang"))])
    return _call([("query", _text(body)), *((k, v) for k, v in pairs if k != "query")])


async def _body(request: Request) -> bytes:
    too_large = Fault(
        413,
        {
            "ja": f"本文が大きすぎます（上限 {MAX_BODY:,} バイト）。",
            "en": f"The body is too large (at most {MAX_BODY:,} bytes).",
        },
        {"Connection": "close"},
    )
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY:
        raise too_large
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise too_large
    return bytes(body)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault(400, {"ja": "問い合わせが UTF-8 ではありません。", "en": "The query is not UTF-8."}) from None


def _pairs(data: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise Fault(
            400,
            {
                "ja": "パラメーターが読めません（UTF-8 を % で符号化してください）。",
                "en": "The parameters cannot be read (percent-encode UTF-8).",
            },
        ) from None


def _call(pairs: Sequence[tuple[str, str]]) -> Call:
    def every(name: str) -> tuple[str, ...]:
        return tuple(value for key, value in pairs if key == name)

    queries = every("query")
    if len(queries) > 1:
        raise Fault(
            400,
            {
                "ja": "query が二つ以上あります。一つだけにしてください。",
                "en": "There is more than one query; send one.",
            },
        )
    if every("update"):
        raise Fault(
            400,
            {"ja": "更新は受け付けません。query を送ってください。", "en": "Updates are not offered; send a query."},
        )
    graphs = every("default-graph-uri"), every("named-graph-uri")
    for iri in (*graphs[0], *graphs[1]):
        try:
            ox.NamedNode(iri)
        except ValueError:
            raise Fault(
                400, {"ja": f"グラフの名前が IRI ではありません: {iri}", "en": f"This graph name is not an IRI: {iri}"}
            ) from None
    form = next((f for f in (*every("format"), *every("output")) if f), "")
    return Call(queries[0] if queries else None, *graphs, form)


def choose_form(call: Call, accept: str | None, reading: guard.Reading) -> Form:
    """Return the form that the answer to `call` takes.

    Raises:
        Fault: 406 with what there is, if nothing fits.
    """
    forms = GRAPH_FORMS if reading.form and reading.form.gives_graph else RESULT_FORMS
    offers = (*forms, HTML)
    if call.form:
        named = next((f for f in offers if call.form.lower() in (f.suffix, f.media_type, *f.aliases)), None)
    else:
        named = negotiate.choose(accept, offers)
    if named is None:
        listing = negotiate.listing(offers)
        raise Fault(
            406,
            {"ja": f"この問い合わせの答えの形式: {listing}", "en": f"The answer to this query comes as {listing}"},
        )
    return named


def prepare(call: Call, served: Served, base: str, accept: str | None) -> tuple[workers.Query, Form]:
    """Return `call` as the workers take it, and the form of its answer.

    Raises:
        Fault: if the guard refuses the query, or no form of answer fits.
    """
    text = call.query or ""
    try:
        reading = guard.check(text)
    except guard.Refusal as refusal:
        place = refusal.place(text).split(":") if refusal.start >= 0 else ["0", "0"]
        raise Fault(refusal.status, refusal.reason, {}, int(place[0]), int(place[1])) from None
    form = choose_form(call, accept, reading)
    gives_graph = reading.form is not None and reading.form.gives_graph
    evaluated = form.suffix if form is not HTML else ("ttl" if gives_graph else "json")
    default: tuple[str, ...] | None = served.default_graphs
    named: tuple[str, ...] | None = None
    if call.default_graph or call.named_graphs:
        default, named = call.default_graph, call.named_graphs
    elif reading.has_dataset:
        default = None  # given explicitly, it would win over the FROM of the query
    query = workers.Query(
        text=text,
        format=evaluated,
        base=base,
        default_graph=default,
        named_graphs=named,
        prefixes=PREFIXES if served.folder else None,  # RDF files as they are: nothing beyond the standard
    )
    return query, form


@contextlib.asynccontextmanager
async def faults(query: str, seconds: float) -> AsyncIterator[None]:
    """Turn what the workers raise into a `Fault` with the right status."""
    try:
        yield
    except workers.QuerySyntaxError as error:
        raise syntax_fault(query, str(error)) from None
    except workers.QueryTooLongError:
        raise Fault(
            503,
            {
                "ja": f"{seconds:g} 秒で終わらなかったので止めました。条件を絞るか LIMIT を付けてください。",
                "en": f"Stopped: it was not done within {seconds:g} s. Narrow the query down or give it a LIMIT.",
            },
            {"Retry-After": "10"},
        ) from None
    except workers.OverloadedError:
        raise Fault(
            503,
            {"ja": "問い合わせが混み合っています。", "en": "Too many queries are waiting."},
            {"Retry-After": "2"},
        ) from None
    except workers.QueryFailedError as error:
        raise Fault(
            500, {"ja": f"評価できませんでした: {error}", "en": f"The query could not be evaluated: {error}"}
        ) from None


def syntax_fault(query: str, message: str) -> Fault:
    """Return the 400 for what the engine says of a query it cannot parse. It counts bytes; we count characters."""
    if (m := _ERROR_AT.match(message)) is None:
        return Fault(400, {"ja": f"構文の誤り: {message}", "en": f"Syntax error: {message}"})
    line, column = int(m["line"]), int(m["column"])
    lines = query.split("\n")
    if line <= len(lines):
        column = len(lines[line - 1].encode()[: column - 1].decode("utf-8", "ignore")) + 1
    words = _expected(m["words"])
    return Fault(
        400,
        {"ja": f"構文の誤り（{line} 行 {column} 字目）: {words}", "en": f"Syntax error at {line}:{column}: {words}"},
        {},
        line,
        column,
    )


def _expected(words: str) -> str:
    words = re.sub(r"\s+", " ", re.sub(r",? ?\[[^\]]*\]", "", words))
    if "Prefix not found" in words:
        return "Prefix not found (PREFIX …: <…> is missing)"
    return words if len(words) <= 300 else words[:300] + " …"


async def respond(request: Request, pool: workers.Pool, served: Served, query: workers.Query, form: Form) -> Response:
    """Return the result of `query`: whole if it is small, else streamed as it is computed.

    If it fails after its first 64 KiB have left, the connection is broken off, so that nobody takes it for whole.

    Raises:
        Fault: if it fails before.
    """
    stack = contextlib.AsyncExitStack()
    async with faults(query.text, pool.seconds):
        try:
            parts = await stack.enter_async_context(pool.answer(str(served.store), query))
            first = await _unless_gone(request, _next(parts))
            second = await anext(parts, b"") if len(first) < 1 << 16 else None
        except BaseException:
            await stack.aclose()
            raise
    headers = {"Vary": "Accept", "Cache-Control": "no-cache"}
    if second is None and request.method != "HEAD":
        return _Streamed(stack, first, parts, headers, form.content_type)
    await stack.aclose()
    return Response(first + (second or b""), media_type=form.content_type, headers=headers)


async def read_some(pool: workers.Pool, served: Served, query: workers.Query) -> bytes | None:
    """Return the whole result of `query`, None if it is over `SHOWN_BYTES`.

    Raises:
        Fault: if there is no result.
    """
    found = bytearray()
    async with faults(query.text, pool.seconds), pool.answer(str(served.store), query) as parts:
        async for part in parts:
            found += part
            if len(found) > SHOWN_BYTES:
                return None
    return bytes(found)


async def _unless_gone(request: Request, first: Coroutine[Any, Any, bytes]) -> bytes:
    """Await `first`, but stop it when the client goes away meanwhile."""
    work = asyncio.create_task(first)
    gone = asyncio.create_task(_wait_until_gone(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return work.result()
    finally:
        for task in (work, gone):
            task.cancel()
        await asyncio.wait((work, gone))


async def _next(parts: AsyncIterator[bytes]) -> bytes:
    return await anext(parts, b"")


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _Streamed(StreamingResponse):
    """A streamed result that lets go of its worker however the sending ends."""

    def __init__(
        self,
        stack: contextlib.AsyncExitStack,
        first: bytes,
        rest: AsyncIterator[bytes],
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        self._stack = stack
        super().__init__(self._all(first, rest), headers=headers, media_type=media_type)

    @staticmethod
    async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        yield first
        async for part in rest:
            yield part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._stack.aclose()


def service_description(served: Served, base: str) -> list[ox.Triple]:
    """Return what the endpoint says of itself."""
    engine = served.engine
    graphs = {
        graph.value: sum(1 for _ in engine.quads_for_pattern(None, None, None, graph))
        for graph in engine.named_graphs()
        if isinstance(graph, ox.NamedNode)
    }
    return void.service_description_triples(base, graphs, served.default_graphs)


def problem(fault: Fault, lang: str, accept: str | None) -> Response:
    """Return `fault` as problem details (RFC 9457) where JSON is asked for, else as a sentence."""
    json_form = Form("json", "application/problem+json", ("application/json", "application/sparql-results+json"))
    text_form = Form("txt", "text/plain", ())
    chosen = negotiate.choose(accept, (text_form, json_form))
    headers = {"Vary": "Accept, Accept-Language", **fault.headers, "Content-Language": lang}
    if chosen is not json_form:
        return Response(fault.reason[lang] + "\n", fault.status, headers, "text/plain; charset=utf-8")
    details: dict[str, str | int] = {"status": fault.status, "title": fault.reason[lang]}
    if fault.line:
        details |= {"line": fault.line, "column": fault.column}
    return Response(
        json.dumps(details, ensure_ascii=False).encode() + b"\n", fault.status, headers, "application/problem+json"
    )
