"""Load the code lists of data/codelists and find their entries by what a document prints: units, shared indicators."""

from kpigraph.codelists.indicators import IndicatorScheme, base_units, indicators_file, load_indicators
from kpigraph.codelists.lists import list_file
from kpigraph.codelists.units import UNIT_COLUMNS, UNITS_FILE, UnitCodelist, is_a_year, load_units

__all__ = [
    "UNITS_FILE",
    "UNIT_COLUMNS",
    "IndicatorScheme",
    "UnitCodelist",
    "base_units",
    "indicators_file",
    "is_a_year",
    "list_file",
    "load_indicators",
    "load_units",
]
