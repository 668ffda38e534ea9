"""Every kind of page in a real browser, in both languages: nothing moves or sticks out of a phone; axe is content."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import browsing
import page_kinds
import pytest
from browsing import DESK, PHONE, PHONE_FAULTS, visitor
from playwright.sync_api import Browser, Page

AXE = browsing.NODE_MODULES / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.skipif(bool(browsing.MISSING), reason=browsing.MISSING),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (make web-test)"),
]
# All that WCAG 2.2 AA asks and axe can tell, with what it calls best practices.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Within the query editor and its answers a script may set styles: the policy allows it what it forbids to markup.
INLINE = "[style]:not(#editor *, #answers), [onclick], [onload], script:not([type], [src])"
LAYOUT_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => { for (const e of list.getEntries()) window.shifted += e.value })
  .observe({type: 'layout-shift', buffered: true});
"""


@cache
def script() -> str:
    return AXE.read_text("utf-8")


def axe(page: Page, options: dict[str, Any], within: str = "html") -> list[str]:
    """Return what axe finds against the page, or parts of it, as they are shown now, each with its place."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(script() + "; 0")
    found: list[dict[str, Any]] = page.evaluate(
        "([within, options]) => axe.run(within, {resultTypes: ['violations'], ...options}).then(r => r.violations)",
        [within, options],
    )
    return [
        f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:160]} {v['nodes'][0]['failureSummary']}" for v in found
    ]


# Takes away what is made up as something before it (a line of a list, a row …), of which axe would only say the same
# again, at a second a page; what must be unique in a whole page is checked by tests/test_html.py.
THIN = """() => {
  const seen = new Set();
  const often = 'main :is(section, article, li, tr, dl > div, details, dd > *, code > *)';
  for (const e of document.querySelectorAll(often)) {
    if (!e.isConnected) continue;
    const parts = [e, ...e.querySelectorAll('*')].map(x => `${x.tagName} ${x.getAttribute('class')} ${x.lang}`);
    const made = `${e.parentElement.tagName} ${e.parentElement.className} ${[...new Set(parts)].sort()}`;
    if (seen.has(made)) e.remove(); else seen.add(made);
  }
}"""
# Marks what is made up, from the body down, as nothing on an earlier page; returns what is to be known of later ones.
MARK_NEW = """known => {
  const before = new Set(known), found = new Set();
  for (const e of document.body.querySelectorAll('*')) {
    let made = '';
    for (let x = e; x !== document.body; x = x.parentElement) {
      const states = ['aria-current', 'aria-sort', 'open', 'type', 'disabled'].map(n => x.getAttribute(n));
      made += `${x.tagName} ${x.getAttribute('class')} ${states}>`;
    }
    if (before.has(made)) continue;
    e.setAttribute('data-new', '');
    found.add(made);
  }
  return [...found];
}"""
LOOKS = (("light", "screen"), ("dark", "screen"), ("dark", "print"))


def seen(page: Page, path: str, known: set[str] | None) -> Iterator[str]:
    """Yield the faults of a page.

    Args:
        page: what shows it
        path: its address
        known: what earlier pages were made up of, to which that of this one is added: of the same parts axe would say
            the same of colours. None: without axe, which goes by the markup and not by the words.
    """
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light", media="screen")
    page.goto(path)
    if page.evaluate("what => document.querySelector(what)", INLINE):
        yield "styles or scripts within the page"
    if shifted := page.evaluate("() => window.shifted"):
        yield f"its parts moved by {shifted} while it loaded"
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    yield from (f"on a phone: {fault}" for fault in page.evaluate(PHONE_FAULTS))
    if known is None:
        return
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.evaluate(THIN)
    yield from axe(page, {"runOnly": RULES, "rules": {"color-contrast": {"enabled": False}}})
    if new := page.evaluate(MARK_NEW, list(known)):
        known.update(new)
        for colours, medium in LOOKS:
            page.emulate_media(color_scheme=colours, media=medium)  # type: ignore[arg-type]
            yield from (
                f"{colours}, {medium}: {fault}"
                for fault in axe(page, {"runOnly": ["color-contrast"]}, within="[data-new]")
            )


def all_seen(browser: Browser, origin: str, lang: str, kinds: dict[str, str]) -> dict[str, list[str]]:
    known: set[str] | None = set() if lang == "ja" else None
    with visitor(browser, origin, lang) as page:
        page.add_init_script(LAYOUT_SHIFTS)
        found = {f"{kind} ({path})": list(seen(page, path, known)) for kind, path in kinds.items()}
    return {kind: faults for kind, faults in found.items() if faults}


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_kind_of_page(browser: Browser, kushiro_site: str, publication: Path, lang: str) -> None:
    assert page_kinds.unknown_routes(publication) == set(), "say in tests/page_kinds.py whether these give a page"
    kinds = page_kinds.of_site(publication)
    assert all_seen(browser, kushiro_site, lang, kinds) == {}


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_kind_of_comparison(browser: Browser, neighbours_site: str, lang: str) -> None:
    kinds = page_kinds.of_comparison() | {f"error {status}": path for status, path in page_kinds.ERRORS.items()}
    assert all_seen(browser, neighbours_site, lang, kinds) == {}
