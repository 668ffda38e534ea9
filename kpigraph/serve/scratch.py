"""Folders of a server for the time that it runs. One that was killed leaves its own; the next one removes it."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kpigraph.retention import Hold, is_held
from kpigraph.serve.told import cramped

_PREFIX = "kpigraph-serve-"
_YOUNG = 60.0  # seconds in which whoever made a folder takes hold of it


class Scratch:
    """A new folder in that of the system for temporary files, gone with `close`."""

    def __init__(self) -> None:
        """Make it.

        Raises:
            OSError: if it cannot be made.
        """
        sweep()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._hold = Hold(self.path)

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self._hold.close()

    def __del__(self) -> None:
        if hasattr(self, "_hold"):
            self.close()


@contextmanager
def temporary() -> Iterator[Path]:
    """Lend a folder of the block's own.

    Raises:
        ToldError: if there is no room for it.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="kpigraph-")
    except OSError as error:
        raise cramped(error) from error
    with made as folder:
        yield Path(folder)


def sweep() -> None:
    """Remove the folders of servers of this user that are no more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            is_old = time.time() - status.st_mtime > _YOUNG
            if status.st_uid == os.getuid() and is_old and not folder.is_symlink() and not is_held(folder):
                shutil.rmtree(folder, ignore_errors=True)
