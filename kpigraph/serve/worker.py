"""The program of a query worker: reads queries from the socket it is given, evaluates them, writes the results back.

Run as a file of its own by `workers.py`, so that it starts with nothing but pyoxigraph: arguments are the store's
folder and the memory limit in MiB; standard input is the socket. Frames in both directions are one byte of kind, four
bytes of length, and the payload.

Once the store is open the process may open no further file or socket: SERVICE and LOAD can reach nothing whatever the
guard let pass.
"""

import json
import resource
import socket
import struct
import sys
import threading
from typing import IO, Any, cast

import pyoxigraph as ox

_HEADER = struct.Struct("!cI")
_CHUNK = 1 << 16
_STACK = 64 << 20

_SOLUTIONS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_GRAPHS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


class Frames:
    """A binary file that sends what is written to it in frames of kind D, 64 KiB each."""

    def __init__(self, connection: socket.socket, escape_returns: bool) -> None:
        self._connection = connection
        self._escape_returns = escape_returns
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        # A raw carriage return in XML is read as a line feed by every parser; the engine's writers leave it raw.
        self._held += data.replace(b"\r", b"&#xD;") if self._escape_returns else data
        if len(self._held) >= _CHUNK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._held:
            send(self._connection, b"D", bytes(self._held))
            self._held.clear()

    def finish(self) -> None:
        """Send what is still held and the mark that the result is complete."""
        self.flush()
        send(self._connection, b"E")


def send(connection: socket.socket, kind: bytes, payload: bytes = b"") -> None:
    connection.sendall(_HEADER.pack(kind, len(payload)) + payload)


def receive(connection: socket.socket) -> bytes | None:
    """Return the payload of the next frame, None when the other side is gone."""
    header = _exactly(connection, _HEADER.size)
    return None if header is None else _exactly(connection, _HEADER.unpack(header)[1])


def _exactly(connection: socket.socket, length: int) -> bytes | None:
    data = bytearray()
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            return None
        data += more
    return bytes(data)


def answer(store: ox.Store, connection: socket.socket, request: dict[str, Any]) -> None:
    """Evaluate one query and send its result, or the reason that there is none."""
    options: dict[str, Any] = {}
    for name in ("default_graph", "named_graphs"):
        if request.get(name) is not None:
            options[name] = [ox.NamedNode(iri) for iri in request[name]]
    out = Frames(connection, request["format"] in ("xml", "rdf"))
    sink = cast("IO[bytes]", out)
    try:
        result = store.query(request["query"], base_iri=request["base"], prefixes=request["prefixes"], **options)
        if isinstance(result, ox.QueryTriples) != (request["format"] in _GRAPHS):
            _fail(connection, "syntax", "error at 1:1: expected a blank after SELECT, ASK, CONSTRUCT or DESCRIBE")
        elif isinstance(result, ox.QueryTriples):
            result.serialize(sink, _GRAPHS[request["format"]])
            out.finish()
        else:
            result.serialize(sink, _SOLUTIONS[request["format"]])
            out.finish()
    except SyntaxError as error:
        _fail(connection, "syntax", str(error))
    except (MemoryError, OSError, RuntimeError, ValueError) as error:
        _fail(connection, "evaluation", f"{type(error).__name__}: {error}")


def _fail(connection: socket.socket, kind: str, message: str) -> None:
    send(connection, b"X", json.dumps({"kind": kind, "message": message}).encode())


def serve(connection: socket.socket, path: str, memory: int) -> None:
    """Open the store, give up the right to open anything else, and answer until the other side is gone."""
    store = ox.Store.read_only(path)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))
    send(connection, b"R")
    while (payload := receive(connection)) is not None:
        request = json.loads(payload)
        # If the server dies in mid-query nobody stops this process from outside: bound its processor time too.
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + 4 * request["seconds"]) + 2, resource.RLIM_INFINITY))
        answer(store, connection, request)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection = socket.socket(fileno=0)
    threading.stack_size(_STACK)  # the engine's parser and planner recurse
    thread = threading.Thread(target=serve, args=(connection, sys.argv[1], int(sys.argv[2])))
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
