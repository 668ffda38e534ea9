"""The stacked layout on small fictional documents: scars it must read through, and faults it must report."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest
from conftest import BLOCK, CARD, HEADER, HEADINGS, KUSHIRO, Case, Kushiro
from hypothesis import given, settings
from hypothesis import strategies as st

from kpigraph import layouts, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.numbering import heading_pattern, ordinal
from kpigraph.layouts.reading import Block, Reading
from kpigraph.model import Cell, Comparator, Role, Row
from kpigraph.problems import Severity, SourceError, SourceLocation

GOOD = HEADER + HEADINGS + BLOCK


def rows_of(lines: Iterable[str]) -> Iterator[Row]:
    for n, line in enumerate(lines, 1):
        cells = (Cell(SourceLocation(file="x", row=n, cell=c), t, t) for c, t in enumerate(line.split("\t"), 1))
        yield Row(SourceLocation(file="x", row=n), tuple(cells), line)


def codes(case: Case, severity: Severity = Severity.ERROR) -> list[tuple[str, int, int]]:
    _, _, problems = case.read()
    return [(p.code, p.at.row, p.at.cell) for p in problems if p.severity is severity]


def values(case: Case) -> dict[Role, str]:
    edition, _, problems = case.read()
    assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
    return {s.role: s.stated_value for s in edition.statements}


EXPECTED = {Role.BASELINE: "100.0", Role.ACTUAL: "110.5", Role.TARGET: "120.0"}


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        "\n\n" + GOOD.replace("\t\t実績値", "実績値"),  # leading tabs lost
        GOOD.replace("実績値\tH27年度", "実績値 H27年度"),  # role and period in one cell
        GOOD.replace("トン\t水産課", "トン 水産課"),  # unit and department in one cell
        GOOD.replace("① 漁業", "①漁業").replace("【基本目標1】", "【基本目標１】 "),
        GOOD.replace("\t\t目標値", HEADER + "\t\t目標値"),  # a page break with a repeated header inside a block
        GOOD.replace("\t\t目標値\tH31年度\t120.0", "\t目標値\t\tH31年度\t\t120.0"),
        GOOD.replace("H31年度", "Ｈ３１年度").replace("目標値", "　目標値 "),
    ],
    ids=["plain", "crlf", "lost tabs", "role joined", "unit joined", "headings", "page break", "gaps", "full width"],
)
def test_scars_do_not_matter(make_case: Callable[..., Case], text: str) -> None:
    assert values(make_case(text)) == EXPECTED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("source.empty", 0, 0)]),
        ("\n \n\t\t\n", [("source.empty", 0, 0)]),
        (HEADINGS + BLOCK, [("header.missing", 1, 0)]),
        (GOOD.replace("H27年度", "H27年頃"), [("period.unreadable", 5, 4), ("source.truncated", 4, 2)]),
        (GOOD.replace("110.5", "110.5.1"), [("quantity.unreadable", 5, 5), ("source.truncated", 4, 2)]),
        (GOOD.replace("トン", "樽"), [("unit.unknown", 4, 6)]),
        (GOOD.replace("トン\t水産課", "トン"), [("department.missing", 4, 2)]),
        (GOOD.replace("\t\t目標値\tH31年度\t120.0\t\t\n", ""), [("source.truncated", 4, 2)]),
        (GOOD.replace("H31年度\t120.0", "H31年度"), [("value.missing", 6, 4), ("source.truncated", 4, 2)]),
        (GOOD[: GOOD.index("120.0")], [("value.missing", 6, 4), ("source.truncated", 4, 2)]),
        (GOOD.replace("目標値", "実績値"), [("role.repeated", 6, 4), ("source.truncated", 4, 2)]),
        (GOOD + "速報値を含む\n", [("cell.unread", 7, 1)]),
        (GOOD.replace("トン\t水産課", "トン\t速報\t水産課"), [("cell.unread", 4, 7)]),
        (HEADER + BLOCK.replace("ア 港を直す", ""), [("place.missing", 2, 2)]),
        (HEADER + HEADINGS + BLOCK.split("\n")[1], [("cell.unread", 4, n) for n in (3, 4, 5)]),
        (GOOD.replace("トン\t水産課", "水産課\tトン"), [("unit.unknown", 4, 6), ("cell.misplaced", 4, 7)]),
        (GOOD.replace("水産課", "実績値"), [("cell.misplaced", 4, 7)]),
        (GOOD.replace("水産課", "・漁獲量"), [("cell.misplaced", 4, 7)]),
        (GOOD.replace("水産課", "ア 港を直す"), [("cell.misplaced", 4, 7)]),
        (GOOD.replace("水産課", "1,234"), [("cell.misplaced", 4, 7)]),
        (GOOD.replace("水産課", "H27年度"), [("cell.misplaced", 4, 7)]),
        (GOOD.replace("水産課", "-"), [("cell.misplaced", 4, 7)]),
        (GOOD.replace("水産課", "人 水産課"), [("cell.misplaced", 4, 7)]),
        (GOOD.replace("\t100.0\tトン", "\tトン"), [("cell.misplaced", 4, 5), ("source.truncated", 4, 2)]),
        (
            GOOD.replace("H26年度\t100.0\tトン", "-"),
            [("cell.misplaced", 4, 5), ("source.truncated", 4, 2), ("department.missing", 4, 2)],
        ),
        (GOOD.replace("120.0", "水産課"), [("cell.misplaced", 6, 5), ("source.truncated", 4, 2)]),
        (GOOD.replace("120.0", "ア 港を直す"), [("cell.misplaced", 6, 5), ("source.truncated", 4, 2)]),
        (GOOD.replace("水産課", "開発機構").replace("120.0", "開発機構"), [("cell.misplaced", 6, 5)]),
        (GOOD.replace("110.5\t\t", "110.5\t人\t"), [("cell.misplaced", 5, 6)]),
        (GOOD.replace("110.5\t\t", "110.5\tトン\t農林課"), [("cell.misplaced", 5, 7)]),
        (GOOD.replace("① 漁業を伸ばす\n", ""), [("place.level-skipped", 3, 1)]),
        (GOOD.replace("ア 港を直す", "② 港を直す"), [("place.level-skipped", 4, 2)]),
        (GOOD.replace("ア 港を直す", ""), [("place.level-skipped", 4, 2)]),
        (GOOD.replace("・水揚量", "・水\0揚量"), [("text.control", 4, 2)]),
        (GOOD.replace("110.5\t", "110.5\t\x0b"), [("text.control", 5, 6)]),
    ],
)
def test_faults_are_reported_with_their_place(
    make_case: Callable[..., Case], text: str, expected: list[tuple[str, int, int]]
) -> None:
    assert codes(make_case(text)) == expected


def test_all_faults_of_a_document_are_reported_at_once(make_case: Callable[..., Case]) -> None:
    text = GOOD.replace("110.5", "x1").replace("トン", "樽").replace("H31年度", "H31年ごろ")
    assert {c for c, _, _ in codes(make_case(text))} >= {"quantity.unreadable", "unit.unknown", "period.unreadable"}


def test_blank_unit_is_an_error_unless_the_card_says_it_means_above(make_case: Callable[..., Case]) -> None:
    second = BLOCK.replace("ア 港を直す", "").replace("水揚量", "漁獲量").replace("トン\t水産課", "")
    assert codes(make_case(GOOD + second)) == []
    edition, _, _ = make_case(GOOD + second, edition="2017").read()
    assert {s.unit.notation for s in edition.statements if s.unit} == {"ton"}


def test_blank_unit_without_that_word_of_the_card(make_case: Callable[..., Case]) -> None:
    second = BLOCK.replace("ア 港を直す", "").replace("水揚量", "漁獲量").replace("トン\t水産課", "")
    card = CARD.replace('blank_means_above = ["unit", "department"]', "blank_means_above = []")
    assert codes(make_case(GOOD + second, card=card)) == [("department.missing", 7, 2)]


def test_unit_printed_with_the_number_wins_and_is_warned_of(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD.replace("120.0", "18.0%以下"))
    edition, _, _ = case.read()
    (target,) = [s for s in edition.statements if s.role is Role.TARGET]
    assert target.unit is not None
    assert (target.unit.notation, target.quantity.comparator) == ("percent", Comparator.AT_MOST)
    assert codes(case, Severity.WARNING) == [("unit.conflict", 6, 5)]


def test_spare_mark_is_read_and_warned_of(make_case: Callable[..., Case]) -> None:
    assert codes(make_case(GOOD.replace("トン\t水産課", "トン\t-\t水産課")), Severity.WARNING) == [
        ("cell.spare-mark", 4, 7)
    ]


def test_role_words_of_the_card_add_to_ours(make_case: Callable[..., Case]) -> None:
    card = CARD.replace('["目標値"]', '["めざす値"]')
    assert values(make_case(GOOD.replace("目標値", "めざす値"), card=card)) == EXPECTED


@pytest.mark.parametrize(
    ("example", "heading", "notation", "label"),
    [
        ("【基本目標1】", "【基本目標12】産業", "12", "産業"),
        ("【基本目標1】", "【基本目標３】 産業", "３", "産業"),
        ("①", "⑳産業", "⑳", "産業"),
        ("ア", "ウ 産業", "ウ", "産業"),
        ("ア", "アートの振興", None, None),
        ("第1章", "第10章 産業", "10", "産業"),
        ("(1)", "（２）産業", "２", "産業"),
        ("Ⅰ", "Ⅳ 産業", "Ⅳ", "産業"),
        ("1-(1)", "1-(3)産業", "3", "産業"),
    ],
)
def test_numbering_by_example(example: str, heading: str, notation: str | None, label: str | None) -> None:
    found = heading_pattern(example).fullmatch(heading)
    assert (found and found["notation"], found and found["label"]) == (notation, label)


def test_numbering_needs_something_that_counts() -> None:
    with pytest.raises(ValueError, match="counts"):
        heading_pattern("・・")


_JOINTS = st.tuples(st.booleans(), st.booleans(), st.integers(0, 2), st.integers(0, 2), st.booleans())


@given(
    numbers=st.lists(st.decimals(0, 10**6, places=1), min_size=3, max_size=3),
    joints=_JOINTS,
)
@settings(max_examples=60, deadline=None)
def test_any_scars_leave_the_statements_as_they_are(
    units: UnitCodelist, numbers: list[object], joints: tuple[bool, bool, int, int, bool]
) -> None:
    """A block with random tabs lost and gained, cells joined and a page break reads as it was written."""
    role_joined, unit_joined, lost, gained, broken = joints
    first = f"ア 港を直す\t・水揚量\t現状値{' ' if role_joined else chr(9)}H26年度\t{numbers[0]}\tトン"
    first += f"{' ' if unit_joined else chr(9)}水産課"
    rest = [
        f"{role}\t{when}\t{n}"
        for role, when, n in zip(("実績値", "指標値"), ("H27年度", "H31年度"), numbers[1:], strict=True)
    ]
    lines = [
        HEADER.rstrip(),
        *HEADINGS.splitlines(),
        first,
        "\t" * lost + rest[0],
        *([HEADER.rstrip()] if broken else []),
        "\t" * gained + rest[1],
    ]
    reading = layouts.read_cells(sources.load(KUSHIRO, []), rows_of(lines), units)
    assert reading.problems == []
    (block,) = reading.blocks
    assert [str(e.quantity.value) for e in block.entries] == [str(n) for n in numbers]


def test_unknown_layout_is_an_error(make_case: Callable[..., Case]) -> None:
    edition, _, problems = make_case(GOOD, card=CARD.replace('"stacked"', '"spiral"')).read()
    assert [p.code for p in problems] == ["card.field"]
    assert edition.statements == ()


def test_unreadable_source_raises_source_error_only(make_case: Callable[..., Case]) -> None:
    with pytest.raises(SourceError):
        make_case(b"\xff\xfe\x00", encoding='encoding = "utf-8"').read()


MORE = BLOCK.replace("水揚量", "漁獲量")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + MORE.replace("ア 港", "ウ 船"), [("place.out-of-order", 7, 1)]),
        (GOOD + "③ 町を直す\n" + MORE, [("place.out-of-order", 7, 1)]),
        (GOOD + "② 町を直す\n", [("place.unlisted", 7, 1)]),
        (GOOD + "イ 船を直す\n② 町を直す\n" + MORE, [("place.unlisted", 7, 1)]),
        (GOOD.replace("トン", "-"), [("unit.missing", 4, 6)]),
        (GOOD + MORE.replace("ア 港を直す", "").replace("トン\t水産課", ""), [("cell.inherited", 7, 2)]),
    ],
)
def test_what_is_doubtful_is_warned_of(
    make_case: Callable[..., Case], text: str, expected: list[tuple[str, int, int]]
) -> None:
    case = make_case(text)
    assert codes(case) == []
    assert codes(case, Severity.WARNING) == expected


@pytest.mark.parametrize(
    "text",
    [
        GOOD + MORE.replace("ア 港", "イ 船"),
        GOOD + "② 町を直す\n" + MORE,  # letters begin again
        # they run on
        GOOD + "② 町を直す\n" + MORE.replace("ア 港", "イ 船") + "③ 山を直す\n" + BLOCK.replace("ア 港", "ウ 道"),
        GOOD + HEADER + HEADINGS + MORE,  # headings printed again on the next page
        GOOD.replace("110.5\t\t", "110.5\tトン\t水産課"),
        GOOD.replace("・水揚量", "･水揚量"),
        GOOD.replace(HEADINGS, "\f" + HEADINGS.replace("\n", "\n\f")),  # pages of a PDF
    ],
)
def test_what_is_in_order_is_not(make_case: Callable[..., Case], text: str) -> None:
    edition, _, problems = make_case(text).read()
    assert [p.line() for p in problems] == []
    assert edition.indicators[0].label == "水揚量"


def test_a_page_break_is_in_no_quotation(make_case: Callable[..., Case]) -> None:
    edition, _, _ = make_case(GOOD.replace("【基本", "\f【基本")).read()
    assert [row.printed for row in edition.rows][1] == HEADINGS.splitlines()[0]


@pytest.mark.parametrize(("goal", "measure"), [("目標", "ア"), ("①", "①"), ("ア", "イ")])
def test_examples_of_the_card_that_tell_no_level(make_case: Callable[..., Case], goal: str, measure: str) -> None:
    card = CARD.replace('"【基本目標1】"', f'"{goal}"').replace('measure = "ア"', f'measure = "{measure}"')
    _, _, problems = make_case(GOOD, card=card).read()
    assert [(p.code, p.found.split(" ")[0][:17]) for p in problems] == [("card.field", "layout.hierarchy.")]


@pytest.mark.parametrize(
    ("notation", "number"),
    [("3", 3), ("１２", 12), ("③", 3), ("㉑", 21), ("Ⅲ", 3), ("ⅳ", 4), ("三", 3), ("十", 10), ("十二", 12),
     ("二十一", 21), ("ウ", 3), ("ｳ", 3), ("う", 3), ("C", 3), ("ｃ", 3), ("I", 9), ("ン", 46), ("・", None)],
)  # fmt: skip
def test_which_number_a_heading_bears(notation: str, number: int | None) -> None:
    assert ordinal(notation) == number


def test_a_long_line_is_read_in_no_time_and_reported_in_few_words(make_case: Callable[..., Case]) -> None:
    _, _, problems = make_case(GOOD + "ア " + " " * 300_000 + "x" * 300_000 + "\n").read()
    assert max(len(p.line()) for p in problems) < 500


LINES = [line.split("\t") for line in (KUSHIRO / "kushiro-kpi.txt").read_text(encoding="utf-8").split("\n")]
CELLS = [(row, column) for row, cells in enumerate(LINES) for column, text in enumerate(cells) if text.strip()]
DAMAGES = ("lost", "blank", "split", "joined", "exchanged", "of another", "line lost", "line twice", "line moved")


def damaged(damage: str, place: tuple[int, int], other: tuple[int, int]) -> list[str]:
    """Return the lines of the real document with the cell or line at `place` damaged."""
    lines = [list(cells) for cells in LINES]
    row, column = place
    cells = lines[row]
    match damage:
        case "lost":
            del cells[column]
        case "blank":
            cells[column] = ""
        case "split":
            cells[column : column + 1] = [cells[column][:1], cells[column][1:]]
        case "joined":
            cells[column : column + 2] = ["".join(cells[column : column + 2])]
        case "exchanged":
            cells[column], cells[column - 1] = cells[column - 1], cells[column]
        case "of another":
            cells.insert(column, LINES[other[0]][other[1]])
        case "line lost":
            del lines[row]
        case "line twice":
            lines.insert(row, cells)
        case "line moved":
            lines[row - 1 : row + 1] = [cells, lines[row - 1]]
    return ["\t".join(cells) for cells in lines]


def said(reading: Reading) -> list[tuple[object, ...]]:
    """Return all that each block states; where it stands is left out, for a lost heading may leave no trace."""
    return [stated(block) for block in reading.blocks]


def stated(block: Block) -> tuple[object, ...]:
    entries = [(e.role, e.period, e.quantity) for e in sorted(block.entries, key=lambda e: e.role)]
    department = block.department.text.strip() if block.department else ""
    return block.label.text, block.unit and block.unit.notation, department, entries


def test_a_damaged_document_is_read_alike_or_reported(kushiro: Kushiro, units: UnitCodelist) -> None:
    whole = layouts.read_cells(kushiro.document, rows_of("\t".join(cells) for cells in LINES), units)

    @given(st.sampled_from(DAMAGES), st.sampled_from(CELLS), st.sampled_from(CELLS))
    @settings(max_examples=60, deadline=None)
    def alike_or_reported(damage: str, place: tuple[int, int], other: tuple[int, int]) -> None:
        reading = layouts.read_cells(kushiro.document, rows_of(damaged(damage, place, other)), units)
        codes_met = Counter(p.code for p in reading.problems) - Counter(p.code for p in whole.problems)
        assert codes_met or reading.unread or said(reading) == said(whole)

    alike_or_reported()
