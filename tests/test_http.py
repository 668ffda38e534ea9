"""What HTTP asks of every answer: forms of addresses, links, codings, ranges, conditions, CORS, errors, the log."""

import dataclasses
import gzip
import http.client
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path
from urllib.parse import urlencode

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import BASE, KPI, SETTINGS, Client

from kpigraph.config import Settings
from kpigraph.problems import UsageError
from kpigraph.serve import addresses, coding
from kpigraph.serve.data_files import DataFiles

FORMS = ("html", "ttl", "jsonld", "nt", "rdf")


# --- one form of each address


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("/id/lg/012068/", "/id/lg/012068"),
        ("//doc//lg/012068", "/doc/lg/012068"),
        ("/doc/lg/%30%312068", "/doc/lg/012068"),
        ("/doc/lg/%EF%BC%90%EF%BC%91%EF%BC%92%EF%BC%90%EF%BC%96%EF%BC%98", "/doc/lg/012068"),  # full-width digits
        ("/sparql/?query=ASK%7B%7D", "/sparql?query=ASK%7B%7D"),
        ("/%63atalog/?lang=en", "/catalog?lang=en"),
        ("//evil.example/%2e", None),
        ("/doc/lg%2F012068", None),
        ("/doc/lg/012068%00", None),
        ("/doc/%FF", None),
        ("/doc/a%5Cb", None),
        ("/doc/%EF%BC%8E%EF%BC%8E/lg", None),  # full-width dots
    ],
)
def test_each_address_has_one_form(client: Client, asked: str, canonical: str | None) -> None:
    response = client.request("GET", f"http://any.example{asked}")
    if canonical is None:
        assert response.status_code == 404
    else:
        assert (response.status_code, response.headers["location"]) == (308, canonical)
        assert client.get(canonical).status_code in (200, 303)


def test_a_path_cannot_climb() -> None:
    assert addresses.canonical(b"/doc/x/../lg/012068") is None
    assert addresses.canonical(b"/./doc") is None


@given(st.binary(max_size=40).map(lambda b: b"/" + b) | st.text(max_size=30).map(lambda t: ("/" + t).encode()))
def test_the_form_of_an_address_is_final_and_leads_to_no_other_host(raw: bytes) -> None:
    path = addresses.canonical(raw)
    if path is not None:
        assert path.startswith("/")
        assert not path.startswith("//")
        assert "\\" not in path
        assert addresses.canonical(addresses.written(path).encode()) == path


# --- links from one form to the others


def links(header: str) -> set[tuple[str, str]]:
    return set(re.findall(r'<([^>]*)>; rel="([^"]*)"', header))


@pytest.mark.parametrize("suffix", FORMS)
def test_a_description_tells_of_itself_its_subject_and_its_other_forms(client: Client, suffix: str) -> None:
    response = client.get(f"{KPI}.{suffix}", "image/png")
    assert response.status_code == 200
    others = {(f"{KPI}.{f}", "alternate") for f in FORMS if f != suffix}
    subject = BASE + KPI.removeprefix("/doc/")
    assert links(response.headers["link"]) == {(KPI, "canonical"), (f"{BASE}id{KPI[4:]}", "describes")} | others
    assert subject  # the thing is named by its IRI, the forms by their addresses here
    assert "Accept," not in response.headers["vary"] + ","  # a suffix leaves nothing to negotiate


def test_negotiated_answers_tell_which_form_they_are(client: Client) -> None:
    response = client.get(KPI, "text/turtle")
    assert response.headers["content-location"] == f"{KPI}.ttl"
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    name = client.get(KPI.replace("/doc/", "/id/"))
    assert {(f"{KPI}.{f}", "describedby") for f in FORMS} == links(name.headers["link"])
    assert "max-age" in name.headers["cache-control"] or "no-cache" in name.headers["cache-control"]


@pytest.mark.parametrize("path", ["/id/lg/012068", "/doc/lg/012068", "/ns", "/code/status", "/catalog", "/shapes"])
def test_406_lists_what_there_is_and_where(client: Client, path: str) -> None:
    response = client.get(path, "image/png;q=1, text/html;q=0")
    assert response.status_code == 406
    place = path.replace("/id/", "/doc/")
    for suffix, media_type in zip(FORMS, ("text/html", "text/turtle", "application/ld+json"), strict=False):
        assert media_type in response.text
        assert f"{place}.{suffix}" in response.text
        assert (f"{place}.{suffix}", "alternate") in links(response.headers["link"])
    assert "Accept" in response.headers["vary"]
    assert client.get(f"{path}-unknown", "image/png").status_code == 404


# --- codings


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, ""),
        ("", ""),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0.000", ""),
        ("*", "br"),
        ("*;q=0.3, br;q=0", "gzip"),
        ("identity;q=1, gzip;q=0.5", ""),
        ("identity;q=0", ""),
        ("gzip;q=nonsense, zstd", ""),
    ],
)
def test_codings(accept: str | None, chosen: str) -> None:
    assert coding.choose(accept) == chosen


@given(st.text(max_size=40))
def test_no_coding_header_is_too_odd(accept: str) -> None:
    assert coding.choose(accept) in ("", *coding.CODINGS)


@pytest.mark.parametrize("path", [f"{KPI}.ttl", "/", "/download/kpigraph.ttl", "/download/kpigraph.jsonld"])
def test_packed_answers_hold_the_same_and_have_their_own_etag(client: Client, path: str) -> None:
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    tags = {plain.headers["etag"]}
    for name in ("br", "gzip"):
        response = client.raw(path, {"Accept-Encoding": name})
        assert response.headers["content-encoding"] == name
        assert "Accept-Encoding" in response.headers["vary"]
        body = brotli.decompress(response.content) if name == "br" else zlib.decompress(response.content, 31)
        assert body == plain.content
        assert len(response.content) < len(plain.content) / 2
        assert response.content == client.raw(path, {"Accept-Encoding": name}).content
        tags.add(response.headers["etag"])
        again = client.raw(path, {"Accept-Encoding": name, "If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "content-encoding" not in again.headers
    assert len(tags) == 3


# --- ranges and conditions


def test_parts_of_a_file(client: Client, public: Path) -> None:
    path, whole = "/download/kpigraph.nt", (public / "current" / "kpigraph.nt").read_bytes()
    size = len(whole)
    first = client.get(path, headers={"Range": "bytes=0-9"})
    tag, day = first.headers["etag"], first.headers["last-modified"]
    for asked, start, end in (("0-9", 0, 10), ("-7", size - 7, size), (f"{size - 3}-", size - 3, size)):
        part = client.get(path, headers={"Range": f"bytes={asked}", "If-Range": tag, "Accept-Encoding": "br, gzip"})
        assert part.status_code == 206
        assert part.content == whole[start:end]
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert "content-encoding" not in part.headers
    several = client.get(path, headers={"Range": "bytes=0-1, 5-6"})
    assert several.headers["content-type"].startswith("multipart/byteranges")
    outside = client.get(path, headers={"Range": f"bytes={size}-"})
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")
    assert outside.headers["access-control-allow-origin"] == "*"
    for odd in ("lines=1-2", "bytes=nonsense", "bytes="):
        assert client.get(path, headers={"Range": odd}).status_code == 200, odd
    assert client.get(path, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200
    assert client.get(path, headers={"If-Modified-Since": day}).status_code == 304
    assert client.get(path, headers={"If-Modified-Since": day, "If-None-Match": '"other"'}).status_code == 200
    for odd in ("nonsense", "Thu, 01 Jan 1970 00:00:00 GMT"):
        assert client.get(path, headers={"If-Modified-Since": odd}).status_code == 200


def test_a_table_leads_to_its_description(client: Client) -> None:
    found = links(client.get("/download/observations.csv").headers["link"])
    assert ("/download/observations.csv-metadata.json", "describedby") in found
    assert ("/catalog", "describedby") in found


def test_a_packed_file_is_sent_as_it_was_published(client: Client, public: Path) -> None:
    response = client.raw("/download/kpigraph.ttl.gz", {"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in response.headers
    assert gzip.decompress(response.content) == (public / "current" / "kpigraph.ttl").read_bytes()


# --- from other origins

READ = ("/", "/id/lg/012068", f"{KPI}.ttl", "/ns.ttl", "/code.ttl", "/shapes.ttl", "/catalog.jsonld", "/validation.ttl")


@pytest.mark.parametrize(
    "path",
    [*READ, "/sparql?query=ASK%7B%7D", "/download/kpigraph.nt", "/healthz", "/nowhere", "/id/lg/012068/", "/doc/%FF"],
)
def test_every_answer_can_be_read_from_another_origin(client: Client, path: str) -> None:
    origin = {"Origin": "https://other.example"}
    for response in (client.get(path, headers=origin), client.get(path, "image/png", headers=origin)):
        assert response.headers["access-control-allow-origin"] == "*"
        assert {"ETag", "Link", "Content-Range"} <= set(response.headers["access-control-expose-headers"].split(", "))
    asked = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "accept,range"}
    preflight = client.request("OPTIONS", path, headers=asked)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "GET" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].lower().split(", ")
    assert {"accept", "range", "content-type", "if-none-match"} <= set(allowed)
    assert ("POST" in preflight.headers["allow"]) == path.startswith("/sparql")


def test_what_cannot_be_done_here_is_answered_with_what_can(client: Client) -> None:
    for path, allowed in ((KPI, "GET, HEAD, OPTIONS"), ("/sparql", "GET, HEAD, OPTIONS, POST")):
        for method in ("DELETE", "PUT", "PATCH"):
            response = client.request(method, path)
            assert (response.status_code, response.headers["allow"]) == (405, allowed)
            assert allowed.replace(", OPTIONS", "") in response.text
            assert response.headers["access-control-allow-origin"] == "*"


def test_a_fault_of_ours_is_an_answer_too(public: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    class Broken:
        def served(self) -> None:
            raise ZeroDivisionError("secret place")

        def close(self) -> None: ...

    broken = Client(Broken())  # type: ignore[arg-type]
    try:
        response = broken.get(KPI, "text/html")
    finally:
        broken.close()
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.headers["access-control-allow-origin"] == "*"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "ZeroDivisionError" in caplog.text  # the operator is told


# --- the vocabulary, other names


def test_the_vocabulary_is_one_document_for_all_its_terms(client: Client) -> None:
    response = client.get("/ns", "text/turtle")
    assert response.status_code == 200
    assert "kpi:Indicator" in response.text
    assert 'id="Indicator"' in client.get("/ns", "text/html").text


def test_what_has_no_name_is_described_with_what_it_belongs_to(tmp_path: Path) -> None:
    data = tmp_path / "blank.ttl"
    data.write_text(
        f"""@prefix e: <{BASE}id/> . @prefix p: <http://e/> .
        e:a p:has [ p:part [ p:says "deep" ] ] . [ p:knows [ p:about e:a ] ; p:called "outer" ] .
        e:b p:has e:a ; <http://www.w3.org/2000/01/rdf-schema#label> "B" .""",
        "utf-8",
    )
    source = DataFiles([data])
    client = Client(source)
    try:
        text = client.get("/doc/a.nt").text
    finally:
        client.close()
        source.close()
    for said in ('"deep"', '"outer"', "<http://e/knows>", '"B"', f"<{BASE}id/b> <http://e/has>"):
        assert said in text, said


# --- operations


def test_health_and_metrics(client: Client, tmp_path: Path) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/healthz/live").status_code == client.get("/healthz/ready").status_code == 200
    client.get(KPI, "text/turtle")
    metrics = client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert metrics.headers["cache-control"] == "no-store"
    assert re.search(r'kpigraph_requests_total\{route="/doc/{path}",status="2xx"\} \d', metrics.text)
    assert "lg/012068" not in metrics.text


def test_the_log_says_what_was_asked_and_not_who_asked(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    who = {
        "User-Agent": "somebody",
        "Referer": "https://from.example/",
        "Cookie": "lang=en",
        "X-Forwarded-For": "9.9.9.9",
    }
    with caplog.at_level(logging.INFO, "kpigraph.access"):
        client.get(f"{KPI}.ttl?private=word", headers=who)
    (line,) = (json.loads(r.message) for r in caplog.records if r.name == "kpigraph.access")
    assert (line["method"], line["route"], line["path"], line["status"]) == ("GET", "/doc/{path}", f"{KPI}.ttl", 200)
    assert line["bytes"] > 0
    assert line["ms"] >= 0
    assert line["time"].endswith("Z")
    assert not re.search("somebody|from.example|9.9.9.9|private|word", json.dumps(line))


def test_settings_are_read_from_the_environment() -> None:
    assert Settings.from_environment({"KPIGRAPH_ACCESS_LOG": "off"}).access_log is False
    assert Settings.from_environment({}) == Settings()
    assert dataclasses.replace(SETTINGS, access_log=False) != SETTINGS
    with pytest.raises(UsageError, match="KPIGRAPH_ACCESS_LOG"):
        Settings.from_environment({"KPIGRAPH_ACCESS_LOG": "perhaps"})


def test_a_server_that_is_told_to_stop_ends_what_it_has_begun(public: Path) -> None:
    command = [sys.executable, "-m", "kpigraph", "serve", "--store", str(public), "--port", "0"]
    environment = os.environ | {"KPIGRAPH_ACCESS_LOG": "on", "KPIGRAPH_QUERY_SECONDS": "2"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        host, _, port = process.stderr.readline().split()[0].removeprefix("http://").rstrip("/").rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("GET", "/about")  # answered once the server takes requests, in a while on a busy machine
        assert connection.getresponse().read()
        slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(?c > ?f || ?f > ?c || ?c = ?f) }"
        connection.request("GET", "/sparql?" + urlencode({"query": slow}), headers={"Accept": "text/csv"})
        time.sleep(0.5)  # the query is under way
        process.send_signal(signal.SIGTERM)
        answer = connection.getresponse()
        assert answer.status in (200, 503)  # its result, or that it took too long: an answer in either case
        assert answer.read()
        connection.close()
        logged = [json.loads(line) for line in process.stderr.read().splitlines() if line.startswith("{")]
        assert process.wait(15) == 0 or process.returncode == 130
    assert [line["route"] for line in logged if "route" in line] == ["/about", "/sparql"]


# --- Accept, against the rules of RFC 9110 written another way

TYPES = ["text/html", "text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"]
RANGES = st.sampled_from([*TYPES, "text/*", "application/*", "*/*", "image/png"])
HEADERS = st.lists(st.tuples(RANGES, st.integers(0, 1000)), min_size=1, max_size=6, unique_by=lambda pair: pair[0])


@settings(max_examples=60, deadline=None)
@given(HEADERS)
def test_the_answer_is_a_form_that_the_client_likes_best(client: Client, wanted: list[tuple[str, int]]) -> None:
    weights = dict(wanted)

    def weight(media_type: str) -> int:
        return next((weights[r] for r in (media_type, media_type.split("/")[0] + "/*", "*/*") if r in weights), 0)

    response = client.get("/doc/period/cy2015", ", ".join(f"{r};q={q / 1000:.3f}" for r, q in wanted))
    best = max(map(weight, TYPES))
    if best == 0:
        assert response.status_code == 406
    else:
        assert response.status_code == 200
        assert weight(response.headers["content-type"].split(";")[0]) == best
