"""The words that name a column or a line of a document: words.csv, to which a card adds its own.

One row of words.csv is one meaning with every word for it, in Japanese and English. Two words are the same when their
normal forms without blanks and without case are equal.
"""

import csv
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from kpigraph.model import Level, Role
from kpigraph.text import compact


class Meaning(StrEnum):
    """What the cells under a header word, or beside a label, say."""

    STRUCTURE = "structure"  # numbered headings of several levels
    GOAL = "goal"
    DIRECTION = "direction"
    MEASURE = "measure"
    INDICATOR = "indicator"
    CATEGORY = "category"  # a part of an indicator: 男, 女
    NUMBER = "number"
    ROLE = "role"
    PERIOD = "period"
    VALUE = "value"
    UNIT = "unit"
    DEPARTMENT = "department"
    NOTE = "note"
    RATING = "rating"  # the municipality's own assessment
    BASELINE = "baseline"
    ACTUAL = "actual"
    TARGET = "target"
    BASELINE_PERIOD = "baseline-period"
    ACTUAL_PERIOD = "actual-period"
    TARGET_PERIOD = "target-period"
    IGNORE = "ignore"  # only by the card: read as text, published nowhere


ROLES = {Meaning.BASELINE: Role.BASELINE, Meaning.ACTUAL: Role.ACTUAL, Meaning.TARGET: Role.TARGET}
ROLE_PERIODS = {
    Meaning.BASELINE_PERIOD: Role.BASELINE,
    Meaning.ACTUAL_PERIOD: Role.ACTUAL,
    Meaning.TARGET_PERIOD: Role.TARGET,
}
LEVELS = {Meaning.GOAL: Level.GOAL, Meaning.DIRECTION: Level.DIRECTION, Meaning.MEASURE: Level.MEASURE}


@lru_cache
def usual() -> dict[Meaning, tuple[str, ...]]:
    """Return the words of words.csv, by meaning; the first of each is the one that messages name."""
    path = Path(__file__).parent / "words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {Meaning(row["meaning"]): tuple(row["words"].split("|")) for row in csv.DictReader(file)}


class Words:
    """The words that count for one document: the usual ones and those of its card, which come first."""

    def __init__(self, columns: Mapping[str, tuple[str, ...]], roles: Mapping[Role, tuple[str, ...]]) -> None:
        self._meanings: dict[str, Meaning] = {}
        for meaning, words in usual().items():
            self._meanings |= {folded(word): meaning for word in words}
        own = {meaning: tuple(columns.get(meaning, ())) for meaning in Meaning}
        for meaning, role in ROLES.items():
            own[meaning] += tuple(roles.get(role, ()))
        for meaning, words in own.items():
            self._meanings |= {folded(word): meaning for word in words}
        roles_found = {word: ROLES[m] for word, m in self._meanings.items() if m in ROLES}
        self._roles = dict(sorted(roles_found.items(), key=lambda named: len(named[0]), reverse=True))
        self._role_words = tuple(self._roles)
        self._own = {folded(word) for words in own.values() for word in words}

    def find(self, text: str) -> Meaning | None:
        """Return the meaning of `text`, None if it is no such word."""
        return self._meanings.get(folded(text))

    def is_own(self, text: str) -> bool:
        """Tell whether the card itself has this word."""
        return folded(text) in self._own

    def role(self, text: str) -> Role | None:
        """Return the role that `text` names, None if it names none."""
        return self._roles.get(folded(text))

    def roles_around(self, text: str) -> Iterator[tuple[Role, str]]:
        """Yield each way to see a folded text as a role word with something before or after it, longest word first."""
        if not (text.startswith(self._role_words) or text.endswith(self._role_words)):
            return
        for word, role in self._roles.items():
            if text.startswith(word):
                yield role, text[len(word) :]
            if text.endswith(word):
                yield role, text[: -len(word)]


@lru_cache(maxsize=1 << 13)
def folded(text: str) -> str:
    """Return the form by which words are compared."""
    return compact(text).casefold()
