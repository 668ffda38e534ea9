"""What builds keep beside the releases, so that the next one makes only what has changed.

    out/.cache/<two letters>/<key>   a part, or JSON; a key is the SHA-256 of everything its content depends on

Whoever writes an entry writes it elsewhere first and renames it, so one is there whole or not at all, whoever is killed
when, and two builds at once write the same. What the last build did not use is removed after it. All of it may be
removed at any time: it is made anew.
"""

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from kpigraph.parts.part import DamagedPartError, Part

FOLDER, _LOCK = ".cache", ".lock"
_LEFTOVER = 24 * 3600  # seconds after which a file that nobody renamed is a dead build's


def key(*what: object) -> str:
    """Return the key of what depends on `what`: texts, numbers and JSON, told apart by where they stand."""
    return hashlib.sha256(json.dumps(what, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


_TOGETHER = key("entries kept in one file")
_NAME = len(_TOGETHER)


def _text(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class Cache:
    """The entries in a folder, which is made when the first one is put."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: IO[str] | None = None

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    def __contains__(self, name: str) -> bool:
        return self.path(name).is_file()

    def put(self, name: str, content: bytes) -> None:
        """Keep `content` under `name`.

        Raises:
            OSError: if it cannot be written.
        """
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{name[:16]}-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def part(self, name: str) -> Part:
        """Return a part; whether it is there and whole shows when something of it is wanted."""
        return Part(name, self.path(name))

    def has_part(self, name: str) -> bool:
        """Tell whether a part is there and, as far as its index says, whole; a damaged one is removed."""
        try:
            self.part(name).check()
        except DamagedPartError:
            self.discard(name)
            return False
        return True

    def put_json(self, name: str, content: Any) -> None:
        """Keep `content` with a checksum. Raises what `put` raises."""
        self._put_checked(name, _text(content))

    def put_text(self, name: str, content: str) -> None:
        """Keep JSON that is written already, as `put_json` does."""
        self._put_checked(name, content.encode())

    def _put_checked(self, name: str, text: bytes) -> None:
        self.put(name, hashlib.sha256(text).hexdigest().encode() + b"\n" + text)

    def json(self, name: str) -> Any:
        """Return what `put_json` kept, None where there is nothing or it is damaged."""
        if (text := self._together.get(name)) is not None:
            return json.loads(text)
        try:
            return json.loads(self._checked(name))
        except (OSError, ValueError):
            return None

    def has_json(self, name: str) -> bool:
        """Tell whether `put_json` kept something, which may yet prove to be damaged."""
        return name in self._together or name in self

    def _checked(self, name: str) -> bytes:
        """Return what follows the checksum of an entry.

        Raises:
            OSError: if there is none.
            ValueError: if it is damaged; it is removed then.
        """
        checksum, _, text = self.path(name).read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != checksum:
            self.discard(name)
            raise ValueError(name)
        return text

    @cached_property
    def _together(self) -> dict[str, bytes]:
        """What `put_together` kept, by name: JSON as text."""
        try:
            lines = self._checked(_TOGETHER).split(b"\n")
        except (OSError, ValueError):
            return {}
        return {line[:_NAME].decode(): line[_NAME + 1 :] for line in lines if line}

    def put_later(self, name: str, content: Any) -> None:
        """Keep `content`, of which nothing is lost if it must be made again, when `put_together` is called next."""
        self._together[name] = _text(content)

    def put_together(self, names: Iterable[str]) -> str:
        """Keep the JSON of these entries in one file, which is read sooner than thousands; return the name of that.

        Entries that are not there are left out. Raises what `put` raises.
        """
        lines = []
        for name in sorted({*names}):
            if (text := self._together.get(name)) is None:
                try:
                    text = self._checked(name)
                except (OSError, ValueError):
                    continue
            lines.append(b"%s %s\n" % (name.encode(), text))
        self._put_checked(_TOGETHER, b"".join(lines))
        return _TOGETHER

    def discard(self, name: str) -> None:
        with suppress(OSError):
            self.path(name).unlink()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep other builds from removing entries during the block; the system frees a dead one's hold."""
        if not self.folder.is_dir():
            yield
            return
        with (self.folder / _LOCK).open("w") as self._lock:
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            try:
                yield
            finally:
                self._lock = None

    def keep_only(self, names: Iterable[str]) -> None:
        """Remove every other entry, and what killed builds left half written. What cannot be removed stays.

        Nothing is removed while another build is at work, which may need it.
        """
        with ExitStack() as stack:
            lock = self._lock or stack.enter_context((self.folder / _LOCK).open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self._remove_all_but(names)

    def _remove_all_but(self, names: Iterable[str]) -> None:
        kept = set(names)
        for folder in self.folder.glob("??"):
            for path in folder.iterdir():
                with suppress(OSError):
                    is_temporary = path.name.startswith(".")
                    if is_temporary and time.time() - path.stat().st_mtime < _LEFTOVER:
                        continue
                    if is_temporary or path.name not in kept:
                        path.unlink()
