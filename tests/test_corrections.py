"""Corrections: applied by quotation, never silently, and an error on the day the source is mended."""

from collections.abc import Callable
from datetime import date

import pytest
from conftest import BLOCK, HEADER, HEADINGS, Case

from kpigraph import corrections, sources
from kpigraph.corrections import COLUMNS
from kpigraph.model import Cell, Correction, CorrectionCause, Role, Row, SourceRow
from kpigraph.problems import Problem, SourceError, SourceLocation

GOOD = HEADER + HEADINGS + BLOCK


def table(*rows: str) -> str:
    return "\n".join((",".join(COLUMNS), *rows)) + "\n"


def row(
    place: int | str, column: int, was: str, now: str, status: str = "accepted", reason: str = "print-error"
) -> str:
    return f"{place},{column},{was},{now},{reason},説明,why,根拠,evidence,{status},a tester,2026-01-02"


def test_an_accepted_correction_changes_the_reading_and_keeps_the_print(make_case: Callable[..., Case]) -> None:
    edition, _, problems = make_case(GOOD, corrections=table(row(5, 5, "110.5", "111.5"))).read()
    assert problems == []
    (actual,) = [s for s in edition.statements if s.role is Role.ACTUAL]
    assert (actual.stated_value, str(actual.quantity.value)) == ("110.5", "111.5")
    assert actual.corrections == (edition.corrections[0].key,)
    assert [(t.kind, t.key, t.property) for t in edition.touched] == [("st", actual.key, "statedValue")]


@pytest.mark.parametrize("status", ["proposed", "rejected"])
def test_others_change_nothing(make_case: Callable[..., Case], status: str) -> None:
    edition, _, problems = make_case(GOOD, corrections=table(row(5, 5, "110.5", "111.5", status))).read()
    assert problems == []
    assert "110.5" in [str(s.quantity.value) for s in edition.statements]
    assert edition.corrections[0].status == status


@pytest.mark.parametrize("status", ["accepted", "proposed", "rejected"])
@pytest.mark.parametrize("place", [(5, 5), (5, 4), (50, 1), (5, 50)])
def test_a_stale_correction_is_an_error(make_case: Callable[..., Case], place: tuple[int, int], status: str) -> None:
    _, _, problems = make_case(GOOD, corrections=table(row(*place, "999", "111.5", status))).read()
    stands = {(5, 5): "110.5", (5, 4): "H27年度"}.get(place, "")
    assert [(p.code, p.at.file, p.at.row, p.found, p.expected) for p in problems] == [
        ("correction.stale", "012068/senryaku-2016/corrections.csv", 2, stands, "999")
    ]


def test_a_joined_cell_can_be_corrected(make_case: Callable[..., Case]) -> None:
    text = GOOD.replace("実績値\tH27年度", "実績値 H72年度")
    edition, _, problems = make_case(text, corrections=table(row(5, 3, "実績値 H72年度", "実績値 H27年度"))).read()
    assert problems == []
    (actual,) = [s for s in edition.statements if s.role is Role.ACTUAL]
    assert actual.stated_period == "H72年度"
    assert actual.period.period is not None
    assert actual.period.period.first_day is not None
    assert actual.period.period.first_day.year == 2015


def test_a_misspelt_heading_keeps_its_spelling_to_be_found_by(make_case: Callable[..., Case]) -> None:
    text = GOOD.replace("① 漁業を伸ばす", "① 魚業を伸ばす")
    edition, _, problems = make_case(text, corrections=table(row(3, 1, "① 魚業を伸ばす", "① 漁業を伸ばす"))).read()
    assert problems == []
    (direction,) = [e for e in edition.elements if e.level == "direction"]
    assert (direction.label, direction.printed_labels) == ("漁業を伸ばす", {"魚業を伸ばす"})


COLUMN_NAMES = ",".join(COLUMNS)
ONE_A_CELL, ONCE, A_DATE = "one correction a cell", "each correction once", "2026-11-24"
GOOD_ROW = row(5, 5, "110.5", "111.5")
FAULTS: dict[str, tuple[str, list[tuple[int, str, str]]]] = {  # the file; line, what was found, what it should be
    "header": ("place,column\n5,5\n", [(1, "place,column", COLUMN_NAMES)]),
    "place": (table(row(0, 5, "110.5", "111.5")), [(2, "place = 0", "12, Sheet1:12, s2-12")]),
    "raised digit": (table(GOOD_ROW.replace("5,5", "²,5", 1)), [(2, "place = ²", "12, Sheet1:12, s2-12")]),
    "column": (table(row(5, 0, "110.5", "111.5")), [(2, "column = 0", "a number from 1")]),
    "was": (table(row(5, 5, "", "111.5")), [(2, "was = ", "text")]),
    "blank": (table(row(5, 5, "110.5", "　")), [(2, "now = 　", "text")]),
    "control": (table(row(5, 5, "110.5", "111\x0b5")), [(2, "now = 111\x0b5", "text")]),
    "same": (table(row(5, 5, "110.5", "110.5")), [(2, "now = 110.5", "another text than was")]),
    "status": (
        table(row(5, 5, "110.5", "111.5", status="perhaps")),
        [(2, "status = perhaps", "proposed, accepted, rejected")],
    ),
    "reason": (table(row(5, 5, "110.5", "111.5", reason="mood")), [(2, "reason = mood", ", ".join(CorrectionCause))]),
    "date": (table(GOOD_ROW.replace("2026-01-02", "soon")), [(2, "decided_on = soon", A_DATE)]),
    "no date": (table(GOOD_ROW.replace("2026-01-02", "")), [(2, "decided_on = ", A_DATE)]),
    "twice": (table(GOOD_ROW, row(5, 5, "110.5", "112.5")), [(3, "5:5", ONE_A_CELL)]),
    "proposed too": (table(GOOD_ROW, row(5, 5, "110.5", "112.5", "proposed")), [(3, "5:5", ONE_A_CELL)]),
    "rejected too": (table(row(5, 5, "110.5", "111.5", "rejected"), GOOD_ROW), [(3, "110.5 → 111.5", ONCE)]),
    "again": (table(GOOD_ROW, GOOD_ROW), [(3, "110.5 → 111.5", ONCE), (3, "5:5", ONE_A_CELL)]),
    "short": (table("5,5"), [(2, "5,5", COLUMN_NAMES)]),
    "long": (table(GOOD_ROW + ",more"), [(2, GOOD_ROW + ",more", COLUMN_NAMES)]),
    "all of them": (
        table(row(0, 5, "1", "2"), GOOD_ROW, row(5, 0, "1", "2")),
        [(2, "place = 0", "12, Sheet1:12, s2-12"), (4, "column = 0", "a number from 1")],
    ),
}


def load(case: Case) -> tuple[Correction, ...]:
    return corrections.load(sources.load(case.folder, []))


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_file(make_case: Callable[..., Case], fault: str) -> None:
    text, said = FAULTS[fault]
    with pytest.raises(SourceError) as raised:
        load(make_case(GOOD, corrections=text))
    assert [(p.at.row, p.found, p.expected) for p in raised.value.problems] == said
    assert {(p.code, p.at.file) for p in raised.value.problems} == {
        ("correction.field", "012068/senryaku-2016/corrections.csv")
    }


def test_a_correction_is_told_as_the_file_has_it(make_case: Callable[..., Case]) -> None:
    undecided = row(4, 5, "1", "2", "proposed").replace("2026-01-02", "")
    first, second = load(make_case(GOOD, corrections=table(GOOD_ROW, undecided)))
    assert first.key == "w6i2cclr"  # in addresses, so it never changes
    assert (first.explanation, first.evidence) == ({"ja": "説明", "en": "why"}, {"ja": "根拠", "en": "evidence"})
    assert (first.decided_by, first.decided_on) == ("a tester", date(2026, 1, 2))
    assert (second.status, second.decided_on) == ("proposed", None)


def sheet_row(number: int, *texts: str) -> Row:
    at = SourceLocation("kpi.xlsx", part="Sheet2", row=number, key="s2")
    cells = tuple(Cell(at._replace(cell=n), text, text) for n, text in enumerate(texts, 1))
    return Row(at, cells, "\t".join(texts))


def on_sheet(case: Case, *rows: Row) -> tuple[list[list[str]], list[tuple[str, int, str, str]], list[str]]:
    """Return the texts that are read, the problems, and where corrections are after that."""
    problems: list[Problem] = []
    known = load(case)
    read = list(corrections.apply(rows, known, problems))
    places = corrections.located(known, [SourceRow(at=r.at, order=1, printed="", value_cells=0) for r in rows])
    said = [(p.code, p.at.row, p.found, p.expected) for p in problems]
    return [[cell.text for cell in r.cells] for r in read], said, [c.place for c in places]


def test_a_row_of_a_sheet_has_two_names(make_case: Callable[..., Case]) -> None:
    lines = [
        row("Sheet2:3", 1, "a", "b"),
        row("s2-4", 2, "c", "d"),
        row("Sheet2:5", 1, "x", "y", "rejected"),
        row("Sheet2:9", 1, "gone", "z"),
    ]
    case = make_case(GOOD, corrections=table(*lines))
    texts, problems, places = on_sheet(case, sheet_row(3, "a"), sheet_row(4, "a", "c"), sheet_row(5, "x"))
    assert texts == [["b"], ["a", "d"], ["x"]]
    assert problems == [("correction.stale", 5, "", "gone")]
    assert places == ["s2-3", "s2-4", "s2-5", "Sheet2:9"]


def test_two_names_of_a_cell_take_one_correction_between_them(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD, corrections=table(row("Sheet2:3", 1, "a", "b"), row("s2-3", 1, "a", "c")))
    assert on_sheet(case, sheet_row(3, "a"))[1] == [("correction.field", 2, "place = Sheet2:3", ONE_A_CELL)]


def test_a_rejected_one_under_the_other_name_leaves_room(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD, corrections=table(row("Sheet2:3", 1, "a", "b"), row("s2-3", 1, "a", "c", "rejected")))
    assert on_sheet(case, sheet_row(3, "a"))[:2] == ([["b"]], [])


def test_a_rejected_correction_leaves_room_for_a_better_one(make_case: Callable[..., Case]) -> None:
    both = table(row(5, 5, "110.5", "999", "rejected"), row(5, 5, "110.5", "111.5"))
    edition, _, problems = make_case(GOOD, corrections=both).read()
    assert problems == []
    assert "111.5" in [str(s.quantity.value) for s in edition.statements]


def test_a_corrected_role_revises_its_statement(make_case: Callable[..., Case]) -> None:
    text = GOOD.replace("目標値", "実績値")
    edition, _, problems = make_case(text, corrections=table(row(6, 3, "実績値", "目標値"))).read()
    assert problems == []
    (target,) = [s for s in edition.statements if s.role is Role.TARGET]
    assert target.corrections == (edition.corrections[0].key,)
    assert [(t.kind, t.key, t.property) for t in edition.touched] == [("st", target.key, "role")]


def test_a_correction_of_half_a_cell_touches_that_half(make_case: Callable[..., Case]) -> None:
    text = GOOD.replace("トン\t水産課", "人 水産課")
    edition, _, problems = make_case(text, corrections=table(row(4, 6, "人 水産課", "トン 水産課"))).read()
    assert problems == []
    assert {t.property for t in edition.touched} == {"statedUnit"}
    assert [x.corrections for x in edition.listings] == [()]
    assert all(s.corrections for s in edition.statements)


def test_a_merged_unit_corrected_once_revises_all_who_have_it(make_case: Callable[..., Case]) -> None:
    text = GOOD.replace("トン", "人") + BLOCK.replace("ア 港を直す", "").replace("水揚量", "漁獲量").replace(
        "トン\t水産課", ""
    )
    edition, _, _ = make_case(text, corrections=table(row(4, 6, "人", "トン"))).read()
    assert {(s.unit and s.unit.notation, s.stated_unit) for s in edition.statements} == {("ton", "人")}
    assert len(edition.touched) == 6


def test_a_misprint_in_a_reprinted_heading(make_case: Callable[..., Case]) -> None:
    text = GOOD + "① 魚業を伸ばす\n" + BLOCK.replace("ア 港", "イ 船").replace("水揚量", "漁獲量")
    edition, _, problems = make_case(text, corrections=table(row(7, 1, "① 魚業を伸ばす", "① 漁業を伸ばす"))).read()
    assert problems == []
    assert len([e for e in edition.elements if e.level == "direction"]) == 1
    assert [t.kind for t in edition.touched] == ["place"]


@pytest.mark.parametrize("status", ["accepted", "proposed"])
def test_a_correction_of_what_is_not_published_is_an_error(make_case: Callable[..., Case], status: str) -> None:
    _, _, problems = make_case(GOOD, corrections=table(row(1, 5, "数値", "値", status))).read()
    assert [(p.code, p.at.row) for p in problems] == [("correction.idle", 2)]
