"""Which nodes a query could find at fault: most data is right, and need not be copied to a store to be found so.

A query is followed over the index, for all its focus nodes at once. What is not known counts against a node: those that
are left out are faultless for certain, and of the others the query is asked for real.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from kpigraph.validate.algebra import (
    Bind,
    Call,
    Constant,
    Exists,
    Expression,
    Filter,
    Group,
    Optional,
    Pattern,
    Union,
    Variable,
    mentioned,
    parse,
)
from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.expressions import MAYBE, Value, Work, compiled
from kpigraph.validate.query import Query
from kpigraph.validate.steps import (
    Asked,
    Data,
    Either,
    Kept,
    Linked,
    Made,
    Perhaps,
    Reached,
    Row,
    Rows,
    Step,
    Worked,
    through,
)


class Sieve:
    """A query as steps."""

    def __init__(self, query: Query) -> None:
        """Raises UnsupportedShapeError if the query cannot be followed."""
        tree, having = parse(query.tokens)
        scope = _Scope()
        scope.add("this")
        self._steps = _Compiler(tree, having).group(tree, scope)
        self._having = None if having is None else _Having.of(having, scope)

    def candidates(self, data: Data, focus: Collection[int]) -> set[int]:
        """Return those of the nodes `focus` that the query could say something of."""
        data.doubt = False
        rows = through(self._steps, data, [(n,) for n in focus], maybe=True)
        return {row[0] for row in rows} if self._having is None else self._having.kept(data, rows)


@dataclass(frozen=True, slots=True)
class _Having:
    """HAVING: an expression over counts and samples of what stands at places of the rows of one node."""

    work: Work
    places: Sequence[tuple[str, int]]

    @classmethod
    def of(cls, expression: Expression, scope: "_Scope") -> "_Having":
        calls = list(dict.fromkeys(_aggregates(expression)))
        if sum(1 for _ in mentioned(expression)) > sum(1 for call in _aggregates(expression) for _ in mentioned(call)):
            raise UnsupportedShapeError("HAVING of what is not counted")
        places = []
        for call in calls:
            match call:
                case Call("COUNT", (Call("DISTINCT", (Variable(name),)),)) | Call("SAMPLE", (Variable(name),)):
                    if name not in scope.places or name in scope.made:
                        raise UnsupportedShapeError(f"{name} is not counted")
                    places.append((call.name, scope.places[name]))
                case _:
                    raise UnsupportedShapeError(f"{call.name} is not worked out")
        return cls(compiled(expression, {call: n for n, call in enumerate(calls)}), places)

    def kept(self, data: Data, rows: Rows) -> set[int]:
        by_node: dict[int, list[Row]] = {}
        for row in rows:
            by_node.setdefault(row[0], []).append(row)
        return {node for node, its in by_node.items() if self._holds(data, its) is not False}

    def _holds(self, data: Data, rows: Sequence[Row]) -> Value:
        values: list[Value] = []
        for name, place in self.places:
            found = {row[place] for row in rows} - {None}
            if data.doubt:
                values.append(MAYBE)
            elif name == "COUNT":
                values.append(len(found))
            else:
                values.append(data.value(found.pop()) if len(found) == 1 else MAYBE)
        return self.work(values)


# ---- from the tree to steps


@dataclass(slots=True)
class _Scope:
    """Which variable stands where in a row, and which of them may be unbound, or are made by BIND."""

    places: dict[str, int] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    width: int = 0

    def copy(self) -> "_Scope":
        return _Scope(dict(self.places), set(self.loose), set(self.made), self.width)

    def add(self, name: str) -> None:
        self.places[name] = self.width
        self.width += 1


class _Compiler:
    def __init__(self, tree: Group, having: Expression | None) -> None:
        self._times = Counter([*mentioned(tree), *mentioned(having)])

    def group(self, group: Group, scope: _Scope, *, outer: Collection[str] | None = None) -> list[Step]:
        """Return the steps of a group, and put its variables into `scope`.

        Filters come as soon as all that they mention is bound, those with EXISTS last, when fewer rows are left. They
        see what the group binds, and $this; those of OPTIONAL and EXISTS, which have nothing but patterns besides, also
        what is bound `outer` of them.
        """
        steps: list[Step] = []
        seen = {"this", *(outer or ()), *_bound(group)}
        filters = [
            (part, _needed(part, seen, scope))
            for element in group.elements
            if isinstance(element, Filter)
            for part in _conjuncts(element.expression)
        ]
        patterns: list[Pattern] = []
        for element in (*group.elements, None):
            if isinstance(element, Pattern):
                patterns.append(element)
                continue
            if isinstance(element, Filter):
                continue
            while patterns:
                steps.append(self._pattern(patterns.pop(_readiest(patterns, scope)), scope))
                steps += self._filters(filters, scope)
            if element is not None:
                if outer is not None:
                    raise UnsupportedShapeError("a group in OPTIONAL or EXISTS that has more than patterns")
                steps.append(self._element(element, scope, seen))
                steps += self._filters(filters, scope)
        return steps + self._filters(filters, scope, last=True)

    def _filters(self, filters: list[tuple[Expression, set[str]]], scope: _Scope, *, last: bool = False) -> list[Step]:
        bound = scope.places.keys() - scope.loose
        ready = [one for one in filters if last or (one[1] <= bound and not _exists(one[0]))]
        filters[:] = [one for one in filters if one not in ready]
        return [Kept(self._worked(expression, scope)) for expression, _ in ready]

    def _element(self, element: Bind | Optional | Union, scope: _Scope, seen: set[str]) -> Step:
        match element:
            case Bind(expression, name):
                if name in scope.places:
                    raise UnsupportedShapeError(f"{name} is bound twice")
                _needed(expression, seen, scope)
                step = Made(self._worked(expression, scope))
                scope.add(name)
                scope.made.add(name)
                return step
            case Optional(group):
                if scope.made:
                    raise UnsupportedShapeError("OPTIONAL after BIND")  # rows are told apart by terms, not by values
                width, known = scope.width, set(scope.places)
                steps = self.group(group, scope, outer=known)
                scope.loose |= scope.places.keys() - known
                return Perhaps(steps, width, scope.width - width)
            case Union(groups):
                return self._union(groups, scope)

    def _union(self, groups: Sequence[Group], scope: _Scope) -> Step:
        branches = []
        for group in groups:
            if not set(mentioned(group)) & scope.places.keys() <= {"this", *_leading(group)}:
                raise UnsupportedShapeError(
                    "a group that speaks of what is bound around it before it binds that itself"
                )
            within = scope.copy()
            branches.append((self.group(group, within), within))
        for name in sorted({name for _, within in branches for name in within.places} - scope.places.keys()):
            having = [within for _, within in branches if name in within.places]
            if len({name in within.made for within in having}) > 1:
                raise UnsupportedShapeError(f"{name} is a term here and made there")
            scope.add(name)
            if name in having[0].made:
                scope.made.add(name)
            if len(having) < len(branches) or any(name in within.loose for within in having):
                scope.loose.add(name)
        names: list[str | None] = [None] * scope.width
        for name, place in scope.places.items():
            names[place] = name
        return Either(
            [
                (steps, [n if name is None else within.places.get(name) for n, name in enumerate(names)])
                for steps, within in branches
            ]
        )

    def _pattern(self, pattern: Pattern, scope: _Scope) -> Step:
        start, end, path = pattern.subject.name, pattern.object, pattern.path
        known = scope.places.keys() - scope.loose - scope.made
        for variable in (pattern.subject, end):
            if isinstance(variable, Variable) and variable.name in scope.places and variable.name not in known:
                raise UnsupportedShapeError(f"{variable.name} may be unbound, or is made")
        if isinstance(end, Constant):
            if start not in known:
                raise UnsupportedShapeError("a pattern that begins nowhere")
            return Linked(path, scope.places[start], None, end)
        if start in known and end.name in known:
            return Linked(path, scope.places[start], scope.places[end.name])
        if start not in known and end.name not in known:
            raise UnsupportedShapeError("a pattern that begins nowhere")
        back = start not in known
        here, there = (end.name, start) if back else (start, end.name)
        needed = self._times[there] > 1
        step = Reached(path, scope.places[here], back, needed)
        if needed:
            scope.add(there)
        return step

    def _worked(self, expression: Expression, scope: _Scope) -> Worked:
        names = sorted({n for n in _plain(expression) if n in scope.places})
        terms, made = [n for n in names if n not in scope.made], [n for n in names if n in scope.made]
        groups = list(dict.fromkeys(_exists(expression)))
        order: list[Variable | Exists] = [*map(Variable, (*terms, *made)), *groups]
        work = compiled(expression, {what: n for n, what in enumerate(order)})
        places = scope.places
        return Worked(
            work,
            tuple(places[n] for n in terms),
            tuple(places[n] for n in made),
            tuple(self._asked(one.group, scope) for one in groups),
        )

    def _asked(self, group: Group, scope: _Scope) -> Asked:
        known = sorted({name for name in mentioned(group) if name in scope.places})
        within = _Scope()
        for name in known:
            within.add(name)
        within.loose = scope.loose & set(known)
        if scope.made & set(known):
            raise UnsupportedShapeError("EXISTS of what is made")
        steps = self.group(group, within, outer=known)
        return Asked(steps, tuple(scope.places[n] for n in known))


def _readiest(patterns: Sequence[Pattern], scope: _Scope) -> int:
    """Return which pattern comes next: one that only tells rows apart, else the first that begins at what is known."""

    def ends(pattern: Pattern) -> int:
        object_ = pattern.object
        return (pattern.subject.name in scope.places) + (isinstance(object_, Constant) or object_.name in scope.places)

    return max(range(len(patterns)), key=lambda n: (ends(patterns[n]), -n))


def _bound(group: Group) -> set[str]:
    """Return the variables that a group binds, or may bind."""
    found: set[str] = set()
    for element in group.elements:
        match element:
            case Pattern():
                found.update(mentioned(element))
            case Bind(_, name):
                found.add(name)
            case Optional(inner):
                found |= _bound(inner)
            case Union(groups):
                found |= set().union(*map(_bound, groups))
    return found


def _leading(group: Group) -> set[str]:
    """Return the variables of the patterns that a group begins with."""
    leading = takewhile(lambda element: isinstance(element, Pattern | Filter), group.elements)
    return {name for element in leading if isinstance(element, Pattern) for name in mentioned(element)}


def _conjuncts(expression: Expression) -> list[Expression]:
    if isinstance(expression, Call) and expression.name == "&&":
        return [part for argument in expression.arguments for part in _conjuncts(argument)]
    return [expression]


def _aggregates(expression: Expression) -> list[Call]:
    if not isinstance(expression, Call):
        return []
    if expression.name in ("COUNT", "SAMPLE"):
        return [expression]
    return [one for argument in expression.arguments for one in _aggregates(argument)]


def _plain(expression: Expression) -> set[str]:
    """Return the variables of an expression, those within EXISTS left out."""
    match expression:
        case Variable(name):
            return {name}
        case Call(_, arguments):
            return set().union(*map(_plain, arguments))
        case _:
            return set()


def _exists(expression: Expression) -> list[Exists]:
    match expression:
        case Exists():
            return [expression]
        case Call(_, arguments):
            return [one for argument in arguments for one in _exists(argument)]
        case _:
            return []


def _needed(expression: Expression, seen: set[str], scope: _Scope) -> set[str]:
    """Return the variables of the group, of which it has `seen`, that must be bound before an expression is worked out.

    Raises:
        UnsupportedShapeError: if it mentions others, as they would be unbound here.
    """
    plain = _plain(expression)
    within = {name for one in _exists(expression) for name in mentioned(one)}
    if not plain <= seen or (within - seen) & scope.places.keys():
        raise UnsupportedShapeError("an expression that looks out of its group")
    return plain | (within & seen)
