"""Cells with as many numbers as their header or the indicator's name has words: 79.5／83.8, where these say 男／女."""

import re
from collections.abc import Callable
from dataclasses import replace

from kpigraph.cells import CellShare, ParsedCell, Relation, Share
from kpigraph.model import Cell
from kpigraph.text import normalise

_SEPARATOR = re.compile(r"[/／・･\n]")
_IN_BRACKETS = re.compile(r"[(（［\[]\s*(?P<words>[^()（）［］\[\]]+?)\s*[)）］\]]")
_WORD = re.compile(r"[^\W\d_]{1,8}")


def apart(text: str) -> tuple[str, list[str]]:
    """Return the one separator in `text`, in normal form, and what it parts; "" where there is none or several."""
    found = {"・" if m == "･" else normalise(m) or m for m in _SEPARATOR.findall(text.strip())}
    if len(found) != 1:
        return "", []
    return found.pop(), [part.strip() for part in _SEPARATOR.split(text.strip())]


def words_in_brackets(text: str) -> tuple[str, list[str]]:
    """Return the separator and the words of a text such as 健康寿命（男／女）; "" if it has no such words."""
    for m in _IN_BRACKETS.finditer(text):
        separator, words = apart(m["words"])
        if separator and len(set(words)) == len(words) and all(_WORD.fullmatch(word) for word in words):
            return separator, words
    return "", []


def parts_of(cell: Cell, separator: str, count: int, parse: Callable[[str], ParsedCell]) -> ParsedCell | None:
    """Return what the parts of a cell say, each read by `parse`; None unless it has `count` of one value each.

    Raises:
        SourceError: if one of them cannot be read.
    """
    own, texts = apart(cell.text)
    if own != separator or len(texts) != count or not all(any(c.isdigit() for c in text) for text in texts):
        return None
    cuts = [(m.start(), m.end()) for m in _SEPARATOR.finditer(cell.text)]
    starts, ends = [0, *(after for _, after in cuts)], [*(before for before, _ in cuts), len(cell.text)]
    read = [parse(cell.text[start:end]) for start, end in zip(starts, ends, strict=True)]
    if any(len(parsed.values) != 1 for parsed in read):
        return None
    shares: list[CellShare] = []
    for n, parsed in enumerate(read):
        if n:
            shares.append(CellShare(Share.JOINT, cell.text[slice(*cuts[n - 1])], cuts[n - 1][0]))
        shares += [replace(share, start=share.start + starts[n]) for share in parsed.shares]
    return ParsedCell(
        values=tuple(parsed.values[0] for parsed in read),
        relation=Relation.ARROW,
        shares=tuple(shares),
        notes=tuple(dict.fromkeys(note for parsed in read for note in parsed.notes)),
        unresolved=tuple(mark for parsed in read for mark in parsed.unresolved),
    )
