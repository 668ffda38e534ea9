"""What a query worker may do once its store is open: read that store, and nothing else.

The engine opens no more than 16 tables of a store at first (RocksDB, VersionBuilder::LoadTableHandlers), the others
when a query comes to them. So a worker may open as many files more as there are tables left; and the kernel refuses it
sockets, other programs, and files to write, whatever the guard let pass (seccomp, Linux on x86-64 and 64-bit ARM).
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import struct
from itertools import count, islice
from pathlib import Path

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
_NUMBER, _ARCHITECTURE, _OPENAT_FLAGS, _OPEN_FLAGS = 0, 4, 32, 24  # of struct seccomp_data; low words
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_X32 = 0x40000000  # numbers of another convention on x86-64
# By machine: its AUDIT_ARCH; openat; open, where there is one; what is refused: socket, socketpair, execve, execveat,
# openat2, io_uring_setup, which opens files and sockets by itself, truncate, and creat, where there is one.
_MACHINES = {
    "x86_64": (0xC000003E, 257, 2, (41, 53, 59, 322, 437, 425, 76, 85)),
    "aarch64": (0xC00000B7, 56, None, (198, 199, 221, 281, 437, 425, 45)),
}


def confine(store: Path | None) -> None:
    """Let this thread, and those it begins, open only the tables of `store` that are not open yet; None: no file.

    For good: neither can be taken back.
    """
    _bound_descriptors(0 if store is None else _tables_left(store))
    if os.uname().sysname == "Linux" and (machine := _MACHINES.get(platform.machine())):
        _refuse(*machine)


def _tables_left(store: Path) -> int:
    opened = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            opened += link.readlink().suffix == ".sst"
    return max(0, sum(1 for _ in store.glob("*.sst")) - opened)


def _bound_descriptors(more: int) -> None:
    """Allow so many descriptors more; new ones take the lowest free number, which must be below the limit."""
    free = (number for number in count() if not _is_open(number))
    limit = next(islice(free, more, None)) if more else 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _refuse(architecture: int, openat: int, opened: int | None, refused: tuple[int, ...]) -> None:
    """Have the kernel refuse calls, with EPERM; where it has no such filters, only the limit of descriptors is left."""
    program = _program(architecture, openat, opened, refused)
    code = ctypes.create_string_buffer(b"".join(program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))  # struct sock_fprog
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    long = ctypes.c_ulong
    prctl(_PR_SET_NO_NEW_PRIVS, long(1), long(0), long(0), long(0))
    prctl(_PR_SET_SECCOMP, long(_SECCOMP_MODE_FILTER), head, long(0), long(0))


def _program(architecture: int, openat: int, opened: int | None, refused: tuple[int, ...]) -> list[bytes]:
    """Return the filter, a struct sock_filter an item: what to do, how many steps to leap if so, if not, a number."""

    def step(code: int, number: int, so: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("=HBBI", code, so, otherwise, number)

    allow, refuse = step(_RETURN, _ALLOW), step(_RETURN, _REFUSE)
    steps = [step(_LOAD, _ARCHITECTURE), step(_EQUAL, architecture, 1), refuse, step(_LOAD, _NUMBER)]
    steps += [step(_AT_LEAST, _X32, 0, 1), refuse]
    for call in refused:
        steps += [step(_EQUAL, call, 0, 1), refuse]
    for number, flags in ((openat, _OPENAT_FLAGS), (opened, _OPEN_FLAGS)):
        if number is not None:
            steps += [step(_EQUAL, number, 0, 4), step(_LOAD, flags), step(_ANY_OF, _WRITES, 0, 1), refuse, allow]
    return [*steps, allow]
