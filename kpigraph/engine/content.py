"""The graphs of a release as an engine gets them: streamed from its dump, each with a digest of its content."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import RdfFormat, Store, parse, serialize

from kpigraph import inflated
from kpigraph.iris import DataIris
from kpigraph.problems import UsageError
from kpigraph.releases import Release
from kpigraph.store.ledger import GRAPH

_CHUNK_LINES, _CHUNK_BYTES = 5_000, 2 << 20
_BLANKS = 50_000  # triples with blank nodes in one graph: those go in one request, or nodes would come apart
_BLANK = re.compile(rb"(?:_:\S+|<[^>]*>) <[^>]*> _:|_:")
_LABEL = re.compile(rb"^_:\S+|(?<=> )_:\S+")


@dataclass(slots=True)
class Counted:
    """How many triples a graph has, and the sum of the digests of its rows: whatever their order, the same."""

    triples: int = 0
    total: int = 0

    def add(self, row: bytes) -> None:
        """Count a row of N-Triples without its end. What blank nodes are called does not count."""
        row = _LABEL.sub(b"_:", row) if _BLANK.match(row) else row
        self.triples += 1
        self.total += int.from_bytes(hashlib.sha256(row).digest())

    def name(self, public: str) -> str:
        """Return the name on an engine of the graph `public` with this content."""
        text = f"{public}\n{self.triples}\n{self.total & _MASK:064x}"
        return GRAPH + hashlib.sha256(text.encode()).hexdigest()[:40]


_MASK = (1 << 256) - 1


def rows(release: Release) -> Iterator[tuple[str, bytes]]:
    """Yield every triple of a release: its graph, and the triple as N-Triples without the full stop.

    Raises:
        UsageError: if a file of the release cannot be read.
    """
    yield from _dump(release.folder / "kpigraph.nq")
    catalogue = release.folder / "catalog.ttl"
    graph = DataIris(str(release.manifest["base_iri"])).graph("catalog")
    try:
        store = Store()  # which gives some literals back otherwise, as in the release's own store
        store.extend(parse(path=str(catalogue)))
        lines = serialize((q.triple for q in store), format=RdfFormat.N_TRIPLES) or b""
    except (OSError, SyntaxError, ValueError) as error:
        raise _unreadable(catalogue, error) from error
    for line in sorted(set(lines.splitlines())):
        yield str(graph), line[:-2]


def _dump(path: Path) -> Iterator[tuple[str, bytes]]:
    known = b""
    name = ""
    try:
        with inflated.opened(path) as file:
            for line in file:
                parts = line.rsplit(b" ", 2)
                if len(parts) != 3 or not parts[1].startswith(b"<"):
                    raise ValueError(line[:100].decode("utf-8", "replace"))
                if parts[1] != known:
                    known, name = parts[1], parts[1][1:-1].decode()
                yield name, parts[0]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def counted(release: Release) -> dict[str, Counted]:
    """Return what each graph of a release has."""
    found: dict[str, Counted] = {}
    last, of_last = "", Counted()
    for graph, row in rows(release):
        if graph != last:
            last, of_last = graph, found.setdefault(graph, Counted())
        of_last.add(row)
    return found


def chunks(triples: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield graphs with N-Triples of theirs, so many at once as fit one request.

    Raises:
        UsageError: if a graph has more blank nodes than fit one.
    """
    graph, lines, size = "", list[bytes](), 0
    blanks: dict[str, list[bytes]] = {}
    for name, row in triples:
        if _BLANK.match(row):
            of_graph = blanks.setdefault(name, [])
            of_graph.append(row)
            if len(of_graph) > _BLANKS:
                raise UsageError(
                    f"空白ノードが多すぎます（上限 {_BLANKS:,} トリプル）: {name}",
                    f"too many blank nodes (at most {_BLANKS:,} triples): {name}",
                )
            continue
        if lines and (name != graph or len(lines) >= _CHUNK_LINES or size >= _CHUNK_BYTES):
            yield graph, _text(lines)
            lines, size = [], 0
        graph = name
        lines.append(row)
        size += len(row)
    if lines:
        yield graph, _text(lines)
    for name, of_graph in blanks.items():
        yield name, _text(of_graph)


def _text(lines: list[bytes]) -> bytes:
    return b" .\n".join(lines) + b" .\n"


def _unreadable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"公開物を読めません: {path}（{error}）", f"the release cannot be read: {path} ({error})")
