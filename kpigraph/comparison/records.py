"""What is compared: a shared indicator, and for each indicator that was matched to it the values it states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from kpigraph.model import Aggregation, Apart, Calendar, Direction, PeriodKind, Role, UnitKind

Facet = tuple[str, str]  # what a name says beyond the shared one: ("school", "小学校")
Labels = Mapping[str, Mapping[str, str]]  # by IRI, by language

# What a name can say of whom or what is counted, and which reason that is not to compare it.
FACETS = {
    "school": Apart.SCHOOL_LEVEL,
    "per": Apart.PER_HEAD,
    "sex": Apart.GROUP,
    "age": Apart.GROUP,
    "band": Apart.GROUP,
    "foreign": Apart.GROUP,
    "disability": Apart.GROUP,
    "organ": Apart.GROUP,
}


class Match(StrEnum):
    """How an indicator was matched to the shared one, as a person accepted it. `REALIZES`: how near is not said."""

    EXACT = "exact"
    CLOSE = "close"
    REALIZES = "realizes"
    BROAD = "broad"  # the shared indicator is the broader
    NARROW = "narrow"  # the shared indicator is the narrower


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A shared indicator. `names` are all its Japanese names; `units` the base units that its values can have."""

    iri: str
    notation: str
    names: tuple[str, ...]
    definition: Mapping[str, str]
    unit_kind: UnitKind | None
    units: frozenset[str]
    period_kind: PeriodKind | None
    direction: Direction | None


@dataclass(frozen=True, slots=True)
class Shape:
    """What the period of a value is like: values of other shapes are of other things.

    `kind` is year, as-of, months, average, cumulative or to-date; `months` its length (0 where unknown or a day);
    `calendar` tells which twelve months a year has, and the first of them where that is not said by its name.
    """

    kind: str
    months: int = 0
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What an indicator states in one role. `base` is the number in `base_unit`, `number` the same in the printed unit.

    `apart` is what keeps the value itself from being compared: there is then no number, or none to rely on. Of a
    relative target `base` is what it comes to (`computed`), and what is printed is the change.
    """

    iri: str
    role: Role
    printed: str
    printed_unit: str
    printed_period: str
    unit: str
    number: Decimal | None
    base: Decimal | None
    base_unit: str
    comparator: str
    aggregation: Aggregation | None
    period: str
    first: date | None
    last: date | None
    shape: Shape | None
    rows: tuple[str, ...]
    edition: str
    computed: bool = False
    apart: tuple[Apart, ...] = ()

    @property
    def year(self) -> int | None:
        """The year that a value is of: the calendar year of its first day, of a day its own."""
        day = self.first or self.last
        return None if day is None else day.year


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One indicator of one municipality. `apart` is what keeps all its values from being compared with others'.

    `facets` are what its name says beyond the names of the shared indicator. `population` are the values of the
    municipality's population, for what is to be divided by it.
    """

    indicator: str
    municipality: str
    code: str
    match: Match
    facets: frozenset[Facet]
    baseline: Value | None
    actual: Value | None
    target: Value | None
    status: str
    progress: Decimal | None
    population: tuple[Value, ...] = ()
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A shared indicator and all that was matched to it, in order of municipality.

    `labels` has those of every thing that is named; `years` are those of which there are actual values; `places` the
    source rows: file, position and part, as (edition, place, part).
    """

    concept: Concept
    entries: tuple[Entry, ...]
    labels: Labels
    parts: Mapping[str, str]
    years: tuple[int, ...]
    year: int | None = None

    def label(self, iri: str, lang: str) -> str:
        """Return the label of a thing in a language, else in another, else the end of its IRI."""
        texts = self.labels.get(iri, {})
        return texts.get(lang) or next((texts[k] for k in sorted(texts)), iri.rstrip("/").rsplit("/", 1)[-1])


def shape_of(
    aggregation: Aggregation | None, first: date | None, last: date | None, calendar: Calendar | None
) -> Shape | None:
    """Return the shape of a period, None where its days are not known."""
    if last is None or aggregation is None:
        return None
    if aggregation is Aggregation.CUMULATIVE_TO_DATE:
        return Shape("to-date")
    if aggregation is Aggregation.AS_OF or first == last:
        return Shape("as-of")
    if first is None:
        return None
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    years = _calendar(calendar, first)
    if aggregation is Aggregation.CUMULATIVE:
        return Shape("year", 12, years) if months == 12 else Shape("cumulative", months, years)
    if aggregation is Aggregation.AVERAGE:
        return Shape("average", months, years)
    if aggregation is Aggregation.EACH_YEAR or months == 12:
        return Shape("year", 12, years)
    return Shape("months", months, years)


def _calendar(calendar: Calendar | None, first: date) -> str:
    """Return which months make a year. A fiscal year that begins in April is the same twelve months as 年度."""
    if calendar is Calendar.FISCAL and first.month != 4:
        return f"{Calendar.FISCAL}-{first.month:02}"
    return {Calendar.FISCAL: Calendar.JFY.value, None: ""}.get(calendar, str(calendar))
