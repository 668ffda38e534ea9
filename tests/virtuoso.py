"""A Virtuoso of our own for tests, from Debian's package, on loopback, in a folder of its own, stopped by process."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from pyoxigraph import Quad, RdfFormat, Triple, serialize

MISSING = "Virtuoso is not installed (Debian: virtuoso-opensource)" if shutil.which("virtuoso-t") is None else ""
_START_SECONDS = 90
PASSWORD = "a pass word"  # of dba, set when the server is there for the first time
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
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 12
[SPARQL]
ResultSetMaxRows = {most}
"""


@dataclass
class Virtuoso:
    """A server: `address` is its SPARQL endpoint. It can be stopped and started again on the same ports."""

    folder: Path
    sql: int
    http: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http}/sparql"

    def start(self) -> None:
        command = ["virtuoso-t", "-f", "-c", "virtuoso.ini"]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(self.address).close()
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "virtuoso.log").read_text())
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut does; what was committed is in its log."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        (self.folder / "virtuoso.lck").unlink(missing_ok=True)

    def statement(self, text: str, password: str = PASSWORD) -> None:
        """Carry out a statement of SQL. The password goes in by stdin, where nobody can read it."""
        done = subprocess.run(
            ["isql-vt", f"127.0.0.1:{self.sql}", "dba", f"EXEC={text}"],
            input=password.encode() + b"\n", capture_output=True, check=False, env=os.environ,
        )  # fmt: skip
        if b"Error" in done.stderr + done.stdout:
            raise RuntimeError((done.stderr + done.stdout).decode())

    def put(self, quads: Iterable[Quad]) -> None:
        """Put every named graph there by the Graph Store Protocol, as anybody could who is let in."""
        graphs: dict[str, list[Triple]] = defaultdict(list)
        for quad in quads:
            graphs[quad.graph_name.value].append(quad.triple)
        place = f"http://127.0.0.1:{self.http}/sparql-graph-crud-auth"
        with httpx.Client(auth=httpx.DigestAuth("dba", PASSWORD), timeout=60) as client:
            for name, triples in graphs.items():
                body = serialize(triples, format=RdfFormat.N_TRIPLES) or b""
                sent = client.put(place, params={"graph": name}, content=body, headers={"Content-Type": "text/turtle"})
                sent.raise_for_status()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextlib.contextmanager
def running(
    folder: Path, quads: Iterable[Quad] = (), *, most: int = 100_000, buffers: int = 4000
) -> Iterator[Virtuoso]:
    """Lend a server that has `quads` and gives `most` rows, with `buffers` of 8 KiB; it ends with the block."""
    server = Virtuoso(folder, _free_port(), _free_port())
    settings = _SETTINGS.format(sql=server.sql, http=server.http, most=most, buffers=buffers, dirty=buffers * 6 // 10)
    (folder / "virtuoso.ini").write_text(settings)
    server.start()
    try:
        server.statement(f"user_set_password('dba', '{PASSWORD}')", "dba")
        server.put(quads)
        yield server
    finally:
        server.kill()
