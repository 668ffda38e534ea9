"""The files that a build depends on, each with its SHA-256: what tells whether anything has changed."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kpigraph import codelists, municipalities, registry, sources
from kpigraph.config import resource_dir
from kpigraph.imports import Import
from kpigraph.linking import sssom

_THREADS = 4  # hashing and reading let other threads run
_SMALL = 1 << 18  # bytes that are read at once
_REGISTRY = "registry.csv"


@dataclass(frozen=True, slots=True)
class Municipality:
    """The documents in one folder: their folders' names, and digests of every file in them and of the registry.

    The last is "" where there is none.
    """

    home: Path
    folders: tuple[str, ...]
    files: dict[str, str]
    registry_digest: str

    def registry(self) -> str:
        """Return the text of its registry, "" where it has none.

        Raises:
            SourceError: if it is not UTF-8.
        """
        path = self.home / _REGISTRY
        try:
            return path.read_text(encoding="utf-8") if path.is_file() else ""
        except UnicodeDecodeError:
            registry.load(self.home)  # which says so with the place
            raise

    def registry_is_as_it_was(self) -> bool:
        """Tell whether the registry still has its digest."""
        path = self.home / _REGISTRY
        return (digest(path) if path.is_file() else "") == self.registry_digest


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that is read: by municipality, the code lists, and the rest by path within the data folder or the program."""

    municipalities: tuple[Municipality, ...]
    files: dict[str, str]
    lists: str

    def with_registries(self, data: Path, written: Iterable[Path]) -> dict[str, str]:
        """Return `files` as they are once the registries of keys in the folders `written` have been written."""
        paths = [home / _REGISTRY for home in written]
        return dict(sorted((self.files | {_named(p, data): digest(p) for p in paths if p.is_file()}).items()))


def read(data: Path, brought: Iterable[Import], *, needed: bool) -> Inputs:
    """Return what a build of `data` depends on.

    Raises:
        SourceError: if there is no document, where one is `needed`.
        OSError: if a file cannot be read.
    """
    homes: dict[Path, list[Path]] = defaultdict(list)
    for folder in sources.find_folders(data, needed=needed):
        homes[folder.parent].append(folder)
    lists = _lists(data)
    paths = {home: [p for f in folders for p in _files(f)] for home, folders in homes.items()}
    wanted = [p for found in paths.values() for p in found]
    registries = {home: home / _REGISTRY for home in homes if (home / _REGISTRY).is_file()}
    wanted += registries.values()
    wanted += [*lists.values(), *(p for its in brought for p in its.files), *sssom.files(data)]
    with ThreadPoolExecutor(_THREADS) as pool:
        shares = (wanted[n::_THREADS] for n in range(_THREADS))
        digests = {p: d for done in pool.map(lambda share: [(p, digest(p)) for p in share], shares) for p, d in done}
    in_lists = set(lists.values())
    named = {_named(p, data): found for p, found in digests.items() if p not in in_lists}
    named |= {name: digests[path] for name, path in lists.items()} | _program()
    return Inputs(
        tuple(
            Municipality(
                home,
                tuple(f.name for f in homes[home]),
                {_named(p, home): digests[p] for p in found},
                digests[registries[home]] if home in registries else "",
            )
            for home, found in sorted(paths.items(), key=lambda i: (i[0].name, str(i[0])))
        ),
        dict(sorted(named.items())),
        hashlib.sha256("".join(f"{n} {digests[p]}\n" for n, p in sorted(lists.items())).encode()).hexdigest(),
    )


def _files(folder: Path) -> list[Path]:
    found = (Path(below, name) for below, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if path.is_file())


def _lists(data: Path) -> dict[str, Path]:
    """Return the files of the code lists: those of the data folder, and the program's own that are in use."""
    lists = data / "codelists"
    used = (codelists.indicators_file(lists), codelists.list_file(lists, codelists.UNITS_FILE))
    found = {f"codelists/{path.name}": path for path in used}
    return found | {_named(path, data): path for path in _files(lists)}


def _program() -> dict[str, str]:
    """Return the digests of ontology and shapes."""
    found = {}
    for name in ("ontology", "shapes"):
        folder = resource_dir(name)
        for path in sorted(folder.glob("**/*.ttl")):
            if "examples" not in path.parts:
                found[f"{name}/{path.relative_to(folder).as_posix()}"] = digest(path)
    return found


def own_list(data: Path) -> bytes:
    """Return the publisher's own list of municipalities, b"" where it has none."""
    path = data / "codelists" / municipalities.FILE
    return path.read_bytes() if path.is_file() else b""


def _named(path: Path, folder: Path) -> str:
    """Return the name of a file below `folder`."""
    return str(path)[len(str(folder)) + 1 :] if folder.parts else str(path)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file. Raises OSError if it cannot be read."""
    with path.open("rb", buffering=0) as file:
        begin = file.read(_SMALL)
        if len(begin) < _SMALL:
            return hashlib.sha256(begin).hexdigest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()
