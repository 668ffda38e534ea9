"""A release on another engine: the same answers, switched as a whole, and out of reach of whoever asks or dies."""

import contextlib
import csv
import io
import os
import re
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import page_kinds
import pytest
import virtuoso
from conftest import BLOCK, HEADER, HEADINGS, write_case
from endpoint import Endpoint
from serving import Client
from typer.testing import CliRunner

from kpigraph import pipeline, releases
from kpigraph.cli import app
from kpigraph.config import Settings
from kpigraph.engine import checking, loading, lock, switching
from kpigraph.engine.bulk import Loader
from kpigraph.engine.writing import Access, Engine
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import UsageError
from kpigraph.questions import load_questions
from kpigraph.releases import Release
from kpigraph.serve import elsewhere as serving_states
from kpigraph.serve.elsewhere import Remote
from kpigraph.serve.snapshot import Snapshot
from kpigraph.store import endpoint, pieces
from kpigraph.store.asked import HOLDS
from kpigraph.store.ledger import GRAPH
from kpigraph.store.remote import RemoteStore

NEEDS_VIRTUOSO = pytest.mark.skipif(bool(virtuoso.MISSING), reason=virtuoso.MISSING)
ACCESS = Access("dba", virtuoso.PASSWORD)
SETTINGS = Settings(query_seconds=20, workers=2)
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c > ?f || ?f < ?i) }"
GRAPHS = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
QUESTIONS = [question for question in load_questions() if not question.elsewhere]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Release]:
    """Return two releases of a small publication, of which the second says more."""
    folder = tmp_path_factory.mktemp("two")
    case = write_case(folder, HEADER + HEADINGS + BLOCK)
    pipeline.build(case.data, folder / "public", Settings())
    write_case(folder, HEADER + HEADINGS + BLOCK.replace("110.5", "111.5"), edition="2017")
    pipeline.build(case.data, folder / "public", Settings())
    return releases.releases(folder / "public")


ON_OXIGRAPH = pytest.mark.parametrize("address", ["oxigraph"], indirect=True)
ON_VIRTUOSO = pytest.mark.parametrize("address", [pytest.param("virtuoso", marks=NEEDS_VIRTUOSO)], indirect=True)


@pytest.fixture(scope="module", params=["oxigraph", pytest.param("virtuoso", marks=NEEDS_VIRTUOSO)])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "virtuoso":
        yield request.getfixturevalue("virtuoso_server").address
    else:
        with contextlib.closing(Endpoint([])) as made:
            yield made.address


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """Lend the engine, empty."""
    with Engine(address, ACCESS) as opened:
        for graph in opened.graphs():
            if graph.startswith("urn:kpigraph:"):
                opened.update(f"DROP SILENT GRAPH <{graph}>")
        yield opened


def count(store: RemoteStore) -> int:
    (row,) = store.select(COUNT)
    return int(getattr(row["n"], "value", "-1"))


def sizes(store: RemoteStore) -> dict[str, int]:
    return {g: n for g, n in store.engine.sizes().items() if not g.startswith("urn:kpigraph:")}


# ---- the same answers


@pytest.fixture(scope="module")
def real(address: str, two_editions: Path) -> Iterator[tuple[Client, Client]]:
    """Lend clients of the real publication: from its folder, and from the engine."""
    release = releases.current_release(two_editions / "public")
    assert release is not None
    with Engine(address, ACCESS) as opened:
        loading.load(release, opened)
    ours, theirs = Client(Snapshot(two_editions / "public"), SETTINGS), Client(Remote(address), SETTINGS)
    yield ours, theirs
    ours.close()
    theirs.close()


def _rows(client: Client, query: str) -> Counter[tuple[str, ...]]:
    response = client.query(query, "text/csv")
    assert response.status_code == 200, response.text
    return Counter(tuple(map(_plain, row)) for row in csv.reader(io.StringIO(response.text, newline="")))


def _plain(value: str) -> str:
    """Return a number as it is counted, rounded to what Virtuoso's decimals keep; anything else as it is."""
    return f"{float(value):.9g}" if re.fullmatch(r"-?[0-9]*\.?[0-9]+(E-?[0-9]+)?", value) else value


# what tells of the files of a release, which an engine does not have; any thirty rows, any ten triples
NOT_THE_SAME = {"about", "downloads", "validation", "changes", "query, table", "query, graph"}
_RELEASE = re.compile(
    r'<link rel="alternate" type="application/atom.xml".*?>|<dt>読み取りと公開.*?</dd>|、公開版 .*?(?=。)'
    r"|  (?:note|year) = [^\n]*\n"
    r'|<h2 id="warnings">.*?</ul>',
    re.DOTALL,
)


def _shown(page: str) -> str:
    """Return a page without what only a folder says: feed of releases, how to cite one, report of its reading."""
    return _RELEASE.sub("", page)


ASKED = {question.key: question.text for question in QUESTIONS} | {"count": COUNT, "graphs": GRAPHS}


@ON_VIRTUOSO
@pytest.mark.parametrize("query", ASKED.values(), ids=ASKED)
def test_every_question_has_the_answer_of_the_release(real: tuple[Client, Client], query: str) -> None:
    ours, theirs = real
    assert _rows(theirs, query) == _rows(ours, query)


@ON_VIRTUOSO
def test_pages_of_every_kind_are_the_same(real: tuple[Client, Client], two_editions: Path) -> None:
    ours, theirs = real
    different = []
    kinds = [k for k in page_kinds.of_site(two_editions / "public").items() if k[0] not in NOT_THE_SAME]
    for kind, path in kinds if "KPIGRAPH_TESTS_LONG" in os.environ else kinds[::3]:  # half a second each
        here, there = ours.get(path, "text/html"), theirs.get(path, "text/html")
        if (here.status_code, _shown(here.text)) != (there.status_code, _shown(there.text)):
            different.append((kind, path, there.status_code))
    assert different == []


# ---- publishing


def test_a_release_is_switched_as_a_whole_and_back(address: str, engine: Engine, two: list[Release]) -> None:
    first, second = two
    loaded = loading.load(first, engine)
    assert loaded.new
    assert loaded.kept == 0
    reader = RemoteStore(f"{address}#{first.version}")
    graphs, triples = sizes(reader), count(reader)
    began = reader.select("SELECT ?s ?p ?o { ?s ?p ?o }")
    next(began)
    again = loading.load(second, engine)
    assert again.new
    assert again.kept > 0  # what both releases hold is sent once
    assert engine.current() == second.version
    assert 1 + sum(1 for _ in began) == triples  # whoever reads the former release reads it to its end
    assert (sizes(reader), count(reader)) == (graphs, triples)
    assert sizes(RemoteStore(f"{address}#{second.version}")) != graphs
    assert loading.load(second, engine) == loading.Loaded(second.version, 0, 0, again.kept + again.graphs, new=False)
    assert switching.switch(engine).version == first.version == engine.current()
    with pytest.raises(UsageError):
        switching.switch(engine)  # there is none before the first
    with pytest.raises(UsageError, match="no such release"):
        switching.switch(engine, "000009-000000000000")
    assert switching.switch(engine, second.version).version == engine.current()
    for held in engine.releases():
        assert checking.verify(engine, held) == []


@ON_OXIGRAPH
def test_a_server_follows_the_switch(
    address: str, engine: Engine, two: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_states, "_RELEASE_LOOKED_AFTER", 0.0)
    loading.load(two[0], engine)
    source = Remote(address)
    assert source.served().version == two[0].version
    loading.load(two[1], engine)
    for _ in range(100):
        if source.served().version == two[1].version:
            break
        threading.Event().wait(0.05)
    assert source.served().version == two[1].version


@ON_OXIGRAPH
def test_a_page_asks_for_many_things_at_once_and_for_what_never_changes_once(
    address: str, engine: Engine, two: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    send = endpoint.Endpoint._send

    def counted(self: endpoint.Endpoint, fields: Sequence[tuple[str, str]], accept: str, seconds: float) -> Any:
        asked.append(dict(fields)["query"])
        return send(self, fields, accept, seconds)

    loading.load(two[1], engine)
    monkeypatch.setattr(endpoint.Endpoint, "_send", counted)
    with contextlib.closing(Client(Remote(address), SETTINGS)) as client:
        assert client.get("/", "text/html").status_code == 200
        assert len(asked) <= 45  # 41 of Kushiro's, 146 once; half are for the index of lists, which all pages share
        assert sum(f"?k <{HOLDS}> ?g" in text and "?s" not in text for text in asked) <= 1
        assert sum("ASK" in text for text in asked) <= 2
        before = len(asked)
        assert client.get("/?lang=en", "text/html").status_code == 200
        assert len(asked) <= before + 6  # the five numbers on it, and which release is in use


@ON_OXIGRAPH
def test_old_releases_are_pruned_and_the_others_stay_whole(address: str, engine: Engine, two: list[Release]) -> None:
    for release in two:
        loading.load(release, engine)
    graphs = sizes(RemoteStore(f"{address}#{two[1].version}"))
    before = len(engine.graphs())
    assert switching.prune(engine, 2) == []
    assert len(engine.graphs()) == before
    assert switching.prune(engine, 1) == [two[0].version]
    assert len(engine.graphs()) < before
    assert [h.version for h in engine.releases()] == [two[1].version]
    assert sizes(RemoteStore(f"{address}#{two[1].version}")) == graphs
    assert checking.verify(engine, engine.releases()[0]) == []


@ON_OXIGRAPH
def test_the_release_in_use_is_never_pruned(engine: Engine, two: list[Release]) -> None:
    for release in two:
        loading.load(release, engine)
    switching.switch(engine)
    assert switching.prune(engine, 1) == []
    assert engine.current() == two[0].version


@ON_OXIGRAPH
def test_a_graph_that_was_changed_on_the_engine_is_found(engine: Engine, two: list[Release]) -> None:
    loading.load(two[0], engine)
    name = next(g for g in engine.graphs() if g.startswith(GRAPH))
    engine.update(f"INSERT DATA {{ GRAPH <{name}> {{ <urn:a> <urn:b> <urn:c> }} }}")
    (held,) = engine.releases()
    assert [p.code for p in checking.verify(engine, held)] == ["engine.changed"]


# ---- dying


class _Died(BaseException):
    """The publisher is no more: it does not even clean up."""


class _Mortal(Engine):
    """Writes `left` times more, and then never again."""

    left = 0

    def _send(self, address: str, headers: dict[str, str], **how: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Died
        super()._send(address, headers, **how)


def _dies(address: str, release: Release, after: int) -> bool:
    with _Mortal(address, ACCESS) as mortal:
        mortal.left = after
        try:
            loading.load(release, mortal)
        except _Died:
            return True
    return False


@ON_OXIGRAPH
def test_whenever_a_publisher_dies_a_whole_release_is_in_use(
    address: str, engine: Engine, two: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    loading.load(first, engine)
    graphs = sizes(RemoteStore(f"{address}#{first.version}"))
    monkeypatch.setattr(lock, "_OLD_SECONDS", -1.0)  # what a dead publisher holds is free at once
    after = 0
    while _dies(address, second, after):
        current = engine.current()
        assert current in (first.version, second.version)
        if current == second.version:
            break  # it died behind the switch
        assert sizes(RemoteStore(f"{address}#{first.version}")) == graphs
        after += 7
    assert after > 6
    assert loading.load(second, engine).version == engine.current() == second.version
    for held in engine.releases():
        assert checking.verify(engine, held) == []
    switching.prune(engine, 1)
    (held,) = engine.releases()
    assert checking.verify(engine, held) == []


@ON_VIRTUOSO
def test_an_engine_that_dies_comes_back_with_the_former_release(
    virtuoso_server: virtuoso.Virtuoso, engine: Engine, two: list[Release]
) -> None:
    first, second = two
    loading.load(first, engine, loader=Loader(virtuoso_server.folder, virtuoso_server.sql, ACCESS))
    assert not list(virtuoso_server.folder.glob("*.nq"))
    graphs = sizes(RemoteStore(f"{virtuoso_server.address}#{first.version}"))
    assert _dies(virtuoso_server.address, second, 8)
    client = Client(Remote(virtuoso_server.address), SETTINGS)
    assert client.get("/indicators", "text/html").status_code == 200
    for answer in client.while_asked([LONG, f"{LONG} LIMIT 5"], virtuoso_server.kill):
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"]
    asked, page = client.query(COUNT), client.get("/code/unit/ton", "text/html")
    for answer in (asked, page):
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"]
        assert "Traceback" not in answer.text
    with pytest.raises(UsageError, match="does not answer"):
        loading.load(second, engine)
    virtuoso_server.start()
    assert client.query(COUNT).status_code == 200
    assert client.get("/code/unit/ton", "text/html").status_code == 200
    client.close()
    assert engine.current() == first.version  # which its own loader loaded without a log
    assert sizes(RemoteStore(f"{virtuoso_server.address}#{first.version}")) == graphs
    assert checking.verify(engine, engine.releases()[0]) == []


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """Lend a folder that no Virtuoso may read: it may read all of /tmp, whatever DirsAllowed says."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


@ON_VIRTUOSO
def test_what_keeps_the_loader_from_its_work_is_said(
    virtuoso_server: virtuoso.Virtuoso, engine: Engine, two: list[Release], elsewhere: Path
) -> None:
    port, folder = virtuoso_server.sql, virtuoso_server.folder
    for loader, why in (
        (Loader(elsewhere, port, ACCESS), "DirsAllowed"),
        (Loader(folder, 1, ACCESS), "127.0.0.1:1"),
        (Loader(folder, virtuoso_server.http, ACCESS), f"--isql {virtuoso_server.http} is a port for HTTP"),
        (Loader(folder / "none", port, ACCESS), "folder cannot be used"),
        (Loader(folder, port, Access("dba", "not the password")), "28000"),
    ):
        with pytest.raises(UsageError, match=why) as raised:
            loading.load(two[0], engine, loader=loader)
        assert "pass" not in str(raised.value)
        assert not [*folder.glob("*.nq"), *elsewhere.glob("*.nq")]
    assert engine.current() == ""


@ON_OXIGRAPH
def test_the_loader_is_for_the_engine_that_has_it(engine: Engine, two: list[Release], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Virtuoso only"):
        loading.load(two[0], engine, loader=Loader(tmp_path, 1111, ACCESS))


@ON_OXIGRAPH
def test_the_second_of_two_publishers_is_told_of_the_first(address: str, engine: Engine, two: list[Release]) -> None:
    loading.load(two[0], engine)
    with lock.held(engine, releases.silent), Engine(address, ACCESS) as other:
        for act in (lambda: loading.load(two[1], other), lambda: switching.prune(other, 1)):
            with pytest.raises(UsageError, match="another publication is at work"):
                act()
    assert engine.current() == two[0].version
    assert loading.load(two[1], engine).new  # the first is done


# ---- who may do what


@NEEDS_VIRTUOSO
def test_a_wrong_password_is_a_clear_error_that_does_not_tell_it(
    virtuoso_server: virtuoso.Virtuoso, two: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPIGRAPH_ENGINE_USER", "dba")
    monkeypatch.setenv("KPIGRAPH_ENGINE_PASSWORD", "not the password")
    public = two[0].folder.parent.parent
    done = CliRunner().invoke(app, ["load", "--engine", virtuoso_server.address, "--store", str(public)])
    assert isinstance(done.exception, UsageError)
    assert "KPIGRAPH_ENGINE_PASSWORD" in str(done.exception)
    assert "not the password" not in str(done.exception) + done.output


@ON_OXIGRAPH
def test_the_commands(address: str, engine: Engine, two: list[Release], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIGRAPH_ENGINE_USER", "dba")
    monkeypatch.setenv("KPIGRAPH_ENGINE_PASSWORD", virtuoso.PASSWORD)
    public = str(two[0].folder.parent.parent)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*words])
        if isinstance(done.exception, UsageError):
            return 2, str(done.exception)  # which the program says in one line (test_cli.py)
        return done.exit_code, done.output

    first, second = (release.version for release in two)
    for version in (first, second):
        assert run("load", "--engine", address, "--store", public, "--release", version)[0] == 0
    assert second in run("verify", "--store", address)[1]
    assert run("rollback", "--store", address) == (0, first + "\n")
    code, listed = run("releases", "--store", address)
    assert code == 0
    assert [line.split()[:2] for line in listed.splitlines()] == [["*", first], [second, listed.split()[-1]]]
    assert run("prune", "--store", address, "--keep", "2") == (0, "")
    assert run("verify", "000009-000000000000", "--store", address)[0] == 2
    assert run("load", "--engine", address, "--store", public, "--release", "none")[0] == 2


@pytest.fixture
def outside() -> Iterator[tuple[int, list[str]]]:
    """Lend a port on loopback, and what has knocked there."""
    knocked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller, where = listening.accept()
                    knocked.append(str(where))
                    caller.close()

        threading.Thread(target=listen, daemon=True).start()
        yield int(listening.getsockname()[1]), knocked
        listening.shutdown(socket.SHUT_RDWR)


ATTACKS = [
    "SELECT (<bif:http_get>('http://127.0.0.1:PORT/') AS ?x) {}",
    "SELECT (bif:http_get('http://127.0.0.1:PORT/') AS ?x) {}",
    "SELECT (<\\u0062if:http_get>('http://127.0.0.1:PORT/') AS ?x) {}",
    "BASE <bif:a> SELECT (<http_get>('http://127.0.0.1:PORT/') AS ?x) {}",
    "PREFIX a: <bif:> SELECT (a:http_get('http://127.0.0.1:PORT/') AS ?x) {}",
    "PREFIX a: <sql:> SELECT (a:x('http://127.0.0.1:PORT/') AS ?x) {}",
    "PREFIX a: <b> SELECT (a:x() AS ?y) { FILTER(<BIF:http_get>('http://127.0.0.1:PORT/')) }",
    "DEFINE get:soft 'replace' SELECT * FROM <http://127.0.0.1:PORT/a> { ?s ?p ?o }",
    'define input:grab-all "yes" SELECT * FROM <http://127.0.0.1:PORT/a> { ?s ?p ?o }',
    "SELECT * { SERVICE <http://127.0.0.1:PORT/sparql> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <http://127.0.0.1:PORT/sparql> { ?s ?p ?o } }",
    "SELECT * FROM <http://127.0.0.1:PORT/a> OPTION (get:soft 'soft') { ?s ?p ?o }",
    "LOAD <http://127.0.0.1:PORT/a>",
    "DROP SILENT GRAPH <urn:kpigraph:ledger>",
    "DELETE WHERE { GRAPH <urn:kpigraph:ledger> { ?s ?p ?o } }",
]
NOTHING_THERE = [
    "SELECT * FROM <http://127.0.0.1:PORT/a> { ?s ?p ?o }",
    "SELECT * FROM NAMED <http://127.0.0.1:PORT/a> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { GRAPH <http://127.0.0.1:PORT/a> { ?s ?p ?o } }",
    "SELECT * { GRAPH <urn:kpigraph:ledger> { ?s ?p ?o } }",
    "SELECT * FROM <urn:kpigraph:ledger> { ?s ?p ?o }",
    "SELECT * { GRAPH ?g { <urn:kpigraph:engine> ?p ?o } }",
]


@ON_VIRTUOSO
def test_attacks_reach_nothing(
    address: str, engine: Engine, two: list[Release], outside: tuple[int, list[str]]
) -> None:
    port, knocked = outside
    loading.load(two[0], engine)
    client = Client(Remote(address), SETTINGS)
    try:
        for attack in ATTACKS:
            answer = client.query(attack.replace("PORT", str(port)))
            assert answer.status_code == 400, (attack, answer.text)
            assert "Traceback" not in answer.text
        for query in NOTHING_THERE:
            assert client.rows(query.replace("PORT", str(port))) == [], query
        with socket.create_connection(("127.0.0.1", port)):
            pass
        for _ in range(100):
            if knocked:
                break
            threading.Event().wait(0.02)
        assert len(knocked) == 1  # our own, which shows that it listens
        assert engine.current() == two[0].version
    finally:
        client.close()


@pytest.mark.parametrize("attack", [*ATTACKS[:4], *ATTACKS[7:]])
def test_what_writes_queries_anew_refuses_attacks_by_itself(attack: str) -> None:
    with pytest.raises(SyntaxError):
        pieces.read(attack, PREFIXES, None)
