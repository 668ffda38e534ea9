"""A Virtuoso of our own for tests, from Debian's package, on loopback, with the sample graphs put into it."""

import contextlib
import shutil
import socket
import subprocess
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import Quad, Triple

from kpigraph.store.remote import Endpoint

MISSING = "Virtuoso is not installed (Debian: virtuoso-opensource)" if shutil.which("virtuoso-t") is None else ""
_START_SECONDS = 90
_SETTINGS = """[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = temp.db
TransactionFile = temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 2000
MaxDirtyBuffers = 1200
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 8
[SPARQL]
ResultSetMaxRows = 1000000
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextlib.contextmanager
def running(folder: Path, quads: Iterable[Quad]) -> Iterator[str]:
    """Lend the address of an endpoint that has `quads`; it ends with the block."""
    sql, http = _free_port(), _free_port()
    (folder / "virtuoso.ini").write_text(_SETTINGS.format(sql=sql, http=http))
    command = ["virtuoso-t", "-f", "-c", "virtuoso.ini"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{http}/sparql"
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(address).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "virtuoso.log").read_text())
            time.sleep(0.1)
        grant = 'GRANT SPARQL_UPDATE TO "SPARQL";'
        subprocess.run(
            ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", f"EXEC={grant}"], check=True, stdout=subprocess.DEVNULL
        )
        load(Endpoint(address, f"http://127.0.0.1:{http}/sparql-graph-crud"), quads)
        yield address
    finally:
        process.kill()
        process.wait()


def load(endpoint: Endpoint, quads: Iterable[Quad]) -> None:
    """Put every named graph there by the Graph Store Protocol."""
    graphs: dict[str, list[Triple]] = defaultdict(list)
    for quad in quads:
        graphs[quad.graph_name.value].append(quad.triple)
    for name, triples in graphs.items():
        endpoint.put(name, triples)
