"""Quads as N-Quads writes them, term by term: what one document says is put in order, counted and written as text.

A document has far fewer terms than quads. Each term is written once, by the engine, and ranked once; a quad of texts is
sorted and joined in a fraction of the time that one of the engine's objects takes. The order is that of `order`. There
are no blank nodes here: their labels depend on the whole graph.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

from pyoxigraph import NamedNode, Quad, Triple

from kpigraph.order import TYPE
from kpigraph.prefixes import expand
from kpigraph.text import natural

if TYPE_CHECKING:  # the server reads texts with what is here and does not load rdflib
    from rdflib.term import Node

    from kpigraph.terms import Triple as Statement

Said = tuple[str, str, str, str]  # subject, predicate, object, graph
SaidTriple = tuple[str, str, str]
S = TypeVar("S", Said, SaidTriple)

# What the engine writes as it is: most IRIs and texts. Of others it says whether they are well formed.
_PLAIN_IRI = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~-]*)*(?:#[A-Za-z0-9._~-]*)?")
_NOT_PLAIN = re.compile(r'[\x00-\x1f"\\\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufff0-\U0010ffff]')
_LANGUAGES = ("ja", "en")
_STRING, _LANG_STRING = expand("xsd:string"), expand("rdf:langString")


def _plain(node: "Node") -> str | None:
    """Return what N-Quads has for an IRI, or for a text without a datatype, where nothing in it wants a look."""
    kind = type(node).__name__
    if kind == "URIRef":
        return f"<{node}>" if _PLAIN_IRI.fullmatch(str(node)) else None
    if kind != "Literal" or getattr(node, "datatype", None) is not None or _NOT_PLAIN.search(str(node)):
        return None
    language = getattr(node, "language", None)
    return f'"{node}"' if language is None else f'"{node}"@{language}' if language in _LANGUAGES else None


class Texts(dict["Node", str]):
    """Terms of rdflib as N-Quads writes them, each looked at once; the text of another is found by asking for it.

    Raises:
        ValueError: if an IRI or a language tag is not well formed, or a term is a blank node.
    """

    def __missing__(self, node: "Node") -> str:
        if (text := _plain(node)) is None:
            from kpigraph.terms import to_term

            text = str(to_term(node))
        if text.startswith("_:"):
            raise ValueError(f"a blank node has no text of its own: {text}")
        self[node] = text
        return text


def quads(triples: "Iterable[Statement]", graph: str, texts: Texts) -> Iterator[Said]:
    """Yield `triples` as quads of the named graph `graph`. Raises what `Texts` raises."""
    name = str(NamedNode(graph))
    for s, p, o in triples:
        if (predicate := texts[p])[0] != "<" or (subject := texts[s])[0] != "<":
            raise ValueError(f"subject and predicate are IRIs: {s!r} {p!r}")
        yield subject, predicate, texts[o], name


def triples_of(triples: Iterable[Triple | Quad]) -> list[SaidTriple]:
    """Return triples of the engine as texts. A blank node keeps its label here."""
    known: dict[object, str] = {}

    def text(term: object) -> str:
        if (found := known.get(term)) is None:
            found = known[term] = str(term)
        return found

    return [(text(t.subject), text(t.predicate), text(t.object)) for t in triples]


class Order:
    """The order of some quads, and of those that were chosen of them.

    Things and properties are ranked once. Objects are compared where a thing says several by one property: few are.
    """

    def __init__(self, quads: Collection[Said]) -> None:
        self._places = _Places()
        predicates = sorted({q[1] for q in quads}, key=lambda p: "" if p == TYPE else p)
        self._predicate = {p: n for n, p in enumerate(predicates)}
        subjects = sorted({q[0] for q in quads}, key=self._places.__getitem__)
        self._subject = {s: n * len(predicates) for n, s in enumerate(subjects)}

    def quads(self, quads: Iterable[Said]) -> list[Said]:
        """Return quads without repeats, by graph, subject, predicate and object."""
        by_graph: dict[str, list[Said]] = defaultdict(list)
        for graph, run in groupby(quads, itemgetter(3)):
            by_graph[graph].extend(run)
        graphs = sorted(by_graph, key=self._places.__getitem__)
        return [quad for graph in graphs for quad in self._sorted(by_graph[graph])]

    def triples(self, quads: Iterable[Said]) -> list[SaidTriple]:
        """Return the triples of `quads`, whatever their graphs, without repeats, by subject, predicate and object."""
        return self._sorted([(s, p, o) for s, p, o, _ in quads])

    def _sorted(self, statements: Iterable[S]) -> list[S]:
        subject, predicate, places = self._subject, self._predicate, self._places
        said: dict[int, S | list[S]] = {}  # by place, one thing's by one property
        for statement in statements:
            place = subject[statement[0]] + predicate[statement[1]]
            if (there := said.setdefault(place, statement)) is not statement:
                if isinstance(there, list):
                    there.append(statement)
                else:
                    said[place] = [there, statement]
        found: list[S] = []
        for place in sorted(said):
            if isinstance(there := said[place], list):
                found += sorted(set(there), key=lambda statement: places[statement[2]])
            else:
                found.append(there)
        return found


class _Places(dict[str, tuple[str, str]]):
    """What a term is sorted by."""

    def __missing__(self, term: str) -> tuple[str, str]:
        found = self[term] = natural(term), term
        return found


def lines(quads: Iterable[Said]) -> list[bytes]:
    """Return the lines of N-Quads. Most are ASCII, which is why each is encoded on its own: it is twice as fast."""
    return [f"{s} {p} {o} {g} .\n".encode() for s, p, o, g in quads]


def nquads(quads: Iterable[Said]) -> bytes:
    return b"".join(lines(quads))


def ntriples(triples: Iterable[SaidTriple]) -> bytes:
    return b"".join([f"{s} {p} {o} .\n".encode() for s, p, o in triples])


def read(lines: bytes) -> Iterator[Said]:
    """Yield the quads that `nquads` wrote as `lines`."""
    for line in lines.decode().split("\n")[:-1]:  # a text has no line feed, but may have other ends of lines
        subject, predicate, rest = line.split(" ", 2)
        object_, graph, _ = rest.rsplit(" ", 2)
        yield subject, predicate, object_, graph


def value(text: str) -> str:
    """Return what a term says: an IRI, or the text of a literal without its language or datatype."""
    if (first := text[0]) == "<":
        return text[1:-1]
    if first == "_":
        return text[2:]
    within = text[1 : text.rindex('"')]
    return str(json.loads(f'"{within}"', strict=False)) if "\\" in within else within  # the same escapes as JSON's


def language(text: str) -> str:
    """Return the language tag of a literal, "" where it has none."""
    after = text[text.rindex('"') + 1 :]
    return after[1:].partition("--")[0] if after.startswith("@") else ""


def datatype(text: str) -> str:
    """Return the datatype of a literal."""
    after = text[text.rindex('"') + 1 :]
    return after[3:-1] if after.startswith("^^") else _LANG_STRING if after else _STRING
