"""What a release says of a thing, by look-ups of patterns: our own code, so it may run in the web process.

Pages and data both come from here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeGuard, cast

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Triple
from pyoxigraph import Store as Engine

from kpigraph.iris import row_place
from kpigraph.order import triples_in_order
from kpigraph.prefixes import CODE, DESCRIPTION_PREFIXES
from kpigraph.serve.served import Served
from kpigraph.store.ahead import ReadAhead

MAX_INCOMING = 2_000  # of what refers to a thing; a unit has more of it than anybody reads
ON_PAGES = 400  # of the same, on a page
_COMMON = 2_000  # codes and units that all pages of a release share, read once

# Those of downloads, and those of what our vocabulary only mentions.
PREFIXES = DESCRIPTION_PREFIXES | {
    "cube": "https://cube.link/",
    "schema": "https://schema.org/",
    "sdgo": "http://metadata.un.org/sdg/ontology#",
    "vs": "http://www.w3.org/2003/06/sw-vocab-status/ns#",
}

_PAGE, _TABLE = re.compile(r"^page (\d+)"), re.compile(r"\btable (\d+)$")
Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal | Triple


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the language it is in ("" where it is in none, such as a number)."""

    text: str
    lang: str = ""

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=1024)
def name(short: str) -> NamedNode:
    """Return the term that a prefixed name stands for, such as skos:prefLabel."""
    prefix, _, local = short.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


_REPLACED = name("dct:isReplacedBy")
_LABELS = ("skos:prefLabel", "rdfs:label", "dct:title", "skos:notation")


class View:
    """A release as its default graphs show it."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._engine = served.engine
        self._about: dict[Node, dict[NamedNode, list[Term]]] = {}
        self._told: dict[Node, dict[str, list[Term]]] = {}  # of what was read together: some properties
        self._types: dict[Node, frozenset[str]] = {}
        self._labels: dict[tuple[Node, str], Text] = {}
        shown = served.shown_graphs
        self._united = served.engine if served.united and isinstance(served.engine, Engine) else None
        self._graphs = None if shown is None or served.united else {NamedNode(g) for g in shown}

    def triples(self, s: Node | None, p: NamedNode | None, o: Node | Literal | None) -> Iterator[Triple]:
        """Yield the triples of the default graphs that fit, each once."""
        if s is None:
            yield from self._read(None, p, o)
            return
        said = self._said(s)
        for predicate, objects in said.items() if p is None else ((p, said.get(p, ())),):
            for found in objects:
                if o is None or found == o:
                    yield Triple(s, predicate, found)

    def _said(self, s: Node) -> Mapping[NamedNode, Sequence[Term]]:
        """Return all that is said of a thing. It is kept with this view: who asks for one property asks for others."""
        if (said := self._about.get(s)) is None and (said := self.served.common.get(s)) is None:
            said = self._about[s] = {}
            if self._united is not None:
                for quad in self._united.quads_for_pattern(s, None, None, DefaultGraph()):
                    said.setdefault(quad.predicate, []).append(quad.object)
            else:
                for triple in self._read(s, None, None):
                    said.setdefault(triple.predicate, []).append(triple.object)
            common = self.served.common
            if isinstance(s, NamedNode) and s.value.startswith(CODE) and len(common) < _COMMON:
                common[s] = said
        return said

    def _read(self, s: Node | None, p: NamedNode | None, o: Node | Literal | None) -> Iterator[Triple]:
        if self._united is not None:
            yield from (quad.triple for quad in self._united.quads_for_pattern(s, p, o, DefaultGraph()))
            return
        graphs, seen = self._graphs, set()
        for quad in self._engine.quads_for_pattern(s, p, o, None):
            if graphs is None or quad.graph_name in graphs:
                triple = quad.triple  # made anew each time it is asked for
                if triple not in seen:
                    seen.add(triple)
                    yield triple

    def ahead(self, things: Iterable[NamedNode], *, referring: bool = False) -> None:
        """Read what is said of things, and what refers to them, at once where a look-up is a request elsewhere."""
        if isinstance(self._engine, ReadAhead):
            self._engine.ahead(things, referring=referring)

    def together(self, things: Iterable[NamedNode], *properties: str) -> None:
        """Read what `things` say by `properties` at once: where only these are asked for, no thing is read whole."""
        known = self._told.get
        wanted = [
            s for s in dict.fromkeys(things) if s not in self._about and not known(s, {}).keys() >= set(properties)
        ]
        if self._united is None:
            self.ahead(wanted)
        elif wanted:
            variables = [f"?o{n}" for n in range(len(properties))]
            said = " ".join(f"OPTIONAL {{ ?s {p} {o} }}" for p, o in zip(properties, variables, strict=True))
            told = {s: self._told.setdefault(s, {}) for s in wanted}
            fresh = [[known.setdefault(p, []) for p in properties] for known in told.values()]
            places = dict(zip(wanted, fresh, strict=True))
            for s, *objects in self._asked(f"SELECT ?s {' '.join(variables)} {{ {_values('?s', wanted)} {said} }}"):
                for found, place in zip(objects, places[s], strict=True):
                    if found is not None and found not in place:
                        place.append(found)

    def of_class(self, kind: str, p: str, o: NamedNode) -> list[NamedNode]:
        """Return the things of a class that refer to `o` by `p`, in order of their IRIs."""
        return self.referring(kind, p, (o,))[o]

    def referring(self, kind: str, p: str, things: Iterable[NamedNode]) -> dict[NamedNode, list[NamedNode]]:
        """Return for each of `things` those of a class that refer to it by `p`, in order of their IRIs."""
        found: dict[NamedNode, list[NamedNode]] = {o: [] for o in things}
        if self._united is None:
            self.ahead(found, referring=True)
            found = {o: [s for s in self.subjects(p, o) if kind in self.types(s)] for o in found}
        elif found:
            for o, s in self._asked(f"SELECT ?o ?s {{ {_values('?o', found)} ?s {p} ?o ; a {kind} }}"):
                if isinstance(s, NamedNode):
                    found[o].append(s)
        return {o: sorted(its, key=lambda s: s.value) for o, its in found.items()}

    def _asked(self, query: str) -> Iterable[Any]:
        """Return the solutions of a query, asked where the store keeps all default graphs as one."""
        return () if self._united is None else cast("Iterable[Any]", self._united.query(query, prefixes=PREFIXES))

    def objects(self, s: Node, p: str) -> Sequence[Term]:
        told = self._told.get(s)
        return self._said(s).get(name(p), ()) if told is None or (known := told.get(p)) is None else known

    def subjects(self, p: str, o: Node | Literal) -> list[NamedNode]:
        """Return what has the property, things without a name left out."""
        if self._united is None:
            return [t.subject for t in self._read(None, name(p), o) if isinstance(t.subject, NamedNode)]
        found = (quad.subject for quad in self._united.quads_for_pattern(None, name(p), o, DefaultGraph()))
        return [s for s in found if isinstance(s, NamedNode)]

    def things(self, s: Node, p: str) -> list[NamedNode]:
        """Return the things that `s` refers to by `p`, in order of their IRIs."""
        return sorted((o for o in self.objects(s, p) if isinstance(o, NamedNode)), key=lambda o: o.value)

    def thing(self, s: Node | None, p: str) -> NamedNode | None:
        """Return the first of these things."""
        found = [o for o in self.objects(s, p) if isinstance(o, NamedNode)] if s is not None else []
        return min(found, key=lambda o: o.value) if len(found) > 1 else found[0] if found else None

    def text(self, s: Node | None, p: str) -> str:
        """Return the one literal of `s` for `p`, "" if there is none."""
        found = [o.value for o in self.objects(s, p) if isinstance(o, Literal)] if s is not None else []
        return min(found, default="")

    def in_language(self, s: Node | None, p: str, lang: str) -> Text | None:
        """Return the literal of `s` for `p` in `lang`, else in another language, None if there is none."""
        if s is None:
            return None
        found = [o for o in self.objects(s, p) if isinstance(o, Literal)]
        best = min(found, key=lambda o: (o.language != lang, o.language or "", o.value), default=None)
        return None if best is None else Text(best.value, best.language or "")

    def label(self, s: Node, lang: str) -> Text:
        """Return the label of a thing; the end of its IRI where it has none."""
        if (known := self._labels.get((s, lang))) is None:
            known = self._labels[s, lang] = self._label(s, lang)
        return known

    def _label(self, s: Node, lang: str) -> Text:
        for p in _LABELS:
            found = [o for o in self.objects(s, p) if isinstance(o, Literal)]
            if best := min(found, key=lambda o: (o.language != lang, o.language or "", o.value), default=None):
                return Text(best.value, best.language or "")
        return Text(compact(s.value) if isinstance(s, NamedNode) else "[ ]")

    def types(self, s: Node) -> frozenset[str]:
        """Return the classes of `s` as prefixed names, such as kpi:Indicator."""
        if (known := self._types.get(s)) is None:
            known = self._types[s] = frozenset(
                compact(o.value) for o in self.objects(s, "rdf:type") if isinstance(o, NamedNode)
            )
        return known

    def outgoing(self, s: Node) -> list[Triple]:
        """Return the triples about `s`, with those about the parts of it that it leads to: see `is_part`."""
        found, queue, seen = [], [s], {s}
        while queue:
            for triple in self.triples(queue.pop(), None, None):
                found.append(triple)
                if is_part(triple.object, s) and triple.object not in seen:
                    seen.add(triple.object)
                    queue.append(triple.object)
        return triples_in_order(found)

    def incoming(self, o: NamedNode, limit: int = MAX_INCOMING) -> tuple[list[Triple], bool]:
        """Return the triples that refer to `o`, at most about `limit`, and whether these are all.

        What refers to it without having a name is told of too: what it says, and what refers to it in turn.
        """
        found: dict[Triple, None] = {}
        queue: list[Node] = [o]
        seen: set[Term] = {o}
        while queue:
            for triple in self.triples(None, None, queue.pop()):
                if len(found) >= limit:
                    return triples_in_order(found), False
                found[triple] = None
                if isinstance(triple.subject, BlankNode) and triple.subject not in seen:
                    seen.add(triple.subject)
                    queue.append(triple.subject)
                    found.update(dict.fromkeys(self.outgoing(triple.subject)))
        return triples_in_order(found), True


def _values(variable: str, things: Iterable[NamedNode]) -> str:
    return f"VALUES {variable} {{ {' '.join(map(str, things))} }}"


@dataclass(frozen=True, slots=True)
class Description:
    """A symmetric concise bounded description with the labels of neighbours; pages and data are made of it.

    Attributes:
        outgoing: what the thing says, with what its nameless and fragment parts say.
        incoming: what refers to it; where that has no name, what it says and what refers to that in turn.
        complete: whether `incoming` is all there is.
        labels: the labels of the named things on the other side.
    """

    subject: NamedNode
    outgoing: list[Triple]
    incoming: list[Triple]
    labels: list[Triple]
    complete: bool

    @property
    def replacements(self) -> tuple[NamedNode, ...]:
        """What took the place of a thing that is no more."""
        found = {t.object for t in self.outgoing if t.subject == self.subject and t.predicate == _REPLACED}
        return tuple(sorted((o for o in found if isinstance(o, NamedNode)), key=lambda o: o.value))

    def triples(self) -> list[Triple]:
        return triples_in_order([*self.outgoing, *self.incoming, *self.labels])


def outline(view: View, subject: NamedNode, incoming: int) -> Description | None:
    """Return what a page is made of: the description with at most about so much of `incoming`, without labels."""
    outgoing = view.outgoing(subject)
    if not outgoing:
        return None
    referring, complete = view.incoming(subject, incoming) if incoming else ([], False)
    return Description(subject, outgoing, referring, [], complete)


def describe(view: View, subject: NamedNode) -> Description | None:
    """Return the description of `subject`, None if nothing is said of it."""
    outgoing = view.outgoing(subject)
    if not outgoing:
        return None
    incoming, complete = view.incoming(subject)
    both = (*outgoing, *incoming)
    neighbours = {n for t in both for n in (t.subject, t.object) if isinstance(n, NamedNode)}
    labels = [t for n in neighbours - {subject} for p in map(name, _LABELS[:3]) for t in view.triples(n, p, None)]
    return Description(subject, outgoing, incoming, triples_in_order(labels), complete)


def is_part(node: Term, s: Node) -> TypeGuard[Node]:
    """Tell whether `node` is described where `s` is: it has no name, or that of `s` with a fragment."""
    return isinstance(node, BlankNode) or (
        isinstance(node, NamedNode) and isinstance(s, NamedNode) and node.value.startswith(s.value + "#")
    )


@lru_cache(maxsize=4096)
def compact(iri: str) -> str:
    """Return `iri` with its prefix, such as kpi:Goal, or as it is where no prefix fits."""
    best = max((p for p, n in PREFIXES.items() if iri.startswith(n)), key=lambda p: len(PREFIXES[p]), default=None)
    local = "" if best is None else iri[len(PREFIXES[best]) :]
    return f"{best}:{local}" if local and "/" not in local and "#" not in local else iri


def local(iri: str | None) -> str:
    """Return the notation at the end of a code's IRI: met of …/code/status-met."""
    return "" if iri is None else iri.rsplit("/", 1)[-1].split("-", 1)[-1]


def row_name(view: View, row: NamedNode, lang: str) -> str:
    """Return what people call a source row: its number, after its sheet, page or table where a file has several."""
    return row_words(row_place(row.value), view.text(row, "kpi:part"), lang)


def row_words(place: str, part: str, lang: str) -> str:
    """Return what people call the source row at `place` (12, s2-12) of a file, of its `part` where it has several."""
    key, _, number = place.rpartition("-")
    if not key:
        return number
    if lang == "ja":
        part = _PAGE.sub(r"\1ページ", part).replace(", ", "・")
        part = _TABLE.sub(r"表\1", part)
    return f"{part}:{number}"


def by_order(view: View, things: Iterable[NamedNode]) -> list[NamedNode]:
    """Return `things` in the order that the document has them in."""
    return sorted(things, key=lambda s: (int(view.text(s, "kpi:order") or 0), s.value))
