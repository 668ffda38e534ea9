"""One query at work: its result as it comes, and what ends it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from kpigraph.serve.housing import Housing
from kpigraph.serve.lanes import SLOW, Lane, OverloadedError
from kpigraph.serve.workers import (
    EngineUnavailableError,
    Query,
    QueryFailedError,
    QuerySyntaxError,
    QueryTooGreedyError,
    QueryTooLongError,
    Worker,
    WorkerDiedError,
)

if TYPE_CHECKING:
    from kpigraph.serve.pool import Pool

_TOLD_SECONDS = 0.2
_SLICE = 0.25  # seconds of work in the slow lane, between two looks at who waits there


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
        pool: "Pool",
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
            self.worker.ask(self._query, self._most)
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
