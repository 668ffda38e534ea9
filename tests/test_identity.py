"""Which blocks are one indicator, which headings one element, and that keys stay for ever."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import BLOCK, HEADER, HEADINGS, KUSHIRO, Case

from kpigraph import codelists, editions, registry, sources
from kpigraph.model import Level, Role
from kpigraph.problems import Problem, Severity, SourceError
from kpigraph.registry import Registry

GOOD = HEADER + HEADINGS + BLOCK


def warnings(problems: list[Problem]) -> list[str]:
    assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
    return [p.code for p in problems]


def test_equal_blocks_are_one_indicator_listed_twice(make_case: Callable[..., Case]) -> None:
    edition, _, problems = make_case(GOOD + BLOCK.replace("ア 港を直す", "イ 船を直す")).read()
    assert warnings(problems) == []
    assert (len(edition.indicators), len(edition.listings), len(edition.statements)) == (1, 2, 3)
    assert [s.rows for s in edition.statements] == [("4", "7"), ("5", "8"), ("6", "9")]


def test_same_name_other_department_is_another_indicator(make_case: Callable[..., Case]) -> None:
    edition, _, problems = make_case(GOOD + BLOCK.replace("ア 港", "イ 港").replace("水産課", "港湾課")).read()
    assert warnings(problems) == ["indicator.same-name"]
    assert len(edition.indicators) == 2
    assert len({i.key for i in edition.indicators}) == 2


def test_same_name_and_department_but_no_shared_cell_is_another_indicator(make_case: Callable[..., Case]) -> None:
    other = BLOCK.replace("ア 港", "イ 港").replace("100.0", "1").replace("110.5", "2").replace("120.0", "3")
    edition, _, problems = make_case(GOOD + other).read()
    assert warnings(problems) == ["indicator.same-name"]
    assert len({i.key for i in edition.indicators}) == 2


def test_two_values_for_one_indicator_are_a_conflict(make_case: Callable[..., Case]) -> None:
    edition, _, problems = make_case(GOOD + BLOCK.replace("ア 港", "イ 港").replace("110.5", "110.6")).read()
    assert warnings(problems) == ["statement.conflict"]
    (problem,) = problems
    assert problem.at.row == 8
    assert "line 5" in problem.line()
    (conflict,) = edition.conflicts
    values = {s.key: s.stated_value for s in edition.statements}
    assert [values[k] for k in conflict.statements] == ["110.5", "110.6"]
    assert len(edition.indicators) == 1
    assert len(edition.statements) == 4


def test_heading_listed_again_is_the_same_measure_at_two_places(make_case: Callable[..., Case]) -> None:
    again = "② 町を直す\n" + BLOCK.replace("ア 港を直す", "ア 港を直す(再掲)")
    edition, _, problems = make_case(GOOD + again).read()
    assert warnings(problems) == []
    (measure,) = [e for e in edition.elements if e.level is Level.MEASURE]
    assert len(measure.parents) == 2
    assert [p.relisted for p in edition.placements if p.level is Level.MEASURE] == [False, True]
    assert [x.relisted for x in edition.listings] == [False, True]


def test_heading_of_one_name_under_two_directions_is_two_measures(make_case: Callable[..., Case]) -> None:
    edition, _, _ = make_case(GOOD + "② 町を直す\n" + BLOCK).read()
    assert len([e for e in edition.elements if e.level is Level.MEASURE]) == 2


def test_mark_without_an_original_is_warned_of(make_case: Callable[..., Case]) -> None:
    _, _, problems = make_case(GOOD.replace("ア 港を直す", "ア 港を直す（再掲）")).read()
    assert warnings(problems) == ["place.relisted-unknown"]


def test_keys_are_minted_alike_and_then_kept(make_case: Callable[..., Case], tmp_path: Path) -> None:
    case = make_case(GOOD)
    first, _, _ = case.read()
    again, _, _ = case.read()
    assert [i.key for i in first.indicators] == [i.key for i in again.indicators]


def test_a_new_name_in_the_registry_keeps_the_key(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD)
    old, _, _ = case.read()
    key = old.indicators[0].key
    renamed = make_case(GOOD.replace("水揚量", "年間水揚量"), edition="2017")
    (case.folder.parent / "registry.csv").write_text(
        ",".join(registry.COLUMNS) + f"\nkpi,{key},水揚量,水産課,,年間水揚量,senryaku/2016,senryaku/2016,\n",
        encoding="utf-8",
    )
    new, _, _ = renamed.read()
    assert new.indicators[0].key == key
    assert new.indicators[0].label == "年間水揚量"


def test_a_moved_measure_keeps_its_key(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD)
    keys = Registry("012068")
    key = keys.mint("measure", "港を直す", "senryaku/2016", parent="elsewhere")
    (case.folder.parent / "registry.csv").write_text(keys.to_csv(), encoding="utf-8")
    edition, _, _ = case.read()
    assert [e.key for e in edition.elements if e.level is Level.MEASURE] == [key]


def test_a_merged_key_leads_to_the_one_kept() -> None:
    keys = Registry("012068")
    kept = keys.mint("kpi", "水揚量", "s/2016", department="水産課")
    old = keys.mint("kpi", "漁獲量", "s/2016", department="水産課")
    from dataclasses import replace

    keys.entries["kpi", old] = replace(keys.entries["kpi", old], merged_into=kept)
    assert keys.claim("kpi", "漁獲量", "s/2017", department="水産課") == kept
    assert keys.entries["kpi", kept].last_edition == "s/2017"


def test_a_taken_key_is_made_longer() -> None:
    keys = Registry("012068")
    first = keys.mint("kpi", "水揚量", "s/2016")
    assert len(first) == 4
    other = Registry("012068")
    other.entries["kpi", first] = registry.Entry(kind="kpi", key=first, label="別の指標")
    longer = other.mint("kpi", "水揚量", "s/2016")
    assert longer.startswith(first)
    assert len(longer) == 5


@pytest.mark.parametrize(
    "line",
    [
        "king,ab12,水揚量,,,,,,",
        "kpi,a b,水揚量,,,,,,",
        "kpi,ab12,,,,,,,",
        "kpi,ab12,水揚量,,,,,,zz99",
        "kpi,ab12,水揚量,,,,,,ab12",
        "kpi,ab12",
        "kpi,ab12,水揚量,,,,,,\nkpi,ab12,漁獲量,,,,,,",
    ],
)
def test_faults_of_the_registry(tmp_path: Path, line: str) -> None:
    (tmp_path / "registry.csv").write_text(",".join(registry.COLUMNS) + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        registry.load(tmp_path)
    assert {p.code for p in raised.value.problems} == {"registry.field"}


def test_the_committed_registry_knows_all_of_kushiro(kushiro: object) -> None:
    keys = registry.load(KUSHIRO.parent)
    assert len([e for e in keys.entries.values() if e.kind == "kpi"]) == 75
    assert (KUSHIRO.parent / "registry.csv").read_text(encoding="utf-8") == keys.to_csv()


def rebuilt(case: Case) -> list[list[str]]:
    """Return the keys of elements and indicators of a first reading, and of one that finds them registered."""
    keys = registry.load(case.folder.parent)
    document = sources.load(case.folder, [])
    units = codelists.load_units(case.data / "codelists")
    read = []
    for _ in range(2):
        edition = editions.read_edition(document, keys, units, [])
        read.append([x.key for x in (*edition.elements, *edition.indicators)])
        (case.folder.parent / "registry.csv").write_text(keys.to_csv(), encoding="utf-8")
        keys = registry.load(case.folder.parent)
    return read


OTHER_CELLS = BLOCK.replace("100.0", "1").replace("110.5", "2").replace("120.0", "3")


@pytest.mark.parametrize(
    "more",
    [
        BLOCK.replace("ア 港を直す", "イ 港を直す"),  # one name twice under one heading
        BLOCK.replace("ア 港を直す", "ア 港を 直す"),
        OTHER_CELLS,  # two indicators of one name, department and measure
        OTHER_CELLS.replace("ア 港", "イ 船"),
        "② 町を直す\n" + OTHER_CELLS,
    ],
)
def test_a_second_reading_gives_the_keys_of_the_first(make_case: Callable[..., Case], more: str) -> None:
    first, second = rebuilt(make_case(GOOD + more))
    assert first == second
    assert len(set(first)) == len(first)


def test_no_two_things_share_a_key_whatever_their_kinds(make_case: Callable[..., Case]) -> None:
    keys = Registry("012068")
    taken = keys.mint("goal", "産業を伸ばす", "s/2016")
    other = Registry("012068")
    other.entries["measure", taken] = registry.Entry(kind="measure", key=taken, label="港を直す")
    assert other.mint("goal", "産業を伸ばす", "s/2016") != taken


def test_blocks_are_grouped_alike_in_any_order(make_case: Callable[..., Case]) -> None:
    """The second block shares a cell with the first and with the third, which share none with each other."""
    one = BLOCK
    three = OTHER_CELLS.replace("ア 港", "ウ 港")
    two = BLOCK.replace("ア 港", "イ 港").replace("110.5", "2").replace("120.0", "3.0")
    for n, blocks in enumerate(((one, two, three), (one, three, two))):
        edition, _, _ = make_case(HEADER + HEADINGS + "".join(blocks), edition=f"201{n}").read()
        assert len(edition.indicators) == 1, n


def test_a_reference_goes_to_the_statement_that_has_the_number(make_case: Callable[..., Case]) -> None:
    block = BLOCK.replace("120.0", "10%増(対H26年度比)")
    text = HEADER + HEADINGS + block.replace("100.0", "-") + block.replace("ア 港", "イ 港")
    edition, derivation, _ = make_case(text).read()
    (target,) = [s for s in edition.statements if s.role is Role.TARGET]
    values = {s.key: s.stated_value for s in edition.statements}
    assert values[target.relative_to] == "100.0"
    assert derivation.resolved == ()  # another printing has no number: a conflict


@pytest.mark.parametrize(
    "label", ["<b>&\"'", "100%|達成", "a,b;c", "水揚量\u3000（ｔ）", "𠮷野家", "x" * 5000, "=1+1", "‮逆"]
)
def test_odd_names_keep_their_key(make_case: Callable[..., Case], label: str) -> None:
    first, second = rebuilt(make_case(GOOD.replace("水揚量", label)))
    assert first == second


def test_half_width_bullet_is_no_part_of_a_name(make_case: Callable[..., Case]) -> None:
    edition, _, problems = make_case(GOOD + BLOCK.replace("ア 港", "イ 港").replace("・水揚量", "･水揚量")).read()
    assert warnings(problems) == []
    assert len(edition.indicators) == 1
