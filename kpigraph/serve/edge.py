"""The outermost part of the application: what holds for every request, whatever it asks.

One form of each address, the headers of all answers, preflight requests, HEAD, errors as answers, the access log, the
count of requests. Routes are looked up here, past FastAPI, whose own routing takes longer than most of our answers;
only /api goes through it, for the description of what it offers.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kpigraph.problems import UsageError
from kpigraph.serve import addresses, connection, damage, web
from kpigraph.serve.told import no_room
from kpigraph.serve.web import Server

access = logging.getLogger("kpigraph.access")
_failures = logging.getLogger("kpigraph.serve")

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SCRIPTED = f"{_POLICY}; script-src 'self'; connect-src 'self'"  # of the one page with a script: files of ours only
_HEADERS = [
    (key.encode(), value.encode())
    for key, value in {
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "Accept-Ranges, Allow, Content-Language, Content-Location, Content-Range, "
        "ETag, Kpigraph-Limit, Last-Modified, Link, Location, Retry-After, Vary",
    }.items()
]
_ASKABLE = "Accept, Accept-Language, Cache-Control, Content-Type, If-Modified-Since, If-None-Match, If-Range, Range"
_LOGGED = "kpigraph.log"
_ADDRESS, _HEAD = 16 << 10, 64 << 10  # bytes of an address, and of all headers, that anybody needs
_ASKS_LONG = ("/sparql", "/reconcile")  # in whose addresses whole queries stand


def note(request: Request, **facts: str | int | float) -> None:
    """Add facts to the line of this request in the access log. They must not tell who asked."""
    request.scope.setdefault(_LOGGED, {}).update(facts)


class Edge:
    """The ASGI application. `api` is asked for what lies under /api, and for the beginning and the end."""

    def __init__(self, server: Server, routes: addresses.Routes, api: ASGIApp) -> None:
        self.state = State()
        self._server = server
        self.routes = routes
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._api(scope, receive, send)
            return
        scope["app"] = self
        answering = _Answering(scope, send)
        try:
            await self._answer(scope, receive, answering.send)
        except ClientDisconnect:
            answering.status = answering.status or 499
        except (UsageError, RuntimeError, OSError, sqlite3.DatabaseError) as error:
            if (told := self._told(error)) is None:
                await self._failed(error, answering, scope, receive)
            elif answering.status:
                _failures.error("an answer was broken off: %s", answering.route)
                raise ConnectionAbortedError from None  # so that nobody takes it for whole
            else:
                request = Request(scope, receive)
                response = web.error(self._server, request, 503, told[web.language(request)], {"Retry-After": "10"})
                await response(scope, receive, answering.send)
        except Exception as error:
            await self._failed(error, answering, scope, receive)
        finally:
            answering.end(self._server)

    def _told(self, error: Exception) -> Mapping[str, str] | None:
        """Return what to say of an error that is the fault of the disk or of the release on it, None of any other.

        What is served is looked over again then, unless there was only no room for what is made anew.
        """
        if (full := no_room(error)) is not None:
            return self._server.telling.words(full)
        told = error if isinstance(error, UsageError) else damage.unreadable(error)
        if told is None:
            return None
        self._server.source.suspect()
        return self._server.telling.words(told)

    async def _failed(self, error: Exception, answering: "_Answering", scope: Scope, receive: Receive) -> None:
        """Answer a fault of the program with 500, and tell the operator where it was."""
        _failures.error("an answer failed: %s", answering.route, exc_info=error)
        if answering.status:
            raise error  # part of it is sent: the connection must break, so that nobody takes it for whole
        request = Request(scope, receive)
        await web.error(self._server, request, 500)(scope, receive, answering.send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw = scope.get("raw_path") or addresses.written(scope["path"]).encode()
        path = addresses.canonical(raw)
        method = scope["method"]
        found = self.routes.find(path or "", method)
        in_api = path is not None and f"{path}/".startswith("/api/")
        scope["kpigraph.route"] = found.route.label if found.route else "/api" if in_api else ""
        if method == "OPTIONS":
            await _options(found, in_api)(scope, receive, send)
            return
        if too_long := self._too_long(scope, path or ""):
            await web.error(self._server, request, too_long)(scope, receive, send)
            return
        if path is None:
            await web.error(self._server, request, 404)(scope, receive, send)
            return
        if addresses.written(path).encode() != raw:
            query = scope["query_string"].decode("latin-1")
            place = addresses.written(path) + (f"?{query}" if query else "")
            await RedirectResponse(place, 308, {"Cache-Control": "public, max-age=3600"})(scope, receive, send)
            return
        if in_api:
            await self._api({**scope, "method": "GET"} if method == "HEAD" else scope, receive, send)
            return
        response = await self._handled(found, request)
        await response(scope, receive, send)

    def _too_long(self, scope: Scope, path: str) -> int:
        """Return 414 where the address is longer than any we know, 431 where the headers are, else 0."""
        most = self._server.settings.body_bytes if path in _ASKS_LONG else _ADDRESS
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > most:
            return 414
        return 431 if sum(len(k) + len(v) for k, v in scope["headers"]) > _HEAD else 0

    async def _handled(self, found: addresses.Found, request: Request) -> Response:
        if found.route is None:
            if found.methods:
                methods = ", ".join(sorted(found.methods))
                return web.error(self._server, request, 405, methods, {"Allow": _allow(found.methods)})
            return web.error(self._server, request, 404)
        request.scope["path_params"] = found.parameters
        try:
            return await found.route.handler(request)
        except HTTPException as error:
            return web.error(self._server, request, error.status_code, headers=error.headers)
        except UsageError as error:
            words = self._server.telling.words(error)[web.language(request)]
            return web.error(self._server, request, 503, words, {"Retry-After": "10"})


def _allow(methods: frozenset[str]) -> str:
    return ", ".join(sorted({*methods, "OPTIONS"}))


def _options(found: addresses.Found, in_api: bool) -> Response:
    """Answer OPTIONS, a preflight or not. An unknown address may be asked too: its 404 is then readable to scripts."""
    methods = frozenset(("GET", "HEAD")) if in_api or not found.methods else found.methods
    headers = {
        "Allow": _allow(methods),
        "Access-Control-Allow-Methods": _allow(methods),
        "Access-Control-Allow-Headers": _ASKABLE,
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=204, headers=headers)


class _Answering:
    """Watches one answer leave: adds the headers of all, drops the body for HEAD, counts."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._head = scope["method"] == "HEAD"
        self._began = time.perf_counter()
        self.status = 0
        self._bytes = 0
        self._told: Mapping[bytes, bytes] = {}

    @property
    def route(self) -> str:
        return str(self._scope.get("kpigraph.route") or "other")

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._told = dict(message["headers"])
            more = [pair for pair in _HEADERS if pair[0] not in self._told]
            message = {**message, "headers": [*message["headers"], *more]}
        elif message["type"] == "http.response.body":
            if self._head:
                message = {**message, "body": b""}
            self._bytes += len(message.get("body", b""))
        elif message["type"] == connection.ZERO_COPY:
            self._bytes += message["count"]
        await self._send(message)

    def end(self, server: Server) -> None:
        """Count the request and write its line: what was asked and how it went, never who asked or in what words."""
        seconds = time.perf_counter() - self._began
        server.metrics.request(self.route, self.status or 499, seconds)
        if access.isEnabledFor(logging.INFO):
            line: dict[str, Any] = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "method": self._scope["method"],
                "route": self.route,
                "path": self._scope["path"][:200],
                "status": self.status or 499,
                "bytes": self._bytes,
                "ms": round(seconds * 1000, 2),
                "type": self._told.get(b"content-type", b"").decode("latin-1").split(";")[0],
                "coding": self._told.get(b"content-encoding", b"").decode("latin-1"),
                **self._scope.get(_LOGGED, {}),
            }
            access.info(json.dumps(line, ensure_ascii=False))
