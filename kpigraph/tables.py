"""The three tidy tables, observations.csv, listings.csv and assessments.csv; their columns are in `csvw`.

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
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from kpigraph import csvw, packing
from kpigraph.csvw import Table
from kpigraph.formulas import safe
from kpigraph.known import AtHand
from kpigraph.packing import Former, Pieces, Written
from kpigraph.releases import File
from kpigraph.store import Row, Store, text
from kpigraph.table_rows import Edition, Facts, Shared, editions
from kpigraph.text import natural
from kpigraph.written import Said

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


def lines_of(said: Iterable[Said], known: AtHand) -> Iterator[Lines]:
    """Yield the lines of every edition in `said`, in the order of the tables; `known` is what it says."""
    for iri, edition in editions(said, known):
        lines: dict[str, bytes] = {}
        counts: dict[str, int] = {}
        for table, rows in (
            (csvw.OBSERVATIONS, edition.observations()),
            (csvw.LISTINGS, edition.listings()),
            (csvw.ASSESSMENTS, edition.assessments()),
        ):
            cells = list(_cells(table, rows))
            lines[table.name], counts[table.name] = _csv(cells), len(cells)
        yield Lines(edition.names["code"], iri, lines, counts)


def write_packed(
    folder: Path, pieces: Callable[[Table], Pieces], former: Callable[[str], Former | None] = lambda name: None
) -> Written:
    """Write the three tables as `write` does, but packed only; return what `dumps.write` returns of such.

    `pieces` gives those of a table, edition by edition, in the order of `Lines.order`; `former` gives the file of a
    name in the release before. Raises what `write` raises.
    """

    def written(table: Table, name: str, begin: bytes) -> Written:
        first, these = packing.piece(begin + header(table)), pieces(table)
        return packing.write_beside(
            folder / name, lambda before: chain([first], these(before)), packed_only=True, former=former(f"{name}.gz")
        )

    for table in csvw.TABLES:
        (folder / csvw.metadata_name(table)).write_bytes(csvw.metadata())
    return packing.together(
        written(table, name, begin)
        for table in csvw.TABLES
        for name, begin in ((csvw.file_name(table), b""), (csvw.spreadsheet_name(table), codecs.BOM_UTF8))
    )


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


def file_names() -> list[str]:
    """Return what the tables are called, for programs and for spreadsheets."""
    return [name for table in csvw.TABLES for name in (csvw.file_name(table), csvw.spreadsheet_name(table))]


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
    shared = Shared(
        {
            text(r, "period"): (text(r, "first"), text(r, "last"))
            for r in store.select(_PERIODS_OF % names, everywhere=True)
        },
        {text(r, "department"): text(r, "label") for r in store.select(_DEPARTMENTS_OF % names, everywhere=True)},
    )
    stated = {text(r, "edition") for r in store.select(_EDITIONS_OF % names, everywhere=True)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(csvw.OBSERVATIONS.header)
    for iri, row in _found(store):
        if iri in stated:
            names |= {"edition": iri, "graph": text(row, "graph")}
            edition = Edition(
                _named(row),
                shared,
                _facts(store.select(_OF_INDICATOR % names, everywhere=True)),
                _facts(store.select(_CONCEPT % names, everywhere=True)),
                {text(r, "row"): text(r, "title") for r in store.select(_ROWS_READ % names, everywhere=True)},
            )
            writer.writerows(_cells(csvw.OBSERVATIONS, edition.observations()))
    return out.getvalue().encode()


def _cells(table: Table, rows: Iterable[dict[str, str]]) -> Iterator[list[str]]:
    names, columns = frozenset(table.header), [(c.name, c.kind == "text") for c in table.columns]
    for row in rows:
        if row.keys() != names:
            raise AssertionError(f"{table.name}: {row.keys() ^ names}")
        yield [safe(row[name]) if is_text else row[name] for name, is_text in columns]


def _facts(rows: Iterable[Row]) -> Facts:
    facts: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        facts[str(row["s"])][str(row["p"])][str(row["o"])] = None
    return Facts(facts)


def _found(store: Store) -> list[tuple[str, Row]]:
    """Return the editions, each with its row of `_EDITIONS`, in the order of the tables."""
    found = {text(r, "edition"): r for r in store.select(_EDITIONS, everywhere=True)}
    return sorted(found.items(), key=lambda i: (text(i[1], "code"), natural(i[0]), i[0]))


def _named(row: Row) -> dict[str, str]:
    return {name: text(row, name) for name in ("version", "code", "municipality", "strategy")}
