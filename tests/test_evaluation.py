"""What a worker answers, its loop run here: every form, cuts, refusals, and what engines raise."""

import contextlib
import csv
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pyoxigraph as ox
import pytest
import sample
from rdflib import Graph

from kpigraph.prefixes import PREFIXES
from kpigraph.serve import worker
from kpigraph.store.answered import TooLateError, UnavailableError, UnreachableError
from kpigraph.store.embedded import NOT_READ

ALL = "SELECT * { ?s ?p ?o }"
Asked = Callable[..., tuple[bytes, bytes]]


@pytest.fixture(scope="module")
def engine() -> ox.Store:
    store = ox.Store()
    store.extend(ox.Quad(q.subject, q.predicate, q.object, ox.DefaultGraph()) for q in sample.quads())
    return store


@pytest.fixture
def ask(engine: ox.Store) -> Iterator[Asked]:
    """Put a query to a worker's loop; return the kind of the last frame and all bytes that came."""
    with contextlib.ExitStack() as ending:

        def asked(text: str, form: str = "json", using: Any = None, **how: Any) -> tuple[bytes, bytes]:
            ours, its = socket.socketpair()
            ending.callback(ours.close)
            evaluation = worker.Evaluation(its, using or worker.Embedded(engine))
            thread = threading.Thread(target=evaluation.serve)
            thread.start()
            request = {"query": text, "format": form, "base": "http://example.org/", "prefixes": PREFIXES}
            worker.send(ours, b"Q", json.dumps({**request, "seconds": 1e6, **how}).encode())
            found, kind = b"", b"D"
            while kind == b"D":
                header = worker._exactly(ours, worker.HEADER.size)
                assert header is not None
                kind, length = worker.HEADER.unpack(header)
                found += worker._exactly(ours, length) or b""
            ours.close()
            thread.join(10)
            assert not thread.is_alive()  # it ends when the other side is gone
            its.close()
            return kind, found

        yield asked


def test_every_form_of_a_table_has_the_same_rows(ask: Asked, engine: ox.Store) -> None:
    expected = len(engine)
    assert len(json.loads(ask(ALL)[1])["results"]["bindings"]) == expected
    assert ask(ALL, "xml")[1].count(b"<result>") == expected
    assert len([*csv.reader(io.StringIO(ask(ALL, "csv")[1].decode()))]) == expected + 1
    assert ask(ALL, "tsv")[1].count(b"\n") == expected + 1
    assert len([*csv.reader(io.StringIO(ask(ALL, "sheet")[1].decode("utf-8-sig")))]) == expected + 1


@pytest.mark.parametrize("form", ["ttl", "nt", "rdf", "jsonld", "nq", "trig"])
def test_every_form_of_a_graph_can_be_read(ask: Asked, engine: ox.Store, form: str) -> None:
    kind, found = ask("CONSTRUCT { ?s a ?o } { ?s a ?o }", form)
    assert kind == b"E"
    names = {"rdf": "xml", "jsonld": "json-ld", "nq": "nquads"}
    if form in ("nq", "trig", "jsonld"):
        assert [*ox.parse(found, worker.GRAPHS[form])]
    else:
        assert len(Graph().parse(data=found, format=names.get(form, form))) > 0


def test_formulas_of_spreadsheets_are_text(ask: Asked) -> None:
    (_, (cell,)) = csv.reader(io.StringIO(ask("SELECT ('=1+1' AS ?x) {}", "sheet")[1].decode("utf-8-sig")))
    assert not cell.startswith("=")
    assert cell.endswith("=1+1")


def test_columns_of_a_star_come_as_they_are_written(ask: Asked) -> None:
    text = "SELECT * { ?z a ?b . ?z ?a ?c }"
    found = json.loads(ask(text, star=[text.index("*"), ["z", "b", "a", "c"]])[1])
    assert found["head"]["vars"] == ["z", "b", "a", "c"]
    assert json.loads(ask(text)[1])["head"]["vars"] == ["a", "b", "c", "z"]


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_result_at_its_limit_ends_after_a_row_and_says_so(ask: Asked, form: str) -> None:
    kind, found = ask("SELECT ?s ?p ?o { ?s ?p ?o . ?a ?b ?c }", form, limit=200_000)
    assert kind == b"E"
    assert b"cut: this result is longer than the limit of 200000 bytes" in found
    rows = json.loads(found)["results"]["bindings"] if form == "json" else found.split(b"<result>")[1:]
    assert 100 < len(rows) < 200_000


@pytest.mark.parametrize("form", ["ttl", "nt", "trig", "rdf"])
def test_a_graph_at_its_limit_can_still_be_read(ask: Asked, form: str) -> None:
    text = "CONSTRUCT { ?s ?p ?o } { { ?s ?p ?o } UNION { ?s ?p ?o } UNION { ?s ?p ?o } }"
    kind, found = ask(text, form, limit=20_000)
    assert kind == b"E"
    assert b"cut: this result" in found
    assert [*ox.parse(found, worker.GRAPHS[form])]


def test_a_table_without_a_place_for_it_is_refused_at_its_limit(ask: Asked) -> None:
    kind, found = ask("SELECT ?s ?p ?o { ?s ?p ?o . ?a ?b ?c }", "csv", limit=200_000)
    assert kind == b"X"
    assert json.loads(found[found.rindex(b'{"kind"') :])["kind"] == "cut"


def test_what_is_no_query_is_told_with_its_place(ask: Asked) -> None:
    kind, found = ask("SELECT ?s { ?s ?p }")
    assert (kind, json.loads(found)["kind"]) == (b"X", "syntax")
    assert "1:" in json.loads(found)["message"]
    assert json.loads(ask("ASK {}", "ttl")[1])["kind"] == "syntax"  # a graph was asked for


@pytest.mark.parametrize(
    ("error", "kind"),
    [(TooLateError("x"), "late"), (UnreachableError("x"), "gone"), (UnavailableError("x"), "unavailable"),
     (RuntimeError(f"{NOT_READ[0]}it"), "damaged"), (OSError(f"{NOT_READ[0]}it"), "damaged"),
     (MemoryError(), "evaluation"), (ValueError("odd"), "evaluation"), (SyntaxError("odd"), "syntax")],
)  # fmt: skip
def test_what_an_engine_raises_is_told_by_its_kind(ask: Asked, error: Exception, kind: str) -> None:
    def failing(request: dict[str, Any]) -> worker.Result:
        raise error

    assert json.loads(ask("ASK {}", using=failing)[1])["kind"] == kind


def test_it_says_that_it_evaluates_only_while_it_does(engine: ox.Store) -> None:
    ours, its = socket.socketpair()
    evaluation = worker.Evaluation(its, worker.Embedded(engine))
    evaluation.tell(0, None)
    ours.setblocking(False)
    with pytest.raises(BlockingIOError):
        ours.recv(1)
    evaluation._request = {"query": "ASK {}", "base": None, "prefixes": None}
    evaluation._state = "planning"
    evaluation.tell(0, None)
    assert ours.recv(1) == b"T"
    ours.close()
    its.close()
