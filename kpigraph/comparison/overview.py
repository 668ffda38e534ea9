"""Which shared indicators there are, and how many municipalities have each."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal

from kpigraph.comparison.asking import ask
from kpigraph.prefixes import CODE, expand
from kpigraph.store import Store, text

_HOME = CODE + "indicator/"
_SAID = "skos:prefLabel, skos:altLabel, skos:broader, rdf:type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Realized:
    """A shared indicator, and how many municipalities have an indicator that a person found to be it.

    `theme` is the notation of the theme on top, `names` are all its names in any language.
    """

    iri: str
    notation: str
    theme: str
    labels: Mapping[str, str]
    names: tuple[str, ...]
    municipalities: int


@dataclass(slots=True)
class _Found:
    labels: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    broader: str = ""
    shared: bool = False


def overview(store: Store) -> tuple[list[Realized], dict[str, Mapping[str, str]]]:
    """Return the shared indicators in order of theme and notation, and the labels of the themes by notation.

    Raises:
        UsageError: if the store is damaged or out of reach.
    """
    found: dict[str, _Found] = defaultdict(_Found)
    for r in ask(store, "spo", "?s skos:inScheme c:indicator", "?s ?p ?o", f"FILTER(?p IN ({_SAID}))"):
        its, p, o = found[text(r, "s")], text(r, "p"), r["o"]
        if p in (expand("skos:prefLabel"), expand("skos:altLabel")) and isinstance(o, Literal):
            its.names.append(o.value)
            if p == expand("skos:prefLabel"):
                its.labels[o.language or "ja"] = o.value
        elif p == expand("skos:broader"):
            its.broader = text(r, "o")
        elif p == expand("rdf:type"):
            its.shared |= text(r, "o") == expand("kpi:SharedIndicator")
    municipalities = _municipalities(store)
    themes = {s: its for s, its in found.items() if not its.shared}
    order = sorted(themes)
    realized = [
        Realized(
            iri=s,
            notation=s.removeprefix(_HOME),
            theme=_theme(s, found).removeprefix(_HOME),
            labels=its.labels,
            names=tuple(sorted({*its.names})),
            municipalities=municipalities.get(s, 0),
        )
        for s, its in found.items()
        if its.shared
    ]
    realized.sort(key=lambda r: (order.index(_HOME + r.theme) if _HOME + r.theme in themes else -1, r.notation))
    return realized, {s.removeprefix(_HOME): themes[s].labels for s in order}


def _municipalities(store: Store) -> dict[str, int]:
    """Return by shared indicator how many municipalities have it; where all is one graph the engine counts."""
    if store.united:
        counted = "SELECT ?shared (COUNT(DISTINCT ?m) AS ?n) WHERE { ?i kpi:realizes ?shared ; kpi:municipality ?m } "
        return {text(r, "shared"): int(text(r, "n")) for r in store.select(f"{counted} GROUP BY ?shared")}
    by_concept: dict[str, set[str]] = defaultdict(set)
    for r in ask(store, ("shared", "m"), "?i kpi:realizes ?shared", "?i kpi:municipality ?m"):
        by_concept[text(r, "shared")].add(text(r, "m"))
    return {shared: len(its) for shared, its in by_concept.items()}


def _theme(iri: str, found: Mapping[str, _Found]) -> str:
    """Return what stands over an indicator at the top; a circle, which no build publishes, ends where it began."""
    seen = {iri}
    while (above := found[iri].broader if iri in found else "") and above not in seen:
        seen.add(above)
        iri = above
    return iri
