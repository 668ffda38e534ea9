"""Lots drawn from a seed."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Seeded(Random):
    """Lots drawn from a seed: the same number or text gives the same lots on every machine."""

    def flag(self) -> bool:
        return self.random() < 0.5

    def pick(self, among: Sequence[T]) -> T:
        return self.choice(among)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self.sample(items, len(items))

    def between(self, low: int, high: int) -> int:
        """Return a number, both ends included."""
        return self.randint(low, high)

    def chance(self, percent: float) -> bool:
        return self.random() * 100 < percent
