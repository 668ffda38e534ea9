"""Linked data: the name of a thing leads to its page or its data, by what the client accepts."""

from collections.abc import Callable, Iterable
from typing import Any

import pyoxigraph as ox
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kpigraph import dumps, jsonld
from kpigraph.order import triples_in_order
from kpigraph.prefixes import CODE, NS
from kpigraph.serve import about, departed, framed, known, negotiate, pages, taken, web
from kpigraph.serve import vocabulary as ontology_page
from kpigraph.serve.describe import MAX_INCOMING, ON_PAGES, View, describe, outline
from kpigraph.serve.negotiate import HTML, JSON_LD, THING_FORMS, TURTLE, Form
from kpigraph.serve.rules import shape_triples
from kpigraph.serve.served import Served
from kpigraph.serve.site import Page, Site, address
from kpigraph.serve.web import Server


async def identify(server: Server, request: Request) -> Response:
    """/id/X: 303 to the page or the data of X."""
    path = request.path_params["path"]
    served = server.source.served()
    subject = known.named(server.base + "id/", path)
    if subject is None:
        return web.error(server, request, 404)
    if served.cache.get(("known", subject.value)) is None:
        standing = await run_in_threadpool(known.standing, served, subject)
        if isinstance(standing, tuple):
            return await run_in_threadpool(known.gone, server, request, served, standing)
        if not standing:
            form = negotiate.choose(request.headers.get("accept"), THING_FORMS)
            return await run_in_threadpool(departed.answer, server, request, served, subject, form)
        served.cache.put(("known", subject.value), b"1")
    form = negotiate.choose(request.headers.get("accept"), THING_FORMS)
    if form is None:
        return web.not_acceptable(server, request, THING_FORMS, f"/doc/{path}")
    suffix = "" if form is HTML else f".{form.suffix}"
    described = (f'</doc/{path}.{f.suffix}>; rel="describedby"; type="{f.media_type}"' for f in THING_FORMS)
    headers = {"Vary": "Accept", "Cache-Control": "public, no-cache", "Link": ", ".join(described)}
    return RedirectResponse(f"/doc/{path}{suffix}", 303, headers)


async def document(server: Server, request: Request) -> Response:
    """/doc/X and /doc/X.ttl …: the description of X."""
    return await _described(server, request, server.base + "id/", "/doc/")


async def code(server: Server, request: Request) -> Response:
    """/code/X and /code/X.ttl …: a code list or one of its concepts."""
    return await _described(server, request, CODE, "/code/")


async def _described(server: Server, request: Request, namespace: str, place: str) -> Response:
    asked = request.path_params["path"]
    path, form = _form(request, asked, THING_FORMS)
    subject = known.named(namespace, path.removesuffix(".json"))
    if subject is None:
        return web.error(server, request, 404)
    if namespace != CODE and (kind := taken.kind(path)):
        return await taken.answer(server, request, path, kind)
    if path.endswith(".json"):
        return await run_in_threadpool(framed.answer, server, request, server.source.served(), subject.value)
    served, lang = server.source.served(), web.language(request)
    if form is None:
        if await run_in_threadpool(known.standing, served, subject):
            return web.not_acceptable(server, request, THING_FORMS, place + path)
        return await run_in_threadpool(departed.answer, server, request, served, subject)
    headers = _links(request, place + path, form, subject)
    if asked == path:
        headers |= {"Vary": "Accept", "Content-Location": f"{place}{path}.{form.suffix}"}
    key = ("page", subject.value, lang) if form is HTML else ("data", subject.value, form.suffix)
    if (body := served.cache.get(key)) is None:
        answer = await run_in_threadpool(_made, server, request, served, subject, form, lang, place + path)
        if isinstance(answer, Response):
            return answer
        body = answer
        served.cache.put(key, body)
    if form is not HTML and served.cache.get(("cut", subject.value)) is not None:
        headers["Kpigraph-Cut"] = f"incoming; limit={MAX_INCOMING}"
    if form is not HTML:
        return web.answer(request, body, form, headers)
    return web.answer(request, body, HTML, {**headers, "Content-Language": lang})


def _made(
    server: Server, request: Request, served: Served, subject: ox.NamedNode, form: Form, lang: str, path: str
) -> bytes | Response:
    """Return the page or the data of `subject`; else the answer that says why not.

    Pages of classes that have one of their own look up what they show, so little is read beforehand.
    """
    site = Site(served, server.base, lang)
    if form is HTML:
        description = outline(site.view, subject, 0 if pages.has_own(site, subject) else ON_PAGES)
    else:
        description = describe(site.view, subject)
    if description is None:
        return departed.answer(server, request, served, subject, form)
    if description.replacements:
        return known.gone(server, request, served, description.replacements)
    if form is not HTML and not description.complete:
        served.cache.put(("cut", subject.value), b"1")
    if form is HTML:
        page = pages.thing(site, description)
        return server.renderer.render(page, lang, path, web.other_language(path, lang), site)
    return dumps.serialized(description.triples(), form.suffix)


def _links(request: Request, path: str, form: Form, subject: ox.NamedNode) -> dict[str, str]:
    others = web.alternates(path, (f for f in THING_FORMS if f is not form))
    return {"Link": f'{web.canonical(request, path)}, {others}, <{subject.value}>; rel="describes"'}


def _form(request: Request, path: str, forms: tuple[Form, ...]) -> tuple[str, Form | None]:
    """Return the path without its suffix, and the form: the suffix wins over Accept."""
    stem, dot, suffix = path.rpartition(".")
    if dot and (form := negotiate.by_suffix(suffix, forms)) is not None:
        return stem, form
    return path, negotiate.choose(request.headers.get("accept"), forms)


async def vocabulary(server: Server, request: Request) -> Response:
    """/ns and /ns.ttl …: the ontology."""
    return await collection(server, request, "/ns", ontology_page.page, ontology_triples)


async def vocabulary_part(server: Server, request: Request) -> Response:
    """/ns/X: the ontology under the name of its version, the context, an example, or the place where X is told of."""
    path = request.path_params["path"]
    served = server.source.served()
    if path in ("context.jsonld", jsonld.CONTEXT_ADDRESS.removeprefix(NS.removesuffix("#") + "/")):
        headers = {"Cache-Control": "public, max-age=3600"}
        return web.answer(request, jsonld.context_file(), JSON_LD, headers)
    if path.removeprefix("examples/") in ontology_page.example_names() and path.startswith("examples/"):
        text = ontology_page.example(path.removeprefix("examples/"))
        return web.answer(request, text.encode(), TURTLE)
    stem, form = _form(request, path, THING_FORMS)
    subject = known.named(NS.removesuffix("#") + "/", stem)
    if subject is None:
        return web.error(server, request, 404)
    if form is None:
        return web.not_acceptable(server, request, THING_FORMS)
    view = await run_in_threadpool(lambda: View(served))
    if subject == view.thing(ontology_page.ONTOLOGY, "owl:versionIRI"):
        return await collection(server, request, "/ns", ontology_page.page, ontology_triples, form=form)
    if not await run_in_threadpool(known.standing, served, subject):
        return web.error(server, request, 404)
    place = address(subject.value, server.base) if form is HTML else f"/ns.{form.suffix}"
    return RedirectResponse(place, 303, {"Vary": "Accept", "Cache-Control": "public, no-cache"})


async def codes(server: Server, request: Request) -> Response:
    """/code: the code lists."""
    return await collection(server, request, "/code", ontology_page.codes, code_triples)


async def shapes(server: Server, request: Request) -> Response:
    """/shapes and /shapes.ttl …: the shapes."""
    return await collection(server, request, "/shapes", about.shapes, lambda _, __: shape_triples())


async def catalog(server: Server, request: Request) -> Response:
    """/catalog: the DCAT catalogue."""
    return await _published(server, request, "/catalog", "catalog", about.catalog)


async def validation(server: Server, request: Request) -> Response:
    """/validation: the SHACL report."""
    return await _published(server, request, "/validation", "validation", about.validation)


async def void(server: Server, request: Request) -> Response:
    """/.well-known/void: the VoID description; its page is the catalogue's."""
    return await _published(server, request, "/.well-known/void", "void", about.catalog)


async def _published(server: Server, request: Request, place: str, stem: str, page: Callable[[Site], Page]) -> Response:
    """Serve an RDF file of the release, in its own bytes where it is there in the form asked for."""

    def triples(view: View, base: str) -> Iterable[ox.Triple]:
        path = view.served.file(f"{stem}.ttl")
        if path is None and stem == "catalog":  # another endpoint has it as a graph
            graph = ox.NamedNode(base + "graph/catalog")
            return [q.triple for q in view.served.engine.quads_for_pattern(None, None, None, graph)]
        return [] if path is None else [q.triple for q in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)]

    return await collection(server, request, place, page, triples, stem)


async def collection(
    server: Server,
    request: Request,
    place: str,
    page: Callable[[Site], Page],
    triples: Callable[[View, str], Iterable[ox.Triple]],
    stem: str = "",
    form: Form | None = None,
) -> Response:
    """Serve a page or a graph that is not about one thing.

    `stem` is the published file that holds the graph, `form` the form where that is decided already.
    """
    suffix = request.path_params.get("suffix")
    if suffix is not None and negotiate.by_suffix(suffix, THING_FORMS) is None:
        return web.error(server, request, 404)
    if form is None:
        _, form = _form(request, request.url.path, THING_FORMS)
    if form is None:
        return web.not_acceptable(server, request, THING_FORMS, place)
    served, lang = server.source.served(), web.language(request)
    others = web.alternates(place, (f for f in THING_FORMS if f is not form))
    headers = {"Link": f"{web.canonical(request, place)}, {others}"}
    if suffix is None:
        headers["Vary"] = "Accept"

    def work() -> Response:
        if form is HTML:
            shown = ("page", request.url.path, lang, str(request.url.query))
            if (body := served.cache.get(shown)) is None:
                site = Site(served, server.base, lang)
                body = server.renderer.render(page(site), lang, place, web.switch(request, lang), site)
                served.cache.put(shown, body)
            return web.answer(request, body, HTML, {**headers, "Content-Language": lang})
        key = ("data", place, form.suffix)
        if (body := served.cache.get(key)) is None:
            if stem and (path := served.file(f"{stem}.{form.suffix}")):
                body = path.read_bytes()
            else:
                found = triples_in_order(triples(View(served), server.base))
                if not found:
                    return web.error(server, request, 404)
                body = dumps.serialized(found, form.suffix)
            served.cache.put(key, body)
        return web.answer(request, body, form, headers)

    return await run_in_threadpool(work)


def ontology_triples(view: View, base: str) -> list[ox.Triple]:
    """Return the ontology: what the release's vocabulary graph says of /ns and its terms."""
    return _vocabulary_of(view, base, NS.removesuffix("#"))


def code_triples(view: View, base: str) -> list[ox.Triple]:
    """Return the code lists."""
    return _vocabulary_of(view, base, CODE)


def _vocabulary_of(view: View, base: str, beginning: str) -> list[ox.Triple]:
    graphs = [ox.NamedNode(f"{base}graph/{name}") for name in ("vocab", "ref", "indicators")]
    quads: Iterable[Any] = (q for g in graphs for q in view.served.engine.quads_for_pattern(None, None, None, g))
    return [q.triple for q in quads if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(beginning)]
