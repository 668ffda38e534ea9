"""Who may evaluate a query now, for how long and with how much memory."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from kpigraph.serve.evaluation import Run
from kpigraph.serve.housing import Housing, Limits
from kpigraph.serve.lanes import FAST, SLOW, Lane, Slowness
from kpigraph.serve.metrics import Metrics
from kpigraph.serve.workers import Query, QueryFailedError, Worker

_WATCH_SECONDS = 0.05
_LOOK_EVERY = 32  # answers, between two looks at a worker's memory
_GROWN = 64 << 20  # a worker that keeps more than this is replaced


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
    async def answer(self, store: str, query: Query, seconds: float = 0.0, *, anew: bool = False) -> AsyncIterator[Run]:
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

    def give_back(self, run: Run, *, clean: bool) -> None:
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
