"""How every indicator of the current editions stands, and what it stands under, from what is known of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import chain
from typing import Any

from kpigraph.known import Source, Values
from kpigraph.written import language, value

STATUSES = ("met", "inprogress", "notmet", "notassessable", "none")
NO_WAY, NO_DAYS = "no-way", "no-days"  # why an indicator that is judged has no place among those behind
WITHIN = ("strategy", "goal", "direction", "measure", "department")
_FORM = Decimal("0.0001")

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


def names(known: Source) -> list[tuple[str, dict[str, str]]]:
    """Return the labels of what indicators stand under, by IRI, in order."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for cls in _LABELLED.values():
        for s, said in known.of_class(cls, "skos:prefLabel dct:title").items():
            of = found[value(s)]
            for label in chain.from_iterable(said.values()):
                if label.startswith('"') and (tag := language(label)) in ("ja", "en"):
                    of[tag] = min(value(label), of.get(tag, value(label)))
    return [(iri, dict(sorted(labels.items()))) for iri, labels in sorted(found.items()) if labels]


def standings(known: Source) -> list[Standing]:
    """Return how the indicators stand, by municipality and place in the document."""
    gathered = _Gathered(known)
    found = [gathered.standing(iri, said) for iri, said in gathered.indicators.items()]
    return sorted(found, key=lambda s: (s.municipality, s.edition, s.position, s.iri))


class _Gathered:
    """What is said of indicators, by thing; terms are as N-Quads writes them."""

    def __init__(self, known: Source) -> None:
        self.indicators = known.of_class("kpi:Indicator", _INDICATOR)
        self.assessments: dict[str, dict[str, Values]] = defaultdict(dict)  # by indicator
        for s, said in known.of_class("kpi:Assessment", _ASSESSMENT).items():
            for of in said.get("kpi:indicator", ()):
                self.assessments[of][s] = said
        self.statements = known.of_class("kpi:Statement", _STATEMENT)
        self.stated: dict[str, list[str]] = defaultdict(list)  # statements by indicator
        for s, said in self.statements.items():
            for of in said.get("kpi:indicator", ()):
                self.stated[of].append(s)
        resolving = known.having("kpi:resolves", "kpi:resolves kpi:unit").values()
        self.units = {s: _one(said, "kpi:unit") for said in resolving for s in said["kpi:resolves"]}
        self.ends = {s: _text(said, "kpi:endDate") for s, said in known.having("kpi:endDate", "kpi:endDate").items()}
        self.listings: dict[str, list[Values]] = defaultdict(list)  # by indicator
        for said in known.of_class("kpi:Listing", _LISTING).values():
            for of in said.get("kpi:indicator", ()):
                self.listings[of].append(said)
        self.placements = known.of_class("kpi:Placement", _PLACEMENT)
        self.kinds = {
            s: kind for kind in ("goal", "direction", "measure") for s in known.of_class(_LABELLED[kind], "rdf:type")
        }

    def standing(self, iri: str, said: Values) -> Standing:
        of = self.assessments.get(iri, {})
        current = next(
            (a for a in sorted(said.get("kpi:currentAssessment", ())) if a in of), max(of, key=value, default="")
        )
        judged: Values = of.get(current, {})
        status = _local(_text(judged, "kpi:status")) or "none"
        reason = _local(_text(judged, "kpi:reason"))
        share = _number(_text(judged, "kpi:cumulativeShare"))
        progress = _number(_text(judged, "kpi:progressRatio")) if share is None else share
        baseline, actual, target = (_one(judged, f"kpi:of{role}") for role in ("Baseline", "Actual", "Target"))
        if share is not None:
            elapsed = _number(_text(judged, "kpi:elapsedShare"))
        else:
            elapsed = _elapsed(*map(self._end, (baseline, actual, target)))
        why = (
            "" if progress is not None and elapsed is not None else reason or (NO_WAY if progress is None else NO_DAYS)
        )
        actual, target = actual or self._last(iri, "actual"), target or self._last(iri, "target")
        unit = self.units.get(target) or _one(self.statements.get(target, {}), "kpi:unit")
        return Standing(
            iri=value(iri),
            municipality=_text(said, "kpi:municipality"),
            edition=_text(judged, "kpi:edition"),
            unit=value(unit) if unit else _text(self.statements.get(actual, {}), "kpi:unit"),
            labels=_labels(said),
            position=min((int(_text(x, "kpi:order") or 0) for x in self._listed(iri)), default=0),
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

    def _listed(self, iri: str) -> list[Values]:
        return self.listings.get(iri, [])

    def _end(self, statement: str) -> str:
        return self.ends.get(_one(self.statements.get(statement, {}), "sd:refPeriod"), "")

    def _last(self, iri: str, role: str) -> str:
        """Return the statement of an indicator that cannot be judged whose period ends last, "" for none."""
        return max(
            (s for s in self.stated.get(iri, ()) if _local(_text(self.statements[s], "kpi:role")) == role),
            key=lambda s: (self._end(s), value(s)),
            default="",
        )

    def _printed(self, statement: str) -> tuple[str, str, str]:
        said = self.statements.get(statement, {})
        return _text(said, "kpi:statedValue"), _text(said, "kpi:statedUnit"), _text(said, "kpi:statedPeriod")

    def _within(self, iri: str, said: Values) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = defaultdict(set)
        found["strategy"].update(said.get("kpi:inStrategy", ()))
        found["goal"].update(said.get("kpi:inGoal", ()))
        found["department"].update(said.get("kpi:department", ()))
        for listing in self._listed(iri):
            found["department"].update(listing.get("kpi:department", ()))
            place, passed = _one(listing, "kpi:placement"), set[str]()
            while place and place not in passed:
                passed.add(place)
                at = self.placements.get(place, {})
                for element in at.get("kpi:places", ()):
                    if kind := self.kinds.get(element):
                        found[kind].add(element)
                place = _one(at, "kpi:under")
        return {kind: tuple(sorted(map(value, found[kind]))) for kind in WITHIN if found[kind]}


def _labels(said: Values) -> dict[str, str]:
    """Return the name of an indicator by language, of several the first."""
    labels: dict[str, str] = {}
    for label in sorted(said.get("skos:prefLabel", ())):
        if label.startswith('"'):
            labels.setdefault(language(label) or "ja", value(label))
    return dict(sorted(labels.items()))


def _elapsed(baseline: str, actual: str, target: str) -> Decimal | None:
    if not (baseline and actual and target) or baseline >= target:
        return None
    first, last, end = (date.fromisoformat(d) for d in (baseline, actual, target))
    return (Decimal((last - first).days) / Decimal((end - first).days)).quantize(_FORM, ROUND_HALF_UP)


def _one(said: Values, name: str) -> str:
    """Return the first of the terms that are said by a property, "" for none."""
    return min(values) if (values := said.get(name)) else ""


def _text(said: Values, name: str) -> str:
    return value(min(values)) if (values := said.get(name)) else ""


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
