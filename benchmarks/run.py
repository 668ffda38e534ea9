"""Measure the build of Kushiro's publication, the start of its server, the reading of cells; print a table, write it.

The figures go to results/latest.json too.

    python benchmarks/run.py [--rounds N]

Every figure is the median over rounds. What is compared is measured in turn within each round, so that a busy machine
slows both alike, and is given as a ratio. This process imports the standard library alone: Linux counts the memory of
the process that starts a program into the peak of that program. What needs more runs in a process of its own.
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
MIB = 1 << 20
COPIES = 20


@dataclass(frozen=True)
class Figure:
    """One line of the result; `goal` is an upper bound, None where the line is there to explain another."""

    name: str
    unit: str
    median: float
    lowest: float
    highest: float
    goal: float | None = None

    @property
    def reached(self) -> str:
        return "" if self.goal is None else "yes" if self.median < self.goal else "NO"


def figure(name: str, unit: str, values: list[float], goal: float | None = None) -> Figure:
    return Figure(name, unit, statistics.median(values), min(values), max(values), goal)


# ---- one process, measured


@dataclass(frozen=True)
class Ended:
    """How a process went: wall-clock seconds, peak of its resident memory in MiB, what it printed."""

    seconds: float
    peak: float
    stdout: str


def run(*command: str | Path, cwd: Path) -> Ended:
    """Run a command to its end.

    Raises:
        SystemExit: with what it printed, if it fails.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, *map(str, command)], cwd=cwd, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait for it again
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise SystemExit(f"{command}: {process.returncode}\n{err.read().decode()}")
        per_mib = MIB if sys.platform == "darwin" else 1024
        return Ended(seconds, usage.ru_maxrss / per_mib, out.read().decode())


# ---- parts that need the program: each in a process of its own


def part_build(data: Path, out: Path) -> None:
    """Print the seconds of a build within a process that has already imported the program."""
    from kpigraph import pipeline
    from kpigraph.config import Settings

    start = time.perf_counter()
    pipeline.build(data, out, Settings())
    print(time.perf_counter() - start)


def part_validate(graph: Path) -> None:
    """Print the seconds of the call that validates in a build."""
    _validate(graph, "fast")


def part_reference(graph: Path) -> None:
    """Print the seconds of the same call by pySHACL, each query of the shapes parsed once."""
    _validate(graph, "pyshacl")


def _validate(graph: Path, engine: str) -> None:
    """Print seconds by the clock, seconds of processor time, and what was found, as a digest."""
    from kpigraph import answers, ontology, validate

    data, shapes, vocabulary = answers.load_graph([graph]), validate.load_shapes(), ontology.load_vocabulary()
    start, busy = time.perf_counter(), time.process_time()
    report = validate.validate(data, shapes, vocabulary, engine=validate.Engine(engine))
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    digest = hashlib.sha256(report.to_json().encode()).hexdigest()
    print(seconds, busy, digest, len(data), len(report.results))


def part_pyshacl(graph: Path) -> None:
    """Print the seconds of pySHACL as it comes on the same graph and shapes, with the same subclass axioms."""
    import pyshacl
    from rdflib import RDFS

    from kpigraph import answers, ontology, validate

    data, shapes = answers.load_graph([graph]), validate.load_shapes()
    for axiom in ontology.load_vocabulary().triples((None, RDFS.subClassOf, None)):
        data.add(axiom)
    start = time.perf_counter()
    pyshacl.validate(data, shacl_graph=shapes, inplace=True)
    print(time.perf_counter() - start)


def part_cells(document: Path) -> None:
    """Print how many cells a second are read: each cell of the tables of `document`, whatever it is."""
    from kpigraph import cells, codelists
    from kpigraph.problems import SourceError, SourceLocation

    units, at = codelists.load_units(REPO / "data" / "codelists"), SourceLocation(file=document.name)
    texts = [text for line in document.read_text(encoding="utf-8").splitlines() for text in line.split("\t") if text]
    start = time.perf_counter()
    for text in texts:
        with contextlib.suppress(SourceError):  # an unreadable one costs as much
            cells.parse_cell(text, at, units)
    print(len(texts) / (time.perf_counter() - start))


PARTS: dict[str, Callable[..., None]] = {
    "build": part_build,
    "validate": part_validate,
    "reference": part_reference,
    "pyshacl": part_pyshacl,
    "cells": part_cells,
}


def part(name: str, *paths: Path) -> float:
    return float(run(__file__, "--part", name, *paths, cwd=REPO).stdout.split()[0])


def validated(engine: str, graph: Path) -> tuple[float, str]:
    """Return the seconds of processor time of a validation, and the digest of what was found."""
    _, busy, *found = run(__file__, "--part", engine, graph, cwd=REPO).stdout.split()
    return float(busy), " ".join(found)


# ---- what is measured


def building(rounds: int, scratch: Path, say: Callable[[str], None]) -> list[Figure]:
    """Measure builds against validation alone, and their memory; leave a publication in `scratch`/public."""
    data, graph = scratch / "data", scratch / "graph.nq"
    shutil.copytree(REPO / "data", data)
    run("-m", "kpigraph", "build", data, "--out", scratch / "public", "-q", cwd=scratch)
    write_graph(scratch / "public", graph)
    process, inside, alone, command, peak, empty = [], [], [], [], [], []
    for n in range(rounds):
        say(f"build, round {n + 1} of {rounds}")
        ended = run("-m", "kpigraph", "build", data, "--out", scratch / f"process-{n}", "-q", cwd=scratch)
        process.append(ended.seconds)
        peak.append(ended.peak)
        command.append(run("-m", "kpigraph", "validate", graph, "--engine", "pyshacl", cwd=scratch).seconds)
        inside.append(part("build", data, scratch / f"inside-{n}"))
        alone.append(part("reference", graph))
        empty.append(run("-c", "import pyoxigraph, pyshacl, rdflib", cwd=scratch).peak)
        shutil.rmtree(scratch / f"process-{n}")
        shutil.rmtree(scratch / f"inside-{n}")
    say("pySHACL as it comes, once: it takes minutes")
    pyshacl = [part("pyshacl", graph)]
    return [
        figure("build, process / pySHACL as it comes, the call alone", "ratio", ratios(process[-1:], pyshacl), goal=2),
        figure(
            "build, in process / pySHACL, each query parsed once, the call alone",
            "ratio",
            ratios(inside, alone),
            goal=2,
        ),
        figure(
            "build, process / kpigraph validate --engine pyshacl, process", "ratio", ratios(process, command), goal=2
        ),
        figure("build, process", "s", process),
        figure("build, in process", "s", inside),
        figure("kpigraph validate --engine pyshacl, process", "s", command),
        figure("pySHACL, each query parsed once, the call alone", "s", alone),
        figure("pySHACL as it comes, the call alone", "s", pyshacl),
        figure("build, peak of resident memory", "MiB", peak, goal=250),
        figure("build / importing its libraries, peak of resident memory", "ratio", ratios(peak, empty)),
    ]


def validating(rounds: int, scratch: Path, say: Callable[[str], None]) -> list[Figure]:
    """Measure the compiled shapes against pySHACL at equal results, on one document's graph and on `COPIES` of it."""
    figures = []
    for copies, times in ((1, rounds), (COPIES, 1)):
        file, fast, slow = scratch / f"graph-{copies}.nq", [], []
        write_copies(scratch / "graph.nq", file, copies)
        for n in range(times):
            say(f"validation of {copies} documents' triples, round {n + 1} of {times}")
            one, other = validated("validate", file), validated("reference", file)
            if one[1] != other[1]:
                raise SystemExit(f"the engines differ on {file}: {one[1]}, {other[1]}")
            fast.append(one[0])
            slow.append(other[0])
        name = "one document" if copies == 1 else f"{copies} documents"
        figures += [
            figure(f"compiled shapes / pySHACL, each query parsed once, {name}", "ratio", ratios(fast, slow), goal=0.1),
            figure(f"compiled shapes, the call alone, {name}", "s", fast),
            figure(f"pySHACL, each query parsed once, the call alone, {name}", "s", slow),
        ]
    return figures


def write_copies(graph: Path, file: Path, copies: int) -> None:
    """Write the quads `copies` times, each time about things of other names."""
    quads = graph.read_text(encoding="utf-8").splitlines(keepends=True)
    with file.open("w", encoding="utf-8") as out:
        for n in range(copies):
            out.writelines(q.replace("/kpigraph/id/", f"/kpigraph/{n}/id/") for q in quads)


def reading(rounds: int, say: Callable[[str], None]) -> list[Figure]:
    """Measure how fast cells are read: those of Kushiro, mostly plain, and those of a case that say several things."""
    plain = REPO / "data/sources/012068/sogo-senryaku-kpi-2016/kushiro-kpi.txt"
    several = REPO / "tests/documents/cells/sources/479993/kpi-2024/kpi.tsv"
    say("cells")
    return [
        figure(
            "cells of Kushiro's document, each read as a value", "1/s", [part("cells", plain) for _ in range(rounds)]
        ),
        figure("cells that say several things", "1/s", [part("cells", several) for _ in range(rounds)]),
    ]


def write_graph(public: Path, file: Path) -> None:
    """Write what a build validates: the graph of the release without the vocabulary."""
    with (public / "current" / "kpigraph.nq").open(encoding="utf-8") as quads:
        file.write_text("".join(q for q in quads if not q.endswith("/graph/vocab> .\n")), encoding="utf-8")


def ratios(above: list[float], below: list[float]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=True)]


def serving(rounds: int, scratch: Path, say: Callable[[str], None]) -> list[Figure]:
    """Measure the time from `kpigraph serve` to the first answer, on the publication in `scratch`/public."""
    ready, first, imports = [], [], []
    for n in range(rounds):
        say(f"serve, round {n + 1} of {rounds}")
        healthy, answered = first_answer(scratch / "public")
        ready.append(healthy)
        first.append(answered)
        imports.append(run("-c", "import fastapi, jinja2, pyoxigraph, uvicorn", cwd=scratch).seconds)
    return [
        figure("serve, from its start to the first page", "s", first, goal=1),
        figure("serve, from its start to /healthz", "s", ready),
        figure("serve, to the first page / importing its libraries", "ratio", ratios(first, imports)),
    ]


def first_answer(public: Path, limit: float = 30) -> tuple[float, float]:
    """Return the seconds from starting a server to its first healthy answer, and to its first page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kpigraph", "serve", "--store", str(public), "--port", str(port), "-q"]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=public.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not answers(port, "/healthz"):
            if process.poll() is not None or time.perf_counter() - start > limit:
                raise SystemExit(f"{' '.join(command[1:])}: no answer (status {process.poll()})")
            time.sleep(0.002)
        healthy = time.perf_counter() - start
        if not answers(port, "/"):
            raise SystemExit("/ does not answer")
        return healthy, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
            return bool(response.read())
    except (urllib.error.URLError, ConnectionError):
        return False


# ---- the whole


def text(figures: list[Figure]) -> str:
    width = max(len(f.name) for f in figures)
    lines = [f"{'':{width}}  {'median':>8} {'lowest':>8} {'highest':>8} unit  goal"]
    for f in figures:
        goal = "" if f.goal is None else f"< {f.goal:g} {f.reached}"
        lines.append(f"{f.name:{width}}  {f.median:8.2f} {f.lowest:8.2f} {f.highest:8.2f} {f.unit:5} {goal}".rstrip())
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure kpigraph on Kushiro's document.")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each figure (default 5)")
    parser.add_argument("--part", choices=sorted(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        PARTS[arguments.part](*arguments.paths)
        return

    def say(what: str) -> None:
        print(what, file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        figures = building(arguments.rounds, scratch, say) + validating(arguments.rounds, scratch, say)
        figures += serving(arguments.rounds, scratch, say)
        figures += reading(arguments.rounds, say)
    print(text(figures))
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system(), "cpus": os.cpu_count()}
    result = {"machine": machine, "rounds": arguments.rounds, "figures": [asdict(f) for f in figures]}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    say(f"written to {RESULTS.relative_to(REPO)}")


if __name__ == "__main__":
    main()
