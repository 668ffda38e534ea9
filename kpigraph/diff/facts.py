"""What one edition says, read from a store: indicators where they stand, statements, corrections, assessments."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import BlankNode, NamedNode, Quad

from kpigraph import iris
from kpigraph.prefixes import expand
from kpigraph.store import Row, Store, text
from kpigraph.text import compact, natural

_EDITIONS = """
SELECT DISTINCT ?edition ?version ?code ?series ?title ?lang {
  ?edition a kpi:Edition ; dcat:version ?version ; dct:isVersionOf ?series ; dct:publisher/org:identifier ?code .
  OPTIONAL { ?edition dct:title ?title BIND(LANG(?title) AS ?lang) }
}"""
_OF_EDITION = "SELECT DISTINCT ?s ?p ?o { ?s kpi:edition <%s> ; ?p ?o }"
_GRAPH = "SELECT ?s ?p ?o { GRAPH <%s> { ?s ?p ?o } }"
# A FILTER over classes is many times as fast as VALUES, which the engine joins with all things of these classes first.
_LABELS = """
SELECT DISTINCT ?s ?label ?lang {
  VALUES ?s { %s } ?s skos:prefLabel ?label ; a ?class
  FILTER(?class IN (kpi:PlanElement, kpi:Indicator, org:OrganizationalUnit)) BIND(LANG(?label) AS ?lang)
}"""
_LABELLED = ("kpi:places", "kpi:indicator", "kpi:underMeasure", "kpi:department")
_CODES = """
SELECT DISTINCT ?s ?label ?lang {
  VALUES ?scheme { c:status c:reason c:correction-status }
  ?s skos:inScheme ?scheme ; skos:prefLabel ?label BIND(LANG(?label) AS ?lang)
}"""
_LEVELS = {"kpi:Goal": "goal", "kpi:BasicDirection": "direction", "kpi:Measure": "measure"}
_ELEMENTS = """
SELECT DISTINCT ?s ?class {
  VALUES ?s { %s } ?s a ?class FILTER(?class IN (kpi:Goal, kpi:BasicDirection, kpi:Measure))
}"""
_IRI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*"
)  # a value can be any text: it becomes part of a query
_AT_ONCE = 500  # things that a query asks of

# What a statement says, whatever the way it is printed in.
_MEANING = (
    "kpi:valueForm", "kpi:baseValue", "sa:unitMeasure", "kpi:relativeChange", "kpi:absoluteChange",
    "kpi:relativeToPeriod", "kpi:comparator", "kpi:maintenance", "kpi:aggregation", "sd:refPeriod", "kpi:minimumValue",
    "kpi:maximumValue", "kpi:numerator", "kpi:denominator", "kpi:due", "kpi:missingReason",
)  # fmt: skip


_NUMBERS = ("kpi:baseValue", "kpi:relativeChange", "kpi:absoluteChange", "kpi:minimumValue", "kpi:numerator")


@dataclass(frozen=True, slots=True)
class EditionName:
    """An edition: its IRI and what people call it. As a text: code/series/version."""

    iri: str
    code: str
    series: str
    version: str
    titles: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.code}/{self.series}/{self.version}"

    @property
    def space(self) -> str:
        """Return what the IRIs of all parts of the edition begin with."""
        return self.iri[: -len("edition")]

    @property
    def graphs(self) -> str:
        """Return what the names of all graphs of the edition begin with."""
        return re.sub("id/(lg/[0-9]{6}/doc/[^/]+/[^/]+/)$", r"graph/\1", self.space)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A statement: its words and its meaning, which is equal where only the printing differs."""

    iri: str
    words: str
    meaning: tuple[str, ...]
    is_missing: bool
    period: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """An indicator or plan element in an edition: its name there, and what it stands under, each with its name.

    `above` are the measures of an indicator, the parents of an element; `departments` an indicator's only.
    """

    iri: str
    kind: str
    name: str
    at: str
    above: dict[str, str]
    departments: dict[str, str]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A correction: its texts, the properties and the concepts it concerns, its status with its labels by language."""

    iri: str
    was: str
    now: str
    concerns: tuple[str, ...]
    status: str
    status_labels: dict[str, str]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An assessment: status and reason, and both as words by language."""

    iri: str
    status: tuple[str, str]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """Everything an edition says that can change: by concept, statements by concept and role."""

    positions: dict[str, Position]
    statements: dict[tuple[str, str], list[Stated]]
    corrections: list[Corrected]
    assessments: dict[str, Judged]


def editions(store: Store, among: Iterable[str] | None = None) -> list[EditionName]:
    """Return the editions in `store`, older ones first: those whose IRIs are `among` these, where they are given."""
    titles: dict[str, dict[str, str]] = defaultdict(dict)
    rows: dict[str, Row] = {}
    asked = [("", _EDITIONS)] if among is None else [(e, _EDITIONS.replace("?edition", f"<{e}>")) for e in among]
    for iri, query in asked:
        for row in store.select(query.replace(f"DISTINCT <{iri}>", "DISTINCT"), everywhere=True):
            edition = iri or text(row, "edition")
            rows[edition] = row
            if "title" in row:
                titles[edition][text(row, "lang")] = text(row, "title")
    found = [
        EditionName(
            iri,
            text(r, "code"),
            iris.local_name(text(r, "series")),
            text(r, "version"),
            tuple(sorted(titles[iri].items())),
        )
        for iri, r in rows.items()
    ]
    return sorted(found, key=lambda e: (e.code, e.series, natural(e.version), e.version))


def quads(store: Store, edition: EditionName) -> set[Quad]:
    """Return every quad of the graphs of `edition`."""
    found: set[Quad] = set()
    for graph in store.named_graphs():
        if graph.startswith(edition.graphs):
            for row in store.select(_GRAPH % graph):
                subject, predicate = row["s"], row["p"]
                if isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode):
                    found.add(Quad(subject, predicate, row["o"], NamedNode(graph)))
    return found


@dataclass(frozen=True, slots=True)
class Shared:
    """What the editions in a store share: labels of codes by language."""

    codes: dict[str, dict[str, str]]


def shared(store: Store) -> Shared:
    """Return what the editions in `store` share, to be read once for all of them."""
    return Shared(_by_language(store.select(_CODES, everywhere=True)))


def read(store: Store, edition: EditionName, known: Shared) -> EditionFacts:
    """Return what `edition` says."""
    return _Reader(store, edition, known).facts()


class _Reader:
    def __init__(self, store: Store, edition: EditionName, known: Shared) -> None:
        self._of: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for row in store.select(_OF_EDITION % edition.iri, everywhere=True):
            self._of[text(row, "s")][text(row, "p")].append(text(row, "o"))
        self._codes = known.codes
        levels = {expand(name): level for name, level in _LEVELS.items()}
        said = (o for of in self._of.values() for name in _LABELLED for o in of.get(expand(name), ()))
        things = sorted({o for o in said if _IRI.fullmatch(o)})
        self._labels: dict[str, dict[str, str]] = {}
        self._level: dict[str, str] = {}
        for start in range(0, len(things), _AT_ONCE):
            some = " ".join(f"<{iri}>" for iri in things[start : start + _AT_ONCE])
            self._labels |= _by_language(store.select(_LABELS % some, everywhere=True))
            rows = store.select(_ELEMENTS % some, everywhere=True)
            self._level |= {text(r, "s"): levels[text(r, "class")] for r in rows}

    def facts(self) -> EditionFacts:
        statements: dict[tuple[str, str], list[Stated]] = defaultdict(list)
        for s in self._of_class("kpi:Statement"):
            statements[self._one(s, "kpi:indicator"), iris.code_value(self._one(s, "kpi:role"))].append(self._stated(s))
        return EditionFacts(
            self._positions(),
            dict(statements),
            [self._corrected(s) for s in self._of_class("kpi:Correction")],
            {self._one(s, "kpi:indicator"): self._judged(s) for s in self._of_class("kpi:Assessment")},
        )

    def _positions(self) -> dict[str, Position]:
        names = {self._one(p, "kpi:places"): self._name(p, "kpi:places") for p in self._of_class("kpi:Placement")}
        found: dict[str, Position] = {}
        for s in self._of_class("kpi:Placement"):
            element = self._one(s, "kpi:places")
            parent = self._one(self._one(s, "kpi:under"), "kpi:places")
            self._add(found, s, element, self._level.get(element, "measure"), {parent: names[parent]} if parent else {})
        for s in self._of_class("kpi:Listing"):
            measure = self._one(s, "kpi:underMeasure")
            above = {measure: names.get(measure, "")}
            departments = {d: self._label(d) for d in self._all(s, "kpi:department")}
            self._add(found, s, self._one(s, "kpi:indicator"), "indicator", above, departments)
        return found

    def _add(
        self,
        found: dict[str, Position],
        s: str,
        concept: str,
        kind: str,
        above: dict[str, str],
        departments: dict[str, str] | None = None,
    ) -> None:
        """Add the listing or placement `s` of `concept`, joined to those that are there already."""
        term = "kpi:indicator" if kind == "indicator" else "kpi:places"
        before = found.get(concept)
        found[concept] = Position(
            iri=concept,
            kind=kind,
            name=before.name if before else self._name(s, term),
            at=before.at if before else s,
            above={**(before.above if before else {}), **above},
            departments={**(before.departments if before else {}), **(departments or {})},
            lines=tuple(sorted({*(before.lines if before else ()), *self._lines(s)}, key=natural)),
        )

    def _stated(self, s: str) -> Stated:
        value, period, unit = (self._one(s, f"kpi:stated{part}") for part in ("Value", "Period", "Unit"))
        read_unit = self._one(s, "kpi:unit")
        meaning = [self._one(s, name) for name in _MEANING]
        if not any(self._one(s, n) for n in _NUMBERS):
            meaning += [compact(value), read_unit or compact(unit)]
        if not self._one(s, "sd:refPeriod"):
            meaning.append(compact(period))
        number = self._one(s, "sm:obsValue")
        return Stated(
            iri=s,
            words=f"{value}{unit if number and unit not in ('', '-') else ''}（{period}）",
            meaning=tuple(meaning),
            is_missing=iris.code_value(self._one(s, "kpi:valueForm")) == "missing",
            period=self._one(s, "sd:refPeriod"),
            lines=self._lines(s),
        )

    def _corrected(self, s: str) -> Corrected:
        status = self._one(s, "kpi:status")
        records = self._all(s, "kpi:corrects")
        concepts = {c for r in records for c in (self._one(r, "kpi:indicator"), self._one(r, "kpi:places")) if c}
        return Corrected(
            iri=s,
            was=self._one(s, "kpi:originalText"),
            now=self._one(s, "kpi:correctedText"),
            concerns=(*self._all(s, "kpi:property"), *sorted(concepts)),
            status=iris.code_value(status),
            status_labels=self._codes.get(status, {}),
            lines=_places(self._all(s, "prov:used")),
        )

    def _judged(self, s: str) -> Judged:
        status, reason = self._one(s, "kpi:status"), self._one(s, "kpi:reason")
        labels = {}
        for lang, (opening, closing) in {"ja": ("（", "）"), "en": (" (", ")")}.items():
            of_reason = self._codes.get(reason, {}).get(lang, iris.code_value(reason)) if reason else ""
            of_status = self._codes.get(status, {}).get(lang, iris.code_value(status))
            labels[lang] = of_status + (f"{opening}{of_reason}{closing}" if of_reason else "")
        return Judged(iri=s, status=(iris.code_value(status), iris.code_value(reason)), labels=labels)

    # ---- what is said of one thing

    def _of_class(self, name: str) -> list[str]:
        wanted, types = expand(name), expand("rdf:type")
        return sorted((s for s, said in self._of.items() if wanted in said[types]), key=lambda s: (natural(s), s))

    def _all(self, s: str, name: str) -> list[str]:
        return sorted(self._of[s].get(expand(name), ())) if s in self._of else []

    def _one(self, s: str, name: str) -> str:
        return " ".join(self._all(s, name))

    def _name(self, position: str, name: str) -> str:
        """Return what an edition calls the thing at one of its listings or placements."""
        return self._one(position, "rdfs:label") or self._label(self._one(position, name))

    def _label(self, concept: str) -> str:
        return self._labels.get(concept, {}).get("ja", iris.local_name(concept))

    def _lines(self, s: str) -> tuple[str, ...]:
        return _places(self._all(s, "prov:wasDerivedFrom"))


def _places(rows: Iterable[str]) -> tuple[str, ...]:
    """Return the places of source rows in order, see `SourceLocation.place`."""
    return tuple(sorted({iris.row_place(r) for r in rows} - {""}, key=natural))


def _by_language(rows: Iterable[Row]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        labels[text(row, "s")][text(row, "lang")] = text(row, "label")
    return dict(labels)
