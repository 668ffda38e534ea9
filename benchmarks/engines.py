"""A publication in its own store and on a Virtuoso of our own, in one run: loading, and every question with its answer.

    python benchmarks/engines.py PUBLIC [--rounds 5] [--out FILE.json]

The answers must be the same, numbers to nine digits, or this fails. Times are the quickest of some rounds; both are
asked in turn, so that what else the machine does weighs on both alike. Virtuoso is Debian's, started and stopped here.
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
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(E-?[0-9]+)?")


def main() -> None:
    """Print the table, and write the figures to a file."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("public", type=Path)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    figures = measure(given.public, given.rounds)
    if given.out:
        given.out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(table(figures))


def measure(public: Path, rounds: int) -> dict[str, Any]:
    """Return the seconds of loading and of every question, here and there."""
    sys.path[:0] = [str(REPO), str(REPO / "tests")]
    import pyoxigraph
    import virtuoso

    from kpigraph import releases
    from kpigraph.engine import loading
    from kpigraph.engine.writing import Access, Engine
    from kpigraph.questions import load_questions
    from kpigraph.store import embedded
    from kpigraph.store.remote import RemoteStore

    release = releases.current_release(public)
    if release is None:
        sys.exit(f"no publication in {public}")
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "pyoxigraph": pyoxigraph.__version__,
        "questions": {},
    }
    folder = Path(tempfile.mkdtemp(prefix="kpigraph-engines-"))
    try:
        started = time.perf_counter()
        store = pyoxigraph.Store(str(folder / "bare"))
        store.bulk_load(path=str(release.folder / "kpigraph.nq"))
        store.flush()
        figures["quads"] = len(store)
        figures["load_embedded"] = time.perf_counter() - started
        del store
        (folder / "virtuoso").mkdir()
        with (
            virtuoso.running(folder / "virtuoso", most=1_000_000, buffers=40_000) as server,
            Engine(server.address, Access("dba", virtuoso.PASSWORD)) as engine,
        ):
            started = time.perf_counter()
            loaded = loading.load(release, engine)
            figures["load_engine"] = time.perf_counter() - started
            figures["triples_sent"] = loaded.triples
            here = embedded.open_read_only(release.store, release.default_graphs)
            there = RemoteStore(f"{server.address}#{release.version}")
            for question in load_questions():
                if not question.elsewhere:
                    pair = _timed(rounds, _asking(here, question.text), _asking(there, question.text))
                    figures["questions"][question.key] = {"rows": pair[0], "embedded": pair[1], "engine": pair[2]}
    finally:
        shutil.rmtree(folder)
    return figures


def _asking(store: Any, text: str) -> Callable[[], list[tuple[str, ...]]]:
    def ask() -> list[tuple[str, ...]]:
        rows = store.select(text)  # text that is empty counts as nothing, as in CSV
        return [tuple(f"{n}={_plain(t)}" for n, t in sorted(row.items()) if _plain(t)) for row in rows]

    return ask


def _plain(term: Any) -> str:
    value = str(getattr(term, "value", term))
    return f"{float(value):.9g}" if _NUMBER.fullmatch(value) else value


def _timed(rounds: int, *asks: Callable[[], Iterable[tuple[str, ...]]]) -> list[Any]:
    """Return the number of rows and the quickest time of each; all must give the same rows."""
    best = [float("inf")] * len(asks)
    answers: list[Counter[tuple[str, ...]]] = [Counter()] * len(asks)
    for _ in range(rounds):
        for n, ask in enumerate(asks):
            started = time.perf_counter()
            rows = list(ask())
            best[n] = min(best[n], time.perf_counter() - started)
            answers[n] = Counter(rows)
    for answer in answers:
        if answer != answers[0]:
            raise AssertionError(f"the answers differ: {list((answers[0] - answer) + (answer - answers[0]))[:4]}")
    return [answers[0].total(), *best]


def table(figures: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    load = figures["load_engine"] / figures["load_embedded"]
    lines = [
        f"{figures['quads']:,} quads; {figures['machine']}",
        "",
        "| | rows | embedded | Virtuoso | ratio |",
        "|---|---:|---:|---:|---:|",
        f"| load | | {figures['load_embedded']:.1f} s | {figures['load_engine']:.1f} s | {load:.1f} |",
    ]
    for key, of in figures["questions"].items():
        ratio = of["engine"] / of["embedded"]
        lines.append(
            f"| {key} | {of['rows']:,} | {of['embedded'] * 1000:.1f} ms | {of['engine'] * 1000:.1f} ms | {ratio:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
