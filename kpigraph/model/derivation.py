"""What is computed from an edition."""

from dataclasses import dataclass
from decimal import Decimal

from kpigraph.model.kinds import Basis, Direction, Reason, Status
from kpigraph.model.values import StatedPeriod, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedTarget:
    """The number that a relative target comes to: `value` in `unit`, exact, not rounded. Keys are statement keys."""

    target: str
    reference: str
    indicator: str
    value: Decimal
    unit: Unit
    period: StatedPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the latest actual says of the target, and why it may say nothing. Statement keys are "" where there is none.

    Ratios are shares (1 is all), rounded to four places; None where they are not defined.
    """

    indicator: str
    baseline: str
    actual: str
    target: str
    status: Status
    reason: Reason | None
    direction: Direction
    direction_basis: Basis | None
    progress_ratio: Decimal | None = None
    achievement_ratio: Decimal | None = None
    cumulative_share: Decimal | None = None
    elapsed_share: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What was computed from an edition. `unresolved` and `possible_values` are by the key of the relative target.

    `ratios` has what the ratios in per cent come to (60 for 3/5), by the key of their statement.
    """

    resolved: tuple[ResolvedTarget, ...]
    unresolved: dict[str, Reason]
    possible_values: dict[str, tuple[Decimal, ...]]
    assessments: tuple[Assessment, ...]
    ratios: dict[str, Decimal]
