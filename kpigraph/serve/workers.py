"""Killable query workers: the web process itself never evaluates a query from outside.

A nursery (`nursery.py`) holds one release's store and forks workers from itself within milliseconds. A query that takes
too long costs its worker's life, as does one that crashes the engine, takes too much memory or whose client goes away;
no other query notices. Every query begins in the fast lane. One that is at work for longer than that lane allows goes
on in the slow lane: at once if there is a slot, else stopped in its tracks until there is one.
"""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kpigraph
from kpigraph.serve.pipe import Pipe
from kpigraph.serve.worker import HEADER

_START_SECONDS = 120.0  # of a nursery that copies a large store into memory
_FORK_SECONDS = 20.0
_SLOW_NICENESS = 10
_NO_NURSERY = 1  # the status of a worker of which no nursery can tell any more
_PROCESS_TIME = 2  # clock_getcpuclockid(3): the number of a process's clock is made of its own number and this


class QuerySyntaxError(Exception):
    """The engine cannot parse the query; the message says where and why."""


class QueryFailedError(Exception):
    """The query cannot be evaluated: the engine says why, or died of it."""


class QueryTooLongError(Exception):
    """The query was stopped at the wall-clock limit; `planning`: before its evaluation had even begun."""

    def __init__(self, *, planning: bool = False) -> None:
        super().__init__("planning" if planning else "evaluating")
        self.planning = planning


class StoreDamagedError(QueryFailedError):
    """The query met a part of the store that cannot be read."""


class WorkerDiedError(QueryFailedError):
    """The query ended its worker, or somebody else did; `by_others`: it was killed from outside, or its nursery was."""

    def __init__(self, status: int) -> None:
        super().__init__(_death(status))
        self.by_others = status in (-signal.SIGKILL, _NO_NURSERY)


class NotStartedError(QueryFailedError):
    """No worker could be started."""


class QueryTooGreedyError(QueryFailedError):
    """The query was stopped because it needs more memory than there is for queries."""


class EngineUnavailableError(Exception):
    """The remote engine does not answer as it should; the message says how."""


class EngineGoneError(EngineUnavailableError):
    """The store is another server, and nobody is there now."""


class EngineLateError(EngineUnavailableError):
    """The remote engine gave up the query, or did not answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query as the protocol gives it. `format` is a key of the worker's tables: json xml csv tsv sheet ttl nt rdf …

    `default_graph` and `named_graphs` are IRIs; None leaves the choice to the query, or to the store. `prefixes` are
    known without a PREFIX line; what the query declares itself wins. `star` is where the * of SELECT * stands and the
    variables in the order in which they appear. `limit` is a number of bytes of the result, 0 for none. `federated`:
    it goes to other endpoints, which the guard has found to be allowed.
    """

    text: str
    format: str
    base: str | None = None
    default_graph: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    prefixes: Mapping[str, str] | None = None
    star: tuple[int, tuple[str, ...]] | None = None
    limit: int = 0
    federated: bool = False

    def request(self, seconds: float) -> bytes:
        """Return the query as a worker reads it."""
        fields: dict[str, Any] = {
            "query": self.text,
            "format": self.format,
            "base": self.base,
            "default_graph": self.default_graph,
            "named_graphs": self.named_graphs,
            "prefixes": self.prefixes and dict(self.prefixes),
            "star": self.star,
            "limit": self.limit,
            "seconds": seconds,
        }
        payload = json.dumps(fields).encode()
        return HEADER.pack(b"Q", len(payload)) + payload


class Nursery:
    """The process that workers of one store are forked from, and the orders to it."""

    def __init__(self, store: str, kind: str, memory: int) -> None:
        self.kind = kind
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        root = str(Path(kpigraph.__file__).resolve().parent.parent)
        path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
        environment = {k: v for k, v in os.environ.items() if k in ("LANG", "LC_ALL", "PATH")}
        # Few malloc arenas: each reserves 64 MiB of the address space that RLIMIT_AS counts.
        environment |= {"MALLOC_ARENA_MAX": "2", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": path}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [sys.executable, "-P", "-m", "kpigraph.serve.nursery", store, kind, str(memory)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                start_new_session=True,  # Ctrl-C ends the server, which then ends this
            )
        self._ends: dict[str, asyncio.Future[int]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None
        self._names = itertools.count()

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def ready(self) -> None:
        """Wait until workers can be forked.

        Raises:
            QueryFailedError: if the store cannot be opened.
        """
        if self._ready is None:
            loop = asyncio.get_running_loop()
            self._ready = loop.create_future()
            self._listener = loop.create_task(self._listen(self._ready))
        if self._ready.done():
            return self._ready.result()
        try:
            async with asyncio.timeout(_START_SECONDS):
                await asyncio.shield(self._ready)
        except TimeoutError:
            raise NotStartedError("the query workers could not start") from None

    async def _listen(self, ready: asyncio.Future[None]) -> None:
        loop = asyncio.get_running_loop()
        try:
            with contextlib.suppress(OSError):
                while message := (await loop.sock_recv(self._control, 64)).decode():
                    if message == "ready":
                        ready.set_result(None)
                        continue
                    name, _, status = message.partition(" ")
                    if (end := self._ends.pop(name, None)) is not None and not end.done():
                        end.set_result(int(status))
        finally:
            if not ready.done():
                ready.set_exception(NotStartedError("the query workers could not start"))
                ready.exception()  # so that nobody is told who did not ask
            for end in self._ends.values():
                if not end.done():
                    end.set_result(_NO_NURSERY)
            self._ends.clear()

    def fork(self, theirs: socket.socket, *, unbound: bool) -> str:
        """Let a worker be forked that talks over `theirs`; return its name."""
        name = str(next(self._names))
        order = "f" if unbound else "F"
        with contextlib.suppress(OSError):  # a dead nursery: the connection ends
            socket.send_fds(self._control, [f"{order} {name}".encode()], [theirs.fileno()])
        return name

    async def kill(self, name: str) -> int:
        """End a worker however busy, wait until it is gone, and return its exit status, negative for a signal."""
        if self._listener is None or self._listener.done():
            return _NO_NURSERY
        end = self._ends[name] = asyncio.get_running_loop().create_future()
        try:
            self._control.send(f"K {name}".encode())
        except OSError:
            return _NO_NURSERY
        status: int = await end
        return status

    async def close(self) -> None:
        """End the nursery and every worker that it still has."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait((self._listener,))
        self._control.close()
        try:
            await asyncio.to_thread(self._process.wait, 1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


class Worker:
    """One worker process and the connection to it."""

    def __init__(self, nursery: Nursery, *, unbound: bool = False) -> None:
        self.nursery = nursery
        self.unbound = unbound
        self.pid = 0
        self.answered = 0
        self.resting = 0  # bytes of resident memory before its first query
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        with theirs:
            self._name = nursery.fork(theirs, unbound=unbound)
        self._pipe: Pipe | None = None
        self._started: asyncio.Future[None] | None = None
        self._closing: asyncio.Future[int] | None = None

    async def ready(self) -> None:
        """Wait until the worker can be asked.

        Raises:
            QueryFailedError: if it cannot start.
        """
        if self.pid:
            return
        if self._started is None:
            self._started = asyncio.ensure_future(self._start())
        await asyncio.shield(self._started)

    async def _start(self) -> None:
        try:
            async with asyncio.timeout(_FORK_SECONDS):
                loop = asyncio.get_running_loop()
                _, self._pipe = await loop.create_connection(Pipe, sock=self._socket)
                kind, payload = await self._pipe.frame()
        except (TimeoutError, EOFError, OSError) as error:
            raise NotStartedError("the query worker could not start") from error
        if kind != b"R":
            raise NotStartedError("the query worker could not start")
        self.pid = json.loads(payload)["pid"]
        self.resting = self.memory()

    def memory(self) -> int:
        """Return the bytes of its resident memory, those shared with its nursery included; 0 where that is unknown."""
        try:
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
                return int(statm.read().split()[1]) * 4096
        except (OSError, IndexError):
            return 0

    def worked(self) -> float:
        """Return the seconds of processor time that it has had; infinity where that is unknown."""
        try:
            return time.clock_gettime((~self.pid << 3) | _PROCESS_TIME)
        except (AttributeError, OSError, OverflowError):
            return float("inf")

    def ask(self, query: Query, seconds: float) -> None:
        """Send `query`; frames come then."""
        assert self._pipe is not None
        self.answered += 1
        self._pipe.write(query.request(seconds))

    async def next_frame(self) -> tuple[bytes, bytes]:
        """Return the kind and the payload of what comes next: D or E of the result, or T: it has been planned.

        Raises:
            QuerySyntaxError, QueryFailedError, EngineUnavailableError: if there is no result, or no more of it.
        """
        assert self._pipe is not None
        try:
            kind, payload = await self._pipe.frame()
        except EOFError as error:
            raise WorkerDiedError(await self.close()) from error
        if kind == b"X":
            failure = json.loads(payload)
            raise _FAILURES.get(failure["kind"], QueryFailedError)(failure["message"])
        return kind, payload

    def tell(self) -> None:
        """Let a worker that has sent nothing say whether the query has been planned."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGUSR1)

    def suspend(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    def slow_down(self) -> None:
        """Let the system prefer other processes for good: a worker that did long work is not used for short work."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _SLOW_NICENESS)

    async def close(self) -> int:
        """Kill the process, however busy, wait for its end, and return its exit status."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._end())
        return await asyncio.shield(self._closing)

    async def _end(self) -> int:
        status = await self.nursery.kill(self._name)
        if self._started is not None:
            await asyncio.wait((self._started,))
            self._started.exception()
        if self._pipe is not None:
            await self._pipe.close()
        self._socket.close()
        return status


def _death(status: int) -> str:
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
    return f"the query ended its worker ({how}): most often for want of memory or of stack"


_FAILURES: dict[str, type[Exception]] = {
    "syntax": QuerySyntaxError,
    "unavailable": EngineUnavailableError,
    "late": EngineLateError,
    "gone": EngineGoneError,
    "damaged": StoreDamagedError,
}
