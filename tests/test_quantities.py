"""Every form of a value cell becomes the number it means, digit for digit, or an error with its place."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpigraph.language.missing import load_missing, word_key
from kpigraph.model import Comparator, Conventions, Intent, MissingReason, Quantity, ValueForm
from kpigraph.problems import SourceError, SourceLocation
from kpigraph.quantities import parse_quantity
from kpigraph.text import normalise

AT = SourceLocation(file="strategy.txt", row=6, cell=5)
DOCUMENT = Path(__file__).parents[1] / "data/sources/012068/sogo-senryaku-kpi-2016/kushiro-kpi.txt"
ROLE_LINE = re.compile(r"(?:現状値|実績値|指標値)[ \t]+(?P<period>[^\t\n]+)\t+(?P<value>[^\t\n]+)")

AT_LEAST, AT_MOST = Comparator.AT_LEAST, Comparator.AT_MOST
LESS_THAN, MORE_THAN = Comparator.LESS_THAN, Comparator.MORE_THAN


def absolute(value: str, unit: str = "", comparator: Comparator = Comparator.EXACT, **more: bool) -> Quantity:
    decimals = len(value.partition(".")[2])
    form = ValueForm.ABSOLUTE
    return Quantity(form=form, value=Decimal(value), decimals=decimals, unit=unit, comparator=comparator, **more)


def share(change: str, to: str = "", comparator: Comparator = Comparator.EXACT, decimals: int = 0) -> Quantity:
    form = ValueForm.RELATIVE
    change_by = Decimal(change)
    return Quantity(form=form, relative_change=change_by, relative_to=to, comparator=comparator, decimals=decimals)


def amount(change: str, unit: str, to: str = "", comparator: Comparator = Comparator.EXACT) -> Quantity:
    decimals = len(change.partition(".")[2])
    return Quantity(
        form=ValueForm.RELATIVE,
        absolute_change=Decimal(change),
        unit=unit,
        relative_to=to,
        comparator=comparator,
        decimals=decimals,
    )


def between(low: str, high: str, unit: str = "", *, estimated: bool = False) -> Quantity:
    decimals = len(high.partition(".")[2])
    ends = {"minimum": Decimal(low), "maximum": Decimal(high)}
    return Quantity(form=ValueForm.RANGE, decimals=decimals, unit=unit, estimated=estimated, **ends)


def of(part: str, whole: str, unit: str = "") -> Quantity:
    return Quantity(form=ValueForm.RATIO, numerator=Decimal(part), denominator=Decimal(whole), unit=unit)


def level(to: str, comparator: Comparator) -> Quantity:
    return Quantity(form=ValueForm.RELATIVE, relative_change=Decimal(0), relative_to=to, comparator=comparator)


def words(intent: Intent | None = None, *, maintenance: bool = False) -> Quantity:
    return Quantity(form=ValueForm.QUALITATIVE, intent=intent, maintenance=maintenance)


MISSING = Quantity(form=ValueForm.MISSING)

# Every value of the document that is not a plain number.
OF_THE_DOCUMENT = {
    "-": MISSING,
    "25%増(対H25年比)": share("0.25", "H25年"),
    "15%増(対H26年比)": share("0.15", "H26年"),
    "15%増(H26年度対比)": share("0.15", "H26年度"),
    "50%増(H26年度対比)": share("0.50", "H26年度"),
    "10%増(H26年度対比)": share("0.10", "H26年度"),
    "20%増(H27年度対比)": share("0.20", "H27年度"),
    "10%増(H26年度末対比)": share("0.10", "H26年度末"),
    "5%縮小(対H26年比)": share("-0.05", "H26年"),
    "12%縮小": share("-0.12"),
    "4万人以上の維持": absolute("40000", "人", AT_LEAST, maintenance=True),
    "29万人以上の維持": absolute("290000", "人", AT_LEAST, maintenance=True),
    "70%以上": absolute("70", "%", AT_LEAST),
    "0.2%未満": absolute("0.2", "%", LESS_THAN),
    "2.0%未満": absolute("2.0", "%", LESS_THAN),
    "18.0%以下": absolute("18.0", "%", AT_MOST),
    "基準年": words(),
    "患者満足度を高める": words(Intent.IMPROVE),
    "現行体制を維持": words(Intent.MAINTAIN, maintenance=True),
    "現状輸送規模を維持": words(Intent.MAINTAIN, maintenance=True),
    "看護師の維持又は増加": words(Intent.MAINTAIN_OR_INCREASE),
}
OF_THE_GRAMMAR = {
    # plain numbers, digit for digit
    "117,779": absolute("117779"),
    "0": absolute("0"),
    "0.0": absolute("0.0"),
    "2.30": absolute("2.30"),
    "１，２３４．５０": absolute("1234.50"),
    "1、234": absolute("1234"),
    "△5.2": absolute("-5.2"),
    "▲5.2％": absolute("-5.2", "%"),
    "−5": absolute("-5"),
    "－５": absolute("-5"),
    "△ 5": absolute("-5"),
    "＋3": absolute("3"),
    "△0.0": absolute("0.0"),
    "123456789012345678": absolute("123456789012345678"),
    # units
    "1,200人": absolute("1200", "人"),
    "5 件/年": absolute("5", "件/年"),
    "3か所": absolute("3", "か所"),
    "36,000m³": absolute("36000", "m3"),
    "12㎡": absolute("12", "m2"),
    "1.5t-CO₂": absolute("1.5", "t-CO2"),
    "2.5ポイント": absolute("2.5", "ポイント"),
    "1.5倍": absolute("1.5", "倍"),
    # 万, 億 and the like
    "4万": absolute("40000"),
    "3.5万": absolute("35000"),
    "1.23456万人": absolute("12345.6", "人"),
    "1億2,000万円": absolute("120000000", "円"),
    "1億2,345万6,789": absolute("123456789"),
    "2万5千": absolute("25000"),
    "3百万円": absolute("3000000", "円"),
    "2兆": absolute("2000000000000"),
    # words around a number
    "約1,200人": absolute("1200", "人", estimated=True),
    "およそ500件程度": absolute("500", "件", estimated=True),
    "100人超": absolute("100", "人", MORE_THAN),
    "100人を超える": absolute("100", "人", MORE_THAN),
    "100を上回る": absolute("100", "", MORE_THAN),
    "100を下回る": absolute("100", "", LESS_THAN),
    "3日以内": absolute("3", "日", AT_MOST),
    "95%以上を維持": absolute("95", "%", AT_LEAST, maintenance=True),
    "100%維持": absolute("100", "%", maintenance=True),
    # changes
    "25%増加": share("0.25"),
    "2.5%減": share("-0.025", decimals=1),
    "25パーセント削減": share("-0.25"),
    "3割増(平成25年度比)": share("0.3", "平成25年度"),
    "対H25年比25%増": share("0.25", "H25年"),
    "H25-27年平均比で5%向上": share("0.05", "H25-27年平均"),
    "前年度比3%アップ": share("0.03", "前年度"),
    "対前年同月比3%ダウン": share("-0.03", "前年同月"),
    "前年比+3%": share("0.03", "前年"),
    "前年比△3%": share("-0.03", "前年"),
    "5%以上の増加": share("0.05", "", AT_LEAST),
    "5%以上削減(対H25年比)": share("-0.05", "H25年", AT_MOST),
    "10件増": amount("10", "件"),
    "2.5ポイント減(対H27年度比)": amount("-2.5", "ポイント", "H27年度"),
    "前年比△2%ポイント": amount("-2", "%ポイント", "前年"),
    "10人以上増": amount("10", "人", "", AT_LEAST),
    # words only
    "向上": words(Intent.IMPROVE),
    "維持": words(Intent.MAINTAIN, maintenance=True),
    "現状維持以上": words(Intent.MAINTAIN_OR_INCREASE),
    "増加": words(),
    "水質の維持と改善": words(),
    "維持できない": words(),
    "一人ひとりに合った支援": words(),
    "なし": words(),  # none, or no value: nobody can tell
    **dict.fromkeys(["－", "ー", "—", "─", "--", " - "], MISSING),
    # ranges and ratios
    "100〜120": between("100", "120"),
    "100人～120人": between("100", "120", "人"),
    "約1.5~2.0%": between("1.5", "2.0", "%", estimated=True),
    "3万〜5万人": between("30000", "50000", "人"),
    "70%以上100%以下": between("70", "100", "%"),
    "3/5": of("3", "5"),
    "３／５": of("3", "5"),
    "12/31": of("12", "31"),
    "0/10校": of("0", "10", "校"),
    "3校/5校": of("3", "5", "校"),
    "全10校中8校": of("8", "10", "校"),
    # the level of another period
    "前年度以上": level("前年度", AT_LEAST),
    "基準値を上回る": level("基準値", MORE_THAN),
    "H30年度実績以上": level("H30年度", AT_LEAST),
    "前年度以上を維持": replace(level("前年度", AT_LEAST), maintenance=True),
    "前年並み": replace(level("前年", Comparator.EXACT), estimated=True),
    "前年度より増加": level("前年度", MORE_THAN),
    "現状値以下": level("現状値", AT_MOST),
    # kanji
    "三千人": absolute("3000", "人"),
    "百二十": absolute("120"),
    "約百二十人": absolute("120", "人", estimated=True),
    "一億二千三百四十五万六千七百八十九": absolute("123456789"),
    "一二〇件": absolute("120", "件"),
    "三割増": share("0.3"),
    # scale and unit glued
    "9億円": absolute("900000000", "円"),
    "37,427t": absolute("37427", "t"),
    "1.2百万円": absolute("1200000", "円"),
}
NOT_GIVEN = {
    "調査中": MissingReason.PENDING,
    " 集 計 中 ": MissingReason.PENDING,
    "データなし": MissingReason.NOT_AVAILABLE,
    "…": MissingReason.NOT_AVAILABLE,
    "設定なし": MissingReason.NOT_SET,
    "未定": MissingReason.UNDECIDED,
    "ＴＢＤ": MissingReason.UNDECIDED,
    "未実施": MissingReason.NOT_CONDUCTED,
    "該当なし": MissingReason.NOT_APPLICABLE,
    "非公表": MissingReason.SUPPRESSED,
    "※": MissingReason.SEE_NOTE,
    "No value given": MissingReason.NOT_AVAILABLE,
    **dict.fromkeys(["N/A", "n/a", "&nbsp;", "-", "－", "‐"]),
}
UNREADABLE = [
    *("", " ", "?", "・", "%", "約", "以上", "増", "程度", "千人", "十", "二三十人", "〇"),
    *(
        "130〜120",
        "100〜",
        "3〜5万人",
        "5-10人",
        "50以上60未満",
        "5/3",
        "2015/16",
        "3/5/7",
        "100件/5年",
        "12,34",
        "1,2345",
        "0,123",
        "1、23",
        "1,234、567",
        "1.2.3",
        "5.",
        ".5",
        "007",
    ),
    *("1 234", "1, 234", "- 5", "120²", "①", "½", "٣", "1,234*", "≧5", "±5", "(5)", "5e10", "1万20000", "5千3万"),
    *("1.5億2000万", "1234567890123456789", "1" * 5000, "5%増?", "10%10件", "N/A12", "H27年度 5", "第5回", "延べ5人"),
    *(
        "5人(見込)",
        "5件達成",
        "12校実施済",
        "5人を目指す",
        "100人強",
        "50%人",
        "5%増減",
        "△5%減",
        "前年比3%",
        "前年比103%",
    ),
    *(
        "5%増(H25年)",
        "5%増(対H25年比)(対H26年比)",
        "H25年比5%増(対H26年比)",
        "構成比25%増",
        "5(対H25年比)",
        "5以上以下",
    ),
    *("約", "5人の維持又は増加", "1,200人うち5人", "H27", "対H25年比"),
]


def test_a_value_is_read() -> None:
    meant = OF_THE_DOCUMENT | OF_THE_GRAMMAR
    read = {text: parse_quantity(text, AT) for text in meant}
    assert read == meant
    # Decimal("2.3") == Decimal("2.30"), but the digits are not the same.
    assert {text: repr(quantity) for text, quantity in read.items()} == {t: repr(q) for t, q in meant.items()}


def test_no_value_is_not_zero_and_says_why_where_the_source_does() -> None:
    read = {text: parse_quantity(text, AT) for text in NOT_GIVEN}
    assert read == {text: Quantity(form=ValueForm.MISSING, missing=why) for text, why in NOT_GIVEN.items()}
    card = Conventions(missing_words={word_key("様子見"): MissingReason.UNDECIDED})
    assert parse_quantity("様子見", AT, conventions=card).missing is MissingReason.UNDECIDED


def test_a_faulty_list_of_missing_words_names_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "missing.csv"
    path.write_text(
        "word,reason,ja,en\n未知,why,あ,a\n空欄,,,\n秘,suppressed,あ,a\n秘,pending,あ,a\n", encoding="utf-8"
    )
    with pytest.raises(SourceError) as raised:
        load_missing(path)
    assert [(p.code, str(p.at)) for p in raised.value.problems] == [
        ("codelist.field", "codelists/missing.csv › line 2"),
        ("codelist.field", "codelists/missing.csv › line 3"),
        ("codelist.clash", "codelists/missing.csv › line 5"),
    ]


def test_every_value_of_the_document_is_a_plain_number_or_pinned_above() -> None:
    found = [value for _, value in ROLE_LINE.findall(DOCUMENT.read_text(encoding="utf-8"))]
    assert len(found) == 85 * 3
    plain = {value for value in found if re.fullmatch(r"[0-9,]+(\.[0-9]+)?", value)}
    assert set(found) - plain == set(OF_THE_DOCUMENT)
    for value in plain:
        assert parse_quantity(value, AT) == absolute(value.replace(",", ""))


def test_a_dash_is_not_zero_and_zero_is_not_missing() -> None:
    assert parse_quantity("-", AT).value is None
    assert parse_quantity("0", AT).form is ValueForm.ABSOLUTE
    assert parse_quantity("0", AT).value == 0


def test_what_cannot_be_read_is_an_error_with_its_place() -> None:
    read, refused = [], []
    for text in UNREADABLE:
        try:
            read.append((text, parse_quantity(text, AT)))
        except SourceError as e:
            refused += e.problems
    assert read == []
    assert [(p.code, p.at, p.found) for p in refused] == [("quantity.unreadable", AT, text) for text in UNREADABLE]
    assert all("25%増(対H25年比)" in p.expected for p in refused)


# What holds for every number.

numbers = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places), st.integers(-(10**14), 10**14), st.integers(0, 4)
)
WIDE = str.maketrans("0123456789,.-%+", "０１２３４５６７８９，．－％＋")


@settings(max_examples=60)
@given(numbers, st.sampled_from(["-", "△", "▲", "−", "－"]), st.booleans(), st.booleans())
def test_a_printed_number_is_read_back(number: Decimal, minus: str, separated: bool, wide: bool) -> None:
    printed = f"{abs(number):,f}" if separated else f"{abs(number):f}"
    text = (minus if number < 0 else "") + (printed.translate(WIDE) if wide else printed)
    quantity = parse_quantity(text, AT)
    assert f"{quantity.value:f}" == (f"{number:f}" if number else f"{abs(number):f}")
    assert quantity.decimals == len(printed.partition(".")[2])


@settings(max_examples=60)
@given(st.integers(1, 9999), st.integers(0, 9999), st.integers(0, 9999))
def test_myriads_add_up(oku: int, man: int, rest: int) -> None:
    text = f"{oku:,}億" + (f"{man}万" if man else "") + (f"{rest:,}" if rest else "")
    assert parse_quantity(text + "円", AT) == absolute(str(oku * 10**8 + man * 10**4 + rest), "円")


@settings(max_examples=60)
@given(st.integers(1, 999), st.integers(0, 2), st.sampled_from(["増", "減"]), st.integers(1, 40))
def test_a_share_is_the_hundredth_of_its_percentage(digits: int, places: int, change: str, year: int) -> None:
    percentage = Decimal(digits).scaleb(-places)
    quantity = parse_quantity(f"{percentage:f}%{change}(対H{year}年度比)", AT)
    assert quantity.relative_change == percentage / 100 * (1 if change == "増" else -1)
    assert quantity.relative_to == f"H{year}年度"
    assert quantity == parse_quantity(f"H{year}年度対比 {percentage:f}％{change}", AT)


def test_width_changes_nothing() -> None:
    for text, means in (OF_THE_DOCUMENT | OF_THE_GRAMMAR).items():
        assert parse_quantity(text.translate(WIDE), AT) == means


PIECES = [
    "1",
    "234",
    ",",
    ".",
    "5",
    "0",
    "%",
    "人",
    "万",
    "億",
    "千",
    "百",
    "二",
    "約",
    "△",
    "-",
    "+",
    "~",
    "/",
    "以上",
    "未満",
    "超",
    "増",
    "減少",
    "対",
    "比",
    "H25年",
    "前年度",
    "(",
    ")",
    "維持",
    "の",
    "を",
]
PIECES += ["ポイント", "m²", "²", "①", "٣", " ", "、", "又は", "ー", "中"]


@settings(max_examples=60)
@given(st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=10).map("".join)))
def test_any_text_is_a_value_or_an_error(text: str) -> None:
    try:
        quantity = parse_quantity(text, AT)
    except SourceError:
        return
    assert (quantity.value is not None) == (quantity.form is ValueForm.ABSOLUTE)
    changes = [c for c in (quantity.relative_change, quantity.absolute_change) if c is not None]
    assert len(changes) == (quantity.form is ValueForm.RELATIVE)
    assert quantity.decimals >= 0
    if quantity.form in (ValueForm.MISSING, ValueForm.QUALITATIVE):
        assert not re.search(r"[0-9０-９]", text)
    digits = re.findall(r"[0-9]+", normalise(text).replace(",", "").replace("、", ""))
    for number in (quantity.minimum, quantity.maximum, quantity.numerator, quantity.denominator):
        assert number is None or any(re.sub(r"\.|0+$", "", f"{number:f}") in run for run in ["".join(digits), *digits])
    for number in (quantity.value, *changes):
        assert number is None or (number.is_finite() and "E" not in str(number) and str(number) != "-0")
