"""/sparql: results to programs, the query form and results in a table to people."""

import json
from functools import cache
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from kpigraph import dumps
from kpigraph.order import triples_in_order
from kpigraph.prefixes import DESCRIPTION_PREFIXES
from kpigraph.questions import Audience, Question, load_questions
from kpigraph.serve import about, negotiate, sparql, web
from kpigraph.serve.describe import Text, compact
from kpigraph.serve.negotiate import HTML, THING_FORMS
from kpigraph.serve.served import Served
from kpigraph.serve.site import Site, address
from kpigraph.serve.texts import TEXTS
from kpigraph.serve.web import Server
from kpigraph.serve.workers import Query

_ROWS = 500
_ANYTHING = "SELECT * WHERE { ?s ?p ?o } LIMIT 100\n"  # to begin with, where the data are not ours


@cache
def questions() -> tuple[Question, ...]:
    """Return the questions that this endpoint can answer."""
    return tuple(q for q in load_questions() if not q.elsewhere)


async def endpoint(server: Server, request: Request) -> Response:
    served, lang = server.source.served(), web.language(request)
    accept = request.headers.get("accept")
    text = ""
    try:
        call = await sparql.read_call(request)
        if call.query is None:
            return await _without_query(server, request, served, lang)
        text = call.query
        query, form = sparql.prepare(call, served, server.base + "sparql", accept)
        if form is HTML:
            return await _in_html(server, request, served, lang, query)
        return await sparql.respond(request, server.pool, served, query, form)
    except ClientDisconnect:
        return Response(status_code=499)  # nobody reads it
    except sparql.Fault as fault:
        wants_html = negotiate.choose(accept, (*negotiate.RESULT_FORMS, *negotiate.GRAPH_FORMS, HTML)) is HTML
        if wants_html and fault.status not in (406, 415):
            return _form(server, request, served, lang, text, fault=fault)
        return sparql.problem(fault, lang, accept)


async def _without_query(server: Server, request: Request, served: Served, lang: str) -> Response:
    if request.method == "POST":
        raise sparql.Fault(400, {"ja": "query がありません。", "en": "There is no query."})
    form = negotiate.choose(request.headers.get("accept"), THING_FORMS)
    if form is None:
        return web.not_acceptable(server, request, THING_FORMS)
    if form is HTML:
        return _form(server, request, served, lang, questions()[0].text if served.folder else _ANYTHING)

    def described() -> bytes:
        key = ("data", "/sparql", form.suffix)
        if (body := served.cache.get(key)) is None:
            triples = triples_in_order(sparql.service_description(served, server.base))
            body = dumps.serialized(triples, form.suffix, DESCRIPTION_PREFIXES)
            served.cache.put(key, body)
        return body

    return web.answer(request, await run_in_threadpool(described), form, {"Vary": "Accept"})


async def _in_html(server: Server, request: Request, served: Served, lang: str, query: Query) -> Response:
    found = await sparql.read_some(server.pool, served, query)
    if found is None:
        ja, en = TEXTS["too_large"]
        too_large = sparql.Fault(200, {"ja": ja, "en": en})
        return _form(server, request, served, lang, query.text, fault=too_large)
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
    fault: sparql.Fault | None = None,
    **answer: Any,
) -> Response:
    site = Site(served, server.base, lang)
    said = None if fault is None else {"words": fault.reason[lang], "excerpt": _excerpt(text, fault)}
    page = about.sparql(site, text, _examples(lang) if served.folder else [], fault=said, **answer)
    headers = {"Vary": "Accept", "Cache-Control": "no-cache", **({} if fault is None else fault.headers)}
    return web.html(server, request, page, site, lang, status=fault.status if fault else 200, headers=headers)


def _examples(lang: str) -> list[dict[str, Any]]:
    """Return the questions for a page by who asks them, each with the parameters of an address that answers it."""
    return [
        {
            "audience": audience.value,
            "questions": [
                {
                    "title": q.titles[lang],
                    "about": q.abouts[lang],
                    "parameters": urlencode({"query": q.text, "format": "html"}),
                }
                for q in questions()
                if q.audience is audience
            ],
        }
        for audience in Audience
    ]


def _excerpt(text: str, fault: sparql.Fault) -> str:
    """Return the line that a fault is in, with a mark under the place."""
    lines = text.split("\n")
    if not 0 < fault.line <= len(lines):
        return ""
    line = lines[fault.line - 1].expandtabs(1)
    start = max(0, fault.column - 60)
    return f"{line[start : start + 100]}\n{' ' * (fault.column - 1 - start)}^"
