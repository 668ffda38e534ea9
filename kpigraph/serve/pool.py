"""Who may evaluate a query now, for how long and with how much memory."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpigraph.serve.lanes import FAST, SLOW, Lane, OverloadedError, Slowness
from kpigraph.serve.metrics import Metrics
from kpigraph.serve.workers import (
    EngineUnavailableError,
    Nursery,
    Query,
    QueryFailedError,
    QuerySyntaxError,
    QueryTooGreedyError,
    QueryTooLongError,
    Worker,
    WorkerDiedError,
)

_WATCH_SECONDS = 0.05
_TOLD_SECONDS = 0.2
_SLICE = 0.25  # seconds of work in the slow lane, between two looks at who waits there
_LOOK_EVERY = 32  # answers, between two looks at a worker's memory
_GROWN = 64 << 20  # a worker that keeps more than this is replaced
_AT_ONCE = 16 << 20  # a store up to this size is in memory within a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What queries may take; times in seconds, memory in MiB, 0 for none.

    Attributes:
        workers: slots of the fast lane.
        slow_workers: slots of the slow lane.
        seconds: wall-clock limit of one query, planning and sending included, waiting left out.
        fast_seconds: after this a query goes on in the slow lane; after a third of it, if others wait and it has
            been at work in earnest.
        queue: queries that may wait in each lane.
        wait_seconds: how long each of them waits at most, in all.
        memory: what one query may take beyond what its worker begins with.
        total_memory: what all queries together may; the greediest is stopped.
        answers: a worker is replaced after so many.
        in_memory: a store whose folder is no larger than this is held in memory.
    """

    workers: int = 4
    slow_workers: int = 2
    seconds: float = 10.0
    fast_seconds: float = 0.3
    queue: int = 64
    wait_seconds: float = 10.0
    memory: int = 1024
    total_memory: int = 640
    answers: int = 5_000
    in_memory: int = 128


class Housing:
    """The nursery of one store: in memory if it is small enough, from its folder until it is there."""

    def __init__(self, store: str, limits: Limits) -> None:
        self.store = store
        self._memory = limits.memory
        self._better: Nursery | None = None
        self._swap: asyncio.Task[None] | None = None
        self._renewing = asyncio.Lock()
        self.waited_for = 0  # queries that wait for a worker of it
        kind = "remote" if "://" in store else "disk"
        if kind == "disk" and 0 < (size := _size(store)) <= limits.in_memory << 20:
            if size <= _AT_ONCE:
                kind = "memory"
            else:
                self._better = Nursery(store, "memory", self._memory)
        self.nursery = Nursery(store, kind, self._memory)

    async def ready(self) -> None:
        """Wait until workers can be forked.

        Raises:
            QueryFailedError: if the store cannot be opened.
        """
        async with self._renewing:  # one new nursery for all who find the former one dead
            if not self.nursery.alive:
                await self.nursery.close()
                self.nursery = Nursery(self.store, self.nursery.kind, self._memory)
        await self.nursery.ready()
        if self._better is not None and self._swap is None:
            self._swap = asyncio.get_running_loop().create_task(self._take_better(self._better))

    async def _take_better(self, better: Nursery) -> None:
        with contextlib.suppress(QueryFailedError):
            await better.ready()
            self.nursery, self._better = better, self.nursery  # the former one ends with the housing

    async def close(self) -> None:
        if self._swap is not None:
            self._swap.cancel()
            await asyncio.wait((self._swap,))
        await self.nursery.close()
        if self._better is not None:
            await self._better.close()


def is_large(folder: str, in_memory: int) -> bool:
    """Whether a store takes more than `in_memory` MiB, so that it is read from disk."""
    return _size(folder) > in_memory << 20


def _size(folder: str) -> int:
    try:
        return sum(f.stat().st_size for f in Path(folder).iterdir())
    except OSError:
        return 0


class Pool:
    """The lanes, the workers that are free, and those at work."""

    def __init__(self, limits: Limits, metrics: Metrics | None = None) -> None:
        self.limits = limits
        self.metrics = metrics or Metrics()
        wait = limits.wait_seconds
        self.fast = Lane(FAST, limits.workers, limits.queue, wait, self.metrics)
        self.slow = Lane(SLOW, limits.slow_workers, limits.queue, wait, self.metrics)
        self.slowness = Slowness()
        self._housings: dict[str, Housing] = {}
        self._current: Housing | None = None
        self._idle: list[Worker] = []
        self._running: set[Run] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._closed = False
        self.metrics.watch(
            "kpigraph_query_memory_bytes",
            "Resident memory of query workers at work, beyond what they began with.",
            "lane",
            self._memory,
        )

    def warm(self, store: str) -> None:
        """Start what queries to `store` will need."""
        self._keep(self._refill(self._housing(store)))

    def pids(self) -> set[int]:
        """Return the process numbers of all workers."""
        return {w.pid for w in (*self._idle, *(r.worker for r in self._running)) if w.pid}

    def _housing(self, store: str) -> Housing:
        if (housing := self._housings.get(store)) is None:
            housing = self._housings[store] = Housing(store, self.limits)
        if self._current is not housing:
            self._current = housing
            self._leave_others()
        return housing

    def _leave_others(self) -> None:
        """Close what belongs to former releases, unless a query is still at work there."""
        for housing in list(self._housings.values()):
            is_used = housing.waited_for or any(r.housing is housing for r in self._running)
            if housing is not self._current and not is_used:
                del self._housings[housing.store]
                for worker in [w for w in self._idle if w.nursery is housing.nursery]:
                    self._idle.remove(worker)
                    self._bury(worker)
                self._keep(housing.close())

    @contextlib.asynccontextmanager
    async def answer(
        self, store: str, query: Query, seconds: float = 0.0, *, anew: bool = False
    ) -> "AsyncIterator[Run]":
        """Evaluate `query` on `store`; lend the run that gives the result. Leaving before its end stops the query.

        `seconds`: it is our own and may take so long, in the slow lane, where those of others come first.
        `anew`: by a worker started for it, none that waits, should those be dead.

        Raises:
            OverloadedError: if too many wait already, also while a part is asked for.
            QuerySyntaxError, QueryFailedError, QueryTooLongError, EngineUnavailableError: when a part is asked for and
                there is none.
        """
        came = time.monotonic()
        known_slow = seconds > 0 or query.federated or self.slowness.knows((store, query.text), came)
        lane = self.slow if known_slow else self.fast
        await lane.enter()
        try:
            housing = self._housing(store)
            housing.waited_for += 1  # so that no switch of releases closes it meanwhile
            try:
                worker = await self._take(housing, unbound=query.federated, anew=anew)
            finally:
                housing.waited_for -= 1
        except BaseException:
            lane.leave()
            raise
        run = Run(self, housing, worker, query, lane, time.monotonic() - came, seconds or self.limits.seconds)
        self._running.add(run)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.get_running_loop().create_task(self._watching())
        try:
            yield run
        finally:
            run.end()
            await run.parts.aclose()

    async def _take(self, housing: Housing, *, unbound: bool, anew: bool) -> Worker:
        await housing.ready()
        while self._idle and not unbound and not anew:
            worker = self._idle.pop()
            if worker.nursery is housing.nursery:
                break
            self._bury(worker)
        else:
            worker = Worker(housing.nursery, unbound=unbound)
        try:
            await worker.ready()
        except BaseException:
            self._bury(worker)
            raise
        return worker

    def give_back(self, run: "Run", *, clean: bool) -> None:
        """Take back the worker of a run that has ended. Not `clean`: it is still at work, or broken."""
        self._running.discard(run)
        worker = run.worker
        lasting = clean and not self._closed and run.housing is self._current and not run.lowered and not worker.unbound
        lasting = lasting and worker.nursery is run.housing.nursery and worker.answered < self.limits.answers
        if lasting and (worker.answered % _LOOK_EVERY == 0 or run.seconds > _WATCH_SECONDS):
            lasting = worker.memory() - worker.resting < _GROWN
        if lasting:
            self._idle.append(worker)
        else:
            if clean and not self._closed:
                self.metrics.kills.labels(run.lane_name, "age").inc()
            self._bury(worker)
            self.refill(run.housing)
        if run.housing is not self._current:
            self._leave_others()

    def refill(self, housing: Housing) -> None:
        """Have workers ready for the queries to come."""
        if not self._closed and self._housings.get(housing.store) is housing:
            self._keep(self._refill(housing))

    async def _refill(self, housing: Housing) -> None:
        with contextlib.suppress(QueryFailedError):
            await housing.ready()
            fast = sum(r.lane_name == FAST for r in self._running)
            while not self._closed and fast + len(self._idle) < self.limits.workers:
                worker = Worker(housing.nursery)
                self._idle.append(worker)
                try:
                    await worker.ready()
                except QueryFailedError:
                    if worker in self._idle:
                        self._idle.remove(worker)
                    self._bury(worker)
                    return

    async def _watching(self) -> None:
        """Stop the greediest query whenever all of them together take too much memory."""
        limit = self.limits.total_memory << 20
        while self._running:
            await asyncio.sleep(_WATCH_SECONDS)
            grown = {r: r.worker.memory() - r.worker.resting for r in self._running}
            if limit and sum(g for g in grown.values() if g > 0) > limit:
                max(grown, key=lambda r: grown[r]).stop("memory")

    def _memory(self) -> dict[str, float]:
        found = {FAST: 0.0, SLOW: 0.0}
        for run in self._running:
            found[run.lane_name] += max(0, run.worker.memory() - run.worker.resting)
        return found

    def _bury(self, worker: Worker) -> None:
        self._keep(self._close(worker))

    @staticmethod
    async def _close(worker: Worker) -> None:
        await worker.close()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Kill every worker and wait until they are gone."""
        self._closed = True
        for run in list(self._running):
            run.end()
        for worker in self._idle:
            self._bury(worker)
        self._idle.clear()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait((self._watch,))
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for housing in self._housings.values():
            await housing.close()
        self._housings.clear()


class Run:
    """One query at work, until its result ends, its client leaves, or a limit is reached.

    The worker is killed at a limit even if nobody asks for the next part: a client that stops reading holds nothing.

    Attributes:
        parts: the result as it comes; `whole` is whether its first part was all of it.
        waited: seconds that it stood in line before it began.
        outcome: how it ended: ok, syntax, failed, unavailable, crash, time, memory, shed, gone.
    """

    def __init__(
        self,
        pool: Pool,
        housing: Housing,
        worker: Worker,
        query: Query,
        lane: Lane,
        waited: float,
        seconds: float,
    ) -> None:
        self._pool = pool
        self._most = seconds
        self.housing = housing
        self.worker = worker
        self._query = query
        self._lane: Lane | None = lane
        self.lane_name = lane.name
        self.waited = waited
        self.moved = lane.name == SLOW
        self.whole = False
        self.outcome = ""
        self.parts = self._parts()
        self._planning = False
        self._answering = False
        self._ended = False
        self._began = self._resumed = time.monotonic()
        self._worked = worker.worked()
        self._left = seconds
        self._patience = pool.limits.wait_seconds
        self._mover: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._left, self._expire)
        self._quantum: asyncio.TimerHandle | None = None
        self.lowered = False  # its worker has less priority for good and does no more work afterwards
        if self.moved:
            self._quantum = loop.call_later(_SLICE, self._consider_standing_by)
        else:
            self._quantum = loop.call_later(pool.limits.fast_seconds / 3, self._consider_moving)
        pool.metrics.series(pool.metrics.waiting_seconds, lane.name).observe(waited)

    @property
    def began(self) -> bool:
        """Whether something of the answer has come."""
        return self._answering

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self._began

    async def _parts(self) -> AsyncGenerator[bytes, None]:
        try:
            await self.worker.ask(self._query, self._most)
            last = False
            while not last and not self._stopped:
                kind, payload = await self.worker.next_frame()
                if kind == b"T":
                    self._planning = False
                    self.stop("time")
                    break
                last = kind == b"E"
                self.whole = last and not self._answering
                self._answering = True
                if last:
                    self.outcome = self.outcome or "ok"
                if payload:
                    yield payload
        except QuerySyntaxError:
            self.outcome = "syntax"
            raise
        except EngineUnavailableError:
            self.outcome = "unavailable"
            raise
        except (QueryFailedError, OSError) as error:
            if not self._stopped:
                self.outcome = "crash" if isinstance(error, WorkerDiedError | OSError) else "failed"
                raise
        if self.outcome == "time":
            raise QueryTooLongError(planning=self._planning)
        if self.outcome == "memory":
            limit = self._pool.limits.total_memory
            raise QueryTooGreedyError(f"it needs too much memory: all queries together have {limit} MiB")
        if self.outcome == "shed":
            raise OverloadedError(SLOW)

    @property
    def _stopped(self) -> bool:
        return self.outcome in ("time", "memory", "shed", "gone")

    def _consider_moving(self) -> None:
        fast = self._pool.limits.fast_seconds
        late = self.seconds >= fast * 0.95
        # On a busy machine light queries take long, too: for those who wait, what counts is the work that was done.
        if self._lane is not None and (late or (self._lane.crowded and self.worker.worked() - self._worked > fast / 6)):
            self._mover = asyncio.get_running_loop().create_task(self._move())
        else:
            left = max(min(fast / 3, fast - self.seconds), 0.001)
            self._quantum = asyncio.get_running_loop().call_later(left, self._consider_moving)

    async def _move(self) -> None:
        """Go on in the slow lane."""
        if self._lane is None or self._ended:
            return
        if not self.moved:
            self.moved = True
            self._pool.metrics.moved.inc()
            self._pool.slowness.remember((self.housing.store, self._query.text), time.monotonic())
        await self._stand_by()

    async def _stand_by(self) -> None:
        """Stand still until the slow lane has a slot."""
        if self._lane is None or self._ended:  # ended before this began
            return
        pool, now = self._pool, time.monotonic()
        self.worker.suspend()
        self._timer.cancel()
        self._left -= now - self._resumed
        former, self._lane = self._lane, None
        self.lane_name = SLOW
        former.leave()
        pool.refill(self.housing)
        try:
            await pool.slow.enter(self._most - self._left, None if former is pool.fast else self._patience)
        except OverloadedError:
            self.stop("shed")
            return
        self._lane = pool.slow
        self._resumed = time.monotonic()
        self._patience = max(0.01, self._patience - (self._resumed - now))
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(self._left, 0.0), self._expire)
        self._quantum = loop.call_later(_SLICE, self._consider_standing_by)
        self.worker.resume()

    def _consider_standing_by(self) -> None:
        """Make room for who has had less time: a query that is nearly done never waits for one that never is."""
        had = self._most - self._left + time.monotonic() - self._resumed
        loop = asyncio.get_running_loop()
        if not self.lowered:
            self.lowered = True
            self.worker.slow_down()
        if self._lane is not None and not self._ended and self._pool.slow.sooner(had - _SLICE):
            self._mover = loop.create_task(self._stand_by())
        elif not self._ended:
            self._quantum = loop.call_later(_SLICE, self._consider_standing_by)

    def _expire(self) -> None:
        """Stop at the wall-clock limit, but let a worker that has sent nothing say first what it was doing."""
        if self._answering:
            self.stop("time")
        else:
            self._planning = True  # until it says that it is past that
            self.worker.tell()
            self._timer = asyncio.get_running_loop().call_later(_TOLD_SECONDS, self.stop, "time")

    def stop(self, reason: str) -> None:
        """End for `reason`: time, memory, shed or gone."""
        if not self._ended:
            self.outcome = reason
            self.end()

    def end(self) -> None:
        """Give the worker back; only the first call counts."""
        if self._ended:
            return
        self._ended = True
        self._timer.cancel()
        if self._quantum is not None:
            self._quantum.cancel()
        if self._mover is not None and self._lane is None:
            self._mover.cancel()
        if self._lane is not None:
            self._lane.leave()
            self._lane = None
        self.outcome = self.outcome or "gone"
        clean = self.outcome in ("ok", "syntax", "failed", "unavailable")
        metrics, lane = self._pool.metrics, self.lane_name
        metrics.series(metrics.queries, lane, self.outcome).inc()
        metrics.series(metrics.query_seconds, lane).observe(self.seconds)
        if not clean:
            metrics.kills.labels(lane, self.outcome).inc()
        elif not self.moved or self.seconds < self._pool.limits.fast_seconds:
            self._pool.slowness.forget((self.housing.store, self._query.text))
        self._pool.give_back(self, clean=clean)
