"""What a release keeps of those before it: the change log and the names that are no more, on every way to them."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sample
import serving
from pyoxigraph import Quad, RdfFormat, Store, parse
from serving import Client

from kpigraph import publish, releases
from kpigraph.history import gone, log

HOME = f"{sample.BASE}id/"
PLAN, OLD, NEW = (f"lg/012068/doc/plan{e}" for e in ("", "/2016", "/2021"))
AS = "https://www.w3.org/ns/activitystreams#"
PROV = "http://www.w3.org/ns/prov#"


def publish_quads(out: Path, keep: Callable[[Quad], bool], *more: Quad) -> Path:
    quads = [q for q in sample.quads() if keep(q)] + list(more)
    graphs = tuple(sorted({q.graph_name.value for q in quads} | {f"{sample.BASE}graph/catalog"}))  # type: ignore[union-attr]
    content = replace(sample.content(), parts=sample.parts(quads, graphs), default_graphs=graphs)
    return publish.publish(out, content).release.folder


def is_of(*names: str) -> Callable[[Quad], bool]:
    """Tell what is said of these things, of what begins with them, or refers to them."""
    return lambda q: any(f"<{HOME}{n}" in str(q) for n in names)


def merged(text: str) -> list[Quad]:
    return list(parse(text.replace("HOME", HOME).replace("BASE", sample.BASE).encode(), RdfFormat.N_QUADS))


MERGED = "<HOMElg/012068/kpi-xx> <http://purl.org/dc/terms/isReplacedBy> <HOMElg/012068/kpi-zz> <BASEgraph/ref> .\n"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three releases: all; without an indicator and with another merged; without that one and the newer edition."""
    out = tmp_path_factory.mktemp("history")
    publish_quads(out, lambda q: True)
    first = is_of("lg/012068/kpi-yy", f"{OLD}/st-yy", f"{OLD}/as-yy", f"{OLD}/listing-yy", f"{OLD}/corr-ab12")
    publish_quads(out, lambda q: not first(q), *merged(MERGED))
    second = is_of(NEW, "lg/012068/kpi-xx", f"{OLD}/st-xx", f"{OLD}/listing-xx", f"{OLD}/as-xx")
    publish_quads(out, lambda q: "/plan/2021/" not in str(q.graph_name) and not first(q) and not second(q))
    return out


@pytest.fixture(scope="module")
def client(public: Path) -> Iterator[Client]:
    made = serving.client_of(public)
    yield made
    made.close()


def versions(public: Path) -> list[str]:
    return releases.versions(public)


def test_the_log_says_what_came_went_and_changed(public: Path) -> None:
    third, second, first = log.read((public / "current").resolve())
    assert [e.version for e in (first, second, third)] == versions(public)
    assert (first.before, second.before, third.before) == ("", first.version, second.version)
    assert second.counts["indicators"] == {"added": 0, "removed": 1, "changed": 0}
    assert second.counts["observations"] == {"added": 0, "removed": 2, "changed": 0}
    assert second.counts["documents"] == {"added": 0, "removed": 0, "changed": 1}
    assert [c["kind"] for c in second.changes] == ["dropped", "correction-withdrawn"]
    assert "入所率" in second.changes[0]["sentence"]["ja"]
    assert third.counts["documents"]["removed"] == 1
    assert [d["name"] for d in third.documents if d["change"] == "removed"] == ["012068/plan/2021"]


def test_history_is_signed_for_and_is_no_part_of_the_digest(public: Path, tmp_path: Path) -> None:
    last = (public / "current").resolve()
    assert releases.verify(last) == []
    files = json.loads((last / "manifest.json").read_text("utf-8"))["files"]
    assert {log.FILE, gone.FILE} <= files.keys()
    copy = shutil.copytree(last, tmp_path / last.name)
    (copy / gone.FILE).write_text("{}")
    assert [p.code for p in releases.verify(copy)] == ["release.changed"]
    alone = publish_quads(tmp_path / "out", lambda q: True)
    assert alone.name.partition("-")[2] == versions(public)[0].partition("-")[2]


@pytest.mark.parametrize(
    ("path", "kind", "label", "last"),
    [
        ("lg/012068/kpi-yy", "Indicator", "入所率", 0),
        ("lg/012068/kpi-xx", "Indicator", "宿泊者数", 1),
        (f"{OLD}/st-yy-b", "Baseline", "", 0),
        (f"{NEW}/st-zz-t", "", "", 1),
        (f"{NEW}/edition", "", "", 1),
    ],
)
def test_a_name_that_is_no_more_answers_410(
    public: Path, client: Client, path: str, kind: str, label: str, last: int
) -> None:
    was, is_not = versions(public)[last], versions(public)[last + 1]
    for lang in ("ja", "en"):
        page = client.get(f"/doc/{path}?lang={lang}", "text/html")
        assert page.status_code == 410
        assert all(word in page.text for word in (was, is_not, label))
        assert f'href="/changes#{is_not}"' in page.text
    assert client.get(f"/id/{path}", "text/html").status_code == 410
    assert client.get(f"/id/{path}", "text/plain").status_code == 410
    for asked, accept in ((f"/id/{path}", "text/turtle"), (f"/doc/{path}.ttl", None), (f"/doc/{path}", "text/turtle")):
        answer = client.get(asked, accept)
        assert (answer.status_code, answer.headers["content-type"]) == (410, "text/turtle; charset=utf-8")
    said = Store()
    said.extend(parse(answer.content, RdfFormat.TURTLE))
    (row,) = said.query(
        f"SELECT * {{ <{HOME}{path}> a <{AS}Tombstone> ; <{PROV}wasInvalidatedBy> ?by ; <{AS}deleted> ?at ."
        f" ?last <{PROV}hadMember> <{HOME}{path}> OPTIONAL {{ <{HOME}{path}> <{AS}formerType> ?kind }} }}"
    )  # type: ignore[misc]
    assert row["by"].value == f"{sample.BASE}changes#{is_not}"
    assert row["last"].value == f"{sample.BASE}releases.atom#{was}"
    assert (row["kind"].value.rpartition("#")[2] if row["kind"] else "") == kind
    for form in ("jsonld", "nt", "rdf", "json"):
        assert client.get(f"/doc/{path}.{form}").status_code == 410


def test_what_took_its_place_is_told_and_what_never_was_is_404(client: Client) -> None:
    page = client.get("/doc/lg/012068/kpi-xx", "text/html")
    assert 'href="/doc/lg/012068/kpi-zz"' in page.text
    assert page.headers["link"] == '</doc/lg/012068/kpi-zz>; rel="successor-version"'
    assert f"<{HOME}lg/012068/kpi-zz>" in client.get("/doc/lg/012068/kpi-xx.nt").text
    assert 'href="/doc/lg/012068"' in client.get("/doc/lg/012068/kpi-yy", "text/html").text  # its municipality is here
    for path in ("lg/012068/kpi-never", "lg/999999/doc/plan/2021/edition", f"{PLAN}/2022/edition", "lg"):
        assert client.get(f"/doc/{path}").status_code == client.get(f"/id/{path}").status_code == 404, path


def test_the_log_is_served_as_page_rdf_json_and_in_the_feed(public: Path, client: Client) -> None:
    first, second, third = versions(public)
    for lang, words in (("ja", "指標「入所率」がなくなりました"), ("en", "the indicator 入所率 was dropped")):
        page = client.get(f"/changes?lang={lang}", "text/html")
        assert page.status_code == 200
        assert words in page.text
        assert all(f'id="{v}"' in page.text for v in (first, second, third))
        assert 'href="/doc/lg/012068/kpi-yy"' in page.text
        assert words in client.get(f"/releases.atom?lang={lang}").text
    assert [e["version"] for e in client.get("/changes.json").json()] == [third, second, first]
    for form in ("nt", "ttl", "rdf"):
        kind = {"nt": RdfFormat.N_TRIPLES, "ttl": RdfFormat.TURTLE, "rdf": RdfFormat.RDF_XML}[form]
        told = Store()
        told.extend(parse(client.get(f"/changes.{form}").content, kind, base_iri=sample.BASE))
        rows = told.query(
            f"SELECT * {{ ?c <http://purl.org/dc/terms/hasPart> ?part . ?part"
            f" <http://purl.org/vocab/changeset/schema#subjectOfChange> <{HOME}lg/012068/kpi-yy> }}"
        )
        assert [row["c"].value for row in rows] == [f"{sample.BASE}changes#{second}"]  # type: ignore[union-attr]
        assert bool(told.query(f"ASK {{ ?b <{PROV}wasRevisionOf> ?a FILTER(STRENDS(STR(?b), '{third}')) }}"))


def test_what_comes_back_is_off_the_list_and_a_damaged_former_release_stops_nothing(
    public: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(public, tmp_path / "out", symlinks=True)
    back = gone.read(publish_quads(out, lambda q: True))
    assert not back.things
    assert not back.when
    out = shutil.copytree(public, tmp_path / "damaged", symlinks=True)
    for file in (out / "current" / "store").iterdir():
        file.write_bytes(b"")
    folder = publish_quads(out, lambda q: "/plan/2021/" not in str(q.graph_name))
    entry, *past = log.read(folder)
    assert (entry.is_known, entry.before, len(past)) == (False, versions(public)[-1], 3)
    assert gone.read(folder).find("lg/012068/kpi-yy")
    client = serving.client_of(out)
    try:
        assert versions(public)[-1] in client.get("/changes?lang=en", "text/html").text
    finally:
        client.close()


def test_the_list_and_the_log_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gone, "MOST", 3)
    things = {
        "a": [0, "Indicator", {"ja": "あ"}],
        "b": [0, "Target"],
        "c": [1],
        "d": [1, "Goal", {"ja": "い"}],
        "e": [2],
    }
    kept = gone._bounded(gone.Gone([("1", "2", "x"), ("2", "3", "x"), ("3", "4", "x")], things, 5))
    assert (set(kept.things), kept.forgotten) == ({"a", "d", "e"}, 7)  # rows and statements first, the oldest of them
    stone = kept.find("e")
    assert stone is not None
    assert stone.last == "3"
    entries = [
        log.Entry(version=str(n), built_at="", before="x", changes=tuple({"n": m} for m in range(500)), number=500)
        for n in range(60)
    ]
    encoded = log.encoded(entries)
    assert [len(e["changes"]) for e in encoded] == [500] + [50] * 49


def test_a_release_without_history_is_served(public: Path, tmp_path: Path) -> None:
    out = shutil.copytree(public, tmp_path / "out", symlinks=True)
    shutil.rmtree(out / "current" / "history")
    client = serving.client_of(out)
    try:
        assert client.get("/changes", "text/html").status_code == 200
        assert client.get("/changes.ttl").status_code == 404
        assert client.get("/changes.json").json() == []
        assert client.get("/doc/lg/012068/kpi-yy").status_code == 404
    finally:
        client.close()
