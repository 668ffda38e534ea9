"""The whole suite at national scale: one part after the other, each kept, so that what is interrupted goes on.

    python benchmarks/suite.py --scratch DIR [--sizes 1 100 1788] [--jobs 1 2] [--only PART …] [--again]

    country   the source documents of a synthetic country (synthesize.py)
    build     kpigraph build of it, with each number of processes; what the graph holds is compared with what it must
    rebuild   the same again with nothing changed, and with one document changed
    load      pyoxigraph's bulk_load of the same N-Quads into an empty store: the peer of the whole build
    morph     morph-kgc on the table of observations, by an RML mapping of ours: the peer of mapping (up to 100)
    document  one more document stage by stage, beside morph-kgc, pySHACL and bulk_load in one run; of more than 100
              municipalities every so many-th one, so that 100 are taken
    serve     every kind of page, question and search, from disk and from memory (kinds.py); a server from outside,
              its questions over HTTP, memory of all its processes (served.py)
    download  the dump over HTTP: processor time and memory of the server
    report    docs/benchmarks/report.md with plots, of what there is

Results are in benchmarks/results/national.json; a part that is there is not run again without --again. Times are of the
clock and of the processor, of the process and its children; memory is the greatest sum over all processes of a part,
looked at ten times a second. KPIGRAPH_DUMPS=packed in the environment holds for all parts but the peers.
"""

import argparse
import gzip
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPO = HERE.parent
RESULTS = HERE / "results" / "national.json"
MORPH = "morph-kgc==2.10.0"
MORPH_UP_TO = 100  # municipalities
PARTS = ("country", "build", "rebuild", "load", "morph", "document", "serve", "download", "report")
LOAD = """
import sys, pyoxigraph as ox
store = ox.Store(sys.argv[2])
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS)
store.flush()
print(len(store))
"""


def measured(*command: str | Path, limit: float = 14_400) -> dict[str, Any]:
    """Run a command to its end; return seconds, processor seconds, MiB at most, and what it printed.

    Raises:
        SystemExit: with what it printed, if it fails or takes longer than `limit` seconds.
    """
    import psutil

    environment = os.environ | {"PYTHONPATH": str(REPO)}
    began, before, peak = time.perf_counter(), os.times(), 0
    with subprocess.Popen(
        [str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        told = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                family = [told, *told.children(recursive=True)]
                peak = max(peak, sum(p.memory_info().rss for p in family))
                process.communicate(timeout=0.1)
            except psutil.NoSuchProcess:
                pass
            except subprocess.TimeoutExpired:
                if time.perf_counter() - began > limit:
                    process.kill()
        out, err = process.communicate()
    after = os.times()
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {process.returncode}\n{err[-3000:]}")
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": time.perf_counter() - began, "busy": busy, "MiB": peak / (1 << 20), "printed": out}


class Suite:
    """What has been measured, and the folders it is measured in."""

    def __init__(self, scratch: Path, *, again: bool) -> None:
        self.scratch, self._again = scratch, again
        self.results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
        self.results["machine"] = {
            "python": platform.python_version(), "system": platform.platform(), "cpus": os.cpu_count(),
            "load of the last 15 minutes": round(os.getloadavg()[2], 1),
            "memory GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
            **{name: version(name) for name in ("kpigraph", "pyoxigraph", "pyshacl", "rdflib")},
        }  # fmt: skip

    def part(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the result of a part, measured now unless it was before."""
        if name not in self.results or self._again:
            print(name, file=sys.stderr)
            made = make()
            made.pop("printed", None)
            self.results[name] = made
            RESULTS.parent.mkdir(exist_ok=True)
            RESULTS.write_text(json.dumps(self.results, ensure_ascii=False, indent=1) + "\n", "utf-8")
        found: dict[str, Any] = self.results[name]
        return found

    def data(self, size: int) -> Path:
        return self.scratch / f"data-{size}"

    def public(self, size: int) -> Path:
        return self.scratch / f"public-{size}"

    def country(self, size: int) -> dict[str, Any]:
        shutil.rmtree(self.data(size), ignore_errors=True)
        program = HERE / "synthesize.py"
        made = measured(sys.executable, program, "--municipalities", str(size), "--out", self.data(size))
        return made | json.loads((self.data(size) / "expected.json").read_text("utf-8"))

    def build(self, size: int, jobs: int) -> dict[str, Any]:
        """Build from nothing; the data folder is new, for a build leaves registries in it."""
        work, out = self.scratch / f"work-{size}", self.public(size)
        for folder in (work, out):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.data(size), work)
        made = self._built(size, jobs)
        counts = json.loads((out / "current" / "manifest.json").read_text("utf-8"))["counts"]
        expected = json.loads((self.data(size) / "expected.json").read_text("utf-8"))
        wrong = {k: (v, counts.get(k)) for k, v in expected.items() if k in counts and counts[k] != v}
        if wrong:
            raise SystemExit(f"the graph of {size} municipalities does not hold what it must: {wrong}")
        size_of = {n: _size(out / "current" / n) for n in ("store", "kpigraph.nq", "kpigraph.nq.gz", "search")}
        return made | {"quads": counts["quads"], "documents": counts["documents"], "bytes": size_of}

    def _built(self, size: int, jobs: int) -> dict[str, Any]:
        several = ["--jobs", str(jobs)] if "--jobs" in _help() else []
        work, out = self.scratch / f"work-{size}", self.public(size)
        return measured(sys.executable, "-m", "kpigraph", "build", work, "--out", out, "-q", *several)

    def rebuild(self, size: int, jobs: int) -> dict[str, Any]:
        """Build again: once more, so that all keys are known, then with nothing changed, then with one card changed."""
        work, out = self.scratch / f"work-{size}", self.public(size)
        self._built(size, jobs)
        same = self._built(size, jobs)
        card = sorted(work.glob("sources/*/*/card.toml"))[0]
        said, words = card.read_text("utf-8"), ("性能測定用に", "性能を測るために")
        was, now = words if words[0] in said else words[::-1]
        card.write_text(said.replace(was, now), "utf-8")
        before = (out / "current").resolve()
        changed = self._built(size, jobs)
        if (out / "current").resolve() == before:
            raise SystemExit(f"a changed card of {size} municipalities gave no new release: {card}")
        return {"same": same["seconds"], "changed": changed["seconds"], "changed busy": changed["busy"],
                "seconds": same["seconds"], "busy": same["busy"], "MiB": changed["MiB"]}  # fmt: skip

    def load(self, size: int) -> dict[str, Any]:
        store, plain = self.scratch / "bare-store", self.public(size) / "current" / "kpigraph.nq"
        shutil.rmtree(store, ignore_errors=True)
        if not plain.exists():  # published packed only
            packed, plain = plain.with_name(f"{plain.name}.gz"), self.scratch / plain.name
            with gzip.open(packed) as inflating, plain.open("wb") as inflated:
                shutil.copyfileobj(inflating, inflated, 1 << 20)
        made = measured(sys.executable, "-c", LOAD, plain, store)
        shutil.rmtree(store)
        (self.scratch / plain.name).unlink(missing_ok=True)
        return made | {"quads": int(made["printed"])}

    def morph(self, size: int) -> dict[str, Any]:
        """morph-kgc in an environment of its own."""
        python = self._morph_python()
        table, out = self.public(size) / "current" / "observations.csv", self.scratch / "morph.nt"
        mapping = (HERE / "observations.rml.ttl").read_text("utf-8").replace("observations.csv", str(table))
        (self.scratch / "mapping.ttl").write_text(mapping, "utf-8")
        settings = f"[CONFIGURATION]\noutput_file: {out}\nnumber_of_processes: 1\n[table]\nmappings: "
        (self.scratch / "morph.ini").write_text(settings + f"{self.scratch / 'mapping.ttl'}\n", "utf-8")
        made = measured(python, "-m", "morph_kgc", self.scratch / "morph.ini")
        with out.open("rb") as lines:
            return made | {"triples": sum(1 for _ in lines)}

    def _morph_python(self) -> Path:
        venv = self.scratch / "morph"
        if not (venv / "lib").exists():
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            subprocess.run([venv / "bin" / "pip", "install", "-q", MORPH], check=True)
        return venv / "bin" / "python"

    def document(self, size: int) -> dict[str, Any]:
        file, program, data = self.scratch / "document.json", HERE / "document.py", self.data(size)
        if size > MORPH_UP_TO:
            homes = sorted((data / "sources").iterdir())[:: size // MORPH_UP_TO][:MORPH_UP_TO]
            data = self.scratch / "sample"
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(self.data(size) / "codelists", data / "codelists")
            for home in homes:
                shutil.copytree(home, data / "sources" / home.name)
        arguments = ["--data", data, "--morph", self._morph_python(), "--rounds", "1", "--json", file]
        made = measured(sys.executable, program, *arguments)
        print(made["printed"])
        return made | json.loads(file.read_text("utf-8"))

    def serve(self, size: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, more in (("disk", []), ("memory", ["--memory", "--only", "questions"])):
            file = self.scratch / "kinds.json"
            made = measured(sys.executable, HERE / "kinds.py", self.public(size), "--json", file, *more)
            found[name] = json.loads(file.read_text("utf-8"))
        file = self.scratch / "served.json"
        measured(sys.executable, HERE / "served.py", self.public(size), "--json", file)
        found["http"] = json.loads(file.read_text("utf-8"))
        return found | {"seconds": made["seconds"], "busy": made["busy"], "MiB": found["disk"]["peak MiB"]}

    def download(self, size: int) -> dict[str, Any]:
        """Fetch the dump as it is; the server's processor time and memory before and after."""
        import psutil

        with serving(self.public(size)) as (process, address):
            told = psutil.Process(process.pid)
            read(f"{address}/")
            before, memory = sum(told.cpu_times()[:2]), told.memory_info().rss
            began = time.perf_counter()
            plain = (self.public(size) / "current" / "kpigraph.nq").exists()
            length = read(f"{address}/download/kpigraph.nq{'' if plain else '.gz'}")
            seconds = time.perf_counter() - began
            after = sum(told.cpu_times()[:2])
            grown = (told.memory_info().rss - memory) / (1 << 20)
        return {"seconds": seconds, "busy": after - before, "bytes": length, "grown MiB": grown, "MiB": memory >> 20}


@contextmanager
def serving(public: Path) -> Any:
    """Lend a server of `public` on a port of its own, and its address."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kpigraph", "serve", "--store", str(public), "--port", str(port), "-q"]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(REPO)}) as process:
        try:
            for _ in range(600):
                try:
                    read(f"http://127.0.0.1:{port}/healthz")
                    break
                except OSError:
                    time.sleep(0.1)
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def read(address: str) -> int:
    """Return how many bytes an address gives; they are thrown away."""
    length = 0
    with urllib.request.urlopen(address, timeout=600) as answer:
        while chunk := answer.read(1 << 20):
            length += len(chunk)
    return length


def _help() -> str:
    command = [sys.executable, "-m", "kpigraph", "build", "--help"]
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(REPO), "COLUMNS": "200"}
    ).stdout


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(p.stat().st_size for p in files if p.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="a folder for some ten GiB")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 100, 1788])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--again", action="store_true", help="run parts whose results there are")
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    suite = Suite(given.scratch, again=given.again)
    for size in given.sizes:
        if "country" in given.only and not (suite.data(size).exists() and f"country-{size}" in suite.results):
            suite.part(f"country-{size}", lambda n=size: suite.country(n))  # type: ignore[misc]
        for jobs in given.jobs if "build" in given.only else ():
            suite.part(f"build-{size}-{jobs}", lambda n=size, j=jobs: suite.build(n, j))  # type: ignore[misc]
        for name in ("rebuild", "load", "morph", "document", "serve", "download"):
            if name not in given.only or (name == "morph" and size > MORPH_UP_TO):
                continue
            if name == "document" and size == 1:  # the first document of a process is left out of its figures
                continue
            make = getattr(suite, name)
            more = (max(given.jobs),) if name == "rebuild" else ()
            suite.part(f"{name}-{size}", lambda make=make, n=size, more=more: make(n, *more))  # type: ignore[misc]
    if "report" in given.only:
        sys.path[:0] = [str(HERE)]
        import report

        print(report.write(suite.results, REPO / "docs" / "benchmarks"))


if __name__ == "__main__":
    main()
