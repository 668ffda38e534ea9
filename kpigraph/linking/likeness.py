"""How alike two names are, as a number from 0 to 1: shared runs of letters, weighed by how much each tells.

Runs that many names have (利用者数) tell little, those that few have (一時預かり) much; the weights come from the names
of all shared indicators (inverse document frequency). Beside them counts the edit distance (rapidfuzz).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from kpigraph.wording import Wording

# How the three measures are weighed. Set on the tuned part of tests/linking/labelled.csv.
_BOTH, _COVERED, _EDITS = 0.55, 0.2, 0.25
# What it costs when each has what the other lacks (創業相談, 就業相談), beside one that only says more.
_REPLACED = 0.3
_OTHER_WORD, _WORTHWHILE = 0.75, 0.5
_KANJI = re.compile("[\u3400-\u9fff々]+")


@lru_cache(maxsize=50_000)
def grams(text: str) -> frozenset[str]:
    """Return the pairs of letters that stand beside each other in `text`; the one letter of a shorter text."""
    return frozenset(text[n : n + 2] for n in range(len(text) - 1)) or frozenset({text})


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each pair of letters tells; one that no known name has tells most."""

    by_gram: dict[str, float]
    most: float

    @classmethod
    def of(cls, names: Iterable[str]) -> "Weights":
        """Return the weights of the pairs of letters in `names`."""
        seen = [grams(name) for name in names]
        counts = Counter(gram for name in seen for gram in name)
        total = max(len(seen), 1)
        return cls({g: math.log(1 + total / n) for g, n in counts.items()}, math.log(1 + total))

    def sum(self, found: Iterable[str]) -> float:
        return sum(self.by_gram.get(gram, self.most) for gram in found)


def likeness(one: Wording, other: Wording, weights: Weights) -> float:
    """Return how alike two names are; `other` is the one that should be found in `one`."""
    if one.core == other.core:
        return 1.0
    mine, theirs = grams(one.core), grams(other.core)
    common = weights.sum(mine & theirs)
    if not common:
        return 0.0
    covered = common / weights.sum(theirs)
    used = common / weights.sum(mine)
    both = 2 * covered * used / (covered + used)
    both *= 1 - _REPLACED * min(1 - covered, 1 - used)
    edits = fuzz.ratio(one.core, other.core) / 100
    score = _BOTH * both + _COVERED * covered + _EDITS * edits
    return score * _OTHER_WORD if score > _WORTHWHILE and _has_another_word(one.core, other.core) else score


def _has_another_word(one: str, other: str) -> bool:
    """Tell whether the names are the same but for one word of Chinese letters: 就業相談者数, 創業相談者数."""
    changes = [c for c in Levenshtein.opcodes(one, other) if c.tag != "equal"]
    if len(changes) != 1 or changes[0].tag != "replace":
        return False
    c = changes[0]
    return all(_KANJI.fullmatch(t) for t in (one[c.src_start : c.src_end], other[c.dest_start : c.dest_end]))
