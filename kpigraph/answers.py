"""Answers for the command line: a query over a publication, a file of it."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyoxigraph as ox
from rdflib import Graph

from kpigraph import harmful, inflated, releases, stratml
from kpigraph.formulas import safe_csv
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import UsageError
from kpigraph.serve import guard
from kpigraph.store import embedded
from kpigraph.store.answered import UnavailableError
from kpigraph.store.endpoint import Endpoint, checked
from kpigraph.store.endpoint import Graph as RemoteGraph
from kpigraph.terms import triples

_RESULTS = {
    "json": ox.QueryResultsFormat.JSON,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_FILES = {
    "turtle": "kpigraph.ttl",
    "jsonld": "kpigraph.jsonld",
    "ntriples": "kpigraph.nt",
    "nquads": "kpigraph.nq",
    "trig": "kpigraph.trig",
    "rdfxml": "kpigraph.rdf",
    "csv": "observations.csv",
    "observations": "observations.csv",
    "listings": "listings.csv",
    "assessments": "assessments.csv",
    "catalog": "catalog.ttl",
    "csvw": "observations.csv-metadata.json",
}


def answer(where: str | Path, query: str, form: str) -> str:
    """Return the answer to a SPARQL query over the release in the folder, or the endpoint, `where`, as text in `form`.

    `form` is table, json, csv or tsv for SELECT and ASK, turtle for CONSTRUCT and DESCRIBE; a graph asked for as a
    table is given as Turtle. In CSV no cell is a formula to a spreadsheet (`formulas`). The prefixes
    of `kpigraph.prefixes` need no PREFIX line.

    Raises:
        UsageError: if there is no release, or the query is refused or no SPARQL.
    """
    place = str(where)
    try:
        reading = guard.check(query)
    except guard.Refusal as e:
        raise UsageError(e.reason["ja"], e.reason["en"]) from e
    store = None
    try:
        if "://" in place:
            gives_graph = reading.form is not None and reading.form.gives_graph
            results: Any = Endpoint(checked(place)).query(query, gives_graph=gives_graph)
        else:
            release = _release(Path(where))
            store = embedded.open_read_only(release.store, release.default_graphs)
            results = store.query(query)
        if isinstance(results, ox.QueryTriples | RemoteGraph):
            if form not in ("turtle", "table"):
                raise UsageError(f"グラフは turtle で出力します: {form}", f"a graph is given as turtle, not {form}")
            return _text(ox.serialize(results, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES))
        if form == "turtle":
            raise UsageError("turtle は CONSTRUCT と DESCRIBE だけです", "turtle is for CONSTRUCT and DESCRIBE only")
        if form == "csv":
            return safe_csv(results.serialize(format=_RESULTS[form]) or b"").decode()
        if form != "table":
            return _text(results.serialize(format=_RESULTS[form]))
        return _table(results)
    except SyntaxError as e:
        raise UsageError(f"SPARQLとして読めません: {e}", f"this is not SPARQL: {e}") from e
    except UnavailableError as e:
        raise UsageError(f"{where} に問い合わせできません: {e}", f"{where} does not answer: {e}") from e
    finally:
        if store is not None:
            store.close()


@contextmanager
def exported(out: Path, form: str, edition: str = "") -> Iterator[BinaryIO]:
    """Lend the publication in `form`, as a file of the current release has it, to be read piece by piece.

    StratML has one edition a document: the one whose version or IRI is `edition`, else the one current edition.

    Raises:
        UsageError: if there is no release or no such form or edition.
        SourceError: if a text holds a character that XML cannot hold.
    """
    if form == "stratml":
        release = _release(out)
        store = embedded.open_read_only(release.store, release.default_graphs)
        try:
            document = stratml.document(store, stratml.choose(store, edition))
        finally:
            store.close()
        yield io.BytesIO(document)
        return
    if edition:
        raise UsageError("--edition は stratml だけです", "--edition is for stratml only")
    if form not in _FILES:
        forms = " ".join((*_FILES, "stratml"))
        raise UsageError(f"形式は次のどれかです: {forms}", f"the format is one of: {forms}")
    with inflated.opened(_release(out).folder / _FILES[form]) as file:
        yield file


def load_graph(paths: Iterable[Path]) -> Graph:
    """Return the triples of RDF files and of current releases as one graph. Nothing is fetched while parsing.

    Raises:
        UsageError: if a path is neither an RDF file that can be read nor a folder with a release.
    """
    graph = Graph()
    for path in paths:
        file = _release(path).folder / "kpigraph.nt" if path.is_dir() else path
        suffix = file.suffix.removeprefix(".")
        rdf_format = ox.RdfFormat.from_extension(suffix)
        if rdf_format is None:
            raise UsageError(f"RDFの形式が分かりません: {path}", f"not a file name of an RDF format: {path}")
        try:
            if not path.is_dir():
                harmful.refuse_harm(file)
            with inflated.opened(file) as lines:
                quads = ox.parse(input=lines, format=rdf_format, base_iri=f"file:{file.name}", rename_blank_nodes=True)
                for triple in triples(quads):
                    graph.add(triple)
        except (SyntaxError, ValueError, OSError) as e:
            raise UsageError(f"RDFとして読めません: {path}: {e}", f"not readable as RDF: {path}: {e}") from e
    return graph


def _release(out: Path) -> releases.Release:
    release = releases.current_release(out)
    if release is None:
        raise UsageError(
            f"{out} に公開物がありません。先に kpigraph build を実行してください",
            f"there is no publication in {out}; run kpigraph build first",
        )
    return release


def _text(data: bytes | None) -> str:
    return (data or b"").decode()


def _table(results: ox.QuerySolutions | ox.QueryBoolean) -> str:
    if isinstance(results, ox.QueryBoolean):
        return f"{bool(results)}\n".lower()
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    names = [v.value for v in results.variables]
    for name in names:
        table.add_column(name, overflow="fold")
    for solution in results:
        terms = (solution[name] for name in names)
        table.add_row(*(Text("" if t is None else str(getattr(t, "value", t))) for t in terms))
    text = io.StringIO()
    Console(file=text, width=200).print(table)
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())
