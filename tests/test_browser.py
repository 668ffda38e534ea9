"""Ways that people go through the portal, in a real browser: nothing of it may go to another host or fail unseen."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import browsing
import pytest
from browsing import PHONE, visitor
from playwright.sync_api import Browser, Page, expect

from kpigraph.serve.texts import TEXTS

pytestmark = pytest.mark.skipif(bool(browsing.MISSING), reason=browsing.MISSING)
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, kushiro_site: str) -> Iterator[Open]:
    """Return a function that opens a fresh browser profile at an address of the real publication."""
    with ExitStack() as stack:

        def opened(path: str, **how: object) -> Page:
            page = stack.enter_context(visitor(browser, str(how.pop("origin", kushiro_site)), **how))  # type: ignore[arg-type]
            page.goto(path)
            return page

        yield opened


def said(key: str, lang: str = "ja") -> str:
    return TEXTS[key][lang == "en"]


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def test_from_home_to_the_printed_line_and_back(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("main").get_by_role("link", name="地域経済のプラス成長と雇用の創出を図る").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("地域経済のプラス成長と雇用の創出を図る")
    goal = page.url
    page.get_by_role("link", name="生乳生産量", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("生乳生産量")
    indicator = page.url
    page.get_by_role("row").filter(has_text=said("role_actual")).get_by_role("link", name="70,213", exact=False).click()
    line = page.locator("li:target")
    expect(line).to_contain_text("70,213")
    expect(line).to_be_in_viewport()
    other = page.locator(".source li:not(:target)").first
    assert background(line) != background(other)  # the line stands out
    line.get_by_role("link", name="70,213").click()
    expect(page).to_have_url(re.compile(re.escape(indicator) + "#st-.*-a$"))
    page.go_back()
    expect(line).to_be_in_viewport()
    page.go_back()
    page.go_back()
    expect(page).to_have_url(goal)


def background(locator: object) -> str:
    return str(locator.evaluate("e => getComputedStyle(e).backgroundColor"))  # type: ignore[attr-defined]


def test_the_language_that_a_reader_chose_is_kept(open_page: Open) -> None:
    page = open_page("/search?q=観光")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    assert page.context.cookies() == []  # nothing is kept of who chose nothing
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("searchbox")).to_have_value("観光")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["value"], cookie["sameSite"], cookie["path"]) == ("lang", "en", "Lax", "/")
    page.get_by_role("link", name=said("nav_validation", "en"), exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.go_back()
    page.get_by_role("link", name="日本語").click()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "ja")


def test_search_in_japanese(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("navigation").get_by_role("link", name=said("search"), exact=True).click()
    box = page.get_by_role("searchbox")
    box.fill("ﾌﾟﾗｽ")  # half width, and inside a word: 地域経済のプラス成長と雇用の創出を図る
    box.press("Enter")
    found = page.get_by_role("main").get_by_role("listitem")
    expect(found.get_by_role("link", name="地域経済のプラス成長")).to_have_count(1)
    page.get_by_role("searchbox").fill("くうこう乗降客")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_text(said("search_none"))).to_be_visible()
    page.get_by_role("searchbox").fill("空港乗降")
    page.get_by_role("searchbox").press("Enter")
    found.get_by_role("link", name="釧路空港乗降客数").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("釧路空港乗降客数")


def test_comparing_municipalities(open_page: Open, neighbours_site: str) -> None:
    page = open_page("/compare", origin=neighbours_site)
    page.get_by_role("main").get_by_role("link", name="観光入込客数", exact=True).click()
    table = page.get_by_role("table").first
    expect(table.get_by_role("row")).not_to_have_count(0)
    expect(table.get_by_role("row").nth(1)).to_contain_text("架空丘市")
    page.get_by_role("link", name=said("by_person"), exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("観光入込客数")
    with page.expect_download() as told:
        page.get_by_role("link", name="CSV").click()
    assert "架空丘市" in Path(told.value.path()).read_text("utf-8")


def test_without_scripts_everything_is_there(open_page: Open) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_role("main").get_by_role("link", name="地域経済のプラス成長と雇用の創出を図る").first.click()
    page.get_by_role("link", name="生乳生産量", exact=True).first.click()
    expect(page.get_by_role("img")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("70,213")
    page.get_by_role("navigation").get_by_role("link", name=said("search"), exact=True).click()
    page.get_by_role("searchbox").fill("観光")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("観光入込客数")


def test_the_way_by_keyboard(open_page: Open) -> None:
    page = open_page("/search", viewport=PHONE)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name=said("skip"))
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").locator(":focus")).to_have_count(1)  # past the header
