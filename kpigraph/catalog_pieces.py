"""The catalogue as text, put together from pieces: what was said before and is said again is not made again.

A piece is what is said of the editions of one publisher, or of the catalogue itself: of each thing a block of Turtle
and a node of JSON-LD, as `dumps.serialized` writes them of the whole. The catalogue is these in the order of their
things. A thing of which several pieces say different things is written anew from all that they say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from kpigraph import jsonld
from kpigraph.order import natural, triples_in_order
from kpigraph.prefixes import DESCRIPTION_PREFIXES, expand

FILE, JSON_LD = "catalog.ttl", "catalog.jsonld"
_END = " .\n"  # of what Turtle says of one thing; within a text a line feed is escaped


@dataclass(frozen=True, slots=True)
class Piece:
    """What is said of some things: of each, by its text in N-Triples, its Turtle and its JSON-LD.

    `words` are those of the context that the JSON-LD uses.
    """

    things: dict[str, tuple[str, str]]
    words: tuple[str, ...]

    @property
    def outline(self) -> Any:
        """What must be known of a piece whose texts the catalogue before has: its things and words, as JSON."""
        return [list(self.things), self.words]


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
    """The whole, as its two files have it.

    `is_uniform`: of each thing all pieces that speak of it say the same.
    """

    turtle: bytes
    json_ld: bytes
    is_uniform: bool = False

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
    return _whole([things[thing] for thing in _in_order(things)], words, is_uniform=not differing)


def _in_order(things: Iterable[str]) -> Iterable[str]:
    return (thing for _, thing in sorted((natural(thing), thing) for thing in things))


def _whole(ordered: Sequence[tuple[str, str]], words: Iterable[str], *, is_uniform: bool) -> Catalogue:
    turtle = _header() + "".join([f"{block}{_END}" for block, _ in ordered])
    return Catalogue(turtle.encode(), jsonld.joined(words, [node for _, node in ordered]), is_uniform)


def changed(before: Catalogue, outlines: Iterable[Any], fresh: Iterable[Piece]) -> Catalogue | None:
    """Return what `joined` returns of `fresh` pieces and of those with these `outlines`, whose texts `before` has.

    None where that cannot be told from `before`: where pieces say different things of one thing.
    """
    if not before.is_uniform or (known := _texts(before)) is None:
        return None
    things: dict[str, tuple[str, str]] = {}
    words: set[str] = set()
    for names, these in outlines:
        words.update(these)
        for thing in names:
            if (said := known.get(thing)) is None:
                return None
            things[thing] = said
    for one in fresh:
        words.update(one.words)
        if any(things.setdefault(thing, said) != said for thing, said in one.things.items()):
            return None
    order = known if things.keys() <= known.keys() else _in_order(things)  # as they stand there
    return _whole([things[thing] for thing in order if thing in things], words, is_uniform=True)


def _texts(of: Catalogue) -> dict[str, tuple[str, str]] | None:
    """Return what a catalogue has of each thing, as pieces have it; None if it is not as `_whole` writes it."""
    header, turtle = _header(), of.turtle.decode()
    nodes = jsonld.nodes_of(of.json_ld.decode())
    blocks = turtle[len(header) :].split(_END)
    if not turtle.startswith(header) or blocks.pop() or len(blocks) != len(nodes):
        return None
    found = {}
    for block, node in zip(blocks, nodes, strict=True):
        name = block[: block.index(" ")]
        found[name if name.startswith("<") else f"<{expand(name)}>"] = block, node
    return found


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
