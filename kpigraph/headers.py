"""Read a header that says several things: R5実績値, 令和6年度目標（見込）, 目標値(%), actual2023, 2015 Baseline.

What stands in a header is a role, a period and a unit, in any order, each at most once. The words for the roles are the
layout's, from its tables and its card; periods are read by the language of the document.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kpigraph.codelists import UnitCodelist
from kpigraph.language import LANGUAGES, CellWords
from kpigraph.model import JAPANESE, Aggregation, Basis, Conventions, Role, StatedPeriod
from kpigraph.periods import parse_period
from kpigraph.problems import SourceError, SourceLocation
from kpigraph.text import compact, normalise

_LONGEST = 80  # characters; a longer one is a text, not a header
_BRACKETS = re.compile(r"[(\[【〔<](?P<inside>[^()\[\]【】〔〕<>]*)[)\]】〕>]")
_LAST_BRACKETS = re.compile(r"[(（\[［【〔](?P<inside>[^()（）\[\]［］【】〔〕]*)[)）\]］】〕]\s*$")
_JOINTS = " :・,_/-"
_UNIT_WORD = re.compile(r"(?:単位|units?)\s*[:：]?\s*(?P<unit>.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedHeader:
    """What a header says: `role`, `period` and `unit` ("" if none), each None or "" where it says nothing of it.

    `aggregation` is stated without a period (累計目標値); `estimated` is true of 見込, `provisional` of 速報.
    """

    role: Role | None = None
    period: StatedPeriod | None = None
    unit: str = ""
    aggregation: Aggregation | None = None
    estimated: bool = False
    provisional: bool = False


def parse_header(
    text: str,
    at: SourceLocation,
    units: UnitCodelist,
    roles: Mapping[str, Role],
    *,
    conventions: Conventions = JAPANESE,
) -> ParsedHeader | None:
    """Return what a header says, None if any of its text is neither role, period, unit nor a word beside them.

    `roles` gives the role of each word that is one ("実績値", "actual"); case, width and blanks are ignored.

    Raises:
        SourceError: period.unreadable, where a role stands beside a number that is no readable period (R5実績値, when
            the card does not say whether R5 is a year or a fiscal year).
    """
    folded = normalise(text)
    if not folded or len(folded) > _LONGEST:
        return None
    reader = _HeaderReader(at, units, {_key(word): role for word, role in roles.items()}, conventions)
    return reader.header(folded)


def split_unit(text: str, units: UnitCodelist) -> tuple[str, str] | None:
    """Return name and unit of 観光客数（千人） and 経費［単位：千円］, each as printed; None if there is no unit.

    Brackets that hold no unit of the code list belong to the name: 利用者数（延べ）.
    """
    m = _LAST_BRACKETS.search(text)
    if m is None or not text[: m.start()].strip():
        return None
    inside = m["inside"].strip()
    if stated := _UNIT_WORD.fullmatch(inside):
        return text[: m.start()].rstrip(), stated["unit"].strip()
    return (text[: m.start()].rstrip(), inside) if units.find(inside) else None


def _key(text: str) -> str:
    return compact(text).casefold()


@dataclass(slots=True)
class _HeaderReader:
    at: SourceLocation
    units: UnitCodelist
    roles: Mapping[str, Role]
    conventions: Conventions

    @property
    def words(self) -> CellWords:
        return LANGUAGES[self.conventions.language].words

    def header(self, text: str) -> ParsedHeader | None:
        """Take the brackets one by one, then what stands outside them."""
        outside = _BRACKETS.sub(" ", text).strip(_JOINTS)
        parts = [m["inside"].strip() for m in _BRACKETS.finditer(text)]
        if whole := self._period(text):  # 令和5(2023)年度: brackets that belong to the period
            return ParsedHeader(period=whole)
        found = ParsedHeader()
        if outside:
            taken = self._part(found, outside) or self._role_and_rest(found, text, outside)
            if taken is None:
                return None
            found = taken
        for part in parts:
            if not part:
                return None
            taken = self._part(found, part) or self._role_and_rest(found, part, part)
            if taken is None:
                return None
            found = taken
        return found

    def _part(self, found: ParsedHeader, part: str) -> ParsedHeader | None:
        """Return `found` with what `part` says as a whole, None if it says nothing known or says it again."""
        key = _key(part)
        if (role := self.roles.get(key)) is not None:
            return replace(found, role=role) if found.role in (None, role) else None
        if (stated := _UNIT_WORD.fullmatch(part)) and not found.unit:
            return replace(found, unit=stated["unit"])
        if part in self.words.suffixes and found.aggregation is None:
            return replace(found, aggregation=self.words.suffixes[part])
        if self.words.provisional.fullmatch(part):
            return replace(found, provisional=True)
        if self.words.estimated.fullmatch(part):
            return replace(found, estimated=True)
        if (stated_period := self._period(part)) is not None:
            same = found.period is None or found.period == stated_period
            return replace(found, period=stated_period) if same else None
        if self.units.find(part) is not None and not found.unit:
            return replace(found, unit=part)
        return None

    def _role_and_rest(self, found: ParsedHeader, text: str, outside: str) -> ParsedHeader | None:
        """Read a role word fused with a period or another word: R5実績値, actual2023, 2015 Baseline, 累計目標."""
        key = outside.casefold()
        for word in sorted(self.roles, key=len, reverse=True):
            loose = r"\s*".join(map(re.escape, word))
            m = re.match(loose + r"(?P<rest>.*)", key) or re.fullmatch(r"(?P<rest>.*?)" + loose, key)
            if m is None or found.role not in (None, self.roles[word]):
                continue
            rest = outside[m.start("rest") : m.end("rest")].strip(_JOINTS).removesuffix("の").removeprefix("の")
            if not rest:
                return replace(found, role=self.roles[word])
            taken = self._part(replace(found, role=self.roles[word]), rest)
            if taken is not None:
                return taken
            if re.search("[0-9]", rest) and len(rest) <= 12:
                self._say_why(rest)
        return None

    def _say_why(self, rest: str) -> None:
        """Raise what is wrong with a period beside a role."""
        parse_period(rest, self.at, conventions=self.conventions)

    def _period(self, text: str) -> StatedPeriod | None:
        try:
            stated = parse_period(text, self.at, conventions=self.conventions)
        except SourceError:
            return None
        return stated if stated.period else None


def combined(header: StatedPeriod | None, cell: StatedPeriod | None, said: Aggregation | None) -> StatedPeriod | None:
    """Return the period of a value: what its cell says before what its header says, with an aggregation either states.

    5年間 in the cell under a header that ends on a day is those five years, which is our reading of it; 累計 under the
    header of one year is a total up to its end.
    """
    if cell is not None and cell.period is not None and cell.period.duration and header is not None:
        return _anchored(header, cell)
    stated = cell or header
    if stated is None or said is None or stated.period is None or said is stated.aggregation:
        return stated
    if said is Aggregation.CUMULATIVE and not _several_years(stated):
        to_date = replace(stated.period, first_day=None, calendar=None)
        return replace(stated, period=to_date, aggregation=Aggregation.CUMULATIVE_TO_DATE)
    return replace(stated, aggregation=said, aggregation_basis=Basis.STATED)


def _several_years(stated: StatedPeriod) -> bool:
    period = stated.period
    if period is None or period.last_day is None:
        return period is not None
    return period.first_day is not None and (period.last_day - period.first_day).days > 366


def _anchored(header: StatedPeriod, cell: StatedPeriod) -> StatedPeriod:
    """Return the years of a duration that end with the header's year; the duration alone where that cannot be told."""
    period, whole = cell.period, header.period
    m = re.fullmatch(r"P([0-9]+)Y", period.duration) if period else None
    if m is None or whole is None or whole.calendar is None or whole.first_day is None or _several_years(header):
        return cell
    first = whole.first_day.replace(year=whole.first_day.year - int(m[1]) + 1)
    return replace(cell, period=replace(whole, first_day=first), aggregation_basis=Basis.INTERPRETED)
