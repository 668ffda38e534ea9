"""Evaluation of one query after another in a worker process: what comes in, what goes back, where a result is cut.

Frames in both directions are one byte of kind, four bytes of length, and the payload. From the server: Q, a query as
JSON. From the worker: R ready, D data, E the last data, X failure as JSON, T that the query is being
evaluated and no longer planned, the answer to SIGUSR1.
"""

import contextlib
import json
import resource
import socket
import struct
import time
from types import FrameType
from typing import IO, Any, Protocol, cast

import pyoxigraph as ox

from kpigraph.formulas import SafeCsv
from kpigraph.serve import conform, guard
from kpigraph.store.answered import TooLateError, UnavailableError, UnreachableError
from kpigraph.store.embedded import NOT_READ
from kpigraph.store.endpoint import Endpoint, Graph

HEADER = struct.Struct("!cI")
_CHUNK = 1 << 16
_HOLD_SECONDS = 0.02

SOLUTIONS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "sheet": ox.QueryResultsFormat.CSV,  # whose cells no spreadsheet takes for formulas
}
GRAPHS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
}
Result = ox.QuerySolutions | ox.QueryTriples | ox.QueryBoolean | Graph


class CutError(Exception):
    """The result has reached its limit of bytes."""


class Engine(Protocol):
    """What evaluates a query: the embedded store, or another server."""

    def __call__(self, request: dict[str, Any]) -> Result:
        """Return the result, most of it yet to be computed.

        Raises:
            SyntaxError: if it is no query; the message says where.
            UnavailableError: if the engine is another server that does not answer.
        """


class Frames:
    """A binary file that sends what is written to it in frames of kind D.

    What there is leaves 64 KiB at a time, or after 20 ms: a short result in one frame, which wakes the server once.
    """

    def __init__(self, connection: socket.socket, format: str, limit: int) -> None:
        self._connection = connection
        self._escape_returns = format in ("xml", "rdf")
        self._format = format
        self._limit = limit
        self._written = 0
        self._held = bytearray()
        self._last_sent = 0.0

    def write(self, data: bytes) -> int:
        if self._limit and self._written > self._limit:
            raise CutError  # the engine's writer tries the bytes that it could not write once more when it is dropped
        # A raw carriage return in XML is read as a line feed by every parser; the engine's writers leave it raw.
        self._held += data.replace(b"\r", b"&#xD;") if self._escape_returns else data
        now = time.monotonic()
        self._last_sent = self._last_sent or now
        self._written += len(data)
        if self._limit and self._written > self._limit:
            raise CutError
        if len(self._held) >= _CHUNK or now - self._last_sent > _HOLD_SECONDS:
            self._send()
        return len(data)

    def flush(self) -> None:
        """Nothing: a result ends with `finish`, and short ones leave in one frame."""

    def _send(self) -> None:
        # The end of a result is held back by a few bytes, so that a cut always finds the end of a row.
        if len(self._held) > _CHUNK // 16:
            at = self._boundary() if self._limit else len(self._held)
            if at:
                send(self._connection, b"D", bytes(self._held[:at]))
                del self._held[:at]
                self._last_sent = time.monotonic()

    def _boundary(self) -> int:
        end = _ROW_END.get(self._format, b"")
        at = self._held.rfind(end) if end else len(self._held)
        return at if at > 0 or len(self._held) < 16 * _CHUNK else len(self._held)  # rows without any value

    def finish(self) -> None:
        """Send what is still held, with the mark that the result is complete."""
        send(self._connection, b"E", bytes(self._held))
        self._held.clear()

    def cut(self) -> bool:
        """End a result that has reached its limit so that it can be read and says that it is cut.

        False where the format has no place for such a word; then the connection must be broken off.
        """
        end = _ROW_END.get(self._format, b"")
        at = self._held.rfind(end) if end else -1
        if at < 0:
            return False
        whole = bytes(self._held[:at]) + _KEPT[self._format]
        if self._format in ("ttl", "trig") and whole[-2:-1] in (b";", b","):
            whole = whole[:-2] + b".\n"  # in the middle of a subject
        words = f"cut: this result is longer than the limit of {self._limit} bytes"
        send(self._connection, b"E", whole + _CUT_END[self._format].replace(b"%", words.encode()))
        self._held.clear()
        return True


# Where a row or statement ends; what of that mark belongs to the row; how a document ends that is cut there. In JSON
# no text can hold `"}},{"`, since its quotes would be escaped; in XML none can hold a raw `<`, elsewhere a line end.
_ROW_END = {
    "json": b'"}},{"',
    "xml": b"</result>",
    "ttl": b"\n",
    "trig": b"\n",
    "nt": b"\n",
    "nq": b"\n",
    "rdf": b"</rdf:Description>",
}
_KEPT = {
    "json": b'"}}',
    "xml": b"</result>",
    "ttl": b"\n",
    "trig": b"\n",
    "nt": b"\n",
    "nq": b"\n",
    "rdf": b"</rdf:Description>",
}
_CUT_END = {
    "json": b']},"cut":"%"}',
    "xml": b"</results><!-- % --></sparql>",
    "ttl": b"# %\n",
    "trig": b"# %\n",
    "nt": b"# %\n",
    "nq": b"# %\n",
    "rdf": b"<!-- % --></rdf:RDF>",
}


def send(connection: socket.socket, kind: bytes, payload: bytes = b"") -> None:
    connection.sendall(HEADER.pack(kind, len(payload)) + payload)


def receive(connection: socket.socket) -> bytes | None:
    """Return the payload of the next frame, None when the other side is gone."""
    header = _exactly(connection, HEADER.size)
    return None if header is None else _exactly(connection, HEADER.unpack(header)[1])


def _exactly(connection: socket.socket, length: int) -> bytes | None:
    data = bytearray()
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            return None
        data += more
    return bytes(data)


class Embedded:
    """The embedded store as an engine."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store

    def __call__(self, request: dict[str, Any]) -> Result:
        options: dict[str, Any] = {"base_iri": request["base"], "prefixes": request["prefixes"]}
        for name in ("default_graph", "named_graphs"):
            if request.get(name) is not None:
                options[name] = [ox.NamedNode(iri) for iri in request[name]]
        text: str = request["query"]
        result = cast("Result", self._store.query(text, **options))  # as it came: what is no query is told of its text
        put = conform.rewritten(text, lambda term: self._absent(term, text, options))
        if isinstance(result, ox.QuerySolutions):
            put = with_columns(request | {"query": put}, [v.value for v in result.variables])
        if put != text:
            with contextlib.suppress(SyntaxError):  # should it have become no query, the answer to the first stands
                return cast("Result", self._store.query(put, **options))
        return result

    def _absent(self, term: str, text: str, options: dict[str, Any]) -> bool:
        """Return whether `term`, as the query `text` has it, stands nowhere in the default graph."""
        asked = f"{guard.prologue(text)} ASK {{ {{ {term} ?p ?o }} UNION {{ ?s ?p {term} }} }}"
        everywhere = {k: v for k, v in options.items() if k in ("base_iri", "prefixes")}
        if options.get("default_graph") is not None:
            everywhere["default_graph"] = options["default_graph"]
        elif (
            "FROM" in text.upper()
        ):  # perhaps a dataset of its own: what stands in no graph stands in none of its either
            everywhere["use_default_graph_as_union"] = True
        try:
            return not self._store.query(asked, **everywhere)
        except SyntaxError:  # it does not begin as queries do
            return False


def with_columns(request: dict[str, Any], have: list[str]) -> str:
    """Return the query with the columns of SELECT * named in the order in which they appear in it.

    The engine sorts them by name; `have` are those that it found, which decides what is a column.
    """
    text: str = request["query"]
    if request.get("star") is None:
        return text
    at, names = request["star"]
    order = [n for n in names if n in set(have)]
    if len(order) != len(have) or order == have:
        return text
    return f"{text[:at]} {' '.join('?' + n for n in order)} {text[at + 1 :]}"


class Elsewhere:
    """Another server as an engine. What is no query is told apart here: no server says so in the same words."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._parser = Embedded(ox.Store())

    def __call__(self, request: dict[str, Any]) -> Result:
        local = self._parser({**request, "default_graph": None, "named_graphs": None})
        columns = [v.value for v in local.variables] if isinstance(local, ox.QuerySolutions) else None
        if columns and request.get("star") is not None:
            columns = [n for n in request["star"][1] if n in columns]
        return self._endpoint.query(
            request["query"],
            base=request["base"],
            prefixes=request["prefixes"] or {},
            default_graphs=request.get("default_graph") or (),
            named_graphs=request.get("named_graphs") or (),
            gives_graph=isinstance(local, ox.QueryTriples),
            columns=columns,
            is_ask=isinstance(local, ox.QueryBoolean),
            seconds=request["seconds"],  # the pool stops this process then, but not the engine
        )


class Evaluation:
    """The loop of a worker: one query at a time, its state known to who asks by SIGUSR1."""

    def __init__(self, connection: socket.socket, engine: Engine) -> None:
        self._connection = connection
        self._engine = engine
        self._state = ""
        self._request: dict[str, Any] | None = None

    def tell(self, signum: int, frame: FrameType | None) -> None:
        """Say that the query is being evaluated, if it is; asked only when nothing of the result has left.

        Aggregates are computed before there is a result, so that this cannot be seen from outside the engine. But a
        plan depends on the text alone: a query that an empty store answers at once has been planned long ago. While it
        is not, nothing is said.
        """
        if self._state == "planning" and self._request is not None:
            with contextlib.suppress(Exception):
                Embedded(ox.Store())({**self._request, "default_graph": None, "named_graphs": None})
        if self._state:
            send(self._connection, b"T")

    def serve(self) -> None:
        """Answer until the other side is gone."""
        while (payload := receive(self._connection)) is not None:
            request = json.loads(payload)
            # If the server dies in mid-query nobody stops this process from outside: bound its processor time too.
            used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
            limit = int(used + 4 * request["seconds"]) + 2
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
            self._request, self._state = request, "planning"
            try:
                self._answer(request)
            except BrokenPipeError:
                return
            finally:
                self._state = ""

    def _answer(self, request: dict[str, Any]) -> None:
        out = Frames(self._connection, request["format"], request.get("limit", 0))
        sink = cast("IO[bytes]", out)
        try:
            result = self._engine(request)
            self._state = "evaluating"
            if isinstance(result, ox.QueryTriples | Graph) != (request["format"] in GRAPHS):
                self._fail("syntax", "error at 1:1: expected a blank after SELECT, ASK, CONSTRUCT or DESCRIBE")
            elif isinstance(result, ox.QueryTriples | Graph):
                result.serialize(sink, GRAPHS[request["format"]])
                out.finish()
            else:
                table = SafeCsv(out) if request["format"] == "sheet" else None
                result.serialize(cast("IO[bytes]", table or out), SOLUTIONS[request["format"]])
                if table is not None:
                    table.finish()
                out.finish()
        except CutError:
            if not out.cut():
                self._fail("cut", f"the result is longer than the limit of {request['limit']} bytes")
        except BrokenPipeError:
            raise
        except SyntaxError as error:
            # once there is a result it is the answer of another server that cannot be read
            self._fail("syntax" if self._state == "planning" else "unavailable", str(error))
        except TooLateError as error:
            self._fail("late", str(error))
        except UnreachableError as error:
            self._fail("gone", str(error))
        except UnavailableError as error:
            self._fail("unavailable", str(error))
        except (MemoryError, OSError, RuntimeError, ValueError) as error:
            if str(error).startswith(NOT_READ):
                self._fail("damaged", "the store cannot be read")
                return
            self._fail("evaluation", f"{type(error).__name__}: {error}")

    def _fail(self, kind: str, message: str) -> None:
        send(self._connection, b"X", json.dumps({"kind": kind, "message": message}).encode())
