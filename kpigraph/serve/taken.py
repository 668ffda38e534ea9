"""What can be taken along of one indicator: its lines of observations.csv, its chart as SVG and PNG, how to cite it;
and the page that other sites may frame.
"""

import asyncio
import logging

import pyoxigraph as ox
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kpigraph.serve import card, citations, departed, known, negotiate, raster, web
from kpigraph.serve.describe import View
from kpigraph.serve.indicator_page import indicator
from kpigraph.serve.negotiate import HTML, Form
from kpigraph.serve.served import Served
from kpigraph.serve.site import Page, Site
from kpigraph.serve.texts import texts
from kpigraph.serve.web import Server

CSV = Form("csv", "text/csv")
SVG = Form("svg", "image/svg+xml")
PNG = Form("png", "image/png")
BIBTEX = Form("bib", "application/x-bibtex")
KINDS = (CSV, SVG, PNG, BIBTEX)
_failures = logging.getLogger("kpigraph.serve")
_WAIT = 5.0  # seconds for a picture's turn
_FRAMED = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *"


def kind(path: str) -> Form | None:
    """Return the form that a path ends in, None where that is none of these."""
    return negotiate.by_suffix(path.rpartition(".")[2], KINDS) if "." in path else None


async def answer(server: Server, request: Request, path: str, form: Form) -> Response:
    """/doc/X.csv, .svg, .png, .bib: what is made of the indicator X; 404 for everything else."""
    served = server.source.served()
    found = await _indicator(server, request, served, path.removesuffix(f".{form.suffix}"))
    if isinstance(found, Response):
        return found
    if (lang := web.asked_language(request)) is None:
        return web.bad_language(server, request)
    name = found.value.rsplit("/", 1)[-1]
    shown = "inline" if form in (SVG, PNG) else "attachment"
    headers = {"Content-Disposition": f'{shown}; filename="{name}.{form.suffix}"'}
    if form is CSV:
        body = await web.kept(served.cache, ("taken", found.value, "csv"), lambda: _csv(served, found))
        return web.answer(request, body, form, headers)
    try:
        body = await _made(server, served, found, lang, form)
    except raster.NotDrawnError as error:
        _failures.warning("no picture of %s: %s", found.value, error)
        words = texts(web.language(request))["not_drawn"]
        return web.error(server, request, 503, words, {"Retry-After": "5"})
    headers |= {"Content-Language": lang, "Vary": "Accept-Language, Cookie"}
    return web.answer(request, body, form, headers)


async def embedded(server: Server, request: Request) -> Response:
    """/embed/X: the chart of the indicator X, for pages of others to frame."""
    served = server.source.served()
    found = await _indicator(server, request, served, request.path_params["path"])
    if isinstance(found, Response):
        return found
    if (lang := web.asked_language(request)) is None:
        return web.bad_language(server, request)
    path = request.url.path

    def work() -> bytes:
        site = Site(served, server.base, lang)
        page = indicator(site, found)
        shown = Page(template="embed.html", title=page.title, iri=page.iri, context=page.context)
        return server.renderer.render(shown, lang, path, web.other_language(path, lang), site)

    body = await web.kept(served.cache, ("embed", found.value, lang), work)
    headers = {"Content-Language": lang, "Content-Security-Policy": _FRAMED, "Link": _canonical(found, server.base)}
    return web.answer(request, body, HTML, headers)


async def _made(server: Server, served: Served, s: ox.NamedNode, lang: str, form: Form) -> bytes:
    key = ("taken", s.value, form.suffix, lang)
    if (body := served.cache.get(key)) is not None:
        return body

    def work() -> bytes:
        site = Site(served, server.base, lang)
        if form is BIBTEX:
            lines = [line for figure in site.shelf.figures(s) for line in figure.lines]
            return citations.bibtex(site, s, citations.sources(site, lines)).encode()
        return card.clean(server.renderer.render(card.page(site, s), lang, "", "", site))

    body = await run_in_threadpool(work)
    if form is PNG:
        body = await _drawn(server, served, key, body)
    served.cache.put(key, body)
    return body


async def _drawn(server: Server, served: Served, key: tuple[str, ...], svg: bytes) -> bytes:
    """Return the picture, drawn beside the event loop when it is its turn."""
    try:
        await asyncio.wait_for(server.pictures.acquire(), _WAIT)
    except TimeoutError:
        raise raster.NotDrawnError("too many pictures are being drawn at the moment") from None
    try:
        if (body := served.cache.get(key)) is not None:  # drawn meanwhile for another
            return body
        return await run_in_threadpool(raster.png, svg)
    finally:
        server.pictures.release()


def _csv(served: Served, s: ox.NamedNode) -> bytes:
    from kpigraph import tables

    return tables.observations_of(served.reader, s.value)


async def _indicator(server: Server, request: Request, served: Served, path: str) -> ox.NamedNode | Response:
    """Return the indicator that a path names, else the answer that says that there is none, or none any more."""
    subject = known.named(server.base + "id/", path)
    if subject is None:
        return web.error(server, request, 404)

    def look() -> bool | tuple[ox.NamedNode, ...]:
        found = known.standing(served, subject)
        return found if isinstance(found, tuple) else found and "kpi:Indicator" in View(served).types(subject)

    found = await run_in_threadpool(look)
    if isinstance(found, tuple):
        return await run_in_threadpool(known.gone, server, request, served, found)
    return subject if found else await run_in_threadpool(departed.answer, server, request, served, subject)


def _canonical(s: ox.NamedNode, base: str) -> str:
    return f'</doc/{s.value.removeprefix(base + "id/")}>; rel="canonical"'
