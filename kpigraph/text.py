"""The one normalisation that every parser uses: NFKC, blanks, dashes.

Printed text is never replaced by its normal form; the normal form is only what the parsers look at.
"""

import re
import unicodedata
from functools import lru_cache

# Characters that stand for a dash or a minus in Japanese documents and that NFKC leaves apart; U+0336 is what
# PDFs with Adobe's Japanese fonts give for —.
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−⁃﹘﹣－─━\u0336", "-"))
_WAVES = str.maketrans(dict.fromkeys("〜～∼∿˜", "~"))
_BLANKS = re.compile(r"\s+")
_PLAIN = re.compile("[^\\s‐‑‒–—―−⁃﹘﹣－─━\u0336〜～∼∿˜ｰ]*")  # nothing that is folded but by NFKC
_SPLIT_NUMBER = re.compile(r"[0-9] [0-9]")
_DITTOS = frozenset(("〃", "″", "”", "同上", "仝", "々"))
_DIGITS = re.compile("([0-9]+)")

# What XML 1.0 can hold in no form, not even escaped (https://www.w3.org/TR/xml/#charsets).
NOT_XML = re.compile("[^\\t\\n\\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@lru_cache(maxsize=10_000)
def normalise(text: str) -> str:
    """Return `text` in NFKC, blanks folded to one space and stripped, dashes as '-' and wave dashes as '~'.

    The long vowel mark 'ー' stays: it is a letter. (Its half-width form 'ｰ' becomes 'ー' by NFKC.)
    """
    if _PLAIN.fullmatch(text) and unicodedata.is_normalized("NFKC", text):
        return text
    folded = unicodedata.normalize("NFKC", text.translate(_WAVES).replace("ｰ", "ー"))
    return _BLANKS.sub(" ", folded.translate(_DASHES).translate(_WAVES)).strip()


@lru_cache(maxsize=10_000)
def compact(text: str) -> str:
    """Return the normal form of `text` without any blank: what two labels are compared by."""
    found = normalise(text)
    if " " not in found and unicodedata.is_normalized("NFKC", found):
        return found
    return unicodedata.normalize("NFKC", found.replace(" ", ""))  # a mark may now stand beside its letter


def natural(text: str) -> str:
    """Return a text that compares as `text` does once its runs of digits count as numbers: a9 before a10.

    Each run is preceded by its length, so no number is ever parsed. Two texts can have the same key ("1" and "01").
    Thousands of IRIs are alike up to their last slash, which no run crosses.
    """
    head, slash, tail = text.rpartition("/")
    return _weighed_once(head) + slash + _weighed(tail)


def _weighed(text: str) -> str:
    pieces = _DIGITS.split(text)
    pieces[1::2] = map(_weight, pieces[1::2])
    return "".join(pieces)


_weighed_once = lru_cache(maxsize=1 << 12)(_weighed)


@lru_cache(maxsize=1 << 14)
def _weight(run: str) -> str:
    digits = run.lstrip("0")
    return chr(min(len(digits), 0x2F) + 1) + digits


@lru_cache(maxsize=10_000)
def is_missing_mark(text: str) -> bool:
    """Tell whether `text` is a mark for "no value here": one or more dashes and nothing else."""
    return bool(re.fullmatch(r"-+|ー", compact(text)))


def is_ditto(text: str) -> bool:
    """Tell whether `text` says "as above" outright."""
    return compact(text) in _DITTOS


@lru_cache(maxsize=10_000)
def has_doubtful_digits(text: str) -> bool:
    """Tell whether the digits of `text` may be other than its normal form shows.

    So it is where a blank stands between two digits ("1 234": one number or two?), and where NFKC makes an ordinary
    digit of a raised, lowered, circled or fractional one: "120²" is 120 with a note, not 1202. Only after a letter, as
    in m² and CO₂, such a digit is a part of the word.
    """
    return has_raised_digits(text) or bool(_SPLIT_NUMBER.search(normalise(text)))


def has_raised_digits(text: str) -> bool:
    """Tell whether NFKC makes an ordinary digit of one in `text` that is raised, lowered, circled or fractional."""
    if text.isascii():
        return False
    before = " " + text
    return any(
        unicodedata.category(this) == "No" and not (this in "²³₂" and last.isalpha())
        for last, this in zip(before, text, strict=False)
    )
