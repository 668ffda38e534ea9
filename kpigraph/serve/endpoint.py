"""/sparql: results to programs, the query form and results in a table to people."""

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from kpigraph import dumps
from kpigraph.order import triples_in_order
from kpigraph.prefixes import CODE, DESCRIPTION_PREFIXES, NS, PREFIXES, SHAPES
from kpigraph.questions import Audience
from kpigraph.serve import about, answering, coding, completion, connection, edge, guard, negotiate, sparql, web
from kpigraph.serve.answering import Story
from kpigraph.serve.beforehand import Beforehand, every_question, questions
from kpigraph.serve.describe import Text, compact
from kpigraph.serve.editor_texts import EDITOR
from kpigraph.serve.forms import Fault
from kpigraph.serve.kept import Answer, Filed, Filing, Kept, key_of
from kpigraph.serve.negotiate import HTML, THING_FORMS, Form
from kpigraph.serve.served import Served
from kpigraph.serve.site import Site, address
from kpigraph.serve.texts import TEXTS, texts
from kpigraph.serve.web import Server
from kpigraph.serve.workers import Query, StoreDamagedError

_ROWS = 500
_SHOWN_BYTES = 2 << 20  # of a result on an HTML page
_HEADERS = {"vary": "Accept, Accept-Encoding", "cache-control": "no-cache"}
_WORDS = ("query", "answer", "answer_true", "answer_false", "run")  # of the form, which the editor says too
_ANYTHING = "SELECT * WHERE { ?s ?p ?o } LIMIT 100\n"  # to begin with, where the data are not ours


class Endpoint:
    """What answers at /sparql; keeps whole answers."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._settings = server.settings
        self._kept: Kept[Answer] = Kept(server.settings.answer_cache << 20)
        self._files: Kept[Filed] = Kept(server.settings.answer_files << 20, 4)
        self.beforehand = Beforehand(server, self._kept, self._files)

    async def handle(self, request: Request) -> Response:
        """Return the answer, which is evaluated only when it is sent.

        Raises:
            UsageError: if there is nothing to serve.
        """
        served = self._server.source.served()
        self.beforehand.begin(served)
        return _Deferred(self, served)

    async def answer(self, served: Served, scope: Scope, receive: Receive, send: Send) -> None:
        story = Story()
        request = Request(scope, receive)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                story.status = message["status"]
            await send(message)

        try:
            await self._call(request, served, story, noted)
        finally:
            if edge.access.isEnabledFor(logging.INFO):
                edge.note(request, **story.facts())
            story.tell_if_slow(self._settings.slow_query)

    async def _call(self, request: Request, served: Served, story: Story, send: Send) -> None:
        accept = request.headers.get("accept", "")
        quick = (served.version, request.scope["query_string"], accept) if request.method in ("GET", "HEAD") else None
        if quick and (answer := self._kept.get(quick)) is not None:
            story.query, story.form = answer.query, answer.form
            await self._send_whole(request, answer, story, send, kept=True)
            return
        try:
            call = await sparql.read_call(request, self._settings.body_bytes)
            if call.query is None:
                response = await _without_query(self._server, request, served, web.language(request))
                await response(request.scope, request.receive, send)
                return
            story.query = call.query
            query, form, reading = sparql.prepare(call, served, self._settings, accept or None)
            story.form = form.suffix
            try:
                if form is HTML:
                    response = await self._in_html(request, served, web.language(request), query, reading, story)
                    await response(request.scope, request.receive, send)
                    return
                await self._to_programs(request, served, query, form, reading, quick, story, send)
            except answering.POOL_ERRORS as error:
                if isinstance(error, StoreDamagedError):
                    self._server.source.suspect()
                fault = sparql.fault_of(error, call.query, self._settings)
                assert fault is not None
                raise fault from None
        except Fault as fault:
            response = self._refusal(request, served, web.language(request), story, fault)
            await response(request.scope, request.receive, send)

    async def _to_programs(
        self,
        request: Request,
        served: Served,
        query: Query,
        form: Form,
        reading: guard.Reading,
        quick: tuple[object, ...] | None,
        story: Story,
        send: Send,
    ) -> None:
        cached, key = self._keeps(reading), key_of(served, query)
        metrics = self._server.pool.metrics
        if cached:
            if (answer := self._kept.get(key)) is not None:
                if quick:
                    self._kept.put(quick, answer)
                await self._send_whole(request, answer, story, send, kept=True)
                return
            if (filed := self._files.get(key)) is not None:
                await self._send_filed(request, filed, story, send)
                return
            metrics.series(metrics.cache, "miss").inc()
        async with answering.answered(self._server.pool, str(served.store), query, request, story) as found:
            if isinstance(found, bytes):
                answer = Answer(found, form.content_type, query.text, form.suffix)
            else:
                headers = {**_HEADERS, "content-type": form.content_type}
                if query.limit:
                    headers["kpigraph-limit"] = str(query.limit)
                await _start(send, 200, headers)
                if request.method != "HEAD":
                    limits = self._server.pool.limits
                    filing = Filing(self._files.largest) if cached and self._files.largest else None
                    copy = None if filing is None else filing.write
                    await found.send(request.scope, send, limits.seconds + limits.wait_seconds, copy)
                    if filing is not None and found.whole:
                        filed = filing.filed(form.content_type, query.text, form.suffix)
                        if filed is not None:
                            self._files.put(key, filed)
                return
        if cached:
            self._kept.put(key, answer)
        await self._send_whole(request, answer, story, send)

    async def _send_whole(
        self, request: Request, answer: Answer, story: Story, send: Send, *, kept: bool = False
    ) -> None:
        if kept:
            story.kept = True
            metrics = self._server.pool.metrics
            metrics.series(metrics.cache, "hit").inc()
        body, tag = answer.body, answer.tag
        headers = {**_HEADERS, "content-type": answer.content_type}
        packing = coding.choose(request.headers.get("accept-encoding")) if len(body) >= coding.PACKED_FROM else ""
        if packing:
            body, tag = answer.packed(packing), f"{tag}-{packing}"
            headers["content-encoding"] = packing
        headers["etag"] = f'"{tag}"'
        if "if-none-match" in request.headers and web.not_modified(request, headers["etag"]):
            await _start(send, 304, {k: v for k, v in headers.items() if k not in ("content-type", "content-encoding")})
            await send({"type": "http.response.body", "body": b""})
            return
        headers["content-length"] = str(len(body))
        await _start(send, 200, headers)
        await send({"type": "http.response.body", "body": body})

    async def _send_filed(self, request: Request, filed: Filed, story: Story, send: Send) -> None:
        story.query, story.form, story.kept = filed.query, filed.form, True
        metrics = self._server.pool.metrics
        metrics.series(metrics.cache, "hit").inc()
        headers = {**_HEADERS, "content-type": filed.content_type, "etag": f'"{filed.tag}"'}
        if self._settings.result_size:
            headers["kpigraph-limit"] = str(self._settings.result_size << 20)
        if "if-none-match" in request.headers and web.not_modified(request, headers["etag"]):
            await _start(send, 304, {k: v for k, v in headers.items() if k != "content-type"})
            await send({"type": "http.response.body", "body": b""})
            return
        await _start(send, 200, {**headers, "content-length": str(filed.size)})
        await connection.send_file(request.scope, send, filed.file.number, 0, filed.size)

    def _refusal(self, request: Request, served: Served, lang: str, story: Story, fault: Fault) -> Response:
        accept = request.headers.get("accept")
        wants_html = negotiate.choose(accept, (*negotiate.RESULT_FORMS, *negotiate.GRAPH_FORMS, HTML)) is HTML
        if wants_html and fault.status not in (406, 415):
            return _form(self._server, request, served, lang, story.query or "", fault=fault)
        return sparql.problem(fault, lang, accept)

    def _keeps(self, reading: guard.Reading) -> bool:
        """Tell whether the answer to a query is the same as long as the release is."""
        return not reading.volatile and not reading.federated and self._settings.answer_cache > 0

    async def _in_html(
        self, request: Request, served: Served, lang: str, query: Query, reading: guard.Reading, story: Story
    ) -> Response:
        key = key_of(served, query)
        kept = self._kept.get(key) if self._keeps(reading) else None
        if kept is not None and len(kept.body) <= _SHOWN_BYTES:
            story.kept = True
            return _show(self._server, request, served, lang, query, kept.body)
        if self._keeps(reading) and (filed := self._files.get(key)) is not None and filed.size > _SHOWN_BYTES:
            story.kept = True
            return self._too_large(request, served, lang, query)
        found = bytearray()
        async with answering.answered(self._server.pool, str(served.store), query, request, story) as answer:
            if isinstance(answer, bytes):
                found += answer
                if self._keeps(reading):  # the editor on this page asks for it next
                    form = negotiate.TURTLE if query.format == "ttl" else negotiate.RESULT_JSON
                    self._kept.put(key, Answer(answer, form.content_type, query.text, form.suffix))
            else:
                async for part in answer.parts():
                    found += part
                    if len(found) > _SHOWN_BYTES:
                        return self._too_large(request, served, lang, query)
        return _show(self._server, request, served, lang, query, bytes(found))

    def _too_large(self, request: Request, served: Served, lang: str, query: Query) -> Response:
        ja, en = TEXTS["too_large"]
        fault = Fault(200, {"ja": ja, "en": en})
        return _form(self._server, request, served, lang, query.text, fault=fault)


class _Deferred(Response):
    """An answer that comes into being while it is sent."""

    def __init__(self, endpoint: Endpoint, served: Served) -> None:
        self._endpoint = endpoint
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._endpoint.answer(self._served, scope, receive, send)


async def _start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def _without_query(server: Server, request: Request, served: Served, lang: str) -> Response:
    if request.method == "POST":
        raise Fault(400, {"ja": "query がありません。", "en": "There is no query."})
    form = negotiate.choose(request.headers.get("accept"), THING_FORMS)
    if form is None:
        return web.not_acceptable(server, request, THING_FORMS)
    if form is HTML:
        return _form(server, request, served, lang, questions()[0].text if served.is_release else _ANYTHING)

    def described() -> bytes:
        key = ("data", "/sparql", form.suffix)
        if (body := served.cache.get(key)) is None:
            triples = triples_in_order(sparql.service_description(served, server.base))
            body = dumps.serialized(triples, form.suffix, DESCRIPTION_PREFIXES)
            served.cache.put(key, body)
        return body

    return web.answer(request, await run_in_threadpool(described), form, {"Vary": "Accept"})


def _show(server: Server, request: Request, served: Served, lang: str, query: Query, found: bytes) -> Response:
    if query.format == "ttl":
        return _form(server, request, served, lang, query.text, graph=found.decode())
    result = json.loads(found)
    if "boolean" in result:
        return _form(server, request, served, lang, query.text, boolean=result["boolean"])
    names = result["head"]["vars"]
    bindings = result["results"]["bindings"]
    rows = [[_cell(b[n], server.base) if n in b else (Text(""), "") for n in names] for b in bindings[:_ROWS]]
    table = {"vars": names, "rows": rows, "total": len(bindings)}
    return _form(server, request, served, lang, query.text, table=table)


def _cell(term: dict[str, Any], base: str) -> tuple[Text, str]:
    value = str(term.get("value", ""))
    if term.get("type") == "uri":
        short = "…/" + value[len(base) + 3 :] if value.startswith(base + "id/") else compact(value)
        return Text(short), address(value, base)
    return Text(value, str(term.get("xml:lang", ""))), ""


def _form(
    server: Server,
    request: Request,
    served: Served,
    lang: str,
    text: str,
    *,
    fault: Fault | None = None,
    **answer: Any,
) -> Response:
    site = Site(served, server.base, lang)
    said = None if fault is None else {"words": fault.reason[lang], "excerpt": _excerpt(text, fault)}
    editor = server.renderer.assets.editor
    answer["editor"] = {**editor, "set": _set_up(server, served, lang)} if editor else None
    page = about.sparql(site, text, _examples(lang) if served.is_release else [], fault=said, **answer)
    headers = {"Vary": "Accept", "Cache-Control": "no-cache", **({} if fault is None else fault.headers)}
    if server.renderer.assets.editor:
        headers["Content-Security-Policy"] = edge.SCRIPTED
    return web.html(server, request, page, site, lang, status=fault.status if fault else 200, headers=headers)


def _set_up(server: Server, served: Served, lang: str) -> dict[str, Any]:
    """Return what the editor must be told: its language and words, where to ask, and which names have pages here.

    `given` are the prefixes that a query need not declare.
    """
    words = texts(lang)
    return {
        "lang": lang,
        "words": {key.removeprefix("editor_"): words[key] for key in (*EDITOR, *_WORDS)},
        "terms": completion.PATH,
        "given": PREFIXES if served.is_release else {},
        "homes": [[server.base + "id/", "/doc/"], [NS, "/ns#"], [SHAPES, "/shapes#"], [CODE, "/code/"]],
    }


def _examples(lang: str) -> list[dict[str, Any]]:
    """Return the questions for a page by who asks them, each with what to ask at which address, if any."""
    return [
        {
            "audience": audience.value,
            "questions": [
                {
                    "title": q.titles[lang],
                    "about": q.abouts[lang],
                    "parameters": "" if q.elsewhere else urlencode({"query": q.text, "format": "html"}),
                    "text": q.text,
                }
                for q in every_question()
                if q.audience is audience
            ],
        }
        for audience in Audience
    ]


def _excerpt(text: str, fault: Fault) -> str:
    """Return the line that a fault is in, with a mark under the place."""
    lines = text.split("\n")
    if not 0 < fault.line <= len(lines):
        return ""
    line = lines[fault.line - 1].expandtabs(1)
    start = max(0, fault.column - 60)
    return f"{line[start : start + 100]}\n{' ' * (fault.column - 1 - start)}^"
