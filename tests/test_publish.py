"""Publishing: whole releases or none, the same bytes from the same inputs, and what is published about them."""

import errno
import gzip
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sample
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, parse

from kpigraph import dumps, publish, releases, tables
from kpigraph.config import Settings
from kpigraph.content import Content
from kpigraph.problems import UsageError
from kpigraph.store import embedded, open_store, text

DCAT = "http://www.w3.org/ns/dcat#"
FILES = {
    *(f"kpigraph.{s}{gz}" for s in ("ttl", "jsonld", "nt", "nq", "trig", "rdf") for gz in ("", ".gz")),
    *(f"{t}.csv{m}" for t in ("observations", "listings", "assessments") for m in ("", "-metadata.json")),
    *(f"{t}-excel.csv" for t in ("observations", "listings", "assessments")),
    *("catalog.ttl", "catalog.jsonld", "void.ttl", "validation.ttl", "validation.json", "manifest.json"),
}


def publish_into(out: Path, *more: Quad) -> publish.Published:
    return publish.publish(out, sample.content(*more))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one release; only for tests that change nothing."""
    folder = tmp_path_factory.mktemp("public")
    publish_into(folder)
    return folder


def in_use(folder: Path) -> publish.Release:
    release = publish.current_release(folder)
    assert release is not None
    return release


def whole(folder: Path) -> bool:
    """Tell whether nothing or a whole release is in use and its store answers."""
    release = publish.current_release(folder)
    if release is None:
        return True
    store = open_store(release.store, release.default_graphs)
    return publish.verify(release.folder) == [] and len(list(store.select("SELECT * { ?s ?p ?o } LIMIT 1"))) == 1


def leftovers(folder: Path) -> list[Path]:
    return [*folder.glob(".current-*"), *(folder / "releases").glob(".tmp-*")]


# ---- a release


def test_a_release_holds_the_files_of_the_contract(out: Path) -> None:
    current = out / "current"
    assert current.is_symlink()
    assert not os.path.isabs(os.readlink(current))
    assert {p.name for p in current.iterdir()} == FILES | {"store", "search", "history"}
    assert publish.verify(current.resolve()) == []
    assert leftovers(out) == []


def test_the_manifest_lists_every_file_and_what_it_was_made_from(out: Path) -> None:
    manifest = json.loads((out / "current" / "manifest.json").read_text(encoding="utf-8"))
    folder = (out / "current").resolve()
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert manifest["files"].keys() == there - {"manifest.json"}
    assert manifest["inputs"] == {"kpi.txt": "0" * 64}
    assert manifest["base_iri"] == Settings().base_iri
    assert tuple(manifest["default_graphs"]) == sample.DEFAULT_GRAPHS
    assert manifest["counts"] == {
        "documents": 2,
        "quads": len(set(sample.quads())),
        "graphs": 5,
        "observations": 7,
        "listings": 4,
        "assessments": 4,
    }
    assert manifest["versions"].keys() == {"kpigraph", "ontology", "python", "pyoxigraph", "rdflib", "pyshacl"}
    assert manifest["built_at"].endswith("Z")
    assert folder.name == f"000001-{manifest['digest'][:12]}"


def test_the_store_holds_the_dump_and_the_catalogue(out: Path) -> None:
    store = Store.read_only(str(out / "current" / "store"))
    dump, rebuilt = sample.quads(), Store()
    rebuilt.extend(dump)
    named = {q for q in store if not isinstance(q.graph_name, DefaultGraph)}
    assert set(rebuilt) <= named
    assert {q.graph_name.value for q in named - set(rebuilt)} == {f"{sample.BASE}graph/catalog"}


def test_the_default_graph_of_the_store_is_the_union_of_the_current_graphs(out: Path) -> None:
    store = Store.read_only(str(out / "current" / "store"))
    current = set(json.loads((out / "current" / "manifest.json").read_text("utf-8"))["default_graphs"])
    united = {q.triple for q in store.quads_for_pattern(None, None, None, DefaultGraph())}
    assert united == {q.triple for q in store if getattr(q.graph_name, "value", "") in current}
    counted = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    (row,) = embedded.open_read_only(out / "current" / "store", sorted(current)).select(counted)
    assert int(row["n"].value) == len(united)


SCRIPT = """
import sys, pathlib
sys.path.insert(0, {tests!r})
import sample
from kpigraph import publish
publish.publish(pathlib.Path({out!r}), sample.content())
"""


def test_the_same_inputs_give_the_same_bytes_in_every_run(tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        script = SCRIPT.format(tests=str(Path(__file__).parent), out=str(folder))
        subprocess.run([sys.executable, "-c", script], check=True, env=os.environ | {"PYTHONHASHSEED": seed})
        made.append(in_use(folder))
    assert made[0].version == made[1].version
    for name in FILES - {"manifest.json"}:
        assert (made[0].folder / name).read_bytes() == (made[1].folder / name).read_bytes(), name


# ---- one release after another


def test_the_same_content_again_changes_nothing(tmp_path: Path) -> None:
    first = publish_into(tmp_path)
    manifest = (tmp_path / "current" / "manifest.json").read_bytes()
    second = publish_into(tmp_path)
    assert (first.new, second.new) == (True, False)
    assert second.release.folder == first.release.folder
    assert (tmp_path / "current" / "manifest.json").read_bytes() == manifest
    assert len(publish.releases(tmp_path)) == 1
    assert leftovers(tmp_path) == []


def test_other_content_is_a_new_release_and_the_former_one_stays(tmp_path: Path) -> None:
    first, second = publish_into(tmp_path), publish_into(tmp_path, sample.remark("new"))
    assert [r.version[:7] for r in publish.releases(tmp_path)] == ["000001-", "000002-"]
    assert in_use(tmp_path).version == second.release.version
    assert publish.verify(first.release.folder) == []


@pytest.mark.parametrize(
    "change",
    [{"validation_json": b'{"results": 1}\n'}, {"default_graphs": sample.DEFAULT_GRAPHS[:-1]}],
    ids=["another report", "other default graphs"],
)
def test_the_same_graph_with_another_report_or_other_current_editions_is_new(
    tmp_path: Path, change: dict[str, object]
) -> None:
    publish_into(tmp_path)
    fields = {name: getattr(sample.content(), name) for name in Content.__dataclass_fields__}
    assert publish.publish(tmp_path, Content(**(fields | change))).new


def test_a_damaged_release_is_not_kept_for_the_same_content(tmp_path: Path) -> None:
    first = publish_into(tmp_path).release
    (first.folder / "kpigraph.nt").write_bytes(b"")
    second = publish_into(tmp_path)
    assert second.new
    assert whole(tmp_path)


def test_a_release_that_was_never_switched_to_is_used_by_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_into(tmp_path)

    def die(out: Path, version: str) -> None:
        raise OSError(errno.EIO, "died")

    with monkeypatch.context() as patch:
        patch.setattr(releases, "point", die)
        with pytest.raises(UsageError):
            publish_into(tmp_path, sample.remark("new"))
    assert in_use(tmp_path).version.startswith("000001-")
    assert not publish_into(tmp_path, sample.remark("new")).new
    assert in_use(tmp_path).version.startswith("000002-")
    assert len(publish.releases(tmp_path)) == 2


def test_switching_back_and_forth(tmp_path: Path) -> None:
    first, second = publish_into(tmp_path).release, publish_into(tmp_path, sample.remark("new")).release
    assert publish.switch(tmp_path, first.version).folder == first.folder
    assert in_use(tmp_path).version == first.version
    publish.switch(tmp_path, second.version)
    assert in_use(tmp_path).version == second.version


def test_no_switch_to_what_is_not_there_or_damaged(tmp_path: Path) -> None:
    first, second = publish_into(tmp_path).release, publish_into(tmp_path, sample.remark("new")).release
    (first.folder / "listings.csv").write_bytes(b"forged")
    for version in ("000009-aaaaaaaaaaaa", "../../elsewhere", first.version):
        with pytest.raises(UsageError) as caught:
            publish.switch(tmp_path, version)
        assert caught.value.messages.keys() == {"ja", "en"}
    assert in_use(tmp_path).version == second.version


def test_nothing_published_yet(tmp_path: Path) -> None:
    assert publish.current_release(tmp_path) is None
    assert publish.releases(tmp_path) == []


def test_a_link_that_leads_nowhere_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("releases/000001-aaaaaaaaaaaa")
    with pytest.raises(UsageError, match="damaged"):
        publish.current_release(tmp_path)
    assert publish_into(tmp_path).new
    assert whole(tmp_path)


# ---- tampering


def forge_table(folder: Path) -> None:
    file = folder / "observations.csv"
    file.write_bytes(file.read_bytes().replace(b"117,779", b"217,779"))


def forge_table_and_manifest(folder: Path) -> None:
    forge_table(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    file = releases.describe(folder / "observations.csv")
    manifest["files"]["observations.csv"] = {"bytes": file.bytes, "sha256": file.sha256}
    manifest["checksum"] = releases.checksum(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def forge_default_graphs(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_text(file.read_text("utf-8").replace("doc/plan/2016/asserted", "doc/plan/2021/asserted", 1), "utf-8")


def cut_store(folder: Path) -> None:
    os.truncate(max((folder / "store").glob("*.sst"), key=lambda p: p.stat().st_size), 10)


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (forge_table, "release.changed"),
        (forge_table_and_manifest, "release.name"),
        (forge_default_graphs, "release.manifest"),
        (cut_store, "release.changed"),
        (lambda f: (f / "kpigraph.ttl").unlink(), "release.missing"),
        (lambda f: (f / "extra.csv").write_text("x"), "release.unlisted"),
        (lambda f: (f / "manifest.json").unlink(), "release.manifest"),
        (lambda f: (f / "manifest.json").write_text("{"), "release.manifest"),
        (lambda f: (f / "manifest.json").write_text("[]"), "release.manifest"),
        (lambda f: (f / "manifest.json").write_text('{"default_graphs": []}'), "release.manifest"),
        (lambda f: (f / "manifest.json").write_text('{"default_graphs": [], "files": {"a": 1}}'), "release.manifest"),
    ],
    ids=[
        "table",
        "table and manifest",
        "what is current",
        "store",
        "missing",
        "extra",
        "no manifest",
        "cut",
        "list",
        "none",
        "odd",
    ],
)
def test_verify_finds_what_was_tampered_with(tmp_path: Path, harm: Callable[[Path], object], code: str) -> None:
    release = publish_into(tmp_path).release
    harm(release.folder)
    problems = publish.verify(release.folder)
    assert [p.code for p in problems] == [code]
    assert all(p.line(lang) for p in problems for lang in ("ja", "en"))


# ---- faults


@pytest.mark.parametrize(
    ("module", "function"),
    [(tables, "write"), (dumps, "write"), (dumps, "serialized"), (releases, "sync_all"), (releases, "sync")],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_a_full_disk_leaves_the_release_in_use_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, function: str
) -> None:
    publish_into(tmp_path)
    before = in_use(tmp_path).version

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(module, function, full)
        with pytest.raises(UsageError) as caught:
            publish_into(tmp_path, sample.remark("new"))
    assert all(os.strerror(errno.ENOSPC) in m and "\n" not in m for m in caught.value.messages.values())
    assert in_use(tmp_path).version == before
    assert whole(tmp_path)
    assert leftovers(tmp_path) == []
    publish_into(tmp_path, sample.remark("new"))
    assert whole(tmp_path)
    assert len(publish.releases(tmp_path)) == 2


def test_files_that_may_grow_no_further_stop_the_build_wherever_they_are(tmp_path: Path) -> None:
    """The system itself refuses to write: to us as OSError, to the store in its own words."""
    publish_into(tmp_path)
    script = """
import sys, pathlib, resource, signal
sys.path.insert(0, {tests!r})
import sample
from kpigraph import publish
from kpigraph.problems import UsageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
made = sample.content(sample.remark("new"))
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    publish.publish(pathlib.Path({out!r}), made)
except UsageError as e:
    print(e)
"""
    for limit in (1_000, 20_000, 60_000, 70_000):
        filled = script.format(tests=str(Path(__file__).parent), out=str(tmp_path), limit=limit)
        done = subprocess.run([sys.executable, "-c", filled], capture_output=True, text=True, check=True)
        assert done.stdout.count("\n") == 1, done.stdout
        assert whole(tmp_path)
        assert in_use(tmp_path).version.startswith("000001-")
        assert leftovers(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot publish"):
        publish_into(tmp_path / "file" / "public")


def test_a_folder_named_current_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    (tmp_path / "current" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError):
        publish_into(tmp_path)
    assert (tmp_path / "current" / "mine.txt").read_text() == "mine"
    assert leftovers(tmp_path) == []


def test_all_is_on_disk_before_it_gets_its_name_and_is_switched_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test cannot cut the power; it can see that the steps are taken in the order that survives it."""
    steps: list[str] = []

    def noted(owner: object, name: str) -> None:
        real = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *args: (steps.append(f"{name} {Path(args[0]).name}"), real(*args))[1])

    noted(releases, "sync_all")
    noted(releases, "sync")
    noted(releases, "point")
    noted(Path, "rename")
    publish_into(tmp_path / "public")
    kept = [re.sub(r"\.tmp\S+", "tmp", s) for s in steps]
    kept = kept[kept.index("sync_all tmp") :]  # some was on disk before, while other files were made
    assert "sync manifest.json" in kept[: kept.index("rename tmp")]
    assert {"sync store", "sync kpigraph.nq", "sync CURRENT", "sync tmp"} <= set(kept[: kept.index("rename tmp")])
    assert kept[kept.index("rename tmp") :] == ["rename tmp", "sync releases", "point public", "sync public"]


def test_leftovers_of_killed_builds_are_removed(tmp_path: Path) -> None:
    (tmp_path / "releases" / ".tmp-1-dead" / "store").mkdir(parents=True)
    (tmp_path / ".current-1-dead").symlink_to("releases/none")
    publish_into(tmp_path)
    assert leftovers(tmp_path) == []


def test_two_builds_wait_for_each_other(tmp_path: Path) -> None:
    waiting = threading.Event()
    fields = {name: getattr(sample.content(), name) for name in Content.__dataclass_fields__}

    def progress(ja: str, en: str) -> None:
        if en.startswith("waiting"):
            waiting.set()

    second = threading.Thread(target=publish.publish, args=(tmp_path, Content(**(fields | {"progress": progress}))))
    with releases.locked(tmp_path, releases.silent):
        second.start()
        assert waiting.wait(10)
        second.join(0.5)
        assert second.is_alive()
        assert publish.current_release(tmp_path) is None
    second.join(30)
    assert whole(tmp_path)
    assert len(publish.releases(tmp_path)) == 1


# ---- what is said of the release


def catalog(out: Path) -> Store:
    store = Store()
    store.extend(parse(path=str(out / "current" / "catalog.ttl")))
    return store


def about(store: Store, subject: str, predicate: str) -> list[object]:
    return [q.object for q in store.quads_for_pattern(NamedNode(subject), NamedNode(predicate), None)]


def test_the_catalogue_gives_size_and_checksum_of_every_dump_and_table(out: Path) -> None:
    store = catalog(out)
    names = [n for n in FILES if n.startswith("kpigraph.") and not n.endswith(".gz")]
    names += [n for n in FILES if n.endswith(".csv")]
    for name in names:
        file = releases.describe(out / "current" / name)
        address = f"{sample.BASE}download/{name}"
        text_of_ttl = (out / "current" / "catalog.ttl").read_text(encoding="utf-8")
        assert f'dcat:byteSize "{file.bytes}"^^xsd:nonNegativeInteger' in text_of_ttl
        assert about(store, f"{address}#distribution", DCAT + "downloadURL") == [NamedNode(address)]
        (checksum,) = about(store, f"{address}#checksum", "http://spdx.org/rdf/terms#checksumValue")
        assert isinstance(checksum, Literal)
        assert checksum.value == file.sha256


def test_the_catalogue_has_a_dataset_an_edition_in_a_series(out: Path) -> None:
    store = catalog(out)
    plan = "https://w3id.org/kpigraph/id/lg/012068/doc/plan"
    cubes = [NamedNode(f"{plan}/{e}/cube") for e in ("2016", "2021")]
    assert {q.subject for q in store.quads_for_pattern(None, NamedNode(DCAT + "inSeries"), None)} == set(cubes)
    assert about(store, cubes[0].value, DCAT + "inSeries") == [NamedNode(f"{plan}/series")]
    assert about(store, cubes[1].value, DCAT + "previousVersion") == [cubes[0]]
    area = about(store, cubes[0].value, "http://purl.org/dc/terms/spatial")
    assert area == [NamedNode("http://data.e-stat.go.jp/lod/sac/C01206")]
    assert len(about(store, cubes[0].value, DCAT + "distribution")) == 12
    assert set(about(store, f"{sample.BASE}sparql", DCAT + "servesDataset")) == set(cubes)


def test_a_licence_is_there_only_where_it_is_stated(out: Path) -> None:
    licence = NamedNode("http://purl.org/dc/terms/license")
    stated = [q.subject.value for q in catalog(out).quads_for_pattern(None, licence, None)]
    assert stated == ["https://w3id.org/kpigraph/id/lg/012068/doc/plan/2021/cube"]


@pytest.mark.parametrize("name", ["catalog.ttl", "catalog.jsonld", "void.ttl"])
def test_descriptions_have_no_blank_nodes_and_parse(out: Path, name: str) -> None:
    quads = list(parse(path=str(out / "current" / name)))
    assert quads
    assert not any(str(t).startswith("_:") for q in quads for t in (q.subject, q.object))


def test_the_catalogue_is_in_the_store_under_its_own_graph(out: Path) -> None:
    release = in_use(out)
    store = open_store(release.store, release.default_graphs)
    (row,) = store.select("SELECT ?g ?c { GRAPH ?g { ?c a dcat:Catalog } ?c a dcat:Catalog }")
    assert (text(row, "g"), text(row, "c")) == (f"{sample.BASE}graph/catalog", f"{sample.BASE}catalog")
    assert "dcat:Catalog" not in (release.folder / "kpigraph.trig").read_text(encoding="utf-8")


def test_void_counts_what_is_in_the_dump(out: Path) -> None:
    store = Store()
    store.extend(parse(path=str(out / "current" / "void.ttl")))
    counted = {
        q.predicate.value.rpartition("#")[2]: int(q.object.value)
        for q in store.quads_for_pattern(NamedNode(f"{sample.BASE}.well-known/void#kpigraph"), None, None)
        if isinstance(q.object, Literal) and q.object.datatype.value.endswith("integer")
    }
    dump = Store()
    dump.extend(parse(path=str(out / "current" / "kpigraph.nt")))
    a = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    assert counted["triples"] == len(dump)
    assert counted["classes"] == len({q.object for q in dump.quads_for_pattern(None, a, None)})
    assert counted["properties"] == len({q.predicate for q in dump})
    entities = {q.subject.value for q in dump if q.subject.value.startswith(f"{sample.BASE}id/")}
    assert counted["entities"] == len(entities)
    subsets = about(store, f"{sample.BASE}.well-known/void#kpigraph", "http://rdfs.org/ns/void#subset")
    links = {s for s in subsets if str(s).startswith(f"<{sample.BASE}.well-known/void#")}
    assert set(subsets) - links == {q.graph_name for q in sample.quads()}


def test_addresses_begin_with_the_configured_base(tmp_path: Path) -> None:
    fields = {name: getattr(sample.content(), name) for name in Content.__dataclass_fields__}
    settings = Settings(base_iri="https://data.example.jp/kpi/")
    publish.publish(tmp_path, Content(**(fields | {"settings": settings})))
    turtle = (tmp_path / "current" / "catalog.ttl").read_text(encoding="utf-8")
    assert "dcat:endpointURL <https://data.example.jp/kpi/sparql>" in turtle
    assert "<https://data.example.jp/kpi/download/kpigraph.ttl#distribution>" in turtle


def test_compressed_dumps_are_published_too(out: Path) -> None:
    current = out / "current"
    assert gzip.decompress((current / "kpigraph.ttl.gz").read_bytes()) == (current / "kpigraph.ttl").read_bytes()
