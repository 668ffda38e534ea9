"""The unit of each indicator, once all is read: in its name, beside its numbers, or before them (万円).

A name keeps what stands in brackets behind it unless that is the unit its numbers are counted in: 観光客数（千人） is
観光客数 in 千人, 認定者数（年間） stays as it is. Numbers of one indicator are given in one unit.
"""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from kpigraph.cells import is_of_years
from kpigraph.codelists import UnitCodelist, is_a_year
from kpigraph.language import LANGUAGES
from kpigraph.language.words import CellWords
from kpigraph.layouts.headers import unit_in_name, without_unit
from kpigraph.layouts.reading import Block, Entry, Part, Piece, Reading
from kpigraph.model import Aggregation, Basis, Document, Quantity, Unit, ValueForm
from kpigraph.text import compact

_SHARES = ("percent", "permille", "percentage-point", "wari")


def named_unit(name: str, units: UnitCodelist, words: CellWords) -> Unit | None:
    """Return the unit that stands in brackets behind a name, None if what stands there is none or does not fit it.

    年間 says over which time; 利用者数（団体） says who is counted, and 加入率（世帯） of what.
    """
    text = unit_in_name(name)
    unit, person = units.find(text), units.find("nin")
    if unit is None or compact(text) in words.spans_of_names:
        return None
    stem = compact(without_unit(name)).casefold()
    if words.is_share.search(stem) and unit.notation not in _SHARES:
        return None
    if words.counts_people.search(stem) and person is not None and unit.base_unit != person.base_unit:
        return None
    return unit


def settle(reading: Reading, document: Document, units: UnitCodelist) -> None:
    """Give each block its unit where its name alone states it, and its numbers in one unit each."""
    words = LANGUAGES[document.conventions.language].words
    for block in reading.blocks:
        unit = named_unit(block.label.text, units, words)
        if unit is not None and block.unit is None and block.unit_piece is None:
            printed = unit_in_name(block.label.printed)
            block.unit_piece = Piece(Part.UNIT, block.label.cell, printed, unit_in_name(block.label.text))
            block.unit, block.printed_unit = unit, units.find(printed)
        block.unit_in_label = unit is not None and unit == block.unit
        _one_unit(block, units, words)
        _by_the_year(block)
    names: dict[str, set[str]] = defaultdict(set)
    for block in reading.blocks:
        names[_short(block)].add(compact(block.label.text))
    for block in reading.blocks:  # 収穫（ha） and 収穫（t） are told apart by nothing else
        block.unit_in_label = block.unit_in_label and len(names[_short(block)]) == 1


def _short(block: Block) -> str:
    return compact(without_unit(block.label.text) if block.unit_in_label else block.label.text)


def _one_unit(block: Block, units: UnitCodelist, words: CellWords) -> None:
    if block.unit is not None:
        for entry in block.entries:
            entry.quantity = _converted(entry.quantity, block.unit, units)
        return
    if _scaled_unit(block.entries, units) is not None:
        for entry in block.entries:
            if entry.quantity.scaled is not None:
                number, word = entry.quantity.scaled
                decimals = max(0, -int(number.as_tuple().exponent))
                entry.quantity = replace(entry.quantity, value=number, decimals=decimals, unit=word)
    name = without_unit(block.label.text) if unit_in_name(block.label.text) else block.label.text
    in_shares = any(units.find(e.quantity.unit) == units.find("percent") for e in block.entries if e.quantity.unit)
    if in_shares or words.is_share.search(compact(name).casefold()):
        for entry in block.entries:
            if entry.quantity.form is ValueForm.RATIO and not entry.quantity.unit:
                entry.quantity = replace(entry.quantity, unit="%")


def _by_the_year(block: Block) -> None:
    """Read 6回/年 over several years as the value of each of them."""
    for entry in block.entries:
        text = entry.quantity.unit or (block.unit_piece.text if block.unit_piece else "")
        if entry.quantity.value is not None and is_a_year(text) and is_of_years(entry.period):
            entry.period = replace(entry.period, aggregation=Aggregation.EACH_YEAR, aggregation_basis=Basis.STATED)


def _converted(quantity: Quantity, unit: Unit, units: UnitCodelist) -> Quantity:
    """Return a quantity that has a unit of its own in that of its indicator, where both count the same: 55千人."""
    own = units.find(quantity.unit)
    if own is None or own == unit or own.base_unit != unit.base_unit or quantity.value is None:
        return quantity
    value = quantity.value * own.factor / unit.factor
    decimals = max(0, -int(value.normalize().as_tuple().exponent))
    if quantity.scaled is not None and units.find(quantity.scaled[1]) == unit:  # as printed: 26.50万円
        value = quantity.scaled[0]
        decimals = max(0, -int(value.as_tuple().exponent))
    return replace(quantity, value=value, decimals=decimals, unit=unit.label_ja)


def _scaled_unit(entries: list[Entry], units: UnitCodelist) -> Unit | None:
    """Return the unit that all numbers of an indicator are printed in with one scale (265万円, 300万円), else None."""
    found: set[Unit | None] = set()
    for quantity in (entry.quantity for entry in entries):
        if quantity.value is not None:
            found.add(units.find(quantity.scaled[1]) if quantity.scaled else None)
        elif _has_amount(quantity):
            return None
    return found.pop() if len(found) == 1 else None


def _has_amount(quantity: Quantity) -> bool:
    amounts: tuple[Decimal | None, ...] = (quantity.absolute_change, quantity.minimum, quantity.numerator)
    return any(amount is not None for amount in amounts)
