"""Any server that keeps to the SPARQL 1.1 Protocol, as a store: queries, and graphs by the Graph Store Protocol.

Sources: SPARQL 1.1 Protocol (2013), section 2; SPARQL 1.1 Graph Store HTTP Protocol (2013).
"""

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, cast

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
    serialize,
)
from pyoxigraph import Store as Oxigraph

from kpigraph.order import graph_iri, triples_in_order
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import UsageError

Term = NamedNode | BlankNode | Literal | Triple

_SOLUTIONS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
}
_GRAPHS = {
    "application/n-triples": RdfFormat.N_TRIPLES,
    "text/plain": RdfFormat.N_TRIPLES,
    "text/turtle": RdfFormat.TURTLE,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
_ACCEPT_SOLUTIONS = "application/sparql-results+json, application/sparql-results+xml;q=0.8"
_ACCEPT_GRAPH = "application/n-triples, text/turtle;q=0.9, application/rdf+xml;q=0.5"
_SECONDS = 60.0


class UnavailableError(Exception):
    """The server cannot be reached, refuses the query, or does not keep to the protocol."""


class Graph:
    """The triples of a CONSTRUCT or DESCRIBE as they come, with the one method of `QueryTriples` that workers use."""

    def __init__(self, triples: Iterator[Triple]) -> None:
        self._triples = triples

    def __iter__(self) -> Iterator[Triple]:
        return self._triples

    def serialize(self, output: IO[bytes], format: RdfFormat) -> None:
        serialize(self._triples, output, format)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: the operator named one server, which cannot send queries on to others."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class Endpoint:
    """A SPARQL endpoint at `address`; `graph_store` is where it takes whole graphs, "" where it does not."""

    def __init__(self, address: str, graph_store: str = "") -> None:
        self.address = address
        self._graph_store = graph_store
        self._opener = urllib.request.build_opener(_NoRedirect)

    def query(
        self,
        text: str,
        *,
        gives_graph: bool,
        base: str | None = None,
        prefixes: Mapping[str, str] = PREFIXES,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        columns: Sequence[str] | None = None,
        is_ask: bool = False,
        seconds: float = _SECONDS,
    ) -> QuerySolutions | QueryBoolean | Graph:
        """Return the result of a query, read as it comes. `gives_graph`: it is a CONSTRUCT or DESCRIBE.

        `columns`, where known, must be those of the result: some servers change the names of variables. `is_ask`: it
        is an ASK, which Virtuoso may answer by a table of one number.

        Raises:
            UnavailableError: if there is no result.
        """
        used = {p: iri for p, iri in prefixes.items() if re.search(rf"(?<![\w.-]){re.escape(p)}:", text)}
        prologue = (f"BASE <{base}> " if base else "") + "".join(f"PREFIX {p}: <{iri}> " for p, iri in used.items())
        fields = [
            ("query", prologue + text),
            *(("default-graph-uri", iri) for iri in default_graphs),
            *(("named-graph-uri", iri) for iri in named_graphs),
        ]
        request = urllib.request.Request(  # noqa: S310 - the operator's own address, checked by `checked`
            self.address,
            urllib.parse.urlencode(fields).encode(),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": _ACCEPT_GRAPH if gives_graph else _ACCEPT_SOLUTIONS,
            },
        )
        response = self._send(request, seconds)
        media_type = response.headers.get_content_type()
        try:
            if gives_graph:
                quads = parse(response, _known(_GRAPHS, media_type))
                return Graph(_triples(quads))
            found = parse_query_results(response, _known(_SOLUTIONS, media_type))
        except (SyntaxError, OSError, ValueError) as error:
            raise UnavailableError(f"its answer cannot be read: {error}") from error
        if is_ask and isinstance(found, QuerySolutions):
            return _as_boolean(found)
        if columns is not None and isinstance(found, QuerySolutions):
            have = [v.value for v in found.variables]
            if sorted(have) != sorted(columns):
                raise UnavailableError(f"it answers with the variables {have} where {list(columns)} were asked for")
        return found

    def put(self, graph: str, triples: Iterable[Triple]) -> None:
        """Replace the graph of that name.

        Raises:
            UnavailableError: if that does not succeed.
        """
        if not self._graph_store:
            raise UnavailableError("it has no address for whole graphs")
        body = serialize(triples, format=RdfFormat.N_TRIPLES)
        address = f"{self._graph_store}?{urllib.parse.urlencode({'graph': graph})}"
        # N-Triples is Turtle, which every server takes
        request = urllib.request.Request(address, body, {"Content-Type": "text/turtle"}, method="PUT")  # noqa: S310
        self._send(request, _SECONDS).close()

    def _send(self, request: urllib.request.Request, seconds: float) -> Any:
        try:
            return self._opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            with error:
                said = " ".join(error.read(2_000).decode("utf-8", "replace").split())[:300]
            raise UnavailableError(f"it answers {error.code}: {said}") from None
        except (OSError, HTTPException) as error:
            raise UnavailableError(f"it cannot be reached: {getattr(error, 'reason', error)}") from None


def _as_boolean(table: QuerySolutions) -> QueryBoolean:
    values = [value for solution in table for value in solution]
    if len(values) > 1 or not all(isinstance(v, Literal) and v.value in ("0", "1") for v in values):
        raise UnavailableError("it answers an ASK with a table")
    word = b"true" if values and cast("Literal", values[0]).value == "1" else b"false"
    return cast("QueryBoolean", parse_query_results(b'{"head":{},"boolean":' + word + b"}", QueryResultsFormat.JSON))


def _known(formats: Mapping[str, Any], media_type: str) -> Any:
    if media_type not in formats:
        raise ValueError(f"{media_type} is none of {', '.join(formats)}")
    return formats[media_type]


def _triples(quads: Iterator[Quad]) -> Iterator[Triple]:
    for quad in quads:
        yield quad.triple


def checked(address: str) -> str:
    """Return `address` if it can be that of an endpoint.

    Raises:
        UsageError: if not.
    """
    if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`/?#]+(/[^\s<>\"{}|\\^`#]*)?", address):
        raise UsageError(
            f"SPARQL エンドポイントの URL ではありません: {address}", f"not an endpoint's address: {address}"
        )
    return address


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
    """A remote endpoint as a `kpigraph.store.Store`."""

    def __init__(self, address: str, default_graphs: Sequence[str] = ()) -> None:
        self.endpoint = Endpoint(checked(address))
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
        if not isinstance(Oxigraph().query(query, prefixes=PREFIXES), QuerySolutions):  # read here, over nothing
            raise ValueError("select() is for SELECT queries")
        return self._rows(query, self.named_graphs() if everywhere else self._default_graphs)

    def _rows(self, query: str, graphs: Sequence[str] = ()) -> Iterator[dict[str, Term]]:
        named = self._names() if graphs else ()
        with self._one_clear_line():
            found = self.endpoint.query(query, gives_graph=False, default_graphs=graphs, named_graphs=named)
        if not isinstance(found, QuerySolutions):
            raise ValueError("select() is for SELECT queries")
        names = [v.value for v in found.variables]
        with self._one_clear_line():
            for solution in found:
                yield {n: value for n, value in zip(names, solution, strict=True) if value is not None}

    def _names(self) -> list[str]:
        return [cast("NamedNode", r["g"]).value for r in self._rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")]

    def describe(self, subject: str) -> list[Triple]:
        quads = self.quads(subject)
        wanted = set(self._default_graphs)
        return triples_in_order([q for q in quads if graph_iri(q) in wanted] or quads)

    def quads(self, subject: str) -> list[Quad]:
        node = NamedNode(subject)
        rows = self._rows(f"SELECT ?g ?p ?o {{ GRAPH ?g {{ {node} ?p ?o }} }}")
        return [Quad(node, cast("NamedNode", r["p"]), r["o"], cast("NamedNode", r["g"])) for r in rows]

    def graph(self, name: str) -> Iterator[Triple]:
        """Yield the triples of the graph `name`."""
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {NamedNode(name)} {{ ?s ?p ?o }} }}"
        with self._one_clear_line():
            yield from cast("Graph", self.endpoint.query(text, gives_graph=True))

    def named_graphs(self) -> list[str]:
        return sorted(self._names())

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
