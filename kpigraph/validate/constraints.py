"""The constraints of SHACL Core: those of one value (values.py) and those of all values of a node together.

Source: SHACL (2017), section 4.
"""

from collections.abc import Callable, Collection, Iterable

from rdflib import BNode, Literal, URIRef
from rdflib.namespace import RDFS, SH
from rdflib.term import Node

from kpigraph.validate import values
from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.shape import Constraint, Found, Run, Shape, Values


def component(parameter: URIRef) -> URIRef:
    """Return the constraint component of a parameter, such as sh:MinCountConstraintComponent of sh:minCount."""
    name = parameter.fragment
    return SH[f"{name[0].upper()}{name[1:]}ConstraintComponent"]


def distinct(values: Values) -> set[int]:
    """Return the value nodes of all focus nodes: of these there are often far fewer."""
    return set().union(*values.values())


def each_value(parameter: URIRef, check: values.Check) -> Constraint:
    kind = component(parameter)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        index = run.index
        if wrong := check(index, distinct(values)):
            for focus, found in values.items():
                for value in found:
                    if value in wrong:
                        yield focus, shape.result(index, kind, focus, value)

    return constraint


def count(parameter: URIRef, least: int | None, most: int | None) -> Constraint:
    kind = component(parameter)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        numbers = set(map(len, values.values()))
        wrong = {n for n in numbers if (least is not None and n < least) or (most is not None and n > most)}
        if wrong:
            for focus, found in values.items():
                if len(found) in wrong:
                    yield focus, shape.result(run.index, kind, focus)

    return constraint


def has_value(wanted: Node) -> Constraint:
    kind = component(SH.hasValue)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        number = run.index.number(wanted)
        for focus, found in values.items():
            if number not in found:
                yield focus, shape.result(run.index, kind, focus)

    return constraint


def unique_lang() -> Constraint:
    kind = component(SH.uniqueLang)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        terms = run.index.terms
        for focus, found in values.items():
            tags = [t.language.lower() for t in (terms[v] for v in found) if isinstance(t, Literal) and t.language]
            if len(tags) != len(set(tags)):
                yield focus, shape.result(run.index, kind, focus)

    return constraint


def equals(predicate: Node) -> Constraint:
    kind = component(SH.equals)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        number = run.index.number(predicate)
        for focus, found in values.items():
            for value in set(found) ^ set(run.index.objects(focus, number)):
                yield focus, shape.result(run.index, kind, focus, value)

    return constraint


def disjoint(predicate: Node) -> Constraint:
    kind = component(SH.disjoint)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        number = run.index.number(predicate)
        for focus, found in values.items():
            for value in set(found) & set(run.index.objects(focus, number)):
                yield focus, shape.result(run.index, kind, focus, value)

    return constraint


def less_than(parameter: URIRef, predicate: Node) -> Constraint:
    """Compare as pySHACL does: texts and IRIs by their letters, other literals by value."""
    kind = component(parameter)
    or_equal = parameter == SH.lessThanOrEquals

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        terms, number = run.index.terms, run.index.number(predicate)
        for focus, found in values.items():
            for bound in run.index.objects(focus, number):
                for value in found:
                    if not _below(terms[value], terms[bound], or_equal=or_equal):
                        yield focus, shape.result(run.index, kind, focus, value)

    return constraint


def _below(one: Node, other: Node, *, or_equal: bool) -> bool:
    if isinstance(one, BNode) or isinstance(other, BNode):
        raise UnsupportedShapeError("a blank node is not compared")
    texts = [t for t in (one, other) if isinstance(t, URIRef) or (isinstance(t, Literal) and isinstance(t.value, str))]
    if len(texts) == 1:
        return False
    if texts:
        return str(one) <= str(other) if or_equal else str(one) < str(other)
    assert isinstance(one, Literal)
    try:
        return one <= other if or_equal else one < other
    except TypeError as e:
        raise UnsupportedShapeError(str(e)) from e


def closed(allowed: Collection[Node]) -> Constraint:
    kind = component(SH.closed)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        index = run.index
        numbers = {index.number(predicate) for predicate in allowed}
        resource = index.number(RDFS.Resource)
        every = distinct(values)
        others = {
            p: lists for p, lists in index.forward.items() if p not in numbers and not lists.keys().isdisjoint(every)
        }
        if not others:
            return
        for focus, found in values.items():
            for value in found:
                for p, lists in others.items():
                    for o in lists.get(value, ()):
                        if (p, o) != (index.type, resource):
                            yield focus, shape.result(index, kind, focus, o, path=URIRef(str(index.terms[p])))

    return constraint


# ---- those that apply other shapes


def property_(name: Node) -> Constraint:
    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        inner = run.shapes[name]
        if shape.path is None:  # each focus node is its own value
            yield from run.validate(inner, values.keys())
            return
        by_value: dict[int, list[int]] = {}
        for focus, found in values.items():
            for value in found:
                by_value.setdefault(value, []).append(focus)
        for value, result in run.validate(inner, by_value):
            for focus in by_value[value]:
                yield focus, result

    return constraint


def conforming(parameter: URIRef, right: Callable[[Iterable[bool]], bool], names: Collection[Node]) -> Constraint:
    """Return a constraint on which of the shapes `names` each value conforms to, such as `all` of them for sh:and."""
    kind = component(parameter)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        every = distinct(values)
        failing = [run.failing(name, every) for name in names]
        for focus, found in values.items():
            for value in found:
                if not right(value not in bad for bad in failing):
                    yield focus, shape.result(run.index, kind, focus, value)

    return constraint


def one(conform: Iterable[bool]) -> bool:
    return sum(conform) == 1


def none(conform: Iterable[bool]) -> bool:
    return not any(conform)


def qualified(name: Node, siblings: Collection[Node], least: int | None, most: int | None) -> Constraint:
    kind_min, kind_max = component(SH.qualifiedMinCount), component(SH.qualifiedMaxCount)

    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        every = distinct(values)
        counted = every - run.failing(name, every)
        for sibling in siblings:
            counted &= run.failing(sibling, every)
        for focus, found in values.items():
            number = sum(value in counted for value in found)
            if most is not None and number > most:
                yield focus, shape.result(run.index, kind_max, focus)
            if least is not None and number < least:
                yield focus, shape.result(run.index, kind_min, focus)

    return constraint


def sparql(constraint_name: Node) -> Constraint:
    def constraint(run: Run, shape: Shape, values: Values) -> Found:
        return run.ask(shape, constraint_name, values.keys())

    return constraint
