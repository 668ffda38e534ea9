"""Two releases, one after the other: which of their editions differ, found without reading those that do not.

Where it is known of which parts only one of them is made, nothing else is looked at: what is said by parts that both
have is in both.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

from pyoxigraph import NamedNode, RdfFormat, serialize

from kpigraph import canonical
from kpigraph.diff import facts
from kpigraph.diff.facts import EditionFacts, EditionName
from kpigraph.history.touched import Touched
from kpigraph.prefixes import expand
from kpigraph.store import text
from kpigraph.store.embedded import EmbeddedStore

_INDICATORS = "SELECT DISTINCT ?i { ?i a kpi:Indicator }"
_SUBJECTS = "SELECT DISTINCT ?s { GRAPH <%s> { ?s ?p ?o } }"
_TYPE, _INDICATOR = NamedNode(expand("rdf:type")), NamedNode(expand("kpi:Indicator"))


class Pair:
    """The stores of two releases, and the canonical hashes of their datasets by the beginning of their graphs.

    `parts` is what the parts name that only the former one has, and those that only the new one has; None where that is
    not known. `said` is what editions of the former one said, by IRI, as far as it was read before.
    """

    def __init__(
        self,
        before: EmbeddedStore,
        after: EmbeddedStore,
        was: Mapping[str, str],
        is_: Mapping[str, str],
        parts: tuple[Touched, Touched] | None = None,
        said: Mapping[str, EditionFacts] = MappingProxyType({}),
    ) -> None:
        self.before, self.after = before, after
        self._was, self._is = was, is_
        self._parts = parts
        self._said = said

    @cached_property
    def editions(self) -> tuple[dict[str, EditionName], dict[str, EditionName]]:
        """The editions of both, by what people call them; without those that no part names that only one has."""
        among = sorted(self._parts[0].editions | self._parts[1].editions) if self._parts else None
        was, is_ = ({str(e): e for e in facts.editions(store, among)} for store in (self.before, self.after))
        return was, is_

    @property
    def indicators(self) -> tuple[set[str], set[str]]:
        """The indicators of both, but for such as both have in any case."""
        if self._parts is None:
            was, is_ = (
                {text(row, "i") for row in store.select(_INDICATORS, everywhere=True)}
                for store in (self.before, self.after)
            )
        else:
            named = self._parts[0].indicators | self._parts[1].indicators
            was, is_ = (
                {i for i in named if store.has(NamedNode(i), _TYPE, _INDICATOR)} for store in (self.before, self.after)
            )
        return was, is_

    @cached_property
    def lost(self) -> list[EditionName]:
        was, is_ = self.editions
        return [e for name, e in was.items() if name not in is_]

    @cached_property
    def new(self) -> list[EditionName]:
        was, is_ = self.editions
        return [e for name, e in is_.items() if name not in was]

    @cached_property
    def changed(self) -> list[tuple[EditionName, EditionName]]:
        """The editions that both have and that do not say the same."""
        was, is_ = self.editions
        return [(was[name], is_[name]) for name in is_ if name in was and self._differ(was[name], is_[name])]

    def told(self, a: EditionName, b: EditionName) -> tuple[EditionFacts, EditionFacts]:
        """Return what an edition said in the former release, where it is called `a`, and says in the new one."""
        said = self._said.get(a.iri) or facts.read(self.before, a, self._shared_before)
        return said, facts.read(self.after, b, self._shared_after)

    @cached_property
    def _shared_before(self) -> facts.Shared:
        return facts.shared(self.before)

    @cached_property
    def _shared_after(self) -> facts.Shared:
        return facts.shared(self.after)

    def _differ(self, a: EditionName, b: EditionName) -> bool:
        said, says = self._was.get(a.graphs), self._is.get(b.graphs)
        if said is None or says is None:  # of a release before there were hashes, or they of imports
            said, says = self._digest(self.before, a), self._digest(self.after, b)
        return said != says

    def _digest(self, store: EmbeddedStore, edition: EditionName) -> str:
        quads = [q for graph in self.graphs(store, edition) for q in store.graph(graph)]
        return canonical.digest(serialize(quads, format=RdfFormat.N_QUADS) or b"")

    def graphs(self, store: EmbeddedStore, edition: EditionName) -> list[str]:
        """Return the graphs of an edition in one of the two stores."""
        return (self._graphs_before if store is self.before else self._graphs_after)[edition.graphs]

    @cached_property
    def _graphs_before(self) -> dict[str, list[str]]:
        return _by_place(self.before)

    @cached_property
    def _graphs_after(self) -> dict[str, list[str]]:
        return _by_place(self.after)

    def subjects(self, store: EmbeddedStore, *graphs: str) -> set[str]:
        """Return the IRIs that these graphs of one of the two stores say something of."""
        return {
            row["s"].value
            for graph in graphs
            for row in store.select(_SUBJECTS % graph)
            if isinstance(row["s"], NamedNode)
        }

    def left_of_shared(self, but: tuple[str, ...]) -> set[str]:
        """Return the IRIs that a graph of no edition said something of before and does so no more.

        Graphs whose names end in one of `but` are left out.
        """
        of_editions = {e.graphs for e in self.editions[0].values()}
        graphs = self._parts[0].subjects if self._parts else self.before.named_graphs()
        found: set[str] = set()
        for graph in graphs:
            if _place(graph) in of_editions or graph.endswith(but):
                continue
            if self._parts is None:
                found |= self.subjects(self.before, graph) - self.subjects(self.after, graph)
            else:
                of = NamedNode(graph)
                said = self._parts[0].subjects[graph]
                found |= {s for s in said if not self.after.has(NamedNode(s), None, None, of)}
        return found


def _place(graph: str) -> str:
    return graph.rpartition("/")[0] + "/"


def _by_place(store: EmbeddedStore) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for graph in store.named_graphs():
        found[_place(graph)].append(graph)
    return found
