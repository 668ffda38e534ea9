"""English, as scorecards and plans write it."""

from kpigraph.language.en.cells import WORDS
from kpigraph.language.en.periods import EXPECTED as PERIODS
from kpigraph.language.en.periods import read_period
from kpigraph.language.en.quantities import EXPECTED as QUANTITIES
from kpigraph.language.en.quantities import read_quantity

__all__ = ["PERIODS", "QUANTITIES", "WORDS", "read_period", "read_quantity"]
