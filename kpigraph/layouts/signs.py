"""A number with a sign: +2% may be the value itself or what is added to one, and nothing in the cell says which.

It is the value where the indicator, its unit or its header speaks of a change (増減率, 前年度比, growth) or of a
balance (収支), and where the card says so; else it is left unread.
"""

import re
from dataclasses import replace

from kpigraph.codelists import UnitCodelist
from kpigraph.language.words import CellWords
from kpigraph.layouts.reading import Block, Piece
from kpigraph.model import Cell, LayoutCard, Quantity, ValueForm
from kpigraph.problems import Problem, SourceError
from kpigraph.text import compact, normalise

_PLUS = re.compile(r"[^0-9]*\+")
_SHARES = ("percent", "permille", "percentage-point")


def settled(
    quantity: Quantity,
    cell: Cell,
    printed: str,
    block: Block,
    header: Piece | None,
    card: LayoutCard,
    units: UnitCodelist,
    words: CellWords,
) -> Quantity:
    """Return what a value with a sign says: itself, or the change that the card says it is.

    A minus is as doubtful as a plus where the value is a share, which is seldom below nothing.

    Raises:
        SourceError: quantity.signed, if nothing says which of the two it is.
    """
    if quantity.form is not ValueForm.ABSOLUTE or quantity.value is None:
        return quantity
    unit = units.find(quantity.unit) or block.unit
    is_share = unit is not None and unit.notation in _SHARES
    if not _PLUS.match(normalise(printed)) and not (quantity.value < 0 and is_share):
        return quantity
    if card.signed == "change":
        return _change(quantity, unit is not None and unit.notation == "percent")
    pieces = (block.label, block.category, block.unit_piece, header)
    said = (text for piece in pieces if piece is not None for text in (piece.text, piece.cell.text))
    if card.signed == "value" or any(words.changes.search(compact(text).casefold()) for text in said):
        return quantity
    raise SourceError(Problem("quantity.signed", cell.at, cell.printed, '[layout] signed = "value" / "change"'))


def _change(quantity: Quantity, is_percent: bool) -> Quantity:
    """Return a value that the card says is a change of what was before."""
    changed = replace(quantity, form=ValueForm.RELATIVE, value=None, scaled=None)
    if is_percent and quantity.value is not None:
        return replace(changed, unit="", relative_change=quantity.value.scaleb(-2))
    return replace(changed, absolute_change=quantity.value)
