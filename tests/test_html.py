"""Every kind of page in both languages is HTML by the W3C's checker, and so are the pages that say what went wrong."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import page_kinds
import pytest
from browsing import NODE_MODULES
from lxml import etree
from serving import Client, client_of

from kpigraph.config import Settings
from kpigraph.serve.snapshot import Snapshot

VNU = NODE_MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
pytestmark = [
    pytest.mark.skipif(not VNU.exists(), reason="vnu-jar is not installed (make web-test)"),
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no java (apt-get install default-jre-headless)"),
]


@pytest.fixture(scope="module")
def site(publication: Path) -> Iterator[Client]:
    client = client_of(publication)
    yield client
    client.close()


@pytest.fixture(scope="module")
def neighbours(neighbourhood: Path) -> Iterator[Client]:
    client = client_of(neighbourhood / "public")
    yield client
    client.close()


@pytest.fixture(scope="module")
def pages(
    site: Client, neighbours: Client, publication: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """Return each kind of page in each language by its name, those of errors too."""
    found = {}
    empty = Client(Snapshot(tmp_path_factory.mktemp("empty")), Settings())
    asked = [(site, kind, "GET", at, 200) for kind, at in page_kinds.of_site(publication).items()]
    asked += [(neighbours, kind, "GET", at, 200) for kind, at in page_kinds.of_comparison().items()]
    asked += [(neighbours, f"error {status}", "GET", at, status) for status, at in page_kinds.ERRORS.items()]
    asked += [(site, "error 405", "POST", "/about", 405), (empty, "error 503", "GET", "/", 503)]
    for lang in ("ja", "en"):
        headers = {"Accept": "text/html", "Accept-Language": lang}
        for client, kind, method, at, status in asked:
            answer = client.request(method, at, headers=headers)
            expected = 400 if kind == "query, fault" else status
            assert answer.status_code == expected, at
            found[f"{kind}.{lang}"] = answer.content
        body = {"Content-Type": "application/sparql-query", **headers}
        found[f"error 413.{lang}"] = site.request("POST", "/sparql", headers=body, content=b" " * 2_000_000).content
        found[f"error 431.{lang}"] = site.request("GET", "/", headers={**headers, "X-Long": "x" * 70_000}).content
    empty.close()
    return found


def test_every_page_passes_the_checker(pages: dict[str, bytes], tmp_path: Path) -> None:
    for name, body in pages.items():
        (tmp_path / (re.sub(r"[^\w.]+", "-", name) + ".html")).write_bytes(body)
    command = ["java", "-Xss8m", "-jar", str(VNU), "--stdout", "--format", "json", "--skip-non-html", str(tmp_path)]
    told = json.loads(subprocess.run(command, capture_output=True, check=False, timeout=300).stdout)
    faults = [f"{Path(m['url']).name}: {m['message']} {m.get('extract', '')!r}" for m in told["messages"]]
    assert faults == []
    assert len(list(tmp_path.iterdir())) == len(pages) > 100


def test_pictures_are_well_formed(pages: dict[str, bytes], site: Client, publication: Path) -> None:
    pictures = [svg for body in pages.values() for svg in re.findall(rb"<svg.*?</svg>", body, re.DOTALL)]
    assert len(pictures) > 20
    for svg in pictures:
        etree.fromstring(svg)
    (embedded,) = (at for kind, at in page_kinds.of_site(publication).items() if kind == "embedded")
    etree.fromstring(site.get(embedded.replace("/embed/", "/doc/") + ".svg?lang=en").content)
