"""The manifest of another publication, as far as it is relied on: base IRI, checksum of the dump, graphs in use."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpigraph import releases
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.releases import File

DUMPS = ("kpigraph.nq.gz", "kpigraph.nq")
_MOST = 16 << 20  # bytes of a manifest
_BASE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/(?:[A-Za-z0-9._~%-]+/)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EDITION = re.compile(r"graph/lg/(?P<code>[0-9]{6})/doc/[^/]+/[^/]+/[^/]+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What another publication says of itself; `dump` is the file that was brought in, `plain` its content inflated.

    `plain` is None where that publication has its dumps packed only; the checksum of `dump` is the one that counts.
    """

    base: str
    digest: str
    built_at: str
    default_graphs: tuple[str, ...]
    dump: str
    files: Mapping[str, File]

    @property
    def plain(self) -> File | None:
        return self.files.get(DUMPS[1])

    @property
    def codes(self) -> frozenset[str]:
        """The municipalities whose editions are in use."""
        return frozenset(code for g in self.default_graphs if (code := self.code_of(g)))

    def code_of(self, graph: str) -> str:
        """Return the code of the municipality whose edition the graph belongs to, "" if it is no edition's."""
        m = _EDITION.fullmatch(graph.removeprefix(self.base)) if graph.startswith(self.base) else None
        return m["code"] if m else ""


def read_manifest(folder: Path, at: SourceLocation) -> Manifest:
    """Return the manifest in `folder`, beside the dump that is there.

    Raises:
        SourceError: import.manifest, import.base or import.checksum, with what is missing or wrong.
    """
    dump = next((name for name in DUMPS if (folder / name).is_file()), "")
    try:
        if (folder / releases.MANIFEST).stat().st_size > _MOST:
            raise ValueError(f"> {_MOST} bytes")
        manifest: Any = json.loads((folder / releases.MANIFEST).read_text(encoding="utf-8"))
        base, graphs = _text(manifest, "base_iri"), manifest["default_graphs"]
        if not isinstance(graphs, list) or not all(isinstance(g, str) for g in graphs):
            raise ValueError("default_graphs")
        listed = [n for n in DUMPS if n == dump or n in manifest["files"] or (n == DUMPS[1] and not dump)]
        files = {name: _file(manifest, name) for name in listed}
        found = Manifest(base, _text(manifest, "digest"), _text(manifest, "built_at"), tuple(graphs), dump, files)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as e:
        expected = '{"base_iri": …, "default_graphs": […], "files": {"kpigraph.nq": …}}'
        raise SourceError(Problem("import.manifest", at, f"{type(e).__name__}: {e}", expected)) from None
    if not _BASE.fullmatch(base):
        raise SourceError(Problem("import.base", at, base, "https://…/"))
    if not dump:
        raise SourceError(Problem("release.missing", at, expected=files[DUMPS[1]].sha256))
    if not found.codes:
        raise SourceError(Problem("import.manifest", at, "default_graphs", f"{base}graph/lg/012068/doc/…"))
    described = releases.describe(folder / dump)
    if described != files[dump]:
        raise SourceError(Problem("import.checksum", at._replace(file=at.file.replace(releases.MANIFEST, dump)),
                                  described.sha256, files[dump].sha256))  # fmt: skip
    return found


def _text(manifest: Any, name: str) -> str:
    value = manifest[name]
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(name)
    return value


def _file(manifest: Any, name: str) -> File:
    entry = manifest["files"][name]
    found = File(entry["bytes"], entry["sha256"])
    if not isinstance(found.bytes, int) or found.bytes < 0 or not _SHA256.fullmatch(found.sha256):
        raise ValueError(name)
    return found
