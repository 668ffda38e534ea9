"""Fetch manifest and dump of another publication: from its address, from a folder, from a dump beside its manifest.

Only http and https; no more bytes than the manifest says and the operator allows; redirects at most three.
"""

import shutil
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from kpigraph import releases
from kpigraph.imports.manifest import DUMPS
from kpigraph.problems import UsageError

_MANIFEST_BYTES = 16 << 20
_TIMEOUT = httpx.Timeout(30.0)
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}
_TRIES = 2  # a release may be switched between manifest and dump


def fetch(source: str, folder: Path, most: int) -> None:
    """Put manifest and dump of the publication at `source` into `folder`; `most` is in bytes, of the dump as it comes.

    Raises:
        UsageError: if there is none, it cannot be reached or read, or it is larger.
    """
    if "://" in source:
        _from_address(source, folder, most)
    else:
        _from_path(Path(source), folder)


def _from_path(path: Path, folder: Path) -> None:
    home = path if path.is_dir() else path.parent
    if not path.is_dir() and path.name not in (*DUMPS, releases.MANIFEST):
        raise UsageError(
            f"取り込めるのは公開物のフォルダーか {' / '.join(DUMPS)} です: {path}",
            f"what can be imported is the folder of a publication, or {' / '.join(DUMPS)}: {path}",
        )
    current = releases.current_release(home) if (home / "current").is_symlink() else None
    home = current.folder if current else home
    dump = path if path.name in DUMPS else next((home / n for n in DUMPS if (home / n).is_file()), home / DUMPS[0])
    for file in (home / releases.MANIFEST, dump):
        if not file.is_file():
            raise UsageError(f"見つかりません: {file}", f"not found: {file}")
        shutil.copyfile(file, folder / file.name)


def _from_address(address: str, folder: Path, most: int) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise UsageError(
            f"http か https のアドレスを指定してください: {address}", f"an http or https address is needed: {address}"
        )
    beside = address.removesuffix(releases.MANIFEST)
    home = beside if beside != address else urljoin(address.rstrip("/") + "/", "download/")
    with httpx.Client(follow_redirects=True, max_redirects=3, timeout=_TIMEOUT, headers=_HEADERS) as client:
        for n in range(1, _TRIES + 1):
            _download(client, home + releases.MANIFEST, folder / releases.MANIFEST, _MANIFEST_BYTES)
            _download(client, home + DUMPS[0], folder / DUMPS[0], most)
            if n == _TRIES or _agree(folder):
                return


def _agree(folder: Path) -> bool:
    """Tell whether the dump is the one that the manifest speaks of, as far as its text shows that."""
    return releases.describe(folder / DUMPS[0]).sha256 in (folder / releases.MANIFEST).read_text("utf-8", "replace")


def _download(client: httpx.Client, address: str, file: Path, most: int) -> None:
    size = 0
    try:
        with client.stream("GET", address) as answer, file.open("wb") as out:
            answer.raise_for_status()
            for piece in answer.iter_raw():
                size += len(piece)
                if size > most:
                    raise UsageError(
                        f"大きすぎます（上限 {most:,} バイト、KPIGRAPH_IMPORT_BYTES）: {address}",
                        f"too large (at most {most:,} bytes, KPIGRAPH_IMPORT_BYTES): {address}",
                    )
                out.write(piece)
    except (httpx.HTTPError, httpx.InvalidURL) as e:
        told = str(e).splitlines()[0] if str(e) else type(e).__name__
        raise UsageError(f"受け取れません: {address}（{told}）", f"cannot be fetched: {address} ({told})") from None
