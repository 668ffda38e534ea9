"""Imported publications → parts: what each holds beyond what is known here, in graphs of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from kpigraph import imports
from kpigraph.building import version
from kpigraph.config import Settings
from kpigraph.imports import Import, InvalidImportError
from kpigraph.iris import DataIris
from kpigraph.order import graph_iri
from kpigraph.parts import making
from kpigraph.parts.cache import Cache, key
from kpigraph.parts.part import Part
from kpigraph.releases import Progress

__all__ = ["Foreign", "InvalidImportError", "parts_of"]


@dataclass(frozen=True, slots=True)
class Foreign:
    """The part of an imported publication, and those of its graphs that are current."""

    part: Part
    current: tuple[str, ...]


def parts_of(
    brought: Sequence[Import], shared: Part, settings: Settings, cache: Cache, uses: list[str], progress: Progress
) -> Iterator[Foreign]:
    """Yield what the imports hold: each edition in its graphs, what they share in graphs of the import's own.

    `shared` is the part of what all say; of things said there, or by an import before, an import can say only the same.

    Raises:
        SourceError: if one is damaged, or contradicts what is here.
        InvalidImportError: if one breaks a shape.
    """
    iris = DataIris(settings.base_iri)
    known: imports.Known | None = None
    before = [shared]
    for n, its in enumerate(brought, 1):
        progress(f"取り込みを読んでいます {n}/{len(brought)}", f"reading imports {n}/{len(brought)}")
        files = [version.files([path]) for path in its.files]
        name = key("import", its.name, files, [p.key for p in before], settings.base_iri, settings.import_bytes,
                   version.program())  # fmt: skip
        uses.append(name)
        if not cache.has_part(name):
            if known is None:
                known = imports.Known.of(q for p in before for q in _shared_quads(p, iris))
            cache.put(name, _made(its, known, shared, settings, iris))
        part = cache.part(name)
        if known is not None:
            known.add(_shared_quads(part, iris))
        before.append(part)
        yield Foreign(part, tuple(part.json(making.ABOUT)["current"]))


def _made(its: Import, known: imports.Known, shared: Part, settings: Settings, iris: DataIris) -> bytes:
    content = imports.read(its, settings)
    parts = content.merged(known) | {"provenance": its.described(content, iris)}
    found: list[Quad] = []
    current: list[str] = []
    for name, triples in parts.items():
        graph_name = iris.graph("import", its.name, name)
        found += (Quad(t.subject, t.predicate, t.object, NamedNode(graph_name)) for t in triples)
        current.append(graph_name)
    found += (quad for edition in content.editions.values() for quad in edition)
    current += (name for name in its.manifest.default_graphs if name in content.editions)
    around = [q for q in _shared_quads(shared, iris) if graph_iri(q) == iris.graph("ref")]
    return making.free_part(found, current, settings.base_iri, around, about={"current": current})


def _shared_quads(part: Part, iris: DataIris) -> Iterator[Quad]:
    """Yield what a part says in graphs that several share, those of editions left out."""
    ours, editions = iris.address("graph/"), iris.graph("lg") + "/"
    for quad in parse(part.bytes("nq"), format=RdfFormat.N_QUADS):
        if graph_iri(quad).startswith(ours) and not graph_iri(quad).startswith(editions):
            yield quad
