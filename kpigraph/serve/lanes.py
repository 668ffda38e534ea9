"""Two lanes of queries, each with slots and a bounded queue: short queries never stand behind long ones."""

import asyncio
from collections import OrderedDict, deque

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
    """At most `slots` queries at work and `queue` more in line, first come, first served.

    `wait` is how long a query stands in line at most, in seconds.
    """

    def __init__(self, name: str, slots: int, queue: int, wait: float, metrics: Metrics) -> None:
        self.name = name
        self.slots = slots
        self._queue = queue
        self._wait = wait
        self._metrics = metrics
        self._taken = 0
        self._line: deque[asyncio.Future[None]] = deque()

    @property
    def crowded(self) -> bool:
        """Whether queries wait for a slot."""
        return bool(self._line)

    async def enter(self) -> None:
        """Take a slot, in time.

        Raises:
            OverloadedError: if the line is full, or if none comes free.
        """
        if self._taken < self.slots and not self._line:
            self._take(1)
            return
        if len(self._line) >= self._queue:
            self._metrics.sheds.labels(self.name, "queue").inc()
            raise OverloadedError(self.name)
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        self._metrics.waiting.labels(self.name).set(len(self._line))
        try:
            async with asyncio.timeout(self._wait):
                await turn
        except BaseException as error:
            if turn in self._line:
                self._line.remove(turn)
            elif turn.done() and not turn.cancelled():
                self.leave()  # it was given the slot in the same moment
            if isinstance(error, TimeoutError):
                self._metrics.sheds.labels(self.name, "waited").inc()
                raise OverloadedError(self.name) from None
            raise
        finally:
            self._metrics.waiting.labels(self.name).set(len(self._line))

    def leave(self) -> None:
        """Give a slot back; the next in line has it at once."""
        self._take(-1)
        while self._line and self._taken < self.slots:
            turn = self._line.popleft()
            if not turn.done():
                self._take(1)
                turn.set_result(None)

    def _take(self, change: int) -> None:
        self._taken += change
        self._metrics.busy.labels(self.name).set(self._taken)


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
