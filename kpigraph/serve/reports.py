"""What validation and reading found, as pages show it: from validation.json of the release."""

import json
from dataclasses import dataclass
from typing import Any

from pyoxigraph import NamedNode

from kpigraph.serve.describe import Text, compact, name
from kpigraph.serve.site import Site, caption, page_of
from kpigraph.serve.texts import texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found: of what, how grave, in words, by which rule, and in which edition (None: unknown)."""

    what: Text
    href: str
    severity: str
    words: str
    rule: str
    rule_href: str
    edition: NamedNode | None


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
    )


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
