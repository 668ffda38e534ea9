"""The one normalisation that every parser uses: NFKC, blanks, dashes.

Printed text is never replaced by its normal form; the normal form is only what the parsers look at.
"""

import re
import unicodedata

# Characters that stand for a dash or a minus in Japanese documents and that NFKC leaves apart.
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−⁃﹘﹣－", "-"))
_WAVES = str.maketrans(dict.fromkeys("〜～∼∿˜", "~"))
_BLANKS = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Return `text` in NFKC, blanks folded to one space and stripped, dashes as '-' and wave dashes as '~'.

    The long vowel mark 'ー' stays: it is a letter. (Its half-width form 'ｰ' becomes 'ー' by NFKC.)
    """
    folded = unicodedata.normalize("NFKC", text.translate(_WAVES).replace("ｰ", "ー"))
    return _BLANKS.sub(" ", folded.translate(_DASHES).translate(_WAVES)).strip()


def compact(text: str) -> str:
    """Return the normal form of `text` without any blank: what two labels are compared by."""
    return normalise(text).replace(" ", "")


def is_missing_mark(text: str) -> bool:
    """Tell whether `text` is a mark for "no value here": one or more dashes and nothing else."""
    return bool(re.fullmatch(r"-+|ー", compact(text)))
