"""Where a published graph is asked: the `Store` protocol, and how a store is opened.

To add a store: a class with the methods of `Store`, and one line in `STORES`.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from pyoxigraph import Quad, Triple

from kpigraph.problems import UsageError
from kpigraph.store import embedded
from kpigraph.store.embedded import Term as Term

Row = dict[str, Term]


class Store(Protocol):
    """A graph store that is only read.

    `default_graphs` are the named graphs whose union a query without GRAPH sees; () stands for all of them, or for what
    a remote store shows by itself. Every method raises UsageError where the store is damaged or out of reach, also
    while its results are being read.
    """

    @property
    def default_graphs(self) -> tuple[str, ...]: ...

    @property
    def united(self) -> bool:
        """Whether the engine's own default graph holds what the default graphs say, each triple once."""

    def select(self, query: str, *, everywhere: bool = False) -> Iterator[Row]:
        """Yield the solutions of a SELECT query, each with its bound variables only.

        The prefixes of `kpigraph.prefixes` need no PREFIX line. `everywhere`: as if every graph were a default graph,
        for what is asked of superseded editions too.

        Raises:
            SyntaxError: if the query is not SPARQL 1.1.
        """

    def describe(self, subject: str) -> list[Triple]:
        """Return the triples about `subject`: those of the default graphs or, where they have none, of all graphs."""

    def quads(self, subject: str) -> list[Quad]:
        """Return every triple about `subject` together with the graph that says so."""

    def named_graphs(self) -> list[str]:
        """Return the names of all named graphs, sorted."""

    def close(self) -> None:
        """Let go of files and connections. Nothing else may be called afterwards."""


def _remote(where: str, default_graphs: Sequence[str]) -> Store:
    from kpigraph.store.remote import RemoteStore  # which takes a while to load, and no build asks

    return RemoteStore(where, default_graphs)


# The beginning of an address, and what opens such a store; a plain path has none.
STORES: dict[str, Callable[[str, Sequence[str]], Store]] = {
    "": lambda where, default_graphs: embedded.open_read_only(Path(where), default_graphs),
    "http": _remote,
    "https": _remote,
}


def open_store(where: str | Path, default_graphs: Sequence[str] = ()) -> Store:
    """Open the store at `where`, a folder such as public/current/store.

    Raises:
        UsageError: if there is none, if it is damaged, or if no store of that kind is known.
    """
    scheme, separator, _ = str(where).partition("://")
    if (opener := STORES.get(scheme if separator else "")) is None:
        raise UsageError(
            f"この種類のストアには対応していません: {where}", f"stores of this kind are not known: {where}"
        )
    return opener(str(where), default_graphs)


def text(row: Row, name: str) -> str:
    """Return what the variable `name` is bound to as text, without language or datatype; "" where it is unbound."""
    return str(getattr(row[name], "value", row[name])) if name in row else ""
