"""The routes under /reconcile."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote

from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kpigraph import municipalities
from kpigraph.municipalities import Municipalities
from kpigraph.problems import UsageError
from kpigraph.search import FILE
from kpigraph.serve import web
from kpigraph.serve.describe import Text, View
from kpigraph.serve.forms import FORM_TYPE, Fault, body_of, pairs_of
from kpigraph.serve.negotiate import HTML, JSON
from kpigraph.serve.reconcile import asking, suggesting
from kpigraph.serve.reconcile.asking import Extension, Query, kind_of, refuse
from kpigraph.serve.reconcile.entities import Directory, Entity, Reading
from kpigraph.serve.reconcile.guide import guide
from kpigraph.serve.reconcile.manifest import address, manifest
from kpigraph.serve.reconcile.matching import Candidate, Finder
from kpigraph.serve.reconcile.values import FETCHED, KIND_NAMES, Desk, facts, fetch, summary, type_of
from kpigraph.serve.served import Served
from kpigraph.serve.site import Page, Site
from kpigraph.serve.web import Server

_AT_ONCE, _WAIT = 2, 5.0  # batches at work, so that pages are answered beside them; seconds until one may begin
_LAST = 10_000  # cursor
_VARY = {"Vary": "Accept-Language, Cookie"}
# A preview may stand in another site's page, such as OpenRefine's; nothing else of ours may.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors http: https:"
)
_OPEN = {"ja": "ページを開く", "en": "Open its page"}


class Service:
    """Answers what is asked under /reconcile; holds the entities of the release it last answered from."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._held: tuple[Served, Finder] | None = None
        self._lock = threading.Lock()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def handle(self, request: Request) -> Response:
        """Answer a request; what is wrong with it is told as JSON (RFC 9457)."""
        lang = web.language(request)
        try:
            if not await run_in_threadpool(lambda: self._server.source.served().is_site):
                raise Fault(404, {"ja": "照合できる公開物がありません。", "en": "There is nothing published to match."})
            return await self._answer(request, lang)
        except Fault as fault:
            return _problem(fault.status, fault.reason[lang], fault.headers)
        except UsageError as error:
            return _problem(503, self._server.telling.words(error)[lang], {"Retry-After": "10"})

    async def _answer(self, request: Request, lang: str) -> Response:
        place = request.url.path.removeprefix("/reconcile").strip("/")
        what = request.path_params.get("what", "")
        if place == "":
            return await self._reconcile(request, lang)
        if what and what not in ("entity", "property", "type"):
            raise Fault(404, {"ja": "entity、property、type のどれかです。", "en": "entity, property or type."})
        if place == f"suggest/{what}":
            return await self._suggest(request, what, lang)
        if place == f"flyout/{what}":
            return await self._flyout(request, what, lang)
        if place == "properties":
            return _json(request, _proposed(request, lang))
        if place == "help":
            page = guide(lang, address(request, self._server.settings.server_url))
            return web.html(self._server, request, page, None, lang, headers={"Cache-Control": "no-store"})
        return await (self._preview if place == "preview" else self._view)(request, lang)

    async def _reconcile(self, request: Request, lang: str) -> Response:
        pairs = pairs_of(request.scope["query_string"])
        if request.method == "POST":
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
                refuse(f"POST の本文は {FORM_TYPE} です。", f"The body of a POST must be {FORM_TYPE}.", 415)
            pairs += pairs_of(await body_of(request, self._server.settings.body_bytes))
        queries, extends = ([v for k, v in pairs if k == name] for name in ("queries", "extend"))
        if len(queries) + len(extends) > 1:
            refuse("queries か extend を一つだけ送ってください。", "Send one of queries and extend, once.")
        if queries:
            batch = asking.queries(queries[0])
            return _json(request, await self._worked(lambda: self._results(batch, lang)))
        if extends:
            extension = asking.extension(extends[0], FETCHED)
            return _json(request, await self._worked(lambda: self._extended(extension, lang)))
        if request.method == "POST":
            refuse("queries か extend が必要です。", "Needs queries or extend.")
        home = address(request, self._server.settings.server_url)
        told = manifest(home, self._server.base, lang, request.query_params.get("lang"))
        return _json(request, told, {"Cache-Control": "no-store"})

    async def _worked(self, work: Callable[[], object]) -> object:
        """Return what `work` gives, made beside the event loop once there is a slot for it."""
        try:
            await asyncio.wait_for(self._slots.acquire(), _WAIT)
        except TimeoutError:
            words = {"ja": "照合が混み合っています。", "en": "Too many are reconciling at the moment."}
            raise Fault(503, words, {"Retry-After": "5"}) from None
        try:
            return await run_in_threadpool(work)
        finally:
            self._slots.release()

    def _finder(self, served: Served) -> Finder:
        with self._lock:
            if self._held is None or self._held[0] is not served:
                reading = Reading(View(served), self._server.base, _municipalities(served))
                self._held = (served, Finder(reading.directory()))
            return self._held[1]

    def _directory(self) -> Directory:
        return self._finder(self._server.source.served()).directory

    def _desk(self, lang: str) -> Desk:
        served = self._server.source.served()
        return Desk(Site(served, self._server.base, lang), self._finder(served).directory)

    def _results(self, batch: Mapping[str, Query], lang: str) -> dict[str, object]:
        finder = self._finder(self._server.source.served())
        until = time.monotonic() + self._server.settings.query_seconds
        found: dict[str, object] = {}
        for key, query in batch.items():
            if time.monotonic() > until:
                words = {"ja": "照合に時間がかかりすぎました。", "en": "Reconciling took too long."}
                raise Fault(503, words, {"Retry-After": "5"})
            found[key] = {"result": [_told(c, lang) for c in finder.candidates(query)]}
        return found

    def _extended(self, extension: Extension, lang: str) -> dict[str, object]:
        desk = self._desk(lang)
        rows: dict[str, dict[str, object]] = {}
        for given in extension.ids:
            entity = desk.directory.find(given)
            rows[given] = {}
            for asked in extension.properties:
                values = [] if entity is None else fetch(asked.id, entity, desk)
                kept = values[: asked.limit or None]
                rows[given][asked.id] = [v.told(lang, as_id=asked.as_id) for v in kept]
        meta = []
        for asked in extension.properties:
            column: dict[str, object] = {"id": asked.id, "name": FETCHED[asked.id].names[lang]}
            if (kind := type_of(asked.id)) is not None and not asked.as_id:
                column["type"] = {"id": kind.value, "name": KIND_NAMES[kind][lang]}
            meta.append(column)
        return {"meta": meta, "rows": rows}

    async def _suggest(self, request: Request, what: str, lang: str) -> Response:
        prefix = request.query_params.get("prefix", "")[: asking.TEXT]
        cursor = request.query_params.get("cursor", "") or "0"
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= len(str(_LAST)) and int(cursor) <= _LAST):
            refuse(f"cursor は 0〜{_LAST} の整数です。", f"cursor must be a whole number, 0 to {_LAST}.")
        kind = kind_of(request.query_params.get("type", "") or request.query_params.get("schema", ""))
        skip = int(cursor)

        def work() -> list[suggesting.Suggestion]:
            if what == "entity":
                return suggesting.entities(self._directory(), prefix, kind, skip, lang)
            if what == "property":
                return suggesting.properties(prefix, kind, skip, lang)
            return suggesting.types(prefix, skip, lang)

        return _json(request, {"result": [s.told(lang) for s in await run_in_threadpool(work)]})

    async def _flyout(self, request: Request, what: str, lang: str) -> Response:
        given = _identifier(request)
        found = await run_in_threadpool(lambda: suggesting.find(what, given, self._directory(), lang))
        if found is None:
            raise _nothing()
        page = Page(template="flyout.html", title=Text(found.name, lang), context={"about": found.description})
        html = self._server.renderer.render(page, lang, "/reconcile", "", None).decode()
        return _json(request, {"id": given, "html": html})

    async def _preview(self, request: Request, lang: str) -> Response:
        given = _identifier(request)

        def work() -> bytes:
            desk = self._desk(lang)
            if (entity := desk.directory.find(given)) is None:
                raise _nothing()
            page = Page(
                template="preview.html",
                title=Text(entity.label(lang), lang if lang in entity.labels else "ja"),
                context={
                    "kind": KIND_NAMES[entity.kind][lang],
                    "about": summary(entity, lang),
                    "facts": list(facts(entity, desk)),
                    "href": _page(entity, desk.site),
                    "open": _OPEN[lang],
                },
                iri=NamedNode(entity.iri),
            )
            return self._server.renderer.render(page, lang, "/reconcile/preview", "", desk.site)

        body = await run_in_threadpool(work)
        return web.answer(request, body, HTML, {"Content-Language": lang, "Content-Security-Policy": PREVIEW_POLICY})

    async def _view(self, request: Request, lang: str) -> Response:
        """Lead to the page of an entity, to its preview where it has none."""
        given = _identifier(request)
        entity = await run_in_threadpool(lambda: self._directory().find(given))
        if entity is None:
            raise _nothing()
        site = web.site_of(self._server, self._server.source.served(), lang)
        return RedirectResponse(_page(entity, site) or f"/reconcile/preview?id={quote(entity.iri, safe='')}", 303)


def _municipalities(served: Served) -> Municipalities:
    """Return the list that the release was published with; without one, that of the program."""
    return municipalities.packaged() if served.folder is None else municipalities.load((served.folder / FILE).parent)


def _page(entity: Entity, site: Site) -> str:
    return site.href(NamedNode(entity.iri)) if entity.published else ""


def _told(candidate: Candidate, lang: str) -> dict[str, object]:
    """Return a candidate as the API has it (Reconciliation Query Responses)."""
    entity = candidate.entity
    features: list[dict[str, object]] = [
        {"id": "name_likeness", "value": round(candidate.likeness, 1)},
        {"id": "same_name", "value": candidate.exact},
        {"id": "same_code", "value": candidate.by_code},
        {"id": "namesakes", "value": candidate.namesakes},
        *({"id": f"agrees_{pid}", "value": a} for pid, a in candidate.agreements.items() if a is not None),
    ]
    return {
        "id": entity.iri,
        "name": entity.label(lang),
        "description": summary(entity, lang),
        "type": [{"id": entity.kind.value, "name": KIND_NAMES[entity.kind][lang]}],
        "score": candidate.score,
        "match": candidate.match,
        "features": features,
    }


def _proposed(request: Request, lang: str) -> dict[str, object]:
    """Return the properties that can be fetched of a type; of any where OpenRefine knows none (Property Proposals)."""
    given, most = request.query_params.get("type", ""), request.query_params.get("limit", "")
    kind = kind_of(given)
    if given and kind is None:
        refuse("知らない型です。", "There is no such type.")
    if most and not (most.isascii() and most.isdigit() and len(most) < len(str(_LAST))):
        refuse("limit は 0 以上の整数です。", "limit must be a whole number.")
    listed = [{"id": p.id, "name": p.names[lang]} for p in FETCHED.values() if kind is None or kind in p.kinds]
    told: dict[str, object] = {"type": given, "properties": listed[: int(most or 0) or None]}
    return {**told, "limit": int(most)} if most else told


def _identifier(request: Request) -> str:
    given = request.query_params.get("id", "")
    if not given or len(given) > asking.NAME:
        refuse("id が必要です。", "Needs an id.")
    return given


def _nothing() -> Fault:
    return Fault(404, {"ja": "この識別子のものはありません。", "en": "Nothing has this identifier."})


def _json(request: Request, told: object, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    kept = {"Cache-Control": "no-store"} if request.method == "POST" else {}
    return web.answer(request, body, JSON, {**_VARY, **kept, **(headers or {})})


def _problem(status: int, title: str, headers: Mapping[str, str]) -> Response:
    body = json.dumps({"status": status, "title": title, "detail": ""}, ensure_ascii=False) + "\n"
    return Response(body, status, {**_VARY, "Cache-Control": "no-store", **headers}, "application/problem+json")
