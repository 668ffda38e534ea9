"""What can be matched: indicators, shared indicators and municipalities, read from a release once and held.

A release says which indicators there are and how they are called. Which municipalities there are in Japan it does not
say; that is the list of `kpigraph.municipalities`, so that a name which several bear is known to be one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from pyoxigraph import Literal, NamedNode

from kpigraph.codelists import UnitCodelist
from kpigraph.iris import code_value, local_name
from kpigraph.linking.matcher import Described
from kpigraph.model import Aggregation, PeriodKind, SharedIndicator, Unit, UnitKind
from kpigraph.municipalities import LocalGovernment, Municipalities
from kpigraph.prefixes import CODE
from kpigraph.search.folding import fold
from kpigraph.serve.describe import View, name
from kpigraph.store import text
from kpigraph.text import compact


class Kind(StrEnum):
    """The types that entities have: classes of our vocabulary, which is the schema space."""

    INDICATOR = "Indicator"
    SHARED = "SharedIndicator"
    MUNICIPALITY = "Municipality"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Something to match with.

    `labels` is by language, `names` are all that it is called by, `codes` what stands for it alone. `place` is the code
    of the municipality that it is or belongs to, "" for shared indicators, `owner` the names of that municipality and
    `prefecture` those of its prefecture. `units` are those of an indicator's values, `aggregations` those of its
    targets, `departments` and `goals` the names of what it belongs to. `published`: whether the release says something
    of it.
    """

    iri: str
    kind: Kind
    labels: Mapping[str, str]
    names: tuple[str, ...]
    codes: tuple[str, ...]
    place: str = ""
    owner: tuple[str, ...] = ()
    prefecture: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    aggregations: frozenset[Aggregation] = frozenset()
    shared: SharedIndicator | None = None
    published: bool = True

    def label(self, lang: str) -> str:
        return self.labels.get(lang) or self.labels.get("ja") or next(iter(self.labels.values()), local_name(self.iri))

    @property
    def described(self) -> Described:
        """The indicator as the matcher sees it; without places, since queries come without them too."""
        return Described(
            label=self.label("ja"),
            other_names=tuple(n for n in self.names if n != self.label("ja")),
            unit=self.units[0] if self.units else None,
            aggregations=self.aggregations,
        )


@dataclass(frozen=True)
class Directory:
    """Every entity, by IRI; `units` are those of the release."""

    base: str
    by_iri: Mapping[str, Entity]
    units: UnitCodelist

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.by_iri.values())

    def beginning(self, text: str, kind: Kind | None) -> list[Entity]:
        """Return the entities called or coded `text`, then those whose names begin with it, then those that hold it."""
        wanted = fold(text)
        ranked = []
        for n, (e, names) in enumerate(self._folded):
            if kind not in (None, e.kind) or not wanted:
                continue
            found = [2 - name.startswith(wanted) - (name == wanted) for name in names if wanted in name]
            if found:
                ranked.append((min(found), not e.published, n, e))
        return [e for *_, e in sorted(ranked, key=lambda r: r[:3])]

    @cached_property
    def _folded(self) -> tuple[tuple[Entity, tuple[str, ...]], ...]:
        return tuple((e, tuple(dict.fromkeys(map(fold, (*e.names, *e.codes))))) for e in self)

    def find(self, given: str) -> Entity | None:
        """Return the entity with the identifier `given`: an IRI, or its end after …/id/ or …/code/."""
        for iri in (given, f"{self.base}id/{given}", f"{CODE}{given}"):
            if iri in self.by_iri:
                return self.by_iri[iri]
        return None


# One row for each pair; nothing from outside is in them.
_STATED = {
    "label": "SELECT ?s ?o WHERE { ?x kpi:statedLabel ?o ; kpi:indicator ?s }",
    "unit": "SELECT ?s ?o WHERE { ?x kpi:unit ?o ; kpi:role ?role ; kpi:indicator ?s }",
    "aggregation": f"SELECT ?s ?o WHERE {{ ?x kpi:role <{CODE}role-target> ; kpi:aggregation ?o ; kpi:indicator ?s }}",
}


@dataclass
class Reading:
    """Reads the entities of one release; `known` are the municipalities of Japan."""

    view: View
    base: str
    known: Municipalities

    def directory(self) -> Directory:
        """Return everything that can be matched."""
        found = {e.iri: e for e in (*self._municipalities(), *self._shared(), *self._indicators())}
        return Directory(self.base, found, self.units)

    @cached_property
    def units(self) -> UnitCodelist:
        units = tuple(self._unit(s) for s in self._all("kpi:Unit"))
        return UnitCodelist(units, {compact(n): u for u in units for n in (u.notation, *u.alternatives, u.label_en,
                                                                           u.label_ja)})  # fmt: skip

    def _all(self, cls: str) -> list[NamedNode]:
        return sorted(set(self.view.subjects("rdf:type", name(cls))), key=lambda s: s.value)

    def _texts(self, s: NamedNode, *properties: str) -> Iterator[tuple[str, str]]:
        """Yield the literals of `s`, each with its language, in a fixed order."""
        for p in properties:
            found = [o for o in self.view.objects(s, p) if isinstance(o, Literal)]
            yield from sorted((o.language or "", o.value) for o in found)

    def _labels(self, s: NamedNode) -> dict[str, str]:
        return {lang or "ja": text for lang, text in reversed([*self._texts(s, "skos:prefLabel")])}

    def _unit(self, s: NamedNode) -> Unit:
        labels, base = self._labels(s), self.view.thing(s, "kpi:baseUnit")
        return Unit(
            notation=self.view.text(s, "skos:notation") or local_name(s.value),
            label_ja=labels.get("ja", ""),
            label_en=labels.get("en", ""),
            alternatives=tuple(t for _, t in self._texts(s, "skos:altLabel")),
            base_unit=base.value if base else s.value,
            factor=Decimal(1),  # nothing is computed with it here
            unit_mult=0,
        )

    def _municipalities(self) -> Iterator[Entity]:
        """Yield those of the release, then those of the list of which it says nothing."""
        seen = set()
        for s in self._all("kpi:Municipality"):
            code = self.view.text(s, "org:identifier")
            seen.add(code)
            own = [t for _, t in self._texts(s, "skos:prefLabel", "skos:altLabel")]
            yield self._municipality(s.value, code, self._labels(s), own, self.known.by_code.get(code), published=True)
        for g in self.known:
            if g.code not in seen and not g.is_prefecture:
                labels = {"ja": g.name, **({"en": g.name_en} if g.name_en else {})}
                yield self._municipality(f"{self.base}id/lg/{g.code}", g.code, labels, [], g, published=False)

    def _municipality(
        self,
        iri: str,
        code: str,
        labels: dict[str, str],
        names: list[str],
        listed: LocalGovernment | None,
        *,
        published: bool,
    ) -> Entity:
        if listed is not None:
            names = [*names, *filter(None, (listed.name, listed.kana, listed.name_en))]
        prefecture = self._prefecture(code)
        return Entity(
            iri=iri,
            kind=Kind.MUNICIPALITY,
            labels=labels,
            names=tuple(dict.fromkeys((*labels.values(), *names))),
            codes=(code, code[:5]),
            place=code,
            owner=tuple(dict.fromkeys((*labels.values(), *names))),
            prefecture=prefecture,
            published=published,
        )

    def _prefecture(self, code: str) -> tuple[str, ...]:
        found = self.known.prefecture_of(code) if code else None
        return () if found is None else tuple(filter(None, (found.name, found.kana, found.name_en)))

    def _shared(self) -> Iterator[Entity]:
        for s in self._all("kpi:SharedIndicator"):
            record, labels = self._shared_record(s), self._labels(s)
            yield Entity(
                iri=s.value,
                kind=Kind.SHARED,
                labels=labels,
                names=tuple(dict.fromkeys((*labels.values(), *(t for _, t in self._texts(s, "skos:altLabel"))))),
                codes=(record.notation,),
                shared=record,
            )

    def _shared_record(self, s: NamedNode) -> SharedIndicator:
        view, labels = self.view, self._labels(s)
        definitions = dict(self._texts(s, "skos:definition"))
        broader, denominator = view.thing(s, "skos:broader"), view.thing(s, "kpi:denominatorIndicator")
        unit, period = view.thing(s, "kpi:unitKind"), view.thing(s, "kpi:periodKind")
        return SharedIndicator(
            notation=view.text(s, "skos:notation") or local_name(s.value),
            label_ja=labels.get("ja", ""),
            label_en=labels.get("en", ""),
            alternatives=tuple(t for lang, t in self._texts(s, "skos:altLabel") if lang == "ja"),
            definition_ja=definitions.get("ja", ""),
            definition_en=definitions.get("en", ""),
            broader=local_name(broader.value) if broader else "",
            theme="",
            unit_kind=next((k for k in UnitKind if unit and k == code_value(unit.value)), UnitKind.THING),
            period_kind=next((k for k in PeriodKind if period and k == code_value(period.value)), PeriodKind.YEAR),
            denominator=local_name(denominator.value) if denominator else "",
        )

    def _indicators(self) -> Iterator[Entity]:
        for s in self._all("kpi:Indicator"):
            view = self.view
            owner = view.thing(s, "kpi:municipality")
            code = view.text(owner, "org:identifier")
            labels = self._labels(s)
            printed, units, kinds = (self._stated[kind].get(s.value, {}) for kind in ("label", "unit", "aggregation"))
            yield Entity(
                iri=s.value,
                kind=Kind.INDICATOR,
                labels=labels,
                names=tuple(dict.fromkeys((*labels.values(), *(t for _, t in self._texts(s, "skos:altLabel")),
                                           *printed))),
                codes=(local_name(s.value),),
                place=code,
                owner=tuple(t for _, t in self._texts(owner, "skos:prefLabel", "skos:altLabel")) if owner else (),
                prefecture=self._prefecture(code),
                departments=self._names_of(s, "kpi:department"),
                goals=self._names_of(s, "kpi:inGoal"),
                units=tuple(self._unit_of(u) for u in units),
                aggregations=frozenset(a for a in Aggregation if a.value in map(code_value, kinds)),
            )  # fmt: skip

    @cached_property
    def _stated(self) -> dict[str, dict[str, dict[str, None]]]:
        """What the statements and places of each indicator say: labels, units, and the aggregations of targets.

        Asked for at once: look-ups of every statement would take seconds where many municipalities publish together.
        """
        found: dict[str, dict[str, dict[str, None]]] = {}
        for kind, query in _STATED.items():
            rows = sorted({(text(row, "s"), text(row, "o")) for row in self.view.served.reader.select(query)})
            for s, o in rows:
                found.setdefault(kind, {}).setdefault(s, {})[o] = None
            found.setdefault(kind, {})
        return found

    def _unit_of(self, iri: str) -> Unit:
        if iri not in self._units:
            self._units[iri] = self._unit(NamedNode(iri))
        return self._units[iri]

    @cached_property
    def _units(self) -> dict[str, Unit]:
        return {}

    def _names_of(self, s: NamedNode, p: str) -> tuple[str, ...]:
        return tuple(t for o in self.view.things(s, p) for _, t in self._texts(o, "skos:prefLabel"))
