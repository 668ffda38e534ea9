"""What is served: the current release of a publication, or RDF files as they are.

`create_app` is given a `Source`. It asks for what to serve at each request, so that one published meanwhile is served
from then on; answers already under way end on the release they began with.
"""

import hashlib
import json
import shutil
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pyoxigraph import RdfFormat
from pyoxigraph import Store as Engine

from kpigraph import harmful, releases, search, standings
from kpigraph.history import gone
from kpigraph.problems import UsageError
from kpigraph.retention import Hold
from kpigraph.serve import damage
from kpigraph.serve.scratch import Scratch, temporary
from kpigraph.store import embedded
from kpigraph.store.ahead import ReadAhead
from kpigraph.store.endpoint import checked
from kpigraph.store.graphs import current_graphs
from kpigraph.store.remote import RemoteEngine, RemoteStore

_CACHED_BYTES = 32 << 20
_PACKED_FROM = 16 << 10


class Cache:
    """Rendered answers of one release, the least recently used dropped beyond `limit` bytes.

    Long ones are packed, where that makes them much shorter: a page of a country's size takes a tenth then, and is
    unpacked in about a millisecond.
    """

    def __init__(self, limit: int = _CACHED_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._held: OrderedDict[tuple[str, ...], tuple[bytes, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        with self._lock:
            if (found := self._held.get(key)) is None:
                return None
            self._held.move_to_end(key)
        body, packed = found
        return zlib.decompress(body) if packed else body

    def put(self, key: tuple[str, ...], body: bytes) -> None:
        if len(body) > 2 * self._limit:
            return
        packed = zlib.compress(body, 1) if len(body) >= _PACKED_FROM else body
        held = (packed, True) if 2 * len(packed) < len(body) else (body, False)
        if len(held[0]) > self._limit // 8:
            return
        with self._lock:
            former, _ = self._held.pop(key, (b"", False))
            self._size += len(held[0]) - len(former)
            self._held[key] = held
            while self._size > self._limit:
                self._size -= len(self._held.popitem(last=False)[1][0])


@dataclass(frozen=True)
class Served:
    """One immutable state of the data.

    `folder` is None for RDF files served as they are, and for another endpoint, whose address `store` is then, with
    `#version` behind it for a release that it holds.
    `default_graphs` are the named graphs that a query without GRAPH sees; None leaves that to the store's own default
    graph.
    """

    version: str
    store: Path | str
    folder: Path | None = None
    default_graphs: tuple[str, ...] | None = None
    manifest: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    cache: Cache = field(default_factory=Cache, hash=False, compare=False)
    base: str = ""
    common: dict[Any, dict[Any, list[Any]]] = field(default_factory=dict, hash=False, compare=False)
    damaged: frozenset[str] = frozenset()
    held: tuple[Hold | Scratch, ...] = field(default=(), hash=False, compare=False)

    @cached_property
    def shown_graphs(self) -> tuple[str, ...] | None:
        """The named graphs that pages and descriptions are made from; None for all.

        Raises:
            UsageError: if another endpoint has to be asked and does not answer.
        """
        if isinstance(self.store, str):
            store = self._elsewhere
            if store.endpoint.version:
                return store.shown_graphs()
            return current_graphs(store.named_graphs(), self.base) or None
        return self.default_graphs

    @property
    def is_site(self) -> bool:
        """Whether this is a publication, with pages to begin with, and not just any data. Raises as `shown_graphs`."""
        return self.folder is not None or (isinstance(self.store, str) and self.shown_graphs is not None)

    @property
    def is_release(self) -> bool:
        """Whether this is a release, here or on another engine, and not whatever somebody has."""
        return self.folder is not None or (isinstance(self.store, str) and "#" in self.store)

    @cached_property
    def reader(self) -> embedded.EmbeddedStore | RemoteStore:
        """The store, for our own queries. Those from outside go to the workers."""
        if isinstance(self.store, str):
            return RemoteStore(self.store, self.shown_graphs or (), self._elsewhere.endpoint)
        return embedded.open_read_only(self.store, self.default_graphs or ())

    @cached_property
    def _elsewhere(self) -> RemoteStore:
        return RemoteStore(str(self.store))

    @property
    def united(self) -> bool:
        """Whether the store's own default graph holds all that the default graphs say."""
        return self.reader.united

    @property
    def asked_graphs(self) -> tuple[str, ...] | None:
        """The graphs that a query without a dataset is asked of; None where the store's own default graph is.

        Of another endpoint that is what it takes for its default graph.
        """
        return None if self.default_graphs is not None and self.united else self.default_graphs

    @cached_property
    def engine(self) -> Engine | RemoteEngine:
        """The store, for our own look-ups by pattern."""
        return ReadAhead(self._elsewhere) if isinstance(self.store, str) else self.reader.engine

    @cached_property
    def finder(self) -> search.Finder:
        """The search index of the release; of data that have none, one made now and gone with this process.

        Raises:
            UsageError: if it cannot be read or made.
        """
        if (file := self._index(search.FILE)) is not None:
            return search.Finder(file)
        with temporary() as folder:
            search.build(self.reader, folder / search.FILE)
            return search.Finder(folder / search.FILE)  # stays open when the file is gone

    @cached_property
    def standings(self) -> standings.Index:
        """How every indicator stands; of data without a prepared index, one made now and gone with this process.

        Raises:
            UsageError: if it cannot be read or made.
        """
        if (file := self._index(standings.FILE)) is not None:
            return standings.Index(file)
        with temporary() as folder:
            standings.build(self.reader, folder / "standings.sqlite")
            return standings.Index(folder / "standings.sqlite")  # stays open when the file is gone

    @cached_property
    def gone(self) -> gone.Gone:
        """The names that earlier releases had, and this one has not."""
        return gone.read(self.folder)

    def _index(self, name: str) -> Path | None:
        """Return a prepared index, None where there is none that is whole."""
        if self.folder is None or name in self.damaged or not (self.folder / name).is_file():
            return None
        return self.folder / name

    @property
    def files(self) -> frozenset[str]:
        """The names that may be downloaded: those of the manifest, the manifest itself and its signature."""
        listed = self.manifest.get("files", ())
        return frozenset(n for n in listed if "/" not in n and not n.startswith(".")) | releases.BESIDE

    @property
    def inflated(self) -> dict[str, int]:
        """Names that may be downloaded besides, of what is published packed only, with its length inflated."""
        found = self.manifest.get("inflated", {})
        return {n: found[n] for n in found if f"{n}.gz" in self.files} if isinstance(found, dict) else {}

    def file(self, name: str) -> Path | None:
        """Return the published file `name`, None if there is none. Names are only ever looked up, never resolved.

        Raises:
            UsageError: if it is not as it was published.
        """
        if self.folder is None or name not in self.files:
            return None
        if name in self.damaged:
            raise damage.refused(name)
        path = self.folder / name
        return path if path.is_file() else None


class Source(Protocol):
    """Where what is served comes from."""

    def served(self) -> Served:
        """Return what to serve now.

        Raises:
            UsageError: if there is nothing.
        """

    def suspect(self) -> None:
        """Be told that what is served could not be read."""

    def close(self) -> None: ...


_LOOKED_AFTER = 60.0  # seconds
_RELEASE_LOOKED_AFTER = 5.0
_KEPT_FOR = 600.0
_PATIENCE = 3.0


class Remote:
    """Another SPARQL endpoint: the release in use there (`kpigraph load`), or whatever it holds.

    It is asked every few seconds, beside the answers under way, which release is in use; those end on the one they
    began with. An endpoint without releases does not say when its data change: so the sizes of its graphs are looked at
    once a minute; when they change, and after ten minutes in any case, what was read from it is forgotten.
    """

    def __init__(self, address: str, base: str = "") -> None:
        self._address = checked(address)
        self._base = base
        self._sizes: dict[str, int] = {}
        self._looking = threading.Lock()
        self._served: Served | None = None
        self._fault: UsageError | None = None
        self._looked = -_LOOKED_AFTER
        self._began = 0.0

    def served(self) -> Served:
        waits = _RELEASE_LOOKED_AFTER if self._served is None or "#" in str(self._served.store) else _LOOKED_AFTER
        if time.monotonic() - self._looked > waits and self._looking.acquire(blocking=False):
            if self._served is None and self._fault is None:
                self._look()
            else:
                threading.Thread(target=self._look, daemon=True).start()
        if self._served is None:
            raise self._fault or UsageError(f"{self._address} に問い合わせています", f"{self._address} is being asked")
        return self._served

    def _look(self) -> None:
        try:
            store = RemoteStore(self._address)
            if version := store.current_release(_PATIENCE):
                self._serve_release(store, version)
            else:
                self._serve_graphs(store)
            self._fault = None
        except UsageError as fault:
            self._fault = fault  # what was read from it before is still served
        finally:
            self._looked = time.monotonic()
            self._looking.release()

    def _serve_release(self, store: RemoteStore, version: str) -> None:
        if self._served is not None and self._served.version == version:
            return
        if self._base and (base := store.base_of(version)) != self._base:
            raise UsageError(
                f"{self._address} の版の基底 IRI は {base} です（KPIGRAPH_BASE_IRI: {self._base}）",
                f"the base IRI of the release at {self._address} is {base} (KPIGRAPH_BASE_IRI: {self._base})",
            )
        self._served = Served(version, f"{self._address}#{version}", base=self._base)

    def _serve_graphs(self, store: RemoteStore) -> None:
        known = self._served is not None and "#" not in str(self._served.store)
        sizes = store.engine.sizes() if known else self._sizes  # the first time anything is new
        changed, self._sizes = sizes != self._sizes, sizes
        if not known or changed or time.monotonic() - self._began > _KEPT_FOR:
            self._began = time.monotonic()
            self._served = Served(f"remote-{self._began:.0f}", self._address, base=self._base)

    def suspect(self) -> None:
        pass

    def close(self) -> None:
        pass


_FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".owl": RdfFormat.RDF_XML,
    ".xml": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
}


class DataFiles:
    """RDF files as they are: triples in the default graph, the graphs of TriG, N-Quads and JSON-LD under their names.

    Kept in `folder` and reopened from there as long as the same files are asked for; without `folder`, gone at the end.
    """

    def __init__(self, files: Sequence[Path], folder: Path | None = None) -> None:
        self._scratch: Scratch | None = None
        try:
            if folder is None:
                self._scratch = Scratch()
                folder = self._scratch.path
            self._folder = folder
            self._served = self._load([f.resolve() for f in files])
        except OSError as error:
            self.close()
            raise _not_kept(folder, error) from error
        except BaseException:
            self.close()
            raise

    def served(self) -> Served:
        return self._served

    def _load(self, files: Sequence[Path]) -> Served:
        note, store = self._folder / "loaded.json", self._folder / "store"
        if not files:
            try:
                version = json.loads(note.read_text("utf-8"))["version"]
            except (OSError, ValueError, KeyError, TypeError):
                raise UsageError(
                    f"開けるデータがありません: {self._folder}", f"there is no data to open: {self._folder}"
                ) from None
            return Served(version, store)
        for file in files:
            if file.suffix not in _FORMATS:
                expected = " ".join(_FORMATS)
                raise UsageError(
                    f"RDF の形式が分かりません: {file}（使える拡張子: {expected}）",
                    f"the RDF format cannot be told: {file} (known suffixes: {expected})",
                )
        version = _digest(files)
        if note.is_file() and note.read_text("utf-8") == _note(version, files) and store.is_dir():
            return Served(version, store)
        if not note.is_file() and self._folder.is_dir() and any(self._folder.iterdir()):
            raise UsageError(
                f"ほかのものがあるフォルダーには保存しません: {self._folder}",
                f"this folder holds something else, so nothing is kept there: {self._folder}",
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        note.write_text("{}\n", "utf-8")  # the folder is ours, what is in it not yet whole
        shutil.rmtree(store, ignore_errors=True)
        engine = Engine(str(store))
        for file in files:
            try:
                harmful.refuse_harm(file)
                engine.bulk_load(path=str(file), format=_FORMATS[file.suffix], base_iri=file.as_uri())
            except RuntimeError as error:  # so the engine says that it cannot write
                raise _not_kept(self._folder, error) from error
            except (SyntaxError, ValueError, OSError) as error:
                raise UsageError(
                    f"RDF として読めません: {file}: {error}", f"not readable as RDF: {file}: {error}"
                ) from None
        try:
            engine.flush()
        except (OSError, RuntimeError) as error:
            raise _not_kept(self._folder, error) from error
        del engine  # the folder is locked as long as it is open for writing
        note.write_text(_note(version, files), "utf-8")
        return Served(version, store)

    def suspect(self) -> None:
        pass

    def close(self) -> None:
        if self._scratch is not None:
            self._scratch.close()


def _not_kept(folder: Path | None, error: Exception) -> UsageError:
    reason = " ".join(str(error).split())
    return UsageError(
        f"データを保存できません: {folder or ''}（{reason}）", f"the data cannot be kept: {folder or ''} ({reason})"
    )


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        try:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError:
            raise UsageError(f"ファイルを読めません: {file}", f"the file cannot be read: {file}") from None
    return digest.hexdigest()[:16]


def _note(version: str, files: Sequence[Path]) -> str:
    return json.dumps({"version": version, "files": [str(f) for f in files]}, indent=2) + "\n"
