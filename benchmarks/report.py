"""The report of the suite: tables in Markdown, plots as SVG, and the exponents by which costs grow."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

GOAL_EXPONENT = 1.1
Points = list[tuple[int, float]]


def write(results: dict[str, Any], folder: Path) -> Path:
    """Write report.md and its plots into `folder`; return the report."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = results.get("machine", {})
    lines = ["# Measured at national scale", "",
             "Made by `python benchmarks/suite.py`; what each part measures is told there.", "",
             ", ".join(f"{name}: {value}" for name, value in machine.items()), ""]  # fmt: skip
    builds = series(results, "build")
    lines += growth(builds, folder)
    lines += peers(results)
    lines += stages(results, folder)
    lines += rebuilds(results)
    lines += questions(results, folder)
    lines += pages(results)
    lines += downloads(results)
    (folder / "report.md").write_text("\n".join(lines) + "\n", "utf-8")
    return folder / "report.md"


def series(results: dict[str, Any], part: str) -> dict[tuple[int, ...], dict[str, Any]]:
    """Return the results of a part by the numbers in their names: size, or size and processes."""
    found = {}
    for name, result in results.items():
        head, _, rest = name.partition("-")
        if head == part:
            found[tuple(int(n) for n in rest.split("-"))] = result
    return dict(sorted(found.items()))


def exponent(points: Points) -> float | None:
    """Return the slope of the straight line through the logarithms, by least squares; None of fewer than two."""
    logs = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len(logs) < 2:
        return None
    mx, my = (sum(v[i] for v in logs) / len(logs) for i in (0, 1))
    spread = sum((x - mx) ** 2 for x, _ in logs)
    return sum((x - mx) * (y - my) for x, y in logs) / spread if spread else None


def growth(builds: dict[tuple[int, ...], dict[str, Any]], folder: Path) -> list[str]:
    if not builds:
        return []
    lines = ["## Build", "", "| municipalities | processes | s | processor s | documents/s | triples/s | peak MiB |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for (size, jobs), b in builds.items():
        rate, triples = b["documents"] / b["seconds"], b["quads"] / b["seconds"]
        lines.append(f"| {size:,} | {jobs} | {b['seconds']:,.0f} | {b['busy']:,.0f} | {rate:.2f} | {triples:,.0f} "
                     f"| {b['MiB']:,.0f} |")  # fmt: skip
    lines.append("")
    curves: dict[str, Points] = {}
    for jobs in sorted({j for _, j in builds}):
        curves[f"build, {jobs} process{'es' if jobs > 1 else ''}"] = [
            (size, b["busy"]) for (size, j), b in builds.items() if j == jobs
        ]
    for name, points in curves.items():
        # From one document the fixed costs of a process are most of the time: told apart.
        if (slope := exponent(points)) is not None:
            lines.append(f"- {name}: processor time grows with the power {slope:.2f} of the municipalities")
        if (slope := exponent([p for p in points if p[0] > 1])) is not None:
            lines.append(
                f"- the same from {min(p[0] for p in points if p[0] > 1)} on: {slope:.2f} (goal {GOAL_EXPONENT})"
            )
    if plot(curves, "municipalities", "processor time, s", folder / "build.svg"):
        lines += ["", "![Processor time of a build by municipalities](build.svg)"]
    return [*lines, ""]


def peers(results: dict[str, Any]) -> list[str]:
    loads, morphs, builds = (series(results, p) for p in ("load", "morph", "build"))
    lines = []
    for (size,), load in loads.items():
        whole = [b["busy"] for (n, _), b in builds.items() if n == size]  # of fewest processes first
        ratio = f"; the whole build takes {whole[0] / load['busy']:.1f} times its time" if whole else ""
        lines.append(f"- bulk_load of the N-Quads of {size:,}: {load['quads'] / load['busy']:,.0f} quads a second of "
                     f"processor time{ratio} (goal 6)")  # fmt: skip
    if (slope := exponent([(size, load["busy"]) for (size,), load in loads.items()])) is not None:
        lines.append(f"- bulk_load: processor time grows with the power {slope:.2f} of the municipalities")
    for (size,), m in morphs.items():
        lines.append(f"- morph-kgc on the table of {size:,}: {m['triples'] / m['busy']:,.0f} triples a second of "
                     f"processor time, {m['MiB']:,.0f} MiB")  # fmt: skip
    return ["## Peers", "", *lines, ""] if lines else []


def stages(results: dict[str, Any], folder: Path) -> list[str]:
    """Return what one more document costs by stage, how that grows, and the ratios to peers that ran beside it."""
    documents = {size: d["figures"] for (size,), d in series(results, "document").items()}
    if not documents:
        return []
    names = ("read", "derive", "map", "validate", "dump", "bulk_load")
    head = " | ".join(f"of {size:,}: documents/s | triples/s" for size in documents)
    lines = [
        "## One more document, by stage (processor time)",
        "",
        f"| | {head} |",
        f"|---|{'---|---|' * len(documents)}",
    ]
    for name in names:
        cells = (f"{1 / f[name]['median']:,.1f} | {f[f'triples/s, {name}']['median']:,.0f}" for f in documents.values())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append("")
    curves = {n: [(size, size * f[n]["median"]) for size, f in documents.items()] for n in names}
    for name, points in curves.items():
        if (slope := exponent(points)) is not None:
            lines.append(f"- {name}: grows with the power {slope:.2f} of the municipalities (goal {GOAL_EXPONENT})")
    if plot(curves, "municipalities", "processor time of all documents, s", folder / "stages.svg"):
        lines += ["", "![Processor time of each stage by municipalities](stages.svg)"]
    lines += ["", f"| ratios and all else | {' | '.join(f'of {size:,}' for size in documents)} |"]
    lines.append(f"|---|{'---|' * len(documents)}")
    for name in next(iter(documents.values())):
        if name in names or name.startswith("triples/s, "):
            continue
        cells = (f"{f[name]['median']:,.3f}" if name in f else "" for f in documents.values())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def rebuilds(results: dict[str, Any]) -> list[str]:
    lines = [
        f"- {size:,} municipalities: nothing changed {r['same']:.1f} s ({r['busy']:.1f} s of processor time), "
        f"one document changed {r['changed']:.1f} s ({r.get('changed busy', math.nan):.1f} s), {r['MiB']:,.0f} MiB"
        for (size,), r in series(results, "rebuild").items()
    ]
    return ["## Built again", "", *lines, ""] if lines else []


def pages(results: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for (size,), served in series(results, "serve").items():
        head = "| | of | first p50 ms | first p95 ms | kept p95 ms | KiB in Brotli, most |"
        lines += [f"## Served: {size:,} municipalities, from disk, {served['MiB']:,.0f} MiB at most", ""]
        lines += [head, "|---|---|---|---|---|---|"]
        rows: Iterable[dict[str, Any]] = (*served["disk"].get("pages", ()), *served["disk"].get("search", ()))
        for r in rows:
            lines.append(f"| {r['kind']} | {r['pages']:,} | {r['first p50']:.1f} | {r['first p95']:.1f} "
                         f"| {r['kept p95']:.2f} | {r['KiB max']:.1f} |")  # fmt: skip
        http = served.get("http", {})
        asked = {r["kind"]: r for r in served["disk"].get("questions", ())}
        memory = {r["kind"]: r["kept p95"] for r in served.get("memory", {}).get("questions", ())}
        again = {r["question"]: r["again"][0] for r in http.get("questions", ())}
        if asked or again:
            head = "| question | answers | engine, from disk ms | engine, from memory ms | over HTTP, kept ms |"
            lines += ["", head, "|---|---|---|---|---|"]
        for key in asked or again:
            answers = f"{asked[key]['pages']:,}" if key in asked else ""
            times = (asked[key]["kept p95"] if key in asked else None, memory.get(key), again.get(key))
            lines.append(f"| {key} | {answers} | {' | '.join('' if t is None else f'{t:.1f}' for t in times)} |")
        lines.append("")
        if http:
            lines += [f"The server was ready after {http['ready s']:.1f} s; it and its workers had "
                      f"{http['at first']['resident']:,} MiB then, {http['in the end']['resident']:,} MiB in the end, "
                      f"{http['in the end']['peak']:,} MiB the largest of them at most.", ""]  # fmt: skip
    return lines


def questions(results: dict[str, Any], folder: Path) -> list[str]:
    """Draw how the time of the competency questions grows, of the one in the middle and of the slowest."""
    curves: dict[str, Points] = {}
    for (size,), served in series(results, "serve").items():
        for where in ("disk", "memory"):
            times = sorted(r["kept p95"] for r in served.get(where, {}).get("questions", ()))
            for name, place in (("median", len(times) // 2), ("slowest", -1)) if times else ():
                curves.setdefault(f"{name}, from {where}", []).append((size, max(times[place], 0.1)))
    if not plot(curves, "municipalities", "p95 of a competency question, ms", folder / "questions.svg"):
        return []
    return ["## Questions", "", "![Time of the competency questions by municipalities](questions.svg)", ""]


def downloads(results: dict[str, Any]) -> list[str]:
    lines = [
        f"- {d['bytes'] / (1 << 20):,.0f} MiB in {d['seconds']:.1f} s, {d['busy']:.2f} s of the server's processor "
        f"time, {d['grown MiB']:.0f} MiB more memory"
        for d in series(results, "download").values()
    ]
    return ["## The dump over HTTP", "", *lines, ""] if lines else []


def plot(curves: dict[str, Points], across: str, up: str, file: Path) -> bool:
    """Draw curves on logarithmic axes; tell whether there was anything to draw."""
    shown = {name: points for name, points in curves.items() if len(points) > 1}
    if not shown:
        return False
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "kpigraph"  # the same figures give the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4))
    for name, points in shown.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel=up)
    axes.legend()
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
    return True
