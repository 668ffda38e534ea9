"""Where the workers of one store come from, and what queries may take."""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

from kpigraph.serve.workers import Nursery, QueryFailedError

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
        if not self.nursery.alive:
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
