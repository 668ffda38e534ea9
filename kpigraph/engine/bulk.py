"""A release's graphs by Virtuoso's own loader: files in a folder that it may read, and its SQL client `isql`.

It keeps no log of what it loads, which makes it quicker than by HTTP; so all is written to disk (CHECKPOINT) before any
of it is marked as whole, and compared as ever. Each file is loaded by a session of its own. The names of graphs are
made of their content, so what a session still writes whose publisher has died is what belongs there.

The password goes to `isql` by its standard input, since a command line can be read by everybody on the machine. It
first tries the password "dba" by itself, and asks when that fails; the engine shuts an address out for a minute at the
fourth failure in a row, which is why there are two sessions and not more. Measured on Virtuoso 7.2.5.
Source: OpenLink Virtuoso documentation, functions TTLP and log_enable, parameter DirsAllowed.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kpigraph.engine.writing import Access
from kpigraph.problems import UsageError
from kpigraph.store.dialect import kept_types

_CLIENTS = ("isql-vt", "isql-v")  # of Debian, and of the engine's makers where unixODBC has the name isql
_SESSIONS = 2
_LOOK_SECONDS = 5.0
_KNOCK_SECONDS = 1.0
_AUTOCOMMIT_WITHOUT_LOG = 2
_LENIENT_QUADS = 255 + 512  # as its bulk loader reads .nq
_LOAD = (
    f"log_enable ({_AUTOCOMMIT_WITHOUT_LOG}, 1);\n"
    f"DB.DBA.TTLP (file_open ('{{file}}'), '', 'urn:kpigraph:nothing', {_LENIENT_QUADS});\n"
)
_TRIED = "dba"
_DONE = "kpigraph: done"
_ERROR = re.compile(r"^\*\*\* Error (\w+): (.*)", re.MULTILINE)
_BAD_LOGIN = "28000"  # SQLSTATE


@dataclass(frozen=True, slots=True)
class Loader:
    """Where the engine loads from.

    Attributes:
        folder: one that this process writes to and the engine may read by its setting DirsAllowed.
        port: of its SQL clients, on this machine.
    """

    folder: Path
    port: int
    access: Access

    def load(self, triples: Iterable[tuple[str, bytes]], names: Mapping[str, str], keep: Callable[[], None]) -> int:
        """Load triples into the graphs that `names` gives for their public ones; return how many.

        `keep` is called every few seconds. The files are removed in any case.

        Raises:
            UsageError: if the folder, the client or the engine does not do it.
        """
        client = next(filter(None, map(shutil.which, _CLIENTS)), None)
        if client is None:
            raise UsageError(
                f"Virtuoso の isql が見つかりません（{'、'.join(_CLIENTS)}）",
                f"Virtuoso's isql is not there ({', '.join(_CLIENTS)})",
            )
        if not self.access.user:
            raise UsageError(
                "KPIGRAPH_ENGINE_USER と KPIGRAPH_ENGINE_PASSWORD を設定してください",
                "set KPIGRAPH_ENGINE_USER and KPIGRAPH_ENGINE_PASSWORD",
            )
        if self._speaks_http():  # its client would wait for 100 seconds
            raise UsageError(
                f"--isql {self.port} は HTTP のポートです。SQL のポート（virtuoso.ini の ServerPort）が要ります",
                f"--isql {self.port} is a port for HTTP; give that for SQL ([Parameters] ServerPort of virtuoso.ini)",
            )
        try:
            folder = self.folder.resolve(strict=True)
            if re.search(r"['\\\x00-\x1f]", str(folder)):
                raise OSError(str(folder))
            with _files(folder) as files:
                count = _written(files, triples, names)
                loads = [_LOAD.format(file=file.name) for file in files if file.tell()]
                self._run(client, *loads, keep=keep)
                self._run(client, "CHECKPOINT;\n", keep=keep)
        except OSError as error:
            raise UsageError(
                f"フォルダーを使えません: {self.folder}（{error}）",
                f"the folder cannot be used: {self.folder} ({error})",
            ) from error
        return count

    def _speaks_http(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), _KNOCK_SECONDS) as knock:
            knock.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
            return knock.recv(5) == b"HTTP/"
        return False

    def _run(self, client: str, *scripts: str, keep: Callable[[], None]) -> None:
        """Carry out scripts of SQL, each in a session, all at the same time."""
        with ExitStack() as stack:
            sessions = [stack.enter_context(self._session(client, script)) for script in scripts]
            for session in sessions:
                stack.callback(session.kill)
            for session in sessions:
                while True:
                    try:
                        said, _ = session.communicate(timeout=_LOOK_SECONDS)
                        break
                    except subprocess.TimeoutExpired:
                        keep()
                self._check(said)

    def _session(self, client: str, script: str) -> subprocess.Popen[str]:
        session = subprocess.Popen(  # noqa: S603 - found by name, no shell
            [client, f"127.0.0.1:{self.port}", self.access.user, "VERBOSE=OFF", "BANNER=OFF", "PROMPT=OFF"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        password = "" if self.access.password == _TRIED else self.access.password + "\n"
        text = f"{password}{script}select '{_DONE}';\n"
        if session.stdin is not None:
            with suppress(BrokenPipeError):  # it says why
                session.stdin.write(text)
                session.stdin.close()
            session.stdin = None
        return session

    def _check(self, said: str) -> None:
        errors = _ERROR.findall(said)
        if errors and errors[0][0] == _BAD_LOGIN and self.access.password != _TRIED:
            del errors[0]
        if errors or _DONE not in said:
            code, what = errors[0] if errors else ("", " ".join(said.split()))
            what = what.replace(self.access.password, "…")[:300] if self.access.password else what[:300]
            hint = "（DirsAllowed に入れてください）" if "FA003" in what else ""
            advice = "; name it in DirsAllowed" if "FA003" in what else ""
            raise UsageError(
                f"Virtuoso が読み込みません（127.0.0.1:{self.port}）: {code} {what}{hint}",
                f"Virtuoso does not load it (127.0.0.1:{self.port}): {code} {what}{advice}",
            )


@contextmanager
def _files(folder: Path) -> Iterator[list[BinaryIO]]:
    """Lend new files that the engine, another user, can read; they are gone with the block."""
    paths = [folder / f"kpigraph-{secrets.token_hex(8)}.nq" for _ in range(_SESSIONS)]
    files: list[BinaryIO] = []
    try:
        for path in paths:
            files.append(path.open("xb"))
            os.fchmod(files[-1].fileno(), 0o644)
        yield files
    finally:
        for file in files:
            file.close()
            Path(file.name).unlink(missing_ok=True)


def _written(files: list[BinaryIO], triples: Iterable[tuple[str, bytes]], names: Mapping[str, str]) -> int:
    """Write quads, a graph as a whole into the shorter file, since blank nodes are those of their file."""
    of: dict[str, tuple[BinaryIO, bytes]] = {}
    last, file, end, count = "", files[0], b"", 0
    for graph, row in triples:
        if graph != last:
            if graph not in of:
                of[graph] = (min(files, key=lambda f: f.tell()), f" <{names[graph]}> .\n".encode())
            last, (file, end) = graph, of[graph]
        file.write(kept_types(row) + end)
        count += 1
    for written in files:
        written.flush()
    return count
