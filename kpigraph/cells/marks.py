"""Footnote marks (※1, *1, (注1)) and footnotes; a cell's text with one kind of bracket, character for character."""

import re
import unicodedata
from functools import lru_cache

from kpigraph.text import compact

# Footnote marks: ※1, *1, (注1), 注1), †. A bare * or ※ is one only after something else.
_NUMBER_ENDS = r"(?![0-9]|[,.][0-9])"  # ※120 is no mark 12 of 0
MARK = re.compile(
    rf"※[0-9]{{1,2}}{_NUMBER_ENDS}|(?<=.)※|\((?:※|注|\*)\s?[0-9]{{0,2}}\)|注[0-9]{{1,2}}{_NUMBER_ENDS}\)?|"
    rf"(?<=.)\*[0-9]{{0,2}}{_NUMBER_ENDS}|[†‡]"
)
_NOTE_LINE = re.compile(
    r"\s*(?P<mark>※[0-9]{0,2}|\((?:※|注|\*)\s?[0-9]{0,2}\)|注[0-9]{0,2}|\*[0-9]{0,2}|[†‡])[):：\s]*(?P<text>\S.*)",
    re.DOTALL,
)
_SAME_WIDTH = dict.fromkeys("（［[【〔", "(") | dict.fromkeys("）］]】〕", ")")


def mark_key(mark: str) -> str:
    """Return what two printings of one footnote mark share: "※1" for （※１） and ※1."""
    return re.sub(r"[()\s]", "", compact(mark))


def parse_footnote(text: str) -> tuple[str, str] | None:
    """Return the mark and the text of a footnote line such as "※1 速報値", None if `text` is none.

    A layout collects the footnotes of a table so, by `mark_key`, and hands them to `parse_cell`.
    """
    folded = skeleton(text)
    m = _NOTE_LINE.fullmatch(folded)
    if m is None or not any(c.isalpha() for c in m["text"]):
        return None
    return mark_key(m["mark"]), text[m.start("text") : m.end("text")].strip()


def skeleton(text: str) -> str:
    """Return `text` as the reader looks at it, character for character: half-width, one kind of bracket and dash."""
    return "".join(map(_flat, text))


@lru_cache(maxsize=1 << 13)
def _flat(c: str) -> str:
    if c in _SAME_WIDTH:
        return _SAME_WIDTH[c]
    folded = unicodedata.normalize("NFKC", c)
    if len(folded) != 1 or (folded.isdigit() and not c.isdigit()):
        return c
    return " " if folded.isspace() else folded
