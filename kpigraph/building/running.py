"""Tasks done here, or in processes beside this one, and what becomes of them when one dies.

A process that is killed (by the system, for want of memory, most likely) takes at most the tasks that were being done
with it: each of these is tried once more, alone, and if that dies too it is named.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from kpigraph import read
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
    """Return what does tasks in up to `jobs` processes; outcomes come as they are ready."""

    def run(tasks: list[Task]) -> Iterator[Done]:
        if jobs < 2 or len(tasks) < 2:
            yield from here(tasks)
            return
        waiting = tasks[::-1]
        while waiting:
            suspects = yield from _until_one_dies(waiting, jobs, work)
            for task in suspects:
                yield task, _alone(task, work)

    return run


def _until_one_dies(waiting: list[Task], jobs: int, work: Work) -> Generator[Done, None, list[Task]]:
    """Yield what is done of `waiting`, from which it is taken; return what was being done when a process died."""
    pool = _pool(min(jobs, len(waiting)))
    doing: dict[Future[Json], Task] = {}
    try:
        while waiting or doing:
            while waiting and len(doing) < jobs:
                task = waiting.pop()
                doing[pool.submit(work, task)] = task
            for future in wait(doing, return_when=FIRST_COMPLETED).done:
                if isinstance(future.exception(), BrokenProcessPool):
                    return list(doing.values())
                yield doing.pop(future), future.result()
    except BrokenProcessPool:  # while a task was being handed over
        return [*doing.values(), task]
    finally:
        _end(pool)
    return []


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
    # Started anew and not forked: a fork would share locks and threads of the store and of a server.
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (os.getpid(),))


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes of `pool` at once: what they still do is not wanted any more."""
    processes = list((pool._processes or {}).values())  # of which the interface tells nothing
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        with suppress(Exception):
            process.terminate()
    for process in processes:
        process.join()
