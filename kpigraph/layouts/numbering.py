"""Numbering of headings, told by one example: 【基本目標1】, ①, ア, 第1章, (1), Ⅰ.

An example is a heading's number as printed. What counts up in it (a digit, a circled number, a Roman numeral, a letter
or kana) stands for all its kind; everything else stands for itself, in full or half width.
"""

import re
import unicodedata

_KINDS = (
    ("0-9０-９", r"[0-9０-９]+"),
    ("①-⑳㉑-㉟㊱-㊿", r"[①-⑳㉑-㉟㊱-㊿]"),
    ("Ⅰ-Ⅻⅰ-ⅻ", r"[Ⅰ-Ⅻⅰ-ⅻ]"),
    ("一二三四五六七八九十", r"[一二三四五六七八九十]+"),
    ("ｱ-ﾝァ-ヶ", r"[ア-ンｱ-ﾝ]"),
    ("あ-ん", r"[あ-ん]"),
    ("A-Za-zＡ-Ｚａ-ｚ", r"[A-Za-zＡ-Ｚａ-ｚ]"),
)
_COUNTING = re.compile("|".join(f"[{chars}]+" for chars, _ in _KINDS))
_NUMBER = r"(?:[0-9０-９]+|[①-⑳]|[Ⅰ-Ⅻⅰ-ⅻ]|[一二三四五六七八九十]+|[IVX]+|[ア-ンｱ-ﾝ]|[A-Za-zＡ-Ｚａ-ｚ])"
_BEGIN = re.compile(
    rf"\s*(?P<number>第\s*{_NUMBER}\s*[編章節部]|[【〔\[［(（<＜]?\s*{_NUMBER}(?:[-－‐―・.．][(（]?{_NUMBER}[)）]?)*"
    r"\s*[】〕\]］)）>＞]?[.．、,，:：]?)(?=\s*\S)"
)
_JOINT = re.compile(r"[-‐－―ー−.．・,、()（）\[\]\s]+")
_SEQUENCES = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "abcdefghijklmnopqrstuvwxyz",
)
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_KANJI = "一二三四五六七八九"


def heading_pattern(example: str) -> re.Pattern[str]:
    """Return a pattern with the groups `notation` (what counts) and `label` (the rest) for headings like `example`.

    The last counting run of the example is the number. Digits that marks alone part from it count too: 2.1 stands for
    3.10 as well. All else before it stands for itself. A number with no bracket or stop after it must be followed by a
    blank, unless it is a circled number, or the example ends in "…" (1…: 1しごとをつくる).

    Raises:
        ValueError: if nothing in `example` counts.
    """
    directly = example.endswith("…")
    example = example.removesuffix("…")
    runs = list(_COUNTING.finditer(example))
    if not runs:
        raise ValueError(f"{example!r} has nothing that counts")
    number, end = runs[-1], runs[-1].start()
    before = ""
    for run in reversed(runs[:-1]):
        if not run[0].isdecimal() or not _JOINT.fullmatch(example, run.end(), end):
            break
        before = _kind(run) + _either_width(example[run.end() : end]) + before
        end = run.start()
    before = _either_width(example[:end]) + before
    tail = example[number.end() :]
    bare_circled = number[0] in "①②③④⑤⑥⑦⑧⑨⑩"
    gap = r"\s*" if tail or bare_circled else r"\s+"
    if directly or tail[-1:] in (".", ",", "．", "，"):  # 1.5, 1,000
        gap = r"(?![0-9０-９.,．，])\s*"
    pattern = rf"\s*{before}(?P<notation>{_kind(number)}){_either_width(tail)}{gap}(?P<label>\S(?:.*\S)?)\s*"
    return re.compile(pattern, re.DOTALL)


def begins_with(text: str) -> str:
    """Return what may be the number of a heading at the beginning of `text`, as printed; "" if nothing may.

    It can stand as the example of `heading_pattern`; "…" is behind it where the words follow a digit at once.
    """
    m = _BEGIN.match(text)
    if m is None:
        return ""
    number = m["number"].strip()
    examples = [number, *([number + "…"] if number[-1].isdecimal() else [])]
    return next((example for example in examples if heading_pattern(example).fullmatch(text)), "")


def heading_notation(example: str, text: str) -> str:
    """Return the number that `text` bears as a heading like `example`, "" if it is none."""
    m = heading_pattern(example).fullmatch(text)
    return m["notation"] if m else ""


def _kind(run: re.Match[str]) -> str:
    """Return the pattern of all numbers that count as `run` does; letters that are a Roman numeral count as one."""
    if re.fullmatch("[IVX]{2,}|[ivx]{2,}", run[0]):
        return "[IVX]+" if run[0].isupper() else "[ivx]+"
    kind = next((pattern for chars, pattern in _KINDS if re.fullmatch(f"[{chars}]+", run[0])), "")
    if not re.fullmatch(kind, run[0]):
        raise ValueError(f"{run[0]!r} does not count")
    return kind


def ordinal(notation: str) -> int | None:
    """Return which number `notation` is, counted from 1: 3 for 3, ③, Ⅲ, III, 三, ウ, う, C, c; else None."""
    if not notation:
        return None
    folded = unicodedata.normalize("NFKC", notation)
    if folded.isdecimal():
        return int(folded)
    if (
        unicodedata.numeric(notation[0], None) or len(notation) > 1
    ) and folded.upper() in _ROMAN:  # Ⅰ, not the letter I
        return _ROMAN.index(folded.upper()) + 1
    if m := re.fullmatch(rf"(?P<tens>[{_KANJI}]?十)?(?P<ones>[{_KANJI}])?", folded):
        tens = 10 * (_KANJI.find(m["tens"][0]) + 1 or 1) if m["tens"] else 0
        return tens + (_KANJI.index(m["ones"]) + 1 if m["ones"] else 0) or None
    return next(
        (sequence.index(folded) + 1 for sequence in _SEQUENCES if folded in sequence and len(folded) == 1), None
    )


def _either_width(text: str) -> str:
    """Return a pattern for `text` in which full-width and half-width forms of a character match each other."""
    return "".join(f"[{re.escape(c)}{re.escape(_other_width(c))}]" for c in text)


def _other_width(char: str) -> str:
    if "!" <= char <= "~":
        return chr(ord(char) + 0xFEE0)
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 else char
