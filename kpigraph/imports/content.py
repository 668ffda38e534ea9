"""The dump of another publication: is it whole, does it keep to its own, does it agree with what is here?"""

import gzip
import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kpigraph.config import Settings
from kpigraph.harmful import Nesting
from kpigraph.imports.manifest import Manifest
from kpigraph.prefixes import CODE, NS, expand
from kpigraph.problems import Problem, SourceError, SourceLocation

_SHOWN = 20  # problems of one kind
_VOCABULARY = "vocab"
_SHARED = re.compile(r"graph/(?P<name>[a-z][a-z0-9-]*)")
# What a unit or a period is: two publications that say other of it mean other things by one name.
_ESSENCE = frozenset(map(expand, ("kpi:baseUnit", "kpi:factor", "kpi:startDate", "kpi:endDate", "kpi:calendar")))

Said = tuple[str, object]  # a property, and its value


@dataclass(slots=True)
class Known:
    """What is said already of things that all publications share, by thing: units, periods, terms."""

    said: dict[str, set[Said]]

    @classmethod
    def of(cls, triples: Iterable[Triple | Quad]) -> "Known":
        known = cls(defaultdict(set))
        known.add(triples)
        return known

    def add(self, triples: Iterable[Triple | Quad]) -> None:
        for t in triples:
            if isinstance(t.subject, NamedNode):
                self.said[t.subject.value].add((t.predicate.value, t.object))


@dataclass(frozen=True, slots=True)
class Content:
    """What a publication holds, by graph: those of editions, and those that its editions share, by short name."""

    folder: Path
    manifest: Manifest
    at: SourceLocation
    editions: Mapping[str, list[Quad]]
    shared: Mapping[str, list[Quad]]

    @property
    def quads(self) -> list[Quad]:
        return [q for part in (self.editions, self.shared) for quads in part.values() for q in quads]

    def merged(self, known: Known) -> dict[str, list[Triple]]:
        """Return what the publication says, beyond what is `known`, of things that others may speak of too.

        By short name of graph. Of a thing that is known, only the same may be said: the rest of it is left out.

        Raises:
            SourceError: import.conflict, where a unit or a period means something else than here.
        """
        own = tuple(f"{self.manifest.base}id/lg/{code}" for code in self.manifest.codes)
        beyond: dict[str, list[Triple]] = {}
        problems = []
        for name, quads in self.shared.items():
            kept = beyond.setdefault(name, [])
            for q in quads:
                subject = cast("NamedNode", q.subject).value
                said = known.said.get(subject)
                if said is None or (subject.startswith(own) and (q.predicate.value, q.object) not in said):
                    kept.append(Triple(q.subject, q.predicate, q.object))
                elif q.predicate.value in _ESSENCE and (q.predicate.value, q.object) not in said:
                    here = " ".join(sorted(str(o) for p, o in said if p == q.predicate.value)) or "-"
                    problems.append(
                        Problem("import.conflict", self.at, f"{subject} {q.predicate.value} {q.object}", here)
                    )
        if problems:
            raise SourceError(*problems[:_SHOWN])
        return beyond


def read_content(folder: Path, manifest: Manifest, at: SourceLocation, settings: Settings) -> Content:
    """Return the content of the dump in `folder`, parsed and found to keep to its own.

    Raises:
        SourceError: import.checksum, import.syntax, import.large, import.base, import.graph import.subject or
            import.object.
    """
    _refuse_base(manifest.base, settings.base_iri, at)
    most = manifest.plain.bytes if manifest.plain else settings.import_bytes
    if most > settings.import_bytes:
        raise _too_large(most, settings, at)
    by_graph: dict[str, list[Quad]] = defaultdict(list)
    with (folder / manifest.dump).open("rb") as file:
        plain = _Counted(gzip.GzipFile(fileobj=file) if manifest.dump.endswith(".gz") else file, most)
        try:
            for quad in parse(input=cast("IO[bytes]", plain), format=RdfFormat.N_QUADS):
                by_graph[quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""].append(quad)
        except SyntaxError as e:
            raise SourceError(Problem("import.syntax", at._replace(row=e.lineno or 0), e.msg)) from None
        except ValueError as e:
            raise SourceError(Problem("import.syntax", at, str(e))) from None
        except (OSError, EOFError, zlib.error) as e:
            if plain.bytes > most and manifest.plain is None:
                raise _too_large(plain.bytes, settings, at) from None
            expected = (manifest.plain or manifest.files[manifest.dump]).sha256
            raise SourceError(Problem("import.checksum", at, str(e), expected)) from None
        if manifest.plain is not None and (plain.digest, plain.bytes) != (manifest.plain.sha256, manifest.plain.bytes):
            raise SourceError(Problem("import.checksum", at, plain.digest, manifest.plain.sha256))
    problems = list(_outside(by_graph, manifest, at))
    if problems:
        raise SourceError(*problems[:_SHOWN])
    editions = {g: quads for g, quads in by_graph.items() if manifest.code_of(g)}
    shared = {g.rpartition("/")[2]: quads for g, quads in by_graph.items() if g not in editions}
    shared.pop(_VOCABULARY, None)  # ours is the one that counts
    return Content(folder, manifest, at, editions, shared)


def _too_large(length: int, settings: Settings, at: SourceLocation) -> SourceError:
    expected = f"≤ {settings.import_bytes:,}, KPIGRAPH_IMPORT_BYTES"
    return SourceError(Problem("import.large", at, f"{length:,} bytes", expected))


def _refuse_base(base: str, ours: str, at: SourceLocation) -> None:
    """Raise an error if IRIs of the two bases could be mistaken for each other's."""
    if base != ours and (base.startswith(ours) or ours.startswith(base)):
        raise SourceError(Problem("import.base", at, base, ours))


def _outside(by_graph: Mapping[str, list[Quad]], manifest: Manifest, at: SourceLocation) -> Iterator[Problem]:
    """Yield a problem for every graph that is not the publication's own, and every subject that has no place in it."""
    things = manifest.base + "id/"
    own = tuple(f"{things}lg/{code}" for code in manifest.codes)
    for graph, quads in by_graph.items():
        code = manifest.code_of(graph)
        m = _SHARED.fullmatch(graph.removeprefix(manifest.base)) if graph.startswith(manifest.base) else None
        if not code and m is None:
            yield Problem("import.graph", at, graph or "(default graph)", f"{manifest.base}graph/…")
            continue
        if code and code not in manifest.codes:
            yield Problem("import.graph", at, graph, "manifest.json default_graphs")
        if m is not None and m["name"] == _VOCABULARY:
            continue
        for subject in {str(q.subject): q.subject for q in quads}.values():
            iri = subject.value if isinstance(subject, NamedNode) else ""
            if code:
                allowed = _within(iri, (f"{things}lg/{code}",))
            elif iri.startswith(f"{things}lg/"):
                allowed = _within(iri, own)
            else:
                allowed = iri.startswith((things, CODE, NS))
            if not allowed:
                yield Problem("import.subject", at, str(subject), f"{things}lg/{code}/…" if code else f"{things}…")
        for q in quads:
            if not isinstance(q.object, NamedNode | Literal):
                yield Problem("import.object", at, str(q.object), '<…>, "…"')
                break
    for code in sorted(manifest.codes - {manifest.code_of(graph) for graph in by_graph}):
        yield Problem("import.graph", at, "-", f"{manifest.base}graph/lg/{code}/doc/…")  # a layer alone may be empty


def _within(iri: str, homes: tuple[str, ...]) -> bool:
    return any(iri == home or iri.startswith(f"{home}/") for home in homes)


class _Counted:
    """Reads a file, counts and digests what was read, and ends it where it is longer than it was said to be."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, most: int) -> None:
        self._file, self._most, self._sha = file, most, hashlib.sha256()
        self._nesting = Nesting(line_by_line=True)
        self.bytes = 0

    @property
    def digest(self) -> str:
        return self._sha.hexdigest()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size if size > 0 else 1 << 20)
        self.bytes += len(data)
        if self.bytes > self._most:
            raise OSError(f"> {self._most:,} bytes")
        self._sha.update(data)
        self._nesting.take(data)
        return data
