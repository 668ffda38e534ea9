"""Another SPARQL endpoint as a store, and for look-ups by pattern."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, Triple
from pyoxigraph import Store as Oxigraph

from kpigraph.order import graph_iri, triples_in_order
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import UsageError
from kpigraph.store.answered import CutError, UnavailableError
from kpigraph.store.endpoint import Endpoint, Graph, checked
from kpigraph.store.ledger import Ledger
from kpigraph.store.paging import paged

Term = NamedNode | BlankNode | Literal | Triple


class RemoteEngine:
    """A remote endpoint for look-ups by pattern, with the two methods of Oxigraph's store that pages need."""

    def __init__(self, store: "RemoteStore") -> None:
        self._store = store

    def quads_for_pattern(
        self,
        subject: NamedNode | BlankNode | Triple | None,
        predicate: NamedNode | None,
        object: Term | None,
        graph_name: NamedNode | None = None,
    ) -> Iterator[Quad]:
        """Yield the quads of named graphs that fit.

        Raises:
            UsageError: if the endpoint does not answer.
        """
        if any(isinstance(term, BlankNode) for term in (subject, object)):
            return  # what it means is known to the endpoint alone
        given: dict[str, Any] = {"g": graph_name, "s": subject, "p": predicate, "o": object}
        terms = {name: f"?{name}" if term is None else str(term) for name, term in given.items()}
        pattern = f"GRAPH {terms['g']} {{ {terms['s']} {terms['p']} {terms['o']} }}"
        for row in self._store.select(f"SELECT * {{ {pattern} }}"):
            found: dict[str, Any] = {name: given[name] or row[name] for name in given}
            yield Quad(found["s"], found["p"], found["o"], found["g"])

    def named_graphs(self) -> Iterator[NamedNode]:
        yield from map(NamedNode, self._store.named_graphs())

    def sizes(self) -> dict[str, int]:
        """Return how many triples each named graph has."""
        rows = self._store.select("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
        return {cast("NamedNode", r["g"]).value: int(cast("Literal", r["n"]).value) for r in rows}


class RemoteStore:
    """A remote endpoint, or with `#version` a release that it holds, as a `kpigraph.store.Store`."""

    def __init__(self, address: str, default_graphs: Sequence[str] = (), endpoint: Endpoint | None = None) -> None:
        checked(address.partition("#")[0])
        self.endpoint = endpoint or Endpoint(address)  # one that knows its release already
        self._default_graphs = tuple(default_graphs)

    @property
    def united(self) -> bool:
        return False  # another engine's default graph is whatever it takes for that

    @property
    def default_graphs(self) -> tuple[str, ...]:
        return self._default_graphs

    @property
    def engine(self) -> RemoteEngine:
        return RemoteEngine(self)

    def select(self, query: str, *, everywhere: bool = False) -> Iterator[dict[str, Term]]:
        local = Oxigraph().query(query, prefixes=PREFIXES)  # read here, over nothing
        if not isinstance(local, QuerySolutions):
            raise ValueError("select() is for SELECT queries")
        columns = [v.value for v in local.variables]
        if self.endpoint.version and not everywhere:
            return self._rows(query, columns=columns)  # the release's own default graphs
        return self._rows(query, self.named_graphs() if everywhere else self._default_graphs, columns)

    def _rows(
        self, query: str, graphs: Sequence[str] = (), columns: Sequence[str] | None = None
    ) -> Iterator[dict[str, Term]]:
        named = self._names() if graphs else ()
        try:
            with self._one_clear_line():
                found = self.endpoint.query(
                    query, gives_graph=False, default_graphs=graphs, named_graphs=named, columns=columns
                )
        except UsageError as error:
            if not isinstance(error.__cause__, CutError) or not columns:
                raise
            yield from self._pages(query, graphs, columns, error.__cause__)
            return
        if not isinstance(found, QuerySolutions):
            raise ValueError("select() is for SELECT queries")
        names = [v.value for v in found.variables]
        with self._one_clear_line():
            for solution in found:
                yield {n: value for n, value in zip(names, solution, strict=True) if value is not None}

    def _pages(
        self, query: str, graphs: Sequence[str], columns: Sequence[str], cut: CutError
    ) -> Iterator[dict[str, Term]]:
        """Yield the solutions of a query of which the engine gives only so many at once."""

        def count(text: str) -> int:
            (row,) = self._rows(text, graphs, ["n"])
            return int(cast("Literal", row["n"]).value)

        with self._one_clear_line():
            try:
                yield from paged(query, columns, cut.most, count, lambda text: self._rows(text, graphs, columns))
            except ValueError as error:
                raise UnavailableError(str(error)) from cut

    def _names(self) -> list[str]:
        if self.endpoint.version:
            with self._one_clear_line():
                view = self.endpoint.view
                return list(view.names(None)) if view else []
        # Virtuoso answers SELECT DISTINCT ?g by comparing every quad with every other
        query = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
        rows = self._rows(query, columns=["g", "n"])
        return [cast("NamedNode", r["g"]).value for r in rows]

    def describe(self, subject: str) -> list[Triple]:
        quads = self.quads(subject)
        wanted = set(self._default_graphs)
        return triples_in_order([q for q in quads if graph_iri(q) in wanted] or quads)

    def quads(self, subject: str) -> list[Quad]:
        node = NamedNode(subject)
        rows = self._rows(f"SELECT ?g ?p ?o {{ GRAPH ?g {{ {node} ?p ?o }} }}", columns=["g", "p", "o"])
        return [Quad(node, cast("NamedNode", r["p"]), r["o"], cast("NamedNode", r["g"])) for r in rows]

    def graph(self, name: str) -> Iterator[Triple]:
        """Yield the triples of the graph `name`."""
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {NamedNode(name)} {{ ?s ?p ?o }} }}"
        with self._one_clear_line():
            yield from cast("Graph", self.endpoint.query(text, gives_graph=True))

    def named_graphs(self) -> list[str]:
        return sorted(self._names())

    def shown_graphs(self) -> tuple[str, ...]:
        """Return the public names of the default graphs of the release."""
        with self._one_clear_line():
            return tuple(self.endpoint.ledger.shown(self.endpoint.release))

    def current_release(self, seconds: float) -> str:
        """Return the version of the release in use on the engine, "" where it holds none; within so many seconds."""
        with self._one_clear_line():
            return Ledger(lambda text: self.endpoint.texts(text, seconds)).current()

    def base_of(self, version: str) -> str:
        """Return the beginning of the IRIs of a release, "" where there is no such release."""
        with self._one_clear_line():
            held = self.endpoint.ledger.release(version)
        return held.base if held else ""

    def close(self) -> None:
        pass  # a connection lasts as long as its answer

    @contextmanager
    def _one_clear_line(self) -> Iterator[None]:
        try:
            yield
        except (UnavailableError, OSError, HTTPException, SyntaxError) as error:
            raise UsageError(
                f"{self.endpoint.address} に問い合わせできません: {error}",
                f"{self.endpoint.address} does not answer: {error}",
            ) from error
