"""Write a whole snapshot and switch to it in one step.

Everything is on disk before the folder gets its name, and its name before `current` points to it: whenever a build
dies, `current` names the former release or the new one, whole. How releases lie in the output folder is in `releases`.
"""

import json
import os
import platform
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version as installed_version
from pathlib import Path

from pyoxigraph import NamedNode, Quad, Triple

from kpigraph import __version__, catalog, dumps, mapping_table, municipalities, search, standings, tables, void
from kpigraph import releases as on_disk
from kpigraph.config import Settings
from kpigraph.iris import DataIris
from kpigraph.order import in_order, triples_in_order
from kpigraph.prefixes import DESCRIPTION_PREFIXES
from kpigraph.releases import File, Release, current_release, releases, switch, verify
from kpigraph.store import embedded

__all__ = ["Content", "Published", "Release", "current_release", "publish", "releases", "switch", "verify"]

_LIBRARIES = ("pyoxigraph", "rdflib", "pyshacl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a snapshot is made from.

    Attributes:
        quads: every graph but the catalogue, in any order.
        default_graphs: the graphs whose union a query sees when it names none; the catalogue's is one of them.
        validation_ttl, validation_json: the SHACL report. The same data must give the same bytes.
        inputs: the files read, each with its SHA-256, named relative to the data folder.
        measures: those of `quality`, by the IRI of the dataset (the cube) of each edition.
        municipalities: the publisher's own list (municipalities.csv), by which tables are matched; b"" where that of
            the program is in use.
        counts: what the build wants remembered, such as documents and statements; ours are added.
        progress: called with what is being done, in ja and en.
    """

    quads: list[Quad]
    default_graphs: tuple[str, ...]
    validation_ttl: bytes
    validation_json: bytes
    inputs: dict[str, str]
    settings: Settings
    measures: Mapping[str, Mapping[str, int | Decimal]] = field(default_factory=dict)
    municipalities: bytes = b""
    counts: dict[str, int] = field(default_factory=dict)
    progress: Callable[[str, str], None] = on_disk.silent


@dataclass(frozen=True, slots=True)
class Published:
    """The release that `current` names after a build, and whether that build wrote it."""

    release: Release
    new: bool


def publish(out: Path, content: Content) -> Published:
    """Publish `content` as a release in `out` and switch to it.

    Where the release in use, or the newest one, has the same content and is undamaged, it is kept and nothing is
    written.

    Raises:
        SourceError: if a text cannot be written in one of the formats.
        UsageError: if the disk is full or `out` cannot be written. The release in use stays as it was.
    """
    with on_disk.locked(out, content.progress):
        on_disk.remove_leftovers(out)
        folder = on_disk.releases_dir(out) / f".tmp-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            folder.mkdir()
            written = _write(folder, content)
            if (same := _same_content(out, content, written)) is not None:
                on_disk.point(out, same.version)
                return Published(same, new=False)
            content.progress("ディスクへの書き込みを確定しています", "making sure that all is on disk")
            _write_manifest(folder, content, written)
            on_disk.sync_all(folder)
            version = f"{_next_number(out):06d}-{written.digest[:12]}"
            final = folder.rename(on_disk.releases_dir(out) / version)
            on_disk.sync(final.parent)
            on_disk.point(out, version)
            return Published(on_disk.load(final), new=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Written:
    """What has been written: all files but the manifest by name, and how much is in them."""

    files: Mapping[str, File]
    counts: Mapping[str, int]

    @property
    def digest(self) -> str:
        return on_disk.digest(self.files)


def _write(folder: Path, content: Content) -> _Written:
    """Write everything but the manifest into `folder`."""
    progress, base = content.progress, content.settings.base_iri
    progress("ダンプを書いています", "writing the dumps")
    quads = in_order(content.quads)
    dumps.write(folder, quads)
    progress("ストアと表を作っています", "making the store and the tables")
    with embedded.create(folder / "store", quads) as store:
        rows = tables.write(store, folder)
        if matches := mapping_table.write(store, folder, base):
            rows["mappings"] = matches
        current = embedded.EmbeddedStore(store.engine, folder / "store", content.default_graphs)
        search.build(current, folder / search.FILE)
        standings.build(current, folder / standings.FILE)
        if content.municipalities:
            (folder / search.FILE).with_name(municipalities.FILE).write_bytes(content.municipalities)
        names = [n for n in on_disk.files(folder) if not n.startswith(("store/", "search/"))]
        files = {n: on_disk.describe(folder / n) for n in names}
        triples = catalog.catalog_triples(store, files, content.settings, content.measures)
        graph = NamedNode(DataIris(base).graph("catalog"))
        store.load(Quad(t.subject, t.predicate, t.object, graph) for t in triples)
    progress("カタログを書いています", "writing the catalogue")
    _write_rdf(folder, "catalog", ("ttl", "jsonld"), triples)
    _write_rdf(
        folder, "void", ("ttl",), void.void_triples(quads, [n for n in names if n.startswith("kpigraph.")], base)
    )
    (folder / "validation.ttl").write_bytes(content.validation_ttl)
    (folder / "validation.json").write_bytes(content.validation_json)
    return _Written(
        {name: on_disk.describe(folder / name) for name in on_disk.files(folder)},
        {"quads": len(quads), "graphs": len({q.graph_name for q in quads}), **rows},
    )


def _write_rdf(folder: Path, stem: str, suffixes: Iterable[str], triples: Iterable[Triple]) -> None:
    ordered = triples_in_order(triples)
    for suffix in suffixes:
        (folder / f"{stem}.{suffix}").write_bytes(dumps.serialized(ordered, suffix, DESCRIPTION_PREFIXES))


def _write_manifest(folder: Path, content: Content, written: _Written) -> None:
    manifest = {
        "digest": written.digest,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "base_iri": content.settings.base_iri,
        "default_graphs": list(content.default_graphs),
        "counts": {**content.counts, **written.counts},
        "inputs": dict(sorted(content.inputs.items())),
        "versions": _versions(),
        "files": {name: asdict(file) for name, file in sorted(written.files.items())},
    }
    (folder / on_disk.MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _versions() -> dict[str, str]:
    libraries = {name: installed_version(name) for name in _LIBRARIES}
    return {"kpigraph": __version__, "python": platform.python_version(), **libraries}


def _next_number(out: Path) -> int:
    return max(map(on_disk.number, on_disk.versions(out)), default=0) + 1


def _same_content(out: Path, content: Content, written: _Written) -> Release | None:
    """Return the release in use or else the newest one, if it is the same as what was written and undamaged.

    The newest one is not in use after a switch to a former one, or after a build that died just before its switch.
    """
    link = out / "current"
    in_use = Path(os.readlink(link)).name if link.is_symlink() else ""
    there = on_disk.versions(out)
    for version in dict.fromkeys([in_use, *there[-1:]]):
        folder = on_disk.releases_dir(out) / version
        if version in there and version.endswith(written.digest[:12]) and not verify(folder):
            release = on_disk.load(folder)
            same_engine = release.manifest.get("versions", {}).get("pyoxigraph") == installed_version("pyoxigraph")
            if same_engine and release.default_graphs == content.default_graphs:
                return release
    return None
