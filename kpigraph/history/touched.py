"""What parts of a release name: what two releases differ in is looked for where they can differ, and nowhere else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kpigraph.prefixes import expand

_TYPE = f"<{expand('rdf:type')}>".encode()
_INDICATOR, _EDITION = (f"<{expand(name)}>".encode() for name in ("kpi:Indicator", "kpi:Edition"))


@dataclass(frozen=True, slots=True)
class Touched:
    """The IRIs that something is said of, by graph, and those of them that are indicators and editions."""

    subjects: Mapping[str, set[str]]
    indicators: frozenset[str]
    editions: frozenset[str]


def touched(texts: Iterable[bytes]) -> Touched:
    """Return what `texts`, N-Quads as we write them, name; one of them is in memory at a time."""
    subjects: dict[str, set[str]] = defaultdict(set)
    of_class: dict[bytes, set[str]] = {_INDICATOR: set(), _EDITION: set()}
    for text in texts:
        found: dict[bytes, set[bytes]] = defaultdict(set)
        for line in text.split(b"\n")[:-1]:
            subject, predicate, rest = line.split(b" ", 2)
            object_, graph, _ = rest.rsplit(b" ", 2)
            found[graph].add(subject)
            if predicate == _TYPE and object_ in of_class:
                of_class[object_].add(subject[1:-1].decode())
        for graph, names in found.items():  # a blank node is no name
            subjects[graph[1:-1].decode()] |= {n[1:-1].decode() for n in names if n.startswith(b"<")}
    return Touched(dict(subjects), *(frozenset(of_class[c]) for c in (_INDICATOR, _EDITION)))
