"""A random strategy, rendered in every layout, written in every format with random scars, reads back as the same."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import plans
import pytest
import written
from conftest import CARD
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from plans import Page, Scars

from kpigraph import editions, formats, proposal, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.problems import Problem, Severity, SourceLocation
from kpigraph.read import isolation
from kpigraph.read.rows import Read

FULL_WIDTH = str.maketrans("0123456789%H", "０１２３４５６７８９％Ｈ")
EXAMPLES = int(os.environ.get("KPIGRAPH_EXAMPLES", "4"))  # a combination


@dataclass(frozen=True)
class Format:
    """How pages are written to a file, and which scars that can have."""

    name: str
    media_type: str
    write: Callable[[Path, list[Page], st.DrawFn], None]
    scars: Scars


def joined(pages: list[Page]) -> Page:
    """Return all pages as one."""
    whole = Page()
    for page in pages:
        down = len(whole.rows)
        whole.rows += page.rows
        whole.merged += [(top + down, left, bottom + down, right) for top, left, bottom, right in page.merged]
    return whole


def tabbed(path: Path, pages: list[Page], draw: st.DrawFn) -> None:
    gap, end = draw(st.sampled_from(["\t", " \t　"])), draw(st.sampled_from(["\n", "\r\n"]))
    lines = [gap.join(row).rstrip() for row in joined(pages).rows]
    path.write_text("".join(line + end for line in lines), "utf-8", newline="")


def aligned(path: Path, pages: list[Page], draw: st.DrawFn) -> None:
    written.aligned(path, joined(pages).rows)


def comma(encoding: str) -> Callable[[Path, list[Page], st.DrawFn], None]:
    def write(path: Path, pages: list[Page], draw: st.DrawFn) -> None:
        page = joined(pages)
        delimiter = draw(st.sampled_from(",;")) if len(page.rows[0]) > 1 else ","
        written.delimited(path, page.rows, delimiter, encoding)

    return write


def tab_separated(path: Path, pages: list[Page], draw: st.DrawFn) -> None:
    written.delimited(path, joined(pages).rows, "\t")


def book(write: Callable[..., None]) -> Callable[[Path, list[Page], st.DrawFn], None]:
    def one_or_more_sheets(path: Path, pages: list[Page], draw: st.DrawFn) -> None:
        if not any(page.merged for page in pages) and draw(st.booleans()):
            write(path, {f"表{n}": page.rows for n, page in enumerate(pages, 1)})
        else:
            write(path, {"一覧": joined(pages).rows}, joined(pages).merged)

    return one_or_more_sheets


def webpage(path: Path, pages: list[Page], draw: st.DrawFn) -> None:
    page = joined(pages)
    if len(page.rows[0]) == 1 and draw(st.booleans()):  # paragraphs, not a table
        text = "".join(f"<p>{row[0]}</p>" for row in page.rows)
        path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body>{text}</body>', "utf-8")
    else:
        written.webpage(path, page.rows, page.merged)


def objects(path: Path, pages: list[Page], draw: st.DrawFn) -> None:
    written.objects(path, joined(pages).rows)


def pdf(path: Path, pages: list[Page], draw: st.DrawFn) -> None:
    document = written.Pdf(path)
    for n, page in enumerate(pages):
        if n:
            document.next_page()
        if len(page.rows[0]) == 1:
            for row in page.rows:
                document.line(row[0])
        else:
            document.table(page.rows, [760 / len(page.rows[0])] * len(page.rows[0]), page.merged)
    document.save()


TABLE = Scars(merges=True, wraps=True)
FORMATS = [
    Format("tabs", formats.TEXT, tabbed, Scars(shifts=True)),
    Format("blanks", formats.TEXT, aligned, Scars()),
    Format("csv", formats.CSV, comma("utf-8"), Scars(wraps=True)),
    Format("csv utf-8-sig", formats.CSV, comma("utf-8-sig"), Scars(wraps=True)),
    Format("csv cp932", formats.CSV, comma("cp932"), Scars(wraps=True)),
    Format("csv utf-16", formats.CSV, comma("utf-16"), Scars(wraps=True)),
    Format("tsv", formats.TSV, tab_separated, Scars(wraps=True, shifts=True)),
    Format("xlsx", formats.XLSX, book(written.xlsx), TABLE),
    Format("xls", formats.XLS, book(written.xls), TABLE),
    Format("ods", formats.ODS, book(written.ods), TABLE),
    Format("html", formats.HTML, webpage, TABLE),
    Format("json", formats.JSON, objects, Scars(wraps=True, blanks=False, pages=False)),
    Format("pdf", formats.PDF, pdf, Scars(merges=True, blanks=False)),
]
# Objects have names for their cells, so one header; in lines of text nothing is aligned.
NOT_RENDERED = {("json", "stacked"), ("json", "sheet"), ("json", "listed"), ("blanks", "listed")}


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read without a process of its own for each file, whose start would be most of the time; others test that."""

    def read(kind: str, path: Path, encoding: str, at: SourceLocation, limits: isolation.Limits) -> Read:
        items: Iterator[object] = isolation.reader(kind)(path, encoding)
        return items  # type: ignore[return-value]

    monkeypatch.setattr(isolation, "read", read)


@pytest.mark.parametrize("layout", plans.LAYOUTS)
@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f.name.replace(" ", "-"))
def test_a_random_strategy_is_read_back(
    form: Format, layout: str, tmp_path_factory: pytest.TempPathFactory, units: UnitCodelist
) -> None:
    if (form.name, layout) in NOT_RENDERED:
        pytest.skip("no such document")
    folder = tmp_path_factory.mktemp("plan") / "479993" / "kpi-1"
    folder.mkdir(parents=True)
    file = folder / "kpi"
    render, card, years = plans.LAYOUTS[layout]

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], derandomize=True, database=None)
    @given(st.data())
    def reads_back(data: st.DataObject) -> None:
        plan = data.draw(plans.plans())
        pages = render(plan, data.draw, form.scars)
        if data.draw(st.booleans()):
            for page in pages:
                page.rows = [[text.translate(FULL_WIDTH) for text in row] for row in page.rows]
        form.write(file, pages, data.draw)
        fields = {"file": "kpi", "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "edition": "1"}
        head = CARD.split("[layout]")[0].replace("text/plain", form.media_type)
        described = head.format(**fields, code="479993", encoding="") + "[layout]\n" + card
        (folder / "card.toml").write_text(described, "utf-8")
        problems: list[Problem] = []
        reading, _ = editions.read_cells(sources.load(folder, problems), units, problems)
        assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
        assert not reading.unread
        assert plans.said(reading) == plans.meant(plan, years)

    reads_back()


@pytest.mark.parametrize("layout", plans.LAYOUTS)
def test_new_writes_the_card_of_a_random_strategy(
    layout: str, tmp_path_factory: pytest.TempPathFactory, units: UnitCodelist
) -> None:
    """With no card and no edit, the strategy reads as the same."""
    render, _, years = plans.LAYOUTS[layout]

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], derandomize=True, database=None)
    @given(st.data())
    def proposed(data: st.DataObject) -> None:
        plan = data.draw(plans.plans())
        form = data.draw(st.sampled_from([f for f in FORMATS if f.name in ("tabs", "csv cp932", "xlsx", "html")]))
        folder = tmp_path_factory.mktemp("new")
        form.write(folder / "kpi", render(plan, data.draw, form.scars), data.draw)
        made = proposal.propose("479993", folder / "kpi", folder / "data", units)
        problems: list[Problem] = []
        reading, _ = editions.read_cells(sources.load(made.folder, problems), units, problems)
        assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
        assert plans.said(reading) == plans.meant(plan, years)

    proposed()
