"""The canonical hash of a dataset is that of other libraries, whatever the order, and `verify` computes it anew."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sample
from pyld import jsonld
from pyoxigraph import RdfFormat, Store, parse, serialize
from rdflib import Dataset, Graph
from rdflib.compare import to_canonical_graph

from kpigraph import canonical, publish
from kpigraph.canonical import Canonical

GRAPHS = f"{sample.BASE}graph/lg/012068/doc/plan/2016/"
# Two blank nodes that are told apart by what they refer to, and a text that only looks like one.
BLANK = b"""<http://a/s> <http://a/p> _:x <http://a/g> .
_:x <http://a/p> _:y <http://a/g> .
_:y <http://a/p> "_:z \\"quoted\\" _:w" .
"""


def n_quads(folder: Path) -> bytes:
    quads = parse(path=str(folder / "kpigraph.nq"))
    return serialize([q for q in quads if q.graph_name.value.startswith(GRAPHS)], format=RdfFormat.N_QUADS) or b""  # type: ignore[union-attr]


def by_pyld(quads: bytes) -> str:
    options = {"algorithm": "URDNA2015", "inputFormat": "application/n-quads", "format": "application/n-quads"}
    return hashlib.sha256(jsonld.normalize(quads.decode(), options).encode()).hexdigest()


def test_others_come_to_the_same_hash() -> None:
    quads = serialize(sample.quads(), format=RdfFormat.N_QUADS) or b""
    assert canonical.digest(quads) == by_pyld(quads)
    assert canonical.digest(BLANK) == by_pyld(BLANK)
    lines = BLANK.replace(b"_:x", b"_:k").splitlines(keepends=True)
    assert canonical.digest(b"".join(reversed(lines))) == canonical.digest(BLANK)
    assert canonical.digest(BLANK.replace(b"quoted", b"Quoted")) != canonical.digest(BLANK)

    # rdflib has no RDFC-1.0; without blank nodes its canonical graph has the same lines, but for the graphs' names.
    triples = {line.rpartition(b" <")[0] + b" ." for line in quads.splitlines() if b"/graph/ref> ." in line}
    graph = to_canonical_graph(Graph().parse(data=b"\n".join(triples), format="nt"))
    assert {line.encode() for line in graph.serialize(format="nt").splitlines() if line} == triples
    assert len(Dataset().parse(data=quads, format="nquads")) > len(triples)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def hashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that states the hash of one dataset. Read only; copy it to change it."""
    out = tmp_path_factory.mktemp("hashed")
    first = publish.publish(out, sample.content()).release.folder
    quads = n_quads(first)
    dataset = Canonical(GRAPHS, len(quads.splitlines()), by_pyld(quads))
    publish.publish(out, replace(sample.content(), datasets={f"{sample.EDITION}cube": dataset}))
    return (out / "current").resolve()


def test_verify_finds_a_dataset_that_is_not_what_is_stated(hashed: Path, tmp_path: Path) -> None:
    assert canonical.verify(hashed) == []
    for n, harm in enumerate((lambda d: d.replace(b"117", b"118", 1), lambda d: d.partition(b"\n")[2])):
        folder = shutil.copytree(hashed, tmp_path / str(n))
        dump = n_quads(folder)
        (folder / "kpigraph.nq").write_bytes(harm(dump))
        assert [p.code for p in canonical.verify(folder)] == ["release.dataset"]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    del manifest["checksum"]  # as of a manifest that was made so
    assert manifest["datasets"][f"{sample.EDITION}cube"]["algorithm"] == "RDFC-1.0 SHA-256"
    (folder / "manifest.json").write_text(json.dumps(manifest | {"datasets": {"x": 1}}), "utf-8")
    assert [p.code for p in canonical.verify(folder)] == ["release.manifest"]
    (folder / "manifest.json").write_text(json.dumps({k: v for k, v in manifest.items() if k != "datasets"}), "utf-8")
    assert canonical.verify(folder) == []  # as releases made before there were hashes


def test_a_build_states_the_hash_of_every_edition(two_editions: Path) -> None:
    folder = (two_editions / "public" / "current").resolve()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert len(manifest["datasets"]) == manifest["counts"]["documents"] == 2
    assert canonical.verify(folder) == []
    store = Store()
    store.extend(parse(path=str(folder / "catalog.ttl")))
    for dataset, known in manifest["datasets"].items():
        asked = f"""SELECT ?value {{ <{dataset}> <http://spdx.org/rdf/terms#checksum> ?c .
            ?c <http://spdx.org/rdf/terms#checksumValue> ?value }}"""
        assert [row["value"].value for row in store.query(asked)] == [known["sha256"]]  # type: ignore[union-attr]
