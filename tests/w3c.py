"""The W3C's SPARQL 1.1 test suite, where it is installed: the source package of rdflib 6.1.1 on PyPI brings a copy.

`make test` unpacks it into `.venv/w3c`. Nothing of it is in this repository.
"""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox

FOLDER = Path(os.environ.get("KPIGRAPH_TESTS_W3C", Path(sys.prefix) / "w3c" / "data-sparql11"))
HOME = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
NOWHERE = HOME + "empty"
# What is no evaluation of a query in the simple regime, or is another engine's affair.
_LEFT_OUT = {"entailment", "service", "protocol", "service-description", "syntax-fed", "syntax-query"}
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_KINDS = {_MF + "QueryEvaluationTest", _MF + "CSVResultFormatTest"}
_RDF = {".ttl": ox.RdfFormat.TURTLE, ".rdf": ox.RdfFormat.RDF_XML, ".nt": ox.RdfFormat.N_TRIPLES}
_RESULTS = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}
Canonical = frozenset[str]


@dataclass(frozen=True)
class Case:
    """One test: its name, its query, what it is asked of, and the file with the result."""

    name: str
    query: Path
    data: tuple[str, ...]
    named: tuple[str, ...]
    result: Path


def cases() -> list[Case]:
    """Return the tests that the copy has whole."""
    manifests = [m for m in sorted(FOLDER.glob("*/manifest.ttl")) if m.parent.name not in _LEFT_OUT]
    return [c for m in manifests for c in _of(m) if c.query.is_file() and c.result.is_file()]


def _of(manifest: Path) -> Iterator[Case]:
    base = HOME + manifest.parent.name + "/"
    store = ox.Store()
    store.load(path=str(manifest), format=ox.RdfFormat.TURTLE, base_iri=base + "manifest")

    def values(subject: object, predicate: str) -> list[object]:
        quads = store.quads_for_pattern(subject, ox.NamedNode(predicate), None, None)  # type: ignore[arg-type]
        return [q.object for q in quads]

    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    for quad in store.quads_for_pattern(None, kind, None, None):
        if getattr(quad.object, "value", "") not in _KINDS:
            continue
        test = quad.subject
        (action,) = values(test, _MF + "action")
        (query,) = values(action, _QT + "query")
        (result,) = values(test, _MF + "result")
        yield Case(
            f"{manifest.parent.name}/{test.value.rpartition('#')[2]}",  # type: ignore[union-attr]
            _file(query),
            tuple(sorted(d.value for d in values(action, _QT + "data"))),  # type: ignore[attr-defined]
            tuple(sorted(d.value for d in values(action, _QT + "graphData"))),  # type: ignore[attr-defined]
            _file(result),
        )


def _file(iri: object) -> Path:
    return FOLDER / unquote(iri.value.removeprefix(HOME))  # type: ignore[attr-defined]


def data(cases: list[Case]) -> Iterator[ox.Quad]:
    """Yield the quads that the tests are about, each file under its name, its blank nodes apart from all others."""
    for n, iri in enumerate(sorted({d for c in cases for d in (*c.data, *c.named)})):
        file = FOLDER / unquote(iri.removeprefix(HOME))

        def apart(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, n: int = n) -> object:
            return ox.BlankNode(f"f{n}x{term.value}") if isinstance(term, ox.BlankNode) else term

        if not file.is_file():
            continue  # a graph that is not there is empty
        for quad in ox.parse(path=str(file), format=_RDF[file.suffix], base_iri=iri):
            yield ox.Quad(apart(quad.subject), quad.predicate, apart(quad.object), ox.NamedNode(iri))  # type: ignore[arg-type]


def expected(case: Case) -> object:
    """Return the result of a case in a form that can be compared: see `canonical`."""
    return canonical(case.result.read_bytes(), case.result.suffix, HOME + case.query.parent.name + "/")


def canonical(content: bytes, suffix: str, base: str) -> object:
    """Return a result so that equal ones are equal: blank nodes by RDFC-1.0, numbers by value, rows without order."""
    if suffix in _RDF:
        triples = [q.triple for q in ox.parse(content, format=_RDF[suffix], base_iri=base)]
        if any(t.predicate.value == _RS + "resultVariable" for t in triples):
            return _rows(list(_result_set(triples)))
        return _graph(triples)
    if suffix == ".csv":
        text = re.sub(r"_:\w+", "_:b", content.decode())  # the only blank node of these results
        lines = text.replace("\r\n", "\n").strip("\n").split("\n")
        return lines[0], tuple(sorted(lines[1:]))
    result = ox.parse_query_results(content, _RESULTS[suffix])
    if isinstance(result, ox.QueryBoolean):
        return bool(result)
    names = [v.value for v in result.variables]  # type: ignore[union-attr]
    return _rows([dict(zip(names, row, strict=True)) for row in result])  # type: ignore[arg-type]


def _result_set(triples: list[ox.Triple]) -> Iterator[dict[str, object]]:
    def values(subject: object, name: str) -> list[object]:
        return [t.object for t in triples if t.subject == subject and t.predicate.value == _RS + name]

    for solution in [t.object for t in triples if t.predicate.value == _RS + "solution"]:
        pairs = values(solution, "binding")
        yield {values(b, "variable")[0].value: values(b, "value")[0] for b in pairs}  # type: ignore[attr-defined]


def _rows(rows: list[dict[str, object]]) -> Canonical:
    triples = []
    for n, row in enumerate(rows):
        node = ox.BlankNode(f"row{n}")
        triples.append(ox.Triple(node, ox.NamedNode("urn:is"), ox.NamedNode("urn:row")))
        for name, value in row.items():
            if value is not None:
                triples.append(ox.Triple(node, ox.NamedNode(f"urn:v:{name}"), _by_value(value)))  # type: ignore[arg-type]
    return _graph(triples)


def _by_value(term: object) -> object:
    if isinstance(term, ox.Literal) and term.datatype.value.rpartition("#")[2] in ("decimal", "double", "float"):
        return ox.Literal(repr(float(term.value)), datatype=term.datatype)
    return term


def _graph(triples: list[ox.Triple]) -> Canonical:
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, _by_value(t.object)) for t in triples)  # type: ignore[arg-type]
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(str(q) for q in dataset)
