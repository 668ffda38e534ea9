"""The hash of a dataset that every RDF library can compute: SHA-256 of its canonical N-Quads.

A dataset of the catalogue is what stands in the graphs of its edition. Its hash says that the statements are the same,
in whatever format, order or file they came. Oxigraph writes N-Quads in the canonical form, so without blank nodes, and
none of ours are blank, the canonical document is the lines in the order of their code points, which is that of their
bytes in UTF-8; with blank nodes Oxigraph labels them anew first.

Source: RDF Dataset Canonicalization, https://www.w3.org/TR/rdf-canon/ (RDFC-1.0 with SHA-256, section 5)
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse, serialize

from kpigraph import inflated
from kpigraph.problems import Problem, SourceLocation, UsageError
from kpigraph.releases import load

ALGORITHM = "RDFC-1.0 SHA-256"
_DUMP = "kpigraph.nq"
_EDITION = re.compile(rb"<([^<>]*/graph/lg/[0-9]{6}/doc/[^/<>]+/[^/<>]+/)[^/<>]*> \.\n\Z")
_BLANK = re.compile(rb"(?:^| )_:")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Canonical:
    """What is known of a dataset: the graphs whose names begin with `graphs`, how many quads, their canonical hash."""

    graphs: str
    quads: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return {"algorithm": ALGORITHM, **asdict(self)}


def digest(n_quads: bytes) -> str:
    """Return the canonical hash of N-Quads as Oxigraph writes them, in any order."""
    lines = n_quads.splitlines(keepends=True)
    if b"_:" in n_quads and any(map(_has_blank, lines)):
        dataset = Dataset(parse(n_quads, RdfFormat.N_QUADS))
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        lines = (serialize(dataset, format=RdfFormat.N_QUADS) or b"").splitlines(keepends=True)
    return digest_of(dict.fromkeys(lines))


def digest_of(lines: Iterable[bytes]) -> str:
    """Return the canonical hash of the lines of N-Quads that have no blank node, each there once."""
    return hashlib.sha256(b"".join(sorted(lines))).hexdigest()


def _has_blank(line: bytes) -> bool:
    return b"_:" in line and _BLANK.search(_STRING.sub(b'""', line)) is not None


def verify(folder: Path) -> list[Problem]:
    """Return which datasets of a release are not, in its dump, what its manifest says. Older releases say nothing.

    A dataset is held in memory until its last quad has been met; those of a dump of ours stand one after the other.
    """
    try:
        stated = load(folder).manifest.get("datasets", {})
        known = {c["graphs"]: Canonical(c["graphs"], c["quads"], c["sha256"]) for c in stated.values()}
        found = dict(_found(folder / _DUMP, {c.graphs: c.quads for c in known.values()})) if known else {}
    except (UsageError, OSError, KeyError, TypeError, AttributeError) as e:
        return [Problem("release.manifest", SourceLocation(file=str(folder)), found=str(e))]
    at = SourceLocation(file=str(folder / _DUMP))
    return [
        Problem("release.dataset", at, found=found.get(name, "-"), expected=f"{name}* {dataset.sha256}")
        for name, dataset in sorted(known.items())
        if found.get(name) != dataset.sha256
    ]


def _found(dump: Path, sizes: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    held: dict[str, list[bytes]] = defaultdict(list)
    for line in _lines(dump):
        if (match := _EDITION.search(line)) and (name := match[1].decode()) in sizes:
            held[name].append(line)
            if len(held[name]) == sizes[name]:
                yield name, digest(b"".join(held.pop(name)))
    for name, lines in held.items():  # more or fewer than stated: of another digest in any case
        yield name, f"{digest(b''.join(lines))} ({len(lines)} / {sizes[name]})"


def _lines(path: Path) -> Iterable[bytes]:
    with inflated.opened(path) as file:
        yield from file
