"""The page of an indicator and what is taken along of it: table, chart, picture, citation, frame."""

import csv
import html
import io
import re
import struct
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from serving import KPI, SETTINGS, Client, client_of

from kpigraph.serve import card, citations, raster
from kpigraph.serve.snapshot import Snapshot

LG = "/doc/lg/012068"
TOTAL = f"{LG}/kpi-nfft"
MARKUP = f"{LG}/kpi-f3xk"  # in the sample: its name has a script in it


@pytest.fixture(scope="module")
def real(publication: Path) -> Iterator[Client]:
    made = client_of(publication)
    yield made
    made.close()


def page(client: Client, path: str, lang: str) -> str:
    return client.get(path, "text/html", params={"lang": lang}).text


def test_the_page_says_the_chart_in_words(real: Client) -> None:
    ja, en = page(real, TOTAL, "ja"), page(real, TOTAL, "en")
    assert "5 年間の累計目標に対して、期間の 20.0% が過ぎた時点で 18.3% です。" in ja
    assert "18.3\u00a0% of the five-year total, after 20.0\u00a0% of the time." in en
    assert "That is 1.7 points behind an even pace." in en
    assert "実績値は 365 件（2015年度）。" in ja
    assert "the target is a total over its whole period; this is not" in en  # the year before is not in the chart
    more = page(real, f"{LG}/kpi-ptcm", "en")
    assert re.search(r"The latest actual is 5,023 \S+ less than the target", more)
    assert "until 2019-12-31" in more  # why it is still open
    words = page(real, f"{LG}/kpi-xiat", "ja")
    assert "目標値は言葉で「患者満足度を高める」と書かれています" in words
    assert "グラフはありません" in words


def test_each_comparator_is_drawn(real: Client) -> None:
    for key, drawn in (("rr4v", "chart_band"), ("mhwp", 'stroke-dasharray="2 4"'), ("5sml", "維持する範囲")):
        text = page(real, f"{LG}/kpi-{key}", "ja")
        assert 'class="band"' in text, key
        assert drawn == "chart_band" or drawn in text
    assert 'class="pace"' not in page(real, f"{LG}/kpi-5sml", "ja")


def test_where_it_is_from_and_how_to_cite_it(real: Client, publication: Path) -> None:
    text = page(real, TOTAL, "en")
    release = (publication / "current").resolve().name
    assert "kushiro-kpi.txt" in text
    assert re.search(r'<code class="hash">[0-9a-f]{64}</code>', text)
    assert text.count(f"release {release}") >= 3  # provenance, plain text, BibTeX
    assert re.search(rf"release {release}, 20\d\d-\d\d-\d\d", text)
    assert "@misc{kpigraph-lg-012068-kpi-nfft," in text
    assert real.get(f"{TOTAL}.bib?lang=en").text in html.unescape(text)


def test_its_table_is_its_lines_of_the_published_one(real: Client, publication: Path) -> None:
    published = defaultdict(list)
    with (publication / "current" / "observations.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        for row in rows:
            published[row[header.index("indicator")]].append(row)
    assert len(published) == 75
    for iri, lines in list(published.items())[::5]:
        response = real.get("/doc/" + iri.partition("/id/")[2] + ".csv")
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert list(csv.reader(io.StringIO(response.text, newline=""))) == [header, *lines]


def test_a_table_has_no_formula(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get(f"{MARKUP}.csv").text, newline="")))
    assert rows
    assert {r["indicator_label"] for r in rows} == {"食料品製造業<script>alert(1)</script>"}
    assert not any(v[:1] in "=@" for r in rows for v in r.values() if v)


def test_the_chart_is_a_whole_file_with_everything_escaped(client: Client) -> None:
    for lang in ("ja", "en"):
        response = client.get(f"{MARKUP}.svg", params={"lang": lang})
        assert response.headers["content-type"] == "image/svg+xml"
        root = ET.fromstring(response.content)
        tags = {e.tag.partition("}")[2] for e in root.iter()}
        assert tags <= {"svg", "title", "desc", "rect", "text", "line", "circle"}
        assert "<script" not in response.text
        attributes = {a for e in root.iter() for a in e.attrib}
        assert not any(a.startswith("on") or a.endswith("href") or a == "style" for a in attributes)
        title = root.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text == "食料品製造業<script>alert(1)</script>"


def test_the_picture_is_drawn_once_and_known_by_its_tag(real: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    draw = raster.png
    monkeypatch.setattr(raster, "png", lambda svg: drawn.append(svg) or draw(svg))
    first = real.get(f"{TOTAL}.png", params={"lang": "ja"})
    assert first.headers["content-type"] == "image/png"
    assert struct.unpack(">II", first.content[16:24]) == (raster.WIDTH, raster.HEIGHT)
    assert len(first.content) < 150_000
    again = real.request("HEAD", f"{TOTAL}.png?lang=ja")
    assert (again.status_code, again.content) == (200, b"")
    same = real.get(f"{TOTAL}.png", params={"lang": "ja"}, headers={"If-None-Match": first.headers["etag"]})
    assert same.status_code == 304
    assert len(drawn) == 1


def test_japanese_is_drawn_and_a_picture_that_fails_is_no_crash(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="420"><text y="90" font-size="80">{}</text></svg>'
    pictures = {raster.png(svg.format(text).encode()) for text in ("水揚", "揚水", "")}
    assert len(pictures) == 3  # were the letters lacking, two rows of boxes would look the same
    monkeypatch.setattr(raster, "_DRAW", "import sys; sys.exit('secret')")
    client = client_of(public)  # of its own: another's may have kept this picture
    response = client.get(f"{KPI}.png", "text/html", params={"lang": "ja"})
    client.close()
    assert response.status_code == 503
    assert "secret" not in response.text
    assert response.headers["retry-after"]


def test_only_a_frame_may_be_framed(client: Client) -> None:
    for path in (KPI, f"{KPI}.svg", "/"):
        assert "frame-ancestors 'none'" in client.get(path, "text/html").headers["content-security-policy"]
    for lang in ("ja", "en"):
        response = client.get(KPI.replace("/doc/", "/embed/"), "text/html", params={"lang": lang})
        policy = response.headers["content-security-policy"]
        assert "frame-ancestors *" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert f'<html lang="{lang}">' in response.text
        assert 'class="chart"' in response.text
        assert "<script" not in response.text
        assert "set-cookie" not in response.headers


@pytest.mark.parametrize("form", ["csv", "svg", "png", "bib", "embed"])
def test_what_is_no_indicator_or_none_any_more(client: Client, form: str) -> None:
    def ask(thing: str, **how: str) -> int:
        path = f"/embed/lg/012068{thing}" if form == "embed" else f"/doc/lg/012068{thing}.{form}"
        return client.get(path, params=how).status_code

    assert ask("/kpi-zzzz") == 404
    assert ask("/goal-g1") == 404
    assert ask("/kpi-old1") == 410
    assert ask("/kpi-p7q2", lang="../../etc/passwd") == 400


def test_whoever_shows_a_link_finds_a_picture(client: Client, public: Path) -> None:
    response = client.get(KPI, "text/html", headers={"Accept-Language": "en"})
    image = re.search(r'<meta property="og:image" content="([^"]+)">', response.text)
    assert image is not None
    assert image[1] == f"http://any.example{KPI}.png?lang=en"
    code = f'<iframe src="http://any.example{KPI.replace("/doc/", "/embed/")}?lang=en" title="釧路港年間水揚量"'
    assert code in html.unescape(response.text)
    assert "title=&#34;食料品製造業&amp;lt;script" in client.get(MARKUP, "text/html").text
    assert response.headers["cache-control"] == "private, no-cache"  # it is for who came by this address
    for host, named in (("localhost:8000", "http://localhost:8000"), ('a"><script>', "https://w3id.org/kpigraph")):
        other = client.get(KPI, "text/html", headers={"Host": host})
        assert (f'content="{named}{KPI}.png?lang=ja"' in other.text, "any.example" in other.text) == (True, False)
        assert other.headers["etag"] != response.headers["etag"]
    settled = Client(Snapshot(public), replace(SETTINGS, server_url="https://kpi.example"))
    try:
        response = settled.get(KPI, "text/html", headers={"Host": "evil.example"})
        assert f'content="https://kpi.example{KPI}.png?lang=ja"' in response.text
        assert "evil.example" not in response.text
    finally:
        settled.close()


def test_bibtex_takes_nothing_for_a_command() -> None:
    written = citations.escaped("50%増 {a}\\input{/etc/passwd} #1 & $x_1^2~\n}")
    assert written == (
        r"50\%増 \{a\}\textbackslash{}input\{/etc/passwd\} \#1 \& \$x\_1\textasciicircum{}2\textasciitilde{} \}"
    )


def test_long_names_are_broken_and_cut() -> None:
    lines = card.lines("子ども" * 60, 27, 700, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(card.width(line, 27) <= 700 for line in lines)
    assert card.lines("A" * 500, 27, 700, 2)[1].endswith("…")
    assert card.lines("", 27, 700, 2) == [""]
