"""A part: what one document, or the lasting things of one municipality, come to in everything that is published.

A part is one file: a line that says what it is, a line of JSON with the place, length and CRC-32 of every entry, then
the entries, one after the other. Nothing in it is run when it is read.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from kpigraph import packing
from kpigraph.packing import Piece

_KIND = b"kpigraph part 1\n"
_HEAD = 1 << 20  # so many bytes of the second line are more than any part has


class DamagedPartError(Exception):
    """A part is not as it was written; it must be made anew."""

    def __init__(self, key: str, why: str) -> None:
        self.key = key
        super().__init__(key, why)


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an entry lies, its CRC-32 and, where it is packed, length and CRC-32 of what it holds."""

    offset: int
    length: int
    crc: int
    plain_size: int
    plain_crc: int
    packed: bool


def written(entries: Mapping[str, bytes], plain: Mapping[str, bytes]) -> bytes:
    """Return a part with `entries`, which are packed here, and `plain` ones, which are kept as they are."""
    index: dict[str, list[int]] = {}
    held: list[bytes] = []
    offset = 0
    for name, data in (*sorted(entries.items()), *sorted(plain.items())):
        is_packed = name in entries
        stored = packing.packed(data) if is_packed else data
        index[name] = [offset, len(stored), packing.crc32(stored), len(data), packing.crc32(data), int(is_packed)]
        held.append(stored)
        offset += len(stored)
    line = json.dumps(index, separators=(",", ":")).encode()
    return b"".join([_KIND, b"%08x " % packing.crc32(line), line, b"\n", *held])


def _entry(begin: int, offset: int, length: int, crc: int, plain_size: int, plain_crc: int, packed: int) -> Entry:
    return Entry(begin + offset, length, crc, plain_size, plain_crc, bool(packed))


class Part:
    """A part that can be read, by name of entry; nothing of it is held in memory but where its entries are.

    It is looked at when something of it is wanted: of most parts of a country a build wants nothing.
    """

    def __init__(self, key: str, file: Path) -> None:
        self.key, self._file = key, file

    def check(self) -> None:
        """Read where its entries are.

        Raises:
            DamagedPartError: if it is no part, or not there.
        """
        _ = self._index

    @cached_property
    def _index(self) -> dict[str, Entry]:
        try:
            with self._file.open("rb") as f:
                kind, line = f.readline(len(_KIND)), f.readline(_HEAD)
                begin = f.tell()
                crc, _, index = line.rstrip(b"\n").partition(b" ")
                if kind != _KIND or crc != b"%08x" % packing.crc32(index):
                    raise ValueError("the index is damaged")
                found = {name: _entry(begin, *numbers) for name, numbers in json.loads(index).items()}
                f.seek(0, 2)
                if f.tell() != max((e.offset + e.length for e in found.values()), default=begin):
                    raise ValueError("cut off")
        except (OSError, ValueError, TypeError) as e:
            raise DamagedPartError(self.key, str(e)) from None
        return found

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def stored(self, name: str) -> bytes:
        """Return an entry as it is kept, b"" where there is none.

        Raises:
            DamagedPartError: if it is not as it was written.
        """
        with self._opened() as file:
            return self._stored(name, file)

    def _stored(self, name: str, file: BinaryIO) -> bytes:
        if (entry := self._index.get(name)) is None:
            return b""
        file.seek(entry.offset)
        data = file.read(entry.length)
        if packing.crc32(data) != entry.crc:
            raise DamagedPartError(self.key, name)
        return data

    def at(self, name: str) -> tuple[int, int, int]:
        """Return where an entry lies, its length and CRC-32, for `read_at`. Raises what `stored` raises."""
        entry = self._index[name]
        return entry.offset, entry.length, entry.crc

    def read_at(self, offset: int, length: int, crc: int) -> bytes:
        """Return the bytes that lie there, without looking at where else things are. Raises what `stored` raises."""
        with self._opened() as file:
            file.seek(offset)
            data = file.read(length)
        if packing.crc32(data) != crc:
            raise DamagedPartError(self.key, f"at {offset}")
        return data

    def bytes(self, name: str) -> bytes:
        """Return what an entry holds, b"" where there is none. Raises what `stored` raises."""
        data = self.stored(name)
        return packing.unpacked(data) if data and self._index[name].packed else data

    def json(self, name: str) -> Any:
        """Return an entry that is JSON. Raises what `stored` raises."""
        return json.loads(self.bytes(name))

    def piece(self, name: str) -> Piece:
        """Return a packed entry as a piece of a file, read when it is wanted. Raises what `stored` raises."""
        entry = self._index.get(name)
        if entry is None:
            return packing.piece(b"", self.name_of(name))
        return Piece(lambda: self.stored(name), entry.plain_size, entry.plain_crc, self.name_of(name))

    def size(self, name: str) -> int:
        """Return the length of what an entry holds, 0 where there is none. Raises what `stored` raises."""
        return entry.plain_size if (entry := self._index.get(name)) else 0

    def name_of(self, entry: str) -> str:
        """Return the name that an entry has as a piece."""
        return f"{self.key} {entry}"

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with self._file.open("rb") as file:
                yield file
        except OSError as e:
            raise DamagedPartError(self.key, str(e)) from None
