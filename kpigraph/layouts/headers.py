"""Read what heads a column or stands before a value: 指標名, 基準値（H26）, R5年度実績, 目標値（千人）, actual2023.

A header is read as a whole or not at all: each part of it must be a word (words.csv, card), a period or a unit.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from kpigraph.codelists import UnitCodelist
from kpigraph.language import LANGUAGES
from kpigraph.layouts.pairs import apart, words_in_brackets
from kpigraph.layouts.words import ROLES, Meaning, Words, folded
from kpigraph.model import Aggregation, Document, Role, StatedPeriod
from kpigraph.periods import parse_period, states_period
from kpigraph.problems import SourceLocation
from kpigraph.text import compact

_BRACKETS = re.compile(r"[(\[【〔<]((?:[^()\[\]【】〔〕<>]|\([^()]*\))*)[)\]】〕>]")  # 目標値(2019(H31)年)
_IN_NAME = re.compile(r"(?P<name>.*\S)\s*[(（［\[](?:単位[:：])?(?P<unit>[^()（）［］\[\]]+)[)）］\]]\s*", re.DOTALL)
_LETTER = re.compile(r"[a-e](?:[/÷+-][a-e])?(?:[×*]100)?%?")
_UNIT = re.compile(r"(?:単位|unit):?(?P<unit>.+)")
ARROW = re.compile("→|⇒|⇨|➡|➔|➜|->|=>")
_PARTS = re.compile("[・、,;]")
_JOINTS = " :/・の_-|,、."
_LONGEST = 60  # a longer text is no header
_FIGURE = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+\.[0-9]+")  # a number that is no year, so no header

# What may stand for a value besides the words for one.
VALUES = (Meaning.VALUE, *ROLES)


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says; `period` and `unit` are the parts of it, in normal form, that say these; "" if none does.

    `then` is what stands after an arrow: 現状値→目標値 heads cells with both values. So does 目標値／実績値, whose
    `separator` is /; it may head rows that take turns as well. `said` is how values count over time: 累計 below 実績.
    """

    meaning: Meaning
    role: Role | None = None
    period: str = ""
    unit: str = ""
    then: "Header | None" = None
    separator: str = ""
    said: Aggregation | None = None


class Grammar:
    """Reads the headers of one document, and the periods in them."""

    def __init__(self, document: Document, units: UnitCodelist) -> None:
        self.words = Words(document.layout.columns, document.layout.roles)
        self.units = units
        self.rows = document.layout.rows
        self.unnamed = bool(document.layout.indicator or document.layout.name_above)  # tables may lack names
        self.conventions = document.conventions
        words = LANGUAGES[document.conventions.language].words
        standing = f"(?:{words.estimated.pattern}|{words.provisional.pattern})"
        self._standing_word = re.compile(standing)
        # baseline does not end with e for estimated
        self._standing_at_end = re.compile(rf"(?<![A-Za-z]){standing}\Z")
        self._names = {folded(name) for name in document.conventions.period_names}
        # A table says the same in every row, so what was read is kept.
        self._headers: dict[str, Header | None] = {}
        self._read: dict[str, Header | None] = {}  # by folded text
        self._periods: dict[str, StatedPeriod] = {}
        self._are_periods: dict[str, bool] = {}
        self._aggregations: dict[str, Aggregation | None] = {}
        self._standings: dict[str, tuple[bool, bool]] = {}
        self._count_up: dict[str, bool] = {}

    def header(self, text: str) -> Header | None:
        """Return what `text` says as a header, None if any part of it is not known."""
        if text not in self._headers:
            self._headers[text] = self._header_of(text)
        return self._headers[text]

    def _header_of(self, text: str) -> Header | None:
        key = folded(text)
        if key not in self._read:
            if not 0 < len(key) <= _LONGEST or _FIGURE.fullmatch(key):
                return None
            self._read[key] = self._two_roles(text) or self._header(key)
        return self._read[key]

    def period(self, text: str, at: SourceLocation) -> StatedPeriod:
        """Return the period that `text` states.

        Raises:
            SourceError: period.unreadable.
        """
        stated = self._periods.get(text)
        if stated is None:
            stated = self._periods[text] = parse_period(text, at, conventions=self.conventions)
        return stated

    def is_period(self, text: str) -> bool:
        """Tell whether `text` states a period; a mark for none does not, a name that the card explains does."""
        if (known := self._are_periods.get(text)) is None:
            known = folded(text) in self._names or states_period(text, self.conventions)
            self._are_periods[text] = known
        return known

    def aggregation(self, text: str) -> Aggregation | None:
        """Return the aggregation that a word in a header states: 累計目標値, 実績（累計）."""
        if text not in self._aggregations:
            language = LANGUAGES[self.conventions.language].words
            said = (language.suffixes.get(word) for word in self._words_beside(text))
            self._aggregations[text] = next((aggregation for aggregation in said if aggregation is not None), None)
        return self._aggregations[text]

    def standing(self, text: str) -> tuple[bool, bool]:
        """Tell whether a header says that its values are estimated (見込), and whether provisional (速報)."""
        if text not in self._standings:
            language = LANGUAGES[self.conventions.language].words
            words = self._words_beside(text)
            self._standings[text] = (
                any(map(language.estimated.fullmatch, words)),
                any(map(language.provisional.fullmatch, words)),
            )
        return self._standings[text]

    def counts_up(self, name: str) -> bool:
        """Tell whether an indicator's name says that its values count from the beginning: 移住者数（累計）."""
        if name not in self._count_up:
            cumulative = LANGUAGES[self.conventions.language].words.cumulative
            self._count_up[name] = cumulative.search(compact(name).casefold()) is not None
        return self._count_up[name]

    def _words_beside(self, text: str) -> list[str]:
        """Return what a header says in brackets, and what stands around the word for its role."""
        header = folded(text)
        core = _BRACKETS.sub("", header).strip(_JOINTS)
        rests = (
            [rest.strip(_JOINTS) for _, rest in self.words.roles_around(core)] if self.words.find(core) is None else []
        )
        said = [remark.strip(_JOINTS) for remark in _BRACKETS.findall(header)] + rests
        return [*said, *(word for _, word in map(self._apart, [core, *said]) if word)]

    def _is_word_beside(self, text: str) -> bool:
        return text in LANGUAGES[self.conventions.language].words.suffixes or self._is_standing(text)

    def _apart(self, text: str) -> tuple[str, str]:
        """Return a text without the word at its end that says how sure its values are, and that word: R6年度速報値."""
        if m := self._standing_at_end.search(text, 1):
            return text[: m.start()].strip(_JOINTS), m[0]
        return text, ""

    def _is_standing(self, word: str) -> bool:
        return self._standing_word.fullmatch(word) is not None

    # ---- one header, in folded form

    def _header(self, text: str) -> Header | None:
        if len(sides := ARROW.split(text)) == 2:
            first, second = map(self._header, sides)
            return replace(first, then=second) if first and second and first.role and second.role else None
        meaning = self.words.find(text)
        if meaning is not None:
            role = ROLES.get(meaning)
            return Header(meaning, role, self._period_within(text) if role else "")
        if text in self._names and (role := self._only_role(text)):  # 5ヵ年目標, of which the card says the years
            return Header(Meaning(role.value), role, period=text)
        if self.is_period(text):
            return Header(Meaning.VALUE, period=text)
        language = LANGUAGES[self.conventions.language].words
        if text in language.suffixes and (language.cumulative.search(text) or text in language.single_year):
            return Header(Meaning.VALUE, said=None if text in language.single_year else language.suffixes[text])
        if m := _BRACKETS.fullmatch(text):
            return self._header(m[1].strip(_JOINTS))
        header = self._core(_BRACKETS.sub("", text).strip(_JOINTS))
        for remark in _BRACKETS.findall(text):
            header = self._with_remark(header, remark) if header else None
        return header

    def _two_roles(self, text: str) -> Header | None:
        """Read 目標値／実績値, or one above the other: two words for roles and nothing else."""
        separator, parts = apart(text)
        read = [self.words.find(part) for part in parts]
        if not separator or len(read) != 2 or read[0] == read[1] or not all(meaning in ROLES for meaning in read):
            return None
        first, second = (Header(meaning, ROLES[meaning]) for meaning in read if meaning in ROLES)
        period = folded(text) if folded(text) in self._names else ""
        return replace(first, then=second, separator=separator, period=period)

    def _period_within(self, text: str) -> str:
        """Return the period that a header states which the card takes for a role as a whole: CY 2020 Projected."""
        parts = (text, _BRACKETS.sub("", text).strip(_JOINTS), self._apart(text)[0])
        return next((part for part in parts if self.is_period(part)), "")

    def _only_role(self, text: str) -> Role | None:
        """Return the role that a header names beside other words."""
        roles = {role for role, _ in self.words.roles_around(_BRACKETS.sub("", text).strip(_JOINTS))}
        return roles.pop() if len(roles) == 1 else None

    def _core(self, text: str) -> Header | None:
        """Read a header without its brackets: a word, a period, or a role word beside a period."""
        meaning = self.words.find(text)
        if meaning is not None:
            return Header(meaning, ROLES.get(meaning))
        if self.is_period(text):
            return Header(Meaning.VALUE, period=text)
        for role, rest in self.words.roles_around(text):
            rest = rest.strip(_JOINTS)
            if self.is_period(rest):
                return Header(Meaning(role.value), role, period=rest)
            if self._is_word_beside(rest):
                return Header(Meaning(role.value), role)
        rest, word = self._apart(text)
        header = self._core(rest) if word else None
        return header if header and (header.role or header.period) else None

    def _with_remark(self, header: Header, remark: str) -> Header | None:
        """Add what a header says in brackets: a unit, a period, a role, or its own word again."""
        remark = remark.strip(_JOINTS)
        if _LETTER.fullmatch(remark):  # 目標(A) 実績(B) 達成率(B/A)
            return header
        unit = (m["unit"] if (m := _UNIT.fullmatch(remark)) else remark).strip(_JOINTS)
        if self.units.find(unit) is not None:
            return None if header.unit else replace(header, unit=unit)
        if self.is_period(remark):
            return None if header.period else replace(header, period=remark)
        if header.role is not None and self._is_word_beside(remark):
            return header
        if header.period and self._is_standing(remark):  # 令和6年度（見込）, below 実績値
            return header
        role = self.words.role(remark)
        if role is not None and header.meaning is Meaning.VALUE and header.role is None:
            return replace(header, meaning=Meaning(role.value), role=role)
        if header.role is not None and (both := self._core(remark)) and both.role is header.role and not header.period:
            return replace(header, period=both.period)
        if header.role is not None and self._apart(remark)[1]:
            return self._with_remark(header, self._apart(remark)[0])
        if len(parts := _PARTS.split(remark)) > 1:  # R9年度・千人
            said_by_all: Header | None = header
            for part in parts:
                said_by_all = self._with_remark(said_by_all, part) if said_by_all and part else None
            if said_by_all is not None:
                return said_by_all
        if header.role is not None and words_in_brackets(f"({remark})")[0]:  # 実績値（男／女）: two values in each cell
            return header
        said = self.words.find(remark)
        in_the_name = header.meaning is Meaning.INDICATOR and said is Meaning.UNIT  # 指標（単位）
        return header if not remark or said is header.meaning or in_the_name else None


def unit_in_name(name: str) -> str:
    """Return what stands in brackets at the end of an indicator's name, which may be its unit: 観光客数（千人）."""
    m = _IN_NAME.fullmatch(name)
    return m["unit"] if m else ""


def without_unit(name: str) -> str:
    """Return an indicator's name without what stands in brackets at its end."""
    m = _IN_NAME.fullmatch(name)
    return m["name"].rstrip() if m else name


def may_state_a_value(text: str, grammar: Grammar, bullet: str) -> bool:
    """Tell whether a line of text may state an indicator's value, so that it must not pass for mere text.

    So it may where a number stands behind the bullet of indicators, beside an arrow, or with the word for a role.
    """
    flat = compact(text)
    if not any(c.isdigit() for c in flat):
        return False
    if ARROW.search(flat) or (bullet and flat.startswith(compact(bullet))):
        return True
    said = (re.split(r"[\s、,，:：;；()（）]", part)[0] for part in re.split(r"[\s、,，;；]+", text))
    return any((header := grammar.header(word)) is not None and header.role is not None for word in said if word)


@lru_cache(maxsize=1 << 12)
def share(text: str, wanted: str) -> str:
    """Return the shortest stretch of `text` whose folded form is `wanted`; all of `text` if there is none."""
    for length in range(1, len(text) + 1):
        for start in range(len(text) - length + 1):
            if folded(text[start : start + length]) == wanted:
                return text[start : start + length]
    return text
