"""The records that flow through kpigraph, all frozen, named as the classes of the ontology.

Text from a document is kept as printed (`stated…`, `printed`); what was read from it stands beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from kpigraph.problems import SourceLocation


class Level(StrEnum):
    """Level of a plan element in the strategy."""

    GOAL = "goal"
    DIRECTION = "direction"
    MEASURE = "measure"


class Role(StrEnum):
    """What a statement is to its indicator."""

    BASELINE = "baseline"
    ACTUAL = "actual"
    TARGET = "target"


class Aggregation(StrEnum):
    """How a value relates to its period."""

    PERIOD = "period"  # of that period
    AS_OF = "as-of"  # on that day
    AVERAGE = "average"  # yearly average over the period
    CUMULATIVE = "cumulative"  # total over the period
    CUMULATIVE_TO_DATE = "cumulative-to-date"  # total up to the last day, start not stated
    EACH_YEAR = "each-year"  # in every year of the period


class Calendar(StrEnum):
    """The year that a period counts in: calendar year, Japanese fiscal year (April to March), another fiscal year."""

    YEAR = "year"
    JFY = "jfy"
    FISCAL = "fiscal"  # of another country; the period's first day tells its first month


class Precision(StrEnum):
    """Whether the days of a period are exact or our reading of a vague word."""

    EXACT = "exact"
    APPROXIMATE = "approximate"


class Basis(StrEnum):
    """Where a reading comes from."""

    STATED = "stated"  # printed
    CURATED = "curated"  # decided by a person, with evidence
    INFERRED = "inferred"  # concluded from other cells
    INTERPRETED = "interpreted"  # our reading of a vague word


class ValueForm(StrEnum):
    """The kind of thing that stands in a value cell."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    QUALITATIVE = "qualitative"
    MISSING = "missing"
    RANGE = "range"  # 100〜120: two ends, both included
    RATIO = "ratio"  # 3/5: so many of so many


class MissingReason(StrEnum):
    """Why there is no value, where the cell says so; a bare dash does not."""

    NOT_AVAILABLE = "not-available"  # データなし, …: no figure is at hand
    NOT_SET = "not-set"  # 設定なし: no target was set
    UNDECIDED = "undecided"  # 未定, TBD: not decided yet
    PENDING = "pending"  # 調査中, 集計中: the figure is to come
    NOT_CONDUCTED = "not-conducted"  # 未実施: nothing was measured
    NOT_APPLICABLE = "not-applicable"  # 該当なし, N/A: there can be no figure
    SUPPRESSED = "suppressed"  # 非公表, X: there is one, not published
    SEE_NOTE = "see-note"  # ※: a note takes its place


class Comparator(StrEnum):
    """How a target's number is to be compared with an actual."""

    EXACT = "exact"
    AT_LEAST = "at-least"  # 以上
    AT_MOST = "at-most"  # 以下
    LESS_THAN = "less-than"  # 未満
    MORE_THAN = "more-than"  # 超


class Intent(StrEnum):
    """What a target in words asks for, where its words say so."""

    IMPROVE = "improve"
    MAINTAIN = "maintain"
    MAINTAIN_OR_INCREASE = "maintain-or-increase"


class Direction(StrEnum):
    """Which way an indicator should move."""

    INCREASE = "increase"
    DECREASE = "decrease"
    MAINTAIN = "maintain"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What the latest actual says of the target."""

    MET = "met"
    NOT_MET = "notmet"
    IN_PROGRESS = "inprogress"
    NOT_ASSESSABLE = "notassessable"


class Reason(StrEnum):
    """Why a target cannot be judged."""

    QUALITATIVE = "qualitative"
    NO_NUMBER = "no-number"
    UNRESOLVED_RELATIVE = "unresolved-relative"
    PARTIAL_PERIOD = "partial-period"
    UNIT_CONFLICT = "unit-conflict"
    DIRECTION_UNKNOWN = "direction-unknown"
    AGGREGATION_MISMATCH = "aggregation-mismatch"


class CorrectionStatus(StrEnum):
    """Where a correction stands; only accepted ones change a reading."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class CorrectionCause(StrEnum):
    """Why a cell is wrong."""

    EXTRACTION = "extraction"
    PRINT_ERROR = "print-error"
    MISALIGNMENT = "misalignment"
    UNIT_CONFLICT = "unit-conflict"
    DUPLICATE_NAME = "duplicate-name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span of time, both ends included.

    `first_day` is None where only the end is stated; both are None for a `duration` (ISO 8601, such as "P2Y") that is
    tied to no date. `calendar` is None for days, months and durations.
    """

    first_day: date | None = None
    last_day: date | None = None
    calendar: Calendar | None = None
    duration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPeriod:
    """What a period cell says: the period, how a value relates to it, and how sure that is.

    `period` and `aggregation` are None where the cell says that there is no period ('-').
    """

    period: Period | None
    aggregation: Aggregation | None
    aggregation_basis: Basis = Basis.STATED
    precision: Precision = Precision.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a value cell says.

    `value` is the number meant, in the unit stated (4万人 is 40000 人), None unless `form` is absolute.
    `decimals` counts the digits printed after the decimal point. `unit` is the unit printed in the cell, "" if none.
    A relative value has `relative_change` (0.25 for 25%増, negative for 減 and 縮小) or, where the change is an amount
    rather than a share, `absolute_change` in `unit` (5件増, 2ポイント減); `relative_to` is the reference as printed
    ("H25年"), "" if none is. A range has both ends, `minimum` and `maximum`, in `unit`; a ratio its `numerator` and
    `denominator`. `provisional` is true of a figure that may still change (速報値). A revised value has `former_text`,
    the value before as printed, and `former_value` where that is one number; `revised` is when, None if it does not
    say. A milestone, which is qualitative, has the period `due` by whose last day it is to be reached. `missing` says
    why there is no value, None where the cell does not.
    """

    form: ValueForm
    value: Decimal | None = None
    decimals: int = 0
    unit: str = ""
    comparator: Comparator = Comparator.EXACT
    maintenance: bool = False
    estimated: bool = False
    relative_change: Decimal | None = None
    absolute_change: Decimal | None = None
    relative_to: str = ""
    intent: Intent | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    provisional: bool = False
    former_text: str = ""
    former_value: Decimal | None = None
    revised: Period | None = None
    due: Period | None = None
    missing: MissingReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """How a document writes, from the [language] table of its card. See docs/cards.md.

    `fiscal_year_begins` is the month in which its fiscal year begins, 0 if the card is silent; `fiscal_year_named_by`
    whether FY2016 begins or ends in 2016 ("start", "end", "" if the card does not say); `japanese_fiscal_year` that the
    fiscal year of a document in another language is the Japanese one. `bare_year` says what a year
    without 年 or 年度 is, such as H26 (None: the card does not say, and H26 is unreadable). `period_names` gives the
    periods that the document calls by names of its own ("YR1": "2015/16", "基準年": "H26年度"), `missing_words` its
    further words for no value. Japanese needs no card: 年度 begins in April.
    """

    language: str = "ja"
    fiscal_year_begins: int = 0
    fiscal_year_named_by: str = ""
    japanese_fiscal_year: bool = False
    bare_year: Calendar | None = None
    period_names: Mapping[str, str] = field(default_factory=dict)
    missing_words: Mapping[str, MissingReason | None] = field(default_factory=dict)


JAPANESE = Conventions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A row of data/codelists/units.csv.

    A number in this unit times `factor` is the number in `base_unit` (a QUDT unit or one of ours, as IRI), and
    `factor` is 10 to the power `unit_mult`. `minimum` and `maximum` bound possible values, None where there is none.
    """

    notation: str
    label_ja: str
    label_en: str
    alternatives: tuple[str, ...]
    base_unit: str
    factor: Decimal
    unit_mult: int
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class Cell(NamedTuple):
    """One cell: `printed` is byte for byte what the file holds, `text` what is read (after corrections).

    In a merged area every place is a cell with the text of the first, the anchor, whose place is `repeats`; None for
    a cell of its own. Only cells of their own are counted as read or unread.
    """

    at: SourceLocation
    printed: str
    text: str
    repeats: SourceLocation | None = None

    @property
    def corrected(self) -> bool:
        return self.text != self.printed


class Row(NamedTuple):
    """One row of a source with all its cells, empty ones too; `printed` is the whole row as the file holds it.

    `hidden`: a spreadsheet does not show it, or the sheet it is on. `order` is its position among the rows of all
    parts, from 1; 0 where that is the row number itself.
    """

    at: SourceLocation
    cells: tuple[Cell, ...]
    printed: str
    hidden: bool = False
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutCard:
    """How a document is laid out, from the [layout] table of its card. See docs/cards.md.

    `era` completes years that are printed without one (5年度), `unit` is that of numbers with none. `indent` is the
    least width of the blanks before a heading of each level. `listed_under` are the levels under which indicators may
    stand; empty: the lowest one. Headings of `optional_levels` may be left out between a higher and a lower one.
    `arrow` are the roles of the values that an arrow joins in a line of text; `keeps_text` tells that other lines of
    text are kept as such.
    """

    kind: str
    hierarchy: tuple[tuple[Level, str], ...]
    columns: dict[str, tuple[str, ...]]
    roles: dict[Role, tuple[str, ...]]
    bullet: str = ""
    relist_mark: str = ""
    blank_means_above: frozenset[str] = frozenset()
    era: str = ""
    unit: str = ""
    indent: dict[Level, int] = field(default_factory=dict)
    listed_under: frozenset[Level] = frozenset()
    optional_levels: frozenset[Level] = frozenset()
    arrow: tuple[Role, ...] = ()
    keeps_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCard:
    """A second file of a document: its objects at `path` are joined where their `there` is the `here` of a row."""

    file: str
    path: str
    here: str
    there: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCard:
    """How a file's rows and cells are told apart, from the [source] table of its card. See docs/cards.md."""

    cut: str = ""
    delimiter: str = ""
    arrays: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    join: JoinCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as received, with what its card says of it. Texts by language: {"ja": …, "en": …}."""

    folder: Path
    file: Path
    sha256: str
    media_type: str
    encoding: str
    municipality: str
    municipality_names: dict[str, str]
    series: str
    series_labels: dict[str, str]
    edition: str
    title: dict[str, str]
    description: dict[str, str]
    layout: LayoutCard
    source: SourceCard = SourceCard()
    licence: str = ""
    landing_page: str = ""
    issued: date | None = None
    conventions: Conventions = JAPANESE

    @property
    def at(self) -> SourceLocation:
        return SourceLocation(file=f"{self.municipality}/{self.folder.name}/{self.file.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One row of corrections.csv: the cell at `place` and `column` (its number) says `now`, not `was`.

    `place` is the row as written there: 12, Sheet1:12 or s2-12; once rows are read, `SourceLocation.place`.
    """

    key: str
    at: SourceLocation
    place: str
    column: int
    was: str
    now: str
    reason: CorrectionCause
    explanation: dict[str, str]
    evidence: dict[str, str]
    status: CorrectionStatus
    decided_by: str
    decided_on: date | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedTarget:
    """The number that a relative target comes to: `value` in `unit`, exact, not rounded. Keys are statement keys."""

    target: str
    reference: str
    indicator: str
    value: Decimal
    unit: Unit
    period: StatedPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the latest actual says of the target, and why it may say nothing. Statement keys are "" where there is none.

    Ratios are shares (1 is all), rounded to four places; None where they are not defined.
    """

    indicator: str
    baseline: str
    actual: str
    target: str
    status: Status
    reason: Reason | None
    direction: Direction
    direction_basis: Basis | None
    progress_ratio: Decimal | None = None
    achievement_ratio: Decimal | None = None
    cumulative_share: Decimal | None = None
    elapsed_share: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What was computed from an edition. `unresolved` and `possible_values` are by the key of the relative target."""

    resolved: tuple[ResolvedTarget, ...]
    unresolved: dict[str, Reason]
    possible_values: dict[str, tuple[Decimal, ...]]
    assessments: tuple[Assessment, ...]
