"""Random SPARQL queries over a small graph, from a grammar of our own: each is a query, and most find something.

What the Recommendation leaves open is not generated: LIMIT without an order of all columns, SAMPLE, GROUP_CONCAT of
several values, RAND. Variables are few, so that patterns join.
"""

import random
from dataclasses import dataclass

PREFIX = "PREFIX : <http://e/>\n"
DATA = """@prefix : <http://e/> .
:a :p :b ; :q :c , :d ; :n 1 ; :l "x"@en , "y" .
:b :p :c ; :q :b ; :n 2 ; :l "x" .
:c :p :a ; :r :d ; :n 2.5 ; :l "z"@ja .
:d :q :a , :e ; :n 10 ; :r :d .
:e :r :b ; :l "" .
:g1 { :a :p :x . :x :p :y ; :n 3 . :y :q :a }
:g2 { :b :q :x . :x :p :y . :z :r :z ; :n 4 }
"""
_NAMES = ("a", "b", "c", "x", "y")
_PREDICATES = (":p", ":q", ":r", ":n", ":l")
_LINKS = (":p", ":q", ":r")


@dataclass(frozen=True)
class Made:
    """A query and its form."""

    text: str
    form: str


class Grammar:
    """Makes queries; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def query(self) -> Made:
        pick = self._rng.random()
        if pick < 0.1:
            return Made(f"{PREFIX}ASK {self._group(2)}", "ASK")
        if pick < 0.2:
            template = " . ".join(self._triple(plain=True) for _ in range(self._rng.randint(1, 2)))
            return Made(f"{PREFIX}CONSTRUCT {{ {template} }} WHERE {self._group(2)}", "CONSTRUCT")
        return Made(PREFIX + self._select(2), "SELECT")

    def _select(self, depth: int) -> str:
        pick = self._rng.random()
        names = self._rng.sample(_NAMES, self._rng.randint(1, 3))
        columns = " ".join(f"?{n}" for n in names)
        distinct = self._rng.choice(["", "", "DISTINCT "])
        if pick < 0.2:
            key = names[0]
            aggregate = self._rng.choice(
                ["COUNT(*)", f"COUNT({distinct}?{names[-1]})", "SUM(?m)", "MIN(?m)", "MAX(?m)", "AVG(?m)"]
            )
            having = self._rng.choice(["", "", " HAVING (COUNT(*) > 1)"])
            inner = f"{{ {self._pattern(depth)} OPTIONAL {{ ?{key} :n ?m }} }}"
            if self._rng.random() < 0.3:
                return f"SELECT ({aggregate} AS ?v) {inner}"
            return f"SELECT ?{key} ({aggregate} AS ?v) {inner} GROUP BY ?{key}{having}"
        order = ""
        if self._rng.random() < 0.3:
            order = " ORDER BY " + " ".join(self._rng.choice(["?{}", "DESC(?{})", "STR(?{})"]).format(n) for n in names)
        return f"SELECT {distinct}{columns} {self._group(depth)}{order}"

    def _group(self, depth: int) -> str:
        return f"{{ {self._pattern(depth)} }}"

    def _pattern(self, depth: int) -> str:
        parts = [self._part(depth) for _ in range(self._rng.randint(1, 3))]
        if not any(part[0] in "?:<" for part in parts) or parts[0].startswith(("FILTER", "OPTIONAL", "MINUS")):
            parts.insert(0, self._triple())
        text = ""
        for part in parts:
            dot = " . " if part[0] in "?:" else " "
            text += part + dot
        return text

    def _part(self, depth: int) -> str:
        leaves = (
            self._triple,
            self._triple,
            self._path,
            self._filter,
            self._values,
            self._bind,
            self._exists,
            self._graph,
        )
        nests = (self._optional, self._union, self._minus, self._subquery)
        if depth and self._rng.random() < 0.45:
            return self._rng.choice(nests)(depth - 1)
        return self._rng.choice(leaves)()

    def _var(self) -> str:
        return "?" + self._rng.choice(_NAMES)

    def _end(self) -> str:
        return self._var() if self._rng.random() < 0.88 else self._rng.choice([":a", ":b", ":x", ":absent"])

    def _triple(self, *, plain: bool = False) -> str:
        verb = self._rng.choice(_PREDICATES if not plain else _LINKS)
        if self._rng.random() < 0.1 and not plain:
            verb = "?pred"
        value = self._end()
        if verb == ":n" and self._rng.random() < 0.4:
            value = self._rng.choice(["1", "2.5", "10"])
        if verb == ":l" and self._rng.random() < 0.4:
            value = self._rng.choice(['"x"', '"x"@en', '""'])
        return f"{self._end()} {verb} {value}"

    def _path(self) -> str:
        return f"{self._var()} {self._step(2)} {self._end()}"

    def _step(self, depth: int) -> str:
        if not depth:
            return self._rng.choice(_LINKS)
        inner = lambda: self._step(depth - 1)  # noqa: E731
        return self._rng.choice(
            [
                lambda: f"^{self._rng.choice(_LINKS)}",
                lambda: f"({inner()}/{inner()})",
                lambda: f"({inner()}|{inner()})",
                lambda: f"({inner()})+",
                lambda: f"({inner()})*",
                lambda: f"({inner()})?",
                lambda: f"!({self._rng.choice(_LINKS)}|^{self._rng.choice(_LINKS)})",
                lambda: f"!{self._rng.choice(_LINKS)}",
            ]
        )()

    def _filter(self) -> str:
        a, b = self._var(), self._var()
        return "FILTER(" + self._rng.choice(
            [
                f"{a} = {b}", f"{a} != {b}", f"{a} < {self._rng.randint(1, 5)}", f"BOUND({a})", f"!BOUND({a})",
                f"isIRI({a})", f"isLiteral({a}) && {b} != :a", f"STR({a}) > 'm'", f"LANG({a}) = 'en'",
                f"{a} IN (:a, :b, 2)", f"{a} NOT IN (:a, 1)", f"REGEX(STR({a}), '[ac]$')", f"sameTerm({a}, {b})",
                f"COALESCE({a}, 1) = 1", f"IF(BOUND({a}), {b} = :c, true)", f"STRLEN(STR({a})) > 9 || {b} = 2",
                f"datatype({a}) = <http://www.w3.org/2001/XMLSchema#integer>",
            ]
        ) + ")"  # fmt: skip

    def _bind(self) -> str:
        a, b = self._var(), self._var()
        value = self._rng.choice(
            [
                f"STR({a})",
                f"{a} + 1",
                f"STRLEN(STR({a}))",
                f"COALESCE({a}, {b})",
                f"IF({a} = {b}, 1, 2)",
                f"CONCAT(STR({a}), '-')",
                f"UCASE(STR({a}))",
                ":a",
                "2",
            ]
        )
        return f"BIND({value} AS ?new{self._rng.randint(0, 10**6)})"

    def _values(self) -> str:
        if self._rng.random() < 0.5:
            return f"VALUES {self._var()} {{ :a :b 2 UNDEF }}"
        first, second = self._rng.sample(_NAMES, 2)
        return f"VALUES (?{first} ?{second}) {{ (:a :b) (UNDEF :c) (:d UNDEF) }}"

    def _optional(self, depth: int) -> str:
        return f"OPTIONAL {self._group(depth)}"

    def _union(self, depth: int) -> str:
        return f"{self._group(depth)} UNION {self._group(depth)}"

    def _minus(self, depth: int) -> str:
        return f"MINUS {self._group(depth)}"

    def _graph(self) -> str:
        name = self._rng.choice(["?g", "?g", ":g1", ":g2", ":none"])
        return f"GRAPH {name} {{ {self._triple()} . {self._rng.choice([self._triple, self._path])()} }}"

    def _exists(self) -> str:
        return f"FILTER {self._rng.choice(['EXISTS', 'NOT EXISTS'])} {{ {self._triple()} }}"

    def _subquery(self, depth: int) -> str:
        names = self._rng.sample(_NAMES, self._rng.randint(1, 2))
        return (
            f"{{ SELECT {self._rng.choice(['', 'DISTINCT '])}{' '.join('?' + n for n in names)} {self._group(depth)} }}"
        )
