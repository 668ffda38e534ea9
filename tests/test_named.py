"""Whatever has a name of ours has a page that says in the reader's language what it is."""

import re
from html import unescape
from pathlib import Path

import pytest
import serving
from serving import BASE

from kpigraph.serve.snapshot import Snapshot
from kpigraph.store import text

_EACH_CLASS = f"""SELECT ?c (SAMPLE(?s) AS ?x) WHERE {{
  GRAPH ?g {{ ?s a ?c }} FILTER(STRSTARTS(STR(?s), "{BASE}id/") && !CONTAINS(STR(?s), "#"))
}} GROUP BY ?c"""


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_thing_of_every_class_is_called_something(publication: Path, lang: str) -> None:
    samples = {text(row, "x") for row in Snapshot(publication).served().reader.select(_EACH_CLASS, everywhere=True)}
    assert len(samples) > 20
    client = serving.client_of(publication)
    try:
        for iri in sorted(samples):
            path = "/doc/" + iri.removeprefix(BASE + "id/")
            answer = client.get(f"{path}?lang={lang}", "text/html")
            assert answer.status_code == 200, path
            (title,) = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text, re.S)
            assert "http" not in unescape(title), (path, title)
            assert not re.findall(r"<dt>(?:<a[^>]*>)?[a-z]+:\w+", answer.text), path  # no property without words
            assert f'href="{path}.ttl"' in answer.text
    finally:
        client.close()
