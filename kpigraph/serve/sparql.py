"""The SPARQL 1.1 Protocol: what a request asks, who may answer it, and in which form the answer leaves.

No query from outside is evaluated here: `pool.Pool` has that done. Source: SPARQL 1.1 Protocol (2013), section 2.1.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from kpigraph import void
from kpigraph.config import Settings
from kpigraph.prefixes import PREFIXES
from kpigraph.serve import guard, negotiate, workers
from kpigraph.serve.forms import FORM_TYPE, Fault, body_of, pairs_of, text_of
from kpigraph.serve.housing import Limits
from kpigraph.serve.lanes import OverloadedError
from kpigraph.serve.negotiate import GRAPH_FORMS, HTML, RESULT_CSV, RESULT_FORMS, Form
from kpigraph.serve.served import Served
from kpigraph.store.remote import RemoteEngine

QUAD_FORMS = (Form("nq", "application/n-quads", ("text/x-nquads",)), Form("trig", "application/trig"))
# Names that people and tools use in format= and output=, besides suffixes and media types.
_NAMES = {
    "turtle": "ttl", "n3": "ttl", "ntriples": "nt", "n-triples": "nt", "rdfxml": "rdf", "rdf/xml": "rdf",
    "rdf+xml": "rdf", "json-ld": "jsonld", "nquads": "nq", "n-quads": "nq",
}  # fmt: skip
_GRAPH_NAMES = {"json": "jsonld", "xml": "rdf"}
_GRAPH_OFFERS = (*GRAPH_FORMS, *QUAD_FORMS, HTML)
_RESULT_OFFERS = (*RESULT_FORMS, HTML)
_ERROR_AT = re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<words>.*)", re.DOTALL)
_QUERY_TYPE = "application/sparql-query"


@dataclass(frozen=True, slots=True)
class Call:
    """What a request asks: the query (None: none given), the dataset and the form by name ("": by Accept)."""

    query: str | None
    default_graph: tuple[str, ...]
    named_graphs: tuple[str, ...]
    form: str = ""


async def read_call(request: Request, most: int) -> Call:
    """Return what `request` asks; its body has `most` bytes.

    Raises:
        Fault: if it cannot be understood: 400, 413 or 415.
    """
    pairs = pairs_of(request.scope["query_string"])
    if request.method != "POST":
        return _call(pairs)
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    if media_type not in (_QUERY_TYPE, FORM_TYPE):
        raise Fault(
            415,
            {
                "ja": f"POST の本文は {FORM_TYPE} か {_QUERY_TYPE} にしてください。更新は受け付けません。",
                "en": f"The body of a POST must be {FORM_TYPE} or {_QUERY_TYPE}. Updates are not offered.",
            },
            {"Accept-Post": f"{FORM_TYPE}, {_QUERY_TYPE}"},
        )
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Fault(415, {"ja": "本文の文字コードは UTF-8 にしてください。", "en": "The body must be UTF-8."})
    body = await body_of(request, most)
    if media_type == FORM_TYPE:
        return _call([*pairs_of(body), *((k, v) for k, v in pairs if k in ("format", "output", "lang"))])
    return _call([("query", text_of(body)), *((k, v) for k, v in pairs if k != "query")])


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
    gives_graph = reading.form is not None and reading.form.gives_graph
    offers = _GRAPH_OFFERS if gives_graph else _RESULT_OFFERS
    if call.form:
        asked = call.form.lower().replace(" ", "+")  # a + that was not encoded
        asked = _NAMES.get(asked, asked)
        asked = _GRAPH_NAMES.get(asked, asked) if gives_graph else asked
        named = next((f for f in offers if asked in (f.suffix, f.media_type, *f.aliases)), None)
    else:
        named = next((f for f in offers if f.media_type == accept), None) or negotiate.choose(accept, offers)
    if named is None:
        listing = negotiate.listing(offers)
        raise Fault(
            406,
            {"ja": f"この問い合わせの答えの形式: {listing}", "en": f"The answer to this query comes as {listing}"},
        )
    return named


def bounds(settings: Settings) -> guard.Bounds:
    return guard.Bounds(
        bytes=settings.query_bytes,
        depth=settings.query_depth,
        chain=settings.query_chain,
        services=frozenset(settings.services),
    )


def limits(settings: Settings) -> Limits:
    return Limits(
        workers=settings.workers,
        slow_workers=settings.slow_workers,
        seconds=settings.query_seconds,
        fast_seconds=settings.fast_seconds,
        queue=settings.query_queue,
        wait_seconds=settings.query_wait,
        memory=settings.query_memory,
        total_memory=settings.queries_memory,
        answers=settings.worker_answers,
        in_memory=settings.in_memory,
    )


def prepare(
    call: Call, served: Served, settings: Settings, accept: str | None
) -> tuple[workers.Query, Form, guard.Reading]:
    """Return `call` as the workers take it, the form of its answer, and what the guard read.

    Raises:
        Fault: if the guard refuses the query, or no form of answer fits.
    """
    text = call.query or ""
    try:
        reading = guard.check(text, bounds(settings))
    except guard.Refusal as refusal:
        place = refusal.place(text).split(":") if refusal.start >= 0 else ["0", "0"]
        raise Fault(refusal.status, refusal.reason, {}, int(place[0]), int(place[1])) from None
    form = choose_form(call, accept, reading)
    gives_graph = reading.form is not None and reading.form.gives_graph
    evaluated = form.suffix if form is not HTML else ("ttl" if gives_graph else "json")
    if form is RESULT_CSV and call.form:
        evaluated = "sheet"  # asked for by name: a table for people; by Accept it is the standard's, text for text
    default: tuple[str, ...] | None = served.asked_graphs
    named: tuple[str, ...] | None = None
    if call.default_graph or call.named_graphs:
        default, named = call.default_graph, call.named_graphs
    elif reading.has_dataset:
        default = None  # given explicitly, it would win over the FROM of the query
    query = workers.Query(
        text=text,
        format=evaluated,
        base=settings.base_iri + "sparql",
        default_graph=default,
        named_graphs=named,
        prefixes=PREFIXES if served.is_release else None,  # RDF files as they are: nothing beyond the standard
        star=reading.star,
        limit=settings.result_size << 20,
        federated=reading.federated,
    )
    return query, form, reading


def fault_of(error: Exception, query: str, settings: Settings) -> Fault | None:
    """Return what the protocol makes of an error of the pool, None of any other."""
    seconds = settings.query_seconds
    match error:
        case workers.QuerySyntaxError():
            return syntax_fault(query, str(error))
        case workers.QueryTooLongError(planning=True):
            return Fault(
                503,
                {
                    "ja": f"実行計画を立てるだけで {seconds:g} 秒を超えたので止めました。"
                    "OPTIONAL や入れ子、連なりを減らしてください。",
                    "en": f"Stopped: {seconds:g} s went by while the query was still being planned. "
                    "Use fewer OPTIONALs, nested groups and long chains.",
                },
                {"Retry-After": "10"},
            )
        case workers.QueryTooLongError():
            return Fault(
                503,
                {
                    "ja": f"{seconds:g} 秒で終わらなかったので止めました。条件を絞るか LIMIT を付けてください。",
                    "en": f"Stopped: it was not done within {seconds:g} s. Narrow the query down or give it a LIMIT.",
                },
                {"Retry-After": "10"},
            )
        case workers.QueryTooGreedyError():
            return Fault(
                503,
                {
                    "ja": "メモリーを使いすぎるので止めました。条件を絞るか LIMIT を付けてください。",
                    "en": "Stopped: it takes too much memory. Narrow the query down or give it a LIMIT.",
                },
                {"Retry-After": "10"},
            )
        case OverloadedError(lane="slow"):
            return Fault(
                503,
                {
                    "ja": "時間のかかる問い合わせが混み合っています。後でもう一度試すか、条件を絞ってください。",
                    "en": "Too many long queries are at work. Try again later, or narrow the query down.",
                },
                {"Retry-After": "10"},
            )
        case OverloadedError():
            return Fault(
                429,
                {
                    "ja": "問い合わせが混み合っています。少し待ってからもう一度試してください。",
                    "en": "Too many queries are waiting. Try again in a moment.",
                },
                {"Retry-After": "2"},
            )
        case workers.EngineLateError():
            return Fault(
                504,
                {
                    "ja": f"データベースのサーバーが時間内に答えません: {error}",
                    "en": f"The database server does not answer in time: {error}",
                },
                {"Retry-After": "10"},
            )
        case workers.EngineGoneError():
            return Fault(
                503,
                {
                    "ja": f"データベースのサーバーにいま届きません。しばらくしてからもう一度試してください: {error}",
                    "en": f"The database server cannot be reached now. Try again in a while: {error}",
                },
                {"Retry-After": "10"},
            )
        case workers.EngineUnavailableError():
            return Fault(
                502,
                {
                    "ja": f"データベースのサーバーが答えません: {error}",
                    "en": f"The database server does not answer as it should: {error}",
                },
            )
        case workers.NotStartedError() | workers.WorkerDiedError(by_others=True):
            return Fault(
                503,
                {
                    "ja": "問い合わせを評価するプロセスが止められました。少し待ってからもう一度試してください。",
                    "en": "The process at work on the query was stopped from outside. Try again in a moment.",
                },
                {"Retry-After": "2"},
            )
        case workers.StoreDamagedError():
            return Fault(
                503,
                {
                    "ja": "公開された版が壊れているか、ディスクを読めません。確かめ直しています。",
                    "en": "The release is damaged or the disk cannot be read; it is being looked over again.",
                },
                {"Retry-After": "10"},
            )
        case workers.QueryFailedError():
            return Fault(
                500,
                {"ja": f"評価できませんでした: {error}", "en": f"The query could not be evaluated: {error}"},
            )
    return None


VOID_TRIPLES = "http://rdfs.org/ns/void#triples"
_SHOWN, _LONGEST = 20, 300  # characters of the query, and of what is expected, that a message quotes


def syntax_fault(query: str, message: str) -> Fault:
    """Return the 400 for what the engine says of a query it cannot parse. It counts bytes; we count characters."""
    if (m := _ERROR_AT.match(message)) is None:
        return Fault(400, {"ja": f"構文の誤り: {message}", "en": f"Syntax error: {message}"})
    line, column = int(m["line"]), int(m["column"])
    lines = query.split("\n")
    if line <= len(lines):
        column = len(lines[line - 1].encode()[: column - 1].decode("utf-8", "ignore")) + 1
    rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]]).strip()[:_SHOWN] if line <= len(lines) else ""
    ja, en = _expected(m["words"])
    found_ja, found_en = (f"「{rest}」の前", f"before {rest!r}") if rest else ("問い合わせの終わり", "at its end")
    return Fault(
        400,
        {
            "ja": f"構文の誤り（{line} 行 {column} 字目、{found_ja}）{ja}",
            "en": f"Syntax error at {line}:{column}, {found_en}{en}",
        },
        {},
        line,
        column,
    )


def _expected(words: str) -> tuple[str, str]:
    """Return what the engine would have taken, in ja and en; "" where it names only classes of characters."""
    if "Prefix not found" in words:
        return (
            ": 接頭辞が宣言されていません（PREFIX …: <…> が必要です）",
            ": the prefix is not declared (PREFIX …: <…>)",
        )
    names = re.sub(r",? ?\[[^\]]*\]", "", re.sub(r"^expected( one of)?", "", words))
    names = re.sub(r"\s+", " ", names).strip(" ,")
    names = names if len(names) <= _LONGEST else names[:_LONGEST] + " …"
    return (f": 書けるもの: {names}", f": expected {names}") if names else ("", "")


def service_description(served: Served, base: str) -> list[ox.Triple]:
    """Return what the endpoint says of itself."""
    engine = served.engine
    if isinstance(engine, RemoteEngine):
        graphs = engine.sizes()
    else:
        told = _told_sizes(served)
        graphs = {
            graph.value: told.get(graph.value) or sum(1 for _ in engine.quads_for_pattern(None, None, None, graph))
            for graph in engine.named_graphs()
            if isinstance(graph, ox.NamedNode)
        }
    return void.service_description_triples(base, graphs, served.default_graphs)


def _told_sizes(served: Served) -> dict[str, int]:
    """Return how many triples the release's void.ttl says each graph has: counting them would read the whole store."""
    if (path := served.file("void.ttl")) is None:
        return {}
    triples = ox.NamedNode(VOID_TRIPLES)
    return {
        quad.subject.value: int(quad.object.value)
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
        if quad.predicate == triples and isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal)
    }


def problem(fault: Fault, lang: str, accept: str | None) -> Response:
    """Return `fault` as problem details (RFC 9457) where JSON is asked for, else as a sentence."""
    json_form = Form("json", "application/problem+json", ("application/json", "application/sparql-results+json"))
    text_form = Form("txt", "text/plain", ())
    chosen = negotiate.choose(accept, (text_form, json_form))
    headers = {"Vary": "Accept, Accept-Language", **fault.headers, "Content-Language": lang}
    if chosen is not json_form:
        return Response(fault.reason[lang] + "\n", fault.status, headers, "text/plain; charset=utf-8")
    details: dict[str, str | int] = {
        "type": "about:blank",
        "status": fault.status,
        "title": HTTPStatus(fault.status).phrase,
        "detail": fault.reason[lang],
    }
    if fault.line:
        details |= {"line": fault.line, "column": fault.column}
    return Response(
        json.dumps(details, ensure_ascii=False).encode() + b"\n", fault.status, headers, "application/problem+json"
    )
