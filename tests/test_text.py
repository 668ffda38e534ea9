"""The one normalisation: widths, blanks and dashes fold together, letters and digits do not change their meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpigraph.text import compact, has_doubtful_digits, is_missing_mark, normalise

DASHES = "-‐‑‒–—―−⁃﹘﹣－─━"
WAVES = "~〜～∼"


@pytest.mark.parametrize(
    ("printed", "folded"),
    [
        ("Ｈ２７年度", "H27年度"),
        ("トﾝ", "トン"),
        ("m ³", "m 3"),
        ("㎡", "m2"),
        ("㍻27年", "平成27年"),
        ("㋿元年", "令和元年"),
        (" a\t\u3000 b\n", "a b"),
        ("ファミリー・サポート", "ファミリー・サポート"),
        ("ｾﾝﾀｰ", "センター"),
        ("", ""),
    ],
)
def test_widths_and_blanks_fold(printed: str, folded: str) -> None:
    assert normalise(printed) == folded


@pytest.mark.parametrize("dash", DASHES)
def test_every_dash_is_one_dash(dash: str) -> None:
    assert normalise(f"H27{dash}31年度") == "H27-31年度"


@pytest.mark.parametrize("wave", WAVES)
def test_every_wave_is_one_wave(wave: str) -> None:
    assert normalise(f"H27{wave}31年度") == "H27~31年度"


def test_compact_leaves_no_blank() -> None:
    assert compact("① 釧路 の\u3000「食」") == "1釧路の「食」"
    assert compact("A ¨") == "Ä"  # NFKC makes a blank and a mark of "¨"


@pytest.mark.parametrize("mark", [*DASHES, "ー", "ｰ", "--", "－－", "- -", " - ", "\t―"])
def test_a_dash_alone_marks_a_missing_value(mark: str) -> None:
    assert is_missing_mark(mark)


@pytest.mark.parametrize("text", ["", " ", "0", "-1", "−0", "~", "一", "データー", "なし", "H27-31"])
def test_nothing_else_marks_a_missing_value(text: str) -> None:
    assert not is_missing_mark(text)


@pytest.mark.parametrize("text", ["1 234", "H2 7年", "120²", "①", "½", "１\u3000２", "x₂²", "⑴"])
def test_digits_that_folding_would_change_are_doubtful(text: str) -> None:
    assert has_doubtful_digits(text)


@pytest.mark.parametrize("text", ["1,234", "m²", "100 m³", "CO₂", "㎡", "H27. 7. 1", "１２３", "", "words"])
def test_other_digits_are_not_doubtful(text: str) -> None:
    assert not has_doubtful_digits(text)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert compact(compact(text)) == compact(text)
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_a_missing_mark_never_holds_a_digit(text: str) -> None:
    assert not (is_missing_mark(text) and any(c.isdigit() for c in text))
