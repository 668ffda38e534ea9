"""Random queries asked of our endpoint, of the engine as it is, and of rdflib: all three give the same solutions.

Where they do not, one of the deviations below must explain it, each with its reason; nothing else is let pass.
Solutions are compared as multisets, numbers by value. A deviation is told by the text of the query, or by the answer.
"""

import json
import re
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import rdflib
from fuzzing.grammar import DATA, Grammar, Made
from serving import Client

from kpigraph.config import Settings
from kpigraph.serve.data_files import DataFiles

Answer = Counter[str] | bool | str  # a str: why there is none


@dataclass(frozen=True)
class Deviation:
    """What an engine does otherwise: which, of which queries, why, and where that is shown."""

    engine: str
    of: Callable[[str, Answer], object]
    why: str
    evidence: str


_SPARQL = "https://www.w3.org/TR/sparql11-query/"


def _error(words: str) -> Callable[[str, Answer], object]:
    return lambda _, answer: isinstance(answer, str) and words in answer


def _text(pattern: str) -> Callable[[str, Answer], object]:
    return lambda text, _: re.search(pattern, text)


DEVIATIONS = (
    Deviation(
        "rdflib", _error("Invalid path in NegatedPath"), "!(:p|^:q) cannot be evaluated", _SPARQL + "#propertypaths"
    ),
    Deviation(
        "rdflib", _error("not supported between"), "ORDER BY something unbound is no order", _SPARQL + "#modOrderBy"
    ),
    Deviation(
        "rdflib", _error("AssertionError: "), "(:p*)+ and the like fail an assertion", _SPARQL + "#propertypaths"
    ),
    Deviation(
        "rdflib",
        _text(r"[?*]\)?/|/\(?\^?\(?:\w\)?[?*]"),
        "the empty text is taken for what is not bound yet, where one of paths in a row can be of no length",
        _SPARQL + "#propertypaths",
    ),
    Deviation("rdflib", _text(r"GROUP BY"), "groups of no solutions are one group", "W3C: aggregates/agg-empty-group"),
    Deviation(
        "rdflib",
        _text(r"(SUM|MIN|MAX|AVG)\("),
        "what is unbound is left out, not an error",
        "W3C: aggregates/agg-err-01",
    ),
    Deviation("pyoxigraph", _text(r"[|]|!:|[?*] "), "put right by us", "docs/endpoint.md, tests/test_conform.py"),
)


class Engines:
    """The three engines over the same data; close it at the end."""

    def __init__(self, folder: Path) -> None:
        file = folder / "data.trig"
        file.write_text(DATA, "utf-8")
        self._source = DataFiles([file])
        self._client = Client(self._source, Settings(workers=1, answer_cache=0))
        self._raw = ox.Store()
        self._raw.load(DATA.encode(), format=ox.RdfFormat.TRIG)
        self._rdflib = rdflib.Dataset(default_union=False)
        self._rdflib.parse(data=DATA, format="trig")

    def close(self) -> None:
        self._client.close()
        self._source.close()

    def endpoint(self, made: Made) -> Answer:
        accept = "application/n-triples" if made.form == "CONSTRUCT" else "application/sparql-results+json"
        response = self._client.query(made.text, accept)
        if response.status_code != 200:
            return f"{response.status_code} {response.text}"
        if made.form == "CONSTRUCT":
            triples = ox.parse(response.content, format=ox.RdfFormat.N_TRIPLES)
            return Counter(" ".join(map(_term, t.triple)) for t in triples)
        found = ox.parse_query_results(response.content, ox.QueryResultsFormat.JSON)
        return _of_engine(found)

    def raw(self, made: Made) -> Answer:
        try:
            return _of_engine(self._raw.query(made.text))
        except (SyntaxError, ValueError, RuntimeError) as error:
            return f"{type(error).__name__}: {error}"

    def rdflib(self, made: Made) -> Answer:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = self._rdflib.query(made.text)
                if made.form == "ASK":
                    return bool(found.askAnswer)
                if made.form == "CONSTRUCT":
                    return Counter(" ".join(map(_rdflib_term, triple)) for triple in found.graph or ())
                rows = found.bindings  # a row of nothing is left out where a result is gone through
                return Counter(_row({str(n): _rdflib_term(v) for n, v in row.items()}) for row in rows)
        except Exception as error:  # of which rdflib raises any
            return f"{type(error).__name__}: {error}"


def _of_engine(found: Any) -> Answer:
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    if isinstance(found, ox.QueryTriples):
        return Counter({" ".join(map(_term, triple)) for triple in found})
    names = [v.value for v in found.variables]
    return Counter(_row({n: _term(v) for n, v in zip(names, row, strict=True) if v is not None}) for row in found)


def _row(values: dict[str, str]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


def _term(term: Any) -> str:
    if isinstance(term, ox.Literal):
        return _literal(term.value, term.language or "", term.datatype.value)
    return f"<{term.value}>"


def _rdflib_term(term: Any) -> str:
    if isinstance(term, rdflib.Literal):
        return _literal(str(term), term.language or "", str(term.datatype or ""))
    return f"<{term}>"


def _literal(text: str, language: str, datatype: str) -> str:
    kind = datatype.rpartition("#")[2]
    if kind in ("integer", "decimal", "double", "float"):
        return f"{float(text):.9g}"  # integer and decimal are one where numbers are compared by value
    return f"{text!r}@{language.lower()}" if language or kind in ("", "string", "langString") else f"{text!r}^^{kind}"


def disagreement(engines: Engines, made: Made) -> str:
    """Return how the engines disagree on a query, "" where they agree or a deviation that is known explains it."""
    ours = engines.endpoint(made)
    found = {"endpoint": ours, "pyoxigraph": engines.raw(made), "rdflib": engines.rdflib(made)}
    if isinstance(ours, str):
        return f"the endpoint gives no answer: {ours}\n{made.text}"
    for name in ("pyoxigraph", "rdflib"):
        if found[name] != ours and not any(d.engine == name and d.of(made.text, found[name]) for d in DEVIATIONS):
            return f"{name} disagrees with the endpoint:\n{made.text}\n" + "\n".join(
                f"{n}: {a}" for n, a in found.items()
            )
    return ""


def search(seconds: float) -> int:
    """Ask random queries for so long; print where the engines disagree, and return 1 then."""
    seed, until = time.time_ns() % 10**9, time.monotonic() + seconds
    asked = 0
    with tempfile.TemporaryDirectory() as folder:
        engines = Engines(Path(folder))
        try:
            grammar = Grammar(seed)
            while time.monotonic() < until:
                asked += 1
                if told := disagreement(engines, grammar.query()):
                    print(f"seed {seed}, query {asked}: {told}")
                    return 1
        finally:
            engines.close()
    print(f"{asked} queries: the endpoint, the engine and rdflib agree, but for the deviations that are known")
    return 0
