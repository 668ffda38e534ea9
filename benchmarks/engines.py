"""A publication in its own store, in memory too, and on a Virtuoso of our own: loading, and every question.

    python benchmarks/engines.py PUBLIC [--rounds 5] [--bulk-only] [--out FILE.json]

The answers must be the same, numbers to nine digits; those that are not are marked. Times are the quickest of some
rounds, one where a question takes more than five seconds; all are asked in turn, so that what else the machine does
weighs on all alike. Loading is also told in processor time, ours and the engine's. Virtuoso is Debian's, started and
stopped here.
"""

import argparse
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

REPO = Path(__file__).resolve().parent.parent
_BUFFERS = 80_000  # of 8 KiB
_LONG_SECONDS = 5.0
_STORES = ("disk", "memory", "engine")
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(E-?[0-9]+)?")


def main() -> None:
    """Print the table, and write the figures to a file."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("public", type=Path)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--bulk-only", action="store_true", help="load by the engine's own loader only")
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    figures = measure(given.public, given.rounds, bulk_only=given.bulk_only)
    if given.out:
        given.out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(table(figures))
    if any("different" in of for of in figures["questions"].values()):
        sys.exit(1)


def measure(public: Path, rounds: int, *, bulk_only: bool = False) -> dict[str, Any]:
    """Return the seconds of loading and of every question: from disk, in memory, on the other engine."""
    sys.path[:0] = [str(REPO), str(REPO / "tests")]
    import pyoxigraph
    import virtuoso

    from kpigraph import releases
    from kpigraph.engine import loading
    from kpigraph.engine.bulk import Loader
    from kpigraph.engine.writing import Access, Engine
    from kpigraph.questions import load_questions
    from kpigraph.store import embedded
    from kpigraph.store.remote import RemoteStore

    release = releases.current_release(public)
    if release is None:
        sys.exit(f"no publication in {public}")
    access = Access("dba", virtuoso.PASSWORD)
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "pyoxigraph": pyoxigraph.__version__,
        "load": {},
        "questions": {},
    }
    folder = Path(tempfile.mkdtemp(prefix="kpigraph-engines-"))
    try:
        with _loading(figures, "bare bulk_load of the dump"):
            store = pyoxigraph.Store(str(folder / "bare"))
            store.bulk_load(path=str(release.folder / "kpigraph.nq"))
            store.flush()
        figures["quads"] = len(store)
        del store
        ways = {"bulk": "load --bulk, compared", "http": "load by HTTP, compared"}
        for place, name in list(ways.items())[: 1 if bulk_only else 2]:
            (folder / place).mkdir()
            with (
                virtuoso.running(folder / place, most=1_000_000, buffers=_BUFFERS) as server,
                Engine(server.address, access) as engine,
            ):
                loader = Loader(folder / place, server.sql, access) if place == "bulk" else None
                with _loading(figures, name, server.process.pid if server.process else 0):
                    figures["triples"] = loading.load(release, engine, loader=loader).triples
                if place == "http" or bulk_only:
                    here = embedded.open_read_only(release.store, release.default_graphs)
                    memory = pyoxigraph.Store()
                    memory.bulk_extend(here.engine)
                    stores = (
                        here,
                        embedded.EmbeddedStore(memory, release.store, release.default_graphs),
                        RemoteStore(f"{server.address}#{release.version}"),
                    )
                    for question in load_questions():
                        if not question.elsewhere:
                            asks = [_asking(store, question.text) for store in stores]
                            figures["questions"][question.key] = _timed(rounds, asks)
                            print(question.key, figures["questions"][question.key], file=sys.stderr, flush=True)
            shutil.rmtree(folder / place)
    finally:
        shutil.rmtree(folder)
    return figures


@contextmanager
def _loading(figures: dict[str, Any], name: str, process: int = 0) -> Iterator[None]:
    """Note how long the block takes, and the processor time of this process and of another."""
    started, own, other = time.perf_counter(), time.process_time(), _processor(process)
    yield
    busy = time.process_time() - own + _processor(process) - other
    figures["load"][name] = {"seconds": time.perf_counter() - started, "processor": busy}
    print(name, figures["load"][name], file=sys.stderr, flush=True)


def _processor(process: int) -> float:
    if not process:
        return 0.0
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _asking(store: Any, text: str) -> Callable[[], list[tuple[str, ...]]]:
    def ask() -> list[tuple[str, ...]]:
        rows = store.select(text)  # text that is empty counts as nothing, as in CSV
        return [tuple(f"{n}={_plain(t)}" for n, t in sorted(row.items()) if _plain(t)) for row in rows]

    return ask


def _plain(term: Any) -> str:
    value = str(getattr(term, "value", term))
    return f"{float(value):.9g}" if _NUMBER.fullmatch(value) else value


def _timed(rounds: int, asks: Sequence[Callable[[], Iterable[tuple[str, ...]]]]) -> dict[str, Any]:
    """Return the number of rows, the quickest time of each, and an example of what differs."""
    from kpigraph.problems import UsageError

    best = [float("inf")] * len(asks)
    answers: list[Counter[tuple[str, ...]]] = [Counter()] * len(asks)
    for _ in range(rounds):
        for n, ask in enumerate(asks):
            started = time.perf_counter()
            try:
                answers[n] = Counter(ask())
            except UsageError as error:  # it gave up
                print(error, file=sys.stderr)
            best[n] = min(best[n], time.perf_counter() - started)
        if max(best) > _LONG_SECONDS:
            break
    found: dict[str, Any] = {"rows": answers[0].total(), **dict(zip(_STORES, best, strict=True))}
    for answer in answers:
        if different := list((answers[0] - answer) + (answer - answers[0])):
            found["different"] = [len(different), different[:2]]
    return found


def table(figures: dict[str, Any]) -> str:
    """Return the figures as Markdown: times, and ratios to the own store on disk."""
    lines = [
        f"{figures['quads']:,} quads; {figures['machine']}",
        "",
        "| | seconds | of processor time | ratio |",
        "|---|---:|---:|---:|",
    ]
    bare = next(iter(figures["load"].values()))["processor"]
    for name, of in figures["load"].items():
        ratio = of["processor"] / bare
        lines.append(f"| {name} | {of['seconds']:.1f} s | {of['processor']:.1f} s | {ratio:.1f} |")
    lines += [
        "",
        "| | rows | disk | memory | Virtuoso | Virtuoso to disk | to memory |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    ratios: list[tuple[float, float]] = []
    for key, of in figures["questions"].items():
        disk, memory, engine = (of[name] for name in _STORES)
        ratios.append((engine / disk, engine / memory))
        times = " | ".join(f"{t * 1000:.0f} ms" for t in (disk, memory, engine))
        mark = " (differs)" if "different" in of else ""
        lines.append(f"| {key}{mark} | {of['rows']:,} | {times} | {engine / disk:.2f} | {engine / memory:.2f} |")
    for n, name in enumerate(_STORES[:2]):
        every = [r[n] for r in ratios]
        quicker = sum(r < 1 for r in every)
        lines.append(f"\nVirtuoso is quicker than {name} at {quicker} of {len(every)}; median {median(every):.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
