"""What the blocks of one indicator state: one statement a role and period, however often printed, unless cells differ.

Statements of one role and period that differ are all kept and make a conflict.
"""

from dataclasses import dataclass, replace

from kpigraph import iris
from kpigraph.codelists import UnitCodelist
from kpigraph.identity.revisions import Revisions
from kpigraph.language import LANGUAGES
from kpigraph.language.spans import year_before
from kpigraph.layouts.headers import share
from kpigraph.layouts.reading import Block, Entry
from kpigraph.layouts.words import folded
from kpigraph.model import (
    JAPANESE,
    Aggregation,
    Basis,
    Conflict,
    Conventions,
    Period,
    Quantity,
    Role,
    StatedPeriod,
    Statement,
    Unit,
    ValueForm,
)
from kpigraph.periods import parse_period
from kpigraph.problems import Problem, Severity, SourceError
from kpigraph.text import compact, normalise

_ROLE_LETTER = {Role.BASELINE: "b", Role.ACTUAL: "a", Role.TARGET: "t"}
_SIGNS = ("+", "-", "△", "▲")
_Printings = list[tuple[Block, Entry]]


def share_a_cell(one: Block, other: Block) -> bool:
    """Tell whether two blocks of one name and department agree in a role that is stated."""
    cells = {(e.role, *_signature(one, e)) for e in one.entries if e.quantity.form is not ValueForm.MISSING}
    return any((e.role, *_signature(other, e)) in cells for e in other.entries)


def _signature(block: Block, entry: Entry) -> tuple[str, ...]:
    """Return what two printings of one statement must share to be the same statement."""
    unit = block.unit.notation if block.unit else compact(block.unit_piece.text if block.unit_piece else "")
    return compact(entry.period_piece.text), compact(entry.value_piece.text), unit.replace("-", "")


@dataclass(slots=True)
class StatementMaker:
    """Makes the statements of one indicator after another; problems met go to `problems`."""

    revisions: Revisions
    units: UnitCodelist
    problems: list[Problem]
    conventions: Conventions = JAPANESE

    def make(self, indicator: str, blocks: list[Block]) -> tuple[list[Statement], list[Conflict]]:
        """Return the statements of the indicator that `blocks` list, and where they conflict."""
        rivals = {key: versions for role in Role for key, versions in _by_key(indicator, role, blocks)}
        printings = {
            key + (f"-{number}" if number > 1 else ""): (version[0][1].role, version)
            for key, versions in rivals.items()
            for number, version in enumerate(versions, 1)
        }
        statements = [
            self._statement(key, indicator, role, version, printings) for key, (role, version) in printings.items()
        ]
        conflicts = []
        for key, versions in rivals.items():
            keys = [key, *(f"{key}-{number}" for number in range(2, len(versions) + 1))]
            if len(keys) > 1:
                role = printings[key][0]
                conflicts.append(Conflict(key=key, indicator=indicator, role=role, statements=tuple(keys)))
                first, second = (printings[key][1][0][1].value_piece for key in keys[:2])
                found, expected = (f"{p.printed} ({p.cell.at})" for p in (second, first))
                at = second.cell.at
                self.problems.append(Problem("statement.conflict", at, found, expected, Severity.WARNING))
        return statements, conflicts

    def _statement(
        self,
        key: str,
        indicator: str,
        role: Role,
        version: _Printings,
        printings: dict[str, tuple[Role, _Printings]],
    ) -> Statement:
        block, entry = version[0]
        unit, printed_unit = self._unit(block, entry)
        reference = self._reference(entry, printings)
        corrections = (
            correction
            for b, e in (version if self.revisions.corrections else ())
            for correction in self.revisions.touch(
                "st", key, e.role_piece, e.value_piece, e.period_piece, b.unit_piece, b.label, b.department
            )
        )
        return Statement(
            key=key,
            indicator=indicator,
            role=role,
            stated_value=entry.value_piece.printed,
            stated_period=entry.period_piece.printed,
            stated_unit=block.unit_piece.printed if block.unit_piece else _beside(entry),
            quantity=entry.quantity,
            period=_refined(entry.period, entry.quantity),
            unit=unit,
            printed_unit=printed_unit,
            relative_to_period=reference,
            relative_to=_statement_of_period(reference, role, printings),
            rows=tuple(dict.fromkeys(e.row for _, e in version)),
            corrections=tuple(dict.fromkeys(corrections)),
            notes=tuple(dict.fromkeys(note for _, e in version for note in e.notes)),
        )

    def _unit(self, block: Block, entry: Entry) -> tuple[Unit | None, Unit | None]:
        """Return the unit of a value, as read and as printed: the one printed with the number wins over the column's.

        The printed one differs only where a correction changed the unit cell.
        """
        glued = entry.quantity.unit
        if not glued or entry.quantity.form not in (ValueForm.ABSOLUTE, ValueForm.RANGE, ValueForm.RATIO):
            return block.unit, block.printed_unit
        at, unit = entry.value_piece.cell.at, self.units.find(glued)
        if unit is not None and block.unit is not None and unit != block.unit:  # an unknown one is in the reading
            column = block.unit_piece.text if block.unit_piece else ""
            signed = entry.quantity.form is ValueForm.ABSOLUTE and normalise(entry.value_piece.text)[:1] in _SIGNS
            severity = Severity.ERROR if signed and unit.notation == "percent" else Severity.WARNING  # +10% of what?
            self.problems.append(Problem("unit.conflict", at, glued, column, severity))
        return unit or block.unit, block.printed_unit or unit

    def _reference(self, entry: Entry, printings: dict[str, tuple[Role, _Printings]]) -> Period | None:
        """Return the period that a change refers to: a named one, the year before the value's own, the baseline's."""
        name = entry.quantity.relative_to
        if not name:
            return None
        words = LANGUAGES[self.conventions.language].words
        try:
            return parse_period(name, entry.value_piece.cell.at, conventions=self.conventions).period
        except SourceError as e:
            if words.year_before.fullmatch(name):
                own = entry.period.period
                return year_before(own) if own else None
            if words.baseline.fullmatch(name):
                baselines = (version[0][1] for role, version in printings.values() if role is Role.BASELINE)
                return next((baseline.period.period for baseline in baselines), None)
            self.problems += e.problems
            return None


def _beside(entry: Entry) -> str:
    """Return the unit that is printed with the number, such as 万円 of 265万円; "" where the cell has none."""
    wanted = folded(entry.quantity.unit)
    if not wanted or entry.quantity.form in (ValueForm.MISSING, ValueForm.QUALITATIVE):
        return ""
    found = share(entry.value_piece.cell.printed, wanted)
    return found.strip() if folded(found) == wanted else ""


def _by_key(indicator: str, role: Role, blocks: list[Block]) -> list[tuple[str, list[_Printings]]]:
    """Return the versions of each statement of one role by its key.

    An indicator has one statement a role, and printings that differ are versions of it, unless one of its listings
    states several: then each period, and each way of counting over it, is a statement of its own.
    """
    versions = _versions(role, blocks)
    if not versions:
        return []
    base = f"{indicator}-{_ROLE_LETTER[role]}"
    stated = [[e for e in block.entries if e.role is role] for block in blocks]
    if all(len(entries) < 2 or len(set(map(_when, entries))) < 2 for entries in stated):
        return [(base, versions)]
    counted: dict[str, set[str]] = {}
    told = [_when(version[0][1]) for version in versions]
    for period, counting in told:
        counted.setdefault(period, set()).add(counting)
    by_key: dict[str, list[_Printings]] = {}
    for version, (period, counting) in zip(versions, told, strict=True):
        key = f"{base}-{period}" + (f"-{counting}" if len(counted[period]) > 1 else "")
        by_key.setdefault(key, []).append(version)
    return list(by_key.items())


def _when(entry: Entry) -> tuple[str, str]:
    """Return the period of an entry as a part of a key, and how its value counts over it."""
    stated = entry.period
    period = iris.period_id(stated.period) if stated.period else "undated"
    return period, stated.aggregation.value if stated.aggregation else ""


def _versions(role: Role, blocks: list[Block]) -> list[_Printings]:
    """Return the printings of one role, those that say the same together."""
    versions: dict[tuple[str, ...], _Printings] = {}
    for block in blocks:
        for entry in block.entries:
            if entry.role is role:
                versions.setdefault(_signature(block, entry), []).append((block, entry))
    return list(versions.values())


def _statement_of_period(period: Period | None, role: Role, printings: dict[str, tuple[Role, _Printings]]) -> str:
    """Return the key of the statement of `period`, of any role but `role`; one with a number first, "" if none."""
    found = [
        key
        for key, (own, version) in printings.items()
        if period is not None and own is not role and version[0][1].period.period == period
    ]
    return min(found, key=lambda key: printings[key][1][0][1].quantity.value is None, default="")


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
