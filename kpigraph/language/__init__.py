"""The languages that documents are written in: a package each, its words and forms and nothing of another's.

`periods.py`, `quantities.py` and `cells/` ask for the language that a document's card names. To add
one: a package beside `ja` and `en`, and its line in `LANGUAGES`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kpigraph.language import en, ja
from kpigraph.language.words import CellWords
from kpigraph.model import Conventions, Quantity, StatedPeriod

__all__ = ["LANGUAGES", "CellWords", "Language"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The grammar of one language.

    Attributes:
        read_period: what a text says of a period, None if the grammar does not cover it.
        read_quantity: what a text says of a value, None if the grammar does not cover it.
        periods, quantities: examples of what the two read.
        words: what stands around a value in one cell.
    """

    read_period: Callable[[str, Conventions], StatedPeriod | None]
    read_quantity: Callable[[str], Quantity | None]
    periods: str
    quantities: str
    words: CellWords


LANGUAGES = {
    "ja": Language(
        read_period=ja.read_period,
        read_quantity=ja.read_quantity,
        periods=ja.PERIODS,
        quantities=ja.QUANTITIES,
        words=ja.WORDS,
    ),
    "en": Language(
        read_period=en.read_period,
        read_quantity=en.read_quantity,
        periods=en.PERIODS,
        quantities=en.QUANTITIES,
        words=en.WORDS,
    ),
}
