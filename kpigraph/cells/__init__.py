"""Read one cell that says several things: 120人（H26年度）, 50→55, 100→120（H29年度変更）, 90%※1, 男：50%、女：60%.

What stands in the cell is shared out without a rest: the printed shares of a `ParsedCell`, joined, are the cell. The
words are those of a language (`kpigraph.language`); values and periods are read by `quantities.py` and `periods.py`.
Whatever is not certain is an error: two numbers without a word between them, a bracket that could be a second value.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from kpigraph.cells.around import TRAILING, read_revision, read_value, with_former
from kpigraph.cells.dated import is_of_years, period_of_value
from kpigraph.cells.marks import MARK, mark_key, parse_footnote, skeleton
from kpigraph.cells.parsed import CellShare, CellValue, ParsedCell, Relation, Share
from kpigraph.cells.text import BRACKETS, CellText
from kpigraph.codelists import UnitCodelist
from kpigraph.language import LANGUAGES
from kpigraph.model import JAPANESE, Conventions, ValueForm
from kpigraph.problems import SourceLocation
from kpigraph.quantities import find_quantity
from kpigraph.text import compact, is_ditto, normalise

__all__ = [
    "CellShare", "CellValue", "ParsedCell", "Relation", "Share", "is_of_years", "mark_key", "parse_cell",
    "parse_footnote", "period_of_value",
]  # fmt: skip

_LONGEST = 400  # characters; a longer cell with a number is a text, not a value
_AS_BESIDE = frozenset(("同左", "同右", "左に同じ", "右に同じ"))
_ARROW = re.compile(r"→|⇒|⇨|➡|➔|➜|->|=>")
_BETWEEN_MARKS = re.compile(r"(?<= )[、,・](?= |$)(?= *$)")
_COMMAS = re.compile(r"[、,;/・\n]|\s{2,}")
_LABEL = re.compile(r"\s*(?P<label>[^\W\d_][^\d:、,()→]{0,19}?)\s*:?\s*(?P<value>[+\-△▲約]?\s?[0-9].*?)\s*", re.DOTALL)


def parse_cell(
    text: str,
    at: SourceLocation,
    units: UnitCodelist,
    *,
    conventions: Conventions = JAPANESE,
    footnotes: Mapping[str, str] | None = None,
) -> ParsedCell:
    """Return all that one value cell says.

    `footnotes` has the text of each footnote by `mark_key`; `units` tells a unit in brackets from a remark.

    Raises:
        SourceError: quantity.unreadable or period.unreadable, with what was found and examples of what is read.
    """
    # no word repeats a value of another year
    is_no_value = len(text) > _LONGEST or is_ditto(text) or compact(text) in _AS_BESIDE
    if not is_no_value and (value := _plain(text, conventions)) is not None:
        return ParsedCell(values=(value,), relation=Relation.ONE, shares=(CellShare(Share.VALUE, text, 0),))
    cell = CellText(text, skeleton(text), at, units, conventions, footnotes or {})
    if is_no_value:
        raise cell.unreadable()
    if not cell.whole(0, len(text)):
        _take_marks(cell)
    values, relation = _values(cell)
    if relation is Relation.ONE and cell.notes:
        values = [_as_noted(cell, value) for value in values]
    return ParsedCell(
        values=tuple(values),
        relation=relation,
        shares=tuple(cell.shares()),
        notes=tuple(dict.fromkeys(note for _, note in sorted(cell.notes))),
        unresolved=tuple(cell.unresolved),
    )


def _plain(text: str, conventions: Conventions) -> CellValue | None:
    """Return the value of a cell that is a number with its unit, or a mark for none, and nothing else, as most are."""
    quantity = find_quantity(text, conventions)
    if quantity is None or quantity.form is ValueForm.QUALITATIVE or text != text.strip():
        return None
    if quantity.unit in LANGUAGES[conventions.language].words.period_ends:  # 2023年 may be a year
        return None
    return CellValue(quantity=quantity, printed=text)


def _values(cell: CellText) -> tuple[list[CellValue], Relation]:
    if cell.whole(0, len(cell.text)):
        return [read_value(cell, 0, len(cell.text))], Relation.ONE
    if pieces := _split(cell, _ARROW):
        return _arrow(cell, pieces)
    if labelled := _labelled(cell):
        return labelled, Relation.LABELLED
    return [read_value(cell, 0, len(cell.text))], Relation.ONE


def _as_noted(cell: CellText, value: CellValue) -> CellValue:
    """Return `value` as estimated or provisional where that is all that a footnote says: ※ 速報値である。"""
    quantity, words = value.quantity, cell.words
    said = [m["word"] for _, note in cell.notes if (m := words.note.fullmatch(normalise(note).casefold()))]
    provisional = quantity.provisional or any(map(words.provisional.fullmatch, said))
    estimated = quantity.estimated or any(map(words.estimated.fullmatch, said))
    if quantity.form in (ValueForm.MISSING, ValueForm.QUALITATIVE) or (provisional, estimated) == (
        quantity.provisional,
        quantity.estimated,
    ):
        return value
    return replace(value, quantity=replace(quantity, provisional=provisional, estimated=estimated))


def _take_marks(cell: CellText) -> None:
    """Claim every footnote mark and blank it out; a mark alone in a cell stays, since it is the value."""
    for m in MARK.finditer(cell.flat):
        if not (cell.flat[: m.start()] + cell.flat[m.end() :]).strip():
            continue
        cell.claim(m.start(), m.end(), Share.MARK)
        printed = cell.text[m.start() : m.end()]
        note = cell.footnotes.get(mark_key(printed))
        if note is None:
            cell.unresolved.append(printed)
        else:
            cell.notes.append((m.start(), note))
    for start, (end, share) in cell.claims.items():
        if share is Share.MARK:
            cell.flat = cell.flat[:start] + " " * (end - start) + cell.flat[end:]
    cell.flat = _BETWEEN_MARKS.sub(lambda m: " " * len(m[0]), cell.flat)


def _split(cell: CellText, joint: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return the pieces of the cell between joints outside brackets, [] if there is no joint."""
    hidden = BRACKETS.sub(lambda m: "(" + "x" * (len(m[0]) - 2) + ")", cell.flat)
    cuts = [(m.start(), m.end()) for m in joint.finditer(hidden)]
    if not cuts:
        return []
    starts, ends = [0, *(after for _, after in cuts)], [*(before for before, _ in cuts), len(cell.flat)]
    return list(zip(starts, ends, strict=True))


def _arrow(cell: CellText, pieces: list[tuple[int, int]]) -> tuple[list[CellValue], Relation]:
    """Read from → to. Where the last value is marked as revised, the others are what it was before."""
    start, end = pieces[-1]
    revised, when = None, None
    if m := TRAILING.search(cell.flat[start:end]):
        inside = start + m.start("inside"), start + m.end("inside")
        if revised := cell.words.revised.fullmatch(cell.flat[inside[0] : inside[1]].strip()):
            when = read_revision(cell, inside, revised)
            pieces[-1] = (start, start + m.start("bracket"))
    values = [read_value(cell, *piece) for piece in pieces]
    if any(not value.printed for value in values):
        raise cell.unreadable()
    if revised is None:
        return values, Relation.ARROW
    if len(values) != 2 or values[0].quantity.form is ValueForm.MISSING:
        raise cell.unreadable()
    cell.reclaim(0, pieces[0][1], Share.VALUE, Share.FORMER)
    return [with_former(values[1], values[0], when)], Relation.ONE


def _is_no_label(cell: CellText, m: re.Match[str]) -> bool:
    """Tell whether what stands before a number belongs to it: at least 60, 累計30件, 令和5年."""
    word, (start, end) = m["label"].strip().casefold(), (m.start("label"), m.end("value"))
    around = (*cell.words.prefixes, *(w.strip() for w in cell.words.standing_before))
    return word in around or cell.quantity(start, end) is not None or cell.period(start, end) is not None


def _labelled(cell: CellText) -> list[CellValue]:
    """Read 男：50%、女：60%: every piece must have a label of its own and a value; else [], nothing claimed."""
    found = []
    for start, end in _split(cell, _COMMAS):
        m = _LABEL.fullmatch(cell.flat, start, end)
        if m is None:
            return []
        value = cell.quantity(m.start("value"), m.end("value"))
        if value is None or value.form is not ValueForm.ABSOLUTE or _is_no_label(cell, m):
            return []
        found.append((m, value))
    labels = [cell.text[m.start("label") : m.end("label")].strip() for m, _ in found]
    if len(set(map(compact, labels))) < len(labels):
        return []
    values = []
    for (m, quantity), label in zip(found, labels, strict=True):
        cell.claim(m.start("label"), m.end("label"), Share.LABEL)
        cell.claim(m.start("value"), m.end("value"), Share.VALUE)
        printed = cell.text[m.start("value") : m.end("value")]
        values.append(CellValue(quantity=quantity, printed=printed, label=label))
    return values
