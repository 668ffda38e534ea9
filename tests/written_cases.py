"""Write the files of the cases that text cannot be: workbook, PDF, web page, delimited text, JSON.

`python tests/written_cases.py` writes them anew, with the checksums in their cards; then rewrite the golden graphs. The
files are committed, since the programs that write them may write other bytes in another version.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from country import written

DOCUMENTS = Path(__file__).with_name("documents")
HEADER = ["基本目標", "施策", "指標", "単位", "基準値（H30年度）", "実績値（R2年度）", "目標値（R6年度）", "担当課"]


def workbook(path: Path) -> None:
    """A cover that is hidden, a title, merged headings, numbers with formats, a hidden row."""
    from openpyxl import Workbook

    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "控え"
    cover.sheet_state = "hidden"
    sheet = book.create_sheet("KPI一覧")
    sheet.append(HEADER)
    for row in (
        ["1 しごとをつくる", "観光の振興", "観光入込客数", "千人", 1234.5, 987, 1500, "観光課"],
        [None, None, "宿泊施設の稼働率", "%", 0.456, 0.381, 0.6, "観光課"],
        [None, "企業の誘致", "誘致した企業の数", "社", 0, 2, 5, "商工課"],
        ["2 ひとを育てる", "子育ての支援", "待機児童数", "人", 12, 3, 0, "こども課"],
    ):
        sheet.append(row)
    for row in sheet.iter_rows(min_row=2, min_col=5, max_col=7):
        for cell in row:
            cell.number_format = "0.0%" if cell.row == 3 else "#,##0.0" if cell.row == 2 else "0"
    sheet.merge_cells("A2:A4")
    sheet.merge_cells("B2:B3")
    sheet.row_dimensions[4].hidden = True
    book.save(path)


def pdf(path: Path) -> None:
    """A heading, a table over two pages with its header again, cells that are merged, broken and vertical, a note."""
    pdf = written.Pdf(path)
    widths = [60, 90, 110, 24, 110, 110, 110, 80]
    merged = [(2, 1, 3, 1)]
    upright = [(1, 4, 1, 4)]
    pdf.table(
        [
            HEADER,
            ["1 しごと", "観光の振興", "市内の主な施設に来た観光客の延べ数", "千人", "1,234", "987", "1,500以上",
             "観光課"],
            ["", "企業の誘致", "誘致した企業の数", "社", "-", "2", "5", "商工課"],
        ],
        widths, merged, upright,
    )  # fmt: skip
    pdf.next_page()
    pdf.table([HEADER, ["2 ひと", "子育ての支援", "待機児童数", "人", "12", "3", "0", "こども課"]], widths, (), upright)
    pdf.save()


def webpage(path: Path) -> None:
    table = [
        HEADER,
        ["1 しごと", "観光の振興", "観光入込客数", "千人", "1,234", "987", "1,500以上", "観光課"],
        ["", "企業の誘致", "誘致した企業の数", "社", "-", "2", "5", "商工課"],
        ["2 ひと", "子育ての支援", "待機児童数", "人", "12", "3", "0", "こども課"],
    ]
    written.webpage(path, table, [(2, 1, 3, 1)])


def delimited(path: Path) -> None:
    table = [
        HEADER,
        ["1 しごと", "観光の振興", "観光入込客数\n（延べ）", "千人", "1,234", "987", "1,500以上", "観光課"],
        ["2 ひと", "子育ての支援", "待機児童数", "人", "12", "3", "0", "こども課"],
    ]
    written.delimited(path, table, ";", "cp932")


def objects(path: Path) -> None:
    """Periods as a map; the department is in a second file."""
    items = [
        {"id": 1, "施策": "観光の振興", "指標": "観光入込客数", "単位": "千人",
         "基準値": {"H30年度": "1,234"}, "実績値": {"R1年度": "1,301", "R2年度": "987"},
         "目標値": {"R6年度": "1,500以上"}},
        {"id": 2, "施策": "子育ての支援", "指標": "待機児童数", "単位": "人",
         "基準値": {"H30年度": 12}, "実績値": {"R1年度": 7, "R2年度": 3}, "目標値": {"R6年度": 0}},
    ]  # fmt: skip
    path.write_text(json.dumps({"kpi": items}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    departments = [{"kpi": 1, "担当課": "観光課"}, {"kpi": 2, "担当課": "こども課"}]
    path.with_name("departments.json").write_text(json.dumps(departments, ensure_ascii=False, indent=1) + "\n", "utf-8")


FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "workbook": ("kpi.xlsx", workbook),
    "pdf": ("kpi.pdf", pdf),
    "webpage": ("kpi.html", webpage),
    "delimited": ("kpi.csv", delimited),
    "objects": ("kpi.json", objects),
}


def main() -> None:
    for case, (name, write) in FILES.items():
        (card,) = (DOCUMENTS / case).glob("sources/*/*/card.toml")
        write(card.with_name(name))
        text = card.read_text("utf-8")
        for file in re.findall(r'file = "([^"]+)"', text):
            sha256 = hashlib.sha256(card.with_name(file).read_bytes()).hexdigest()
            text = re.sub(rf'(file = "{file}",?\s+sha256 = ")[0-9a-f]*', rf"\g<1>{sha256}", text)
        card.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
