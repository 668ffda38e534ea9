"""The three tables: columns, what stands in them, their order, their description."""

import csv
import io
import json
import re
import shutil
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
import sample
from csvw import CSVW

from kpigraph import csvw, publish, releases, tables
from kpigraph.known import AtHand
from kpigraph.store import open_store
from kpigraph.store import text as text_of
from kpigraph.written import triples_of

CONTRACT = {
    "observations": """municipality_code municipality strategy edition indicator indicator_label department observation
        role period_text period_start period_end aggregation value_text value_form value comparator maintenance
        relative_change relative_to_period resolved_value unit_text unit base_value base_unit source_document
        source_lines corrected minimum_value maximum_value numerator denominator former_value_text former_value revised
        due missing_reason notes ratio_value observation_status""",
    "listings": """municipality_code edition indicator goal_number goal_label direction_number direction_label
        measure_number measure_label relisted source_lines""",
    "assessments": """municipality_code edition indicator indicator_label status reason progress_ratio
        achievement_ratio cumulative_share elapsed_share desired_direction direction_basis method""",
}
# Of a range, a ratio, a revised value, a milestone, a value that is not there, a status; no value of the sample is one.
BESIDE_THE_CONTRACT = CONTRACT["observations"].split()[-12:]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    found = sample.quads()
    said = [(*triple, str(q.graph_name)) for triple, q in zip(triples_of(found), found, strict=True)]
    editions = list(tables.lines_of(said, AtHand(said)))
    assert {t: sum(e.counts[t] for e in editions) for t in CONTRACT} == {
        "observations": 7,
        "listings": 4,
        "assessments": 4,
    }
    described = tables.write(folder, lambda table: (e.lines[table.name] for e in editions))
    assert described == {name: releases.describe(folder / name) for name in described}
    assert len(described) == 6
    return folder


def rows(written: Path, name: str) -> list[dict[str, str]]:
    with (written / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def observation(written: Path, name: str) -> dict[str, str]:
    (row,) = (r for r in rows(written, "observations") if r["observation"].endswith(f"/plan/{name}"))
    return row


@pytest.mark.parametrize("name", list(CONTRACT))
def test_the_columns_are_those_of_the_contract(written: Path, name: str) -> None:
    first = (written / f"{name}.csv").read_bytes().split(b"\r\n")[0]
    assert first.decode().split(",") == CONTRACT[name].split()


@pytest.mark.parametrize("name", list(CONTRACT))
def test_the_tables_are_rfc_4180(written: Path, name: str) -> None:
    raw = (written / f"{name}.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert {len(r) for r in csv.reader(io.StringIO(raw.decode()))} == {len(CONTRACT[name].split())}


def test_a_whole_row(written: Path) -> None:
    assert observation(written, "2016/st-zz-b") == {
        "municipality_code": "012068",
        "municipality": "釧路市",
        "strategy": "総合戦略",
        "edition": "2016",
        "indicator": "https://w3id.org/kpigraph/id/lg/012068/kpi-zz",
        "indicator_label": "水揚量",
        "department": "水産課",
        "observation": "https://w3id.org/kpigraph/id/lg/012068/doc/plan/2016/st-zz-b",
        "role": "baseline",
        "period_text": "H23-26年平均",
        "period_start": "2011-01-01",
        "period_end": "2014-12-31",
        "aggregation": "average",
        "value_text": "117,779",
        "value_form": "absolute",
        "value": "117779",
        "comparator": "exact",
        "maintenance": "false",
        "relative_change": "",
        "relative_to_period": "",
        "resolved_value": "",
        "unit_text": "トン",
        "unit": "https://w3id.org/kpigraph/code/unit/ton",
        "base_value": "117779",
        "base_unit": "http://qudt.org/vocab/unit/TONNE",
        "source_document": "kpi.txt",
        "source_lines": "2",
        "corrected": "false",
        **dict.fromkeys(BESIDE_THE_CONTRACT, ""),
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2016/st-yy-b", {"value": "53.0", "corrected": "true", "unit_text": "人", "source_lines": "11"}),
        ("2016/st-yy-b", {"unit": "https://w3id.org/kpigraph/code/unit/percent"}),
        ("2016/st-yy-b", {"period_start": "2016-03-31", "period_end": "2016-03-31", "aggregation": "as-of"}),
        ("2021/st-zz-t", {"value": "-5.20", "value_text": "△5.20", "comparator": "less-than", "edition": "2021"}),
        ("2016/st-xx-t", {"value": "40000", "comparator": "at-least", "maintenance": "true"}),
        ("2016/st-xx-t", {"aggregation": "each-year", "value_text": "4万人以上の維持"}),
        ("2016/st-zz-a", {"value_text": "-", "value_form": "missing", "value": "", "role": "actual"}),
        ("2016/st-zz-a", {"period_text": "-", "period_start": "", "period_end": "", "aggregation": ""}),
        ("2016/st-zz-a", {"comparator": "", "maintenance": "", "unit": "", "unit_text": "", "source_lines": "9 10"}),
        ("2016/st-zz-t", {"value": "", "value_form": "relative", "relative_change": "0.25"}),
        ("2016/st-zz-t", {"relative_to_period": "cy2013", "resolved_value": "147223.75"}),
        ("2016/st-yy-t", {"period_start": "", "period_end": "2020-03-31", "value_form": "qualitative"}),
        ("2016/st-yy-t", {"comparator": "", "maintenance": "false", "aggregation": "cumulative-to-date"}),
    ],
)
def test_observations(written: Path, name: str, expected: dict[str, str]) -> None:
    row = observation(written, name)
    assert {k: row[k] for k in expected} == expected


def test_observations_stand_in_the_order_of_the_plan_then_role(written: Path) -> None:
    names = [r["observation"].partition("/plan/")[2] for r in rows(written, "observations")]
    assert names == [
        "2016/st-zz-b",
        "2016/st-zz-a",
        "2016/st-zz-t",
        "2016/st-yy-b",
        "2016/st-yy-t",
        "2016/st-xx-t",
        "2021/st-zz-t",
    ]


def test_an_edition_uses_its_own_labels(written: Path) -> None:
    row = observation(written, "2021/st-zz-t")
    assert (row["indicator_label"], row["department"], row["strategy"]) == ("水揚げの量", "介護課", "第2期総合戦略")
    assert row["source_document"] == "kpi-2021.csv"


def test_listings(written: Path) -> None:
    found = [(r["indicator"][-2:], *list(r.values())[3:]) for r in rows(written, "listings")]
    above = ("1", "産業", "①", "水産")
    assert found == [
        ("zz", *above, "ア", "港", "false", "2 9 10"),
        ("yy", *above, "ア", "港", "false", "11"),
        ("zz", *above, "イ", "'=1+1", "true", "11"),
        ("xx", *above, "イ", "'=1+1", "false", "11"),
    ]


def test_assessments(written: Path) -> None:
    found = [list(r.values()) for r in rows(written, "assessments")]
    assert [(r[1], r[2][-2:]) for r in found] == [("2016", "zz"), ("2016", "yy"), ("2016", "xx"), ("2021", "zz")]
    assert found[0][3:] == [
        "水揚量",
        "notassessable",
        "no-number",
        "",
        "",
        "",
        "",
        "increase",
        "inferred",
        "progress-v1",
    ]
    assert found[1][3:] == ["入所率", "inprogress", "", "-1.2616", "0.9581", "", "", "unknown", "", "progress-v1"]


@pytest.mark.parametrize(
    "text", ["-", "－", "--", "-5.2", "-5.2%", "+3", "-1,234", "+5ポイント", "△5.2", "25%増", "", "a=b"]
)
def test_printed_values_stay_as_they_are(text: str) -> None:
    assert tables.safe(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+A1", "-2+3", "-A1", "@SUM(A1)", "＝1", "＠x", "\t=1", "\r=1", "\n=1", "-1|x", "'=1", "-5 =A1", "+1(2)"],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert tables.safe(text) == "'" + text
    assert tables.safe(tables.safe(text)) == "''" + text  # so one apostrophe can always be taken off again


def test_a_text_from_a_document_cannot_become_a_formula(written: Path) -> None:
    assert observation(written, "2016/st-yy-t")["value_text"] == "'=CMD()改善"


# ---- the description


@pytest.mark.parametrize("name", list(CONTRACT))
def test_each_table_has_its_description_where_csvw_looks_for_it(written: Path, name: str) -> None:
    group = json.loads((written / f"{name}.csv-metadata.json").read_text(encoding="utf-8"))
    (table,) = (t for t in group["tables"] if t["url"] == f"{name}.csv")
    columns = table["tableSchema"]["columns"]
    assert [c["name"] for c in columns] == CONTRACT[name].split()
    for column in columns:
        assert column["titles"].keys() == {"ja", "en"}
        assert all(titles[0] == column["name"] for titles in column["titles"].values())


@pytest.mark.parametrize("table", csvw.TABLES, ids=lambda t: t.name)
def test_keys_are_unique_and_references_lead_somewhere(written: Path, table: csvw.Table) -> None:
    found = rows(written, table.name)
    keys = [tuple(r[k] for k in table.key) for r in found]
    assert len(set(keys)) == len(keys)
    if table.refers_to:
        reference = ("municipality_code", "edition", "indicator")
        there = {tuple(r[k] for k in reference) for r in rows(written, table.refers_to)}
        assert {tuple(r[k] for k in reference) for r in found} <= there


@pytest.mark.parametrize("table", csvw.TABLES, ids=lambda t: t.name)
def test_cells_are_what_the_description_says(written: Path, table: csvw.Table) -> None:
    patterns = {
        "text": ".*",
        "code6": "[0-9]{6}",
        "iri": r"https?://\S+",
        "date": r"\d{4}-\d\d-\d\d",
        "decimal": r"-?\d+(\.\d+)?",
        "boolean": "true|false",
        "lines": r"([a-z]\d*-)*\d+( ([a-z]\d*-)*\d+)*",
    }
    for row in rows(written, table.name):
        for column in table.columns:
            cell = row[column.name]
            assert cell or not column.required, column.name
            assert not cell or re.fullmatch(patterns.get(column.kind, column.kind), cell, re.DOTALL), (
                column.name,
                cell,
            )


@pytest.mark.parametrize("name", list(CONTRACT))
def test_the_copy_for_spreadsheets_differs_in_its_byte_order_mark_alone(written: Path, name: str) -> None:
    """Excel takes a CSV file without the mark for Shift_JIS and shows 文字化け."""
    copy = (written / f"{name}-excel.csv").read_bytes()
    assert copy == b"\xef\xbb\xbf" + (written / f"{name}.csv").read_bytes()


# ---- a reader of CSV on the Web


def test_a_reader_accepts_the_tables_of_the_sample(written: Path) -> None:
    assert_valid(written)


def test_a_reader_accepts_the_real_tables(publication: Path) -> None:
    assert_valid(publication / "current")


def assert_valid(folder: Path) -> None:
    for name in CONTRACT:
        read = CSVW(str(folder / f"{name}.csv-metadata.json"), validate=True)
        assert read.is_valid, [str(w.message) for w in read.warnings]
        assert [t.local_name for t in read.tables] == [f"{n}.csv" for n in CONTRACT]
        assert [len(list(t.iterdicts())) for t in read.tables] == [len(rows(folder, n)) for n in CONTRACT]
        # From a table alone, its description is found too.
        assert CSVW(str(folder / f"{name}.csv"), validate=True).is_valid


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(raw: bytes) -> bytes:
        assert old in raw
        return raw.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("observations", replaced(b",117779,", b',"117,779",')),
        ("observations", replaced(b",2011-01-01,", b",2011-01-32,")),
        ("observations", replaced(b",baseline,", b",base,")),
        ("observations", replaced(b",baseline,", b",,")),
        ("observations", replaced(b"012068,", b"12068,")),
        ("observations", replaced(b",false,,,,,,,,,,,,\r\n", b",no,,,,,,,,,,\r\n")),
        ("observations", replaced(b"period_text", b"period")),
        ("observations", lambda raw: raw + raw.split(b"\r\n")[1] + b"\r\n"),
        ("listings", replaced(b"kpi-zz,", b"kpi-qq,")),
        ("assessments", lambda raw: b"\r\n".join(raw.split(b"\r\n")[:1]) + b"\r\n"),
        ("assessments", replaced(b"inprogress", b"in progress")),
    ],
    ids=[
        "number with separators",
        "no such day",
        "not in the list",
        "required",
        "leading zero lost",
        "not a boolean",
        "another header",
        "same key twice",
        "key leads nowhere",
        "all keys lead nowhere",
        "not a status",
    ],
)
def test_a_reader_finds_what_is_wrong(
    written: Path, tmp_path: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    """The description says enough for a reader to tell a damaged table."""
    for table in CONTRACT:
        shutil.copy(written / f"{table}.csv", tmp_path)
        shutil.copy(written / f"{table}.csv-metadata.json", tmp_path)
    file = tmp_path / f"{name}.csv"
    file.write_bytes(change(file.read_bytes()))
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # it tells by warnings, and by a ValueError where a foreign key is at fault
        try:
            accepted = CSVW(str(tmp_path / "observations.csv-metadata.json"), validate=True).is_valid
        except ValueError:
            accepted = False
    assert not accepted


@pytest.mark.parametrize("table", csvw.TABLES, ids=lambda t: t.name)
def test_every_column_says_what_it_stands_for(table: csvw.Table) -> None:
    assert [c.name for c in table.columns if not c.property and not c.path] == [
        c for c in table.key if c == "observation"
    ]


def test_the_properties_lead_to_what_stands_in_the_cells(publication: Path) -> None:
    """Each column's property or path, asked of the graph, gives the cells of the column."""
    release = publish.current_release(publication)
    assert release is not None
    store = open_store(release.store, release.default_graphs)
    found = rows(publication / "current", "observations")
    for column in csvw.OBSERVATIONS.columns:
        path = f"<{column.property}>" if column.property else column.path
        if not path:
            continue
        values = defaultdict(set)
        for row in store.select(f"SELECT ?s ?v {{ ?s a kpi:Statement ; {path} ?v }}"):
            if getattr(row["v"], "language", None) in (None, "ja"):
                values[text_of(row, "s")].add(text_of(row, "v"))
        for row in found:
            assert same(column, row[column.name], values[row["observation"]]), (column.name, row, values)


def same(column: csvw.Column, cell: str, values: set[str]) -> bool:
    if column.name == "corrected":
        return cell == ("true" if values else "false")
    if column.kind == "lines":
        return set(cell.split()) == values
    if column.kind == "decimal":
        return {float(v) for v in values} == ({float(cell)} if cell else set())
    if column.value or column.name == "relative_to_period":
        return {v.removeprefix(column.value.partition("{")[0]).rpartition("/")[2] for v in values} == (
            {cell.rpartition("/")[2]} if cell else set()
        )
    return {tables.safe(v) if column.kind == "text" else v for v in values} == ({cell} if cell else set())
