"""Values as documents print them, with the numbers they mean: every form that the Japanese grammar reads."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from country import words
from country.lots import Seeded
from kpigraph.iris import local_name
from kpigraph.model import Unit

_FULL_WIDTH = str.maketrans("0123456789,.", "０１２３４５６７８９，．")
_WHOLE = {"NUM", "INDIV", "rank", "CCY_JPY"}


@dataclass(frozen=True)
class Amount:
    """A value as printed, "" where none is, with the number it means in its unit: None where it is no such number."""

    text: str
    number: Decimal | None = None


@dataclass(frozen=True)
class Amounts:
    """The values of one indicator in its unit; `plain`: numbers alone, as lines of text have them."""

    lots: Seeded
    unit: Unit
    plain: bool

    @property
    def word(self) -> str:
        """The unit as it stands behind a number; "" where no document would print it there (235.0£M)."""
        return "" if "（" in self.unit.label_ja or self.unit.notation == "acre" else self.unit.label_ja

    def number(self) -> Decimal:
        """Return a number such as this unit counts."""
        base, lots = local_name(self.unit.base_unit), self.lots
        if self.unit.maximum is not None:
            return self._rounded(Decimal(lots.between(20, 750)) / 1000 * self.unit.maximum)
        if base == "rank":
            return Decimal(lots.between(5, 47))
        if base == "bai":
            return Decimal(lots.between(8, 30)) / 10
        return self._rounded(Decimal(lots.between(10, 999)) * 10 ** lots.pick((0, 0, 0, 1, 1, 2, 3)) / 10)

    def grown(self, start: Decimal, rate: Decimal, years: int) -> Decimal:
        """Return `start` after so many years of growing by `rate` of it, within what the unit can have."""
        value = self._rounded(max(start * (1 + rate * years), Decimal(0)))
        return value if self.unit.maximum is None else min(value, self.unit.maximum)

    def baseline(self, start: Decimal) -> Amount:
        if not self.plain:
            if self.lots.chance(29):
                return Amount(self.lots.pick(words.MISSING))
            if self.lots.chance(1.2):
                return Amount(self.lots.pick(words.WORDS_ONLY))
        return self._number(start)

    def actual(self, value: Decimal) -> Amount:
        if not self.plain:
            if self.lots.chance(4):
                return Amount(self.lots.pick(words.MISSING))
            if self.lots.chance(1.5):
                return Amount("現行体制を維持")
            if self.lots.chance(2):
                return Amount(f"約{value:,}", value)
            if self.lots.chance(1.5):
                return Amount(f"{value:,}（速報値）", value)
        return self._number(value)

    def target(self, value: Decimal, increases: bool, baseline_period: str) -> Amount:
        """Return a target: a number, a threshold, a change against the baseline or the year before, a range, words."""
        kind = 0.0 if self.plain else self.lots.random() * 100
        if kind < 74:
            return self._number(value)
        if kind < 82:
            ends = (
                ("以上", "以上", "以上を維持", "以上の維持", "を上回る", "超")
                if increases
                else ("以下", "未満", "以内")
            )
            return Amount(f"{value:,}{self.word}{self.lots.pick(ends)}", value)
        percent = self.lots.pick((3, 5, 10, 15, 20, 25, 50))
        up, down = self.lots.pick(("増", "増加", "アップ")), self.lots.pick(("減", "削減", "縮小"))
        change = up if increases else down
        if kind < 88:
            return Amount(f"{percent}%{change}(対{baseline_period}比)")
        if kind < 90:
            return Amount(f"{percent}%{change}({baseline_period}対比)")
        if kind < 91:
            return Amount(self.lots.pick((f"前年度比{percent}%{change}", f"{self.lots.between(1, 5)}割{change}")))
        if kind < 92:
            return Amount("前年度以上" if increases else "前年度以下")
        if kind < 93:
            return Amount(f"{value:,}～{value + max(value // 5, 1):,}")
        return Amount(self.lots.pick(words.WORDS_ONLY))

    def _number(self, value: Decimal) -> Amount:
        """Return a number in one of the ways that documents print it."""
        kind = 0.0 if self.plain else self.lots.random() * 100
        if kind < 86:
            return Amount(f"{value:,}", value)
        if kind < 90 and not 1000 <= value < 3000:  # 1244.4 alone may be a month of a year
            return Amount(str(value), value)
        if kind < 93:
            return Amount(f"{value:,}".translate(_FULL_WIDTH), value)
        if kind < 97 or value < 10000 or self.unit.notation not in ("nin", "yen", "ken"):
            return Amount(f"{value:,}{self.word}", value)
        myriads = (value / 10000).quantize(Decimal("0.1"), ROUND_HALF_UP)
        return Amount(f"{myriads}万{self.word}", myriads * 10000)

    def _rounded(self, value: Decimal) -> Decimal:
        whole = local_name(self.unit.base_unit) in _WHOLE and self.unit.factor == 1
        return value.quantize(Decimal(1) if whole else Decimal("0.1"), ROUND_HALF_UP)
