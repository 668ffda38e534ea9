"""Gzip files put together from pieces that were packed once, each on its own.

A file so made is one gzip member, as every browser and library reads it: members one after the other are valid gzip
too, but many clients stop after the first. Each piece ends on a byte and refers to nothing before it (a full flush of
DEFLATE), so pieces follow each other as they are; the checksum of the whole is computed from theirs.
Source: RFC 1951, RFC 1952; the combination of checksums is the one of zlib, crc32_combine.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import BinaryIO

from zlib_ng import zlib_ng

from kpigraph.releases import File

_LEVEL = 5  # of zlib-ng: packs as well as level 6 of zlib, in half the time
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no flags, so no file name; no time; made on no known system
_LAST_BLOCK = b"\x03\x00"  # an empty one, marked as the last
_POLYNOMIAL = 0xEDB88320


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file, packed: DEFLATE blocks none of which is the last, with length and CRC-32 of what they hold.

    `packed` gives the blocks when they are wanted, so that the pieces of a large file need not be in memory.
    """

    packed: Callable[[], bytes]
    size: int
    crc: int


def crc32(data: bytes) -> int:
    return zlib_ng.crc32(data)


def packed(plain: bytes) -> bytes:
    """Return `plain` as DEFLATE blocks that can stand anywhere in a file; b"" for nothing."""
    if not plain:
        return b""
    packer = zlib_ng.compressobj(_LEVEL, zlib_ng.DEFLATED, -zlib_ng.MAX_WBITS)
    return packer.compress(plain) + packer.flush(zlib_ng.Z_FULL_FLUSH)


def piece(plain: bytes) -> Piece:
    blocks = packed(plain)
    return Piece(lambda: blocks, len(plain), crc32(plain))


def unpacked(blocks: bytes) -> bytes:
    """Return what the blocks of one piece hold.

    Raises:
        zlib.error: if they are damaged.
    """
    try:
        return zlib_ng.decompressobj(-zlib_ng.MAX_WBITS).decompress(blocks) if blocks else b""
    except zlib_ng.error as e:  # type: ignore[misc]  # a class, which its stub takes for an instance
        raise zlib.error(str(e)) from None


def write_beside(file: Path, pieces: Iterable[Piece], *, packed_only: bool) -> dict[str, File]:
    """Write `pieces` packed into `file`.gz and, unless `packed_only`, inflated into `file`; return both by name.

    Raises what `write` raises.
    """
    with ExitStack() as stack:
        plain = None if packed_only else stack.enter_context(file.open("wb"))
        zipped = stack.enter_context(file.with_name(f"{file.name}.gz").open("wb"))
        files = write(pieces, zipped, plain)
    return dict(zip((file.name, f"{file.name}.gz"), files, strict=True))


def write(pieces: Iterable[Piece], zipped: BinaryIO, plain: BinaryIO | None = None) -> tuple[File, File]:
    """Write `pieces` as one gzip file and, inflated, as a plain one; return what the plain and the packed one are.

    Without `plain` that file is only described by its length, with no checksum.

    Raises:
        OSError: if a file cannot be written.
        zlib.error: if a piece is damaged.
    """
    whole, outer, length, size, crc = hashlib.sha256(), hashlib.sha256(), 0, 0, 0

    def put(data: bytes) -> None:
        nonlocal size
        zipped.write(data)
        outer.update(data)
        size += len(data)

    put(_HEADER)
    for part in pieces:
        blocks = part.packed()
        put(blocks)
        crc = combined(crc, part.crc, part.size)
        length += part.size
        if plain is not None:
            inflated = unpacked(blocks)
            plain.write(inflated)
            whole.update(inflated)
    put(_LAST_BLOCK)
    put(crc.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little"))
    return File(length, whole.hexdigest() if plain is not None else ""), File(size, outer.hexdigest())


def combined(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of one text and then another from theirs and the `length` of the second."""
    return _times(_shift(length), first) ^ second if length else first


@lru_cache(maxsize=4096)  # the pieces of a table are in two files
def _shift(length: int) -> int:
    """Return x to the power of 8 times `length`, modulo the polynomial."""
    power, place = 1 << 31, 0
    while length:
        if digit := length & 0xFF:
            power = _times(_power(place, digit), power)
        length >>= 8
        place += 1
    return power


@cache  # 256 for each byte of a length
def _power(place: int, digit: int) -> int:
    """Return x to the power of 8 times `digit` times 256 to the power of `place`."""
    power, n = 1 << 31, 3 + 8 * place
    while digit:
        if digit & 1:
            power = _times(_squares()[n & 31], power)
        digit >>= 1
        n += 1
    return power


@lru_cache(maxsize=1)
def _squares() -> tuple[int, ...]:
    """Return x to the power of 2 to the power of n, for n from 0 to 31; after that they begin again."""
    found = [1 << 30]
    while len(found) < 32:
        found.append(_times(found[-1], found[-1]))
    return tuple(found)


def _times(a: int, b: int) -> int:
    """Return the product of two polynomials modulo that of CRC-32; the highest bit stands for x to the power of 0."""
    product, bit = 0, 1 << 31
    while bit:
        if a & bit:
            product ^= b
            if not a & (bit - 1):
                break
        bit >>= 1
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1
    return product
