"""A small pool of killable query workers: the web process itself never evaluates a query from outside.

A worker is a process of its own (`worker.py`), started rather than forked because the web process has threads. It
holds one release's store read-only. A query that takes too long costs its worker's life, as does one that crashes the
engine or whose client goes away; the next worker is started at once and no other query notices.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).with_name("worker.py")
_HEADER = struct.Struct("!cI")
_START_SECONDS = 20.0


class QuerySyntaxError(Exception):
    """The engine cannot parse the query; the message says where and why."""


class QueryFailedError(Exception):
    """The query cannot be evaluated: the engine says why, or died of it."""


class QueryTooLongError(Exception):
    """The query was stopped at the wall-clock limit."""


class OverloadedError(Exception):
    """More queries wait than the queue takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query as the protocol gives it. `format` is a key of the worker's tables: json xml csv tsv ttl nt rdf jsonld.

    `default_graph` and `named_graphs` are IRIs; None leaves the choice to the query, or to the store. `prefixes` are
    known without a PREFIX line; what the query declares itself wins.
    """

    text: str
    format: str
    base: str | None = None
    default_graph: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    prefixes: Mapping[str, str] | None = None


class Worker:
    """One worker process and the connection to it."""

    def __init__(self, store: str, memory: int) -> None:
        self.store = store
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            environment = {k: v for k, v in os.environ.items() if k in ("PYTHONPATH", "LANG", "LC_ALL")}
            # One malloc arena: each reserves 64 MiB of the address space that RLIMIT_AS counts.
            environment |= {"MALLOC_ARENA_MAX": "2", "PYTHONDONTWRITEBYTECODE": "1"}
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [sys.executable, "-P", str(_PROGRAM), store, str(memory)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
            )
        self._socket = ours
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def ready(self) -> None:
        """Wait until the store is open.

        Raises:
            QueryFailedError: if the worker cannot start.
        """
        if self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(sock=self._socket)
            try:
                async with asyncio.timeout(_START_SECONDS):
                    kind, _ = await self._frame()
            except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
                raise QueryFailedError("the query worker could not start") from error
            if kind != b"R":
                raise QueryFailedError("the query worker could not start")

    async def ask(self, query: Query, seconds: float) -> None:
        assert self._writer is not None
        request: dict[str, Any] = {
            "query": query.text,
            "format": query.format,
            "base": query.base,
            "default_graph": query.default_graph,
            "named_graphs": query.named_graphs,
            "prefixes": query.prefixes and dict(query.prefixes),
            "seconds": seconds,
        }
        payload = json.dumps(request).encode()
        self._writer.write(_HEADER.pack(b"Q", len(payload)) + payload)
        await self._writer.drain()

    async def next_part(self) -> bytes | None:
        """Return the next part of the result, None after the last.

        Raises:
            QuerySyntaxError, QueryFailedError: if there is no result, or no more of it.
        """
        try:
            kind, payload = await self._frame()
        except (asyncio.IncompleteReadError, OSError) as error:
            raise QueryFailedError(await asyncio.to_thread(self._death)) from error
        if kind == b"X":
            failure = json.loads(payload)
            raise (QuerySyntaxError if failure["kind"] == "syntax" else QueryFailedError)(failure["message"])
        return None if kind == b"E" else payload

    async def _frame(self) -> tuple[bytes, bytes]:
        assert self._reader is not None
        kind, length = _HEADER.unpack(await self._reader.readexactly(_HEADER.size))
        return kind, await self._reader.readexactly(length)

    def _death(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        status = self._process.returncode
        how = f"signal {signal.Signals(-status).name}" if status is not None and status < 0 else f"status {status}"
        return f"the query ended its worker ({how}): most often for want of memory"

    async def close(self) -> None:
        """Kill the process, however busy, and wait for its end."""
        self._process.kill()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._socket.close()
        await asyncio.to_thread(self._process.wait)


class Pool:
    """At most `size` workers, started when first needed, and a bounded queue before them.

    Args:
        size: workers, so also queries at a time.
        seconds: wall-clock limit of one query, its planning and the sending of its result included.
        memory: address-space limit of a worker in MiB, 0 for none.
        queue: how many queries may wait.
    """

    def __init__(self, *, size: int, seconds: float, memory: int, queue: int = 32) -> None:
        self.seconds = seconds
        self._memory = memory
        self._queue = queue
        self._slots = asyncio.Semaphore(size)
        self._size = size
        self._waiting = 0
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def warm(self, store: str) -> None:
        """Start workers for `store` that queries to come will need."""
        while not self._closed and len(self._idle) + len(self._busy) < self._size:
            self._idle.append(Worker(store, self._memory))

    def pids(self) -> set[int]:
        return {w.pid for w in (*self._idle, *self._busy)}

    @contextlib.asynccontextmanager
    async def answer(self, store: str, query: Query) -> AsyncIterator[AsyncIterator[bytes]]:
        """Evaluate `query` on `store`; give the parts of the result as they come.

        Leaving before the last part stops the query.

        Raises:
            OverloadedError: if too many wait already.
            QuerySyntaxError, QueryFailedError, QueryTooLongError: when a part is asked for and there is none.
        """
        if self._slots.locked() and self._waiting >= self._queue:
            raise OverloadedError
        self._waiting += 1
        try:
            async with asyncio.timeout(self.seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise OverloadedError from None
        finally:
            self._waiting -= 1
        try:
            use = _Use(self, await self._take(store), store)
        except BaseException:
            self._slots.release()
            raise
        parts = use.parts(query)
        try:
            yield parts
        finally:
            use.end()
            await parts.aclose()

    async def _take(self, store: str) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.store == store and worker.alive:
                break
            self._bury(worker)
        else:
            worker = Worker(store, self._memory)
        self._busy.add(worker)
        try:
            await worker.ready()
        except BaseException:
            self._busy.discard(worker)
            self._bury(worker)
            raise
        return worker

    def give_back(self, worker: Worker, store: str, *, clean: bool) -> None:
        """Take `worker` back from its query and free its slot. Not `clean`: it is still at work, or broken."""
        self._slots.release()
        self._busy.discard(worker)
        if clean and not self._closed:
            self._idle.append(worker)
        else:
            self._bury(worker)
            self.warm(store)

    def _bury(self, worker: Worker) -> None:
        task = asyncio.get_running_loop().create_task(worker.close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Kill every worker and wait until they are gone."""
        self._closed = True
        for worker in (*self._idle, *self._busy):
            self._bury(worker)
        self._idle.clear()
        self._busy.clear()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


class _Use:
    """A worker at work on one query, until the result ends, the client leaves, or the time is over.

    The worker is killed at the limit even if nobody asks for the next part: a client that stops reading holds nothing.
    """

    def __init__(self, pool: Pool, worker: Worker, store: str) -> None:
        self._pool = pool
        self._worker = worker
        self._store = store
        self._clean = False
        self._ended = False
        self._too_long = False
        self._timer = asyncio.get_running_loop().call_later(pool.seconds, self._expire)

    async def parts(self, query: Query) -> AsyncGenerator[bytes, None]:
        try:
            await self._worker.ask(query, self._pool.seconds)
            while not self._too_long and (part := await self._worker.next_part()) is not None:
                yield part
            self._clean = not self._too_long
        except QuerySyntaxError:
            self._clean = True
            raise
        except (QueryFailedError, OSError) as error:
            if not self._too_long:
                self._clean = isinstance(error, QueryFailedError) and self._worker.alive
                raise
        if self._too_long:
            raise QueryTooLongError

    def _expire(self) -> None:
        self._too_long = True
        self.end()

    def end(self) -> None:
        """Give the worker back; only the first call counts."""
        if not self._ended:
            self._ended = True
            self._timer.cancel()
            self._pool.give_back(self._worker, self._store, clean=self._clean)
