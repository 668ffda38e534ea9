"""Propose what headers mean that no list of words has, by the word at their end: 事務事業名, 活動・成果指標, 施策番号.

Japanese and English compounds end in what they are. Columns of values are never guessed so: a figure of the nation in a
column of 国の実績 would become the municipality's. Whatever is proposed stands in the card, to be checked.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from kpigraph.layouts.columns import find_table
from kpigraph.layouts.headers import VALUES, Grammar
from kpigraph.layouts.words import LEVELS, Meaning, folded, usual
from kpigraph.model import Row
from kpigraph.proposal.evidence import own_cells

_GUESSED = (
    Meaning.INDICATOR, Meaning.NUMBER, Meaning.UNIT, Meaning.DEPARTMENT, Meaning.NOTE, Meaning.RATING,
    Meaning.MEASURE, Meaning.DIRECTION, Meaning.GOAL,
)  # fmt: skip
_SHORTEST = 2  # characters of a word at an end
_NAMES = frozenset(("name", "title", "label", "名称", "名前", "項目名", "内容"))  # of indicators, where nothing else is
_BRACKETS = re.compile(r"[()\[\]<>【】〔〕]")
_DEEPEST = 60  # rows looked through for a header
_TEXTS = 4  # cells of a header at least


def meant(text: str) -> Meaning | None:
    """Return what a header means by the longest word at its end, None if it ends in none."""
    header = folded(text)
    ends = [
        (len(word), meaning)
        for said in dict.fromkeys((header, _BRACKETS.sub("", header)))  # 目標（指標）名
        for meaning in _GUESSED
        for word in map(folded, usual()[meaning])
        if len(word) >= _SHORTEST and (len(word) < len(said) or said != header) and _ends_in(said, word, text)
    ]
    return max(ends)[1] if ends else None


def _ends_in(header: str, word: str, text: str) -> bool:
    if not header.endswith(word):
        return False
    return not word.isascii() or not text.casefold().strip()[: -len(word)][-1:].isalpha()


def proposed(found: Iterable[str], beside: Collection[str] = ()) -> dict[Meaning, list[str]]:
    """Return these headers by what each means; those of which nothing is known are left out.

    Those `beside` stand right of the indicators' names, so they head no headings.
    """
    told: dict[Meaning, list[str]] = {}
    for text in dict.fromkeys(found):
        meaning = meant(text)
        if meaning is not None and not (text in beside and meaning in LEVELS):
            told.setdefault(meaning, []).append(text)
    return told


def missing_header(rows: Sequence[Row], grammar: Grammar) -> dict[Meaning, list[str]]:
    """Return what the headers of the row mean that looks most like the header of a table, {} if none does.

    In it most cells are known or end in a known word, and with what is proposed a table begins there.
    """
    best: tuple[int, dict[Meaning, list[str]]] = (0, {})
    for row in rows[:_DEEPEST]:
        cells = own_cells(row)
        if len(cells) < _TEXTS or find_table([row], grammar) is not None:
            continue
        known = [grammar.header(cell.text) for cell in cells]
        unknown = [cell.text for cell, header in zip(cells, known, strict=True) if header is None]
        told = proposed(unknown)
        named = [n for n, header in enumerate(known) if header and header.meaning is Meaning.INDICATOR]
        named += [n for n, cell in enumerate(cells) if cell.text in told.get(Meaning.INDICATOR, ())]
        if named:
            told = proposed(unknown, {cell.text for cell in cells[min(named) :]})
        meanings = {header.meaning for header in known if header} | set(told)
        if Meaning.INDICATOR not in meanings:
            names = [text for text in unknown if folded(text) in _NAMES]
            if len(names) == 1:
                told[Meaning.INDICATOR] = names
        understood = sum(header is not None for header in known) + sum(map(len, told.values()))
        heads_values = any(header is not None and header.meaning in VALUES for header in known)
        if heads_values and Meaning.INDICATOR in meanings | set(told) and 2 * understood > len(cells):
            best = max(best, (understood, told), key=lambda one: one[0])
    return best[1]


def unnamed(rows: Sequence[Row], grammar: Grammar) -> list[str] | None:
    """Return the headers that part the indicator of a table without names, None if no row heads such a table.

    Such a header has a word for years, one for values, no word for a name: Year, Sex, Value.
    """
    for row in rows[:_DEEPEST]:
        cells = own_cells(row)
        read = {cell.text: grammar.header(cell.text) for cell in cells}
        meanings = [header.meaning for header in read.values() if header]
        others = [text for text, header in read.items() if header is None]
        named = Meaning.INDICATOR in meanings or any(meant(text) is Meaning.INDICATOR for text in others)
        if meanings.count(Meaning.PERIOD) == 1 and meanings.count(Meaning.VALUE) == 1 and not named:
            bare = [text for text, header in read.items() if header and header.period]
            return None if bare else [text for text in others if any(c.isalpha() for c in text)]
    return None
