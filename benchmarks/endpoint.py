"""Measure the SPARQL endpoint against a bare application and rdflib-endpoint: throughput, latency, starvation, memory.

    python benchmarks/endpoint.py [--copies 10] [--seconds 4] [--rounds 3]

Same data (Kushiro's publication, copied under other municipality codes), same queries, same load generator, in turn
within each round; what counts are the ratios. Everything is on loopback and bounded in time. rdflib-endpoint is
measured where it is installed (`pip install rdflib-endpoint`). The bare application is FastAPI and pyoxigraph in one
file, without any protection: `bare.py`.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results" / "endpoint.json"
OWN_CODE = "012068"
TIMEOUT = 30.0

_PREFIXES = """PREFIX kpi: <https://w3id.org/kpigraph/ns#> PREFIX c: <https://w3id.org/kpigraph/code/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX sm: <http://purl.org/linked-data/sdmx/2009/measure#>
PREFIX d: <https://w3id.org/kpigraph/id/lg/012068/>
"""
QUERIES = {
    "lookup": "SELECT ?p ?o { ?i a kpi:Indicator ; skos:prefLabel '釧路港年間水揚量'@ja . ?i ?p ?o }",
    "goal overview": """SELECT ?name ?value ?period { ?g a kpi:Goal ; skos:prefLabel ?goal . ?l a kpi:Listing ;
        kpi:underMeasure/skos:broader+ ?g ; kpi:indicator ?i . ?i skos:prefLabel ?name . ?t a kpi:Target ;
        kpi:indicator ?i ; kpi:statedValue ?value ; kpi:statedPeriod ?period } LIMIT 100""",
    "behind ranking": """SELECT ?name ?r { ?a a kpi:Assessment ; kpi:progressRatio ?r ; kpi:indicator ?i .
        ?i skos:prefLabel ?name FILTER(?r < 1) } ORDER BY ?r LIMIT 20""",
    "comparison": """SELECT ?name ?a ?t { ?x a kpi:Actual ; kpi:indicator ?i ; kpi:baseValue ?a . ?y a kpi:Target ;
        kpi:indicator ?i ; kpi:baseValue ?t . ?i skos:prefLabel ?name } LIMIT 100""",
    "by department": """SELECT ?dept (COUNT(DISTINCT ?i) AS ?n) { ?l a kpi:Listing ; kpi:indicator ?i ;
        kpi:department/skos:prefLabel ?dept } GROUP BY ?dept ORDER BY DESC(?n)""",
    "text search": """SELECT ?i ?name { ?i a kpi:Indicator ; skos:prefLabel ?name
        FILTER(CONTAINS(?name, '観光')) } LIMIT 50""",
    "hierarchy path": "SELECT ?top { ?m a kpi:Measure ; skos:broader+ ?top } LIMIT 100",
    "count": "SELECT (COUNT(*) AS ?n) { ?s a kpi:Statement }",
}
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@dataclass
class Load:
    """What a load saw: seconds of each answer by query, errors and sheds."""

    seconds: float
    times: dict[str, list[float]] = field(default_factory=dict)
    wrong: int = 0
    shed: int = 0

    @property
    def all(self) -> list[float]:
        return sorted(t for times in self.times.values() for t in times)

    @property
    def rate(self) -> float:
        return len(self.all) / self.seconds

    def at(self, share: float) -> float:
        return self.all[min(len(self.all) - 1, int(len(self.all) * share))] * 1000 if self.all else float("nan")


def prepare(scratch: Path, copies: int) -> Path:
    """Write the data of `copies` municipalities as N-Triples."""
    public = scratch / "public"
    command = [sys.executable, "-m", "kpigraph", "build", str(REPO / "data"), "--out", str(public), "-q"]
    subprocess.run(command, check=True, cwd=scratch)
    lines = (public / "current" / "kpigraph.nt").read_text("utf-8")
    own = [line for line in lines.splitlines(keepends=True) if OWN_CODE in line]
    file = scratch / "data.nt"
    with file.open("w", encoding="utf-8") as out:
        out.write(lines)
        for n in range(1, copies):
            out.writelines(line.replace(OWN_CODE, f"{900000 + n}") for line in own)
    return file


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextlib.contextmanager
def server(kind: str, data: Path) -> Iterator[tuple[int, int]]:
    """Lend the port and the process number of a server of `kind` over `data`."""
    port = _free_port()
    command = {
        "kpigraph": [sys.executable, "-m", "kpigraph", "serve", "--data", str(data), "--port", str(port), "-q"],
        "bare": [sys.executable, str(Path(__file__).with_name("bare.py")), str(data), str(port)],
        "rdflib-endpoint": [sys.executable, "-m", "rdflib_endpoint", "serve", str(data), "--port", str(port)],
    }[kind]
    environment = os.environ | {"KPIGRAPH_QUERY_SECONDS": "10"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        deadline = time.monotonic() + 300
        while ask(port, "ASK {}", 5, _place(kind)) is None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{kind} does not start")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _place(kind: str) -> str:
    return "/" if kind == "rdflib-endpoint" else "/sparql"


def ask(port: int, query: str, seconds: float = TIMEOUT, place: str = "/sparql") -> float | None:
    """Return the seconds that an answer took, None if there was none."""
    address = f"http://127.0.0.1:{port}{place}?" + urllib.parse.urlencode({"query": query})
    start = time.perf_counter()
    try:
        request = urllib.request.Request(address, headers={"Accept": "application/sparql-results+json"})
        with urllib.request.urlopen(request, timeout=seconds) as response:
            response.read()
            return time.perf_counter() - start
    except (OSError, urllib.error.URLError):
        return None


async def load(port: int, connections: int, seconds: float, *, repeated: bool, place: str = "/sparql") -> Load:
    """Ask the queries in turn over `connections` kept connections for `seconds`."""
    found, count = Load(seconds), iter(range(10**9))
    end = time.perf_counter() + seconds

    async def one(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        names = list(QUERIES)
        turn = first
        while time.perf_counter() < end:
            name = names[turn % len(names)]
            turn += 1
            text = _PREFIXES + QUERIES[name] + ("" if repeated else f" # {next(count)}")
            path = f"{place}?{urllib.parse.urlencode({'query': text})}"
            start = time.perf_counter()
            head = f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept: application/sparql-results+json\r\n\r\n"
            writer.write(head.encode())
            status = await _answer(reader)
            took = time.perf_counter() - start
            if status == 200:
                found.times.setdefault(name, []).append(took)
            elif status in (429, 503):
                found.shed += 1
            else:
                found.wrong += 1
        writer.close()

    await asyncio.gather(*(one(n) for n in range(connections)))
    return found


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if "transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    elif length := head.partition("content-length:")[2].split("\r\n")[0].strip():
        await reader.readexactly(int(length))
    return int(head.split(" ")[1])


async def starvation(port: int, endless: int, seconds: float) -> Load:
    """Ask light queries over two connections beside `endless` endless ones."""

    async def hold(n: int) -> None:
        path = "/sparql?" + urllib.parse.urlencode({"query": f"{ENDLESS} # {n}"})
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        await asyncio.sleep(seconds + 1)
        writer.close()

    held = [asyncio.create_task(hold(n)) for n in range(endless)]
    found = await load(port, 2, seconds, repeated=False)
    for task in held:
        task.cancel()
    await asyncio.wait(held)
    return found


def processor(pid: int) -> float:
    """Return the seconds of processor time that a process and all below it have had, those that have ended included."""
    import psutil

    total = 0.0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def memory(pid: int) -> float:
    """Return the MiB of a process and all below it, shared pages in part."""
    import psutil

    total = 0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total / (1 << 20)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the SPARQL endpoint.")
    parser.add_argument("--copies", type=int, default=10, help="municipalities (default 10)")
    parser.add_argument("--seconds", type=float, default=4, help="length of each load (default 4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--added", action="store_true", help="only what HTTP adds to the engine")
    parser.add_argument("--disk", action="store_true", help="also ours with the store on disk")
    arguments = parser.parse_args()
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        data = prepare(Path(folder), arguments.copies)
        triples = sum(1 for _ in data.open("rb"))
        print(f"{triples:,} triples", file=sys.stderr)
        ours, pid = stack.enter_context(server("kpigraph", data))
        if arguments.added:
            bare, _ = stack.enter_context(server("bare", data))
            time.sleep(5)
            added(ours, bare, data)
            return
        bare, bare_pid = stack.enter_context(server("bare", data))
        time.sleep(5)  # until the store is in memory
        before = memory(pid)
        rates: dict[str, list[float]] = {}
        loads: dict[str, list[Load]] = {}
        work: dict[str, list[float]] = {}
        for _ in range(arguments.rounds):
            for name, port, repeated in (("ours", ours, False), ("bare", bare, False), ("ours again", ours, True)):
                had = processor(bare_pid if name == "bare" else pid)
                one = asyncio.run(load(port, 8, arguments.seconds, repeated=repeated))
                had = processor(bare_pid if name == "bare" else pid) - had
                work.setdefault(name, []).append(had * 1000 / max(1, len(one.all)))
                rates.setdefault(name, []).append(one.rate)
                loads.setdefault(name, []).append(one)
        found["throughput"] = {n: statistics.median(r) for n, r in rates.items()}
        cold = [o / b for o, b in zip(rates["ours"], rates["bare"], strict=True)]
        repeated = [o / b for o, b in zip(rates["ours again"], rates["bare"], strict=True)]
        print(f"cold queries, ours / bare: {statistics.median(cold):.2f} (goal 0.8)  {found['throughput']}")
        print(f"repeated queries, ours / bare: {statistics.median(repeated):.2f} (goal 3)")
        work_ratio = statistics.median(b / o for o, b in zip(work["ours"], work["bare"], strict=True))
        means = {n: round(statistics.median(w), 2) for n, w in work.items()}
        print(f"processor time an answer, bare / ours, cold: {work_ratio:.2f} (whatever else is going on)  ms: {means}")
        found |= {"work ratio": work_ratio, "processor ms": means}
        found |= {"cold ratio": cold, "repeated ratio": repeated}
        found["added"] = added(ours, bare, data)
        mixed = asyncio.run(load(ours, 32, arguments.seconds * 2, repeated=False))
        line = {f"p{p}": round(mixed.at(p / 100), 1) for p in (50, 95, 99)}
        share = (mixed.wrong + mixed.shed) / max(1, len(mixed.all))
        print(f"32 connections: {line} ms (goal 250, 800, 1500), errors and sheds {share:.2%} (goal 1 %)")
        found["32 connections"] = line | {"wrong": mixed.wrong, "shed": mixed.shed, "answers": len(mixed.all)}
        between = memory(pid)
        asyncio.run(load(ours, 32, arguments.seconds, repeated=False))
        after = memory(pid)
        print(f"memory: {before:.0f} MiB, {between:.0f} after one load, {after:.0f} after another (goal + 40)")
        found["memory"] = [before, between, after]
        for endless in (4, 16):
            beside = asyncio.run(starvation(ours, endless, arguments.seconds * 2))
            print(f"light queries beside {endless} endless ones: p95 {beside.at(0.95):.0f} ms, {beside.shed} shed")
            found[f"beside {endless}"] = {"p95": beside.at(0.95), "shed": beside.shed, "wrong": beside.wrong}
        if importlib.util.find_spec("rdflib_endpoint") is not None:
            found["rdflib-endpoint"] = against_rdflib(ours, data)
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system(), "cpus": os.cpu_count()}
    RESULTS.write_text(json.dumps({"machine": machine, "triples": triples, **found}, indent=1) + "\n", "utf-8")


class Connection:
    """One kept connection, with as little of a client as can be: http.client takes half a millisecond an answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, text: str) -> float:
        """Return the milliseconds until all of the answer was there."""
        path = "/sparql?" + urllib.parse.urlencode({"query": text})
        head = f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept: application/sparql-results+json\r\n\r\n".encode()
        start = time.perf_counter()
        self._socket.sendall(head)
        found = self._socket.recv(1 << 18)
        while b"\r\n\r\n" not in found:
            found += self._socket.recv(1 << 18)
        fields, _, body = found.partition(b"\r\n\r\n")
        if not fields.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"no answer: {found[:200]!r}")
        length = fields.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        had = len(body)
        while had < int(length) if length else not body.endswith(b"0\r\n\r\n"):
            body = self._socket.recv(1 << 18)
            had += len(body)
        return (time.perf_counter() - start) * 1000

    def close(self) -> None:
        self._socket.close()


def added(ours: int, bare: int, data: Path, rounds: int = 40) -> dict[str, dict[str, float]]:
    """Return in ms, by query, the median of the engine alone in this process, and what is added to it over HTTP.

    `added` is what HTTP and our protections add, `bare` what the bare application does, both over one kept connection.
    All are asked in turn, each time with other words in a comment, so that nothing is kept; `kept` is the whole of an
    answer that is.
    """
    import pyoxigraph as ox

    store = ox.Store()
    store.bulk_load(path=str(data), format=ox.RdfFormat.N_TRIPLES)
    connection, other = Connection(ours), Connection(bare)
    found = {}
    for name, query in QUERIES.items():
        alone, whole, kept, plain = [], [], [], []
        for n in range(rounds):
            text = f"{_PREFIXES}{query} # added {n}"
            start = time.perf_counter()
            store.query(text).serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[union-attr]
            alone.append((time.perf_counter() - start) * 1000)
            whole.append(connection.ask(text))
            kept.append(connection.ask(text))
            plain.append(other.ask(text))
        more, bares = (statistics.median(w - a for w, a in zip(of, alone, strict=True)) for of in (whole, plain))
        one = {"alone": statistics.median(alone), "added": more, "bare": bares, "kept": statistics.median(kept)}
        found[name] = one
        print(
            f"{name}: engine alone {one['alone']:.2f} ms, HTTP adds {more:.2f}, "
            f"that of the bare application {bares:.2f}, kept {one['kept']:.2f}"
        )
    connection.close()
    other.close()
    middle = {key: statistics.median(f[key] for f in found.values()) for key in ("added", "bare", "kept")}
    print(
        f"HTTP adds {middle['added']:.2f} ms in the median (goal 2), that of the bare application "
        f"{middle['bare']:.2f}; a kept answer takes {middle['kept']:.2f}"
    )
    return found


def against_rdflib(ours: int, data: Path) -> dict[str, float]:
    """Return by query how many times as long rdflib-endpoint takes; what it does not answer in time counts as 30 s."""
    ratios = {}
    with server("rdflib-endpoint", data) as (port, _):
        for name, text in QUERIES.items():
            theirs = ask(port, _PREFIXES + text, TIMEOUT, "/") or TIMEOUT
            own = statistics.median(ask(ours, f"{_PREFIXES}{text} # {n}") or TIMEOUT for n in range(5))
            ratios[name] = theirs / own
            print(f"{name}: rdflib-endpoint {theirs * 1000:.0f} ms, ours {own * 1000:.1f} ms, {theirs / own:.0f} times")
    print(f"median: {statistics.median(ratios.values()):.0f} times (goal 20)")
    return ratios


if __name__ == "__main__":
    main()
