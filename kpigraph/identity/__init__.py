"""Which blocks are the same indicator, which headings the same element: reading → `Edition` with registry keys.

A name alone is no identity: two indicators share a name when their departments differ. Blocks of one name and
department are one indicator listed several times; where their cells differ in part, both are kept and make a conflict;
where they share no cell, they are two indicators, and a warning says so. A heading marked as listed again (再掲) is the
element of the same name elsewhere in the document.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kpigraph.codelists import UnitCodelist
from kpigraph.identity.keys import Group, Keys, groups_of, keys_of, label_of, text_of, warning
from kpigraph.identity.revisions import Revisions
from kpigraph.identity.statements import StatementMaker
from kpigraph.layouts.reading import Block, Place, Rating, Reading
from kpigraph.model import (
    Conflict,
    Correction,
    Department,
    Document,
    Edition,
    Indicator,
    Listing,
    Placement,
    PlanElement,
    SelfAssessment,
    Statement,
)
from kpigraph.problems import Problem, Severity
from kpigraph.registry import Registry
from kpigraph.text import compact

__all__ = ["Group", "Keys", "groups_of", "identify", "keys_of", "records"]


def identify(
    document: Document,
    reading: Reading,
    corrections: tuple[Correction, ...],
    registry: Registry,
    units: UnitCodelist,
    problems: list[Problem],
) -> Edition:
    """Return what `reading` says as records with the keys of `registry`, which mints what it lacks.

    Problems met on the way, warnings and errors, are added to `problems`.
    """
    groups = groups_of(document, reading)
    keys = keys_of(document, reading.places, groups, registry)
    return records(document, reading, corrections, groups, keys, units, problems)


def records(
    document: Document,
    reading: Reading,
    corrections: tuple[Correction, ...],
    groups: Sequence[Group],
    keys: Keys,
    units: UnitCodelist,
    problems: list[Problem],
) -> Edition:
    """Return what `reading`, whose indicators are listed by `groups`, says as records with these `keys`.

    Problems met on the way, warnings and errors, are added to `problems`.
    """
    revisions = Revisions(corrections)
    maker = StatementMaker(revisions, units, problems, document.conventions)
    work = _Work(document, reading, keys, problems, revisions, maker)
    work.elements()
    work.indicators(groups)
    if not any(p.severity is Severity.ERROR for p in problems):  # else what it touches may be what could not be read
        problems += work.revisions.idle()
    return Edition(
        document=document,
        rows=tuple(reading.rows),
        elements=tuple(work.element_records.values()),
        placements=tuple(work.placements),
        departments=tuple(Department(key=key, label=label) for key, label in work.departments.items()),
        indicators=tuple(work.indicator_records.values()),
        listings=tuple(work.listings),
        statements=tuple(work.statements),
        conflicts=tuple(work.conflicts),
        self_assessments=tuple(work.ratings),
        corrections=corrections,
        touched=tuple(work.revisions.touched),
    )


@dataclass(slots=True)
class _Work:
    document: Document
    reading: Reading
    keys: Keys
    problems: list[Problem]
    revisions: Revisions
    statement_maker: StatementMaker
    element_records: dict[str, PlanElement] = field(default_factory=dict)
    placement_of: dict[int, str] = field(default_factory=dict)
    placements: list[Placement] = field(default_factory=list)
    departments: dict[str, str] = field(default_factory=dict)
    indicator_records: dict[str, Indicator] = field(default_factory=dict)
    listings: list[Listing] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    ratings: list[SelfAssessment] = field(default_factory=list)
    order_of: dict[int, int] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    times: Counter[str] = field(default_factory=Counter)

    # ---- plan elements

    def elements(self) -> None:
        """Make the elements and their placements."""
        places = {place.order: place for place in self.reading.places}
        for order, key in self.keys.elements.items():
            self._element(places[order], key)
        self.problems += self.keys.unknown
        self.listed = {row for block in self.reading.blocks for row in block.rows}
        for place in self.reading.places:
            self._placement(place)

    def _parent(self, place: Place) -> str:
        return self.keys.elements[place.parent.order] if place.parent else ""

    def _element(self, place: Place, key: str) -> None:
        before = self.element_records.get(key)
        parents = (*(before.parents if before else ()), self._parent(place))
        misspelt = {
            label
            for piece, label in zip(place.pieces, place.printed_labels, strict=True)
            if label and self.revisions.is_misspelt(piece)
        }
        self.element_records[key] = PlanElement(
            level=place.level,
            key=key,
            label=before.label if before else place.label,
            printed_labels=frozenset(misspelt) | (before.printed_labels if before else frozenset()),
            parents=tuple(dict.fromkeys(p for p in parents if p)),
        )

    def _placement(self, place: Place) -> None:
        element = self.keys.elements[place.order]
        times = self.times[element]
        self.times[element] += 1
        key = f"{place.level.value}-{element}" + (f"-{times + 1}" if times else "")
        self.placement_of[place.order] = key
        as_printed = [p for p in place.pieces if p.printed == p.text]
        reprinted = [p for p in place.pieces if p.cell.at.place not in self.listed]  # on a line of its own
        corrections = self.revisions.touch("place", key, *(reprinted if as_printed else place.pieces))
        self.placements.append(
            Placement(
                key=key,
                element=element,
                label=place.label,
                level=place.level,
                notation=place.notation,
                under=self.placement_of[place.parent.order] if place.parent else "",
                relisted=place.relisted,
                order=place.order,
                stated_label=(as_printed or place.pieces)[0].printed,
                rows=tuple(dict.fromkeys(p.cell.at.place for p in place.pieces)),
                corrections=() if as_printed else corrections,
            )
        )

    # ---- indicators

    def indicators(self, groups: Sequence[Group]) -> None:
        """Make the indicators, their statements and their listings."""
        by_name: dict[str, list[Group]] = defaultdict(list)
        self.order_of = {id(block): n for n, block in enumerate(self.reading.blocks)}
        for group, (key, department) in zip(groups, self.keys.indicators, strict=True):
            self._indicator(group, key, department)
            by_name[compact(group.label)].append(group)
        for same_name in by_name.values():
            self.problems += (
                warning("indicator.same-name", group.blocks[0].label, group.label) for group in same_name[1:]
            )
        self.problems += self.keys.named_alike
        self.listings = [replace(x, order=n) for n, x in enumerate(sorted(self.listings, key=lambda x: x.order), 1)]

    def _indicator(self, group: Group, key: str, department: str) -> None:
        if department:
            self.departments.setdefault(department, group.department)
        misspelt = {
            label_of(self.document, b, printed=True) for b in group.blocks if self.revisions.is_misspelt(b.label)
        }
        self.indicator_records[key] = Indicator(
            key=key, label=group.label, printed_labels=frozenset(misspelt - {group.label}), department=department
        )
        self._listings(key, department, group.blocks)
        self._ratings(key, group.blocks)
        statements, conflicts = self.statement_maker.make(key, group.blocks)
        self.statements += statements
        self.conflicts += conflicts

    def _listings(self, indicator: str, department: str, blocks: list[Block]) -> None:
        number = 0
        for block in blocks:
            for position, place in enumerate(block.places or [None]):
                number += 1
                key = f"{indicator}-{number}"
                own = [p for p in place.pieces if p.cell.at.place in block.rows] if place else []
                self.listings.append(
                    Listing(
                        key=key,
                        indicator=indicator,
                        label=label_of(self.document, block),
                        measure=self.keys.elements[place.order] if place else "",
                        placement=self.placement_of[place.order] if place else "",
                        department=department,
                        stated_label=block.label.printed,
                        stated_department=block.department.printed if block.department else "",
                        relisted=place.relisted if place else False,
                        order=self.order_of[id(block)] * 100 + position,
                        rows=tuple(dict.fromkeys(block.rows or [block.label.cell.at.place])),
                        corrections=self.revisions.touch("listing", key, block.label, block.department, *own),
                        remarks=tuple(dict.fromkeys(note.printed for note in block.notes)),
                    )
                )

    def _ratings(self, indicator: str, blocks: list[Block]) -> None:
        """Keep what the municipality itself says of the indicator, each text once a period."""
        found: dict[tuple[str, str], list[Rating]] = defaultdict(list)
        for rating in (rating for block in blocks for rating in block.ratings):
            found[text_of(rating.period_piece), compact(rating.piece.text)].append(rating)
        for number, ratings in enumerate(found.values(), 1):
            first = ratings[0]
            self.ratings.append(
                SelfAssessment(
                    key=f"{indicator}-{number}",
                    indicator=indicator,
                    stated_rating=first.piece.printed,
                    stated_period=first.period_piece.printed if first.period_piece else "",
                    period=first.period.period if first.period else None,
                    rows=tuple(dict.fromkeys(rating.row for rating in ratings)),
                )
            )
