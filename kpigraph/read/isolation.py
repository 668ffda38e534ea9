"""Read a file of a format whose libraries may take any time and memory, or crash, in a process of its own, with limits.

The process sends rows as lines of JSON, a batch a line, and waits while nobody takes them, so memory stays flat. Only
the time it is waited for counts against it, and its own processor time. It has no way to write a file.
"""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

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
    request = json.dumps([kind, str(path), encoding, limits.seconds, limits.memory]).encode()
    child = subprocess.Popen(  # noqa: S603 (our own interpreter and code)
        [sys.executable, "-I", "-c", _CODE, str(Path(__file__).parents[2])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        close_fds=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(request)
        child.stdin.close()
        done = False
        for line in _lines(child.stdout.fileno(), limits.seconds, at):
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
        if not done:
            _died(child.wait(), at, limits, kind)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from kpigraph.read import isolation; isolation.serve()"


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


def serve() -> None:
    """Answer the one request on standard input; called in the process of its own."""
    import resource

    kind, path, encoding, seconds, memory = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 3))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
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
