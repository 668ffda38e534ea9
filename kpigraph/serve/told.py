"""What a reader is told of a fault of ours: no place of this machine. The operator's log has the whole of it, once."""

import errno
import logging
import sqlite3
import time
from collections.abc import Mapping

from kpigraph.problems import UsageError

_AGAIN = 60.0  # seconds after which the same is logged again
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE)
_log = logging.getLogger("kpigraph.serve")
_ANY = {
    "ja": "公開物がまだないか、壊れているか、いまは読めません。理由はサーバーのログにあります。",
    "en": "What is published here is not there yet, damaged or cannot be read now; the log of the server says why.",
}


class ToldError(UsageError):
    """A fault whose words anybody may read. `reason` is for the log."""

    def __init__(self, ja: str, en: str, reason: str = "") -> None:
        super().__init__(ja, en)
        self.reason = reason


def no_room(error: BaseException | None) -> ToldError | None:
    """Return what to say where the disk for temporary files is full or too much is open; None of any other error."""
    if isinstance(error, UsageError):
        return no_room(error.__cause__)
    if error is None:
        return None
    full = isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
    if not full and not (isinstance(error, OSError) and error.errno in _NO_ROOM):
        return None
    return cramped(error)


def cramped(error: BaseException) -> ToldError:
    """Return what to say where `error` tells that there is no room to work."""
    return ToldError(
        "サーバーの作業用のディスクに空きがないか、書けません。",
        "the server finds no room on its disk to work",
        str(error),
    )


class Telling:
    """Says faults to readers, and logs each once a minute however many ask."""

    def __init__(self) -> None:
        self._logged: dict[str, float] = {}

    def words(self, error: UsageError) -> Mapping[str, str]:
        """Return what to say of `error` in each language."""
        error = no_room(error) or error
        whole = error.messages["en"] + (f": {error.reason}" if isinstance(error, ToldError) and error.reason else "")
        now = time.monotonic()
        if now - self._logged.get(whole, -_AGAIN) >= _AGAIN:
            self._logged = {w: at for w, at in self._logged.items() if now - at < _AGAIN}
            self._logged[whole] = now
            _log.error("%s", " ".join(whole.split()))
        return error.messages if isinstance(error, ToldError) else _ANY
