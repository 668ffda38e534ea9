"""Building: the same bytes whatever was kept, in however many processes, wherever; only what changed is done again."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import BLOCK, HEADER, HEADINGS, REPO, Kushiro, write_case
from pyoxigraph import NamedNode, RdfFormat, Store, parse

from kpigraph import (
    distinct,
    editions,
    history,
    packing,
    pipeline,
    publish,
    recorded,
    registry,
    releases,
    search,
    standings,
)
from kpigraph.building import changed, cluster, place, running, unchanged
from kpigraph.canonical import Canonical
from kpigraph.config import Settings
from kpigraph.parts.cache import Cache
from kpigraph.parts.part import DamagedPartError, Part
from kpigraph.parts.part import written as part_of
from kpigraph.problems import UsageError

GOOD = HEADER + HEADINGS + BLOCK
CODES = ("011002", "012025", "012068")
LATER = GOOD.replace("110.5", "115.0").replace("H27年度", "H28年度")


def write_country(folder: Path) -> Path:
    """Write three municipalities, one of which has two editions."""
    for code in CODES:
        write_case(folder, GOOD.replace("110.5", f"{code[2:5]}.5"), code=code)
    write_case(folder, LATER, code=CODES[0], edition="2017")
    return folder / "data"


def build(data: Path, out: Path, **how: Any) -> pipeline.Built:
    return pipeline.build(data, out, Settings(), **how)


def with_vocabulary(country: Path, out: Path) -> Path:
    """Return `out`, with nothing kept but the part of what all share: a second less for who asks about documents."""
    kept = max((country / "public" / ".cache").glob("??/*"), key=lambda p: p.stat().st_size)
    there = out / ".cache" / kept.parent.name / kept.name
    there.parent.mkdir(parents=True)
    shutil.copyfile(kept, there)
    return out


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/ and public/ of three municipalities, built once. Read only."""
    folder = tmp_path_factory.mktemp("country")
    build(write_country(folder), folder / "public")
    return folder


@pytest.fixture
def mine(country: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    shutil.copytree(country / "data", tmp_path / "data")
    shutil.copytree(country / "public", tmp_path / "public", symlinks=True)
    for there, here in zip(*(sorted((f / "public").rglob("*")) for f in (country, tmp_path)), strict=True):
        if not there.is_symlink():  # a copy of a release is undamaged only with the times of its files
            os.utime(here, ns=(there.stat().st_atime_ns, there.stat().st_mtime_ns))
    return tmp_path


def content(out: Path) -> dict[str, bytes]:
    """Return every file of the release in use but store, indexes, history, and manifest, which has the time."""
    folder = (out / "current").resolve()
    names = [
        n
        for n in releases.files(folder)
        if not n.startswith(("store/", "search/", "history/")) and n != "manifest.json"
    ]
    return {name: (folder / name).read_bytes() for name in names}


def quads_in_store(out: Path) -> set[str]:
    release = publish.current_release(out)
    assert release
    return set(map(str, Store.read_only(str(release.store))))


@contextmanager
def counted_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Lend a list that gets the folder of each document whose cells are read."""
    read: list[str] = []
    real = editions.cells_of

    def cells_of(document: Any, *more: Any) -> Any:
        read.append(f"{document.municipality}/{document.edition}")
        return real(document, *more)

    with monkeypatch.context() as patch:
        patch.setattr(editions, "cells_of", cells_of)
        yield read


# ---- what is done again


def test_a_build_of_what_was_built_reads_nothing_though_keys_were_minted_meanwhile(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all((mine / "data" / "sources" / code / "registry.csv").is_file() for code in CODES)
    with counted_reading(monkeypatch) as read:
        again = build(mine / "data", mine / "public")
    assert (again.published.new, again.made, read) == (False, (), [])
    assert len(publish.releases(mine / "public")) == 1


def test_it_tells_the_same_warnings_and_results(mine: Path) -> None:
    again = build(mine / "data", mine / "public")
    fresh = build(mine / "data", with_vocabulary(mine, mine / "other"))
    assert again.report == fresh.report
    assert again.warnings == fresh.warnings


def test_only_the_changed_document_is_read(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = mine / "data" / "sources" / CODES[0] / "senryaku-2016" / "card.toml"
    card.write_text(card.read_text("utf-8").replace("A fictional document for tests", "Another one"), "utf-8")
    with counted_reading(monkeypatch) as read:
        changed = build(mine / "data", mine / "public")
    assert (changed.made, read) == ((CODES[0],), [f"{CODES[0]}/2016"])
    assert changed.published.new
    assert content(mine / "public") == content_of_cold(mine)


def test_a_new_edition_of_a_municipality_leaves_its_others_read(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It mints keys and gives a thing another name: the former editions are mapped anew, but not read."""
    write_case(mine, LATER.replace("水揚量", "総水揚量"), code=CODES[0], edition="2018")
    with counted_reading(monkeypatch) as read:
        build(mine / "data", mine / "public")
    assert read == [f"{CODES[0]}/2018"]
    assert content(mine / "public") == content_of_cold(mine)


def test_what_a_document_comes_to_once_its_keys_are_known_is_not_read_again(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An indicator that has a known name, but another department, is warned of only while its key is new."""
    write_case(mine, LATER.replace("水産課", "港湾課"), code=CODES[0], edition="2018")
    (mine / "data" / "sources" / CODES[0] / "registry.csv").unlink()
    shutil.rmtree(mine / "public")
    first = build(mine / "data", mine / "public")
    with counted_reading(monkeypatch) as read:
        second = build(mine / "data", mine / "public")
    told = [[p.code for p in b.warnings if p.code == "indicator.known-name"] for b in (first, second)]
    assert (bool(told[0]), told[1], second.made, read) == (True, [], (CODES[0],), [])
    assert content(mine / "public") == content_of_cold(mine)


def test_a_document_that_is_taken_away_is_gone(mine: Path) -> None:
    shutil.rmtree(mine / "data" / "sources" / CODES[1])
    build(mine / "data", mine / "public")
    assert content(mine / "public") == content_of_cold(mine)
    assert not any(CODES[1] in quad for quad in quads_in_store(mine / "public"))
    assert CODES[1].encode() not in content(mine / "public")["kpigraph.nt"]


def test_other_settings_or_code_lists_are_another_build(mine: Path) -> None:
    settings = Settings(publisher_name="架空県")
    assert pipeline.build(mine / "data", mine / "public", settings).published.new
    with (mine / "data" / "codelists" / "units.csv").open("a", encoding="utf-8") as file:
        file.write("fukuro,袋,sack,,unit:NUM,1,0,,\n")
    assert build(mine / "data", mine / "public").made == CODES


def content_of_cold(folder: Path) -> dict[str, bytes]:
    """Return the content of a build of the same data with nothing of its documents kept."""
    build(folder / "data", with_vocabulary(folder, folder / "cold"))
    assert quads_in_store(folder / "cold") == quads_in_store(folder / "public")
    return content(folder / "cold")


# ---- the same bytes


def test_two_processes_give_the_same_bytes(country: Path, tmp_path: Path) -> None:
    shutil.copytree(country / "data", tmp_path / "data")
    for code in CODES:
        (tmp_path / "data" / "sources" / code / "registry.csv").unlink()
    seen: list[str] = []
    built = build(tmp_path / "data", tmp_path / "public", run=running.beside(2), threads=2,
                  progress=lambda ja, en: seen.append(en))  # fmt: skip
    assert built.made == CODES
    assert content(tmp_path / "public") == content(country / "public")
    assert "reading and mapping documents 4/4" in seen
    for code in CODES:
        assert registry.load(tmp_path / "data" / "sources" / code).entries


def test_what_is_damaged_in_the_cache_is_made_anew(mine: Path) -> None:
    expected = content(mine / "public")
    kept = sorted(p for p in (mine / "public" / ".cache").glob("??/*") if not p.name.startswith("."))
    assert len(kept) > 10
    for n, path in enumerate(kept):
        data = bytearray(path.read_bytes())
        match n % 4:
            case 0:
                data[len(data) // 2] ^= 0xFF
            case 1:
                del data[len(data) * 2 // 3 :]
            case 2:
                data[-1] ^= 1
            case _:
                data = bytearray()
        path.write_bytes(data)
    shutil.rmtree(mine / "public" / "releases")
    (mine / "public" / "current").unlink()
    build(mine / "data", mine / "public")
    assert content(mine / "public") == expected
    assert publish.verify((mine / "public" / "current").resolve()) == []


def test_a_release_whose_file_has_changed_is_not_taken_for_the_build_s(mine: Path) -> None:
    """Of a store neither, whose files the next release would otherwise share."""
    current = mine / "public" / "current"
    (current / "kpigraph.nt").write_bytes(b"")
    table = max((current / "store").glob("*.sst"), key=lambda p: p.stat().st_size)
    lost = bytearray(table.read_bytes())
    lost[len(lost) // 2] ^= 1  # of the same length: its time alone tells
    table.write_bytes(lost)
    expected = content(mine / "public") | {"kpigraph.nt": content_of_cold(mine)["kpigraph.nt"]}
    assert build(mine / "data", mine / "public").published.new
    assert content(mine / "public") == expected
    assert publish.verify(current.resolve()) == []
    os.utime(current / "kpigraph.nt")
    assert not build(mine / "data", mine / "public").published.new, "it was read, and is whole"


def test_what_a_disk_lost_without_a_trace_is_found_in_turn(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = mine / "public" / "current"
    sizes = [p.stat().st_size for p in current.resolve().rglob("*") if p.is_file()]
    monkeypatch.setattr(unchanged, "_READ_EACH_TIME", sum(sizes) // 3)
    last = current / "void.ttl"
    before, published = last.stat(), last.read_bytes()
    last.write_bytes(published.swapcase())
    os.utime(last, ns=(before.st_atime_ns, before.st_mtime_ns))
    for _ in range(4):
        if (again := build(mine / "data", mine / "public").published).new:
            break
    assert again.new, "no more than a third is left out each time"
    assert last.read_bytes() == published
    assert publish.verify(current.resolve()) == []


def test_what_no_build_needs_any_more_is_removed(mine: Path) -> None:
    stray = Cache(mine / "public" / ".cache")
    stray.put("ab" * 32, b"x")
    (stray.folder / "ab" / ".half-written").write_bytes(b"x")
    os.utime(stray.folder / "ab" / ".half-written", (0, 0))
    before = sum(p.is_file() for p in stray.folder.glob("??/*"))
    card = mine / "data" / "sources" / CODES[1] / "senryaku-2016" / "card.toml"
    for text in ("first", "second"):
        card.write_text(card.read_text("utf-8").replace("A fictional", text), "utf-8")
        build(mine / "data", mine / "public")
    assert "ab" * 32 not in stray
    assert not list(stray.folder.glob("??/.*"))
    assert sum(p.is_file() for p in stray.folder.glob("??/*")) <= before


SCRIPT = """
import sys, pathlib
sys.path.insert(0, {tests!r})
from kpigraph import pipeline
from kpigraph.building import running
from kpigraph.config import Settings
if __name__ == "__main__":
    print("ready", flush=True)
    pipeline.build(pathlib.Path({data!r}), pathlib.Path({out!r}), Settings(), run=running.beside({jobs}))
"""


def test_a_build_killed_in_the_middle_is_taken_up_where_it_was(
    country: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(country / "data", tmp_path / "data")
    script = tmp_path / "script.py"
    tests = str(Path(__file__).parent)
    script.write_text(SCRIPT.format(tests=tests, data=str(tmp_path / "data"), out=str(tmp_path / "public"), jobs=1))
    child = subprocess.Popen([sys.executable, str(script)])
    lasting = tmp_path / "public" / ".cache"
    until = time.monotonic() + 120
    while not len(list(lasting.glob("??/[0-9a-f]*"))) >= 5 and child.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (tmp_path / "public" / "current").exists()
    with counted_reading(monkeypatch) as read:
        build(tmp_path / "data", tmp_path / "public")
    assert 0 < len(read) < 4
    assert content(tmp_path / "public") == content(country / "public")


# ---- processes that die


def dies_once(task: place.Task) -> Any:
    """Do the task, but let the process die the first time it is asked for the second municipality."""
    mark = task.cache.parent / "died"
    if task.home.name == CODES[1] and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return place.outcome(task)


def always_dies(task: place.Task) -> Any:
    if task.home.name == CODES[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    return place.outcome(task)


def test_what_a_killed_process_did_is_done_again(country: Path, tmp_path: Path) -> None:
    built = build(country / "data", with_vocabulary(country, tmp_path / "public"), run=running.beside(2, dies_once))
    assert (tmp_path / "public" / "died").exists()
    assert built.made == CODES
    assert content(tmp_path / "public") == content(country / "public")


def test_a_process_that_is_killed_again_is_named_by_what_it_did(country: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        build(country / "data", tmp_path / "public", run=running.beside(2, always_dies))
    assert all(CODES[1] in m and "\n" not in m for m in caught.value.messages.values())
    assert not (tmp_path / "public" / "current").exists()


def test_problems_of_all_municipalities_are_told_from_processes_too(country: Path, tmp_path: Path) -> None:
    told = []
    for name, run in (("a", running.here), ("b", running.beside(2))):
        folder = tmp_path / name
        for code in CODES:
            write_case(folder, GOOD.replace("110.5", "x1"), code=code)
        with pytest.raises(pipeline.SourceError) as caught:
            build(folder / "data", folder / "public", run=run)
        told.append([p.line("ja") for p in caught.value.problems])
        assert not (folder / "public").exists()
    assert told[0] == told[1]
    assert len({line[:6] for line in told[0]}) == len(CODES)


# ---- a cluster


@contextmanager
def dask(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Lend the address of a scheduler on this machine, and its worker processes; all are ended afterwards."""
    environ = os.environ | {"PYTHONPATH": str(REPO)}
    note = folder / "scheduler.json"
    log = (folder / "dask.log").open("wb")
    started: list[subprocess.Popen[bytes]] = []

    def start(*args: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *args]
        started.append(subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=folder))
        return started[-1]

    try:
        start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
              "--scheduler-file", str(note))  # fmt: skip
        until = time.monotonic() + 60
        while not (note.exists() and note.stat().st_size) and time.monotonic() < until:
            time.sleep(0.05)
        address = json.loads(note.read_text())["address"]
        made = [
            start("distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard",
                  "--host", "127.0.0.1", "--local-directory", str(folder / f"worker-{n}"))
            for n in range(workers)
        ]  # fmt: skip
        yield address, made
    finally:
        for process in started[::-1]:
            process.kill()
            process.wait()
        log.close()


def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(country: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    shutil.copytree(country / "data", tmp_path / "data")
    killed: list[int] = []
    with dask(tmp_path, 2) as (address, workers):
        run = cluster.on(address)

        def killing(tasks: list[place.Task]) -> Iterator[running.Done]:
            for done in run(tasks):
                if not killed:
                    workers[0].kill()
                    killed.append(workers[0].wait())
                yield done

        done: list[str] = []
        built = build(tmp_path / "data", with_vocabulary(country, tmp_path / "public"), run=killing,
                      progress=lambda ja, en: done.append(en))  # fmt: skip
    assert killed == [-signal.SIGKILL]
    assert built.made == CODES
    assert len([d for d in done if d.startswith("reading")]) == 1 + len(CODES)
    assert content(tmp_path / "public") == content(country / "public")


def test_no_cluster_there_is_a_line(country: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_SECONDS", 1)
    with pytest.raises(UsageError, match=r"cannot be reached: tcp://127\.0\.0\.1:9"):
        build(country / "data", tmp_path / "public", run=cluster.on("tcp://127.0.0.1:9"))


def test_another_program_on_a_worker_is_refused(country: Path) -> None:
    sent = cluster.Sent(None, {}, {}, "another")  # type: ignore[arg-type]
    with pytest.raises(cluster.OtherProgramError):
        cluster.work(sent, {})


# ---- what it rests on


def test_an_edition_is_kept_whole(kushiro: Kushiro) -> None:
    text = recorded.edition_text(kushiro.edition)
    assert recorded.edition_decoded(kushiro.document, json.loads(text)) == kushiro.edition
    for kind, record in (("Derivation", kushiro.derivation), ("Document", kushiro.document)):
        assert recorded.decoded(type(record), json.loads(json.dumps(recorded.encoded(record)))) == record, kind


def test_a_trace_holds_only_where_the_registry_says_the_same() -> None:
    first = registry.Registry("012068")
    first.open_document()
    key = first.mint("kpi", "水揚量", "plan/2016", department="水産課")
    trace = first.trace()
    again = registry.Registry("012068")
    assert again.follow(trace, "plan/2016")
    assert again.to_csv() == first.to_csv()
    assert len(again.minted) == 1
    assert not again.follow(trace, "plan/2016")  # it is known by now
    taken = registry.Registry("012068", {("dept", key): registry.Entry(kind="dept", key=key, label="港湾課")})
    before = taken.to_csv()
    assert not taken.follow(trace, "plan/2016")  # another thing has the key
    assert (taken.to_csv(), taken.minted) == (before, [])


def test_pieces_make_one_gzip_member_with_the_right_checksum(tmp_path: Path) -> None:
    texts = [b"", b"a", "釧路".encode() * 1000, bytes(range(256)) * 300, b"", b"end"]
    with (tmp_path / "x").open("wb") as plain, (tmp_path / "x.gz").open("wb") as zipped:
        described = packing.write([packing.piece(t) for t in texts], zipped, plain)[:2]
    assert described == (releases.describe(tmp_path / "x"), releases.describe(tmp_path / "x.gz"))
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert reader.decompress((tmp_path / "x.gz").read_bytes()) == b"".join(texts) == (tmp_path / "x").read_bytes()
    assert (reader.eof, reader.unused_data) == (True, b"")


def test_a_part_that_is_cut_or_changed_is_damaged(tmp_path: Path) -> None:
    whole = part_of({"nq": b"<a:a> <a:a> <a:a> .\n" * 99}, {"facts": b"{}"})
    file = tmp_path / "part"
    file.write_bytes(whole)
    assert Part("k", file).bytes("nq").count(b"\n") == 99
    for n in range(len(whole)):
        file.write_bytes(whole[:n] + bytes([whole[n] ^ 0x20]) + whole[n + 1 :])
        with pytest.raises(DamagedPartError):
            [Part("k", file).bytes(name) for name in ("nq", "facts")]
    file.write_bytes(whole[:-1])
    with pytest.raises(DamagedPartError):
        Part("k", file).check()


def test_objects_are_counted_by_ranges_as_they_are_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"p": array("Q", [0, 1, 2**63, 2**64 - 1]), "q": array("Q", [1])}
    other = {"p": array("Q", [1, 5])}
    expected = (5, {"p": 5, "q": 1})
    assert distinct.count([one, other]) == expected
    monkeypatch.setattr(distinct, "_AT_ONCE", 1)
    assert distinct.count([one, other]) == expected


def test_objects_of_changed_parts_are_counted_as_all_are() -> None:
    numbers = random.Random(7)

    def part() -> dict[str, "array[int]"]:
        return {
            p: array("Q", sorted(numbers.sample(range(12), numbers.randint(1, 6))))
            for p in "pqr"[: numbers.randint(0, 3)]
        }

    for _ in range(200):
        others, gone, new = ([part() for _ in range(numbers.randint(0, 3))] for _ in range(3))
        expected = distinct.count([*others, *new])
        assert distinct.recount(distinct.count([*others, *gone]), gone, new, map(distinct.packed, others)) == expected


@pytest.mark.parametrize("which", ["country", "two_editions"])
def test_void_counts_what_is_in_the_dump(which: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(which) / "public" / "current"
    triples = [q.triple for q in parse(path=str(folder / "kpigraph.nt"), format=RdfFormat.N_TRIPLES)]
    assert len(triples) == len(set(triples))
    said: dict[str, dict[str, str]] = {}
    for q in parse(path=str(folder / "void.ttl")):
        said.setdefault(q.subject.value, {})[q.predicate.value.rpartition("#")[2]] = q.object.value
    counted = {
        "triples": len(triples),
        "distinctSubjects": len({t.subject for t in triples}),
        "distinctObjects": len({t.object for t in triples}),
        "properties": len({t.predicate for t in triples}),
    }
    whole = said["https://w3id.org/kpigraph/.well-known/void#kpigraph"]
    assert {name: int(whole[name]) for name in counted} == counted
    by_property = {p["property"]: p for p in said.values() if "property" in p}
    for predicate in {t.predicate for t in triples}:
        its, told = [t for t in triples if t.predicate == predicate], by_property[predicate.value]
        assert int(told["triples"]) == len(its)
        assert int(told["distinctSubjects"]) == len({t.subject for t in its})
        assert int(told["distinctObjects"]) == len({t.object for t in its})
    graphs: dict[str, int] = {}
    for q in parse(path=str(folder / "kpigraph.nq"), format=RdfFormat.N_QUADS):
        assert isinstance(q.graph_name, NamedNode)
        graphs[q.graph_name.value] = graphs.get(q.graph_name.value, 0) + 1
    assert {s: int(t["triples"]) for s, t in said.items() if "/graph/" in s} == graphs


def test_a_thing_is_described_in_one_place_of_the_turtle(country: Path) -> None:
    turtle = (country / "public" / "current" / "kpigraph.ttl").read_text("utf-8")
    subjects = re.findall(r"^(\S+) ", turtle, re.MULTILINE)
    subjects = [s for s in subjects if s != "@prefix"]
    assert len(subjects) == len(set(subjects))


# ---- the store of a release that differs in little


BY_TWO = """
import os, pathlib
from kpigraph import forked, pipeline
from kpigraph.building import changed, place, running
from kpigraph.config import Settings
changed._FEW = 1
first = os.getpid()
def work(task):
    assert os.getpid() != first, "the one changed document is not made beside the rest"
    print("made", flush=True)
    return place.outcome(task)
class Forked(forked.Forked):
    def result(self):
        print("copied", flush=True)
        return super().result()
forked.Forked = Forked
pipeline.build(pathlib.Path({data!r}), pathlib.Path({out!r}), Settings(), run=running.beside(2, work), threads=2)
"""


def built_by_two_processes(mine: Path) -> releases.Release:
    """Build as the program does: in a process that has no other threads, so that others can be forked from it."""
    code = BY_TWO.format(data=str(mine / "data"), out=str(mine / "public"))
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120)
    assert {*done.stdout.split()} == {"made", "copied"}
    release = publish.current_release(mine / "public")
    assert release
    return release


def test_a_store_is_changed_where_little_has_changed_and_comes_to_the_same(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = publish.current_release(mine / "public")
    assert former
    before = {p.name: p.stat().st_ino for p in former.store.glob("*.sst")}
    quads = quads_in_store(mine / "public")
    index = former.folder / search.FILE
    whole, times = index.read_bytes(), index.stat()
    index.write_bytes(whole[:4096] + bytes(len(whole) - 4096))  # a damaged index is written anew
    os.utime(index, ns=(times.st_atime_ns, times.st_mtime_ns))
    card = mine / "data" / "sources" / CODES[0] / "senryaku-2017" / "card.toml"
    card.write_text(card.read_text("utf-8").replace("A fictional", "Another"), "utf-8")
    shutil.rmtree(mine / "data" / "sources" / CODES[1])
    release = built_by_two_processes(mine)
    index.write_bytes(whole)
    after = {p.name: p.stat().st_ino for p in release.store.glob("*.sst")}
    assert before.items() & after.items()  # files of the former one
    assert content(mine / "public") == content_of_cold(mine)  # which compares the quads of the stores too
    assert_history_is_that_of_all_compared(former, release, mine / "compared")
    assert publish.verify(release.folder) == publish.verify(former.folder) == []
    assert set(map(str, Store.read_only(str(former.store)))) == quads
    assert_it_is_made_anew_only_once_it_has_grown(mine, former, release, monkeypatch)


def assert_it_is_made_anew_only_once_it_has_grown(
    mine: Path, former: releases.Release, release: releases.Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compare the room a quad that is kept with that of the release made anew, `former`, and of the changed one."""
    kept = Cache(mine / "public" / ".cache")
    known = kept.json(changed.name(release))
    assert known["room"] == changed.room(former) < changed.room(release)
    parts, told = ([kept.part(key) for key in known[of]] for of in ("parts", "told"))
    for grown, is_changed in ((changed.room(release) / known["room"] + 0.01, True), (1.0, False)):
        monkeypatch.setattr(changed, "_GROWN", grown)
        assert (changed.former(mine / "public", kept, parts, told) is not None) == is_changed


def assert_history_is_that_of_all_compared(former: releases.Release, release: releases.Release, folder: Path) -> None:
    """Compare what was found from changed parts alone with what comparing everything finds."""
    folder.mkdir()
    (folder / "store").symlink_to(release.store)
    of = release.manifest
    datasets = {iri: Canonical(d["graphs"], d["quads"], d["sha256"]) for iri, d in of["datasets"].items()}
    names = history.write(
        folder, release.version, of["built_at"], of["base_iri"], release.default_graphs, datasets, former
    )
    for name in names:
        assert (release.folder / name).read_text("utf-8") == (folder / name).read_text("utf-8")
    (entry, *_) = history.log.read(release.folder)
    assert entry.is_known
    assert not entry.is_empty
    assert history.gone.read(release.folder).things


def asked(release: releases.Release) -> list[object]:
    """Return all that the indexes of a release hold, in their order, and answers to searches."""
    finder = search.Finder(release.folder / search.FILE)
    index = standings.Index(release.folder / standings.FILE)
    try:
        words = ("水揚量", "水", "量 架空", "011002", "港湾", "トン", "市", "総合戦略", "kpi")
        found: list[object] = [finder.search(w, limit=500) for w in words]
        found += [index.rows({}, sort) for sort in standings.SORTS]
        found += [index.counts(dimension, {}) for dimension in standings.DIMENSIONS]
        found += [index.crossed(dimension, {}) for dimension in ("municipality", "department")]
        found += [index.labels(iri) for dimension in standings.DIMENSIONS for iri, _ in index.counts(dimension, {})]
        return found
    finally:
        finder.close()
        index.close()


def test_indexes_are_changed_where_little_has_changed_and_answer_the_same(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed, "_FEW", 1)
    sources = mine / "data" / "sources"
    shutil.rmtree(sources / CODES[1])
    shutil.rmtree(sources / CODES[0] / "senryaku-2017")  # what it alone has is gone, its 2016 edition is the newest
    write_case(mine, GOOD.replace("水揚量", "年間の水揚高").replace("水産課", "港湾課"), code="012041")
    with monkeypatch.context() as patch:
        for index in (search, standings):
            patch.setattr(index, "write", lambda *_: pytest.fail("the index was written anew"))
        now = build(mine / "data", mine / "public").published.release
    assert_history_is_that_of_all_compared(publish.releases(mine / "public")[0], now, mine / "compared")
    assert asked(now) == asked(build(mine / "data", mine / "cold").published.release)


def test_threads_change_nothing_and_all_that_is_written_beside_is_listed_once(mine: Path) -> None:
    release = build(mine / "data", mine / "other", threads=2).published.release
    assert content(mine / "other") == content(mine / "public")
    assert quads_in_store(mine / "other") == quads_in_store(mine / "public")
    assert publish.verify(release.folder) == []
