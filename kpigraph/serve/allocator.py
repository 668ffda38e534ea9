"""Memory that the server's process has done with goes back to the system, where the C library is glibc.

glibc gives each thread an arena of its own, and after the first large block that is freed it takes others like it from
these arenas, where a small one behind them keeps them from being given back. A server that opens one release after the
other then holds half as much again as it needs.
Source: mallopt(3), M_ARENA_MAX and M_MMAP_THRESHOLD.
"""

import ctypes

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # of malloc.h
_ARENAS = 2
_LARGE = 1 << 20  # bytes of a block that is the system's own, and its again when it is freed


def give_back() -> bool:
    """Have it so from now on; tell whether it could be done."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return bool(mallopt(_ARENA_MAX, _ARENAS)) and bool(mallopt(_MMAP_THRESHOLD, _LARGE))
