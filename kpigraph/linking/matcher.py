"""Propose which shared indicator an indicator of a municipality measures, and which other municipality's it equals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kpigraph.linking.kinds import Fit, head_fits, period_fit, unit_fit, units_fit
from kpigraph.linking.likeness import Weights, grams, likeness
from kpigraph.linking.mapping import Predicate
from kpigraph.linking.reasons import Reason, ReasonCode
from kpigraph.model import Aggregation, SharedIndicator, Unit, UnitKind
from kpigraph.wording import Counted, Wording, read_brackets, read_name, without_means, without_place

# From this score on a match is proposed. Set on the tuned part of tests/linking/labelled.csv; benchmarks/linking.py
# prints what it comes to.
THRESHOLD = 0.65

# What a difference in a facet does to the score. Groups in which the narrower of two is still comparable to the broader
# (小学校の不登校率 is a part of 不登校率), by the factor it costs; in every other group a difference ends the match.
_NARROWING = {"school": 0.97, "age": 0.9, "band": 0.93, "sex": 0.9, "organ": 0.9, "new": 0.98, "vacant": 0.6,
              "sector": 0.7, "designated": 0.6, "certified": 0.95, "industry": 0.75, "field": 0.92,
              "waste": 0.85}  # fmt: skip
_MAY_LACK = {"school": 0.97, "age": 0.75, "new": 0.98, "satisfaction": 0.9, "negation": 0.9, "vacant": 0.6,
             "sector": 1.0, "certified": 0.7, "industry": 0.6, "field": 0.85}  # fmt: skip
_ENDS = 0.3
_NEW_OF_A_STOCK = 0.7  # 新規認定農業者数 counts those of a year, 認定農業者数 all there are
_CASES, _COUNTS_OTHER = 0.95, 0.8  # 件数 is said of many things; 者数 and 団体数 are not one
_MEANS_LEFT_OUT = 0.92  # for a name found only without …事業による
_DEFINITION = 0.9  # for one found by the definition rather than by a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An indicator as far as matching goes.

    `headings` are the names of the measures and goals above it, `places` those of its municipality, `aggregations`
    those of its targets; empty where nothing is known of them.
    """

    label: str
    other_names: tuple[str, ...] = ()
    unit: Unit | None = None
    aggregations: frozenset[Aggregation] = frozenset()
    headings: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A match that may be right: with which (`notation` of a shared indicator), how likely (0 to 1), and why."""

    notation: str
    label: str
    score: float
    predicate: Predicate
    reasons: tuple[Reason, ...]


class Matcher:
    """Finds shared indicators by name, head word, unit, period and place."""

    def __init__(self, shared: Iterable[SharedIndicator]) -> None:
        self.shared = tuple(shared)
        self._names = [list(_names(s)) for s in self.shared]
        self.weights = Weights.of(w.core for names in self._names for _, w, factor in names if factor == 1)
        self._with_gram: dict[str, set[int]] = {}
        for n, names in enumerate(self._names):
            for _, wording, _ in names:
                for gram in grams(wording.core):
                    self._with_gram.setdefault(gram, set()).add(n)

    def propose(
        self,
        label: str,
        *,
        unit: Unit | None = None,
        aggregations: Iterable[Aggregation] = (),
        headings: Iterable[str] = (),
        other_names: Iterable[str] = (),
        places: Iterable[str] = (),
        least: float = THRESHOLD,
        limit: int = 3,
    ) -> list[Proposal]:
        """Return the shared indicators that `label` may measure with a score of `least` or more, best first."""
        described = Described(
            label=label,
            other_names=tuple(other_names),
            unit=unit,
            aggregations=frozenset(aggregations),
            headings=tuple(headings),
            places=tuple(places),
        )
        return self.propose_for(described, least=least, limit=limit)

    def propose_for(self, described: Described, *, least: float = THRESHOLD, limit: int = 3) -> list[Proposal]:
        """Return what `propose` does, for an indicator that is described already."""
        wordings = list(_readings(described))
        near = {n for w, _ in wordings for gram in grams(w.core) for n in self._with_gram.get(gram, ())}
        found = (self._with(n, described, wordings) for n in near)
        ranked = sorted((p for p in found if p and p.score >= least), key=lambda p: (-p.score, p.notation))
        return ranked[:limit]

    def with_shared(self, described: Described, notation: str) -> Proposal | None:
        """Return how an indicator matches one shared indicator, None if it cannot or there is none of that name."""
        n = next((n for n, s in enumerate(self.shared) if s.notation == notation), None)
        return None if n is None else self._with(n, described, list(_readings(described)))

    def _with(self, n: int, described: Described, wordings: "list[tuple[Wording, float]]") -> Proposal | None:
        shared = self.shared[n]
        fit = unit_fit(described.unit, shared.unit_kind)
        if fit is Fit.CONFLICT:
            return None
        rate = shared.unit_kind is UnitKind.RATE
        best: tuple[float, str, Wording, Wording] | None = None
        for name, theirs, factor in self._names[n]:
            for mine, kept in wordings:
                if not head_fits(mine.head, shared.unit_kind):
                    continue
                score = _of_names(mine, theirs, self.weights, rate=rate) * factor * kept
                if best is None or score > best[0]:
                    best = (score, name, mine, theirs)
        if best is None:
            return None
        score, name, mine, theirs = best
        reasons = [*_name_reasons(score, name, mine, theirs), *_unit_reasons(fit, described.unit)]
        predicate = Predicate.EXACT if mine.core == theirs.core else Predicate.CLOSE
        if any(r.code is ReasonCode.FACET_NARROWER for r in reasons):
            predicate = Predicate.BROAD
        if fit is Fit.POSSIBLE:
            score *= 0.98
        if mine.of("new") and not theirs.of("new") and shared.period_kind == "as-of":
            score *= _NEW_OF_A_STOCK
        if period_fit(described.aggregations, shared.period_kind) in (Fit.CONFLICT, Fit.POSSIBLE) or (
            "累計" in mine.period and shared.period_kind != "cumulative"
        ):
            reasons.append(Reason(ReasonCode.PERIOD_DIFFERS, (shared.period_kind.value,)))
            predicate = Predicate.CLOSE if predicate is Predicate.EXACT else predicate
            score *= 0.98
        if theme := self._theme_in(shared, described.headings):
            reasons.append(Reason(ReasonCode.PLACE_AGREES, (theme,)))
            score += 0.03 * (1 - score)
        return Proposal(shared.notation, shared.label_ja, round(score, 4), predicate, tuple(reasons))

    def _theme_in(self, shared: SharedIndicator, headings: tuple[str, ...]) -> str:
        """Return the heading that has a word of the indicator's own name in it, "" if none has."""
        if not headings:
            return ""
        own = {g for _, w, _ in self._names[self.shared.index(shared)][:1] for g in grams(w.core)}
        telling = {g for g in own if self.weights.by_gram.get(g, 0) > self.weights.most * 0.6}
        return next((h for h in headings if telling & grams(read_name(h).core)), "")


def compare(one: Described, other: Described, weights: Weights) -> Proposal | None:
    """Return how the indicators of two municipalities match, None if they cannot; the notation is "".

    Here everything must agree: facets, what is counted, cumulative or not.
    """
    if units_fit(one.unit, other.unit) is Fit.CONFLICT:
        return None
    best: tuple[float, Wording, Wording] | None = None
    for mine, kept in _readings(one):
        for theirs, also in _readings(other):
            if mine.head is not theirs.head or mine.facets != theirs.facets or mine.period != theirs.period:
                continue
            score = likeness(mine, theirs, weights) * (0.8 if _count_other(mine, theirs) else 1) * min(kept, also)
            if best is None or score > best[0]:
                best = (score, mine, theirs)
    if best is None:
        return None
    score, mine, theirs = best
    fit = units_fit(one.unit, other.unit)
    reasons = [*_name_reasons(score, other.label, mine, theirs), *_unit_reasons(fit, one.unit)]
    same = mine.core == theirs.core and fit is Fit.SAME
    if one.aggregations and other.aggregations and not one.aggregations & other.aggregations:
        words = tuple(sorted(a.value for a in other.aggregations))
        reasons.append(Reason(ReasonCode.PERIOD_DIFFERS, words))
        score, same = score * 0.95, False
    predicate = Predicate.EXACT if same else Predicate.CLOSE
    return Proposal("", other.label, round(score, 4), predicate, tuple(reasons))


def _names(shared: SharedIndicator) -> Iterator[tuple[str, Wording, float]]:
    """Yield every name of a shared indicator, and its definition, with what a match by it is worth.

    Whether it is of the municipality's staff or of private firms holds for all its names, if one says so.
    """
    read = [read_name(name) for name in shared.names]
    sector = frozenset((group, value) for w in read for group, value in w.facets if group == "sector")
    for name, wording in zip(shared.names, read, strict=True):
        yield name, replace(wording, facets=wording.facets | sector), 1.0
    definition = read_name(shared.definition_ja.partition("。")[0])
    yield shared.definition_ja, replace(definition, facets=definition.facets | sector), _DEFINITION


def _readings(described: Described) -> Iterator[tuple[Wording, float]]:
    """Yield every way to read the names of an indicator, with what a match by it is worth."""
    for name in (described.label, *described.other_names):
        own = without_place(name, described.places)
        for wording in read_brackets(own):
            yield wording, 1.0
        if rest := without_means(own):
            whole = read_name(own)
            for wording in read_brackets(rest):
                yield replace(wording, facets=whole.facets, period=whole.period), _MEANS_LEFT_OUT


def _of_names(mine: Wording, theirs: Wording, weights: Weights, *, rate: bool) -> float:
    """Return how well two names match, from 0 to 1, once head words, facets and what is counted are looked at.

    `rate`: the second is of a rate, which need not say of how many: 自殺死亡率 is per 100,000.
    """
    if mine.head and theirs.head and mine.head is not theirs.head:
        return 0.0
    score = likeness(mine, theirs, weights)
    if _count_other(mine, theirs):
        score *= _CASES if Counted.CASES in (mine.counted, theirs.counted) else _COUNTS_OTHER
    for group in {name for name, _ in mine.facets | theirs.facets}:
        ours, others = mine.of(group), theirs.of(group)
        if ours == others or (rate and group == "per" and not others):
            continue
        if ours and others and not ours & others:
            score *= _ENDS
        elif ours - others:
            score *= _NARROWING.get(group, _ENDS)
        else:
            score *= _MAY_LACK.get(group, _ENDS)
    return score


def _count_other(mine: Wording, theirs: Wording) -> bool:
    return bool(mine.counted and theirs.counted and mine.counted is not theirs.counted)


def _name_reasons(score: float, name: str, mine: Wording, theirs: Wording) -> Iterator[Reason]:
    if mine.core == theirs.core:
        yield Reason(ReasonCode.SAME_NAME, (name,))
    else:
        yield Reason(ReasonCode.LIKE_NAME, (name, str(round(score * 100))))
    if _count_other(mine, theirs):
        yield Reason(ReasonCode.COUNTED_DIFFERS)
    for group in sorted({name for name, _ in mine.facets | theirs.facets}):
        ours, others = sorted(mine.of(group)), sorted(theirs.of(group))
        if ours == others:
            yield Reason(ReasonCode.FACET_AGREES, ("・".join(ours),))
        elif ours and not others:
            yield Reason(ReasonCode.FACET_NARROWER, ("・".join(ours),))
        elif others and not ours:
            yield Reason(ReasonCode.FACET_MISSING, ("・".join(others),))
        else:
            yield Reason(ReasonCode.FACET_DIFFERS, ("・".join(ours), "・".join(others)))


def _unit_reasons(fit: Fit, unit: Unit | None) -> Iterator[Reason]:
    if unit is None:
        yield Reason(ReasonCode.UNIT_UNKNOWN)
    elif fit is Fit.SAME:
        yield Reason(ReasonCode.UNIT_SAME, (unit.label_ja,))
    else:
        yield Reason(ReasonCode.UNIT_POSSIBLE, (unit.label_ja,))
