"""What the cells of an unknown document show before any layout is tried: numbering, bullets, years, language.

Everything is told from what is printed, with the place or the count that tells it; what shows nothing is left out.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kpigraph.layouts.numbering import begins_with, heading_notation, heading_pattern, ordinal
from kpigraph.model import Calendar, Cell, Level, Row
from kpigraph.text import compact, normalise

_NUMBER = r"(?:[0-9０-９]+(?:[-－・.．][0-9０-９]+)*|[Ⅰ-Ⅻ]|[①-⑳]|[一二三四五六七八九十]+|[IVX]+)"
_WORDS = {
    Level.GOAL: "基本目標|政策目標|政策分野|分野|政策|重点目標|基本方針|基本政策|政策の柱|柱|戦略|目標|"
    "Strategic Goal|Goal|Priority",
    Level.DIRECTION: "基本的方向|基本方向|基本的な方向|方向性|施策の方向|Objective|Theme",
    Level.MEASURE: "具体的施策|基本施策|施策|取組|事業|プロジェクト|Measure|Action|Initiative",
}
_WORDED = [
    (
        level,
        re.compile(rf"\s*(?P<number>[【〔\[(（<＜]?\s*(?:{words})\s*{_NUMBER}\s*[】〕\])）>＞]?[:：.．、]?)(?=\s*\S)"),
    )
    for level, words in _WORDS.items()
]
_CHAPTER = re.compile(
    r"\s*(?P<number>第\s*(?:[0-9０-９]+|[一二三四五六七八九十]+)\s*(?P<unit>編|章|節|部)|"
    r"[0-9０-９]+\s?(?P<unit2>編|章|節)(?=\s))\s*\S"
)
_PLAIN = ("Ⅰ", "1-(1)", "1-1-1", "1-1", "1.", "1", "(1)", "(ア)", "①", "ア", "(a)", "a.", "A.")
_STACKED = ("Ⅰ", "(1)", "①", "ア", "(ア)")  # which may stand beside an indicator
_SURE = ("Ⅰ", "1-(1)", "1-1-1", "1-1", "(1)", "(ア)", "①")  # which no name begins with by chance
_BULLETS = "・○●◯◎■□◆◇▪►▶※-–•*"
_MARK = re.compile(r"[(（【〔\[]\s*再掲\s*[)）】〕\]]|※?再掲$")
_FROM_TO = re.compile(r"[0-9０-９].*(?:→|⇒|⇨|➡|➔|➜|->|=>)")
_BARE_YEAR = re.compile(r"(?:令和|平成|(?<![A-Za-z])[RHrh])\s?(?:元|[0-9]{1,2})(?![0-9年./月~〜～-])")
_ERA = re.compile(r"(令和|平成|(?<![A-Za-z])[RH])(?=\s?[0-9元])", re.IGNORECASE)
_ERA_OF = {"令和": "令和", "R": "令和", "平成": "平成", "H": "平成"}
_NO_ERA = re.compile(r"(?<![0-9令和平成元RHS~〜～・-])[0-9]{1,2}年度")


@dataclass(frozen=True, slots=True)
class Numbering:
    """A kind of headings: its level, one heading's number as example, and how many headings show it."""

    level: Level
    example: str
    count: int
    at: Cell


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the numbers look that headings in a column begin with, how many of the headings have one, the first cell."""

    examples: tuple[str, ...]
    count: int
    at: Cell


def own_cells(row: Row) -> list[Cell]:
    """Return the cells of a row that hold anything of their own."""
    return [cell for cell in row.cells if cell.repeats is None and normalise(cell.text)]


def language(rows: Iterable[Row]) -> str:
    """Return "ja" or "en", whichever most letters are of."""
    counted: Counter[bool] = Counter()
    for row in rows:
        for cell in own_cells(row):
            counted.update("CJK" in unicodedata.name(c, "") or "ぁ" <= c <= "ー" for c in cell.text if c.isalpha())
    return "en" if counted[False] > 5 * counted[True] else "ja"


def numberings(rows: Sequence[Row]) -> list[Numbering]:
    """Return the kinds of headings, in the order in which they nest.

    A heading stands alone on its row or begins it. A kind without a word of its own needs two headings that count up,
    or that begin anew, where no name begins so by chance.
    """
    cells = [held[0] for row in rows if (held := own_cells(row)) and (len(held) == 1 or held[0].at.cell == 1)]
    cells = [cell for cell in cells if not _FROM_TO.search(cell.text)]  # ①出生数：41人→50人 is an indicator
    alone = {held[0].at for row in rows if len(held := own_cells(row)) == 1}
    beside = [held for row in rows if len(held := own_cells(row)) > 1]
    named = sum(held[0].at.cell == 1 for held in beside)
    crowded = 4 * named > 3 * len(beside)  # then the first column names indicators, not headings now and then
    found: list[tuple[Level | None, str, list[Cell]]] = []
    rest = cells
    for level, example in _worded(cells):
        pattern = heading_pattern(example)
        mine = [cell for cell in rest if pattern.fullmatch(cell.text)]
        if mine:
            found.append((level, example, mine))
            rest = [cell for cell in rest if cell not in mine]
    for example in _PLAIN:
        pattern = heading_pattern(example)
        fits = [cell for cell in rest if cell.at in alone or (example in _STACKED and not crowded)]
        read = [(cell, m) for cell in fits if (m := pattern.fullmatch(cell.text))]
        counted = [ordinal(m["notation"]) for _, m in read]
        again = example in _SURE and set(counted) == {1}  # each stands first under a heading above
        if len(read) > 1 and counted[0] == 1 and (2 in counted or again):
            mine = [cell for cell, _ in read]
            found.append((None, example, mine))
            rest = [cell for cell in rest if cell not in mine]
    found.sort(key=lambda kind: cells.index(kind[2][0]))
    goals = next((n for n, (level, _, _) in enumerate(found) if level is Level.GOAL), 0)
    if all(level is None for level, _, _ in found[:goals]):  # chapters: there is no level above the goals
        found = found[goals:]
    levels = _levels([level for level, _, _ in found])
    kinds = [Numbering(level, e, len(c), c[0]) for level, (_, e, c) in zip(levels, found, strict=True)]
    return sorted(kinds, key=lambda kind: list(Level).index(kind.level))


def numbers(cells: Sequence[Cell]) -> Numbers | None:
    """Return how the numbers look that these headings of one level begin with, None if they bear none.

    A word such as 基本目標 before it makes a number; else two headings count up, or all bear a number of several parts,
    or the only one bears the first. At least half of the headings bear one.
    """
    rest, examples, first = list(cells), [], None
    for cell in cells:
        if cell not in rest:
            continue
        worded = _worded([cell])
        example = worded[0][1] if worded else begins_with(cell.text)
        mine = [(other, heading_notation(example, other.text)) for other in rest] if example else []
        mine = [(other, notation) for other, notation in mine if notation]
        counted = [ordinal(notation) for _, notation in mine]
        counts = 1 in counted and 2 in counted
        several = len(mine) == len(cells) > 1 and len(re.findall(_NUMBER, example)) > 1
        alone = len(cells) == 1 and counted == [1] and not example.endswith("…")
        if worded or counts or several or alone:
            examples.append(example)
            first = first or cell
            rest = [other for other in rest if all(other is not known for known, _ in mine)]
    count = len(cells) - len(rest)
    return Numbers(tuple(examples), count, first) if first and 2 * count >= len(cells) else None


def _worded(cells: Iterable[Cell]) -> list[tuple[Level | None, str]]:
    examples: dict[str, tuple[Level | None, str]] = {}
    for cell in cells:
        for level, pattern in _WORDED:
            if m := pattern.match(cell.text):
                key = re.sub(r"[0-9]+", "1", compact(m["number"]))
                examples.setdefault(key, (level, m["number"].strip()))
                break
        else:
            if m := _CHAPTER.match(cell.text):
                examples.setdefault(m["unit"] or m["unit2"], (None, m["number"].strip()))
    usable: list[tuple[Level | None, str]] = []
    for said, example in examples.values():
        try:
            heading_pattern(example)
        except ValueError:
            continue
        usable.append((said, example))
    return usable


def _levels(said: list[Level | None]) -> list[Level]:
    """Return a level for each kind of headings: what its word says, else what its position leaves."""
    usual = {0: [], 1: [Level.GOAL], 2: [Level.GOAL, Level.MEASURE]}.get(len(said), list(Level))
    usual += [Level.MEASURE] * (len(said) - len(usual))
    order = list(Level)
    levels: list[Level] = []
    for own, other in zip(said, usual, strict=True):
        lowest = order.index(levels[-1]) if levels else 0
        wanted = own or other
        levels.append(order[max(lowest, order.index(wanted))])
    return levels


def bullet(rows: Iterable[Row]) -> tuple[str, int]:
    """Return the mark that most texts begin with, and how many do; "" if fewer than three do."""
    texts = (cell.text.strip() for row in rows for cell in own_cells(row))
    counted = Counter(text[0] for text in texts if len(text) > 2 and text[0] in _BULLETS and not text[1].isdigit())
    mark, count = counted.most_common(1)[0] if counted else ("", 0)
    return (mark, count) if count > 2 else ("", 0)


def relist_mark(rows: Iterable[Row]) -> tuple[str, int]:
    """Return how the document marks what it lists again, and how often it does."""
    counted = Counter(m[0] for row in rows for cell in own_cells(row) if (m := _MARK.search(cell.text)))
    return counted.most_common(1)[0] if counted else ("", 0)


def bare_years(rows: Iterable[Row]) -> tuple[Cell | None, Calendar, int, int]:
    """Return the first cell with a year that lacks 年 and 年度, what others have, how many 年度 and how many 年."""
    first, fiscal, calendar = None, 0, 0
    for row in rows:
        for cell in own_cells(row):
            text = normalise(cell.text)
            fiscal += len(re.findall(r"[0-9元]年度", text))
            calendar += len(re.findall(r"[0-9元]年(?![度間])", text))
            if first is None and len(text) < 200 and _BARE_YEAR.search(text):
                first = cell
    return first, Calendar.YEAR if calendar > fiscal else Calendar.JFY, fiscal, calendar


def years_without_era(rows: Sequence[Row]) -> tuple[Cell | None, str]:
    """Return the first short cell with a year of an era that is not named, and the one that the rest names."""
    counted: Counter[str] = Counter()
    first = None
    for row in rows:
        for cell in own_cells(row):
            text = compact(cell.text)
            counted.update(_ERA_OF[m[1].upper()] for m in _ERA.finditer(text))
            if first is None and len(cell.text) < 40 and _NO_ERA.search(text):
                first = cell
    named = counted.most_common(2)
    return (first, named[0][0]) if len(named) == 1 else (None, "")
