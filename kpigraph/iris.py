"""The only module that mints or recognises IRIs. They are made of codes and opaque keys, never of labels.

Vocabulary and code lists have one home for all publishers (`kpigraph.prefixes`); data IRIs begin with the publisher's
base, see `Settings.base_iri`. The patterns are those of the model, section 2.1 (docs/model.md).
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from kpigraph import model
from kpigraph.model import Calendar, Period
from kpigraph.prefixes import CODE

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_CODE_PREFIX: dict[type[StrEnum], str] = {
    model.Role: "role",
    model.Aggregation: "agg",
    model.Calendar: "calendar",
    model.Precision: "precision",
    model.Basis: "basis",
    model.ValueForm: "form",
    model.Comparator: "cmp",
    model.Intent: "intent",
    model.Direction: "dir",
    model.UnitKind: "unitkind",
    model.PeriodKind: "periodkind",
    model.Status: "status",
    model.Reason: "reason",
    model.Apart: "apart",
    model.MissingReason: "missing",
    model.CorrectionStatus: "corr",
    model.CorrectionCause: "cause",
}


def code(member: StrEnum) -> str:
    """Return the IRI of the code-list concept that an enumeration member stands for, such as c:role-baseline."""
    return f"{CODE}{_CODE_PREFIX[type(member)]}-{member.value}"


def unit(notation: str) -> str:
    """Return the IRI of a unit of data/codelists/units.csv."""
    return CODE + "unit/" + _segment(notation)


def shared_indicator(notation: str) -> str:
    """Return the IRI of a shared indicator or theme of data/codelists/indicators.ttl."""
    return CODE + "indicator/" + _segment(notation)


def area(municipality: str) -> str:
    """Return e-Stat's plain standard area code for a six-digit municipality code (C and its first five digits)."""
    return "http://data.e-stat.go.jp/lod/sac/C" + municipality[:5]


def period_id(period: Period) -> str:
    """Return the last segment of a period's IRI: cy2015, fy2015--fy2019, fy10-2015, asof-2016-03-31, dur-P2Y …

    Raises:
        ValueError: if the period has neither an end nor a duration.
    """
    first, last = period.first_day, period.last_day
    if last is None:
        if not period.duration:
            raise ValueError("a period has an end or a duration")
        return "dur-" + period.duration
    if first is None:
        return f"until-{last.isoformat()}"
    if first == last:
        return f"asof-{last.isoformat()}"
    if period.calendar is Calendar.YEAR:
        return _years("cy", first.year, last.year)
    if period.calendar is Calendar.JFY:
        return _years("fy", first.year, last.year - 1)
    if period.calendar is Calendar.FISCAL:
        return _years(f"fy{first:%m}-", first.year, (last + timedelta(days=1)).year - 1)
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and _is_month_end(last):
        return f"month-{last:%Y-%m}"
    return f"{first.isoformat()}--{last.isoformat()}"


def local_name(iri: str) -> str:
    """Return the last segment of an IRI, such as cy2013 of a period's."""
    return iri[max(iri.rfind("/"), iri.rfind("#")) + 1 :]


def code_value(iri: str) -> str:
    """Return the value of the enumeration that a code-list concept stands for: "as-of" for c:agg-as-of."""
    return local_name(iri).partition("-")[2]


def row_place(iri: str) -> str:
    """Return the place of a source row within its file, such as 12, s2-12 or p3-t1-12; "" if `iri` is no row's."""
    return m[1] if (m := re.fullmatch(r"row-((?:[a-z][0-9]*-)*[0-9]+)", local_name(iri))) else ""


def series(strategy: str) -> str:
    """Return the IRI of the series of datasets, one an edition, of a strategy."""
    return strategy + "/series"


def plan_scheme(strategy: str) -> str:
    """Return the IRI of the concept scheme of a strategy's goals, basic directions and measures."""
    return strategy + "/plan"


def indicator_scheme(strategy: str) -> str:
    """Return the IRI of the concept scheme of a strategy's indicators."""
    return strategy + "/indicators"


def _years(prefix: str, first: int, last: int) -> str:
    return f"{prefix}{first}" if first == last else f"{prefix}{first}--{prefix}{last}"


def _is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _segment(part: str) -> str:
    if not _SEGMENT.fullmatch(part):
        raise ValueError(f"{part!r} cannot stand in an IRI")
    return part


@dataclass(frozen=True, slots=True)
class DataIris:
    """The data IRIs of one publisher; `base` ends in a slash."""

    base: str

    def thing(self, *segments: str) -> str:
        return self.base + "id/" + "/".join(_segment(s) for s in segments)

    def municipality(self, municipality: str) -> str:
        return self.thing("lg", municipality)

    def concept(self, municipality: str, kind: str, key: str) -> str:
        """Return an edition-free thing of a municipality; `kind` is dept, kpi, measure, direction or goal."""
        return self.thing("lg", municipality, f"{kind}-{key}")

    def mapping(self, municipality: str, key: str) -> str:
        """Return an accepted match of an indicator of a municipality with another indicator."""
        return self.thing("lg", municipality, f"map-{key}")

    def strategy(self, municipality: str, series: str) -> str:
        return self.thing("lg", municipality, "doc", series)

    def edition(self, municipality: str, series: str, edition: str) -> "EditionIris":
        return EditionIris(self, municipality, series, edition)

    def period(self, period: Period) -> str:
        return self.thing("period", period_id(period))

    def instant(self, day: date) -> str:
        return self.thing("instant", day.isoformat())

    def address(self, path: str) -> str:
        """Return a fixed address of the site, such as sparql, catalog or download/kpigraph.ttl."""
        return self.base + path

    def graph(self, *segments: str) -> str:
        """Return the name of a named graph, such as graph/ref."""
        return self.base + "graph/" + "/".join(_segment(s) for s in segments)


@dataclass(frozen=True, slots=True)
class EditionIris:
    """The IRIs bound to one edition of one strategy."""

    data: DataIris
    municipality: str
    series: str
    key: str
    _home: str = field(init=False, repr=False, compare=False)  # what the IRIs of all its parts begin with

    def __post_init__(self) -> None:
        home = self.data.thing("lg", self.municipality, "doc", self.series, self.key) + "/"
        object.__setattr__(self, "_home", home)

    def part(self, kind: str, key: str = "") -> str:
        """Return a part of the edition: edition, source, cube, listing-…, st-…, row-…, res-…, as-…, corr-…"""
        return self._home + _segment(f"{kind}-{key}" if key else kind)

    def row(self, place: str) -> str:
        """Return a row of the source by its place, see `SourceLocation.place`."""
        return self.part("row", place)

    def graph(self, layer: str) -> str:
        """Return the named graph of one layer of this edition: asserted, corrections or derived."""
        return self.data.graph("lg", self.municipality, "doc", self.series, self.key, layer)
