"""Gzip files put together from pieces that were packed once, each on its own.

A file so made is one gzip member, as every browser and library reads it: members one after the other are valid gzip
too, but many clients stop after the first. Each piece ends on a byte and refers to nothing before it (a full flush of
DEFLATE), so pieces follow each other as they are; the checksum of the whole is computed from theirs.
Source: RFC 1951, RFC 1952; the combination of checksums is the one of zlib, crc32_combine.

Where a release follows another one, most of a file is what stands in that one's file: it is copied from there in long
runs, and the whole former file is held against its checksum on the way.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from zlib_ng import zlib_ng

from kpigraph.releases import File

_LEVEL = 5  # of zlib-ng: packs as well as level 6 of zlib, in half the time
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no flags, so no file name; no time; made on no known system
_LAST_BLOCK = b"\x03\x00"  # an empty one, marked as the last
_CHUNK = 1 << 20  # bytes read at a time

# Where named pieces lie in a packed file: offset and length there, length and CRC-32 of what they hold.
Places = Mapping[str, tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file, packed: DEFLATE blocks none of which is the last, with length and CRC-32 of what they hold.

    `packed` gives the blocks when they are wanted, so that the pieces of a large file need not be in memory. By `name`
    the next release finds them in this one's file; "" for what it makes anew.
    """

    packed: Callable[[], bytes]
    size: int
    crc: int
    name: str = ""


class OtherFileError(Exception):
    """A file of the release before is not as it was published; what it holds must come from elsewhere."""


@dataclass(frozen=True, slots=True)
class Former:
    """A packed file of the release before: what it was when it was published, and where its pieces lie."""

    file: Path
    described: File
    places: Places

    def piece(self, name: str) -> Piece | None:
        """Return the piece of that name, None where there is none; it is taken by `write` from where it lies."""
        if (place := self.places.get(name)) is None:
            return None
        offset, length, size, crc = place

        def packed() -> bytes:
            with self.file.open("rb") as file:
                file.seek(offset)
                return file.read(length)

        return Piece(packed, size, crc, name)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Lend the file, open.

        Raises:
            OtherFileError: if it is not there.
        """
        try:
            file = self.file.open("rb", buffering=_CHUNK)
        except FileNotFoundError as e:
            raise OtherFileError(self.file) from e
        with file:
            yield file


# Gives the pieces of a file, those that the file of the release before has from there.
Pieces = Callable[[Former | None], Iterable[Piece]]


def crc32(data: bytes) -> int:
    return zlib_ng.crc32(data)


def packed(plain: bytes) -> bytes:
    """Return `plain` as DEFLATE blocks that can stand anywhere in a file; b"" for nothing."""
    if not plain:
        return b""
    packer = zlib_ng.compressobj(_LEVEL, zlib_ng.DEFLATED, -zlib_ng.MAX_WBITS)
    return packer.compress(plain) + packer.flush(zlib_ng.Z_FULL_FLUSH)


def piece(plain: bytes, name: str = "") -> Piece:
    blocks = packed(plain)
    return Piece(lambda: blocks, len(plain), crc32(plain), name)


def unpacked(blocks: bytes) -> bytes:
    """Return what the blocks of one piece hold.

    Raises:
        zlib.error: if they are damaged.
    """
    try:
        return zlib_ng.decompressobj(-zlib_ng.MAX_WBITS).decompress(blocks) if blocks else b""
    except zlib_ng.error as e:  # type: ignore[misc]  # a class, which its stub takes for an instance
        raise zlib.error(str(e)) from None


@dataclass(frozen=True, slots=True)
class Written:
    """Files by name, and for each that is packed where its named pieces lie."""

    files: dict[str, File]
    places: dict[str, Places]


def together(written: Iterable[Written]) -> Written:
    """Return several files as one record."""
    whole = Written({}, {})
    for one in written:
        whole.files.update(one.files)
        whole.places.update(one.places)
    return whole


def write_beside(file: Path, pieces: Pieces, *, packed_only: bool, former: Former | None = None) -> Written:
    """Write `pieces` packed into `file`.gz and, unless `packed_only`, inflated into `file`; return both by name.

    `former` is the packed file of the release before, where that is known.

    Raises:
        OSError: if a file cannot be written.
        zlib.error: if a piece is damaged.
    """
    zipped_file = file.with_name(f"{file.name}.gz")
    if packed_only and former is not None:
        with suppress(OtherFileError), former.opened() as source, zipped_file.open("wb") as zipped:
            return _named(file, write(pieces(former), zipped, former=(former, source)))
    with ExitStack() as stack:
        plain = None if packed_only else stack.enter_context(file.open("wb"))
        zipped = stack.enter_context(zipped_file.open("wb"))
        return _named(file, write(pieces(None), zipped, plain))


def _named(file: Path, written: tuple[File, File, Places]) -> Written:
    zipped = f"{file.name}.gz"
    return Written({file.name: written[0], zipped: written[1]}, {zipped: written[2]})


def write(
    pieces: Iterable[Piece],
    zipped: BinaryIO,
    plain: BinaryIO | None = None,
    former: tuple[Former, BinaryIO] | None = None,
) -> tuple[File, File, Places]:
    """Write `pieces` as one gzip file and, inflated, as a plain one; return what both are and where pieces lie.

    Without `plain` that file is only described by its length, with no checksum. `former`, with its file open, is only
    for such.

    Raises:
        OSError: if a file cannot be written.
        OtherFileError: if the file of the release before is not as it was published.
        zlib.error: if a piece is damaged.
    """
    whole, length, crc = hashlib.sha256(), 0, 0
    places: dict[str, tuple[int, int, int, int]] = {}
    before = former[0].places if former else {}
    out = _Packed(zipped, *(former or (None, None)))
    out.put(_HEADER)
    for part in pieces:
        begin = out.size
        known = before.get(part.name)
        if known is None or not out.take(known[0], known[1]):
            blocks = part.packed()
            out.put(blocks)
            if plain is not None:
                inflated = unpacked(blocks)
                plain.write(inflated)
                whole.update(inflated)
        crc = zlib_ng.crc32_combine(crc, part.crc, part.size)
        length += part.size
        if part.name:
            places[part.name] = begin, out.size - begin, part.size, part.crc
    out.put(_LAST_BLOCK)
    out.put(crc.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little"))
    return File(length, whole.hexdigest() if plain is not None else ""), out.done(), places


class _Packed:
    """A packed file that is being written, the former one from which stretches are taken, and checksums of both.

    The former one is read once, from its beginning to its end: for as long as it is what is written too, one checksum
    does for both.
    """

    def __init__(self, file: BinaryIO, former: Former | None, source: BinaryIO | None) -> None:
        self._file, self._former, self._source = file, former, source
        self._digest = hashlib.sha256()
        self._of_former: hashlib._Hash | None = None  # the same so far
        self._read, self._wanted = 0, 0  # of the former file: what has been read; after that, up to where it is taken
        self.size = 0

    def put(self, data: bytes) -> None:
        """Write `data`."""
        self._take_wanted()
        if self._source is not None and self._of_former is None:
            if self._source.read(len(data)) == data:
                self._read = self._wanted = self._read + len(data)
            else:
                self._source.seek(self._read)
                self._of_former = self._digest.copy()
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def take(self, offset: int, length: int) -> bool:
        """Write what stands in the former file, if it is not behind what was taken already."""
        if self._source is None or offset < self._wanted:
            return False
        if offset > self._wanted:
            self._take_wanted()
            self._go_to(offset)
        self._wanted = offset + length
        self.size += length
        return True

    def done(self) -> File:
        """Return what was written. Raises what `write` raises."""
        self._take_wanted()
        if self._former is not None and self._source is not None:
            self._go_to(self._former.described.bytes)
            found = (self._of_former or self._digest).hexdigest()
            if self._source.read(1) or found != self._former.described.sha256:
                raise OtherFileError(self._former.file)
        return File(self.size, self._digest.hexdigest())

    def _take_wanted(self) -> None:
        for chunk in self._chunks(self._wanted):
            self._file.write(chunk)
            self._digest.update(chunk)
            if self._of_former is not None:
                self._of_former.update(chunk)

    def _go_to(self, offset: int) -> None:
        if self._of_former is None and offset > self._read:
            self._of_former = self._digest.copy()
        for chunk in self._chunks(offset):
            if self._of_former is not None:
                self._of_former.update(chunk)
        self._wanted = max(self._wanted, offset)

    def _chunks(self, end: int) -> Iterator[bytes]:
        while self._source is not None and self._read < end:
            if not (chunk := self._source.read(min(_CHUNK, end - self._read))):
                raise OtherFileError(self._former)
            self._read += len(chunk)
            yield chunk
