"""Which errors mean that the machine, or the limit set for us, has no more memory or processes to give.

Python raises MemoryError only where an object finds no room. A thread that finds no room for its stack is a
RuntimeError, a library that cannot be mapped an ImportError, a thread of the engine a panic of its own kind.
Source of the texts: CPython's _threadmodule.c, glibc's dl-load.c, Rust's std::thread.
"""

import errno

_TOLD = (
    "can't start new thread",
    "failed to map segment",
    "cannot allocate memory",
    "failed to spawn thread",
    "resource temporarily unavailable",
    "memory allocation of",
)
_NUMBERS = (errno.ENOMEM, errno.EAGAIN)


def is_shortage(error: BaseException) -> bool:
    """Tell whether `error`, or what it came from, says that memory or processes ran out."""
    met: BaseException | None = error
    while met is not None:
        if isinstance(met, MemoryError) or (isinstance(met, OSError) and met.errno in _NUMBERS):
            return True
        if not isinstance(met, OSError) and any(text in str(met).casefold() for text in _TOLD):
            return True
        met = met.__cause__ or met.__context__
    return False
