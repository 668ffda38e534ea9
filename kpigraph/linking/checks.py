"""What cannot be published of mapping files: contradictions, circles, units that do not fit, things that are gone.

Each fault names the file and line of the row, what stands there and what would be right.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from kpigraph.codelists import IndicatorScheme
from kpigraph.linking.kinds import Fit, unit_fit, units_fit
from kpigraph.linking.mapping import LocalId, Mapping, MappingStatus, Predicate, SharedId
from kpigraph.model import Edition, SharedIndicator, Unit
from kpigraph.problems import Problem
from kpigraph.registry import Registry

_Node = LocalId | SharedId


@dataclass(frozen=True, slots=True)
class Known:
    """What mappings can speak of.

    `units` has the units of the statements of every indicator there is, `merged` the key that took the place of one
    that is gone, `replaced` the notation of that of a shared one.
    """

    shared: Dict[str, SharedIndicator]
    units: Dict[LocalId, frozenset[Unit]]
    merged: Dict[LocalId, str] = field(default_factory=dict)
    replaced: Dict[str, str] = field(default_factory=dict)


def known(
    shared: IndicatorScheme | Dict[str, SharedIndicator] | Iterable[SharedIndicator],
    editions: Iterable[Edition],
    registries: Iterable[Registry],
) -> Known:
    """Return what mappings can speak of: all shared indicators, those of `editions` and those of the registries."""
    concepts = shared.values() if isinstance(shared, Dict) else shared
    entries = [(r.municipality, e) for r in registries for e in r.entries.values() if e.kind == "kpi"]
    found: dict[LocalId, frozenset[Unit]] = {LocalId(code, e.key): frozenset() for code, e in entries}
    return Known(
        shared={s.notation: s for s in concepts},
        units=found | units_of(editions),
        merged={LocalId(code, e.key): e.merged_into for code, e in entries if e.merged_into},
        replaced=shared.replaced if isinstance(shared, IndicatorScheme) else {},
    )


def units_of(editions: Iterable[Edition]) -> dict[LocalId, frozenset[Unit]]:
    """Return the units of the statements of every indicator of `editions`."""
    found: dict[LocalId, set[Unit]] = {}
    for e in editions:
        for indicator in e.indicators:
            found.setdefault(LocalId(e.document.municipality, indicator.key), set())
        for s in e.statements:
            if s.unit:
                found[LocalId(e.document.municipality, s.indicator)].add(s.unit)
    return {key: frozenset(values) for key, values in found.items()}


def faults(mappings: Iterable[Mapping], known: Known) -> Iterator[Problem]:
    """Yield everything that keeps `mappings`, those of all municipalities, from being published."""
    rows = list(mappings)
    for m in rows:
        yield from _unknown(m, known)
    yield from _contradictory_pairs(rows)
    accepted = [m for m in rows if m.status is MappingStatus.ACCEPTED]
    for m in accepted:
        yield from _units(m, known)
    yield from _classes(accepted, known)


def _unknown(m: Mapping, known: Known) -> Iterator[Problem]:
    for name, thing in (("subject_id", m.subject), ("object_id", m.object)):
        if isinstance(thing, SharedId):
            if thing.notation in known.replaced:
                kept = SharedId(known.replaced[thing.notation])
                yield Problem("mapping.removed", m.at, f"{name} = {thing}", str(kept))
            elif thing.notation not in known.shared:
                yield Problem("mapping.unknown", m.at, f"{name} = {thing}", "codelists/indicators.ttl")
        elif thing in known.merged:
            survivor = LocalId(thing.municipality, known.merged[thing])
            yield Problem("mapping.removed", m.at, f"{name} = {thing}", str(survivor))
        elif thing not in known.units and m.status is MappingStatus.ACCEPTED:
            yield Problem("mapping.unknown", m.at, f"{name} = {thing}", f"sources/{thing.municipality}/registry.csv")


def _contradictory_pairs(rows: list[Mapping]) -> Iterator[Problem]:
    """Yield rows that are there twice, and decisions on one pair, from either side, that differ."""
    first: dict[tuple[str, str], Mapping] = {}
    decided: dict[tuple[str, str], Mapping] = {}
    for m in rows:
        other = first.setdefault(m.pair, m)
        if other is not m:
            yield Problem("mapping.contradictory", m.at, _told(m), f"{_told(other)} ({other.at})")
        elif m.status in (MappingStatus.ACCEPTED, MappingStatus.REJECTED):
            pair = (min(m.pair), max(m.pair))
            before = decided.setdefault(pair, m)
            if before.status is not m.status or _read_from(before, pair[0]) is not _read_from(m, pair[0]):
                yield Problem("mapping.contradictory", m.at, _told(m), f"{_told(before)} ({before.at})")


def _read_from(m: Mapping, first: str) -> Predicate:
    """Return the predicate of `m` as read from the thing named `first`."""
    turned = {Predicate.BROAD: Predicate.NARROW, Predicate.NARROW: Predicate.BROAD}
    return m.predicate if str(m.subject) == first else turned.get(m.predicate, m.predicate)


def _units(m: Mapping, known: Known) -> Iterator[Problem]:
    mine = known.units.get(m.subject, frozenset())
    if isinstance(m.object, SharedId):
        if (shared := known.shared.get(m.object.notation)) is None:
            return
        wrong = [u for u in mine if unit_fit(u, shared.unit_kind) is Fit.CONFLICT]
        expected = shared.unit_kind.value
    else:
        theirs = known.units.get(m.object, frozenset())
        wrong = [u for u in mine if theirs and all(units_fit(u, v) is Fit.CONFLICT for v in theirs)]
        expected = ", ".join(sorted(v.label_ja for v in theirs))
    if wrong:
        found = ", ".join(sorted(u.label_ja for u in wrong))
        yield Problem("mapping.units", m.at, f"{m.subject_label}: {found}", f"{m.object_label}: {expected}")


def _classes(accepted: list[Mapping], known: Known) -> Iterator[Problem]:
    """Yield what exact matches make one that cannot be one, and broader ones that lead back to where they began."""
    root: dict[_Node, _Node] = {}

    def find(node: _Node) -> _Node:
        root.setdefault(node, node)
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    concept: dict[_Node, SharedId] = {}
    for m in accepted:
        if m.predicate is not Predicate.EXACT:
            continue
        one, other = find(m.subject), find(m.object)
        named = [n for n in (concept.get(one, one), concept.get(other, other)) if isinstance(n, SharedId)]
        if len(named) == 2 and named[0] != named[1]:
            yield Problem("mapping.contradictory", m.at, _told(m), f"{m.subject} = {named[0]}")
            continue
        root[other] = one
        if named:
            concept[one] = named[0]

    above: dict[_Node, dict[_Node, Mapping | None]] = defaultdict(dict)
    for s in known.shared.values():
        if s.broader in known.shared:
            above[find(SharedId(s.notation))].setdefault(find(SharedId(s.broader)), None)
    for m in accepted:
        if m.predicate in (Predicate.BROAD, Predicate.NARROW):
            lower, upper = (m.subject, m.object) if m.predicate is Predicate.BROAD else (m.object, m.subject)
            one, other = find(lower), find(upper)
            if one == other or _leads(other, one, above):
                yield Problem("mapping.circular", m.at, _told(m), f"{upper} → … → {lower}")
            else:
                above[one][other] = m


def _leads(start: _Node, goal: _Node, above: Dict[_Node, Dict[_Node, Mapping | None]]) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        for upper in above.get(waiting.pop(), {}):
            if upper == goal:
                return True
            if upper not in seen:
                seen.add(upper)
                waiting.append(upper)
    return False


def _told(m: Mapping) -> str:
    return f"{m.subject} {m.predicate.value} {m.object} {m.status.value}"
