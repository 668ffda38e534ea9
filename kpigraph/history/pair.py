"""Two releases, one after the other: which of their editions differ, found without reading those that do not."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from pyoxigraph import RdfFormat, serialize

from kpigraph import canonical
from kpigraph.diff import facts
from kpigraph.diff.facts import EditionName
from kpigraph.store.embedded import EmbeddedStore


class Pair:
    """The stores of two releases, and the canonical hashes of their datasets by the beginning of their graphs."""

    def __init__(
        self, before: EmbeddedStore, after: EmbeddedStore, was: Mapping[str, str], is_: Mapping[str, str]
    ) -> None:
        self.before, self.after = before, after
        self._was, self._is = was, is_

    @cached_property
    def editions(self) -> tuple[dict[str, EditionName], dict[str, EditionName]]:
        """The editions of both, by what people call them."""
        was, is_ = ({str(e): e for e in facts.editions(store)} for store in (self.before, self.after))
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

    def _differ(self, a: EditionName, b: EditionName) -> bool:
        said, says = self._was.get(a.graphs), self._is.get(b.graphs)
        if said is None or says is None:  # of a release before there were hashes, or imported
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

    @property
    def shared(self) -> list[str]:
        """The graphs of the former release that are of no edition."""
        of_editions = {e.graphs for e in self.editions[0].values()}
        return [g for place, graphs in self._graphs_before.items() if place not in of_editions for g in graphs]


def _by_place(store: EmbeddedStore) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for graph in store.named_graphs():
        found[graph.rpartition("/")[0] + "/"].append(graph)
    return found
