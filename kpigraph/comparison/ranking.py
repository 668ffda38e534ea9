"""Which values can be held against each other: groups, each in order, and why the others stand apart.

A group has one base unit, one shape of period (`records.Shape`) and the same facets of definition; only indicators that
a person found to be exactly the shared one are in any. The first group is the one to read; another says how it differs
from that. Within a group only values within two years of each other are ranked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpigraph.comparison.measures import Measure, Measured, measured
from kpigraph.comparison.records import FACETS, Comparison, Entry, Facet, Shape
from kpigraph.model import Apart, PeriodKind

_WINDOW = 731  # days: two years
_TOTALS = ("cumulative", "to-date")
_FITTING = {
    PeriodKind.YEAR: ("year",),
    PeriodKind.AS_OF: ("as-of",),
    PeriodKind.SURVEY: ("year", "as-of"),
    PeriodKind.CUMULATIVE: ("to-date", "cumulative", "as-of"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An entry among others: its number, and its place from 1, the same for equals. No place: `apart` says why.

    A group of one has no places.
    """

    entry: Entry
    number: Decimal | None = None
    place: int | None = None
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Comparable entries in order. `apart` is how they differ from the first group, and from the shared indicator."""

    unit: str
    shape: Shape
    facets: frozenset[Facet]
    standings: tuple[Standing, ...]
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """`groups`, the one to read first; `others`, in order of municipality, are comparable with nobody."""

    measure: Measure
    groups: tuple[Group, ...]
    others: tuple[Standing, ...]

    def standings(self) -> Iterator[tuple[int, Standing]]:
        """Yield every entry with the number of its group from 1, 0 for none."""
        for number, group in enumerate(self.groups, 1):
            for standing in group.standings:
                yield number, standing
        for standing in self.others:
            yield 0, standing


_Key = tuple[str, Shape, frozenset[Facet]]


def rank(
    comparison: Comparison, measure: Measure, entries: Iterable[Entry] | None = None, *, descending: bool = True
) -> Ranking:
    """Return the entries (all, or those given) by `measure`."""
    concept = comparison.concept
    found: dict[_Key, list[tuple[Entry, Measured]]] = defaultdict(list)
    others = []
    for entry in comparison.entries if entries is None else entries:
        its = measured(entry, measure, concept)
        if its.number is None or its.shape is None:
            others.append(Standing(entry=entry, apart=its.apart))
        else:
            found[its.unit, its.shape, entry.facets].append((entry, its))
    fitting = _FITTING[concept.period_kind] if concept.period_kind else ()

    def first(key: _Key) -> tuple[object, ...]:
        newest = max(its.last or date.min for _, its in found[key])
        return (bool(key[2]), key[1].kind not in fitting, -len(found[key]), -newest.toordinal(), str(key))

    keys = sorted(found, key=first)
    groups = []
    for key in keys:
        of_name = sorted({FACETS[facet] for facet, _ in key[2]})
        apart = (*_differences(keys[0], key), *of_name)
        standings = tuple(_in_order(found[key], apart, descending))
        groups.append(Group(unit=key[0], shape=key[1], facets=key[2], standings=standings, apart=apart))
    return Ranking(measure, tuple(groups), tuple(others))


def _in_order(found: list[tuple[Entry, Measured]], apart: tuple[Apart, ...], descending: bool) -> Iterator[Standing]:
    """Yield those of one time in order, each with its place, then those of other years."""
    begin, end = _window([its.last for _, its in found if its.last is not None])
    ranked = [(e, its.number) for e, its in found if its.number is not None and its.last and begin <= its.last <= end]
    ranked.sort(key=lambda one: (-one[1] if descending else one[1], one[0].code, one[0].indicator))
    place = 0
    for n, (entry, number) in enumerate(ranked, 1):
        place = place if n > 1 and number == ranked[n - 2][1] else n
        yield Standing(entry=entry, number=number, place=place if len(ranked) > 1 else None, apart=apart)
    chosen = {entry.indicator for entry, _ in ranked}
    for entry, its in sorted(found, key=lambda one: (one[0].code, one[0].indicator)):
        if entry.indicator not in chosen:
            yield Standing(entry=entry, number=its.number, apart=(*apart, Apart.OTHER_YEARS))


def _window(days: list[date]) -> tuple[date, date]:
    """Return the first and last day of the two years that hold most of `days`, of several such the latest."""
    days = sorted(days)
    best, begin = (0, date.min, date.max), 0
    for n, day in enumerate(days):
        while (day - days[begin]).days > _WINDOW:
            begin += 1
        if n - begin + 1 >= best[0]:
            best = (n - begin + 1, days[begin], day)
    return best[1], best[2]


def _differences(one: _Key, other: _Key) -> Iterator[Apart]:
    """Yield how two groups differ in unit and period."""
    if one[0] != other[0]:
        yield Apart.UNIT
    a, b = one[1], other[1]
    if a.kind != b.kind:
        kinds = {a.kind, b.kind}
        if kinds & {*_TOTALS}:
            yield Apart.CUMULATIVE
        elif "average" in kinds:
            yield Apart.AVERAGE
        else:
            yield Apart.SPAN if "months" in kinds and "as-of" not in kinds else Apart.PERIOD_KIND
    elif a.months != b.months:
        yield Apart.SPAN
    elif a.calendar != b.calendar:
        yield Apart.CALENDAR
