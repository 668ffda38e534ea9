"""How texts and what is looked for in them are made alike."""

from kpigraph.text import compact

# Katakana and their iteration marks → hiragana; the half-width ones become full-width by NFKC.
_KANA = {k: k - 0x60 for k in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")


def fold(text: str) -> str:
    """Return `text` in NFKC, in small letters, without blanks, katakana as hiragana: ＫＰＩ一覧 is kpi 一覧."""
    return compact(compact(text.translate(_CONTROLS)).casefold()).translate(_KANA)


def terms(query: str) -> tuple[str, ...]:
    """Return what is looked for, folded, each once: the parts of `query` between blanks, of any width."""
    return tuple(dict.fromkeys(folded for part in query.translate(_CONTROLS).split() if (folded := fold(part))))
