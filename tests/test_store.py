"""Every test runs on every kind of store; damage and absence are one clear line in both languages."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sample
from endpoint import Endpoint
from pyoxigraph import Literal, NamedNode

from kpigraph.problems import UsageError
from kpigraph.store import Store, embedded, open_store, text

INDICATOR = "https://w3id.org/kpigraph/id/lg/012068/kpi-zz"
TARGET_OF_2021 = "https://w3id.org/kpigraph/id/lg/012068/doc/plan/2021/st-zz-t"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "store"
    with embedded.create(made, sample.quads()):
        pass
    return made


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint(sample.quads())
    yield made
    made.close()


@pytest.fixture(params=["embedded", "remote"])
def store(request: pytest.FixtureRequest, folder: Path, endpoint: Endpoint) -> Iterator[Store]:
    where = folder if request.param == "embedded" else endpoint.address
    opened = open_store(where, sample.DEFAULT_GRAPHS)
    yield opened
    opened.close()


def labels(store: Store, **how: bool) -> set[str]:
    query = f'SELECT ?label {{ <{INDICATOR}> skos:prefLabel ?label FILTER(LANG(?label) = "ja") }}'
    return {text(row, "label") for row in store.select(query, **how)}


def test_a_query_sees_the_union_of_the_default_graphs_only(store: Store) -> None:
    assert labels(store) == {"水揚量"}


def test_everywhere_sees_superseded_editions_too(store: Store) -> None:
    assert labels(store, everywhere=True) == {"水揚量", "水揚げの量"}


def test_without_default_graphs_a_query_sees_everything(folder: Path) -> None:
    assert labels(open_store(folder)) == {"水揚量", "水揚げの量"}


def test_of_what_is_loaded_the_default_graphs_alone_are_there_once_more(tmp_path: Path) -> None:
    asserted, former = "<urn:x:now>", "<urn:x:then>"
    said = [f'<urn:x:s> <urn:x:p> "{n} <urn:x:now> ." {g} .\n' for n, g in enumerate([asserted, former, asserted])]
    texts = [said[0] + said[1], said[2], said[1]]
    with embedded.create(
        tmp_path / "store", n_quads=embedded.with_union((t.encode() for t in texts), ["urn:x:now"])
    ) as made:
        assert {str(q.graph_name) for q in made.engine} == {asserted, former, "DEFAULT"}
        default = {q.object.value[0] for q in made.engine if str(q.graph_name) == "DEFAULT"}
    assert default == {"0", "2"}


def test_what_the_default_graphs_say_is_found_in_whatever_order_graphs_stand() -> None:
    graphs = ["now"] * 1500 + ["then"] * 1500 + ["now", "then"] * 20 + ["now"] * 3
    said = [f'<urn:x:{n}> <urn:x:p> "<urn:x:now> ."' for n in range(len(graphs))]
    whole = "".join(f"{s} <urn:x:{g}> .\n" for s, g in zip(said, graphs, strict=True)).encode()
    united = "".join(f"{s} .\n" for s, g in zip(said, graphs, strict=True) if g == "now").encode()
    assert list(embedded.with_union([whole], ["urn:x:now"])) == [whole, united]
    assert list(embedded.with_union([whole, b""], ["urn:x:never"])) == [whole, b""]


def test_a_store_loaded_side_by_side_has_the_same_and_ends_with_what_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_AT_ONCE", 200)  # bytes: some five lines
    lines = [f"<urn:x:s{n}> <urn:x:p> <urn:x:o{n % 7}> <urn:x:g{n % 3}> .\n".encode() for n in range(200)]
    with embedded.create(tmp_path / "store", n_quads=lines, threads=2):
        pass
    found = {f"{q} .\n".encode() for q in open_store(tmp_path / "store").engine}
    assert found == set(lines)

    def broken() -> Iterator[bytes]:
        yield from lines
        raise UsageError("壊れた", "damaged")

    with pytest.raises(UsageError, match="damaged"), embedded.create(tmp_path / "other", n_quads=broken(), threads=2):
        pass


def test_a_row_has_its_bound_variables_only(store: Store) -> None:
    rows = list(store.select('SELECT ?x ?y { VALUES ?x { "a"@ja } }'))
    assert rows == [{"x": Literal("a", language="ja")}]
    assert [text(rows[0], name) for name in ("x", "y")] == ["a", ""]


def test_a_graph_can_be_named_in_a_query(store: Store) -> None:
    rows = store.select(f"SELECT ?g {{ GRAPH ?g {{ <{TARGET_OF_2021}> a kpi:Target }} }}")
    assert [text(r, "g") for r in rows] == ["https://w3id.org/kpigraph/graph/lg/012068/doc/plan/2021/asserted"]


def test_describe_gives_what_the_current_editions_say(store: Store) -> None:
    said = [t.object for t in store.describe(INDICATOR) if t.predicate.value.endswith("prefLabel")]
    assert Literal("水揚量", language="ja") in said
    assert Literal("水揚げの量", language="ja") not in said


def test_describe_finds_a_thing_of_a_superseded_edition(store: Store) -> None:
    assert store.describe(TARGET_OF_2021)[0].object == NamedNode("http://purl.org/linked-data/cube#Observation")


def test_describe_of_an_unknown_thing_is_empty(store: Store) -> None:
    assert store.describe(INDICATOR + "-unknown") == []


def test_quads_say_which_graph(store: Store) -> None:
    graphs = {q.graph_name.value for q in store.quads(INDICATOR)}
    assert {g.rpartition("/plan/")[2] for g in graphs} == {"2016/asserted", "2021/asserted"}


def test_named_graphs_are_sorted(store: Store) -> None:
    names = store.named_graphs()
    assert len(names) == 5
    assert names == sorted(names)


def test_a_query_that_is_not_sparql_says_so_at_once(store: Store) -> None:
    with pytest.raises(SyntaxError):
        store.select("SELECT * {")


def test_only_select_queries(store: Store) -> None:
    with pytest.raises(ValueError, match="SELECT"):
        store.select("ASK {}")


# ---- the embedded store


def test_a_closed_store_says_so(folder: Path) -> None:
    opened = embedded.open_read_only(folder)
    opened.close()
    with pytest.raises(ValueError, match="closed"):
        opened.select("SELECT * {}")


def test_reading_changes_no_byte_and_needs_no_permission_to_write(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with embedded.create(folder, sample.quads()):
        pass
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    first, second = embedded.open_read_only(folder), embedded.open_read_only(folder)
    assert labels(first) == labels(second) == {"水揚量", "水揚げの量"}
    first.close()
    second.close()
    assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before


def test_the_engines_log_with_its_paths_is_not_kept(folder: Path) -> None:
    assert list(folder.glob("LOG*")) == []


def cut_short(folder: Path) -> None:
    for file in folder.glob("*.sst"):
        os.truncate(file, 100)


def scrambled(folder: Path) -> None:
    for file in folder.glob("*.sst"):
        data = bytearray(file.read_bytes())
        data[: len(data) // 2] = bytes(b ^ 0xFF for b in data[: len(data) // 2])
        file.write_bytes(data)


def without_its_index(folder: Path) -> None:
    (folder / "CURRENT").unlink()


@pytest.mark.parametrize("damage", [cut_short, scrambled, without_its_index], ids=lambda f: f.__name__)
def test_a_damaged_store_is_one_clear_line(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = tmp_path / "store"
    with embedded.create(folder, sample.quads()):
        pass
    damage(folder)
    with pytest.raises(UsageError) as caught:
        list(open_store(folder).select("SELECT * { ?s ?p ?o }"))
    assert all(str(folder) in m and "\n" not in m for m in caught.value.messages.values())
    assert "ストア" in caught.value.messages["ja"]


@pytest.mark.parametrize("where", ["nowhere", "file"])
def test_where_no_store_is(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UsageError):
        open_store(tmp_path / where)


def test_an_unknown_kind_of_store() -> None:
    with pytest.raises(UsageError, match="not known"):
        open_store("gopher://example.org/")


def test_serving_needs_no_rdflib() -> None:
    code = "import sys, kpigraph.publish, kpigraph.store, kpigraph.dumps; sys.exit('rdflib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
