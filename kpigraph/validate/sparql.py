"""Ask the queries of SHACL-SPARQL constraints of Oxigraph, each once for all its focus nodes.

A query that the reader (query.py) does not know, or that meets literals on which Oxigraph and rdflib could differ
(kinds.py), is put to pySHACL, for its shape and focus nodes alone.
"""

from collections.abc import Collection
from contextlib import suppress
from itertools import count

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.term import Node

from kpigraph.terms import to_term
from kpigraph.validate import kinds
from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.index import Index
from kpigraph.validate.query import ANY, Query, read_query
from kpigraph.validate.shape import Found, Shape
from kpigraph.validate.sieve import Sieve
from kpigraph.validate.steps import Data
from kpigraph.validate.tokens import Token
from kpigraph.written import Texts

_FOCUS = ox.NamedNode("urn:kpigraph:focus")  # the graph of the focus nodes, and their predicate
_NUMBERS = (XSD.integer, XSD.decimal)
_KIND = URIRef(str(SH) + "SPARQLConstraintComponent")


class Questions:
    """The queries of the constraints of `shapes`, each read once."""

    def __init__(self, shapes: Graph) -> None:
        self._shapes = shapes
        self._read: dict[Node, Query] = {}
        self._sieves: dict[Node, Sieve | None] = {}
        self._declared: dict[frozenset[Node], tuple[tuple[str, str], ...]] = {}

    def read(self, constraint: Node) -> Query:
        """Return the query of a constraint.

        Raises:
            UnsupportedShapeError: if it is not known.
        """
        if constraint not in self._read:
            self._read[constraint] = self._query(constraint)
        return self._read[constraint]

    def sieve(self, constraint: Node) -> Sieve | None:
        """Return what finds the nodes that the query of a constraint could speak of, or None for all of them."""
        if constraint not in self._sieves:
            query = self.read(constraint)
            try:
                ox.Store().query(query.text)  # what is no query is told by who is asked
                self._sieves[constraint] = Sieve(query)
            except (UnsupportedShapeError, SyntaxError, RecursionError):
                self._sieves[constraint] = None
        return self._sieves[constraint]

    def _query(self, constraint: Node) -> Query:
        graph = self._shapes
        selects = list(graph.objects(constraint, SH.select))
        if len(selects) != 1 or not isinstance(selects[0], Literal):
            raise UnsupportedShapeError(f"{constraint}: not one sh:select")
        known = {SH.select, SH.prefixes, SH.message, RDF.type, RDFS.label, RDFS.comment}
        if set(graph.predicates(constraint)) - known:
            raise UnsupportedShapeError(f"{constraint}: has more than a query")
        return read_query(str(selects[0]), self._prefixes(constraint))

    def _prefixes(self, constraint: Node) -> tuple[tuple[str, str], ...]:
        declarers = frozenset(self._shapes.objects(constraint, SH.prefixes))
        if declarers not in self._declared:
            graph = self._shapes
            found = {"rdf": str(RDF), "rdfs": str(RDFS), "owl": str(OWL)}
            for declarer in declarers:
                for declaration in graph.objects(declarer, SH.declare):
                    for prefix in graph.objects(declaration, SH.prefix):
                        for namespace in graph.objects(declaration, SH.namespace):
                            found[str(prefix)] = str(namespace)
            self._declared[declarers] = tuple(sorted(found.items()))
        return self._declared[declarers]


class Queries:
    """Answers for one run. The data is copied to Oxigraph predicate by predicate, as queries come to speak of them."""

    def __init__(self, index: Index, questions: Questions, texts: Texts) -> None:
        self._index = index
        self._texts = texts
        self._questions = questions
        self._sifted = Data(index)
        self._store = ox.Store()
        self._loaded: set[int] = set()
        self._text: dict[int, str] = {}  # of each term that was asked about, as N-Triples has it
        self._respelled: set[int] = set()  # those whose text is not their own
        self._kinds: dict[int, frozenset[str]] = {}
        self._names = (ox.NamedNode(f"urn:kpigraph:focus:{n}") for n in count())
        self._marked: dict[frozenset[int], ox.NamedNode] = {}

    def answer(self, shape: Shape, constraint: Node, focus: Collection[int], *, strict: bool = True) -> Found:
        """Yield what the query of `constraint` says of the nodes `focus`.

        Raises:
            UnsupportedShapeError: if the query is not known; if `strict`, also where Oxigraph could say something else
                than rdflib.
        """
        query = self._questions.read(constraint)
        if (sieve := self._questions.sieve(constraint)) is not None and not self._index.doubled:
            with suppress(RecursionError):  # an expression longer than can be followed
                focus = sieve.candidates(self._sifted, focus)
            if not focus:
                return
        self._load(query)
        if strict:
            self._check(query)
        name = self._mark(frozenset(focus))
        text = query.text
        pattern = f" GRAPH {_FOCUS} {{ {name} {_FOCUS} $this }} "
        for at in query.inject:
            text = text[:at] + pattern + text[at:]
        try:
            rows = self._store.query(text)
        except SyntaxError as e:
            raise UnsupportedShapeError(f"{constraint}: {e}") from e
        assert isinstance(rows, ox.QuerySolutions)
        names = {variable.value for variable in rows.variables}
        numbers: dict[str, int] = {}
        for row in rows:
            numbers = numbers or self._numbers()
            if (node := numbers.get(str(row["this"]))) is None:
                raise UnsupportedShapeError(f"a node that Oxigraph writes otherwise: {row['this']}")
            value = numbers.get(str(row["value"])) if "value" in names else None
            path = row["path"] if "path" in names else None
            if value is None and shape.path is None:
                value = node
            yield (
                node,
                shape.result(
                    self._index, _KIND, node, value, URIRef(path.value) if isinstance(path, ox.NamedNode) else None
                ),
            )

    def _numbers(self) -> dict[str, int]:
        """Return the numbers of terms by their text; of several that are one in the store, of one as it is spelled."""
        found: dict[str, int] = {}
        for number, text in self._text.items():
            if number not in self._respelled or text not in found:
                found[text] = number
        return found

    def _mark(self, focus: frozenset[int]) -> ox.NamedNode:
        """Return the name under which the store has the focus nodes."""
        name = self._marked.get(focus)
        if name is None:
            name = self._marked[focus] = next(self._names)
            self._read([f"{name} {_FOCUS} {self._text.get(n) or self._written(n)} {_FOCUS} .\n" for n in focus])
        return name

    # ---- the data

    def _load(self, query: Query) -> None:
        index = self._index
        wanted = set(index.forward) if ANY in query.predicates else {index.number(URIRef(p)) for p in query.predicates}
        new = wanted - self._loaded
        self._loaded |= new
        self._read([line for predicate in new for line in self._lines(predicate)])

    def _lines(self, predicate: int) -> list[str]:
        """Return the triples of a predicate as lines of N-Quads."""
        lines: list[str] = []
        text, written = self._text, self._written
        name = written(predicate)
        for s, objects in self._index.forward.get(predicate, {}).items():
            start = f"{text.get(s) or written(s)} {name} "
            for o in objects:
                lines.append(f"{start}{text.get(o) or written(o)} .\n")
        return lines

    def _read(self, lines: list[str]) -> None:
        plain, blank = "".join(lines), ""
        if "_:" in plain:
            plain = "".join(line for line in lines if "_:" not in line)
            blank = "".join(line for line in lines if "_:" in line)
        # Lenient: what is text here was a term of the engine before. Reading a line takes a third of making a quad.
        self._store.load(plain.encode(), ox.RdfFormat.N_QUADS, lenient=True)
        if blank:  # loaded as a file their labels would be the file's own
            self._store.extend(ox.parse(blank.encode(), ox.RdfFormat.N_QUADS, lenient=True))

    def _written(self, number: int) -> str:
        """Return a term as N-Quads has it.

        Raises:
            UnsupportedShapeError: if the engine has no such term.
        """
        if (text := self._text.get(number)) is None:
            own = self._index.terms[number]
            try:
                if isinstance(own, Literal) and own.datatype in _NUMBERS and kinds.kind(own) == kinds.RESPELLED:
                    text = str(kinds.canonical(own))
                    self._respelled.add(number)
                else:
                    text = str(to_term(own)) if isinstance(own, BNode) else self._texts[own]
            except ValueError as e:
                raise UnsupportedShapeError(str(e)) from e
            self._text[number] = text
        return text

    # ---- what could be taken differently

    def _check(self, query: Query) -> None:
        if kinds.CHANGED in self._kinds_of(query.identity):
            raise UnsupportedShapeError("literals that Oxigraph writes otherwise")
        if kinds.RESPELLED in self._kinds_of(query.identity):
            spelled = {predicate for name in query.spelled for predicate in query.sources.get(name, ())}
            ambiguous = len(set(self._text.values())) < len(self._text)  # 1.5 and 1.50 are one in the store
            if ambiguous or kinds.RESPELLED in self._kinds_of(spelled):
                raise UnsupportedShapeError("numbers that Oxigraph writes otherwise")
        if query.matches_text and kinds.LINES in self._kinds_of(query.predicates):
            raise UnsupportedShapeError("text of several lines")
        for variable in query.samples.values():
            for predicate in query.sources.get(variable, {ANY}):
                if any(len(o) > 1 for o in self._index.forward.get(self._index.number(URIRef(predicate)), {}).values()):
                    raise UnsupportedShapeError(f"a sample of several values of {predicate}")
        for left, sign, right in query.comparisons:
            if not kinds.comparable(sign, self._operand(query, left) | self._operand(query, right)):
                raise UnsupportedShapeError(f"{left.text} {sign} {right.text} of several kinds")

    def _operand(self, query: Query, token: Token) -> set[str]:
        """Return the kinds of literals that an operand may be; of what is computed, none: SPARQL says what it is."""
        if token.kind == "variable" and token.text not in query.computed | query.resources:
            return set(self._kinds_of(query.sources.get(token.text, set())))
        return {"number": {kinds.NUMBER}, "string": {kinds.STRING}}.get(token.kind, set())

    def _kinds_of(self, predicates: Collection[str]) -> set[str]:
        index = self._index
        numbers = index.forward if ANY in predicates else [index.number(URIRef(p)) for p in predicates]
        found: set[str] = set()
        for predicate in numbers:
            if predicate not in self._kinds:
                objects = {o for objects in index.forward.get(predicate, {}).values() for o in objects}
                self._kinds[predicate] = frozenset(kinds.kind(index.terms[o]) for o in objects)
            found |= self._kinds[predicate]
        return found


def only(shapes: Graph, shape: Shape, constraint: Node, focus: Collection[Node]) -> Graph:
    """Return the shape as a graph with nothing but this one constraint, meant for the nodes `focus`."""
    graph = Graph()
    kept = (RDF.type, SH.path, SH.severity, SH.message)
    for predicate in kept:
        for o in shapes.objects(shape.name, predicate):
            graph.add((shape.name, predicate, o))
    graph.add((shape.name, SH.sparql, constraint))
    for node in focus:
        graph.add((shape.name, SH.targetNode, node))
    for start in (constraint, *shapes.objects(shape.name, SH.path), *shapes.objects(constraint, SH.prefixes)):
        _copy(shapes, start, graph)
    for declarer in shapes.subjects(SH.declare):
        _copy(shapes, declarer, graph)
    return graph


def _copy(source: Graph, node: Node, target: Graph) -> None:
    for p, o in source.predicate_objects(node):
        if (node, p, o) not in target:
            target.add((node, p, o))
            _copy(source, o, target)
