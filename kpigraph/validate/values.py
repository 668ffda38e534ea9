"""What a single value is held to: the constraints of SHACL Core that look at one value node at a time.

Each reads its parameters once and gives a function that tells which of some values are wrong. Where SHACL leaves room,
or pySHACL departs from it, these do as pySHACL does; terms are rdflib's, so a literal is judged as the data has it.
Source: SHACL (2017), sections 4.1, 4.3 and 4.4.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH, XSD
from rdflib.term import Node

from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.index import Index
from kpigraph.validate.paths import items

# Tells which of the values of these numbers are wrong.
Check = Callable[[Index, set[int]], set[int]]
# Reads one value of a parameter of the shape that is given.
Reader = Callable[[Graph, Node, Node], Check]

_BLANK, _IRI, _LITERAL = BNode, URIRef, Literal
_NODE_KINDS: dict[Node, tuple[type[Node], ...]] = {
    SH.BlankNode: (_BLANK,),
    SH.IRI: (_IRI,),
    SH.Literal: (_LITERAL,),
    SH.BlankNodeOrIRI: (_BLANK, _IRI),
    SH.BlankNodeOrLiteral: (_BLANK, _LITERAL),
    SH.IRIOrLiteral: (_IRI, _LITERAL),
}
# The datatypes whose values pySHACL looks at; of others it believes the name.
_VALUES: dict[Node, type | tuple[type, ...]] = {
    XSD.string: (str, bytes),
    RDF.langString: (str, bytes),
    XSD.integer: int,
    XSD.float: float,
    XSD.decimal: Decimal,
    XSD.boolean: bool,
    XSD.date: date,
    XSD.time: time,
    XSD.dateTime: datetime,
}


def unless(right: Callable[[Node], bool]) -> Check:
    """Return what finds the values for which `right` does not hold."""

    def check(index: Index, values: set[int]) -> set[int]:
        terms = index.terms
        return {value for value in values if not right(terms[value])}

    return check


def class_(shapes: Graph, shape: Node, cls: Node) -> Check:
    def check(index: Index, values: set[int]) -> set[int]:
        return values - index.instances(index.number(cls))

    return check


def node_kind(shapes: Graph, shape: Node, kind: Node) -> Check:
    kinds = _NODE_KINDS.get(kind)
    if kinds is None:
        raise UnsupportedShapeError(f"sh:nodeKind {kind}")
    return lambda index, values: values.difference(*map(index.numbers_of, kinds))


def datatype(shapes: Graph, shape: Node, wanted: Node) -> Check:
    def holds(term: Node) -> bool:
        if not isinstance(term, Literal):
            return False
        if term.datatype == wanted:
            return not term.ill_typed and isinstance(term.value, _VALUES.get(wanted, object))
        if wanted == RDFS.Literal:
            return True
        if wanted == RDFS.Datatype and term.datatype:
            return True
        plain = wanted == XSD.string and term.datatype is None and term.language is None
        return (plain or (wanted == RDF.langString and bool(term.language))) and isinstance(term.value, str | bytes)

    return unless(holds)


def in_(shapes: Graph, shape: Node, head: Node) -> Check:
    members = frozenset(items(shapes, head))
    return unless(members.__contains__)


def pattern(shapes: Graph, shape: Node, text: Node) -> Check:
    flags = "".join(str(f).lower() for f in shapes.objects(shape, SH.flags))
    try:
        expression = re.compile(str(text), (re.I if "i" in flags else 0) | (re.M if "m" in flags else 0))
    except re.error as e:
        raise UnsupportedShapeError(f"sh:pattern: {e}") from e
    if not isinstance(text, Literal) or len(list(shapes.objects(shape, SH.flags))) > 1:
        raise UnsupportedShapeError("sh:pattern that is no text, or has several flags")

    return unless(lambda term: not isinstance(term, BNode) and expression.search(str(term)) is not None)


def min_length(shapes: Graph, shape: Node, length: Node) -> Check:
    least = whole_number(length)
    return unless(lambda term: not least or (_length(term) or 0) >= least)


def max_length(shapes: Graph, shape: Node, length: Node) -> Check:
    most = whole_number(length)

    def right(term: Node) -> bool:
        found = _length(term)
        return found is not None and found <= most

    return unless(right)


def _length(term: Node) -> int | None:
    return None if isinstance(term, BNode) else len(str(term))


def whole_number(term: Node) -> int:
    """Return what a count in the shapes says.

    Raises:
        UnsupportedShapeError: if it is not an xsd:integer from 0.
    """
    if not isinstance(term, Literal) or term.datatype != XSD.integer or not isinstance(term.value, int):
        raise UnsupportedShapeError(f"not an xsd:integer: {term}")
    if term.value < 0:
        raise UnsupportedShapeError(f"a negative count: {term}")
    return term.value


def language_in(shapes: Graph, shape: Node, head: Node) -> Check:
    wanted = set()
    for tag in items(shapes, head):
        if not isinstance(tag, Literal) or not isinstance(tag.value, str):
            raise UnsupportedShapeError("sh:languageIn of something else than texts")
        wanted.add(tag.value.lower())

    def right(term: Node) -> bool:
        if not isinstance(term, Literal) or not term.language:
            return False
        tag = term.language.lower()
        return "*" in wanted or tag in wanted or tag.split("-")[0] in wanted

    return unless(right)


def bound(right: Callable[[int], bool]) -> Reader:
    """Return the reader of a bound: `right` says of -1, 0 or 1 (value below, at or above it) whether that may be."""

    def read(shapes: Graph, shape: Node, limit: Node) -> Check:
        if not isinstance(limit, Literal):
            raise UnsupportedShapeError(f"a bound that is no literal: {limit}")

        def within(term: Node) -> bool:
            if not isinstance(term, Literal) or isinstance(term.value, str) != isinstance(limit.value, str):
                return False
            try:
                return right(_order(term, limit))
            except (TypeError, NotImplementedError):  # no order between the two: the bound is not kept (SHACL 4.3)
                return False

        return unless(within)

    return read


def _order(one: Literal, other: Literal) -> int:
    """Return how two literals compare by value; rdflib's own order would set times without a zone before others.

    Raises:
        TypeError: if they cannot be compared.
    """
    if one.eq(other):
        return 0
    if type(one.value) in (datetime, time):
        return 0 if one.value == other.value else 1 if one.value > other.value else -1
    return 1 if one > other else -1


# By parameter: how one of its values is read. Those marked here may stand once on a shape only.
READERS: dict[URIRef, Reader] = {
    SH["class"]: class_,
    SH.nodeKind: node_kind,
    SH.datatype: datatype,
    SH["in"]: in_,
    SH.pattern: pattern,
    SH.minLength: min_length,
    SH.maxLength: max_length,
    SH.languageIn: language_in,
    SH.minExclusive: bound(lambda order: order > 0),
    SH.minInclusive: bound(lambda order: order >= 0),
    SH.maxExclusive: bound(lambda order: order < 0),
    SH.maxInclusive: bound(lambda order: order <= 0),
}
ONCE = frozenset({SH.nodeKind, SH.datatype, SH["in"], SH.minLength, SH.maxLength, SH.languageIn})
