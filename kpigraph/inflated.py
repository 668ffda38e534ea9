"""Files of a release that are published packed only: `kpigraph.nq` is then what `kpigraph.nq.gz` holds."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

_AT_ONCE = 1 << 20  # bytes


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """Lend `file`, open for reading, or, where it is there only packed, what it holds, inflated as it is read.

    Raises:
        OSError: if there is neither, or it cannot be read or is damaged.
    """
    packed = file.with_name(f"{file.name}.gz")
    try:
        if file.is_file() or not packed.is_file():
            with file.open("rb") as plain:
                yield plain
        else:
            with gzip.open(packed) as inflating:
                yield cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", inflating), _AT_ONCE))
    except (EOFError, zlib.error) as e:
        raise OSError(f"{packed}: {e}") from e
