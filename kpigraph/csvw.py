"""The columns of the three tables, and their description as CSV on the Web.

A processor that has the address of a table finds its description at that address followed by -metadata.json. Each of
the three files describes all three tables, since CSVW lets a table refer only to tables of its own group.
Source: https://www.w3.org/TR/tabular-metadata/ and https://www.w3.org/TR/tabular-data-model/#locating-metadata
"""

import json
from dataclasses import dataclass, replace

from kpigraph.prefixes import CODE, NS, PREFIXES

_DATATYPES: dict[str, object] = {
    "text": "string",
    "code6": {"base": "string", "format": "[0-9]{6}"},
    "iri": "anyURI",
    "date": {"base": "date", "format": "yyyy-MM-dd"},
    "decimal": "decimal",
    "boolean": {"base": "boolean", "format": "true|false"},
    "lines": {"base": "string", "format": "([a-z][0-9]*-)*[1-9][0-9]*"},
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the header, its titles, and what stands in it.

    `kind` is text (as a document has it), code6, iri, date, decimal, boolean, lines (places of rows, by blanks) or a
    regular expression, such as the values of a code list separated by "|". `property` says what a cell states of the
    row's thing, `value` the beginning of the IRI that a cell stands for; both are "" where there is none. `path` is the
    way from the row's thing to what stands in the cell, as a property path of SPARQL, where it is more than a property.
    """

    name: str
    ja: str
    en: str
    kind: str = "text"
    property: str = ""
    value: str = ""
    required: bool = False
    path: str = ""
    note_ja: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns in their order, its key, and what one row is."""

    name: str
    ja: str
    en: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    about: str = ""
    refers_to: str = ""

    @property
    def header(self) -> list[str]:
        return [c.name for c in self.columns]


_MUNICIPALITY_CODE = Column(
    "municipality_code",
    "団体コード",
    "Municipality code",
    "code6",
    required=True,
    path="kpi:edition/dct:publisher/org:identifier",
)
_EDITION = Column("edition", "版", "Edition", required=True, path="kpi:edition/dcat:version")
# Not anyURI: readers parse one into parts, and those cannot be compared in a foreign key. `value` makes it an IRI.
_INDICATOR = Column(
    "indicator", "指標（KPI）", "Indicator", r"https?://\S+", NS + "indicator", "{+indicator}", required=True
)
_INDICATOR_LABEL = Column("indicator_label", "指標名", "Indicator name", path="kpi:indicator/skos:prefLabel")
_SOURCE_LINES = Column(
    "source_lines",
    "出典の行",
    "Source lines",
    "lines",
    path="prov:wasDerivedFrom/kpi:order",
    note_ja="原文の行番号（1から）。シート・ページ・表が複数ある文書では s2-12（2枚目のシートの12行目）、"
    "p3-t1-4（3ページの表1の4行目）など",
    note_en="Line numbers in the source document, from 1; in one of several sheets, pages or tables such as s2-12 "
    "(row 12 of sheet 2) or p3-t1-4 (row 4 of table 1 on page 3)",
)
_EDITION_KEY = ("municipality_code", "edition", "indicator")

OBSERVATIONS = Table(
    "observations",
    "指標の値：基準値・実績値・目標値。一つの記載につき一行",
    "Values of indicators: baselines, actuals and targets, one row a statement",
    (
        _MUNICIPALITY_CODE,
        Column("municipality", "団体名", "Municipality", path="kpi:edition/dct:publisher/skos:prefLabel"),
        Column("strategy", "戦略", "Strategy", path="kpi:edition/dct:isVersionOf/skos:prefLabel"),
        _EDITION,
        _INDICATOR,
        _INDICATOR_LABEL,
        Column("department", "担当部署", "Department", path="kpi:indicator/kpi:department/skos:prefLabel"),
        Column("observation", "記載", "Statement", "iri", required=True),
        Column("role", "区分", "Role", "baseline|actual|target", NS + "role", CODE + "role-{role}", required=True),
        Column("period_text", "期間（原文）", "Period as printed", "text", NS + "statedPeriod"),
        Column("period_start", "期間の初日", "First day", "date", path="sd:refPeriod/kpi:startDate"),
        Column("period_end", "期間の末日", "Last day", "date", path="sd:refPeriod/kpi:endDate"),
        Column(
            "aggregation",
            "集計",
            "Aggregation",
            "period|as-of|average|cumulative|cumulative-to-date|each-year",
            NS + "aggregation",
            CODE + "agg-{aggregation}",
        ),
        Column("value_text", "値（原文）", "Value as printed", "text", NS + "statedValue"),
        Column(
            "value_form",
            "値の形",
            "Form of value",
            "absolute|relative|qualitative|missing|range|ratio",
            NS + "valueForm",
            CODE + "form-{value_form}",
            required=True,
        ),
        Column(
            "value",
            "値",
            "Value",
            "decimal",
            PREFIXES["sm"] + "obsValue",
            note_ja="小数点以下の桁数は原文のまま。相対・定性・記載なしでは空欄",
            note_en="With as many decimals as printed; empty for relative, qualitative and missing values",
        ),
        Column(
            "comparator",
            "比較",
            "Comparator",
            "exact|at-least|at-most|less-than|more-than",
            NS + "comparator",
            CODE + "cmp-{comparator}",
        ),
        Column("maintenance", "維持", "Maintenance", "boolean", NS + "maintenance"),
        Column("relative_change", "増減率", "Relative change", "decimal", NS + "relativeChange"),
        Column(
            "relative_to_period",
            "増減の基準期間",
            "Relative to period",
            "text",
            path="kpi:relativeToPeriod",
            note_ja="期間のIRIの末尾。cy2013 は平成25年、fy2015 は平成27年度",
            note_en="Last segment of the period's IRI: cy2013 is the year 2013, fy2015 the fiscal year from April 2015",
        ),
        Column(
            "resolved_value",
            "相対目標の換算値",
            "Resolved value",
            "decimal",
            path="^kpi:resolves/sm:obsValue",
            note_ja="相対的な目標を基準の値から計算した数。単位は unit",
            note_en="What a relative target comes to, computed from its reference, in the unit of `unit`",
        ),
        Column("unit_text", "単位（原文）", "Unit as printed", "text", NS + "statedUnit"),
        Column("unit", "単位", "Unit", "iri", NS + "unit", "{+unit}"),
        Column("base_value", "基準単位での値", "Value in the base unit", "decimal", NS + "baseValue"),
        Column("base_unit", "基準単位", "Base unit", "iri", PREFIXES["sa"] + "unitMeasure", "{+base_unit}"),
        Column("source_document", "出典", "Source document", path="prov:wasDerivedFrom/oa:hasSource/dct:title"),
        _SOURCE_LINES,
        Column(
            "corrected",
            "訂正",
            "Corrected",
            "boolean",
            required=True,
            path="prov:wasRevisionOf",
            note_ja="承認された訂正によって原文と違う読み方をしたもの",
            note_en="true where an accepted correction makes the reading differ from what is printed",
        ),
        Column("minimum_value", "範囲の下限", "Lower end", "decimal", NS + "minimumValue"),
        Column("maximum_value", "範囲の上限", "Upper end", "decimal", NS + "maximumValue"),
        Column("numerator", "比の分子", "Numerator", "decimal", NS + "numerator"),
        Column("denominator", "比の分母", "Denominator", "decimal", NS + "denominator"),
        Column("former_value_text", "変更前の値（原文）", "Former value as printed", "text", NS + "formerStatedValue"),
        Column("former_value", "変更前の値", "Former value", "decimal", NS + "formerValue"),
        Column("revised", "変更の時期の末日", "Revised by", "date", path="kpi:revisedIn/kpi:endDate"),
        Column(
            "due",
            "期限",
            "Due",
            "date",
            path="kpi:due/kpi:endDate",
            note_ja="文章の目標が果たされるべき期間の最後の日",
            note_en="Last day of the period by which a milestone in words is to be reached",
        ),
        Column(
            "missing_reason",
            "値がない理由",
            "Reason for no value",
            "not-available|not-set|undecided|pending|not-conducted|not-applicable|suppressed|see-note",
            NS + "missingReason",
            CODE + "missing-{missing_reason}",
        ),
        Column("notes", "注記", "Notes", "text", path="skos:note"),
        Column("ratio_value", "比の値", "Value of the ratio", "decimal", NS + "ratioValue"),
        Column(
            "observation_status",
            "値の状態",
            "Observation status",
            "A|E|P|M",
            PREFIXES["sa"] + "obsStatus",
            PREFIXES["sc"] + "obsStatus-{observation_status}",
            note_ja="SDMXの状態。A は通常、E は推計・見込み・概数、P は速報値・暫定値、M は値なし",
            note_en="SDMX status: A normal, E estimated or expected, P provisional, M no value",
        ),
    ),
    key=("observation",),
    about="{+observation}",
    refers_to="assessments",
)

LISTINGS = Table(
    "listings",
    "指標の位置：どの目標・方向・施策の下にあるか。一つの掲載につき一行",
    "Where indicators stand: goal, direction and measure, one row a listing",
    (
        _MUNICIPALITY_CODE,
        _EDITION,
        _INDICATOR,
        Column("goal_number", "基本目標の番号", "Goal number", path="kpi:placement/kpi:under/kpi:under/skos:notation"),
        Column("goal_label", "基本目標", "Goal", path="kpi:placement/kpi:under/kpi:under/kpi:places/skos:prefLabel"),
        Column(
            "direction_number", "基本的方向の番号", "Direction number", path="kpi:placement/kpi:under/skos:notation"
        ),
        Column(
            "direction_label", "基本的方向", "Basic direction", path="kpi:placement/kpi:under/kpi:places/skos:prefLabel"
        ),
        Column("measure_number", "施策の番号", "Measure number", path="kpi:placement/skos:notation"),
        Column("measure_label", "施策", "Measure", path="kpi:placement/kpi:places/skos:prefLabel"),
        Column("relisted", "再掲", "Listed again", "boolean", NS + "relisted"),
        replace(_SOURCE_LINES, kind="[1-9][0-9]*( [1-9][0-9]*)*"),  # in the key, where readers take no lists
    ),
    key=("municipality_code", "edition", "indicator", "goal_label", "direction_label", "measure_label", "source_lines"),
    refers_to="assessments",
)

ASSESSMENTS = Table(
    "assessments",
    "目標の達成状況。指標と版につき一行",
    "How the latest actual stands to the target, one row an indicator and edition",
    (
        _MUNICIPALITY_CODE,
        _EDITION,
        _INDICATOR,
        _INDICATOR_LABEL,
        Column(
            "status", "状況", "Status", "met|notmet|inprogress|notassessable", NS + "status", CODE + "status-{status}"
        ),
        Column("reason", "理由", "Reason", "text", NS + "reason", CODE + "reason-{reason}"),
        Column("progress_ratio", "進捗率", "Progress ratio", "decimal", NS + "progressRatio"),
        Column("achievement_ratio", "達成率", "Achievement ratio", "decimal", NS + "achievementRatio"),
        Column("cumulative_share", "累計の達成割合", "Cumulative share", "decimal", NS + "cumulativeShare"),
        Column("elapsed_share", "経過した期間の割合", "Elapsed share", "decimal", NS + "elapsedShare"),
        Column(
            "desired_direction",
            "望ましい方向",
            "Desired direction",
            "increase|decrease|maintain|unknown",
            NS + "desiredDirection",
            CODE + "dir-{desired_direction}",
        ),
        Column(
            "direction_basis",
            "方向の根拠",
            "Basis of direction",
            "stated|curated|inferred",
            NS + "directionBasis",
            CODE + "basis-{direction_basis}",
        ),
        Column("method", "方法", "Method", "text", NS + "method", CODE + "method-{method}"),
    ),
    key=_EDITION_KEY,
)

TABLES = (OBSERVATIONS, LISTINGS, ASSESSMENTS)


def file_name(table: Table) -> str:
    """Return the name of the published table."""
    return f"{table.name}.csv"


def spreadsheet_name(table: Table) -> str:
    """Return the name of its other copy, with a byte order mark: Excel takes a CSV file without one for Shift_JIS."""
    return f"{table.name}-excel.csv"


def metadata_name(table: Table) -> str:
    """Return the name of the description beside the table, where CSVW looks for it."""
    return f"{table.name}.csv-metadata.json"


def metadata() -> bytes:
    """Return the description of the three tables, as it stands beside each of them."""
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "ja"}],
        "dialect": {"header": True, "delimiter": ",", "encoding": "utf-8", "lineTerminators": ["\r\n"]},
        "dc:description": _both(
            "空欄は「記載なし」。表計算ソフトが式とみなす文字列（= + - @ などで始まり、数や棒線だけでないもの）には、"
            "前に ' を付けた。",
            "An empty cell means not stated. A text that a spreadsheet would take for a formula (one that begins with "
            "= + - @ and the like, and is neither a number nor mere dashes) has an apostrophe before it.",
        ),
        "tables": [_table(t) for t in TABLES],
    }
    return (json.dumps(group, ensure_ascii=False, indent=2) + "\n").encode()


def _table(table: Table) -> dict[str, object]:
    schema: dict[str, object] = {
        "columns": [_column(c) for c in table.columns],
        "primaryKey": list(table.key),
    }
    if table.about:
        schema["aboutUrl"] = table.about
    if table.refers_to:
        referred = next(t for t in TABLES if t.name == table.refers_to)
        reference = {"resource": file_name(referred), "columnReference": list(_EDITION_KEY)}
        schema["foreignKeys"] = [{"columnReference": list(_EDITION_KEY), "reference": reference}]
    return {"url": file_name(table), "dc:title": _both(table.ja, table.en), "tableSchema": schema}


def _column(column: Column) -> dict[str, object]:
    described: dict[str, object] = {
        "name": column.name,
        # The header's own word comes first: a processor compares the header with the titles.
        "titles": {"ja": [column.name, column.ja], "en": [column.name, column.en]},
        "datatype": _DATATYPES.get(column.kind) or {"base": "string", "format": f"({column.kind})"},
        "required": column.required,
    }
    if column.kind == "lines":
        described["separator"] = " "
        described["ordered"] = True
    if column.property:
        described["propertyUrl"] = column.property
    if column.value:
        described["valueUrl"] = column.value
    if column.path:
        described["skos:note"] = column.path
    if column.note_ja:
        described["dc:description"] = _both(column.note_ja, column.note_en)
    return described


def _both(ja: str, en: str) -> list[dict[str, str]]:
    return [{"@value": ja, "@language": "ja"}, {"@value": en, "@language": "en"}]
