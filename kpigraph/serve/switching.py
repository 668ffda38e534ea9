"""/language/X: the one address that keeps the language a reader chose; pages link to it beside their names.

It leads back to where the reader was, as ?lang=X, which shows that language also to who keeps no cookies, and can be
shared: such an address itself keeps nothing.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kpigraph.serve import addresses, negotiate, web
from kpigraph.serve.web import Server

_YEAR = 31_536_000  # seconds
_LONGEST = 4_000  # of the address to go back to


async def keep(server: Server, request: Request) -> Response:
    """Keep the language, and lead back to the address in `back`; to the home page where that is none of ours."""
    lang = request.path_params["lang"]
    if lang not in negotiate.LANGUAGES:
        return web.error(server, request, 404)
    response = RedirectResponse(back(request.query_params.get("back", ""), lang), 303, {"Cache-Control": "no-store"})
    if request.headers.get("sec-fetch-site", "same-origin") == "same-origin":  # no other site chooses for its readers
        secure = server.settings.server_url.startswith("https:")
        response.set_cookie(web.COOKIE, lang, max_age=_YEAR, path="/", samesite="lax", httponly=True, secure=secure)
    return response


def back(asked: str, lang: str) -> str:
    """Return the address on this host that `asked` means, asking for `lang`; the home page if it means none."""
    plain = len(asked) <= _LONGEST and asked.isascii() and asked.isprintable() and asked.startswith("/")
    parts = urlsplit(asked if plain else "/")
    path = None if parts.netloc else addresses.canonical(parts.path.encode())
    query = [] if path is None else [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != "lang"]
    return addresses.written(path or "/") + "?" + urlencode([*query, ("lang", lang)])
