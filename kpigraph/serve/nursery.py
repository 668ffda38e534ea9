"""The program that query workers are forked from: it holds one store, evaluates nothing, and buries its dead.

Run as `python -m kpigraph.serve.nursery STORE KIND MEMORY`, standard input being the socket to the server:

- kind `memory`: the store is copied into memory here, once; workers share its pages and start within milliseconds.
- kind `disk`: each worker opens the store's folder for itself.
- kind `remote`: STORE is the address of a SPARQL endpoint, which workers put their queries to.

It has one thread, so forking is safe. Messages on the socket are one packet each: `F id` with a descriptor forks a
worker that answers there (`f id`: one that may open sockets, for SERVICE); `K id` kills it, answered by `id status`
once it is buried, so that no process number is taken anew while the server may still signal it.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import NoReturn

import pyoxigraph as ox

from kpigraph.serve import confined, worker

_STACK = 64 << 20  # the engine's parser and planner recurse
_PR_SET_PDEATHSIG = 1


def load(path: str) -> ox.Store:
    """Return a copy of the store in `path` in memory.

    Another process reads the folder, as its library leaves threads behind, which would not survive a fork.
    """
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as out:
                ox.Store.read_only(path).dump(out, ox.RdfFormat.N_QUADS)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    store = ox.Store()
    with os.fdopen(reading, "rb") as quads:
        store.bulk_load(quads, ox.RdfFormat.N_QUADS)
    if os.waitpid(pid, 0)[1]:
        raise OSError("the store cannot be read")
    return store


class Nursery:
    """The worker processes by their ids, the living and those on their way out."""

    def __init__(self, control: socket.socket, path: str, kind: str, memory: int) -> None:
        self._control = control
        self._path = path
        self._kind = kind
        self._memory = memory
        self._store = load(path) if kind == "memory" else None
        self._children: dict[str, int] = {}
        self._dying: dict[str, int] = {}

    def tend(self) -> None:
        """Obey until the server is gone, then end every worker."""
        self._control.send(b"ready")
        while True:
            readable, _, _ = select.select([self._control], [], [], 0.005 if self._dying else None)
            if readable:
                message, descriptors, _, _ = socket.recv_fds(self._control, 64, 1)
                if not message:
                    break
                order, _, name = message.decode().partition(" ")
                if order == "K":
                    self._kill(name)
                else:
                    self._fork(name, descriptors[0], unbound=order == "f")
            for name, pid in list(self._dying.items()):
                gone, status = os.waitpid(pid, os.WNOHANG)
                if gone:
                    del self._dying[name]
                    with contextlib.suppress(OSError):
                        self._control.send(f"{name} {os.waitstatus_to_exitcode(status)}".encode())
        for pid in (*self._children.values(), *self._dying.values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _kill(self, name: str) -> None:
        if (pid := self._children.pop(name, None)) is None:
            self._control.send(f"{name} 1".encode())
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self._dying[name] = pid

    def _fork(self, name: str, descriptor: int, *, unbound: bool) -> None:
        try:
            pid = os.fork()
        except OSError:
            pid = -1  # the server reads the end of the connection
        if pid == 0:
            self._control.close()
            self._work(socket.socket(fileno=descriptor), unbound)
        os.close(descriptor)
        if pid > 0:
            self._children[name] = pid

    def _work(self, connection: socket.socket, unbound: bool) -> NoReturn:
        status = 1
        try:
            _end_with_parent()
            if self._kind == "remote":
                from kpigraph.store.endpoint import Endpoint

                engine: worker.Engine = worker.Elsewhere(Endpoint(self._path))
            else:
                engine = worker.Embedded(self._store or ox.Store.read_only(self._path))
                if not unbound:
                    confined.confine(None if self._store else Path(self._path))
            evaluation = worker.Evaluation(connection, engine)
            signal.signal(signal.SIGUSR1, evaluation.tell)
            threading.stack_size(_STACK)
            done = threading.Thread(target=self._serve, args=(connection, evaluation))
            done.start()
            done.join()
            status = 0
        finally:
            os._exit(status)

    def _serve(self, connection: socket.socket, evaluation: worker.Evaluation) -> None:
        _bound_memory(self._memory)  # here, when the stack of this thread is there
        worker.send(connection, b"R", json.dumps({"pid": os.getpid()}).encode())
        evaluation.serve()


def _end_with_parent() -> None:
    """Let the kernel kill this process when the nursery ends, where it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _bound_memory(mebibytes: int) -> None:
    """Allow `mebibytes` of address space over what the process has already, most of it shared."""
    if mebibytes:
        used = 0
        with contextlib.suppress(OSError), open("/proc/self/statm", encoding="ascii") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        limit = used + (mebibytes << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control = socket.socket(fileno=0)
    path, kind, memory = sys.argv[1:4]
    Nursery(control, path, kind, int(memory)).tend()


if __name__ == "__main__":
    main()
