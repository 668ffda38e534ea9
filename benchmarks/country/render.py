"""How each layout renders a plan: pages of cells, with the scars that documents have.

What a page says is the same in every format; `files` writes it. A scar is drawn by chance: headings in columns or on
rows of their own, merged cells, headers of two rows, headers again on the next page, shifted cells, blank rows, names
broken over two lines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

T = TypeVar("T")
Row = list[str]
Area = tuple[int, int, int, int]


class Chance(Protocol):
    """What draws lots: a seeded generator, or a test library that looks for counter-examples."""

    def flag(self) -> bool: ...

    def pick(self, among: Sequence[T]) -> T: ...

    def shuffled(self, items: Sequence[T]) -> list[T]: ...

    def between(self, low: int, high: int) -> int:
        """Return a number, both ends included."""


@dataclass(frozen=True)
class Value:
    """A value as printed, "" where none is, and the period it is of, as printed."""

    text: str
    period: str


@dataclass(frozen=True)
class Heading:
    """A heading of the plan: its number among its neighbours, from 1, and its words."""

    number: int
    label: str


@dataclass(frozen=True)
class Kpi:
    """An indicator as listed once: the headings above it, topmost first, and its values as printed.

    `actuals` stand for the actual periods of the plan, one for each.
    """

    headings: tuple[Heading, ...]
    name: str
    unit: str
    department: str
    baseline: Value
    actuals: tuple[Value, ...]
    target: Value


@dataclass(frozen=True)
class Plan:
    """Indicators in the order of the document, and the periods that head its columns.

    All have as many headings. `mixed` says that values of other periods than those of the columns are among them.
    """

    kpis: list[Kpi]
    baseline: str
    actuals: tuple[str, ...]
    target: str
    mixed: bool = False

    @property
    def depth(self) -> int:
        return len(self.kpis[0].headings)


@dataclass
class Page:
    """Rows of cells, and which areas of them are merged, from 1, both ends included."""

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


LEVELS = ("基本目標", "基本的方向", "施策")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノ"


def in_row(plan: Plan, level: int, heading: Heading) -> str:
    """Return a heading as it stands on a row of its own."""
    n, label = heading.number, heading.label
    if plan.depth == 1:
        return f"基本目標{n} {label}"
    return (f"【基本目標{n}】{label}", f"{_CIRCLED[n - 1]} {label}", f"{_KATAKANA[n - 1]} {label}")[level]


def in_column(level: int, heading: Heading) -> str:
    """Return a heading as it stands in the column of its level."""
    n, label = heading.number, heading.label
    return (f"{n} {label}", f"({n}) {label}", f"{_CIRCLED[n - 1]} {label}")[level]


def _name(k: Kpi, chance: Chance, scars: Scars) -> str:
    broken = scars.wraps and chance.flag()
    return k.name[:4] + "\n" + k.name[4:] if broken else k.name


def _paged(plan: Plan, chance: Chance, scars: Scars) -> list[list[Kpi]]:
    cut = chance.between(0, len(plan.kpis) - 1) if scars.pages else 0
    return [plan.kpis[:cut], plan.kpis[cut:]] if cut else [plan.kpis]


def _new_from(before: Kpi | None, k: Kpi) -> int:
    """Return the topmost level whose heading differs from that of the indicator before, the depth if none does."""
    if before is None:
        return 0
    differs = (n for n, (a, b) in enumerate(zip(before.headings, k.headings, strict=True)) if a != b)
    return next(differs, len(k.headings))


def _under(value: Value, header: str) -> str:
    """Return a value as it stands under a header of that period: one of another period says so."""
    if value.period in (header, "", "-") or not value.text:
        return value.text
    return f"{value.text}（{_outside_brackets(value.period)}）"


def _outside_brackets(period: str) -> str:
    """Return a period without what it says in brackets, to stand in brackets: 令和5年度 of 令和5年度（2023年度）."""
    return period.partition("（")[0]


def wide(plan: Plan, chance: Chance, scars: Scars) -> list[Page]:
    """One line an indicator: columns in any order, a header of one or two rows, headings in columns or between rows."""
    depth = plan.depth
    in_columns = not scars.blanks or chance.flag()
    columns: list[tuple[str, str, Callable[[Kpi], str]]] = [
        ("指標名", "", lambda k: "・" + _name(k, chance, scars)),
        ("単位", "", lambda k: k.unit),
        ("担当課", "", lambda k: k.department),
    ]
    if plan.mixed:  # periods in columns of their own
        columns += [
            ("基準年度", "", lambda k: k.baseline.period),
            ("基準値", "", lambda k: k.baseline.text),
            ("実績年度", "", lambda k: k.actuals[0].period),
            ("実績値", "", lambda k: k.actuals[0].text),
            ("目標年度", "", lambda k: k.target.period),
            ("目標値", "", lambda k: k.target.text),
        ]
    else:
        columns += [
            ("基準値", f"（{plan.baseline}）", lambda k: _under(k.baseline, plan.baseline)),
            *(
                ("実績値", year, lambda k, n=n, year=year: _under(k.actuals[n], year))  # type: ignore[misc]
                for n, year in enumerate(plan.actuals)
            ),
            ("目標値", plan.target, lambda k: _under(k.target, plan.target)),
        ]
    columns = chance.shuffled(columns)
    if in_columns:
        columns = [
            *(
                (LEVELS[level], "", lambda k, level=level: in_column(level, k.headings[level]))  # type: ignore[misc]
                for level in range(depth)
            ),
            *columns,
        ]
    deep = scars.blanks and not plan.mixed and chance.flag()
    header = [[c[0] for c in columns], [c[1] for c in columns]] if deep else [[c[0] + c[1] for c in columns]]
    spans: list[Area] = []
    if deep and scars.merges and chance.flag():
        spans = [(1, n, 2, n) for n, column in enumerate(columns, 1) if not column[1]]
        actual = [n for n, column in enumerate(columns, 1) if column[0] == "実績値"]
        if len(actual) > 1 and actual == list(range(actual[0], actual[0] + len(actual))):
            spans.append((1, actual[0], 1, actual[-1]))
            for n in actual[:-1]:
                header[0][n] = ""
    pages, before = [], None
    for part in _paged(plan, chance, scars):
        page = Page([list(row) for row in header], list(spans))
        pages.append(page)
        above = None  # on this page
        tops = [0] * depth
        for k in part:
            if not in_columns:
                for level in range(_new_from(before, k), depth):
                    heading = in_row(plan, level, k.headings[level])
                    page.rows.append([heading, *[""] * (len(columns) - 1)])
                    if scars.merges and chance.flag():
                        page.merged.append((len(page.rows), 1, len(page.rows), len(columns)))
            before = k
            page.rows.append([column[2](k) for column in columns])
            if in_columns and scars.blanks:
                for level in range(depth):
                    if level >= _new_from(above, k):
                        tops[level] = len(page.rows)
                    else:  # blank below the first, or merged with it
                        page.rows[-1][level] = ""
                        if scars.merges:
                            page.merged = [a for a in page.merged if a[:2] != (tops[level], level + 1)]
                            page.merged.append((tops[level], level + 1, len(page.rows), level + 1))
            above = k
        if not in_columns and scars.blanks and chance.flag():
            page.rows.append([""] * len(columns))
    return pages


def long(plan: Plan, chance: Chance, scars: Scars) -> list[Page]:
    """One line an observation, in any order."""
    header = [*LEVELS[: plan.depth], "指標", "区分", "年度", "値", "単位", "担当課"]
    rows = [
        [*(in_column(n, h) for n, h in enumerate(k.headings)), k.name, role, value.period, value.text, k.unit,
         k.department]
        for k in plan.kpis
        for role, value in [("基準値", k.baseline), *(("実績値", v) for v in k.actuals), ("目標値", k.target)]
        if value.text
    ]  # fmt: skip
    rows = chance.shuffled(rows) if plan.depth == 1 else rows
    cut = chance.between(1, len(rows)) if scars.pages else len(rows)
    return [Page([list(header), *part]) for part in (rows[:cut], rows[cut:]) if part]


def stacked(plan: Plan, chance: Chance, scars: Scars) -> list[Page]:
    """One line a role, the name, unit and department on the first of three, or merged over them."""
    header = ["施策体系", "重要業績評価指標(KPI)", "区分", "年・年度", "数値", "単位", "所管部署"]
    pages, before = [], None
    for part in _paged(plan, chance, scars):
        page = Page([list(header)])
        pages.append(page)
        for k in part:
            lead, lowest = "", plan.depth - 1
            for level in range(_new_from(before, k), plan.depth):
                lead = in_row(plan, level, k.headings[level])
                if level < lowest or chance.flag():  # on a row of its own
                    page.rows.append([lead, *[""] * 6])
                    lead = ""
            before = k
            top = len(page.rows) + 1
            actual = k.actuals[0]
            page.rows += [
                [lead, "・" + _name(k, chance, scars), "基準値", k.baseline.period, k.baseline.text, k.unit,
                 k.department],
                ["", "", "実績値", actual.period, actual.text or "-", "", ""],
                ["", "", "目標値", k.target.period, k.target.text, "", ""],
            ]  # fmt: skip
            if scars.merges and chance.flag():
                page.merged += [(top, column, top + 2, column) for column in (1, 2, 6, 7) if column > 1 or lead]
            elif scars.shifts:
                for row in page.rows[-2:]:
                    shift = chance.between(-2, 2)
                    row[:] = row[-shift:] if shift < 0 else [""] * shift + row
            if scars.blanks and chance.flag():
                page.rows.append([""] * 7)
    return pages


def sheet(plan: Plan, chance: Chance, scars: Scars) -> list[Page]:
    """One indicator a block: labels with values beside them, and a small table of its years."""
    pages = []
    across = max(len(plan.actuals) + 1, 4)
    for part in _paged(plan, chance, scars):
        page = Page()
        pages.append(page)
        for k in part:
            pair = [["担当課", k.department], ["単位", k.unit]]
            page.rows += [[LEVELS[n], in_column(n, h)] for n, h in enumerate(k.headings)]
            page.rows += [["指標名", _name(k, chance, scars)]]
            if scars.merges and chance.flag():
                page.merged.append((len(page.rows), 2, len(page.rows), across))
            page.rows += [pair[0] + pair[1]] if chance.flag() else chance.shuffled(pair)
            if len(k.actuals) == 1 and k.actuals[0].text:
                page.rows.append([f"実績値（{_outside_brackets(k.actuals[0].period)}）", k.actuals[0].text])
            elif any(v.text for v in k.actuals):
                page.rows += [["年度", *(v.period for v in k.actuals)], ["実績値", *(v.text for v in k.actuals)]]
            ends = [("基準値", k.baseline), ("目標値", k.target)]
            page.rows += chance.shuffled([[_with_period(role, value.period), value.text] for role, value in ends])
            if scars.blanks and chance.flag():
                page.rows.append([])
        page.rows = [row + [""] * (across - len(row)) for row in page.rows]
    return pages


def _with_period(role: str, period: str) -> str:
    return role if period in ("", "-") else f"{role}（{_outside_brackets(period)}）"


def listed(plan: Plan, chance: Chance, scars: Scars) -> list[Page]:
    """Lines of text: headings, and paragraphs with an arrow between baseline and target."""
    page, before = Page(), None
    for k in plan.kpis:
        for level in range(_new_from(before, k), plan.depth):
            page.rows.append([in_row(plan, level, k.headings[level])])
        before = k
        gap, arrow = chance.pick(["：", "　", " "]), chance.pick(["→", " → ", "⇒"])
        ends = (f"{v.text}{k.unit}（{v.period}）" for v in (k.baseline, k.target))
        page.rows.append([f"・{k.name}{gap}{arrow.join(ends)}【{k.department}】"])
        if scars.blanks and chance.flag():
            page.rows.append([""])
    return [page]


@dataclass(frozen=True)
class Layout:
    """How a layout is rendered, and how many years of actuals it holds."""

    render: Callable[[Plan, Chance, Scars], list[Page]]
    years: int
    fields: str = ""  # of its card
    rows: bool = True  # it has headings on rows of their own
    columns: bool = True  # it has headings in columns

    def card(self, kind: str, depth: int) -> str:
        """Return the card's table [layout] for plans of that depth."""
        levels = ("goal", "direction", "measure")[:depth]
        rows = ("基本目標1",) if depth == 1 else ("【基本目標1】", "①", "ア")
        text = f'[layout]\nkind = "{kind}"\n' + self.fields
        if kind == "wide":
            text += f"blank_means_above = {list(levels)}\n".replace("'", '"')
        for table, there, examples in (("hierarchy", self.rows, rows), ("numbers", self.columns, ("1", "(1)", "①"))):
            if there:
                lines = (f'{level} = "{example}"\n' for level, example in zip(levels, examples, strict=False))
                text += f"\n[layout.{table}]\n" + "".join(lines)
        return text


_BULLET = 'bullet = "・"\n'
LAYOUTS = {
    "wide": Layout(wide, 3, _BULLET),
    "long": Layout(long, 3, rows=False),
    "stacked": Layout(stacked, 1, _BULLET, columns=False),
    "sheet": Layout(sheet, 3, rows=False),
    "listed": Layout(listed, 0, _BULLET + 'arrow = ["baseline", "target"]\n', columns=False),
}
