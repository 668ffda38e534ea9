"""The data as numbers: a term is an integer, a triple is found by its predicate. Terms stay as the data has them."""

from collections.abc import Iterable

from rdflib import BNode, Literal, URIRef
from rdflib.namespace import RDF, RDFS
from rdflib.term import Node

Triple = tuple[Node, Node, Node]
Lists = dict[int, list[int]]  # subject → objects, or object → subjects

_NONE: list[int] = []
_EMPTY: Lists = {}
_KINDS = (URIRef, BNode, Literal)


class Index:
    """Triples by predicate and subject, and, once asked for, by predicate and object.

    Terms are told apart as rdflib does: "1.50" and "1.5" are two, so that a check sees what the data says. What comes
    `over` another index holds all of that one, which stays as it is: what many documents share is read once. `doubled`
    tells that it has two numbers for what queries take for one term, since one is not well formed and one is.
    """

    def __init__(self, triples: Iterable[Triple], over: "Index | None" = None) -> None:
        self.terms: list[Node] = [] if over is None else over.terms.copy()
        self._ids: dict[object, int] = {} if over is None else over._ids.copy()
        self._seen: set[tuple[int, int, int]] = set() if over is None else over._seen.copy()  # further objects
        self.forward: dict[int, Lists] = {} if over is None else _copy(over.forward)
        self.subjects: set[int] = set() if over is None else over.subjects.copy()  # of the data alone
        self._backward: dict[int, Lists] = {}
        self._below: dict[int, frozenset[int]] = {}
        self._instances: dict[int, frozenset[int]] = {}
        self._by_kind: dict[type, set[int]] = {}
        self._sorted = 0  # so many terms are in it
        self.doubled: bool = False if over is None else over.doubled
        self.subjects |= self._add(triples)
        self.type = self.number(RDF.type)
        self._subclass = self.number(RDFS.subClassOf)

    def _add(self, triples: Iterable[Triple]) -> set[int]:
        """Add triples and return their subjects."""
        ids, terms, forward, seen = self._ids, self.terms, self.forward, self._seen
        subjects: set[int] = set()
        last, s = None, -1  # what is said of a thing comes together

        def number(key: object, term: Node) -> int:
            n = ids[key] = len(terms)
            terms.append(term)
            return n

        for subject, predicate, object_ in triples:
            if subject is not last:
                if (found := ids.get(subject)) is None:
                    found = number(subject, subject)
                last, s = subject, found
                subjects.add(s)
            if (p := ids.get(predicate)) is None:
                p = number(predicate, predicate)
            if (o := ids.get(object_)) is None:
                o = number(object_, object_)
            elif type(object_) is Literal and object_ is not terms[o] and _ill_typed(object_) != _ill_typed(terms[o]):
                # rdflib reads "yes"^^xsd:boolean as "false"^^xsd:boolean, but remembers that it was not well formed.
                ill, self.doubled = (object_, _ill_typed(object_)), True
                o = ids[ill] if ill in ids else number(ill, object_)
            if (lists := forward.get(p)) is None:
                lists = forward[p] = {}
            if (objects := lists.get(s)) is None:
                lists[s] = [o]
            elif o != objects[0] and (key := (s, p, o)) not in seen:
                seen.add(key)
                objects.append(o)
        return subjects

    def add_axioms(self, triples: Iterable[Triple]) -> None:
        """Add what counts as data but is not checked: subclass axioms of a vocabulary."""
        self._add(triples)

    def number(self, term: Node) -> int:
        """Return the number of `term`; one that the data does not have gets one too."""
        n = self._ids.get(term)
        if n is None:
            n = self._ids[term] = len(self.terms)
            self.terms.append(term)
        return n

    def objects(self, subject: int, predicate: int) -> list[int]:
        return self.forward.get(predicate, _EMPTY).get(subject, _NONE)

    def subjects_of(self, predicate: int, object_: int) -> list[int]:
        return self.backward(predicate).get(object_, _NONE)

    def backward(self, predicate: int) -> Lists:
        """Return the triples of `predicate` as object → subjects."""
        lists = self._backward.get(predicate)
        if lists is None:
            lists = self._backward[predicate] = {}
            for s, objects in self.forward.get(predicate, _EMPTY).items():
                for o in objects:
                    lists.setdefault(o, []).append(s)
        return lists

    def classes_below(self, cls: int) -> frozenset[int]:
        """Return `cls` and every class that the data says is below it."""
        if (known := self._below.get(cls)) is not None:
            return known
        found, rest = {cls}, [cls]
        while rest:
            for below in self.subjects_of(self._subclass, rest.pop()):
                if below not in found:
                    found.add(below)
                    rest.append(below)
        self._below[cls] = frozenset(found)
        return self._below[cls]

    def instances(self, cls: int) -> frozenset[int]:
        """Return the SHACL instances of a class: its own, and those of the classes below it."""
        if (known := self._instances.get(cls)) is None:
            known = frozenset().union(*(self.subjects_of(self.type, below) for below in self.classes_below(cls)))
            self._instances[cls] = known
        return known

    def numbers_of(self, kind: type[Node]) -> set[int]:
        """Return the numbers of all terms of a kind: URIRef, BNode or Literal."""
        by_class: dict[type, list[int]] = {}  # rdflib's terms are of an abstract class: isinstance is slow for them
        for number, term in enumerate(self.terms[self._sorted :], self._sorted):
            by_class.setdefault(type(term), []).append(number)
        for of, numbers in by_class.items():
            for one in _KINDS:
                if issubclass(of, one):
                    self._by_kind.setdefault(one, set()).update(numbers)
        self._sorted = len(self.terms)
        return self._by_kind.get(kind, set())


def _copy(forward: dict[int, Lists]) -> dict[int, Lists]:
    return {p: {s: objects.copy() for s, objects in lists.items()} for p, lists in forward.items()}


def _ill_typed(term: Node) -> bool:
    return isinstance(term, Literal) and bool(term.ill_typed)  # None of one that was made of a value
