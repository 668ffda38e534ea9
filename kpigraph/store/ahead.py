"""Look-ups by pattern in a remote endpoint that read ahead, so that a page costs tens of requests and not thousands.

A page asks for a thing, for the labels of what it refers to, for what refers to it, and for what refers to that. So a
thing is fetched with the things it refers to; and things that refer to one are fetched whole and many at once, with
what they refer to and what refers to them. What was fetched is kept as long as this object.
"""

import threading
from collections.abc import Iterable, Iterator
from typing import Any, cast

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from kpigraph.store.remote import RemoteEngine, RemoteStore, Term

_BATCH = 200  # things a request
_AHEAD = 2_000  # things read ahead of being asked for, at most
_DEEPER = 400  # things from which it is worth reading on to what refers to them
_ROWS = 20_000  # of what refers to a batch of things; where it is more, each is looked up when asked for
_KEPT = 500_000  # quads; beyond, all is forgotten

_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_WITH_NEIGHBOURS = """SELECT ?g ?s ?p ?o {{
  {{ GRAPH ?g {{ {s} ?p ?o }} BIND({s} AS ?s) }}
  UNION {{ {{ SELECT DISTINCT ?s {{ GRAPH ?h {{ {s} ?q ?s }} FILTER(isIRI(?s)) }} }} GRAPH ?g {{ ?s ?p ?o }} }}
}}"""


class ReadAhead(RemoteEngine):
    """A remote endpoint for look-ups by pattern, from any thread. It answers as it did when it was first asked."""

    def __init__(self, store: RemoteStore) -> None:
        super().__init__(store)
        self._lock = threading.Lock()
        self._about: dict[NamedNode, tuple[Quad, ...]] = {}
        self._incoming: dict[Term, tuple[Quad, ...]] = {}  # everything that refers to a thing
        self._referring: dict[tuple[NamedNode | None, Term], tuple[Quad, ...]] = {}
        self._size = 0

    def quads_for_pattern(
        self,
        subject: NamedNode | BlankNode | Triple | None,
        predicate: NamedNode | None,
        object: Term | None,
        graph_name: NamedNode | None = None,
    ) -> Iterator[Quad]:
        found: Iterable[Quad]
        if isinstance(subject, NamedNode):
            found = self._things(subject)
        elif subject is None and object is not None and not isinstance(object, BlankNode):
            found = self._things_with(predicate, object)
        else:
            yield from super().quads_for_pattern(subject, predicate, object, graph_name)
            return
        for quad in found:
            if (
                predicate in (None, quad.predicate)
                and object in (None, quad.object)
                and graph_name in (None, quad.graph_name)
            ):
                yield quad

    def ahead(self, things: Iterable[NamedNode], *, referring: bool = False) -> None:
        """Fetch what things say that will be asked for; `referring`: and what refers to them, and that to those."""
        if referring:
            self._read(set(things), deeper=True)
        else:
            self._read_about(set(things))

    def _things(self, s: NamedNode) -> tuple[Quad, ...]:
        if (known := self._about.get(s)) is None:
            self._keep([s], self._fetched(_WITH_NEIGHBOURS.format(s=s)))
            known = self._about.get(s, ())
        return known

    def _things_with(self, p: NamedNode | None, o: Term) -> Iterable[Quad]:
        if (whole := self._incoming.get(o)) is not None:
            known: Iterable[Quad] = whole if p is None else [q for q in whole if q.predicate == p]
        elif (known := self._referring.get((p, o))) is None:  # type: ignore[assignment]
            known = tuple(super().quads_for_pattern(None, p, o))
            with self._lock:
                self._referring[p, o] = known
        subjects = {q.subject for q in known if isinstance(q.subject, NamedNode)}
        if p is None:
            self._read_about(subjects)
        else:
            self._read(subjects, deeper=p != _TYPE)  # all of a class are too many to go on from
        return known

    def _read_about(self, wanted: set[NamedNode]) -> None:
        """Fetch what `wanted` say."""
        things = sorted(wanted - self._about.keys(), key=lambda s: s.value)
        for start in range(0, len(things) if len(things) <= _AHEAD else 0, _BATCH):
            batch = things[start : start + _BATCH]
            values = f"VALUES ?s {{ {' '.join(map(str, batch))} }}"
            self._keep(batch, self._fetched(f"SELECT ?g ?s ?p ?o {{ {values} GRAPH ?g {{ ?s ?p ?o }} }}"))

    def _read(self, wanted: set[NamedNode], *, deeper: bool) -> None:
        """Fetch what `wanted` and the things they refer to say, and what refers to them.

        `deeper`: and the same of what refers to them.
        """
        things = sorted(wanted - self._incoming.keys(), key=lambda s: s.value)
        if not things or len(things) > _AHEAD:
            return
        self._read_about(set(things))
        said = (q.object for s in things for q in self._about.get(s, ()))
        self._read_about({o for o in said if isinstance(o, NamedNode)})
        referring: set[NamedNode] = set()
        for start in range(0, len(things), _BATCH):
            batch = things[start : start + _BATCH]
            values = f"VALUES ?o {{ {' '.join(map(str, batch))} }}"
            found = list(self._fetched(f"SELECT ?g ?s ?p ?o {{ {values} GRAPH ?g {{ ?s ?p ?o }} }} LIMIT {_ROWS}"))
            if len(found) < _ROWS:
                incoming: dict[Term, list[Quad]] = {s: [] for s in batch}
                for quad in found:
                    incoming[quad.object].append(quad)
                    if isinstance(quad.subject, NamedNode):
                        referring.add(quad.subject)
                with self._lock:
                    self._size += len(found)
                    self._incoming |= {s: tuple(quads) for s, quads in incoming.items()}
        if deeper and len(things) <= _DEEPER:
            self._read(referring, deeper=False)

    def _fetched(self, query: str) -> Iterator[Quad]:
        for row in self._store.select(query):
            found = cast("dict[str, Any]", row)
            yield Quad(found["s"], found["p"], found["o"], found["g"])

    def _keep(self, asked: list[NamedNode], quads: Iterable[Quad]) -> None:
        """Keep what was fetched; what was asked for and has nothing said of it is known to have nothing."""
        about: dict[NamedNode, dict[Quad, None]] = {s: {} for s in asked}
        for quad in quads:
            if isinstance(quad.subject, NamedNode):
                about.setdefault(quad.subject, {})[quad] = None
        with self._lock:
            if self._size > _KEPT:
                self._about, self._incoming, self._referring, self._size = {}, {}, {}, 0
            self._size += sum(map(len, about.values()))
            self._about |= {s: tuple(said) for s, said in about.items()}
