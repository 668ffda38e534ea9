"""Pages of a document that means harm: its names are shown as they are printed, and nothing of them is carried out."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import browsing
import hostile
import page_kinds
import pytest
from browsing import DESK, PHONE, PHONE_FAULTS, served, visitor
from conftest import made_once
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(bool(browsing.MISSING), reason=browsing.MISSING)

# Texts that turn the direction of letters and do not turn it back, wherever a page shows or says one.
TURNED = """() => {
  const closes = {'\\u202a': '\\u202c', '\\u202b': '\\u202c', '\\u202d': '\\u202c', '\\u202e': '\\u202c',
                  '\\u2066': '\\u2069', '\\u2067': '\\u2069', '\\u2068': '\\u2069'};
  const open = text => { const stack = [];
    for (const c of text) if (c in closes) stack.push(closes[c]); else if (stack.at(-1) === c) stack.pop();
    return stack.length };
  const texts = [...document.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.value));
  const walk = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) if (walk.currentNode.parentElement.tagName !== 'SCRIPT') texts.push(walk.currentNode.data);
  return texts.filter(open);
}"""


@pytest.fixture(scope="module")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "hostile", hostile.publish)


@pytest.fixture(scope="module")
def hostile_site(hostile_folder: Path) -> Iterator[str]:
    with served("--store", str(hostile_folder / "public")) as address:
        yield address


def addresses(public: Path) -> dict[str, str]:
    kinds = {k: at for k, at in page_kinds.by_class(public).items() if k.startswith("doc")}
    own = {"home": "/", "validation": "/validation", "catalogue": "/catalog", "search": "/search?q=alert"}
    asked = quote("SELECT ?l { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?l FILTER(CONTAINS(?l, 'alert')) }")
    return kinds | own | {
        "search in script": f"/search?q={quote(hostile.SCRIPT)}&kind={quote(hostile.HANDLER)}&start=-1",
        "query": f"/sparql?format=html&query={asked}",
        "query in script": f"/sparql?format=html&query={quote(hostile.SCRIPT)}",
        "not found": f"/doc/{quote(hostile.SCRIPT)}",
        "compare": f"/compare?q={quote(hostile.HANDLER)}&theme={quote(hostile.SCRIPT)}&least=x",
        "compared": f"/compare/{quote(hostile.SCRIPT)}?by={quote(hostile.SCRIPT)}",
    }  # fmt: skip


def faults(page: Page, path: str) -> list[str]:
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.goto(path)
    found = [f"turns letters: {text[:80]}" for text in page.evaluate(TURNED)]
    if made := page.evaluate("() => document.querySelectorAll('main script, img[src=x], [onload], [onerror]').length"):
        found.append(f"{made} elements made of names")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return found + list(page.evaluate(PHONE_FAULTS))


def test_names_are_shown_and_never_carried_out(browser: Browser, hostile_site: str, hostile_folder: Path) -> None:
    with visitor(browser, hostile_site) as page:
        found = {
            f"{kind} ({path})": wrong
            for kind, path in addresses(hostile_folder / "public").items()
            if (wrong := faults(page, path))
        }
        page.goto("/search?q=alert")
        shown = page.get_by_role("main").inner_text()
    assert found == {}
    assert hostile.SCRIPT in shown
    assert hostile.HANDLER in shown


def test_the_policy_stops_what_would_slip_through(browser: Browser, hostile_site: str) -> None:
    def slip() -> None:
        with visitor(browser, hostile_site) as page:
            page.goto("/")
            page.evaluate("() => document.body.append(Object.assign(document.createElement('p'), {innerHTML: "
                          "'<img src=/none onerror=alert(1)>'}))")  # fmt: skip
            page.evaluate(
                "() => document.body.append(Object.assign(document.createElement('script'), {text: 'alert()'}))"
            )

    with pytest.raises(AssertionError, match="violates the following Content Security Policy directive"):
        slip()
