"""Publications of others: brought in whole and only if everything about them holds; what was there before stays."""

import gzip
import hashlib
import itertools
import json
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import BLOCK, HEADER, HEADINGS, made_once, write_case
from typer.testing import CliRunner

from kpigraph import answers, canonical, imports, pipeline
from kpigraph.cli import app
from kpigraph.config import Settings
from kpigraph.problems import Problem, SourceError, UsageError
from kpigraph.releases import current_release

BASE = "https://w3id.org/kpigraph/"
OTHER = "https://kpi.example.jp/"
LG = f"{BASE}id/lg/012068"
RETRIEVED = "<http://www.w3.org/ns/prov#generatedAtTime>"


@pytest.fixture(scope="session")
def theirs(small_publication: Path) -> Path:
    """Return the release of another publisher: one fictional indicator. Read only."""
    release = current_release(small_publication / "public")
    assert release
    return release.folder


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a publication of the same municipality under a base IRI of its own. Read only."""

    def make(folder: Path) -> None:
        write_case(folder, HEADER + HEADINGS + BLOCK)
        pipeline.build(folder / "data", folder / "public", Settings(base_iri=OTHER))

    return made_once(tmp_path_factory, "elsewhere", make) / "public"


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Return a data folder with a document of another municipality."""
    return write_case(tmp_path, HEADER + HEADINGS + BLOCK.replace("水揚量", "漁獲量"), code="012076").data


@pytest.fixture(scope="session")
def together(theirs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data/ and public/: a document of our own and an import, built. Read only."""

    def make(folder: Path) -> None:
        data = write_case(folder, HEADER + HEADINGS + BLOCK.replace("水揚量", "漁獲量"), code="012076").data
        bring(theirs, data)
        pipeline.build(data, folder / "public", Settings())

    return made_once(tmp_path_factory, "together", make)


def bring(source: str | Path, data: Path, name: str = "kushiro", **settings: Any) -> imports.Import:
    return imports.bring(str(source), data, name, Settings(**settings), lambda ja, en: None)


def refused(source: Path, data: Path, **settings: Any) -> list[Problem]:
    """Return why a publication is refused, having seen that nothing of it is kept."""
    before = sorted(p for p in data.rglob("*") if p.name != ".lock" and p.name != "imports")
    with pytest.raises(SourceError) as raised:
        bring(source, data, **settings)
    assert sorted(p for p in data.rglob("*") if p.name != ".lock" and p.name != "imports") == before
    assert all(p.sentence(lang) for p in raised.value.problems for lang in ("ja", "en"))
    return list(raised.value.problems)


def forged(theirs: Path, folder: Path, change: Callable[[str], str] = str, **manifest: Any) -> Path:
    """Write their dump, changed, with a manifest that agrees with it, as who forges a publication would."""
    folder.mkdir()
    text = change((theirs / "kpigraph.nq").read_text("utf-8")).encode()
    (folder / "kpigraph.nq").write_bytes(text)
    content = json.loads((theirs / "manifest.json").read_text("utf-8")) | manifest
    content["files"]["kpigraph.nq"] = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(content), "utf-8")
    return folder


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve `folder` as download/ of a site on a port of its own."""
    site = folder.parent / f"{folder.name}-site"
    site.mkdir(exist_ok=True)
    (site / "download").symlink_to(folder)
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asked(out: Path, query: str) -> list[str]:
    return answers.answer(str(out), query, "csv").splitlines()[1:]


def test_two_municipalities_are_published_together_with_where_the_other_came_from(theirs: Path, together: Path) -> None:
    out = together / "public"
    (brought,) = imports.find(together / "data")
    release = current_release(out)
    assert release
    assert release.manifest["counts"]["imports"] == 1
    assert {"imports/kushiro/import.json", "imports/kushiro/kpigraph.nq.gz"} <= set(release.manifest["inputs"])
    assert asked(out, "SELECT ?name { ?i a kpi:Indicator ; skos:prefLabel ?name } ORDER BY ?name") == [
        "水揚量",
        "漁獲量",
    ]
    stated = json.loads((theirs / "manifest.json").read_text("utf-8"))["datasets"]  # an imported dataset is what it was
    datasets = release.manifest["datasets"]
    assert len(stated) == 1
    assert len(datasets) == 2
    assert datasets.items() >= stated.items()
    assert canonical.verify(release.folder) == []
    (sha256,) = {d["sha256"] for d in stated.values()}
    (dataset,) = stated
    assert asked(out, f"SELECT ?v {{ <{dataset}> spdx:checksum/spdx:checksumValue ?v }}") == [sha256]
    rows = (out / "current" / "observations.csv").read_text("utf-8").splitlines()
    assert {row[:6] for row in rows[1:]} == {"012068", "012076"}
    assert len(rows) == 1 + 2 * 3
    came = asked(out, f"SELECT ?when ?of {{ <{BASE}id/import/kushiro> prov:generatedAtTime ?when ; dct:hasPart ?of }}")
    assert came == [f"{brought.retrieved},{LG}/doc/senryaku/2016/edition"]
    graphs = asked(out, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")
    assert [g.removeprefix(f"{BASE}graph/") for g in graphs if "import" in g or "012068" in g] == [
        "import/kushiro/current",
        "import/kushiro/provenance",
        "import/kushiro/ref",
        *(f"lg/012068/doc/senryaku/2016/{layer}" for layer in ("asserted", "derived")),
    ]


def test_what_both_say_of_a_unit_or_a_period_is_said_once(together: Path) -> None:
    out = together / "public"
    named = asked(out, 'SELECT ?x { ?x skos:prefLabel ?n FILTER(CONTAINS(STR(?n), "2014年度")) }')
    assert named == [f"{BASE}id/period/fy2014"]
    assert len(asked(out, "SELECT ?f { <https://w3id.org/kpigraph/code/unit/ton> kpi:factor ?f }")) == 1


def test_the_same_imports_give_the_same_bytes(together: Path) -> None:
    assert not pipeline.build(together / "data", together / "public", Settings()).published.new


def test_who_has_no_documents_of_its_own_publishes_imports_alone(theirs: Path, ours: Path, tmp_path: Path) -> None:
    shutil.rmtree(ours / "sources")
    bring(theirs, ours)
    pipeline.build(ours, tmp_path / "public", Settings())
    assert asked(tmp_path / "public", "SELECT ?name { ?i a kpi:Indicator ; skos:prefLabel ?name }") == ["水揚量"]


def test_a_publication_under_another_base_keeps_its_names(elsewhere: Path, ours: Path, tmp_path: Path) -> None:
    bring(elsewhere, ours)
    pipeline.build(ours, tmp_path / "public", Settings())
    found = asked(tmp_path / "public", "SELECT ?i { ?i a kpi:Indicator } ORDER BY ?i")
    assert [iri.partition("id/")[0] for iri in found] == [OTHER, BASE]


def test_it_is_fetched_from_its_address(theirs: Path, ours: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(theirs, tmp_path / "release"))
    with served(folder) as address:
        brought = bring(address, ours, "")
        assert brought.name == address[7:-1].replace(":", "-")
        assert brought.source == address
        assert brought.manifest.codes == {"012068"}
        again = bring(f"{address}download/manifest.json", ours, brought.name)
        assert again.manifest == brought.manifest
        with pytest.raises(UsageError, match="404"):
            bring(f"{address}nothing/", ours)
        with pytest.raises(UsageError, match="KPIGRAPH_IMPORT_BYTES"):
            bring(address, ours, import_bytes=100)
    with pytest.raises(UsageError, match="cannot be fetched"):
        bring(address, ours)  # nobody listens there any more


def test_who_sends_without_end_is_waited_for_no_longer_than_the_limit(
    theirs: Path, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()

    class Drip(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not gone.wait(0.02):
                self.wfile.write(b"{")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Drip) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            with pytest.raises(UsageError, match="KPIGRAPH_IMPORT_SECONDS"):
                bring(f"http://127.0.0.1:{server.server_address[1]}/", ours, import_seconds=0.3)
        finally:
            gone.set()
            server.shutdown()
            thread.join()
    with monkeypatch.context() as patched:  # nor is computing without end
        patched.setattr(imports, "_validate", lambda content: [None for _ in itertools.count() if False])
        with pytest.raises(UsageError, match=r"at most 0\.5 seconds"):
            bring(theirs, ours, import_seconds=0.5)
    assert imports.find(ours) == []
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    "address",
    ["ftp://127.0.0.1/", "file:///etc/passwd", "http://me:secret@127.0.0.1/", "http:///", "http://127.0.0.1/?x"],
)
def test_only_plain_addresses_of_the_web_are_fetched(address: str, ours: Path) -> None:
    with pytest.raises(UsageError, match="http or https"):
        bring(address, ours)


def test_a_changed_byte_is_refused_and_what_was_there_stays(theirs: Path, ours: Path, tmp_path: Path) -> None:
    bring(theirs, ours)
    damaged = Path(shutil.copytree(theirs, tmp_path / "damaged"))
    packed = bytearray((damaged / "kpigraph.nq.gz").read_bytes())
    packed[len(packed) // 2] ^= 1
    (damaged / "kpigraph.nq.gz").write_bytes(packed)
    (problem,) = refused(damaged, ours)
    assert problem.code == "import.checksum"
    assert problem.at.file == "imports/kushiro/kpigraph.nq.gz"
    (ours / "imports" / "kushiro" / "kpigraph.nq.gz").write_bytes(packed)
    with pytest.raises(SourceError) as raised:  # nor is it published, if it is damaged afterwards
        pipeline.build(ours, tmp_path / "public", Settings())
    assert [p.code for p in raised.value.problems] == ["import.checksum"]
    assert not (tmp_path / "public" / "current").exists()


def said(triple: str) -> Callable[[str], str]:
    return lambda text: text + triple + f" <{BASE}graph/lg/012068/doc/senryaku/2016/asserted> .\n"


LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
FACTOR = "<https://w3id.org/kpigraph/ns#factor>"


@pytest.mark.parametrize(
    ("change", "code", "found"),
    [
        (said(f'<{BASE}id/lg/131016> {LABEL} "千代田区"@ja'), "import.subject", "131016"),
        (said(f'<{LG}9> {LABEL} "隣"@ja'), "import.subject", "0120689"),
        (said(f'_:b {LABEL} "だれか"@ja'), "import.subject", "_:"),
        (said(f"<{LG}> {LABEL} _:b"), "import.object", "_:"),
        (said(f"<{LG}> {LABEL} <<( _:a {LABEL} _:b )>>"), "import.object", "_:a"),
        (lambda t: t + f'<{BASE}id/lg/131016> {LABEL} "x"@ja <{BASE}graph/ref> .\n', "import.subject", "131016"),
        (lambda t: t + f'<https://a.example/x> {LABEL} "x"@ja <{BASE}graph/ref> .\n', "import.subject", "a.example"),
        (lambda t: t + f'<{LG}> {LABEL} "x"@ja <https://a.example/g> .\n', "import.graph", "a.example"),
        (lambda t: t + f'<{LG}> {LABEL} "x"@ja .\n', "import.graph", "default graph"),
        (lambda t: "".join(x for x in t.splitlines(True) if "graph/lg/" not in x), "import.graph", "-"),
        (lambda t: t.replace(f'/unit/ton> {FACTOR} "1"', f'/unit/ton> {FACTOR} "2"'), "import.conflict", "ton"),
        (lambda t: t.replace("> .\n", "> \n", 1), "import.syntax", ""),
        (lambda t: t + '<x> <y> "\ud83d .\n'.encode("utf-8", "replace").decode(), "import.syntax", ""),
    ],
)  # fmt: skip
def test_what_is_not_its_own_or_contradicts_what_is_here_is_refused(
    theirs: Path, ours: Path, tmp_path: Path, change: Callable[[str], str], code: str, found: str
) -> None:
    problems = refused(forged(theirs, tmp_path / "forged", change), ours)
    assert {p.code for p in problems} == {code}
    assert found in problems[0].found


def test_a_line_that_is_no_n_quads_is_named(theirs: Path, ours: Path, tmp_path: Path) -> None:
    lines = (theirs / "kpigraph.nq").read_text("utf-8").splitlines(keepends=True)
    (problem,) = refused(forged(theirs, tmp_path / "forged", lambda t: "".join([*lines[:4], "<x\n", *lines[4:]])), ours)
    assert (problem.code, problem.at.row) == ("import.syntax", 5)


@pytest.mark.parametrize(
    "base", ["https://w3id.org/", "https://w3id.org/kpigraph/x/", "kpi", "file:///etc/", "http://a/b"]
)
def test_a_base_that_could_be_mistaken_for_ours_is_refused(base: str, theirs: Path, ours: Path, tmp_path: Path) -> None:
    graphs = [f"{base}graph/lg/012068/doc/senryaku/2016/{layer}" for layer in ("asserted", "derived")]
    folder = forged(theirs, tmp_path / "forged", lambda t: t.replace(BASE, base), base_iri=base, default_graphs=graphs)
    assert [p.code for p in refused(folder, ours)] == ["import.base"]


def test_a_municipality_has_one_publisher_here(
    theirs: Path, small_publication: Path, ours: Path, tmp_path: Path
) -> None:
    (problem,) = refused(theirs, Path(shutil.copytree(small_publication / "data", tmp_path / "same")))
    assert (problem.code, problem.found, problem.expected) == ("import.municipality", "012068", "data/sources")
    bring(theirs, ours)
    with pytest.raises(SourceError, match="012068"):
        bring(theirs, ours, "again")
    write_case(tmp_path / "later", HEADER + HEADINGS + BLOCK)
    shutil.copytree(tmp_path / "later" / "data" / "sources" / "012068", ours / "sources" / "012068")
    with pytest.raises(SourceError, match="012068"):  # a document of our own that came later
        pipeline.build(ours, tmp_path / "public", Settings())


def test_what_breaks_a_shape_is_not_brought_in(theirs: Path, ours: Path, tmp_path: Path) -> None:
    stated = "<https://w3id.org/kpigraph/ns#statedValue>"
    drop = lambda text: "".join(line for line in text.splitlines(keepends=True) if stated not in line)  # noqa: E731
    folder = forged(theirs, tmp_path / "forged", drop)
    with pytest.raises(imports.InvalidImportError) as raised:
        bring(folder, ours)
    assert len(raised.value.report.results) >= 3
    result = CliRunner().invoke(app, ["import", str(folder), "--as", "kushiro", "--data", str(ours)])
    assert result.exit_code == 1
    assert "statedValue" in result.stderr
    assert imports.find(ours) == []


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{}", b"[" * 100_000, b'{"base_iri": 5}', b"\xff", b'{"base_iri": "https://a.example/", "files": 3}'],
)
def test_a_manifest_that_is_none_is_refused(manifest: bytes, theirs: Path, ours: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(theirs, tmp_path / "bad"))
    (folder / "manifest.json").write_bytes(manifest)
    assert [p.code for p in refused(folder, ours)] == ["import.manifest"]


def test_more_bytes_than_said_or_allowed_are_not_inflated(theirs: Path, ours: Path, tmp_path: Path) -> None:
    assert [p.code for p in refused(theirs, ours, import_bytes=1000)] == ["import.large"]
    folder = Path(shutil.copytree(theirs, tmp_path / "bomb"))
    packed = gzip.compress(b"\n" * (64 << 20))
    (folder / "kpigraph.nq.gz").write_bytes(packed)
    content = json.loads((folder / "manifest.json").read_text("utf-8"))
    content["files"]["kpigraph.nq.gz"] = {"bytes": len(packed), "sha256": hashlib.sha256(packed).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(content), "utf-8")
    (problem,) = refused(folder, ours)
    assert (problem.code, "bytes" in problem.found) == ("import.checksum", True)


def test_a_kill_between_old_and_new_leaves_one_of_them(theirs: Path, ours: Path) -> None:
    bring(theirs, ours)
    home = ours / "imports"
    (home / "kushiro").rename(home / ".old-kushiro")
    (home / ".new-x").mkdir()
    assert [i.name for i in imports.find(ours)] == ["kushiro"]
    assert sorted(p.name for p in home.iterdir()) == [".lock", "kushiro"]


def test_imports_are_listed_and_removed(theirs: Path, ours: Path) -> None:
    run = partial(CliRunner().invoke, app)
    assert run(["import", str(theirs), "--as", "kushiro", "--data", str(ours)]).exit_code == 0
    listed = run(["import", "--list", "--data", str(ours)])
    assert listed.stdout.split()[0::3] == ["kushiro", "012068"]
    assert run(["import", "--remove", "kushiro", "--data", str(ours)]).exit_code == 0
    assert imports.find(ours) == []
    for call in (
        ["--remove", "kushiro"],
        ["--remove", "../codelists"],
        [],
        ["x", "--list"],
        [str(theirs), "--as", "../x"],
        ["/nothing"],
    ):
        assert isinstance(run(["import", *call, "--data", str(ours)]).exception, UsageError), call
