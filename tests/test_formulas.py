"""No CSV that anybody gives away holds a formula: query results, what was read of a document, matches."""

import csv
import io
import random
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from sample import BASE
from serving import GRAPHS, Client, client_of, publish_sample
from typer.testing import CliRunner

from kpigraph import formulas, inspection, mapping_table
from kpigraph.cli import app

FORMULAS = (
    '=HYPERLINK("http://e/","x")', "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1",
    "＋A1", "－A1", "＠A1", "'=1", '="x\r\ny"', "=1,2",
)  # fmt: skip
HARMLESS = ("-5.2", "△5.2", "-", "－", "+1,200人", "12", "a=1", 'x"=1', 'say "=1", or not', "a\n=1", "", "0", "a,=1")
LABEL = "http://www.w3.org/2004/02/skos/core#altLabel"
ASKED = f"SELECT ?l {{ <{BASE}id/lg/012068/kpi-p7q2> <{LABEL}> ?l }}"


def cells(text: str) -> list[str]:
    return [row[0] if row else "" for row in csv.reader(io.StringIO(text, newline=""))][1:]


def test_a_table_is_made_safe_in_whatever_pieces_it_comes() -> None:
    rng = random.Random(1)
    rows = [rng.choices((*FORMULAS, *HARMLESS, "ÿ"), k=3) for _ in range(60)]
    table = io.StringIO()
    csv.writer(table, lineterminator="\r\n").writerows(rows)
    data = table.getvalue().encode()
    expected = [[formulas.safe(cell) for cell in row] for row in rows]
    for longest in (1, 7, 200, len(data)):
        out = io.BytesIO()
        whole = formulas.SafeCsv(out)
        at = 0
        while at < len(data):
            at += whole.write(data[at : at + rng.randint(1, longest)])
        whole.finish()
        assert list(csv.reader(io.StringIO(out.getvalue().decode(), newline=""))) == expected
    assert all(formulas.safe(text) == f"'{text}" for text in FORMULAS)
    assert all(formulas.safe(text) == text for text in HARMLESS)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    indicator, graph = NamedNode(f"{BASE}id/lg/012068/kpi-p7q2"), NamedNode(GRAPHS[0])
    texts = (Literal(text, language="ja") for text in (*FORMULAS, *HARMLESS))
    more = [Quad(indicator, NamedNode(LABEL), text, graph) for text in texts]
    return publish_sample(tmp_path_factory.mktemp("hostile") / "public", *more)


def test_what_people_ask_for_by_name_is_safe_and_the_standard_is_kept_to_by_accept(hostile: Path) -> None:
    client: Client = client_of(hostile)
    try:
        by_name = client.get(f"/sparql?format=csv&query={quote(ASKED)}")
        posted = client.request("POST", "/sparql", data={"query": ASKED, "output": "csv"})
        by_accept = client.get(f"/sparql?query={quote(ASKED)}", "text/csv")
    finally:
        client.close()
    assert by_name.headers["content-type"] == by_accept.headers["content-type"] == "text/csv; charset=utf-8"
    every = (*FORMULAS, *HARMLESS)
    assert sorted(cells(by_accept.text)) == sorted(every)
    assert sorted(cells(by_name.text)) == sorted(map(formulas.safe, every)) == sorted(cells(posted.text))
    told = CliRunner().invoke(app, ["query", ASKED, "--store", str(hostile), "--format", "csv"])
    assert sorted(cells(told.stdout_bytes.decode())) == sorted(map(formulas.safe, every))


def test_what_was_read_and_matches_are_safe_too(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(1, 1, text, "label", "", "") for text in FORMULAS]
    monkeypatch.setattr(inspection, "_rows", lambda cell, meanings: rows)
    monkeypatch.setattr(inspection, "meanings_of", lambda reading, lang: {})

    class Read:
        cells = (None,)

    found = inspection.render(Read(), "csv", "en", wide=True)  # type: ignore[arg-type]
    printed = [row["printed"] for row in csv.DictReader(io.StringIO(found, newline=""))]
    assert printed == [f"'{text}" for text in FORMULAS]
    table = mapping_table._tsv([FORMULAS], {}, "http://e/")
    *_, last = csv.reader(io.StringIO(table, newline=""), delimiter="\t")
    assert [cell[0] for cell in last] == ["'"] * len(FORMULAS)
