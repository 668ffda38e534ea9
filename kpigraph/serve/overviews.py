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
    """A table of lines: the kind of what they are about. `left_out`: how many more there are."""

    dimension: str
    title: str
    lines: tuple[Line, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """What a page shows of the indicators under something. `every` is where they are all listed."""

    tables: tuple[Table, ...]
    behind: list[dict[str, Any]]
    every: Count
    tally: Mapping[str, int]


def overview(site: Site, within: Mapping[str, NamedNode], dimensions: Iterable[str]) -> Overview:
    """Return the overview of what fits `within` (a thing by dimension), a table for each of `dimensions`."""
    index = site.served.standings
    wanted = Wanted(tuple((dimension, thing.value) for dimension, thing in within.items()))
    tally = dict.fromkeys(STATUSES, 0) | dict(index.counts("status", wanted.filters))
    tables = (_table(site, wanted, dimension) for dimension in dimensions)
    return Overview(
        tuple(t for t in tables if t.lines),
        rows_of(site, index.rows(wanted.filters, "behind", _BEHIND, placed=True)),
        Count(sum(tally.values()), wanted.href(site.base)),
        tally,
    )


def _table(site: Site, wanted: Wanted, dimension: str) -> Table:
    crossed = site.served.standings.crossed(dimension, wanted.filters)
    lines = [_line(site, wanted.but(dimension, iri), NamedNode(iri), tally) for iri, tally in crossed.items() if iri]
    return Table(dimension, f"overview_{_PLURAL[dimension]}", tuple(lines[:_MOST]), max(0, len(lines) - _MOST))


_PLURAL = {
    "goal": "goals",
    "direction": "directions",
    "measure": "measures",
    "department": "departments",
    "municipality": "municipalities",
}


def _line(site: Site, wanted: Wanted, s: NamedNode, tally: Mapping[str, int]) -> Line:
    counts = {status: Count(tally.get(status, 0), wanted.but("status", status).href(site.base)) for status in STATUSES}
    total = Count(sum(tally.values()), wanted.href(site.base))
    return Line(site.label(s), site.href(s), {s: tally.get(s, 0) for s in STATUSES}, counts, total)
