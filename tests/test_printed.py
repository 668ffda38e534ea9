"""The page of a document: every cell leads to what was made of it, every number leads back to its line."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Client, client_of

EDITION = "/doc/lg/012068/doc/sogo-senryaku-kpi/2016/edition"
HEADER = {"施策体系", "重要業績評価指標(KPI)", "年・年度", "数値", "単位", "所管部署"}
LINK = re.compile(r'<a href="([^"]+)" title="([^"]*)">(.*?)</a>', re.DOTALL)


@pytest.fixture(scope="module")
def real(publication: Path) -> Iterator[Client]:
    made = client_of(publication)
    yield made
    made.close()


def cells(client: Client, path: str) -> dict[str, list[tuple[str, str]]]:
    """Return the cells of each line that are not blank: what is printed, and where it leads."""
    text = client.get(path, "text/html").text
    found = {}
    for line, code in re.findall(r'<li id="L([^"]+)".*?<code lang="ja">(.*?)</code>', text, re.DOTALL):
        parts = [(LINK.fullmatch(p.strip()), p) for p in code.split("&#9;")]
        found[line] = [
            (html.unescape(m[3] if m else p).strip(), html.unescape(m[1]) if m else "") for m, p in parts if p.strip()
        ]
    return found


def test_every_cell_but_the_header_leads_to_what_was_made_of_it(real: Client) -> None:
    lines = cells(real, EDITION)
    unlinked = [text for line in lines.values() for text, href in line if not href]
    assert {"".join(t.split()) for t in unlinked} == {"".join(t.split()) for t in HEADER}
    base = "/doc/lg/012068"
    assert lines["33"] == [
        ("ア 地域経済を支える中小企業・小規模事業者の支援", f"{base}/measure-kdff#place-measure-kdff"),
        ("・制度融資新規利用件数", f"{base}/kpi-nfft"),
        ("現状値", f"{base}/kpi-nfft#st-nfft-b"),
        ("H26年度", "/doc/period/fy2014"),
        ("381", f"{base}/kpi-nfft#st-nfft-b"),
        ("件", "/code/unit/ken"),
        ("商業労政課", lines["33"][6][1]),
    ]
    assert real.get(lines["33"][6][1], "text/html").text.count("商業労政課") > 0
    targets = {href for line in lines.values() for _, href in line if href.startswith("/")}
    for href in sorted(targets)[::40]:
        page, _, anchor = href.partition("#")
        text = real.get(page, "text/html").text
        assert not anchor or f'id="{anchor}"' in text, href


def test_a_cell_that_was_put_right_leads_to_its_correction(real: Client) -> None:
    lines = cells(real, EDITION)
    assert any(href.startswith("#corr-") for line in lines.values() for _, href in line)


def test_each_number_leads_to_its_line(real: Client) -> None:
    text = real.get("/doc/lg/012068/kpi-nfft", "text/html").text
    for line, printed in (("33", "381 件"), ("34", "365 件"), ("35", "2,000 件")):
        assert f'<a class="to-line" href="{EDITION}#L{line}">{printed}</a>' in text
    card = real.get("/doc/lg/012068", "text/html").text
    assert f'<a class="to-line" href="{EDITION}#L34"' in card


def test_printed_markup_is_shown_as_it_is(client: Client) -> None:
    text = client.get("/doc/lg/012068/doc/plan/2016/edition", "text/html").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
