"""Which blocks are the same indicator, which headings the same element: reading → `Edition` with registry keys.

A name alone is no identity: two indicators share a name when their departments differ. Blocks of one name and
department are one indicator listed several times; where their cells differ in part, both are kept and make a conflict;
where they share no cell, they are two indicators, and a warning says so. A heading marked as listed again (再掲) is the
element of the same name elsewhere in the document.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import compress

from kpigraph.codelists import UnitCodelist
from kpigraph.identity.revisions import Revisions
from kpigraph.identity.statements import StatementMaker, share_a_cell
from kpigraph.layouts.headers import without_unit
from kpigraph.layouts.reading import Block, Piece, Place, Rating, Reading
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
    revisions = Revisions(corrections)
    maker = StatementMaker(revisions, units, problems, document.conventions)
    work = _Work(document, reading, registry, problems, revisions, maker)
    registry.open_document()
    work.elements()
    work.indicators()
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
    registry: Registry
    problems: list[Problem]
    revisions: Revisions
    statement_maker: StatementMaker
    element_records: dict[str, PlanElement] = field(default_factory=dict)
    element_of: dict[int, str] = field(default_factory=dict)
    placement_of: dict[int, str] = field(default_factory=dict)
    placements: list[Placement] = field(default_factory=list)
    departments: dict[str, str] = field(default_factory=dict)
    indicator_records: dict[str, Indicator] = field(default_factory=dict)
    listings: list[Listing] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    ratings: list[SelfAssessment] = field(default_factory=list)
    minted: list[Block] = field(default_factory=list)
    order_of: dict[int, int] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    times: Counter[str] = field(default_factory=Counter)

    @property
    def edition(self) -> str:
        return f"{self.document.series}/{self.document.edition}"

    # ---- plan elements

    def elements(self) -> None:
        """Make the elements and their placements, from the goals down, those marked as listed again last."""
        depths = [_depth(p) for p in self.reading.places]
        for depth in range(max(depths, default=-1) + 1):
            places = [p for p, own in zip(self.reading.places, depths, strict=True) if own == depth]
            firsts = [p for p in places if not p.relisted]
            keys = {p.order: self._known_element(p) for p in firsts}
            for place in firsts:
                self._element(place, keys[place.order] or self._new_element(place))
            for place in places:
                if place.relisted:
                    self._element(place, self._relisted_element(place))
        self.listed = {row for block in self.reading.blocks for row in block.rows}
        for place in self.reading.places:
            self._placement(place)

    def _parent(self, place: Place) -> str:
        return self.element_of[place.parent.order] if place.parent else ""

    def _known_element(self, place: Place) -> str:
        return self.registry.claim(place.level.value, place.label, self.edition, parent=self._parent(place))

    def _new_element(self, place: Place) -> str:
        kind, label = place.level.value, place.label
        twin = self._known_element(place)  # minted for a place of the same name under the same parent just now
        moved = twin or self.registry.claim_moved(kind, label, self.edition)
        return moved or self.registry.mint(kind, label, self.edition, parent=self._parent(place))

    def _relisted_element(self, place: Place) -> str:
        for key, element in self.element_records.items():
            if element.level is place.level and compact(element.label) == compact(place.label):
                return key
        self._warn("place.relisted-unknown", place.pieces[0], place.pieces[0].printed)
        return self._known_element(place) or self._new_element(place)

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
        self.element_of[place.order] = key

    def _placement(self, place: Place) -> None:
        element = self.element_of[place.order]
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

    def indicators(self) -> None:
        """Make the indicators, their statements and their listings."""
        groups: dict[tuple[str, str], list[list[Block]]] = defaultdict(list)
        for block in self.reading.blocks:
            same = groups[compact(_label(self.document, block)), compact(_text(block.department))]
            sharing = [any(share_a_cell(b, block) for b in blocks) for blocks in same]
            others = [blocks for blocks, shares in zip(same, sharing, strict=True) if not shares]
            same[:] = [*others, [*(b for blocks in compress(same, sharing) for b in blocks), block]]
        by_name: dict[str, list[Block]] = defaultdict(list)
        self.order_of = order = {id(block): n for n, block in enumerate(self.reading.blocks)}
        for blocks in sorted((b for same in groups.values() for b in same), key=lambda b: order[id(b[0])]):
            alone = len(groups[compact(_label(self.document, blocks[0])), compact(_text(blocks[0].department))]) == 1
            self._indicator(blocks, alone=alone)
            by_name[compact(_label(self.document, blocks[0]))].append(blocks[0])
        for same_name in by_name.values():
            for block in same_name[1:]:
                self._warn("indicator.same-name", block.label, _label(self.document, block))
        for block in self.minted:
            for known in self.registry.unclaimed("kpi", _label(self.document, block)):
                was = f"{known.key}: {known.department}"
                self._warn("indicator.known-name", block.label, _folded_department(block), was)
        self.listings = [replace(x, order=n) for n, x in enumerate(sorted(self.listings, key=lambda x: x.order), 1)]

    def _indicator(self, blocks: list[Block], *, alone: bool) -> None:
        first = blocks[0]
        label, department = _label(self.document, first), _folded_department(first)
        department_key = self._department(department)
        parent = self.element_of[first.places[0].order] if first.places else ""
        key = self.registry.claim("kpi", label, self.edition, department=department, parent=parent, once=True)
        if not key and alone:
            key = self.registry.claim("kpi", label, self.edition, department=department, once=True)
        if not key and first.unit_in_label:  # known by a name with its unit in brackets
            whole = _label(self.document, replace(first, unit_in_label=False))
            key = self.registry.claim("kpi", whole, self.edition, department=department, once=True)
        if not key:
            parent = "" if alone else parent
            key = self.registry.mint("kpi", label, self.edition, department=department, parent=parent)
            self.minted.append(first)
        misspelt = {_label(self.document, b, printed=True) for b in blocks if self.revisions.is_misspelt(b.label)}
        self.indicator_records[key] = Indicator(
            key=key, label=label, printed_labels=frozenset(misspelt - {label}), department=department_key
        )
        self._listings(key, department_key, blocks)
        self._ratings(key, blocks)
        statements, conflicts = self.statement_maker.make(key, blocks)
        self.statements += statements
        self.conflicts += conflicts

    def _department(self, label: str) -> str:
        if not label:
            return ""
        key = self.registry.claim("dept", label, self.edition) or self.registry.mint("dept", label, self.edition)
        self.departments.setdefault(key, label)
        return key

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
                        label=_label(self.document, block),
                        measure=self.element_of[place.order] if place else "",
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
            found[_text(rating.period_piece), compact(rating.piece.text)].append(rating)
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

    # ---- problems

    def _warn(self, code: str, piece: Piece, found: str, expected: str = "") -> None:
        self.problems.append(Problem(code, piece.cell.at, found, expected, Severity.WARNING))


def _label(document: Document, block: Block, *, printed: bool = False) -> str:
    """Return an indicator's name: its cell without the bullet, blanks folded; the part it counts in brackets (男)."""
    name = _name(document, block.label.printed if printed else block.label.text)
    name = without_unit(name) if block.unit_in_label else name
    if block.category is None:
        return name
    return f"{name}（{' '.join((block.category.printed if printed else block.category.text).split())}）"


def _name(document: Document, text: str) -> str:
    text = " ".join(text.split())
    bullet = compact(document.layout.bullet)
    for end in range(1, 2 * len(bullet) + 1):  # in half width a character may be two
        if compact(text[:end]) == bullet:
            return text[end:].lstrip()
    return text


def _depth(place: Place) -> int:
    return 1 + _depth(place.parent) if place.parent else 0


def _text(piece: Piece | None) -> str:
    return piece.text if piece else ""


def _folded_department(block: Block) -> str:
    return " ".join(_text(block.department).split())
