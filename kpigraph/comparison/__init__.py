"""One shared indicator across municipalities: what each states, in base units, and what may be held against what.

    comparison = read(store, "childcare-waiting")           # None: there is no such shared indicator
    ranked = rank(comparison, Measure.ACTUAL)               # groups of comparable values, and why others are apart

Nothing is ranked that cannot be compared: values are put in order within a group only, and a group has one definition,
base unit, kind and length of period, and calendar. What a value lacks for that is said by codes of `model.Apart`.
"""

from kpigraph.comparison.measures import Change, Measure, PerPerson, change, per_person
from kpigraph.comparison.overview import Realized, overview
from kpigraph.comparison.ranking import Group, Ranking, Standing, rank
from kpigraph.comparison.reading import NOTATION, construct, read
from kpigraph.comparison.records import Comparison, Concept, Entry, Match, Shape, Value

__all__ = [
    "NOTATION",
    "Change",
    "Comparison",
    "Concept",
    "Entry",
    "Group",
    "Match",
    "Measure",
    "PerPerson",
    "Ranking",
    "Realized",
    "Shape",
    "Standing",
    "Value",
    "change",
    "construct",
    "overview",
    "per_person",
    "rank",
    "read",
]
