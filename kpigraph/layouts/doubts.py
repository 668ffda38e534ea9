"""What is doubtful in a reading though every cell was read: a heading that seems to be missing, a value without unit.

Text taken out of a page loses lines. What stood on a lost line cannot be read, but it leaves traces: the next number
does not follow, a measure stands under no direction, a heading has nothing below it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.numbering import begins_with, heading_notation, ordinal
from kpigraph.layouts.reading import Piece, Place, Reading
from kpigraph.model import LayoutCard, Level, ValueForm
from kpigraph.problems import Problem, Severity
from kpigraph.text import compact, is_missing_mark, normalise

_COUNTED = (ValueForm.ABSOLUTE, ValueForm.RANGE, ValueForm.RATIO)


def doubts(reading: Reading, card: LayoutCard, units: UnitCodelist) -> Iterator[Problem]:
    """Yield a problem for each."""
    yield from _unknown_units(reading, units)
    yield from _numbers_that_do_not_follow(reading)
    had = {level for level, _ in card.hierarchy} | {place.level for place in reading.places}
    yield from _levels_skipped(reading, [level for level in Level if level in had], card)
    yield from _headings_without_indicator(reading, card)
    yield from _numbers_in_labels(reading)
    yield from _numbers_without_unit(reading)
    yield from _departments_as_values(reading)


def _warning(code: str, piece: Piece, found: str, expected: str = "") -> Problem:
    return Problem(code, piece.cell.at, found, expected, Severity.WARNING)


def _numbers_that_do_not_follow(reading: Reading) -> Iterator[Problem]:
    """Yield a warning for each heading whose number is not the next one of its level.

    Numbers begin again under each heading above or run on through the whole document; which of the two they do is
    told by the majority of the first ones.
    """
    by_level: dict[tuple[Level, int], dict[int, list[tuple[Place, int]]]] = defaultdict(lambda: defaultdict(list))
    for place in reading.places:
        if (number := ordinal(place.notation)) is not None:
            by_level[place.level, place.kind][place.parent.order if place.parent else 0].append((place, number))
    for families in by_level.values():
        firsts = [numbered[0][1] for numbered in families.values()]
        if 2 * sum(number == 1 for number in firsts) < len(firsts):
            families = {0: [one for numbered in families.values() for one in numbered]}
        for numbered in families.values():
            last = 0
            for place, number in numbered:
                if number != last + 1:
                    yield _warning("place.out-of-order", place.pieces[0], place.pieces[0].printed, str(last + 1))
                last = number


def _levels_skipped(reading: Reading, levels: Sequence[Level], card: LayoutCard) -> Iterator[Problem]:
    """Yield an error for each heading without the level above it, and each indicator not under the lowest level.

    Of the levels that a document has, a heading is rather lost than left out, unless the card says that it may be.
    """
    for place in reading.places:
        higher = levels[: levels.index(place.level)]
        while higher and higher[-1] in card.optional_levels:
            if place.parent and place.parent.level is higher[-1]:
                break
            higher = higher[:-1]
        above = place.parent
        while above is not None and above.level is place.level:  # a measure under a measure
            above = above.parent
        if higher and (above is None or above.level is not higher[-1]):
            yield _level_skipped(place.pieces[0], higher[-1])
    allowed = card.listed_under or frozenset(levels[-1:])
    for block in reading.blocks:
        if levels and block.places and block.places[0].level not in allowed:
            yield _level_skipped(block.label, levels[-1])


def _level_skipped(piece: Piece, wanted: Level) -> Problem:
    return Problem("place.level-skipped", piece.cell.at, piece.printed, wanted.value)


def _headings_without_indicator(reading: Reading, card: LayoutCard) -> Iterator[Problem]:
    """Yield a warning for each heading that has neither an indicator nor another heading below it.

    Where nothing but its column says that it is a heading, it is an error: it may as well be a remark below a table.
    """
    columned = card.kind in ("wide", "long") and not card.indent
    used = {place.order for block in reading.blocks for place in block.places}
    used |= {place.parent.order for place in reading.places if place.parent}
    goals = [example for level, example in card.hierarchy if level is Level.GOAL]
    for place in reading.places:
        if place.order not in used:
            if place.level is Level.GOAL and len(goals) > 1:  # then the second kind stands below the first
                found = f"layout.hierarchy.goal = {goals!r}: {normalise(place.pieces[0].printed)}"
                expected = f'goal = "{goals[0]}", direction = "{goals[1]}"'
                yield Problem("card.field", place.pieces[0].cell.at, found, expected)
                continue
            doubt = _warning("place.unlisted", place.pieces[0], place.pieces[0].printed)
            yield replace(doubt, severity=Severity.ERROR) if columned and not place.notation else doubt


def _numbers_in_labels(reading: Reading) -> Iterator[Problem]:
    """Yield a warning for each level whose headings begin with numbers that count up and are no part of their names."""
    for level in Level:
        labels = [(p, begins_with(p.label)) for p in reading.places if p.level is level and not p.notation]
        numbered = [(place, example) for place, example in labels if example]
        counted = {ordinal(heading_notation(example, place.label)) for place, example in numbered}
        if {1, 2} <= counted:
            place, example = numbered[0]
            yield _warning("place.number", place.pieces[0], place.pieces[0].printed, f'{level} = "{example}"')


def _unknown_units(reading: Reading, units: UnitCodelist) -> Iterator[Problem]:
    """Yield an error for each number whose own unit the code list has not: 2.9TJ."""
    for block in reading.blocks:
        for entry in block.entries:
            glued = entry.quantity.unit
            if glued and entry.quantity.form in _COUNTED and units.find(glued) is None:
                yield Problem("unit.unknown", entry.value_piece.cell.at, glued, "data/codelists/units.csv")


def _numbers_without_unit(reading: Reading) -> Iterator[Problem]:
    for block in reading.blocks:
        piece = block.unit_piece
        counted = any(e.quantity.form is ValueForm.ABSOLUTE and not e.quantity.unit for e in block.entries)
        if counted and block.unit is None and (piece is None or is_missing_mark(piece.text)):
            yield _warning("unit.missing", piece or block.label, "", "1,234 | トン | 水産課")


def _departments_as_values(reading: Reading) -> Iterator[Problem]:
    """Yield an error for each value in words that is the name of a department: a cell before it is lost."""
    departments = {compact(b.department.text) for b in reading.blocks if b.department}
    for block in reading.blocks:
        for entry in block.entries:
            piece = entry.value_piece
            if entry.quantity.form is ValueForm.QUALITATIVE and compact(piece.text) in departments:
                yield Problem("cell.misplaced", piece.cell.at, piece.printed, "1,234")
