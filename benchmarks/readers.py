"""How fast readers are against the bare library under them, and whether memory stays flat as rows grow.

    python benchmarks/readers.py [--rows 20000] [--large 1000000] [kind ...]

Each figure is a process of its own, timed from after its imports: one that reads with the library and looks at every
cell, and one that takes every row from the reader. A spreadsheet, web page or PDF is read by a process with limits, so
the reader's figure has its start and the pipe in it; its peak of memory is that of both processes.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]
COLUMNS = 8


def table(rows: int) -> Iterator[list[str]]:
    yield ["施策", "指標", "単位", "基準値（H30年度）", "R1年度", "R2年度", "目標値（R6年度）", "担当課"]
    for n in range(1, rows):
        yield [f"施策{n % 50}", f"指標その{n}", "人", f"{n:,}", f"{n + 1:,}", f"{n + 2:,}", f"{n + 30:,}以上", "企画課"]


def write(kind: str, path: Path, rows: int) -> None:
    import written

    if kind == "csv":
        written.delimited(path, table(rows))  # type: ignore[arg-type]
    elif kind == "tabs":
        path.write_text("".join("\t".join(row) + "\n" for row in table(rows)), "utf-8")
    elif kind == "blanks":
        written.aligned(path, list(table(rows)))
    elif kind == "json":
        names, *records = table(rows)
        path.write_text(json.dumps([dict(zip(names, r, strict=True)) for r in records], ensure_ascii=False), "utf-8")
    elif kind == "html":
        written.webpage(path, list(table(rows)))
    elif kind == "xlsx":
        import xlsxwriter

        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        sheet = book.add_worksheet("一覧")
        for r, row in enumerate(table(rows)):
            sheet.write_row(r, 0, row)
        book.close()
    elif kind == "xls":
        written.xls(path, {"一覧": list(table(min(rows, 65_000)))})
    elif kind == "ods":
        written.ods(path, {"一覧": list(table(rows))})
    else:
        pdf = written.Pdf(path)
        names, *records = table(rows)
        for n in range(0, len(records), 20):
            pdf.table([names, *records[n : n + 20]], [60, 110, 40, 110, 90, 90, 110, 70])
            pdf.next_page()
        pdf.save()


# ---- what is timed, each in a process of its own


def bare(kind: str, path: Path) -> Callable[[], int]:
    """Return a function that reads every cell with the library and returns how many there are."""
    if kind in ("tabs", "blanks"):
        return lambda: sum(len(line.rstrip("\n").split("\t")) for line in path.open(encoding="utf-8"))
    if kind == "csv":
        import csv

        return lambda: sum(len(row) for row in csv.reader(path.open(encoding="utf-8", newline="")))
    if kind == "json":
        import ijson

        return lambda: sum(len(o) for o in ijson.items(path.open("rb"), "item"))
    if kind == "html":
        from lxml import etree

        return lambda: sum(
            1 for cell in etree.parse(str(path), etree.HTMLParser()).iter("td") if "".join(cell.itertext()) is not None
        )
    if kind == "xlsx":
        import openpyxl

        def sheet() -> int:
            book = openpyxl.load_workbook(path, read_only=True)
            return sum(
                1 for row in book.worksheets[0].iter_rows() for c in row if (c.value, getattr(c, "number_format", ""))
            )

        return sheet
    if kind == "xls":
        import xlrd

        def old() -> int:
            book = xlrd.open_workbook(str(path), formatting_info=True)
            return sum(1 for r in range(book.sheet_by_index(0).nrows) for _ in book.sheet_by_index(0).row(r))

        return old
    if kind == "ods":
        from odf.opendocument import load
        from odf.table import TableCell

        return lambda: sum(1 for cell in load(str(path)).getElementsByType(TableCell) if str(cell) is not None)
    import pdfplumber

    def pages() -> int:
        count = 0
        with pdfplumber.open(path) as document:
            for page in document.pages:
                count += sum(len(row) for found in page.extract_tables() for row in found)
                page.close()
        return count

    return pages


def reader(kind: str, path: Path) -> Callable[[], int]:
    """Return a function that takes every row from the reader and returns how many cells there are."""
    from test_read import document

    from kpigraph import formats, read

    source = document(path, {"tabs": formats.TEXT, "blanks": formats.TEXT}.get(kind, ""))
    limits = read.Limits(seconds=3600, memory=8192)
    return lambda: sum(len(row.cells) for row in read.read(source, [], limits))


def measured(which: str, kind: str, path: Path) -> dict[str, float]:
    run = (bare if which == "bare" else reader)(kind, path)
    started = time.perf_counter()
    cells = run()
    seconds = time.perf_counter() - started
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"seconds": seconds, "cells": cells, "mib": peak / 1024}


def in_process(which: str, kind: str, path: Path) -> dict[str, float]:
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import readers, json, pathlib;"
    code += f"print(json.dumps(readers.measured({which!r}, {kind!r}, pathlib.Path({str(path)!r}))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


KINDS = {"tabs": 1, "blanks": 1, "csv": 1, "json": 1, "html": 1, "xlsx": 1, "xls": 1, "ods": 8, "pdf": 40}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--rows", type=int, default=20_000, help="fewer of ods and pdf, which are slower")
    parser.add_argument("--large", type=int, default=0, help="rows of one more file, to see memory stay flat")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{'format':8} {'rows':>9} {'reader rows/s':>14} {'library rows/s':>15} {'ratio':>6} {'peak MiB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in given.kinds:
            rows = given.rows // KINDS[kind]
            for size, rounds in ((rows, given.rounds), *(((given.large, 1),) if given.large else ())):
                path = Path(folder) / f"{size}.{kind}"  # some libraries go by the name
                write(kind, path, size)
                pairs = [(in_process("reader", kind, path), in_process("bare", kind, path)) for _ in range(rounds)]
                ours = statistics.median(a["seconds"] for a, _ in pairs)
                theirs = statistics.median(b["seconds"] for _, b in pairs)
                ratio = statistics.median(a["seconds"] / b["seconds"] for a, b in pairs)
                peak = max(a["mib"] for a, _ in pairs)
                print(
                    f"{kind:8} {size:9,} {size / ours:14,.0f} {size / theirs:15,.0f} {ratio:6.2f} {peak:9.0f}",
                    flush=True,
                )
                path.unlink()


if __name__ == "__main__":
    main()
