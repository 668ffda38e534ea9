"""What of a release is damaged, found before it is served, and its store made anew from a dump that is whole.

A disk that fails, or a copy that was cut short, must not become a wrong answer. RocksDB checks the blocks of its tables
when it reads them, but takes a list of tables that was cut short for a shorter one, and SQLite and the dumps are not
checked by anybody: so lengths are compared for every file, and checksums for as many, from the smallest on, as can be
read in a moment; those of the others are compared while they are served already.
"""

import gzip
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from pyoxigraph import NamedNode, Quad, RdfFormat, parse, serialize

from kpigraph import releases
from kpigraph.problems import UsageError
from kpigraph.releases import File, Release
from kpigraph.serve.scratch import Scratch
from kpigraph.serve.told import ToldError
from kpigraph.store import embedded

_AT_ONCE = 256 << 20  # bytes that are read before a release is served: a fraction of a second
_LINES = 32 << 20  # bytes of a dump read at a time
_DUMPS = ("kpigraph.nq", "kpigraph.nq.gz")
_CATALOGUE = "catalog.ttl"


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found: names of damaged files, and names of those that are still to be read."""

    damaged: frozenset[str]
    unread: tuple[str, ...]


def look(release: Release, at_once: int = _AT_ONCE) -> Looked:
    """Compare the files of `release` with its manifest: all lengths, and the checksums of the smaller ones.

    Raises:
        UsageError: if the manifest is not the one that the release was published with.
    """
    listed = _listed(release)
    damaged, unread, left = set(), [], at_once
    for name, file in sorted(listed.items(), key=lambda item: item[1].bytes):
        path = release.folder / name
        if not path.is_file() or path.stat().st_size != file.bytes:
            damaged.add(name)
            continue
        left -= file.bytes
        if left < 0:
            unread.append(name)
        elif not is_whole(release, name):
            damaged.add(name)
    stray = {n for n in releases.files(release.folder) if n.startswith("store/")} - listed.keys()
    return Looked(frozenset(damaged | stray), tuple(unread))


def is_whole(release: Release, name: str) -> bool:
    """Tell whether a file has the checksum that the manifest has of it."""
    try:
        return releases.describe(release.folder / name) == File(**release.manifest["files"][name])
    except OSError:
        return False


def _listed(release: Release) -> dict[str, File]:
    try:
        listed = {name: File(**entry) for name, entry in release.manifest["files"].items()}
    except (KeyError, TypeError, AttributeError):
        listed = {}
    if release.version.rpartition("-")[2] != releases.digest(listed)[:12]:
        at = release.folder / releases.MANIFEST
        raise UsageError(
            f"公開された版の目録が壊れています（kpigraph rollback で前の版に戻せます）: {at}",
            f"the manifest of the release is damaged (kpigraph rollback goes back to the one before): {at}",
        )
    return listed


def rebuilt(release: Release, damaged: frozenset[str]) -> Scratch:
    """Return a folder with the store of `release` in its `store`, made anew from a dump and the catalogue.

    Raises:
        UsageError: if those are damaged too, or there is no room.
    """
    there = [n for n in _DUMPS if n in release.manifest["files"] and n not in damaged]
    dump = next((n for n in there if is_whole(release, n)), None)
    if dump is None or _CATALOGUE in damaged:
        raise UsageError(
            f"ストアもダンプも壊れています（kpigraph rollback か kpigraph build）: {release.folder}",
            f"the store is damaged, and so are the dumps (kpigraph rollback, or kpigraph build): {release.folder}",
        )
    try:
        scratch = Scratch()
    except OSError as e:
        raise UsageError(f"作業用のフォルダーを作れません: {e}", f"no folder to work in can be made: {e}") from None
    try:
        texts = embedded.with_union(_texts(release, dump), release.default_graphs)
        with embedded.create(scratch.path / "store", n_quads=texts):
            return scratch
    except BaseException:
        scratch.close()
        raise


def _texts(release: Release, dump: str) -> Iterator[bytes]:
    from kpigraph.iris import DataIris  # with rdflib, which a server of a whole release never needs

    path = release.folder / dump
    with cast("IO[bytes]", gzip.open(path) if dump.endswith(".gz") else path.open("rb")) as lines:
        while some := lines.readlines(_LINES):
            yield b"".join(some)
    graph = NamedNode(DataIris(release.manifest["base_iri"]).graph("catalog"))
    said = parse(path=str(release.folder / _CATALOGUE), format=RdfFormat.TURTLE)
    yield serialize([Quad(q.subject, q.predicate, q.object, graph) for q in said], format=RdfFormat.N_QUADS) or b""


def told(release: Release, damaged: Iterable[str]) -> tuple[str, str]:
    """Return the line that says what is damaged, in Japanese and in English."""
    names = sorted(damaged)
    shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return (
        f"公開された版の一部が壊れています: {release.folder}（{shown}）",
        f"part of the release is damaged: {release.folder} ({shown})",
    )


def unreadable(error: Exception) -> ToldError | None:
    """Return what to say of an error of the store or of an index while it is read; None of any other error."""
    is_ours = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.ProgrammingError)
    if not is_ours and not str(error).startswith(embedded.NOT_READ):
        return None
    return ToldError(
        "公開された版が壊れているか、ディスクを読めません。確かめ直しています。",
        "the release is damaged or the disk cannot be read; it is being looked over again",
        str(error),
    )


def refused(name: str) -> ToldError:
    """Return the error that a file is not handed out because it is damaged."""
    return ToldError(
        f"このファイルは壊れているので配信しません: {name}", f"this file is damaged and is not handed out: {name}"
    )
