"""Random queries of constraints, and random data for them: what they look for is often there and often not."""

import random

from rdflib import Literal, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.term import Node

BASE = "https://example.org/"
_DAYS = ("2020-01-01", "2020-12-31", "2019-03-31", "2021-02-28")
_LINKS = (":p0", ":p1", ":p2", ":p3")
_OF_KIND = {":n": "number", ":s": "text", ":d": "day", ":l": "word", ":m": "any"}


def data(rng: random.Random) -> tuple[list[URIRef], list[tuple[Node, Node, Node]]]:
    """Return some nodes, and what is said of them."""

    def literal(text: str, datatype: URIRef | None = None) -> Literal:
        return Literal(text, datatype=datatype, normalize=False)

    nodes = [URIRef(f"{BASE}x{n}") for n in range(6)]
    mixed = [literal("a"), literal("3", XSD.integer), literal("7", XSD.int), literal("true", XSD.boolean), nodes[1]]
    mixed += [literal(_DAYS[0], XSD.date), literal("q", URIRef(f"{BASE}type")), literal("2.50", XSD.decimal)]
    found: list[tuple[Node, Node, Node]] = []
    for node in nodes:
        found.append((node, RDF.type, URIRef(f"{BASE}T")))
        kinds: list[tuple[str, list[Node]]] = [(link, list(nodes)) for link in _LINKS]
        kinds.append((":n", [literal(n, XSD.decimal) for n in ("1", "2", "2.5", "-1", "0", "10")]))
        kinds.append((":s", [literal(s) for s in ("a", "b", "ab", "x-1", "", "12", "3.5", "a\nb")]))
        kinds.append((":d", [literal(d, XSD.date) for d in _DAYS]))
        kinds.append((":l", [Literal("a", lang="en"), Literal("b", lang="ja"), literal("a")]))
        kinds.append((":m", list(mixed)))
        for link, values in kinds:
            for _ in range(rng.choice((0, 1, 1, 2))):
                found.append((node, URIRef(BASE + link[1:]), rng.choice(values)))
    return nodes, found


class Constraint:
    """Makes one query. A scope has the variables that may be spoken of, $this among them."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._kinds = {"$this": "node"}

    def query(self) -> str:
        body = self._group(["$this"])
        if self._rng.random() < 0.85:
            return f"SELECT $this WHERE {{ {body} }}"
        names = [name for name in self._kinds if name != "$this"] or ["$this"]
        one, other, counted = (self._rng.choice(names) for _ in range(3))
        least = self._rng.choice(("1", "2", f"SAMPLE({other})"))
        having = f"COUNT(DISTINCT {counted}) {self._rng.choice(('=', '!=', '>'))} {least}"
        return f"SELECT $this (SAMPLE({one}) AS ?value) WHERE {{ {body} }} GROUP BY $this HAVING ({having})"

    def _new(self, kind: str) -> str:
        name = f"?v{len(self._kinds)}"
        self._kinds[name] = kind
        return name

    def _one(self, scope: list[str], *kinds: str) -> str | None:
        found = [name for name in scope if self._kinds[name] in kinds]
        return self._rng.choice(found) if found else None

    # ---- patterns

    def _group(self, scope: list[str], depth: int = 0) -> str:
        rng = self._rng
        parts = [self._triple(scope) for _ in range(rng.choice((1, 2, 2, 3)))]
        for _ in range(rng.choice((0, 1, 1, 2))):
            kind = rng.choice(("filter", "filter", "optional", "optional", "bind", "union", "triple"))
            if kind == "filter":
                parts.append(f"FILTER({self._test(scope)})")
            elif kind == "optional":
                within = list(scope)
                parts.append(f"OPTIONAL {{ {self._patterns(within)} }}")
                scope += [name for name in within if name not in scope]
            elif kind == "bind":
                made = rng.choice((self._number, self._text, self._test))(scope)
                parts.append(f"BIND({made} AS {self._new('any')})")
                scope.append(list(self._kinds)[-1])
            elif kind == "union" and depth < 1:
                branches = []
                for _ in range(rng.choice((1, 2))):
                    within = list({"$this": 0, **dict.fromkeys(rng.sample(scope, min(len(scope), 2)))})
                    branches.append(f"{{ {self._group(within, depth + 1)} }}")
                    scope += [name for name in within if name not in scope]
                parts.append(" UNION ".join(branches))
            else:
                parts.append(self._triple(scope))
        if rng.random() < 0.6:
            parts.append(f"FILTER({self._test(scope)})")
        return " ".join(parts)

    def _patterns(self, scope: list[str]) -> str:
        found = " ".join(self._triple(scope) for _ in range(self._rng.choice((1, 1, 2))))
        return f"{found} FILTER({self._test(scope, 1)})" if self._rng.random() < 0.5 else found

    def _triple(self, scope: list[str]) -> str:
        rng, subject = self._rng, self._one(scope, "node") or "$this"
        kind = rng.choice(("literal", "literal", "constant", "known", "back", "path"))
        if kind == "literal":
            link = rng.choice(list(_OF_KIND))
            object_ = self._new(_OF_KIND[link])
        elif kind == "constant":
            link, object_ = self._path(), f":x{rng.randrange(6)}"
        elif kind == "known":
            link, object_ = self._path(), self._one(scope, "node") or "$this"
        else:
            link, object_ = self._path() if kind == "path" else rng.choice(_LINKS), self._new("node")
        if object_ in self._kinds and object_ not in scope:
            scope.append(object_)
        return f"{object_} {link} {subject} ." if kind == "back" else f"{subject} {link} {object_} ."

    def _path(self, depth: int = 0) -> str:
        rng = self._rng
        kind = rng.choice(("", "", "", "", "^", "/", "|", "+")) if depth < 2 else ""
        if kind in ("/", "|"):
            return f"({self._path(depth + 1)}{kind}{self._path(depth + 1)})"
        if kind in ("^", "+"):
            return f"^({self._path(depth + 1)})" if kind == "^" else f"({self._path(depth + 1)})+"
        return rng.choice(_LINKS)

    # ---- expressions

    def _test(self, scope: list[str], depth: int = 0) -> str:
        rng = self._rng
        kind = rng.choice(
            ("logic", "not", "if", "bound", "exists", "number", "text", "contains", "regex", "in", "lang")
        )
        if depth < 2 and kind == "logic":
            return f"({self._test(scope, depth + 1)} {rng.choice(('&&', '||'))} {self._test(scope, depth + 1)})"
        if depth < 2 and kind == "not":
            return f"!({self._test(scope, depth + 1)})"
        if depth < 2 and kind == "if":
            return f"IF({', '.join(self._test(scope, depth + 1) for _ in range(3))})"
        if depth < 1 and kind == "exists":
            return f"{rng.choice(('', 'NOT '))}EXISTS {{ {self._patterns(list(scope))} }}"
        match kind:
            case "bound":
                return f"BOUND({rng.choice(scope)})"
            case "number":
                sign = rng.choice(("=", "!=", "<", "<=", ">", ">="))
                return f"{self._number(scope)} {sign} {self._number(scope)}"
            case "text":
                return f"{self._text(scope)} {rng.choice(('=', '!=', '<'))} {self._text(scope)}"
            case "contains":
                return f"{rng.choice(('CONTAINS', 'STRSTARTS', 'STRENDS'))}({self._text(scope)}, {self._text(scope)})"
            case "regex":
                pattern = rng.choice(("^[ab]", "b$", "[0-9]+"))
                return f'REGEX({self._text(scope)}, "{pattern}")'
            case "in":
                return f"{rng.choice(scope)} {rng.choice(('IN', 'NOT IN'))} (:x1, :x2)"
            case "lang":
                return f'LANGMATCHES(LANG({rng.choice(scope)}), "en")'
        return f"{rng.choice(scope)} {rng.choice(('=', '!='))} {rng.choice(scope)}"

    def _number(self, scope: list[str], depth: int = 0) -> str:
        rng, known, day = self._rng, self._one(scope, "number", "any"), self._one(scope, "day", "any")
        kind = rng.choice(("known", "known", "known", "constant", "sum", "abs", "length", "floor", "day"))
        if known and kind == "known":
            return known
        if day and kind == "day":
            return f"{rng.choice(('YEAR', 'MONTH', 'DAY'))}({day})"
        if depth < 2 and kind == "sum":
            return f"({self._number(scope, depth + 1)} {rng.choice('+-*')} {self._number(scope, depth + 1)})"
        if depth < 2 and kind == "abs":
            return f"ABS({self._number(scope, depth + 1)})"
        if depth < 2 and kind == "length":
            return f"STRLEN({self._text(scope, depth + 1)})"
        if depth < 2 and kind == "floor":
            return f"FLOOR({self._number(scope, depth + 1)} / 3)"
        return rng.choice(("0", "1", "2", "2.5", "10", f"<{XSD.integer}>({self._text(scope, 2)})"))

    def _text(self, scope: list[str], depth: int = 0) -> str:
        rng, known = self._rng, self._one(scope, "text", "word", "any")
        kind = rng.choice(("known", "known", "known", "constant", "str", "concat", "part", "after", "replace"))
        if known and kind == "known":
            return known
        if depth < 2 and kind == "str":
            return f"STR({rng.choice(scope)})"
        if depth < 2 and kind == "concat":
            return f"CONCAT({self._text(scope, depth + 1)}, {self._text(scope, depth + 1)})"
        if depth < 2 and kind == "part":
            return f"SUBSTR({self._text(scope, depth + 1)}, {rng.choice(('1', '2', '1, 1', '2, 2'))})"
        if depth < 2 and kind == "after":
            side = rng.choice(("STRAFTER", "STRBEFORE"))
            return f"{side}({self._text(scope, depth + 1)}, {self._text(scope, depth + 1)})"
        if depth < 2 and kind == "replace":
            return f'REPLACE({self._text(scope, depth + 1)}, "a", "b")'
        return rng.choice(('"a"', '"b"', '"ab"', '"-"', '""', '"1"'))
