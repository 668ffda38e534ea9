"""Read the query of a SHACL-SPARQL constraint as far as it takes to ask it for many focus nodes at once.

SHACL asks it anew for each node, with $this replaced by it. Here each group that speaks of $this begins with a pattern
that binds it to the focus nodes, which comes to the same (SHACL, section 5.3.2). What is read besides tells where two
engines could differ: which predicates a variable comes from, what is compared with what, which functions are called.
Anything else than what is read here raises UnsupportedShapeError, and pySHACL asks the query.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.tokens import Cursor, Token, lexed

ANY = "*"  # stands for every predicate

_COMPARISONS = {"=", "!=", "<", ">", "<=", ">="}
# Functions on which rdflib and Oxigraph agree for the arguments that are let through.
_FUNCTIONS = {
    "ABS", "BOUND", "CEIL", "COALESCE", "CONCAT", "CONTAINS", "COUNT", "DATATYPE", "DAY", "FILTER", "FLOOR", "IF", "IN",
    "ISBLANK", "ISIRI", "ISLITERAL", "ISURI", "LANG", "LANGMATCHES", "MONTH", "NOT", "REGEX", "REPLACE", "SAMETERM",
    "SAMPLE", "STR", "STRAFTER", "STRBEFORE", "STRENDS", "STRLEN", "STRSTARTS", "SUBSTR", "YEAR", "BIND", "HAVING",
}  # fmt: skip
_CASTS = {
    "http://www.w3.org/2001/XMLSchema#integer",
    "http://www.w3.org/2001/XMLSchema#decimal",
}
# What asks for a number's value, not for how it is written.
_BY_VALUE = {"", "ABS", "BOUND", "CEIL", "COALESCE", "COUNT", "FILTER", "FLOOR", "IF", "IN", "NOT", "SAMPLE", "BIND",
             "HAVING", *_CASTS}  # fmt: skip
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


@dataclass(slots=True)
class Query:
    """What was read. `text` begins with PREFIX lines; `inject` is where a pattern that binds $this goes, last first."""

    text: str
    tokens: tuple[Token, ...] = ()  # the last is of kind "end"
    inject: tuple[int, ...] = ()
    projected: list[str] = field(default_factory=list)
    sources: dict[str, set[str]] = field(default_factory=dict)  # variable → predicates that it is an object of
    computed: set[str] = field(default_factory=set)
    resources: set[str] = field(default_factory=set)  # variables that are no literals, as they are subjects too
    identity: set[str] = field(default_factory=set)  # predicates whose objects must be told apart exactly
    spelled: set[str] = field(default_factory=set)  # variables whose text is looked at
    samples: dict[str, str] = field(default_factory=dict)  # variable → the variable that it is a sample of
    predicates: set[str] = field(default_factory=set)
    comparisons: list[tuple[Token, str, Token]] = field(default_factory=list)
    matches_text: bool = False  # by a regular expression


@lru_cache(maxsize=512)
def read_query(select: str, prefixes: tuple[tuple[str, str], ...]) -> Query:
    """Return what `select` asks.

    Raises:
        UnsupportedShapeError: if it is not of the kind described above.
    """
    return _Reader(select, dict(prefixes)).query()


class _Reader(Cursor):
    def __init__(self, select: str, prefixes: dict[str, str]) -> None:
        head = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in sorted(prefixes.items()))
        super().__init__(lexed(select, prefixes, len(head)))
        self._query = Query(head + select, tuple(self._tokens))
        self._inject: list[int] = []

    # ---- the query

    def query(self) -> Query:
        query = self._query
        self._take("SELECT")
        self._takes("DISTINCT")
        while not self._next.is_("WHERE", "{"):
            if self._next.kind == "variable":
                query.projected.append(self._take().text)
            else:
                self._projection()
        self._takes("WHERE")
        self._group(required=True, root=True)
        self._modifiers()
        if "this" not in query.projected or {"failure", "currentShape", "shapesGraph", "PATH"} & {
            t.text for t in self._tokens if t.kind == "variable"
        }:
            raise UnsupportedShapeError("a query without $this, or with variables of its own meaning")
        if query.computed & {"this", "value", "path"} - set(query.samples):
            raise UnsupportedShapeError("a value that is computed")
        query.inject = tuple(sorted(self._inject, reverse=True))
        times = Counter(t.text for t in self._tokens if t.kind == "variable")
        counted = any(t.is_("COUNT") for t in self._tokens)
        for name, predicates in query.sources.items():
            if name not in query.resources and (times[name] > 1 or counted):
                query.identity |= predicates
        return query

    def _projection(self) -> None:
        """( expression AS ?variable ); a SAMPLE of a variable is a term of the data."""
        start = self._at
        self._parenthesised()
        inside = self._tokens[start + 1 : self._at - 1]
        if len(inside) < 3 or not inside[-2].is_("AS") or inside[-1].kind != "variable":
            raise UnsupportedShapeError("a projection without AS")
        name = inside[-1].text
        self._query.projected.append(name)
        self._query.computed.add(name)
        if len(inside) == 6 and inside[0].is_("SAMPLE") and inside[2].kind == "variable":
            self._query.samples[name] = inside[2].text

    def _modifiers(self) -> None:
        grouped = not any(t.is_("COUNT", "SAMPLE") for t in self._tokens)
        if self._takes("GROUP"):
            self._take("BY")
            names = []
            while self._next.kind == "variable":
                names.append(self._take().text)
            grouped = "this" in names
        if self._takes("HAVING"):
            self._parenthesised()
        if not grouped or self._next.kind != "end":
            raise UnsupportedShapeError("an aggregate over several nodes, or a modifier")

    def _group(self, *, exists: bool = False, required: bool = False, root: bool = False) -> bool:
        """Read { … }; return whether it speaks of $this, groups within left out unless they belong to a filter."""
        start = self._take("{").start
        this = False
        while not self._takes("}"):
            if self._takes("FILTER"):
                this |= self._filter()
            elif self._takes("BIND"):
                this |= self._bind()
            elif self._takes("OPTIONAL"):
                inner = self._group(exists=exists)
                this |= exists and inner
            elif self._next.is_("{"):
                inner = self._group(exists=exists, required=required and not self._is_union())
                while self._takes("UNION"):
                    inner |= self._group(exists=exists)
                this |= exists and inner
            elif not self._takes("."):
                this |= self._triples(required)
        if root or (this and not exists):
            self._inject.append(start + 1)
        return this

    def _is_union(self) -> bool:
        """Tell whether the group that begins here is a branch of a UNION."""
        depth = 0
        for n in range(self._at, len(self._tokens)):
            depth += self._tokens[n].is_("{") - self._tokens[n].is_("}")
            if depth == 0:
                return self._tokens[n + 1].is_("UNION")
        return False

    def _filter(self) -> bool:
        start = self._at
        if self._next.is_("NOT", "EXISTS"):
            return self._exists()
        if self._next.kind == "word":
            self._at += 1
        return self._parenthesised(start)

    def _exists(self) -> bool:
        self._takes("NOT")
        self._take("EXISTS")
        return self._group(exists=True)

    def _bind(self) -> bool:
        start = self._at
        this = self._parenthesised()
        as_, name = self._tokens[self._at - 3 : self._at - 1]
        if not as_.is_("AS") or name.kind != "variable" or start + 4 > self._at:
            raise UnsupportedShapeError("BIND without AS")
        self._query.computed.add(name.text)
        return this

    # ---- expressions: only what two engines could take differently is read

    def _parenthesised(self, start: int | None = None) -> bool:
        start = self._at if start is None else start
        this, depth = False, 0
        while True:
            token = self._next
            if token.is_("EXISTS") or (token.is_("NOT") and self._tokens[self._at + 1].is_("EXISTS")):
                this |= self._exists()
                continue
            depth += token.is_("(") - token.is_(")")
            if token.kind == "end" or token.is_("{", "}", "[", "]", ";", "SELECT"):
                raise UnsupportedShapeError(f"{token.text!r} in an expression")
            this |= token.kind == "variable" and token.text == "this"
            self._at += 1
            if depth == 0 and token.is_(")"):
                break
        self._check(start, self._at)
        return this

    def _check(self, start: int, end: int) -> None:
        tokens, query = self._tokens, self._query
        within: list[str] = []  # the functions whose arguments are read
        for n in range(start, end):
            token = tokens[n]
            if token.is_("("):
                before = tokens[n - 1]
                within.append({"word": before.text.upper(), "iri": before.text}.get(before.kind, ""))
            elif token.is_(")") and within:
                within.pop()
            elif token.kind == "variable" and not set(within) <= _BY_VALUE:
                query.spelled.add(token.text)
            called = tokens[n + 1].is_("(")
            if token.kind == "word" and called and token.text.upper() not in _FUNCTIONS:
                raise UnsupportedShapeError(f"function {token.text}")
            if token.kind == "iri" and called and token.text not in _CASTS:
                raise UnsupportedShapeError(f"function {token.text}")
            if token.is_("REGEX", "REPLACE"):
                query.matches_text = True
                _check_pattern(token, self._arguments(n + 1))
            elif token.is_(*_COMPARISONS):
                query.comparisons.append((tokens[n - 1], token.text, tokens[n + 1]))
            elif token.is_("IN"):
                left = tokens[n - 2] if tokens[n - 1].is_("NOT") else tokens[n - 1]
                query.comparisons += [(left, "=", a[0]) for a in self._arguments(n + 1) if a]

    def _arguments(self, n: int) -> list[list[Token]]:
        """Return what stands between the commas of the parenthesis that token `n` opens."""
        arguments: list[list[Token]] = [[]]
        depth = 0
        while True:
            token = self._tokens[n]
            depth += token.is_("(") - token.is_(")")
            if depth == 0:
                return arguments
            if depth == 1 and token.is_(","):
                arguments.append([])
            elif depth > 1 or not token.is_("("):
                arguments[-1].append(token)
            n += 1

    # ---- triples

    def _triples(self, required: bool) -> bool:
        subject = self._term()
        if required and subject[0] == "variable":
            self._query.resources.add(subject[1])
        this = subject == ("variable", "this")
        while True:
            starts, ends = self._path()
            while True:
                object_ = self._term()
                this |= object_ == ("variable", "this")
                for (kind, name), sources in ((subject, starts), (object_, ends)):
                    if kind == "variable":
                        self._query.sources.setdefault(name, set()).update(sources)
                    elif kind != "iri":
                        self._query.identity |= sources
                if not self._takes(","):
                    break
            while self._takes(";"):
                pass
            if self._next.is_(".", "}", "FILTER", "BIND", "OPTIONAL", "{"):
                return this

    def _term(self) -> tuple[str, str]:
        token = self._take()
        if token.kind == "string" and (self._next.kind == "language" or self._next.is_("^^")):
            raise UnsupportedShapeError("a literal with a language or datatype")
        if token.kind not in ("variable", "iri", "string", "number") and not token.is_("TRUE", "FALSE"):
            raise UnsupportedShapeError(f"{token.text!r} as a term")
        if token.kind == "number" and not re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", token.text):
            raise UnsupportedShapeError(f"{token.text} is not written as Oxigraph writes it")
        return token.kind, token.text

    def _path(self) -> tuple[set[str], set[str]]:
        """Read a path; return the predicates that its subject, and its object, is an object of."""
        if self._next.kind == "variable":
            self._query.sources.setdefault(self._take().text, set())
            self._query.predicates.add(ANY)
            return set(), {ANY}
        starts, ends = self._sequence()
        while self._takes("|"):
            more = self._sequence()
            starts, ends = starts | more[0], ends | more[1]
        return starts, ends

    def _sequence(self) -> tuple[set[str], set[str]]:
        starts, ends = self._step()
        while self._takes("/"):
            back, after = self._step()
            if back:  # a/^b: two things meet in what may be a literal
                self._query.identity |= ends | back
            ends = after
        return starts, ends

    def _step(self) -> tuple[set[str], set[str]]:
        inverse = self._takes("^")
        if self._takes("("):
            starts, ends = self._path()
            self._take(")")
        else:
            token = self._take()
            if token.kind != "iri" and not (token.kind == "word" and token.text == "a"):
                raise UnsupportedShapeError(f"{token.text!r} in a path")
            predicate = _TYPE if token.kind == "word" else token.text
            self._query.predicates.add(predicate)
            starts, ends = set(), {predicate}
        if self._takes("*", "?"):
            raise UnsupportedShapeError("a path that may lead nowhere")
        if self._takes("+") or inverse:
            return (ends, starts) if inverse else (starts, ends)
        return starts, ends


def _check_pattern(function: Token, arguments: list[list[Token]]) -> None:
    """Let through what Python's regular expressions and Rust's mean alike.

    Raises:
        UnsupportedShapeError: for everything else.
    """
    constants = arguments[1:]
    if len(constants) != (2 if function.is_("REPLACE") else 1) or any(
        len(a) != 1 or a[0].kind != "string" for a in constants
    ):
        raise UnsupportedShapeError("a pattern that is not written out, or has flags")
    expression = constants[0][0].text[1:-1]
    if "\\" in expression or "(?" in expression or re.search(r"&&|--|~~", expression):
        raise UnsupportedShapeError(f"pattern {expression}")
    for body in re.findall(r"\[\^?\]?([^\]]*)\]", expression):
        if "[" in body:
            raise UnsupportedShapeError(f"pattern {expression}")
    if function.is_("REPLACE") and re.search(r"[$\\]", constants[1][0].text):
        raise UnsupportedShapeError("a replacement with groups")
