"""The StratML document itself. Elements stand in the order of the schema."""

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from kpigraph.iris import local_name
from kpigraph.prefixes import expand
from kpigraph.problems import Problem, SourceError, SourceLocation, UsageError
from kpigraph.store import Store, text
from kpigraph.stratml import losses, plan
from kpigraph.stratml.plan import Plan
from kpigraph.text import NOT_XML

NAMESPACE = "urn:ISO:std:iso:17469:tech:xsd:PerformancePlanOrReport"
_SCHEMA = "http://stratml.us/references/PerformancePlanOrReport20160216.xsd"


def document(store: Store, edition: str) -> bytes:
    """Return the edition with the IRI `edition` as a StratML document. The same edition gives the same bytes.

    Raises:
        UsageError: if there is no such edition, or if it has no goal, without which there is no StratML document.
        SourceError: if a text holds a character that XML cannot hold.
        ValueError: if a figure stands outside the plan and would be lost.
    """
    if (row := plan.editions(store).get(edition)) is None:
        raise UsageError(f"版がありません: {edition}", f"there is no such edition: {edition}")
    root = _Report(plan.load(store, edition, row)).root()
    _check(root)
    ET.indent(root)
    # A raw carriage return is a line feed to every XML parser; the byte stands for nothing else in UTF-8.
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml.replace(b"\r", b"&#13;") + b"\n"


def _check(root: ET.Element) -> None:
    problems = [
        Problem("text.control", SourceLocation(file=element.tag), found=repr(element.text))
        for element in root.iter()
        if NOT_XML.search(element.text or "")
    ]
    if problems:
        raise SourceError(*problems)


@dataclass(frozen=True)
class _Report:
    """The document of one edition."""

    plan: Plan

    def root(self) -> ET.Element:
        roots = [p for p in self.plan.places if not self.plan.of.all(p, "kpi:under")]
        if not roots:
            raise UsageError(
                f"目標のない版は StratML にできません: {self.plan.edition}",
                f"an edition without goals cannot be a StratML document: {self.plan.edition}",
            )
        self.plan.check_that_all_is_placed()
        kind = "Performance_Report" if self.plan.of.of_class("kpi:Actual") else "Performance_Plan"
        root = ET.Element(
            "PerformancePlanOrReport",
            {
                "xmlns": NAMESPACE,
                "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
                "xsi:schemaLocation": f"{NAMESPACE} {_SCHEMA}",
                "Type": kind,
            },
        )
        _add(root, "Name", self.plan.said.label(self.plan.edition, "dct:title"))
        _add(root, "Description", *self._both(self.plan.edition, "dct:description"))
        _add(root, "OtherInformation", *losses.told(self.plan))
        core = _add(root, "StrategicPlanCore")
        self._organization(core)
        for place in roots:
            self._goal(core, place)
        self._administration(root)
        return root

    def _both(self, thing: str, name: str) -> Iterator[str]:
        for language in ("ja", "en"):
            if words := self.plan.said.label(thing, name, language):
                yield words

    def _organization(self, core: ET.Element) -> None:
        publisher = text(self.plan.row, "publisher")
        organization = _add(core, "Organization")
        _add(organization, "Name", self.plan.shared.label(publisher))
        _add(organization, "Identifier", f"lg-{text(self.plan.row, 'code')}")
        name = self.plan.shared.label(publisher, language="en")
        _add(organization, "Description", *([name] if name else []), _line("iri", publisher))

    def _administration(self, root: ET.Element) -> None:
        administration = _add(root, "AdministrativeInformation")
        version = re.sub(r"[^A-Za-z0-9.-]", "-", text(self.plan.row, "version"))
        _add(administration, "Identifier", f"edition-{version}")
        if issued := self.plan.said.one(self.plan.edition, "dct:issued"):
            _add(administration, "PublicationDate", issued)
        _add(
            administration,
            "Source",
            (self.plan.said.all(self.plan.edition, "dcat:landingPage") or [self.plan.edition])[0],
        )

    def _goal(self, core: ET.Element, place: str) -> None:
        goal = _add(core, "Goal")
        self._element(goal, place)
        if self.plan.listed_at[place]:
            self._objective(goal, place, again=True)  # figures stand under objectives only
        for below in self.plan.below(place):
            self._objective(goal, below)

    def _objective(self, goal: ET.Element, place: str, *, again: bool = False) -> None:
        objective = _add(goal, "Objective")
        self._element(objective, place, again=again)
        for number, listing in enumerate(self.plan.listed_at[place], start=1):
            self._indicator(objective, listing, f"{self.plan.sequence(place)}-{number}")

    def _element(self, parent: ET.Element, place: str, *, again: bool = False) -> None:
        """Add what goals and objectives have in common."""
        element = self.plan.of.one(place, "kpi:places")
        _add(parent, "Name", self.plan.label(place, element))
        _add(parent, "Description", self.plan.of.one(place, "kpi:statedLabel"))
        if not again:
            _add(parent, "Identifier", local_name(place))
        _add(parent, "SequenceIndicator", self.plan.sequence(place))
        departments = (self.plan.of.all(listing, "kpi:department") for listing in self.plan.listed_at[place])
        for department in dict.fromkeys(d for of_listing in departments for d in of_listing):
            self._stakeholder(parent, department)
        classes = self.plan.said.all(element, "rdf:type")
        levels = ("Goal", "BasicDirection", "Measure")
        _add(
            parent,
            "OtherInformation",
            _line("level", next((n for n in levels if expand(f"kpi:{n}") in classes), "")),
            _line("iri", element),
            _line("label_en", self.plan.said.label(element, language="en")),
            _line(
                "under",
                local_name(self.plan.of.one(place, "kpi:under")) if self.plan.of.all(place, "kpi:under") else "",
            ),
            _line("relist_marker", "true" if self.plan.of.one(place, "kpi:relistMarker") == "true" else ""),
            _line("source_lines", self.plan.lines(place)),
            *self._corrections(place),
        )

    def _stakeholder(self, parent: ET.Element, department: str) -> None:
        stakeholder = _add(parent, "Stakeholder")
        stakeholder.set("StakeholderTypeType", "Organization")
        _add(stakeholder, "Name", self.plan.shared.label(department))
        _add(stakeholder, "Description", _line("iri", department))
        role = _add(stakeholder, "Role")
        _add(role, "Name", "所管部署 / department in charge")
        _add(role, "RoleType", "Performer")

    # ---- indicators and their figures

    def _indicator(self, objective: ET.Element, listing: str, sequence: str) -> None:
        iri = self.plan.of.one(listing, "kpi:indicator")
        first = self.plan.first_listing[iri]
        statements = self.plan.statements_of[iri]
        figures = any(self.plan.of.code(s, "kpi:valueForm") in ("absolute", "relative") for s in statements)
        indicator = _add(objective, "PerformanceIndicator")
        indicator.set("PerformanceIndicatorType", "Quantitative" if figures else "Qualitative")
        _add(indicator, "SequenceIndicator", sequence)
        _add(indicator, "MeasurementDimension", self.plan.label(listing, iri))
        _add(indicator, "UnitOfMeasurement", " / ".join(dict.fromkeys(filter(None, map(self.plan.unit, statements)))))
        _add(indicator, "Identifier", local_name(listing))
        if listing == first:
            self._instances(indicator, statements)
        else:
            relationship = _add(indicator, "Relationship")
            relationship.set("RelationshipType", "Peer_To")
            _add(relationship, "ReferentIdentifier", local_name(first))
            _add(relationship, "Name", "同じ指標の再掲 / the same indicator, listed again")
        _add(
            indicator,
            "OtherInformation",
            _line("iri", iri),
            _line("stated_label", self.plan.of.one(listing, "kpi:statedLabel")),
            _line("label_en", self.plan.said.label(iri, language="en")),
            _line("department", " ".join(map(self.plan.shared.label, self.plan.of.all(listing, "kpi:department")))),
            _line("relisted", "true" if self.plan.of.one(listing, "kpi:relisted") == "true" else ""),
            _line("source_lines", self.plan.lines(listing)),
            *self._corrections(listing),
            *(self._assessment(iri) if listing == first else ()),
        )

    def _instances(self, indicator: ET.Element, statements: list[str]) -> None:
        """Add a MeasurementInstance for each period that figures are stated for, the earliest first."""
        by_period: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for statement in statements:
            first, last = self.plan.days(statement)
            by_period[last, first, self.plan.of.one(statement, "kpi:statedPeriod")].append(statement)
        for period in sorted(by_period):
            instance = _add(indicator, "MeasurementInstance")
            together = by_period[period]
            for statement in sorted(together, key=lambda s: self.plan.role(s) != "target"):  # targets first: the schema
                name = "TargetResult" if self.plan.role(statement) == "target" else "ActualResult"
                self._result(_add(instance, name), statement)

    def _result(self, result: ET.Element, statement: str) -> None:
        for name, day in zip(("StartDate", "EndDate"), self.plan.days(statement), strict=True):
            if day:
                _add(result, name, day)
        if value := self.plan.of.one(statement, "sm:obsValue"):
            _add(result, "NumberOfUnits", value)
        if self.plan.of.code(statement, "kpi:valueForm") == "qualitative":
            descriptor = _add(result, "Descriptor")
            _add(descriptor, "DescriptorName", "数値でない目標 / stated in words")
            _add(descriptor, "DescriptorValue", self.plan.of.one(statement, "kpi:statedValue"))
        resolved = self.plan.resolved.get(statement, "")
        relative_to = " ".join(map(local_name, self.plan.of.all(statement, "kpi:relativeToPeriod")))
        accepted = self.plan.of.all(statement, "prov:wasRevisionOf")
        _add(
            result,
            "Description",
            _line("role", self.plan.role(statement)),
            _line("observation", local_name(statement)),
            _line("period_text", self.plan.of.one(statement, "kpi:statedPeriod")),
            _line("value_text", self.plan.of.one(statement, "kpi:statedValue")),
            _line("unit_text", self.plan.of.one(statement, "kpi:statedUnit")),
            _line("unit", self.plan.of.one(statement, "kpi:unit")),
            _line("value_form", self.plan.of.code(statement, "kpi:valueForm")),
            _line("comparator", self.plan.of.code(statement, "kpi:comparator")),
            _line("maintenance", "true" if self.plan.of.one(statement, "kpi:maintenance") == "true" else ""),
            _line("aggregation", self.plan.of.code(statement, "kpi:aggregation")),
            _line("aggregation_basis", self.plan.of.code(statement, "kpi:aggregationBasis")),
            _line("period", local_name(self.plan.of.one(statement, "sd:refPeriod"))),
            _line("precision", self.plan.of.code(statement, "kpi:precision")),
            _line("obs_status", self.plan.of.code(statement, "sa:obsStatus")),
            _line("intent", self.plan.of.code(statement, "kpi:intent")),
            _line("relative_change", self.plan.of.one(statement, "kpi:relativeChange")),
            _line("relative_to_period", relative_to),
            _line("absolute_change", self.plan.of.one(statement, "kpi:absoluteChange")),
            _line("minimum_value", self.plan.of.one(statement, "kpi:minimumValue")),
            _line("maximum_value", self.plan.of.one(statement, "kpi:maximumValue")),
            _line("ratio_value", self.plan.of.one(statement, "kpi:ratioValue")),
            _line("numerator", self.plan.of.one(statement, "kpi:numerator")),
            _line("denominator", self.plan.of.one(statement, "kpi:denominator")),
            _line("former_value_text", self.plan.of.one(statement, "kpi:formerStatedValue")),
            _line("former_value", self.plan.of.one(statement, "kpi:formerValue")),
            _line("revised_in", local_name(self.plan.of.one(statement, "kpi:revisedIn"))),
            _line("due", local_name(self.plan.of.one(statement, "kpi:due"))),
            _line("missing_reason", self.plan.of.code(statement, "kpi:missingReason")),
            _line("notes", " ".join(self.plan.of.all(statement, "skos:note"))),
            _line("relative_to", " ".join(map(local_name, self.plan.of.all(statement, "kpi:relativeTo")))),
            _line("ambiguity", self.plan.of.code(statement, "kpi:ambiguity")),
            _line("possible_values", self.plan.of.one(statement, "kpi:possibleValue")),
            _line("resolved_value", self.plan.of.one(resolved, "sm:obsValue")),
            _line("unresolved_reason", self.plan.of.code(statement, "kpi:unresolvedReason")),
            _line("base_value", self.plan.of.one(statement, "kpi:baseValue")),
            _line("base_unit", self.plan.of.one(statement, "sa:unitMeasure")),
            _line("source_lines", self.plan.lines(statement)),
            _line("corrected", "true" if accepted else ""),
            *self._corrections(statement),
        )

    def _assessment(self, indicator: str) -> Iterator[str]:
        for assessment in self.plan.assessments[indicator]:
            yield _line("status", self.plan.of.code(assessment, "kpi:status"))
            yield _line("reason", self.plan.of.code(assessment, "kpi:reason"))
            yield _line("progress_ratio", self.plan.of.one(assessment, "kpi:progressRatio"))
            yield _line("achievement_ratio", self.plan.of.one(assessment, "kpi:achievementRatio"))
            yield _line("cumulative_share", self.plan.of.one(assessment, "kpi:cumulativeShare"))
            yield _line("elapsed_share", self.plan.of.one(assessment, "kpi:elapsedShare"))
            yield _line("desired_direction", self.plan.of.code(assessment, "kpi:desiredDirection"))
            yield _line("direction_basis", self.plan.of.code(assessment, "kpi:directionBasis"))
            yield _line("method", self.plan.of.code(assessment, "kpi:method"))
        for conflict in self.plan.conflicts[indicator]:
            yield _line("conflict", " ".join(map(local_name, self.plan.of.all(conflict, "kpi:conflicting"))))

    def _corrections(self, thing: str) -> Iterator[str]:
        for correction in self.plan.corrections_of[thing]:
            was, now = (
                self.plan.of.one(correction, "kpi:originalText"),
                self.plan.of.one(correction, "kpi:correctedText"),
            )
            status, reason = (
                self.plan.of.code(correction, "kpi:status"),
                self.plan.of.code(correction, "kpi:reasonCode"),
            )
            what = local_name(self.plan.of.one(correction, "kpi:property"))
            yield _line("correction", f"{what}: {was} → {now} ({status}, {reason})")
            for word, name in (("note", "skos:note"), ("evidence", "kpi:evidence")):
                for language in ("ja", "en"):
                    yield _line(f"correction_{word}_{language}", self.plan.of.label(correction, name, language))
            yield _line("correction_date", self.plan.of.one(correction, "prov:endedAtTime"))


def _add(parent: ET.Element, name: str, *lines: str) -> ET.Element:
    """Add an element; its text is `lines` without the empty ones, one below the other."""
    element = ET.SubElement(parent, name)
    if lines:
        element.text = "\n".join(line for line in lines if line)
    return element


def _line(name: str, value: str) -> str:
    r"""Return `name: value` in one line, "" if there is no value; a line break is written as \n."""
    escaped = value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    return f"{name}: {escaped}" if value else ""
