"""`kpigraph new`: what it proposes for documents that nobody has described, and that it admits what it cannot tell."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import KUSHIRO, REPO
from country import written

from kpigraph import editions, proposal, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.reading import Block
from kpigraph.model import Level
from kpigraph.problems import Problem, Severity, UsageError

CASES = REPO / "tests" / "documents"


def proposed(file: Path, tmp_path: Path, units: UnitCodelist) -> tuple[proposal.Proposal, list[str]]:
    """Return the proposal for `file` and the errors met when its card is read as it is."""
    made = proposal.propose("012068", file, tmp_path / "data", units, name="架空市")
    problems: list[Problem] = []
    editions.read_cells(sources.load(made.folder, problems), units, problems)
    return made, [p.line() for p in problems if p.severity is Severity.ERROR]


REGULAR = [
    "wide", "long", "sheet", "listed", "no-headings", "stacked", "four-levels", "indent", "numbered-columns", "parts",
    "rows-of-roles", "arrows", "sub-rows",
]  # fmt: skip


@pytest.mark.parametrize("case", REGULAR)
def test_a_regular_document_is_read_without_an_edit(case: str, tmp_path: Path, units: UnitCodelist) -> None:
    """What the proposed card reads is what the card of the case reads; no-headings has its unit from a person."""
    (file,) = CASES.glob(f"{case}/sources/*/*/kpi.t*")
    made, errors = proposed(file, tmp_path, units)
    assert errors == []
    assert not made.trial.reading.unread
    written_by_hand = sources.load(file.parent, [])
    assert made.trial.layout.kind == written_by_hand.layout.kind
    wanted, _ = editions.read_cells(replace(written_by_hand, folder=tmp_path), units, [])  # without its corrections
    assert [said(block) for block in made.trial.reading.blocks] == [
        (*said(block)[:2], "" if case == "no-headings" else said(block)[2], *said(block)[3:]) for block in wanted.blocks
    ]


def said(block: Block) -> tuple[object, ...]:
    places = [(place.level, place.notation, place.label) for place in block.places]
    unit = block.unit.notation if block.unit else ""
    department = block.department.text if block.department else ""
    return block.label.text, places, unit, department, [(e.role, e.period, e.quantity) for e in block.entries]


def test_the_real_document_gets_the_card_that_a_person_wrote(tmp_path: Path, units: UnitCodelist) -> None:
    made, _ = proposed(KUSHIRO / "kushiro-kpi.txt", tmp_path, units)
    wanted = sources.load(KUSHIRO, []).layout
    found = made.trial.layout
    assert (found.kind, found.hierarchy, found.bullet, found.relist_mark, found.blank_means_above) == (
        wanted.kind,
        wanted.hierarchy,
        wanted.bullet,
        wanted.relist_mark,
        wanted.blank_means_above,
    )


def test_what_it_cannot_tell_is_left_unread_and_listed(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.txt"
    file.write_text("指標名\t単位\t目標値（R6年度）\tSDGs\n教室数\t樽\t15\t3\n登録数\t件\t5\t3\n", encoding="utf-8")
    made, errors = proposed(file, tmp_path, units)
    assert {line.split("]")[0] for line in made.decisions} == {"[header.unread", "[unit.unknown"}
    assert len(errors) >= 2
    card = (made.folder / "card.toml").read_text(encoding="utf-8")
    assert "SDGs" in card
    assert "樽" in card


def test_a_wrong_code_and_a_folder_that_is_there_are_faults_of_the_call(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.txt"
    shutil.copy(next(CASES.glob("wide/sources/*/*/kpi.txt")), file)
    with pytest.raises(UsageError, match="012068"):
        proposal.propose("012067", file, tmp_path, units)
    proposal.propose("012068", file, tmp_path, units)
    with pytest.raises(UsageError, match="there already"):
        proposal.propose("012068", file, tmp_path, units)


def test_numbers_of_headings_in_columns_are_proposed(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.txt"
    file.write_text(
        "基本目標\t政策分野\t指標\t単位\t基準値（H26年度）\t目標値（R元年度）\n"
        "1　しごと\t１－（１）漁業\t水揚量\tトン\t1\t2\n"
        "\t１－（２）観光\t客\t人\t1\t2\n"
        "2 ひと\t2-(1) 移住\t移住者数\t人\t3\t4\n",
        encoding="utf-8",
    )
    made, errors = proposed(file, tmp_path, units)
    assert errors == []
    assert made.trial.layout.numbers == {Level.GOAL: ("1",), Level.DIRECTION: ("１－（１）",)}
    assert made.trial.layout.columns == {"direction": ("政策分野",)}  # nothing stands above a goal
    assert [p.label for p in made.trial.reading.places] == ["しごと", "漁業", "観光", "ひと", "移住"]


def test_goals_below_goals_are_proposed_as_directions(tmp_path: Path, units: UnitCodelist) -> None:
    header, row = "指標\t単位\t基準値（H26年度）\t目標値（R元年度）\n", "水揚量\tトン\t1\t2\n"
    file = tmp_path / "kpi.txt"
    file.write_text("政策の柱1 海\n基本目標1 漁業\n" + header + row + "基本目標2 観光\n" + row, encoding="utf-8")
    made, errors = proposed(file, tmp_path, units)
    assert errors == []
    assert made.trial.layout.hierarchy == ((Level.GOAL, "政策の柱1"), (Level.DIRECTION, "基本目標1"))


ALIGNED = (
    "基本目標1　しごとをつくる\n"
    "指標名            単位 基準値（H26年度） 目標値（R元年度）\n"
    "水揚量            トン 100               120\n"
    "修理した船        隻   3                 4\n"
)


def test_where_columns_of_blanks_begin_is_proposed_where_it_is_doubtful(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.txt"
    file.write_text(ALIGNED, encoding="utf-8")
    made, errors = proposed(file, tmp_path, units)
    assert errors == []
    assert made.trial.document.source.columns_at == (0, 18, 23, 41)
    assert "columns_at = [0, 18, 23, 41] # 要確認" in (made.folder / "card.toml").read_text(encoding="utf-8")
    assert [str(e.quantity.value) for b in made.trial.reading.blocks for e in b.entries] == ["100", "120", "3", "4"]
    assert [p.label for p in made.trial.reading.places] == ["しごとをつくる"]
    plain = tmp_path / "plain.txt"
    written.aligned(plain, [re.split(" +", line) for line in ALIGNED.splitlines()[1:]])
    made, errors = proposed(plain, tmp_path / "plain", units)
    assert errors == []
    assert made.trial.document.source.columns_at == ()


def test_a_single_heading_that_bears_the_first_number_is_numbered(tmp_path: Path, units: UnitCodelist) -> None:
    file = tmp_path / "kpi.txt"
    file.write_text("基本目標\t指標\t単位\t目標値（R6年度）\n1　しごと\t客数\t人\t5\n", encoding="utf-8")
    made, errors = proposed(file, tmp_path, units)
    assert errors == []
    assert [(p.notation, p.label) for p in made.trial.reading.places] == [("1", "しごと")]


def test_the_card_says_what_the_layout_was_told_by(tmp_path: Path, units: UnitCodelist) -> None:
    (file,) = CASES.glob("wide/sources/*/*/kpi.txt")
    made, _ = proposed(file, tmp_path, units)
    card = (made.folder / "card.toml").read_text(encoding="utf-8")
    assert "header row 3 (+3): 施策 | 指標名 | 単位" in card
    assert "values by role: baseline 4, actual 11, target 4" in card
    assert re.search(r"confidence: .* [0-9]+%$", card, re.MULTILINE)
