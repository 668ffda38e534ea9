"""Which program makes parts: what one version kept, another does not take."""

import hashlib
import platform
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kpigraph.config import resource_dir

_PACKAGE = Path(__file__).resolve().parents[1]
_NOT_FOR_BUILDING = ("serve", "reviewing")  # which only read what was published, or only write what is read
_LIBRARIES = (
    "charset-normalizer", "ijson", "japancode", "lxml", "pdfminer.six", "pdfplumber", "pyoxigraph", "pyshacl", "rdflib",
    "xlrd", "zlib-ng",
)  # fmt: skip


@cache
def program() -> str:
    """Return a digest of what the content of a part depends on beside data and settings.

    That are our sources, ontology, shapes and code lists, Python and the libraries that read and write.
    """
    sources = [
        p
        for p in sorted(_PACKAGE.rglob("*"))
        if p.suffix in (".py", ".csv") and p.relative_to(_PACKAGE).parts[0] not in _NOT_FOR_BUILDING
    ]
    for name in ("ontology", "shapes"):
        sources += sorted(p for p in resource_dir(name).rglob("*") if p.suffix in (".ttl", ".jsonld"))
    sources += sorted(p for p in (resource_dir("data") / "codelists").glob("*") if p.is_file())
    return hashlib.sha256(f"{files(sources)} {platform.python_version()} {_libraries()}".encode()).hexdigest()


def files(paths: Iterable[Path]) -> str:
    """Return a digest of files: their names and what is in them.

    Raises:
        OSError: if one cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _libraries() -> str:
    found: list[str] = [sys.byteorder]
    for name in _LIBRARIES:
        try:
            found.append(version(name))
        except PackageNotFoundError:
            found.append("-")
    return " ".join(found)
