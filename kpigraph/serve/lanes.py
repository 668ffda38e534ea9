"""Two lanes of queries, each with slots and a bounded queue: short queries never stand behind long ones."""

import asyncio
import bisect
import itertools
from collections import OrderedDict

from kpigraph.serve.metrics import Metrics

FAST = "fast"
SLOW = "slow"
_REMEMBERED = 1_000
_REMEMBERED_SECONDS = 60.0


class OverloadedError(Exception):
    """A query is turned away: too many wait in its lane already, or it has waited too long there."""

    def __init__(self, lane: str) -> None:
        super().__init__(lane)
        self.lane = lane


class Lane:
    """At most `slots` queries at work and `queue` more in line: who has had least time first, else who came first.

    `wait` is how long a query stands in line at most, in seconds.
    """

    def __init__(self, name: str, slots: int, queue: int, wait: float, metrics: Metrics) -> None:
        self.name = name
        self.slots = slots
        self._queue = queue
        self._wait = wait
        self._metrics = metrics
        self._taken = 0
        self._line: list[tuple[float, int, asyncio.Future[None]]] = []
        metrics.busy.labels(name).set_function(lambda: self._taken)  # asked for when the metrics are
        metrics.waiting.labels(name).set_function(lambda: len(self._line))
        self._tickets = itertools.count()

    @property
    def crowded(self) -> bool:
        """Whether queries wait for a slot."""
        return bool(self._line)

    def sooner(self, had: float) -> bool:
        """Whether a query waits that has had less than `had` seconds of work."""
        return bool(self._line) and self._line[0][0] < had

    async def enter(self, had: float = 0.0, wait: float | None = None) -> None:
        """Take a slot, in time, for a query that has been at work for `had` seconds; `wait` for no longer than that.

        Raises:
            OverloadedError: if the line is full, or if none comes free.
        """
        if self._taken < self.slots and not self._line:
            self._taken += 1
            return
        if len(self._line) >= self._queue and wait is None:
            self._metrics.sheds.labels(self.name, "queue").inc()
            raise OverloadedError(self.name)
        turn = asyncio.get_running_loop().create_future()
        place = (had, next(self._tickets), turn)
        bisect.insort(self._line, place, key=lambda p: p[:2])
        try:
            async with asyncio.timeout(self._wait if wait is None else wait):
                await turn
        except BaseException as error:
            if place in self._line:
                self._line.remove(place)
            elif turn.done() and not turn.cancelled():
                self.leave()  # it was given the slot in the same moment
            if isinstance(error, TimeoutError):
                self._metrics.sheds.labels(self.name, "waited").inc()
                raise OverloadedError(self.name) from None
            raise

    def leave(self) -> None:
        """Give a slot back; the next in line has it at once."""
        self._taken -= 1
        while self._line and self._taken < self.slots:
            _, _, turn = self._line.pop(0)
            if not turn.done():
                self._taken += 1
                turn.set_result(None)


class Slowness:
    """Which queries have lately been slow: they begin in the slow lane, so that repeating one wins nothing."""

    def __init__(self) -> None:
        self._until: OrderedDict[object, float] = OrderedDict()

    def remember(self, query: object, now: float) -> None:
        self._until[query] = now + _REMEMBERED_SECONDS
        self._until.move_to_end(query)
        if len(self._until) > _REMEMBERED:
            self._until.popitem(last=False)

    def forget(self, query: object) -> None:
        self._until.pop(query, None)

    def knows(self, query: object, now: float) -> bool:
        return self._until.get(query, 0.0) > now
