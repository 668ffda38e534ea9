"""The page of `inspect --format html`: every cell as printed, what it was read as, doubts where they are, no more."""

from collections.abc import Callable

import pytest
from conftest import BLOCK, HEADER, HEADINGS, Case
from lxml import html

from kpigraph import codelists, editions, sources
from kpigraph.inspection import page
from kpigraph.layouts import Reading
from kpigraph.problems import Problem

HOSTILE = "<script>alert('港')</script>"
ODD = f"イ {HOSTILE}\t・入港数\t現状値\tH26年度\t12ぬ34\t隻\t水産課\n\t\t目標値\tH31年度\t12\t\t\n"


@pytest.fixture
def drawn(make_case: Callable[..., Case]) -> Callable[..., tuple[html.HtmlElement, Reading, list[Problem]]]:
    def draw(text: str, lang: str = "en") -> tuple[html.HtmlElement, Reading, list[Problem]]:
        case = make_case(text)
        problems: list[Problem] = []
        document = sources.load(case.folder, problems)
        reading, _ = editions.read_cells(document, codelists.load_units(case.data / "codelists"), problems)
        return html.document_fromstring(page.render(document, reading, problems, lang)), reading, problems

    return draw


def test_every_cell_is_drawn_once_with_its_text_and_what_it_was_read_as(drawn: Callable[..., object]) -> None:
    found, reading, _ = drawn(HEADER + HEADINGS + BLOCK)  # type: ignore[misc]
    cells = found.xpath("//td[@id]")
    assert [c.text or "" for c in cells] == [cell.cell.printed for cell in reading.cells]
    assert len({c.get("id") for c in cells}) == len(cells)
    (value,) = found.xpath("//td[text()='110.5']")
    assert value.get("class") == "value"
    assert value.xpath("string(small)").startswith("value: ")
    (label,) = found.xpath("//td[starts-with(text(), '・水揚量')]")
    assert "indicator" in label.get("class")
    legend = dict(span.text.rsplit(" ", 1) for span in found.xpath("//p[@class='legend']/span"))
    assert legend["value"] == "3"
    assert "1 indicators" in found.xpath("string(//p[1])")


def test_what_could_not_be_read_is_marked_and_told_with_a_link_to_its_cell(drawn: Callable[..., object]) -> None:
    found, _, problems = drawn(HEADER + HEADINGS + BLOCK + ODD)  # type: ignore[misc]
    (odd,) = found.xpath("//td[starts-with(text(), '12ぬ34')]")
    told = [p for p in problems if "12ぬ34" in p.found]
    assert told, [p.line() for p in problems]
    link = found.xpath(f"//li/a[@href='#{odd.get('id')}']/..")
    assert told[0].sentence("en") in link[0].text_content()
    assert "unread" in odd.get("class") or "doubt" in odd.get("class")
    assert told[0].sentence("en") in (odd.get("title") or "")


def test_a_hostile_document_is_only_text(drawn: Callable[..., object]) -> None:
    found, _, _ = drawn(HEADER + HEADINGS + BLOCK + ODD)  # type: ignore[misc]
    assert not found.xpath("//script | //link | //img | //*[@onclick or @onload or @src]")
    assert HOSTILE in found.text_content()


def test_it_is_in_the_language_asked_for(drawn: Callable[..., object]) -> None:
    found, _, problems = drawn(HEADER + HEADINGS + BLOCK + ODD, "ja")  # type: ignore[misc]
    assert found.get("lang") == "ja"
    text = found.text_content()
    assert "問題" in text
    assert all(p.sentence("ja") in text for p in problems)
    assert "Problems" not in text
