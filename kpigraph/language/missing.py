"""Words and marks for "no value here", and why there is none: data/codelists/missing.csv, and what a card adds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kpigraph import curated
from kpigraph.config import resource_dir
from kpigraph.model import MissingReason
from kpigraph.problems import Problem, SourceError
from kpigraph.text import compact, is_missing_mark

COLUMNS = ("word", "reason", "ja", "en")


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no value; `reason` is None where the word or mark does not say why."""

    reason: MissingReason | None = None


_DASH = Missing()


def find_missing(text: str, further: Mapping[str, MissingReason | None]) -> Missing | None:
    """Return what `text` says of a value that is not there, None if it is no such word; case and width are ignored.

    `further` has the words of a card, by `word_key`.
    """
    if further and not is_missing_mark(text) and (key := word_key(text)) in further:
        return Missing(further[key])
    return _usual(text)


@lru_cache(maxsize=1 << 13)
def _usual(text: str) -> Missing | None:
    return _DASH if is_missing_mark(text) else missing_words().get(word_key(text))


@lru_cache(maxsize=1 << 13)
def word_key(word: str) -> str:
    """Return what two spellings of one word share."""
    return compact(word).casefold()


@lru_cache(maxsize=1)
def missing_words() -> Mapping[str, Missing]:
    """Return the words of missing.csv by `word_key`. Raises what `load_missing` does."""
    return load_missing(resource_dir("data") / "codelists" / "missing.csv")


def load_missing(path: Path) -> dict[str, Missing]:
    """Return the words of a file like missing.csv by `word_key`.

    Raises:
        SourceError: with every fault of the file: an unknown reason, no explanation in both languages, a word twice.
    """
    faults: list[Problem] = []
    words: dict[str, Missing] = {}
    for at, row in curated.rows(path, f"codelists/{path.name}", COLUMNS, "codelist.field", faults):
        key, reason = word_key(row["word"]), row["reason"]
        if reason and reason not in set(MissingReason):
            faults.append(Problem("codelist.field", at, f"reason = {reason}", ", ".join(MissingReason)))
        elif not (key and row["ja"] and row["en"]) or is_missing_mark(row["word"]):
            faults.append(Problem("codelist.field", at, ",".join(row.values()), ",".join(COLUMNS)))
        elif key in words and words[key].reason != (reason or None):
            faults.append(Problem("codelist.clash", at, row["word"], str(words[key].reason)))
        else:
            words[key] = Missing(MissingReason(reason) if reason else None)
    if faults:
        raise SourceError(*faults)
    return words
