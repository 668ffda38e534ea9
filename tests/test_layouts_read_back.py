"""The layouts wide, long, sheet and listed: a random strategy is rendered in each with random scars and read back."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import CARD
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kpigraph import editions, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import Part, Reading
from kpigraph.model import Role
from kpigraph.problems import Problem, Severity
from kpigraph.text import normalise

ACTUALS = ("H27年度", "H28年度", "H29年度")
HEAD = CARD.split("[layout]")[0]
NOTATIONS = {"人": "nin", "件": "ken", "%": "percent"}


@dataclass(frozen=True)
class Kpi:
    goal: int
    name: str
    unit: str
    department: str
    baseline: str
    actuals: tuple[str, ...]
    target: str


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


def said(reading: Reading) -> set[tuple[str, ...]]:
    """Return what a reading says: goal, indicator, unit, department, role, first day of the period, value."""
    return {
        (
            normalise(block.places[0].label) if block.places else "",
            block.label.text.strip().lstrip("・"),
            block.unit.notation if block.unit else NOTATIONS[normalise(entry.quantity.unit)],
            normalise(block.department.text) if block.department else "",
            entry.role.value,
            str(entry.period.period.first_day if entry.period.period else ""),
            str(entry.quantity.value),
        )
        for block in reading.blocks
        for entry in block.entries
    }


def meant(plan: list[Kpi], *, actuals: bool = True) -> set[tuple[str, ...]]:
    years = {"H26年度": "2014-04-01", "H27年度": "2015-04-01", "H28年度": "2016-04-01", "H29年度": "2017-04-01"}
    found = set()
    for k in plan:
        values = [(Role.BASELINE, "H26年度", k.baseline), (Role.TARGET, "R元年度", k.target)]
        values += [(Role.ACTUAL, year, v) for year, v in zip(ACTUALS, k.actuals, strict=True) if actuals and v]
        for role, year, value in values:
            day = years.get(year, "2019-04-01")
            number = value.replace(",", "")
            about = (f"目標その{k.goal}", k.name, NOTATIONS[k.unit], k.department)
            found.add((*about, role.value, day, number))
    return found


numbers = st.integers(0, 10**7).map(lambda n: f"{n:,}") | st.decimals(0, 999, places=1).map(lambda d: f"{d:.1f}")


@st.composite
def plans(draw: st.DrawFn) -> list[Kpi]:
    count = draw(st.integers(1, 5))
    goals = sorted(draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)))
    goals = [sorted(set(goals)).index(g) + 1 for g in goals]  # numbered without a gap
    return [
        Kpi(
            goal=goal,
            name=f"指標{'甲乙丙丁戊'[n]}の{draw(st.sampled_from(['数', '割合', '参加者数']))}",
            unit=draw(st.sampled_from(["人", "件", "%"])),
            department=draw(st.sampled_from(["水産課", "企画課"])),
            baseline=draw(numbers),
            actuals=tuple(draw(st.lists(numbers | st.just(""), min_size=3, max_size=3))),
            target=draw(numbers),
        )
        for n, goal in enumerate(goals)
    ]


def wide(plan: list[Kpi], draw: st.DrawFn) -> str:
    """Render with a header of one or two rows, columns in any order, headings between rows, repeated headers."""
    columns: list[tuple[str, str, Callable[[Kpi], str]]] = [
        ("指標名", "", lambda k: "・" + k.name),
        ("単位", "", lambda k: k.unit),
        ("担当課", "", lambda k: k.department),
        ("基準値", "（H26年度）", lambda k: k.baseline),
        *(("実績値", year, lambda k, n=n: k.actuals[n]) for n, year in enumerate(ACTUALS)),  # type: ignore[misc]
        ("目標値", "R元年度", lambda k: k.target),
    ]
    order = draw(st.permutations(range(len(columns))))
    if draw(st.booleans()):
        header = ["\t".join(columns[n][0] for n in order), "\t".join(columns[n][1] for n in order)]
    else:
        header = ["\t".join(columns[n][0] + columns[n][1] for n in order)]
    lines, goal = [], 0
    for n, k in enumerate(plan):
        if k.goal != goal:
            goal = k.goal
            lines.append(f"基本目標{goal}　目標その{goal}")
        if not n or draw(st.booleans()):  # a new page
            lines += header
        lines.append("\t".join(columns[c][2](k) for c in order))
    return "\n".join(lines) + "\n"


def long(plan: list[Kpi], draw: st.DrawFn) -> str:
    rows = [
        (f"目標その{k.goal}", k.name, role, year, value, k.unit, k.department)
        for k in plan
        for role, year, value in [
            ("基準値", "H26年度", k.baseline),
            *(("実績値", year, v) for year, v in zip(ACTUALS, k.actuals, strict=True) if v),
            ("目標値", "R元年度", k.target),
        ]
    ]
    rows = draw(st.permutations(rows))
    return "\n".join("\t".join(r) for r in [("基本目標", "指標", "区分", "年度", "値", "単位", "担当課"), *rows]) + "\n"


def sheet(plan: list[Kpi], draw: st.DrawFn) -> str:
    lines: list[str] = []
    for k in plan:
        pair = [f"担当課\t{k.department}", f"単位\t{k.unit}"]
        lines += [f"基本目標\t目標その{k.goal}", f"指標名\t{k.name}"]
        lines += ["\t".join(pair)] if draw(st.booleans()) else draw(st.permutations(pair))
        lines += ["年度\t" + "\t".join(ACTUALS), "実績値\t" + "\t".join(k.actuals)] if any(k.actuals) else []
        lines += draw(st.permutations([f"基準値（H26年度）\t{k.baseline}", f"目標値\tR元年度\t{k.target}"]))
    return "\n".join(lines) + "\n"


def listed(plan: list[Kpi], draw: st.DrawFn) -> str:
    lines, goal = [], 0
    for k in plan:
        if k.goal != goal:
            goal = k.goal
            lines.append(f"基本目標{goal}　目標その{goal}")
        gap = draw(st.sampled_from(["：", "　", " "]))
        arrow = draw(st.sampled_from(["→", " → ", "⇒"]))
        lines.append(
            f"・{k.name}{gap}{k.baseline}{k.unit}（H26年度）{arrow}{k.target}{k.unit}（R元年度）【{k.department}】"
        )
    return "\n".join(lines) + "\n"


GOALS = '\n[layout.hierarchy]\ngoal = "基本目標1"\n'
RENDERED = {
    "wide": (wide, 'kind = "wide"\nbullet = "・"\n' + GOALS, True),
    "long": (long, 'kind = "long"\n', True),
    "sheet": (sheet, 'kind = "sheet"\n', True),
    "listed": (listed, 'kind = "listed"\nbullet = "・"\narrow = ["baseline", "target"]\n' + GOALS, False),
}
FULL_WIDTH = str.maketrans("0123456789%H", "０１２３４５６７８９％Ｈ")


@pytest.mark.parametrize("kind", RENDERED)
def test_a_random_strategy_is_read_back(
    kind: str, tmp_path_factory: pytest.TempPathFactory, units: UnitCodelist
) -> None:
    folder = tmp_path_factory.mktemp(kind)
    render, layout, actuals = RENDERED[kind]

    @settings(max_examples=12, deadline=None, phases=[Phase.generate], derandomize=True)
    @given(st.data())
    def reads_back(data: st.DataObject) -> None:
        plan = data.draw(plans())
        text = render(plan, data.draw)
        if data.draw(st.booleans()):
            text = text.translate(FULL_WIDTH)
        if data.draw(st.booleans()):
            text = text.replace("\n", "\r\n")
        if data.draw(st.booleans()):
            text = text.replace("\t", " \t　")
        reading, problems = read(folder, text, layout, units)
        assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
        assert not reading.unread
        assert said(reading) == meant(plan, actuals=actuals)

    reads_back()


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
