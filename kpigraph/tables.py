"""The three tidy tables, observations.csv, listings.csv and assessments.csv, from the store; columns are in `csvw`.

Each is written twice: as UTF-8, and, for Japanese spreadsheet users, as UTF-8 with a byte order mark (…-excel.csv).
Every edition in the snapshot is in them, one edition at a time, so memory does not grow with their number. Labels are
those the edition itself gives its things. Rows stand in the order of the plan.

Texts here come from documents of others: one that a spreadsheet would take for a formula gets an apostrophe in front
(`formulas`). The RDF dumps have every text untouched.
"""

import codecs
import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from itertools import chain
from pathlib import Path

from kpigraph import csvw, iris, packing
from kpigraph.csvw import Table
from kpigraph.formulas import safe
from kpigraph.packing import Piece
from kpigraph.prefixes import expand
from kpigraph.releases import File
from kpigraph.store import Row, Store, text
from kpigraph.text import natural
from kpigraph.written import Said, value

_ROLES = ("baseline", "actual", "target")

_EDITIONS = """
SELECT ?graph ?edition ?version ?code ?municipality ?strategy {
  GRAPH ?graph { ?edition a kpi:Edition }
  ?edition dcat:version ?version ; dct:publisher/org:identifier ?code .
  OPTIONAL { ?edition dct:publisher/skos:prefLabel ?municipality FILTER(LANG(?municipality) = "ja") }
  OPTIONAL {
    ?edition dct:isVersionOf ?series .
    GRAPH ?graph { ?series skos:prefLabel ?strategy } FILTER(LANG(?strategy) = "ja")
  }
}"""
_EDITIONS_OF = """
SELECT DISTINCT ?edition { ?s kpi:indicator <%(indicator)s> ; kpi:edition ?edition }"""
_OF_INDICATOR = "SELECT ?s ?p ?o { ?s kpi:edition <%(edition)s> ; kpi:indicator <%(indicator)s> ; ?p ?o }"
_CONCEPT = """
SELECT ?s ?p ?o { GRAPH <%(graph)s> {
  BIND(<%(indicator)s> AS ?s) VALUES ?p { rdf:type skos:prefLabel kpi:department }
  ?s ?p ?o FILTER(!ISLITERAL(?o) || LANG(?o) = "ja")
} }"""
_ROWS_READ = """
SELECT DISTINCT ?row ?title {
  ?s kpi:edition <%(edition)s> ; kpi:indicator <%(indicator)s> ; prov:wasDerivedFrom ?row .
  ?row oa:hasSource ?file . ?file a kpi:SourceFile ; dct:title ?title
}"""
_PERIODS_OF = """
SELECT DISTINCT ?period ?first ?last {
  ?s kpi:indicator <%(indicator)s> ; sd:refPeriod|kpi:revisedIn|kpi:due ?period
  OPTIONAL { ?period kpi:startDate ?first } OPTIONAL { ?period kpi:endDate ?last }
}"""
_DEPARTMENTS_OF = """
SELECT DISTINCT ?department ?label {
  <%(indicator)s> kpi:department ?department . ?department skos:prefLabel ?label FILTER(LANG(?label) = "ja")
}"""
_OF_EDITION = "SELECT ?s ?p ?o { ?s kpi:edition <%(edition)s> ; ?p ?o }"
_CONCEPTS = """
SELECT ?s ?p ?o { GRAPH <%(graph)s> {
  { ?s a kpi:Goal ; ?p ?o } UNION { ?s a kpi:BasicDirection ; ?p ?o } UNION
  { ?s a kpi:Measure ; ?p ?o } UNION { ?s a kpi:Indicator ; ?p ?o }
  FILTER(?p IN (rdf:type, skos:prefLabel, kpi:department)) FILTER(!ISLITERAL(?o) || LANG(?o) = "ja")
} }"""
_ROWS = """
SELECT ?row ?title {
  ?file dct:isPartOf <%(edition)s> ; a kpi:SourceFile ; dct:title ?title . ?row oa:hasSource ?file
}"""
_PERIODS = """
SELECT ?period ?first ?last {
  ?period a kpi:Period OPTIONAL { ?period kpi:startDate ?first } OPTIONAL { ?period kpi:endDate ?last }
}"""
_DEPARTMENTS = """
SELECT ?department ?label {
  ?department a org:OrganizationalUnit ; skos:prefLabel ?label FILTER(LANG(?label) = "ja")
}"""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one edition in each table, as bytes, how many they are, and what editions are ordered by."""

    code: str
    edition: str
    lines: dict[str, bytes]
    counts: dict[str, int]

    @property
    def order(self) -> tuple[str, str, str]:
        return self.code, natural(self.edition), self.edition


def lines_of(store: Store, said: Collection[Said] = ()) -> Iterator[Lines]:
    """Yield the lines of every edition in `store`, in the order of the tables.

    `said` is everything that is in it, where that is at hand: looked through sooner than asked for.

    Raises:
        UsageError: if the store cannot be read.
    """
    shared = _shared(store, _PERIODS, _DEPARTMENTS)
    for iri, edition in _editions(store, shared, said):
        lines: dict[str, bytes] = {}
        counts: dict[str, int] = {}
        for table, rows in (
            (csvw.OBSERVATIONS, edition.observations()),
            (csvw.LISTINGS, edition.listings()),
            (csvw.ASSESSMENTS, edition.assessments()),
        ):
            cells = [_line(table, row) for row in rows]
            lines[table.name], counts[table.name] = _csv(cells), len(cells)
        yield Lines(edition.names["code"], iri, lines, counts)


def write_packed(folder: Path, pieces: Callable[[Table], Iterable[Piece]]) -> dict[str, File]:
    """Write the three tables as `write` does, but packed only; return what `dumps.write` returns of such.

    `pieces` gives those of a table, edition by edition, in the order of `Lines.order`. Raises what `write` raises.
    """
    written: dict[str, File] = {}
    for table in csvw.TABLES:
        (folder / csvw.metadata_name(table)).write_bytes(csvw.metadata())
        for name, begin in {csvw.file_name(table): b"", csvw.spreadsheet_name(table): codecs.BOM_UTF8}.items():
            whole = chain([packing.piece(begin + header(table))], pieces(table))
            written |= packing.write_beside(folder / name, whole, packed_only=True)
    return written


def write(folder: Path, lines: Callable[[Table], Iterable[bytes]]) -> dict[str, File]:
    """Write the three tables and their descriptions into `folder`; return the tables by file name.

    `lines` gives those of a table, edition by edition, in the order of `Lines.order`.

    Raises:
        OSError: if a file cannot be written.
    """
    written: dict[str, File] = {}
    for table in csvw.TABLES:
        (folder / csvw.metadata_name(table)).write_bytes(csvw.metadata())
        begins = {csvw.file_name(table): b"", csvw.spreadsheet_name(table): codecs.BOM_UTF8}
        with ExitStack() as stack:
            files = {name: stack.enter_context((folder / name).open("wb")) for name in begins}
            digests = {name: hashlib.sha256(begin) for name, begin in begins.items()}
            sizes = {name: files[name].write(begin) for name, begin in begins.items()}
            for part in chain([header(table)], lines(table)):
                for name, file in files.items():
                    sizes[name] += file.write(part)
                    digests[name].update(part)
        written |= {name: File(sizes[name], digests[name].hexdigest()) for name in begins}
    return written


def header(table: Table) -> bytes:
    """Return the first line of a table."""
    return _csv([list(table.header)])


def _csv(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def observations_of(store: Store, indicator: str) -> bytes:
    """Return the lines of observations.csv about one indicator, under the same header; every edition's.

    `indicator` is the IRI of one that there is: it becomes a part of queries.

    Raises:
        UsageError: if the store cannot be read.
    """
    names = {"indicator": indicator}
    shared = _shared(store, _PERIODS_OF % names, _DEPARTMENTS_OF % names)
    stated = {text(r, "edition") for r in store.select(_EDITIONS_OF % names, everywhere=True)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(csvw.OBSERVATIONS.header)
    for iri, row in _found(store):
        if iri in stated:
            names |= {"edition": iri, "graph": text(row, "graph")}
            edition = _Edition(
                _named(row),
                shared,
                _Facts(_rows(store.select(_OF_INDICATOR % names, everywhere=True))),
                _Facts(_rows(store.select(_CONCEPT % names, everywhere=True))),
                {text(r, "row"): text(r, "title") for r in store.select(_ROWS_READ % names, everywhere=True)},
            )
            writer.writerows(_line(csvw.OBSERVATIONS, line) for line in edition.observations())
    return out.getvalue().encode()


def _shared(store: Store, periods: str, departments: str) -> "_Shared":
    return _Shared(
        {text(r, "period"): (text(r, "first"), text(r, "last")) for r in store.select(periods, everywhere=True)},
        {text(r, "department"): text(r, "label") for r in store.select(departments, everywhere=True)},
    )


def _line(table: Table, row: dict[str, str]) -> list[str]:
    if row.keys() != set(table.header):
        raise AssertionError(f"{table.name}: {row.keys() ^ set(table.header)}")
    return [safe(row[c.name]) if c.kind == "text" else row[c.name] for c in table.columns]


@dataclass(frozen=True)
class _Shared:
    """What all editions share: periods with their first and last days, departments with their labels."""

    periods: dict[str, tuple[str, str]]
    departments: dict[str, str]


_expanded = cache(expand)


class _Facts:
    """What is said of some things: thing → property → values, from one query."""

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        self._facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for thing, name, said in rows:
            self._facts[thing][name].append(said)

    def of_class(self, name: str) -> list[str]:
        """Return the things of the class `name`, such as kpi:Listing, in natural order."""
        class_, type_ = expand(name), expand("rdf:type")
        of_class = (s for s, said in self._facts.items() if class_ in said.get(type_, ()))
        return sorted(of_class, key=lambda s: (natural(s), s))

    def all(self, thing: str, name: str) -> list[str]:
        """Return the values of the property `name` of `thing`, sorted."""
        said = self._facts.get(thing)
        values = said.get(_expanded(name)) if said else None
        return [] if values is None else sorted(values) if len(values) > 1 else values.copy()

    def one(self, thing: str, name: str) -> str:
        """Return the value of the property `name` of `thing`, "" if it has none. Several stand with a space between."""
        said = self._facts.get(thing)
        values = said.get(_expanded(name)) if said else None
        return "" if values is None else values[0] if len(values) == 1 else " ".join(sorted(values))

    def code(self, thing: str, name: str) -> str:
        """Return the values of a property whose values are concepts of a code list, without its prefix."""
        return " ".join(iris.code_value(v) for v in self.all(thing, name))


def _rows(rows: Iterable[Row]) -> Iterator[tuple[str, str, str]]:
    return ((text(row, "s"), text(row, "p"), text(row, "o")) for row in rows)


def _of_edition(said: Collection[Said], edition: str) -> _Facts:
    """Return what `_OF_EDITION` asks for."""
    bound, this = f"<{expand('kpi:edition')}>", f"<{edition}>"
    things = {s for s, p, o, _ in said if p == bound and o == this}
    found: dict[str, dict[str, dict[str, None]]] = {thing: {} for thing in things}
    for s, p, o, _ in said:
        if (of_thing := found.get(s)) is not None:
            of_thing.setdefault(p, {})[o] = None
    values = cache(value)
    return _Facts((s[1:-1], p[1:-1], values(o)) for s, said in found.items() for p, os in said.items() for o in os)


def _found(store: Store) -> list[tuple[str, Row]]:
    """Return the editions, each with its row of `_EDITIONS`, in the order of the tables."""
    found = {text(r, "edition"): r for r in store.select(_EDITIONS, everywhere=True)}
    return sorted(found.items(), key=lambda i: (text(i[1], "code"), natural(i[0]), i[0]))


def _named(row: Row) -> dict[str, str]:
    return {name: text(row, name) for name in ("version", "code", "municipality", "strategy")}


def _editions(store: Store, shared: _Shared, said: Collection[Said]) -> Iterator[tuple[str, "_Edition"]]:
    for iri, row in _found(store):
        names = {"edition": iri, "graph": text(row, "graph")}
        yield (
            iri,
            _Edition(
                _named(row),
                shared,
                _of_edition(said, iri) if said else _Facts(_rows(store.select(_OF_EDITION % names, everywhere=True))),
                _Facts(_rows(store.select(_CONCEPTS % names, everywhere=True))),
                {text(r, "row"): text(r, "title") for r in store.select(_ROWS % names, everywhere=True)},
            ),
        )


@dataclass(frozen=True)
class _Edition:
    """One edition: `of` has what is bound to it (statements, listings …), `concepts` what it says of lasting things."""

    names: dict[str, str]
    shared: _Shared
    of: _Facts
    concepts: _Facts
    source_of_row: dict[str, str]

    def observations(self) -> Iterator[dict[str, str]]:
        resolved = {self.of.one(r, "kpi:resolves"): r for r in self.of.of_class("kpi:ResolvedTarget")}

        def place(statement: str) -> tuple[int, str, int]:
            role = self.of.code(statement, "kpi:role")
            return *self._place_in_plan(statement), _ROLES.index(role) if role in _ROLES else len(_ROLES)

        for s in sorted(self.of.of_class("kpi:Statement"), key=place):
            first, last = self.shared.periods.get(self.of.one(s, "sd:refPeriod"), ("", ""))
            indicator = self.of.one(s, "kpi:indicator")
            rows = [r for r in self.of.all(s, "prov:wasDerivedFrom") if r in self.source_of_row]
            yield {
                **self._which(indicator),
                "municipality": self.names["municipality"],
                "strategy": self.names["strategy"],
                "indicator_label": self._name_of(indicator),
                "department": " ".join(
                    self.shared.departments.get(d, "") for d in self.concepts.all(indicator, "kpi:department")
                ),
                "observation": s,
                "role": self.of.code(s, "kpi:role"),
                "period_text": self.of.one(s, "kpi:statedPeriod"),
                "period_start": first,
                "period_end": last,
                "aggregation": self.of.code(s, "kpi:aggregation"),
                "value_text": self.of.one(s, "kpi:statedValue"),
                "value_form": self.of.code(s, "kpi:valueForm"),
                "value": _digits(self.of.one(s, "sm:obsValue"), self.of.one(s, "sa:decimals")),
                "comparator": self.of.code(s, "kpi:comparator"),
                "maintenance": self.of.one(s, "kpi:maintenance"),
                "relative_change": self.of.one(s, "kpi:relativeChange"),
                "relative_to_period": " ".join(iris.local_name(p) for p in self.of.all(s, "kpi:relativeToPeriod")),
                "resolved_value": self.of.one(resolved.get(s, ""), "sm:obsValue"),
                "unit_text": self.of.one(s, "kpi:statedUnit"),
                "unit": self.of.one(s, "kpi:unit"),
                "base_value": self.of.one(s, "kpi:baseValue"),
                "base_unit": self.of.one(s, "sa:unitMeasure"),
                "source_document": " ".join(sorted({self.source_of_row[r] for r in rows})),
                "source_lines": self._lines(s),
                "corrected": "true" if self.of.all(s, "prov:wasRevisionOf") else "false",
                "minimum_value": self.of.one(s, "kpi:minimumValue"),
                "maximum_value": self.of.one(s, "kpi:maximumValue"),
                "numerator": self.of.one(s, "kpi:numerator"),
                "denominator": self.of.one(s, "kpi:denominator"),
                "former_value_text": self.of.one(s, "kpi:formerStatedValue"),
                "former_value": self.of.one(s, "kpi:formerValue"),
                "revised": self._last_day(s, "kpi:revisedIn"),
                "due": self._last_day(s, "kpi:due"),
                "missing_reason": self.of.code(s, "kpi:missingReason"),
                "ratio_value": self.of.one(s, "kpi:ratioValue"),
                "observation_status": self.of.one(s, "sa:obsStatus").rpartition("obsStatus-")[2],
                "notes": " ".join(self.of.all(s, "skos:note")),
            }

    def _last_day(self, s: str, name: str) -> str:
        return self.shared.periods.get(self.of.one(s, name), ("", ""))[1]

    def listings(self) -> Iterator[dict[str, str]]:
        for listing in self._listings_in_order:
            indicator = self.of.one(listing, "kpi:indicator")
            row = {
                **self._which(indicator),
                "relisted": self.of.one(listing, "kpi:relisted"),
                "source_lines": self._lines(listing),
            }
            for level in ("goal", "direction", "measure"):
                row[f"{level}_number"] = row[f"{level}_label"] = ""
            for placement in self._chain(listing):
                element = self.of.one(placement, "kpi:places")
                level = self._level(element)
                if level and not row.get(f"{level}_label"):  # of measures below each other the lowest
                    row[f"{level}_number"] = self.of.one(placement, "skos:notation")
                    row[f"{level}_label"] = self._name(placement, element)
            yield row

    def assessments(self) -> Iterator[dict[str, str]]:
        for a in sorted(self.of.of_class("kpi:Assessment"), key=self._place_in_plan):
            indicator = self.of.one(a, "kpi:indicator")
            yield {
                **self._which(indicator),
                "indicator_label": self._name_of(indicator),
                "status": self.of.code(a, "kpi:status"),
                "reason": self.of.code(a, "kpi:reason"),
                "progress_ratio": self.of.one(a, "kpi:progressRatio"),
                "achievement_ratio": self.of.one(a, "kpi:achievementRatio"),
                "cumulative_share": self.of.one(a, "kpi:cumulativeShare"),
                "elapsed_share": self.of.one(a, "kpi:elapsedShare"),
                "desired_direction": self.of.code(a, "kpi:desiredDirection"),
                "direction_basis": self.of.code(a, "kpi:directionBasis"),
                "method": self.of.code(a, "kpi:method"),
            }

    @cached_property
    def _listings_in_order(self) -> list[str]:
        def place(listing: str) -> tuple[list[int], int]:
            path = [int(self.of.one(p, "kpi:order") or 0) for p in reversed(self._chain(listing))]
            return path, int(self.of.one(listing, "kpi:order") or 0)

        return sorted(self.of.of_class("kpi:Listing"), key=place)

    @cached_property
    def _first_listing(self) -> dict[str, int]:
        first: dict[str, int] = {}
        for i, listing in enumerate(self._listings_in_order):
            first.setdefault(self.of.one(listing, "kpi:indicator"), i)
        return first

    def _name_of(self, indicator: str) -> str:
        first = self._first_listing.get(indicator)
        return self._name("" if first is None else self._listings_in_order[first], indicator)

    def _name(self, position: str, concept: str) -> str:
        """Return the name that this edition gives `concept` at `position`, its listing or placement.

        The preferred label of a concept is the one of the newest edition.
        """
        return self.of.one(position, "rdfs:label") or self.concepts.one(concept, "skos:prefLabel")

    def _place_in_plan(self, thing: str) -> tuple[int, str]:
        """Return where the indicator of `thing` is first listed; indicators listed nowhere come last."""
        indicator = self.of.one(thing, "kpi:indicator")
        return self._first_listing.get(indicator, len(self._first_listing)), indicator

    def _chain(self, listing: str) -> list[str]:
        """Return the placements above `listing`, from its own upwards."""
        chain: list[str] = []
        placement = self.of.one(listing, "kpi:placement")
        while placement and placement not in chain:
            chain.append(placement)
            placement = self.of.one(placement, "kpi:under")
        return chain

    def _level(self, element: str) -> str:
        classes = self.concepts.all(element, "rdf:type")
        levels = {"goal": "kpi:Goal", "direction": "kpi:BasicDirection", "measure": "kpi:Measure"}
        return next((level for level, name in levels.items() if expand(name) in classes), "")

    def _which(self, indicator: str) -> dict[str, str]:
        return {"municipality_code": self.names["code"], "edition": self.names["version"], "indicator": indicator}

    def _lines(self, thing: str) -> str:
        places = {iris.row_place(r) for r in self.of.all(thing, "prov:wasDerivedFrom")} - {""}
        return " ".join(sorted(places, key=natural))


def _digits(value: str, decimals: str) -> str:
    """Return a number with at least as many decimals as are printed: the store gives 53.0 back as 53."""
    if not value or not decimals:
        return value
    own = len(value.partition(".")[2])
    return f"{Decimal(value):.{max(own, int(decimals))}f}"
