"""What one more document costs, stage by stage: read, derive, map, validate, quads, order. Beside each, a peer.

    python benchmarks/document.py [--copies 20] [--rounds 3] [--profile STAGE]

The documents are Kushiro's under the codes of other municipalities, so that no name of a thing comes twice. A process
has fixed costs (imports, ontology, shapes, code lists) that it pays once; what counts for a country is the processor
time of each further document, so the first one is left out. The peers run in the same process on what came of the same
documents, and each figure is a ratio to its peer: a busy machine slows both alike.

    whole way   pyoxigraph's bulk_load of the same N-Quads into an empty store
    map         rdflib's Graph.add of the same triples, terms ready made
    validate    pySHACL of the first of the documents, each query of the shapes parsed once (results must be equal)
    read        the lines of the file cut at tabs

The figures go to results/document.json too.
"""

import argparse
import cProfile
import gc
import json
import platform
import pstats
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
STAGES = ("read", "derive", "map", "validate", "quads", "order")


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


def measured(data: Path, profiled: str = "") -> dict[str, float]:
    """Return the seconds of each stage and of each peer for one document, the first document's apart."""
    import pyoxigraph as ox

    from kpigraph import (
        assess,
        codelists,
        editions,
        graph,
        municipalities,
        ontology,
        order,
        reference,
        registry,
        terms,
        validate,
    )
    from kpigraph.iris import DataIris

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
        units = codelists.load_units(REPO / "data" / "codelists")
        known = municipalities.packaged()
        shapes, vocabulary = validate.load_shapes(), ontology.load_vocabulary()
        checker = validate.Checker(shapes, vocabulary, reference.reference_graph([], units, iris))
        gc.freeze()  # as a build does
    first, dump, count = [], data / "all.nq", 0
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
        with stage("validate"):
            report = checker.check(parts)
        with stage("quads"):
            quads = [q for name, layer in mapped.layers.items() for q in terms.quads(layer, mapped.names.graph(name))]
            quads += terms.quads(own, iris.graph("ref"))
            quads += terms.quads(current, iris.graph("current"))
        with stage("order"):
            ordered = order.in_order(quads)
        first = first or [parts, report]
        count += len(ordered)
        with dump.open("ab") as file:
            ox.serialize(ordered, file, format=ox.RdfFormat.N_QUADS)
    assert not [p for p in problems if p.severity == "error"]
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    taken = seconds(spent) | {"quads, number": count / len(documents)}
    return taken | peers(dump, len(documents), first, checker)


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

    parts, report = first
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
    text = KUSHIRO / "kushiro-kpi.txt"
    cut = timed(lambda: [line.split("\t") for _ in range(50) for line in text.read_text("utf-8").splitlines()])
    return {
        "pySHACL": pyshacl,
        "bulk_load": bulk_load / documents,
        "Graph.add": add / documents,
        "lines cut at tabs": cut / 50,
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
        run["quads/s, whole way"] = run["quads, number"] / run["whole way"]
        run["quads/s, map and quads"] = run["quads, number"] / (run["map"] + run["quads"])
    return {
        name: {
            "median": statistics.median(r[name] for r in runs),
            "lowest": min(r[name] for r in runs),
            "highest": max(r[name] for r in runs),
        }
        for name in runs[0]
    }


def in_process(data: Path) -> dict[str, float]:
    code = f"import sys; sys.path.insert(0, {str(REPO / 'benchmarks')!r}); import document, json, pathlib;"
    code += f"print(json.dumps(document.measured(pathlib.Path({str(data)!r}))))"
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
    given = parser.parse_args()
    sys.path.insert(0, str(REPO))
    with tempfile.TemporaryDirectory() as home:
        write(Path(home), given.copies)
        if given.profile:
            measured(Path(home), given.profile)
            return
        found = figures([in_process(Path(home)) for _ in range(given.rounds)])
    for name, figure in found.items():
        goal = f"  goal < {GOALS[name]:g}" if name in GOALS else ""
        print(f"{name:42} {figure['median']:12.4f} {figure['lowest']:12.4f} {figure['highest']:12.4f}{goal}")
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system()}
    result = {"machine": machine, "copies": given.copies, "rounds": given.rounds, "figures": found}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
