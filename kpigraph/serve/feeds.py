"""What machines read to find their way: the feed of releases, the sitemaps, robots.txt, the description of the search.

Atom: RFC 4287. Sitemaps: https://www.sitemaps.org/protocol.html; with other languages,
https://developers.google.com/search/docs/specialty/international/localized-versions. OpenSearch 1.1, draft 6.
All have whole addresses in them: of the server as configured, else of the base of the data's names, which lead here;
where neither was chosen, of whoever asks (`web.answer`).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kpigraph import releases
from kpigraph.history import log
from kpigraph.serve import changes, web
from kpigraph.serve.describe import View, name
from kpigraph.serve.negotiate import Form
from kpigraph.serve.site import Page, Site, address
from kpigraph.serve.texts import texts
from kpigraph.serve.web import Server

ATOM = Form("atom", "application/atom+xml")
XML = Form("xml", "application/xml")
OPENSEARCH = Form("xml", "application/opensearchdescription+xml")
TEXT = Form("txt", "text/plain")

SHOWN = 50  # releases in the feed
IN_SITEMAP = 5_000  # addresses; the protocol allows 50,000 and 50 MB, and five thousand with their languages are 3 MB
_COUNTED = ("documents", "goals", "directions", "measures", "departments", "indicators", "statements", "corrections")
_FILES = 8  # input files named in an entry
_PLACES = ("/", "/about", "/download", "/changes", "/catalog", "/validation", "/ns", "/code", "/shapes", "/sparql")
_ROBOTS = """User-agent: *
Disallow: /sparql?
Disallow: /search?
Disallow: /reconcile
Disallow: /language/
Disallow: /api/search
Sitemap: {origin}/sitemap.xml
"""


async def feed(server: Server, request: Request) -> Response:
    """/releases.atom: each release with its day, digest, counts, and what changed since the one before."""
    served = server.source.served()
    if served.folder is None:
        return web.error(server, request, 404)
    if (lang := web.asked_language(request)) is None:
        return web.bad_language(server, request)
    out = served.folder.parent.parent
    versions = await run_in_threadpool(releases.versions, out)

    def work() -> bytes:
        site = Site(served, server.base, lang)
        last = [releases.load(releases.releases_dir(out) / v) for v in versions[-SHOWN - 1 :]]
        logged = {e.version: e for e in log.read(served.folder)}
        entries = [
            _entry(site, now, before, logged.get(now.version)) for before, now in zip([None, *last], last, strict=False)
        ]
        entries = list(reversed(entries[-SHOWN:]))
        context = {"entries": entries, "updated": max(e["updated"] for e in entries), "base": server.base}
        return _rendered(server, site, "releases.atom", context)

    body = await web.kept(served.cache, ("feed", lang, *versions[-SHOWN - 1 :]), work)
    return web.answer(request, body, ATOM, {"Content-Language": lang, "Vary": "Accept-Language, Cookie"})


async def feed_moved(server: Server, request: Request) -> Response:
    """/feed: another name that people try."""
    query = request.url.query
    return RedirectResponse("/releases.atom" + (f"?{query}" if query else ""), 308)


def _entry(
    site: Site, now: releases.Release, before: releases.Release | None, logged: log.Entry | None
) -> dict[str, Any]:
    t, manifest = texts(site.lang), now.manifest
    counts = {key: f"{manifest['counts'].get(key, 0):,}" for key in _COUNTED}
    return {
        "version": now.version,
        "title": t["feed_title"].format(version=now.version),
        "updated": str(manifest["built_at"]),
        "digest": str(manifest["digest"]),
        "words": [
            t["feed_counts"].format(**counts),
            *(changes.sentences(logged, site.lang) if logged else ()),
            *_changes(site.lang, manifest, None if before is None else before.manifest),
        ],
    }


def _changes(lang: str, now: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[str]:
    """Return in words how the counts, the input files and the program differ from those of the release before."""
    t = texts(lang)
    if before is None:
        return [t["feed_first"]]
    said = []
    counts = [(key, before["counts"].get(key, 0), now["counts"].get(key, 0)) for key in _COUNTED]
    if changed := [f"{t[key]} {old:,} → {new:,}" for key, old, new in counts if old != new]:
        said.append(t["feed_changed"].format(changes=t["comma"].join(changed)))
    inputs = [dict(m.get("inputs", {})) for m in (before, now)]
    files = sorted(f for f in inputs[0].keys() | inputs[1].keys() if inputs[0].get(f) != inputs[1].get(f))
    if files:
        named = t["comma"].join(files[:_FILES])
        more = len(files) - _FILES
        named = t["feed_inputs_more"].format(files=named, number=more) if more > 0 else named
        said.append(t["feed_inputs"].format(files=named))
    programs = [m.get("versions", {}).get("kpigraph", "") for m in (before, now)]
    if programs[0] != programs[1]:
        said.append(t["feed_program"].format(old=programs[0], new=programs[1]))
    return said or [t["feed_same"]]


async def sitemap(server: Server, request: Request) -> Response:
    """/sitemap.xml: the list of sitemaps; with ?of=, that of the site's own pages or of a municipality's."""
    served = server.source.served()
    asked = request.query_params.multi_items()
    of, part = request.query_params.get("of", ""), request.query_params.get("part", "1")
    if len(asked) != len(dict(asked)) or not (part.isascii() and part.isdigit() and len(part) < 7 and int(part)):
        return web.error(server, request, 400)
    if not await run_in_threadpool(lambda: served.is_site):
        return web.error(server, request, 404)

    def work() -> bytes:
        site = Site(served, server.base, "ja")
        day = str(served.manifest.get("built_at", ""))[:10]
        if not of:
            return _rendered(server, site, "sitemaps.xml", {"parts": _parts(site), "day": day})
        first = (int(part) - 1) * IN_SITEMAP
        paths = (_own_pages(site) if of == "site" else _pages_of(site, of))[first : first + IN_SITEMAP]
        return _rendered(server, site, "sitemap.xml", {"paths": paths, "day": day}) if paths else b""

    body = await web.kept(served.cache, ("sitemap", of, part), work)
    return web.answer(request, body, XML) if body else web.error(server, request, 404)


def _parts(site: Site) -> list[str]:
    """Return what the addresses of the sitemaps end in."""
    counts = {"site": len(_own_pages(site)), **site.served.finder.counts()}
    parts = []
    for of, count in counts.items():
        for number in range(1, (count + IN_SITEMAP - 1) // IN_SITEMAP + 1):
            parts.append("?" + urlencode({"of": of} | ({"part": number} if number > 1 else {})))
    return parts


def _own_pages(site: Site) -> list[str]:
    shared = site.view.subjects("rdf:type", name("kpi:SharedIndicator"))
    return [*_PLACES, *sorted(site.href(s) for s in shared)]


def _pages_of(site: Site, code: str) -> list[str]:
    """Return the pages of a municipality: its own and those of what belongs to it, what is no more left out."""
    s = NamedNode(f"{site.base}id/lg/{code}") if code.isascii() and code.isalnum() else None
    if s is None or "kpi:Municipality" not in site.view.types(s):
        return []
    things = (t for t in _things_of(site.view, s) if not site.view.things(t, "dct:isReplacedBy"))
    return [path for t in things if (path := address(t.value, site.base)).startswith("/doc/")]


def _things_of(view: View, municipality: NamedNode) -> list[NamedNode]:
    found = {municipality}
    for p in ("kpi:municipality", "org:unitOf", "dct:publisher"):
        found |= set(view.subjects(p, municipality))
    return sorted(found, key=lambda s: s.value)


async def robots(server: Server, request: Request) -> Response:
    """/robots.txt: everything may be read but what is made anew for each question."""
    return web.answer(request, _ROBOTS.format(origin=server.renderer.origin(server.base)).encode(), TEXT)


async def opensearch(server: Server, request: Request) -> Response:
    """/opensearch.xml: how a browser can search here."""
    if (lang := web.asked_language(request)) is None:
        return web.bad_language(server, request)
    served = server.source.served()
    body = await web.kept(
        served.cache,
        ("opensearch", lang),
        lambda: _rendered(server, Site(served, server.base, lang), "opensearch.xml", {}),
    )
    return web.answer(request, body, OPENSEARCH, {"Content-Language": lang, "Vary": "Accept-Language, Cookie"})


def _rendered(server: Server, site: Site, template: str, context: dict[str, Any]) -> bytes:
    page = Page(template=template, title=site.say("site"), context=context)
    return server.renderer.render(page, site.lang, "", "", site)
