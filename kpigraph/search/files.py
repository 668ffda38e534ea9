"""Indexes as files: written whole or changed in a copy, then only opened for reading.

SQLite's file is the same for the same rows."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from kpigraph.problems import UsageError


@contextmanager
def created(file: Path, tables: str, called: tuple[str, str]) -> Iterator[sqlite3.Connection]:
    """Lend a new index with the tables that the statements `tables` make; it is on disk when the block ends.

    `called` is what people call it, in Japanese and English.

    Raises:
        UsageError: if it cannot be written.
    """
    with _written(file, None, f"PRAGMA page_size = 4096;{tables}", called) as connection:
        yield connection


@contextmanager
def changed(former: Path, file: Path, called: tuple[str, str]) -> Iterator[sqlite3.Connection]:
    """Lend a copy of the index `former` in `file` to be changed; it is on disk when the block ends.

    Raises:
        UsageError: if it cannot be written, or `former` is no such index.
    """
    with _written(file, former, "", called) as connection:
        yield connection


@contextmanager
def _written(file: Path, former: Path | None, begin: str, called: tuple[str, str]) -> Iterator[sqlite3.Connection]:
    """Lend `file`, new or a copy of `former`, after the statements `begin`; nobody reads it before it is whole."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        if former is not None:
            shutil.copyfile(former, file)
        connection = sqlite3.connect(file)
        try:
            connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;{begin}")
            yield connection
            connection.commit()
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as e:
        raise UsageError(
            f"{called[0]}を書き込めません: {file}（{e}）", f"{called[1]} cannot be written: {file} ({e})"
        ) from e


def opened(file: Path, table: str, called: tuple[str, str]) -> sqlite3.Connection:
    """Return the index in `file`, which has `table`, open for reading by any thread; `called` as in `created`.

    Raises:
        UsageError: if there is none that can be read.
    """
    try:
        address = f"file:{quote(str(file))}?mode=ro&immutable=1"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        connection.execute("PRAGMA temp_store = MEMORY")  # a full disk stops nobody who only reads
        connection.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 - the name is ours
        return connection
    except sqlite3.Error as e:
        raise UsageError(f"{called[0]}が読めません: {file}", f"{called[1]} cannot be read: {file}") from e
