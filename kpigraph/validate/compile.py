"""From the graph of the shapes to compiled shapes. What is not known here is not passed over: it is left to pySHACL."""

from collections.abc import Callable, Iterator
from functools import partial

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH
from rdflib.term import Node

from kpigraph.validate import constraints as c
from kpigraph.validate import values
from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.index import Triple
from kpigraph.validate.paths import compile_path, items
from kpigraph.validate.report import messages_by_language
from kpigraph.validate.shape import Constraint, Found, Shape, Targets

KEPT = 8
MAX_NESTING = 12  # pySHACL refuses shapes that apply each other more than 14 deep

_TARGETS = (SH.targetNode, SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
_LISTS_OF_SHAPES = (SH["and"], SH["or"], SH.xone)
_SHAPES = (SH.property, SH.node, SH["not"], SH.qualifiedValueShape)
# What may stand on a shape and constrains nothing by itself, or is read with another parameter.
_NO_CONSTRAINT = {
    *_TARGETS, SH.path, SH.severity, SH.message, SH.deactivated, SH.name, SH.description, SH.order, SH.group,
    SH.defaultValue, SH.flags, SH.ignoredProperties, SH.qualifiedMinCount, SH.qualifiedMaxCount,
    SH.qualifiedValueShapesDisjoint, SH.sparql,
}  # fmt: skip
_OF_PROPERTY_SHAPES = {SH.minCount, SH.maxCount, SH.uniqueLang, SH.lessThan, SH.lessThanOrEquals,
                       SH.qualifiedValueShape}  # fmt: skip


_compiled: dict[frozenset[Triple], dict[Node, Shape]] = {}


def compile_shapes(graph: Graph) -> dict[Node, Shape]:
    """Return the shapes of `graph` by name. The same triples are compiled once.

    Raises:
        UnsupportedShapeError: if one uses something that is not known here, or is not well formed.
    """
    key = frozenset(graph)
    if key not in _compiled:
        if len(_compiled) >= KEPT:
            _compiled.clear()
        _compiled[key] = _compile(graph)
    return _compiled[key]


def _compile(graph: Graph) -> dict[Node, Shape]:
    if (None, RDF.type, SH.ConstraintComponent) in graph or (None, RDFS.subClassOf, SH.ConstraintComponent) in graph:
        raise UnsupportedShapeError("constraint components of its own")
    shapes = {name: _shape(graph, name) for name in _names(graph)}
    for shape in shapes.values():
        _check_nesting(shapes, shape.name, ())
    return shapes


def _names(graph: Graph) -> set[Node]:
    names = {*graph.subjects(RDF.type, SH.NodeShape), *graph.subjects(RDF.type, SH.PropertyShape)}
    for predicate in (*_TARGETS, SH.property, SH.node):
        names |= set(graph.subjects(predicate))
    for predicate in _SHAPES:
        names |= set(graph.objects(None, predicate))
    for predicate in _LISTS_OF_SHAPES:
        for head in graph.objects(None, predicate):
            names |= set(items(graph, head))
    return names


def _check_nesting(shapes: dict[Node, Shape], name: Node, above: tuple[Node, ...]) -> None:
    if name in above or len(above) > MAX_NESTING:
        raise UnsupportedShapeError(f"shapes that apply themselves, or nest very deep: {name}")
    if name not in shapes:
        raise UnsupportedShapeError(f"no such shape: {name}")
    for below in shapes[name].refers_to:
        _check_nesting(shapes, below, (*above, name))


def _shape(graph: Graph, name: Node) -> Shape:
    if isinstance(name, Literal):
        raise UnsupportedShapeError("a shape that is a literal")
    paths = list(graph.objects(name, SH.path))
    types = set(graph.objects(name, RDF.type))
    if len(paths) > 1 or (paths and SH.NodeShape in types) or (not paths and SH.PropertyShape in types):
        raise UnsupportedShapeError(f"a shape with a wrong number of paths: {name}")
    severities = list(graph.objects(name, SH.severity)) or [SH.Violation]
    if len(severities) > 1 or not isinstance(severities[0], URIRef):
        raise UnsupportedShapeError(f"several severities: {name}")
    found = list(_constraints(graph, name, is_property=bool(paths)))
    return Shape(
        name=name,
        iri=URIRef(str(name)),
        path=compile_path(graph, paths[0]) if paths else None,
        path_name=paths[0] if paths and isinstance(paths[0], URIRef) else None,
        severity=severities[0],
        messages=messages_by_language(graph.objects(name, SH.message)),
        active=not _flag(graph, name, SH.deactivated),
        targets=_targets(graph, name, types),
        constraints=tuple(constraint for constraint, _ in found),
        refers_to=tuple(other for _, others in found for other in others),
    )


def _flag(graph: Graph, name: Node, predicate: URIRef) -> bool:
    values = list(graph.objects(name, predicate))
    if len(values) > 1 or any(not isinstance(v, Literal) or not isinstance(v.value, bool) for v in values):
        raise UnsupportedShapeError(f"{predicate} that is not one xsd:boolean: {name}")
    return any(bool(v.value) for v in values if isinstance(v, Literal))


def _targets(graph: Graph, name: Node, types: set[Node]) -> Targets:
    metaclasses = {RDFS.Class, OWL.Class, *graph.subjects(RDFS.subClassOf, RDFS.Class)}
    return Targets(
        nodes=tuple(graph.objects(name, SH.targetNode)),
        classes=(*graph.objects(name, SH.targetClass), *([name] if types & metaclasses else [])),
        subjects_of=tuple(graph.objects(name, SH.targetSubjectsOf)),
        objects_of=tuple(graph.objects(name, SH.targetObjectsOf)),
    )


def _constraints(graph: Graph, name: Node, *, is_property: bool) -> Iterator[tuple[Constraint, tuple[Node, ...]]]:
    """Yield the constraints of a shape, each with the shapes that it applies."""
    for predicate in set(graph.predicates(name)):
        if not str(predicate).startswith(str(SH)) or predicate in _NO_CONSTRAINT:
            continue
        if not isinstance(predicate, URIRef) or (predicate in _OF_PROPERTY_SHAPES and not is_property):
            raise UnsupportedShapeError(f"{predicate} on a node shape: {name}")
        objects = list(graph.objects(name, predicate))
        if reader := values.READERS.get(predicate):
            if predicate in values.ONCE and len(objects) > 1:
                raise UnsupportedShapeError(f"several {predicate}: {name}")
            for o in objects:
                yield c.each_value(predicate, reader(graph, name, o)), ()
        elif make := _SINGLE.get(predicate):
            if len(objects) > 1:
                raise UnsupportedShapeError(f"several {predicate}: {name}")
            yield make(graph, name, objects[0]), ()
        elif predicate in _REFERRING:
            for o in objects:
                yield _REFERRING[predicate](graph, name, o)
        else:
            raise UnsupportedShapeError(f"{predicate}: {name}")
    if (name, SH.ignoredProperties, None) in graph and (name, SH.closed, None) not in graph:
        raise UnsupportedShapeError(f"sh:ignoredProperties without sh:closed: {name}")
    for constraint in graph.objects(name, SH.sparql):
        yield c.sparql(constraint), ()


def _min_count(graph: Graph, name: Node, value: Node) -> Constraint:
    least = values.whole_number(value)
    return c.count(SH.minCount, least, None)


def _max_count(graph: Graph, name: Node, value: Node) -> Constraint:
    most = values.whole_number(value)
    return c.count(SH.maxCount, None, most)


def _unique_lang(graph: Graph, name: Node, value: Node) -> Constraint:
    return c.unique_lang() if _flag(graph, name, SH.uniqueLang) else _nothing


def _closed(graph: Graph, name: Node, value: Node) -> Constraint:
    if not _flag(graph, name, SH.closed):
        return _nothing
    allowed = {path for shape in graph.objects(name, SH.property) for path in graph.objects(shape, SH.path)}
    for head in graph.objects(name, SH.ignoredProperties):
        allowed |= set(items(graph, head))
    return c.closed({path for path in allowed if not isinstance(path, BNode)})


def _nothing(*_: object) -> Found:
    return iter(())


_SINGLE: dict[Node, Callable[[Graph, Node, Node], Constraint]] = {
    SH.minCount: _min_count,
    SH.maxCount: _max_count,
    SH.uniqueLang: _unique_lang,
    SH.closed: _closed,
}


def _pair(make: Callable[[Node], Constraint], graph: Graph, name: Node, value: Node) -> tuple[Constraint, tuple[()]]:
    if not isinstance(value, URIRef):
        raise UnsupportedShapeError(f"a property that is no IRI: {name}")
    return make(value), ()


def _has_value(graph: Graph, name: Node, value: Node) -> tuple[Constraint, tuple[()]]:
    return c.has_value(value), ()


def _property(graph: Graph, name: Node, value: Node) -> tuple[Constraint, tuple[Node, ...]]:
    if (value, SH.path, None) not in graph:
        raise UnsupportedShapeError(f"sh:property of no property shape: {name}")
    return c.property_(value), (value,)


def _node(graph: Graph, name: Node, value: Node) -> tuple[Constraint, tuple[Node, ...]]:
    if (value, SH.path, None) in graph:
        raise UnsupportedShapeError(f"sh:node of a property shape: {name}")
    return c.conforming(SH.node, all, (value,)), (value,)


def _not(graph: Graph, name: Node, value: Node) -> tuple[Constraint, tuple[Node, ...]]:
    return c.conforming(SH["not"], c.none, (value,)), (value,)


def _list(
    parameter: URIRef, right: Callable[..., bool], graph: Graph, name: Node, value: Node
) -> tuple[Constraint, tuple[Node, ...]]:
    names = tuple(items(graph, value))
    return c.conforming(parameter, right, names), names


def _qualified(graph: Graph, name: Node, value: Node) -> tuple[Constraint, tuple[Node, ...]]:
    least, most = _one_count(graph, name, SH.qualifiedMinCount), _one_count(graph, name, SH.qualifiedMaxCount)
    if least is None and most is None:
        raise UnsupportedShapeError(f"sh:qualifiedValueShape without a count: {name}")
    siblings: set[Node] = set()
    if _flag(graph, name, SH.qualifiedValueShapesDisjoint):
        for parent in graph.subjects(SH.property, name):
            for other in graph.objects(parent, SH.property):
                siblings |= set(graph.objects(other, SH.qualifiedValueShape))
    siblings.discard(value)
    return c.qualified(value, siblings, least, most), (value, *siblings)


def _one_count(graph: Graph, name: Node, predicate: URIRef) -> int | None:
    found = list(graph.objects(name, predicate))
    if len(found) > 1:
        raise UnsupportedShapeError(f"several {predicate}: {name}")
    return values.whole_number(found[0]) if found else None


_REFERRING: dict[Node, Callable[[Graph, Node, Node], tuple[Constraint, tuple[Node, ...]]]] = {
    SH.hasValue: _has_value,
    SH.equals: partial(_pair, c.equals),
    SH.disjoint: partial(_pair, c.disjoint),
    SH.lessThan: partial(_pair, partial(c.less_than, SH.lessThan)),
    SH.lessThanOrEquals: partial(_pair, partial(c.less_than, SH.lessThanOrEquals)),
    SH.property: _property,
    SH.node: _node,
    SH["not"]: _not,
    SH["and"]: partial(_list, SH["and"], all),
    SH["or"]: partial(_list, SH["or"], any),
    SH.xone: partial(_list, SH.xone, c.one),
    SH.qualifiedValueShape: _qualified,
}
