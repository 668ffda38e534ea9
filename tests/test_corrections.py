"""Corrections: applied by quotation, never silently, and an error on the day the source is mended."""

from collections.abc import Callable

import pytest
from conftest import BLOCK, HEADER, HEADINGS, Case

from kpigraph.corrections import COLUMNS
from kpigraph.model import Role

GOOD = HEADER + HEADINGS + BLOCK


def table(*rows: str) -> str:
    return "\n".join((",".join(COLUMNS), *rows)) + "\n"


def row(place: int, column: int, was: str, now: str, status: str = "accepted", reason: str = "print-error") -> str:
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
    assert [(p.code, p.at.file, p.at.row) for p in problems] == [
        ("correction.stale", "012068/senryaku-2016/corrections.csv", 2)
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


@pytest.mark.parametrize(
    "text",
    [
        "place,column\n5,5\n",
        table(row(0, 5, "110.5", "111.5")),
        table(row(5, 5, "", "111.5")),
        table(row(5, 5, "110.5", "111.5", status="perhaps")),
        table(row(5, 5, "110.5", "111.5", reason="mood")),
        table(row(5, 5, "110.5", "111.5").replace("2026-01-02", "soon")),
        table(row(5, 5, "110.5", "111.5").replace("2026-01-02", "")),
        table(row(5, 5, "110.5", "111.5"), row(5, 5, "110.5", "112.5")),
        table("5,5"),
        table(row(5, 5, "110.5", "111.5") + ",more"),
        table(row(5, 5, "110.5", "　")),
        table(row(5, 5, "110.5", "110.5")),
        table(row(5, 5, "110.5", "111\x0b5")),
        table(row(5, 5, "110.5", "111.5"), row(5, 5, "110.5", "112.5", "proposed")),
        table(row(5, 5, "110.5", "111.5").replace("5,5", "²,5", 1)),
        table(row(5, 5, "110.5", "111.5", "rejected"), row(5, 5, "110.5", "111.5")),
    ],
    ids=[
        "header",
        "place",
        "was",
        "status",
        "reason",
        "date",
        "no date",
        "twice",
        "short",
        "long",
        "blank",
        "same",
        "control",
        "proposed too",
        "raised digit",
        "rejected too",
    ],
)
def test_faults_of_the_file(make_case: Callable[..., Case], text: str) -> None:
    _, _, problems = make_case(GOOD, corrections=text).read()
    assert {p.code for p in problems} == {"correction.field"}
    assert {p.at.file for p in problems} == {"012068/senryaku-2016/corrections.csv"}


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
