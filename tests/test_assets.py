"""What pages load: built of packages from npm, named by content, packed, and dispensable."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest
from conftest import REPO
from serving import Client

from kpigraph.serve import assets
from kpigraph.serve.snapshot import Snapshot

SOURCES = REPO / "kpigraph" / "serve" / "editor"
PACKED = {"br": ".br", "gzip": ".gz"}


def build(folder: Path) -> dict[str, str]:
    """Write into `folder` what `make web` leaves, small."""
    folder.mkdir(parents=True)
    manifest = {}
    for role, ending, body in (
        ("script", "js", b"export {};\n" + b"// a comment that repeats\n" * 100),
        ("style", "css", b".yasqe { color: inherit }\n" * 60),
        ("licences", "txt", "権利者の文\n".encode() * 100),
    ):
        name = f"{role}-{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
        (folder / name).write_bytes(body)
        (folder / f"{name}.br").write_bytes(brotli.compress(body))
        (folder / f"{name}.gz").write_bytes(gzip.compress(body, mtime=0))
        manifest[role] = name
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return manifest


def test_the_lock_pins_every_package_and_names_no_address() -> None:
    lock = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    packages = {place: entry for place, entry in lock["packages"].items() if place}
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in packages.values())
    asked = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))
    for name, version in {**asked["dependencies"], **asked.get("devDependencies", {})}.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert packages["node_modules/@zazuko/yasgui"]["license"] == "MIT"


def test_a_build_is_read_whole_or_not_at_all(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert assets.load(tmp_path / "nothing").editor == {}
    assert not caplog.records  # nothing built is no fault
    manifest = build(tmp_path / "built")
    read = assets.load(tmp_path / "built")
    assert read.editor == manifest
    assert set(read.files) == {*manifest.values(), read.style, read.icon}
    (tmp_path / "built" / f"{manifest['style']}.br").unlink()
    assert assets.load(tmp_path / "built").editor == {}
    assert "make web" in caplog.text
    (tmp_path / "built" / "manifest.json").write_text("[")
    assert assets.load(tmp_path / "built").editor == {}


def test_assets_are_sent_packed_and_may_be_kept_for_ever(public: Path, tmp_path: Path) -> None:
    manifest = build(tmp_path / "built")
    client = Client(Snapshot(public), assets=assets.load(tmp_path / "built"))
    for role, media_type in (("script", "text/javascript"), ("style", "text/css"), ("licences", "text/plain")):
        path = f"/assets/{manifest[role]}"
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        assert plain.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert "immutable" in plain.headers["cache-control"]
        digest = hashlib.sha256(plain.content).hexdigest()
        assert digest[:12] in manifest[role]
        for coding in ("br", "gzip"):
            sent = client.raw(path, {"Accept-Encoding": coding})
            assert sent.headers["content-encoding"] == coding
            assert sent.content == (tmp_path / "built" / (manifest[role] + PACKED[coding])).read_bytes()
        known = {"If-None-Match": plain.headers["etag"], "Accept-Encoding": "identity"}
        assert client.get(path, headers=known).status_code == 304
    assert client.get("/assets/script-000000000000.js").status_code == 404
    assert client.get("/assets/manifest.json").status_code == 404
    client.close()


def test_every_page_has_its_icon(client: Client) -> None:
    (href,) = re.findall(r'<link rel="icon" type="image/svg\+xml" href="([^"]+)">', client.get("/about").text)
    icon = client.get(href)
    assert (icon.status_code, icon.headers["content-type"].split(";")[0]) == (200, "image/svg+xml")
    assert icon.content.startswith(b"<svg ")
