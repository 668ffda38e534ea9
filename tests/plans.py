"""Random strategies for tests: what they say, and what a reading of them says. `country.render` renders them."""

from collections.abc import Sequence

from country.render import Heading, Kpi, Plan, T, Value
from hypothesis import strategies as st

from kpigraph.layouts import Reading
from kpigraph.model import Role
from kpigraph.text import compact, normalise

ACTUALS = ("H27年度", "H28年度", "H29年度")
DAYS = {"H26年度": "2014-04-01", "H27年度": "2015-04-01", "H28年度": "2016-04-01", "H29年度": "2017-04-01",
        "R元年度": "2019-04-01"}  # fmt: skip
NOTATIONS = {"人": "nin", "件": "ken", "%": "percent"}

numbers = st.integers(0, 10**7).map(lambda n: f"{n:,}") | st.decimals(0, 999, places=1).map(lambda d: f"{d:.1f}")


class Drawn:
    """Lots drawn by hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def flag(self) -> bool:
        return self.draw(st.booleans())

    def pick(self, among: Sequence[T]) -> T:
        return self.draw(st.sampled_from(among))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return [items[n] for n in self.draw(st.permutations(range(len(items))))]

    def between(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(1, 5))
    goals = sorted(draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)))
    goals = [sorted(set(goals)).index(g) + 1 for g in goals]  # numbered without a gap
    kpis = [
        Kpi(
            headings=(Heading(goal, f"目標その{goal}"),),
            name=f"指標{'甲乙丙丁戊'[n]}の{draw(st.sampled_from(['数', '割合', '参加者数']))}",
            unit=draw(st.sampled_from(["人", "件", "%"])),
            department=draw(st.sampled_from(["水産課", "企画課"])),
            baseline=Value(draw(numbers), "H26年度"),
            actuals=tuple(Value(draw(numbers | st.just("")), year) for year in ACTUALS),
            target=Value(draw(numbers), "R元年度"),
        )
        for n, goal in enumerate(goals)
    ]
    return Plan(kpis, "H26年度", ACTUALS, "R元年度")


# What a document says, and what it was read to say: goal, indicator, unit, department, role, first day, value.
Said = tuple[str, ...]


def meant(plan: Plan, years: int = 3) -> set[Said]:
    """Return what a plan says, with the first `years` years of its actuals."""
    found = set()
    for k in plan.kpis:
        values = [(Role.BASELINE, k.baseline), (Role.TARGET, k.target)]
        values += [(Role.ACTUAL, value) for value in k.actuals[:years] if value.text]
        about = (k.headings[0].label, k.name, NOTATIONS[k.unit], k.department)
        found |= {(*about, role.value, DAYS[v.period], v.text.replace(",", "")) for role, v in values}
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
