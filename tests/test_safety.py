"""Nothing from outside is fetched, run, or taken for a link or a script; what has tests of its own is not here."""

import ast
import json
import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import REPO
from pyoxigraph import NamedNode, Quad
from rdflib import Graph
from sample import BASE
from serving import GRAPHS, Client, client_of, publish_sample

from kpigraph import answers, validate
from kpigraph.problems import UsageError
from kpigraph.serve.data_files import DataFiles

PACKAGE = sorted((REPO / "kpigraph").glob("**/*.py"))
TEMPLATES = sorted((REPO / "kpigraph").glob("**/*.html"))


class Trap:
    """A server on this machine that counts who comes; nobody should."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        trap = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                trap.asked.append(self.path)
                self.send_error(404)

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    yield made
    made.close()


def test_rdf_of_others_fetches_nothing_and_reads_no_file(tmp_path: Path, trap: Trap) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
    files = {
        "entity.rdf": f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]>{rdf}'
        '<rdf:Description rdf:about="http://e/a"><e:p>&x;</e:p></rdf:Description></rdf:RDF>',
        "outside.rdf": f'<!DOCTYPE r SYSTEM "{trap.address}x.dtd">{rdf}'
        '<rdf:Description rdf:about="http://e/a"><e:p>1</e:p></rdf:Description></rdf:RDF>',
        "context.jsonld": json.dumps({"@context": trap.address + "context", "@id": "http://e/a", "p": 1}),
        "imports.ttl": f"<http://e/o> <http://www.w3.org/2002/07/owl#imports> <{trap.address}o> .",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
        try:
            graph = answers.load_graph([tmp_path / name])
        except UsageError:
            continue  # refused
        assert "SECRET" not in graph.serialize(format="nt")
    assert trap.asked == []


def test_entities_that_grow_are_refused_at_once(tmp_path: Path) -> None:
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    (tmp_path / "bomb.rdf").write_text(
        f'<!DOCTYPE r [<!ENTITY e0 "xxxxxxxxxx">{grown}]>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
        '<rdf:Description rdf:about="http://e/a"><e:p>&e11;</e:p></rdf:Description></rdf:RDF>'
    )
    try:
        graph = answers.load_graph([tmp_path / "bomb.rdf"])
    except UsageError:
        return
    assert len(graph.serialize(format="nt")) < 1_000_000


DEEP = 100_000
TRIPLES = (
    "<http://e/a> <http://e/p> " + "<<( <http://e/s> <http://e/p> " * DEEP + "<http://e/o>" + " )>>" * DEEP + " .\n"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deep.jsonld", '{"@id":"http://e/a","http://e/p":' * DEEP + "1" + "}" * DEEP),
        ("deep.ttl", TRIPLES),
        ("deep.trig", TRIPLES.replace("<<( ", "<<(\n")),
        ("deep.nq", "<http://e/a> <http://e/p> <http://e/b> .\n" * 20 + TRIPLES),
    ],
    ids=lambda p: p if p.startswith("deep") else "",
)
def test_what_stands_too_deep_is_refused_and_ends_no_process(tmp_path: Path, name: str, text: str) -> None:
    """The parsers would end it: their stack overflows."""
    file = tmp_path / name
    file.write_text(text)
    for read in (lambda: answers.load_graph([file]), lambda: DataFiles([file])):
        with pytest.raises(UsageError, match="> 500"):
            read()


def test_what_only_looks_deep_is_read(tmp_path: Path) -> None:
    lines = "".join(f'<http://e/a> <http://e/p> "<<<<<< {n}" .\n' for n in range(2_000))
    (tmp_path / "a.nt").write_text(lines)
    (tmp_path / "b.ttl").write_text(
        "<http://e/a> <http://e/p> " + "[ <http://e/p> " * 5_000 + "1" + " ]" * 5_000 + " ."
    )
    (tmp_path / "c.jsonld").write_text(json.dumps([{"@id": "http://e/a", "http://e/p": [[n]]} for n in range(2_000)]))
    for name in ("a.nt", "b.ttl", "c.jsonld"):
        assert len(answers.load_graph([tmp_path / name])) >= 2_000


@pytest.mark.parametrize("engine", list(validate.Engine))
def test_shapes_import_nothing_and_run_no_script(trap: Trap, engine: validate.Engine) -> None:
    shapes = Graph().parse(
        format="turtle",
        data=f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix e: <http://e/> .
        e: <http://www.w3.org/2002/07/owl#imports> <{trap.address}shapes> .
        e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property e:P .
        e:P a sh:PropertyShape ; sh:path e:p ; sh:minCount 1 ; sh:message "one"@en ;
          sh:js [ a sh:JSConstraint ; sh:jsFunctionName "f" ;
            sh:jsLibrary [ sh:jsLibraryURL <{trap.address}f.js> ] ] .""",
    )
    data = Graph().parse(
        format="turtle",
        data="<http://e/x> a <http://e/C> . <http://e/> <http://www.w3.org/2002/07/owl#imports>"
        f" <{trap.address}data> .",
    )
    report = validate.validate(data, shapes, engine=engine)
    assert [str(r.shape) for r in report.results] == ["http://e/P"]
    assert trap.asked == []


@pytest.mark.parametrize("engine", list(validate.Engine))
def test_a_query_in_a_shape_asks_no_other_server(trap: Trap, engine: validate.Engine) -> None:
    data = Graph().parse(format="turtle", data="<http://e/x> a <http://e/C> .")

    def shapes(select: str) -> Graph:
        text = f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix e: <http://e/> .
        e:S a sh:NodeShape ; sh:targetClass e:C ; sh:sparql e:Q .
        e:Q a sh:SPARQLConstraint ; sh:message "one"@en ; sh:select "{select}" ."""
        return Graph().parse(format="turtle", data=text)

    for asked in (f"SERVICE <{trap.address}>", f"SERVICE SILENT <{trap.address}>", f"GRAPH <{trap.address}>"):
        with pytest.raises(UsageError, match="the shapes cannot be used"):
            validate.validate(data, shapes(f"SELECT $this {{ {asked} {{ $this ?p ?o }} }}"), engine=engine)
    validate.validate(data, shapes(f"SELECT $this FROM <{trap.address}> {{ $this ?p ?o }}"), engine=engine)
    assert trap.asked == []


def test_no_module_can_make_code_of_data() -> None:
    suspicious = re.compile(r"pickle|marshal|shelve|dill|yaml|eval|exec|compile\(|__import__|shell")
    for path in PACKAGE:
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if suspicious.search(text) else ():
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not {n.split(".")[0] for n in names} & {"pickle", "marshal", "shelve", "dill", "yaml"}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__"), path
            if isinstance(node, ast.keyword) and node.arg == "shell":
                raise AssertionError(f"{path}: a shell")


def test_templates_escape_everything() -> None:
    assert len(TEMPLATES) > 10
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        assert "autoescape" not in text, path
        unescaped = text.replace('<script type="application/ld+json">{{ page.structured|safe }}</script>', "")
        assert not re.search(r"\|\s*safe\b", unescaped), path  # JSON whose < is written otherwise, see below
        assert not re.search(r"\son[a-z]+\s*=|\sstyle\s*=|javascript:", text, re.IGNORECASE), path
        inside = re.findall(r"<script\b[^>]*>(.*?)</script>", unescaped, re.DOTALL)
        assert "{{" not in re.sub(r"\{\{ [\w.]+\|tojson \}\}", "", "".join(inside)), path


class Page(HTMLParser):
    """What a page leads to and what it runs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[tuple[str, str]] = []
        self._script: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        held = dict(attributes)
        self.links += [v for k in ("href", "src", "action", "formaction") if (v := held.get(k)) is not None]
        if tag == "script":
            self._script = held.get("type") or "text/javascript"
            self.scripts.append((self._script, ""))

    def handle_endtag(self, tag: str) -> None:
        self._script = None if tag == "script" else self._script

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.scripts[-1] = (self._script, self.scripts[-1][1] + data)


def test_only_addresses_of_the_web_become_links(tmp_path: Path) -> None:
    paths = ("lg/012068", "lg/012068/kpi-p7q2", "lg/012068/doc/plan", "lg/012068/dept-s1", "lg/012068/thing-x")
    asserted = NamedNode(GRAPHS[0])
    hostile = ("javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd")
    properties = (
        "http://www.w3.org/2000/01/rdf-schema#seeAlso",
        "http://purl.org/dc/terms/license",
        "http://www.w3.org/ns/dcat#landingPage",
    )
    things = [NamedNode(f"{BASE}id/{path}") for path in paths]
    more = [Quad(t, NamedNode(p), NamedNode(h), asserted) for t in things for p in properties for h in hostile]
    client = client_of(publish_sample(tmp_path / "public", *more))
    try:
        pages = [client.get(f"/doc/{path}", "text/html").text for path in paths]
        assert any("javascript:alert(1)" in page for page in pages)  # it is shown
        for link in (link for page in pages for link in Page(page).links):
            assert re.match(r"https?://|/|#|\?|mailto:", link), link
    finally:
        client.close()


def test_data_in_a_page_cannot_end_its_script(client: Client) -> None:
    page = Page(client.get("/doc/lg/012068/kpi-f3xk", "text/html").text)
    data = [json.loads(text) for kind, text in page.scripts if kind == "application/ld+json"]
    assert "<script>alert(1)</script>" in json.dumps(data, ensure_ascii=False)
    assert all(kind == "application/ld+json" for kind, _ in page.scripts)


@pytest.mark.parametrize("path", ["/", "/nothing", "/sparql?query=x", "/doc/%2e%2e/x", "/api/nothing"])
def test_no_answer_says_what_it_runs_on(client: Client, path: str) -> None:
    response = client.get(path)
    told = (response.text + str(dict(response.headers))).lower()
    for name in ("uvicorn", "starlette", "fastapi", "traceback", str(REPO).lower(), "x-powered-by"):
        assert name not in told
    assert "server" not in response.headers
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"]
    assert "default-src 'none'" in response.headers["content-security-policy"]
