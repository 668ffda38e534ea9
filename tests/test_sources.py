"""Cards, checksums and encodings: every fault is named with its place, all at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BLOCK, CARD, DATA, HEADER, HEADINGS, Case, Kushiro

from kpigraph import sources
from kpigraph.model import MissingReason
from kpigraph.periods import parse_period
from kpigraph.problems import Problem, SourceError, SourceLocation

GOOD = HEADER + HEADINGS + BLOCK
AT = SourceLocation(file="card.toml")


@pytest.mark.parametrize(("five", "digit"), [("01206", "8"), ("01661", "6"), ("10201", "6"), ("01100", "2")])
def test_check_digit(five: str, digit: str) -> None:
    assert sources.check_digit(five) == digit


@pytest.mark.parametrize(
    ("encoding", "detected"),
    [("cp932", "cp932"), ("utf-16", "utf-16"), ("utf-8-sig", "utf-8-sig"), ("euc_jp", "euc_jp")],
)
def test_encodings_are_detected_and_reported(make_case: Callable[..., Case], encoding: str, detected: str) -> None:
    text, card = GOOD.replace("①", "(1)"), CARD.replace("①", "(1)")  # euc_jp has no circled numbers
    edition, _, problems = make_case(text.encode(encoding), encoding="", card=card).read()
    assert [s.stated_value for s in edition.statements] == ["100.0", "110.5", "120.0"]
    assert [i.label for i in edition.indicators] == ["水揚量"]
    assert [(p.code, p.found) for p in problems] == [("source.encoding-detected", detected)]


def test_declared_encoding_that_does_not_fit(make_case: Callable[..., Case]) -> None:
    with pytest.raises(SourceError) as raised:
        make_case(GOOD.encode("cp932")).read()
    assert [p.code for p in raised.value.problems] == ["source.encoding"]


def test_bytes_that_are_no_text(make_case: Callable[..., Case]) -> None:
    with pytest.raises(SourceError) as raised:
        make_case(bytes(range(128, 256)) * 8, encoding="").read()
    assert [p.code for p in raised.value.problems] == ["source.encoding"]


def test_wrong_checksum_names_both(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD)
    (case.folder / "kpi.txt").write_text(GOOD.replace("120.0", "121.0"), encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        case.read()
    (problem,) = raised.value.problems
    assert problem.code == "card.checksum"
    assert len(problem.found) == len(problem.expected) == 64
    assert problem.at.file == "012068/senryaku-2016/card.toml"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('media_type = "text/plain"', ""), "document.media_type"),
        (('edition = "{edition}"', 'edition = "2016/17"'), "document.edition"),
        (('file = "{file}"', 'file = "../{file}"'), "document.file"),
        (('code = "{code}"', 'code = "012069"'), "publisher.code"),
        (('code = "{code}"', 'code = "12068"'), "publisher.code"),
        (('name = {{ ja = "釧路市", en = "Fictional City" }}', 'name = "釧路市"'), "publisher.name"),
        (('target = ["目標値"]', "target = 3"), "layout.roles"),
        (('goal = "【基本目標1】"', 'gaol = "【基本目標1】"'), "layout.hierarchy"),
        (('["unit", "department"]', '["value"]'), "layout.blank_means_above"),
        (("[publisher]", 'issued = "2016"\n[publisher]'), "document.issued"),
        (("[publisher]", "issued = 2016-10-31T00:00:00\n[publisher]"), "document.issued"),
        (("[publisher]", 'licence = "https://a.example/<b>"\n[publisher]'), "document.licence"),
        (('["unit", "department"]', '[["unit"]]'), "layout.blank_means_above"),
        (("[publisher]", '[language]\ncode = "tlh"\n[publisher]'), "language.code"),
        (("[publisher]", '[language]\nbare_year = "maybe"\n[publisher]'), "language.bare_year"),
        (("[publisher]", '[language]\nbare_yaer = "fiscal"\n[publisher]'), "language.bare_yaer"),
        (("[publisher]", "[language]\nfiscal_year_begins = 13\n[publisher]"), "language.fiscal_year_begins"),
        (("[publisher]", "[language]\nfiscal_year_named_by = 1\n[publisher]"), "language.fiscal_year_named_by"),
        (
            ("[publisher]", "[language]\nfiscal_year_begins = 7\njapanese_fiscal_year = true\n[publisher]"),
            "language.japanese_fiscal_year",
        ),
        (("[publisher]", "[language.periods]\nYR1 = 2020\n[publisher]"), "language.periods"),
        (("[publisher]", '[language.missing]\nx = "lost"\n[publisher]'), "language.missing"),
    ],
)
def test_faults_of_a_card(make_case: Callable[..., Case], change: tuple[str, str], named: str) -> None:
    with pytest.raises(SourceError) as raised:
        make_case(GOOD, card=CARD.replace(*change)).read()
    assert any(p.code == "card.field" and named in p.found for p in raised.value.problems)


def test_all_faults_of_a_card_are_reported_at_once(make_case: Callable[..., Case]) -> None:
    card = CARD.replace('media_type = "text/plain"', "").replace('code = "{code}"', 'code = "1"')
    with pytest.raises(SourceError) as raised:
        make_case(GOOD, card=card).read()
    assert len(raised.value.problems) == 2


def test_card_that_is_no_toml(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD)
    (case.folder / "card.toml").write_text("[document\n", encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        case.read()
    assert [p.code for p in raised.value.problems] == ["card.unreadable"]


def test_missing_card_and_missing_file(make_case: Callable[..., Case], tmp_path: Path) -> None:
    case = make_case(GOOD)
    (case.folder / "kpi.txt").unlink()
    with pytest.raises(SourceError) as raised:
        case.read()
    assert "source.missing" in [p.code for p in raised.value.problems]
    with pytest.raises(SourceError) as raised:
        sources.load(tmp_path, [])
    assert [p.code for p in raised.value.problems] == ["card.missing"]


def test_a_folder_without_documents(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        sources.find_folders(tmp_path)
    assert [p.code for p in raised.value.problems] == ["data.none"]


def test_every_document_of_the_repository_loads() -> None:
    problems: list[Problem] = []
    documents = [sources.load(folder, problems) for folder in sources.find_folders(DATA)]
    assert problems == []
    for document in documents:
        assert document.municipality[5] == sources.check_digit(document.municipality)
        assert document.licence == "" or document.licence.startswith("https://")


@pytest.mark.parametrize("encoding", ["cp932", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_the_whole_real_document_in_another_encoding(
    make_case: Callable[..., Case], kushiro: Kushiro, encoding: str
) -> None:
    """Kushiro's own text, which Shift_JIS holds but for the ³ of m³."""
    text = kushiro.document.file.read_text(encoding="utf-8").replace("m ³", "m3")
    card = CARD.replace('["目標値"]', '["指標値"]')
    edition, _, problems = make_case(text.encode(encoding), encoding="", card=card).read()
    assert len(edition.statements) == 225
    assert [p.line() for p in problems if p.severity == "error"] == []
    assert [p.code for p in problems if p.code.startswith("source.")] == ["source.encoding-detected"]


def test_mail_encoding_is_detected(make_case: Callable[..., Case]) -> None:
    text, card = GOOD.replace("①", "(1)"), CARD.replace("①", "(1)")
    edition, _, problems = make_case(text.encode("iso2022_jp"), encoding="", card=card).read()
    assert len(edition.statements) == 3
    assert [(p.code, p.found) for p in problems] == [("source.encoding-detected", "iso2022_jp")]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", ""), ("utf-8", 'encoding = "utf-8"'), ("cp932", 'encoding = "cp932"'), ("utf-16", "")],
)
def test_a_file_cut_within_a_character(make_case: Callable[..., Case], encoding: str, declared: str) -> None:
    head = GOOD[: GOOD.index("目標値")]
    with pytest.raises(SourceError) as raised:
        make_case((head + "目").encode(encoding)[:-1], encoding=declared).read()
    (problem,) = raised.value.problems
    assert (problem.code, problem.at.row) == ("source.truncated", head.count("\n") + 1)


@pytest.mark.parametrize("name", ["rot13", "no-such", "undefined", "utf\\u0000"])
def test_an_encoding_that_is_none(make_case: Callable[..., Case], name: str) -> None:
    with pytest.raises(SourceError) as raised:
        make_case(GOOD, encoding=f'encoding = "{name}"').read()
    assert [p.code for p in raised.value.problems] == ["source.encoding"]


def test_a_byte_order_mark_is_no_cell(make_case: Callable[..., Case]) -> None:
    edition, _, problems = make_case(b"\xef\xbb\xbf" + GOOD.encode()).read()
    assert problems == []
    assert edition.rows[0].printed == HEADER.rstrip("\n")


def test_a_file_that_ends_within_a_cell_is_warned_of(make_case: Callable[..., Case]) -> None:
    cut = GOOD[: GOOD.index("120.0") + 2]  # 12 of 120.0
    edition, _, problems = make_case(cut).read()
    assert [s.stated_value for s in edition.statements] == ["100.0", "110.5", "12"]
    assert [(p.code, p.at.row, p.found) for p in problems] == [("source.cut-off", 6, "12")]
    _, _, problems = make_case(GOOD[: GOOD.index("120.0") + 6], edition="2017").read()  # the cell is whole
    assert problems == []


def test_a_card_says_how_its_document_writes(make_case: Callable[..., Case]) -> None:
    table = """[language]
bare_year = "fiscal"
periods = {{ "YR1" = "R2年度", "策定 年" = "H26" }}
missing = {{ "様子見" = "undecided", "×" = "" }}
[publisher]"""
    text = GOOD.replace("H26年度", "策定年").replace("H27年度", "H27").replace("110.5", "様子見")
    edition, _, problems = make_case(text, card=CARD.replace("[publisher]", table)).read()
    assert [p.line() for p in problems] == []
    baseline, actual, _ = edition.statements
    assert baseline.period == parse_period("H26年度", AT)
    assert actual.period == parse_period("H27年度", AT)
    assert actual.quantity.missing is MissingReason.UNDECIDED
