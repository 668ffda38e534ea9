"""Fictional strategies of real municipality codes, by chance from a seed, in the proportions of Kushiro's document.

That has 75 indicators in 85 listings under 4 goals, 20 directions and 53 measures. 30 % of its baselines are missing,
one is words; of the targets 74 % are numbers, 11 % relative, 8 % a threshold, 7 % words; 12 % of indicators are listed
again.
A city has about as many indicators as Kushiro, a prefecture more, a town or village fewer: `SIZES`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from country import periods, words
from country.amounts import Amount, Amounts
from country.lots import Seeded
from country.periods import Printed
from country.render import Heading, Kpi, Plan, Value
from kpigraph.codelists import IndicatorScheme, UnitCodelist, base_units
from kpigraph.iris import local_name
from kpigraph.model import SharedIndicator, Unit
from kpigraph.municipalities import LocalGovernment

# Fewest and most indicators, by what the municipality is.
SIZES = {"prefecture": (80, 150), "city": (50, 100), "town": (20, 45)}
LAST_YEAR = 2024  # of the newest edition; the one before is of the year before
SERIES = "senryaku"


@dataclass(frozen=True)
class Figure:
    """One value of an indicator: its role (baseline, actual, target), its period and amount."""

    role: str
    period: Printed
    amount: Amount


@dataclass(frozen=True)
class Indicator:
    """An indicator of one edition with its figures; `shared` is the shared indicator that it equals."""

    name: str
    unit: Unit
    unit_text: str
    department: str
    baseline: Figure
    actuals: tuple[Figure, ...]
    target: Figure
    shared: SharedIndicator | None

    @property
    def figures(self) -> tuple[Figure, ...]:
        return (self.baseline, *(f for f in self.actuals if f.amount.text), self.target)


@dataclass(frozen=True)
class Strategy:
    """One edition of the strategy of one municipality.

    `listings` has the headings above each listing, with the place of its indicator in `indicators`. `baseline`,
    `actuals` and `target` are the periods of most values, as printed.
    """

    government: LocalGovernment
    name: str
    edition: str
    indicators: tuple[Indicator, ...]
    listings: tuple[tuple[tuple[Heading, ...], int], ...]
    baseline: str
    actuals: tuple[str, ...]
    target: str

    def plan(self, *, mixed: bool, encoding: str) -> Plan:
        """Return it as the renderers take it; units that `encoding` cannot write have their usual name."""
        kpis = []
        for headings, number in self.listings:
            i = self.indicators[number]
            values = [Value(f.amount.text, f.period.text) for f in (i.baseline, *i.actuals, i.target)]
            writable = i.unit_text.encode(encoding, "ignore").decode(encoding) == i.unit_text
            unit = i.unit_text if writable else i.unit.label_ja
            kpis.append(Kpi(headings, i.name, unit, i.department, values[0], tuple(values[1:-1]), values[-1]))
        return Plan(kpis, self.baseline, self.actuals, self.target, mixed)


@dataclass(frozen=True)
class Sketch:
    """What stays the same of an indicator over all editions, and the lots for the rest."""

    name: str
    unit: Unit
    department: str
    shared: SharedIndicator | None
    lots: int


@dataclass(frozen=True)
class Maker:
    """Makes the strategies of municipalities from a seed and the code lists."""

    seed: int
    units: UnitCodelist
    scheme: IndicatorScheme

    def editions(
        self, government: LocalGovernment, count: int, years: int, *, plain: bool, own_periods: bool
    ) -> Iterator[Strategy]:
        """Yield `count` editions, the oldest first: each has newer actuals, some other targets, other indicators.

        `years` of actuals stand in each; `plain`: with numbers and fiscal years alone, as lines of text have them;
        `own_periods`: each value has a cell of its own for its period, so that "-" can stand there.
        """
        lots = Seeded(f"{self.seed}/{government.code}")
        kind = "prefecture" if government.is_prefecture else "city" if government.name[-1] in "市区" else "town"
        size = lots.between(*SIZES[kind])
        work = _Work(self, lots, plain, own_periods, lots.pick(periods.STYLES), LAST_YEAR - count - 3, years, {})
        name, outline = lots.pick(words.STRATEGIES), _outline(lots, size)
        sketches = [work.sketch() for _ in range(size)]
        places = [n * len(outline) // size for n in range(size)]  # the measure that each stands under
        again = {n: lots.between(0, len(outline) - 1) for n in range(size) if lots.chance(12)}
        listed = sorted({(p, n) for n, p in enumerate(places)} | {(p, n) for n, p in again.items()})
        changed = [0] * size  # how often a target was changed
        for edition in range(LAST_YEAR - count + 1, LAST_YEAR + 1):
            changes = Seeded(f"{self.seed}/{government.code}/{edition}")
            for n in range(size) if edition > LAST_YEAR - count + 1 else ():
                changed[n] += changes.chance(5)
                if changes.chance(2):
                    sketches[n] = work.sketch()  # takes its place
            made = tuple(work.indicator(s, edition, changed[n]) for n, s in enumerate(sketches))
            yield Strategy(
                government=government,
                name=name,
                edition=str(edition),
                indicators=made,
                listings=tuple((outline[place], n) for place, n in listed),
                baseline=work.year(work.base),
                actuals=tuple(work.year(edition - k) for k in range(years, 0, -1)),
                target=work.year(work.end),
            )


@dataclass
class _Work:
    """One municipality's strategy being made; `departments` has those of every name given so far."""

    maker: Maker
    lots: Seeded
    plain: bool
    own_periods: bool
    style: periods.Style
    base: int
    years: int
    departments: dict[str, set[str]]

    @property
    def end(self) -> int:
        return LAST_YEAR + 5

    def year(self, year: int) -> str:
        return periods.fiscal(self.style, year).text

    def sketch(self) -> Sketch:
        """Return an indicator of a new name, or in one of 70 cases of a known name and another department."""
        lots = self.lots
        while True:
            shared = lots.pick(list(self.maker.scheme)) if lots.chance(45) else None
            if shared is not None:
                unit, name = self._unit_of(shared), lots.pick((shared.label_ja, shared.label_ja, *shared.alternatives))
            else:
                notation = lots.pick(
                    ("nin", "nin", "nin", "ken", "ken", "percent", "percent", "kai", "kasho", "dantai")
                )
                unit = next(u for u in self.maker.units if u.notation == notation)
                unit = unit if lots.chance(75) else lots.pick(self.maker.units.units)
                nouns = words.NOUNS.get(local_name(unit.base_unit), words.COUNTS)
                name = f"{lots.pick(words.PLACES)}{lots.pick(words.THINGS)}の{lots.pick(nouns)}"
            if self.plain and not Amounts(lots, unit, True).word:
                continue
            department = lots.pick(words.DEPARTMENTS)
            known = self.departments.setdefault(name, set())
            if not known or (shared is None and department not in known and lots.chance(1.5)):
                known.add(department)
                return Sketch(name, unit, department, shared, lots.getrandbits(60))

    def _unit_of(self, shared: SharedIndicator) -> Unit:
        """Return a unit that counts what a shared indicator counts."""
        emission = shared.unit_kind.value == "emission"
        bases = base_units()[shared.unit_kind]
        fitting = [u for u in self.maker.units if u.base_unit in bases and ("co2" in u.notation) == emission]
        return self.lots.pick(fitting)

    def indicator(self, sketch: Sketch, edition: int, changed: int) -> Indicator:
        """Return it as an edition has it, its target changed so many times."""
        lots = Seeded(sketch.lots)
        amounts = Amounts(lots, sketch.unit, self.plain)
        form = lots.choices([f for f, _ in periods.YEARLY], [w for _, w in periods.YEARLY])[0]
        form = periods.fiscal if self.plain else form
        rate = Decimal(lots.between(-6, 12)) / 100
        start = amounts.number()
        baseline = self._figure("baseline", form(self.style, self.base), amounts.baseline(start), self.base)
        if self.own_periods and baseline.amount.text == "-" and lots.flag():
            baseline = replace(baseline, period=Printed("-"))
        actuals = []
        for year in range(edition - self.years, edition):
            drawn = Amounts(Seeded(sketch.lots + year), sketch.unit, self.plain)
            noise = rate + Decimal(drawn.lots.between(-3, 3)) / 100
            amount = drawn.actual(drawn.grown(start, noise, year - self.base))
            actuals.append(self._figure("actual", form(self.style, year), amount, year))
        period = form(self.style, self.end)
        if not self.plain and lots.chance(15):
            forms = [(f, w) for f, w in periods.TARGETS if self.own_periods or f is not periods.unanchored]
            span_form = lots.choices([f for f, _ in forms], [w for _, w in forms])[0]
            period = span_form(self.style, self.base + 1, self.end)
        drawn = Amounts(Seeded(sketch.lots + 7 * changed), sketch.unit, self.plain)
        goal = drawn.grown(start, rate + Decimal(changed) / 50, self.end - self.base)
        amount = drawn.target(goal, goal >= start, self.year(self.base))
        spellings = [a for a in sketch.unit.alternatives if "（" not in a and not (a.isascii() and len(a) > 3)]
        usual = sketch.unit.label_ja if "（" not in sketch.unit.label_ja else spellings[0]
        unit_text = usual if self.plain else lots.pick((usual, usual, usual, *spellings))
        return Indicator(sketch.name, sketch.unit, unit_text, sketch.department, baseline, tuple(actuals),
                         self._figure("target", period, amount, self.end), sketch.shared)  # fmt: skip

    def _figure(self, role: str, period: Printed, amount: Amount, year: int) -> Figure:
        """Return a value of `period`; where it is words and has no cell for it, of the year of its column."""
        words_only = amount.number is None and not any(c.isdecimal() for c in amount.text)
        column = periods.fiscal(self.style, year)
        return Figure(role, column if words_only and not self.own_periods else period, amount)


def _outline(lots: Seeded, size: int) -> list[tuple[Heading, ...]]:
    """Return the headings above each measure, in the proportions of Kushiro's document."""
    goals = max(2, min(len(words.GOALS), round(size / 19)))
    measures = max(goals, round(size * 53 / 75))
    directions = max(goals, min(len(words.DIRECTIONS), measures, round(size * 20 / 75)))
    goal_names, direction_names = lots.sample(words.GOALS, goals), lots.sample(words.DIRECTIONS, directions)
    names = lots.sample([s + e for s in words.MEASURE_SUBJECTS for e in words.MEASURE_ENDS], measures)
    found: list[tuple[Heading, ...]] = []
    last = (-1, -1)
    numbers = [0, 0]
    for m, name in enumerate(names):
        d = m * directions // measures
        g = d * goals // directions
        numbers = [1, 1] if g != last[0] else [numbers[0] + 1, 1] if d != last[1] else [numbers[0], numbers[1] + 1]
        last = (g, d)
        above = (Heading(g + 1, goal_names[g]), Heading(numbers[0], direction_names[d]))
        found.append((*above, Heading(numbers[1], name)))
    return found
