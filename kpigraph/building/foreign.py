"""Imported publications → parts: what each holds beyond what is known here, in graphs of its own."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Quad, RdfFormat, parse, serialize

from kpigraph import canonical, imports
from kpigraph.building import version
from kpigraph.canonical import Canonical
from kpigraph.config import Settings
from kpigraph.imports import Import, InvalidImportError
from kpigraph.iris import DataIris
from kpigraph.order import graph_iri
from kpigraph.parts import making
from kpigraph.parts.cache import Cache, key
from kpigraph.parts.part import Part
from kpigraph.prefixes import expand
from kpigraph.releases import Progress

__all__ = ["Foreign", "InvalidImportError", "parts_of"]

_TYPE, _DATASET = NamedNode(expand("rdf:type")), NamedNode(expand("qb:DataSet"))


@dataclass(frozen=True, slots=True)
class Foreign:
    """The part of an imported publication, those of its graphs that are current, and what its datasets are, by IRI."""

    part: Part
    current: tuple[str, ...]
    datasets: Mapping[str, Canonical]


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
        about = part.json(making.ABOUT)
        datasets = {iri: Canonical(*stated) for iri, stated in about["datasets"].items()}
        yield Foreign(part, tuple(about["current"]), datasets)


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
    about = {"current": current, "datasets": _datasets(content.editions)}
    return making.free_part(found, current, settings.base_iri, around, about)


def _datasets(editions: Mapping[str, list[Quad]]) -> dict[str, list[str | int]]:
    """Return graphs, number of quads and canonical hash of each edition's datasets; an import has no blank node."""
    of: dict[str, set[Quad]] = defaultdict(set)
    for graph, said in editions.items():
        of[graph.rpartition("/")[0] + "/"].update(said)
    found: dict[str, list[str | int]] = {}
    for graphs, all_said in sorted(of.items()):
        datasets = {str(q.subject)[1:-1] for q in all_said if q.predicate == _TYPE and q.object == _DATASET}
        if datasets:
            digest = canonical.digest(serialize(all_said, format=RdfFormat.N_QUADS) or b"")
            found |= {iri: [graphs, len(all_said), digest] for iri in sorted(datasets)}
    return found


def _shared_quads(part: Part, iris: DataIris) -> Iterator[Quad]:
    """Yield what a part says in graphs that several share, those of editions left out."""
    ours, editions = iris.address("graph/"), iris.graph("lg") + "/"
    for quad in parse(part.bytes("nq"), format=RdfFormat.N_QUADS):
        if graph_iri(quad).startswith(ours) and not graph_iri(quad).startswith(editions):
            yield quad
