"""Random strategies, and how each layout renders one: pages of cells, with the scars that documents have.

What a page says is the same in every format; `written` writes it. A scar is drawn at random: headings in columns or on
rows of their own, merged cells, headers of two rows, headers again on the next page, shifted cells, blank rows, names
broken over two lines.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

from kpigraph.layouts import Reading
from kpigraph.model import Role
from kpigraph.text import compact, normalise

ACTUALS = ("H27年度", "H28年度", "H29年度")
DAYS = {"H26年度": "2014-04-01", "H27年度": "2015-04-01", "H28年度": "2016-04-01", "H29年度": "2017-04-01",
        "R元年度": "2019-04-01"}  # fmt: skip
NOTATIONS = {"人": "nin", "件": "ken", "%": "percent"}
Row = list[str]
Area = tuple[int, int, int, int]


@dataclass(frozen=True)
class Kpi:
    """An indicator with its values as printed; an actual that is not there is ""."""

    goal: int
    name: str
    unit: str
    department: str
    baseline: str
    actuals: tuple[str, ...]
    target: str


@dataclass
class Page:
    """Rows of cells, and which areas of them are merged, from 1, both ends included; `wide` rows are lines of text."""

    rows: list[Row] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)


@dataclass(frozen=True)
class Scars:
    """Which scars a format can have."""

    merges: bool = False  # cells can be merged
    wraps: bool = False  # a line break can stand in a cell
    blanks: bool = True  # a row can be blank, or hold a heading alone
    shifts: bool = False  # cells can be shifted to the right
    pages: bool = True  # a table can go on on a next page


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


# What a document says, and what it was read to say: goal, indicator, unit, department, role, first day, value.
Said = tuple[str, ...]


def meant(plan: list[Kpi], years: int = 3) -> set[Said]:
    """Return what a plan says, with the first `years` years of its actuals."""
    found = set()
    for k in plan:
        values = [(Role.BASELINE, "H26年度", k.baseline), (Role.TARGET, "R元年度", k.target)]
        values += [(Role.ACTUAL, *one) for one in zip(ACTUALS[:years], k.actuals, strict=False) if one[1]]
        about = (f"目標その{k.goal}", k.name, NOTATIONS[k.unit], k.department)
        found |= {(*about, role.value, DAYS[year], value.replace(",", "")) for role, year, value in values}
    return found


def said(reading: Reading) -> set[Said]:
    """Return what a reading says; a value that is not there says nothing."""
    return {
        (
            normalise(block.places[0].label) if block.places else "",
            compact(block.label.text).lstrip("・"),
            block.unit.notation if block.unit else NOTATIONS[normalise(entry.quantity.unit)],
            normalise(block.department.text) if block.department else "",
            entry.role.value,
            str(entry.period.period.first_day if entry.period.period else ""),
            str(entry.quantity.value),
        )
        for block in reading.blocks
        for entry in block.entries
        if entry.quantity.value is not None
    }


# ---- the layouts


def _name(k: Kpi, draw: st.DrawFn, scars: Scars) -> str:
    broken = scars.wraps and draw(st.booleans())
    return k.name[:4] + "\n" + k.name[4:] if broken else k.name


def _paged(plan: list[Kpi], draw: st.DrawFn, scars: Scars) -> list[list[Kpi]]:
    cut = draw(st.integers(0, len(plan) - 1)) if scars.pages else 0
    return [plan[:cut], plan[cut:]] if cut else [plan]


def wide(plan: list[Kpi], draw: st.DrawFn, scars: Scars) -> list[Page]:
    """One line an indicator: columns in any order, a header of one or two rows, goals in a column or between rows."""
    in_column = not scars.blanks or draw(st.booleans())
    columns: list[tuple[str, str, Callable[[Kpi], str]]] = [
        ("指標名", "", lambda k: "・" + _name(k, draw, scars)),
        ("単位", "", lambda k: k.unit),
        ("担当課", "", lambda k: k.department),
        ("基準値", "（H26年度）", lambda k: k.baseline),
        *(("実績値", year, lambda k, n=n: k.actuals[n]) for n, year in enumerate(ACTUALS)),  # type: ignore[misc]
        ("目標値", "R元年度", lambda k: k.target),
    ]
    columns = [columns[n] for n in draw(st.permutations(range(len(columns))))]
    if in_column:
        columns.insert(0, ("基本目標", "", lambda k: f"{k.goal} 目標その{k.goal}"))
    deep = scars.blanks and draw(st.booleans())
    header = [[c[0] for c in columns], [c[1] for c in columns]] if deep else [[c[0] + c[1] for c in columns]]
    spans: list[Area] = []
    if deep and scars.merges and draw(st.booleans()):
        spans = [(1, n, 2, n) for n, column in enumerate(columns, 1) if not column[1]]
        actual = [n for n, column in enumerate(columns, 1) if column[0] == "実績値"]
        if actual == list(range(actual[0], actual[0] + 3)):
            spans.append((1, actual[0], 1, actual[-1]))
            header[0][actual[0]] = header[0][actual[0] + 1] = ""
    pages, goal = [], 0
    for part in _paged(plan, draw, scars):
        page = Page([list(row) for row in header], list(spans))
        pages.append(page)
        first = {k.goal: n for n, k in reversed(list(enumerate(part)))}
        for n, k in enumerate(part):
            if not in_column and k.goal != goal:
                page.rows.append([f"基本目標{k.goal} 目標その{k.goal}", *[""] * (len(columns) - 1)])
                if scars.merges and draw(st.booleans()):
                    page.merged.append((len(page.rows), 1, len(page.rows), len(columns)))
            goal = k.goal
            page.rows.append([column[2](k) for column in columns])
            if in_column and scars.blanks and first[k.goal] != n:  # blank below the first, or merged with it
                page.rows[-1][0] = ""
        if in_column and scars.merges:
            for g, n in first.items():
                last = max(i for i, k in enumerate(part) if k.goal == g)
                page.merged += [(len(header) + n + 1, 1, len(header) + last + 1, 1)] if last > n else []
        elif scars.blanks and draw(st.booleans()):
            page.rows.append([""] * len(columns))
    return pages


def long(plan: list[Kpi], draw: st.DrawFn, scars: Scars) -> list[Page]:
    """One line an observation, in any order."""
    header = ["基本目標", "指標", "区分", "年度", "値", "単位", "担当課"]
    rows = [
        [f"{k.goal} 目標その{k.goal}", k.name, role, year, value, k.unit, k.department]
        for k in plan
        for role, year, value in [
            ("基準値", "H26年度", k.baseline),
            *(("実績値", year, v) for year, v in zip(ACTUALS, k.actuals, strict=True) if v),
            ("目標値", "R元年度", k.target),
        ]
    ]
    rows = [list(row) for row in draw(st.permutations(rows))]
    cut = draw(st.integers(1, len(rows))) if scars.pages else len(rows)
    return [Page([list(header), *part]) for part in (rows[:cut], rows[cut:]) if part]


def stacked(plan: list[Kpi], draw: st.DrawFn, scars: Scars) -> list[Page]:
    """One line a role, the name, unit and department on the first of three, or merged over them."""
    header = ["施策体系", "重要業績評価指標(KPI)", "区分", "年・年度", "数値", "単位", "所管部署"]
    pages, goal = [], 0
    for part in _paged(plan, draw, scars):
        page = Page([list(header)])
        pages.append(page)
        for k in part:
            lead = ""
            if k.goal != goal:
                goal, lead = k.goal, f"基本目標{k.goal} 目標その{k.goal}"
                if draw(st.booleans()):  # on a row of its own
                    page.rows.append([lead, *[""] * 6])
                    lead = ""
            top = len(page.rows) + 1
            page.rows += [
                [lead, "・" + _name(k, draw, scars), "基準値", "H26年度", k.baseline, k.unit, k.department],
                ["", "", "実績値", "H27年度", k.actuals[0] or "-", "", ""],
                ["", "", "目標値", "R元年度", k.target, "", ""],
            ]
            if scars.merges and draw(st.booleans()):
                page.merged += [(top, column, top + 2, column) for column in (1, 2, 6, 7) if column > 1 or lead]
            elif scars.shifts:
                for row in page.rows[-2:]:
                    shift = draw(st.integers(-2, 2))
                    row[:] = row[-shift:] if shift < 0 else [""] * shift + row
            if scars.blanks and draw(st.booleans()):
                page.rows.append([""] * 7)
    return pages


def sheet(plan: list[Kpi], draw: st.DrawFn, scars: Scars) -> list[Page]:
    """One indicator a block: labels with values beside them, and a small table of its years."""
    pages = []
    for part in _paged(plan, draw, scars):
        page = Page()
        pages.append(page)
        for k in part:
            pair = [["担当課", k.department], ["単位", k.unit]]
            page.rows += [["基本目標", f"{k.goal} 目標その{k.goal}"], ["指標名", _name(k, draw, scars)]]
            if scars.merges and draw(st.booleans()):
                page.merged.append((len(page.rows), 2, len(page.rows), 4))
            page.rows += [pair[0] + pair[1]] if draw(st.booleans()) else draw(st.permutations(pair))
            page.rows += [["年度", *ACTUALS], ["実績値", *k.actuals]] if any(k.actuals) else []
            page.rows += draw(st.permutations([["基準値（H26年度）", k.baseline], ["目標値", "R元年度", k.target]]))
            if scars.blanks and draw(st.booleans()):
                page.rows.append([])
        page.rows = [row + [""] * (4 - len(row)) for row in page.rows]
    return pages


def listed(plan: list[Kpi], draw: st.DrawFn, scars: Scars) -> list[Page]:
    """Lines of text: headings, and paragraphs with an arrow between baseline and target."""
    page, goal = Page(), 0
    for k in plan:
        if k.goal != goal:
            goal = k.goal
            page.rows.append([f"基本目標{goal} 目標その{goal}"])
        gap, arrow = draw(st.sampled_from(["：", "　", " "])), draw(st.sampled_from(["→", " → ", "⇒"]))
        values = f"{k.baseline}{k.unit}（H26年度）{arrow}{k.target}{k.unit}（R元年度）"
        page.rows.append([f"・{k.name}{gap}{values}【{k.department}】"])
        if scars.blanks and draw(st.booleans()):
            page.rows.append([""])
    return [page]


_IN_ROWS = '\n[layout.hierarchy]\ngoal = "基本目標1"\n'
_IN_COLUMNS = '\n[layout.numbers]\ngoal = "1"\n'
# By layout: how it is rendered, the card, and how many years of actuals it holds.
LAYOUTS: dict[str, tuple[Callable[[list[Kpi], st.DrawFn, Scars], list[Page]], str, int]] = {
    "wide": (wide, 'kind = "wide"\nbullet = "・"\nblank_means_above = ["goal"]\n' + _IN_ROWS + _IN_COLUMNS, 3),
    "long": (long, 'kind = "long"\n' + _IN_COLUMNS, 3),
    "stacked": (stacked, 'kind = "stacked"\nbullet = "・"\n' + _IN_ROWS, 1),
    "sheet": (sheet, 'kind = "sheet"\n' + _IN_COLUMNS, 3),
    "listed": (listed, 'kind = "listed"\nbullet = "・"\narrow = ["baseline", "target"]\n' + _IN_ROWS, 0),
}
