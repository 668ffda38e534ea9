"""The languages that documents are written in: one module each, its words and forms and nothing of another's.

`periods.py`, `quantities.py` and `cells.py` ask for the language that the document's card names.
"""

from kpigraph.language import ja
from kpigraph.language.words import CellWords

__all__ = ["CELL_WORDS", "CellWords"]

CELL_WORDS: dict[str, CellWords] = {"ja": ja.CELL_WORDS}
