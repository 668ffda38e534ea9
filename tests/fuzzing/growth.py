"""Whether work grows as a text does: the same text is repeated, and the processor's time for each length compared.

Regular expressions do their steps where no counter of ours reaches, so processor time stands for steps; only ratios
within one run are looked at, of the least of several times, and only where they are large enough to mean something.
"""

import time
from collections.abc import Callable

TIMES = 4  # as long: linear work takes 4 times as long, quadratic 16 times
MOST = 8.5
_MEANS_SOMETHING = 0.04  # seconds of processor time
_LONGEST = 150_000  # characters


def ratio(work: Callable[[str], object], unit: str, before: str = "", after: str = "", start: int = 1_000) -> float:
    """Return how much longer `work` takes on 4 times as long a text of repeated units, 1.0 where it takes no time.

    The text grows from `start` characters until work takes long enough to be compared. More than `MOST` must be so for
    a text twice as long too: where work takes a step, at a length from which on something more is done, it is not.
    """
    found = 0.0
    for _ in range(2):
        found, start = _ratio(work, unit, before, after, start)
        if found <= MOST or start > _LONGEST:
            break
    return found


def _ratio(work: Callable[[str], object], unit: str, before: str, after: str, start: int) -> tuple[float, int]:
    """Return the ratio, and twice the number of characters that it was found at."""
    count = max(start // max(len(unit), 1), 1)
    while True:
        last = _seconds(work, before + unit * (count * TIMES) + after)
        if last >= _MEANS_SOMETHING or count * TIMES * len(unit) > _LONGEST:
            break
        count *= 2
    if last < _MEANS_SOMETHING:
        return 1.0, 2 * _LONGEST
    text, longer = (before + unit * n + after for n in (count, count * TIMES))
    first = min(_seconds(work, text) for _ in range(3))  # another process can only make a time longer
    last = min(last, *(_seconds(work, longer) for _ in range(2)))
    return last / max(first, 1e-6), 2 * count * max(len(unit), 1)


def _seconds(work: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    work(text)
    return time.process_time() - started
