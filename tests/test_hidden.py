"""What a document holds but does not show is counted and reported, and published only where the card says so."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CARD
from country import written

from kpigraph import editions, formats, inspection, proposal, sources
from kpigraph import read as readers
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import Reading
from kpigraph.layouts.hidden import Hidden
from kpigraph.problems import Problem, Severity

TABLE = [
    ["基本目標", "指標", "単位", "基準値（H30年度）", "目標値（R6年度）", "精査中"],
    ["1 しごと", "客数", "人", "1", "2", "秘"],
    ["", "船数", "隻", "3", "4", "秘"],
    ["", "港数", "件", "5", "6", ""],
]
MERGED, ROWS, COLUMNS = [(2, 1, 4, 1)], [2], [6]
WRITE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "xlsx": (formats.XLSX, lambda p: written.xlsx(p, {"一覧": TABLE}, MERGED, ROWS, COLUMNS)),
    "xls": (formats.XLS, lambda p: written.xls(p, {"一覧": TABLE}, MERGED, ROWS, COLUMNS)),
    "ods": (formats.ODS, lambda p: written.ods(p, {"一覧": TABLE}, MERGED, ROWS, COLUMNS)),
    "html": (formats.HTML, lambda p: written.webpage(p, TABLE, MERGED, ROWS, COLUMNS)),
}
LAYOUT = '[layout]\nkind = "wide"\n[layout.numbers]\ngoal = "1"\n'


def read(file: Path, kind: str, units: UnitCodelist, source: str = "") -> tuple[Reading, list[Problem]]:
    folder = file.parent
    fields = {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "edition": "1"}
    head = CARD.split("[layout]", maxsplit=1)[0].replace("text/plain", kind)
    card = head.format(**fields, code="479993", encoding="") + source + LAYOUT
    (folder / "card.toml").write_text(card, "utf-8")
    problems: list[Problem] = []
    return editions.read_cells(sources.load(folder, problems), units, problems)[0], problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "479993" / "kpi-1"
    folder.mkdir(parents=True)
    return folder


def test_places_of_a_merged_area_repeat_the_first_that_is_seen(folder: Path, units: UnitCodelist) -> None:
    kind, write = WRITE["xlsx"]
    write(folder / "kpi.xlsx")
    read(folder / "kpi.xlsx", kind, units)
    document = sources.load(folder, [])
    _, third, fourth = Hidden(document).parted(readers.read(document, []))
    assert third.cells[0].repeats is None
    assert fourth.cells[0].repeats == third.cells[0].at


@pytest.mark.parametrize("form", WRITE)
def test_what_is_hidden_is_counted_and_not_read(form: str, folder: Path, units: UnitCodelist) -> None:
    """The goal in a merged area that begins on a hidden row is seen, so it is read."""
    kind, write = WRITE[form]
    file = folder / f"kpi.{form}"
    write(file)
    reading, problems = read(file, kind, units)
    assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
    assert [p.found for p in problems if p.code == "source.hidden"] == ["行 / rows 2, 列 / columns 6"]
    assert [(b.label.text, b.places[0].notation, b.places[0].label) for b in reading.blocks] == [
        ("船数", "1", "しごと"),
        ("港数", "1", "しごと"),
    ]
    assert inspection.counted(reading)[1] == "21 cells = 14 read + 0 unread + 7 hidden"
    assert not any("秘" in row.printed or "客数" in row.printed for row in reading.rows)
    assert "hidden" in inspection.render(reading, "csv", "en", wide=False)


def test_the_card_says_that_hidden_rows_are_read(folder: Path, units: UnitCodelist) -> None:
    kind, write = WRITE["xlsx"]
    write(folder / "kpi.xlsx")
    reading, problems = read(folder / "kpi.xlsx", kind, units, '[source]\nhidden = "read"\n')
    assert [block.label.text for block in reading.blocks] == ["客数", "船数", "港数"]
    assert {p.code for p in problems} >= {"source.hidden-read", "header.unread"}
    assert not reading.hidden


def test_a_hidden_sheet_is_named_and_new_asks_for_a_decision(folder: Path, tmp_path: Path, units: UnitCodelist) -> None:
    file = folder / "kpi.xlsx"
    from openpyxl import Workbook

    book = Workbook()
    for name in ("一覧", "下書き"):
        sheet = book.create_sheet(name)
        for row in TABLE:
            sheet.append(row[:5])
    del book["Sheet"]
    book["下書き"].sheet_state = "hidden"
    book.save(file)
    made = proposal.propose("479993", file, tmp_path / "new", units)
    assert [p.found for p in made.trial.reading.problems if p.code == "source.hidden"] == ["下書き, 行 / rows 1-4"]
    assert len(made.trial.reading.blocks) == 3
    assert 'hidden = "skip" # ' in (made.folder / "card.toml").read_text("utf-8")
    assert any(line.startswith("[source.hidden]") for line in made.decisions)
