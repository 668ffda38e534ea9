"""How texts and what is looked for in them are made alike."""

from functools import lru_cache
from itertools import pairwise

from kpigraph.text import compact

# Katakana and their iteration marks → hiragana; the half-width ones become full-width by NFKC.
_KANA = {k: k - 0x60 for k in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")


@lru_cache(maxsize=1 << 14)  # names of municipality, department and goal stand with many things
def fold(text: str) -> str:
    """Return `text` in NFKC, in small letters, without blanks, katakana as hiragana: ＫＰＩ一覧 is kpi 一覧."""
    return compact(compact(text.translate(_CONTROLS)).casefold()).translate(_KANA)


def grams(text: str) -> str:
    """Return every letter of a folded text and every two neighbours, each once, as words of a plain index: x6e2f.

    A line end parts texts; nothing reaches over it.
    """
    return " ".join(sorted(set().union(*map(_grams, text.split("\n")))))


@lru_cache(maxsize=1 << 13)
def _grams(line: str) -> frozenset[str]:
    return frozenset(map(gram, {*line, *map("".join, pairwise(line))}))


@lru_cache(maxsize=1 << 17)  # a country has some ten thousand
def gram(short: str) -> str:
    """Return one or two letters as a word in which there are no letters that a tokenizer could take apart."""
    return "x" + "x".join(f"{ord(letter):x}" for letter in short)


def terms(query: str) -> tuple[str, ...]:
    """Return what is looked for, folded, each once: the parts of `query` between blanks, of any width."""
    return tuple(dict.fromkeys(folded for part in query.translate(_CONTROLS).split() if (folded := fold(part))))
