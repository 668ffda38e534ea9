"""The real publication, broken in one place at a time: the shape that is meant for the fault finds it.

Each case is a mistake that a person, a program or a hurried merge makes. `FAULTS` is by shape; more than one fault of a
shape has a second word after the shape's name.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from mutation import Bench, Mutant, decimal, published_graph, term
from rdflib import Graph, Literal, URIRef

from kpigraph.config import resource_dir
from kpigraph.prefixes import SHAPES
from kpigraph.validate import ShapeResult, load_shapes

Fault = Callable[[Mutant], object]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    def keep(change: Fault) -> Fault:
        assert name not in FAULTS
        FAULTS[name] = change
        return change

    return keep


def lost(kind: str, prop: str, **where: str) -> Fault:
    return lambda m: m.lose(m.one(kind, prop, **where), prop)


def put(kind: str, prop: str, value: "Literal | URIRef | str", **where: str) -> Fault:
    return lambda m: m.put(m.one(kind, prop, **where), prop, value)


def more(kind: str, prop: str, value: "Literal | URIRef | str", **where: str) -> Fault:
    return lambda m: m.add(m.one(kind, prop, **where), prop, value)


def renamed(kind: str, was: str, now: str) -> Fault:
    def change(m: Mutant) -> None:
        s = m.one(kind)
        new = re.sub(was, now, s)
        assert new != s
        m.rename(s, new)

    return change


def undescribed(kind: str, **where: str) -> Fault:
    return lambda m: m.drop(m.one(kind, **where))


def text(value: str, lang: str | None = None) -> Literal:
    return Literal(value, lang)


def day(value: str) -> Literal:
    return Literal(value, datatype=term("xsd:date"))


OTHER = URIRef("https://data.example/other")
ABSOLUTE = {"valueForm": "c:form-absolute"}
RELATIVE = {"valueForm": "c:form-relative"}

FAULTS |= {
    # ---- what a statement has
    "Statement-indicator": lost("kpi:Statement", "kpi:indicator"),
    "Statement-edition": lost("kpi:Statement", "kpi:edition"),
    "Statement-role": more("kpi:Actual", "kpi:role", "c:role-target"),
    "Statement-statedValue": lost("kpi:Statement", "kpi:statedValue"),
    "Statement-statedValue number": put("kpi:Statement", "kpi:statedValue", Literal(5), **ABSOLUTE),
    "Statement-statedPeriod": put("kpi:Statement", "kpi:statedPeriod", text("")),
    "Statement-statedUnit": more("kpi:Statement", "kpi:statedUnit", text("千人")),
    "Statement-source": lost("kpi:Statement", "prov:wasDerivedFrom"),
    "Statement-valueForm": put("kpi:Statement", "kpi:valueForm", "c:form-number"),
    "Statement-comparator": put("kpi:Target", "kpi:comparator", text("以上")),
    "Statement-maintenance": put("kpi:Target", "kpi:maintenance", text("維持")),
    "Statement-aggregation": put("kpi:Statement", "kpi:aggregation", "c:agg-total"),
    "Statement-closed": lambda m: m.add(m.one("kpi:Actual"), "sm:obsvalue", decimal("5")),
    "Statement-iri": renamed("kpi:Target", "st-.*", "目標"),
    "Statement-kind": more("kpi:Baseline", "rdf:type", "kpi:Target"),
    "Statement-general": lambda m: m.lose(m.one("kpi:Actual"), "rdf:type", "kpi:Statement"),
    "Baseline-role": put("kpi:Baseline", "kpi:role", "c:role-actual"),
    "Actual-role": put("kpi:Actual", "kpi:role", "c:role-target"),
    "Target-role": put("kpi:Target", "kpi:role", "c:role-baseline"),
    "Statement-obsValue": put("kpi:Actual", "sm:obsValue", Literal(67.3)),
    "Statement-refArea": put("kpi:Statement", "sd:refArea", "sac:C01206-20051011"),
    "Statement-refPeriod": put("kpi:Statement", "sd:refPeriod", text("H27年度")),
    "Statement-unit": put("kpi:Statement", "kpi:unit", text("人")),
    "Statement-unitMult": put("kpi:Actual", "sa:unitMult", Literal(4)),
    "Statement-decimals": put("kpi:Actual", "sa:decimals", Literal(-1)),
    "Statement-relativeChange": put("kpi:Target", "kpi:relativeChange", text("25%"), **RELATIVE),
    "Statement-facets": lost("kpi:Target", "kpi:comparator", **ABSOLUTE),
    "Statement-facets period": lost("kpi:Actual", "sd:refPeriod"),
    # ---- the cube
    "Observation-dataSet": more("kpi:Actual", "qb:dataSet", OTHER),
    "Observation-obsValue": lost("kpi:Actual", "sm:obsValue"),
    "Observation-refArea": lost("qb:Observation", "sd:refArea"),
    "Observation-unitMeasure": lost("qb:Observation", "sa:unitMeasure"),
    "Observation-baseValue": lost("kpi:Actual", "kpi:baseValue"),
    "Observation-obsStatus": put("qb:Observation", "sa:obsStatus", "sc:obsStatus-M"),
    "DataSet-structure": put("qb:DataSet", "qb:structure", OTHER),
    "DataSet-edition": lost("qb:DataSet", "dct:isPartOf"),
    # ---- the plan
    "Indicator-label": more("kpi:Indicator", "skos:prefLabel", text("別の名前", "ja")),
    "Indicator-label lost": lost("kpi:Indicator", "skos:prefLabel"),
    "Indicator-municipality": lost("kpi:Indicator", "kpi:municipality"),
    "Indicator-department": put("kpi:Indicator", "kpi:department", text("水産課")),
    "Indicator-desiredDirection": lambda m: m.add(m.one("kpi:Indicator"), "kpi:desiredDirection", "c:dir-up"),
    "Indicator-iri": renamed("kpi:Indicator", "kpi-.*", "kpi-水揚量"),
    "Listing-measure": lost("kpi:Listing", "kpi:underMeasure"),
    "Listing-placement": lost("kpi:Listing", "kpi:placement"),
    "Listing-order": put("kpi:Listing", "kpi:order", Literal(0)),
    "Listing-relisted": put("kpi:Listing", "kpi:relisted", text("再掲")),
    "Listing-statedLabel": lost("kpi:Listing", "kpi:statedLabel"),
    "Listing-department": lost("kpi:Listing", "kpi:department"),
    "Placement-notation": put("kpi:Placement", "skos:notation", Literal(1)),
    "Placement-relistMarker": lost("kpi:Placement", "kpi:relistMarker"),
    "PlanElement-general": lambda m: m.lose(m.one("kpi:Goal"), "rdf:type", "kpi:PlanElement"),
    "PlanElement-label": put("kpi:Measure", "skos:prefLabel", text("Promotion of fisheries", "en")),
    "BasicDirection-broader": lost("kpi:BasicDirection", "skos:broader"),
    "Measure-broader": lost("kpi:Measure", "skos:broader"),
    "Goal-broader": lambda m: m.add(m.all("kpi:Goal")[0], "skos:broader", m.all("kpi:Goal")[1]),
    "Department-label": lost("org:OrganizationalUnit", "skos:prefLabel"),
    "Department-unitOf": lost("org:OrganizationalUnit", "org:unitOf"),
    "Strategy-label": lost("kpi:Strategy", "skos:prefLabel"),
    "Edition-version": put("kpi:Edition", "dcat:version", Literal(2016)),
    "Edition-publisher": lost("kpi:Edition", "dct:publisher"),
    # ---- what all share
    "Municipality-code": put("kpi:Municipality", "org:identifier", Literal("12068", datatype=term("kpi:dantaiCode"))),
    "Municipality-check-digit": put(
        "kpi:Municipality", "org:identifier", Literal("012086", datatype=term("kpi:dantaiCode"))
    ),
    "Municipality-area-agrees": put("kpi:Municipality", "kpi:area", "sac:C01661"),  # 釧路町
    "Period-order": put("kpi:Period", "kpi:startDate", day("2099-04-01")),
    "Period-year": put("kpi:Period", "kpi:startDate", day("2015-04-02"), calendar="c:calendar-jfy"),
    "Period-ending": lambda m: m.put(
        m.to(p := m.one("kpi:Period", "kpi:startDate"), "time:hasEnd"), "time:inXSDDate", m.get(p, "kpi:endDate")
    ),
    "Period-ending year": lambda m: m.put(
        m.to(m.one("kpi:Period", calendar="c:calendar-jfy"), "time:hasEnd"), "time:inXSDDate", day("2039-04-01")
    ),
    "Period-extent": lost("kpi:Period", "kpi:endDate"),
    "Period-label-en": lambda m: m.lose(
        p := m.one("kpi:Period"), "skos:prefLabel", next(o for o in m.graph.objects(p) if o.n3().endswith("@en"))
    ),
    "Instant-date": put("time:Instant", "time:inXSDDate", Literal(2015)),
    "Unit-factor": put("kpi:Unit", "kpi:factor", decimal("0")),
    "Unit-factor-agrees": put("kpi:Unit", "kpi:factor", decimal("12")),
    "Unit-baseUnit": lost("kpi:Unit", "kpi:baseUnit"),
    # ---- where it comes from
    "SourceFile-checksum": lost("kpi:SourceFile", "spdx:checksum"),
    "SourceFile-mediaType": put("kpi:SourceFile", "dcat:mediaType", text("text/plain")),
    "Checksum-value": put(
        "spdx:Checksum", "spdx:checksumValue", Literal("D41D8CD98F00B204", datatype=term("xsd:hexBinary"))
    ),
    "SourceRow-order": put("kpi:SourceRow", "kpi:order", text("14行目")),
    "SourceRow-hash": put("kpi:SourceRow", "kpi:rowHash", text("0" * 32)),
    "SourceRow-selector": lost("kpi:SourceRow", "oa:hasSelector"),
    "publication-row-quoted": lambda m: m.cut(m.one("oa:TextQuoteSelector")),
    "FragmentSelector-value": lost("oa:FragmentSelector", "rdf:value"),
    "TextQuoteSelector-exact": lost("oa:TextQuoteSelector", "oa:exact"),
    # ---- corrections
    "Correction-originalText": lambda m: m.put(
        c := m.one("kpi:Correction"), "kpi:originalText", m.get(c, "kpi:correctedText")
    ),
    "Correction-reasonCode": put("kpi:Correction", "kpi:reasonCode", "c:cause-typo"),
    "Correction-evidence-en": lambda m: m.lose(
        c := m.one("kpi:Correction"),
        "kpi:evidence",
        next(o for o in m.graph.objects(c, term("kpi:evidence")) if o.n3().endswith("@en")),
    ),
    "Correction-agent": lost("kpi:Correction", "prov:wasAssociatedWith"),
    "Correction-decided": lost("kpi:Correction", "prov:endedAtTime", status="c:corr-accepted"),
    "Correction-not-accepted": put("kpi:Correction", "kpi:status", "c:corr-proposed", status="c:corr-accepted"),
    "PrintedReading-indicator": lambda m: m.add(m.one("kpi:PrintedReading"), "kpi:indicator", m.one("kpi:Indicator")),
    "PrintedReading-invalidatedAt": lost("kpi:PrintedReading", "prov:invalidatedAtTime"),
    # ---- what was computed
    "ResolvedTarget-obsStatus": put("kpi:ResolvedTarget", "sa:obsStatus", "sc:obsStatus-A"),
    "ResolvedTarget-statedValue": lambda m: m.add(m.one("kpi:ResolvedTarget"), "kpi:statedValue", text("1,216,060")),
    "ResolvedTarget-inputs": lambda m: m.lose(
        r := m.one("kpi:ResolvedTarget"), "prov:wasDerivedFrom", m.get(r, "kpi:resolves")
    ),
    "ResolvedTarget-observation": lambda m: m.lose(m.one("kpi:ResolvedTarget"), "rdf:type", "qb:Observation"),
    "DerivationRun-method": lost("kpi:DerivationRun", "kpi:method"),
    "Assessment-status": put("kpi:Assessment", "kpi:status", text("達成")),
    "Assessment-target": lost("kpi:Assessment", "kpi:ofTarget"),
    "Assessment-desiredDirection": lost("kpi:Assessment", "kpi:desiredDirection"),
    "Assessment-progressRatio": put("kpi:Assessment", "kpi:progressRatio", Literal(0.5)),
    "Assessment-elapsedShare": put("kpi:Assessment", "kpi:elapsedShare", decimal("20")),
    "Assessment-method": put("kpi:Assessment", "kpi:method", "c:progress"),
    "Assessment-figures": put("kpi:Assessment", "kpi:progressRatio", decimal("0.8391")),
    "Assessment-without-reason": lost("kpi:Assessment", "kpi:reason", status="c:status-notassessable"),
    "Assessment-without-actual": lost("kpi:Assessment", "kpi:ofActual", status="c:status-met"),
    # ---- what is referred to is there
    "publication-indicator-described": undescribed("kpi:Indicator"),
    "publication-unit-described": lambda m: m.drop(m.to(m.one("kpi:Actual", "kpi:unit"), "kpi:unit")),
    "publication-period-described": lambda m: m.drop(m.to(m.one("kpi:Actual", "sd:refPeriod"), "sd:refPeriod")),
    "publication-department-described": undescribed("org:OrganizationalUnit"),
    "publication-measure-described": undescribed("kpi:Measure"),
    "publication-placement-described": undescribed("kpi:Placement"),
    "publication-row-described": lambda m: m.drop(m.to(m.one("kpi:Actual"), "prov:wasDerivedFrom")),
    "publication-statement-described": lambda m: m.drop(m.to(m.one("kpi:Assessment"), "kpi:ofTarget")),
    "publication-edition-described": undescribed("kpi:Edition"),
    "publication-source-described": undescribed("kpi:SourceFile"),
    "publication-municipality-described": undescribed("kpi:Municipality"),
    "publication-printed-described": undescribed("kpi:PrintedReading"),
    "publication-selector-described": undescribed("oa:FragmentSelector"),
    "publication-row-coverage": lambda m: m.cut(m.one("kpi:Actual")),
    "publication-relative-target": lambda m: m.cut(m.one("kpi:ResolvedTarget")),
    "publication-correction-applied": lambda m: m.lose(
        m.to(m.one("kpi:Correction", status="c:corr-accepted"), "^prov:wasGeneratedBy"), "prov:wasGeneratedBy"
    ),
    "publication-direction-of-goal": lambda m: m.lose(m.one("kpi:Goal"), "kpi:hasDirection"),
    "publication-run-described": put("kpi:Assessment", "prov:wasGeneratedBy", OTHER),
    "publication-correction-quotes": put("kpi:Correction", "kpi:originalText", text("どこにもない")),
    "publication-run": lambda m: m.cut(m.one("kpi:DerivationRun")),
}


# ---- values that look right


def ten_times(m: Mutant, s: URIRef, *props: str) -> None:
    for p in props:
        m.put(s, p, decimal(f"{Decimal(str(m.get(s, p))) * 10:f}"))


@fault("Statement-number-as-printed")
def two_digits_exchanged(m: Mutant) -> None:
    s = next(s for s in m.all("kpi:Actual", "sm:obsValue") if m.get(s, "kpi:statedValue") == Literal("114,977"))
    m.put(s, "sm:obsValue", decimal("114797"))
    m.put(s, "kpi:baseValue", decimal("114797"))


@fault("Statement-number-as-printed point")
def a_decimal_point_lost(m: Mutant) -> None:
    ten_times(m, m.one("kpi:Actual", **ABSOLUTE), "sm:obsValue", "kpi:baseValue")


@fault("publication-stated-in-source")
def printed_text_and_number_changed_alike(m: Mutant) -> None:
    s = m.one("kpi:Actual", **ABSOLUTE)
    m.put(s, "kpi:statedValue", text("123456"))
    m.put(s, "sm:obsValue", decimal("123456"))
    m.put(s, "kpi:baseValue", decimal("123456"))


@fault("Statement-missing-with-number")
def a_dash_becomes_zero(m: Mutant) -> None:
    s = m.one("kpi:Baseline", valueForm="c:form-missing")
    m.put(s, "sm:obsValue", decimal("0"))
    m.put(s, "kpi:valueForm", "c:form-absolute")


@fault("Statement-number-and-form")
def a_relative_target_is_given_its_number(m: Mutant) -> None:
    m.add(m.one("kpi:Target", **RELATIVE), "sm:obsValue", decimal("25"))


@fault("Statement-relative-incomplete")
def so_much_more_than_when(m: Mutant) -> None:
    s = m.one("kpi:Target", "kpi:relativeTo", **RELATIVE)
    m.lose(s, "kpi:relativeToPeriod")
    m.lose(s, "kpi:relativeTo")


@fault("Statement-reference-period")
def more_than_another_indicator(m: Mutant) -> None:
    m.put(m.one("kpi:Target", "kpi:relativeTo"), "kpi:relativeTo", m.one("kpi:Baseline", **ABSOLUTE))


@fault("Statement-number-in-cube")
def a_number_left_out_of_the_cube(m: Mutant) -> None:
    s = m.one("kpi:Actual", "qb:dataSet")
    m.lose(s, "qb:dataSet")
    m.lose(s, "rdf:type", "qb:Observation")


@fault("Statement-aggregation-word")
def a_total_read_as_one_year(m: Mutant) -> None:
    m.put(m.one("kpi:Target", aggregation="c:agg-cumulative"), "kpi:aggregation", "c:agg-period")


@fault("Statement-contradiction")
def a_second_value(m: Mutant) -> None:
    s = m.one("kpi:Actual", **ABSOLUTE)
    twin = m.copy(s, s.replace("/st-", "/st-2"))
    m.put(twin, "kpi:statedValue", text("7"))


@fault("Statement-percent-unit")
def a_share_in_persons(m: Mutant) -> None:
    of = [s for s in m.all("kpi:Target", "sa:unitMeasure") if "%" in str(m.get(s, "kpi:statedValue"))]
    s = next(s for s in of if m.get(s, "kpi:valueForm") == term("c:form-absolute"))
    m.put(s, "kpi:unit", "u:nin")
    m.put(s, "sa:unitMeasure", "unit:INDIV")


@fault("Target-before-actual")
def a_target_that_was_over_before(m: Mutant) -> None:
    s = m.one("kpi:Target", "sd:refPeriod", **ABSOLUTE)
    m.put(s, "sd:refPeriod", next(p for p in m.all("kpi:Period") if p.endswith("/cy2013")))


@fault("Observation-baseValue-agrees")
def ten_thousands_forgotten(m: Mutant) -> None:
    s = m.one("kpi:Actual", unitMult="sc:unitMult-4") if m.all("kpi:Actual", unitMult="sc:unitMult-4") else None
    s = s or next(s for s in m.all("kpi:Actual", "sa:unitMult") if m.get(s, "sa:unitMult") == term("sc:unitMult-4"))
    m.put(s, "kpi:baseValue", m.get(s, "sm:obsValue"))


@fault("Observation-unit-agrees")
def ten_thousands_forgotten_consistently(m: Mutant) -> None:
    s = next(s for s in m.all("kpi:Actual", "sa:unitMult") if m.get(s, "sa:unitMult") == term("sc:unitMult-4"))
    m.put(s, "kpi:baseValue", m.get(s, "sm:obsValue"))
    m.put(s, "sa:unitMult", "sc:unitMult-0")


@fault("Observation-range")
def a_share_of_182_per_cent(m: Mutant) -> None:
    s = next(s for s in m.all("kpi:Actual", "sa:unitMeasure") if m.get(s, "sa:unitMeasure") == term("unit:PERCENT"))
    for p in ("sm:obsValue", "kpi:baseValue"):
        m.put(s, p, decimal("182"))


@fault("Indicator-units")
def target_in_another_unit(m: Mutant) -> None:
    s = next(s for s in m.all("kpi:Target", "kpi:unit") if m.get(s, "kpi:unit") == term("u:nin"))
    m.put(s, "kpi:unit", "u:ken")


@fault("Indicator-same-name")
def the_same_indicator_under_two_keys(m: Mutant) -> None:
    s = m.one("kpi:Indicator")
    m.copy(s, s + "2")


@fault("Indicator-departments")
def listed_with_another_department(m: Mutant) -> None:
    s = m.one("kpi:Listing", "kpi:department")
    mine = m.get(s, "kpi:department")
    m.put(s, "kpi:department", next(d for d in m.all("org:OrganizationalUnit") if d != mine))


@fault("Indicator-name-and-unit")
def a_number_of_people_in_per_cent(m: Mutant) -> None:
    counted = [s for s in m.all("kpi:Actual", "sa:unitMeasure") if m.get(s, "sa:unitMeasure") != term("unit:PERCENT")]
    s = next(s for s in counted if str(m.to(s, "kpi:indicator", "skos:prefLabel")).endswith("数"))
    m.put(s, "sa:unitMeasure", "unit:PERCENT")


@fault("publication-indicator-listed")
def an_indicator_without_its_listings(m: Mutant) -> None:
    s = m.one("kpi:Indicator")
    for listing in m.all("kpi:Listing"):
        if m.get(listing, "kpi:indicator") == s:
            m.cut(listing)


@fault("Placement-level")
def a_measure_under_nothing(m: Mutant) -> None:
    s = next(p for p in m.all("kpi:Placement", "kpi:under") if "/measure-" in str(m.get(p, "kpi:places")))
    m.lose(s, "kpi:under")


@fault("PlanElement-cycle")
def a_goal_below_its_own_measure(m: Mutant) -> None:
    s = m.one("kpi:Measure")
    m.add(m.to(s, "skos:broader", "skos:broader"), "skos:broader", s)


@fault("ResolvedTarget-arithmetic")
def twenty_five_per_cent_taken_as_points(m: Mutant) -> None:
    s = m.one("kpi:ResolvedTarget")
    for p in ("sm:obsValue", "kpi:baseValue"):
        m.put(s, p, decimal(f"{Decimal(str(m.get(s, p))) + 25:f}"))


@fault("ResolvedTarget-of-target")
def for_another_period(m: Mutant) -> None:
    s = m.one("kpi:ResolvedTarget")
    mine = m.get(s, "sd:refPeriod")
    m.put(s, "sd:refPeriod", next(p for p in m.all("kpi:Period") if p != mine))


@fault("Assessment-inputs")
def judged_by_the_actual_of_another(m: Mutant) -> None:
    s = m.one("kpi:Assessment", "kpi:ofActual")
    mine = m.get(s, "kpi:indicator")
    m.put(s, "kpi:ofActual", next(a for a in m.all("kpi:Actual") if m.get(a, "kpi:indicator") != mine))


@fault("Assessment-aggregation")
def a_total_met_by_one_year(m: Mutant) -> None:
    s = m.one("kpi:Assessment", reason="c:reason-partial-period")
    m.lose(s, "kpi:reason")
    m.put(s, "kpi:status", "c:status-notmet")


@fault("Conflict-statements")
def a_conflict_of_one(m: Mutant) -> None:
    s = m.one("kpi:Target")
    conflict = URIRef(s.replace("/st-", "/conflict-"))
    m.add(conflict, "rdf:type", "kpi:Conflict")
    m.add(conflict, "kpi:conflicting", s)
    for p in ("kpi:edition", "kpi:indicator", "kpi:role"):
        m.add(conflict, p, m.get(s, p))


@fault("SelfAssessment-status")
def the_citys_own_judgement_taken_for_a_computed_one(m: Mutant) -> None:
    s = m.one("kpi:Target")
    own = URIRef(re.sub("/st-.*", "/self-p7q2-1", s))
    m.add(own, "rdf:type", "kpi:SelfAssessment")
    m.add(own, "kpi:statedRating", text("A"))
    m.add(own, "kpi:status", "c:status-met")
    for p in ("kpi:edition", "kpi:indicator", "prov:wasDerivedFrom"):
        m.add(own, p, m.get(s, p))


@fault("SharedIndicator-realizes")
def shared_with_a_neighbour_instead_of_the_list(m: Mutant) -> None:
    m.add(m.all("kpi:Indicator")[0], "kpi:realizes", m.all("kpi:Indicator")[1])


@fault("Mapping-recorded")
def realizes_without_anyone_saying_so(m: Mutant) -> None:
    m.add(m.all("kpi:Indicator")[0], "kpi:realizes", m.all("kpi:SharedIndicator")[0])


@fault("Mapping-reviewer")
def a_match_that_nobody_accepted(m: Mutant) -> None:
    indicator, shared = m.all("kpi:Indicator")[0], m.all("kpi:SharedIndicator")[0]
    own = URIRef(indicator.replace("kpi-", "map-"))
    m.add(own, "rdf:type", term("kpi:Mapping"))
    m.add(own, "owl:annotatedSource", indicator)
    m.add(own, "owl:annotatedProperty", term("skos:exactMatch"))
    m.add(own, "owl:annotatedTarget", shared)


@fault("Statement-number-as-printed decimals")
def more_digits_than_are_printed(m: Mutant) -> None:
    s = next(s for s in m.all("kpi:Actual", "sa:decimals") if m.get(s, "sa:decimals") == Literal(0))
    m.put(s, "sa:decimals", Literal(1))


@fault("ResolvedTarget-of-target aggregation")
def a_yearly_target_resolved_as_a_total(m: Mutant) -> None:
    m.put(m.one("kpi:ResolvedTarget"), "kpi:aggregation", "c:agg-cumulative")


@fault("Assessment-status-agrees")
def met_although_less_than_the_target(m: Mutant) -> None:
    judged = m.all("kpi:Assessment", "kpi:progressRatio", status="c:status-inprogress")
    m.put(next(s for s in judged if Decimal(str(m.get(s, "kpi:progressRatio"))) < 1), "kpi:status", "c:status-met")


@fault("Target-words")
def at_least_read_as_exactly(m: Mutant) -> None:
    m.put(m.one("kpi:Target", comparator="c:cmp-at-least", **ABSOLUTE), "kpi:comparator", "c:cmp-exact")


@fault("publication-listing-measure")
def listed_at_the_place_of_another_measure(m: Mutant) -> None:
    s = m.one("kpi:Listing")
    mine = m.get(s, "kpi:placement")
    m.put(s, "kpi:placement", next(p for p in m.all("kpi:Placement") if p != mine))


@fault("publication-placement-above")
def a_measure_moved_right_under_the_goal(m: Mutant) -> None:
    s = next(p for p in m.all("kpi:Placement", "kpi:under") if "/measure-" in str(m.get(p, "kpi:places")))
    m.put(s, "kpi:under", m.to(s, "kpi:under", "kpi:under"))


# ---- the tests


@pytest.fixture(scope="module")
def bench(publication: Path) -> Bench:
    return Bench(published_graph(publication / "current"), load_shapes())


@pytest.fixture(scope="module")
def before(publication: Path) -> set[tuple[str, str]]:
    """What is reported of the publication as it is: shape and node."""
    report = json.loads((publication / "current" / "validation.json").read_text(encoding="utf-8"))
    return {(r["shape"], r["focus_node"]) for r in report["results"]}


@pytest.mark.parametrize("name", FAULTS)
def test_the_shape_that_is_meant_for_it_finds_the_fault(bench: Bench, before: set[tuple[str, str]], name: str) -> None:
    size, wanted = len(bench.graph), name.split(" ")[0]
    with bench.mutant() as made:
        FAULTS[name](made)
        assert made.log, "nothing was changed"
        found = [r for r in bench.check(bench.near(made), wanted) if (str(r.shape), str(r.focus_node)) not in before]
    assert len(bench.graph) == size
    fired = {r.shape.removeprefix(SHAPES): r for r in found}
    assert wanted in fired
    assert_it_says_how_to_mend(fired[wanted])


def assert_it_says_how_to_mend(result: ShapeResult) -> None:
    assert set(result.messages) == {"ja", "en"}
    assert "ください" in result.messages["ja"]
    assert result.messages["en"][0].isupper()
    assert result.messages["en"].endswith(".")
    assert result.focus_node


def test_every_shape_file_has_faults() -> None:
    def of(path: Path) -> set[str]:
        return {str(s).removeprefix(SHAPES) for s in Graph().parse(path).subjects()}

    tried = {name.split(" ")[0] for name in FAULTS}
    without = {path.stem for path in resource_dir("shapes").glob("*.ttl") if not of(path) & tried}
    assert without == {"kpish"}  # what the others share
    assert len(FAULTS) >= 120


def test_the_publication_itself_is_sound_where_it_is_broken_here(bench: Bench, before: set[tuple[str, str]]) -> None:
    """Else a fault could be found that was there before."""

    def some() -> Iterator[URIRef]:
        with bench.mutant() as made:
            for kind in ("kpi:Target", "kpi:Indicator", "kpi:Assessment", "kpi:Period", "kpi:Placement", "kpi:Unit"):
                yield made.one(kind)

    found = {(str(r.shape), str(r.focus_node)) for r in bench.check(some())}
    assert found <= before
