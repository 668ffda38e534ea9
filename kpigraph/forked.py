"""Work done in a process forked from this one, beside what follows here.

What is in memory is there too, and nothing has to be handed over but the result. Where other threads are at work there
is no forking: a lock that one of them holds would never be freed in the new process.
"""

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
_THREADS = "/proc/self/task"


def can_fork() -> bool:
    """Tell whether this process has no thread but the one that asks, of Python or of a library."""
    try:
        return len(os.listdir(_THREADS)) == 1
    except OSError:
        return False


def begin(parent: int) -> None:
    """Leave Ctrl-C to the process `parent`, and end with it, however it ends; be ended without a word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # what the program does then is not for this process to do

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Forked(Generic[_T]):
    """`work`, begun in a process of its own. Only where `can_fork`."""

    def __init__(self, work: Callable[[], _T]) -> None:
        self._work, self._came = work, list[tuple[bool, Any]]()
        context = multiprocessing.get_context("fork")
        self._answers, answer = context.Pipe(duplex=False)
        gc.freeze()  # what is here is not looked through there, which would have all of it copied
        self._process = context.Process(target=_do, args=(work, answer, os.getpid()))
        self._process.start()
        answer.close()

    def result(self) -> _T:
        """Return what came of it, and raise what it raised. If its process was killed, it is done again here."""
        if not self._came:
            try:
                self._came.append(self._answers.recv())
            except EOFError:
                self._came.append((True, self._work()))
        is_done, value = self._came[0]
        if not is_done:
            raise value
        result: _T = value
        return result

    def end(self) -> None:
        """End the process at once, whether or not it is done."""
        self._answers.close()
        self._process.kill()
        self._process.join()


def _do(work: Callable[[], Any], answer: Connection, parent: int) -> None:
    begin(parent)
    try:
        answered = True, work()
    except Exception as e:
        answered = False, e
    with suppress(BrokenPipeError):  # nobody waits for it any more
        answer.send(answered)
