"""The chart of one indicator: baseline and actuals, the way to the target, and what of the plane the target asks for.

This is the geometry alone; `templates/_chart.html` draws it. Days run to the right, values upwards. What cannot be
drawn is told of instead, each with its reason: a value in words, one without a number, of another unit, without a day,
or counted in another way than the target.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpigraph.serve.cards import Figure
from kpigraph.serve.figures import ROLES

_LONG = 400  # days: a period longer than a year is drawn as a line over all its days
_ABOVE = ("at-least", "more-than")
_BELOW = ("at-most", "less-than")
_STRICT = ("less-than", "more-than")


@dataclass(frozen=True, slots=True)
class Canvas:
    """How large a chart is, in its own units, the room around its plane, and the size of its letters."""

    width: int
    height: int
    side: int
    top: int
    bottom: int
    font: float

    @property
    def base(self) -> int:
        return self.height - self.bottom

    @property
    def near(self) -> float:
        """The distance within which two texts would touch."""
        return self.font * 6.2


ON_PAGE = Canvas(360, 230, 46, 38, 48, 14.5)
ON_CARD = Canvas(800, 258, 90, 40, 50, 18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value: its place, that of its text, and that of its period in a `row` below the axis.

    `from_x` is where a period of several years begins, `x` its end; they are equal for every other period.
    """

    role: str
    x: float
    y: float
    from_x: float
    radius: float
    value: str
    when: str
    label_x: float
    label_y: float
    when_x: float
    row: int
    comparator: str
    computed: bool
    total: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What of the plane the target asks for. `strict`: its edge is not part of it (less than, more than).

    `kind` is above, below, between, or level: the very number, in each year of a span.
    """

    kind: str
    x: float
    y: float
    width: float
    height: float
    edges: tuple[float, ...]
    strict: bool
    maintained: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A figure that is not drawn, and why: missing, words, unresolved, unit, no_day, counted, no_number."""

    figure: Figure
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Points from left to right in time, what the target asks for, and the line of an even pace (x, y, x, y)."""

    canvas: Canvas
    points: tuple[Point, ...]
    band: Band | None
    pace: tuple[float, float, float, float] | None
    zero_y: float | None
    from_zero: bool
    left_out: tuple[LeftOut, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(r for r in ROLES if any(p.role == r for p in self.points))


@dataclass(frozen=True, slots=True)
class _Value:
    """A number with its days; `total` tells that it is the sum of the actuals of a total's span up to its last day."""

    figure: Figure
    number: Decimal
    first: int
    last: int
    total: bool = False


def draw(figures: Sequence[Figure], canvas: Canvas = ON_PAGE) -> Chart | None:
    """Return the chart of `figures`, None where fewer than two things in it can be compared."""
    target = _target(figures)
    unit = _unit(figures, target)
    values, left_out = [], []
    for figure in figures:
        value = _value(figure, target, unit)
        if isinstance(value, _Value):
            values.append(value)
        elif not (value == "no_day" and figure is target) and not (figure is target and target.interval):
            left_out.append(LeftOut(figure, value))
    if target is not None and target.aggregation_code == "cumulative":
        values, uncounted = _totals(values, target)
        left_out += uncounted
    values = _once(values)
    ends = () if target is None else target.interval or ((target.number,) if target.number is not None else ())
    if len(values) + (target is not None and bool(ends) and not any(v.figure is target for v in values)) < 2:
        return None
    return _drawn(values, target, ends, left_out, canvas)


def _drawn(
    values: list[_Value], target: Figure | None, ends: tuple[Decimal, ...], left_out: list[LeftOut], canvas: Canvas
) -> Chart:
    cumulative = target is not None and target.aggregation_code == "cumulative"
    low, high = _range([*(v.number for v in values), *ends], target, from_zero=cumulative)
    goal = next((v for v in reversed(values) if v.figure is target), None)
    begins = [v.last for v in values] + [v.first for v in values if _is_long(v) and v is not goal]
    over_span = goal is not None and (cumulative or _in_each_year(goal.figure))
    if goal is not None and over_span:
        begins.append(goal.first)
    start, end = min(begins), max(v.last for v in values)
    span = max(end - start, 1)

    def x(day: int) -> float:
        return round(canvas.side + (canvas.width - 2 * canvas.side) * (max(day, start) - start) / span, 1)

    def y(number: Decimal) -> float:
        room = canvas.height - canvas.top - canvas.bottom
        return round(float(canvas.base - room * (number - low) / (high - low)), 1)

    points: list[Point] = []
    for value in values:
        begin = value.first if _is_long(value) and not value.total and not cumulative else value.last
        points.append(_point(value, x(begin), x(value.last), y(value.number), points, canvas))
    band = None
    if target is not None and ends:
        over = (x(goal.first), x(goal.last)) if goal is not None and _in_each_year(target) else None
        band = _band(target, tuple(y(n) for n in ends), over, canvas)
    return Chart(
        canvas=canvas,
        points=tuple(points),
        band=band,
        pace=_pace(values, goal, cumulative, x, y),
        zero_y=y(Decimal(0)) if low < 0 < high else None,
        from_zero=low == 0 or low < 0 < high,
        left_out=tuple(left_out),
    )


def _target(figures: Iterable[Figure]) -> Figure | None:
    """Return the target that ends last, one with a number before one without."""
    targets = [f for f in figures if f.role == "target"]
    return max(
        targets,
        key=lambda f: (f.number is not None or bool(f.interval), f.period.last if f.period else ""),
        default=None,
    )


def _unit(figures: Sequence[Figure], target: Figure | None) -> object:
    if target is not None and (target.number is not None or target.interval):
        return target.unit_iri
    return next((f.unit_iri for f in reversed(figures) if f.number is not None), None)


def _value(figure: Figure, target: Figure | None, unit: object) -> "_Value | str":
    """Return the value to draw for `figure`, else the reason why there is none."""
    if figure.number is None:
        known = {"missing": "missing", "qualitative": "words", "relative": "unresolved"}
        return known.get(figure.form, "no_number")
    if figure.unit_iri != unit:
        return "unit"
    if figure.period is None or not figure.period.last:
        return "no_day"
    last = date.fromisoformat(figure.period.last).toordinal()
    first = date.fromisoformat(figure.period.first).toordinal() if figure.period.first else last
    return _Value(figure, figure.number, first, last)


def _totals(values: list[_Value], target: Figure) -> tuple[list[_Value], list[LeftOut]]:
    """Return what can be drawn beside a total over a span: totals from its first day on, summed where single.

    The single periods must follow each other without a gap from the first day of the span, as for the assessment.
    """
    goal = next((v for v in values if v.figure is target), None)
    if goal is None:
        return [v for v in values if v.figure.role == "actual"], []
    drawn, left_out = [goal], []
    due, total, counted = goal.first, Decimal(0), set()
    for value in sorted(values, key=lambda v: (v.last, ROLES.index(v.figure.role))):
        way, single = value.figure.aggregation_code, (value.first, value.last, value.number)
        if value is goal or single in counted:
            continue
        if way == "cumulative" and value.first == goal.first:
            drawn.append(value)
        elif way == "period" and value.figure.role != "target" and value.first == due and value.last <= goal.last:
            total, due = total + value.number, value.last + 1
            counted.add(single)
            drawn.append(_Value(value.figure, total, goal.first, value.last, total=total != value.number))
        else:
            left_out.append(LeftOut(value.figure, "counted"))
    return drawn, left_out


def _once(values: Iterable[_Value]) -> list[_Value]:
    """Return `values` from left to right, what two editions both state once."""
    found: dict[tuple[str, int, int, Decimal], _Value] = {}
    for v in values:
        found[v.figure.role, v.first, v.last, v.number] = v
    return sorted(found.values(), key=lambda v: (v.last, ROLES.index(v.figure.role)))


def _is_long(value: _Value) -> bool:
    return value.last - value.first > _LONG


def _in_each_year(target: Figure) -> bool:
    """Tell whether the target holds all the time of its period and not only at its end."""
    return target.aggregation_code == "each-year" or target.maintenance


def _range(numbers: Sequence[Decimal], target: Figure | None, *, from_zero: bool) -> tuple[Decimal, Decimal]:
    """Return where the axis begins and ends: at zero where that is near enough for differences to be seen.

    Beyond a target with a comparator there is room for what it asks for.
    """
    low, high = min(numbers), max(numbers)
    least = low
    if low >= 0 and (from_zero or low <= high - low or low == high):
        low = Decimal(0)
    else:
        low -= (high - low) / 4 or Decimal(1)
        if least >= 0:
            low = max(low, Decimal(0))
    comparator = "" if target is None else target.comparator
    if comparator in _ABOVE or (target is not None and target.interval):
        high += (high - low) * Decimal("0.15")
    if comparator in _BELOW and low > 0:
        low = max(low - (high - low) * Decimal("0.15"), Decimal(0))
    return low, high if high > low else low + 1


def _band(target: Figure, ys: tuple[float, ...], over: tuple[float, float] | None, canvas: Canvas) -> Band | None:
    left, right = over or (10.0, canvas.width - 10.0)
    if right - left < 30:
        left, right = right - 30, right + 30
    top, bottom, kind = min(ys), max(ys), "between"
    if not target.interval:
        if target.comparator in _ABOVE:
            top, kind = min(canvas.top - canvas.font * 0.9, ys[0] - 4), "above"
        elif target.comparator in _BELOW:
            bottom, kind = max(float(canvas.base), ys[0] + 4), "below"
        elif _in_each_year(target) or target.period is None or not target.period.last:
            kind = "level"
        else:
            return None
    return Band(
        kind=kind,
        x=round(left, 1),
        y=round(top, 1),
        width=round(right - left, 1),
        height=round(bottom - top, 1),
        edges=tuple(sorted(set(ys))),
        strict=target.comparator in _STRICT,
        maintained=target.maintenance,
    )


def _pace(
    values: Sequence[_Value],
    goal: _Value | None,
    cumulative: bool,
    x: Callable[[int], float],
    y: Callable[[Decimal], float],
) -> tuple[float, float, float, float] | None:
    """Return the line of an even pace: of a total from zero on its first day, else from the baseline to the target.

    Without a baseline there is none: a first actual may be what was there long before, or past the target already.
    """
    if goal is None or _in_each_year(goal.figure):
        return None
    if cumulative:
        return (x(goal.first), y(Decimal(0)), x(goal.last), y(goal.number))
    begin = next((v for v in values if v.figure.role == "baseline" and v.last < goal.last), None)
    return None if begin is None else (x(begin.last), y(begin.number), x(goal.last), y(goal.number))


def _point(value: _Value, from_x: float, x: float, y: float, before: Sequence[Point], canvas: Canvas) -> Point:
    figure, font = value.figure, canvas.font
    label_y = y - font
    rows_taken = [p.label_y for p in before if abs(p.x - x) < canvas.near]
    for tried in (y - font, y + font * 1.7, y - font * 2.2, y + font * 2.9):
        if font <= tried <= canvas.base - 4 and all(abs(tried - taken) >= font * 1.2 for taken in rows_taken):
            label_y = tried
            break
    when = "" if figure.period is None else figure.period.short
    half = half_width(when, font * 0.86)
    label_half = half_width(figure.value, font) + (font * 1.9 if figure.comparator or value.total else 2)
    rows = {p.row for p in before if abs(p.x - x) < canvas.near}
    same = any((p.x, p.y) == (x, y) for p in before)
    return Point(
        role=figure.role,
        x=x,
        y=y,
        from_x=from_x,
        radius=round(font * (0.27 if same else 0.48), 1),
        value=f"{value.number:,f}" if value.total else figure.value,
        when=when,
        label_x=round(min(max(x, label_half), canvas.width - label_half), 1),
        when_x=round(min(max(x, half), canvas.width - half), 1),
        label_y=round(max(label_y, font), 1),
        row=next(row for row in range(1, len(before) + 2) if row not in rows),
        comparator=figure.comparator,
        computed=figure.computed,
        total=value.total,
    )


def half_width(text: str, font: float) -> float:
    """Return about half the width of `text`: Japanese letters are as wide as high, others about half as wide."""
    return sum(0.52 if character > "\u2e7f" else 0.32 for character in text) * font
