"""How many releases are kept, and what keeps one from being removed: that it is in use, or that somebody reads it.

Who reads a release holds its folder by a shared lock, which the system frees when that process ends, however it ends.
A release is removed only by who gets the lock for itself. So a server, its queries and its downloads end on the release
that they began with, though it has been replaced meanwhile and nobody wants it kept.
"""

import fcntl
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from kpigraph import releases

_GOING = ".tmp-going-"  # a build removes what begins so, should removing it be cut short


class Hold:
    """Keeps a folder from being removed as long as this object is there."""

    def __init__(self, folder: Path) -> None:
        """Hold `folder`.

        Raises:
            OSError: if it is not there, or is being removed.
        """
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(OSError):  # a file system without locks: as if nobody held anything
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        if not folder.is_dir():
            raise FileNotFoundError(folder)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            self.close()


def is_held(folder: Path) -> bool:
    """Tell whether somebody holds `folder`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def prune(out: Path, keep: int) -> tuple[list[str], list[str]]:
    """Remove all releases in `out` but the `keep` newest and the one in use; return those removed, and those held.

    Those that somebody holds stay until the next time. A release loses its name at once and whole, so nobody finds half
    of one.

    Raises:
        UsageError: if `out` cannot be written.
    """
    removed, held = [], []
    with releases.locked(out, releases.silent):
        releases.remove_leftovers(out)
        for version in releases.versions(out)[: -keep or None]:
            folder = releases.releases_dir(out) / version
            if releases.is_in_use(out, version):
                continue
            if is_held(folder):
                held.append(version)
                continue
            going = folder.rename(folder.with_name(f"{_GOING}{version}-{secrets.token_hex(4)}"))
            releases.sync(going.parent)
            shutil.rmtree(going, ignore_errors=True)
            removed.append(version)
    return removed, held
