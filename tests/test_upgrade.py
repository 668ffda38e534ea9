"""Upgrades: releases of earlier programs are verified, served and followed; one of a later program is refused.

The releases in sample/older were written by the program as it was then, from tests/sample/graph.trig.
"""

import json
import tarfile
from pathlib import Path

import pytest
import sample
import serving
from test_cli import run

from kpigraph import canonical, publish, releases, signing
from kpigraph.history import log
from kpigraph.problems import UsageError

OLDER = sorted((Path(__file__).parent / "sample" / "older").glob("*.tar.xz"))


def unpacked(archive: Path, into: Path) -> Path:
    """Return a publication whose one release an earlier program wrote."""
    with tarfile.open(archive) as opened:
        opened.extractall(into, filter="data")
    return into


def is_served(public: Path) -> bool:
    client = serving.client_of(public)
    try:
        pages = (
            "/",
            "/doc/lg/012068/kpi-zz",
            "/indicators",
            "/search?q=水揚",
            "/changes",
            "/releases.atom",
            "/catalog",
        )
        found = client.rows("SELECT ?v { ?s <https://w3id.org/kpigraph/ns#statedValue> ?v } ORDER BY ?v LIMIT 1")
        return all(client.get(p, "text/html").status_code == 200 for p in pages) and bool(found)
    finally:
        client.close()


@pytest.mark.parametrize("archive", OLDER, ids=lambda p: p.name.partition(".")[0])
def test_a_release_of_an_earlier_program_is_verified_served_followed_and_gone_back_to(
    archive: Path, tmp_path: Path
) -> None:
    older = unpacked(archive, tmp_path)
    (old,) = releases.releases(older)
    assert [*releases.verify(old.folder), *signing.verify(old.folder), *canonical.verify(old.folder)] == []
    assert is_served(older)

    new = publish.publish(older, sample.content(sample.remark("upgraded"))).release
    entry = log.read(new.folder)[0]
    assert (entry.before, entry.is_known) == (old.version, True)
    assert entry.counts["documents"]["changed"] == 1

    assert releases.switch(older, old.version).version == old.version
    # The next build after going back follows what readers see, and loses none of the two.
    again = publish.publish(older, sample.content(sample.remark("mended"))).release
    assert log.read(again.folder)[0].before == old.version
    assert len(releases.versions(older)) == 3


def test_a_release_of_a_later_program_is_refused_in_one_line_and_left_by_rollback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    older = unpacked(OLDER[-1], tmp_path)
    old = releases.in_use(older)
    new = publish.publish(older, sample.content(sample.remark("later"))).release
    manifest = json.loads((new.folder / "manifest.json").read_text("utf-8"))
    (new.folder / "manifest.json").write_text(json.dumps(manifest | {"format": releases.FORMAT + 1}), "utf-8")
    with pytest.raises(UsageError, match="made by a newer kpigraph"):
        publish.current_release(older)
    client = serving.client_of(older)
    try:
        assert client.get("/").status_code == client.get("/healthz").status_code == 503
        assert "newer kpigraph" in caplog.text  # an answer names no place of this machine
        done = run("rollback", "--store", older)
        assert (done.returncode, done.stdout.strip()) == (0, old)
        assert client.get("/").status_code == 200
    finally:
        client.close()
    listed = run("releases", "--store", older)
    assert (listed.returncode, listed.stdout[:9]) == (0, "* 000001-")
    assert "newer kpigraph" in listed.stderr
