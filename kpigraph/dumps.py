"""The whole graph as files, in six formats and each compressed too.

Turtle, N-Triples, RDF/XML and JSON-LD hold the triples of all graphs together: whoever opens them with an everyday tool
gets everything. N-Quads and TriG say besides which named graph (edition and layer) each triple stands in.

They are written from the quads and not from the store, which would give back other literals than it was given
("1.50" as 1.5, xsd:nonNegativeInteger as xsd:integer). The same quads always give the same bytes.
"""

import gzip
import io
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from pyoxigraph import Literal, Quad, RdfFormat, Triple, serialize

from kpigraph import jsonld
from kpigraph.order import triples_in_order
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

_LOCAL_NAME = re.compile(r"[^\W\d][\w.\-]*$")


def write(folder: Path, quads: list[Quad]) -> tuple[str, ...]:
    """Write kpigraph.{ttl,jsonld,nt,nq,trig,rdf} and .gz of each into `folder`; return the names.

    `quads` are in the order of `order.in_order`.

    Raises:
        SourceError: if a text holds a character that XML cannot hold.
        ValueError: if a predicate cannot be written in RDF/XML.
        OSError: if a file cannot be written.
    """
    triples = triples_in_order(quads)
    names = []
    for suffix, representation in REPRESENTATIONS.items():
        name = f"kpigraph.{suffix}"
        with ExitStack() as stack:
            plain = stack.enter_context((folder / name).open("wb"))
            packed = stack.enter_context((folder / f"{name}.gz").open("wb"))
            zipped = stack.enter_context(gzip.GzipFile("", "wb", 6, packed, mtime=0))
            _serialize(quads if representation.dataset else triples, representation, _Tee(plain, zipped))
        names += [name, f"{name}.gz"]
    return tuple(names)


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
    if representation.format == RdfFormat.JSON_LD:
        jsonld.write(cast("list[Triple]", statements), writer)
        return
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


class _Tee:
    """Writes the same bytes to several files."""

    def __init__(self, *outputs: BinaryIO | gzip.GzipFile) -> None:
        self._outputs = outputs

    def write(self, data: bytes) -> int:
        for output in self._outputs:
            output.write(data)
        return len(data)

    def flush(self) -> None:
        """The files are flushed when they are closed."""


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
