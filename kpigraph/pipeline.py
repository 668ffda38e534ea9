"""The whole way, from documents to a published snapshot. The place to start reading.

document → rows → statements → triples → validated graph → published snapshot
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pyoxigraph import NamedNode, Quad

from kpigraph import (
    assess,
    codelists,
    dumps,
    editions,
    graph,
    imports,
    municipalities,
    ontology,
    publish,
    quality,
    reference,
    registry,
)
from kpigraph import validate as shacl
from kpigraph.codelists import IndicatorScheme
from kpigraph.config import Settings, resource_dir
from kpigraph.iris import DataIris
from kpigraph.linking import Mapping, checks, sssom
from kpigraph.model import Document, Edition, Level
from kpigraph.order import triples_in_order
from kpigraph.problems import Problem, raise_if_any
from kpigraph.read import Limits
from kpigraph.releases import silent
from kpigraph.terms import Triple, quads

# Called with what is being done, in Japanese and in English.
Progress = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build gave: the release, the report of the validation, the warnings met while reading."""

    published: publish.Published
    report: shacl.ValidationReport
    warnings: tuple[Problem, ...]


class InvalidGraphError(Exception):
    """The graph breaks shapes of severity violation; nothing was published."""

    def __init__(self, report: shacl.ValidationReport) -> None:
        self.report = report
        super().__init__(f"{len(report.results)} results")


def build(data: Path, out: Path, settings: Settings, progress: Progress = silent) -> Built:
    """Read every document under `data`, map, validate and publish it into `out`.

    Raises:
        SourceError: with every problem of every document; the former snapshot stays.
        InvalidGraphError: if a shape is violated; the former snapshot stays.
        UsageError: if `out` cannot be written.
    """
    problems: list[Problem] = []
    units = codelists.load_units(data / "codelists")
    known = municipalities.load(data / "codelists")
    scheme = codelists.load_indicators(data / "codelists")
    comparable = graph.union(scheme.triples)
    limits = Limits(settings.read_seconds, settings.read_memory, settings.read_cells)
    registries: dict[str, registry.Registry] = {}
    read, met = [], []
    brought = imports.find(data)
    documents = editions.load_documents(data, problems, needed=not brought)
    problems += municipalities.contradictions(documents, known)
    for n, document in enumerate(documents, 1):
        progress(f"文書を読んでいます {n}/{len(documents)}", f"reading documents {n}/{len(documents)}")
        keys = registries.setdefault(document.municipality, registry.load(document.folder.parent))
        met_before = len(problems)
        read.append(editions.read_edition(document, keys, units, problems, limits))
        met.append(problems[met_before:])
    raise_if_any(problems)
    imports.refuse_doubles(brought, {d.municipality for d in documents}, settings.base_iri)
    read = editions.with_current_names(read)
    mappings = _mappings(data, scheme, read, registries.values(), problems)
    raise_if_any(problems)
    previous = editions.previous_editions(documents)

    iris = DataIris(settings.base_iri)
    shapes = shacl.load_shapes()
    vocabulary = ontology.load_vocabulary()
    reports, measures = [], {}
    layers: list[tuple[str, Iterable[Triple]]] = []
    current: dict[tuple[str, str], list[str]] = {}  # by series; its newest edition comes last
    newest = {(d.municipality, d.series): d.edition for d in documents}
    holds_now: list[Triple] = []
    matches = graph.union(graph.mapping_triples(mappings, iris))
    for n, (edition, met_while_reading) in enumerate(zip(read, met, strict=True), 1):
        progress(f"検証しています {n}/{len(read)}", f"validating {n}/{len(read)}")
        derivation = assess.derive(edition)
        d = edition.document
        before = previous.get((d.municipality, d.series, d.edition), "")
        mapped = graph.edition_graph(edition, derivation, iris, before)
        shared = reference.reference_graph([edition], units, iris, known)
        summary: graph.Triples = ()
        if newest[d.municipality, d.series] == d.edition:
            summary = graph.union(graph.current_triples(edition, derivation, iris))
            holds_now += summary
        once = [comparable, matches] if n == 1 else []  # they are the same for every edition
        reports.append(shacl.validate([*mapped.layers.values(), shared, summary, *once], shapes, vocabulary))
        layers += [(mapped.names.graph(name), layer) for name, layer in mapped.layers.items()]
        current[d.municipality, d.series] = [mapped.names.graph(name) for name in mapped.layers]
        measures[mapped.names.part("cube")] = quality.measure(edition, derivation, reports[-1], met_while_reading)
    report = _merged(reports)
    if not report.conforms:
        raise InvalidGraphError(report)

    shared_graphs = [iris.graph(name) for name in ("ref", "indicators", "mappings", "current", "vocab", "catalog")]
    layers.append((iris.graph("ref"), reference.reference_graph(read, units, iris, known)))
    layers.append((iris.graph("indicators"), comparable))
    layers.append((iris.graph("mappings"), matches))
    replaced = graph.replacement_triples(registries.values(), iris)
    layers.append((iris.graph("current"), graph.union(holds_now, replaced)))
    layers.append((iris.graph("vocab"), vocabulary))
    own = [quad for name, layer in layers for quad in quads(layer, name)]
    theirs = _imported(brought, own, iris, settings, progress)
    warnings = tuple(problems)
    for code, keys in registries.items():
        registry.save(keys, data / "sources" / code, problems)
    own_list = data / "codelists" / municipalities.FILE
    published = publish.publish(
        out,
        publish.Content(
            quads=own + theirs.quads,
            default_graphs=(*(name for names in current.values() for name in names), *shared_graphs, *theirs.current),
            validation_ttl=_report_turtle(report, iris),
            validation_json=_report_json(report, warnings),
            inputs=_checksums(data, documents, brought),
            settings=settings,
            measures=measures,
            municipalities=own_list.read_bytes() if own_list.is_file() else b"",
            counts=_counts(read) | ({"imports": len(brought)} if brought else {}),
            progress=progress,
        ),
    )
    return Built(published, report, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Imported:
    """The quads of imported publications, and those of their graphs that are current."""

    quads: list[Quad]
    current: tuple[str, ...]


def _imported(
    brought: list[imports.Import], own: list[Quad], iris: DataIris, settings: Settings, progress: Progress
) -> _Imported:
    """Return what the imports hold: each edition in its graphs, what they share in graphs of the import's own.

    Raises:
        SourceError: if one is damaged, or contradicts what is here.
        InvalidGraphError: if one breaks a shape.
    """
    if not brought:
        return _Imported([], ())
    shared = {iris.graph(name) for name in ("ref", "indicators", "vocab")}
    known = imports.Known.of(q for q in own if cast("NamedNode", q.graph_name).value in shared)
    found: list[Quad] = []
    current: list[str] = []
    for n, its in enumerate(brought, 1):
        progress(f"取り込みを読んでいます {n}/{len(brought)}", f"reading imports {n}/{len(brought)}")
        try:
            content = imports.read(its, settings)
        except imports.InvalidImportError as e:
            raise InvalidGraphError(e.report) from None
        parts = content.merged(known) | {"provenance": its.described(content, iris)}
        for name, triples in parts.items():
            known.add(triples)
            graph_name = iris.graph("import", its.name, name)
            found += (Quad(t.subject, t.predicate, t.object, NamedNode(graph_name)) for t in triples)
            current.append(graph_name)
        found += (quad for part in content.editions.values() for quad in part)
        current += (name for name in its.manifest.default_graphs if name in content.editions)
    return _Imported(found, tuple(current))


def _mappings(
    data: Path,
    scheme: IndicatorScheme,
    read: list[Edition],
    registries: Iterable[registry.Registry],
    problems: list[Problem],
) -> list[Mapping]:
    """Return the rows of every mapping file; what keeps them from being published goes to `problems`."""
    found = [m for path in sssom.files(data) for m in sssom.load(path, problems)]
    if found:
        problems += checks.faults(found, checks.known(scheme, read, registries))
    return found


def _merged(reports: list[shacl.ValidationReport]) -> shacl.ValidationReport:
    return shacl.ValidationReport(
        results=tuple(sorted((r for report in reports for r in report.results), key=lambda r: r.key)),
        shapes_loaded=max((report.shapes_loaded for report in reports), default=0),
        nodes_checked=sum(report.nodes_checked for report in reports),
    )


def _report_turtle(report: shacl.ValidationReport, iris: DataIris) -> bytes:
    graph_name = iris.graph("validation")
    ordered = triples_in_order(quads(report.triples(f"{graph_name}/"), graph_name))
    return dumps.serialized(ordered, "ttl")


def _report_json(report: shacl.ValidationReport, warnings: Iterable[Problem]) -> bytes:
    """Return the report with the warnings of the reading beside its results, as validation.json has them."""
    content = json.loads(report.to_json())
    content["reading"] = [
        {
            "code": p.code,
            "place": str(p.at),
            "file": p.at.file,
            "line": p.at.row,
            "cell": p.at.cell,
            "found": p.found,
            "messages": {lang: p.sentence(lang) for lang in ("en", "ja")},
        }
        for p in sorted(warnings, key=lambda p: p.at)
    ]
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _checksums(data: Path, documents: Iterable[Document], brought: Iterable[imports.Import]) -> dict[str, str]:
    """Return the SHA-256 of every file that the build depends on, by its path within `data` or the program."""
    lists = data / "codelists"
    used = (codelists.indicators_file(lists), codelists.list_file(lists, codelists.UNITS_FILE))
    files = {f"codelists/{path.name}": path for path in used} | {
        path.relative_to(data).as_posix(): path for path in sorted((data / "codelists").glob("**/*")) if path.is_file()
    }
    for document in documents:
        for path in (document.file, document.folder / "card.toml", document.folder / "corrections.csv",
                     document.folder.parent / "registry.csv"):  # fmt: skip
            if path.is_file():
                files[path.relative_to(data).as_posix()] = path
    files |= {path.relative_to(data).as_posix(): path for its in brought for path in its.files}
    for path in sssom.files(data):
        files[path.relative_to(data).as_posix()] = path
    for name in ("ontology", "shapes"):
        folder = resource_dir(name)
        for path in sorted(folder.glob("**/*.ttl")):
            if "examples" not in path.parts:
                files[f"{name}/{path.relative_to(folder).as_posix()}"] = path
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in sorted(files.items())}


def _counts(read: Iterable[Edition]) -> dict[str, int]:
    counts: dict[str, int] = {"documents": 0}
    for edition in read:
        counts["documents"] += 1
        for level in Level:
            counts[f"{level.value}s"] = counts.get(f"{level.value}s", 0) + sum(
                e.level is level for e in edition.elements
            )
        for name in ("elements", "placements", "departments", "indicators", "listings", "statements", "corrections"):
            counts[name] = counts.get(name, 0) + len(getattr(edition, name))
    return counts
