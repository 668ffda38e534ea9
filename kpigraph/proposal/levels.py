"""What the headings that a trial read, or did not, call for in the card: numbers, indentation, blanks."""

from collections.abc import Iterable

from kpigraph.layouts import Part, Reading
from kpigraph.layouts.words import Meaning, folded, usual
from kpigraph.model import LayoutCard, Level
from kpigraph.problems import Problem
from kpigraph.proposal import evidence
from kpigraph.read.columns import width
from kpigraph.text import compact

_LEVELS = {2: (Level.GOAL, Level.MEASURE), 3: tuple(Level)}  # by how many widths of indentation there are


def goals_apart(card: LayoutCard, problems: Iterable[Problem]) -> tuple[tuple[Level, str], ...]:
    """Return the hierarchy of a card; its second kind of goals is one of directions where it stands below the first."""
    goals = [example for level, example in card.hierarchy if level is Level.GOAL]
    if len(goals) < 2 or not any(p.code == "card.field" for p in problems):
        return card.hierarchy
    lower = [(Level.DIRECTION, example) for example in goals[1:]]
    rest = [(level, example) for level, example in card.hierarchy if level is not Level.GOAL]
    return ((Level.GOAL, goals[0]), *lower, *rest)


def numbers(reading: Reading, card: LayoutCard) -> dict[Level, tuple[tuple[str, ...], str]]:
    """Return how the numbers look that headings in columns begin with, and why, where the card does not say so yet."""
    found: dict[Level, tuple[tuple[str, ...], str]] = {}
    for level in Level if card.kind in ("wide", "long", "sheet") else ():
        places = [p for p in reading.places if p.level is level and not p.notation and p.pieces]
        told = evidence.numbers([place.pieces[0].cell for place in places]) if level not in card.numbers else None
        article = told is not None and all(example in ("A", "a", "I") for example in told.examples)  # A safe city
        if told is not None and not (article and told.count < 2):
            found[level] = told.examples, f"{told.count} / {len(places)} 見出し / headings, {told.at.at.shown}"
    return found


def indents(reading: Reading, card: LayoutCard) -> dict[Level, int]:
    """Return from which width of blanks on a heading is of each level, {} where indentation tells none.

    So it may where headings of several levels share a column and none bears a number.
    """
    wanted = {p.at for p in reading.problems if p.code == "cell.unread" and p.expected == "[layout.hierarchy]"}
    texts = [cell.cell.text for cell in reading.unread if cell.cell.at in wanted]
    widths = sorted({width(text[: len(text) - len(text.lstrip())]) for text in texts})
    return dict(zip(_LEVELS[len(widths)], widths, strict=True)) if len(widths) in _LEVELS and not card.indent else {}


def in_columns(reading: Reading) -> set[Level]:
    """Return the levels of headings that bear no number, so that only their column tells them."""
    return {place.level for place in reading.places if place.pieces and not place.notation}


def of_parts(reading: Reading) -> set[str]:
    """Return what the parts of an indicator lack that its first part has: its unit, its department."""
    units: dict[str, set[bool]] = {}
    departments: dict[str, set[bool]] = {}
    for block in reading.blocks:
        if block.category is not None:
            label = compact(block.label.text)
            units.setdefault(label, set()).add(block.unit_piece is None)
            departments.setdefault(label, set()).add(block.department is None)
    lacking = {Meaning.UNIT.value: units, Meaning.DEPARTMENT.value: departments}
    return {meaning for meaning, of_label in lacking.items() if any(len(kinds) > 1 for kinds in of_label.values())}


def headers_of_parts(reading: Reading) -> list[str]:
    """Return the headers of columns of roles in which no cell names a role: they name parts, as 区分 over 男, 女."""
    strange = {(p.at.key, p.at.cell) for p in reading.problems if p.code == "role.unknown"}
    roles = {(c.cell.at.key, c.cell.at.cell) for c in reading.cells if c.pieces[0].part is Part.ROLE}
    headers = [c.cell for c in reading.cells if c.pieces[0].part is Part.HEADER]
    places = [(header, (header.at.key, header.at.cell)) for header in headers]
    found = [header.text for header, at in places if at in strange - roles and usual_role_header(header.text)]
    return list(dict.fromkeys(found))


def usual_role_header(text: str) -> bool:
    """Tell whether `text` is a usual header of a column of roles."""
    return folded(text) in {folded(word) for word in usual()[Meaning.ROLE]}
