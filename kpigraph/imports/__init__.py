"""Publications of other publishers, kept beside our own documents: a folder each in data/imports.

    data/imports/<name>/kpigraph.nq.gz   their dump, as received
    data/imports/<name>/manifest.json    their manifest, by whose checksums it was checked
    data/imports/<name>/import.json      where it came from and when, and what it was validated with

A publication is brought in only whole and only valid: its checksums agree, it speaks of its own municipalities only, no
unit or period means another thing than here, and it breaks no shape. A later one of the same name takes its place in
one step. In a build its graphs keep their names; what it shares with others becomes graphs of its own.
"""

import fcntl
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from pyoxigraph import NamedNode, Quad, Triple
from rdflib import Graph

from kpigraph import __version__, codelists, ontology, reference, releases, sources
from kpigraph import validate as shacl
from kpigraph.config import Settings, resource_dir
from kpigraph.imports import deadline
from kpigraph.imports.content import Content, Known, read_content
from kpigraph.imports.manifest import Manifest, read_manifest
from kpigraph.imports.provenance import provenance
from kpigraph.iris import DataIris
from kpigraph.prefixes import expand
from kpigraph.problems import Problem, SourceError, SourceLocation, UsageError
from kpigraph.terms import quads, triples

__all__ = ["Content", "Import", "InvalidImportError", "Known", "Manifest", "bring", "find", "read", "remove"]

FOLDER = "imports"
RECORD = "import.json"
_OLD, _NEW = ".old-", ".new-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")

Progress = Callable[[str, str], None]


class InvalidImportError(Exception):
    """The publication breaks shapes of severity violation; it was not brought in."""

    def __init__(self, report: shacl.ValidationReport) -> None:
        self.report = report
        super().__init__(f"{len(report.results)} results")


@dataclass(frozen=True, slots=True)
class Import:
    """A publication brought in: its folder, where it came from, when, its manifest, what it was validated with."""

    folder: Path
    source: str
    retrieved: str
    validated_with: str
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.folder.name

    def described(self, content: Content, iris: DataIris) -> list[Triple]:
        """Return where the publication came from, as triples."""
        edition, kind = NamedNode(expand("kpi:Edition")), NamedNode(expand("rdf:type"))
        held = [q for quads in content.editions.values() for q in quads if q.predicate == kind and q.object == edition]
        parts = sorted({cast("NamedNode", q.subject).value for q in held})
        return list(
            provenance(self.name, self.source, self.retrieved, self.manifest, [NamedNode(p) for p in parts], iris)
        )

    @property
    def files(self) -> list[Path]:
        """The files that a build depends on."""
        return [self.folder / name for name in (RECORD, releases.MANIFEST, self.manifest.dump)]


def bring(source: str, data: Path, name: str, settings: Settings, progress: Progress) -> Import:
    """Fetch the publication at `source`, an address or a path, check it and keep it under `name` ("": by its source).

    Only an address that the operator gives is fetched, and only here: a build and a server never reach out.

    Raises:
        UsageError: if it cannot be fetched, the name can be no name, or all takes longer than it may.
        SourceError: if it is damaged, speaks of what is not its own, or contradicts what is here.
        InvalidImportError: if it breaks a shape. What was kept before stays in each of these cases.
    """
    name = name or _name_of(source)
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"名前には英数字と . - だけが使えます: {name}（--as で指定）",
            f"a name is made of letters, digits, '.' and '-': {name} (given by --as)",
        )
    home = data / FOLDER
    with _alone(home), tempfile.TemporaryDirectory(prefix=_NEW, dir=home) as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        with deadline.within(settings.import_seconds, lambda: _late(settings)):
            progress("取り込み元から受け取っています", "fetching the publication")
            from kpigraph.imports import fetch  # whose client takes long to load, and builds fetch nothing

            fetch.fetch(source, folder, settings.import_bytes)
            manifest = read_manifest(folder, _at(folder, releases.MANIFEST))
            found = Import(folder, source, _now(), _rules(), manifest)
            progress("中身を確かめています", "checking its content")
            content = read(found, settings)
            refuse_doubles(
                [*(i for i in _find(data) if i.name != name), found], codes_published(data), settings.base_iri
            )
            content.merged(_known(data, settings))
            progress("検証しています", f"validating {len(content.quads):,} quads")
            _validate(content)
        (folder / RECORD).write_text(
            json.dumps(
                {"source": source, "retrieved": found.retrieved, "validated_with": found.validated_with},
                ensure_ascii=False,
                indent=1,
            )
            + "\n",
            encoding="utf-8",
        )
        releases.sync_all(folder)
        _take_place(folder, home / name)
    return _load(home / name)


def _late(settings: Settings) -> UsageError:
    most = f"{settings.import_seconds:g}"
    return UsageError(
        f"取り込みに時間がかかりすぎています（上限 {most} 秒、KPIGRAPH_IMPORT_SECONDS）",
        f"the import takes too long (at most {most} seconds, KPIGRAPH_IMPORT_SECONDS)",
    )


def find(data: Path) -> list[Import]:
    """Return the publications brought in, by name.

    Raises:
        SourceError: with what is wrong with each that cannot be read.
    """
    if not (data / FOLDER).is_dir():
        return []
    with _alone(data / FOLDER):
        return _find(data)


def _find(data: Path) -> list[Import]:
    found: list[Import] = []
    problems: list[Problem] = []
    for folder in sorted(p for p in (data / FOLDER).glob("*") if _NAME.fullmatch(p.name) and p.is_dir()):
        try:
            found.append(_load(folder))
        except SourceError as e:
            problems += e.problems
    if problems:
        raise SourceError(*problems)
    return found


def read(its: Import, settings: Settings) -> Content:
    """Return what a publication holds; it is validated again where shapes or program are others than they were.

    Raises:
        SourceError: if it is damaged, or speaks of what is not its own.
        InvalidImportError: if it breaks a shape that was added since.
    """
    content = read_content(its.folder, its.manifest, _at(its.folder, its.manifest.dump), settings)
    if its.validated_with != _rules():
        _validate(content)
    return content


def remove(data: Path, name: str) -> None:
    """Remove a publication that was brought in; the next build is without it.

    Raises:
        UsageError: if there is none of this name.
    """
    folder = data / FOLDER / name
    if not _NAME.fullmatch(name) or not (folder / RECORD).is_file():
        there = ", ".join(p.parent.name for p in sorted((data / FOLDER).glob(f"*/{RECORD}"))) or "-"
        raise UsageError(
            f"その名前の取り込みはありません: {name}（あるもの: {there}）",
            f"nothing of this name was brought in: {name} (there are: {there})",
        )
    shutil.rmtree(folder)


def _known(data: Path, settings: Settings) -> Known:
    """Return what is said here of units and terms; a data folder without code lists has those of the program."""
    lists = data / "codelists"
    units = codelists.load_units(lists)
    shared = reference.reference_graph([], units, DataIris(settings.base_iri))
    indicators = codelists.load_indicators(lists).triples
    return Known.of(q for said in (shared, indicators, ontology.load_vocabulary()) for q in quads(said, "urn:x:shared"))


def codes_published(data: Path) -> set[str]:
    """Return the codes of the municipalities whose documents we hold ourselves."""
    return {folder.parent.name for folder in sources.find_folders(data, needed=False)}


def refuse_doubles(found: Iterable[Import], own: set[str], base: str) -> None:
    """Raise an error where two publications of one base speak of the same municipality; `own` are the codes we hold.

    Raises:
        SourceError: import.municipality, for each municipality and publication.
    """
    holders: dict[tuple[str, str], str] = {(base, code): "data/sources" for code in own}
    problems = []
    for its in found:
        for code in sorted(its.manifest.codes):
            holder = holders.setdefault((its.manifest.base, code), its.name)
            if holder != its.name:
                problems.append(Problem("import.municipality", _at(its.folder, its.manifest.dump), code, holder))
    if problems:
        raise SourceError(*problems)


def _load(folder: Path) -> Import:
    at = _at(folder, RECORD)
    manifest = read_manifest(folder, _at(folder, releases.MANIFEST))
    try:
        record: Any = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        fields = [record[name] for name in ("source", "retrieved", "validated_with")]
        if not all(isinstance(field, str) for field in fields):
            raise ValueError("source, retrieved, validated_with")
        datetime.fromisoformat(fields[1])
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise SourceError(Problem("import.manifest", at, str(e), '{"source": "https://…", …}')) from None
    return Import(folder, fields[0], fields[1], fields[2], manifest)


def _validate(content: Content) -> None:
    report = shacl.validate(
        [_graph(content.quads), ontology.load_vocabulary()],
        shacl.load_shapes(),
        at=_at(content.folder, content.manifest.dump),
    )
    if not report.conforms:
        raise InvalidImportError(report)


def _graph(of: Iterable[Quad]) -> Graph:
    graph = Graph()
    for triple in triples(of):
        graph.add(triple)
    return graph


def _rules() -> str:
    """Return a digest of what an import is validated with: the program's version and every shape."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(resource_dir("shapes").glob("*.ttl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _take_place(folder: Path, final: Path) -> None:
    """Put `folder` where `final` is. A kill leaves the one or the other, or the former one beside it."""
    old = final.parent / f"{_OLD}{final.name}"
    if final.exists():
        final.rename(old)
    folder.rename(final)
    releases.sync(final.parent)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the lock of the folder of imports; what killed ones left is put back, or removed."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for old in home.glob(f"{_OLD}*"):
            final = home / old.name.removeprefix(_OLD)
            if final.exists():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.rename(final)
        for left in home.glob(f"{_NEW}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _name_of(source: str) -> str:
    if "://" in source:
        return (urlsplit(source).netloc.rpartition("@")[2]).replace(":", "-")
    path = Path(source).resolve()
    folder = path if path.is_dir() else path.parent
    for part in reversed(folder.parts):  # not "current", nor a release's own name
        if _NAME.fullmatch(part) and part not in ("current", "releases", "public") and not re.match("[0-9]{6}-", part):
            return part
    return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _at(folder: Path, file: str) -> SourceLocation:
    return SourceLocation(file=f"{FOLDER}/{folder.name}/{file}")
