"""What one document says, after corrections: the plan, its indicators, their statements."""

from dataclasses import dataclass

from kpigraph.model.kinds import Level, Role
from kpigraph.model.sources import Correction, Document
from kpigraph.model.values import Period, Quantity, StatedPeriod, Unit
from kpigraph.problems import SourceLocation


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanElement:
    """A goal, basic direction or measure, free of any edition. `parents` are keys, one a place it stands at.

    `also_named` holds the names that other editions give it.
    """

    level: Level
    key: str
    label: str
    printed_labels: frozenset[str]
    parents: tuple[str, ...]
    also_named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The position of a plan element in one edition: its printed number, what it stands under, whether marked 再掲.

    `label` is the element's name in this edition, as read.
    """

    key: str
    element: str
    label: str
    level: Level
    notation: str
    under: str
    relisted: bool
    order: int
    stated_label: str
    rows: tuple[str, ...]
    corrections: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """An organisational unit of the municipality. `also_named` holds the names that other editions give it."""

    key: str
    label: str
    also_named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A KPI, free of any time. `also_named` holds the names that other editions give it."""

    key: str
    label: str
    printed_labels: frozenset[str]
    department: str
    also_named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One indicator under one measure in one edition. `label` is the indicator's name in this edition, as read.

    `measure` is the lowest heading it stands under, of whatever level; "" where the document has no headings, and then
    `placement` is "" too. `remarks` are the texts of its remarks columns.
    """

    key: str
    indicator: str
    label: str
    measure: str
    placement: str
    department: str
    stated_label: str
    stated_department: str
    relisted: bool
    order: int
    rows: tuple[str, ...]
    corrections: tuple[str, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the cells of one role of one indicator say, as printed and as read; `notes` are what is remarked on it."""

    key: str
    indicator: str
    role: Role
    stated_value: str
    stated_period: str
    stated_unit: str
    quantity: Quantity
    period: StatedPeriod
    unit: Unit | None
    printed_unit: Unit | None
    relative_to_period: Period | None
    relative_to: str
    rows: tuple[str, ...]
    corrections: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Statements of one indicator and role that differ in one edition."""

    key: str
    indicator: str
    role: Role
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAssessment:
    """The municipality's own assessment of an indicator (◎, B, 達成, 順調), as printed; none of ours.

    `stated_period` and `period` are those of its column, "" and None where it has none.
    """

    key: str
    indicator: str
    stated_rating: str
    stated_period: str
    period: Period | None
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A row of the file that holds anything: its place, its text as printed, how many value cells were read in it.

    `order` is its position in the file, from 1. Records refer to a row by `at.place`.
    """

    at: SourceLocation
    order: int
    printed: str
    value_cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a correction concerns: a record by kind (st, listing, place) and key, and the ontology's property."""

    correction: str
    kind: str
    key: str
    property: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """All that one document says, after corrections, with the keys of the registry.

    `cells` counts the cells that hold anything, `unread_cells` those of them whose meaning was not read.
    """

    document: Document
    rows: tuple[SourceRow, ...]
    elements: tuple[PlanElement, ...]
    placements: tuple[Placement, ...]
    departments: tuple[Department, ...]
    indicators: tuple[Indicator, ...]
    listings: tuple[Listing, ...]
    statements: tuple[Statement, ...]
    conflicts: tuple[Conflict, ...]
    corrections: tuple[Correction, ...]
    touched: tuple[Touched, ...]
    self_assessments: tuple[SelfAssessment, ...] = ()
    cells: int = 0
    unread_cells: int = 0
