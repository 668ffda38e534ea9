"""units.csv: the real file loads, every unit the document prints is found, each fault is told with its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from kpigraph.codelists import UNIT_COLUMNS, UnitCodelist, load_units
from kpigraph.problems import SourceError

DATA = Path(__file__).resolve().parents[1] / "data"
HEADER = ",".join(UNIT_COLUMNS)
TON = "ton,トン,tonne,トﾝ|t,unit:TONNE,1,0,,"
PERCENT = "percent,%,percent,パーセント,unit:PERCENT,1,0,0,100"
MAN_YEN = "man-yen,万円,ten thousand yen,,unit:CCY_JPY,10000,4,,"

# What stands in the unit column of kushiro-kpi.txt, and other spellings of the same.
PRINTED = {
    "トン": "ton", "トﾝ": "ton", "万トン": "man-ton", "万トﾝ": "man-ton", "万人": "man-nin", "人": "nin", "名": "nin",
    "万円": "man-yen", "千円": "sen-yen", "円": "yen", "m ³": "m3", "m³": "m3", "㎥": "m3", "ｍ３": "m3",
    "㎡": "m2", "m²": "m2", "m2": "m2", "箇所": "kasho", "か所": "kasho", "ヶ所": "kasho", "カ所": "kasho",
    "ケ所": "kasho", "%": "percent", "％": "percent", "ポイント": "percentage-point", "件": "ken", "校": "kou",
    "園": "en", "回": "kai", "戸": "ko", "事業": "jigyo",
}  # fmt: skip


@pytest.fixture(scope="module")
def units() -> UnitCodelist:
    return load_units(DATA / "codelists")


@pytest.mark.parametrize("text", PRINTED)
def test_every_unit_of_the_document_is_found(units: UnitCodelist, text: str) -> None:
    unit = units.find(text)
    assert unit is not None
    assert unit.notation == PRINTED[text]


def test_english_words_are_found_with_capitals_and_symbols_are_not(units: UnitCodelist) -> None:
    words = {"Residents": "nin", "days": "day", "Metric tons": "ton", "households": "setai", "visits per year": "kai"}
    words |= {"人/年": "nin", "件／年度": "ken", "$M": "hyakuman-dollar"}
    assert {text: (unit := units.find(text)) and unit.notation for text in words} == words
    assert units.find("mW") is None


@pytest.mark.parametrize("text", ["", "-", "教育支援課", "人々", "人/月"])
def test_what_is_no_unit_is_not_found(units: UnitCodelist, text: str) -> None:
    assert units.find(text) is None


def test_units_convert_to_their_base(units: UnitCodelist) -> None:
    man_yen, point, percent = units.find("万円"), units.find("ポイント"), units.find("%")
    assert man_yen
    assert point
    assert percent
    assert (man_yen.base_unit, man_yen.factor) == ("http://qudt.org/vocab/unit/CCY_JPY", Decimal(10000))
    assert point.base_unit == "https://w3id.org/kpigraph/code/unit/percentage-point"  # never unit:PERCENT
    assert (percent.minimum, percent.maximum) == (Decimal(0), Decimal(100))
    assert len({u.notation for u in units}) == len(units)


def load(folder: Path, *lines: str) -> UnitCodelist:
    (folder / "units.csv").write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return load_units(folder)


def faults(folder: Path, *lines: str) -> list[tuple[str, int, str]]:
    """Return code, line and column of every fault that is reported."""
    with pytest.raises(SourceError) as caught:
        load(folder, *lines)
    for problem in caught.value.problems:
        assert problem.sentence("ja")
        assert problem.sentence("en")
    return [(p.code, p.at.row, UNIT_COLUMNS[p.at.cell - 1] if p.at.cell else "") for p in caught.value.problems]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("kg,,kilogram,,unit:KiloGM,1,0,,", "label_ja"),
        ("kg,キログラム,,,unit:KiloGM,1,0,,", "label_en"),
        ("Kg 1,キログラム,kilogram,,unit:KiloGM,1,0,,", "notation"),
        (",キログラム,kilogram,,unit:KiloGM,1,0,,", "notation"),
        ("kg,キログラム,kilogram,kg||㎏,unit:KiloGM,1,0,,", "alternatives"),
        ("kg,キログラム,kilogram,キログラム,unit:KiloGM,1,0,,", "alternatives"),
        ("kg,キログラム,kilogram,,qudt-unit:KiloGM,1,0,,", "base_unit"),
        ("kg,キログラム,kilogram,,KiloGM,1,0,,", "base_unit"),
        ("kg,キログラム,kilogram,,u:gram,1,0,,", "base_unit"),
        ("kg,キログラム,kilogram,,unit:KiloGM,千,3,,", "factor"),
        ("kg,キログラム,kilogram,,unit:KiloGM,0,0,,", "factor"),
        ("kg,キログラム,kilogram,,unit:KiloGM,100,3,,", "factor"),
        ("kg,キログラム,kilogram,,unit:KiloGM,1,-,,", "unit_mult"),
        ("kg,キログラム,kilogram,,unit:KiloGM,1,0,none,", "minimum"),
        ("kg,キログラム,kilogram,,unit:KiloGM,1,0,,1e3", "maximum"),
        ("kg,キログラム,kilogram,,unit:KiloGM,1,0,100,0", "maximum"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(tmp_path: Path, row: str, column: str) -> None:
    assert faults(tmp_path, TON, PERCENT, row) == [("codelist.field", 4, column)]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("ton,米トン,short ton,,unit:TONNE,1,0,,", "notation"),
        ("metric-ton,トン,metric ton,,unit:TONNE,1,0,,", "label_ja"),
        ("metric-ton,㌧,metric ton,,unit:TONNE,1,0,,", "label_ja"),
        ("metric-ton,メートル法トン,tonne,,unit:TONNE,1,0,,", "label_en"),
        ("metric-ton,メートル法トン,metric ton,ｔ,unit:TONNE,1,0,,", "alternatives"),
    ],
)
def test_two_units_cannot_share_a_name(tmp_path: Path, row: str, column: str) -> None:
    assert faults(tmp_path, TON, PERCENT, row) == [("codelist.clash", 4, column)]


def test_all_faults_are_told_at_once_in_order(tmp_path: Path) -> None:
    found = faults(
        tmp_path, "kg,,kilogram,,unit:KiloGM,10,0,,", TON, "short,row", "ton,屯,ton (again),,unit:TONNE,1,0,,"
    )
    assert found == [
        ("codelist.field", 2, "label_ja"),
        ("codelist.field", 2, "factor"),
        ("codelist.field", 4, ""),
        ("codelist.clash", 5, "notation"),
    ]


def test_the_problem_names_the_row_that_has_the_name_already(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        load(tmp_path, TON, "metric-ton,トン,metric ton,,unit:TONNE,1,0,,")
    (problem,) = caught.value.problems
    assert problem.found == "label_ja = トン"
    assert problem.expected == f"{tmp_path.name}/units.csv:2 ton"


def test_blank_lines_a_byte_order_mark_and_full_iris_are_read(tmp_path: Path) -> None:
    full = "kg,キログラム,kilogram,,http://qudt.org/vocab/unit/KiloGM,1,0,,"
    text = "\ufeff" + "\r\n".join((HEADER, TON, "", MAN_YEN, full)) + "\r\n"
    (tmp_path / "units.csv").write_bytes(text.encode())
    units = load_units(tmp_path)
    assert [u.notation for u in units] == ["ton", "man-yen", "kg"]
    kg = units.find("Kilogram".lower())
    assert kg is not None
    assert kg.base_unit == "http://qudt.org/vocab/unit/KiloGM"


def test_a_data_folder_without_a_list_of_units_has_the_programs(tmp_path: Path) -> None:
    assert list(load_units(tmp_path / "codelists")) == list(load_units(DATA / "codelists"))
    (tmp_path / "units.csv").write_text(f"{HEADER}\n{TON}\n", "utf-8")
    assert [u.notation for u in load_units(tmp_path)] == ["ton"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "header.missing"),
        (b"notation,label\nton,ton\n", "header.missing"),
        (f"{HEADER}\n{TON}\n".encode("cp932"), "source.encoding"),
    ],
)
def test_a_file_that_is_no_unit_list_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "units.csv").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        load_units(tmp_path)
    assert [p.code for p in caught.value.problems] == [code]
