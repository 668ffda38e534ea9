"""The releases in an output folder: which there are, which is in use, whether one is whole, and switching.

    out/.lock                     held while a build publishes, so that two never interleave
    out/releases/.tmp-…           a snapshot being written; what a killed build leaves is removed by the next one
    out/releases/000007-1a2b3c…/  a release: its number, and the beginning of the digest of its content
    out/current                   a symbolic link to the release in use

A release, once there, never changes.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpigraph.problems import Problem, SourceLocation, UsageError

MANIFEST = "manifest.json"
# Of a release: what a program that knows this number can read. Releases before 2026-11-26 state none; 3: those whose
# dumps are packed only, by KPIGRAPH_DUMPS.
FORMAT, FORMAT_PLAIN = 3, 2
SIGNATURE, PUBLIC_KEY = "manifest.json.minisig", "minisign.pub"
HISTORY = "history"  # folder of what depends on the releases before
BESIDE = frozenset({MANIFEST, SIGNATURE, PUBLIC_KEY})  # files that no manifest lists
_VERSION = re.compile(r"[0-9]{6,}-[0-9a-f]{12}")


# Called with what is being done, in Japanese and in English.
Progress = Callable[[str, str], None]


def silent(ja: str, en: str) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class File:
    """A published file, as the manifest has it."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Release:
    """A published snapshot: its folder and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        return self.folder.name

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def default_graphs(self) -> tuple[str, ...]:
        return tuple(self.manifest["default_graphs"])


def current_release(out: Path) -> Release | None:
    """Return the release that `out`/current names now, None if nothing has been published.

    The folder returned is the release's own and not the link, so a reader stays with it when the link is switched.

    Raises:
        UsageError: if the link leads nowhere or the release's manifest cannot be read.
    """
    link = out / "current"
    if not link.is_symlink():
        return None
    return load(releases_dir(out) / Path(os.readlink(link)).name)


def releases(out: Path) -> list[Release]:
    """Return the releases in `out`, oldest first; those whose manifest cannot be read are left out."""
    found = []
    for version in versions(out):
        with suppress(UsageError):
            found.append(load(releases_dir(out) / version))
    return found


def verify(release_dir: Path) -> list[Problem]:
    """Return what is wrong with a release: files missing, changed or not listed, a name that is not its content's."""
    problems: list[Problem] = []
    try:
        listed = {name: File(**entry) for name, entry in load(release_dir).manifest["files"].items()}
    except (UsageError, KeyError, TypeError, AttributeError) as e:
        at = SourceLocation(file=str(release_dir / MANIFEST))
        return [Problem("release.manifest", at, found=str(e.__cause__ or e))]
    there = set(files(release_dir)) - BESIDE
    for name, file in sorted(listed.items()):
        at = SourceLocation(file=str(release_dir / name))
        if name not in there:
            problems.append(Problem("release.missing", at, expected=file.sha256))
            continue
        try:
            found = describe(release_dir / name)
        except OSError as e:
            problems.append(Problem("release.changed", at, found=str(e), expected=file.sha256))
            continue
        if found != file:
            problems.append(Problem("release.changed", at, found=found.sha256, expected=file.sha256))
    for name in sorted(there - listed.keys()):
        problems.append(Problem("release.unlisted", SourceLocation(file=str(release_dir / name))))
    expected = digest(listed)[:12]
    if release_dir.name.rpartition("-")[2] != expected:
        at = SourceLocation(file=str(release_dir))
        problems.append(Problem("release.name", at, found=release_dir.name, expected=expected))
    return problems


def switch(out: Path, version: str) -> Release:
    """Make `version` the release in use, such as to go back to a former one.

    Raises:
        UsageError: if there is no such release or if it is damaged; nothing is switched then.
    """
    with locked(out, silent):
        known = versions(out)
        if version not in known:
            raise UsageError(
                f"その版はありません: {version}（あるもの: {'、'.join(known) or 'なし'}）",
                f"there is no such release: {version} (there are: {', '.join(known) or 'none'})",
            )
        folder = releases_dir(out) / version
        if problems := verify(folder):
            raise UsageError(
                f"この版は壊れています: {problems[0].line('ja')}",
                f"this release is damaged: {problems[0].line('en')}",
            )
        point(out, version)
        return load(folder)


def looks(folder: Path) -> dict[str, list[int]]:
    """Return length and time of last change of every file in `folder`; empty where there is no such folder.

    A release never changes: where this does, something has written into it, or its disk has lost something.
    """
    found = {}
    for file in files(folder):
        status = (folder / file).lstat()
        found[file] = [status.st_size, status.st_mtime_ns]
    return found


def digest(described: Mapping[str, File]) -> str:
    """Return the digest of a release's content.

    Not of the store, the search index and the compressed dumps, which hold the same as the dumps in bytes that can
    differ from one machine or library to the next, nor of the manifest, which has the time, nor of the history, which
    depends on what was published before. What is there only compressed counts as it is.
    """
    left_out = ("store/", "search/", f"{HISTORY}/")
    content = sorted(
        n
        for n in described
        if not n.startswith(left_out) and not (n.endswith(".gz") and n.removesuffix(".gz") in described)
    )
    return hashlib.sha256("".join(f"{described[n].sha256}  {n}\n" for n in content).encode()).hexdigest()


def checksum(manifest: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a manifest says besides this checksum, whatever its layout."""
    said = {name: value for name, value in manifest.items() if name != "checksum"}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def load(folder: Path) -> Release:
    """Return the release in `folder`.

    Raises:
        UsageError: if it has no manifest or none that can be read, or if a newer program made it.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or not isinstance(manifest.get("default_graphs"), list):
            raise ValueError("default_graphs: []")
        if not isinstance(made := manifest.get("format", 1), int) or made > FORMAT:
            raise _too_new(folder, made)
        if manifest.get("checksum", checksum(manifest)) != checksum(manifest):  # those of former versions have none
            raise ValueError(f"checksum: {manifest['checksum']}")
    except (OSError, ValueError) as e:
        raise UsageError(
            f"公開された版が壊れているか読めません: {folder}（{MANIFEST}: {e}）",
            f"the release is damaged or cannot be read: {folder} ({MANIFEST}: {e})",
        ) from e
    return Release(folder, manifest)


def _too_new(folder: Path, made: object) -> UsageError:
    return UsageError(
        f"この版は新しい kpigraph で作られています: {folder}（形式 {made}、この kpigraph が読めるのは {FORMAT} まで）。"
        "kpigraph を新しくするか、kpigraph rollback で前の版に戻してください",
        f"this release was made by a newer kpigraph: {folder} (format {made}; this kpigraph reads up to {FORMAT}). "
        "Upgrade kpigraph, or go back with kpigraph rollback",
    )


def releases_dir(out: Path) -> Path:
    """Return the folder of all releases."""
    return out / "releases"


def versions(out: Path) -> list[str]:
    """Return the names of the release folders in `out`, in the order of their numbers."""
    if not releases_dir(out).is_dir():
        return []
    return sorted((p.name for p in releases_dir(out).iterdir() if _VERSION.fullmatch(p.name)), key=number)


def number(version: str) -> int:
    """Return the number that the name of a release begins with."""
    return int(version.partition("-")[0])


def files(folder: Path) -> list[str]:
    """Return the files in `folder` and below, as names relative to it."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


def describe(path: Path) -> File:
    """Return size and SHA-256 of a file."""
    with path.open("rb") as file:
        return File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


@contextmanager
def locked(out: Path, progress: Callable[[str, str], None]) -> Iterator[None]:
    """Hold the lock of `out` during the block, waiting for another build to finish; the system frees a dead one's."""
    try:
        releases_dir(out).mkdir(parents=True, exist_ok=True)
        with (out / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress("ほかの build が終わるのを待っています", "waiting for another build to finish")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as e:
        raise not_possible(out, e) from e


def not_possible(out: Path, reason: Exception) -> UsageError:
    """Return the error that nothing can be published into `out`."""
    return UsageError(
        f"公開できません（使用中の版はそのままです）: {out}（{reason}）",
        f"cannot publish, the release in use stays as it was: {out} ({reason})",
    )


def in_use(out: Path) -> str:
    """Return the name of the release that `current` names, whether or not it can be read; "" for none."""
    link = out / "current"
    return Path(os.readlink(link)).name if link.is_symlink() else ""


def is_in_use(out: Path, version: str) -> bool:
    """Tell whether `current` names `version`."""
    return bool(version) and in_use(out) == version


def remove_leftovers(out: Path) -> None:
    """Remove what killed builds left in `out`. Only under its lock, or a living build would lose its work."""
    for folder in releases_dir(out).glob(".tmp-*"):
        shutil.rmtree(folder, ignore_errors=True)
    for link in out.glob(".current-*"):
        link.unlink(missing_ok=True)


def point(out: Path, version: str) -> None:
    """Let `current` name `version`, in one step: a link cannot be overwritten, so another takes its place."""
    link = out / f".current-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        link.symlink_to(Path("releases") / version)
        link.replace(out / "current")
    finally:
        link.unlink(missing_ok=True)
    sync(out)


def sync_all(folder: Path) -> None:
    """Have `folder` and everything in it on disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Have a file's bytes, or the names in a folder, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
