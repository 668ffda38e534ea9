"""Answers that are kept: a query that is asked again on the same release is not evaluated again.

Short ones are kept in memory, long ones in files without a name, which are gone with this process.
"""

import hashlib
import os
import tempfile
import weakref
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from kpigraph.serve import coding
from kpigraph.serve.served import Served
from kpigraph.serve.workers import Query

_LARGEST = 16  # one answer may take this part of the whole


@dataclass(frozen=True)
class Answer:
    """A whole answer, with what HTTP and the log say of it."""

    body: bytes
    content_type: str
    query: str
    form: str

    @cached_property
    def tag(self) -> str:
        return coding.tag(self.body)

    @cached_property
    def _packed(self) -> dict[str, bytes]:
        return {}

    def packed(self, name: str) -> bytes:
        """Return the body in the content coding of that name."""
        if name not in self._packed:
            self._packed[name] = coding.packed(self.body, self.tag, name, None)
        return self._packed[name]

    @property
    def size(self) -> int:
        """About how much memory it takes, packed too."""
        return 2 * len(self.body) + 1_000


class Nameless:
    """A temporary file without a name, closed when nobody holds this any more; `number` is its descriptor."""

    def __init__(self) -> None:
        self.number, name = tempfile.mkstemp(prefix="kpigraph-")
        os.unlink(name)
        weakref.finalize(self, os.close, self.number)


@dataclass(frozen=True)
class Filed:
    """A whole answer in a file; `size` in bytes."""

    file: Nameless
    size: int
    tag: str
    content_type: str
    query: str
    form: str


class Filing:
    """A file that an answer is copied into while it is sent. Beyond `limit` bytes, or on a full disk, there is none."""

    def __init__(self, limit: int) -> None:
        self._file: Nameless | None = None
        with suppress(OSError):  # no room for it
            self._file = Nameless()
        self._digest = hashlib.sha256()
        self._size, self._limit = 0, limit

    def write(self, part: bytes) -> None:
        if self._file is None:
            return
        self._size += len(part)
        self._digest.update(part)
        try:
            if self._size > self._limit or os.write(self._file.number, part) != len(part):
                self._file = None
        except OSError:
            self._file = None

    def filed(self, content_type: str, query: str, form: str) -> Filed | None:
        """Return the answer, now that it is whole; None where it could not be filed."""
        if self._file is None:
            return None
        return Filed(self._file, self._size, self._digest.hexdigest()[:24], content_type, query, form)


def key_of(served: Served, query: Query) -> tuple[object, ...]:
    """Return what tells an answer from every other."""
    return (served.version, query.text, query.format, query.default_graph, query.named_graphs)


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


Item = TypeVar("Item", bound=_Sized)


class Kept(Generic[Item]):
    """The answers used last, up to `limit` bytes; those of former releases go first.

    One may take a part of 1 in `largest` of the whole. Keys are tuples that begin with the release's version. One event
    loop uses it; it needs no lock.
    """

    def __init__(self, limit: int, largest: int = _LARGEST) -> None:
        self._limit = limit
        self.largest = limit // largest
        self._size = 0
        self._held: OrderedDict[tuple[object, ...], tuple[Item, int]] = OrderedDict()
        self._version: object = None

    def get(self, key: tuple[object, ...]) -> Item | None:
        if (found := self._held.get(key)) is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: tuple[object, ...], answer: Item) -> None:
        """Keep `answer`, which may stand under several keys, unless it is too large."""
        if key[0] != self._version:
            self._version = key[0]
            self._held.clear()
            self._size = 0
        size = answer.size + sum(len(part) for part in key if isinstance(part, str | bytes))
        if size > self.largest:
            return
        if key in self._held:
            self._size -= self._held.pop(key)[1]
        self._held[key] = (answer, size)
        self._size += size
        while self._size > self._limit:
            self._size -= self._held.popitem(last=False)[1][1]
