"""/compare and /compare/X: shared indicators across municipalities, as pages, tables and data."""

import json
from urllib.parse import quote

from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kpigraph import comparison, dumps, iris
from kpigraph.comparison import Measure
from kpigraph.serve import comparing_page, negotiate, web
from kpigraph.serve.compared import compared_record
from kpigraph.serve.comparing import AskedWronglyError, Compared, asked
from kpigraph.serve.describe import View
from kpigraph.serve.negotiate import GRAPH_FORMS, HTML, JSON, Form
from kpigraph.serve.served import Served
from kpigraph.serve.site import Site
from kpigraph.serve.web import Server

CSV = Form("csv", "text/csv")
FORMS = (HTML, CSV, JSON, *GRAPH_FORMS)


async def overview(server: Server, request: Request) -> Response:
    """/compare: the shared indicators by theme."""
    served, lang = server.source.served(), web.language(request)
    try:
        wanted = comparing_page.Wanted.of(request.query_params)
    except AskedWronglyError as error:
        return web.error(server, request, 400, str(error))

    def work() -> bytes:
        site = Site(served, server.base, lang)
        page = comparing_page.overview(site, wanted)
        return server.renderer.render(page, lang, "/compare", web.other_language(wanted.href(), lang), site)

    body = await web.kept(served.cache, ("compare", lang, *wanted.key), work)
    headers = {"Content-Language": lang, "Link": web.canonical(request, "/compare")}
    return web.answer(request, body, HTML, headers)


async def one(server: Server, request: Request) -> Response:
    """/compare/X and /compare/X.csv …: one shared indicator; a suffix wins over Accept."""
    path = request.path_params["notation"]
    notation, dot, suffix = path.partition(".")
    form = negotiate.by_suffix(suffix, FORMS) if dot else negotiate.choose(request.headers.get("accept"), FORMS)
    if dot and form is None:
        return web.error(server, request, 404)
    if form is None:
        return web.not_acceptable(server, request, FORMS, f"/compare/{notation}")
    try:
        how = asked(request.query_params.multi_items())
    except AskedWronglyError as error:
        return web.error(server, request, 400, str(error))
    served, lang = server.source.served(), web.language(request)
    query = how.query()
    place = f"/compare/{quote(notation)}"
    others = ", ".join(
        f'<{place}.{f.suffix}{"?" + query if query else ""}>; rel="alternate"; type="{f.media_type}"'
        for f in FORMS
        if f is not form
    )
    headers = {"Link": f"{web.canonical(request, place)}, {others}"}
    if not dot:
        headers["Vary"] = "Accept"
    key = ("compared", notation, form.suffix, lang if form is HTML else "", query)

    def work() -> Response:
        body = served.cache.get(key)
        if body is None:
            site = Site(served, server.base, lang)
            divides = how.by is Measure.PERSON or form in (CSV, JSON)
            of = comparison.read(served.reader, notation, how.year, with_population=divides)
            if of is None:
                return _absent(server, request, served, notation)
            compared = Compared(served.reader, of, how)
            if form is HTML:
                page = comparing_page.one(site, compared)
                body = server.renderer.render(page, lang, place, web.switch(request, lang), site)
            else:
                body = _data(site, compared, form)
            served.cache.put(key, body)
        if form is HTML:
            return web.answer(request, body, HTML, {**headers, "Content-Language": lang})
        return web.answer(request, body, form, headers)

    return await run_in_threadpool(work)


def _data(site: Site, compared: Compared, form: Form) -> bytes:
    if form is CSV:
        return compared.table()
    if form is JSON:
        plain = compared_record(site, compared).model_dump()
        return json.dumps(plain, ensure_ascii=False, indent=1).encode() + b"\n"
    return dumps.serialized(comparison.construct(compared.store, compared.of, compared.entries), form.suffix)


def _absent(server: Server, request: Request, served: Served, notation: str) -> Response:
    """Return 410 with what took the place of a shared indicator that is no more, else 404."""
    if gone := replacements(served, notation):
        site = Site(served, server.base, web.language(request))
        links = tuple((site.label(s), f"/compare/{s.value.rpartition('/')[2]}") for s in gone)
        headers = {"Link": ", ".join(f'<{href}>; rel="successor-version"' for _, href in links)}
        return web.error(server, request, 410, headers=headers, links=links, site=site)
    return web.error(server, request, 404)


def replacements(served: Served, notation: str) -> list[NamedNode]:
    """Return what took the place of a shared indicator, [] if it is there or never was."""
    if not comparison.NOTATION.fullmatch(notation):
        return []
    return View(served).things(NamedNode(iris.shared_indicator(notation)), "dct:isReplacedBy")
