"""The operator's guide: its commands do what it says, and a backup of a folder that is built into is whole."""

import re
import shlex
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest
import sample
import serving
from conftest import REPO
from test_readme import blocks, section

from kpigraph import cli, publish, releases, signing
from kpigraph.history import log
from kpigraph.problems import UsageError

GUIDE = REPO / "docs" / "operate.md"
BACKUP = next(
    line for line in blocks(section(GUIDE, "Backup"), "sh")[0].splitlines() if line.startswith("tar --exclude")
)


def do(line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a line of the guide here, as a shell would, and return what it printed."""
    words = shlex.split(line.replace("$PWD", str(Path.cwd())), comments=True)
    if words[0] == "export":
        monkeypatch.setenv(*words[1].split("=", 1))
        return ""
    with monkeypatch.context() as for_this_line:
        while "=" in words[0]:
            for_this_line.setenv(*words.pop(0).split("=", 1))
        if words[0] != "kpigraph":
            return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout
        if words[1] == "build":
            words += ["--jobs", "1"]  # as the guide has it, but for the number of processes
        assert cli.app(words[1:], standalone_mode=False) in (None, 0), line
        return capsys.readouterr().out


def test_the_commands_of_the_guide_do_what_it_says(
    small_publication: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(small_publication, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    said: dict[str, list[str]] = {}
    for heading in ("Keys", "Publish", "Take back", "Backup", "Restore"):
        for line in blocks(section(GUIDE, heading), "sh")[0].splitlines():
            said.setdefault(heading, []).append(do(line, capsys, monkeypatch))
    word = said["Keys"][0].split()[-1]
    assert said["Keys"][1].strip() == word
    built, listed, verified = said["Publish"]
    assert built.startswith(("published", "公開"))
    assert listed.splitlines()[-1].startswith("* 000002-")
    assert word in verified
    assert said["Take back"][1].startswith("000002-")
    assert [line[:8] for line in said["Take back"][2].splitlines()] == ["  000001", "* 000002", "  000003"]
    assert word in said["Restore"][2]
    assert said["Restore"][3] == said["Take back"][2]
    assert said["Restore"][4].split() == ["n", "1"]
    client = serving.client_of(tmp_path / "restored")
    try:
        assert client.get("/healthz").json()["release"] == releases.in_use(tmp_path / "public")
        assert signing.public_key(client.get("/.well-known/minisign.pub").text).text == word
    finally:
        client.close()


def test_a_folder_is_backed_up_while_builds_switch_and_restored_elsewhere(tmp_path: Path) -> None:
    public, restored = tmp_path / "public", tmp_path / "restored"
    contents = [sample.content(sample.remark(str(n))) for n in range(3)]
    publish.publish(public, contents[0])
    done = threading.Event()
    failed: list[UsageError] = []

    def build() -> None:
        try:
            for content in contents[1:]:
                publish.publish(public, content)
            for n in range(200):
                if done.is_set():
                    return
                known = releases.versions(public)
                releases.point(public, known[n % len(known)])
        except UsageError as e:
            failed.append(e)

    builder = threading.Thread(target=build)
    builder.start()
    try:
        for n in range(6):
            words = shlex.split(BACKUP.replace("-cf public.tar", f"-cf public-{n}.tar"))
            made = subprocess.run(words, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60)
            assert made.returncode in (0, 1), made.stderr  # 1: a folder grew meanwhile
            with tarfile.open(tmp_path / f"public-{n}.tar") as archive:
                assert not [m for m in archive.getnames() if re.search(r"/\.(tmp|cache|lock)", m)]
                shutil.rmtree(restored, ignore_errors=True)
                archive.extractall(restored, filter="data")
            current = publish.current_release(restored)
            assert current is not None
            assert releases.verify(current.folder) == []
    finally:
        done.set()
        builder.join()
    assert failed == []
    client = serving.client_of(restored)
    try:
        assert client.get("/doc/lg/012068/kpi-zz", "text/html").status_code == 200
        assert client.rows("SELECT ?v { ?s <https://w3id.org/kpigraph/ns#statedValue> ?v } LIMIT 1")
    finally:
        client.close()
    # The restored folder is one to go on with: the next build follows what was restored.
    follower = publish.publish(restored, sample.content(sample.remark("after"))).release
    assert log.read(follower.folder)[0].before == current.version
