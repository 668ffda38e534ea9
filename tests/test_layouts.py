"""The stacked layout on small fictional documents: scars it must read through, and faults it must report."""

from collections.abc import Callable

import pytest
from conftest import BLOCK, HEADER, HEADINGS, Case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpigraph.layouts.numbering import heading_pattern
from kpigraph.model import Comparator, Role
from kpigraph.problems import Severity, SourceError

GOOD = HEADER + HEADINGS + BLOCK


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
        (GOOD + "注：速報値を含む\n", [("cell.unread", 7, 1)]),
        (GOOD.replace("トン\t水産課", "トン\t速報\t水産課"), [("cell.unread", 4, 7)]),
        (HEADER + BLOCK.replace("ア 港を直す", ""), [("place.missing", 2, 2)]),
        (HEADER + HEADINGS + BLOCK.split("\n")[1], [("cell.unread", 4, n) for n in (3, 4, 5)]),
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
    from conftest import CARD

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
    from conftest import CARD

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
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_scars_leave_the_statements_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[object], joints: tuple[bool, bool, int, int, bool]
) -> None:
    """A block with random tabs lost and gained, cells joined and a page break reads as it was written."""
    from conftest import DATA, KUSHIRO

    from kpigraph import codelists, layouts, sources
    from kpigraph.model import Cell, Row
    from kpigraph.problems import SourceLocation

    role_joined, unit_joined, lost, gained, broken = joints
    first = f"ア 港を直す\t・水揚量\t現状値{' ' if role_joined else chr(9)}H26年度\t{numbers[0]}\tトン"
    first += f"{' ' if unit_joined else chr(9)}水産課"
    rest = [
        f"{role}\t{when}\t{n}"
        for role, when, n in zip(("実績値", "指標値"), ("H27年度", "H31年度"), numbers[1:], strict=True)
    ]
    lines = [
        HEADER,
        *HEADINGS.splitlines(),
        first,
        "\t" * lost + rest[0],
        *([HEADER] if broken else []),
        "\t" * gained + rest[1],
    ]
    rows = [
        Row(
            SourceLocation(file="x", row=n),
            tuple(
                Cell(SourceLocation(file="x", row=n, cell=c), t, t)
                for c, t in enumerate(line.rstrip("\n").split("\t"), 1)
            ),
            line,
        )
        for n, line in enumerate(lines, 1)
    ]
    reading = layouts.read_cells(sources.load(KUSHIRO, []), rows, codelists.load_units(DATA / "codelists"))
    assert reading.problems == []
    (block,) = reading.blocks
    assert [str(e.quantity.value) for e in block.entries] == [str(n) for n in numbers]


def test_unknown_layout_is_an_error(make_case: Callable[..., Case]) -> None:
    from conftest import CARD

    edition, _, problems = make_case(GOOD, card=CARD.replace('"stacked"', '"spiral"')).read()
    assert [p.code for p in problems] == ["card.field"]
    assert edition.statements == ()


def test_unreadable_source_raises_source_error_only(make_case: Callable[..., Case]) -> None:
    with pytest.raises(SourceError):
        make_case(b"\xff\xfe\x00", encoding='encoding = "utf-8"').read()
