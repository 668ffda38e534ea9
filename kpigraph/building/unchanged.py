"""A build of what was built already: found by the digests of everything it depends on, without doing it again."""

from collections.abc import Mapping
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

    Every file is looked at but not read: it has the length and time of last change that it had when it was published.
    `kpigraph verify` reads them all.

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
    except UsageError:
        return None
    if not releases.is_in_use(out, release.version):
        with releases.locked(out, progress):
            releases.point(out, release.version)
    return Before(release, report_decoded(kept["report"]), recorded.decoded(tuple[Problem, ...], kept["warnings"]))


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
