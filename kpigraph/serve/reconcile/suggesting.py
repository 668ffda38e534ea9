"""Auto-completion of entities, properties and types, and what is told of one of them.

Not by the search index of the release: that also finds what only stands beside the words looked for, and knows none of
the municipalities of which the release says nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kpigraph.prefixes import NS
from kpigraph.search.folding import fold
from kpigraph.serve.reconcile.asking import kind_of
from kpigraph.serve.reconcile.entities import Directory, Entity, Kind
from kpigraph.serve.reconcile.properties import MATCHED, Property
from kpigraph.serve.reconcile.values import FETCHED, KIND_NAMES, summary

SHOWN = 20  # suggestions at once
PROPERTIES: Mapping[str, Property] = {**MATCHED, **FETCHED}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item of a suggest response, and what a flyout shows of it."""

    id: str
    name: str
    description: str
    kind: Kind | None = None

    def told(self, lang: str) -> dict[str, object]:
        found: dict[str, object] = {"id": self.id, "name": self.name, "description": self.description}
        if self.kind is not None:
            found["notable"] = [{"id": self.kind.value, "name": KIND_NAMES[self.kind][lang]}]
        return found


def entities(directory: Directory, prefix: str, kind: Kind | None, skip: int, lang: str) -> list[Suggestion]:
    """Return entities whose names begin with, or at least hold, `prefix`; `skip` are left out (cursor)."""
    named = directory.find(prefix.strip())
    found = [named] if named is not None else directory.beginning(prefix, kind)
    return [of_entity(e, lang) for e in found[skip : skip + SHOWN]]


def properties(prefix: str, kind: Kind | None, skip: int, lang: str) -> list[Suggestion]:
    """Return the properties, of one type if it is given, that begin with or hold `prefix`."""
    return _having(prefix, (of_property(p, lang) for p in PROPERTIES.values() if kind is None or kind in p.kinds),
                   lambda s: PROPERTIES[s.id].names.values())[skip : skip + SHOWN]  # fmt: skip


def types(prefix: str, skip: int, lang: str) -> list[Suggestion]:
    return _having(prefix, (of_type(k, lang) for k in Kind), lambda s: KIND_NAMES[Kind(s.id)].values())[skip:]


def of_entity(e: Entity, lang: str) -> Suggestion:
    return Suggestion(e.iri, e.label(lang), summary(e, lang), e.kind)


def of_property(p: Property, lang: str) -> Suggestion:
    return Suggestion(p.id, p.names[lang], p.says[lang])


def of_type(kind: Kind, lang: str) -> Suggestion:
    return Suggestion(kind.value, KIND_NAMES[kind][lang], NS + kind.value)


def find(what: str, given: str, directory: Directory, lang: str) -> Suggestion | None:
    """Return the entity, property or type with an identifier, None if there is none."""
    if what == "entity":
        entity = directory.find(given)
        return None if entity is None else of_entity(entity, lang)
    if what == "property":
        return of_property(PROPERTIES[given], lang) if given in PROPERTIES else None
    kind = kind_of(given)
    return None if kind is None else of_type(kind, lang)


def _having(prefix: str, every: Iterable[Suggestion], names: Callable[[Suggestion], Iterable[str]]) -> list[Suggestion]:
    wanted = fold(prefix)

    def rank(s: Suggestion) -> int | None:
        texts = [fold(t) for t in (s.id, *names(s))]
        return 0 if any(t.startswith(wanted) for t in texts) else 1 if any(wanted in t for t in texts) else None

    ranked = [(r, n, s) for n, s in enumerate(every) if (r := rank(s)) is not None]
    return [s for _, _, s in sorted(ranked, key=lambda x: x[:2])]
