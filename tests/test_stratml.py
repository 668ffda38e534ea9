"""The StratML document keeps to the schema, and reading it back gives the tables: nothing is dropped in silence."""

import copy
import csv
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sample
from pyoxigraph import Literal, NamedNode, Quad

from kpigraph import answers, stratml
from kpigraph.prefixes import expand
from kpigraph.problems import SourceError, UsageError
from kpigraph.releases import current_release
from kpigraph.store import embedded
from kpigraph.store.embedded import EmbeddedStore

NS = f"{{{stratml.NAMESPACE}}}"
EDITION_2016, EDITION_2021 = f"{sample.EDITION}edition", f"{sample.BASE}id/lg/012068/doc/plan/2021/edition"

# The schema PerformancePlanOrReport 2.2.6 (2016-02-16), as far as it is used: the children of each element in their
# order, with ? for at most one, * for any number, + for at least one, ! for exactly one; what has none holds text.
CHILDREN = {
    "PerformancePlanOrReport": "Name! Description? OtherInformation? StrategicPlanCore! AdministrativeInformation? "
    "Submitter?",
    "StrategicPlanCore": "Organization* Vision? Mission? Value* Goal+",
    "Organization": "Name? Acronym? Identifier? Description? Stakeholder*",
    "Goal": "Name! Description! Identifier? SequenceIndicator? Stakeholder* OtherInformation? Objective*",
    "Objective": "Name? Description? Identifier? SequenceIndicator? Stakeholder* OtherInformation? "
    "PerformanceIndicator*",
    "PerformanceIndicator": "SequenceIndicator? MeasurementDimension! UnitOfMeasurement! Identifier? Relationship* "
    "MeasurementInstance* OtherInformation?",
    "Relationship": "Identifier? ReferentIdentifier* Name? Description?",
    "MeasurementInstance": "TargetResult* ActualResult*",
    "TargetResult": "StartDate? EndDate? NumberOfUnits? Descriptor? Description?",
    "ActualResult": "StartDate? EndDate? NumberOfUnits? Descriptor? Description?",
    "Descriptor": "DescriptorName? DescriptorValue?",
    "Stakeholder": "Name! Description? Role*",
    "Role": "Name! Description? RoleType?",
    "AdministrativeInformation": "Identifier? StartDate? EndDate? PublicationDate? Source?",
}
ATTRIBUTES = {
    "PerformancePlanOrReport": {"Type": {"Strategic_Plan", "Performance_Plan", "Performance_Report"}},
    "PerformanceIndicator": {"PerformanceIndicatorType": {"Quantitative", "Qualitative"}},
    "Relationship": {"RelationshipType": {"Broader_Than", "Peer_To", "Narrower_Than"}},
    "Stakeholder": {"StakeholderTypeType": {"Person", "Organization", "Generic_Group"}},
}
SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
TEXTS = {  # of the elements that may not hold any text
    "Identifier": r"[A-Za-z_][A-Za-z0-9._-]*",
    "StartDate": r"\d{4}-\d\d-\d\d",
    "EndDate": r"\d{4}-\d\d-\d\d",
    "PublicationDate": r"\d{4}-\d\d-\d\d",
    "NumberOfUnits": r"-?\d+(\.\d+)?",
    "RoleType": "Performer|Beneficiary",
    "Source": r"https?://\S+",
}


def faults(root: ET.Element) -> list[str]:
    """Return where a document breaks the schema."""
    found = []
    for element in root.iter():
        name = element.tag.removeprefix(NS)
        if name == element.tag:
            found.append(f"{name}: not in the namespace")
        children = [child.tag.removeprefix(NS) for child in element]
        model = CHILDREN.get(name, "").split()
        pattern = "".join(f"({e[:-1]} )" + {"!": "", "?": "?", "*": "*", "+": "+"}[e[-1]] for e in model)
        if not re.fullmatch(pattern, "".join(f"{child} " for child in children)):
            found.append(f"{name}: {children}")
        if children and (element.text or "").strip():
            found.append(f"{name}: text beside elements")
        for attribute, value in element.attrib.items():
            if attribute != SCHEMA_LOCATION and value not in ATTRIBUTES.get(name, {}).get(attribute, set()):
                found.append(f"{name}: {attribute}={value}")
        if name in TEXTS and not re.fullmatch(TEXTS[name], element.text or ""):
            found.append(f"{name}: {element.text!r}")
    identifiers = [e.text for e in root.iter(f"{NS}Identifier")]
    if len(identifiers) != len(set(identifiers)):
        found.append("an identifier stands twice")
    if root.tag != f"{NS}PerformancePlanOrReport" or "Type" not in root.attrib:
        found.append("not a plan or report")
    return found


def text(element: ET.Element, path: str) -> str:
    found = element.find("/".join(NS + step for step in path.split("/")))
    return "" if found is None else found.text or ""


def lines(element: ET.Element, name: str) -> dict[str, str]:
    """Return the `name: value` lines of a child element."""
    pairs = (line.partition(": ") for line in text(element, name).split("\n") if ": " in line)
    return {name: _unescaped(value) for name, _, value in pairs}


def _unescaped(value: str) -> str:
    return re.sub(r"\\([nr\\])", lambda m: {"n": "\n", "r": "\r", "\\": "\\"}[m[1]], value)


def each(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return element.iter(NS + name)


def table(publication: Path, name: str) -> list[dict[str, str]]:
    with (publication / "current" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---- the real publication


def exported(out: Path, form: str, edition: str = "") -> bytes:
    with answers.exported(out, form, edition) as file:
        return file.read()


@pytest.fixture(scope="module")
def report(publication: Path) -> ET.Element:
    return ET.fromstring(exported(publication, "stratml"))


def test_it_keeps_to_the_schema(report: ET.Element) -> None:
    assert faults(report) == []
    assert report.attrib["Type"] == "Performance_Report"


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda r: r.find(f".//{NS}Goal").remove(r.find(f".//{NS}Goal/{NS}Name")), "Goal: "),
        (lambda r: r.find(f".//{NS}NumberOfUnits").__setattr__("text", "117,779"), "NumberOfUnits: '117,779'"),
        (lambda r: r.find(f".//{NS}EndDate").__setattr__("text", "H27"), "EndDate: 'H27'"),
        (lambda r: r.find(f".//{NS}Objective").append(ET.Element(f"{NS}Name")), "Objective: "),
        (lambda r: r.find(f".//{NS}Goal").append(ET.Element("Objective")), "Objective: not in the namespace"),
        (lambda r: r.find(f".//{NS}Goal/{NS}Identifier").__setattr__("text", "lg-012068"), "stands twice"),
        (lambda r: r.attrib.update(Type="Report"), "Type=Report"),
    ],
)
def test_the_check_against_the_schema_finds_faults(report: ET.Element, break_it: object, said: str) -> None:
    broken = copy.deepcopy(report)
    break_it(broken)  # type: ignore[operator]
    assert any(said in fault for fault in faults(broken))


def test_goals_directions_and_measures_are_those_of_the_table(report: ET.Element, publication: Path) -> None:
    found = set()
    for goal in each(report, "Goal"):
        above = {}
        for objective in each(goal, "Objective"):
            known = lines(objective, "OtherInformation")
            own = (text(objective, "SequenceIndicator").split("-")[-1], text(objective, "Name"))
            if known["level"] == "BasicDirection":
                assert known["under"] == text(goal, "Identifier")
                above[text(objective, "Identifier")] = own
                continue
            for indicator in each(objective, "PerformanceIndicator"):
                other = lines(indicator, "OtherInformation")
                found.add(
                    (
                        (text(goal, "SequenceIndicator"), text(goal, "Name")),
                        above[known["under"]],
                        own,
                        other["iri"],
                        other.get("relisted", "false"),
                        other["source_lines"],
                    )
                )
    rows = table(publication, "listings")
    expected = {
        (
            (r["goal_number"], r["goal_label"]),
            (r["direction_number"], r["direction_label"]),
            (r["measure_number"], r["measure_label"]),
            r["indicator"],
            r["relisted"],
            r["source_lines"],
        )
        for r in rows
    }
    assert found == expected
    assert len(rows) == len(expected) == 87
    objectives = [lines(o, "OtherInformation")["level"] for o in each(report, "Objective")]
    assert (objectives.count("BasicDirection"), objectives.count("Measure")) == (24, 55)
    assert len(list(each(report, "Goal"))) == 5


def test_baselines_actuals_and_targets_are_those_of_the_table(report: ET.Element, publication: Path) -> None:
    expected = {row["observation"].rsplit("/", 1)[1]: row for row in table(publication, "observations")}
    units = {label for i in each(report, "PerformanceIndicator") for label in text(i, "UnitOfMeasurement").split(" / ")}
    assert {"トン", "万円", "件", "%"} <= units
    found = []
    for indicator in each(report, "PerformanceIndicator"):
        for name in ("TargetResult", "ActualResult"):
            for result in each(indicator, name):
                known = lines(result, "Description")
                row = expected[known["observation"]]
                found.append(known["observation"])
                assert (name == "TargetResult") == (row["role"] == "target")
                assert row["indicator"] == lines(indicator, "OtherInformation")["iri"]
                assert row["indicator_label"] == text(indicator, "MeasurementDimension")
                assert row["department"] == lines(indicator, "OtherInformation")["department"]
                assert row["period_start"] == text(result, "StartDate")
                assert row["period_end"] == text(result, "EndDate")
                units_ = text(result, "NumberOfUnits")
                assert (Decimal(units_) if units_ else None) == (Decimal(row["value"]) if row["value"] else None)
                for column in (
                    "role", "period_text", "value_text", "unit_text", "unit", "value_form", "comparator", "aggregation",
                    "relative_change", "relative_to_period", "resolved_value", "base_value", "base_unit",
                    "source_lines",
                ):  # fmt: skip
                    assert known.get(column, "") == row[column], (column, known)
                assert known.get("maintenance", "false") == (row["maintenance"] or "false")
                assert known.get("corrected", "false") == row["corrected"]
                if row["value_form"] == "qualitative":
                    assert text(result, "Descriptor/DescriptorValue") == row["value_text"]
    assert sorted(found) == sorted(expected)  # each once
    assert len(found) == 225


def test_assessments_are_those_of_the_table(report: ET.Element, publication: Path) -> None:
    found = {}
    for indicator in each(report, "PerformanceIndicator"):
        known = lines(indicator, "OtherInformation")
        if "status" in known:
            assert known["iri"] not in found
            found[known["iri"]] = known
    rows = table(publication, "assessments")
    assert found.keys() == {r["indicator"] for r in rows}
    for row in rows:
        for column in row.keys() - {"municipality_code", "edition", "indicator", "indicator_label"}:
            assert found[row["indicator"]].get(column, "") == row[column], column


def test_an_indicator_listed_again_leads_to_its_figures_and_repeats_none(report: ET.Element) -> None:
    by_identifier = {text(i, "Identifier"): i for i in each(report, "PerformanceIndicator")}
    again = [i for i in by_identifier.values() if i.find(f"{NS}Relationship") is not None]
    assert len(again) == 87 - 75
    for indicator in again:
        first = by_identifier[text(indicator, "Relationship/ReferentIdentifier")]
        assert indicator.find(f"{NS}MeasurementInstance") is None
        assert first.find(f"{NS}MeasurementInstance") is not None
        assert lines(first, "OtherInformation")["iri"] == lines(indicator, "OtherInformation")["iri"]


def test_a_measurement_instance_is_of_one_period(report: ET.Element) -> None:
    for indicator in each(report, "PerformanceIndicator"):
        periods = []
        for instance in each(indicator, "MeasurementInstance"):
            of_instance = {lines(r, "Description")["period_text"] for r in instance}
            assert len(of_instance) == 1
            periods.append((text(instance[0], "EndDate"), text(instance[0], "StartDate"), *of_instance))
        assert periods == sorted(set(periods))
    shared = [i for i in each(report, "MeasurementInstance") if len(i) > 1]
    assert shared  # 不読書率 has baseline and actual for one year


def test_what_stratml_cannot_say_is_listed_with_its_counts(report: ET.Element, publication: Path) -> None:
    told = text(report, "OtherInformation")
    rows = table(publication, "observations")
    counts = {
        "comparators": sum(r["comparator"] not in ("", "exact") for r in rows),
        "to be maintained": sum(r["maintenance"] == "true" for r in rows),
        "relative values": sum(r["value_form"] == "relative" for r in rows),
        "printed as a dash": sum(r["value_form"] == "missing" for r in rows),
        "averages": sum(r["aggregation"] not in ("", "period") for r in rows),
        "baselines": 75,
        "listed again (": 12,
        "corrections": 8,
        "assessments": 75,
        "level between": 24,
        "without a beginning": sum(not r["period_start"] for r in rows),
        "with a factor": sum(
            bool(r["value"]) and Decimal(r["value"]) * 1 != Decimal(r["base_value"] or r["value"]) for r in rows
        ),
    }
    for words, count in counts.items():
        (line,) = [x for x in told.splitlines() if x.startswith("- ") and words in x]
        number = int(line.rsplit(": ", 1)[1])
        if words == "with a factor":
            assert number >= count > 0  # a zero is the same in any unit
        else:
            assert number == count, line
    for line in told.splitlines():
        if line.startswith("- "):
            ja, _, en = line.partition(" / ")
            assert re.search("[ぁ-ん一-龥]", ja)
            assert re.search("[a-z]{4}", en)


def test_every_property_is_in_the_document_or_known_to_be_left_to_the_graph(publication: Path) -> None:
    """A property that the model gains later must not vanish from the export unnoticed."""
    given = [
        "kpi:edition", "kpi:indicator", "kpi:role", "kpi:statedPeriod", "kpi:statedValue", "kpi:statedUnit",
        "kpi:statedLabel", "kpi:valueForm", "kpi:comparator", "kpi:maintenance", "kpi:aggregation",
        "kpi:aggregationBasis", "kpi:precision", "sd:refPeriod", "sm:obsValue", "sa:obsStatus", "kpi:unit",
        "sa:unitMeasure", "kpi:baseValue", "prov:wasDerivedFrom", "prov:wasRevisionOf", "kpi:relativeChange",
        "kpi:absoluteChange", "kpi:relativeTo", "kpi:relativeToPeriod", "kpi:ambiguity", "kpi:possibleValue",
        "kpi:intent", "kpi:unresolvedReason", "kpi:resolves", "kpi:places", "kpi:under", "skos:notation",
        "kpi:relistMarker", "kpi:order", "kpi:placement", "kpi:relisted", "kpi:department", "kpi:status",
        "kpi:reason", "kpi:progressRatio", "kpi:achievementRatio", "kpi:cumulativeShare", "kpi:elapsedShare",
        "kpi:desiredDirection", "kpi:directionBasis", "kpi:method", "kpi:corrects", "kpi:property",
        "kpi:originalText", "kpi:correctedText", "kpi:reasonCode", "skos:note", "kpi:evidence",
        "prov:endedAtTime", "kpi:conflicting", "rdfs:label", "kpi:minimumValue", "kpi:maximumValue", "kpi:numerator",
        "kpi:denominator", "kpi:formerStatedValue", "kpi:formerValue", "kpi:revisedIn", "kpi:due", "kpi:missingReason",
    ]  # fmt: skip
    left = {
        "rdf:type": "told by the element",
        "kpi:underMeasure": "told by the objective it stands in",
        "kpi:statedDepartment": "the printed form of the department's label",
        "kpi:ofBaseline kpi:ofActual kpi:ofTarget": "told by the roles of the results",
        "qb:dataSet sd:refArea sa:unitMult sa:decimals": "the same for all, or told by the unit or the printed value",
        "prov:wasGeneratedBy prov:wasAssociatedWith prov:used": "who and by which run: in the graph",
        "kpi:unanchored": "told by period: dur-P2Y",
    }
    known = {expand(name) for name in [*given, *(n for names in left for n in names.split())]}
    release = current_release(publication)
    assert release is not None
    store = embedded.open_read_only(release.store)
    classes = "kpi:Statement kpi:Listing kpi:Placement kpi:Assessment kpi:Correction kpi:Conflict kpi:ResolvedTarget"
    query = f"SELECT DISTINCT ?p {{ VALUES ?c {{ {classes} }} ?s a ?c ; ?p ?o }}"
    found = {row["p"].value for row in store.select(query, everywhere=True)}  # type: ignore[union-attr]
    store.close()
    assert found - known == set()


def test_corrections_say_what_was_printed_and_why(report: ET.Element) -> None:
    told = [t for e in report.iter() for t in (e.text or "").split("\n") if t.startswith("correction: ")]
    assert len(told) >= 8
    assert any("人 → %" in line for line in told)
    notes = [t for e in report.iter() for t in (e.text or "").split("\n") if t.startswith("correction_note_ja: ")]
    assert len(notes) == len(told)


def test_the_same_release_gives_the_same_bytes(publication: Path) -> None:
    assert exported(publication, "stratml") == exported(publication, "stratml")


def test_dates_are_dates(report: ET.Element) -> None:
    for name in ("StartDate", "EndDate"):
        for element in each(report, name):
            date.fromisoformat(element.text or "")
    for result in (*each(report, "TargetResult"), *each(report, "ActualResult")):
        if text(result, "StartDate"):
            assert text(result, "StartDate") <= text(result, "EndDate")


# ---- the command


def run(*args: str | Path, lang: str = "en") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "KPIGRAPH_LANG": lang}
    command = [sys.executable, "-m", "kpigraph", "export", *map(str, args)]
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)


def test_the_command_writes_the_document(publication: Path, tmp_path: Path) -> None:
    expected = exported(publication, "stratml")
    assert run("stratml", "--store", publication).stdout == expected
    assert run("stratml", "--store", publication, "--edition", "2016", "-o", tmp_path / "x.xml").returncode == 0
    assert (tmp_path / "x.xml").read_bytes() == expected


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["stratml", "--edition", "1999"], "doc/sogo-senryaku-kpi/2016/edition"),
        (["stratml", "--edition", "x> } #"], "name one edition"),
        (["turtle", "--edition", "2016"], "--edition"),
        (["stratl"], "stratml"),
    ],
)
def test_a_wrong_call_is_told_what_there_is(publication: Path, args: list[str], said: str) -> None:
    done = run(*args, "--store", publication)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""
    japanese = run(*args, "--store", publication, lang="ja").stderr.decode()
    assert re.search("[ぁ-ん一-龥]", japanese)


# ---- several editions, odd input


def stored(folder: Path, quads: list[Quad], default_graphs: tuple[str, ...] = sample.DEFAULT_GRAPHS) -> EmbeddedStore:
    with embedded.create(folder, quads):
        pass
    return embedded.open_read_only(folder, default_graphs)


def asserted(subject: str, name: str, value: Literal | NamedNode) -> Quad:
    graph = NamedNode(sample.DEFAULT_GRAPHS[0])
    return Quad(NamedNode(f"{sample.EDITION}{subject}"), NamedNode(expand(name)), value, graph)


def test_without_being_asked_it_is_the_current_edition(tmp_path: Path) -> None:
    store = stored(tmp_path, sample.quads())
    assert stratml.choose(store) == EDITION_2016
    assert stratml.choose(store, "2021") == stratml.choose(store, EDITION_2021) == EDITION_2021
    every = stored(tmp_path / "all", sample.quads(), default_graphs=())
    with pytest.raises(UsageError) as caught:
        stratml.choose(every)
    assert EDITION_2016 in caught.value.messages["en"]
    assert EDITION_2021 in caught.value.messages["ja"]


def test_an_edition_whose_graphs_are_not_default_graphs_can_be_had_too(tmp_path: Path) -> None:
    now = stratml.document(stored(tmp_path / "now", sample.quads()), EDITION_2016)
    others = (f"{sample.BASE}graph/lg/012068/doc/plan/2021/asserted",)
    later = stored(tmp_path / "later", sample.quads(), default_graphs=others)
    assert stratml.choose(later) == EDITION_2021
    assert stratml.document(later, stratml.choose(later, "2016")) == now


def test_the_sample_has_a_baseline_that_ends_nowhere_and_an_indicator_without_figures(tmp_path: Path) -> None:
    root = ET.fromstring(stratml.document(stored(tmp_path, sample.quads()), EDITION_2016))
    assert faults(root) == []
    assert any("始まりまたは終わりのない期間" in x for x in text(root, "OtherInformation").splitlines())


def with_label(label: str) -> list[Quad]:
    """Return the sample with another label, printed text and value for some of its things."""
    name, value = NamedNode(expand("skos:prefLabel")), Literal(label, language="ja")
    quads = [q for q in sample.quads() if not (q.predicate == name and q.subject.value.endswith("measure-m"))]  # type: ignore[union-attr]
    subject = NamedNode(f"{sample.BASE}id/lg/012068/measure-m")
    return [
        *quads,
        Quad(subject, name, value, NamedNode(sample.DEFAULT_GRAPHS[0])),
        asserted("place-m", "kpi:statedLabel", Literal(label)),
        *(
            asserted(s.rsplit("/", 1)[1], "kpi:intent", Literal(f"x-{label}"))
            for s in {q.subject.value for q in quads if q.object == NamedNode(expand("kpi:Target"))}  # type: ignore[union-attr]
            if s.startswith(sample.EDITION)
        ),
    ]


@pytest.mark.parametrize(
    "label",
    [
        "<b>&amp;]]>\"'",
        "a\r\nb\rc\nd\te",
        "role: target\nrole: actual",
        "\\n",
        "あ" * 300_000,
        " 前後 ",
        "𩸽",
        "--><!--",
    ],
    ids=["markup", "breaks", "lines", "backslash", "long", "blanks", "rare", "comment"],
)
def test_odd_texts_survive(tmp_path: Path, label: str) -> None:
    root = ET.fromstring(stratml.document(stored(tmp_path, with_label(label)), EDITION_2016))
    assert faults(root) == []
    (measure,) = [o for o in each(root, "Objective") if text(o, "Identifier") == "place-m"]
    assert text(measure, "Name") == text(measure, "Description") == label
    intents = [lines(r, "Description")["intent"] for r in each(root, "TargetResult")]
    assert set(intents) == {label}  # what stands in a `name: value` line comes back whole


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1f", "\ufffe"])
def test_a_character_that_xml_cannot_hold_is_told_and_not_dropped(tmp_path: Path, bad: str) -> None:
    with pytest.raises(SourceError) as caught:
        stratml.document(stored(tmp_path, with_label(f"a{bad}b")), EDITION_2016)
    assert {p.code for p in caught.value.problems} == {"text.control"}


@pytest.mark.parametrize(
    "more",
    [
        [asserted("place-g", "kpi:under", NamedNode(f"{sample.EDITION}place-m"))],  # a ring
        [asserted("place-m", "kpi:under", NamedNode(f"{sample.EDITION}place-none"))],  # two places above
        [
            asserted("st-lost-t", "rdf:type", NamedNode(expand("kpi:Statement"))),
            asserted("st-lost-t", "kpi:edition", NamedNode(EDITION_2016)),
            asserted("st-lost-t", "kpi:role", NamedNode(expand("c:role-target"))),
            asserted("st-lost-t", "kpi:indicator", NamedNode(f"{sample.BASE}id/lg/012068/kpi-lost")),
        ],
        [
            asserted("listing-lost-1", "rdf:type", NamedNode(expand("kpi:Listing"))),
            asserted("listing-lost-1", "kpi:edition", NamedNode(EDITION_2016)),
        ],
    ],
    ids=["ring", "two above", "statement", "listing"],
)
def test_what_stands_outside_the_plan_stops_the_export(tmp_path: Path, more: list[Quad]) -> None:
    with pytest.raises((ValueError, UsageError), match=r"outside the plan|goals|目標"):
        stratml.document(stored(tmp_path, [*sample.quads(), *more]), EDITION_2016)


def test_an_edition_that_is_not_there_or_has_no_goals(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        stratml.document(stored(tmp_path / "a", sample.quads()), f"{sample.BASE}id/none")
    place = NamedNode(expand("kpi:Placement"))
    listing = NamedNode(expand("kpi:Listing"))
    bare = [q for q in sample.quads() if q.object not in (place, listing)]
    with pytest.raises(UsageError, match=r"\S"):
        stratml.document(stored(tmp_path / "b", bare), EDITION_2016)


def test_in_one_period_the_target_stands_first(tmp_path: Path) -> None:
    period, printed = NamedNode(expand("sd:refPeriod")), NamedNode(expand("kpi:statedPeriod"))
    same = {period: NamedNode(f"{sample.BASE}id/period/cy2015"), printed: Literal("H27年")}
    quads = [Quad(q.subject, q.predicate, same.get(q.predicate, q.object), q.graph_name) for q in sample.quads()]
    root = ET.fromstring(stratml.document(stored(tmp_path, quads), EDITION_2016))
    assert faults(root) == []
    assert any(len({r.tag for r in instance}) == 2 for instance in each(root, "MeasurementInstance"))


def test_figures_directly_under_a_goal_are_kept(tmp_path: Path) -> None:
    name = NamedNode(expand("kpi:placement"))
    quads = [q for q in sample.quads() if q.predicate != name]
    quads += [
        Quad(q.subject, name, NamedNode(q.subject.value.rsplit("/", 1)[0] + "/place-g"), q.graph_name)  # type: ignore[union-attr]
        for q in sample.quads()
        if q.predicate == name and q.subject.value.startswith(sample.EDITION)  # type: ignore[union-attr]
    ]
    root = ET.fromstring(stratml.document(stored(tmp_path, quads), EDITION_2016))
    assert faults(root) == []
    whole = ET.fromstring(stratml.document(stored(tmp_path / "as it is", sample.quads()), EDITION_2016))
    assert len(list(each(root, "PerformanceIndicator"))) == len(list(each(whole, "PerformanceIndicator")))
    assert list(each(root, "PerformanceIndicator"))
