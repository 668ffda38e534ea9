"""Read a file of a format whose libraries may take any time and memory, or crash, in a process of its own, with limits.

The process sends rows as lines of JSON, a batch a line, and waits while nobody takes them, so memory stays flat. Only
the time it is waited for counts against it, and its own processor time. It has no way to write a file.

Loading the libraries takes longer than reading most files, so the process is forked from one that has loaded them, the
nursery, which opens no file of others. It is kept for the next file unless a reading went wrong, and ends with this
process or when it is told so (`release`).
"""

import atexit
import contextlib
import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.read.archive import ReadingError
from kpigraph.read.rows import RawRow, Read, Remark

_BATCH = 200
_CPU_EXCEEDED = (-24, -9)  # SIGXCPU, and SIGKILL where that is not heeded


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take: seconds of waiting and of processor time, MiB of address space, cells.

    Readers stream, but what is made of the cells is held until the document is whole: 1 KiB a cell or less.
    """

    seconds: float = 300.0
    memory: int = 2048
    cells: int = 1_000_000


def read(kind: str, path: Path, encoding: str, at: SourceLocation, limits: Limits) -> Read:
    """Yield what the reader `kind` (xlsx, ods, xls, webpage, pdf) makes of `path`.

    Raises:
        SourceError: if the file cannot be read, or not within the limits.
    """
    reading, writing = os.pipe()
    try:
        nursery = _asked(json.dumps([kind, str(path), encoding, limits.seconds, limits.memory]).encode(), writing)
    finally:
        os.close(writing)
    sound = False
    try:
        done = False
        for line in _lines(reading, limits.seconds, at):
            kind_of, *content = json.loads(line)
            if kind_of == "rows":
                for part, key, number, texts, repeats, hidden, printed, dark in content[0]:
                    yield RawRow(part, key, number, texts, {n: (r, c) for n, r, c in repeats}, hidden, printed, dark)
            elif kind_of == "remark":
                yield Remark(*content)
            elif kind_of == "failed":
                code, found, expected, part, row = content
                place = SourceLocation(file=at.file, part=part, row=row)
                raise SourceError(Problem(code, place, found, expected or kind))
            else:
                done = True
        status = nursery.status(limits.seconds)
        if not done:
            _died(status, at, limits, kind)
        sound = status == 0
    finally:
        os.close(reading)
        if sound and not _IDLE:
            _IDLE.append(nursery)
        else:
            nursery.end()


_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from kpigraph.read import isolation; isolation.nurse()"
_PR_SET_PDEATHSIG = 1


class _Nursery:
    """The nursery as its owner, the process `owner`, sees it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._socket, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and code)
                [sys.executable, "-I", "-c", _CODE, str(Path(__file__).parents[2])],
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                close_fds=True,
            )

    def ask(self, request: bytes, writing: int) -> None:
        """Have a file read; what is found in it is written to the descriptor `writing`.

        Raises:
            OSError: if the nursery is no more.
        """
        socket.send_fds(self._socket, [request], [writing])

    def status(self, seconds: float) -> int:
        """Return how the reading process ended, or, where that is told by nobody, the nursery; waits so long for it."""
        self._socket.settimeout(max(seconds, 1.0))
        try:
            if told := self._socket.recv(64):
                return int(told)
        except OSError:
            pass
        self._process.kill()
        status: int = self._process.wait()
        return status

    def end(self) -> None:
        """End the nursery, and with it whoever it has forked."""
        self._socket.close()
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()


_IDLE: list[_Nursery] = []  # one at most


def _asked(request: bytes, writing: int) -> _Nursery:
    """Return a nursery that has been asked: the one that was kept, if it is still there and ours, or a new one."""
    while _IDLE:
        nursery = _IDLE.pop()
        if nursery.owner == os.getpid():
            with contextlib.suppress(OSError):
                nursery.ask(request, writing)
                return nursery
        nursery.end()
    nursery = _Nursery()
    with contextlib.suppress(OSError):  # it was killed, which `status` tells
        nursery.ask(request, writing)
    return nursery


@atexit.register
def release() -> None:
    """End the process that is kept for the next file, if there is one."""
    while _IDLE:
        _IDLE.pop().end()


def _died(status: int, at: SourceLocation, limits: Limits, kind: str) -> NoReturn:
    if status in _CPU_EXCEEDED:
        raise SourceError(Problem("source.too-slow", at, f"> {limits.seconds:g} s", "KPIGRAPH_READ_SECONDS"))
    raise SourceError(Problem("source.damaged", at, f"exit {status}", kind))


def _lines(descriptor: int, seconds: float, at: SourceLocation) -> Iterator[bytes]:
    """Yield lines as they come; `seconds` is the most that may be waited for all of them together."""
    rest: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            started = time.monotonic()
            if seconds <= 0 or not selector.select(seconds):
                raise SourceError(Problem("source.too-slow", at, "", "KPIGRAPH_READ_SECONDS"))
            data = os.read(descriptor, 1 << 20)
            seconds -= time.monotonic() - started
            if not data:
                return
            first, *more = data.split(b"\n")
            rest.append(first)
            for piece in more:
                yield b"".join(rest)
                rest = [piece]


# ---- in the process


def nurse() -> NoReturn:
    """Fork a process for each request on standard input, a socket, and tell how it ended, until nobody asks any more.

    A request is one packet: JSON, and the descriptor to write to. There is one thread, so forking is safe.
    """
    asked = socket.socket(fileno=0)
    library = ctypes.CDLL(None, use_errno=True)
    while True:
        request, descriptors, _, _ = socket.recv_fds(asked, 1 << 16, 1)
        if not request or not descriptors:
            os._exit(0)
        kind, path, encoding, seconds, memory = json.loads(request)
        with contextlib.suppress(Exception):  # the process that reads meets it again, and tells
            reader(kind)
        gc.freeze()
        if (child := os.fork()) == 0:
            try:
                library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
                asked.close()
                with os.fdopen(descriptors[0], "wb") as out:
                    serve(out, kind, path, encoding, seconds, memory)
                os._exit(0)
            except BaseException:
                os._exit(1)
        os.close(descriptors[0])
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with contextlib.suppress(OSError):
            asked.send(str(status).encode())


def serve(out: IO[bytes], kind: str, path: str, encoding: str, seconds: float, memory: int) -> None:
    """Read one file and write what is found to `out`, in the process of its own."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 3))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    batch: list[Any] = []

    def send(*message: Any) -> None:
        out.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n")
        out.flush()

    def send_rows() -> None:
        if batch:
            send("rows", batch)
            batch.clear()

    try:
        for item in reader(kind)(Path(path), encoding):
            if isinstance(item, Remark):
                send_rows()
                send("remark", *item)
                continue
            repeats = [(n, *place) for n, place in item.repeats.items()]
            more = (item.hidden, item.printed, item.hidden_columns)
            batch.append((item.part, item.key, item.number, item.texts, repeats, *more))
            if len(batch) >= _BATCH:
                send_rows()
        send_rows()
        send("done")
    except ReadingError as e:
        send_rows()
        send("failed", e.code, e.found, e.expected, e.part, e.row)
    except MemoryError:
        batch.clear()
        send("failed", "source.too-large", f"> {memory} MiB", "KPIGRAPH_READ_MEMORY_MIB", "", 0)
    except RecursionError:
        send("failed", "source.damaged", "nested too deeply", "", "", 0)
    except Exception as e:  # a library met something it was not made for
        send("failed", "source.damaged", f"{type(e).__name__}: {e}", "", "", 0)


def reader(kind: str) -> Callable[[Path, str], Read]:
    """Return a reader; its libraries are loaded only here, within the limits."""
    if kind == "webpage":
        from kpigraph.read import webpage

        return webpage.read
    if kind == "pdf":
        from kpigraph.read import pdf

        return pdf.read
    from kpigraph.read import spreadsheet

    return lambda path, _: spreadsheet.read(kind, path)
