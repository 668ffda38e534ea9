"""The chart of a comparison: a bar a municipality from zero to its value, and a mark where its target is."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH = 420
SHOWN = 40
_ROW, _LINE, _SIDE, _TOP = 44, 20, 10, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a row is to show: name, the words for its value, and its numbers on one scale (`mark`: of the target)."""

    name: str
    words: str
    number: Decimal
    mark: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A row: the texts above, and the bar from `x` on; `mark` is the place of the target."""

    name: str
    words: str
    name_y: float
    words_y: float
    y: float
    x: float
    width: float
    mark: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The chart; `zero` is where bars begin. Rows beyond `SHOWN` are left to the table."""

    bars: tuple[Bar, ...]
    zero: float
    height: int
    total: int
    width: int = WIDTH

    @property
    def marked(self) -> bool:
        return any(b.mark is not None for b in self.bars)


def draw(rows: Sequence[Drawn]) -> Bars | None:
    """Return the chart of `rows`, None where there are fewer than two of them."""
    if len(rows) < 2:
        return None
    numbers = [n for r in rows for n in (r.number, r.mark) if n is not None]
    low, high = min(Decimal(0), *numbers), max(Decimal(0), *numbers)
    span = (high - low) or Decimal(1)

    def x(number: Decimal) -> float:
        return round(_SIDE + float((WIDTH - 2 * _SIDE) * (number - low) / span), 1)

    zero = x(Decimal(0))
    shown = rows[:SHOWN]
    below = _LINE if any(_wide(r.name) + _wide(r.words) > WIDTH - 3 * _SIDE for r in shown) else 0
    step = _ROW + below
    return Bars(
        bars=tuple(
            Bar(
                name=r.name,
                words=r.words,
                name_y=_TOP + n * step + 15,
                words_y=_TOP + n * step + 15 + below,
                y=_TOP + n * step + 22 + below,
                x=min(zero, x(r.number)),
                width=max(round(abs(x(r.number) - zero), 1), 1.0),
                mark=None if r.mark is None else x(r.mark),
            )
            for n, r in enumerate(shown)
        ),
        zero=zero,
        height=_TOP + len(shown) * step + 4,
        total=len(rows),
    )


def _wide(words: str) -> float:
    """Return about how wide `words` stand in the chart."""
    return sum(16.0 if character > "\u2e7f" else 8.8 for character in words)
