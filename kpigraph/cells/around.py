"""Read one value and what stands around it: brackets, words, a period before it, the value it replaced."""

import re
from dataclasses import dataclass, replace

from kpigraph.cells.parsed import CellValue, Share
from kpigraph.cells.text import CellText
from kpigraph.model import Aggregation, Basis, MissingReason, Period, Quantity, StatedPeriod, ValueForm
from kpigraph.periods import parse_period
from kpigraph.text import compact, normalise

TRAILING = re.compile(r"(?P<bracket>\((?P<inside>[^()]*)\))\s*$")
_LEADING = re.compile(r"^\s*(?P<bracket>\((?P<inside>[^()]*)\))")
_LIKE_A_PERIOD = re.compile(
    r"(?:令和|平成|昭和|[hrs]\.?)\s?(?:元|[0-9])|(?:19|20)[0-9]{2}(?![0-9])|fy\s?'?[0-9]|[0-9]{1,2}年"
)
_MAY_BE_A_UNIT = re.compile(r"[十百千万億兆]+\S?")


def read_value(cell: CellText, start: int, end: int) -> CellValue:
    """Return the one value of a stretch, with all that stands around it.

    Raises:
        SourceError: if anything in it is not certain.
    """
    said = _Said(cell)
    while True:
        start, end = cell.trimmed(start, end)
        stretch = cell.flat[start:end]
        if cell.whole(start, end):
            break
        if (m := TRAILING.search(stretch)) and m.start():
            said.bracket(start + m.start("inside"), start + m.end("inside"))
            end = start + m.start("bracket")
        elif (m := _LEADING.match(stretch)) and m.end() < len(stretch):
            said.bracket(start + m.start("inside"), start + m.end("inside"))
            start += m.end("bracket")
        elif taken := said.before(start, end):
            start = taken
        elif taken := said.after(start, end):
            end = taken
        else:
            break
    return said.value(start, end)


def with_former(value: CellValue, former: CellValue, when: Period | None) -> CellValue:
    """Return `value` as the revision of `former`."""
    quantity = replace(value.quantity, former_text=former.printed, former_value=former.quantity.value, revised=when)
    return replace(value, quantity=quantity)


def read_revision(cell: CellText, inside: tuple[int, int], m: re.Match[str]) -> Period | None:
    """Claim what says that a value was revised, and return when; a date that cannot be read is an error."""
    cell.claim(*inside, Share.WORD)
    when = m["when"].strip()
    return parse_period(when, cell.at, conventions=cell.conventions).period if when else None


@dataclass(slots=True)
class _Said:
    """What stands around one value, gathered from the outside in."""

    cell: CellText
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
        start, end = cell.trimmed(start, end)
        inside = normalise(cell.text[start:end]).casefold()
        if not inside:
            raise cell.unreadable()
        if m := words.former.fullmatch(inside):
            offset = end - len(m["value"])
            self.former = read_value(cell, offset, end)
            cell.reclaim(offset, end, Share.VALUE, Share.FORMER)
            cell.claim(start, offset, Share.WORD)
        elif inside in words.suffixes:
            self._aggregated(words.suffixes[inside])
            cell.claim(start, end, Share.WORD)
        elif words.estimated.fullmatch(inside) or words.provisional.fullmatch(inside):
            self._standing(inside)
            cell.claim(start, end, Share.WORD)
        elif m := words.revised.fullmatch(inside):
            self.revised, self.revised_in = True, read_revision(cell, (start, end), m)
        elif (stated := cell.period(start, end)) is not None:
            self._dated(stated, start, end)
        elif cell.units.find(inside) is not None:
            if self.unit:
                raise cell.unreadable()
            self.unit = cell.text[start:end]
            cell.claim(start, end, Share.UNIT)
        else:
            self._remark(inside, start, end)

    def _remark(self, inside: str, start: int, end: int) -> None:
        """Keep words in brackets as a note, unless they may be more: a number, a bare year, another role's value."""
        cell = self.cell
        quantity = cell.quantity(start, end)
        has_number = any(c.isdigit() for c in inside)
        if quantity is not None and quantity.form is not ValueForm.QUALITATIVE:
            raise cell.unreadable()
        if has_number and (cell.words.roles.match(inside) or len(inside) <= 4 or _LIKE_A_PERIOD.match(inside)):
            parse_period(cell.text[start:end], cell.at, conventions=cell.conventions)  # says what is wrong with it
            raise cell.unreadable()
        if cell.words.whole_span.fullmatch(inside):  # the value is not of the year over it
            raise cell.unreadable()
        if not any(c.isalpha() for c in inside) or _MAY_BE_A_UNIT.fullmatch(inside):  # 千人 may be the unit
            raise cell.unreadable()
        cell.notes.append((start, cell.text[start:end].strip()))
        cell.claim(start, end, Share.NOTE)

    def before(self, start: int, end: int) -> int | None:
        """Read a word, a length of time or a period that stands before the value; return where the value begins."""
        cell, words = self.cell, self.cell.words
        stretch = cell.flat[start:end].casefold()
        if cell.period(start, end) is not None:  # 令和9年3月31日 is a day, not 31日 of 令和9年3月
            return None
        for word in sorted(words.prefixes, key=len, reverse=True):
            rest = stretch[len(word) :]
            if stretch.startswith(word) and (self._number_begins(rest) or self._level_follows(start + len(word), end)):
                self._aggregated(words.prefixes[word])
                cell.claim(start, start + len(word), Share.WORD)
                return start + len(word) + len(rest) - len(rest.lstrip(": "))
        for word in words.standing_before:
            rest = stretch[len(word) :]
            if stretch.startswith(word) and self._number_begins(rest):
                self._standing(word)
                cell.claim(start, start + len(word), Share.WORD)
                return start + len(word) + len(rest) - len(rest.lstrip(": "))
        if m := words.spans.match(stretch):
            stated = cell.period(start + m.start("span"), start + m.end("span"))
            if stated is not None:
                self._dated(stated, start, start + m.end("span"))
                cell.claim(start, start + m.end(), Share.PERIOD)
                return start + m.end()
        for cut in re.finditer(r"[:\s]\s*|(?<=[^\d\s.,/~-])(?=[0-9])", stretch):
            head, tail = (start, start + cut.start()), (start + cut.end(), end)
            glued = not cut[0]
            if glued and not stretch[: cut.start()].endswith(words.period_ends):
                continue
            stated = cell.period(*head) if cut.start() else None
            if stated is not None and cell.quantity(*tail) is not None:
                self._dated(stated, *head)
                return tail[0]
        return None

    @staticmethod
    def _number_begins(text: str) -> bool:
        return bool(re.match(r"\s*[:約+\-△▲]?\s*[0-9]", text))

    def _level_follows(self, start: int, end: int) -> bool:
        """Tell whether what follows is a change of nothing, as in 毎年度前年度以上."""
        quantity = self.cell.quantity(start, end)
        return quantity is not None and quantity.form is ValueForm.RELATIVE

    def after(self, start: int, end: int) -> int | None:
        """Read a period that stands behind the value, after a word for it: 60% by March 31, 2025."""
        cell = self.cell
        stretch = cell.flat[start:end].casefold()
        for m in cell.words.period_follows.finditer(stretch):
            stated = cell.period(start + m.start("period"), end)
            value = cell.quantity(start, start + m.start())
            if stated is None or value is None or value.form is ValueForm.MISSING:
                continue
            in_words = value.form is ValueForm.QUALITATIVE  # which a colon alone parts from its day: 完成：R9年度末
            if in_words and (":" not in m[0][: m.start("period") - m.start()] or cell.words.roles.match(stretch)):
                continue
            self._dated(stated, start + m.start("period"), end)
            if m[0].strip(" ,:"):
                cell.claim(start + m.start(), start + m.start("period"), Share.WORD)
            return start + m.start()
        return None

    def _standing(self, word: str) -> None:
        """Take a word that says how sure a figure is."""
        if self.cell.words.provisional.fullmatch(word):
            self.provisional = True
        else:
            self.estimated = True

    def _aggregated(self, aggregation: Aggregation | None) -> None:
        if self.aggregation is not None and aggregation is not self.aggregation:
            raise self.cell.unreadable()
        self.aggregation = aggregation

    def _dated(self, stated: StatedPeriod, start: int, end: int) -> None:
        if self.period is not None:
            raise self.cell.unreadable()
        self.period, self.printed_period = stated, self.cell.text[start:end]
        self.cell.claim(start, end, Share.PERIOD)

    def value(self, start: int, end: int) -> CellValue:
        """Return the value in the stretch that is left, with all that was said of it."""
        cell = self.cell
        start, end = cell.trimmed(start, end)
        quantity = cell.quantity(start, end)
        if quantity is not None and quantity.unit in cell.words.period_ends and cell.period(start, end) is not None:
            quantity = None  # 2023年 is a year
        if quantity is None or quantity.form is ValueForm.QUALITATIVE:
            words = quantity if start < end else None
            quantity = self._milestone(start, end) or words
        if quantity is None or any(start <= taken < end for taken in cell.claims):  # a mark amid a value
            raise cell.unreadable()
        if self.unit and quantity.unit and compact(self.unit) != compact(quantity.unit):
            raise cell.unreadable()
        cell.claim(start, end, Share.VALUE)
        if self.unit or self.estimated or self.provisional:
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
            value = with_former(value, self.former, self.revised_in)
        if quantity.form is ValueForm.QUALITATIVE and self.period is not None and quantity.due is None:
            due = self.period.period
            return replace(value, quantity=replace(value.quantity, due=due), printed_period="")
        if self.period is None and self.aggregation is None:
            return value
        return replace(value, period=self._stated(), printed_period=self.printed_period, aggregation=self.aggregation)

    def _stated(self) -> StatedPeriod | None:
        """Return the period with the aggregation that a word beside it states: 累計30件（5年間）."""
        if self.period is None or self.aggregation is None or self.period.period is None:
            return self.period
        return replace(self.period, aggregation=self.aggregation, aggregation_basis=Basis.STATED)

    def _milestone(self, start: int, end: int) -> Quantity | None:
        """Read what is to be done by a day: R7.3月完成, or the day alone."""
        cell = self.cell
        if (stated := cell.period(start, end)) is not None:
            return Quantity(form=ValueForm.QUALITATIVE, due=stated.period)
        m = cell.words.milestone.fullmatch(cell.flat, start, end)
        if m is None or (quantity := cell.quantity(m.start("what"), m.end("what"))) is None:
            return None
        stated = cell.period(m.start("when"), m.end("when"))
        if stated is not None and quantity.missing is MissingReason.PENDING:  # R7.8月公表予定 is no milestone
            return quantity
        if stated is None or quantity.form is not ValueForm.QUALITATIVE:
            return None
        return replace(quantity, due=stated.period)
