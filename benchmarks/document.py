"""What one more document costs, stage by stage: read, derive, map, validate, dump. Beside each, a peer.

    python benchmarks/document.py [--copies 20] [--rounds 3] [--profile STAGE] [--data DIR] [--morph PYTHON]

The documents are Kushiro's under the codes of other municipalities, so that no name of a thing comes twice, or those of
a data folder. `dump` is their part: in order, in six formats, packed, with lines of tables and indexes. A process
has fixed costs (imports, ontology, shapes, code lists) that it pays once; what counts for a country is the processor
time of each further document, so the first one is left out. The peers run in the same process on what came of the same
documents, and each figure is a ratio to its peer: a busy machine slows both alike.

    whole way   pyoxigraph's bulk_load of the same N-Quads into an empty store
    map         rdflib's Graph.add of the same triples, terms ready made
    validate    pySHACL of the first of the documents, each query of the shapes parsed once (results must be equal)
    read        the lines of the file cut at tabs
    read + map  morph-kgc on the table of observations of the same documents, by an RML mapping of ours: triples a
                second of processor time, as a process and without what it takes for one row; --morph is the Python
                that has it

The figures go to results/document.json too.
"""

import argparse
import cProfile
import gc
import json
import os
import platform
import pstats
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results" / "document.json"
KUSHIRO = REPO / "data" / "sources" / "012068" / "sogo-senryaku-kpi-2016"
GOALS = {"whole way / bulk_load": 6.0, "validate / pySHACL": 0.1, "map / Graph.add": 1.0}
LEAST = {"map / morph-kgc once started, triples/s": 3.0, "read + map / morph-kgc, triples/s": 3.0}
MAPPING = Path(__file__).resolve().parent / "observations.rml.ttl"
STAGES = ("read", "derive", "map", "validate", "dump")


def write(data: Path, copies: int) -> None:
    """Write `copies` documents under `data`, each of another municipality."""
    from kpigraph import municipalities

    known = [g for g in municipalities.packaged().by_code.values() if g.name.endswith(("市", "町", "村"))]
    card = (KUSHIRO / "card.toml").read_text("utf-8")
    for government in known[:copies]:
        folder = data / "sources" / government.code / KUSHIRO.name
        folder.mkdir(parents=True)
        own = card.replace('code = "012068"', f'code = "{government.code}"')
        own = own.replace('ja = "釧路市"', f'ja = "{government.name}"')
        (folder / "card.toml").write_text(own, "utf-8")
        (folder / "kushiro-kpi.txt").write_bytes((KUSHIRO / "kushiro-kpi.txt").read_bytes())


def measured(data: Path, profiled: str = "", morph: str = "") -> dict[str, float]:
    """Return the seconds of each stage and of each peer for one document, the first document's apart."""

    from kpigraph import (
        assess,
        codelists,
        csvw,
        editions,
        graph,
        municipalities,
        ontology,
        reference,
        registry,
        tables,
        validate,
        written,
    )
    from kpigraph.building import once
    from kpigraph.iris import DataIris
    from kpigraph.parts import making
    from kpigraph.parts.part import Part

    spent: dict[str, list[float]] = defaultdict(list)
    profile = cProfile.Profile(time.process_time)

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        if wanted := profiled in (name, "all") and bool(spent[name]):
            profile.enable()
        start = time.process_time()
        yield
        spent[name].append(time.process_time() - start)
        if wanted:
            profile.disable()

    iris, problems = DataIris("https://data.example/"), []  # type: ignore[var-annotated]
    with stage("fixed: code lists, shapes, vocabulary"):
        units = codelists.load_units((data if (data / "codelists").is_dir() else REPO / "data") / "codelists")
        known = municipalities.packaged()
        shapes, vocabulary = validate.load_shapes(), ontology.load_vocabulary()
        checker = validate.Checker(shapes, vocabulary, reference.reference_graph([], units, iris))
        gc.freeze()  # as a build does
        gc.set_threshold(*once.COLLECTED)
    first, count, scratch = [], 0, Path(tempfile.mkdtemp(prefix="kpigraph-bench-"))
    dump, table = scratch / "all.nq", scratch / "observations.csv"
    table.write_bytes(tables.header(csvw.OBSERVATIONS))
    documents = editions.load_documents(data, problems)
    for document in documents:
        with stage("read"):
            edition = editions.read_edition(document, registry.Registry(document.municipality), units, problems)
        with stage("derive"):
            derivation = assess.derive(edition)
        with stage("map"):
            mapped = graph.edition_graph(edition, derivation, iris)
            own = reference.reference_graph([edition], (), iris, known)
            current = graph.union(graph.current_triples(edition, derivation, iris))
        parts = [*mapped.layers.values(), own, current]
        texts, graphs = written.Texts(), [mapped.names.graph(name) for name in mapped.layers]
        with stage("validate"):
            report = checker.check(parts, texts=texts)
        ref, now = iris.graph("ref"), iris.graph("current")
        with stage("dump"):
            quads = [q for name, layer in zip(graphs, mapped.layers.values(), strict=True)
                     for q in written.quads(layer, name, texts)]  # fmt: skip
            around = [*written.quads(own, ref, texts), *written.quads(current, now, texts)]
            about = iris.thing("lg", document.municipality, "doc", document.series, document.edition) + "/"
            home = iris.municipality(document.municipality)
            made = making.document_part(quads, around, [*graphs, ref, now], own=about, home=home, base=iris.base)
        first = first or [parts, report, document.file]
        count += len(quads) + len(around)
        (scratch / "part").write_bytes(made)
        part = Part("part", scratch / "part")
        with dump.open("ab") as file, table.open("ab") as lines:
            file.write(written.nquads([*quads, *around]))
            for _, edition_iri, _ in part.json(making.TABLES):
                lines.write(part.bytes(making.table_entry(edition_iri, csvw.OBSERVATIONS.name)))
    assert not [p for p in problems if p.severity == "error"]
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    taken = seconds(spent) | {"quads, number": count / len(documents)}
    taken |= peers(dump, len(documents), first, checker) | (morph_kgc(morph, table) if morph else {})
    shutil.rmtree(scratch)
    return taken


def seconds(spent: dict[str, list[float]]) -> dict[str, float]:
    each = {name: statistics.mean(times[1:] or times) for name, times in spent.items()}
    each["whole way"] = sum(each[name] for name in STAGES)
    return each | {"first document": sum(spent[name][0] for name in STAGES)}


def peers(dump: Path, documents: int, first: list[Any], checker: Any) -> dict[str, float]:
    """Return what the peers take for one document."""
    import pyoxigraph as ox
    from rdflib import Graph

    from kpigraph import terms, validate

    def timed(work: Callable[[], object]) -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    parts, report, text = first
    found = []
    pyshacl = timed(lambda: found.append(checker.check(parts, engine=validate.Engine.PYSHACL)))
    if found != [report]:
        raise SystemExit("the engines differ")
    with tempfile.TemporaryDirectory() as folder:
        store = ox.Store(folder)
        bulk_load = timed(partial(store.bulk_load, path=dump, format=ox.RdfFormat.N_QUADS))
        del store
    ready = list(terms.triples(quad for quad in ox.parse(path=dump, format=ox.RdfFormat.N_QUADS)))
    graph = Graph()
    add = timed(lambda: [graph.add(triple) for triple in ready])
    cut = timed(lambda: [line.split(b"\t") for _ in range(50) for line in text.read_bytes().splitlines()])
    return {
        "pySHACL": pyshacl,
        "bulk_load": bulk_load / documents,
        "Graph.add": add / documents,
        "lines cut at tabs": cut / 50,
    }


def morph_kgc(python: str, table: Path) -> dict[str, float]:
    """Return how many triples a second of processor time morph-kgc makes of a table, without what it takes for none."""

    def run(source: Path) -> tuple[float, int]:
        folder = source.parent
        mapping = MAPPING.read_text("utf-8").replace("observations.csv", str(source))
        (folder / "mapping.ttl").write_text(mapping, "utf-8")
        settings = f"[CONFIGURATION]\noutput_file: {folder / 'morph.nt'}\nnumber_of_processes: 1\n[table]\nmappings: "
        (folder / "morph.ini").write_text(f"{settings}{folder / 'mapping.ttl'}\n", "utf-8")
        before = os.times()
        subprocess.run([python, "-m", "morph_kgc", folder / "morph.ini"], check=True, capture_output=True)
        after = os.times()
        busy = after.children_user + after.children_system - before.children_user - before.children_system
        with (folder / "morph.nt").open("rb") as lines:
            return busy, sum(1 for _ in lines)

    few = table.with_name("few.csv")
    few.write_bytes(b"".join(table.read_bytes().splitlines(keepends=True)[:2]))
    (fixed, least), (busy, triples) = run(few), run(table)
    return {
        "morph-kgc, triples/s": triples / busy,
        "morph-kgc once started, triples/s": (triples - least) / (busy - fixed),
    }


def figures(runs: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return the median, lowest and highest of each figure: seconds a document, ratios, quads a second."""
    for run in runs:
        for own, peer in (
            ("whole way", "bulk_load"),
            ("map", "Graph.add"),
            ("validate", "pySHACL"),
            ("read", "lines cut at tabs"),
        ):
            run[f"{own} / {peer}"] = run[own] / run[peer]
        run["documents/s, whole way"] = 1 / run["whole way"]
        for name in (*STAGES, "bulk_load", "whole way"):
            run[f"triples/s, {name}"] = run["quads, number"] / run[name]
        run["triples/s, read + map"] = run["quads, number"] / (run["read"] + run["derive"] + run["map"])
        if rate := run.get("morph-kgc, triples/s"):
            started = run["morph-kgc once started, triples/s"]
            mapped = run["quads, number"] / (run["derive"] + run["map"])
            run["map / morph-kgc once started, triples/s"] = mapped / started
            run["read + map / morph-kgc once started, triples/s"] = run["triples/s, read + map"] / started
            run["read + map / morph-kgc, triples/s"] = run["triples/s, read + map"] / rate
    return {
        name: {
            "median": statistics.median(r[name] for r in runs),
            "lowest": min(r[name] for r in runs),
            "highest": max(r[name] for r in runs),
        }
        for name in runs[0]
    }


def in_process(data: Path, morph: str) -> dict[str, float]:
    code = f"import sys; sys.path.insert(0, {str(REPO / 'benchmarks')!r}); import document, json, pathlib;"
    code += f"print(json.dumps(document.measured(pathlib.Path({str(data)!r}), morph={morph!r})))"
    done = subprocess.run([sys.executable, "-c", code], check=True, text=True, stdout=subprocess.PIPE, cwd=REPO)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=20, help="documents (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="processes (default 3)")
    parser.add_argument(
        "--profile", choices=(*STAGES, "all"), help="print what a stage spends its time on, not figures"
    )
    parser.add_argument("--data", type=Path, help="a data folder whose documents are taken instead of Kushiro's")
    parser.add_argument("--morph", default="", metavar="PYTHON", help="a Python that has morph-kgc, to be run too")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where figures go (default results/document.json)")
    given = parser.parse_args()
    sys.path.insert(0, str(REPO))
    with tempfile.TemporaryDirectory() as home:
        data = given.data or Path(home)
        if not given.data:
            write(data, given.copies)
        if given.profile:
            measured(data, given.profile)
            return
        found = figures([in_process(data, given.morph) for _ in range(given.rounds)])
    for name, figure in found.items():
        goal = f"  goal < {GOALS[name]:g}" if name in GOALS else ""
        goal = f"  goal > {LEAST[name]:g}" if name in LEAST else goal
        print(f"{name:50} {figure['median']:12.4f} {figure['lowest']:12.4f} {figure['highest']:12.4f}{goal}")
    given.json.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system()}
    result = {"machine": machine, "copies": given.copies, "rounds": given.rounds, "figures": found}
    given.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
