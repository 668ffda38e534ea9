"""Indicators as records that pages show: what is printed, what was read, what was made of it, what stands where."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from pyoxigraph import NamedNode

from kpigraph.serve.describe import Text


class Cell(NamedTuple):
    """A cell as printed, where it leads ("" where nothing was made of it), and what is there."""

    text: str
    href: str = ""
    what: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """A period: its label, and its first and last day, both included ("" where unknown)."""

    iri: NamedNode | None
    label: Text
    first: str
    last: str
    words: str

    @property
    def short(self) -> str:
        """The label without what stands in brackets after it: the year of another era, the months of a fiscal year."""
        return re.split(r"\s*[（(]", str(self.label))[0]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a source: its position in the file, its name within it (12, s2-12), what people call it (12, Sheet1:12)
    and the edition that shows it.
    """

    order: int
    place: str
    shown: str
    edition: NamedNode | None
    iri: NamedNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a list shows of a statement. `number` is in the printed unit; for a relative target what that comes to.

    `between` has both ends of a range, `of` the two numbers of a ratio; either is empty for every other form.
    """

    iri: NamedNode
    form: str
    printed_value: str
    number: Decimal | None
    value: str
    unit: Text | None
    comparator: str
    possible: tuple[str, ...]
    between: tuple[str, ...]
    of: tuple[str, ...]
    period: Days | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Brief):
    """A statement with all that is said of it."""

    role: str
    printed_period: str
    printed_unit: str
    unit_iri: NamedNode | None
    maintenance: bool
    computed: bool
    aggregation: Text | None
    aggregation_code: str
    notes: tuple[str, ...]
    corrected: bool

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        """The two ends of a range, None for every other form."""
        if len(self.between) != 2:
            return None
        return Decimal(self.between[0].replace(",", "")), Decimal(self.between[1].replace(",", ""))

    @property
    def printed(self) -> str:
        beside = self.printed_unit not in self.printed_value  # 265万円 has its unit in it
        return " ".join(t for t in (self.printed_value, self.printed_unit if beside else "") if t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The status of an indicator, as its code and in words, by the assessment `iri` (None: there is none)."""

    iri: NamedNode | None
    status: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Verdict):
    """An assessment in words: the status, the sentence, the reason, and the measures of progress that it has."""

    words: str
    reason: str
    lines: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    method: NamedNode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An indicator in a list."""

    iri: NamedNode
    label: Text
    actual: Brief | None
    target: Brief | None
    judgement: Verdict
    relisted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A plan element at one place of an edition, with what stands under it there."""

    iri: NamedNode
    label: Text
    notation: str
    relisted: bool
    branches: tuple["Branch", ...] = ()
    cards: tuple[Card, ...] = ()

    def indicators(self) -> dict[NamedNode, Card]:
        """Return every indicator from here downwards, each once."""
        found = {c.iri: c for c in self.cards}
        for branch in self.branches:
            found |= branch.indicators()
        return found
