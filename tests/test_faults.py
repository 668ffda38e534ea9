"""Faults survived: builds killed at every step, a full, read-only or forbidden disk, no memory, a clock set back, two
builds at once; servers whose workers are killed, whose release is switched or damaged. See docs/reliability.md.
"""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import conftest
import psutil
import pytest
import sample
from serving import KPI, client_of, publish_sample

from kpigraph import cli, pipeline, publish, releases, retention
from kpigraph.config import Settings
from kpigraph.problems import UsageError
from kpigraph.serve import damage, scratch
from kpigraph.serve.served import Served
from kpigraph.serve.snapshot import Snapshot
from kpigraph.shortage import is_shortage

TESTS = Path(__file__).parent
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def in_use(out: Path) -> publish.Release:
    release = publish.current_release(out)
    assert release is not None
    return release


def leftovers(out: Path) -> list[Path]:
    return [*out.glob(".current-*"), *(out / "releases").glob(".tmp-*")]


# ---- publishing


def test_builds_killed_at_steps_of_theirs_leave_what_is_whole() -> None:
    """`make faults` takes every step, and hundreds of random moments; here some of each."""
    command = [sys.executable, TESTS / "faults.py", "--every", "25", "--kills", "3", "--then", "6"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert told.returncode == 0, told.stderr
    seen = [json.loads(line[line.index("{") :]) for line in told.stdout.splitlines()]
    assert len(seen) == 4
    assert sum(s["killed"] for s in seen) >= 16
    assert all(s["amid"] for s in seen[::2])  # at steps; whether a random moment is amid is chance


def kpigraph(*arguments: object, before: Callable[[], None] | None = None, **environment: str) -> tuple[int, str]:
    """Run the program and return its status and what it said on stderr; no traceback, ever."""
    done = subprocess.run(
        [sys.executable, "-m", "kpigraph", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=before,
        env=os.environ | {"KPIGRAPH_LANG": "en"} | environment,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> conftest.Case:
    """A small document; its publication is in `public` beside its data."""
    folder = tmp_path_factory.mktemp("built")
    case = conftest.write_case(folder, conftest.HEADER + conftest.HEADINGS + conftest.BLOCK)
    pipeline.build(case.data, folder / "public", Settings())
    return case


def another(case: conftest.Case, folder: Path) -> tuple[Path, Path]:
    """Return copies of the data, with another number in it, and of the publication."""
    data, out = folder / "data", folder / "public"
    shutil.copytree(case.data, data)
    shutil.copytree(case.data.parent / "public", out, symlinks=True)
    text = data / case.folder.relative_to(case.data) / "kpi.txt"
    card = text.with_name("card.toml")
    was = releases.describe(text).sha256
    text.write_text(text.read_text("utf-8").replace("110.5", "119.5"), "utf-8")
    card.write_text(card.read_text("utf-8").replace(was, releases.describe(text).sha256), "utf-8")
    return data, out


def mounted(folder: Path, options: str) -> None:
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.decode().strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder for a file system of its own."""
    yield tmp_path / "disk"
    if os.path.ismount(tmp_path / "disk"):
        subprocess.run(["umount", "-l", tmp_path / "disk"], check=True)


def little_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (330 << 20, 330 << 20))


def test_too_little_memory_or_disk_stops_a_build_with_one_line(
    built: conftest.Case, tmp_path: Path, disk: Path
) -> None:
    """Each step leaves the former release in use; once there is room the build succeeds."""
    data, former = another(built, tmp_path)
    status, _ = kpigraph("build", data, "--out", former, "-q", "--jobs", "1", before=little_memory)
    assert status != 0  # where it is the engine that finds none, it ends the process
    assert releases.verify(in_use(former).folder) == []
    assert len(leftovers(former)) <= 1
    size = sum(f.stat().st_size for f in former.rglob("*") if f.is_file() and not f.is_symlink())
    mounted(disk, f"size={(size + (700 << 10)) // 1024}k")
    out = disk / "public"
    shutil.copytree(former, out, symlinks=True)
    before = in_use(out).version
    status, said = kpigraph("build", data, "--out", out, "-q")
    assert (status, said.count("\n")) == (2, 1), said
    assert os.strerror(errno.ENOSPC) in said
    assert in_use(out).version == before
    assert releases.verify(in_use(out).folder) == []
    assert leftovers(out) == []
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    status, said = kpigraph("build", data, "--out", out, "-q")
    assert (status, said.count("\n")) == (2, 1), said
    assert os.strerror(errno.EROFS) in said
    subprocess.run(["mount", "-o", "remount,rw,size=64m", disk], check=True)
    assert kpigraph("build", data, "--out", out, "-q") == (0, "")
    assert in_use(out).version != before


def test_two_first_builds_at_once_both_succeed(built: conftest.Case, tmp_path: Path) -> None:
    """Also while there is no folder yet whose lock could be held."""
    data, _ = another(built, tmp_path)
    out = tmp_path / "new"
    command = [sys.executable, "-m", "kpigraph", "build", "-q", "--out", str(out), "--jobs", "1"]
    both = [subprocess.Popen([*command, str(d)], stderr=subprocess.PIPE) for d in (data, built.data)]
    for process in both:
        said = process.communicate(timeout=200)[1]
        assert process.returncode == 0, said
    assert len(releases.versions(out)) == 2
    assert all(releases.verify(r.folder) == [] for r in releases.releases(out))


def test_a_clock_that_is_set_back_changes_nothing_but_the_time_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish.publish(tmp_path, sample.content())
    with monkeypatch.context() as patch:
        patch.setattr(publish, "datetime", _OfOld)
        patch.setattr(time, "time", lambda: 0.0)
        second = publish.publish(tmp_path, sample.content(sample.remark("later, by an earlier clock"))).release
    assert second.manifest["built_at"].startswith("1999")
    assert [r.version[:6] for r in releases.releases(tmp_path)] == ["000001", "000002"]
    assert in_use(tmp_path).version == second.version
    third = publish.publish(tmp_path, sample.content(sample.remark("by the right clock"))).release
    assert len(retention.prune(tmp_path, 1)[0]) == 2  # by their numbers, not by the clock
    assert in_use(tmp_path).version == third.version


class _OfOld:
    @staticmethod
    def now(zone: object) -> object:
        from datetime import UTC, datetime

        return datetime(1999, 1, 1, tzinfo=UTC)


# ---- retention


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for number in range(4):
        publish.publish(folder, sample.content(sample.remark(str(number))))
    return folder


@pytest.fixture
def four(made: Path, tmp_path: Path) -> Path:
    """A folder with four releases."""
    return Path(shutil.copytree(made, tmp_path / "public", symlinks=True))


def test_the_newest_and_the_one_in_use_are_kept(four: Path) -> None:
    versions = releases.versions(four)
    releases.switch(four, versions[1])
    status, told = kpigraph("releases", "--store", four, "--keep", "1")
    assert (status, versions[0] in told, versions[2] in told) == (0, True, True)
    assert releases.versions(four) == [versions[1], versions[3]]
    assert all(releases.verify(r.folder) == [] for r in releases.releases(four))
    assert leftovers(four) == []
    again = publish.publish(four, sample.content(sample.remark("more"))).release
    assert again.version.startswith("000005-")  # no number twice


def test_a_release_that_is_served_is_not_removed_until_its_last_reader_is_done(four: Path) -> None:
    served = Snapshot(four).served()
    publish.publish(four, sample.content(sample.remark("newer")))
    removed, held = retention.prune(four, 1)
    assert (len(removed), held) == (3, [served.version])
    assert served.reader.describe(f"{sample.EDITION}edition")
    del served
    assert len(retention.prune(four, 1)[0]) == 1
    assert len(releases.versions(four)) == 1


def test_removing_that_was_cut_short_is_ended_by_the_next_build(four: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *args, **kwargs: None)
        retention.prune(four, 3)
    assert len(leftovers(four)) == 1
    assert len(releases.versions(four)) == 3
    publish.publish(four, sample.content(sample.remark("next")))
    assert leftovers(four) == []


# ---- serving


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_sample(tmp_path_factory.mktemp("faults"))


def copied(public: Path, folder: Path) -> tuple[Path, Path]:
    """Return a copy of a publication, and of the release in use in it."""
    out = Path(shutil.copytree(public, folder / "public", symlinks=True))
    return out, (out / "current").resolve()


def flip(file: Path, every: int = 97) -> None:
    content = bytearray(file.read_bytes())
    for at in range(min(3, len(content) - 1), len(content), every):
        content[at] ^= 0x55
    file.write_bytes(content)


def table(release: Path) -> Path:
    return max((release / "store").glob("*.sst"), key=lambda p: p.stat().st_size)


def tables_listed(release: Path) -> Path:
    return next((release / "store").glob("MANIFEST-*"))


def half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


DEEPER = ("/search?q=x", "/api/municipalities", "/reconcile", "/validation", "/changes", "/sparql/terms")
STORE_DAMAGE: dict[str, Callable[[Path], object]] = {
    "a table scrambled": lambda r: flip(table(r)),
    "one byte of a table": lambda r: flip(table(r), 1 << 30),
    "a table cut short": lambda r: half(table(r)),
    "a table gone": lambda r: table(r).unlink(),
    "MANIFEST scrambled": lambda r: flip(tables_listed(r)),
    "MANIFEST cut short": lambda r: half(tables_listed(r)),  # RocksDB opens that, with fewer tables
    "MANIFEST gone": lambda r: tables_listed(r).unlink(),
    "CURRENT scrambled": lambda r: flip(r / "store" / "CURRENT"),
    "CURRENT gone": lambda r: (r / "store" / "CURRENT").unlink(),
    "a log that was not published": lambda r: (r / "store" / "000999.log").write_bytes(b"x" * 99),
    "no store": lambda r: shutil.rmtree(r / "store"),
}


def said(out: Path) -> tuple[int, list[str]]:
    """Return how much the store that is served says, and what it says of one thing."""
    snapshot = Snapshot(out)
    store = snapshot.served().reader
    (row,) = store.select(COUNT)
    found = int(getattr(row["n"], "value", 0)), [str(t) for t in store.describe(f"{sample.BASE}catalog")]
    snapshot.close()
    return found


@pytest.mark.parametrize("harm", STORE_DAMAGE.values(), ids=STORE_DAMAGE)
def test_a_damaged_store_is_made_anew_from_the_dump_and_answers_as_before(
    public: Path, tmp_path: Path, harm: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    out, release = copied(public, tmp_path)
    harm(release)
    assert said(out) == said(public)
    assert len(caplog.messages) == 2  # what is damaged, and where its store is now
    assert "part of the release is damaged" in caplog.messages[0]


def test_the_packed_dump_does_where_the_plain_one_is_damaged_too(public: Path, tmp_path: Path) -> None:
    out, release = copied(public, tmp_path)
    flip(table(release))
    flip(release / "kpigraph.nq", 1 << 30)
    assert said(out) == said(public)


def test_a_store_damaged_with_its_dumps_is_one_line_and_a_status(
    public: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out, release = copied(public, tmp_path)
    for file in (table(release), release / "kpigraph.nq", release / "kpigraph.nq.gz"):
        flip(file)
    client = client_of(out)
    try:
        for path in (KPI, "/", "/download/kpigraph.ttl", f"/sparql?query={COUNT}", "/healthz", *DEEPER):
            answer = client.get(path, "text/html", headers={"Accept-Language": "en"})
            assert answer.status_code == 503
            assert "damaged" in answer.text
            assert str(tmp_path) not in answer.text  # where things lie here is nobody's business
    finally:
        client.close()
    said = [r.getMessage() for r in caplog.records if r.name == "kpigraph.serve"]
    assert len(said) == 2, "however many ask, the operator reads it once, and it is not looked for again each time"
    assert all(str(release) in line for line in said)
    status, told = kpigraph("serve", "--store", out, "--port", "0", "-q")
    assert status == 2
    assert "the store is damaged, and so are the dumps" in told.splitlines()[-1]


def test_what_is_damaged_is_not_handed_out_and_the_rest_is(public: Path, tmp_path: Path) -> None:
    out, release = copied(public, tmp_path)
    names = ("kpigraph.ttl", "kpigraph.nt.gz", "observations.csv", "catalog.ttl", "void.ttl", "validation.json")
    for name in names:
        flip(release / name, 1 << 30)
    flip(release / "search" / "index.sqlite")
    flip(release / "search" / "standings.sqlite")
    pages = ("/search?q=%E6%8C%87%E6%A8%99", "/indicators")
    whole = client_of(public)
    before = [whole.get(path, "text/html").content for path in pages]
    whole.close()
    client = client_of(out)
    try:
        for name in names:
            answer = client.get(f"/download/{name}", "text/plain", headers={"Accept-Language": "en"})
            assert (answer.status_code, name in answer.text) == (503, True)
        assert client.get(KPI, "text/turtle").status_code == 200
        assert client.get("/download/kpigraph.trig").content == (release / "kpigraph.trig").read_bytes()
        assert [client.get(path, "text/html").content for path in pages] == before  # from indexes made anew
    finally:
        client.close()


@pytest.mark.parametrize(
    "harm",
    [
        lambda m: m.write_text("[]"),
        lambda m: half(m),
        lambda m: m.unlink(),
        lambda m: m.write_text('{"default_graphs": ["http://e/g"]}'),
        lambda m: m.write_text(m.read_text("utf-8").replace("doc/plan/2016/derived", "doc/plan/2017/derived", 1)),
    ],
    ids=["list", "cut", "gone", "files gone", "another current graph"],
)
def test_a_damaged_manifest_is_one_line_and_nothing_is_served(
    public: Path, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    out, release = copied(public, tmp_path)
    harm(release / "manifest.json")
    with pytest.raises(UsageError) as caught:
        Snapshot(out).served()
    assert all("\n" not in line and str(release) in line for line in caught.value.messages.values())
    client = client_of(out)
    answers = [client.get(path, "text/plain") for path in (KPI, "/healthz", "/api/municipalities")]
    client.close()
    assert [(a.status_code, str(out) in a.text) for a in answers] == [(503, False)] * 3


def test_damage_that_comes_while_it_is_served_is_told_and_mended(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, release = copied(public, tmp_path)
    client = client_of(out)
    try:
        before = client.get(KPI, "text/turtle").content
        served = client.app._server.source.served()
        served.cache.__init__()  # as if nobody had asked yet
        monkeypatch.setattr(type(served), "engine", property(broken))
        answer = client.get(KPI, "text/plain", headers={"Accept-Language": "en"})
        assert (answer.status_code, "looked over again" in answer.text) == (503, True)
        monkeypatch.undo()
        flip(table(release))
        assert client.get(KPI, "text/turtle").content == before
        assert client.app._server.source.served() is not served
    finally:
        client.close()


def broken(served: object) -> None:
    raise RuntimeError("Corruption: block checksum mismatch: stored = 1, computed = 2")


def test_large_files_are_read_while_they_are_served(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, release = copied(public, tmp_path)
    flip(release / "kpigraph.trig", 1 << 30)
    monkeypatch.setattr(damage.look, "__defaults__", (100_000,))
    snapshot, opened = Snapshot(out), Snapshot._open

    def slow(self: Snapshot) -> Served:
        found = opened(self)
        time.sleep(0.2)  # reading that began in here would be done before it is known what is served
        return found

    monkeypatch.setattr(Snapshot, "_open", slow)
    assert snapshot.served().file("kpigraph.trig")
    deadline = time.monotonic() + 20
    while "kpigraph.trig" not in snapshot.served().damaged and time.monotonic() < deadline:
        time.sleep(0.02)
    with pytest.raises(UsageError, match="damaged"):
        snapshot.served().file("kpigraph.trig")
    told = snapshot.served()
    time.sleep(0.3)
    assert snapshot.served() is told  # it is not opened again and again for what is known
    snapshot.close()


def test_a_large_release_is_opened_beside_the_answers_of_the_former_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish.publish(tmp_path, sample.content())
    snapshot = Snapshot(tmp_path)
    former = snapshot.served()
    new = publish.publish(tmp_path, sample.content(sample.remark("new"))).release
    monkeypatch.setattr("kpigraph.serve.snapshot._SMALL", 0)
    go, look = threading.Event(), damage.look
    monkeypatch.setattr(damage, "look", lambda release: (go.wait(20), look(release))[1])
    assert snapshot.served() is former
    assert snapshot.served() is former
    go.set()
    deadline = time.monotonic() + 20
    while snapshot.served().version != new.version and time.monotonic() < deadline:
        time.sleep(0.02)
    assert snapshot.served().version == new.version
    snapshot.close()


def test_a_query_whose_worker_is_killed_is_answered_by_another(public: Path) -> None:
    client = client_of(public)
    try:
        right = client.query(COUNT, "text/csv").content
        for number in range(4):
            assert client.query(COUNT + f" # {number}", "text/csv").content == right
            for pid in client.app.state.pool.pids():
                os.kill(pid, signal.SIGKILL)
        assert client.query(COUNT + " # last", "text/csv").content == right
        for nursery in psutil.Process().children():
            if "kpigraph.serve.nursery" in nursery.cmdline():
                nursery.kill()
        assert client.query(COUNT + " # after the nursery", "text/csv").content == right
    finally:
        client.close()


def test_folders_of_killed_servers_are_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    living = scratch.Scratch()
    dead = tmp_path / "kpigraph-serve-dead"
    dead.mkdir()
    for folder in (dead, living.path):
        os.utime(folder, (0, 0))
    other = scratch.Scratch()
    assert not dead.exists()
    assert living.path.is_dir()
    living.close()
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_served_is_one_line_and_a_status(public: Path, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, said = kpigraph("serve", "--store", public, "--port", taken.getsockname()[1], "-q")
    assert (status, said.count("\n")) == (2, 1)
    assert os.strerror(errno.EADDRINUSE) in said
    out, release = copied(public, tmp_path)
    (release / "manifest.json").write_text("{}")
    status, said = kpigraph("serve", "--store", out, "--port", "0", "-q")
    assert (status, said.count("\n")) == (2, 1)


@pytest.mark.parametrize("command", ["serve", "verify", "rollback"])
def test_a_folder_that_may_not_be_read_is_one_line_and_a_status(
    public: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Said by the system at the first look: tests run as root too, who may read everything."""

    def forbidden(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(public / "current"))

    monkeypatch.setattr(os, "readlink", forbidden)
    monkeypatch.setattr(sys, "argv", ["kpigraph", command, "--store", str(public)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr().err
    assert (ended.value.code, told.count("\n"), os.strerror(errno.EACCES) in told) == (2, 1, True)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("can't start new thread"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        ImportError("x.so: failed to map segment from shared object"),
    ],
)
def test_a_shortage_of_memory_is_told_whatever_noticed_it(error: Exception) -> None:
    outer = ValueError("something else")
    outer.__cause__ = error
    assert is_shortage(error)
    assert is_shortage(outer)
    assert not is_shortage(ValueError("something else"))
    assert not is_shortage(OSError(errno.ENOENT, "no memory of such a file"))
