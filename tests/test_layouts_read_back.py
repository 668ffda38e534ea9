"""The layouts wide, long and sheet: what is not certain is reported at its cell, numbers are no part of names."""

import hashlib
from pathlib import Path

import pytest
from conftest import CARD

from kpigraph import editions, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import Part, Reading
from kpigraph.problems import Problem, Severity

HEAD = CARD.split("[layout]")[0]


def read(folder: Path, text: str, layout: str, units: UnitCodelist) -> tuple[Reading, list[Problem]]:
    """Return how `text` is read under a card with `layout`."""
    own = folder / "sources" / "479993" / hashlib.sha256(f"{layout}{text}".encode()).hexdigest()[:12]
    own.mkdir(parents=True, exist_ok=True)
    (own / "kpi.txt").write_text(text, encoding="utf-8", newline="")
    fields = {"file": "kpi.txt", "sha256": hashlib.sha256(text.encode()).hexdigest(), "code": "479993", "edition": "1"}
    (own / "card.toml").write_text(HEAD.format(**fields, encoding="") + "[layout]\n" + layout, encoding="utf-8")
    problems: list[Problem] = []
    reading, _ = editions.read_cells(sources.load(own, problems), units, problems)
    return reading, problems


WIDE = "指標名\t単位\t基準値（H26年度）\t目標値（R元年度）\n水揚量\tトン\t100\t120\n"


@pytest.mark.parametrize(
    ("text", "code", "cell"),
    [
        (WIDE.replace("目標値（R元年度）", "目標値（累計か）"), "header.unread", (1, 4)),
        (WIDE.replace("目標値（R元年度）", "目標値"), "period.missing", (2, 4)),
        (WIDE.replace("トン", "樽"), "unit.unknown", (2, 2)),
        (WIDE.replace("120", "120 130"), "quantity.unreadable", (2, 4)),
        (WIDE.replace("120", "120→130"), "cell.several-values", (2, 4)),
        (WIDE + "\t\t110\t\n", "cell.unread", (3, 3)),
        (WIDE + "水揚量の推移\t\t\t\n", "cell.unread", (3, 1)),
        (WIDE.replace("\t120", "\t120\t130"), "cell.unread", (2, 5)),
        (WIDE.replace("基準値（H26年度）", "令和2年度"), "header.unread", (1, 3)),
        ("・水揚量 100 120\n", "header.missing", (1, 0)),
    ],
    ids=[
        "header",
        "period",
        "unit",
        "two numbers",
        "arrow",
        "no name",
        "no values",
        "too wide",
        "no role",
        "no header",
    ],
)
def test_what_is_not_certain_is_reported_at_its_cell(
    tmp_path: Path, units: UnitCodelist, text: str, code: str, cell: tuple[int, int]
) -> None:
    reading, problems = read(tmp_path, text, 'kind = "wide"\n', units)
    named = {(p.code, p.at.row, p.at.cell) for p in problems}
    assert (code, *cell) in named or code in {p.code for p in problems if p.at.row == cell[0]}, named
    stated = {piece.cell.at for c in reading.cells for piece in c.pieces if piece.part is Part.VALUE}
    assert not {at for at in stated if (at.row, at.cell) == cell}


def test_a_second_indicator_in_a_block_of_a_sheet_is_not_mixed_up(tmp_path: Path, units: UnitCodelist) -> None:
    """The department before the next name must not become that of the indicator above."""
    text = "担当課\t水産課\n指標名\t水揚量\n目標値（R元年度）\t120トン\n"
    text += text.replace("水産課", "観光課").replace("水揚量", "観光客数")
    reading, problems = read(tmp_path, text, 'kind = "sheet"\n', units)
    assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
    assert [(b.label.text, b.department.text if b.department else "") for b in reading.blocks] == [
        ("水揚量", "水産課"),
        ("観光客数", "観光課"),
    ]


COLUMNED = (
    "基本目標\t施策\t指標名\t単位\t基準値（H26年度）\t目標値（R元年度）\n"
    "１　しごと\t１－（１）漁業\t水揚量\tトン\t100\t120\n"
    "１　しごと\t１－（２）観光\t客数\t人\t10\t20\n"
    "2 ひと\t２－（１）移住\t移住者数\t人\t1\t2\n"
)
NUMBERS = 'kind = "wide"\n[layout.numbers]\ngoal = "1"\nmeasure = "1-(1)"\n'


def test_numbers_in_columns_are_parted_from_the_names(tmp_path: Path, units: UnitCodelist) -> None:
    reading, problems = read(tmp_path, COLUMNED, NUMBERS, units)
    assert [p.line() for p in problems] == []
    assert [(p.level.value, p.notation, p.label, p.printed_labels[0]) for p in reading.places] == [
        ("goal", "１", "しごと", "しごと"),
        ("measure", "１", "漁業", "漁業"),
        ("measure", "２", "観光", "観光"),
        ("goal", "2", "ひと", "ひと"),
        ("measure", "１", "移住", "移住"),
    ]


def test_a_number_that_stays_in_the_names_of_a_column_is_warned_of(tmp_path: Path, units: UnitCodelist) -> None:
    _, problems = read(tmp_path, COLUMNED, 'kind = "wide"\n', units)
    assert [(p.code, p.at.row, p.expected) for p in problems] == [
        ("place.number", 2, 'goal = "１"'),
        ("place.number", 2, 'measure = "１－（１）"'),
    ]


HEADED = "指標名\t単位\t基準値（H26年度）\t目標値（R元年度）\n"
ROW = "水揚量\tトン\t100\t120\n"


def test_goals_of_two_kinds_stand_beside_each_other_and_are_told_to_nest_by_the_card_only(
    tmp_path: Path, units: UnitCodelist
) -> None:
    beside = "基本目標1 しごと\n" + HEADED + ROW + "横断的目標1 デジタル\n" + ROW.replace("水揚量", "件数")
    kinds = 'kind = "wide"\n[layout.hierarchy]\ngoal = ["基本目標1", "横断的目標1"]\n'
    reading, problems = read(tmp_path, beside, kinds, units)
    assert [p.line() for p in problems] == []
    assert [p.parent for p in reading.places] == [None, None]
    nested = "Ⅰ 海\n基本目標1 しごと\n" + HEADED + ROW
    _, problems = read(tmp_path, nested, kinds.replace("横断的目標1", "Ⅰ"), units)
    (error,) = [p for p in problems if p.severity is Severity.ERROR]
    assert (error.code, error.at.row) == ("card.field", 1)
    assert "layout.hierarchy.goal" in error.found
    assert "direction" in error.expected


def test_a_second_column_of_goals_is_unread(tmp_path: Path, units: UnitCodelist) -> None:
    text = COLUMNED.replace("施策\t", "政策分野\t")
    reading, problems = read(tmp_path, text, 'kind = "wide"\n', units)
    assert ("header.unread", 1, 2) in {(p.code, p.at.row, p.at.cell) for p in problems}
    assert {c.cell.at.cell for c in reading.unread} == {2}
