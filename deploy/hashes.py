"""Writes hashes.txt, hashes-run.txt and hashes-build.txt from constraints.txt: the same pins with their SHA-256.

    python deploy/hashes.py

Needs pypi-simple (pip install pypi-simple), which asks the package index. Run this whenever constraints.txt has
changed, and read the difference: another hash of a version that was there before is no update. Hashes of all files of a
version are written, so that it installs on every machine that there is a file for.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

REPO = Path(__file__).resolve().parent.parent
_ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==.*?(?=^[A-Za-z0-9]|\Z)", re.MULTILINE | re.DOTALL)


def key(name: str) -> str:
    """Return a name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(text: str) -> dict[str, str]:
    """Return the entries of a hash file by name: the pin and its hashes."""
    return {key(m["name"]): m[0] for m in _ENTRY.finditer(text)}


def needed(*names: str) -> set[str]:
    """Return what the installed packages `names` need to run, themselves included, by the markers of this machine."""
    found: set[tuple[str, str]] = set()  # a package and one of its extras, "" for the package itself
    left = [(key(name), "") for name in names]
    while left:
        name, extra = one = left.pop()
        if one in found:
            continue
        found.add(one)
        try:
            asked = [Requirement(r) for r in distribution(name).requires or ()]
        except PackageNotFoundError:
            continue
        for r in asked:
            if r.marker is None or r.marker.evaluate({"extra": extra}):
                left += [(key(r.name), e) for e in ("", *r.extras)]
    return {name for name, _ in found}


def main() -> int:
    from pypi_simple import PyPISimple

    found = {}
    with PyPISimple() as index:
        for pin in (REPO / "constraints.txt").read_text("utf-8").split():
            name, version = pin.split("==")
            files = [p for p in index.get_project_page(name).packages if p.version == version and not p.is_yanked]
            hashes = sorted({p.digests["sha256"] for p in files if p.package_type in ("wheel", "sdist")})
            if not hashes:
                print(f"the index has no {pin}", file=sys.stderr)
                return 1
            found[key(name)] = " \\\n    ".join([pin, *(f"--hash=sha256:{h}" for h in hashes)]) + "\n"
    write(found)
    return 0


def write(found: dict[str, str]) -> None:
    """Write the three files: everything, what runs, what builds the wheel."""
    for file, names in (
        ("hashes.txt", set(found)),
        ("hashes-run.txt", needed("kpigraph") - {"kpigraph"}),
        ("hashes-build.txt", needed("hatchling")),
    ):
        (REPO / file).write_text("".join(found[name] for name in sorted(names)), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
