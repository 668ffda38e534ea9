"""Where a code list is: in the data folder, or with the program where the data folder has none of its own."""

from pathlib import Path

from kpigraph.config import resource_dir


def list_file(folder: Path, name: str) -> Path:
    """Return the file `name` of `folder`, a data folder's codelists/; the program's own where that is not there."""
    own = folder / name
    return own if own.is_file() else resource_dir("data") / "codelists" / name
