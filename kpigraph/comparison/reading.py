"""A comparison read from a store: a handful of queries, each about all municipalities at once."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from pyoxigraph import Literal, NamedNode, Triple

from kpigraph import iris
from kpigraph.comparison.asking import ask, told
from kpigraph.comparison.records import FACETS, Comparison, Concept, Entry, Facet, Match, Value, shape_of
from kpigraph.model import Aggregation, Apart, Calendar, Direction, PeriodKind, Precision, Role, UnitKind, ValueForm
from kpigraph.order import triples_in_order
from kpigraph.prefixes import expand
from kpigraph.store import Row, Store, text
from kpigraph.wording import read_name

Said = Mapping[str, Mapping[str, list[str]]]  # thing → property → values
_E = TypeVar("_E", bound=StrEnum)
NOTATION = re.compile(r"[a-z0-9][a-z0-9-]*")
POPULATION = "population"
_MATCHES = {expand(f"skos:{m.value}Match"): m for m in Match} | {expand("kpi:realizes"): Match.REALIZES}
_MATCHED = " ".join(f"<{p}>" for p in _MATCHES)
_STATED = (
    "kpi:statedValue", "kpi:statedUnit", "kpi:statedPeriod", "kpi:valueForm", "kpi:comparator", "kpi:aggregation",
    "kpi:precision", "kpi:unanchored", "kpi:ambiguity", "sa:obsStatus", "sm:obsValue", "kpi:ratioValue",
    "kpi:baseValue", "sa:unitMeasure", "kpi:unit", "sd:refPeriod", "kpi:edition", "kpi:resolves",
    "prov:wasDerivedFrom",
)  # fmt: skip
_OF_THINGS = (
    "kpi:startDate", "kpi:endDate", "kpi:calendar", "kpi:baseUnit", "kpi:factor", "kpi:prefectureName",
)  # fmt: skip
_CONCEPT = (
    "rdf:type", "skos:notation", "kpi:unitKind", "kpi:periodKind", "kpi:desiredDirection", "kpi:denominatorIndicator",
)  # fmt: skip
_LABELS = ("skos:prefLabel", "dct:title", "rdfs:label")
_BY_NAME = {expand(n): n for n in (*_OF_THINGS, *_CONCEPT, *_LABELS, "skos:altLabel", "skos:definition")}
_DEFINITION: dict[Match, tuple[Apart, ...]] = {
    Match.EXACT: (),
    Match.CLOSE: (Apart.SIMILAR,),
    Match.REALIZES: (Apart.SIMILAR,),
    Match.BROAD: (Apart.NARROWER,),
    Match.NARROW: (Apart.WIDER,),
}


def read(store: Store, notation: str, year: int | None = None, *, with_population: bool = True) -> Comparison | None:
    """Return the comparison of a shared indicator, of each indicator the newest actual, or the newest of `year`.

    None if there is no such shared indicator. Populations are left out unless something is to be divided by them.

    Raises:
        UsageError: if the store is damaged or out of reach.
    """
    found = _concept(store, notation)
    if found is None:
        return None
    concept, denominator_free = found
    matched = list(_matched(store, [notation]))
    indicators = {text(r, "indicator") for r in matched}
    codes = {text(r, "municipality"): text(r, "code") for r in matched}
    people: dict[str, list[str]] = defaultdict(list)  # indicators of population, by municipality
    if with_population and denominator_free and notation != POPULATION:
        for r in _matched(store, [POPULATION]):
            if text(r, "municipality") in codes and _match(r) in (Match.EXACT, Match.CLOSE):
                people[text(r, "municipality")].append(text(r, "indicator"))
    said = _said(store, indicators | {i for found in people.values() for i in found})
    assessed = _assessments(store, indicators)
    about, labels = _things(store, [concept.iri, *indicators, *codes], said)
    values = values_of(said, about)
    population = {m: tuple(v for i in found for v in values[i]) for m, found in people.items()}
    entries = []
    for indicator, (match, municipality) in _strongest(matched).items():
        facets = _facets(labels.get(indicator, {}).get("ja", ""), concept.names)
        entries.append(
            _entry(
                concept,
                indicator,
                municipality,
                codes[municipality],
                match,
                facets,
                values[indicator],
                assessed.get(indicator, {}),
                population.get(municipality, ()),
                year,
            )
        )
    actuals = (v.year for i in indicators for v in values[i] if v.role is Role.ACTUAL and v.base is not None)
    return Comparison(
        concept=concept,
        entries=tuple(sorted(entries, key=lambda e: (e.code, e.indicator))),
        labels=labels,
        parts=_parts(store, said),
        years=tuple(sorted({y for y in actuals if y is not None}, reverse=True)),
        year=year,
    )


def construct(store: Store, comparison: Comparison, entries: Iterable[Entry]) -> list[Triple]:
    """Return what the store says of the values compared, of their periods and units, and how each was matched."""
    entries = list(entries)
    values = [v for e in entries for v in (e.baseline, e.actual, e.target) if v is not None]
    things = {
        n for v in values for n in (v.iri, v.period, v.unit) if n
    } | {e.indicator for e in entries} | {e.municipality for e in entries} | {comparison.concept.iri}  # fmt: skip
    indicators = _list(e.indicator for e in entries)
    said = ask(store, "spo", f"VALUES ?s {{ {_list(things)} }}", "?s ?p ?o")
    matched = ask(
        store, "spo", f"VALUES ?i {{ {indicators} }}", "?s owl:annotatedSource ?i",
        f"?s owl:annotatedTarget <{comparison.concept.iri}>", "?s ?p ?o",
    )  # fmt: skip
    found: set[Triple] = set()
    for row in (*said, *matched):
        s, p, o = row["s"], row["p"], row["o"]
        if isinstance(s, NamedNode) and isinstance(p, NamedNode):
            found.add(Triple(s, p, o))
    return triples_in_order(found)


def _concept(store: Store, notation: str) -> tuple[Concept, bool] | None:
    """Return the concept, and whether its values are such as can be divided by a population."""
    if not NOTATION.fullmatch(notation):
        return None
    iri = iris.shared_indicator(notation)
    names: list[str] = []
    definition: dict[str, str] = {}
    about: dict[str, list[str]] = defaultdict(list)
    for r in ask(store, "po", f"<{iri}> ?p ?o"):
        name, o = _BY_NAME.get(text(r, "p"), ""), r["o"]
        about[name].append(text(r, "o"))
        language = o.language if isinstance(o, Literal) else None
        if name == "skos:definition" and language:
            definition[language] = text(r, "o")
        elif name in ("skos:prefLabel", "skos:altLabel") and language == "ja":
            names.append(text(r, "o"))
    if expand("kpi:SharedIndicator") not in about["rdf:type"]:
        return None
    kind = _code(UnitKind, about["kpi:unitKind"])
    concept = Concept(
        iri=iri,
        notation=notation,
        names=tuple(names),
        definition=definition,
        unit_kind=kind,
        units=frozenset(
            text(r, "u") for r in ask(store, "u", f"<{iris.code(kind) if kind else iri}> qudt:applicableUnit ?u")
        ),
        period_kind=_code(PeriodKind, about["kpi:periodKind"]),
        direction=_code(Direction, about["kpi:desiredDirection"]),
    )
    return concept, not about["kpi:denominatorIndicator"]


def _matched(store: Store, notations: Iterable[str]) -> Iterator[Row]:
    concepts = _list(iris.shared_indicator(n) for n in notations)
    return ask(
        store, ("indicator", "how", "municipality", "code"), f"VALUES ?shared {{ {concepts} }}",
        f"VALUES ?how {{ {_MATCHED} }}", "?indicator ?how ?shared", "?indicator kpi:municipality ?municipality",
        "?municipality org:identifier ?code",
    )  # fmt: skip


def _match(row: Row) -> Match:
    return _MATCHES[text(row, "how")]


def _strongest(matched: Iterable[Row]) -> dict[str, tuple[Match, str]]:
    """Return how each indicator was matched, and its municipality. What SKOS says wins over kpi:realizes alone."""
    found: dict[str, tuple[Match, str]] = {}
    for r in matched:
        indicator, match = text(r, "indicator"), _match(r)
        if indicator not in found or found[indicator][0] is Match.REALIZES:
            found[indicator] = (match, text(r, "municipality"))
    return found


def _said(store: Store, indicators: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Return what is said of the statements and resolved targets of `indicators`."""
    known = {"i": "kpi:indicator", "role": "kpi:role"}
    of = f"VALUES ?i {{ {_list(indicators)} }}"
    return told(store, known, _STATED, of, "?s kpi:indicator ?i ; kpi:role ?role")


def _parts(store: Store, said: Said) -> dict[str, str]:
    """Return the part of its file of each row that statements were read from, where the file has several."""
    rows = {row for its in said.values() for row in its.get("prov:wasDerivedFrom", ())}
    within = [row for row in rows if "-" in iris.row_place(row)]
    if not within:
        return {}
    found = ask(store, ("s", "part"), f"VALUES ?s {{ {_list(within)} }}", "?s kpi:part ?part")
    return {text(r, "s"): text(r, "part") for r in found}


def _assessments(store: Store, indicators: Iterable[str]) -> Said:
    """Return the current assessment of each indicator."""
    of = f"VALUES ?i {{ {_list(indicators)} }}"
    found = told(
        store, {"i": "kpi:indicator", "status": "kpi:status"}, ("kpi:progressRatio",), of,
        "?i kpi:currentAssessment ?s", "?s kpi:status ?status",
    )  # fmt: skip
    return {its["kpi:indicator"][0]: its for _, its in sorted(found.items())}


def _things(store: Store, things: Iterable[str], said: Said) -> tuple[Said, dict[str, dict[str, str]]]:
    """Return what is said of `things` and of the periods and units that statements refer to."""
    refers = ("sd:refPeriod", "kpi:unit", "sa:unitMeasure")
    wanted = {*things, *(o for found in said.values() for n in refers for o in found.get(n, ()))}
    names = (*_OF_THINGS, *_LABELS)
    about: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for r in ask(
        store, "spo", f"VALUES ?s {{ {_list(wanted)} }}", "?s ?p ?o", f"FILTER(?p IN ({', '.join(names)}))"
    ):  # fmt: skip
        s, name, o = text(r, "s"), _BY_NAME[text(r, "p")], r["o"]
        _add(about[s][name], text(r, "o"))
        if name in _LABELS and isinstance(o, Literal):
            labels[s].setdefault(o.language or "ja", o.value)
        elif name == "kpi:prefectureName" and isinstance(o, Literal):
            labels[f"{s}#prefecture"][o.language or "ja"] = o.value
    _name_base_units(store, said, about, labels)
    return about, labels


def _name_base_units(store: Store, said: Said, about: Said, labels: dict[str, dict[str, str]]) -> None:
    """Give each base unit the name of the unit that is it: one that is printed here, else the only one there is."""
    bases = {o for found in said.values() for o in found.get("sa:unitMeasure", ())}
    used = Counter(o for found in said.values() for o in found.get("kpi:unit", ()))
    for unit, _ in sorted(used.items(), key=lambda one: (one[1], one[0])):  # the most usual comes last, and stays
        if Decimal(min(about[unit].get("kpi:factor", ("0",)))) == 1:
            labels[min(about[unit]["kpi:baseUnit"])] = labels[unit]
            bases.discard(min(about[unit]["kpi:baseUnit"]))
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    if not bases:
        return
    for r in ask(
        store, ("base", "u", "label"), f"VALUES ?base {{ {_list(bases)} }}", "?u kpi:baseUnit ?base",
        "?u kpi:factor ?f", "FILTER(?f = 1)", "?u skos:prefLabel ?label",
    ):  # fmt: skip
        label = r["label"]
        if isinstance(label, Literal):
            found[text(r, "base")][text(r, "u")][label.language or "ja"] = label.value
    for base, units in found.items():
        if len(units) == 1 or base not in labels:
            labels[base] = next(iter(units.values())) if len(units) == 1 else {"ja": "", "en": ""}


def values_of(said: Said, about: Said) -> Mapping[str, list[Value]]:
    """Return the values of each indicator."""
    comes_to = {found["kpi:resolves"][0]: s for s, found in said.items() if "kpi:resolves" in found}
    values: dict[str, list[Value]] = defaultdict(list)
    for s in sorted(said):
        if "kpi:statedValue" in said[s] and "kpi:role" in said[s]:
            value = _value(s, said[s], said.get(comes_to.get(s, ""), {}), about)
            values[said[s]["kpi:indicator"][0]].append(value)
    return values


def _value(iri: str, stated: Mapping[str, list[str]], resolved: Mapping[str, list[str]], about: Said) -> Value:
    def first(name: str, of: Mapping[str, list[str]] = stated) -> str:
        return min(of.get(name, ()), default="")

    number_of = resolved or stated
    unit = first("kpi:unit", number_of)
    in_unit = about.get(unit, {})
    number = _decimal(first("sm:obsValue", number_of) or first("kpi:ratioValue"))
    base, base_unit = _decimal(first("kpi:baseValue", number_of)), first("sa:unitMeasure", number_of)
    if base is None and number is not None and "kpi:factor" in in_unit:
        base = number * Decimal(in_unit["kpi:factor"][0])
    base_unit = base_unit or first("kpi:baseUnit", in_unit)
    period = about.get(first("sd:refPeriod"), {})
    begins, ends = _day(first("kpi:startDate", period)), _day(first("kpi:endDate", period))
    aggregation = _code(Aggregation, stated.get("kpi:aggregation", ()))
    unanchored = first("kpi:unanchored") == "true"
    shape = None if unanchored else shape_of(aggregation, begins, ends, _code(Calendar, period.get("kpi:calendar", ())))
    return Value(
        iri=iri,
        role=_code(Role, stated["kpi:role"]) or Role.ACTUAL,
        printed=first("kpi:statedValue"),
        printed_unit=first("kpi:statedUnit"),
        printed_period=first("kpi:statedPeriod"),
        unit=unit,
        number=number,
        base=base,
        base_unit=base_unit,
        comparator=iris.code_value(first("kpi:comparator")),
        aggregation=aggregation,
        period=first("sd:refPeriod"),
        first=begins,
        last=ends,
        shape=shape,
        rows=tuple(sorted(stated.get("prov:wasDerivedFrom", ()))),
        edition=first("kpi:edition"),
        computed=bool(resolved),
        apart=tuple(_shortcomings(stated, base, shape)),
    )


def _shortcomings(stated: Mapping[str, list[str]], base: Decimal | None, shape: object) -> Iterator[Apart]:
    form = _code(ValueForm, stated.get("kpi:valueForm", ()))
    if base is None:
        yield {
            ValueForm.QUALITATIVE: Apart.IN_WORDS,
            ValueForm.RELATIVE: Apart.UNRESOLVED,
            ValueForm.RANGE: Apart.SEVERAL_NUMBERS,
            ValueForm.RATIO: Apart.SEVERAL_NUMBERS,
            ValueForm.ABSOLUTE: Apart.UNIT_KIND,  # a number without a unit that is known
            None: Apart.MISSING,
        }.get(form, Apart.MISSING)
        return
    status = min(stated.get("sa:obsStatus", ()), default="").rpartition("obsStatus-")[2]
    if "kpi:ambiguity" in stated:
        yield Apart.UNRESOLVED
    if status == "P":
        yield Apart.PROVISIONAL
    elif status == "E" or _code(Precision, stated.get("kpi:precision", ())) is Precision.APPROXIMATE:
        yield Apart.ESTIMATED
    if shape is None:
        yield Apart.NO_PERIOD


def _entry(
    concept: Concept, indicator: str, municipality: str, code: str, match: Match, facets: frozenset[Facet],
    values: list[Value], assessment: Mapping[str, list[str]], population: tuple[Value, ...], year: int | None,
) -> Entry:  # fmt: skip
    target = _newest([v for v in values if v.role is Role.TARGET])
    baselines = [v for v in values if v.role is Role.BASELINE]
    beside = [v for v in baselines if target is not None and v.edition == target.edition]
    actuals = [v for v in values if v.role is Role.ACTUAL and (year is None or v.year == year)]
    with_number = [v for v in actuals if v.base is not None]
    return Entry(
        indicator=indicator,
        municipality=municipality,
        code=code,
        match=match,
        facets=facets,
        baseline=_newest(beside or baselines),
        actual=_newest(with_number or actuals),
        target=target,
        status=iris.code_value(min(assessment.get("kpi:status", ()), default="")),
        progress=_decimal(min(assessment.get("kpi:progressRatio", ()), default="")),
        population=tuple(v for v in population if v.role is not Role.TARGET),
        apart=_DEFINITION[match],
    )


def _newest(values: list[Value]) -> Value | None:
    """Return the value of the last period; where another of the same period says otherwise, that is a conflict."""
    best = max(values, key=lambda v: (v.last or date.min, v.base is not None, v.edition, v.iri), default=None)
    if best is None:
        return None
    rivals = (
        v for v in values if (v.edition, v.period, v.aggregation) == (best.edition, best.period, best.aggregation)
    )
    if len({v.base for v in rivals}) > 1:
        return _with(best, Apart.CONFLICT)
    return best


def _with(value: Value, apart: Apart) -> Value:
    return replace(value, apart=(*value.apart, apart))


def _facets(name: str, of_concept: tuple[str, ...]) -> frozenset[Facet]:
    known = {facet for other in of_concept for facet in read_name(other).facets}
    return frozenset(f for f in read_name(name).facets - known if f[0] in FACETS)


def _code(kind: type[_E], found: Iterable[str]) -> _E | None:
    value = iris.code_value(min(found, default=""))
    return kind(value) if value in set(kind) else None


def _decimal(value: str) -> Decimal | None:
    return Decimal(value) if re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+", value) else None


def _day(value: str) -> date | None:
    return date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None


def _add(values: list[str], value: str) -> None:
    if value not in values:
        values.append(value)


def _list(things: Iterable[str]) -> str:
    """Return IRIs for a VALUES clause. They come from a store, where no IRI can end early."""
    return " ".join(f"<{n}>" for n in sorted({*things}) if not n.startswith("_:"))
