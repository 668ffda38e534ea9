"""A small graph in the form that graph.py gives it, for the tests of everything that stands after it."""

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, parse

from kpigraph.config import Settings
from kpigraph.content import Content
from kpigraph.parts import making
from kpigraph.parts.part import Part

BASE = "https://w3id.org/kpigraph/"
EDITION = f"{BASE}id/lg/012068/doc/plan/2016/"
_GRAPHS = ("asserted", "corrections", "derived")
# The edition of 2021 is in the snapshot but, for these tests, not a current one.
DEFAULT_GRAPHS = (
    *(f"{BASE}graph/lg/012068/doc/plan/2016/{g}" for g in _GRAPHS),
    f"{BASE}graph/ref",
    f"{BASE}graph/catalog",
)


def quads() -> list[Quad]:
    return list(parse(path=str(Path(__file__).parent / "graph.trig")))


def remark(text: str) -> Quad:
    """Return one quad more, to make a graph that differs from the sample."""
    note = NamedNode("http://www.w3.org/2004/02/skos/core#note")
    return Quad(NamedNode(f"{EDITION}edition"), note, Literal(text), NamedNode(DEFAULT_GRAPHS[0]))


def parts(quads: Iterable[Quad], default_graphs: Sequence[str] = DEFAULT_GRAPHS, base: str = BASE) -> tuple[Part, ...]:
    """Return `quads` as the only part of a publication."""
    folder = Path(tempfile.mkdtemp(prefix="kpigraph-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "part").write_bytes(making.free_part(quads, default_graphs, base))
    return (Part("part", folder / "part"),)


def content(*more: Quad) -> Content:
    return Content(
        parts=parts([*quads(), *more]),
        default_graphs=DEFAULT_GRAPHS,
        validation_ttl=b"# conforms\n",
        validation_json=b"{}\n",
        inputs={"kpi.txt": "0" * 64},
        settings=Settings(),
        counts={"documents": 2},
    )
