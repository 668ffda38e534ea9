"""The application: every route, what they work with, and its beginning and end."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from kpigraph.config import Settings
from kpigraph.problems import UsageError
from kpigraph.serve import (
    about,
    changes,
    compare,
    completion,
    feeds,
    files,
    find,
    listing_page,
    pages,
    sparql,
    switching,
    taken,
    things,
    web,
)
from kpigraph.serve import vocabulary as ontology_page
from kpigraph.serve.addresses import Routes
from kpigraph.serve.assets import Assets
from kpigraph.serve.edge import Edge
from kpigraph.serve.endpoint import Endpoint
from kpigraph.serve.metrics import CONTENT_TYPE, Metrics
from kpigraph.serve.negotiate import HTML, JSON
from kpigraph.serve.pool import Pool
from kpigraph.serve.rendered import Cache
from kpigraph.serve.served import Source
from kpigraph.serve.site import Page, Renderer, Site
from kpigraph.serve.web import Server

if TYPE_CHECKING:
    from fastapi import FastAPI

    from kpigraph.serve.reconcile.service import Service

Handler = Callable[[Server, Request], Awaitable[Response]]
_SETTLED = 2.0  # seconds after which a server has begun to work as it will


def create_app(source: Source, settings: Settings, assets: Assets | None = None) -> Edge:
    """Return the application that serves `source`. Nothing outside it is read or kept.

    `assets` are what pages load; None: those of this package.
    """
    metrics = Metrics()
    pool = Pool(sparql.limits(settings), metrics)
    server = Server(source, settings, Renderer(settings.server_url, assets), pool, metrics)
    endpoint = Endpoint(server)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            served = source.served()
            pool.warm(str(served.store))
            await run_in_threadpool(lambda: served.engine)
            endpoint.beforehand.begin(served)
        except UsageError:
            pass  # each request says so, until there is a publication
        warming = asyncio.create_task(_ahead(server.renderer))
        yield
        warming.cancel()
        await endpoint.beforehand.close()
        await pool.close()

    json_api = _Api(server)
    app = Edge(server, _routes(server, json_api, endpoint), Starlette(lifespan=lifespan, routes=[Mount("/", json_api)]))
    app.state.pool = pool
    app.state.beforehand = endpoint.beforehand
    endpoint.beforehand.visit = partial(_visit, app)
    app.state.packed = json_api.packed
    app.state.metrics = server.metrics
    app.state.warm = partial(_all_ahead, server.renderer)
    return app


async def _ahead(renderer: Renderer) -> None:
    """Do what the first pages would wait for, piece by piece, once the server answers."""
    await asyncio.sleep(_SETTLED)
    for piece in (*renderer.ahead(), *ontology_page.ahead()):
        await run_in_threadpool(piece)


def _all_ahead(renderer: Renderer) -> None:
    for piece in (*renderer.ahead(), *ontology_page.ahead()):
        piece()


async def _visit(app: Edge, path: str, lang: str) -> Response:
    """Ask for a page as a reader does who came by no network; nothing is counted or logged."""
    headers = [(b"accept", b"text/html"), (b"accept-language", lang.encode())]
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": path, "query_string": b"", "headers": headers,
             "server": None, "client": None, "root_path": "", "app": app}  # fmt: skip
    found = app.routes.find(path, "GET")
    assert found.route is not None
    return await found.route.handler(Request({**scope, "path_params": found.parameters}))


class _Api:
    """What lies under /api, through FastAPI. Importing it takes longer than all else: it waits for who asks."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.packed = Cache()  # compressed answers, whatever release they are of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await run_in_threadpool(lambda: self.app))(scope, receive, send)

    @cached_property
    def app(self) -> "FastAPI":
        from kpigraph.serve.api import create_api

        app = create_api(self._server)
        app.state.packed = self.packed
        return app

    def description(self) -> bytes:
        from kpigraph.serve.api import description

        return description(self.app)


class _Reconciliation:
    """What lies under /reconcile. Its matcher takes longer to import than most requests to answer: it waits, too."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle(self, request: Request) -> Response:
        return await (await run_in_threadpool(lambda: self.service)).handle(request)

    @cached_property
    def service(self) -> "Service":
        from kpigraph.serve.reconcile.service import Service

        return Service(self._server)


def _routes(server: Server, json_api: _Api, endpoint: Endpoint) -> Routes:
    routes = Routes()

    def route(path: str, handler: Handler, methods: tuple[str, ...] = ("GET",)) -> None:
        async def handle(request: Request) -> Response:
            return await handler(server, request)

        routes.add(path, handle, methods)

    route("/", _home)
    route("/id/{path:path}", things.identify)
    route("/doc/{path:path}", things.document)
    route("/code/{path:path}", things.code)
    for place, handler in (
        ("/ns", things.vocabulary),
        ("/code", things.codes),
        ("/shapes", things.shapes),
        ("/catalog", things.catalog),
        ("/validation", things.validation),
        ("/.well-known/void", things.void),
        (changes.PATH, changes.answer),
    ):
        route(place, handler)
        route(place + ".{suffix:str}", handler)
    route("/ns/{path:path}", things.vocabulary_part)
    routes.add("/sparql", endpoint.handle, ("GET", "POST"))
    route(completion.PATH, completion.answer)
    route("/download", _downloads)
    route("/download/{name:str}", files.download)
    route("/.well-known/minisign.pub", files.public_key)
    route("/assets/{name:str}", _asset)
    route("/about", _about)
    route("/search", find.page)
    route("/indicators", listing_page.answer)
    route("/indicators.{suffix:str}", listing_page.answer)
    route("/language/{lang:str}", switching.keep)
    route("/embed/{path:path}", taken.embedded)
    route("/releases.atom", feeds.feed)
    route("/feed", feeds.feed_moved)
    route("/sitemap.xml", feeds.sitemap)
    route("/robots.txt", feeds.robots)
    route("/opensearch.xml", feeds.opensearch)
    reconciliation = _Reconciliation(server)
    routes.add("/reconcile", reconciliation.handle, ("GET", "POST"))
    for place in ("suggest/{what:str}", "flyout/{what:str}", "properties", "preview", "view", "help"):
        routes.add(f"/reconcile/{place}", reconciliation.handle)
    route("/compare", compare.overview)
    route("/compare/{notation:str}", compare.one)
    route("/openapi.json", lambda _, request: _described(request, json_api))
    route("/healthz", _ready)
    route("/healthz/live", _live)
    route("/healthz/ready", _ready)
    route("/metrics", _metrics)
    return routes


async def _described(request: Request, json_api: _Api) -> Response:
    return web.answer(request, await run_in_threadpool(json_api.description), JSON)


async def _home(server: Server, request: Request) -> Response:
    if not await run_in_threadpool(lambda: server.source.served().is_site):
        return RedirectResponse("/sparql", 303)  # RDF files as they are: there are no pages to begin with
    return await _show(server, request, pages.home)


async def _about(server: Server, request: Request) -> Response:
    return await _show(server, request, about.about)


async def _downloads(server: Server, request: Request) -> Response:
    return await _show(server, request, about.downloads)


async def _show(server: Server, request: Request, page: Callable[[Site], Page]) -> Response:
    served, lang = server.source.served(), web.language(request)
    path = request.url.path

    def work() -> bytes:
        site = Site(served, server.base, lang)
        return server.renderer.render(page(site), lang, path, web.other_language(path, lang), site)

    body = await web.kept(served.cache, ("page", path, lang), work)
    headers = {"Content-Language": lang, "Link": web.canonical(request, path)}
    return web.answer(request, body, HTML, headers)


async def _asset(server: Server, request: Request) -> Response:
    if (asset := server.renderer.assets.files.get(request.path_params["name"])) is None:
        return web.error(server, request, 404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.answer(request, asset.body, asset.form, headers, packed=asset.packed)


async def _live(server: Server, request: Request) -> Response:
    """Live whenever it answers."""
    return _health(200, {"status": "ok"})


async def _ready(server: Server, request: Request) -> Response:
    """Ready once there is something to serve and it can be read."""
    try:
        served = server.source.served()
        await run_in_threadpool(lambda: served.engine)
    except UsageError as error:
        return _health(503, {"status": "no publication", "reason": server.telling.words(error)["en"]})
    return _health(200, {"status": "ok", "release": served.version})


def _health(status: int, state: dict[str, str]) -> Response:
    return Response(json.dumps(state) + "\n", status, {"Cache-Control": "no-store"}, "application/json")


async def _metrics(server: Server, request: Request) -> Response:
    return Response(server.metrics.text(), 200, {"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE})
