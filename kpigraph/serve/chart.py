"""A small chart of one indicator, drawn on the server: baseline and actuals, the way to the target, the target."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpigraph.serve.figures import ROLES, Figure

WIDTH, HEIGHT = 420, 250
_MARGIN, _TOP, _BOTTOM = 50, 40, 48
_NEAR = 90  # two texts nearer than this stand in different rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value in the chart: its place, the place of its text, and that of its period in a `row` below the axis."""

    role: str
    x: float
    y: float
    value: str
    when: str
    label_y: float
    when_x: float
    row: int
    comparator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Points from left to right in time, and the dashed line of an even pace to the target (x, y, x, y)."""

    points: tuple[Point, ...]
    pace: tuple[float, float, float, float] | None
    base_y: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(r for r in ROLES if any(p.role == r for p in self.points))


@dataclass(frozen=True, slots=True)
class _Value:
    figure: Figure
    number: Decimal
    first: int
    last: int


def draw(figures: Sequence[Figure]) -> Chart | None:
    """Return the chart of `figures`, None where fewer than two of them have a number, a day and the same unit."""
    values = [v for v in map(_value, figures) if v is not None]
    target = next((v for v in values if v.figure.role == "target"), None)
    unit = (target or values[-1]).figure.unit_iri if values else None
    values = sorted((v for v in values if v.figure.unit_iri == unit), key=lambda v: (v.last, v is target))
    if len(values) < 2:
        return None
    cumulative = target is not None and target.figure.aggregation_code.startswith("cumulative")
    low, high = _range([v.number for v in values], from_zero=cumulative)
    start = min([v.last for v in values] + ([target.first] if cumulative and target is not None else []))
    span = max(values[-1].last - start, 1)

    def x(day: int) -> float:
        return round(_MARGIN + (WIDTH - 2 * _MARGIN) * (day - start) / span, 1)

    def y(number: Decimal) -> float:
        return round(float(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (number - low) / (high - low)), 1)

    points: list[Point] = []
    for value in values:
        points.append(_point(value.figure, x(value.last), y(value.number), points))
    end = next((p for p in points if p.role == "target"), None)
    begin = next((p for p in points if p.role == "baseline"), points[0])
    pace = None
    if end is not None and cumulative:
        pace = (x(start), y(Decimal(0)), end.x, end.y)
    elif end is not None and begin is not end:
        pace = (begin.x, begin.y, end.x, end.y)
    return Chart(points=tuple(points), pace=pace)


def _value(figure: Figure) -> _Value | None:
    if figure.number is None or figure.period is None or not figure.period.last:
        return None
    last = date.fromisoformat(figure.period.last).toordinal()
    first = date.fromisoformat(figure.period.first).toordinal() if figure.period.first else last
    return _Value(figure, figure.number, first, last)


def _range(numbers: Sequence[Decimal], *, from_zero: bool) -> tuple[Decimal, Decimal]:
    """Return where the axis begins and ends: at zero where that is near enough for differences to be seen."""
    low, high = min(numbers), max(numbers)
    if low >= 0 and (from_zero or low <= high - low or low == high):
        return Decimal(0), high or Decimal(1)
    room = (high - low) / 4 or Decimal(1)
    return low - room, high


def _point(figure: Figure, x: float, y: float, before: Sequence[Point]) -> Point:
    label_y = y - 14
    if any(abs(p.x - x) < _NEAR and abs(p.label_y - label_y) < 18 for p in before):
        label_y = y + 24 if y + 24 < HEIGHT - _BOTTOM else y - 32
    when = "" if figure.period is None else re.split(r"\s*[（(]", str(figure.period.label))[0]
    half = sum(6.4 if character > "\u2e7f" else 3.6 for character in when)
    rows = {p.row for p in before if abs(p.x - x) < _NEAR}
    return Point(
        role=figure.role,
        x=x,
        y=y,
        value=figure.value,
        when=when,
        when_x=round(min(max(x, half), WIDTH - half), 1),
        label_y=max(label_y, 14.0),
        row=next(row for row in range(1, len(before) + 2) if row not in rows),
        comparator=figure.comparator,
    )
