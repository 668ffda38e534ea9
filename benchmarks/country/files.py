"""Every format a strategy is written in, with the scars that format can have."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from country import written
from country.render import Chance, Page, Scars
from kpigraph import formats

Write = Callable[[Path, list[Page], Chance], None]


@dataclass(frozen=True)
class Format:
    """How pages are written to a file, and which scars that can have."""

    name: str
    media_type: str
    write: Write
    scars: Scars


def joined(pages: list[Page]) -> Page:
    """Return all pages as one."""
    whole = Page()
    for page in pages:
        down = len(whole.rows)
        whole.rows += page.rows
        whole.merged += [(top + down, left, bottom + down, right) for top, left, bottom, right in page.merged]
    return whole


def tabbed(path: Path, pages: list[Page], chance: Chance) -> None:
    gap, end = chance.pick(["\t", " \t　"]), chance.pick(["\n", "\r\n"])
    lines = [gap.join(row).rstrip() for row in joined(pages).rows]
    path.write_text("".join(line + end for line in lines), "utf-8", newline="")


def aligned(path: Path, pages: list[Page], chance: Chance) -> None:
    written.aligned(path, joined(pages).rows)


def comma(encoding: str) -> Write:
    def write(path: Path, pages: list[Page], chance: Chance) -> None:
        page = joined(pages)
        delimiter = chance.pick(",;") if len(page.rows[0]) > 1 else ","
        written.delimited(path, page.rows, delimiter, encoding)

    return write


def tab_separated(path: Path, pages: list[Page], chance: Chance) -> None:
    written.delimited(path, joined(pages).rows, "\t")


def book(write: Callable[..., None]) -> Write:
    def one_or_more_sheets(path: Path, pages: list[Page], chance: Chance) -> None:
        if not any(page.merged for page in pages) and chance.flag():
            write(path, {f"表{n}": page.rows for n, page in enumerate(pages, 1)})
        else:
            write(path, {"一覧": joined(pages).rows}, joined(pages).merged)

    return one_or_more_sheets


def webpage(path: Path, pages: list[Page], chance: Chance) -> None:
    page = joined(pages)
    if len(page.rows[0]) == 1 and chance.flag():  # paragraphs, not a table
        text = "".join(f"<p>{row[0]}</p>" for row in page.rows)
        path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body>{text}</body>', "utf-8")
    else:
        written.webpage(path, page.rows, page.merged)


def objects(path: Path, pages: list[Page], chance: Chance) -> None:
    written.objects(path, joined(pages).rows)


def pdf(path: Path, pages: list[Page], chance: Chance) -> None:
    size = written.Pdf.SIZE
    rows = [row for page in pages for row in page.rows]
    # Short cells stand on one line; names and headings are broken.
    widths = [size * (min(max(len(row[c]) for row in rows), 22) + 1) + 6 for c in range(len(rows[0]))]
    document = written.Pdf(path, width=max(842, sum(widths) + 80))
    for n, page in enumerate(pages):
        if n:
            document.next_page()
        if len(page.rows[0]) == 1:
            for row in page.rows:
                document.line(row[0])
        else:
            document.table(page.rows, widths, page.merged)
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
