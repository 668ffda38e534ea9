"""The query of a constraint as a tree, so far as the sieve (sieve.py) can follow it: of tokens that query.py has read.

Of the variables only $this counts in what is asked, so projections are passed over. A path that may lead nowhere, a
literal in a pattern: UnsupportedShapeError, and the query is put to the store for every node.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rdflib import URIRef
from rdflib.namespace import RDF

from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.paths import Path
from kpigraph.validate.tokens import Cursor, Token


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """An IRI, or as Python has it a text or a number."""

    value: object


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator, by its name in SPARQL (upper case, or an IRI), and what it is applied to."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Exists:
    group: "Group"


Expression = Variable | Constant | Call | Exists


@dataclass(frozen=True, slots=True)
class Pattern:
    subject: Variable
    path: Path
    object: Variable | Constant


@dataclass(frozen=True, slots=True)
class Filter:
    expression: Expression


@dataclass(frozen=True, slots=True)
class Bind:
    expression: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Optional:
    group: "Group"


@dataclass(frozen=True, slots=True)
class Union:
    """Groups of which one must hold; a group that stands by itself is one of one."""

    groups: tuple["Group", ...]


@dataclass(frozen=True, slots=True)
class Group:
    elements: tuple[Pattern | Filter | Bind | Optional | Union, ...]


def parse(tokens: Sequence[Token]) -> tuple[Group, Expression | None]:
    """Return what stands between the outermost braces, and what is asked of all rows of $this by HAVING.

    Raises:
        UnsupportedShapeError: if it has something that is not known here.
    """
    return _Parser(tokens).whole()


def mentioned(of: object) -> Iterator[str]:
    """Yield the name of each variable in a part of a tree, as often as it stands there."""
    match of:
        case Variable(name):
            yield name
        case Bind(expression, name):
            yield name
            yield from mentioned(expression)
        case Call(_, parts) | Union(parts) | Group(parts):
            for part in parts:
                yield from mentioned(part)
        case Exists(part) | Filter(part) | Optional(part):
            yield from mentioned(part)
        case Pattern(subject, _, object_):
            yield from mentioned(subject)
            yield from mentioned(object_)


# The binary operators, those that bind least first.
_LEVELS: tuple[tuple[str, ...], ...] = (("||",), ("&&",), ("=", "!=", "<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
_COMPARING = 2


class _Parser(Cursor):
    def __init__(self, tokens: Sequence[Token]) -> None:
        super().__init__(tokens, next(n for n, token in enumerate(tokens) if token.is_("{")))

    def whole(self) -> tuple[Group, Expression | None]:
        group, having = self._group(), None
        if self._takes("GROUP"):
            self._take("BY")
            if self._take().text != "this" or not self._takes("HAVING"):
                raise UnsupportedShapeError("a GROUP BY that is not followed")
            having = self._primary()
        if self._next.kind != "end":
            raise UnsupportedShapeError(f"{self._next.text!r} is not followed")
        return group, having

    def _group(self) -> Group:
        self._take("{")
        elements: list[Pattern | Filter | Bind | Optional | Union] = []
        while not self._takes("}"):
            if self._takes("FILTER"):
                elements.append(Filter(self._primary()))
            elif self._takes("BIND"):
                self._take("(")
                expression = self._expression()
                self._take("AS")
                elements.append(Bind(expression, self._take().text))
                self._take(")")
            elif self._takes("OPTIONAL"):
                elements.append(Optional(self._group()))
            elif self._next.is_("{"):
                groups = [self._group()]
                while self._takes("UNION"):
                    groups.append(self._group())
                elements.append(Union(tuple(groups)))
            elif not self._takes("."):
                elements += self._patterns()
        return Group(tuple(elements))

    # ---- triples

    def _patterns(self) -> Iterator[Pattern]:
        subject = self._take()
        if subject.kind != "variable":
            raise UnsupportedShapeError(f"{subject.text!r} as a subject")
        while True:
            path = self._path()
            while True:
                yield Pattern(Variable(subject.text), path, self._object())
                if not self._takes(","):
                    break
            while self._takes(";"):
                pass
            if self._next.is_(".", "}", "FILTER", "BIND", "OPTIONAL", "{"):
                return

    def _object(self) -> Variable | Constant:
        token = self._take()
        if token.kind == "variable":
            return Variable(token.text)
        if token.kind == "iri":
            return Constant(URIRef(token.text))
        raise UnsupportedShapeError(f"{token.text!r} as an object")

    def _path(self) -> Path:
        ways = [self._sequence()]
        while self._takes("|"):
            ways.append(self._sequence())
        return ways[0] if len(ways) == 1 else Path("|", tuple(ways))

    def _sequence(self) -> Path:
        steps = [self._step()]
        while self._takes("/"):
            steps.append(self._step())
        return steps[0] if len(steps) == 1 else Path("/", tuple(steps))

    def _step(self) -> Path:
        inverse = self._takes("^")
        if self._takes("("):
            path = self._path()
            self._take(")")
        else:
            token = self._take()
            if token.kind != "iri" and not token.is_("A"):
                raise UnsupportedShapeError(f"{token.text!r} in a path")
            path = Path("", iri=URIRef(token.text) if token.kind == "iri" else RDF.type)
        if self._takes("+"):
            path = Path("+", (path,))
        return Path("^", (path,)) if inverse else path

    # ---- expressions

    def _expression(self, level: int = 0) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._expression(level + 1)
        while self._next.is_(*_LEVELS[level]):
            left = Call(self._take().text, (left, self._expression(level + 1)))
        if level == _COMPARING and self._next.is_("IN", "NOT"):
            outside = self._takes("NOT")
            self._take("IN")
            found: Expression = Call("||", tuple(Call("=", (left, value)) for value in self._arguments()))
            return Call("!", (found,)) if outside else found
        return left

    def _unary(self) -> Expression:
        if self._takes("!"):
            return Call("!", (self._unary(),))
        if self._takes("-"):
            return Call("-", (Constant(0), self._unary()))
        return self._primary()

    def _primary(self) -> Expression:
        if self._takes("NOT"):
            return Call("!", (self._primary(),))
        if self._takes("EXISTS"):
            return Exists(self._group())
        if self._takes("("):
            expression = self._expression()
            self._take(")")
            return expression
        token = self._take()
        if self._next.is_("("):
            return Call(token.text if token.kind == "iri" else token.text.upper(), self._arguments())
        if token.kind == "variable":
            return Variable(token.text)
        if token.kind == "iri":
            return Constant(URIRef(token.text))
        if token.kind == "string" and "\\" not in token.text and not self._next.is_("^^"):
            if self._next.kind != "language":
                return Constant(token.text[1:-1])
        elif token.kind == "number":
            return Constant(Decimal(token.text) if "." in token.text else int(token.text))
        raise UnsupportedShapeError(f"{token.text!r} in an expression")

    def _arguments(self) -> tuple[Expression, ...]:
        self._take("(")
        if self._takes("DISTINCT"):
            found: list[Expression] = [Call("DISTINCT", (self._expression(),))]
        else:
            found = [self._expression()]
        while self._takes(","):
            found.append(self._expression())
        self._take(")")
        return tuple(found)
