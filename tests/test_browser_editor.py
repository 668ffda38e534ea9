"""The query editor of /sparql in a real browser: examples, table, chart, downloads, links, completion, refusals."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import browsing
import pytest
from browsing import PHONE, Watch, chromium, served, visitor
from playwright.sync_api import Browser, Page, expect

from kpigraph.serve import assets
from kpigraph.serve.endpoint import questions
from kpigraph.serve.texts import TEXTS

pytestmark = [
    pytest.mark.skipif(bool(browsing.MISSING), reason=browsing.MISSING),
    pytest.mark.skipif(not assets.load().editor, reason="the editor is not built (make web)"),
]
Open = Callable[..., Page]
PROGRESS = (
    "SELECT ?name ?progress WHERE { ?a kpi:progressRatio ?progress ; kpi:indicator/skos:prefLabel ?name } "
    "ORDER BY ?progress"
)
DATES = (
    "SELECT ?first (COUNT(?s) AS ?n) WHERE { ?s a kpi:Statement ; sd:refPeriod/kpi:startDate ?first } "
    "GROUP BY ?first ORDER BY ?first"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site(publication: Path) -> Iterator[str]:
    with served("--store", str(publication)) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Open]:
    """Return a function that opens /sparql, or what stands behind it, in a fresh browser profile."""
    with ExitStack() as stack:

        def opened(rest: str = "", **how: Any) -> Page:
            page = stack.enter_context(visitor(browser, site, **how))
            page.goto("/sparql" + rest)
            return page

        yield opened


def said(key: str, lang: str = "ja", **values: object) -> str:
    return TEXTS[key][lang == "en"].format(**values)


def query_of(page: Page) -> str:
    return str(page.evaluate("document.querySelector('#editor .CodeMirror').CodeMirror.getValue()"))


def write(page: Page, query: str) -> None:
    page.locator("#editor .CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(query)


def run(page: Page, query: str) -> None:
    page.evaluate("q => document.querySelector('#editor .CodeMirror').CodeMirror.setValue(q)", query)
    page.locator("#ask button[type=submit]").click()


def taken(page: Page) -> tuple[str, str]:
    with page.expect_download() as download:
        page.locator("#answers .take").click()
    return download.value.suggested_filename, Path(download.value.path()).read_text("utf-8")


@pytest.mark.parametrize(("lang", "how"), [("ja", {}), ("en", {"viewport": PHONE, "color_scheme": "dark"})])
def test_examples_run_and_their_answers_can_be_taken_along(open_page: Open, lang: str, how: dict[str, Any]) -> None:
    page = open_page(lang=lang, **how)
    expect(page.locator("#questions a[href^='/sparql?']")).to_have_count(len(questions()))
    for question in questions()[:6]:
        page.get_by_role("link", name=question.titles[lang], exact=True).click()
        rows = page.locator("#answers table.results tbody tr")
        expect(page.locator("#answers .told")).to_contain_text(re.compile(r"\d"))
        expect(page.locator("#ask .state")).to_be_empty()
        assert query_of(page).strip() == question.text.strip()
        assert page.locator("#editor .parseErrorIcon").count() == 0
        name, text = taken(page)
        assert name == "kpigraph.csv"
        header, *values = csv.reader(io.StringIO(text))
        assert page.locator("#answers thead th").all_inner_texts() == header
        expect(rows).to_have_count(min(100, len(values)))
        by_server = page.request.get("/sparql", params={"query": question.text, "format": "csv"}).text()
        assert sorted(csv.reader(io.StringIO(by_server))) == sorted([header, *values])
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_link_to_a_query_leads_to_its_answer_and_back_to_the_one_before(open_page: Open, site: str) -> None:
    page = open_page()
    run(page, PROGRESS)
    rows = page.locator("#answers table.results tbody tr")
    expect(rows.nth(20)).to_be_visible()
    shown = rows.count()
    first = page.url
    assert parse_qs(urlsplit(first).query) == {"query": [PROGRESS]}
    run(page, "ASK { ?i a kpi:Indicator }")
    expect(page.locator("#answers .big")).to_have_text(said("answer_true"))
    page.go_back()
    expect(rows).to_have_count(shown)
    assert (page.url, query_of(page)) == (first, PROGRESS)
    page.reload()
    expect(rows).to_have_count(shown)
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(rows).to_have_count(shown)
    link = rows.first.locator("a")
    assert link.count() == 0  # names and numbers only
    run(page, "SELECT ?i { ?i a kpi:Indicator } LIMIT 1")
    expect(rows.first.locator("a")).to_have_attribute("href", re.compile("^/doc/lg/012068/kpi-"))
    run(page, "SELECT ?x { VALUES ?x { " + " ".join(f'"長い{n}"' for n in range(900)) + " } }")
    expect(rows).to_have_count(100)
    assert page.url == f"{site}/sparql"  # too long for a link: sent by POST
    page.locator(".copy-link").click()
    expect(page.locator("#ask .state")).to_have_text(said("editor_long", "en"))


def test_an_answer_is_sorted_searched_and_drawn(open_page: Open) -> None:
    page = open_page("?query=" + quote(PROGRESS), viewport=PHONE)
    rows = page.locator("#answers table.results tbody tr")
    expect(rows.nth(20)).to_be_visible()
    before = rows.first.inner_text()
    page.get_by_role("button", name="progress").click()
    page.get_by_role("button", name="progress").click()
    expect(page.locator("#answers th[aria-sort=descending]")).to_have_count(1)
    assert rows.first.inner_text() != before
    page.locator("#answers .filter").fill("ﾌｧﾐﾘｰ")
    expect(rows).to_have_count(1)
    page.locator(".show-chart").click()
    chart = page.locator("svg.answer-chart")
    expect(chart).to_have_attribute("aria-label", re.compile("name ごとの progress。.* -1.2616"))
    expect(chart.locator(".value-bar")).to_have_count(40)
    expect(page.locator("#answers .charted")).to_contain_text(said("editor_chart_cut", all=41, number=40))
    name, text = taken(page)
    assert name == "kpigraph.svg"
    assert text.startswith("<svg")
    run(page, DATES)
    expect(page.locator("svg.answer-chart .value-line")).to_have_count(1)  # dates make a line, along time
    points = page.locator("svg.answer-chart .value-point").evaluate_all("e => e.map(c => Number(c.getAttribute('cx')))")
    steps = [b - a for a, b in pairwise(points)]
    assert min(steps) >= 0
    assert max(steps) > 3 * min(steps)
    run(page, "SELECT ?g { ?g a kpi:Goal }")
    expect(page.locator("#answers .yasr_fallback_info")).to_contain_text(said("editor_chart"))
    expect(rows.first).to_be_visible()


def test_what_is_typed_is_completed_by_name_and_by_label(open_page: Open) -> None:
    page = open_page(lang="en")
    hints = page.locator(".CodeMirror-hint")
    write(page, "SELECT * WHERE { ?s kpi:role ")
    page.keyboard.press("Control+Space")
    expect(hints.nth(2)).to_contain_text("c:role-target")
    expect(hints.nth(2)).to_contain_text("target code")
    page.keyboard.press("Enter")
    assert (
        query_of(page)
        == f"PREFIX c: <https://w3id.org/kpigraph/code/>\nSELECT * WHERE {{ ?s kpi:role {'c:role-actual'}"
    )
    write(page, "SELECT * WHERE { ?s kpi:数で")
    page.keyboard.press("Control+Space")
    expect(hints.first).to_contain_text("kpi:numericTarget")
    page.keyboard.press("Escape")
    write(page, "SELECT * WHERE { ?s a ")
    page.keyboard.type("kpi:Meas")
    expect(hints.first).to_contain_text("kpi:Measure")


def test_the_keyboard_is_not_caught(open_page: Open) -> None:
    page = open_page(viewport=PHONE)
    write(page, "ASK { ?s a kpi:Nothing }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answers .big")).to_have_text(said("answer_false"))
    page.keyboard.press("Tab")
    expect(page.locator("#format")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.closest('#editor')") is None


@pytest.mark.parametrize("viewport", [browsing.DESK, PHONE], ids=["desk", "phone"])
def test_nothing_moves_when_the_script_begins(open_page: Open, viewport: dict[str, int]) -> None:
    page = open_page(viewport=viewport)
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => { for (const e of list.getEntries()) moved += e.value })"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto("/sparql")
    expect(page.locator("#editor .CodeMirror")).to_be_visible()
    page.wait_for_timeout(300)
    assert page.evaluate("moved") == 0


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_refusal_is_said_with_its_place(browser: Browser, site: str, lang: str) -> None:
    watch = Watch(site)
    with browser.new_context(base_url=site, locale=lang) as context:
        watch.attach(context)
        page = context.new_page()
        page.goto("/sparql")
        for query, expected, marked in (
            ('SELECT ?a WHERE {\n  ?a "日本" ?b }', "2", "^"),
            ("SELECT * { SERVICE <http://x.example/> { ?s ?p ?o } }", "SERVICE", "^"),
            ("SELECT (<b>1</b> AS ?x) {}", "1", "^"),
        ):
            run(page, query)
            fault = page.locator("#answers .fault")
            expect(fault).to_contain_text(expected)
            expect(fault.locator("pre")).to_contain_text(marked)
            expect(page.locator("#answers .views")).to_be_hidden()
        expect(page.locator("#editor .parseErrorIcon")).to_have_attribute(
            "title", re.compile("正しく" if lang == "ja" else "not right")
        )
        page.locator("#editor .parseErrorIcon").hover()
        page.context.route("**/sparql?*", lambda route: route.abort())
        run(page, PROGRESS)
        expect(fault).to_contain_text(said("editor_offline", lang))
    # A browser tells of refused requests by itself; nothing else went wrong.
    assert [f for f in watch.faults if "Failed to load resource" not in f] == []


def test_without_scripts_and_without_a_store_in_the_browser(open_page: Open) -> None:
    address = "?query=" + quote("SELECT ?g { ?g a kpi:Goal }")
    plain = open_page(address, java_script_enabled=False)
    expect(plain.locator("#served tbody tr")).to_have_count(5)
    expect(plain.locator("textarea#query")).to_be_visible()
    page = open_page()
    page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        "  Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    page.goto("/sparql" + address)
    expect(page.locator("#answers tbody tr")).to_have_count(5)
