"""Answers that are kept: a query that is asked again on the same release is not evaluated again."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

from kpigraph.serve import coding

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


class Kept:
    """The answers used last, up to `limit` bytes; those of former releases go first.

    Keys are tuples that begin with the release's version. One event loop uses it; it needs no lock.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._held: OrderedDict[tuple[object, ...], tuple[Answer, int]] = OrderedDict()
        self._version: object = None

    def get(self, key: tuple[object, ...]) -> Answer | None:
        if (found := self._held.get(key)) is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: tuple[object, ...], answer: Answer) -> None:
        """Keep `answer`, which may stand under several keys, unless it is too large."""
        if key[0] != self._version:
            self._version = key[0]
            self._held.clear()
            self._size = 0
        size = answer.size + sum(len(part) for part in key if isinstance(part, str | bytes))
        if size > self._limit // _LARGEST:
            return
        if key in self._held:
            self._size -= self._held.pop(key)[1]
        self._held[key] = (answer, size)
        self._size += size
        while self._size > self._limit:
            self._size -= self._held.popitem(last=False)[1][1]
