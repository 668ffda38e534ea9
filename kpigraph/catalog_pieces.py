"""The catalogue as text, put together from pieces: what was said before and is said again is not made again.

A piece is what is said of the editions of one publisher, or of the catalogue itself: of each thing a block of Turtle
and a node of JSON-LD, as `dumps.serialized` writes them of the whole. The catalogue is these in the order of their
things. A thing of which several pieces say different things is written anew from all that they say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from kpigraph import jsonld
from kpigraph.order import natural, triples_in_order
from kpigraph.prefixes import DESCRIPTION_PREFIXES

FILE = "catalog.ttl"
_END = " .\n"  # of what Turtle says of one thing; within a text a line feed is escaped


@dataclass(frozen=True, slots=True)
class Piece:
    """What is said of some things: of each, by its text in N-Triples, its Turtle and its JSON-LD.

    `words` are those of the context that the JSON-LD uses.
    """

    things: dict[str, tuple[str, str]]
    words: tuple[str, ...]

    def to_json(self) -> Any:
        return [self.things, self.words]

    @classmethod
    def from_json(cls, value: Any) -> "Piece":
        things, words = value
        return cls({thing: (turtle, node) for thing, (turtle, node) in things.items()}, tuple(words))


def piece(triples: Iterable[Triple]) -> Piece:
    """Return the piece that `triples` are.

    Raises:
        ValueError: if JSON-LD cannot say something: see `jsonld.Writer.reference`.
    """
    ordered = triples_in_order(triples)
    blocks = _turtle(ordered).split(_END)[:-1]
    writer = jsonld.Writer()
    things = {}
    for block, (subject, about) in zip(blocks, groupby(ordered, key=lambda t: t.subject), strict=True):
        things[str(subject)] = block, jsonld.in_graph(writer.node(subject, about))
    return Piece(things, tuple(sorted(writer.used)))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The whole, as its two files have it."""

    turtle: bytes
    json_ld: bytes

    def quads(self, graph: NamedNode) -> list[Quad]:
        """Return it as quads of the named graph `graph`."""
        return [Quad(t.subject, t.predicate, t.object, graph) for t in read(self.turtle)]


def joined(pieces: Iterable[Piece]) -> Catalogue:
    """Return what `pieces` come to together. Raises what `piece` raises."""
    things: dict[str, tuple[str, str]] = {}
    words: set[str] = set()
    differing: dict[str, None] = {}  # blocks about things that several pieces speak of
    for one in pieces:
        words.update(one.words)
        for thing, said in one.things.items():
            if (known := things.setdefault(thing, said)) != said:
                differing |= {known[0]: None, said[0]: None}
    if differing:
        together = piece(read((_header() + "".join(f"{block}{_END}" for block in differing)).encode()))
        things |= together.things
        words.update(together.words)
    ordered = [things[thing] for _, thing in sorted((natural(thing), thing) for thing in things)]
    turtle = _header() + "".join([f"{block}{_END}" for block, _ in ordered])
    return Catalogue(turtle.encode(), jsonld.joined(words, [node for _, node in ordered]))


def read(turtle: bytes) -> list[Triple]:
    """Return what a catalogue says.

    Raises:
        SyntaxError: if it is none.
    """
    return [q.triple for q in parse(turtle, format=RdfFormat.TURTLE)]


def differing(before: bytes, after: bytes) -> tuple[list[Triple], list[Triple]]:
    """Return what the catalogue `before` says and `after` does not, and the other way round, both as Turtle.

    Only what is said of things that differ is read. Raises what `read` raises.
    """
    header = _header().encode()
    if not (before.startswith(header) and after.startswith(header)):
        gone, new = set(read(before)), set(read(after))
    else:
        blocks = [set(text[len(header) :].split(_END.encode())) for text in (before, after)]
        gone, new = (
            set(read(header + b"".join(b + _END.encode() for b in these - those if b)))
            for these, those in (blocks, blocks[::-1])
        )
    return list(gone - new), list(new - gone)


@cache
def _header() -> str:
    nothing = NamedNode("urn:x:0")
    text = _engine([Triple(nothing, nothing, Literal("x"))])
    return text[: text.index("<urn:x:0>")]


def _turtle(ordered: list[Triple]) -> str:
    return _engine(ordered).removeprefix(_header()) if ordered else ""


def _engine(triples: list[Triple]) -> str:
    return (serialize(triples, format=RdfFormat.TURTLE, prefixes=dict(DESCRIPTION_PREFIXES)) or b"").decode()
