"""The files that a build depends on, each with its SHA-256: what tells whether anything has changed."""

import hashlib
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
_REGISTRY = "registry.csv"


@dataclass(frozen=True, slots=True)
class Municipality:
    """The documents in one folder: their folders' names, and digests of every file in them and of the registry."""

    home: Path
    folders: tuple[str, ...]
    files: dict[str, str]

    @property
    def registry(self) -> str:
        """The text of its registry, "" where it has none.

        Raises:
            SourceError: if it is not UTF-8.
        """
        path = self.home / _REGISTRY
        try:
            return path.read_text(encoding="utf-8") if path.is_file() else ""
        except UnicodeDecodeError:
            registry.load(self.home)  # which says so with the place
            raise


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that is read: by municipality, the code lists, and the rest by path within the data folder or the program."""

    municipalities: tuple[Municipality, ...]
    files: dict[str, str]
    lists: str

    def with_registries(self, data: Path) -> dict[str, str]:
        """Return `files` as they are once the registries of keys have been written."""
        paths = {_named(m.home / _REGISTRY, data): m.home / _REGISTRY for m in self.municipalities}
        return dict(sorted((self.files | {n: _digest(p) for n, p in paths.items() if p.is_file()}).items()))


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
    wanted += [home / _REGISTRY for home in homes if (home / _REGISTRY).is_file()]
    wanted += [*lists.values(), *(p for its in brought for p in its.files), *sssom.files(data)]
    with ThreadPoolExecutor(_THREADS) as pool:
        digests = dict(zip(wanted, pool.map(_digest, wanted, chunksize=64), strict=True))
    in_lists = set(lists.values())
    named = {_named(p, data): digest for p, digest in digests.items() if p not in in_lists}
    named |= {name: digests[path] for name, path in lists.items()} | _program()
    return Inputs(
        tuple(
            Municipality(
                home,
                tuple(f.name for f in homes[home]),
                {p.relative_to(home).as_posix(): digests[p] for p in found},
            )
            for home, found in sorted(paths.items(), key=lambda i: (i[0].name, str(i[0])))
        ),
        dict(sorted(named.items())),
        hashlib.sha256("".join(f"{n} {digests[p]}\n" for n, p in sorted(lists.items())).encode()).hexdigest(),
    )


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


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
                found[f"{name}/{path.relative_to(folder).as_posix()}"] = _digest(path)
    return found


def own_list(data: Path) -> bytes:
    """Return the publisher's own list of municipalities, b"" where it has none."""
    path = data / "codelists" / municipalities.FILE
    return path.read_bytes() if path.is_file() else b""


def _named(path: Path, data: Path) -> str:
    return path.relative_to(data).as_posix()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
