"""Write a whole snapshot and switch to it in one step.

Everything is on disk before the folder gets its name, and its name before `current` points to it: whenever a build
dies, `current` names the former release or the new one, whole. How releases lie in the output folder is in `releases`.
"""

import json
import os
import platform
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from kpigraph import __version__, history, jsonld, release_files, signing
from kpigraph import releases as on_disk
from kpigraph.content import Content, Layout
from kpigraph.problems import UsageError
from kpigraph.release_files import Written
from kpigraph.releases import Release, current_release, releases, switch, verify

__all__ = ["Published", "Release", "current_release", "publish", "releases", "switch", "verify"]

Json = Any
_LIBRARIES = ("pyoxigraph", "rdflib", "pyshacl")


@dataclass(frozen=True, slots=True)
class Published:
    """The release that `current` names after a build, and whether that build wrote it.

    `layout` tells how the files of a new one were put together.
    """

    release: Release
    new: bool
    layout: Layout = field(default_factory=Layout)


def publish(out: Path, content: Content) -> Published:
    """Publish `content` as a release in `out` and switch to it.

    Where the release in use, or the newest one, has the same content and is undamaged, it is kept and nothing is
    written.

    Raises:
        DamagedPartError: if a part is not as it was written.
        UsageError: if the disk is full or `out` cannot be written. The release in use stays as it was.
    """
    with on_disk.locked(out, content.progress):
        on_disk.remove_leftovers(out)
        folder = on_disk.releases_dir(out) / f".tmp-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            folder.mkdir()
            written = release_files.write(folder, content)
            if (same := _same_content(out, content, written)) is not None:
                on_disk.point(out, same.version)
                return Published(same, new=False)
            built_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            version = f"{_next_number(out):06d}-{written.digest[:12]}"
            with _being_synced(folder, content.threads):
                written = _with_history(folder, content, written, version, built_at, _followed(out))
                _write_manifest(folder, content, written, built_at)
                if content.signer is not None:
                    signing.sign_release(folder, version, built_at, content.signer)
            content.progress("ディスクへの書き込みを確定しています", "making sure that all is on disk")
            on_disk.sync_all(folder)
            final = folder.rename(on_disk.releases_dir(out) / version)
            on_disk.sync(final.parent)
            on_disk.point(out, version)
            return Published(on_disk.load(final), new=True, layout=written.layout)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _being_synced(folder: Path, threads: int) -> Iterator[None]:
    """Have on disk what is in `folder`, beside the block where there are threads for it."""
    if threads == 1:
        yield
        return
    with ThreadPoolExecutor(1) as beside:
        syncing = beside.submit(on_disk.sync_all, folder)
        yield
        syncing.result()


def _with_history(
    folder: Path, content: Content, written: Written, version: str, built_at: str, former: Release | None
) -> Written:
    content.progress("前の版と比べています", "comparing with the release before")
    base, graphs, past = content.settings.base_iri, content.default_graphs, written.past
    if past is not None and (former is None or past.release.folder != former.folder):
        past = None
    names = history.write(folder, version, built_at, base, graphs, content.datasets, former, past)
    return replace(written, files={**written.files, **{name: on_disk.describe(folder / name) for name in names}})


def _followed(out: Path) -> Release | None:
    """Return the release that the next one follows: the one in use, which readers know; else the newest."""
    try:
        if (in_use := current_release(out)) is not None:
            return in_use
    except UsageError:
        pass
    return next(reversed(releases(out)), None)


def _write_manifest(folder: Path, content: Content, written: Written, built_at: str) -> None:
    manifest = {
        "format": on_disk.FORMAT if written.inflated else on_disk.FORMAT_PLAIN,
        "digest": written.digest,
        "built_at": built_at,
        "base_iri": content.settings.base_iri,
        "default_graphs": list(content.default_graphs),
        "counts": {**content.counts, **written.counts},
        "inputs": dict(sorted(content.inputs.items())),
        "datasets": {iri: c.to_json() for iri, c in sorted(content.datasets.items())},
        "versions": _versions(),
        "files": {name: asdict(file) for name, file in sorted(written.files.items())},
        **({"inflated": dict(sorted(written.inflated.items()))} if written.inflated else {}),
    }
    manifest["checksum"] = on_disk.checksum(manifest)
    (folder / on_disk.MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _versions() -> dict[str, str]:
    libraries = {name: installed_version(name) for name in _LIBRARIES}
    ontology = jsonld.CONTEXT_ADDRESS.split("/")[-2]
    return {"kpigraph": __version__, "ontology": ontology, "python": platform.python_version(), **libraries}


def engine() -> str:
    """Return the version of the engine that stores are made with."""
    return installed_version("pyoxigraph")


def _next_number(out: Path) -> int:
    return max(map(on_disk.number, on_disk.versions(out)), default=0) + 1


def _same_content(out: Path, content: Content, written: Written) -> Release | None:
    """Return the release in use or else the newest one, if it is the same as what was written and undamaged.

    The newest one is not in use after a switch to a former one, or after a build that died just before its switch.
    """
    link = out / "current"
    in_use = Path(os.readlink(link)).name if link.is_symlink() else ""
    there = on_disk.versions(out)
    for version in dict.fromkeys([in_use, *there[-1:]]):
        folder = on_disk.releases_dir(out) / version
        if version in there and version.endswith(written.digest[:12]) and not verify(folder):
            release = on_disk.load(folder)
            same_engine = release.manifest.get("versions", {}).get("pyoxigraph") == installed_version("pyoxigraph")
            is_proved = content.signer is None or not signing.verify(folder, content.signer.public)
            if same_engine and is_proved and release.default_graphs == content.default_graphs:
                return release
    return None
