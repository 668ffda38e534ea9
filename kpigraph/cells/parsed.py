"""What one cell was found to say: its values with what goes with each, and its text shared out among them."""

from dataclasses import dataclass
from enum import StrEnum

from kpigraph.model import Aggregation, Quantity, StatedPeriod


class Share(StrEnum):
    """What a share of a cell's text is."""

    VALUE = "value"
    FORMER = "former"  # the value before a revision
    PERIOD = "period"
    UNIT = "unit"
    WORD = "word"  # 累計, 毎年度, 見込, 変更
    LABEL = "label"  # 男, 小学校
    MARK = "mark"  # ※1
    NOTE = "note"
    JOINT = "joint"  # blanks, brackets, arrows, commas


class Relation(StrEnum):
    """How the values of one cell belong together."""

    ONE = "one"  # there is one
    ARROW = "arrow"  # from the first to the last; what each is, the column says
    LABELLED = "labelled"  # one a label


@dataclass(frozen=True, slots=True)
class CellShare:
    """A share of a cell: its kind, the text as printed, where in the cell it begins (counted from 0)."""

    share: Share
    printed: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellValue:
    """One value of a cell. `printed` has it as printed, `printed_period` its period, "" where the cell has none.

    `period` is None where the cell says nothing of it; `aggregation` is what it says without one (累計, 毎年度).
    """

    quantity: Quantity
    printed: str
    period: StatedPeriod | None = None
    printed_period: str = ""
    aggregation: Aggregation | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCell:
    """All that one cell says; `"".join(s.printed for s in shares)` is the cell, and `values` is never empty.

    `notes` are the texts of its remarks, footnotes included; `unresolved` the footnote marks of which no text is known.
    """

    values: tuple[CellValue, ...]
    relation: Relation
    shares: tuple[CellShare, ...]
    notes: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()

    @property
    def value(self) -> CellValue:
        """The value of a cell that has one; the last of several."""
        return self.values[-1]
