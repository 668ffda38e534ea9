"""Overviews of what stands under something: how many indicators have each status, and which are furthest behind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import NamedNode

from kpigraph.serve.describe import Text
from kpigraph.serve.figures import STATUSES
from kpigraph.serve.listed import Wanted
from kpigraph.serve.listing_page import rows_of
from kpigraph.serve.site import Site

_BEHIND = 5  # indicators furthest behind on a page that is about more than them
_MOST = 60  # rows of one table


@dataclass(frozen=True, slots=True)
class Count:
    """How many indicators have a status, and where they are listed."""

    number: int
    href: str


@dataclass(frozen=True, slots=True)
class Line:
    """What indicators stand under, and how many of them have each status."""

    label: Text
    href: str
    tally: Mapping[str, int]
    counts: Mapping[str, Count]
    total: Count


@dataclass(frozen=True, slots=True)
class Table:
    """A table of lines: the kind of what they are about. `rest`: what there is no line for, by what it stands under."""

    dimension: str
    title: str
    lines: tuple[Line, ...]
    rest: Mapping[str, list[tuple[Text, str]]]

    @property
    def left_out(self) -> int:
        return sum(map(len, self.rest.values()))


@dataclass(frozen=True, slots=True)
class Overview:
    """What a page shows of the indicators under something: `every` is where they are all listed, `tally` how many there
    are of each of `statuses`.
    """

    tables: tuple[Table, ...]
    behind: list[dict[str, Any]]
    every: Count
    tally: Mapping[str, int]
    statuses: tuple[str, ...]


def overview(site: Site, within: Mapping[str, NamedNode], dimensions: Iterable[str]) -> Overview:
    """Return the overview of what fits `within` (a thing by dimension), a table for each of `dimensions`."""
    index = site.served.standings
    wanted = Wanted(tuple((dimension, thing.value) for dimension, thing in within.items()))
    tally = dict.fromkeys(STATUSES, 0) | dict(index.counts("status", wanted.filters))
    statuses = (*STATUSES, *(("none",) if tally.get("none") else ()))
    tables = (_table(site, wanted, dimension, statuses) for dimension in dimensions)
    return Overview(
        tuple(t for t in tables if t.lines),
        rows_of(site, index.rows(wanted.filters, "behind", _BEHIND, placed=True)),
        Count(sum(tally.values()), wanted.href(site.base)),
        tally,
        statuses,
    )


def _table(site: Site, wanted: Wanted, dimension: str, statuses: tuple[str, ...]) -> Table:
    crossed = site.served.standings.crossed(dimension, wanted.filters)
    named = [(NamedNode(iri), tally) for iri, tally in crossed.items() if iri]
    site.view.together((s for s, _ in named), "skos:prefLabel", "kpi:prefectureName")
    lines = [_line(site, wanted.but(dimension, s.value), s, tally, statuses) for s, tally in named[:_MOST]]
    rest: dict[str, list[tuple[Text, str]]] = {}
    for s, _ in named[_MOST:]:  # of a country they stand under their prefectures
        under = site.view.in_language(s, "kpi:prefectureName", site.lang) if dimension == "municipality" else None
        rest.setdefault(str(under or ""), []).append((site.label(s), site.href(s)))
    return Table(dimension, f"overview_{_PLURAL[dimension]}", tuple(lines), rest)


_PLURAL = {
    "goal": "goals",
    "direction": "directions",
    "measure": "measures",
    "department": "departments",
    "municipality": "municipalities",
}


def _line(site: Site, wanted: Wanted, s: NamedNode, tally: Mapping[str, int], statuses: tuple[str, ...]) -> Line:
    numbers = {status: tally.get(status, 0) for status in statuses}
    counts = {status: Count(n, wanted.but("status", status).href(site.base)) for status, n in numbers.items()}
    return Line(site.label(s), site.href(s), numbers, counts, Count(sum(numbers.values()), wanted.href(site.base)))
