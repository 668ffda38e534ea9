"""What is said of the things of a class: of quads at hand, looked through once, or of a store, which is asked.

What search and lists of indicators hold of one document, and of a whole store that has no indexes, is gathered from
either by the same rules. An engine takes several times as long to load the quads of a document and to be asked.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Protocol

from kpigraph.order import TYPE
from kpigraph.prefixes import expand
from kpigraph.store import Store
from kpigraph.written import Said

# Property → values. What is named here is named as in kpi:unit, but things and values are as N-Quads writes them.
Values = Mapping[str, Collection[str]]


class Source(Protocol):
    """Where it is known what is said of things.

    Both methods return what things say by the properties `names`, which stand with blanks between, leaving out things
    that say nothing by them.
    """

    def of_class(self, cls: str, names: str) -> Mapping[str, Values]:
        """Look at the things of a class."""

    def having(self, name: str, names: str, value: str = "") -> Mapping[str, Values]:
        """Look at the things that have the property `name`: with that value, if one is given."""


@cache
def word(name: str) -> str:
    """Return how N-Quads writes the IRI that a prefixed name such as kpi:unit stands for."""
    return f"<{expand(name)}>"


class AtHand:
    """What some quads say, whatever their graphs; `about` has it by thing and property, each as N-Quads writes it."""

    def __init__(self, said: Iterable[Said]) -> None:
        self.about: dict[str, dict[str, dict[str, None]]] = {}
        self._classes: dict[str, list[str]] = defaultdict(list)
        thing = ""
        of_thing: dict[str, dict[str, None]] = {}
        for s, p, o, _ in said:
            if s != thing:  # most quads of a thing stand together
                thing, of_thing = s, self.about.setdefault(s, {})
            if (values := of_thing.get(p)) is None:
                of_thing[p] = {o: None}
            else:
                values[o] = None
        for s, properties in self.about.items():
            for cls in properties.get(TYPE, ()):
                self._classes[cls].append(s)

    def of_class(self, cls: str, names: str) -> Mapping[str, Values]:
        return self._said(self._classes.get(word(cls), ()), names)

    def having(self, name: str, names: str, value: str = "") -> Mapping[str, Values]:
        property_ = word(name)
        return self._said(
            (s for s, said in self.about.items() if (of := said.get(property_)) and (not value or value in of)), names
        )

    def _said(self, things: Iterable[str], names: str) -> Mapping[str, Values]:
        wanted = [(name, word(name)) for name in names.split()]
        found = {}
        for s in things:
            said = self.about[s]
            if values := {name: said[p] for name, p in wanted if p in said}:
                found[s] = values
        return found


class InStore:
    """What the default graphs of a store say. Raises UsageError where it cannot be read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_class(self, cls: str, names: str) -> Mapping[str, Values]:
        return self._said(f"a {cls}", names)

    def having(self, name: str, names: str, value: str = "") -> Mapping[str, Values]:
        return self._said(f"{name} {value or '?any'}", names)

    def _said(self, pattern: str, names: str) -> Mapping[str, Values]:
        """Ask with a FILTER over what a thing says, which is many times as fast as VALUES, which is joined first."""
        short = {word(name): name for name in names.split()}
        found: dict[str, dict[str, dict[str, None]]] = {}
        query = f"SELECT ?s ?p ?o WHERE {{ ?s {pattern} ; ?p ?o . FILTER(?p IN ({', '.join(short)})) }}"
        for row in self._store.select(query):
            of_thing = found.setdefault(str(row["s"]), {})
            of_thing.setdefault(short[str(row["p"])], {})[str(row["o"])] = None
        return found
