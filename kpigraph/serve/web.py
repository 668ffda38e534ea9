"""What every route shares: the reader's language, conditional and compressed answers, errors."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kpigraph.config import Settings
from kpigraph.serve import coding, negotiate
from kpigraph.serve.describe import Text
from kpigraph.serve.metrics import Metrics
from kpigraph.serve.negotiate import HTML, Form
from kpigraph.serve.pool import Pool
from kpigraph.serve.rendered import Cache
from kpigraph.serve.served import Served, Source
from kpigraph.serve.site import AS_ASKED, Page, Renderer, Site
from kpigraph.serve.texts import texts
from kpigraph.serve.told import Telling

HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_AS_ASKED = AS_ASKED.encode()
_SWITCHED = 4_000  # length of an address that can be come back to
COOKIE = "lang"  # kept by switching.py alone
_TEXT = Form("txt", "text/plain")


@dataclass(frozen=True, slots=True)
class Server:
    """What the routes work with, all of it handed in."""

    source: Source
    settings: Settings
    renderer: Renderer
    pool: Pool
    metrics: Metrics
    telling: Telling = field(default_factory=Telling)
    pictures: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))  # drawn one at a time

    @property
    def base(self) -> str:
        """Beginning of the data IRIs: the one that the release was built with; for RDF files, that of the settings."""
        return self.source.served().manifest.get("base_iri") or self.settings.base_iri


def language(request: Request) -> str:
    return negotiate.language(
        request.query_params.get("lang"), request.cookies.get(COOKIE), request.headers.get("accept-language")
    )


def asked_language(request: Request) -> str | None:
    """Return the language of an answer, None where the address asks for one that there is not."""
    asked = request.query_params.getlist("lang")
    if len(asked) > 1 or any(a not in negotiate.LANGUAGES for a in asked):
        return None
    return language(request)


def other_language(path: str, lang: str) -> str:
    """Return the address that switches to the other language and comes back to the page at `path`."""
    return f"/language/{'en' if lang == 'ja' else 'ja'}?" + urlencode({"back": path})


def switch(request: Request, lang: str) -> str:
    """Return the same for this page with all that it was asked with; without that where it would be too long."""
    asked = [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    path = quote(request.url.path) + (f"?{urlencode(asked)}" if asked else "")
    return other_language(path if len(path) <= _SWITCHED else quote(request.url.path), lang)


def canonical(request: Request, path: str) -> str:
    """Return the Link that tells the address of this very page: with its language where that was asked for."""
    asked = request.query_params.get("lang")
    joined = "&" if "?" in path else "?"
    return f'<{path}{f"{joined}lang={asked}" if asked in negotiate.LANGUAGES else ""}>; rel="canonical"'


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
    """Return `page` rendered."""
    body = server.renderer.render(page, lang, path or request.url.path, switch(request, lang), site)
    return answer(request, body, HTML, {"Content-Language": lang, **(headers or {})}, status=status)


def answer(
    request: Request,
    body: bytes,
    form: Form,
    headers: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    packed: Mapping[str, bytes] | None = None,
) -> Response:
    """Return `body` with an ETag, in the coding that the client asks for; 304 where it has it already.

    The ETag is strong: it is made of the bytes, so another form, language, coding or release has another one, and a
    release that changes nothing here has the same. `packed` is `body` by coding, as far as it was packed before.
    """
    sent = {"Cache-Control": "public, no-cache", **(headers or {})}
    if _AS_ASKED in body:
        body = body.replace(_AS_ASKED, came_by(request).encode())
        sent["Cache-Control"] = "private, no-cache"
    varies = [sent.pop("Vary", ""), "Accept-Encoding"]
    if form is HTML and request.query_params.get("lang") not in negotiate.LANGUAGES:
        varies.append("Accept-Language, Cookie")
    sent["Vary"] = ", ".join(v for v in varies if v)
    tag = coding.tag(body)
    packing = coding.choose(request.headers.get("accept-encoding")) if len(body) >= coding.PACKED_FROM else ""
    sent["ETag"] = f'"{tag}-{packing}"' if packing else f'"{tag}"'
    if status == 200 and not_modified(request, sent["ETag"]):
        return Response(status_code=304, headers={k: v for k, v in sent.items() if k != "Content-Language"})
    if packing:
        body = (packed or {}).get(packing) or coding.packed(body, tag, packing, request.app.state.packed)
        sent["Content-Encoding"] = packing
    return Response(body, status, sent, form.content_type)


def came_by(request: Request) -> str:
    """Return the address by which the client came, as it says itself; the base of the names where it says nonsense."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if HOST.fullmatch(host) else Settings().base_iri.rstrip("/")


def not_modified(request: Request, etag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    tags = [t.strip().removeprefix("W/") for t in known.split(",")]
    return request.method in ("GET", "HEAD") and (etag in tags or tags == ["*"])


async def kept(cache: Cache, key: tuple[str, ...], make: Callable[[], bytes]) -> bytes:
    """Return what `cache` holds under `key`, else what `make` gives, made beside the event loop and kept."""
    if (body := cache.get(key)) is None:
        body = await run_in_threadpool(make)
        cache.put(key, body)
    return body


def error(
    server: Server,
    request: Request,
    status: int,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    links: tuple[tuple[Text, str], ...] = (),
    site: Site | None = None,
    said: tuple[str, str] | None = None,
) -> Response:
    """Return an error as a page in the reader's language, or as one line to who does not read HTML."""
    from kpigraph.serve import about

    lang = language(request)
    page = about.error(lang, status, detail, links, said)
    sent = {"Cache-Control": "no-store", "Vary": "Accept", **(headers or {})}
    if negotiate.choose(request.headers.get("accept"), (_TEXT, HTML)) is HTML:
        return html(server, request, page, site, lang, status=status, headers=sent)
    line = " ".join(part for part in (page.context["words"], detail, *(href for _, href in links)) if part)
    return Response(line + "\n", status, {**sent, "Content-Language": lang}, _TEXT.content_type)


def bad_language(server: Server, request: Request) -> Response:
    """Return 400: the languages are ja and en."""
    return error(server, request, 400, texts(language(request))["lang_parameter"])


def not_acceptable(server: Server, request: Request, forms: tuple[Form, ...], path: str = "") -> Response:
    """Return 406 with what there is, and where, if each form of `path` has an address of its own."""
    headers = {"Vary": "Accept"}
    links: tuple[tuple[Text, str], ...] = ()
    if path:
        headers["Link"] = alternates(path, forms)
        links = tuple((Text(f"{path}.{form.suffix}"), f"{path}.{form.suffix}") for form in forms)
    return error(server, request, 406, negotiate.listing(forms), headers, links)


def alternates(path: str, forms: Iterable[Form]) -> str:
    """Return the Link header (RFC 8288) that tells where the other forms of what is at `path` are."""
    return ", ".join(f'<{path}.{f.suffix}>; rel="alternate"; type="{f.media_type}"' for f in forms)


def site_of(server: Server, served: Served, lang: str) -> Site:
    return Site(served, server.base, lang)
