"""How every indicator of the current editions stands, and what it stands under, from a store."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from pyoxigraph import Literal

from kpigraph.prefixes import expand
from kpigraph.store import Store, text

STATUSES = ("met", "inprogress", "notmet", "notassessable", "none")
NO_WAY, NO_DAYS = "no-way", "no-days"  # why an indicator that is judged has no place among those behind
WITHIN = ("strategy", "goal", "direction", "measure", "department")
_FORM = Decimal("0.0001")

# A FILTER over what a thing says is many times as fast as one pattern a property with OPTIONAL.
_SAID = "SELECT ?s ?p ?o WHERE {{ ?s a {cls} ; ?p ?o . FILTER(?p IN ({names})) }}"
_INDICATOR = "skos:prefLabel kpi:municipality kpi:department kpi:inStrategy kpi:inGoal kpi:currentAssessment"
_ASSESSMENT = (
    "kpi:indicator kpi:status kpi:reason kpi:progressRatio kpi:cumulativeShare kpi:elapsedShare "
    "kpi:ofBaseline kpi:ofActual kpi:ofTarget kpi:edition"
)
_STATEMENT = "kpi:indicator kpi:role sd:refPeriod kpi:statedValue kpi:statedUnit kpi:statedPeriod kpi:unit"
_LISTING = "kpi:indicator kpi:placement kpi:order kpi:department"
_PLACEMENT = "kpi:places kpi:under kpi:order"
_LABELLED = {
    "municipality": "kpi:Municipality",
    "strategy": "kpi:Strategy",
    "goal": "kpi:Goal",
    "direction": "kpi:BasicDirection",
    "measure": "kpi:Measure",
    "department": "org:OrganizationalUnit",
}
_ENDS = "SELECT ?s ?o WHERE { ?s kpi:endDate ?o }"
_RESOLVED = "SELECT ?s ?o WHERE { ?r kpi:resolves ?s ; kpi:unit ?o }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an indicator stands at its latest actual value.

    Attributes:
        iri, municipality, edition, unit: IRIs; "" where there is none.
        labels: its name by language.
        position: where it stands in its document, from 1.
        status, reason: local names of the codes, such as met; the reason is that of one that cannot be judged.
        progress: the share of the way from baseline to target, or of a total, that has been covered; None for none.
        elapsed: the share of the time from the end of the baseline's period to the end of the target's, or of that of
            the total, that had gone at the end of the latest actual's period; None where not all days are known.
        why: why it has no `lag`: `reason`, `NO_WAY` or `NO_DAYS`; "" where it has one.
        due: the last day of the target's period, "" if unknown.
        actual, target: value, unit and period as printed.
        within: IRIs of what it stands under, by `WITHIN`.
    """

    iri: str
    municipality: str
    edition: str
    unit: str
    labels: Mapping[str, str]
    position: int
    status: str
    reason: str
    progress: Decimal | None
    elapsed: Decimal | None
    why: str
    due: str
    actual: tuple[str, str, str]
    target: tuple[str, str, str]
    within: Mapping[str, tuple[str, ...]]

    @property
    def lag(self) -> Decimal | None:
        """How far it is behind an even pace: the share of time gone less that of the way covered; below 0: ahead."""
        return None if self.progress is None or self.elapsed is None else self.elapsed - self.progress

    def to_json(self) -> list[Any]:
        """Return what `from_json` reads."""
        numbers = [None if n is None else str(n) for n in (self.progress, self.elapsed)]
        return [
            self.iri, self.municipality, self.edition, self.unit, dict(self.labels), self.position, self.status,
            self.reason, *numbers, self.why, self.due, self.actual, self.target, dict(self.within),
        ]  # fmt: skip

    @classmethod
    def from_json(cls, value: list[Any]) -> "Standing":
        iri, municipality, edition, unit, labels, position, status, reason, progress, elapsed, why, due, *rest = value
        actual, target, within = rest
        return cls(
            iri=iri, municipality=municipality, edition=edition, unit=unit, labels=labels, position=position,
            status=status, reason=reason, progress=_number(progress), elapsed=_number(elapsed), why=why, due=due,
            actual=tuple(actual), target=tuple(target), within={k: tuple(v) for k, v in within.items()},
        )  # fmt: skip


def names(store: Store) -> list[tuple[str, dict[str, str]]]:
    """Return the labels of what indicators stand under, by IRI, in order."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for cls in _LABELLED.values():
        for row in store.select(_SAID.format(cls=cls, names="skos:prefLabel, dct:title")):
            label = row["o"]
            if isinstance(label, Literal) and label.language in ("ja", "en"):
                of = found[text(row, "s")]
                of[label.language] = min(label.value, of.get(label.language, label.value))
    return [(iri, dict(sorted(labels.items()))) for iri, labels in sorted(found.items())]


def standings(store: Store) -> list[Standing]:
    """Return how the indicators in the default graphs of `store` stand, by municipality and place in the document."""
    known = _Known(store)
    found = [known.standing(iri, said) for iri, said in known.indicators.items()]
    return sorted(found, key=lambda s: (s.municipality, s.edition, s.position, s.iri))


_Said = dict[str, dict[str, list[str]]]  # by subject and property


@dataclass(slots=True)
class _Known:
    """What a store says of indicators, gathered by few queries."""

    store: Store
    indicators: _Said = field(init=False)
    labels: dict[str, dict[str, str]] = field(init=False)
    assessments: dict[str, dict[str, dict[str, list[str]]]] = field(init=False)
    statements: _Said = field(init=False)
    stated: dict[str, list[str]] = field(init=False)  # statements by indicator
    units: dict[str, str] = field(init=False)
    ends: dict[str, str] = field(init=False)
    listings: dict[str, list[dict[str, list[str]]]] = field(init=False)
    placements: _Said = field(init=False)
    kinds: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.labels = defaultdict(dict)
        self.indicators = self._said("kpi:Indicator", _INDICATOR, self.labels)
        self.assessments = defaultdict(dict)
        for iri, said in self._said("kpi:Assessment", _ASSESSMENT).items():
            for of in said.get("kpi:indicator", ()):
                self.assessments[of][iri] = said
        self.statements = self._said("kpi:Statement", _STATEMENT)
        self.stated = defaultdict(list)
        for iri, said in self.statements.items():
            for of in said.get("kpi:indicator", ()):
                self.stated[of].append(iri)
        self.units = {text(r, "s"): text(r, "o") for r in self.store.select(_RESOLVED)}
        self.ends = {text(r, "s"): text(r, "o") for r in self.store.select(_ENDS)}
        self.listings = defaultdict(list)
        for said in self._said("kpi:Listing", _LISTING).values():
            for of in said.get("kpi:indicator", ()):
                self.listings[of].append(said)
        self.placements = self._said("kpi:Placement", _PLACEMENT)
        self.kinds = {
            text(r, "s"): kind
            for kind in ("goal", "direction", "measure")
            for r in self.store.select(f"SELECT ?s WHERE {{ ?s a {_LABELLED[kind]} }}")
        }

    def _said(self, cls: str, names: str, labels: dict[str, dict[str, str]] | None = None) -> _Said:
        short = {expand(n): n for n in names.split()}
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        rows = self.store.select(_SAID.format(cls=cls, names=", ".join(names.split())))
        said: dict[str, dict[str, dict[Any, None]]] = {}
        for r in rows:
            said.setdefault(r["s"].value, {}).setdefault(r["p"].value, {})[r["o"]] = None  # type: ignore[union-attr]
        for s in sorted(said):
            for p, objects in said[s].items():
                for o in objects if len(objects) == 1 else sorted(objects, key=repr):
                    found[s][short[p]].append(str(getattr(o, "value", o)))
                    if labels is not None and isinstance(o, Literal) and p == expand("skos:prefLabel"):
                        labels[s].setdefault(o.language or "ja", o.value)
        return found

    def standing(self, iri: str, said: Mapping[str, list[str]]) -> Standing:
        of = self.assessments.get(iri, {})
        current = next((a for a in said.get("kpi:currentAssessment", ()) if a in of), max(of, default=""))
        judged: Mapping[str, list[str]] = of.get(current, {})
        status = _local(_first(judged, "kpi:status")) or "none"
        reason = _local(_first(judged, "kpi:reason"))
        share = _number(_first(judged, "kpi:cumulativeShare"))
        progress = _number(_first(judged, "kpi:progressRatio")) if share is None else share
        baseline, actual, target = (_first(judged, f"kpi:of{role}") for role in ("Baseline", "Actual", "Target"))
        if share is not None:
            elapsed = _number(_first(judged, "kpi:elapsedShare"))
        else:
            elapsed = _elapsed(*map(self._end, (baseline, actual, target)))
        why = (
            "" if progress is not None and elapsed is not None else reason or (NO_WAY if progress is None else NO_DAYS)
        )
        actual, target = actual or self._last(iri, "actual"), target or self._last(iri, "target")
        unit = self.units.get(target) or _first(self.statements.get(target, {}), "kpi:unit")
        return Standing(
            iri=iri,
            municipality=_first(said, "kpi:municipality"),
            edition=_first(judged, "kpi:edition"),
            unit=unit or _first(self.statements.get(actual, {}), "kpi:unit"),
            labels=dict(sorted(self.labels.get(iri, {}).items())),
            position=min((int(_first(x, "kpi:order") or 0) for x in self._listed(iri)), default=0),
            status=status,
            reason=reason,
            progress=progress,
            elapsed=elapsed,
            why=why,
            due=self._end(target),
            actual=self._printed(actual),
            target=self._printed(target),
            within=self._within(iri, said),
        )

    def _listed(self, iri: str) -> list[dict[str, list[str]]]:
        return self.listings.get(iri, [])

    def _end(self, statement: str) -> str:
        return self.ends.get(_first(self.statements.get(statement, {}), "sd:refPeriod"), "")

    def _last(self, iri: str, role: str) -> str:
        """Return the statement of an indicator that cannot be judged whose period ends last, "" for none."""
        return max(
            (s for s in self.stated.get(iri, ()) if _local(_first(self.statements[s], "kpi:role")) == role),
            key=lambda s: (self._end(s), s),
            default="",
        )

    def _printed(self, statement: str) -> tuple[str, str, str]:
        said = self.statements.get(statement, {})
        return _first(said, "kpi:statedValue"), _first(said, "kpi:statedUnit"), _first(said, "kpi:statedPeriod")

    def _within(self, iri: str, said: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = defaultdict(set)
        found["strategy"].update(said.get("kpi:inStrategy", ()))
        found["goal"].update(said.get("kpi:inGoal", ()))
        found["department"].update(said.get("kpi:department", ()))
        for listing in self._listed(iri):
            found["department"].update(listing.get("kpi:department", ()))
            place, passed = _first(listing, "kpi:placement"), set[str]()
            while place and place not in passed:
                passed.add(place)
                at = self.placements.get(place, {})
                for element in at.get("kpi:places", ()):
                    if kind := self.kinds.get(element):
                        found[kind].add(element)
                place = _first(at, "kpi:under")
        return {kind: tuple(sorted(found[kind])) for kind in WITHIN if found[kind]}


def _elapsed(baseline: str, actual: str, target: str) -> Decimal | None:
    if not (baseline and actual and target) or baseline >= target:
        return None
    first, last, end = (date.fromisoformat(d) for d in (baseline, actual, target))
    return (Decimal((last - first).days) / Decimal((end - first).days)).quantize(_FORM, ROUND_HALF_UP)


def _first(said: Mapping[str, list[str]], name: str) -> str:
    return next(iter(said.get(name, ())), "")


def _local(iri: str) -> str:
    return iri.rpartition("/")[2].partition("-")[2] if iri else ""


def _number(value: str | None) -> Decimal | None:
    if not value:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
