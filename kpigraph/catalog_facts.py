"""What the catalogue needs to know of each edition: gathered from its part, kept as JSON, read again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode

from kpigraph.iris import series
from kpigraph.known import Source, Values
from kpigraph.order import natural
from kpigraph.store import Row, text
from kpigraph.written import datatype, language, value

# Names in the row of an edition, each with the property that it is said by: what each edition has, what some have.
_ROW = (
    ("strategy", "dct:isVersionOf"), ("version", "dcat:version"), ("publisher", "dct:publisher"),
)  # fmt: skip
_AND = (
    ("licence", "dct:license"), ("issued", "dct:issued"), ("page", "dcat:landingPage"),
    ("former", "dcat:previousVersion"),
)  # fmt: skip
# Whose texts are taken over: the name in the row, and the property.
_SAID = (
    ("edition", "dct:title"), ("edition", "dct:description"), ("strategy", "skos:prefLabel"),
    ("publisher", "skos:prefLabel"),
)  # fmt: skip

Fact = dict[str, Any]  # JSON
Texts = Mapping[tuple[str, str], list[Literal]]


def facts_of(known: Source) -> list[Fact]:
    """Return what the catalogue needs to know of each edition, as JSON."""
    days, sources, texts = _days(known), _sources(known), _texts(known)
    facts = []
    for row in _rows(known):
        first, last = days[row["edition"]]
        facts.append(
            {
                "row": {name: _kept(term) for name, term in row.items()},
                "days": [min(first, default=""), max(last, default="")],
                "sources": sources[row["edition"]],
                "texts": [
                    [name, property_, [_kept(t) for t in _literals(texts.get(row[name], {}), property_)]]
                    for name, property_ in _SAID
                ],
            }
        )
    return facts


def _rows(known: Source) -> list[dict[str, str]]:
    """Return a row for each dataset that an edition has, the last one first; of several values the first."""
    areas = known.having("kpi:area", "kpi:area")
    editions = known.of_class("kpi:Edition", " ".join(p for _, p in (*_ROW, *_AND)))
    rows = {}
    for dataset, part in known.of_class("qb:DataSet", "dct:isPartOf").items():
        for edition in sorted(part["dct:isPartOf"], reverse=True):
            said = editions.get(edition, {})
            if all(p in said for _, p in _ROW):
                row = {"edition": edition, "dataset": dataset} | {name: min(said[p]) for name, p in _ROW}
                row |= {"area": min(area["kpi:area"])} if (area := areas.get(row["publisher"])) else {}
                rows[dataset] = row | {name: min(said[p]) for name, p in _AND if p in said}
    return sorted(rows.values(), key=lambda row: (value(row["edition"]), value(row["dataset"])), reverse=True)


def _days(known: Source) -> dict[str, tuple[set[str], set[str]]]:
    """Return the first and last days of the periods that an edition speaks of."""
    firsts, lasts = (known.having(name, name) for name in ("kpi:startDate", "kpi:endDate"))
    periods: dict[str, set[str]] = defaultdict(set)
    for said in known.of_class("kpi:Statement", "kpi:edition sd:refPeriod").values():
        for edition in said.get("kpi:edition", ()):
            periods[edition].update(said.get("sd:refPeriod", ()))
    days: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for edition, these in periods.items():
        for period in these:
            days[edition][0].update(map(value, firsts.get(period, {}).get("kpi:startDate", ())))
            days[edition][1].update(map(value, lasts.get(period, {}).get("kpi:endDate", ())))
    return days


def _sources(known: Source) -> dict[str, list[list[str]]]:
    """Return the source files of an edition: IRI, name, checksum, in order."""
    checksums = known.having("spdx:checksumValue", "spdx:checksumValue")
    sources: dict[str, list[list[str]]] = defaultdict(list)
    for file, said in known.of_class("kpi:SourceFile", "dct:isPartOf dct:title spdx:checksum").items():
        sums = [v for c in said.get("spdx:checksum", ()) for v in checksums.get(c, {}).get("spdx:checksumValue", ())]
        for edition in said.get("dct:isPartOf", ()):
            sources[edition] += (
                [value(file), value(name), value(sha256) if sha256 else ""]
                for name in said.get("dct:title", ())
                for sha256 in sums or ("",)
            )
    return defaultdict(list, {edition: sorted(files) for edition, files in sources.items()})


def _texts(known: Source) -> dict[str, Values]:
    """Return what editions, strategies and publishers are called."""
    return {
        **known.of_class("kpi:Edition", "dct:title dct:description"),
        **known.of_class("kpi:Strategy", "skos:prefLabel"),
        **known.of_class("kpi:Municipality", "skos:prefLabel"),
    }


def _literals(said: Values, name: str) -> list[str]:
    return sorted(term for term in said.get(name, ()) if term.startswith('"'))


def _kept(term: str) -> str | list[str]:
    """Return an IRI, or a literal with its language and datatype, as JSON has it."""
    return [value(term), language(term), datatype(term)] if term.startswith('"') else value(term)


def term_of(kept: str | list[str]) -> NamedNode | Literal:
    if isinstance(kept, str):
        return NamedNode(kept)
    text_, tag, type_ = kept
    return Literal(text_, language=tag) if tag else Literal(text_, datatype=NamedNode(type_))


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
