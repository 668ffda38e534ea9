"""What validation and reading found, as pages show it: from validation.json of the release."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyoxigraph import NamedNode

from kpigraph.serve.cards import Line
from kpigraph.serve.describe import Text, compact, name
from kpigraph.serve.rules import SEVERITIES
from kpigraph.serve.site import Site, caption, page_of
from kpigraph.serve.texts import texts

MOST_SHOWN = 100  # findings of one rule on the page; all are in the report, which can be downloaded
MOST_MEASURED = 20  # editions whose quality is on that page; of all it is in the catalogue
_MOST_LINES = 12  # of a thing that stands on many, such as a unit
_REFERRING = ("kpi:indicator", "kpi:places", "kpi:unit", "sd:refPeriod")  # by which lines lead to what they are about


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
    """What one rule found, the gravest rules first; `words` are said once where every finding says the same.

    `findings` are the first of `number`.
    """

    rule: str
    rule_href: str
    severity: str
    words: str
    findings: tuple[Finding, ...]
    number: int


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


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was found: how many of each severity, and by rule."""

    counts: dict[str, int]
    groups: list[RuleFindings]

    @property
    def number(self) -> int:
        return sum(self.counts.values())


def found(site: Site, report: dict[str, Any]) -> Found:
    """Return the results of the shapes and what was noticed while reading, by severity, then by rule.

    Of each rule the first are put in words and looked up, not all: a country has tens of thousands.
    """
    editions = _editions(site)
    groups: dict[tuple[str, str], list[Callable[[], Finding]]] = {}
    focus = []
    for result in report.get("results", ()):
        key = (result["severity"], compact(result["shape"]))
        its = groups.setdefault(key, [])
        if len(its) < MOST_SHOWN:
            focus.append(NamedNode(result["focus_node"]))
        its.append(partial(_result, site, result))
    _ahead(site, focus)
    for noticed in report.get("reading", ()):
        key = (_severity(noticed), str(noticed.get("code", "")))
        groups.setdefault(key, []).append(partial(_noticed, site, noticed, editions))
    counts = dict.fromkeys(SEVERITIES, 0)
    by_rule = []
    for (severity, rule), its in sorted(groups.items(), key=lambda g: (_rank(g[0][0]), g[0][1])):
        counts[severity] = counts.get(severity, 0) + len(its)
        shown = tuple(make() for make in its[:MOST_SHOWN])
        words = shown[0].words if len({f.words for f in shown}) == 1 else ""
        by_rule.append(RuleFindings(rule, shown[0].rule_href, severity, words, shown, len(its)))
    return Found(counts, by_rule)


def findings_of(site: Site, edition: NamedNode) -> list[Finding]:
    """Return the results of the shapes about an edition, then what was noticed while reading it."""
    report, editions = validation_report(site), _editions_of(site, edition)
    code = next((code for code, _ in editions), "")
    results = (r for r in report.get("results", ()) if f"/lg/{code}/" in r["focus_node"])
    noticed = (r for r in report.get("reading", ()) if str(r.get("file", "")).startswith(f"{code}/"))
    made = [*(_result(site, r) for r in results), *(_noticed(site, r, editions) for r in noticed)]
    return [finding for finding in made if finding.edition == edition]


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def measurements(site: Site) -> tuple[list[Measurements], int]:
    """Return the quality measurements of the first datasets, as the catalogue has them, and how many more there are."""
    view, found = site.view, []
    datasets = {s for q in view.triples(None, name("dqv:hasQualityMeasurement"), None) for s in [q.subject]}
    in_order = sorted((s for s in datasets if isinstance(s, NamedNode)), key=lambda s: s.value)
    for dataset in in_order[:MOST_MEASURED]:
        rows = []
        for s in view.things(dataset, "dqv:hasQualityMeasurement"):
            metric = view.thing(s, "dqv:isMeasurementOf")
            if metric is not None:
                said = view.in_language(metric, "skos:definition", site.lang)
                rows.append((site.label(metric), said, view.text(s, "dqv:value"), site.href(metric)))
        if rows:
            title = view.in_language(dataset, "dct:title", site.lang) or site.label(dataset)
            found.append(Measurements(dataset, title, tuple(rows)))
    return found, max(len(in_order) - MOST_MEASURED, 0)


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


def _ahead(site: Site, things: Iterable[NamedNode]) -> None:
    """Read at once what `_lines` and `_edition_of` ask of what is around each of `things`."""
    view = site.view
    around = dict.fromkeys(n for s in things for p in _REFERRING for n in view.subjects(p, s))
    view.together(around, "prov:wasDerivedFrom", "rdf:type", "kpi:edition")
    rows = dict.fromkeys(r for n in around for r in view.things(n, "prov:wasDerivedFrom"))
    view.together(rows, "kpi:order", "kpi:part", "oa:hasSource", "rdf:type")


def _lines(site: Site, s: NamedNode) -> tuple[Line, ...]:
    """Return the lines of the source that a thing stands on; of a concept, those of its listings or placements."""
    view, shelf = site.view, site.shelf
    if "kpi:SourceRow" in view.types(s):
        return (shelf.line(s),)
    if found := shelf.lines(s):
        return found
    if used := [r for r in view.things(s, "prov:used") if "kpi:SourceRow" in view.types(r)]:
        return tuple(sorted(map(shelf.line, used), key=lambda line: line.order))
    around = [n for p in _REFERRING for n in view.subjects(p, s)]
    around += [n for p in ("kpi:ofTarget", "kpi:resolves", "kpi:conflicting") for n in view.things(s, p)]
    around += view.subjects("oa:hasSelector", s)
    rows = {line.iri.value: line for n in around for line in shelf.lines(n)}
    rows |= {n.value: shelf.line(n) for n in around if "kpi:SourceRow" in view.types(n)}
    return tuple(sorted(rows.values(), key=lambda line: line.order))[:_MOST_LINES]


def _edition_of(site: Site, s: NamedNode) -> NamedNode | None:
    if (edition := site.view.thing(s, "kpi:edition")) is not None:
        return edition
    return next((e for n in site.view.subjects("kpi:indicator", s) if (e := site.view.thing(n, "kpi:edition"))), None)


def _editions(site: Site) -> dict[tuple[str, str], NamedNode]:
    """Return the editions, by the code of the municipality and the name of the file."""
    view = site.view
    known: dict[tuple[str, str], NamedNode] = {}
    editions = view.subjects("rdf:type", name("kpi:Edition"))
    view.together(editions, "dct:publisher")
    view.together((p for e in editions for p in view.things(e, "dct:publisher")), "org:identifier")
    view.together((source for e in editions for source in view.subjects("dct:isPartOf", e)), "dct:title")
    for edition in editions:
        known |= _editions_of(site, edition)
    return known


def _editions_of(site: Site, edition: NamedNode) -> dict[tuple[str, str], NamedNode]:
    view = site.view
    code = view.text(view.thing(edition, "dct:publisher"), "org:identifier")
    titles = (view.text(source, "dct:title") for source in view.subjects("dct:isPartOf", edition))
    return {(code, title): edition for title in titles if title}


def _severity(problem: dict[str, Any]) -> str:
    return str(problem.get("severity", "warning")).capitalize()


def _noticed(site: Site, problem: dict[str, Any], editions: Mapping[tuple[str, str], NamedNode]) -> Finding:
    municipality, _, file = str(problem.get("file", "")).partition("/")
    found = editions.get((municipality, file.rsplit("/", 1)[-1]))
    t, line, cell = texts(site.lang), problem.get("line") or 0, problem.get("cell") or 0
    steps = [t["line"].format(number=line)] * bool(line) + [t["cell"].format(number=cell)] * bool(cell)
    return Finding(
        what=Text(" › ".join([file.rsplit("/", 1)[-1], *steps]), site.lang),
        href=f"{site.href(found)}#L{line}" if found is not None else "",
        severity=_severity(problem),
        words=problem["messages"][site.lang],
        rule=str(problem.get("code", "")),
        rule_href="",
        edition=found,
    )
