"""Japanese, as municipal plans write it."""

from kpigraph.language.ja.cells import WORDS
from kpigraph.language.ja.periods import EXPECTED as PERIODS
from kpigraph.language.ja.periods import read_period
from kpigraph.language.ja.quantities import EXPECTED as QUANTITIES
from kpigraph.language.ja.quantities import read_quantity

__all__ = ["PERIODS", "QUANTITIES", "WORDS", "read_period", "read_quantity"]
