"""/indicators: indicators in a list, narrowed down and put in order by plain links."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pyoxigraph import NamedNode
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kpigraph.serve import listed, negotiate, web
from kpigraph.serve.comparing import AskedWronglyError
from kpigraph.serve.describe import Text
from kpigraph.serve.figures import percent, points
from kpigraph.serve.listed import SHOWN, Wanted
from kpigraph.serve.negotiate import HTML, JSON, Form
from kpigraph.serve.site import Page, Site
from kpigraph.serve.texts import texts
from kpigraph.serve.web import Server
from kpigraph.standings import SORTS, STATUSES, Index, Row

CSV = Form("csv", "text/csv")
_FORMS = (HTML, CSV, JSON)
_OFFERED = 12  # values of one filter that are shown at once
_MOST = 200  # values of one filter that are shown at all
# What is offered to narrow a list by; the second group only within one municipality, whose own words they are.
_ANYWHERE = ("municipality", "status", "reason")
_AT_HOME = ("strategy", "goal", "direction", "measure", "department", "unit")


async def answer(server: Server, request: Request) -> Response:
    """/indicators, /indicators.csv, /indicators.json: a suffix wins over Accept."""
    suffix = request.path_params.get("suffix", "")
    form = negotiate.by_suffix(suffix, _FORMS) if suffix else negotiate.choose(request.headers.get("accept"), _FORMS)
    if form is None:
        return web.error(server, request, 404) if suffix else web.not_acceptable(server, request, _FORMS, "/indicators")
    try:
        wanted = listed.asked(request.query_params.multi_items(), server.base)
    except AskedWronglyError as error:
        return web.error(server, request, 400, str(error))
    served, lang = server.source.served(), web.language(request)
    others = (f for f in _FORMS[1:] if f is not form)
    alternates = ", ".join(
        f'<{wanted.href(server.base, f.suffix)}>; rel="alternate"; type="{f.media_type}"' for f in others
    )
    place = wanted.href(server.base)
    headers = {"Link": f"{web.canonical(request, place)}, {alternates}", "Content-Language": lang}
    headers |= {} if suffix else {"Vary": "Accept"}
    key = ("listed", form.suffix, lang, place)

    def work() -> Response:
        if (body := served.cache.get(key)) is None:
            index = served.standings
            if (dimension := listed.unknown(index, wanted)) != "":
                return web.error(server, request, 404, f"{dimension}={wanted.filters[dimension][:200]}")
            if form is HTML:
                site = Site(served, server.base, lang)
                page = listing(site, index, wanted)
                if page is None:
                    return web.error(server, request, 404, f"page={wanted.page}")
                body = server.renderer.render(page, lang, "/indicators", web.other_language(place, lang), site)
            else:
                found = listed.records(index, wanted, lang)
                body = listed.as_csv(found) if form is CSV else listed.as_json(found)
            served.cache.put(key, body)
        return web.answer(request, body, form, headers)

    return await run_in_threadpool(work)


def listing(site: Site, index: Index, wanted: Wanted) -> Page | None:
    """Return the page of a list; None where it has no such page."""
    t = texts(site.lang)
    total, placed = index.total(wanted.filters)
    last = max(1, -(-total // SHOWN))
    if wanted.page > last:
        return None
    first = (wanted.page - 1) * SHOWN
    found = index.rows(wanted.filters, wanted.sort, SHOWN, first)
    ranked = wanted.sort in ("behind", "progress")
    apart = [r for r in found if ranked and (r.lag if wanted.sort == "behind" else r.progress or None) is None]
    several = "municipality" not in wanted.filters and len(index.counts("municipality", wanted.filters, 2)) > 1
    return Page(
        template="indicators.html",
        title=site.say("list"),
        context={
            "total": total,
            "placed": placed,
            "first": first + 1,
            "last": first + len(found),
            "several": several,
            "groups": [(rows, is_apart) for rows, is_apart in ((rows_of(site, found[: len(found) - len(apart)]), False),
                       (rows_of(site, apart), True)) if rows],
            "by_lag": wanted.sort == "behind",
            "chosen": [(t[f"by_{d}"], _named(site, d, v), wanted.but(d).href(site.base)) for d, v in wanted.by],
            "facets": list(_facets(site, index, wanted)),
            "sorts": [(t[f"sort_{s}"], wanted.sorted_by(s).href(site.base), s == wanted.sort) for s in SORTS],
            "before": wanted.at(wanted.page - 1).href(site.base) if wanted.page > 1 else "",
            "after": wanted.at(wanted.page + 1).href(site.base) if wanted.page < last else "",
            "downloads": [(f.suffix.upper(), wanted.href(site.base, f.suffix)) for f in (CSV, JSON)],
            "all": Wanted().href(site.base) if wanted.by else "",
        },
    )  # fmt: skip


def _facets(site: Site, index: Index, wanted: Wanted) -> Iterable[dict[str, Any]]:
    t = texts(site.lang)
    one_place = "municipality" in wanted.filters or len(index.counts("municipality", {}, 2)) < 2
    for dimension in (*_ANYWHERE, *(_AT_HOME if one_place else ("unit",))):
        chosen = wanted.filters.get(dimension, "")
        if dimension in ("direction", "measure") and not chosen and "goal" not in wanted.filters:
            continue
        counts = index.counts(dimension, wanted.filters)
        if len(counts) < 2 and not chosen:
            continue
        if dimension == "status":
            counts = sorted(counts, key=lambda c: STATUSES.index(c[0]))
        options = [
            {"label": _named(site, dimension, value), "count": count, "chosen": value == chosen,
             "href": wanted.but(dimension, "" if value == chosen else value).href(site.base)}
            for value, count in counts[:_MOST]
        ]  # fmt: skip
        yield {
            "name": dimension,
            "title": t[f"by_{dimension}"],
            "options": options[:_OFFERED],
            "more": options[_OFFERED:],
            "left_out": max(0, len(counts) - _MOST),
            "open": dimension == "status" or bool(chosen),
        }


def _named(site: Site, dimension: str, value: str) -> Text:
    t = texts(site.lang)
    if dimension == "status":
        return Text(t[f"status_{value}"], site.lang)
    if dimension == "reason":
        return Text(t.get(f"why_{value}", value), site.lang)
    return site.label(NamedNode(value))


def rows_of(site: Site, found: Iterable[Row]) -> list[dict[str, Any]]:
    """Return what a template shows of each row: its card, how far it is behind, why it has no place."""
    t = texts(site.lang)
    shown = []
    rows = list(found)
    site.view.ahead((NamedNode(row.iri) for row in rows), referring=True)
    site.shelf.ahead(NamedNode(row.iri) for row in rows)
    for row in rows:
        lag = "" if row.lag is None else points(row.lag)
        key = "lag_even" if lag == "0.0" else "lag_behind" if (row.lag or 0) > 0 else "lag_ahead"
        shown.append(
            {
                "card": site.shelf.card(NamedNode(row.iri)),
                "municipality": NamedNode(row.municipality) if row.municipality else None,
                "progress": _share(row.progress, site.lang),
                "elapsed": _share(row.elapsed, site.lang),
                "bar": _bar(row),
                "lag": t[key].format(points=lag) if lag else "",
                "why": t.get(f"why_{row.why}", row.why) if row.why else "",
                "due": row.due,
            }
        )
    return shown


def _share(number: str, lang: str) -> str:
    return percent(Decimal(number), lang) if number else ""


def _bar(row: Row) -> dict[str, float] | None:
    """Return where in a bar of 100 the way covered ends and the time gone stands; None where there is no way."""
    if not row.progress:
        return None
    covered = max(0.0, min(1.0, float(row.progress)))
    return {
        "covered": round(100 * covered, 1),
        "elapsed": round(100 * min(1.0, float(row.elapsed)), 1) if row.elapsed else -1,
    }
