"""An edition in the order of its plan, as the store has it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kpigraph.facts import Facts
from kpigraph.iris import row_place
from kpigraph.store import Row, Store, text
from kpigraph.text import natural

_ROLES = ("baseline", "actual", "target")

_EDITIONS = """
SELECT ?graph ?edition ?version ?publisher ?code {
  GRAPH ?graph { ?edition a kpi:Edition }
  ?edition dcat:version ?version ; dct:publisher ?publisher . ?publisher org:identifier ?code
}"""
_CURRENT = "SELECT ?edition { ?edition a kpi:Edition }"
_OF_EDITION = "SELECT ?s ?p ?o { ?s kpi:edition <%s> ; ?p ?o }"
_SAID_BY = """
SELECT DISTINCT ?s ?p ?o {
  VALUES ?class { kpi:Edition kpi:Goal kpi:BasicDirection kpi:Measure kpi:Indicator } ?s a ?class .
  VALUES ?layer { <%(graph)s/asserted> <%(graph)s/corrections> } GRAPH ?layer { ?s ?p ?o }
}"""
_SHARED = """
SELECT ?s ?p ?o {
  VALUES ?class { kpi:Municipality org:OrganizationalUnit kpi:Period kpi:Unit } ?s a ?class ; ?p ?o
}"""


def editions(store: Store) -> dict[str, Row]:
    """Return all editions by IRI, with ?graph, ?version, ?publisher and ?code."""
    return {text(r, "edition"): r for r in store.select(_EDITIONS, everywhere=True)}


def current_editions(store: Store) -> list[str]:
    """Return the IRIs of the editions that stand in a default graph."""
    return sorted({text(r, "edition") for r in store.select(_CURRENT)})


def load(store: Store, edition: str, row: Row) -> "Plan":
    """Return the edition that `editions` gives as `row`."""
    return Plan(
        edition,
        row,
        Facts(store.select(_OF_EDITION % edition, everywhere=True)),
        Facts(store.select(_SAID_BY % {"graph": text(row, "graph").rpartition("/")[0]}, everywhere=True)),
        Facts(store.select(_SHARED, everywhere=True)),
    )


@dataclass(frozen=True)
class Plan:
    """The edition: `of` is what is bound to it, `said` what it says of lasting things, `shared` the rest."""

    edition: str
    row: Row
    of: Facts
    said: Facts
    shared: Facts

    @cached_property
    def places(self) -> list[str]:
        return sorted(self.of.of_class("kpi:Placement"), key=lambda p: (self.of.number(p, "kpi:order"), natural(p)))

    @cached_property
    def listings(self) -> list[str]:
        """All listings in the order of the plan."""
        position = {place: i for i, place in enumerate(self.places)}

        def key(listing: str) -> tuple[int, int, str]:
            place = position.get(self.of.one(listing, "kpi:placement"), len(position))
            return place, self.of.number(listing, "kpi:order"), natural(listing)

        return sorted(self.of.of_class("kpi:Listing"), key=key)

    @cached_property
    def first_listing(self) -> dict[str, str]:
        """Where the figures of an indicator are given: they are given once."""
        return {self.of.one(listing, "kpi:indicator"): listing for listing in reversed(self.listings)}

    def check_that_all_is_placed(self) -> None:
        """Raise ValueError if a place hangs under nothing, or a listing or statement belongs to no place."""
        reached: set[str] = set()
        for place in self.places:
            above = self.of.one(place, "kpi:under")
            if not above or above in reached:  # in the order of the plan what is above comes first
                reached.add(place)
        lost = [p for p in self.places if p not in reached]
        lost += [x for x in self.listings if self.of.one(x, "kpi:placement") not in reached]
        lost += [
            s for s in self.of.of_class("kpi:Statement") if self.of.one(s, "kpi:indicator") not in self.first_listing
        ]
        if lost:
            raise ValueError(f"outside the plan of {self.edition}: {' '.join(lost)}")

    def below(self, place: str) -> Iterator[str]:
        """Yield all places below `place`, each followed by those below it."""
        for below in self._under[place]:
            yield below
            yield from self.below(below)

    @cached_property
    def _under(self) -> dict[str, list[str]]:
        return self._grouped(self.places, "kpi:under")

    @cached_property
    def listed_at(self) -> dict[str, list[str]]:
        """The listings at each place."""
        return self._grouped(self.listings, "kpi:placement")

    def sequence(self, place: str) -> str:
        """Return the numbers on the way to a place, such as 1-①-ア."""
        above = self.of.one(place, "kpi:under")
        own = self.of.one(place, "skos:notation")
        return f"{self.sequence(above)}-{own}" if above else own

    @cached_property
    def statements_of(self) -> dict[str, list[str]]:
        """The statements of each indicator: baseline, actual, target."""
        in_order = sorted(self.of.of_class("kpi:Statement"), key=lambda s: _ROLES.index(self.role(s)))
        return self._grouped(in_order, "kpi:indicator")

    def label(self, place: str, thing: str) -> str:
        """Return the name that this edition gives `thing` at `place`; the preferred label may be of a later edition."""
        return self.of.label(place, "rdfs:label") or self.said.label(thing)

    def role(self, statement: str) -> str:
        return self.of.code(statement, "kpi:role")

    def unit(self, statement: str) -> str:
        """Return the label of the unit that was read; the printed one where none was."""
        read = self.of.all(statement, "kpi:unit")
        return self.shared.label(read[0]) if read else self.of.one(statement, "kpi:statedUnit")

    def days(self, statement: str) -> tuple[str, str]:
        """Return the first and the last day of the period of a statement, "" where there is none."""
        period = self.of.one(statement, "sd:refPeriod")
        return self.shared.one(period, "kpi:startDate"), self.shared.one(period, "kpi:endDate")

    @cached_property
    def resolved(self) -> dict[str, str]:
        """What each relative target comes to."""
        return {self.of.one(r, "kpi:resolves"): r for r in self.of.of_class("kpi:ResolvedTarget")}

    @cached_property
    def assessments(self) -> dict[str, list[str]]:
        return self._grouped(self.of.of_class("kpi:Assessment"), "kpi:indicator")

    @cached_property
    def conflicts(self) -> dict[str, list[str]]:
        return self._grouped(self.of.of_class("kpi:Conflict"), "kpi:indicator")

    @cached_property
    def corrections_of(self) -> dict[str, list[str]]:
        return self._grouped(self.of.of_class("kpi:Correction"), "kpi:corrects")

    def _grouped(self, things: list[str], name: str) -> dict[str, list[str]]:
        """Return `things` by what they refer to with the property `name`."""
        found: dict[str, list[str]] = defaultdict(list)
        for thing in things:
            for about in self.of.all(thing, name):
                found[about].append(thing)
        return found

    def lines(self, thing: str) -> str:
        """Return the numbers of the source lines that a thing was read from."""
        places = {row_place(r) for r in self.of.all(thing, "prov:wasDerivedFrom")} - {""}
        return " ".join(sorted(places, key=natural))
