"""Which blocks are the same indicator, which headings the same element: reading → `Edition` with registry keys.

A name alone is no identity: two indicators share a name when their departments differ. Blocks of one name and
department are one indicator listed several times; where their cells differ in part, both are kept and make a conflict;
where they share no cell, they are two indicators, and a warning says so. A heading marked as listed again (再掲) is the
element of the same name elsewhere in the document.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace

from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.reading import Block, Entry, Part, Piece, Place, Reading
from kpigraph.model import (
    Aggregation,
    Basis,
    Conflict,
    Correction,
    CorrectionCause,
    CorrectionStatus,
    Department,
    Document,
    Edition,
    Indicator,
    Level,
    Listing,
    Period,
    Placement,
    PlanElement,
    Quantity,
    Role,
    StatedPeriod,
    Statement,
    Touched,
    Unit,
    ValueForm,
)
from kpigraph.periods import parse_period
from kpigraph.problems import Problem, Severity, SourceError
from kpigraph.registry import Registry
from kpigraph.text import compact

_MISSPELT = (CorrectionCause.EXTRACTION, CorrectionCause.PRINT_ERROR)
_PROPERTY = {
    Part.GOAL: "statedLabel",
    Part.DIRECTION: "statedLabel",
    Part.MEASURE: "statedLabel",
    Part.INDICATOR: "statedLabel",
    Part.PERIOD: "statedPeriod",
    Part.VALUE: "statedValue",
    Part.UNIT: "statedUnit",
    Part.DEPARTMENT: "statedDepartment",
}
_ROLE_LETTER = {Role.BASELINE: "b", Role.ACTUAL: "a", Role.TARGET: "t"}


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
    work = _Work(document, reading, corrections, registry, units, problems)
    registry.open_document()
    work.elements()
    work.indicators()
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
        corrections=corrections,
        touched=tuple(work.touched),
    )


@dataclass(slots=True)
class _Work:
    document: Document
    reading: Reading
    corrections: tuple[Correction, ...]
    registry: Registry
    units: UnitCodelist
    problems: list[Problem]
    element_records: dict[str, PlanElement] = field(default_factory=dict)
    element_of: dict[int, str] = field(default_factory=dict)
    placement_of: dict[int, str] = field(default_factory=dict)
    placements: list[Placement] = field(default_factory=list)
    departments: dict[str, str] = field(default_factory=dict)
    indicator_records: dict[str, Indicator] = field(default_factory=dict)
    listings: list[Listing] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    touched: dict[Touched, None] = field(default_factory=dict)
    minted: list[Block] = field(default_factory=list)

    @property
    def edition(self) -> str:
        return f"{self.document.series}/{self.document.edition}"

    def corrections_of(self, *pieces: Piece | None) -> tuple[Correction, ...]:
        """Return the accepted corrections of the cells of `pieces`, each once."""
        cells = {(p.cell.at.row, p.cell.at.cell) for p in pieces if p and p.printed != p.text}
        return tuple(
            c for c in self.corrections if c.status is CorrectionStatus.ACCEPTED and (c.place, c.column) in cells
        )

    def corrections_keys(self, kind: str, key: str, *pieces: Piece | None) -> tuple[str, ...]:
        """Return the keys of the accepted corrections of `pieces`; remember every one, proposed too, as touching."""
        for piece in pieces:
            for c in self.corrections if piece else ():
                at = piece.cell.at if piece else None
                if at and piece and (c.place, c.column) == (at.row, at.cell):
                    touched = Touched(correction=c.key, kind=kind, key=key, property=_PROPERTY[piece.part])
                    self.touched[touched] = None
        return tuple(c.key for c in self.corrections_of(*pieces))

    def _is_misspelt(self, piece: Piece) -> bool:
        """Tell whether the printed text of `piece` is a wrong spelling of its label, not another thing's label."""
        return any(c.reason in _MISSPELT for c in self.corrections_of(piece))

    # ---- plan elements

    def elements(self) -> None:
        """Make the elements and their placements, from the goals down, those marked as listed again last."""
        for level in Level:
            places = [p for p in self.reading.places if p.level is level]
            firsts = [p for p in places if not p.relisted]
            keys = {p.order: self._known_element(p) for p in firsts}
            for place in firsts:
                self._element(place, keys[place.order] or self._new_element(place))
            for place in places:
                if place.relisted:
                    self._element(place, self._relisted_element(place))
        for place in self.reading.places:
            self._placement(place)

    def _parent(self, place: Place) -> str:
        return self.element_of[place.parent.order] if place.parent else ""

    def _known_element(self, place: Place) -> str:
        return self.registry.claim(place.level.value, place.label, self.edition, parent=self._parent(place))

    def _new_element(self, place: Place) -> str:
        kind, label = place.level.value, place.label
        moved = self.registry.claim_moved(kind, label, self.edition)
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
            if label and self._is_misspelt(piece)
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
        times = sum(p.element == element for p in self.placements)
        key = f"{place.level.value}-{element}" + (f"-{times + 1}" if times else "")
        self.placement_of[place.order] = key
        as_printed = [p for p in place.pieces if p.printed == p.text]
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
                rows=tuple(dict.fromkeys(p.cell.at.row for p in place.pieces)),
                corrections=() if as_printed else self.corrections_keys("place", key, *place.pieces),
            )
        )

    # ---- indicators

    def indicators(self) -> None:
        """Make the indicators, their statements and their listings."""
        groups: dict[tuple[str, str], list[list[Block]]] = defaultdict(list)
        for block in self.reading.blocks:
            same = groups[compact(_label(self.document, block)), compact(_text(block.department))]
            for blocks in same:
                if _share_a_cell(blocks[0], block):
                    blocks.append(block)
                    break
            else:
                same.append([block])
        by_name: dict[str, list[Block]] = defaultdict(list)
        order = {id(block): n for n, block in enumerate(self.reading.blocks, 1)}
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
        if not key:
            parent = "" if alone else parent
            key = self.registry.mint("kpi", label, self.edition, department=department, parent=parent)
            self.minted.append(first)
        misspelt = {_label(self.document, b, printed=True) for b in blocks if self._is_misspelt(b.label)}
        self.indicator_records[key] = Indicator(
            key=key, label=label, printed_labels=frozenset(misspelt - {label}), department=department_key
        )
        self._listings(key, department_key, blocks)
        for role in Role:
            self._statements(key, role, blocks)

    def _department(self, label: str) -> str:
        if not label:
            return ""
        key = self.registry.claim("dept", label, self.edition) or self.registry.mint("dept", label, self.edition)
        self.departments.setdefault(key, label)
        return key

    def _listings(self, indicator: str, department: str, blocks: list[Block]) -> None:
        number = 0
        for block in blocks:
            for place in block.places:
                number += 1
                key = f"{indicator}-{number}"
                own = [p for p in place.pieces if p.cell.at.row in block.rows]
                self.listings.append(
                    Listing(
                        key=key,
                        indicator=indicator,
                        label=_label(self.document, block),
                        measure=self.element_of[place.order],
                        placement=self.placement_of[place.order],
                        department=department,
                        stated_label=block.label.printed,
                        stated_department=block.department.printed if block.department else "",
                        relisted=place.relisted,
                        order=self.reading.blocks.index(block) * 100 + block.places.index(place),
                        rows=tuple(dict.fromkeys(block.rows)),
                        corrections=self.corrections_keys("listing", key, block.label, block.department, *own),
                    )
                )

    def _statements(self, indicator: str, role: Role, blocks: list[Block]) -> None:
        """Make the statements of one role: one, however often it is printed, unless the cells differ."""
        versions: dict[tuple[str, ...], list[tuple[Block, Entry]]] = {}
        for block in blocks:
            for entry in block.entries:
                if entry.role is role:
                    versions.setdefault(_signature(block, entry), []).append((block, entry))
        made = []
        for number, printings in enumerate(versions.values(), 1):
            letter = _ROLE_LETTER[role]
            key = f"{indicator}-{letter}" if number == 1 else f"{indicator}-{letter}-{number}"
            made.append(self._statement(key, indicator, role, printings, blocks))
        self.statements += made
        if len(made) > 1:
            self.conflicts.append(
                Conflict(
                    key=f"{indicator}-{_ROLE_LETTER[role]}",
                    indicator=indicator,
                    role=role,
                    statements=tuple(s.key for s in made),
                )
            )
            pieces = [printings[0][1].value_piece for printings in versions.values()]
            self._warn("statement.conflict", pieces[1], *(f"{p.printed} ({p.cell.at})" for p in pieces[1::-1]))

    def _statement(
        self, key: str, indicator: str, role: Role, printings: list[tuple[Block, Entry]], blocks: list[Block]
    ) -> Statement:
        block, entry = printings[0]
        unit, printed_unit = self._unit(block, entry)
        reference = self._reference(entry)
        return Statement(
            key=key,
            indicator=indicator,
            role=role,
            stated_value=entry.value_piece.printed,
            stated_period=entry.period_piece.printed,
            stated_unit=block.unit_piece.printed if block.unit_piece else "",
            quantity=entry.quantity,
            period=_refined(entry.period, entry.quantity),
            unit=unit,
            printed_unit=printed_unit,
            relative_to_period=reference,
            relative_to=self._statement_of_period(indicator, reference, blocks, role),
            rows=tuple(dict.fromkeys(e.row for _, e in printings)),
            corrections=tuple(
                dict.fromkeys(
                    c
                    for b, e in printings
                    for c in self.corrections_keys(
                        "st", key, e.value_piece, e.period_piece, b.unit_piece, b.label, b.department
                    )
                )
            ),
        )

    def _unit(self, block: Block, entry: Entry) -> tuple[Unit | None, Unit | None]:
        """Return the unit of a value, as read and as printed: the one printed with the number wins over the column's.

        The printed one differs only where a correction changed the unit cell.
        """
        glued = entry.quantity.unit
        if not glued or entry.quantity.form is not ValueForm.ABSOLUTE:
            return block.unit, block.printed_unit
        unit = self.units.find(glued)
        if unit is None:
            self._error("unit.unknown", entry.value_piece, glued, "data/codelists/units.csv")
        elif block.unit is not None and unit != block.unit:
            self._warn("unit.conflict", entry.value_piece, glued, _text(block.unit_piece))
        return unit or block.unit, block.printed_unit or unit

    def _reference(self, entry: Entry) -> Period | None:
        if not entry.quantity.relative_to:
            return None
        try:
            return parse_period(entry.quantity.relative_to, entry.value_piece.cell.at).period
        except SourceError as e:
            self.problems += e.problems
            return None

    def _statement_of_period(self, indicator: str, period: Period | None, blocks: list[Block], role: Role) -> str:
        """Return the key of the statement of `period`, whatever its role; one with a number first."""
        if period is None:
            return ""
        found = [
            (entry.quantity.value is None, list(Role).index(entry.role), _ROLE_LETTER[entry.role])
            for block in blocks
            for entry in block.entries
            if entry.period.period == period and entry.role is not role
        ]
        return f"{indicator}-{min(found)[2]}" if found else ""

    # ---- problems

    def _warn(self, code: str, piece: Piece, found: str, expected: str = "") -> None:
        self.problems.append(Problem(code, piece.cell.at, found, expected, Severity.WARNING))

    def _error(self, code: str, piece: Piece, found: str, expected: str) -> None:
        self.problems.append(Problem(code, piece.cell.at, found, expected))


def _label(document: Document, block: Block, *, printed: bool = False) -> str:
    """Return an indicator's name: its cell without the bullet, blanks folded."""
    text = " ".join((block.label.printed if printed else block.label.text).split())
    bullet = document.layout.bullet
    return text[len(bullet) :].lstrip() if bullet and text.startswith(bullet) else text


def _text(piece: Piece | None) -> str:
    return piece.text if piece else ""


def _folded_department(block: Block) -> str:
    return " ".join(_text(block.department).split())


def _signature(block: Block, entry: Entry) -> tuple[str, ...]:
    """Return what two printings of one statement must share to be the same statement."""
    unit = block.unit.notation if block.unit else compact(_text(block.unit_piece)).replace("-", "")
    return compact(entry.period_piece.text), compact(entry.value_piece.text), unit


def _share_a_cell(one: Block, other: Block) -> bool:
    """Tell whether two blocks of one name and department agree in a role that is stated."""
    cells = {(e.role, *_signature(one, e)) for e in one.entries if e.quantity.form is not ValueForm.MISSING}
    return any((e.role, *_signature(other, e)) in cells for e in other.entries)


def _refined(stated: StatedPeriod, quantity: Quantity) -> StatedPeriod:
    """Return `stated`, read as "in each year" where a span of years goes with a value to be maintained."""
    period = stated.period
    spans_years = (
        period is not None
        and period.calendar is not None
        and period.first_day is not None
        and period.last_day is not None
        and (period.last_day - period.first_day).days > 366
    )
    if spans_years and quantity.maintenance and stated.aggregation is Aggregation.PERIOD:
        return replace(stated, aggregation=Aggregation.EACH_YEAR, aggregation_basis=Basis.INFERRED)
    return stated
