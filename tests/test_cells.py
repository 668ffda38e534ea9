"""A cell that says several things is shared out without a rest, each as it is meant; what is not certain fails."""

from datetime import date
from decimal import Decimal

import pytest
from conftest import DATA

from kpigraph.cells import CellValue, ParsedCell, Relation, parse_cell, parse_footnote
from kpigraph.codelists import load_units
from kpigraph.model import Aggregation, ValueForm
from kpigraph.problems import SourceError, SourceLocation

AT = SourceLocation(file="plan.xlsx", row=6, cell=5)
UNITS = load_units(DATA / "codelists")


def parsed(text: str, **more: object) -> ParsedCell:
    cell = parse_cell(text, AT, UNITS, **more)
    assert "".join(share.printed for share in cell.shares) == text
    assert [share.start for share in cell.shares] == sorted({share.start for share in cell.shares})
    return cell


def value(text: str) -> CellValue:
    cell = parsed(text)
    assert cell.relation is Relation.ONE
    return cell.value


def test_value_unit_and_period_stand_in_one_cell() -> None:
    for text in ("120人（H26年度）", "H26年度：120人", "平成26年度 120人", "H26年度120人", "（H26年度）120人"):
        read = value(text)
        assert (read.quantity.value, read.quantity.unit) == (Decimal(120), "人")
        assert read.period is not None
        assert read.period.period is not None
        assert read.period.period.first_day == date(2014, 4, 1)


def test_an_arrow_gives_two_values_and_a_revision_one_with_the_former() -> None:
    arrow = parsed("50.0→55.0")
    assert arrow.relation is Relation.ARROW
    assert [v.printed for v in arrow.values] == ["50.0", "55.0"]
    revised = value("100 → 120（H29年度変更）").quantity
    assert (revised.value, revised.former_value, revised.former_text) == (Decimal(120), Decimal(100), "100")
    assert revised.revised is not None
    assert revised.revised.first_day == date(2017, 4, 1)


def test_a_total_says_over_which_years() -> None:
    for text in ("累計30件（5年間）", "5年間累計で30件"):
        read = value(text)
        assert (read.quantity.value, read.quantity.unit) == (Decimal(30), "件")
        assert read.period is not None
        assert read.period.period is not None
        assert (read.period.period.duration, read.period.aggregation) == ("P5Y", Aggregation.CUMULATIVE)


def test_a_milestone_has_the_day_by_which_it_is_due() -> None:
    for text in ("R7.3月完成", "完成（R7.3月）"):
        due = value(text).quantity
        assert due.form is ValueForm.QUALITATIVE
        assert due.due is not None
        assert due.due.last_day == date(2025, 3, 31)


def test_a_footnote_mark_is_resolved_or_reported() -> None:
    assert parse_footnote("※１　速報値である。") == ("※1", "速報値である。")
    cell = parsed("90%※1", footnotes={"※1": "速報値である。"})
    assert (cell.value.quantity.value, cell.notes, cell.unresolved) == (Decimal(90), ("速報値である。",), ())
    assert parsed("90%（注２）").unresolved == ("（注２）",)


@pytest.mark.parametrize(
    "text", ["100（120）", "100 120", "1,234（千個）", "100（目標120）", "120人(H26)", "120²", "100→"]
)
def test_what_could_be_two_things_is_an_error(text: str) -> None:
    with pytest.raises(SourceError) as raised:
        parsed(text)
    assert raised.value.problems[0].expected
