"""The feed of releases, the sitemaps, robots.txt and the description of the search, as their readers take them."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from serving import Client, client_of

from kpigraph.serve import feeds
from kpigraph.serve.data_files import DataFiles

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
HERE = "http://any.example"  # as the client says: no address is configured, and no base of the names


@pytest.fixture(scope="module")
def real(two_editions: Path) -> Iterator[Client]:
    made = client_of(two_editions / "public")
    yield made
    made.close()


def xml(client: Client, path: str, media_type: str) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == media_type
    assert client.get(path, headers={"If-None-Match": response.headers["etag"]}).status_code == 304
    assert client.request("HEAD", path).headers["etag"] == response.headers["etag"]
    return ET.fromstring(response.content)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_feed_has_each_release_with_what_changed(real: Client, two_editions: Path, lang: str) -> None:
    feed = xml(real, f"/releases.atom?lang={lang}", "application/atom+xml")
    versions = sorted(p.name for p in (two_editions / "public" / "releases").iterdir() if not p.name.startswith("."))
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == len(versions) == 2
    for element in (feed, *entries):  # RFC 4287, 4.1.1 and 4.1.2
        for name in ("id", "title", "updated"):
            found = element.findall(f"{ATOM}{name}")
            assert len(found) == 1, name
            assert found[0].text
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo is not None
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    assert len({e.findtext(f"{ATOM}id") for e in entries}) == 2
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"{HERE}/releases.atom?lang={lang}"
    assert links["alternate"] == f"{HERE}/download"
    newest, first = ("".join(e.itertext()) for e in entries)
    assert versions[-1] in newest
    assert re.search(r"[0-9a-f]{64}", newest)
    assert "1 → 2" in newest  # documents
    assert "sources/012068/" in newest  # the input file that came
    assert ("最初の公開版です。" if lang == "ja" else "The first release.") in first


def test_other_names_and_absurd_parameters(real: Client, tmp_path: Path) -> None:
    assert real.get("/feed?lang=en").headers["location"] == "/releases.atom?lang=en"
    for path in (
        "/releases.atom?lang=xx", "/releases.atom?lang=ja&lang=en", "/opensearch.xml?lang=", "/sitemap.xml?part=-1",
        "/sitemap.xml?of=site&part=0", "/sitemap.xml?of=site&part=99999999", "/sitemap.xml?of=a&of=b",
    ):  # fmt: skip
        assert real.get(path).status_code == 400, path
    for path in ("/sitemap.xml?of=999999", "/sitemap.xml?of=../site", "/sitemap.xml?of=site&part=2"):
        assert real.get(path).status_code == 404, path
    file = tmp_path / "x.ttl"
    file.write_text("<https://kpi.example/a> a <https://kpi.example/b> .")
    source = DataFiles([file])
    plain = Client(source)
    try:
        assert [plain.get(p).status_code for p in ("/releases.atom", "/sitemap.xml", "/robots.txt")] == [404, 404, 200]
    finally:
        plain.close()
        source.close()


def test_sitemaps_lead_to_every_page_in_both_languages(real: Client) -> None:
    index = xml(real, "/sitemap.xml", "application/xml")
    parts = [e.text or "" for e in index.iter(f"{MAP}loc")]
    assert parts == [f"{HERE}/sitemap.xml?of=site", f"{HERE}/sitemap.xml?of=012068"]
    places = []
    for part in parts:
        urls = list(xml(real, part.removeprefix(HERE), "application/xml"))
        assert 0 < len(urls) <= feeds.IN_SITEMAP <= 50_000
        for url in urls:
            place = url.findtext(f"{MAP}loc") or ""
            assert place.startswith(HERE + "/")
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", url.findtext(f"{MAP}lastmod") or "")
            others = {link.get("hreflang"): link.get("href") for link in url.findall(LINK)}
            assert others == {"ja": f"{place}?lang=ja", "en": f"{place}?lang=en", "x-default": place}
            places.append(place.removeprefix(HERE))
    assert len(places) == len(set(places))
    assert {"/", "/doc/lg/012068", "/doc/lg/012068/kpi-ptcm"} <= set(places)
    for place in places[::60]:
        assert real.get(place, "text/html").status_code == 200, place


def test_a_long_list_is_split(real: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "IN_SITEMAP", 100)
    made = Client(real.app._server.source)
    try:
        parts = feeds._parts(feeds.Site(made.app._server.source.served(), "https://w3id.org/kpigraph/", "ja"))
        assert "?of=012068&part=2" in parts
    finally:
        made.close()


def test_what_is_gone_is_in_no_sitemap(client: Client) -> None:
    text = client.get("/sitemap.xml?of=012068").text
    assert "kpi-p7q2" in text
    assert "kpi-old1" not in text


def test_robots_and_the_search_are_told(real: Client) -> None:
    robots = real.get("/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    assert f"Sitemap: {HERE}/sitemap.xml" in robots.text.splitlines()
    told = xml(real, "/opensearch.xml?lang=ja", "application/opensearchdescription+xml")
    assert 0 < len(told.findtext(f"{SEARCH}ShortName") or "") <= 16
    assert 0 < len(told.findtext(f"{SEARCH}Description") or "") <= 1024
    templates = {u.get("type"): u.get("template") or "" for u in told.findall(f"{SEARCH}Url")}
    for media_type in ("text/html", "application/json"):
        place = templates[media_type].removeprefix(HERE).replace("{searchTerms}", "%E6%B8%AF")
        answer = real.get(place)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media_type)
    assert 'type="application/opensearchdescription+xml"' in real.get("/", "text/html").text
