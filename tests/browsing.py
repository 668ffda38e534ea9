"""A browser for tests: Debian's chromium, driven by Playwright, before servers of our own on this computer.

What every visit must be free of is watched by `Watch`: errors in the console, what the policy of the page refused,
dialogs, requests to any other host.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import serving
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
MISSING = "" if CHROMIUM else "there is no chromium (apt-get install chromium, or CHROMIUM=its path)"
NODE_MODULES = Path(os.environ.get("NODE_MODULES") or Path(sys.prefix) / "node" / "node_modules")  # of `make web-test`
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# What sticks out to the right of the window, unless it scrolls in a box of its own; targets under 24 by 24 px that are
# no links in a line of text (WCAG 2.2, 2.5.8).
PHONE_FAULTS = """() => {
  const faults = [], out = document.documentElement.scrollWidth - innerWidth;
  const name = e => `${e.tagName} ${e.getAttribute('class')} "${e.textContent.trim().slice(0, 40)}"`;
  if (out > 0) {
    const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1);
    faults.push(`sticks out by ${out} px: ${wide.slice(0, 3).map(name).join(', ')}`);
  }
  const targets = 'button, input:not([type=hidden]), select, summary, textarea:not(.CodeMirror *)';
  for (const e of document.querySelectorAll(targets)) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.width < 24 || box.height < 24)) faults.push(`${name(e)} is ${box.width} by ${box.height} px`);
  }
  return faults;
}"""

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
_SECONDS = 20  # for one step in the browser, on a machine that is busy with other things
expect.set_options(timeout=_SECONDS * 1000)  # which is 5 s otherwise, whatever the context has


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Lend a browser. While it is there, asyncio cannot be used in this thread."""
    flags = (*_FLAGS, "--no-sandbox") if os.geteuid() == 0 else _FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(flags))
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Lend the address, without a slash at the end, of a server process of our own."""
    with serving.another_server(*arguments) as endpoint:
        yield endpoint.removesuffix("/sparql")


@dataclass
class Watch:
    """What went wrong in the pages of one context."""

    origin: str
    faults: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        context.set_default_timeout(_SECONDS * 1000)
        context.route("**/*", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"error in a script: {error.error}"))
        context.on("dialog", self._dialog)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e => "
            "console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )

    def _request(self, route: Route, request: Request) -> None:
        if request.url.startswith((self.origin + "/", "data:", "blob:" + self.origin)):
            route.continue_()
        else:
            self.faults.append(f"asked another host: {request.url}")
            route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        at = message.location.get("url", "")
        told = message.text.startswith("Failed to load resource") and at == message.page.url if message.page else False
        if message.type in ("error", "warning") and not told:  # that an error page is one, we know
            self.faults.append(f"{message.type}: {message.text} ({at})")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextlib.contextmanager
def visitor(browser: Browser, origin: str, lang: str = "ja", **how: Any) -> Iterator[Page]:
    """Lend a page whose relative addresses are of `origin`; what went wrong on it fails the test.

    `how` is what Playwright's new_context takes: viewport, color_scheme, java_script_enabled …
    """
    watch = Watch(origin)
    context = browser.new_context(base_url=origin, locale=lang, **{"viewport": DESK, **how})
    watch.attach(context)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert not watch.faults, "\n".join(watch.faults)
