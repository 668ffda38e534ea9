"""Linked data, pages, downloads: what a reader and a program get at each address."""

import dataclasses
import html.parser
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from conftest import REPO
from serving import BASE, KPI, SETTINGS, Client, client_of, publish_sample

from kpigraph import releases
from kpigraph.problems import UsageError
from kpigraph.serve.data_files import DataFiles
from kpigraph.serve.snapshot import Snapshot
from kpigraph.serve.term_texts import TERMS
from kpigraph.serve.texts import TEXTS

EDITION = "/doc/lg/012068/doc/plan/2016/edition"
EMBEDDED = '<script type="application/ld+json">'  # data for search engines, not a program
PAGES = [
    "/",
    "/doc/lg/012068",
    "/doc/lg/012068/goal-g1",
    "/doc/lg/012068/direction-h1",
    "/doc/lg/012068/measure-k2",
    KPI,
    "/doc/lg/012068/kpi-f3xk",
    "/doc/lg/012068/kpi-m9dz",
    "/doc/lg/012068/dept-i1",
    EDITION,
    "/doc/lg/012068/doc/plan",
    "/doc/lg/012068/doc/plan/2016/st-p7q2-t",
    "/doc/lg/012068/doc/plan/2016/row-3",
    "/doc/lg/012068/doc/plan/2016/corr-ab12",
    "/doc/period/cy2015",
    "/ns",
    "/code",
    "/code/status",
    "/code/status-inprogress",
    "/code/unit/ton",
    "/shapes",
    "/catalog",
    "/validation",
    "/.well-known/void",
    "/download",
    "/sparql",
    "/about",
]
RDF = {
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
}


class Markup(html.parser.HTMLParser):
    """What a page is made of: links, ids, headings, languages, elements."""

    VOID = frozenset({"meta", "link", "br", "input", "line", "circle", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for key, value in attrs:
            self.attributes.append((key, value or ""))
            if key == "id":
                self.ids.append(value or "")
            if key in ("href", "src", "action") and value is not None:
                self.links.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_made_in_both_languages(client: Client, path: str, lang: str) -> None:
    response = client.get(path, "text/html", headers={"Accept-Language": lang})
    assert response.status_code == 200, response.text
    assert response.headers["content-language"] == lang
    assert {"Accept-Language", "Cookie"} <= {v.strip() for v in response.headers["vary"].split(",")}
    text = response.text
    assert f'<html lang="{lang}">' in text
    page = Markup(text)
    assert page.open == []
    assert page.tags.count("h1") == 1
    assert {"header", "main", "nav", "footer", "title"} <= set(page.tags)
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("script") == text.count(EMBEDDED)
    assert not [key for key, _ in page.attributes if key == "style" or key.startswith("on")]
    assert 'href="#main"' in text
    assert "built-in method" not in text
    assert f"lang={'en' if lang == 'ja' else 'ja'}" in text


def test_no_link_of_any_page_leads_to_nothing(client: Client) -> None:
    seen: dict[str, Markup | None] = {}
    waiting = {"/"}
    while waiting:
        path = waiting.pop()
        response = client.get(path, "text/html")
        if path.startswith("/language/"):  # which leads back
            path, response = "/?lang=" + path[-2:], client.get(response.headers["location"])
        assert response.status_code == 200, path
        is_page = response.headers["content-type"].startswith("text/html")
        seen[path] = Markup(response.text) if is_page else None
        for link in seen[path].links if is_page else ():
            target = urlsplit(link)
            is_data = target.path.endswith((".ttl", ".jsonld", ".nt", ".rdf"))
            if not target.netloc and target.path and (not is_data or path in PAGES):
                waiting.add(target.path)
        waiting -= {*seen, *(f"/language/{lang}" for lang in ("ja", "en") if f"/?lang={lang}" in seen)}
    assert len(seen) > 100
    for path, page in seen.items():
        for link in page.links if page else ():
            target = urlsplit(link)
            other = page if not target.path else seen.get(target.path)
            if target.fragment and not target.netloc and other is not None and target.path != "/shapes":
                assert target.fragment in other.ids, f"{path} → {link}"


@pytest.mark.parametrize("path", ["/doc/lg/012068", KPI, EDITION, "/sparql"])
def test_nothing_from_outside_is_executed(client: Client, path: str) -> None:
    response = client.get(path, "text/html")
    assert "<script" not in response.text.replace(EMBEDDED, "")
    assert "<b>" not in response.text
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"]


def test_labels_with_markup_are_shown_as_they_are(client: Client) -> None:
    text = client.get("/doc/lg/012068/kpi-f3xk", "text/html").text
    assert "食料品製造業&lt;script&gt;alert(1)&lt;/script&gt;" in text


# --- names, descriptions, forms


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [("text/html", ""), (None, ""), ("*/*", ""), *((media_type, f".{s}") for s, (media_type, _) in RDF.items())],
)
def test_a_name_leads_to_the_page_or_the_data(client: Client, accept: str | None, suffix: str) -> None:
    response = client.get(KPI.replace("/doc/", "/id/"), accept)
    assert response.status_code == 303
    assert response.headers["location"] == KPI + suffix
    assert "Accept" in response.headers["vary"]


def test_names_that_name_nothing(client: Client) -> None:
    for path in (
        "/id/lg/999999",
        "/id",
        "/id/../../etc/passwd",
        "/id/lg/%00",
        '/id/a"b',
        "/id/漢字",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get("/id/lg/012068", "image/png").status_code == 406


@pytest.mark.parametrize("suffix", RDF)
def test_a_suffix_wins_over_accept(client: Client, suffix: str) -> None:
    media_type, format = RDF[suffix]
    response = client.get(f"{KPI}.{suffix}", "text/html")
    assert response.headers["content-type"].split(";")[0] == media_type
    negotiated = client.get(KPI, media_type)
    assert negotiated.content == response.content
    triples = {q.triple for q in ox.parse(response.content, format=format)}
    subject = ox.NamedNode(BASE + "id/lg/012068/kpi-p7q2")
    assert "https://w3id.org/kpigraph/ns#indicator" in {t.predicate.value for t in triples if t.object == subject}
    labels = {t.object.value for t in triples if t.predicate.value.endswith("prefLabel")}
    assert {"釧路港年間水揚量", "釧路市", "水産課"} <= labels


def test_every_form_holds_the_same_graph(client: Client) -> None:
    graphs = [
        {q.triple for q in ox.parse(client.get(f"{KPI}.{suffix}").content, format=format)}
        for suffix, (_, format) in RDF.items()
    ]
    assert all(graph == graphs[0] for graph in graphs)


def test_a_description_tells_of_its_other_forms(client: Client) -> None:
    response = client.get(KPI, "text/turtle")
    assert f'<{KPI}.jsonld>; rel="alternate"; type="application/ld+json"' in response.headers["link"]
    assert f"<{KPI}.ttl>" not in response.headers["link"]
    assert "Accept" in response.headers["vary"]
    assert response.headers["access-control-allow-origin"] == "*"
    assert f'<link rel="alternate" type="text/turtle" href="{KPI}.ttl">' in client.get(KPI, "text/html").text


def test_what_is_not_offered_is_answered_with_a_list(client: Client) -> None:
    response = client.get(KPI, "image/png")
    assert response.status_code == 406
    assert "text/turtle" in response.text
    assert client.get(f"{KPI}.gif").status_code == 404


def test_unknown_things_have_a_page_in_the_readers_language(client: Client) -> None:
    for path in ("/doc/lg/999999", "/nowhere", "/code/nothing", "/download/nothing", "/assets/style.css", "/ns.docx"):
        ja = client.get(path, "text/html", headers={"Accept-Language": "ja"})
        en = client.get(path, "text/html", headers={"Accept-Language": "en"})
        assert (ja.status_code, en.status_code) == (404, 404), path
        assert TEXTS["error_404"][0] in ja.text
        assert TEXTS["error_404"][1] in en.text
        assert client.get(path, "text/plain").headers["content-type"].startswith("text/plain")


def test_a_merged_thing_says_what_took_its_place(client: Client) -> None:
    page = client.get("/doc/lg/012068/kpi-old1", "text/html")
    assert page.status_code == 410
    assert f'href="{KPI}"' in page.text
    for path in ("/id/lg/012068/kpi-old1", "/doc/lg/012068/kpi-old1.ttl"):
        response = client.get(path, "text/turtle")
        assert (response.status_code, KPI in response.text) == (410, True)
        assert response.headers["link"] == f'<{KPI}>; rel="successor-version"'


def test_the_host_forms_no_iri(client: Client, public: Path) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "worse.example", "X-Forwarded-Proto": "gopher"}
    for path in (f"{KPI}.ttl", "/id/lg/012068", "/catalog.ttl"):
        response = client.get(path, headers=headers)
        assert "evil" not in response.text + str(response.headers), path
    for path in (KPI, "/", "/sparql"):  # where nobody chose an address, a page repeats that by which one came
        response = client.get(path, headers=headers)
        assert "worse" not in response.text + str(response.headers), path
        assert "evil" not in str(response.headers), path
        if "evil" in response.text:
            assert response.headers["cache-control"] == "private, no-cache", path  # no shared cache gives it to others
        assert "evil" not in client.get(path).text, path  # nor do we
    chosen = Client(Snapshot(public), dataclasses.replace(SETTINGS, server_url="https://kpi.example"))
    try:
        for path in (KPI, "/", "/sparql"):
            response = chosen.get(path, headers=headers)
            assert "evil" not in response.text + str(response.headers), path
    finally:
        chosen.close()


def test_another_base_is_served_just_as_well(tmp_path: Path) -> None:
    data = tmp_path / "other.nq"
    data.write_text('<https://kpi.example/id/lg/1> <http://www.w3.org/2000/01/rdf-schema#label> "x" .\n', "utf-8")
    settings = dataclasses.replace(SETTINGS, base_iri="https://kpi.example/")
    source = DataFiles([data])
    client = Client(source, settings)
    try:
        assert client.get("/id/lg/1", "text/turtle").headers["location"] == "/doc/lg/1.ttl"
        assert "<https://kpi.example/id/lg/1>" in client.get("/doc/lg/1.ttl").text
    finally:
        client.close()
        source.close()


def test_the_base_is_the_one_a_release_was_built_with(public: Path) -> None:
    client = Client(Snapshot(public), dataclasses.replace(SETTINGS, base_iri="https://other.example/"))
    try:
        assert client.get("/id/lg/012068", "text/turtle").headers["location"] == "/doc/lg/012068.ttl"
        assert client.get(KPI, "text/html").status_code == 200
    finally:
        client.close()


# --- caching


@pytest.mark.parametrize("path", ["/", KPI, f"{KPI}.ttl", "/ns.ttl", "/catalog.ttl", "/download/kpigraph.ttl"])
def test_who_has_it_already_gets_304(client: Client, path: str) -> None:
    first = client.get(path, "text/html")
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[^"]+"', tag)
    again = client.get(path, "text/html", headers={"If-None-Match": f'"other", W/{tag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    assert client.get(path, "text/html", headers={"If-None-Match": '"other"'}).status_code == 200


def test_each_form_language_and_coding_has_its_own_etag(client: Client) -> None:
    tags = [
        client.get(KPI, "text/html", headers={"Accept-Language": "ja", "Accept-Encoding": "identity"}).headers["etag"],
        client.get(KPI, "text/html", headers={"Accept-Language": "en", "Accept-Encoding": "identity"}).headers["etag"],
        client.get(KPI, "text/html", headers={"Accept-Language": "en", "Accept-Encoding": "gzip"}).headers["etag"],
        client.get(KPI, "text/turtle", headers={"Accept-Encoding": "identity"}).headers["etag"],
        client.get(KPI, "application/n-triples", headers={"Accept-Encoding": "identity"}).headers["etag"],
    ]
    assert len(set(tags)) == len(tags)


def test_head_is_get_without_a_body(client: Client) -> None:
    for path in ("/", KPI, f"{KPI}.ttl", "/download/kpigraph.ttl", "/healthz"):
        head, get = client.request("HEAD", path), client.get(path)
        assert head.status_code == 200, path
        assert head.content == b""
        same = ("content-type", "etag", "content-length")
        assert [head.headers.get(h) for h in same] == [get.headers.get(h) for h in same]


def test_the_stylesheet_may_be_kept_for_ever(client: Client) -> None:
    (style,) = re.findall(r'href="(/assets/[^"]+\.css)"', client.get("/", "text/html").text)
    response = client.get(style)
    assert response.headers["content-type"].startswith("text/css")
    assert "immutable" in response.headers["cache-control"]


# --- language


def test_no_language_is_what_the_address_says(client: Client) -> None:
    odd = client.get('/?lang="><script>', "text/html", headers={"Accept-Language": "ja"})
    assert '<html lang="ja">' in odd.text
    assert "<script" not in odd.text.replace(EMBEDDED, "")
    assert "set-cookie" not in odd.headers


def test_japanese_labels_are_marked_on_english_pages(client: Client) -> None:
    text = client.get(KPI, "text/html", headers={"Accept-Language": "en"}).text
    assert '<span lang="ja">釧路港年間水揚量</span>' in text
    assert "Kushiro City" in text


def test_every_text_is_there_in_both_languages() -> None:
    for key, both in {**TEXTS, **TERMS}.items():
        assert len(both) == 2
        assert all(both), key
        assert sorted(re.findall(r"{\w+}", both[0])) == sorted(re.findall(r"{\w+}", both[1]))


# --- what the pages say


def test_an_indicator_shows_what_is_printed_and_what_was_read(client: Client) -> None:
    text = client.get(KPI, "text/html", headers={"Accept-Language": "en"}).text
    for said in (
        "H23-26年平均",
        "117,779 トン",
        "2011-01-01 to 2014-12-31",
        ">average<",
        "at least",
        "In progress",
    ):
        assert said in text, said
    assert "moved away from the target" in text
    assert "\u2212126.2" in text
    assert f'href="{EDITION}#L5"' in text
    assert 'role="img"' in text
    assert "Baseline: 117,779" in text
    relative = client.get("/doc/lg/012068/kpi-f3xk", "text/html", headers={"Accept-Language": "ja"}).text
    assert "25%増(対H25年比)" in relative
    assert "1,216,060" in relative
    total = client.get("/doc/lg/012068/kpi-m9dz", "text/html", headers={"Accept-Language": "ja"}).text
    assert "5 年間の累計目標に対して、期間の 20.0% が過ぎた時点で 18.3% です" in total
    assert "件数の指標です。" in total
    assert TEXTS["no_value"][0] in total


def test_a_document_shows_its_lines_and_what_was_made_of_them(client: Client) -> None:
    text = client.get(EDITION, "text/html", headers={"Accept-Language": "ja"}).text
    assert 'id="L11"' in text
    assert "実績値\tH27年\t114,977" in html.unescape(re.sub(r"<[^>]+>", "", text))
    assert f'href="{KPI}#st-p7q2-a"' in text
    assert "&lt;script&gt;" in text
    assert "件数の指標です。" in text


# --- files


def test_downloads(client: Client, public: Path) -> None:
    path = public / "current" / "kpigraph.ttl"
    whole = client.get("/download/kpigraph.ttl", headers={"Accept-Encoding": "identity"})
    assert whole.content == path.read_bytes()
    assert whole.headers["content-type"].startswith("text/turtle")
    assert {"etag", "last-modified"} <= set(whole.headers)
    part = client.get("/download/kpigraph.ttl", headers={"Range": "bytes=10-19", "Accept-Encoding": "gzip"})
    assert part.status_code == 206
    assert part.content == path.read_bytes()[10:20]
    packed = client.get("/download/kpigraph.ttl", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == path.read_bytes()
    assert packed.headers["etag"] != whole.headers["etag"]
    assert client.get("/download/observations.csv").headers["content-type"] == "text/csv; charset=utf-8"


def test_only_files_of_the_manifest_can_be_downloaded(client: Client, public: Path) -> None:
    (public / "current" / "secret.txt").write_text("secret", "utf-8")
    for name in ("secret.txt", "store", "store/CURRENT", "..%2f..%2fcurrent", "%2e%2e/manifest.json", ".lock"):
        assert client.get(f"/download/{name}").status_code == 404, name
    assert client.get("/download/manifest.json").status_code == 200


def test_published_files_are_served_byte_for_byte(client: Client, public: Path) -> None:
    for path, name in (
        ("/catalog.ttl", "catalog.ttl"),
        ("/catalog.jsonld", "catalog.jsonld"),
        ("/.well-known/void.ttl", "void.ttl"),
    ):
        assert client.get(path).content == (public / "current" / name).read_bytes()
    assert client.get("/.well-known/void", "text/turtle").content == (public / "current" / "void.ttl").read_bytes()


# --- releases


def test_a_release_published_meanwhile_is_served_from_then_on(tmp_path: Path) -> None:
    public = publish_sample(tmp_path)
    client = client_of(public)
    try:
        assert "別の名前" not in client.get(KPI, "text/html").text
        before = client.get(KPI, "text/turtle").headers["etag"]
        label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel")
        graph = ox.NamedNode(BASE + "graph/lg/012068/doc/plan/2016/asserted")
        subject = ox.NamedNode(BASE + "id/lg/012068/kpi-p7q2")
        publish_sample(tmp_path, ox.Quad(subject, label, ox.Literal("別の名前", language="ja"), graph))
        after = client.get(KPI, "text/turtle")
        assert "別の名前" in after.text
        assert after.headers["etag"] != before
        assert client.query(f"ASK {{ <{subject.value}> <{label.value}> ?x }}").json()["boolean"] is True
        assert client.get("/healthz").json()["release"] == releases.current_release(public).version  # type: ignore[union-attr]
        former = releases.versions(public)[0]
        releases.switch(public, former)
        assert client.get(KPI, "text/turtle").headers["etag"] == before
    finally:
        client.close()


def test_without_a_publication_every_address_says_so(tmp_path: Path) -> None:
    client = client_of(tmp_path)
    try:
        for path in ("/", KPI, "/sparql", "/download"):
            response = client.get(path, "text/html", headers={"Accept-Language": "en"})
            assert response.status_code == 503
            assert "not there yet" in response.text
            assert str(tmp_path) not in response.text
        assert client.get("/healthz").status_code == 503
    finally:
        client.close()


# --- RDF files as they are


def test_rdf_files_are_served_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<http://e/a> <http://e/p> 1 .", "utf-8")
    (tmp_path / "b.trig").write_text("<http://e/g> { <http://e/b> <http://e/p> 2 }", "utf-8")
    kept = tmp_path / "kept"
    source = DataFiles([tmp_path / "a.ttl", tmp_path / "b.trig"], kept)
    client = Client(source)
    try:
        assert client.rows("SELECT ?s { ?s ?p ?o }") == [{"s": "http://e/a"}]
        assert client.rows("SELECT ?g ?s { GRAPH ?g { ?s ?p ?o } }") == [{"g": "http://e/g", "s": "http://e/b"}]
        assert client.get("/", "text/html").headers["location"] == "/sparql"
        assert client.get("/download", "text/html").status_code == 200
        assert client.get("/catalog.ttl").status_code == 404
    finally:
        client.close()
        source.close()
    marker = kept / "store" / "LOG"
    before = marker.stat().st_mtime_ns if marker.exists() else sorted(p.name for p in (kept / "store").iterdir())
    again = DataFiles([], kept)
    assert again.served().version == DataFiles([tmp_path / "a.ttl", tmp_path / "b.trig"], kept).served().version
    after = marker.stat().st_mtime_ns if marker.exists() else sorted(p.name for p in (kept / "store").iterdir())
    assert before == after
    (tmp_path / "a.ttl").write_text("<http://e/c> <http://e/p> 1 .", "utf-8")
    changed = Client(DataFiles([tmp_path / "a.ttl"], kept))
    try:
        assert changed.rows("SELECT ?s { ?s ?p ?o }") == [{"s": "http://e/c"}]
    finally:
        changed.close()


def test_rdf_files_that_cannot_be_served(tmp_path: Path) -> None:
    (tmp_path / "bad.ttl").write_text("<http://e/a> nonsense", "utf-8")
    (tmp_path / "what.bin").write_text("", "utf-8")
    for files in ([tmp_path / "bad.ttl"], [tmp_path / "what.bin"], [tmp_path / "none.ttl"]):
        with pytest.raises(UsageError):
            DataFiles(files)
    with pytest.raises(UsageError):
        DataFiles([], tmp_path / "nothing")


def test_the_snapshot_is_read_anew_only_when_it_changes(public: Path) -> None:
    snapshot = Snapshot(public)
    assert snapshot.served() is snapshot.served()


def test_the_server_loads_nothing_heavy() -> None:
    heavy = "{'rdflib', 'pyshacl', 'pandas', 'rich'}"
    code = f"import sys, kpigraph.serve.app, uvicorn; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPO)
    assert run.stdout.strip() == "[]"
