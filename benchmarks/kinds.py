"""Measure every kind of page and every competency question of a publication, in one process, past the network.

    python benchmarks/kinds.py PUBLIC [--samples N] [--json FILE] [--only pages|questions|search] [--memory]

For each kind of page some addresses are drawn by a fixed seed. `first` is a page that nobody has asked for since the
server started, `kept` the same again; sizes are of the answer as sent in Brotli. Questions are asked of the engine as
the workers ask it. `--memory` loads the store into memory before.
"""

import argparse
import asyncio
import json
import random
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
GOAL = 200.0  # milliseconds, at the 95th percentile
HOME_KIB = 60.0
# Kind of page: the class of its things.
THINGS = {
    "municipality": "kpi:Municipality",
    "edition": "kpi:Edition",
    "goal": "kpi:Goal",
    "direction": "kpi:BasicDirection",
    "measure": "kpi:Measure",
    "indicator": "kpi:Indicator",
    "department": "org:OrganizationalUnit",
    "statement": "kpi:Statement",
    "shared indicator": "kpi:SharedIndicator",
    "unit": "kpi:Unit",
    "period": "kpi:Period",
}
PLACES = {
    "home": "/",
    "about": "/about",
    "catalogue": "/catalog",
    "validation": "/validation",
    "downloads": "/download",
    "vocabulary": "/ns",
    "code lists": "/code",
    "shapes": "/shapes",
    "SPARQL editor": "/sparql",
    "compare, all": "/compare",
    "sitemaps": "/sitemap.xml",
    "feed": "/releases.atom",
}
WORDS = (
    "観光",
    "港",
    "利用者数",
    "ひばり体験教室",
    "カキ",
    "かもめ",
    "ﾎｰﾙ",
    "図",
    "人口",
    "どこにもない",
    "商工課 登録",
    "Fictional",
)


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * (len(values) - 1)))]


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


class Client:
    """Asks an application without a network between."""

    def __init__(self, app: Any) -> None:
        self._app, self._loop = app, asyncio.new_event_loop()

    def get(self, path: str, accept: str = "text/html") -> tuple[int, int]:
        """Return the status and how many bytes came."""
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"accept", accept.encode()), (b"accept-encoding", b"br"), (b"host", b"localhost"),
                        (b"accept-language", b"ja")],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        self._loop.run_until_complete(self._app(scope, receive, send))
        return sent[0]["status"], sum(len(m.get("body", b"")) for m in sent[1:])

    def close(self) -> None:
        """Stop what the application does by itself; its threads would keep this process."""

        async def ended() -> None:
            while begun := asyncio.all_tasks() - {asyncio.current_task()}:  # one that ends may begin what cleans up
                for task in begun:
                    task.cancel()
                await asyncio.gather(*begun, return_exceptions=True)

        self._loop.run_until_complete(ended())
        self._loop.close()


def addresses(store: Any, base: str, samples: int) -> Iterator[tuple[str, list[str]]]:
    """Yield kinds of pages, each with some addresses."""
    lots = random.Random(1)
    yield from ((kind, [path]) for kind, path in PLACES.items())
    for kind, cls in THINGS.items():
        found = [str(r["s"].value) for r in store.select(f"SELECT DISTINCT ?s {{ ?s a {cls} }} LIMIT 20000")]
        found = sorted(s for s in found if s.startswith((base + "id/", "https://w3id.org/kpigraph/code/")))
        paths = [s.replace(base + "id/", "/doc/").replace("https://w3id.org/kpigraph/code/", "/code/") for s in found]
        if paths:
            yield kind, lots.sample(paths, min(samples, len(paths)))
    shared = [r["s"].value.rpartition("/")[2] for r in store.select("SELECT DISTINCT ?s { ?i kpi:realizes ?s }")]
    if shared:
        yield "compare, one", [f"/compare/{n}" for n in lots.sample(sorted(shared), min(samples, len(shared)))]
    codes = [r["c"].value for r in store.select("SELECT ?c { ?m a kpi:Municipality ; org:identifier ?c }")]
    yield "sitemap, one", [f"/sitemap.xml?of={c}" for c in lots.sample(sorted(codes), min(samples, len(codes)))]


def pages(public: Path, samples: int) -> list[dict[str, Any]]:
    from kpigraph.config import Settings
    from kpigraph.serve.app import create_app
    from kpigraph.serve.snapshot import Snapshot

    source = Snapshot(public)
    served = source.served()
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(120)  # the release is looked over beside the answers: its checksums are no work of a page
    began = time.perf_counter()
    app = create_app(source, Settings())
    warmed = getattr(app.state, "warm", None)
    client = Client(app)
    client.get("/search")  # templates are compiled, the store is open
    if warmed is not None:
        warmed()
    print(f"ready after {time.perf_counter() - began:.2f} s", file=sys.stderr)
    base = served.manifest["base_iri"]
    rows = []
    for kind, paths in addresses(served.reader, base, samples):
        first, worked, kept, sizes = [], [], [], []
        for path in paths:
            began, busy = time.perf_counter(), time.process_time()
            status, size = client.get(path)
            first.append((time.perf_counter() - began) * 1000)
            worked.append((time.process_time() - busy) * 1000)
            if status != 200:
                print(f"{kind}: {path}: {status}", file=sys.stderr)
            sizes.append(size / 1024)
            kept.append(min(milliseconds(lambda p=path: client.get(p)) for _ in range(3)))  # type: ignore[misc]
        rows.append({"kind": kind, "pages": len(paths), "first p50": statistics.median(first), "first p95": p95(first),
                     "work p95": p95(worked), "kept p95": p95(kept),
                     "KiB p50": statistics.median(sizes), "KiB max": max(sizes)})  # fmt: skip
        show(rows[-1])
    client.close()
    return rows


def questions(public: Path, in_memory: bool) -> list[dict[str, Any]]:
    """Ask every competency question of the engine as its workers do, three times each."""
    import pyoxigraph as ox

    from kpigraph.prefixes import PREFIXES
    from kpigraph.questions import load_questions
    from kpigraph.serve.snapshot import Snapshot

    served = Snapshot(public).served()
    engine = served.reader.engine
    if in_memory:
        began, memory = time.process_time(), ox.Store()
        memory.bulk_extend(iter(engine))
        engine = memory
        print(f"in memory after {time.process_time() - began:.0f} s of processor time", file=sys.stderr)
    default = None if getattr(served.reader, "united", False) else served.default_graphs
    options: dict[str, Any] = {"prefixes": PREFIXES}
    if default is not None:
        options["default_graph"] = [ox.NamedNode(g) for g in default]
    rows = []
    for question in load_questions():
        if question.elsewhere:
            continue
        took, worked, found = [], [], 0
        for _ in range(3):
            began, busy = time.perf_counter(), time.process_time()
            found = sum(1 for _ in engine.query(question.text, **options))
            took.append((time.perf_counter() - began) * 1000)
            worked.append((time.process_time() - busy) * 1000)
            if took[-1] > 10_000:
                break
        rows.append({"kind": question.key, "pages": found, "first p50": took[0], "first p95": took[0],
                     "work p95": max(worked[1:] or worked), "kept p95": max(took[1:] or took),
                     "KiB p50": 0.0, "KiB max": 0.0})  # fmt: skip
        show(rows[-1])
    return rows


def searches(public: Path) -> list[dict[str, Any]]:
    from kpigraph.serve.snapshot import Snapshot

    finder = Snapshot(public).served().finder
    rows = []
    for word in WORDS:
        took, worked, found = [], [], 0
        for _ in range(5):
            began, busy = time.perf_counter(), time.process_time()
            found, _ = finder.search(word, seconds=20)
            took.append((time.perf_counter() - began) * 1000)
            worked.append((time.process_time() - busy) * 1000)
        rows.append({"kind": f"search {word}", "pages": found, "first p50": took[0], "first p95": took[0],
                     "work p95": p95(worked[1:]), "kept p95": p95(took[1:]),
                     "KiB p50": 0.0, "KiB max": 0.0})  # fmt: skip
        show(rows[-1])
    return rows


def show(row: dict[str, Any]) -> None:
    """Print one line; slow is what takes more processor time than the goal, as a busy machine adds waiting."""
    told = "" if row["work p95"] <= GOAL else " SLOW"
    if row["kind"] == "home" and row["KiB max"] > HOME_KIB:
        told += " BIG"
    print(
        f"{row['kind'][:34]:34} {row['pages']:7,} first {row['first p50']:8.1f} {row['first p95']:8.1f} "
        f"work {row['work p95']:8.1f} kept {row['kept p95']:8.2f} ms "
        f"{row['KiB p50']:7.1f} {row['KiB max']:7.1f} KiB{told}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("public", type=Path)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=("pages", "questions", "search"))
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    rows: dict[str, Any] = {}
    if given.only in (None, "pages"):
        rows["pages"] = pages(given.public, given.samples)
    if given.only in (None, "search"):
        rows["search"] = searches(given.public)
    if given.only in (None, "questions"):
        rows["questions"] = questions(given.public, given.memory)
    rows["peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak of resident memory {rows['peak MiB']:.0f} MiB")
    if given.json:
        given.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.path[:0] = [str(REPO)]
    main()
