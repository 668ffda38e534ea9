"""A problem, its place in a source and its severity; the errors we raise.

A problem's `code` never changes once published: scripts and the documentation refer to it. `found` and `expected`
hold what stood there and examples of what would have been right, so they need no translation; the sentence around
them is in `sentences`, once a language.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from kpigraph.sentences import SENTENCES

_LONGEST = 200  # so much of what was found is enough to find it by
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")


class Severity(StrEnum):
    """How grave a problem is: an error stops publication, a warning is published beside the data."""

    ERROR = "error"
    WARNING = "warning"


class SourceLocation(NamedTuple):
    """A place in a source: file, then page, sheet or table, then row and cell, each only where it is known.

    `row` and `cell` count from 1; 0 means the whole of what stands before. `part` is what a person calls the part
    ("Sheet1", "page 3, table 1"), `key` its short name in ASCII ("s2", "p3-t1"), "" where a file has one part only.
    """

    file: str
    part: str = ""
    row: int = 0
    cell: int = 0
    key: str = ""

    @property
    def place(self) -> str:
        """The name of the row within its file: 12, or s2-12 on the second sheet."""
        return f"{self.key}-{self.row}" if self.key else str(self.row)

    @property
    def shown(self) -> str:
        """The name of the row for people: 12, or Sheet1:12; corrections.csv takes it as well as `place`."""
        return f"{self.part}:{self.row}" if self.key else str(self.row)

    def __str__(self) -> str:
        steps = [self.file]
        if self.part:
            steps.append(self.part)
        if self.row:
            steps.append(f"row {self.row}" if self.part else f"line {self.row}")
        if self.cell:
            steps.append(f"cell {self.cell}")
        return " › ".join(steps)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, what was found and what would have been right."""

    code: str
    at: SourceLocation
    found: str = ""
    expected: str = ""
    severity: Severity = Severity.ERROR

    def sentence(self, lang: str = "en") -> str:
        """Return the problem as a sentence in `lang` ("ja" or "en"), without its place."""
        ja, en = SENTENCES[self.code]
        template = ja if lang == "ja" else en
        return template.format(found=_quote(self.found, lang), expected=self.expected or "-")

    def line(self, lang: str = "en") -> str:
        """Return place, sentence and code on one line, such as a terminal shows."""
        return f"{self.at}: {self.sentence(lang)} [{self.code}]"


def _quote(text: str, lang: str) -> str:
    short = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    shown = _CONTROLS.sub(lambda m: f"\\x{ord(m[0]):02x}", short)  # a terminal would obey them
    return f"「{shown}」" if lang == "ja" else f"'{shown}'"


class SourceError(Exception):
    """The data is at fault: one or more problems, each with its place. All problems of one run are raised together."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(*problems)

    def __str__(self) -> str:  # seldom asked for: a parser that cannot read says so by an error, and another tries
        return "; ".join(p.line() for p in self.problems)


class UsageError(Exception):
    """The call is at fault: a file, folder or option that cannot be used. The message is (ja, en)."""

    def __init__(self, ja: str, en: str) -> None:
        self.messages = {"ja": ja, "en": en}
        super().__init__(en)

    def __reduce__(self) -> tuple[type["UsageError"], tuple[str, str]]:
        return type(self), (self.messages["ja"], self.messages["en"])  # from one process to another


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise one `SourceError` holding every problem of severity error, if there is one."""
    errors = [p for p in problems if p.severity is Severity.ERROR]
    if errors:
        raise SourceError(*errors)
