"""The language of pages by browser, by address and by the one switch that is kept; addresses that mean nothing."""

from urllib.parse import quote

import pytest
from serving import KPI, Client

from kpigraph.serve.describe import Text
from kpigraph.serve.shown import shown
from kpigraph.serve.switching import back
from kpigraph.serve.texts import TEXTS


def test_an_address_shows_a_language_and_keeps_nothing(client: Client) -> None:
    for path in ("/", KPI, "/search?q=x", "/compare", "/sparql", "/ns", "/nowhere"):
        joint = "&" if "?" in path else "?"
        page = client.get(f"{path}{joint}lang=en", "text/html", headers={"Accept-Language": "ja"})
        assert '<html lang="en">' in page.text, path
        assert "set-cookie" not in page.headers
        assert "Cookie" not in page.headers["vary"]  # the same for everybody
        kept = client.get(f"{path}{joint}lang=en", "text/html", headers={"Cookie": "lang=ja"})
        assert '<html lang="en">' in kept.text


def test_without_it_the_answer_differs_by_reader_and_says_so(client: Client) -> None:
    for path in ("/", KPI, "/search?q=x", "/compare", "/ns", "/nowhere"):
        pages = [
            client.get(path, "text/html", headers={"Accept-Language": "en"}),
            client.get(path, "text/html", headers={"Accept-Language": "ja", "Cookie": "lang=en"}),
            client.get(path, "text/html", headers={"Accept-Language": "fr-CH, fr;q=0.9, en;q=0.8, ja;q=0.1"}),
        ]
        assert all('<html lang="en">' in p.text for p in pages), path
        assert '<html lang="ja">' in client.get(path, "text/html", headers={"Accept-Language": "ja"}).text
        assert {"Accept-Language", "Cookie"} <= {v.strip() for v in pages[0].headers["vary"].split(",")}


def test_only_the_switch_is_kept(client: Client) -> None:
    page = client.get("/search?q=a%26b&start=20", "text/html", headers={"Accept-Language": "ja"}).text
    (switch,) = (part.split('"')[0] for part in page.split('href="') if part.startswith("/language/"))
    chosen = client.get(switch.replace("&amp;", "&"), headers={"Sec-Fetch-Site": "same-origin"})
    assert chosen.status_code == 303
    assert chosen.headers["location"] == "/search?q=a%26b&start=20&lang=en"
    assert chosen.headers["cache-control"] == "no-store"
    cookie = chosen.headers["set-cookie"].lower()
    assert cookie.startswith("lang=en;")
    assert {"path=/", "samesite=lax", "httponly", "max-age=31536000"} <= {c.strip() for c in cookie.split(";")}
    elsewhere = client.get("/language/en?back=/", headers={"Sec-Fetch-Site": "cross-site"})
    assert (elsewhere.status_code, "set-cookie" in elsewhere.headers) == (303, False)
    assert client.get("/language/fr").status_code == 404


@pytest.mark.parametrize(
    "asked",
    ["", "https://evil.example/", "//evil.example/x", "/\\evil.example", "/%5Cevil.example", "javascript:alert(1)",
     "/a\r\nSet-Cookie: x=1", "/" + "a" * 5_000, "/..%2f..", "/日本"],
)  # fmt: skip
def test_the_switch_leads_to_no_other_place(asked: str) -> None:
    assert back(asked, "en") == "/?lang=en"


def test_pages_tell_search_engines_of_both_languages(client: Client) -> None:
    page = client.get(KPI, "text/html").text
    for lang, end in (("ja", "?lang=ja"), ("en", "?lang=en"), ("x-default", "")):
        assert f'<link rel="alternate" hreflang="{lang}" href="{KPI}{end}">' in page
    assert f'<{KPI}>; rel="canonical"' in client.get(KPI, "text/html").headers["link"]
    assert f'<{KPI}?lang=en>; rel="canonical"' in client.get(f"{KPI}?lang=en", "text/html").headers["link"]
    assert "hreflang" not in client.get("/nowhere", "text/html").text.split("<body>")[0]
    assert "Disallow: /language/" in client.get("/robots.txt").text


def test_what_is_too_long_is_answered_as_a_page(client: Client) -> None:
    for path, headers, status in (
        ("/search?q=" + "x" * 20_000, {}, 414),
        ("/doc/" + "x" * 20_000, {}, 414),
        ("/", {"X-Long": "x" * 70_000}, 431),
        ("/", {"Cookie": "; ".join(f"c{n}={'x' * 700}" for n in range(100))}, 431),
    ):
        page = client.get(path, "text/html", headers={"Accept-Language": "en", **headers})
        assert page.status_code == status, path[:30]
        assert TEXTS[f"error_{status}"][1] in page.text
        assert len(page.content) < 50_000
    assert client.get("/sparql?query=" + quote("ASK { } #") + "x" * 30_000, "application/json").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/doc/%ff%fe", "/doc/%ed%a0%80", "/doc/a%00b", "/doc/%2e%2e/%2e%2e", "/doc/lg%2f012068", "/doc/%E2%80%AEx",
     "/id/%3Cscript%3E", "/compare/%0d%0aSet-Cookie:x", "/code/%252e", "/doc/lg/012068;x=1", "/embed/..%5c",
     "/ns/%F0%9F%91%A9"],
)  # fmt: skip
def test_names_that_are_none_are_not_found(client: Client, path: str) -> None:
    page = client.get(path, "text/html", headers={"Accept-Language": "en"})
    assert page.status_code == 404
    assert TEXTS["error_404"][1] in page.text
    assert "set-cookie" not in page.headers
    assert "\u202e" not in page.text


@pytest.mark.parametrize(
    "asked",
    ["q=%ff%ed%a0%80", "q=%00%1b%5b31m", "q=a&q=b&q=c", "q=a&start=99999999999999999999", "q=a&start=-1",
     "q=a&start=%D9%A1", "q=a&kind=nothing&lang=xx", "lang[]=en", "q=%E2%80%AE" + "%CC%81" * 500, "=&&;;=",
     "q=" + "%F0%9F%91%A8%E2%80%8D" * 300],
)  # fmt: skip
def test_absurd_conditions_of_a_search(client: Client, asked: str) -> None:
    page = client.get(f"/search?{asked}", "text/html", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "\x00" not in page.text
    assert "\x1b" not in page.text


def test_a_text_stands_on_a_page_without_harm() -> None:
    assert shown("a\x00b\ud800\ufffe\x85") == "a\ufffdb\ufffd\ufffd\ufffd"
    assert shown(Text("\u202eevil")) == "\u202eevil\u202c"
    assert shown("\u2067a\u202db") == "\u2067a\u202db\u202c\u2069"
    assert shown("a\u2069\u202cb") == "ab"
    assert shown("\u2066a\u202eb\u2069c") == "\u2066a\u202eb\u202c\u2069c"
    for plain in ("釧路市\t1\n", "👩\u200d👧", "عدد 12", 5, None):
        assert shown(plain) == plain
