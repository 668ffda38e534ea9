"""Kill builds: at every step that they take on the disk, and at random moments; after each death see what is there.

`make faults` runs all of it and prints what docs/reliability.md tells; the tests run some of it. A build is forked from
this process, which has read all that builds share and has no thread, so that hundreds of deaths take a minute. A step
is what changes names or makes bytes lasting (open, rename, link, remove, fsync) below the folder of the publication or
of the data; the build is killed just before it, so the one before was the last it took.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import conftest
import sample

from kpigraph import pipeline, publish, releases
from kpigraph.config import Settings
from kpigraph.store import open_store

Work = Callable[[], object]
_STEPS = frozenset(
    ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate", "fcntl.flock")
)


@dataclass
class Seen:
    """What was seen: deaths, those in the middle of writing a release, switches, builds that then succeeded."""

    steps: int = 0
    killed: int = 0
    amid: int = 0
    switched: int = 0
    succeeded: int = 0


class Publishing:
    """Publishes the sample graph, another one each time."""

    def __init__(self, folder: Path) -> None:
        self.out = folder / "public"
        self.roots = (str(self.out),)

    def work(self, number: int) -> Work:
        made = sample.content(sample.remark(f"number {number}"))
        return lambda: publish.publish(self.out, made)


class Building:
    """Builds a small document from its text, another one each time, with everything that a build keeps."""

    def __init__(self, folder: Path) -> None:
        self.out = folder / "public"
        self.case = conftest.write_case(folder, conftest.HEADER + conftest.HEADINGS + conftest.BLOCK)
        self.card = (self.case.folder / "card.toml").read_text("utf-8")
        self.roots = (str(self.out), str(self.case.data))
        in_child(lambda: pipeline.build(self.case.data, self.out, Settings()))

    def work(self, number: int) -> Work:
        text = conftest.HEADER + conftest.HEADINGS + conftest.BLOCK.replace("110.5", f"{110 + number}.5")
        before = releases.describe(self.case.folder / "kpi.txt").sha256
        (self.case.folder / "kpi.txt").write_text(text, "utf-8")
        card = self.case.folder / "card.toml"
        now = releases.describe(self.case.folder / "kpi.txt").sha256
        card.write_text(card.read_text("utf-8").replace(before, now), "utf-8")
        return lambda: pipeline.build(self.case.data, self.out, Settings())


def in_child(work: Work, prepare: Callable[[], object] = lambda: None, after: float | None = None) -> int:
    """Do `work` in a child and return how that ended, as waitpid tells; killed `after` so many seconds if it lives."""
    if (pid := os.fork()) == 0:
        status = 1
        try:
            prepare()
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    if after is not None:
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def armed(roots: tuple[str, ...], at: int, note: Path | None = None) -> None:
    """Let this process be killed before its step number `at`; write into `note` how many it has taken so far."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1
        if taken == at:
            os.kill(os.getpid(), signal.SIGKILL)
        if note is not None:
            os.pwrite(noting, str(taken).encode(), 0)

    def heard(event: str, details: tuple[Any, ...]) -> None:
        if event in _STEPS and (event == "fcntl.flock" or any(str(d).startswith(roots) for d in details[:2])):
            step()

    noting = os.open(note, os.O_WRONLY | os.O_CREAT) if note is not None else -1
    real = os.fsync

    def fsync(descriptor: int) -> None:
        step()
        real(descriptor)

    os.fsync = fsync  # type: ignore[assignment]
    sys.addaudithook(heard)


def steps_of(what: Publishing | Building, folder: Path) -> int:
    """Return how many steps a build takes that publishes a release."""
    note = folder / "steps"
    assert in_child(what.work(900_000), lambda: armed(what.roots, 0, note)) == 0
    return int(note.read_text())


def whole(out: Path) -> None:
    """Fail unless nothing is in use or a release whose every file is as published and whose store answers."""
    if (release := publish.current_release(out)) is not None:
        assert (problems := releases.verify(release.folder)) == [], problems[0].line("en")
        (row,) = open_store(release.store, release.default_graphs).select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        assert int(getattr(row["n"], "value", 0)) > 0


def look(out: Path, seen: Seen, before: str, ended: int) -> str:
    """Look at what a build left behind; return the release that is in use now."""
    assert ended in (0, -signal.SIGKILL), f"a build ended with {ended}"
    assert in_child(lambda: whole(out)) == 0, "what is in use is not whole"
    left = [*(out / "releases").glob(".tmp-*")]
    assert len(left) <= 1, left
    assert len([*out.glob(".current-*")]) <= 1
    seen.killed += ended != 0
    seen.amid += bool(left)
    now = os.readlink(out / "current") if (out / "current").is_symlink() else ""
    seen.switched += now != before
    if seen.killed % 10 == 0:
        print(f"{seen.killed} killed", end="\r", file=sys.stderr, flush=True)
    return now


def succeeds(what: Publishing | Building, number: int, seen: Seen) -> None:
    """Fail unless a build succeeds now, leaves nothing half done and is the one in use."""
    assert in_child(what.work(number)) == 0, "a build after a death does not succeed"
    assert [*what.out.glob(".current-*"), *(what.out / "releases").glob(".tmp-*")] == []
    assert in_child(lambda: whole(what.out)) == 0
    seen.succeeded += 1


def at_steps(what: Publishing | Building, folder: Path, every: int, then_build: int) -> Seen:
    """Kill a build before each `every`-th of its steps; after each `then_build`-th death see that one succeeds."""
    seen, now = Seen(steps=steps_of(what, folder)), ""
    for number, at in enumerate(range(1, seen.steps + 1, every), 1):
        now = look(what.out, seen, now, in_child(what.work(number), lambda at=at: armed(what.roots, at)))  # type: ignore[misc]
        if number % then_build == 0:
            succeeds(what, 100_000 + number, seen)
    succeeds(what, 200_000, seen)
    return seen


def at_moments(what: Publishing | Building, kills: int, then_build: int, seed: int = 9) -> Seen:
    """Kill so many builds, each at a random moment of the time that one takes."""
    seen, now, moments = Seen(), "", random.Random(seed)
    began = time.monotonic()
    succeeds(what, 300_000, seen)
    takes = time.monotonic() - began
    for number in count(400_000):
        before = seen.killed
        now = look(what.out, seen, now, in_child(what.work(number), after=moments.uniform(0, takes)))
        if seen.killed == before:
            takes *= 0.9  # it was done before its moment came: the machine is quicker now
        elif seen.killed % then_build == 0:
            succeeds(what, 500_000 + number, seen)
        if seen.killed >= kills:
            break
    succeeds(what, 600_000, seen)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="at random moments of publishing, and of building")
    parser.add_argument("--every", type=int, default=1, help="kill before each so many steps")
    parser.add_argument("--then", type=int, default=10, help="after so many deaths a build must succeed")
    parser.add_argument("--only", default="", help="such as building-moments")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kpigraph-faults-") as scratch:
        for kind in (Publishing, Building):
            for way in ("steps", "moments"):
                name = f"{kind.__name__.lower()}-{way}"
                if asked.only not in ("", name):
                    continue
                folder = Path(scratch) / name
                folder.mkdir()
                what = kind(folder)
                seen = (
                    at_steps(what, folder, asked.every, asked.then)
                    if way == "steps"
                    else at_moments(what, asked.kills, asked.then)
                )
                print(name, json.dumps(asdict(seen)), flush=True)


if __name__ == "__main__":
    main()
