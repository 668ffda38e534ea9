"""What StratML cannot say of an edition: told in the document, so that nothing is dropped in silence."""

from collections.abc import Iterator

from kpigraph.prefixes import expand
from kpigraph.stratml.plan import Plan


def told(plan: Plan) -> Iterator[str]:
    """Yield, in ja and en, what has no element in StratML and how often it occurs in this edition, a line each."""
    yield (
        "StratML には次の内容を表す要素がありません。Description と OtherInformation に「項目名: 値」の行として記し"
        "ました（項目名は observations.csv の列名）。行中の改行は \\n、\\ は \\\\ と書きます。"
    )
    yield (
        "StratML has no element for the following. It stands in Description and OtherInformation as lines of "
        "`name: value`, with the column names of observations.csv. A line break within a value is written as \\n, "
        "a backslash as \\\\."
    )
    yield f"全データ / The whole data: {plan.edition}"
    for count, ja, en in _losses(plan):
        if count:
            yield f"- {ja} / {en}: {count}"


def _losses(plan: Plan) -> Iterator[tuple[int, str, str]]:
    statements = plan.of.of_class("kpi:Statement")
    classes = [plan.said.all(plan.of.one(p, "kpi:places"), "rdf:type") for p in plan.places]
    periods = [plan.days(s) for s in statements]

    def forms(*wanted: str) -> int:
        return sum(plan.of.code(s, "kpi:valueForm") in wanted for s in statements)

    def have(name: str, *not_these: str) -> int:
        return sum(bool(value := plan.of.code(s, name)) and value not in not_these for s in statements)

    def factor(statement: str) -> str:
        return plan.shared.one(plan.of.one(statement, "kpi:unit"), "kpi:factor")

    yield (
        sum(expand("kpi:BasicDirection") in c for c in classes),
        "目標と施策の間の階層（基本的方向。施策と並ぶ Objective とし、under で上下を示す）",
        "a level between goals and measures (basic directions: objectives before their measures, see `under`)",
    )
    yield (
        sum(plan.role(s) == "baseline" for s in statements),
        "基準値（ActualResult とし、role: baseline と記す）",
        "baselines (given as ActualResult with `role: baseline`)",
    )
    yield have("kpi:comparator", "exact"), "以上・以下などの比較", "comparators such as at least and at most"
    yield (
        sum(plan.of.one(s, "kpi:maintenance") == "true" for s in statements),
        "「維持」する目標",
        "targets to be maintained",
    )
    yield (
        forms("relative"),
        "相対的な値（25%増など。NumberOfUnits は空、計算値は resolved_value）",
        "relative values such as 25% more (no NumberOfUnits; what they come to is resolved_value)",
    )
    yield forms("missing"), "「-」と印刷された値", "values printed as a dash"
    yield have("kpi:aggregation", "period"), "平均・累計・時点などの集計方法", "averages, totals, days and the like"
    yield (
        sum(bool(last) and not first for first, last in periods) + sum(not last for _, last in periods),
        "始まりまたは終わりのない期間",
        "periods without a beginning or without dates",
    )
    yield (
        sum(factor(s) not in ("", "1") for s in statements),
        "単位の倍率（万円など。base_value と base_unit に換算値）",
        "units with a factor such as 10,000 yen (base_value and base_unit have the converted value)",
    )
    yield (
        len(plan.listings) - len(plan.first_listing),
        "指標の重ねての掲載（値は最初の掲載にだけ記し、Relationship で結ぶ）",
        "indicators listed again (figures stand at the first listing, a Relationship leads there)",
    )
    yield (
        sum(plan.of.one(p, "kpi:relistMarker") == "true" for p in plan.places),
        "（再掲）の印",
        "marks of listing again",
    )
    yield len(plan.of.of_class("kpi:Correction")), "訂正と印刷どおりの値", "corrections and what was printed"
    yield len(plan.of.of_class("kpi:Conflict")), "食い違う値", "figures that contradict each other"
    yield len(plan.of.of_class("kpi:Assessment")), "達成状況の判定（計算）", "assessments (computed)"
    yield len(statements), "原文の行番号（source_lines）", "lines of the source document (source_lines)"
