"""A disk that becomes full while a server works on it: what needs no room is answered, the rest told, nothing wrong."""

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import KPI, publish_sample
from test_faults import flip, kpigraph, mounted

ROWS = 6_000  # more than is held back until an answer is whole
LONG = f"SELECT * {{ {{ SELECT * {{ ?s ?p ?o . ?a ?b ?c }} LIMIT {ROWS} }} }}"
SEARCH = "/search?q=%E6%8C%87%E6%A8%99"
PATHS = (KPI, "/", "/download/kpigraph.ttl", "/download/observations.csv", "/catalog.ttl", SEARCH, "/indicators")
CRAMPED = (SEARCH, "/indicators", "/")  # which ask the indexes


class Server:
    """A server whose release, temporary files and log are on one small disk."""

    def __init__(self, disk: Path, public: Path) -> None:
        self.log = disk / "log"
        (disk / "tmp").mkdir()
        command = [sys.executable, "-m", "kpigraph", "serve", "--store", str(public), "--port", "0"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stderr=log, env=os.environ | {"TMPDIR": str(disk / "tmp")})
        self.address = ""
        while not self.address:
            assert self.process.poll() is None, self.log.read_text()
            self.address = next((w for w in self.log.read_text("utf-8").split() if w.startswith("http")), "").rstrip(
                "/"
            )

    def get(self, path: str) -> tuple[int, bytes]:
        asked = urllib.request.Request(
            self.address + path, headers={"Accept-Language": "en", "Accept": "text/html, */*"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def query(self, text: str) -> bytes:
        status, body = self.get("/sparql?" + urllib.parse.urlencode({"query": text, "format": "json"}))
        assert status == 200, body
        return body


def fill(folder: Path) -> Path:
    """Leave no byte of room on the disk of `folder`."""
    file = folder / "filling"
    with file.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while out.write(b"x" * size):
                    pass
    return file


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder for a file system of its own."""
    folder = tmp_path / "disk"
    yield folder
    if os.path.ismount(folder):
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def server(tmp_path: Path, disk: Path) -> Iterator[Server]:
    public = publish_sample(tmp_path / "public")
    size = sum(f.stat().st_size for f in public.rglob("*") if f.is_file() and not f.is_symlink())
    mounted(disk, f"size={size + (4 << 20)}")
    shutil.copytree(public, disk / "public", symlinks=True)
    for name in ("index.sqlite", "standings.sqlite"):
        flip(disk / "public" / "current" / "search" / name)  # so that they are made anew, which takes room
    made = Server(disk, disk / "public")
    yield made
    made.process.kill()
    made.process.wait()


def test_a_disk_that_becomes_full_while_it_serves(server: Server, disk: Path) -> None:
    server.query(f"{LONG} # before")  # from now on it keeps its temporary files there
    filling = fill(disk)
    full = {path: server.get(path) for path in PATHS}
    assert {path for path, (status, _) in full.items() if status != 200} == set(CRAMPED)
    for path in CRAMPED:
        assert full[path][0] == 503
        assert b"the server finds no room on its disk to work" in full[path][1]
        assert str(disk).encode() not in full[path][1]
    first = [server.query(f"{LONG} # {n}") for n in range(2)]
    assert len(first[0]) > 512 << 10
    assert [len(json.loads(body)["results"]["bindings"]) for body in first] == [ROWS, ROWS]
    logged = len(server.log.read_bytes())
    filling.unlink()
    for path in PATHS:
        status, body = server.get(path)
        assert status == 200
        assert full[path][0] == 503 or full[path][1] == body
    assert [server.query(f"{LONG} # {n}") for n in (0, 0)] == [first[0]] * 2  # evaluated, then from the file
    said = server.log.read_text("utf-8", "replace")
    assert len(said) > logged
    assert "Traceback" not in said
    assert "Logging error" not in said
    assert server.process.poll() is None


def test_data_that_find_no_room_are_one_line_and_a_status(tmp_path: Path, disk: Path) -> None:
    file = tmp_path / "data.nt"
    file.write_text("".join(f'<http://e/{n}> <http://e/p> "{n}" .\n' for n in range(100)))
    mounted(disk, "size=64k")
    for more, environment in (((), {"TMPDIR": str(disk)}), (("--store", disk / "kept"), {})):
        status, said = kpigraph("serve", "--data", file, *more, "--port", "0", "-q", **environment)
        assert (status, said.count("\n")) == (2, 1), said
        assert os.strerror(errno.ENOSPC) in said
