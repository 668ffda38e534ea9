"""Rendered answers kept in memory."""

import threading
import zlib
from collections import OrderedDict

_CACHED_BYTES = 32 << 20
_PACKED_FROM = 16 << 10


class Cache:
    """Rendered answers of one release, the least recently used dropped beyond `limit` bytes.

    Long ones are packed, where that makes them much shorter: a page of a country's size takes a tenth then, and is
    unpacked in about a millisecond.
    """

    def __init__(self, limit: int = _CACHED_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._held: OrderedDict[tuple[str, ...], tuple[bytes, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        with self._lock:
            if (found := self._held.get(key)) is None:
                return None
            self._held.move_to_end(key)
        body, packed = found
        return zlib.decompress(body) if packed else body

    def put(self, key: tuple[str, ...], body: bytes) -> None:
        if len(body) > 2 * self._limit:
            return
        packed = zlib.compress(body, 1) if len(body) >= _PACKED_FROM else body
        held = (packed, True) if 2 * len(packed) < len(body) else (body, False)
        if len(held[0]) > self._limit // 8:
            return
        with self._lock:
            former, _ = self._held.pop(key, (b"", False))
            self._size += len(held[0]) - len(former)
            self._held[key] = held
            while self._size > self._limit:
                self._size -= len(self._held.popitem(last=False)[1][0])
