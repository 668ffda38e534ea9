"""What validation and reading found, as pages show it: from validation.json of the release."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyoxigraph import NamedNode

from kpigraph.serve.describe import Text, compact, name
from kpigraph.serve.figures import Line
from kpigraph.serve.rules import SEVERITIES
from kpigraph.serve.site import Site, caption, page_of
from kpigraph.serve.texts import texts

_MOST_LINES = 12  # of a thing that stands on many, such as a unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found: of what, how grave, in words, by which rule, in which edition (None: unknown), where in it."""

    what: Text
    href: str
    severity: str
    words: str
    rule: str
    rule_href: str
    edition: NamedNode | None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleFindings:
    """All that one rule found, the gravest rules first; `words` are said once where every finding says the same."""

    rule: str
    rule_href: str
    severity: str
    words: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Measurements:
    """How good an edition is, in numbers: what is counted, what that means, and the count or share."""

    dataset: NamedNode
    title: Text
    rows: tuple[tuple[Text, Text | None, str, str], ...]


def validation_report(site: Site) -> dict[str, Any]:
    """Return validation.json, {} where there is none that can be read."""
    if path := site.served.file("validation.json"):
        try:
            report = json.loads(path.read_text("utf-8"))
        except ValueError:
            return {}
        return report if isinstance(report, dict) else {}
    return {}


def findings(site: Site) -> list[Finding]:
    """Return the results of the shapes, then what was noticed while reading."""
    report = validation_report(site)
    return [_result(site, r) for r in report.get("results", ())] + [
        _noticed(site, r) for r in report.get("reading", ())
    ]


def by_rule(found: Iterable[Finding]) -> list[RuleFindings]:
    """Return what was found by severity, then by rule."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        groups.setdefault((finding.severity, finding.rule), []).append(finding)
    ordered = sorted(groups.items(), key=lambda g: (_rank(g[0][0]), g[0][1]))
    return [
        RuleFindings(rule, its[0].rule_href, severity, words, tuple(its))
        for (severity, rule), its in ordered
        for words in [its[0].words if len({f.words for f in its}) == 1 else ""]
    ]


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def measurements(site: Site) -> list[Measurements]:
    """Return the quality measurements of each dataset, as the catalogue has them."""
    view, found = site.view, []
    for dataset in sorted(view.subjects("rdf:type", name("dcat:Dataset")), key=lambda s: s.value):
        rows = []
        for s in view.things(dataset, "dqv:hasQualityMeasurement"):
            metric = view.thing(s, "dqv:isMeasurementOf")
            if metric is not None:
                said = view.in_language(metric, "skos:definition", site.lang)
                rows.append((site.label(metric), said, view.text(s, "dqv:value"), site.href(metric)))
        if rows:
            title = view.in_language(dataset, "dct:title", site.lang) or site.label(dataset)
            found.append(Measurements(dataset, title, tuple(rows)))
    return found


def _result(site: Site, result: dict[str, Any]) -> Finding:
    shape = NamedNode(result["shape"])
    focus = NamedNode(result["focus_node"])
    return Finding(
        what=caption(site, focus),
        href=site.href(page_of(site, focus)),
        severity=result["severity"],
        words=result["messages"][site.lang],
        rule=compact(shape.value),
        rule_href=site.href(shape),
        edition=_edition_of(site, focus),
        lines=_lines(site, focus),
    )


def _lines(site: Site, s: NamedNode) -> tuple[Line, ...]:
    """Return the lines of the source that a thing stands on; of a concept, those of its listings or placements."""
    view, shelf = site.view, site.shelf
    if "kpi:SourceRow" in view.types(s):
        return (shelf.line(s),)
    if found := shelf.lines(s):
        return found
    if used := [r for r in view.things(s, "prov:used") if "kpi:SourceRow" in view.types(r)]:
        return tuple(sorted(map(shelf.line, used), key=lambda line: line.order))
    around = [n for p in ("kpi:indicator", "kpi:places", "kpi:unit", "sd:refPeriod") for n in view.subjects(p, s)]
    around += [n for p in ("kpi:ofTarget", "kpi:resolves", "kpi:conflicting") for n in view.things(s, p)]
    around += view.subjects("oa:hasSelector", s)
    rows = {line.iri.value: line for n in around for line in shelf.lines(n)}
    rows |= {n.value: shelf.line(n) for n in around if "kpi:SourceRow" in view.types(n)}
    return tuple(sorted(rows.values(), key=lambda line: line.order))[:_MOST_LINES]


def _edition_of(site: Site, s: NamedNode) -> NamedNode | None:
    if (edition := site.view.thing(s, "kpi:edition")) is not None:
        return edition
    return next((e for n in site.view.subjects("kpi:indicator", s) if (e := site.view.thing(n, "kpi:edition"))), None)


def _noticed(site: Site, problem: dict[str, Any]) -> Finding:
    view = site.view
    municipality, _, file = str(problem.get("file", "")).partition("/")
    found = None
    for edition in view.subjects("rdf:type", name("kpi:Edition")):
        publisher = view.thing(edition, "dct:publisher")
        sources = view.subjects("dct:isPartOf", edition)
        if view.text(publisher, "org:identifier") == municipality and any(
            view.text(s, "dct:title") == file.rsplit("/", 1)[-1] for s in sources
        ):
            found = edition
    t, line, cell = texts(site.lang), problem.get("line") or 0, problem.get("cell") or 0
    steps = [t["line"].format(number=line)] * bool(line) + [t["cell"].format(number=cell)] * bool(cell)
    return Finding(
        what=Text(" › ".join([file.rsplit("/", 1)[-1], *steps]), site.lang),
        href=f"{site.href(found)}#L{line}" if found is not None else "",
        severity=str(problem.get("severity", "warning")).capitalize(),
        words=problem["messages"][site.lang],
        rule=str(problem.get("code", "")),
        rule_href="",
        edition=found,
    )
