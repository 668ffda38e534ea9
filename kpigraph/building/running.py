"""Tasks done here, or in processes beside this one, and what becomes of them when one dies.

A process that is killed (by the system, for want of memory, most likely) takes at most the tasks that were being done
with it: each of these is tried once more, alone, and if that dies too it is named.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from kpigraph import forked, read
from kpigraph.building import place
from kpigraph.building.place import Task
from kpigraph.problems import UsageError

Json = Any
Done = tuple[Task, Json]
Work = Callable[[Task], Json]
Run = Callable[[list[Task]], Iterator[Done]]


def here(tasks: Iterable[Task]) -> Iterator[Done]:
    """Yield each task with its outcome, one after the other in this process."""
    try:
        for task in tasks:
            yield task, place.outcome(task)
    finally:
        read.release()


def beside(jobs: int, work: Work = place.outcome) -> Run:
    """Return what does tasks in up to `jobs` processes; outcomes come as they are ready.

    They are begun at once, not when the first outcome is asked for. One task alone is done in another process only
    where that can be forked: to start one anew takes longer than what can be done beside it.
    """

    def run(tasks: list[Task]) -> Iterator[Done]:
        if jobs < 2 or not tasks or (len(tasks) == 1 and not forked.can_fork()):
            return here(tasks)
        return _done(_Crew(tasks[::-1], jobs, work), jobs, work)

    return run


def _done(crew: "_Crew", jobs: int, work: Work) -> Iterator[Done]:
    while True:
        suspects = yield from crew.until_one_dies()
        for task in suspects:
            yield task, _alone(task, work)
        if not crew.waiting:
            return
        crew = _Crew(crew.waiting, jobs, work)


class _Crew:
    """Processes at work on tasks, which are taken from the end of `waiting`; they are begun at once."""

    def __init__(self, waiting: list[Task], jobs: int, work: Work) -> None:
        self.waiting, self._jobs, self._work = waiting, jobs, work
        self._pool = _pool(min(jobs, len(waiting)))
        self._doing: dict[Future[Json], Task] = {}
        self._died: list[Task] = []
        self._hand_over()

    def _hand_over(self) -> None:
        while self.waiting and len(self._doing) < self._jobs and not self._died:
            task = self.waiting.pop()
            try:
                self._doing[self._pool.submit(self._work, task)] = task
            except BrokenProcessPool:
                self._died.append(task)

    def until_one_dies(self) -> Generator[Done, None, list[Task]]:
        """Yield what is done; return what was being done when a process died."""
        try:
            while self._doing:
                for future in wait(self._doing, return_when=FIRST_COMPLETED).done:
                    if isinstance(future.exception(), BrokenProcessPool):
                        return [*self._doing.values(), *self._died]
                    yield self._doing.pop(future), future.result()
                self._hand_over()
        finally:
            _end(self._pool)
        return self._died


def _alone(task: Task, work: Work) -> Json:
    pool = _pool(1)
    try:
        return pool.submit(work, task).result()
    except BrokenProcessPool:
        folder = task.home.name
        raise UsageError(
            f"処理していたプロセスが二度強制終了されました（メモリー不足かもしれません）: sources/{folder}",
            f"the process at work on it was killed twice, perhaps for want of memory: sources/{folder}",
        ) from None
    finally:
        _end(pool)


def _pool(jobs: int) -> ProcessPoolExecutor:
    if is_fork := forked.can_fork():
        gc.freeze()  # what is here is not looked through there, which would have all of it copied
    context = multiprocessing.get_context("fork" if is_fork else "spawn")
    return ProcessPoolExecutor(jobs, context, forked.begin, (os.getpid(),))


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes of `pool` at once: what they still do is not wanted any more."""
    processes = list((pool._processes or {}).values())  # of which the interface tells nothing
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        with suppress(Exception):
            process.terminate()
    for process in processes:
        process.join()
    pool.shutdown()  # its threads too, beside which nothing can be forked
