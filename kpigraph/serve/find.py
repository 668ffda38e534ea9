"""/search: what was looked for, as a page."""

from urllib.parse import urlencode

from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kpigraph import search
from kpigraph.search.finder import LONGEST, SearchTooLongError
from kpigraph.serve import web
from kpigraph.serve.describe import Text
from kpigraph.serve.negotiate import HTML
from kpigraph.serve.site import Page, Site
from kpigraph.serve.texts import texts
from kpigraph.serve.web import Server

_SHOWN = 20
_LAST = 10_000  # nobody leafs further


async def page(server: Server, request: Request) -> Response:
    """The form and, where something was looked for, what was found."""
    served, lang = server.source.served(), web.language(request)
    query = request.query_params.get("q", "").strip()[:LONGEST]
    kind = request.query_params.get("kind", "")
    start = request.query_params.get("start", "")
    first = min(int(start), _LAST) if start.isascii() and start.isdigit() and len(start) < 9 else 0

    def work() -> bytes:
        site = Site(served, server.base, lang)
        shown = search_page(site, query, kind if kind in search.KINDS else "", first)
        return server.renderer.render(shown, lang, "/search", web.switch(request, lang), site)

    try:
        body = await run_in_threadpool(work)
    except SearchTooLongError:
        return web.error(server, request, 503, headers={"Retry-After": "2"})
    headers = {"Content-Language": lang, "Cache-Control": "no-cache", "Link": web.canonical(request, "/search")}
    return web.answer(request, body, HTML, headers)


def search_page(site: Site, query: str, kind: str, first: int) -> Page:
    """Return the page of what `query` finds, from the result numbered `first` (from 0) on."""
    t = texts(site.lang)
    total, found = site.served.finder.search(query, kinds=[kind] if kind else (), limit=_SHOWN, offset=first)

    def leaf(to: int) -> str:
        return "/search?" + urlencode({"q": query, "kind": kind, "start": to})

    return Page(
        template="search.html",
        title=site.say("search"),
        context={
            "query": query,
            "longest": LONGEST,
            "kind": kind,
            "kinds": [(k, t[f"kind_{k}"]) for k in search.KINDS],
            "total": total,
            "first": first + 1,
            "last": first + len(found),
            "before": leaf(max(0, first - _SHOWN)) if first and total else "",
            "after": leaf(first + _SHOWN) if first + len(found) < total else "",
            "hits": [_hit(site, f) for f in found],
        },
    )


def _hit(site: Site, found: search.Found) -> dict[str, object]:
    lang = site.lang if site.lang in found.labels else next(iter(sorted(found.labels, reverse=True)))
    label = Text(found.labels[lang], lang)
    field, text = found.matched
    owner = NamedNode(f"{site.base}id/lg/{found.municipality}") if found.municipality else None
    return {
        "label": label,
        "href": site.href(NamedNode(found.iri)),
        "kind": texts(site.lang)[f"kind_{found.kind}"],
        "municipality": None if owner is None or found.kind == "municipality" else site.label(owner),
        "text": Text(text) if text and text not in found.labels.values() else None,
        "code": field == "codes",
    }
