"""What cells say: periods, quantities and units, and the conventions they are read by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from kpigraph.model.kinds import Aggregation, Basis, Calendar, Comparator, Intent, MissingReason, Precision, ValueForm


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
    say. `scaled` is the number as printed and the word of its unit with the scale before it, (265, "万円") for 265万円
    whose `value` is 2650000 and `unit` 円; None where there is no single such word (1億2,000万円). A milestone,
    which is qualitative, has the period `due` by whose last day it is to be reached. `missing` says why there is no
    value, None where the cell does not.
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
    scaled: tuple[Decimal, str] | None = field(
        default=None, compare=False, repr=False
    )  # how it is written, not what it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """How a document writes, from the [language] table of its card. See docs/cards.md.

    `fiscal_year_begins` is the month in which its fiscal year begins, 0 if the card is silent; `fiscal_year_named_by`
    whether FY2016 begins or ends in 2016 ("start", "end", "" if the card does not say); `japanese_fiscal_year` that the
    fiscal year of a document in another language is the Japanese one. `bare_year` says what a year
    without 年 or 年度 is, such as H26 (None: the card does not say, and H26 is unreadable). `period_names` gives the
    periods that the document calls by names of its own ("YR1": "2015/16", "基準年": "H26年度"), `missing_words` its
    further words for no value. `era` is that of years printed without one (5年度), "" if the card does not say.
    Japanese needs no card: 年度 begins in April.
    """

    language: str = "ja"
    era: str = ""
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
