"""The page of the validation: by severity and rule, in both languages, each result with its place in the source."""

import dataclasses
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sample
from pyoxigraph import parse
from serving import GRAPHS, SETTINGS, Client, client_of, vocabulary

from kpigraph import publish
from kpigraph.prefixes import SHAPES

PLAN = f"{sample.BASE}id/lg/012068/doc/plan/2016"
WORDS = {"ja": "直してください。", "en": "Mend it."}


@pytest.fixture(scope="module")
def client(publication: Path) -> Iterator[Client]:
    made = client_of(publication)
    yield made
    made.close()


def page(client: Client, lang: str) -> str:
    return client.get("/validation", "text/html", headers={"Accept-Language": lang}).text


def section(text: str, rule: str) -> str:
    return next(part for part in text.split('<section class="term"') if f"{rule}</code>" in part)


@pytest.mark.parametrize(("lang", "severity", "line"), [("ja", "警告", "133 行目"), ("en", "Warning", "line 133")])
def test_a_result_of_the_shapes_leads_to_its_lines(client: Client, lang: str, severity: str, line: str) -> None:
    part = section(page(client, lang), "kpish:Indicator-name-and-unit")
    assert f'<span class="tag">{severity}</span>' in part
    assert 'href="/shapes#Indicator-name-and-unit"' in part
    assert re.search(rf'href="/doc/lg/012068/doc/sogo-senryaku-kpi/2016/edition#L133">{line}<', part, re.IGNORECASE)


def test_what_was_noticed_while_reading_leads_to_its_line_and_cell(client: Client) -> None:
    part = section(page(client, "en"), "unit.missing")
    assert "edition#L298" in part
    assert "298" in part
    assert "6" in part


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_result_and_every_measure_of_quality_is_there(client: Client, publication: Path, lang: str) -> None:
    text = html.unescape(page(client, lang))
    report = json.loads((publication / "current" / "validation.json").read_text(encoding="utf-8"))
    for found in (*report["results"], *report["reading"]):
        assert found["messages"][lang] in text
    assert text.count("/code/quality-") == 11
    assert "<strong>1017</strong>" in text  # cells


def test_results_stand_by_severity_then_by_rule(tmp_path: Path) -> None:
    found = [
        ("Warning", "Statement-percent-unit", "st-p7q2-t"),
        ("Violation", "Statement-unit", "st-p7q2-t"),
        ("Violation", "Statement-unit", "st-p7q2-a"),
        ("Violation", "Indicator-label", "nothing-of-that-name"),
    ]
    report = {
        "conforms": False,
        "results": [
            {"severity": severity, "shape": SHAPES + shape, "focus_node": f"{PLAN}/{node}", "messages": WORDS}
            for severity, shape, node in found
        ],
        "reading": [],
    }
    quads = [*parse(path=str(Path(sample.__file__).parent / "serve-sample.trig")), *vocabulary()]
    made = dataclasses.replace(
        sample.content(),
        parts=sample.parts(quads, GRAPHS),
        default_graphs=GRAPHS,
        validation_json=json.dumps(report).encode(),
        settings=SETTINGS,
    )
    publish.publish(tmp_path, made)
    client = client_of(tmp_path)
    try:
        text = page(client, "en")
    finally:
        client.close()
    rules = re.findall(
        r"<code>kpish:([\w-]+)</code></a> <span class=\"tag\">(\w+)</span> <span class=\"quiet\">(\d)", text
    )
    assert rules == [
        ("Indicator-label", "Violation", "1"),
        ("Statement-unit", "Violation", "2"),
        ("Statement-percent-unit", "Warning", "1"),
    ]
    assert re.search(r"edition#L\d+\">", section(text, "Statement-unit"))
    assert "Mend it." in section(text, "Indicator-label")
