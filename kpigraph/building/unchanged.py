"""A build of what was built already: found by the digests of everything it depends on, without doing it again."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kpigraph import publish, recorded, releases
from kpigraph.building import version
from kpigraph.building.outcome import report_decoded, report_encoded
from kpigraph.config import Settings
from kpigraph.parts.cache import Cache, key
from kpigraph.problems import Problem, UsageError
from kpigraph.releases import Progress, Release
from kpigraph.validate import ValidationReport

# What of the settings a release depends on; the others are the server's.
_SETTINGS = (
    "base_iri", "read_seconds", "read_memory", "read_cells", "import_bytes", "publisher_name", "contact_name",
    "contact_url", "contact_email", "dumps",
)  # fmt: skip
_READ_EACH_TIME = 64 << 20  # bytes of the release: all of a municipality's, a little of a country's


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier build of the same gave."""

    release: Release
    report: ValidationReport
    warnings: tuple[Problem, ...]


def name(inputs: Mapping[str, str], settings: Settings, public_key: str) -> str:
    """Return the key of a build whose release is signed with the secret of `public_key` ("": not signed)."""
    return key("build", dict(inputs), [getattr(settings, s) for s in _SETTINGS], public_key, version.program())


def find(out: Path, cache: Cache, build: str, progress: Progress) -> Before | None:
    """Return what the build named `build` gave, and switch to its release, if that is there and looks undamaged.

    Every file is looked at: it has the length and time of last change that it had when it was published. A disk can
    lose what neither shows, so some files are read too, others each time: all of a small release, of a large one what
    comes to 64 MiB. `kpigraph verify` reads them all.

    Raises:
        UsageError: if `out` cannot be written.
    """
    if (kept := cache.json(build)) is None:
        return None
    folder = releases.releases_dir(out) / kept["version"]
    if releases.looks(folder) != kept["files"]:
        return None
    try:
        release = releases.load(folder)
        if not _as_published(release, cache):
            return None
    except (UsageError, OSError):
        return None
    if not releases.is_in_use(out, release.version):
        with releases.locked(out, progress):
            releases.point(out, release.version)
    return Before(release, report_decoded(kept["report"]), recorded.decoded(tuple[Problem, ...], kept["warnings"]))


def _as_published(release: Release, cache: Cache) -> bool:
    """Tell whether those files whose turn it is hold what they were published with.

    Raises:
        OSError: if one cannot be read.
    """
    files = sorted(release.manifest["files"].items())
    turn = key("read", release.version)
    first = (cache.json(turn) or 0) % len(files)
    left = _READ_EACH_TIME
    for n, (name, stated) in enumerate([*files[first:], *files[:first]]):
        if left <= 0:
            with suppress(OSError):  # such as of a full disk: then these are read again
                cache.put_json(turn, (first + n) % len(files))
            break
        found = releases.describe(release.folder / name)
        if found != releases.File(**stated):
            return False
        left -= found.bytes
    return True


def keep(
    cache: Cache, build: str, published: publish.Published, report: ValidationReport, warnings: tuple[Problem, ...]
) -> None:
    """Keep what the build named `build` gave."""
    folder = published.release.folder
    cache.put_json(
        build,
        {
            "version": folder.name,
            "files": releases.looks(folder),
            "report": report_encoded(report),
            "warnings": recorded.encoded(warnings),
        },
    )
