"""Queries put so that the engine gives what the Recommendation says, where it does otherwise (docs/endpoint.md).

1. A path alternative keeps its duplicates: `?s p|q ?o` is written out as a union, branch by branch.
2. A path of length zero begins at a constant that stands nowhere in the data, too: `<x> p* ?o` gives `<x>`.
3. GRAPH ?g around VALUES, a subquery or another GRAPH binds ?g; around a graph that is not there it gives nothing.

What is written anew means the same by the Recommendation (SPARQL 1.1 Query, sections 9.3, 18.2.2 and 18.4), whatever
the engine. What cannot be told apart with certainty stays as it is. The text must be a query: have it parsed before.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kpigraph import lexer
from kpigraph.lexer import Token

_BRANCHES = 64  # of one path; more are left alone
_PIECES = 256  # unions in one query, so that it does not become deeper than the guard lets queries be
# What concerns this module, not COUNT(*); in small letters. What stands before is looked at last, as that is quicker.
_PATH = re.compile(r"\|(?<!\|\|)(?!\|)|[*?][ \t\r\n]|[*?]\)(?<!\(\*\))")
_GRAPH = re.compile(r"graph(?<!\wgraph)\b")
_AFTER = frozenset({"FILTER", "OPTIONAL", "GRAPH", "BIND", "VALUES", "MINUS", "SERVICE", "UNION"})
_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})

Absent = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Path:
    """A property path: `|`, `/`, `^`, `!` (parts: the forward ones, the backward ones), a sign of length, or an IRI."""

    sign: str
    parts: tuple["Path", ...] = ()
    text: str = ""

    def __str__(self) -> str:
        inner = [str(p) for p in self.parts]
        match self.sign:
            case "":
                return self.text
            case "!":
                return f"!({'|'.join('^' + str(p.parts[0]) if p.sign == '^' else p.text for p in self.parts)})"
            case "^":
                return f"^({inner[0]})"
            case "|" | "/":
                return f"({self.sign.join(inner)})"
        return f"({inner[0]}){self.sign}"

    def branches(self) -> list["Path"]:
        """Return paths without alternatives that together give what this one does, with as many duplicates."""
        match self.sign:
            case "|":
                return [b for p in self.parts for b in p.branches()]
            case "/":
                count = 1
                every = [p.branches() for p in self.parts]
                for one in every:
                    count *= len(one)
                if count > _BRANCHES:
                    raise _Unclear
                return [Path("/", choice) for choice in itertools.product(*every)]
            case "^":
                return [Path("^", (b,)) for b in self.parts[0].branches()]
            case "!":
                ways = [tuple(p for p in self.parts if (p.sign == "^") is way) for way in (False, True)]
                return [Path("!", way) for way in ways if way] or [self]
        return [self]

    @property
    def may_be_empty(self) -> bool:
        """Whether it has a path of length zero from a term to itself, whatever the data."""
        return self.sign in ("*", "?") or (self.sign in ("^", "+") and self.parts[0].may_be_empty)


class _Unclear(Exception):  # noqa: N818 - no error: the text is left as it is
    pass


def rewritten(text: str, absent: Absent) -> str:
    """Return `text` so that the engine answers it by the Recommendation.

    `absent` tells of a constant, as it is written in the query, whether it stands nowhere in the default graph.
    """
    if not _PATH.search(text) and not _GRAPH.search(text.lower()):
        return text
    tokens = list(lexer.tokens(text))
    try:
        edits = [*_statements(text, tokens, absent), *_graphs(tokens)]
    except _Unclear:
        return text
    if sum(new.count(" UNION ") + 1 for _, _, new in edits) > _PIECES:
        return text
    for start, end, new in sorted(edits, key=lambda edit: edit[0], reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _statements(text: str, tokens: list[Token], absent: Absent) -> Iterator[tuple[int, int, str]]:
    """Yield the statements with paths to be written anew: from where, to where, how."""
    stack: list[str] = []
    kind, in_graph = "group", 0
    previous = Token("", "", 0)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        word = token.text.upper() if token.kind == "word" else ""
        if word in ("CONSTRUCT", "VALUES", "GRAPH", "SERVICE"):
            kind = word
        elif word == "WHERE":
            kind = "group"
        elif token.kind == "open":
            stack.append(kind if token.text == "{" else token.text)
            in_graph += stack[-1] in ("GRAPH", "SERVICE")
            kind = "group" if token.text == "{" else kind
        elif token.kind == "close":
            in_graph -= bool(stack) and stack.pop() in ("GRAPH", "SERVICE")
        elif stack and stack[-1] in ("group", "GRAPH") and previous.text in ("{", "}", ".", ")"):
            try:
                statement = _Statement(text, tokens, at)
            except (_Unclear, IndexError):
                statement = None
            if statement is not None:
                if new := statement.written((lambda _: False) if in_graph else absent):
                    yield token.start, statement.end, new
                previous, at = tokens[statement.after - 1], statement.after
                continue
        elif stack and stack[-1] == "(" and _may_be_comparison(token, previous):
            raise _Unclear  # then the tokens from here on are others
        previous, at = token, at + 1


def _may_be_comparison(token: Token, previous: Token) -> bool:
    """Whether an IRI in round brackets may be `<`, and a comment or a string."""
    if token.kind != "iri" or not ("#" in token.text or "'" in token.text):
        return False
    return previous.kind not in ("open", "operator", "iri") and previous.text != ","


class _Statement:
    """The triples of one subject, all of whose terms are variables, IRIs or literals.

    Raises:
        _Unclear, IndexError: if something else stands at the place.
    """

    def __init__(self, text: str, tokens: list[Token], at: int) -> None:
        self._text = text
        self._tokens = tokens
        self.after = at
        self._triples: list[tuple[str, Path | str, str]] = []
        if tokens[at].kind == "number":
            raise _Unclear  # perhaps the digits after a decimal point
        subject = self._term()
        while True:
            verb = self._verb()
            self._triples.append((subject, verb, self._term()))
            while self._takes(","):
                self._triples.append((subject, verb, self._term()))
            more = False
            while self._takes(";"):
                more = True
            if not more or self._ends():
                break
        if not self._ends():
            raise _Unclear
        last = tokens[self.after - 1]
        self.end = last.start + len(last.text)

    def written(self, absent: Absent) -> str:
        """Return the statement put otherwise; "" if it can stay as it is."""
        found = [_triple(*triple, absent) for triple in self._triples]
        return " . ".join(found) if any(f.startswith("{") for f in found) else ""

    def _ends(self) -> bool:
        token = self._tokens[self.after]
        return token.text in (".", "{", "}") or (token.kind == "word" and token.text.upper() in _AFTER)

    def _takes(self, *texts: str) -> str:
        if self._tokens[self.after].text in texts:
            self.after += 1
            return self._tokens[self.after - 1].text
        return ""

    def _term(self) -> str:
        token = self._tokens[self.after]
        end = token.start + len(token.text)
        bare = token.kind in ("iri", "prefixed", "variable") or token.text in ("true", "false")
        if token.kind == "number":
            bare = self._text[end : end + 1] not in (".", "e", "E")
        self.after += 1
        if token.kind == "string":
            following = self._tokens[self.after]
            if following.kind == "language":
                self.after += 1
                return token.text + following.text
            if following.text == "^^" and self._tokens[self.after + 1].kind in ("iri", "prefixed"):
                self.after += 2
                return f"{token.text}^^{self._tokens[self.after - 1].text}"
            return token.text
        if not bare:
            raise _Unclear
        return token.text

    def _verb(self) -> Path | str:
        if self._tokens[self.after].kind == "variable":
            self.after += 1
            return self._tokens[self.after - 1].text
        return self._path()

    def _path(self) -> Path:
        return self._row("|", lambda: self._row("/", self._step))

    def _row(self, sign: str, part: Callable[[], Path]) -> Path:
        parts = [part()]
        while self._takes(sign):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Path(sign, tuple(parts))

    def _step(self) -> Path:
        if self._takes("^"):
            return Path("^", (self._step(),))
        if self._takes("!"):
            if not self._takes("("):
                return Path("!", (self._one(),))
            inner = [self._one()]
            while self._takes("|"):
                inner.append(self._one())
            path = Path("!", tuple(inner))
            if not self._takes(")"):
                raise _Unclear
            return path
        if self._takes("("):
            path = self._path()
            if not self._takes(")"):
                raise _Unclear
        else:
            path = self._one()
        sign = self._tokens[self.after]
        if sign.kind == "variable" and sign.start and self._text[sign.start - 1] not in " \t\r\n":
            raise _Unclear  # `p?x`: a sign of length, or the object
        return Path(sign.text, (path,)) if self._takes("*", "+", "?") else path

    def _one(self) -> Path:
        if self._takes("^"):
            return Path("^", (self._one(),))
        token = self._tokens[self.after]
        if token.kind not in ("iri", "prefixed") and token.text != "a":
            raise _Unclear
        self.after += 1
        return Path("", (), token.text)


def _triple(subject: str, verb: Path | str, value: str, absent: Absent) -> str:
    """Return the triple, in braces if it had to be put otherwise."""
    if isinstance(verb, str):
        return f"{subject} {verb} {value}"
    branches = verb.branches()
    if len(branches) > _BRANCHES:
        raise _Unclear
    found = [_branch(subject, branch, value, absent) for branch in branches]
    if len(found) == 1 and not found[0].startswith("VALUES"):
        return f"{subject} {verb} {value}"
    return " UNION ".join(f"{{ {one} }}" for one in found)


def _branch(subject: str, path: Path, value: str, absent: Absent) -> str:
    if path.may_be_empty:
        if subject[0] not in "?$" and (value[0] in "?$" or value == subject) and absent(subject):
            return f"VALUES {value} {{ {subject} }}" if value != subject else "VALUES () { () }"
        if subject[0] in "?$" and value[0] not in "?$" and absent(value):
            return f"VALUES {subject} {{ {value} }}"
    return f"{subject} {path} {value}"


def _graphs(tokens: list[Token]) -> Iterator[tuple[int, int, str]]:
    """Yield what is to be put in so that GRAPH around VALUES, a subquery or GRAPH is of the graphs that there are."""
    for at, token in enumerate(tokens[:-2]):
        if token.text.upper() != "GRAPH" or token.kind != "word" or tokens[at + 2].text != "{":
            continue
        name = tokens[at + 1]
        inside = tokens[at + 3 : _end(tokens, at + 2)]
        words = {t.text.upper() for t in inside if t.kind == "word"}
        if name.kind not in ("variable", "iri", "prefixed") or not words & {"VALUES", "SELECT", "GRAPH"}:
            continue
        if name.kind == "variable" and "SELECT" in words:
            grouped = "GROUP" in words
            unclear = words & {"LIMIT", "OFFSET", "GRAPH"} or (grouped and "VALUES" in words)
            unclear = unclear or any(t.kind == "variable" and t.text[1:] == name.text[1:] for t in inside)
            selects = [n for n, t in enumerate(inside) if t.kind == "word" and t.text.upper() == "SELECT"]
            if unclear or (words & _AGGREGATES and not grouped) or (grouped and len(selects) > 1):
                continue
            places = []
            for n in selects:
                quantified = inside[n + 1].text.upper() in ("DISTINCT", "REDUCED")
                places.append(inside[n + 1 + quantified])
            if any(place.text == "*" for place in places):
                continue
            places += [inside[n + 2] for n, t in enumerate(inside) if t.kind == "word" and t.text.upper() == "GROUP"]
            yield from ((place.start, place.start, f"{name.text} ") for place in places)
        yield token.start, token.start, f"GRAPH {name.text} {{}} "


def _end(tokens: list[Token], at: int) -> int:
    """Return where the bracket that opens at `at` is closed."""
    depth = 0
    for n in range(at, len(tokens)):
        depth += (tokens[n].kind == "open") - (tokens[n].kind == "close")
        if depth == 0:
            return n
    raise _Unclear
