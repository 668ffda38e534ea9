"""A limit of time for a whole piece of work, whatever it is busy with: waiting for another server, or computing."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def within(seconds: float, late: Callable[[], Exception]) -> Iterator[None]:
    """Do the block, and raise what `late` gives once it has taken longer; at its end, in threads that get no signals.

    Python raises it between two of its own steps, and where a system call waits. It is raised once, so that what cleans
    up after it is not disturbed.
    """
    end = time.monotonic() + seconds
    if threading.current_thread() is not threading.main_thread():
        yield
    else:

        def ring(number: int, frame: FrameType | None) -> None:
            raise late()

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    if time.monotonic() > end:
        raise late()
