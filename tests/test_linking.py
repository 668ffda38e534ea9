"""Matching: names folded, what must agree, proposals with reasons, how right they are, decisions that stay."""

import sys

import pytest
from conftest import DATA, REPO

from kpigraph import codelists
from kpigraph.codelists import UnitCodelist
from kpigraph.linking import Predicate
from kpigraph.linking.kinds import Fit, unit_fit, units_fit
from kpigraph.linking.matcher import Described, Matcher, compare
from kpigraph.model import Aggregation, UnitKind
from kpigraph.wording import Head, read_name

sys.path.insert(0, str(REPO / "tests" / "linking"))
from measuring import measure, precision_and_recall


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(codelists.load_indicators(DATA / "codelists"))


def best(matcher: Matcher, label: str, unit: str, units: UnitCodelist, **more: object) -> str:
    found = matcher.propose(label, unit=units.find(unit), **more)  # type: ignore[arg-type]
    return found[0].notation if found else ""


# ---- names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("障害者雇用率", "障がい者雇用率"),
        ("１人当たり観光消費額", "一人あたり観光消費額"),
        ("・待機児童数", "(1) 待機児童数"),
        ("年間 観光入込客数（人）", "観光入込み客数"),
        ("審議会等における女性委員の割合", "審議会等の女性委員比率"),
        ("特定健康診査の受診率", "特定健診受診率"),
        ("学童保育利用者数", "放課後児童クラブ利用者数"),
        ("公民館講座参加人数", "公民館講座参加者数"),
        ("住みやすいと感じている市民の割合", "住みやすいと思う人の割合"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert read_name(one).core == read_name(other).core


def test_a_name_tells_its_head_and_what_must_agree() -> None:
    assert read_name("空き店舗率").head is Head.SHARE
    assert read_name("空き店舗数").head is Head.COUNT
    assert read_name("不登校児童生徒数（小学校）").of("school") == {"小学校"}
    assert read_name("0歳児保育の拡充(待機児童数)").head is Head.COUNT  # what stands in brackets may be the name
    assert read_name("創業者数（累計）").period == {"累計"}


# ---- shared indicators


def test_a_rate_is_never_a_number(matcher: Matcher, units: UnitCodelist) -> None:
    assert best(matcher, "自殺者数", "人", units) == "suicides"
    assert best(matcher, "不登校児童生徒の割合", "%", units) == "school-nonattendance-rate"
    assert best(matcher, "不登校児童生徒数", "人", units) == "school-nonattendance"
    assert best(matcher, "不登校児童生徒数", "%", units) == ""  # the unit contradicts the name


@pytest.mark.parametrize(
    ("label", "unit", "why"),
    [
        ("市役所の温室効果ガス排出量削減率", "%", "a reduction is no amount"),
        ("人口千人当たり創業件数", "件", "per head is no total"),
        ("公民館の外国人利用者数", "人", "another facility"),
        ("介護分野の新規就業者数", "人", "another industry"),
        ("重金属等の環境基準達成率", "%", "of other substances than the organic load of rivers"),
        ("海域の環境基準達成率", "%", "of other waters"),
        ("地下水の環境基準達成率", "%", "of other waters"),
        ("クラブにおける高齢者の割合", "%", "of other persons than all residents"),
        ("交通事故死傷者数", "人", "the injured too"),
        ("学校内外で相談を受けていない不登校児童生徒の割合", "%", "a part of them, and not"),
        ("非構造部材耐震補強実施率", "%", "of other things"),
        ("就業相談者数", "人", "one letter makes it another thing than 創業相談者数"),
    ],
)
def test_what_only_looks_alike_is_not_proposed(
    matcher: Matcher, units: UnitCodelist, label: str, unit: str, why: str
) -> None:
    assert best(matcher, label, unit, units) == "", why


def test_a_narrower_indicator_is_proposed_as_such_with_its_reasons(matcher: Matcher, units: UnitCodelist) -> None:
    first, *_ = matcher.propose(
        "不登校児童生徒の割合（中学校）",
        unit=units.find("%"),
        aggregations=[Aggregation.PERIOD],
        headings=["不登校への対応"],
    )
    assert (first.notation, first.predicate) == ("school-nonattendance-rate", Predicate.BROAD)
    assert {r.sentence("en") for r in first.reasons} >= {"this one alone is limited to 中学校", "the unit fits (%)"}
    assert all(r.sentence("ja") for r in first.reasons)


def test_the_names_of_the_municipality_and_of_means_are_left_out(matcher: Matcher, units: UnitCodelist) -> None:
    assert best(matcher, "釧路空港乗降客数", "万人", units, places=["釧路市"]) == "airport-passengers"
    assert best(matcher, "実践型地域雇用創造事業による雇用創出数", "人", units) == "jobs-created"


def test_a_total_over_years_is_no_exact_match_of_a_yearly_one(matcher: Matcher, units: UnitCodelist) -> None:
    (yearly, *_), (total, *_) = (
        matcher.propose("創業件数", unit=units.find("件"), aggregations=[a])
        for a in (Aggregation.PERIOD, Aggregation.CUMULATIVE)
    )
    assert (yearly.predicate, total.predicate) == (Predicate.EXACT, Predicate.CLOSE)
    assert total.score < yearly.score
    assert "other kinds of period (a year)" in [r.sentence("en") for r in total.reasons]
    assert "期間の取り方が違う（一年間）" in [r.sentence("ja") for r in total.reasons]


# ---- units


def test_units_that_cannot_be_of_a_kind(units: UnitCodelist) -> None:
    fit = {(u, k): unit_fit(units.find(u), k) for u in ("人", "件", "%", "円", "t", "t-CO2") for k in UnitKind}
    assert fit["人", UnitKind.PERSON] is Fit.SAME
    assert fit["件", UnitKind.PERSON] is Fit.POSSIBLE
    assert fit["%", UnitKind.PERSON] is Fit.CONFLICT
    assert fit["円", UnitKind.MONEY] is Fit.SAME
    assert fit["t-CO2", UnitKind.MASS] is Fit.CONFLICT
    assert fit["t", UnitKind.EMISSION] is Fit.POSSIBLE
    assert units_fit(units.find("万人"), units.find("人")) is Fit.SAME
    assert units_fit(units.find("人"), units.find("%")) is Fit.CONFLICT
    assert units_fit(units.find("ポイント"), units.find("%")) is Fit.CONFLICT


# ---- two municipalities


def test_two_municipalities_indicators_match_when_all_agrees(matcher: Matcher, units: UnitCodelist) -> None:
    def match(one: str, other: str, unit: str = "%", second: str = "") -> float:
        mine = Described(label=one, unit=units.find(unit))
        theirs = Described(label=other, unit=units.find(second or unit))
        found = compare(mine, theirs, matcher.weights)
        return found.score if found else 0.0

    assert match("ごみのリサイクル率", "リサイクル率（ごみ）") > 0.6
    assert match("不登校の出現率（小学校）", "不登校の出現率（小学校）") == 1
    assert match("不登校の出現率（小学校）", "不登校の出現率（中学校）") == 0
    assert match("男性の喫煙率", "女性の喫煙率") == 0
    assert match("創業者数（累計）", "創業者数（単年度）", "人") == 0
    assert match("図書館利用者数", "図書館利用者数", "人", "%") == 0


# ---- how right it is


def test_the_proposals_on_real_documents_are_right() -> None:
    """The figures reached (benchmarks/README.md) less what a change to the shared indicators may cost."""
    precision, recall = precision_and_recall(measure("tuned"))
    assert precision >= 0.97
    assert recall >= 0.82
    precision, recall = precision_and_recall(measure("held-out"))  # below the goal of 0.95 and 0.8
    assert precision >= 0.9
    assert recall >= 0.67
