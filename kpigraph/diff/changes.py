"""What changed from what one edition says to what another one says."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from kpigraph.diff.facts import Corrected, EditionFacts, Position, Stated
from kpigraph.text import compact, natural


class Kind(StrEnum):
    """The kinds of change, in the order in which they are told."""

    ADDED = "added"
    DROPPED = "dropped"
    RENAMED = "renamed"
    MOVED = "moved"
    DEPARTMENT_CHANGED = "department-changed"
    TARGET_CHANGED = "target-changed"
    BASELINE_CHANGED = "baseline-changed"
    ACTUAL_NEW = "actual-new"  # of another period than the one before
    ACTUAL_REVISED = "actual-revised"  # of the same period
    ACTUAL_WITHDRAWN = "actual-withdrawn"
    STATUS_CHANGED = "status-changed"
    CORRECTION_ADDED = "correction-added"
    CORRECTION_WITHDRAWN = "correction-withdrawn"
    CORRECTION_DECIDED = "correction-decided"  # proposed, accepted, rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a change: its words by language, the IRI of what says so, its lines in the document."""

    words: dict[str, str]
    iri: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change. `thing` is what changed: indicator, goal, direction, measure or correction; `subject` is its IRI."""

    kind: Kind
    thing: str
    subject: str
    name: str
    before: Side | None
    after: Side | None


_OF_ROLE = {"target": Kind.TARGET_CHANGED, "baseline": Kind.BASELINE_CHANGED}


def changes(before: EditionFacts, after: EditionFacts) -> Iterator[Change]:
    """Yield what changed, kind by kind, within a kind in the order of the plan of `after`, then of `before`."""
    found = [*_of_positions(before, after), *_of_statements(before, after), *_of_assessments(before, after)]
    found += _of_corrections(before.corrections, after.corrections)
    order = {kind: n for n, kind in enumerate(Kind)}
    yield from sorted(found, key=lambda c: (order[c.kind], c.thing != "indicator", c.thing, _first_line(c)))


def _first_line(change: Change) -> tuple[str, str]:
    side = change.after or change.before
    return natural(side.lines[0] if side and side.lines else "0"), change.subject


def _of_positions(before: EditionFacts, after: EditionFacts) -> Iterator[Change]:
    was, is_ = before.positions, after.positions
    for iri in was.keys() - is_.keys():
        yield _position_change(Kind.DROPPED, was[iri], None, _where(was[iri]), "")
    for iri in is_.keys() - was.keys():
        yield _position_change(Kind.ADDED, None, is_[iri], "", _where(is_[iri]))
    for iri in was.keys() & is_.keys():
        a, b = was[iri], is_[iri]
        if compact(a.name) != compact(b.name):
            yield _position_change(Kind.RENAMED, a, b, a.name, b.name)
        if a.above.keys() != b.above.keys():
            yield _position_change(Kind.MOVED, a, b, _where(a), _where(b))
        if a.departments.keys() != b.departments.keys():
            yield _position_change(
                Kind.DEPARTMENT_CHANGED, a, b, _joined(a.departments.values()), _joined(b.departments.values())
            )


def _position_change(kind: Kind, a: Position | None, b: Position | None, before: str, after: str) -> Change:
    known = b or a
    assert known is not None  # one of the two is there
    return Change(
        kind=kind,
        thing=known.kind,
        subject=known.iri,
        name=known.name,
        before=Side(words=_same(before), iri=a.at, lines=a.lines) if a else None,
        after=Side(words=_same(after), iri=b.at, lines=b.lines) if b else None,
    )


def _where(position: Position) -> str:
    return _joined(position.above.values())


def _joined(names: Iterable[str]) -> str:
    return "、".join(sorted(names))


def _same(words: str) -> dict[str, str]:
    return {"ja": words, "en": words}


def _of_statements(before: EditionFacts, after: EditionFacts) -> Iterator[Change]:
    """Yield changed statements of the indicators that both have; one only printed otherwise has not changed."""
    both = before.positions.keys() & after.positions.keys()
    for indicator, role in before.statements.keys() | after.statements.keys():
        if indicator not in both:
            continue
        was, is_ = before.statements.get((indicator, role), []), after.statements.get((indicator, role), [])
        said, says = {s.meaning for s in was}, {s.meaning for s in is_}
        gone, come = [s for s in was if s.meaning not in says], [s for s in is_ if s.meaning not in said]
        for a, b in zip_longest(gone, come):
            yield Change(
                kind=_OF_ROLE.get(role) or _actual(a, b),
                thing="indicator",
                subject=indicator,
                name=after.positions[indicator].name,
                before=Side(words=_same(a.words), iri=a.iri, lines=a.lines) if a else None,
                after=Side(words=_same(b.words), iri=b.iri, lines=b.lines) if b else None,
            )


def _actual(a: Stated | None, b: Stated | None) -> Kind:
    if b is None or (b.is_missing and a is not None):
        return Kind.ACTUAL_WITHDRAWN
    same_period = a is not None and not a.is_missing and a.period == b.period
    return Kind.ACTUAL_REVISED if same_period else Kind.ACTUAL_NEW


def _of_assessments(before: EditionFacts, after: EditionFacts) -> Iterator[Change]:
    for indicator in before.assessments.keys() & after.assessments.keys():
        a, b = before.assessments[indicator], after.assessments[indicator]
        if a.status != b.status and indicator in after.positions:
            yield Change(
                kind=Kind.STATUS_CHANGED,
                thing="indicator",
                subject=indicator,
                name=after.positions[indicator].name,
                before=Side(words=a.labels, iri=a.iri),
                after=Side(words=b.labels, iri=b.iri),
            )


def _of_corrections(before: list[Corrected], after: list[Corrected]) -> Iterator[Change]:
    """Yield corrections that came, went or were decided. Lines change, so a correction is known by its texts."""
    was, is_ = _by_texts(before), _by_texts(after)
    for texts in sorted(was.keys() | is_.keys()):
        gone, come = _without_common(was[texts], is_[texts]), _without_common(is_[texts], was[texts])
        for a, b in zip_longest(gone, come):
            kind = Kind.CORRECTION_ADDED if a is None else Kind.CORRECTION_WITHDRAWN
            known = b or a
            assert known is not None  # zip_longest gives one at least
            yield Change(
                kind=Kind.CORRECTION_DECIDED if a and b else kind,
                thing="correction",
                subject=known.iri,
                name=f"「{known.was}」→「{known.now}」",
                before=Side(words=a.status_labels, iri=a.iri, lines=a.lines) if a else None,
                after=Side(words=b.status_labels, iri=b.iri, lines=b.lines) if b else None,
            )


def _by_texts(corrections: list[Corrected]) -> dict[tuple[str, ...], list[Corrected]]:
    found: dict[tuple[str, ...], list[Corrected]] = defaultdict(list)
    for c in corrections:
        found[c.was, c.now, *c.concerns].append(c)
    return found


def _without_common(these: list[Corrected], others: list[Corrected]) -> list[Corrected]:
    """Return what is left of `these` after as many of each status as `others` has are taken away."""
    common = Counter(c.status for c in others)
    left = []
    for c in these:
        if common[c.status]:
            common[c.status] -= 1
        else:
            left.append(c)
    return left
