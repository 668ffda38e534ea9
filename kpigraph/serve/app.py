"""The application: every route, what they work with, and its beginning and end."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kpigraph import __version__
from kpigraph.config import Settings
from kpigraph.problems import UsageError
from kpigraph.serve import about, files, pages, things, web, workers
from kpigraph.serve.endpoint import endpoint
from kpigraph.serve.negotiate import HTML
from kpigraph.serve.served import Source
from kpigraph.serve.site import Page, Renderer, Site
from kpigraph.serve.web import Server

Handler = Callable[[Server, Request], Awaitable[Response]]


def create_app(source: Source, settings: Settings) -> FastAPI:
    """Return the application that serves `source`. Nothing outside it is read or kept."""
    pool = workers.Pool(size=settings.workers, seconds=settings.query_seconds, memory=settings.query_memory)
    server = Server(source, settings, Renderer(), pool)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            served = source.served()
            pool.warm(str(served.store))
            await run_in_threadpool(lambda: served.engine)
        except UsageError:
            pass  # each request says so, until there is a publication
        yield
        await pool.close()

    app = FastAPI(
        title="kpigraph", version=__version__, lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None
    )
    app.state.pool = pool
    app.add_middleware(web.Headers)
    _routes(app, server)
    _errors(app, server)
    return app


def _routes(app: FastAPI, server: Server) -> None:
    def route(path: str, handler: Handler, methods: tuple[str, ...] = ("GET",)) -> None:
        async def handle(request: Request) -> Response:
            return await handler(server, request)

        app.router.add_route(path, handle, methods=list(methods), include_in_schema=False)

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
    ):
        route(place, handler)
        route(place + ".{suffix:str}", handler)
    route("/ns/{path:path}", things.vocabulary_part)
    route("/sparql", endpoint, ("GET", "POST"))
    route("/download", _downloads)
    route("/download/{name:str}", files.download)
    route("/assets/{name:str}", _asset)
    route("/healthz", _health)


def _errors(app: FastAPI, server: Server) -> None:
    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return web.error(server, request, error.status_code, headers=error.headers)

    async def nothing_to_serve(request: Request, error: Exception) -> Response:
        assert isinstance(error, UsageError)
        detail = error.messages[web.language(request)]
        return web.error(server, request, 503, detail, {"Retry-After": "10"})

    async def failed(request: Request, error: Exception) -> Response:
        return web.error(server, request, 500)

    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(UsageError, nothing_to_serve)
    app.add_exception_handler(Exception, failed)


async def _home(server: Server, request: Request) -> Response:
    if server.source.served().folder is None:
        return RedirectResponse("/sparql", 303)  # RDF files as they are: there are no pages to begin with
    return await _show(server, request, pages.home)


async def _downloads(server: Server, request: Request) -> Response:
    return await _show(server, request, about.downloads)


async def _show(server: Server, request: Request, page: Callable[[Site], Page]) -> Response:
    served, lang = server.source.served(), web.language(request)
    key = ("page", request.url.path, lang, str(request.url.query))

    def work() -> Response:
        body = served.cache.get(key)
        if body is None:
            site = Site(served, server.base, lang)
            body = server.renderer.render(page(site), lang, request.url.path, web.switch(request, lang), site)
            served.cache.put(key, body)
        return web.kept_language(request, web.answer(request, body, HTML, {"Content-Language": lang}))

    return await run_in_threadpool(work)


async def _asset(server: Server, request: Request) -> Response:
    if request.path_params["name"] != server.renderer.style_name:
        return web.error(server, request, 404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.answer(request, server.renderer.style, web.STYLE, headers)


async def _health(server: Server, request: Request) -> Response:
    """Live whenever it answers; ready once there is something to serve."""
    try:
        state = {"status": "ok", "release": server.source.served().version}
    except UsageError:
        state = {"status": "no publication"}
    status = 200 if state["status"] == "ok" else 503
    headers = {"Cache-Control": "no-store"}
    return Response(json.dumps(state) + "\n", status, headers, "application/json")
