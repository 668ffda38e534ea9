"""The shared indicators of data/codelists/indicators.ttl, by which the indicators of municipalities are compared.

The file is complete SKOS; loading checks it and adds skos:narrower. Two names are the same when their normal forms
without blanks are equal, as with units.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypeVar

from rdflib import Literal, URIRef
from rdflib.term import Node

from kpigraph import iris
from kpigraph.codelists.lists import list_file
from kpigraph.config import resource_dir
from kpigraph.model import Basis, Direction, PeriodKind, SharedIndicator, UnitKind
from kpigraph.prefixes import CODE
from kpigraph.problems import Problem, SourceError, SourceLocation, raise_if_any
from kpigraph.terms import Triple, read_turtle
from kpigraph.text import compact
from kpigraph.vocab import DCTERMS, KPI, RDF, SKOS

_E = TypeVar("_E", bound=StrEnum)
FILE = "indicators.ttl"
SCHEME = URIRef(CODE + "indicator")
MATCHES = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch)
_OWN = f"{SCHEME}/"
_PLAIN = {RDF.type, SKOS.inScheme, SKOS.topConceptOf, SKOS.notation, SKOS.prefLabel, SKOS.altLabel, SKOS.definition,
          SKOS.scopeNote, SKOS.broader, *MATCHES}  # fmt: skip
_SAID = _PLAIN | {KPI.unitKind, KPI.periodKind, KPI.denominatorIndicator, KPI.desiredDirection, KPI.directionBasis,
                  KPI.cofogDivision}  # fmt: skip
_TYPE, _SHARED, _BROADER, _TOP, _ALT = RDF.type, KPI.SharedIndicator, SKOS.broader, SKOS.hasTopConcept, SKOS.altLabel
_APPLICABLE = URIRef("http://qudt.org/schema/qudt/applicableUnit")
_NOTATION = re.compile(r"[a-z0-9][a-z0-9-]*")
_COFOG = re.compile(r"0[1-9]|10")
_SUBJECT = re.compile(r"(?:shared:|<" + re.escape(_OWN) + r")([A-Za-z0-9.-]+)>?(?:\s|$)")


@dataclass(frozen=True, slots=True)
class IndicatorScheme:
    """The shared indicators by notation, in the order of the file; `by_name` by the normal form of every Japanese name.

    `themes` has the names (ja, en) of the themes on top, by notation. `triples` is the whole scheme, for publication.
    `replaced` has those that are no more, each with what took its place: their IRIs stay, and lead there.
    """

    indicators: Mapping[str, SharedIndicator]
    by_name: Mapping[str, SharedIndicator]
    themes: Mapping[str, tuple[str, str]]
    triples: tuple[Triple, ...]
    replaced: Mapping[str, str] = field(default_factory=dict)

    def find(self, text: str) -> SharedIndicator | None:
        """Return the shared indicator that `text` names in Japanese or by its notation, None if there is none."""
        return self.indicators.get(text) or self.by_name.get(compact(text))

    def narrower(self, notation: str) -> tuple[SharedIndicator, ...]:
        """Return the indicators right below an indicator or theme."""
        return tuple(i for i in self.indicators.values() if i.broader == notation)

    def __iter__(self) -> Iterator[SharedIndicator]:
        return iter(self.indicators.values())

    def __len__(self) -> int:
        return len(self.indicators)


def indicators_file(folder: Path) -> Path:
    """Return the list of the data folder's `codelists`, or the one that comes with the program where that has none."""
    return list_file(folder, FILE)


def load_indicators(folder: Path) -> IndicatorScheme:
    """Return the shared indicators of `folder`, see `indicators_file`.

    Raises:
        SourceError: with every fault of the file, each with the line of the concept.
    """
    path = indicators_file(folder)
    file = _File(path)
    scheme = file.scheme()
    raise_if_any(sorted(file.faults, key=lambda fault: fault.at))
    return scheme


@cache
def base_units() -> Mapping[UnitKind, frozenset[str]]:
    """Return the base units (see `model.Unit`) that values of each unit kind can have, from ontology/codes."""
    found: dict[str, set[str]] = defaultdict(set)
    for s, p, o in read_turtle(resource_dir("ontology") / "codes" / "unit-kind.ttl"):
        if p == _APPLICABLE:
            found[str(s)].add(str(o))
    return {kind: frozenset(found[iris.code(kind)]) for kind in UnitKind}


class _File:
    """One indicators.ttl; what is wrong with it goes to `faults`."""

    def __init__(self, path: Path) -> None:
        self.name = f"codelists/{path.name}"
        self.faults: list[Problem] = []
        self.lines: dict[str, int] = {}
        self.said: dict[Node, dict[Node, list[Node]]] = defaultdict(lambda: defaultdict(list))
        try:
            for line, text in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
                if m := _SUBJECT.match(text):
                    self.lines.setdefault(m[1], line)
            self.triples = tuple(dict.fromkeys(read_turtle(path)))
        except UnicodeDecodeError as e:
            at = SourceLocation(file=self.name)
            raise SourceError(Problem("source.encoding", at, e.object[e.start : e.end].hex(" "), "UTF-8")) from None
        except SyntaxError as e:
            at = SourceLocation(file=self.name, row=e.lineno or 0)
            raise SourceError(Problem("codelist.syntax", at, found=e.msg)) from None

        for subject, predicate, value in self.triples:
            self.said[subject][predicate].append(value)

    def fault(self, notation: str, found: str, expected: str, code: str = "codelist.field") -> None:
        at = SourceLocation(file=self.name, row=self.lines.get(notation, 0))
        self.faults.append(Problem(code, at, f"{notation}: {found}", expected))

    def scheme(self) -> IndicatorScheme:
        gone = {s for s in self.said if DCTERMS.isReplacedBy in self.said[s]}
        concepts = {self._notation(s): s for s in self.said if s != SCHEME and s not in gone}
        indicators = {n for n, s in concepts.items() if _SHARED in self.said[s][_TYPE]}
        themes = concepts.keys() - indicators
        in_order = sorted(concepts, key=lambda n: self.lines.get(n, 0))
        above = {n: self._above(n, concepts) for n in in_order if n in indicators}
        records: dict[str, SharedIndicator] = {}
        for notation in in_order:
            self._check(notation, concepts[notation], is_theme=notation in themes)
            if notation in indicators:
                top = self._top(notation, above)
                records[notation] = self._indicator(notation, concepts[notation], above[notation], top, indicators)
        tops = {n: self._theme(n, concepts[n]) for n in in_order if n in themes}
        if SKOS.ConceptScheme not in self.said[SCHEME][_TYPE]:
            self.fault("indicator", f"{SCHEME} –", "c:indicator a skos:ConceptScheme")
        self._tops({concepts[n] for n in themes})
        narrower = ((o, SKOS.narrower, s) for s, p, o in self.triples if p == _BROADER)
        return IndicatorScheme(
            indicators=records,
            by_name=self._names(records, {n: ja for n, (ja, _) in tops.items()}),
            themes=tops,
            triples=(*self.triples, *narrower),
            replaced={self._notation(s): self._replacement(s, records) for s in gone},
        )

    def _replacement(self, s: Node, records: Mapping[str, SharedIndicator]) -> str:
        """Return what took the place of a shared indicator that is gone; nothing else may be said of that."""
        notation = self._notation(s)
        for predicate in self.said[s].keys() - {DCTERMS.isReplacedBy}:
            self.fault(notation, str(predicate), "isReplacedBy")
        kept = self._only(notation, s, DCTERMS.isReplacedBy).removeprefix(_OWN)
        if kept not in records:
            self.fault(notation, f"isReplacedBy = {kept}", "an indicator of the file")
        return kept

    def _notation(self, subject: Node) -> str:
        notation = str(subject).removeprefix(_OWN)
        if not isinstance(subject, URIRef) or not _NOTATION.fullmatch(notation):
            self.fault(notation, str(subject), f"{_OWN}[a-z0-9-]")
        return notation

    def _check(self, notation: str, s: Node, is_theme: bool) -> None:
        """Check what every concept says; the scheme and the shapes of kpi:SharedIndicator rest on it."""
        possible = _PLAIN if is_theme else _SAID
        for predicate in self.said[s].keys() - possible:
            self.fault(notation, str(predicate), ", ".join(sorted(iris.local_name(p) for p in possible)))
        wanted: dict[URIRef, set[Node]] = {
            RDF.type: {SKOS.Concept} if is_theme else {SKOS.Concept, KPI.SharedIndicator},
            SKOS.inScheme: {SCHEME},
            SKOS.notation: {Literal(notation)},
            SKOS.topConceptOf: {SCHEME} if is_theme else set(),
        }
        if is_theme:
            wanted[SKOS.broader] = set()
        for predicate, values in wanted.items():
            if (found := set(self.said[s].get(predicate, ()))) != values:
                told = " ".join(sorted(map(str, found))) or "–"
                self.fault(
                    notation, f"{iris.local_name(predicate)} = {told}", " ".join(sorted(map(str, values))) or "–"
                )
        if is_theme and s not in self.said[SCHEME][_TOP]:
            self.fault(notation, "hasTopConcept = –", f"c:indicator skos:hasTopConcept shared:{notation}")

    def _theme(self, notation: str, s: Node) -> tuple[str, str]:
        for language in ("ja", "en"):
            self._text(notation, s, SKOS.definition, language)
        return self._text(notation, s, SKOS.prefLabel, "ja"), self._text(notation, s, SKOS.prefLabel, "en")

    def _tops(self, themes: set[Node]) -> None:
        for other in set(self.said[SCHEME][_TOP]) - themes:
            self.fault(iris.local_name(str(other)), "hasTopConcept", "a theme of the file")

    def _above(self, notation: str, concepts: Mapping[str, Node]) -> str:
        broader = self.said[concepts[notation]].get(_BROADER, [])
        found = str(broader[0]).removeprefix(_OWN) if len(broader) == 1 else ""
        if found not in concepts:
            told = " ".join(sorted(map(str, broader))) or "–"
            self.fault(notation, f"broader = {told}", "one concept of the file")
        return found

    def _top(self, notation: str, above: Mapping[str, str]) -> str:
        """Return the theme over an indicator; going round in a circle is a fault."""
        seen = {notation}
        here = above[notation]
        while here in above:
            if here in seen:
                self.fault(notation, f"broader = {above[notation]}", "no circle")
                return ""
            seen.add(here)
            here = above[here]
        return here

    def _indicator(self, notation: str, s: Node, broader: str, theme: str, known: set[str]) -> SharedIndicator:
        denominator = self._only(notation, s, KPI.denominatorIndicator).removeprefix(_OWN)
        if denominator and (denominator not in known or denominator == notation):
            self.fault(notation, f"denominatorIndicator = {denominator}", "another indicator of the file")
        direction = self._code(notation, s, KPI.desiredDirection, Direction, required=False)
        basis = self._only(notation, s, KPI.directionBasis)
        if basis != (iris.code(Basis.CURATED) if direction else ""):
            self.fault(notation, f"directionBasis = {basis or '–'}", "c:basis-curated" if direction else "–")
        cofog = self._only(notation, s, KPI.cofogDivision)
        if cofog and not _COFOG.fullmatch(cofog):
            self.fault(notation, f"cofogDivision = {cofog}", "01–10")
        unit = self._code(notation, s, KPI.unitKind, UnitKind)
        period = self._code(notation, s, KPI.periodKind, PeriodKind)
        return SharedIndicator(
            notation=notation,
            label_ja=self._text(notation, s, SKOS.prefLabel, "ja"),
            label_en=self._text(notation, s, SKOS.prefLabel, "en"),
            alternatives=tuple(
                sorted(str(o) for o in self.said[s].get(_ALT, ()) if isinstance(o, Literal) and o.language == "ja")
            ),
            definition_ja=self._text(notation, s, SKOS.definition, "ja"),
            definition_en=self._text(notation, s, SKOS.definition, "en"),
            broader=broader,
            theme=theme,
            unit_kind=unit or UnitKind.THING,
            period_kind=period or PeriodKind.YEAR,
            denominator=denominator,
            desired_direction=direction,
            cofog=cofog,
            matches=tuple(sorted((iris.local_name(p), str(o)) for p in MATCHES for o in self.said[s].get(p, ()))),
        )

    def _text(self, notation: str, s: Node, predicate: URIRef, language: str) -> str:
        found = [str(o) for o in self.said[s].get(predicate, ()) if isinstance(o, Literal) and o.language == language]
        if len(found) != 1 or not found[0].strip():
            told = " / ".join(sorted(found)) or "–"
            self.fault(notation, f"{iris.local_name(predicate)} = {told}", f"1 × @{language}")
        return found[0] if found else ""

    def _only(self, notation: str, s: Node, predicate: URIRef) -> str:
        found = sorted(map(str, self.said[s].get(predicate, ())))
        if len(found) > 1:
            self.fault(notation, f"{iris.local_name(predicate)} = {' '.join(found)}", "1")
        return found[0] if found else ""

    def _code(self, notation: str, s: Node, predicate: URIRef, kind: type[_E], required: bool = True) -> _E | None:
        iri = self._only(notation, s, predicate)
        members = {iris.code(member): member for member in kind}
        if iri not in members and (iri or required):
            self.fault(notation, f"{iris.local_name(predicate)} = {iri or '–'}", ", ".join(kind))
        return members.get(iri)

    def _names(self, records: Mapping[str, SharedIndicator], themes: Mapping[str, str]) -> dict[str, SharedIndicator]:
        """Return the indicators by their names in normal form; a name that two concepts have is a fault."""
        owners = {compact(label): notation for notation, label in themes.items()}
        found: dict[str, SharedIndicator] = {}
        for notation, record in records.items():
            for name in record.names:
                owner = owners.setdefault(compact(name), notation)
                if owner != notation:
                    self.fault(notation, name, owner, "codelist.clash")
            if len({compact(name) for name in record.names}) < len(record.names):
                self.fault(notation, " / ".join(record.names), "1 ×", "codelist.field")
            found |= {compact(name): record for name in record.names}
        return found
