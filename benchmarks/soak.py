"""Keep a server busy with light, heavy and hostile clients while releases are switched and workers killed.

    python benchmarks/soak.py [--minutes N] [--data DATA] [--out FILE]

Two releases are built of DATA, whose documents differ in one printed number. Every answer to a light or heavy client is
compared with what it must be: results of queries with those of the bare engine over the dump, downloads with the
manifest, pages and descriptions with those of the same release on a quiet server. An answer may be that of a release
which was in use at some moment between request and answer, and of no other. A refusal that says when to come again
(429, 503) is asked again; what is not answered within a minute is lost. Hostile clients ask what must be refused or
stopped, leave in the middle, read slowly, and send what is no request; of them it is only asked that they harm nobody.
Everything is on the loopback interface, and ends with this program.
"""

import argparse
import contextlib
import hashlib
import http.client
import io
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil
import pyoxigraph as ox

from kpigraph import pipeline, releases
from kpigraph.config import Settings
from kpigraph.prefixes import PREFIXES
from kpigraph.releases import Release
from kpigraph.store import embedded

PAGES = ("/", "/indicators", "/compare", "/search?q=%E6%B8%AF", "/about", "/catalog", "/download", "/validation")
LIGHT = (
    "SELECT ?i ?l { ?i a kpi:Indicator ; skos:prefLabel ?l }",
    "SELECT (COUNT(*) AS ?n) { ?s a kpi:Statement }",
    "SELECT ?s ?v { ?s a kpi:Actual ; kpi:statedValue ?v }",
    "SELECT ?i ?s { ?i kpi:currentAssessment ?a . ?a kpi:status ?s }",
)
HEAVY = (
    "SELECT ?s ?p ?o { ?s ?p ?o }",
    "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }",
    "SELECT (COUNT(*) AS ?n) { ?a kpi:statedValue ?v . ?b kpi:statedValue ?w . ?c kpi:order ?o FILTER(?v < ?w) }",
)
_EVERY = " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(5))
HOSTILE = (
    f"SELECT (COUNT(*) AS ?n) {{ {_EVERY} }}",
    f"SELECT * {{ {_EVERY} }} ORDER BY ?o0 ?o1",
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "ASK " + "{" * 2_000 + "}" * 2_000,
    "SELECT * { ?s ?p ?o FILTER(" + " || ".join(["?s=1"] * 1_900) + ")}",
    "SELECT (STRLEN(?v30) AS ?n) { BIND('aaaaaaaaaaaaaaaa' AS ?v0) "
    + " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(30))
    + " }",
    "DROP ALL",
    "SELECT nonsense",
)
_DOWNLOADS = ("kpigraph.nq", "kpigraph.ttl", "kpigraph.nt.gz", "observations.csv", "catalog.ttl", "manifest.json")
_PATIENCE = 60.0  # seconds until what is not answered is lost
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Told:
    """What happened, counted; with a few examples of what should not have."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    memory: list[tuple[float, float, float]] = field(default_factory=list)  # seconds, MiB of the server, and of all
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str, example: str = "") -> None:
        with self.lock:
            self.counts[what] += 1
            if example and (len(self.examples) < 20 or what.startswith("died")):
                self.examples.append(f"{what}: {example}"[:4_000])


@dataclass(frozen=True)
class Asked:
    """A request, and what its answer must be in each release, as a digest of what counts in it."""

    kind: str
    path: str
    headers: dict[str, str]
    digest: Callable[[Answer], str]
    expected: dict[str, str]


class Releases:
    """The two releases, and which was in use when."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.versions = releases.versions(out)
        self._used: list[tuple[float, str]] = []  # since when
        self._lock = threading.Lock()

    def switch(self, version: str) -> None:
        with self._lock:
            self._used.append((time.monotonic(), version))  # from now on it may be seen
        releases.switch(self.out, version)
        with self._lock:
            self._used.append((time.monotonic(), version))  # from now on nothing else may

    def between(self, began: float, ended: float) -> set[str]:
        """Return the releases that were in use at some moment between the two."""
        with self._lock:
            used = list(self._used)
        # of the two entries of a switch the first lets the new one be seen, the second ends the former one
        found = {version for since, version in used if began <= since <= ended}
        before = [version for since, version in used if since < began]
        found |= set(before[-1:])
        opening = len(before) % 2 == 1  # the request came while a switch was under way
        return found | (set(before[-2:-1]) if opening else set())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, help="write the figures there, as JSON")
    parser.add_argument(
        "--disk", action="store_true", help="workers open the store's folder instead of a copy in memory"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kpigraph-soak-") as scratch:
        out = Path(scratch) / "public"
        _build_two(asked.data, Path(scratch) / "data", out)
        told = _soak(Releases(out), asked.minutes * 60, on_disk=asked.disk)
    figures = _figures(told, asked.minutes)
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    sys.exit(any(n for what, n in told.counts.items() if what.startswith(("wrong", "lost", "died"))))


def _build_two(data: Path, copy: Path, out: Path) -> None:
    """Build DATA, and once more with another digit in a printed number of one document."""
    shutil.copytree(data, copy)
    pipeline.build(copy, out, Settings())
    for card in sorted(copy.glob("sources/*/*/card.toml")):
        for file in sorted(card.parent.glob("*.t*t")):
            before = file.read_bytes()
            after = re.sub(rb"(?<=\t)1(?=\d\d\.\d\t)", b"2", before, count=1)
            if after != before:
                file.write_bytes(after)
                text = card.read_text("utf-8")
                was, now = hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest()
                card.write_text(text.replace(was, now), "utf-8")
                pipeline.build(copy, out, Settings())
                return
    raise SystemExit("no number to change was found")


# ---- what must be answered


def _rows(answer: Answer) -> str:
    """Return a digest of the rows of a CSV result, in whatever order."""
    rows = sorted(answer[2].decode().split("\r\n"))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _body(answer: Answer) -> str:
    return hashlib.sha256(answer[2]).hexdigest()


def _expected_rows(release: Release, query: str) -> str:
    """Return the digest of the result by the bare engine over the dump and the catalogue."""
    store = _bare(release)
    graphs = [ox.NamedNode(g) for g in release.default_graphs]
    result = store.query(query, prefixes=PREFIXES, default_graph=graphs)
    written = io.BytesIO()
    result.serialize(written, ox.QueryResultsFormat.CSV)  # type: ignore[union-attr]
    return _rows((200, {}, written.getvalue()))


_STORES: dict[str, ox.Store] = {}


def _bare(release: Release) -> ox.Store:
    if release.version not in _STORES:
        store = _STORES[release.version] = ox.Store()
        store.bulk_load(path=str(release.folder / "kpigraph.nq"), format=ox.RdfFormat.N_QUADS)
        graph = ox.NamedNode(release.manifest["base_iri"] + "graph/catalog")
        store.bulk_load(path=str(release.folder / "catalog.ttl"), format=ox.RdfFormat.TURTLE, to_graph=graph)
    return _STORES[release.version]


def _requests(used: Releases, port: int) -> list[Asked]:
    """Return every request with its answer in each release; those of pages are asked of the quiet server."""
    made = []
    by_version = {v: releases.load(used.out / "releases" / v) for v in used.versions}
    for kind, queries in (("light query", LIGHT), ("heavy query", HEAVY)):
        for query in queries:
            expected = {v: _expected_rows(r, query) for v, r in by_version.items()}
            path = "/sparql?" + urlencode({"query": query})
            made.append(Asked(kind, path, {"Accept": "text/csv"}, _rows, expected))
    for name in _DOWNLOADS:
        expected = {v: releases.describe(r.folder / name).sha256 for v, r in by_version.items()}
        made.append(Asked("download", f"/download/{name}", {"Accept-Encoding": "identity"}, _body, expected))
    some = [r["i"].value for r in _things(next(iter(by_version.values())))]
    base = next(iter(by_version.values())).manifest["base_iri"]
    paths = [("page", p, "text/html") for p in PAGES]
    for iri in some:
        path = "/doc/" + quote(iri.removeprefix(base + "id/"))
        paths += [("page", path, "text/html"), ("description", path, "text/turtle")]
    quiet: dict[str, dict[str, str]] = {path + accept: {} for _, path, accept in paths}
    for version in used.versions:
        used.switch(version)
        for _, path, accept in paths:
            answer = ask(port, path, {"Accept": accept})
            assert answer[0] == 200, (path, answer[0], answer[2][:200])
            quiet[path + accept][version] = _body(answer)
    made += [Asked(kind, path, {"Accept": accept}, _body, quiet[path + accept]) for kind, path, accept in paths]
    return made


def _things(release: Release) -> Iterator[dict[str, ox.NamedNode]]:
    store = embedded.open_read_only(release.store, release.default_graphs)
    found = "SELECT ?i { ?i a kpi:Indicator } ORDER BY ?i LIMIT 20"
    yield from store.select(found)  # type: ignore[misc]


def ask(port: int, path: str, headers: dict[str, str], seconds: float = _PATIENCE) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


# ---- who asks


class Soak:
    """The clients and the faults, all threads of this process, until `until`."""

    def __init__(self, used: Releases, port: int, server: psutil.Process, requests: list[Asked], until: float) -> None:
        self.used, self.port, self.server, self.requests, self.until = used, port, server, requests, until
        self.told = Told()

    @property
    def over(self) -> bool:
        return time.monotonic() > self.until

    def client(self, seed: int, kinds: tuple[str, ...]) -> None:
        chosen, mine = random.Random(seed), [r for r in self.requests if r.kind in kinds]
        while not self.over:
            self.one(chosen.choice(mine))

    def one(self, asked: Asked) -> None:
        first = time.monotonic()
        while True:
            began = time.monotonic()
            try:
                answer = ask(self.port, asked.path, asked.headers)
            except (OSError, http.client.HTTPException) as error:
                # Part of it had come when its worker was killed: it breaks off, cannot be taken for whole, and is
                # asked again, as any client does.
                self.told.add(f"broken off, asked again: {asked.kind}")
                if time.monotonic() - first > _PATIENCE:
                    self.told.add(f"lost: {asked.kind}", f"{asked.path} {error!r}")
                    return
                continue
            if answer[0] == 200:
                break
            if answer[0] not in (429, 503) or time.monotonic() - first > _PATIENCE:
                self.told.add(f"lost: {asked.kind}", f"{answer[0]} {asked.path} {answer[2][:200]!r}")
                return
            self.told.add(f"refused, asked again: {asked.kind}")
            time.sleep(min(float(answer[1].get("retry-after", "1")), 2.0))
        allowed = self.used.between(began, time.monotonic())
        if asked.digest(answer) in {asked.expected[v] for v in allowed}:
            self.told.add(f"right: {asked.kind}")
        else:
            whose = [v for v, d in asked.expected.items() if d == asked.digest(answer)]
            self.told.add(f"wrong: {asked.kind}", f"{asked.path} is of {whose}, in use {sorted(allowed)}")

    def hostile(self, seed: int) -> None:
        chosen = random.Random(seed)
        while not self.over:
            way = chosen.choice((self._query, self._leave, self._slow, self._noise, self._climb))
            with contextlib.suppress(OSError, http.client.HTTPException):
                way(chosen)
            self.told.add(f"hostile: {way.__name__.strip('_')}")

    def _query(self, chosen: random.Random) -> None:
        ask(self.port, "/sparql?" + urlencode({"query": chosen.choice(HOSTILE)}), {"Accept": "text/csv"}, 20)

    def _leave(self, chosen: random.Random) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            query = urlencode({"query": chosen.choice(HOSTILE[:2] + HEAVY)})
            connection.sendall(f"GET /sparql?{query} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            time.sleep(chosen.uniform(0, 1))

    def _slow(self, chosen: random.Random) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /download/kpigraph.nq HTTP/1.1\r\nHost: a\r\n\r\n")
            for _ in range(10):
                connection.recv(100)
                time.sleep(0.3)

    def _noise(self, chosen: random.Random) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(chosen.randbytes(2_000) + b"\r\n\r\n")
            connection.settimeout(1)
            connection.recv(1_000)

    def _climb(self, chosen: random.Random) -> None:
        path = chosen.choice(
            ("/download/../../etc/passwd", "/doc/%2e%2e/%2e%2e", "/download/store/CURRENT", "/api/" * 500)
        )
        status, _, body = ask(self.port, path, {}, 20)
        if status == 200 or b"root:" in body:
            self.told.add("wrong: let in", path)

    # ---- faults

    def switching(self) -> None:
        chosen = random.Random(1)
        while not self.over:
            time.sleep(chosen.uniform(3, 12))
            for version in self.used.versions:
                if not releases.is_in_use(self.used.out, version):
                    self.used.switch(version)
                    self.told.add("switched")
                    break

    def killing(self) -> None:
        """Kill a worker every few seconds, and the nursery, from which they come, now and then."""
        chosen = random.Random(2)
        while not self.over:
            time.sleep(chosen.uniform(2, 6))
            with contextlib.suppress(psutil.Error, IndexError):
                nurseries = self.server.children()
                workers = [w for n in nurseries for w in n.children()]
                victim, name = (
                    (chosen.choice(nurseries), "nursery")
                    if chosen.random() < 0.1
                    else (chosen.choice(workers), "worker")
                )
                victim.send_signal(signal.SIGKILL)
                self.told.add(f"killed: {name}")

    def sampling(self) -> None:
        began = time.monotonic()
        while not self.over:
            with contextlib.suppress(psutil.Error):
                everyone = [self.server, *self.server.children(recursive=True)]
                total = 0.0
                for process in everyone:
                    with contextlib.suppress(psutil.Error):
                        total += process.memory_full_info().pss
                own = self.server.memory_info().rss
                self.told.memory.append((time.monotonic() - began, own / 2**20, total / 2**20))
            time.sleep(2)


def _soak(used: Releases, seconds: float, *, on_disk: bool) -> Told:
    command = [sys.executable, "-m", "kpigraph", "serve", "--store", str(used.out), "--port", "0"]
    environment = os.environ | {"KPIGRAPH_ACCESS_LOG": "off"} | ({"KPIGRAPH_IN_MEMORY_MIB": "0"} if on_disk else {})
    log = used.out.parent / "log.txt"
    with log.open("wb") as written, subprocess.Popen(command, stderr=written, env=environment) as started:
        try:
            port = _port(log)
            requests = _requests(used, port)
            _STORES.clear()
            soak = Soak(used, port, psutil.Process(started.pid), requests, time.monotonic() + seconds)
            # One turn at everything first, so that memory is sampled of a server that has what it keeps.
            for asked in requests:
                soak.one(asked)
            soak.until = time.monotonic() + seconds
            work: list[Callable[[], None]] = [soak.switching, soak.killing, soak.sampling]
            work += [lambda n=n: soak.client(n, ("light query", "page", "description")) for n in range(4)]  # type: ignore[misc]
            work += [lambda n=n: soak.client(n, ("heavy query", "download")) for n in (10, 11)]  # type: ignore[misc]
            work += [lambda n=n: soak.hostile(n) for n in (20, 21)]  # type: ignore[misc]
            threads = [threading.Thread(target=w) for w in work]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if started.poll() is not None:
                soak.told.add("died: the server", f"status {started.returncode}")
            told = log.read_text("utf-8", "replace")
            if "Traceback" in told:
                soak.told.add("died: with a traceback", told[told.index("Traceback") :][:4_000])
            return soak.told
        finally:
            started.terminate()


def _port(log: Path) -> int:
    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", log.read_text("utf-8")):
            with contextlib.suppress(OSError):
                ask(int(found[1]), "/healthz", {}, 5)
                return int(found[1])
        time.sleep(0.1)
    raise SystemExit(log.read_text("utf-8"))


def _figures(told: Told, minutes: float) -> dict[str, object]:
    def about(share: float) -> dict[str, float]:
        """Return the median of what was sampled in a tenth of the time."""
        end = told.memory[-1][0]
        some = [m for m in told.memory if abs(m[0] / end - share) <= 0.05] or told.memory[-1:]
        return {
            "server_mib": round(sorted(m[1] for m in some)[len(some) // 2], 1),
            "all_mib": round(sorted(m[2] for m in some)[len(some) // 2], 1),
        }

    def sum_of(beginning: str) -> int:
        return sum(n for what, n in told.counts.items() if what.startswith(beginning))

    return {
        "minutes": minutes,
        "right": sum_of("right"),
        "wrong": sum_of("wrong"),
        "lost": sum_of("lost"),
        "counts": dict(sorted(told.counts.items())),
        "memory": [about(tenth / 10 + 0.05) for tenth in range(10)],
        "examples": told.examples,
    }


if __name__ == "__main__":
    main()
