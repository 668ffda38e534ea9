"""The list of municipalities: every check digit, look-up by code, the ministry's spreadsheet, what is published."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import xlsxwriter
import xlwt
from conftest import BLOCK, CARD, DATA, HEADINGS, Case, Kushiro
from conftest import HEADER as HEADER_LINE
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Literal, URIRef
from serving import client_of
from test_cli import run
from typer.testing import CliRunner

from kpigraph import gazetteer, municipalities, reference, search
from kpigraph.iris import DataIris
from kpigraph.municipalities import LocalGovernment, Municipalities, ministry
from kpigraph.problems import SourceError, SourceLocation
from kpigraph.read import Limits
from kpigraph.sources import check_digit
from kpigraph.vocab import KPI, SKOS

AT = SourceLocation(file="x")
HEADER = ["団体コード", "都道府県名\n（漢字）", "市区町村名\n（漢字）", "都道府県名\n（カナ）", "市区町村名\n（カナ）"]


def full_width_to_half() -> dict[str, str]:
    """Return the half-width spelling of each hiragana, found by reading every half-width one."""
    letters = [chr(code) for code in range(0xFF66, 0xFF9E)]
    return {municipalities.hiragana(x): x for x in (*letters, *(a + m for a in letters for m in "ﾞﾟ"))}


HALF = full_width_to_half()


@pytest.fixture(scope="module")
def packaged() -> Municipalities:
    return municipalities.packaged()


def half_width(kana: str) -> str:
    """Return hiragana as the ministry prints it: ｸｼﾛｼ."""
    return "".join(HALF[c] for c in kana)


# ---- codes


def test_every_code_of_the_package_has_its_check_digit(packaged: Municipalities) -> None:
    """The package's 1,916 codes of municipalities have lost their leading zero; with it, all are right."""
    assert len(packaged) == 1916 + 47
    assert [g.code for g in packaged if list(municipalities.faults_of_code(g.code, AT))] == []
    assert all(g.kana and g.name == g.name.strip() and " " not in g.name for g in packaged)
    assert [g.code for g in packaged if packaged.prefecture_of(g.code) is None] == []
    assert {g.prefecture for g in packaged} == {g.name for g in packaged if g.is_prefecture}


@given(st.integers(1, 47), st.integers(0, 999), st.integers(0, 5), st.integers(1, 9), st.integers(0, 3))
def test_a_mistyped_digit_and_two_exchanged_ones_are_seen(pref: int, rest: int, at: int, by: int, swap: int) -> None:
    """Weights 6 to 2 modulo 11; only remainders 0 and 1, both of which give the digit 1 or 0, can hide one another."""
    first = f"{pref:02}{rest:03}"
    code = first + check_digit(first)
    assert not list(municipalities.faults_of_code(code, AT))
    wrong = code[:at] + str((int(code[at]) + by) % 10) + code[at + 1 :]
    exchanged = code[:swap] + code[swap + 1] + code[swap] + code[swap + 2 :]

    def remainder(digits: str) -> int:
        return sum(int(d) * w for d, w in zip(digits[:5], (6, 5, 4, 3, 2), strict=True)) % 11

    for other in {wrong, exchanged} - {code}:
        hidden = {remainder(code), remainder(other)} == {0, 10} and other[5] == code[5]  # both have the digit 1
        assert list(municipalities.faults_of_code(other, AT)) or hidden, (code, other)


@pytest.mark.parametrize("code", ["12068", "012069", "0120688", "482068", "０１２０６８", "", "01206８"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert [p.code for p in municipalities.faults_of_code(code, AT)] == ["codelist.field"]


def test_a_municipality_is_found_by_code_and_a_shared_name_gives_all_its_holders(packaged: Municipalities) -> None:
    city = packaged.by_code["012068"]
    town = packaged.by_code["016616"]
    assert (city.name, city.kana, city.prefecture, city.name_en) == ("釧路市", "くしろし", "北海道", "")
    assert city.area == "http://data.e-stat.go.jp/lod/sac/C01206"
    for text in ("012068", "01206", "釧路市", "北海道釧路市", "くしろし", " 釧路 市"):
        assert packaged.find(text) == (city,)
    assert packaged.find("釧路町") == (town,)
    assert packaged.find("釧路") == ()
    assert packaged.find("012069") == ()
    assert [g.code for g in packaged.find("府中市")] == ["132063", "342084"]
    names = Counter(g.name for g in packaged)
    assert sum(count > 1 for count in names.values()) == 25
    assert all(len(packaged.find(name)) >= count for name, count in names.items())
    hokkaido = packaged.prefecture_of("012068")
    assert hokkaido is not None
    assert (hokkaido.code, hokkaido.name, hokkaido.name_en, hokkaido.kana) == (
        "010006", "北海道", "Hokkaido", "ほっかいどう"
    )  # fmt: skip


# ---- the ministry's spreadsheet


def sheets(of: Iterable[LocalGovernment], *, as_numbers: bool) -> tuple[list[list[str | int]], list[list[str | int]]]:
    """Return the rows of the ministry's two sheets, in its layout of 2019: wards on a second one, without header."""
    first: list[list[str | int]] = [list(HEADER)]
    second: list[list[str | int]] = []
    kana = {g.code[:2]: half_width(g.kana) for g in of if g.is_prefecture}
    wards = {g.code for g in of if g.name.endswith("区") and "市" in g.name[:-2] and not g.code.startswith("131")}
    cities = {g.code for g in of if any(w[:3] == g.code[:3] for w in wards) and g.code[3] in "03456" and g.code[:2]}
    for g in of:
        code = int(g.code) if as_numbers else g.code
        if g.code in wards:
            second.append([code, g.name, half_width(g.kana)])
            continue
        place = ["", ""] if g.is_prefecture else [g.name, half_width(g.kana)]
        first.append([code, g.prefecture, place[0], kana[g.code[:2]], place[1]])
        if g.code in cities and not g.is_prefecture and g.name.endswith("市"):
            second.append([code, g.name, half_width(g.kana)])  # a large city stands before its wards once more
    return first, second


def xlsx(path: Path, *parts: list[list[str | int]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for part in parts:
            sheet = book.add_worksheet()
            for n, row in enumerate(part):
                sheet.write_row(n, 0, row)
    return path


def xls(path: Path, *parts: list[list[str | int]]) -> Path:
    book = xlwt.Workbook()
    for n, part in enumerate(parts):
        sheet = book.add_sheet(f"sheet{n}")
        for r, row in enumerate(part):
            for c, value in enumerate(row):
                sheet.write(r, c, value)
    book.save(str(path))
    return path


@pytest.mark.parametrize(("write", "as_numbers"), [(xlsx, False), (xls, True)], ids=["xlsx", "xls"])
def test_the_ministrys_file_becomes_the_list(
    tmp_path: Path, packaged: Municipalities, write: Callable[..., Path], as_numbers: bool
) -> None:
    file = write(tmp_path / f"000925835.{write.__name__}", *sheets(packaged, as_numbers=as_numbers))
    made = ministry.import_file(file, tmp_path / "codelists", packaged, Limits())
    assert made.by_code == packaged.by_code  # the English names of prefectures are kept
    assert municipalities.load(tmp_path / "codelists") == made
    assert os.listdir(tmp_path / "codelists") == ["municipalities.csv"]


def small(packaged: Municipalities) -> list[list[str | int]]:
    """Return the ministry's first sheet with the prefectures, 釧路市 and 釧路町 only."""
    return sheets([g for g in packaged if g.is_prefecture or g.code in ("012068", "016616")], as_numbers=False)[0]


def changed(rows: list[list[str | int]], row: int, cell: int, text: str) -> list[list[str | int]]:
    return [[text if (r, c) == (row, cell) else v for c, v in enumerate(vs, 1)] for r, vs in enumerate(rows, 1)]


@pytest.mark.parametrize(
    ("row", "cell", "text", "code", "found", "expected"),
    [
        (3, 1, "012069", "codelist.field", "code = 012069", "012068"),
        (3, 1, "", "codelist.field", "団体コード = ", "012068"),
        (3, 1, "釧路", "codelist.field", "団体コード = 釧路", "012068"),
        (3, 1, "482064", "codelist.field", "code = 482064", "012068"),
        (3, 2, "青森県", "codelist.field", "都道府県名(漢字) = 青森県", "北海道"),
        (3, 3, "", "codelist.field", "市区町村名(漢字) = ", "釧路市"),
        (4, 1, "012068", "codelist.clash", "012068 釧路町", "釧路市"),
        (1, 3, "名前", "municipalities.header", "団体コード, 都道府県名(漢字), 名前", "市区町村名(漢字)"),
        (1, 1, "コード", "municipalities.header", "", "団体コード"),
    ],
)
def test_bad_rows_are_told_with_their_place_and_the_list_stays(
    tmp_path: Path, packaged: Municipalities, row: int, cell: int, text: str, code: str, found: str, expected: str
) -> None:
    stands = tmp_path / "municipalities.csv"
    stands.write_text("code,name,kana,name_en,prefecture\n012068,釧路市,くしろし,,北海道\n", encoding="utf-8")
    before = stands.read_bytes()
    file = xlsx(tmp_path / "codes.xlsx", changed(small(packaged), row, cell, text))
    with pytest.raises(SourceError) as caught:
        ministry.import_file(file, tmp_path, packaged, Limits())
    problem = next(p for p in caught.value.problems if p.code == code)
    assert problem.at.file == "codes.xlsx"
    if code.startswith("codelist"):
        assert problem.at.row == row
    assert found in problem.found
    assert expected in problem.expected
    assert problem.sentence("ja")
    assert problem.sentence("en")
    assert stands.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["codes.xlsx", "municipalities.csv"]


def test_a_file_that_is_no_spreadsheet_or_lacks_prefectures_is_refused(
    tmp_path: Path, packaged: Municipalities
) -> None:
    for name, content, code in (
        ("codes.xlsx", b"PK\x03\x04 damaged", ""),
        ("empty.xls", b"", "source.empty"),
        ("codes.pdf", b"%PDF-1.7\n", ""),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SourceError) as caught:
            ministry.import_file(tmp_path / name, tmp_path / "out", packaged, Limits())
        assert not code or [p.code for p in caught.value.problems] == [code]
    few = [row for row in small(packaged) if not str(row[0]).startswith("47")]
    with pytest.raises(SourceError) as caught:
        ministry.import_file(xlsx(tmp_path / "few.xlsx", few), tmp_path / "out", packaged, Limits())
    assert [(p.code, p.found, p.expected) for p in caught.value.problems] == [("municipalities.incomplete", "46", "47")]
    assert not (tmp_path / "out").exists()


def test_titles_notes_and_blank_rows_of_the_spreadsheet_are_no_faults(tmp_path: Path, packaged: Municipalities) -> None:
    rows: list[list[str | int]] = [["全国地方公共団体コード"], [], *small(packaged), [], ["※ 注記"]]
    made = ministry.import_file(xlsx(tmp_path / "codes.xlsx", rows), tmp_path, packaged, Limits())
    assert len(made) == 47 + 2


# ---- the operator's own list


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("code,name\n", 1, "code,name"),
        ("{0}\n12068,釧路市,,,北海道\n", 2, "code = 12068"),
        ("{0}\n012068,釧路市,,,北海道\n012068,釧路町,,,北海道\n", 3, "012068"),
        ("{0}\n012068,,,,北海道\n", 2, "name = "),
        ("{0}\n012068,釧路市,,,\n", 2, "prefecture = "),
        ("{0}\n012068,釧路市\n", 2, "012068,釧路市"),
        ("{0}\n", 0, "0"),
    ],
)
def test_a_fault_of_the_own_list_is_told_with_its_line(tmp_path: Path, text: str, line: int, found: str) -> None:
    (tmp_path / "municipalities.csv").write_text(text.format(",".join(municipalities.COLUMNS)), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        municipalities.load(tmp_path)
    assert (caught.value.problems[0].at.row, caught.value.problems[0].found) == (line, found)


def test_without_list_and_package_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(municipalities, "PACKAGE", "no_such_package_as_this")
    assert len(municipalities.load(tmp_path)) == 0
    assert municipalities.load(tmp_path).find("釧路市") == ()


# ---- what is published


def test_kana_and_prefecture_of_a_municipality_are_published(kushiro: Kushiro, packaged: Municipalities) -> None:
    document = kushiro.document
    data = DataIris("https://kpi.example.jp/")
    s = URIRef(data.municipality("012068"))
    plain = set(reference.municipality_triples(document, data))
    more = set(reference.municipality_triples(document, data, packaged)) - plain
    hokkaido = URIRef("http://data.e-stat.go.jp/lod/sac/C01000")
    assert more == {
        (s, SKOS.prefLabel, Literal("くしろし", "ja-hrkt")),
        (s, KPI.prefecture, hokkaido),
        (s, KPI.prefectureName, Literal("北海道", "ja")),
        (s, KPI.prefectureName, Literal("ほっかいどう", "ja-hrkt")),
        (s, KPI.prefectureName, Literal("Hokkaido", "en")),
    }


def test_a_card_whose_name_is_anothers_is_refused_with_both(make_case: Callable[..., Case], tmp_path: Path) -> None:
    """釧路町 under the code of 釧路市: the build says which code is whose, and publishes nothing."""
    case = make_case(HEADER_LINE + HEADINGS + BLOCK, card=CARD.replace('ja = "釧路市"', 'ja = "釧路町"'))
    done = run("build", str(case.data), "--out", str(tmp_path / "public"))
    assert done.returncode == 1
    assert "012068/senryaku-2016/card.toml" in done.stderr
    assert "publisher.name.ja = 釧路町, publisher.code = 012068" in done.stderr
    assert "012068 釧路市, 016616 北海道釧路町" in done.stderr
    assert not (tmp_path / "public" / "current").exists()


@pytest.mark.parametrize(
    ("code", "name", "refused"),
    [
        ("012068", "釧路市", False),
        ("012068", "北海道釧路市", False),
        ("016616", "北海道釧路郡釧路町", False),
        ("016616", "釧路市", True),
        ("012068", "釧路", True),
        ("012068", "青森県釧路市", True),
        ("011011", "札幌市 中央区", False),
        ("010006", "北海道", False),
        ("479993", "架空市", False),
    ],
)
def test_a_name_may_have_prefecture_and_district_before_it(
    kushiro: Kushiro, packaged: Municipalities, code: str, name: str, refused: bool
) -> None:
    document = replace(kushiro.document, municipality=code, municipality_names={"ja": name})
    assert [p.code for p in municipalities.contradictions([document], packaged)] == ["municipality.name"] * refused


# ---- the command


def test_the_command_imports_and_finds(tmp_path: Path, packaged: Municipalities) -> None:
    data = tmp_path / "data"
    data.mkdir()
    file = xlsx(tmp_path / "codes.xlsx", small(packaged))
    done = run("municipalities", "import", str(file), "--data", str(data))
    assert (done.returncode, done.stderr) == (0, "")
    assert "47 prefectures, 2 municipalities" in done.stdout
    with (data / "codelists" / "municipalities.csv").open(encoding="utf-8", newline="") as text:
        rows = {row["code"]: row for row in csv.DictReader(text)}
    assert rows["012068"] == {
        "code": "012068", "name": "釧路市", "kana": "くしろし", "name_en": "", "prefecture": "北海道"
    }  # fmt: skip
    assert rows["010006"]["name_en"] == "Hokkaido"
    ask = partial(CliRunner().invoke, gazetteer.app)
    shown = ask(["show", "釧路市", "--data", str(data)])
    assert (shown.exit_code, shown.stdout.split("\t")[0]) == (0, "012068")
    missing = ask(["show", "府中市", "--data", str(data)])
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "府中市" in missing.stderr
    several = ask(["show", "府中市", "--data", str(DATA)])
    assert (several.exit_code, [line[:6] for line in several.stdout.splitlines()]) == (1, ["132063", "342084"])
    assert [line[:6] for line in ask(["list", "01", "--data", str(data)]).stdout.splitlines()] == [
        "010006", "012068", "016616"
    ]  # fmt: skip
    bad = run("municipalities", "import", str(tmp_path / "none.xlsx"), "--data", str(data))
    assert bad.returncode == 2
    assert "none.xlsx" in bad.stderr


def test_the_page_of_a_municipality_names_prefecture_and_kana(publication: Path) -> None:
    client = client_of(publication)
    try:
        japanese, english = (client.get(f"/doc/lg/012068?lang={lang}", "text/html").text for lang in ("ja", "en"))
    finally:
        client.close()
    for page, prefecture in ((japanese, "北海道"), (english, "Hokkaido")):
        assert f"<code>012068</code> · {prefecture} · " in page
        assert '<span lang="ja-Hrkt">くしろし</span>' in page


def test_a_municipality_is_found_by_its_kana(publication: Path) -> None:
    _, found = search.Finder(publication / "current" / search.FILE).search("くしろし")
    assert found[0].iri.endswith("/id/lg/012068")
