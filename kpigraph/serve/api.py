"""/api: the small JSON API behind the pages, and the description of it at /openapi.json (OpenAPI 3.1)."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.responses import RedirectResponse, Response

from kpigraph import __version__, comparison, search
from kpigraph.comparison import Measure
from kpigraph.problems import UsageError
from kpigraph.search.finder import LONGEST, SearchTooLongError
from kpigraph.serve import compared, records, web
from kpigraph.serve.compare import replacements
from kpigraph.serve.comparing import ORDERS, Asked, Compared
from kpigraph.serve.describe import name
from kpigraph.serve.figures import STATUSES, of_municipality
from kpigraph.serve.negotiate import JSON
from kpigraph.serve.reconcile import described as reconciling
from kpigraph.serve.site import Site
from kpigraph.serve.web import Server

Kind = StrEnum("Kind", {k: k for k in search.KINDS})  # type: ignore[misc]  # one list of kinds
Status = StrEnum("Status", {s: s for s in (*STATUSES, "none")})  # type: ignore[misc]

Order = StrEnum("Order", {o: o for o in ORDERS})  # type: ignore[misc]
_USUAL = Order("desc")

Code = Annotated[str, Path(pattern="^[0-9]{6}$", description="全国地方公共団体コード: six digits", examples=["012068"])]
Key = Annotated[
    str, Path(pattern="^[A-Za-z0-9]{1,40}$", description="the end of the indicator's identifier, after kpi-")
]
OfCode = Annotated[str, Query(alias="municipality", pattern="^([0-9]{6})?$", description="the code of a municipality")]
Limit = Annotated[int, Query(ge=1, le=100, description="how many at most")]
Offset = Annotated[int, Query(ge=0, le=10_000, description="how many to leave out")]
OfThing = Annotated[str, Query(max_length=200, pattern="^[A-Za-z0-9/.-]*$", description="an identifier after …/id/")]

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"description": "nothing has this name", "model": records.Problem},
    422: {"description": "a parameter cannot be used", "model": records.Problem},
    503: {"description": "not now: see Retry-After", "model": records.Problem},
}


def create_api(server: Server) -> FastAPI:
    """Return the API over what `server` serves."""
    api = FastAPI(
        title="kpigraph",
        version=__version__,
        summary="自治体の重要業績評価指標（KPI） / Key performance indicators of municipalities",
        description="The same as the pages say, as JSON. Everything is also linked data, at the address in `page`, and "
        "can be asked for with SPARQL at /sparql.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses=_PROBLEMS,
    )

    async def said(request: Request, make: Callable[[Site], BaseModel | list[Any] | None]) -> Response:
        served = server.source.served()
        key = ("api", request.url.path, str(request.url.query))
        if (body := served.cache.get(key)) is None:
            made = await run_in_threadpool(lambda: make(Site(served, server.base, "ja")))
            if made is None:
                raise HTTPException(404, "nothing has this name")
            body = _json(made)
            served.cache.put(key, body)
        return web.answer(request, body, JSON)

    def named(site: Site, end: str, kind: str) -> NamedNode | None:
        s = NamedNode(f"{server.base}id/{end}")
        return s if kind in site.view.types(s) else None

    @api.get("/api", include_in_schema=False)
    async def start() -> Response:
        return RedirectResponse("/openapi.json", 303)

    @api.get("/api/search", response_model=records.Hits, summary="検索 / Search labels, texts and codes")
    async def find(
        request: Request,
        q: Annotated[str, Query(min_length=1, max_length=LONGEST, description="words; all of them must be there")],
        kind: Annotated[list[Kind], Query(description="what to look for; everything if left out")] = [],  # noqa: B006
        code: OfCode = "",
        limit: Limit = 20,
        offset: Offset = 0,
    ) -> Response:
        def make(site: Site) -> records.Hits:
            total, found = site.served.finder.search(
                q, kinds=[k.value for k in kind], municipality=code, limit=limit, offset=offset
            )
            return records.hits(site, q, total, found)

        return await said(request, make)

    @api.get("/api/municipalities", response_model=list[records.Municipality], summary="自治体 / Municipalities")
    async def municipalities(request: Request) -> Response:
        return await said(request, records.municipalities)

    @api.get("/api/municipalities/{code}", response_model=records.Municipality, summary="自治体 / A municipality")
    async def municipality(request: Request, code: Code) -> Response:
        def make(site: Site) -> records.Municipality | None:
            s = named(site, f"lg/{code}", "kpi:Municipality")
            return None if s is None else records.municipality(site, s)

        return await said(request, make)

    @api.get("/api/municipalities/{code}/plan", response_model=records.Plan, summary="施策体系 / The plan as a tree")
    async def plan(request: Request, code: Code) -> Response:
        def make(site: Site) -> records.Plan | None:
            s = named(site, f"lg/{code}", "kpi:Municipality")
            return None if s is None else records.plan(site, s)

        return await said(request, make)

    @api.get("/api/indicators", response_model=records.Indicators, summary="指標 / Indicators, narrowed down")
    async def indicators(
        request: Request,
        code: OfCode = "",
        goal: OfThing = "",
        department: OfThing = "",
        status: Annotated[Status | None, Query(description="how it stands against its target")] = None,
        limit: Limit = 20,
        offset: Offset = 0,
    ) -> Response:
        def make(site: Site) -> records.Indicators:
            found = _indicators(site, server.base, code, goal, department)
            if status is not None:
                found = [s for s in found if site.shelf.verdict(s).status == status.value]
            items = [records.summary(site, s) for s in found[offset : offset + limit]]
            return records.Indicators(total=len(found), items=items)

        return await said(request, make)

    @api.get(
        "/api/indicators/{code}/{key}", response_model=records.Indicator, summary="指標 / An indicator, with all of it"
    )
    async def indicator(request: Request, code: Code, key: Key) -> Response:
        def make(site: Site) -> records.Indicator | None:
            s = named(site, f"lg/{code}/kpi-{key}", "kpi:Indicator")
            return None if s is None else records.indicator(site, s)

        return await said(request, make)

    @api.get(
        "/api/compare",
        response_model=list[compared.SharedIndicator],
        summary="共通指標 / Shared indicators to compare by",
    )
    async def shared(request: Request) -> Response:
        return await said(request, lambda site: list(compared.shared_records(site.served.reader)))

    @api.get(
        "/api/compare/{notation}",
        response_model=compared.ComparisonRecord,
        responses={410: {"description": "another has taken its place: see Link", "model": records.Problem}},
        summary="自治体の比較 / A shared indicator across municipalities",
    )
    async def compare(
        request: Request,
        notation: Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,79}$", examples=["visitors"])],
        by: Annotated[Measure, Query(description="what to compare and put in order")] = Measure.ACTUAL,
        order: Annotated[Order, Query(description="highest or lowest first")] = _USUAL,
        year: Annotated[
            int | None, Query(ge=1000, le=9999, description="of the actual; the newest if left out")
        ] = None,
        prefecture: Annotated[str, Query(pattern="^([0-9]{2})?$", description="its code; all if left out")] = "",
        status: Annotated[Status | None, Query(description="how it stands against its target")] = None,
    ) -> Response:
        how = Asked(by, order.value, year, prefecture, status.value if status else "")

        def make(site: Site) -> BaseModel | None:
            of = comparison.read(site.served.reader, notation, year)
            if of is None and (gone := replacements(site.served, notation)):
                links = ", ".join(f'</api/compare/{s.value.rpartition("/")[2]}>; rel="successor-version"' for s in gone)
                raise HTTPException(410, "another has taken its place", {"Link": links})
            return None if of is None else compared.compared_record(site, Compared(site.served.reader, of, how))

        return await said(request, make)

    _errors(api, server)
    return api


def _json(made: BaseModel | list[Any]) -> bytes:
    plain = [m.model_dump() for m in made] if isinstance(made, list) else made.model_dump()
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _indicators(site: Site, base: str, code: str, goal: str, department: str) -> list[NamedNode]:
    view = site.view
    if code:
        found = set(of_municipality(view, NamedNode(f"{base}id/lg/{code}"), "kpi:Indicator"))
    else:
        found = set(view.subjects("rdf:type", name("kpi:Indicator")))
    if goal:
        branches = site.shelf.branches(site.shelf.places(NamedNode(f"{base}id/{goal}")))
        found &= {iri for b in branches for iri in b.indicators()}
    if department:
        found &= set(view.subjects("kpi:department", NamedNode(f"{base}id/{department}")))
    return sorted(found, key=lambda s: s.value)


def description(api: FastAPI) -> bytes:
    """Return the description of the API and of /reconcile.

    Problems have a media type of their own, which FastAPI does not know of.
    """
    described = {**api.openapi()}
    described["paths"] = {**described["paths"], **reconciling.paths()}
    for path in described["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status >= "400" and "application/json" in (content := response.get("content", {})):
                    content["application/problem+json"] = content.pop("application/json")
    return json.dumps(described, ensure_ascii=False, indent=1).encode() + b"\n"


def _errors(api: FastAPI, server: Server) -> None:
    def problem(status: int, title: str, detail: str = "", **headers: str) -> Response:
        body = records.Problem(status=status, title=title, detail=detail).model_dump_json()
        headers = {k.replace("_", "-"): v for k, v in headers.items()} | {"Cache-Control": "no-store"}
        return Response(body + "\n", status, headers, "application/problem+json")

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, AnyHTTPException)
        return problem(error.status_code, str(error.detail), **(error.headers or {}))

    async def unusable(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return problem(422, "パラメーターが使えません / a parameter cannot be used", said)

    async def nothing(request: Request, error: Exception) -> Response:
        assert isinstance(error, UsageError)
        return problem(503, " / ".join(server.telling.words(error).values()), Retry_After="10")

    async def too_long(request: Request, error: Exception) -> Response:
        return problem(503, "検索に時間がかかりすぎました / the search took too long", Retry_After="2")

    api.add_exception_handler(AnyHTTPException, refused)
    api.add_exception_handler(RequestValidationError, unusable)
    api.add_exception_handler(UsageError, nothing)
    api.add_exception_handler(SearchTooLongError, too_long)
