"""The closed sets of words that records use, each a code list of the ontology."""

from enum import StrEnum


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


class UnitKind(StrEnum):
    """What the values of a shared indicator count; ontology/codes/unit-kind.ttl has the units of each kind."""

    PERSON = "person"
    VISIT = "visit"
    HOUSEHOLD = "household"
    CASE = "case"
    THING = "thing"
    SHARE = "share"
    RATE = "rate"
    RATIO = "ratio"
    MONEY = "money"
    MASS = "mass"
    EMISSION = "emission"
    AREA = "area"
    VOLUME = "volume"
    POWER = "power"
    YEARS = "years"
    SCORE = "score"


class PeriodKind(StrEnum):
    """Of when the values of a shared indicator are."""

    YEAR = "year"
    AS_OF = "as-of"
    SURVEY = "survey"
    CUMULATIVE = "cumulative"


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
    RATIO = "ratio"  # 3/5 schools: two numbers, and nothing says that their ratio is meant
    UNRESOLVED_RELATIVE = "unresolved-relative"
    PARTIAL_PERIOD = "partial-period"
    UNIT_CONFLICT = "unit-conflict"
    DIRECTION_UNKNOWN = "direction-unknown"
    AGGREGATION_MISMATCH = "aggregation-mismatch"


class Apart(StrEnum):
    """Why a value must not be compared with those of other municipalities, or why there is none to compare."""

    # the indicator is not, or perhaps not, the shared one
    SIMILAR = "similar"
    NARROWER = "narrower"
    WIDER = "wider"
    SCHOOL_LEVEL = "school-level"
    GROUP = "group"
    PER_HEAD = "per-head"
    # there is no one number that is certain
    MISSING = "missing"
    IN_WORDS = "in-words"
    UNRESOLVED = "unresolved"
    SEVERAL_NUMBERS = "several-numbers"
    CONFLICT = "conflict"
    ESTIMATED = "estimated"
    PROVISIONAL = "provisional"
    # it is counted otherwise
    UNIT_KIND = "unit-kind"
    UNIT = "unit"
    # it is of another time
    NO_PERIOD = "no-period"
    PERIOD_KIND = "period-kind"
    CUMULATIVE = "cumulative"
    AVERAGE = "average"
    SPAN = "span"
    CALENDAR = "calendar"
    OTHER_YEARS = "other-years"
    # what is derived from it cannot be
    NO_BASELINE = "no-baseline"
    ZERO_BASELINE = "zero-baseline"
    BASELINE_APART = "baseline-apart"
    NO_POPULATION = "no-population"
    NOT_PER_HEAD = "not-per-head"


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
