"""Judging targets: each rule of docs/assessment.md on a small document, and the reason where there is no verdict."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from conftest import HEADER, HEADINGS, Case

from kpigraph.model import Assessment, Basis, Direction, Reason, Status


def assessed(make_case: Callable[..., Case], *entries: str, unit: str = "件") -> Assessment:
    """Return the assessment of one indicator; `entries` are period and value of baseline, actual and target."""
    roles = ("現状値", "実績値", "目標値")
    lines = [f"\t\t{role}\t{entry}" for role, entry in zip(roles, (e.replace(" ", "\t") for e in entries), strict=True)]
    lines[0] = lines[0].replace("\t\t", "ア 港を直す\t・指標\t", 1) + f"\t{unit}\t水産課"
    _, derivation, problems = make_case(HEADER + HEADINGS + "\n".join(lines) + "\n").read()
    assert [p.line() for p in problems if p.severity == "error"] == []
    (assessment,) = derivation.assessments
    return assessment


PERCENT = "ア 港を直す\t・割合\t現状値\tH26年度\t50.0\t%\t水産課\n\t\t実績値\tH27年度\t55.0\n"
B, A = "H26年度 100", "H27年度 110"


@pytest.mark.parametrize(
    ("entries", "status", "direction", "basis"),
    [
        ((B, A, "H31年度 120"), Status.IN_PROGRESS, Direction.INCREASE, Basis.INFERRED),
        ((B, A, "H31年度 110"), Status.MET, Direction.INCREASE, Basis.INFERRED),
        ((B, A, "H27年度 120"), Status.NOT_MET, Direction.INCREASE, Basis.INFERRED),
        ((B, A, "H31年度 90"), Status.IN_PROGRESS, Direction.DECREASE, Basis.INFERRED),
        ((B, "H27年度 80", "H31年度 90"), Status.MET, Direction.DECREASE, Basis.INFERRED),
        (("- -", A, "H31年度 100以上"), Status.MET, Direction.INCREASE, Basis.STATED),
        (("- -", A, "H31年度 110超"), Status.IN_PROGRESS, Direction.INCREASE, Basis.STATED),
        (("- -", A, "H31年度 110以下"), Status.MET, Direction.DECREASE, Basis.STATED),
        (("- -", A, "H31年度 110未満"), Status.IN_PROGRESS, Direction.DECREASE, Basis.STATED),
        (("- -", A, "H31年度 110"), Status.MET, Direction.UNKNOWN, None),
        ((B, A, "H27-31年度 100以上の維持"), Status.IN_PROGRESS, Direction.MAINTAIN, Basis.STATED),
        ((B, A, "H27-31年度 120以上の維持"), Status.NOT_MET, Direction.MAINTAIN, Basis.STATED),
        ((B, "H31年度 130", "H28-31年度の各年 120以上"), Status.MET, Direction.INCREASE, Basis.STATED),
        ((B, "H31年度 110", "H31年度 10%増(対H26年度比)"), Status.MET, Direction.INCREASE, Basis.STATED),
        ((B, "H31年度 105", "H31年度 10%増(対H26年度比)"), Status.NOT_MET, Direction.INCREASE, Basis.STATED),
        ((B, "H31年度 94", "H31年度 5件減(対H26年度比)"), Status.MET, Direction.DECREASE, Basis.STATED),
        ((B, "H31年度 110", "H31年度 100〜110"), Status.MET, Direction.UNKNOWN, None),
        ((B, "H31年度 111", "H31年度 100〜110"), Status.NOT_MET, Direction.UNKNOWN, None),
        ((B, A, "H31年度 120〜130件"), Status.IN_PROGRESS, Direction.UNKNOWN, None),
        ((B, "H31年度 100", "H31年度 基準値以上"), Status.MET, Direction.INCREASE, Basis.STATED),
        ((B, "H31年度 100", "H31年度 基準値を上回る"), Status.NOT_MET, Direction.INCREASE, Basis.STATED),
    ],
)
def test_status(
    make_case: Callable[..., Case], entries: tuple[str, ...], status: Status, direction: Direction, basis: Basis | None
) -> None:
    found = assessed(make_case, *entries)
    assert (found.status, found.reason) == (status, None)
    assert (found.direction, found.direction_basis) == (direction, basis)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ((B, A, "H31年度 満足度を高める"), Reason.QUALITATIVE),
        ((B, "H27年度 -", "H31年度 120"), Reason.NO_NUMBER),
        ((B, "H27年度 集計中", "H31年度 120"), Reason.NO_NUMBER),
        ((B, "H27年度 3/5", "H31年度 120"), Reason.RATIO),
        ((B, A, "H31年度 3/5"), Reason.RATIO),
        ((B, A, "H31年度 前年度以上"), Reason.UNRESOLVED_RELATIVE),
        (
            (B, A, "H28年度 前年度以上"),
            Reason.NO_NUMBER,
        ),  # no value of H28年度 yet: that of H27年度 is what it asks for
        ((B, A, "H31年度 -"), Reason.NO_NUMBER),
        ((B, A, "- 120"), Reason.NO_NUMBER),
        (("H26年度 基準年", A, "H31年度 10%増(対H26年度比)"), Reason.UNRESOLVED_RELATIVE),
        ((B, A, "H31年度 10%増(対H20年度比)"), Reason.UNRESOLVED_RELATIVE),
        ((B, A, "H31年度 10%増"), Reason.UNRESOLVED_RELATIVE),
        ((B, A, "H27-31年度累計 500"), Reason.PARTIAL_PERIOD),
        ((B, A, "H31年度 10%増(対H26年度末比)"), Reason.UNRESOLVED_RELATIVE),
        ((B, "H27年度末 110", "H31年度 120"), Reason.AGGREGATION_MISMATCH),
        ((B, "H27年度までの累計 110", "H27-31年度累計 500"), Reason.AGGREGATION_MISMATCH),
        (("- -", A, "H31年度 120"), Reason.DIRECTION_UNKNOWN),
        ((B, "H27-31年度累計 500", "H27-31年度累計 450"), Reason.DIRECTION_UNKNOWN),
        ((B, A, "H31年度 120人"), Reason.UNIT_CONFLICT),
        ((B, A, "H27-31年度 500"), Reason.AGGREGATION_MISMATCH),  # a total or one of five years? not said
        ((B, "H27.6月 110", "H31年度 120"), Reason.AGGREGATION_MISMATCH),
        ((B, "H27-28年度 210", "H27-31年度の各年 100以上"), Reason.AGGREGATION_MISMATCH),
        (("H26年度 -100", A, "H31年度 10%増(対H26年度比)"), Reason.UNRESOLVED_RELATIVE),
    ],
)
def test_not_assessable(make_case: Callable[..., Case], entries: tuple[str, ...], reason: Reason) -> None:
    found = assessed(make_case, *entries)
    assert (found.status, found.reason) == (Status.NOT_ASSESSABLE, reason)


def test_direction_from_the_end_of_the_scale(make_case: Callable[..., Case]) -> None:
    found = assessed(make_case, "- -", "H27年度 90.0", "H31年度 100.0", unit="%")
    assert (found.status, found.direction, found.direction_basis) == (
        Status.IN_PROGRESS,
        Direction.INCREASE,
        Basis.INFERRED,
    )


def test_a_ratio_in_per_cent_counts_as_what_it_comes_to(make_case: Callable[..., Case]) -> None:
    found = assessed(make_case, "H26年度 1/5", "H27年度 2/3", "H31年度 4/5", unit="%")
    assert (found.status, found.progress_ratio) == (Status.IN_PROGRESS, Decimal("0.7778"))  # 46.6667 of 60


def test_progress_and_achievement(make_case: Callable[..., Case]) -> None:
    found = assessed(make_case, B, A, "H31年度 130")
    assert (found.progress_ratio, found.achievement_ratio) == (Decimal("0.3333"), Decimal("0.8462"))


@pytest.mark.parametrize(
    ("entries", "progress", "achievement"),
    [
        ((B, A, "H31年度 100"), None, None),  # target equals baseline
        ((B, A, "H31年度 0"), Decimal("-0.1000"), None),  # less is better, and zero divides nothing
        ((B, A, "H27-31年度 90以上の維持"), None, None),
        (("H26年度 0", "H27年度 0", "H31年度 10"), Decimal(0), Decimal(0)),
        ((B, "H27-31年度累計 500", "H27-31年度累計 450"), None, None),  # a year's baseline beside a total
        (("H26年度末 100", "H27年度 110", "H31年度 130以上"), None, Decimal("0.8462")),  # a stock beside a year
        (("H26年度 △10", "H27年度 △5", "H31年度 5"), Decimal("0.3333"), Decimal("-1.0000")),
    ],
)
def test_figures_that_are_not_defined(
    make_case: Callable[..., Case], entries: tuple[str, ...], progress: Decimal | None, achievement: Decimal | None
) -> None:
    found = assessed(make_case, *entries)
    assert (found.progress_ratio, found.achievement_ratio) == (progress, achievement)


@pytest.mark.parametrize(
    ("entries", "shares"),
    [
        ((B, "H27年度 110", "H27-31年度累計 1,000"), ("0.1100", "0.2000")),
        (("H27年度 100", "H28年度 110", "H27-31年度累計 1,000"), ("0.2100", "0.4000")),
        (("H27年度 100", "H29年度 110", "H27-31年度累計 1,000"), (None, None)),  # 2016 is missing
        ((B, "H28年度 110", "H27-31年度累計 1,000"), (None, None)),  # 2015 is missing
        ((B, "H27-28年度累計 300", "H27-31年度累計 1,000"), ("0.3000", "0.4000")),
        ((B, "H27年度 110", "2年間累計 1,000"), (None, None)),
        ((B, A, "H31年度 120"), (None, None)),
        (("H27年度 100", "H27年度 110", "H27-31年度累計 1,000"), (None, None)),  # which of the two?
        (("H27-28年度累計 210", "H27年度 100", "H27-31年度累計 1,000"), (None, None)),  # the actual is the older one
    ],
)
def test_shares_of_a_total(
    make_case: Callable[..., Case], entries: tuple[str, ...], shares: tuple[str | None, str | None]
) -> None:
    found = assessed(make_case, *entries)
    wanted = tuple(None if s is None else Decimal(s) for s in shares)
    assert (found.cumulative_share, found.elapsed_share) == wanted


def test_change_in_percent_of_a_percentage_has_two_readings(make_case: Callable[..., Case]) -> None:
    lines = PERCENT + "\t\t目標値\tH31年度\t20%増(対H26年度比)\n"
    _, derivation, _ = make_case(HEADER + HEADINGS + lines).read()
    assert list(derivation.possible_values.values()) == [(Decimal("60.0"), Decimal("70.0"))]
    assert derivation.resolved == ()


def test_points_on_a_percentage_have_one(make_case: Callable[..., Case]) -> None:
    lines = PERCENT + "\t\t目標値\tH31年度\t20ポイント増(対H26年度比)\n"
    _, derivation, _ = make_case(HEADER + HEADINGS + lines).read()
    (resolved,) = derivation.resolved
    assert resolved.value == Decimal("70.0")


@pytest.mark.parametrize(
    ("changed", "status", "reason"),
    [
        (("110", "115"), Status.NOT_ASSESSABLE, Reason.NO_NUMBER),  # two actuals of one year
        (("120", "130"), Status.NOT_ASSESSABLE, Reason.NO_NUMBER),  # two targets of one year
        (("H27年度\t110", "H28年度\t125"), Status.MET, None),  # two actuals of two years: the later one counts
        (("H31年度\t120", "H28年度\t105"), Status.IN_PROGRESS, None),  # two targets: the later one counts
        (("100", "90"), Status.IN_PROGRESS, None),  # two baselines say the same of the way
    ],
)
def test_conflicting_statements(
    make_case: Callable[..., Case], changed: tuple[str, str], status: Status, reason: Reason | None
) -> None:
    block = "ア 港\t・指標\t現状値\tH26年度\t100\t件\t水産課\n\t\t実績値\tH27年度\t110\n\t\t目標値\tH31年度\t120以上\n"
    text = HEADER + HEADINGS + block + block.replace("ア", "イ").replace(*changed)
    _, derivation, problems = make_case(text).read()
    assert [p.code for p in problems] == ["statement.conflict"]
    (found,) = derivation.assessments
    assert (found.status, found.reason) == (status, reason)
    assert (found.progress_ratio is None) == (reason is not None or changed[0] == "100")


def test_a_change_in_the_unit_s_other_spelling(make_case: Callable[..., Case]) -> None:
    found = assessed(make_case, B, A, "H31年度 5か所増(対H26年度比)", unit="箇所")
    assert (found.status, found.direction) == (Status.MET, Direction.INCREASE)
