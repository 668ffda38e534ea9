"""What the catalogue needs to know of each edition: asked of a store, kept as JSON, read again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode

from kpigraph.iris import series
from kpigraph.order import natural
from kpigraph.store import Row, Store, Term, text
from kpigraph.triples import term

_EDITIONS = """
SELECT ?edition ?dataset ?strategy ?version ?publisher ?area ?licence ?issued ?page ?former {
  ?edition a kpi:Edition ; dct:isVersionOf ?strategy ; dct:publisher ?publisher ; dcat:version ?version .
  ?dataset dct:isPartOf ?edition ; a qb:DataSet .
  OPTIONAL { ?publisher kpi:area ?area }
  OPTIONAL { ?edition dct:license ?licence }
  OPTIONAL { ?edition dct:issued ?issued }
  OPTIONAL { ?edition dcat:landingPage ?page }
  OPTIONAL { ?edition dcat:previousVersion ?former }
}
ORDER BY ?edition ?dataset ?licence ?issued ?page ?former"""
_TEXTS = """
SELECT DISTINCT ?thing ?property ?text {
  { ?thing a kpi:Edition VALUES ?property { dct:title dct:description } }
  UNION { ?thing a kpi:Strategy VALUES ?property { skos:prefLabel } }
  UNION { ?thing a kpi:Municipality VALUES ?property { skos:prefLabel } }
  ?thing ?property ?text
}"""
_PERIODS = """
SELECT DISTINCT ?edition ?first ?last {
  ?statement a kpi:Statement ; kpi:edition ?edition ; sd:refPeriod ?period .
  OPTIONAL { ?period kpi:startDate ?first } OPTIONAL { ?period kpi:endDate ?last }
}"""
_SOURCES = """
SELECT DISTINCT ?edition ?file ?name ?sha256 {
  ?file a kpi:SourceFile ; dct:isPartOf ?edition ; dct:title ?name .
  OPTIONAL { ?file spdx:checksum/spdx:checksumValue ?sha256 }
}
ORDER BY ?edition ?file ?name"""

# Whose texts are taken over: the variable of _EDITIONS, and the property.
_SAID = (
    ("edition", "dct:title"), ("edition", "dct:description"), ("strategy", "skos:prefLabel"),
    ("publisher", "skos:prefLabel"),
)  # fmt: skip

Fact = dict[str, Any]  # JSON
Texts = Mapping[tuple[str, str], list[Literal]]


def facts_of(store: Store) -> list[Fact]:
    """Return what the catalogue needs to know of each edition in `store`, as JSON.

    Raises:
        UsageError: if the store cannot be read.
    """
    first: dict[str, set[str]] = defaultdict(set)
    last: dict[str, set[str]] = defaultdict(set)
    sources: dict[str, list[list[str]]] = defaultdict(list)
    texts = _texts(store)
    for row in store.select(_PERIODS, everywhere=True):
        first[text(row, "edition")] |= {text(row, "first")} - {""}
        last[text(row, "edition")] |= {text(row, "last")} - {""}
    for row in store.select(_SOURCES, everywhere=True):
        sources[text(row, "edition")].append([text(row, name) for name in ("file", "name", "sha256")])
    rows = {text(r, "dataset"): r for r in reversed(list(store.select(_EDITIONS, everywhere=True)))}
    return [
        {
            "row": {name: _kept(value) for name, value in row.items()},
            "days": [min(first[text(row, "edition")], default=""), max(last[text(row, "edition")], default="")],
            "sources": sources[text(row, "edition")],
            "texts": [
                [name, property, [_kept(t) for t in texts[text(row, name), term(property).value]]]
                for name, property in _SAID
            ],
        }
        for row in rows.values()
    ]


def _kept(value: Term) -> str | list[str]:
    """Return an IRI, or a literal with its language and datatype, as JSON has it."""
    if isinstance(value, Literal):
        return [value.value, value.language or "", value.datatype.value]
    return text({"value": value}, "value")


def term_of(kept: str | list[str]) -> NamedNode | Literal:
    if isinstance(kept, str):
        return NamedNode(kept)
    value, language, datatype = kept
    return Literal(value, language=language) if language else Literal(value, datatype=NamedNode(datatype))


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition as the store has it: its row, the days its statements cover, its source files, what it follows."""

    row: Row
    first_day: str
    last_day: str
    sources: tuple[tuple[str, str, str], ...]
    previous: NamedNode | None

    @property
    def edition(self) -> NamedNode:
        return self.iri("edition")

    @property
    def dataset(self) -> NamedNode:
        return self.iri("dataset")

    @property
    def series(self) -> NamedNode:
        return NamedNode(series(text(self.row, "strategy")))

    def iri(self, name: str) -> NamedNode:
        return NamedNode(text(self.row, name))


def editions_of(facts: Iterable[Fact], former: Mapping[str, str]) -> list[Edition]:
    """Return the editions, those of one strategy together and in the order of their versions.

    `former` has the dataset of each edition that one of them is said to follow.
    """
    rows = [(row_of(fact), fact) for fact in facts]
    found: list[Edition] = []
    for row, fact in sorted(rows, key=lambda r: (text(r[0], "strategy"), natural(text(r[0], "version")), str(r[0]))):
        before = found[-1] if found and text(found[-1].row, "strategy") == text(row, "strategy") else None
        stated = former.get(text(row, "former"))
        previous = NamedNode(stated) if stated else before.dataset if before else None
        first_day, last_day = fact["days"]
        found.append(Edition(row, first_day, last_day, tuple(map(tuple, fact["sources"])), previous))
    return found


def row_of(fact: Fact) -> Row:
    return {name: term_of(value) for name, value in fact["row"].items()}


def _texts(store: Store) -> Texts:
    texts: dict[tuple[str, str], list[Literal]] = defaultdict(list)
    for row in store.select(_TEXTS, everywhere=True):
        if isinstance(literal := row["text"], Literal):
            texts[text(row, "thing"), text(row, "property")].append(literal)
    return texts
