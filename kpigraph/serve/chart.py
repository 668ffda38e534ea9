"""A small chart of one indicator, drawn on the server: baseline and actuals, the way to the target, the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpigraph.serve.figures import Figure

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 16, 16, 40, 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value in the chart. `anchor` is where its text is anchored: start, middle or end."""

    role: str
    x: float
    y: float
    value: str
    when: str
    anchor: str
    label_y: float
    comparator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Points from left to right in time, and the dashed line of an even pace to the target."""

    points: tuple[Point, ...]
    pace: tuple[float, float, float, float] | None
    base_y: float
    width: int = WIDTH
    height: int = HEIGHT


def draw(figures: Sequence[Figure]) -> Chart | None:
    """Return the chart of `figures`, None where fewer than two of them have a number, a day and the same unit."""
    shown = [f for f in figures if f.number is not None and f.period is not None and f.period.last]
    target = next((f for f in shown if f.role == "target"), None)
    unit = (target or shown[-1]).unit_iri if shown else None
    shown = [f for f in shown if f.unit_iri == unit]
    shown.sort(key=lambda f: (_day(f), f.role == "target"))
    if len(shown) < 2:
        return None
    cumulative = target is not None and target.aggregation_code.startswith("cumulative")
    numbers = [f.number for f in shown if f.number is not None]
    low, high = min(*numbers, Decimal(0)) if cumulative else min(numbers), max(numbers)
    if low >= 0 and (low <= (high - low) or cumulative):
        low = Decimal(0)  # zero is near enough to be shown
    else:
        low -= (high - low) / 4
    days = [_day(f) for f in shown]
    first = date.fromisoformat(target.period.first).toordinal() if _starts(target, cumulative) else min(days)  # type: ignore[union-attr]
    first = min(first, *days)
    span = max(max(days) - first, 1)

    def x(day: int) -> float:
        return round(_LEFT + 60 + (WIDTH - _LEFT - _RIGHT - 120) * (day - first) / span, 1)

    def y(number: Decimal) -> float:
        return round(float(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (number - low) / ((high - low) or 1)), 1)

    points: list[Point] = []
    for f, day in zip(shown, days, strict=True):
        if f.number is None or f.period is None:
            continue
        px, py = x(day), y(f.number)
        anchor = "start" if px < 110 else "end" if px > WIDTH - 110 else "middle"
        label_y = py - 12
        while any(abs(p.x - px) < 110 and abs(p.label_y - label_y) < 18 for p in points):
            label_y = label_y + 40 if label_y + 40 < HEIGHT - _BOTTOM + 4 else label_y - 58
            if label_y < 12:
                break
        points.append(
            Point(
                role=f.role,
                x=px,
                y=py,
                value=f.value,
                when=str(f.period.label),
                anchor=anchor,
                label_y=max(label_y, 14.0),
                comparator=f.comparator,
            )
        )
    return Chart(points=tuple(points), pace=_pace(points, cumulative, x(first), y(Decimal(0))), base_y=HEIGHT - _BOTTOM)


def _starts(target: Figure | None, cumulative: bool) -> bool:
    return cumulative and target is not None and target.period is not None and bool(target.period.first)


def _day(figure: Figure) -> int:
    return date.fromisoformat(figure.period.last).toordinal() if figure.period and figure.period.last else 0


def _pace(points: Sequence[Point], cumulative: bool, x0: float, y0: float) -> tuple[float, float, float, float] | None:
    target = next((p for p in points if p.role == "target"), None)
    if target is None:
        return None
    if cumulative:
        return x0, y0, target.x, target.y
    start = next((p for p in points if p.role == "baseline"), None) or next(
        (p for p in points if p is not target), None
    )
    return None if start is None else (start.x, start.y, target.x, target.y)
