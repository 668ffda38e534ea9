"""Read one cell that says several things: 120人（H26年度）, 50→55, 100→120（H29年度変更）, 90%※1, 男：50%、女：60%.

What stands in the cell is shared out without a rest: the printed shares of a `ParsedCell`, joined, are the cell. The
words are those of a language (`kpigraph.language`); values and periods are read by `quantities.py` and `periods.py`.
Whatever is not certain is an error: two numbers without a word between them, a bracket that could be a second value.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from kpigraph.codelists import UnitCodelist
from kpigraph.language import LANGUAGES, CellWords
from kpigraph.model import (
    JAPANESE,
    Aggregation,
    Basis,
    Conventions,
    Period,
    Quantity,
    StatedPeriod,
    ValueForm,
)
from kpigraph.periods import parse_period
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.quantities import parse_quantity
from kpigraph.text import compact, normalise

EXPECTED = "120人（H26年度）, 50.0→55.0, 100→120（H29年度変更）, 累計30件（5年間）, 男：50%、女：60%, 90%※1"
_LONGEST = 400  # characters; a longer cell with a number is a text, not a value


class Share(StrEnum):
    """What a share of a cell's text is."""

    VALUE = "value"
    FORMER = "former"  # the value before a revision
    PERIOD = "period"
    UNIT = "unit"
    WORD = "word"  # 累計, 毎年度, 見込, 変更
    LABEL = "label"  # 男, 小学校
    MARK = "mark"  # ※1
    NOTE = "note"
    JOINT = "joint"  # blanks, brackets, arrows, commas


class Relation(StrEnum):
    """How the values of one cell belong together."""

    ONE = "one"  # there is one
    ARROW = "arrow"  # from the first to the last; what each is, the column says
    LABELLED = "labelled"  # one a label


@dataclass(frozen=True, slots=True)
class CellShare:
    """A share of a cell: its kind, the text as printed, where in the cell it begins (counted from 0)."""

    share: Share
    printed: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellValue:
    """One value of a cell. `printed` has it as printed, `printed_period` its period, "" where the cell has none.

    `period` is None where the cell says nothing of it; `aggregation` is what it says without one (累計, 毎年度).
    """

    quantity: Quantity
    printed: str
    period: StatedPeriod | None = None
    printed_period: str = ""
    aggregation: Aggregation | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCell:
    """All that one cell says; `"".join(s.printed for s in shares)` is the cell, and `values` is never empty.

    `notes` are the texts of its remarks, footnotes included; `unresolved` the footnote marks of which no text is known.
    """

    values: tuple[CellValue, ...]
    relation: Relation
    shares: tuple[CellShare, ...]
    notes: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()

    @property
    def value(self) -> CellValue:
        """The value of a cell that has one; the last of several."""
        return self.values[-1]


# Footnote marks: ※1, *1, (注1), 注1), †. A bare * or ※ is one only after something else.
_MARK = re.compile(r"※[0-9]{1,2}|(?<=.)※|\((?:※|注|\*)\s?[0-9]{0,2}\)|注[0-9]{1,2}\)?|(?<=.)\*[0-9]{0,2}(?![0-9])|[†‡]")
_NOTE_LINE = re.compile(
    r"\s*(?P<mark>※[0-9]{0,2}|\((?:※|注|\*)\s?[0-9]{0,2}\)|注[0-9]{0,2}|\*[0-9]{0,2}|[†‡])[):：\s]*(?P<text>\S.*)",
    re.DOTALL,
)
_ARROW = re.compile(r"→|⇒|⇨|➡|➔|➜|->|=>")
_BRACKETS = re.compile(r"\([^()]*\)")
_TRAILING = re.compile(r"(?P<bracket>\((?P<inside>[^()]*)\))\s*$")
_LEADING = re.compile(r"^\s*(?P<bracket>\((?P<inside>[^()]*)\))")
_COMMAS = re.compile(r"[、,;/・\n]|\s{2,}")
_LABEL = re.compile(r"\s*(?P<label>[^\W\d_][^\d:、,()→]{0,19}?)\s*:?\s*(?P<value>[+\-△▲約]?\s?[0-9].*?)\s*", re.DOTALL)
_SAME_WIDTH = {
    "（": "(",
    "）": ")",
    "［": "(",
    "］": ")",
    "[": "(",
    "]": ")",
    "【": "(",
    "】": ")",
    "〔": "(",
    "〕": ")",
}


def mark_key(mark: str) -> str:
    """Return what two printings of one footnote mark share: "※1" for （※１） and ※1."""
    return re.sub(r"[()\s]", "", compact(mark))


def parse_footnote(text: str) -> tuple[str, str] | None:
    """Return the mark and the text of a footnote line such as "※1 速報値", None if `text` is none.

    A layout collects the footnotes of a table so, by `mark_key`, and hands them to `parse_cell`.
    """
    folded = _skeleton(text)
    m = _NOTE_LINE.fullmatch(folded)
    if m is None or not any(c.isalpha() for c in m["text"]):
        return None
    return mark_key(m["mark"]), text[m.start("text") : m.end("text")].strip()


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
    return _CellReader(text, at, units, conventions, footnotes or {}).read()


@dataclass(slots=True)
class _CellReader:
    text: str
    at: SourceLocation
    units: UnitCodelist
    conventions: Conventions
    footnotes: Mapping[str, str]
    flat: str = ""
    claims: dict[int, tuple[int, Share]] = field(default_factory=dict)
    notes: list[tuple[int, str]] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)

    @property
    def words(self) -> CellWords:
        return LANGUAGES[self.conventions.language].words

    def read(self) -> ParsedCell:
        self.flat = _skeleton(self.text)
        if len(self.text) > _LONGEST:
            raise self._unreadable()
        if self._whole(0, len(self.text)) and not _MARK.search(self.flat):
            return self._done([_Said(self).value(0, len(self.text))], Relation.ONE)
        self._take_marks()
        values, relation = self._values()
        return self._done(values, relation)

    def _values(self) -> tuple[list[CellValue], Relation]:
        length = len(self.text)
        if pieces := self._split(_ARROW, 0, length):
            return self._arrow(pieces)
        if labelled := self._labelled():
            return labelled, Relation.LABELLED
        return [self._value(0, length)], Relation.ONE

    def _done(self, values: list[CellValue], relation: Relation) -> ParsedCell:
        return ParsedCell(
            values=tuple(values),
            relation=relation,
            shares=tuple(self._shares()),
            notes=tuple(dict.fromkeys(note for _, note in sorted(self.notes))),
            unresolved=tuple(self.unresolved),
        )

    # ---- marks

    def _take_marks(self) -> None:
        """Claim every footnote mark and blank it out; a mark alone in a cell stays, since it is the value."""
        for m in _MARK.finditer(self.flat):
            if not (self.flat[: m.start()] + self.flat[m.end() :]).strip():
                continue
            self._claim(m.start(), m.end(), Share.MARK)
            printed = self.text[m.start() : m.end()]
            note = self.footnotes.get(mark_key(printed))
            if note is None:
                self.unresolved.append(printed)
            else:
                self.notes.append((m.start(), note))
        for start, (end, share) in self.claims.items():
            if share is Share.MARK:
                self.flat = self.flat[:start] + " " * (end - start) + self.flat[end:]

    # ---- several values

    def _split(self, joint: re.Pattern[str], start: int, end: int) -> list[tuple[int, int]]:
        """Return the pieces of a stretch between joints outside brackets, [] if there is no joint."""
        hidden = _BRACKETS.sub(lambda m: "(" + "x" * (len(m[0]) - 2) + ")", self.flat[start:end])
        cuts = [(start + m.start(), start + m.end()) for m in joint.finditer(hidden)]
        if not cuts:
            return []
        starts, ends = [start, *(after for _, after in cuts)], [*(before for before, _ in cuts), end]
        return list(zip(starts, ends, strict=True))

    def _arrow(self, pieces: list[tuple[int, int]]) -> tuple[list[CellValue], Relation]:
        """Read from → to. Where the last value is marked as revised, the others are what it was before."""
        start, end = pieces[-1]
        revised, when = None, None
        if m := _TRAILING.search(self.flat[start:end]):
            inside = start + m.start("inside"), start + m.end("inside")
            if revised := self.words.revised.fullmatch(self.flat[inside[0] : inside[1]].strip()):
                when = self._revision(inside, revised)
                pieces[-1] = (start, start + m.start("bracket"))
        values = [self._value(*piece) for piece in pieces]
        if any(not value.printed for value in values):
            raise self._unreadable()
        if revised is None:
            return values, Relation.ARROW
        if len(values) != 2 or values[0].quantity.form is ValueForm.MISSING:
            raise self._unreadable()
        for begin, (stop, share) in list(self.claims.items()):
            if share is Share.VALUE and begin < pieces[0][1]:
                self.claims[begin] = (stop, Share.FORMER)
        return [self._with_former(values[1], values[0], when)], Relation.ONE

    def _with_former(self, value: CellValue, former: CellValue, when: Period | None) -> CellValue:
        quantity = replace(value.quantity, former_text=former.printed, former_value=former.quantity.value, revised=when)
        return replace(value, quantity=quantity)

    def _revision(self, inside: tuple[int, int], m: re.Match[str]) -> Period | None:
        """Claim what says that a value was revised, and return when; a date that cannot be read is an error."""
        self._claim(*inside, Share.WORD)
        if not m["when"].strip():
            return None
        return parse_period(m["when"], self.at, conventions=self.conventions).period

    def _labelled(self) -> list[CellValue]:
        """Read 男：50%、女：60%: every piece must have a label of its own and a value; else [], nothing claimed."""
        found = []
        for start, end in self._split(_COMMAS, 0, len(self.text)):
            m = _LABEL.fullmatch(self.flat, start, end)
            if m is None:
                return []
            value = self._quantity(m.start("value"), m.end("value"))
            if value is None or value.form is not ValueForm.ABSOLUTE:
                return []
            found.append((m, value))
        labels = [self.text[m.start("label") : m.end("label")].strip() for m, _ in found]
        if len(set(map(compact, labels))) < len(labels):
            return []
        values = []
        for (m, quantity), label in zip(found, labels, strict=True):
            self._claim(m.start("label"), m.end("label"), Share.LABEL)
            self._claim(m.start("value"), m.end("value"), Share.VALUE)
            printed = self.text[m.start("value") : m.end("value")]
            values.append(CellValue(quantity=quantity, printed=printed, label=label))
        return values

    # ---- one value

    def _value(self, start: int, end: int) -> CellValue:
        """Read one value with the brackets, words and period around it."""
        said = _Said(self)
        while True:
            start, end = self._trimmed(start, end)
            stretch = self.flat[start:end]
            if self._whole(start, end):
                break
            if (m := _TRAILING.search(stretch)) and m.start():
                said.bracket(start + m.start("inside"), start + m.end("inside"))
                end = start + m.start("bracket")
            elif (m := _LEADING.match(stretch)) and m.end() < len(stretch):
                said.bracket(start + m.start("inside"), start + m.end("inside"))
                start += m.end("bracket")
            elif taken := said.before(start, end):
                start = taken
            else:
                break
        return said.value(start, end)

    def _whole(self, start: int, end: int) -> bool:
        """Tell whether a stretch is one value with nothing around it: brackets that belong to it stay in it."""
        quantity = self._quantity(start, end)
        if quantity is None:
            return False
        return quantity.form is not ValueForm.QUALITATIVE or not _BRACKETS.search(self.flat[start:end])

    def _quantity(self, start: int, end: int) -> Quantity | None:
        try:
            return parse_quantity(self.text[start:end], self.at, conventions=self.conventions)
        except SourceError:
            return None

    def _period(self, start: int, end: int) -> StatedPeriod | None:
        try:
            stated = parse_period(self.text[start:end], self.at, conventions=self.conventions)
        except SourceError:
            return None
        return stated if stated.period else None

    # ---- the text

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        stretch = self.flat[start:end]
        return start + len(stretch) - len(stretch.lstrip()), end - len(stretch) + len(stretch.rstrip())

    def _claim(self, start: int, end: int, share: Share) -> None:
        start, end = self._trimmed(start, end) if self.flat[start:end].strip() else (start, end)
        if start < end:
            self.claims[start] = (end, share)

    def _shares(self) -> Iterator[CellShare]:
        """Yield the shares in order; what nothing claimed are joints, which hold neither letter nor digit."""
        done = 0
        for start, (end, share) in sorted(self.claims.items()):
            if done < start:
                yield self._joint(done, start)
            yield CellShare(share, self.text[start:end], start)
            done = end
        if done < len(self.text):
            yield self._joint(done, len(self.text))

    def _joint(self, start: int, end: int) -> CellShare:
        printed = self.text[start:end]
        if any(c.isalnum() for c in printed):
            raise self._unreadable()
        return CellShare(Share.JOINT, printed, start)

    def _unreadable(self) -> SourceError:
        return SourceError(Problem("quantity.unreadable", self.at, found=self.text, expected=EXPECTED))


@dataclass(slots=True)
class _Said:
    """What stands around one value, gathered from the outside in."""

    cell: _CellReader
    period: StatedPeriod | None = None
    printed_period: str = ""
    aggregation: Aggregation | None = None
    unit: str = ""
    estimated: bool = False
    provisional: bool = False
    revised: bool = False
    revised_in: Period | None = None
    former: CellValue | None = None

    def bracket(self, start: int, end: int) -> None:
        """Read what stands in brackets beside a value: a period, a word, a unit, the former value, else a remark.

        Raises:
            SourceError: if it could be a second value, or says again what was said.
        """
        cell, words = self.cell, self.cell.words
        start, end = cell._trimmed(start, end)
        inside = normalise(cell.text[start:end])
        if not inside:
            raise cell._unreadable()
        if m := words.former.fullmatch(inside):
            offset = end - len(m["value"])
            self.former = cell._value(offset, end)
            cell.claims = {
                s: (e, Share.FORMER if share is Share.VALUE and s >= offset else share)
                for s, (e, share) in cell.claims.items()
            }
            cell._claim(start, offset, Share.WORD)
        elif inside in words.suffixes:
            self._aggregated(words.suffixes[inside])
            cell._claim(start, end, Share.WORD)
        elif words.estimated.fullmatch(inside) or words.provisional.fullmatch(inside):
            self.provisional |= bool(words.provisional.fullmatch(inside))
            self.estimated |= not self.provisional
            cell._claim(start, end, Share.WORD)
        elif m := words.revised.fullmatch(inside):
            self.revised, self.revised_in = True, cell._revision((start, end), m)
        elif (stated := cell._period(start, end)) is not None:
            self._dated(stated, start, end)
        elif cell.units.find(inside) is not None and not self.unit:
            self.unit = cell.text[start:end]
            cell._claim(start, end, Share.UNIT)
        else:
            self._remark(inside, start, end)

    def _remark(self, inside: str, start: int, end: int) -> None:
        """Keep words in brackets as a note, unless they may be more: a number, a bare year, another role's value."""
        cell = self.cell
        quantity = cell._quantity(start, end)
        has_number = any(c.isdigit() for c in inside)
        if quantity is not None and quantity.form is not ValueForm.QUALITATIVE:
            raise cell._unreadable()
        if has_number and (cell.words.roles.match(inside) or len(inside) <= 4):
            parse_period(cell.text[start:end], cell.at, conventions=cell.conventions)  # says what is wrong with it
            raise cell._unreadable()
        if not any(c.isalpha() for c in inside) or re.fullmatch(r"[十百千万億兆]+\S?", inside):  # 千人 may be the unit
            raise cell._unreadable()
        cell.notes.append((start, cell.text[start:end].strip()))
        cell._claim(start, end, Share.NOTE)

    def before(self, start: int, end: int) -> int | None:
        """Read a word, a length of time or a period that stands before the value; return where the value begins."""
        cell, words = self.cell, self.cell.words
        stretch = cell.flat[start:end]
        for word in sorted(words.prefixes, key=len, reverse=True):
            if stretch.startswith(word) and re.match(r"\s*[:約+\-△▲]?\s*[0-9]", stretch[len(word) :]):
                self._aggregated(words.prefixes[word])
                cell._claim(start, start + len(word), Share.WORD)
                return start + len(word) + len(stretch[len(word) :]) - len(stretch[len(word) :].lstrip(": "))
        if m := words.spans.match(stretch):
            stated = cell._period(start + m.start("span"), start + m.end("span"))
            if stated is not None:
                self._dated(stated, start, start + m.end("span"))
                cell._claim(start, start + m.end(), Share.PERIOD)
                return start + m.end()
        for cut in re.finditer(r"[:\s]\s*|(?<=[^\d\s.,/~-])(?=[0-9])", stretch):
            head, tail = (start, start + cut.start()), (start + cut.end(), end)
            glued = not cut[0]
            if glued and not stretch[: cut.start()].endswith(words.period_ends):
                continue
            stated = cell._period(*head) if cut.start() else None
            if stated is not None and cell._quantity(*tail) is not None:
                self._dated(stated, *head)
                return tail[0]
        return None

    def _aggregated(self, aggregation: Aggregation | None) -> None:
        if self.aggregation is not None and aggregation is not self.aggregation:
            raise self.cell._unreadable()
        self.aggregation = aggregation

    def _dated(self, stated: StatedPeriod, start: int, end: int) -> None:
        if self.period is not None:
            raise self.cell._unreadable()
        self.period, self.printed_period = stated, self.cell.text[start:end]
        self.cell._claim(start, end, Share.PERIOD)

    def value(self, start: int, end: int) -> CellValue:
        """Return the value in the stretch that is left, with all that was said of it."""
        cell = self.cell
        start, end = cell._trimmed(start, end)
        quantity = cell._quantity(start, end)
        if quantity is None or (quantity.form is ValueForm.QUALITATIVE and start == end):
            quantity = self._milestone(start, end)
        if quantity is None:
            raise cell._unreadable()
        if self.unit and quantity.unit and compact(self.unit) != compact(quantity.unit):
            raise cell._unreadable()
        cell._claim(start, end, Share.VALUE)
        quantity = replace(
            quantity,
            unit=quantity.unit or compact(self.unit),
            estimated=quantity.estimated or self.estimated,
            provisional=quantity.provisional or self.provisional,
        )
        if self.revised or self.former is not None:
            quantity = replace(quantity, revised=self.revised_in)
        value = CellValue(quantity=quantity, printed=cell.text[start:end])
        if self.former is not None:
            value = cell._with_former(value, self.former, self.revised_in)
        if quantity.form is ValueForm.QUALITATIVE and self.period is not None and quantity.due is None:
            due = self.period.period
            return replace(value, quantity=replace(value.quantity, due=due), printed_period="")
        return replace(value, period=self._period(), printed_period=self.printed_period, aggregation=self.aggregation)

    def _period(self) -> StatedPeriod | None:
        """Return the period with the aggregation that a word beside it states: 累計30件（5年間）."""
        if self.period is None or self.aggregation is None or self.period.period is None:
            return self.period
        return replace(self.period, aggregation=self.aggregation, aggregation_basis=Basis.STATED)

    def _milestone(self, start: int, end: int) -> Quantity | None:
        """Read what is to be done by a day: R7.3月完成, or the day alone."""
        cell = self.cell
        if (stated := cell._period(start, end)) is not None:
            return Quantity(form=ValueForm.QUALITATIVE, due=stated.period)
        for m in [cell.words.milestone.fullmatch(cell.flat, start, end)]:
            if m is None or (quantity := cell._quantity(m.start("what"), m.end("what"))) is None:
                return None
            stated = cell._period(m.start("when"), m.end("when"))
            if stated is not None and quantity.form is ValueForm.QUALITATIVE:
                return replace(quantity, due=stated.period)
        return None


def _skeleton(text: str) -> str:
    """Return `text` as the reader looks at it, character for character: half-width, one kind of bracket and dash."""
    return "".join(_flat(c) for c in text)


def _flat(c: str) -> str:
    if c in _SAME_WIDTH:
        return _SAME_WIDTH[c]
    folded = unicodedata.normalize("NFKC", c)
    if len(folded) != 1 or (folded.isdigit() and not c.isdigit()):
        return c
    return " " if folded.isspace() else folded
