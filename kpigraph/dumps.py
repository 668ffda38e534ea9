"""The whole graph as files, in six formats and each compressed too.

Turtle, N-Triples, RDF/XML and JSON-LD hold the triples of all graphs together: whoever opens them with an everyday tool
gets everything. N-Quads and TriG say besides which named graph (edition and layer) each triple stands in.

They are written from the quads and not from the store, which would give back other literals than it was given
("1.50" as 1.5, xsd:nonNegativeInteger as xsd:integer). The same quads always give the same bytes.

A dump is a beginning, pieces and an end. A piece is what one document, or the lasting things of one municipality, are
in that format; it is written once and kept packed, so that a country is put together without being in memory.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

from pyoxigraph import Literal, Quad, RdfFormat, Triple, serialize

from kpigraph import jsonld, packing
from kpigraph.order import triples_in_order
from kpigraph.packing import Former, Piece, Pieces, Written
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.text import NOT_XML


@dataclass(frozen=True, slots=True)
class Representation:
    """A format graphs are written in; `dataset` tells whether it keeps named graphs apart."""

    media_type: str
    format: RdfFormat
    dataset: bool = False


# By file suffix. To add a format that the engine writes: one line.
REPRESENTATIONS = {
    "ttl": Representation("text/turtle", RdfFormat.TURTLE),
    "jsonld": Representation("application/ld+json", RdfFormat.JSON_LD),
    "nt": Representation("application/n-triples", RdfFormat.N_TRIPLES),
    "nq": Representation("application/n-quads", RdfFormat.N_QUADS, dataset=True),
    "trig": Representation("application/trig", RdfFormat.TRIG, dataset=True),
    "rdf": Representation("application/rdf+xml", RdfFormat.RDF_XML),
}

_XML_END = b"</rdf:RDF>"
_LOCAL_NAME = re.compile(r"[^\W\d][\w.\-]*$")


def write(
    folder: Path,
    pieces: Callable[[str], Pieces],
    threads: int = 1,
    *,
    packed_only: bool = False,
    former: Callable[[str], Former | None] = lambda name: None,
) -> Written:
    """Write kpigraph.{ttl,jsonld,nt,nq,trig,rdf} and .gz of each into `folder`; return them by name.

    `pieces` gives those of a format, named by its suffix, in their order. Memory does not grow with their number.
    Those that are written `packed_only` are told by their length, without a checksum, and are not there; `former`
    gives the file of a name in the release before, of which what has not changed is taken over.

    Raises:
        OSError: if a file cannot be written.
        zlib.error: if a piece is damaged.
    """

    def dump(suffix: str) -> Written:
        name, these = f"kpigraph.{suffix}", pieces(suffix)
        return packing.write_beside(
            folder / name,
            lambda former: _whole(suffix, these(former)),
            packed_only=packed_only,
            former=former(f"{name}.gz"),
        )

    with ThreadPoolExecutor(max(1, threads)) as pool:  # what takes time here lets other threads run
        return packing.together(done.result() for done in [pool.submit(dump, suffix) for suffix in REPRESENTATIONS])


def file_names(*, packed_only: bool | None = None) -> list[str]:
    """Return what the dumps are called; if it is said whether they are there packed only, the files that are there."""
    plain = [f"kpigraph.{suffix}" for suffix in REPRESENTATIONS]
    packed = [f"{name}.gz" for name in plain]
    return plain if packed_only is None else packed if packed_only else [*plain, *packed]


def _whole(suffix: str, pieces: Iterable[Piece]) -> Iterator[Piece]:
    begin, between, end = frame(suffix)
    following = begin
    for part in pieces:
        if part.size:
            if following:
                yield packing.piece(following)
            following = between
            yield part
    if following is begin and begin:
        yield packing.piece(begin)
    if end:
        yield packing.piece(end)


@cache
def frame(suffix: str) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the first piece of a dump, between two pieces, and after the last."""
    match REPRESENTATIONS[suffix].format:
        case RdfFormat.JSON_LD:
            return jsonld.beginning(), jsonld.BETWEEN, jsonld.END
        case RdfFormat.RDF_XML:
            empty = serialize([], format=RdfFormat.RDF_XML, prefixes=dict(PREFIXES)) or b""
            return empty.removesuffix(_XML_END), b"", _XML_END
        case RdfFormat.TURTLE | RdfFormat.TRIG:
            return "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()).encode(), b"", b""
        case _:
            return b"", b"", b""


def piece(suffix: str, statements: Sequence[Quad] | Sequence[Triple]) -> bytes:
    """Return the piece of a dump that `statements` are, in their order: quads where the format keeps graphs apart.

    Raises:
        SourceError: if a text holds a character that XML cannot hold.
        ValueError: if a predicate cannot be written in RDF/XML, or JSON-LD cannot say something.
    """
    if not statements:
        return b""
    output = io.BytesIO()
    if REPRESENTATIONS[suffix].format == RdfFormat.JSON_LD:
        jsonld.write_nodes(cast("Sequence[Triple]", statements), output)
        return output.getvalue()
    _serialize(list(statements), REPRESENTATIONS[suffix], output)  # type: ignore[arg-type]
    written = output.getvalue()
    if REPRESENTATIONS[suffix].format == RdfFormat.RDF_XML:
        begin, _, end = frame(suffix)
        return written.removeprefix(begin).removesuffix(end)
    cut = 0
    while written.startswith(b"@prefix ", cut):  # the engine writes them in an order of its own
        cut = written.index(b"\n", cut) + 1
    return written[cut:]


def pieces(quads: Sequence[Quad]) -> dict[str, bytes]:
    """Return the piece of every dump that `quads`, in the order of `in_order`, are. Raises what `piece` raises."""
    triples = triples_in_order(quads)
    return {s: piece(s, quads if r.dataset else triples) for s, r in REPRESENTATIONS.items()}


def serialized(triples: Iterable[Triple], suffix: str, prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """Return `triples`, in their order, in the format of `suffix`, such as ttl. Raises what `write` raises."""
    if REPRESENTATIONS[suffix].format == RdfFormat.JSON_LD:
        return jsonld.document(triples)
    output = io.BytesIO()
    _serialize(list(triples), REPRESENTATIONS[suffix], output, prefixes)
    return output.getvalue()


def _serialize(
    statements: list[Quad] | list[Triple],
    representation: Representation,
    output: object,
    prefixes: Mapping[str, str] = PREFIXES,
) -> None:
    writer = cast("BinaryIO", output)
    if representation.format == RdfFormat.RDF_XML:
        _check_xml(statements)
        writer = cast("BinaryIO", _CarriageReturns(writer))
    serialize(statements, writer, representation.format, prefixes=dict(prefixes))


def _check_xml(statements: list[Quad] | list[Triple]) -> None:
    for predicate in sorted({s.predicate.value for s in statements}):
        if not _LOCAL_NAME.search(predicate):
            raise ValueError(f"RDF/XML has no way to write the predicate {predicate}: it does not end in a name")
    problems = [
        Problem("text.control", SourceLocation(file=str(s.subject)), found=repr(s.object.value))
        for s in statements
        if isinstance(s.object, Literal) and NOT_XML.search(s.object.value)
    ]
    if problems:
        raise SourceError(*problems)


class _CarriageReturns:
    """Writes carriage returns as references: a raw one is a line feed to every XML parser, and the engine escapes none.

    The byte stands for nothing else in UTF-8, so it can be replaced chunk by chunk.
    """

    def __init__(self, output: BinaryIO) -> None:
        self._output = output

    def write(self, data: bytes) -> int:
        self._output.write(data.replace(b"\r", b"&#13;"))
        return len(data)

    def flush(self) -> None:
        self._output.flush()
