"""Case folders: a fictional document and the graph that must come of it, compared as graphs."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import DATA, REPO

from kpigraph import assess, codelists, editions, graph, reference
from kpigraph.iris import DataIris
from kpigraph.order import in_order
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import Problem
from kpigraph.registry import Registry
from kpigraph.terms import quads

CASES = sorted(p for p in (REPO / "tests" / "documents").iterdir() if p.is_dir())
BASE = DataIris("https://data.example/")


def build_case(case: Path) -> list[ox.Quad]:
    """Return the named graphs that come of the documents of a case, units left out: they are those of data/."""
    problems: list[Problem] = []
    units = codelists.load_units(DATA / "codelists")
    found: list[ox.Quad] = []
    for document in editions.load_documents(case, problems):
        edition = editions.read_edition(document, Registry(document.municipality), units, problems)
        mapped = graph.edition_graph(edition, assess.derive(edition), BASE)
        for layer, triples in mapped.layers.items():
            found += quads(triples, mapped.names.graph(layer))
        found += quads(reference.reference_graph([edition], [], BASE), BASE.graph("ref"))
    assert [p.line() for p in problems if p.severity == "error"] == []
    return in_order(found)


@pytest.fixture
def same_as_golden(request: pytest.FixtureRequest) -> Callable[[Iterable[ox.Quad], Path], None]:
    def compare(found: Iterable[ox.Quad], path: Path) -> None:
        found = list(found)
        if request.config.getoption("--update-golden"):
            path.write_bytes(ox.serialize(found, format=ox.RdfFormat.TRIG, prefixes=PREFIXES) or b"")
        wanted = set(ox.parse(path=path, format=ox.RdfFormat.TRIG))
        more, less = set(found) - wanted, wanted - set(found)
        assert not more | less, "\n".join(
            [*(f"+ {q}" for q in sorted(map(str, more))), *(f"- {q}" for q in sorted(map(str, less)))]
        )

    return compare


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.name)
def test_document_becomes_this_graph(case: Path, same_as_golden: Callable[[Iterable[ox.Quad], Path], None]) -> None:
    same_as_golden(build_case(case), case / "expected.trig")
