"""What every route shares: the reader's language, conditional and compressed answers, the headers of all."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kpigraph.config import Settings
from kpigraph.serve import negotiate, workers
from kpigraph.serve.describe import Text
from kpigraph.serve.negotiate import HTML, Form
from kpigraph.serve.served import Served, Source
from kpigraph.serve.site import Page, Renderer, Site

_COOKIE = "lang"
_METHODS = "GET, HEAD, POST, OPTIONS"
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Link, ETag, Content-Language, Retry-After, Kpigraph-Cut",
}
_COMPRESSED_FROM = 1_000  # bytes; less is not worth it
_TEXT = Form("txt", "text/plain")
STYLE = Form("css", "text/css")


@dataclass(frozen=True, slots=True)
class Server:
    """What the routes work with, all of it handed in."""

    source: Source
    settings: Settings
    renderer: Renderer
    pool: workers.Pool

    @property
    def base(self) -> str:
        return self.settings.base_iri


def language(request: Request) -> str:
    return negotiate.language(
        request.query_params.get("lang"), request.cookies.get(_COOKIE), request.headers.get("accept-language")
    )


def switch(request: Request, lang: str) -> str:
    """Return the address of this page in the other language."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return request.url.path + "?" + urlencode([*kept, ("lang", "en" if lang == "ja" else "ja")])


def html(
    server: Server,
    request: Request,
    page: Page,
    site: Site | None,
    lang: str,
    *,
    status: int = 200,
    path: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return `page` rendered, keeping the language that the address asks for."""
    body = server.renderer.render(page, lang, path or request.url.path, switch(request, lang), site)
    response = answer(request, body, HTML, {"Content-Language": lang, **(headers or {})}, status=status)
    return kept_language(request, response)


def kept_language(request: Request, response: Response) -> Response:
    """Let the browser keep the language if this address asked for one."""
    if (asked := request.query_params.get("lang")) in negotiate.LANGUAGES:
        response.set_cookie(_COOKIE, asked, max_age=31_536_000, samesite="lax", httponly=True)
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def answer(
    request: Request, body: bytes, form: Form, headers: Mapping[str, str] | None = None, *, status: int = 200
) -> Response:
    """Return `body` with an ETag, compressed where the client takes that; 304 where it has it already."""
    sent = {"Cache-Control": "public, no-cache", **(headers or {})}
    varies = [sent.pop("Vary", ""), "Accept-Encoding"]
    if form is HTML:
        varies.append("Accept-Language, Cookie")
    sent["Vary"] = ", ".join(v for v in varies if v)
    tag = hashlib.sha256(body).hexdigest()[:24]
    if len(body) >= _COMPRESSED_FROM and takes_gzip(request):
        body, tag = gzip.compress(body, 6, mtime=0), f"{tag}-gz"
        sent["Content-Encoding"] = "gzip"
    sent["ETag"] = f'"{tag}"'
    if status == 200 and not_modified(request, sent["ETag"]):
        kept = {k: v for k, v in sent.items() if k not in ("Content-Encoding", "Content-Language")}
        return Response(status_code=304, headers=kept)
    return Response(body, status, sent, form.content_type)


def takes_gzip(request: Request) -> bool:
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def not_modified(request: Request, etag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    tags = [t.strip().removeprefix("W/") for t in known.split(",")]
    return request.method in ("GET", "HEAD") and (etag in tags or tags == ["*"])


def error(
    server: Server,
    request: Request,
    status: int,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    links: tuple[tuple[Text, str], ...] = (),
    site: Site | None = None,
) -> Response:
    """Return an error as a page in the reader's language, or as one line to who does not read HTML."""
    from kpigraph.serve import about

    lang = language(request)
    page = about.error(lang, status, detail, links)
    sent = {"Cache-Control": "no-store", "Vary": "Accept", **(headers or {})}
    if negotiate.choose(request.headers.get("accept"), (_TEXT, HTML)) is HTML:
        return html(server, request, page, site, lang, status=status, headers=sent)
    line = " ".join(part for part in (page.context["words"], detail, *(href for _, href in links)) if part)
    return Response(line + "\n", status, {**sent, "Content-Language": lang}, _TEXT.content_type)


def not_acceptable(server: Server, request: Request, forms: tuple[Form, ...]) -> Response:
    return error(server, request, 406, negotiate.listing(forms))


def site_of(server: Server, served: Served, lang: str) -> Site:
    return Site(served, server.base, lang)


class Headers:
    """Adds the headers of all answers, answers preflight requests, and sends no body to HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for key, value in _HEADERS.items():
                    headers.setdefault(key, value)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if scope["method"] == "OPTIONS":
            preflight = {
                "Allow": _METHODS,
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match, Range",
                "Access-Control-Max-Age": "86400",
            }
            await Response(status_code=204, headers=preflight)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)
