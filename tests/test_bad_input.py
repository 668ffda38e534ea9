"""Files that cannot be read: each a clear problem with its place, in bounded time and memory, never a traceback."""

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from country import written
from test_read import TABLE, changed, document, problem, rows

from kpigraph import formats, read
from kpigraph.model import SourceCard
from kpigraph.problems import Problem, SourceError
from kpigraph.read import archive, webpage

SHEET = "xl/worksheets/sheet1.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    written.xlsx(tmp_path / "good.xlsx", {"一覧": TABLE})
    return tmp_path / "good.xlsx"


def entities(xml: bytes) -> bytes:
    declared = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
    return xml.replace(b"?>", b"?>" + declared, 1) if b"?>" in xml else declared + xml


@pytest.mark.parametrize(
    ("member", "change", "code", "found"),
    [
        (SHEET, entities, "source.entities", "<!DOCTYPE"),
        (SHEET, lambda b: b[: len(b) // 2], "source.damaged", SHEET),
        (SHEET, lambda b: b.replace(b'r="2"', b'r="9"', 1).replace(b'r="3"', b'r="1"', 1), "source.damaged", "row 1"),
        (SHEET, lambda b: b.replace(b"<v>1</v>", b"<v>99</v>"), "source.damaged", "99"),
        ("xl/workbook.xml", lambda b: b"", "source.damaged", "xl/workbook.xml"),
    ],
)
def test_a_workbook_with_a_fault_inside(
    tmp_path: Path, workbook: Path, member: str, change: Callable[[bytes], bytes], code: str, found: str
) -> None:
    changed(workbook, tmp_path / "kpi.xlsx", member, change)
    told = problem(tmp_path / "kpi.xlsx", media_type=formats.XLSX)
    assert (told.code, told.at.file) == (code, f"479993/{tmp_path.name}/kpi.xlsx")
    assert found in told.found


@pytest.mark.parametrize("kind", [formats.XLSX, formats.ODS, formats.XLS, formats.PDF])
def test_a_file_cut_in_half_or_of_another_kind_or_empty(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "kpi"
    write: dict[str, Callable[[], object]] = {
        formats.XLSX: lambda: written.xlsx(path, {"S": TABLE}),
        formats.ODS: lambda: written.ods(path, {"S": TABLE}),
        formats.XLS: lambda: written.xls(path, {"S": TABLE}),
        formats.PDF: lambda: (pdf := written.Pdf(path), pdf.line("文字"), pdf.save()),
    }
    write[kind]()
    assert formats.media_type(path) == kind
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert problem(path, media_type=kind).code == "source.damaged"
    path.write_text("<html><table><tr><td>x</table>", "utf-8")
    told = problem(path, media_type=kind)
    assert (told.code, told.found) == ("source.format", formats.HTML)
    path.write_bytes(b"")
    assert problem(path, media_type=kind).code == "source.empty"


def test_protected_files(tmp_path: Path) -> None:
    path = tmp_path / "kpi.xlsx"
    path.write_bytes(OLE + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 600)
    assert formats.media_type(path) == formats.XLSX
    assert problem(path).code == "source.encrypted"
    written.ods(tmp_path / "plain.ods", {"S": TABLE})
    changed(tmp_path / "plain.ods", tmp_path / "kpi.ods", "META-INF/manifest.xml",
            lambda b: b.replace(b"</manifest:manifest>",
                                b"<manifest:encryption-data/></manifest:manifest>"))  # fmt: skip
    assert problem(tmp_path / "kpi.ods").code == "source.encrypted"
    pdf = written.Pdf(tmp_path / "kpi.pdf", "secret")
    pdf.line("文字")
    pdf.save()
    assert problem(tmp_path / "kpi.pdf").code == "source.encrypted"


def test_images_without_text(tmp_path: Path, workbook: Path) -> None:
    written.xlsx(tmp_path / "blank.xlsx", {"S": []})
    with zipfile.ZipFile(tmp_path / "blank.xlsx", "a") as book:
        book.writestr("xl/media/image1.png", b"\x89PNG")
    assert problem(tmp_path / "blank.xlsx").code == "source.no-text"
    (tmp_path / "kpi.html").write_text("<html><body><img src='kpi.png' alt='表'></body></html>", "utf-8")
    assert problem(tmp_path / "kpi.html").code == "source.no-text"


def test_a_bomb_ends_at_the_limit_of_memory_or_of_what_is_inflated(tmp_path: Path, workbook: Path) -> None:
    bomb = tmp_path / "kpi.xlsx"
    changed(workbook, bomb, "xl/sharedStrings.xml", lambda b: b.replace("基本目標".encode(), b"x" * (90 << 20)))
    assert bomb.stat().st_size < 1 << 20
    told = problem(bomb, read.Limits(seconds=30, memory=150))
    assert (told.code, told.found) == ("source.too-large", "> 150 MiB")
    with zipfile.ZipFile(workbook) as opened:
        inflated = archive.Inflated(opened, 1000)
        with pytest.raises(archive.ReadingError) as raised:
            list(inflated.pieces(SHEET))
    assert raised.value.code == "source.too-large"


def test_what_is_packed_in_an_unknown_way_is_not_called_encrypted(tmp_path: Path, workbook: Path) -> None:
    packed = bytearray(workbook.read_bytes())
    for signature, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = packed.find(signature)
        while at >= 0:
            packed[at + method : at + method + 2] = (97).to_bytes(2, "little")
            at = packed.find(signature, at + 4)
    (tmp_path / "kpi.xlsx").write_bytes(packed)
    told = problem(tmp_path / "kpi.xlsx")
    assert told.code == "source.damaged"
    assert "compression" in told.found


def test_time_is_bounded(tmp_path: Path, workbook: Path) -> None:
    started = time.monotonic()
    assert problem(workbook, read.Limits(seconds=0.001)).code == "source.too-slow"
    assert time.monotonic() - started < 5


def test_who_stops_taking_rows_ends_the_process(workbook: Path) -> None:
    rows_of = read.read(document(workbook), [])
    assert next(rows_of).at.row == 1
    rows_of.close()  # type: ignore[attr-defined]  # would hang if the process were waited for


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ('a,b\n"c,d\ne,f\n', formats.CSV, "unexpected end of data"),
        ('a,b\nc,"d" e\n', formats.CSV, "',' expected after '\"'"),
        ('{"a": [{"b": 1}, {"b"', formats.JSON, "parse error"),
        ("[" * 100_000, formats.JSON, "41 [ {"),
        ('[{"a":' + '{"a":' * 60 + "1" + "}" * 61 + "]", formats.JSON, "41 [ {"),
    ],
)
def test_text_that_breaks_off(tmp_path: Path, text: str, kind: str, found: str) -> None:
    path = tmp_path / "kpi"
    path.write_text(text, "utf-8")
    told = problem(path, media_type=kind, encoding="utf-8")
    assert told.code in ("source.damaged", "source.no-array")
    assert told.code == "source.no-array" or found in told.found


def test_a_cell_of_csv_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "kpi.csv"
    path.write_text('a,b\n"' + "x\n" * 600_000, "utf-8")
    told = problem(path, media_type=formats.CSV, encoding="utf-8")
    assert (told.code, told.at.row) == ("source.damaged", 2)


def test_json_without_a_table(tmp_path: Path) -> None:
    path = tmp_path / "kpi.json"
    path.write_text('{"a": [1, 2]}', "utf-8")
    assert problem(path).code == "source.no-array"
    path.write_text('{"a": [{"b": 1}]}', "utf-8")
    assert problem(path, source=SourceCard(arrays=("c",))).found == "c"


def test_a_page_cannot_reach_files_nor_take_all_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kpi.html"
    path.write_text(
        '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><table><tr><td>&x;<td>1</table>' + "<div>" * 3_000,
        "utf-8",
    )
    assert "root:" not in "".join(c.text for row in rows(path, media_type=formats.HTML) for c in row.cells)
    path.write_text(
        "<meta charset=utf-8><table>" + "<tr><td rowspan=65534 colspan=1000>x" * 3 + "<tr><td>y" * 300 + "</table>"
    )
    monkeypatch.setattr(webpage, "_MAX_REPEATED", 9_000)
    with pytest.raises(archive.ReadingError) as raised:
        list(webpage.read(path, "utf-8"))
    assert (raised.value.code, raised.value.part) == ("source.too-large", "table 1")


def test_fonts_that_do_not_say_what_they_print(tmp_path: Path) -> None:
    pdf = written.Pdf(tmp_path / "plain.pdf")
    pdf.canvas.setPageCompression(0)
    pdf.line("文字")
    pdf.save()
    raw = (tmp_path / "plain.pdf").read_bytes()
    assert b"UniJIS-UCS2-H" in raw
    # another map from codes to glyphs, of the same length, and a collection that no map to Unicode is known for
    raw = raw.replace(b"UniJIS-UCS2-H", b"Identity-H   ").replace(b"(Japan1)", b"(Gothic)")
    (tmp_path / "kpi.pdf").write_bytes(raw)
    told = problem(tmp_path / "kpi.pdf")
    assert (told.code, told.at.part) == ("source.no-unicode", "page 1")


def test_every_problem_of_a_reader_has_a_sentence_in_both_languages() -> None:
    import re

    sources = (Path(read.__file__).parent).glob("*.py")
    codes = {code for path in sources for code in re.findall(r'"(source\.[a-z-]+)"', path.read_text("utf-8"))}
    assert len(codes) > 10
    for code in codes:
        told = Problem(code, document(Path(__file__), formats.TEXT, "utf-8").at, "x", "y")
        assert told.sentence("ja") != told.sentence("en")


def test_a_media_type_without_a_reader(tmp_path: Path) -> None:
    (tmp_path / "kpi.doc").write_bytes(b"x")
    with pytest.raises(SourceError) as raised:
        list(read.read(document(tmp_path / "kpi.doc", "application/msword", "utf-8"), []))
    assert raised.value.problems[0].expected.startswith("text/plain, ")


def test_cells_are_bounded_in_every_format_and_the_place_is_named(tmp_path: Path, workbook: Path) -> None:
    """Readers stream, but a document is held as a whole: one of a million rows is refused where the limit is passed."""
    (tmp_path / "kpi.csv").write_text("指標,単位,目標値\n" * 1000, "utf-8")
    told = problem(tmp_path / "kpi.csv", read.Limits(cells=299))
    assert (told.code, told.found, told.expected) == ("source.too-large", "> 299 cells", "KPIGRAPH_READ_CELLS")
    assert told.at.row == 100
    assert problem(workbook, read.Limits(cells=3)).code == "source.too-large"
