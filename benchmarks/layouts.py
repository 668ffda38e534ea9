"""How fast a layout turns a document into its reading, and what of memory that takes, by layout and by size.

    python benchmarks/layouts.py [--indicators 2000] [layout ...]

One strategy (fictional) is written as tab-separated text in each layout. Each figure is a process of its own that
reads a document as a build does: rows, corrections, cells with their meaning. Beside it: the same rows from the reader
alone, and the lines of the file cut at tabs, which is the library under it. Memory is held until a document is whole,
so it grows with the cells; a document of four times the size tells how.
"""

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

YEARS = ("H27年度", "H28年度", "H29年度")
GOALS = '\n[layout.hierarchy]\ngoal = "基本目標1"\n'


def plan(count: int) -> Iterator[tuple[int, str, list[str]]]:
    """Yield goal, name and the five values of each indicator."""
    for n in range(count):
        yield n * 20 // count + 1, f"指標その{n}の数", [f"{n + k:,}" for k in range(5)]


def stacked(count: int) -> Iterator[str]:
    yield "施策体系\t重要業績評価指標(KPI)\t\t年・年度\t数値\t単位\t所管部署"
    before = 0
    for goal, name, (first, second, *_, last) in plan(count):
        if goal != before:
            before = goal
            yield f"【基本目標{goal}】目標その{goal}"
            yield "① 方向"
            yield "ア 施策"
        yield f"\t・{name}\t現状値\tH26年度\t{first}\t件\t企画課"
        yield f"\t\t実績値\tH27年度\t{second}\t\t"
        yield f"\t\t目標値\tH31年度\t{last}\t\t"


def wide(count: int) -> Iterator[str]:
    yield "\t".join(["指標名", "単位", "担当課", "基準値（H26年度）", *(f"実績値{y}" for y in YEARS), "目標値R元年度"])
    before = 0
    for goal, name, values in plan(count):
        if goal != before:
            before = goal
            yield f"基本目標{goal}　目標その{goal}"
        yield "\t".join([f"・{name}", "件", "企画課", *values])


def long(count: int) -> Iterator[str]:
    yield "基本目標\t指標\t区分\t年度\t値\t単位\t担当課"
    roles = ("基準値", *["実績値"] * 3, "目標値")
    for goal, name, values in plan(count):
        for role, year, value in zip(roles, ("H26年度", *YEARS, "R元年度"), values, strict=True):
            yield "\t".join([f"目標その{goal}", name, role, year, value, "件", "企画課"])


def sheet(count: int) -> Iterator[str]:
    for goal, name, (first, *rest, last) in plan(count):
        yield f"基本目標\t目標その{goal}"
        yield f"指標名\t{name}"
        yield "担当課\t企画課\t単位\t件"
        yield "\t".join(("年度", *YEARS))
        yield "\t".join(("実績値", *rest))
        yield f"基準値（H26年度）\t{first}"
        yield f"目標値\tR元年度\t{last}"


def listed(count: int) -> Iterator[str]:
    before = 0
    for goal, name, (first, *_, last) in plan(count):
        if goal != before:
            before = goal
            yield f"基本目標{goal}　目標その{goal}"
        yield f"・{name}：{first}件（H26年度）→{last}件（R元年度）【企画課】"


LAYOUTS: dict[str, tuple[Callable[[int], Iterator[str]], str]] = {
    "stacked": (stacked, ""),
    "wide": (wide, 'kind = "wide"\nbullet = "・"\n' + GOALS),
    "long": (long, 'kind = "long"\n'),
    "sheet": (sheet, 'kind = "sheet"\n'),
    "listed": (listed, 'kind = "listed"\nbullet = "・"\narrow = ["baseline", "target"]\n' + GOALS),
}


def write(layout: str, folder: Path, indicators: int) -> None:
    from conftest import CARD

    lines, card = LAYOUTS[layout]
    text = "\n".join(lines(indicators)) + "\n"
    (folder / "kpi.txt").write_text(text, "utf-8")
    fields = {"file": "kpi.txt", "sha256": hashlib.sha256(text.encode()).hexdigest(), "code": "012068", "edition": "1"}
    template = CARD if not card else CARD.split("[layout]")[0] + "[layout]\n" + card
    (folder / "card.toml").write_text(template.format(**fields, encoding='encoding = "utf-8"'), "utf-8")


def measured(what: str, folder: Path) -> dict[str, float]:
    from kpigraph import codelists, editions, read, sources

    document = sources.load(folder, [])
    units = codelists.load_units(HERE.parent / "data" / "codelists")
    limits = read.Limits(cells=100_000_000)
    started = time.process_time()
    values = unread = 0
    if what == "library":
        cells = sum(len(line.rstrip("\n").split("\t")) for line in document.file.open(encoding="utf-8"))
    elif what == "reader":
        cells = sum(len(row.cells) for row in read.read(document, [], limits))
    else:
        reading, _ = editions.read_cells(document, units, [], limits)
        cells, unread = len(reading.cells), len(reading.unread)
        values = sum(len(block.entries) for block in reading.blocks)
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cells": cells, "values": values, "unread": unread, "mib": peak}


def in_process(what: str, folder: Path) -> dict[str, float]:
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import layouts, json, pathlib;"
    code += f"print(json.dumps(layouts.measured({what!r}, pathlib.Path({str(folder)!r}))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layouts", nargs="*", default=list(LAYOUTS))
    parser.add_argument("--indicators", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{'layout':8} {'rows':>8} {'rows/s':>8} {'values/s':>9} {'reader rows/s':>14} {'lines/s':>15} {'MiB':>5}")
    with tempfile.TemporaryDirectory() as home:
        for layout in given.layouts:
            for size, rounds in ((given.indicators, given.rounds), (4 * given.indicators, 1)):
                folder = Path(home) / "sources" / "012068" / f"{layout}-{size}"
                folder.mkdir(parents=True)
                write(layout, folder, size)
                rows = sum(1 for _ in (folder / "kpi.txt").open(encoding="utf-8"))
                found = {w: [in_process(w, folder) for _ in range(rounds)] for w in ("layout", "reader", "library")}
                seconds = {w: statistics.median(f["seconds"] for f in runs) for w, runs in found.items()}
                whole = found["layout"][0]
                if whole["unread"] or whole["values"] < 2 * size:
                    raise SystemExit(f"{layout}: {whole} was not read as it was written")
                print(
                    f"{layout:8} {rows:8,} {rows / seconds['layout']:8,.0f} "
                    f"{whole['values'] / seconds['layout']:9,.0f} "
                    f"{rows / seconds['reader']:14,.0f} {rows / seconds['library']:15,.0f} {whole['mib']:5.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
