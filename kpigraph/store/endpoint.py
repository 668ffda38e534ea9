"""Any server that keeps to the SPARQL 1.1 Protocol: how it is asked, and what of its answers is believed.

A whole answer is one that says where it ends and ends there, in a format that was asked for, from the server itself and
no other. What an engine cuts or breaks off is an error, never an answer.
Source: SPARQL 1.1 Protocol (2013), section 2.
"""

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from http.client import HTTPException, HTTPMessage, HTTPResponse
from itertools import islice
from typing import IO, Any, cast

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
    serialize,
)
from pyoxigraph import Store as Oxigraph

from kpigraph.prefixes import PREFIXES
from kpigraph.problems import UsageError
from kpigraph.store import asked, dialect
from kpigraph.store.answered import (
    Body,
    CutError,
    TooLateError,
    UnavailableError,
    UnreachableError,
    first_line,
)
from kpigraph.store.asked import Asked, View
from kpigraph.store.dialect import Dialect
from kpigraph.store.ledger import RELEASE, Ledger
from kpigraph.store.paging import columns_of, paged

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
_SOLUTIONS_AT_ONCE = 500
_BLANK = "urn:kpigraph:blank:"


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
    """A SPARQL endpoint at `address`; of one that holds releases, `address#version` is that release."""

    def __init__(self, address: str) -> None:
        self.address, _, self.version = address.partition("#")
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
        self._view: View | None = None
        self._dialect: Dialect | None = None

    @property
    def release(self) -> str:
        """The graph that says what the release holds; "" without one."""
        return RELEASE + self.version if self.version else ""

    @property
    def dialect(self) -> Dialect:
        """How it wants to be asked. Raises as `told`."""
        return self.told(_SECONDS)

    def told(self, seconds: float) -> Dialect:
        """Return how it wants to be asked, by what it calls itself.

        Raises:
            UnavailableError: if it does not answer.
        """
        if self._dialect is None:
            with self._send([("query", "ASK {}")], _ACCEPT_SOLUTIONS, seconds) as response:
                self._dialect = dialect.told(response.headers.get("Server") or "")
        return self._dialect

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.texts)

    def texts(self, text: str, seconds: float = _SECONDS, *, limit: int | None = None) -> Iterator[dict[str, str]]:
        """Yield the solutions of a query of our own as text, in pages where they are many. Raises as `direct`."""
        try:
            found = self.direct(text, seconds, limit=limit)
        except CutError as cut:
            yield from self._in_pages(text, cut, seconds)
            return
        names = [v.value for v in found.variables]
        for solution in found:
            yield {n: getattr(t, "value", str(t)) for n, t in zip(names, solution, strict=True) if t is not None}

    def _in_pages(self, text: str, cut: CutError, seconds: float) -> Iterator[dict[str, str]]:
        def rows(page: str) -> Iterator[dict[str, str]]:
            return self.texts(page, seconds, limit=cut.most)

        try:
            yield from paged(text, columns_of(text), cut.most, lambda page: int(next(rows(page))["n"]), rows)
        except ValueError as error:
            raise UnavailableError(str(error)) from cut

    def direct(self, text: str, seconds: float = _SECONDS, *, limit: int | None = None) -> QuerySolutions:
        """Return the solutions of a query of our own, put as it is. It names its graphs. `limit`: its LIMIT.

        Raises:
            UnavailableError: if there are none.
        """
        found = self._solutions(Asked(text, (), None, limit=limit), seconds)
        return cast("QuerySolutions", found)

    def triples(self, text: str, seconds: float = _SECONDS) -> Iterator[Triple]:
        """Return the triples of a CONSTRUCT of our own, put as it is; an engine may cut them. Raises as `direct`."""
        return self._triples(Asked(text, (), None), seconds)

    @property
    def view(self) -> View | None:
        """What of the engine is seen: None for everything.

        Raises:
            UnavailableError: if the engine does not hold the release.
        """
        if self.version and self._view is None:
            held = self.ledger.release(self.version)
            if held is None:
                raise UnavailableError(f"it does not hold the release {self.version}")
            known: dict[str, str] = {}  # for good, since a release never changes
            whole: list[Mapping[str, str]] = []

            def names(public: Iterable[str] | None) -> Mapping[str, str]:
                if public is None or whole:
                    if not whole:
                        whole.append(self.ledger.names(held.graph))
                    return whole[0] if public is None else {n: whole[0][n] for n in public if n in whole[0]}
                wanted = list(public)
                if missing := [name for name in wanted if name not in known]:
                    known.update(self.ledger.names(held.graph, missing))
                return {n: known[n] for n in wanted if n in known}

            self._view = View(held.graph, held.default, names)
        return self._view

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
            SyntaxError: if the query is not for other engines.
            UnavailableError: if there is no result.
        """
        put = asked.put(
            text,
            self.dialect,
            self.view,
            base=base,
            prefixes=prefixes,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            columns=columns or (),
        )
        if gives_graph:
            return Graph(self._instantiated(put, seconds) if put.template else self._triples(put, seconds))
        found = self._solutions(put, seconds)
        if is_ask and isinstance(found, QuerySolutions):
            return _as_boolean(found)
        if columns is not None and isinstance(found, QuerySolutions):
            have = [v.value for v in found.variables]
            if sorted(have) != sorted(columns):
                raise UnavailableError(f"it answers with the variables {have} where {list(columns)} were asked for")
        return found

    def _triples(self, put: Asked, seconds: float) -> Iterator[Triple]:
        response = self._asked(put, _ACCEPT_GRAPH, seconds)
        media_type = response.headers.get_content_type()
        format = _GRAPHS.get(media_type)
        body = Body(response, dialect.triples_as_meant if format is RdfFormat.N_TRIPLES else None)
        if body.open_ended:
            raise UnavailableError("its answer does not say where it ends")
        try:
            quads = parse(cast("IO[bytes]", body), _known(_GRAPHS, media_type))
        except (SyntaxError, OSError, ValueError) as error:
            raise UnavailableError(f"its answer cannot be read: {error}") from error
        return _plain(quads)

    def _instantiated(self, put: Asked, seconds: float) -> Iterator[Triple]:
        """Return the triples of a CONSTRUCT, made here of the solutions of its pattern."""
        found = cast("QuerySolutions", self._solutions(put, seconds))
        names = [v.value for v in found.variables]
        return self._from_rows(put.template, names, iter(found))

    def _from_rows(self, template: str, names: list[str], rows: Iterator[Any]) -> Iterator[Triple]:
        store, head = Oxigraph(), " ".join("?" + n for n in names)
        while batch := list(islice(rows, _SOLUTIONS_AT_ONCE)):
            values = " ".join("( " + " ".join(map(_as_value, row)) + " )" for row in batch)
            text = f"CONSTRUCT {{ {template} }} WHERE {{ VALUES ( {head} ) {{ {values} }} }}"
            for triple in cast("QueryTriples", store.query(text)):
                yield Triple(_unblanked(triple.subject), triple.predicate, _unblanked(triple.object))

    def _solutions(self, put: Asked, seconds: float) -> QuerySolutions | QueryBoolean:
        response = self._asked(put, _ACCEPT_SOLUTIONS, seconds)
        media_type = response.headers.get_content_type()
        most = response.headers.get("X-SPARQL-MaxRows", "")
        if most.isdigit() and (put.limit is None or put.limit > int(most)):
            response.close()
            raise CutError(int(most))
        try:
            format = _known(_SOLUTIONS, media_type)
            put_right = self.told(seconds).rows_for_graphs and format is QueryResultsFormat.JSON
            body = Body(response, partial(dialect.as_meant, booleans=put.booleans) if put_right else None)
            return parse_query_results(cast("IO[bytes]", body), format)
        except (SyntaxError, OSError, ValueError, HTTPException) as error:
            raise UnavailableError(f"its answer cannot be read: {error}") from error

    def _asked(self, put: Asked, accept: str, seconds: float) -> HTTPResponse:
        fields = [
            ("query", put.text),
            *(("default-graph-uri", iri) for iri in put.default_graphs),
            *(("named-graph-uri", iri) for iri in put.named_graphs or ()),
        ]
        if timeout := self.told(seconds).timeout:
            fields.append((timeout, str(max(1000, int(seconds * 1000)))))
        response = self._send(fields, accept, seconds + 2)
        if response.headers.get("X-SQL-State"):
            response.close()
            raise TooLateError("it gave up because the time for the query was over")
        return response

    def _send(self, fields: Sequence[tuple[str, str]], accept: str, seconds: float) -> HTTPResponse:
        request = urllib.request.Request(  # noqa: S310 - the operator's own address, checked by `checked`
            self.address,
            urllib.parse.urlencode(fields).encode(),
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": accept},
        )
        try:
            return cast("HTTPResponse", self._opener.open(request, timeout=seconds))
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(2_000).decode("utf-8", "replace")
            raise UnavailableError(f"it answers {error.code}: {first_line(said)}") from None
        except TimeoutError:
            raise TooLateError(f"it has not answered within {seconds:.0f} s") from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise TooLateError(f"it has not answered within {seconds:.0f} s") from None
            raise UnreachableError(f"it cannot be reached: {reason}") from None


def _as_value(term: Any) -> str:
    if term is None:
        return "UNDEF"
    return f"<{_BLANK}{term.value}>" if isinstance(term, BlankNode) else str(term)


def _unblanked(term: Any) -> Any:
    if isinstance(term, NamedNode) and term.value.startswith(_BLANK):
        return BlankNode(re.sub(r"[^A-Za-z0-9]", "x", term.value.removeprefix(_BLANK)))
    return term


def _as_boolean(table: QuerySolutions) -> QueryBoolean:
    values = [value for solution in table for value in solution]
    words = {"0": b"false", "false": b"false", "1": b"true", "true": b"true"}
    if len(values) > 1 or not all(isinstance(v, Literal) and v.value in words for v in values):
        raise UnavailableError("it answers an ASK with a table")
    word = words[cast("Literal", values[0]).value] if values else b"false"
    return cast("QueryBoolean", parse_query_results(b'{"head":{},"boolean":' + word + b"}", QueryResultsFormat.JSON))


def _known(formats: Mapping[str, Any], media_type: str) -> Any:
    if media_type not in formats:
        raise ValueError(f"{media_type} is none of {', '.join(formats)}")
    return formats[media_type]


def _plain(quads: Iterator[Quad]) -> Iterator[Triple]:
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
    if "@" in urllib.parse.urlsplit(address).netloc:
        raise UsageError(
            "URL にユーザー名やパスワードを書かず、KPIGRAPH_ENGINE_USER と KPIGRAPH_ENGINE_PASSWORD に書いてください",
            "no user or password in the address; they go into KPIGRAPH_ENGINE_USER and KPIGRAPH_ENGINE_PASSWORD",
        )
    return address
