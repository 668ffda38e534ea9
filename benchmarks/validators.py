"""Our compiled shapes, pySHACL and, where it is installed, rudof on the graph of one document and of many.

    python benchmarks/validators.py [--copies 100]

Rudof (`pip install --target FOLDER pyrudof`, FOLDER in PYTHONPATH) is no dependency; the question was whether it can be
a first pass. Each figure is a process of its own that has read graph and shapes beforehand: seconds of processor time,
peak of resident memory, results found. pySHACL, each query of the shapes parsed once, is asked about one document only.
The documents are those of document.py.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]


def write(folder: Path, copies: int) -> None:
    """Write what the documents come to as one Turtle file, and the shapes as another."""
    import document
    import pyoxigraph as ox

    from kpigraph import assess, codelists, editions, graph, municipalities, reference, registry, terms, validate
    from kpigraph.iris import DataIris

    document.write(folder, copies)
    units = codelists.load_units(HERE.parent / "data" / "codelists")
    iris, known = DataIris("https://data.example/"), municipalities.packaged()
    triples = list(reference.reference_graph([], units, iris))
    for each in editions.load_documents(folder, []):
        edition = editions.read_edition(each, registry.Registry(each.municipality), units, [])
        derivation = assess.derive(edition)
        for layer in graph.edition_graph(edition, derivation, iris).layers.values():
            triples += layer
        triples += reference.reference_triples([edition], (), iris, known)
        triples += graph.current_triples(edition, derivation, iris)
    for name, said in (("data", triples), ("shapes", validate.load_shapes())):
        ox.serialize((q.triple for q in terms.quads(said, "urn:x")), folder / f"{name}.ttl", format=ox.RdfFormat.TURTLE)


def measured(engine: str, folder: Path) -> dict[str, float]:
    data, shapes = folder / "data.ttl", folder / "shapes.ttl"
    if engine == "rudof":
        import pyrudof

        rudof = pyrudof.Rudof(pyrudof.RudofConfig())
        rudof.read_data(str(data), pyrudof.RDFFormat.Turtle)
        rudof.read_shacl(str(shapes), pyrudof.ShaclFormat.Turtle)
        start = time.process_time()
        found = len(rudof.validate_shacl())
    else:
        from rdflib import Graph

        from kpigraph import terms, validate

        checker = validate.Checker(_graph(Graph(), terms.read_turtle(shapes)))
        triples = _graph(Graph(), terms.read_turtle(data))
        start = time.process_time()
        found = len(checker.check([triples], engine=validate.Engine(engine)).results)
    seconds = time.process_time() - start
    return {"seconds": seconds, "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "results": found}


def _graph(graph: Any, triples: Iterable[Any]) -> Any:
    for triple in triples:
        graph.add(triple)
    return graph


def in_process(engine: str, folder: Path) -> dict[str, float] | str:
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import validators, json, pathlib;"
    code += f"print(json.dumps(validators.measured({engine!r}, pathlib.Path({str(folder)!r}))))"
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=900)
    except subprocess.TimeoutExpired:
        return "no answer in 900 s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1]
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=100)
    given = parser.parse_args()
    for copies in (1, given.copies):
        with tempfile.TemporaryDirectory() as home:
            write(Path(home), copies)
            for engine in ("fast", "rudof", *(["pyshacl"] if copies == 1 else [])):
                print(copies, engine, in_process(engine, Path(home)), flush=True)


if __name__ == "__main__":
    main()
