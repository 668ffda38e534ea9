"""The current release of a publication, as a server has it: looked over before it is served, held as long as it is."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kpigraph import releases
from kpigraph.problems import UsageError
from kpigraph.retention import Hold
from kpigraph.serve import damage
from kpigraph.serve.served import Served

_SMALL = 64 << 20  # bytes of a release that is looked over while a request waits
_SUSPECTED_AFTER = 10.0  # seconds
_OPENED_AGAIN_AFTER = 5.0  # where it could not be: looking a release over takes its time
log = logging.getLogger("kpigraph.serve")


class Snapshot:
    """The release that `current` in a publication's folder points to, looked over for damage before it is served.

    A large one takes a moment for that, in which the former one is served.
    """

    def __init__(self, public: Path) -> None:
        self._public = public
        self._served: Served | None = None
        self._target = ""  # of `current`, when `_served` was opened
        self._known: dict[str, frozenset[str]] = {}  # damage found while a release was served
        self._unread: tuple[releases.Release, Sequence[str]] | None = None  # files to be read once it is served
        self._suspected = 0.0
        self._fault: tuple[str, float, UsageError] = ("", 0.0, UsageError("", ""))  # target, until when, what was wrong
        self._opening = threading.Lock()

    def served(self) -> Served:
        try:
            target = os.readlink(self._public / "current")
        except OSError:
            target = ""
        if self._served is not None and target == self._target:
            return self._served
        if self._served is not None and not self._is_small(target):
            if self._opening.acquire(blocking=False):
                threading.Thread(target=self._open_beside, args=(target,), daemon=True).start()
            return self._served
        with self._opening:
            if self._served is None or target != self._target:
                self._served, self._target = self._tried(target), target
                self._begin_reading()
            return self._served

    def _tried(self, target: str) -> Served:
        of, until, fault = self._fault
        if of == target and time.monotonic() < until:
            raise UsageError(*fault.messages.values())
        try:
            return self._open()
        except UsageError as fault:
            self._fault = target, time.monotonic() + _OPENED_AGAIN_AFTER, fault
            raise

    def suspect(self) -> None:
        """Have what is served looked over once more, since it could not be read."""
        if time.monotonic() - self._suspected > _SUSPECTED_AFTER:
            self._suspected, self._target = time.monotonic(), "?"

    def _is_small(self, target: str) -> bool:
        try:
            listed = releases.load(self._public / target).manifest["files"].values()
            return sum(int(file["bytes"]) for file in listed) <= _SMALL
        except (UsageError, KeyError, TypeError, AttributeError):
            return True  # which is told at once

    def _open_beside(self, target: str) -> None:
        try:
            self._served, self._target = self._open(), target
            self._begin_reading()
        except UsageError as e:
            log.error("%s", e.messages["en"])
            self._served, self._target = None, ""  # each request says so from now on
        finally:
            self._opening.release()

    def _open(self) -> Served:
        for _ in range(3):  # a release may be replaced and removed between two lines
            release = releases.current_release(self._public)
            if release is None:
                link = self._public / "current"
                raise UsageError(
                    f"公開物がありません: {link}（kpigraph build で作ります）",
                    f"there is no publication at {link}; kpigraph build makes one",
                )
            folder = release.folder.resolve()
            release = releases.Release(folder, release.manifest)
            try:
                hold = Hold(folder)
            except OSError:
                continue
            return self._looked_over(release, hold)
        raise UsageError(f"公開物を開けません: {self._public}", f"the publication cannot be opened: {self._public}")

    def _looked_over(self, release: releases.Release, hold: Hold) -> Served:
        looked = damage.look(release)
        damaged = looked.damaged | self._known.get(release.version, frozenset())
        folder, manifest = release.folder, dict(release.manifest)
        served = Served(release.version, folder / "store", folder, release.default_graphs, manifest, damaged=damaged)
        if damaged:
            log.error("%s", damage.told(release, damaged)[1])
        if any(name.startswith("store/") for name in damaged):
            made = damage.rebuilt(release, damaged)
            log.error("its store was made anew from its dump, for as long as this server runs: %s", made.path)
            served = replace(served, store=made.path / "store", held=(hold, made))
        else:
            served = replace(served, held=(hold,))
        self._unread = (release, looked.unread) if looked.unread else None
        return served

    def _begin_reading(self) -> None:
        """Begin with what is left to read, now that it is known what is served: damage that is found opens it anew."""
        if self._unread is not None:
            threading.Thread(target=self._read_on, args=self._unread, daemon=True).start()
            self._unread = None

    def _read_on(self, release: releases.Release, unread: Sequence[str]) -> None:
        """Compare the checksums of what was too large to be read before it was served."""
        known = self._known.get(release.version, frozenset())
        for name in unread:
            if release.version != Path(self._target).name and self._target:
                return
            if not damage.is_whole(release, name):
                known |= {name}
        if known != self._known.get(release.version, frozenset()) and Path(self._target).name == release.version:
            self._known[release.version] = known
            self._target = "?"

    def close(self) -> None:
        if self._served is not None:
            for held in self._served.held:
                held.close()
        self._served = None
