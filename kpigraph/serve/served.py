"""What is served: the current release of a publication, another endpoint's, or RDF files as they are.

`create_app` is given a `Source`. It asks for what to serve at each request, so that one published meanwhile is served
from then on; answers already under way end on the release they began with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pyoxigraph import Store as Engine

from kpigraph import comparison, releases, search, standings
from kpigraph.history import gone
from kpigraph.retention import Hold
from kpigraph.serve import damage
from kpigraph.serve.rendered import Cache
from kpigraph.serve.scratch import Scratch, temporary
from kpigraph.store import embedded
from kpigraph.store.ahead import ReadAhead
from kpigraph.store.graphs import current_graphs
from kpigraph.store.remote import RemoteEngine, RemoteStore


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
    def shared_indicators(self) -> tuple[list[comparison.Realized], dict[str, Mapping[str, str]]]:
        """The shared indicators and their themes, looked up once a release: see `comparison.overview`."""
        return self._shared if self.is_release else comparison.overview(self.reader)

    @cached_property
    def _shared(self) -> tuple[list[comparison.Realized], dict[str, Mapping[str, str]]]:
        return comparison.overview(self.reader)

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
