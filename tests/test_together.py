"""What pages read of many things at once is what each of them says, however the release is kept."""

from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from kpigraph.serve.describe import View, name
from kpigraph.serve.served import Served
from kpigraph.serve.snapshot import Snapshot

PROPERTIES = ("rdf:type", "kpi:indicator", "kpi:statedValue", "kpi:statedUnit", "kpi:minimumValue", "skos:note")


class InGraphs(Served):
    """A release of which no graph holds what all say."""

    united = False  # type: ignore[assignment]


@pytest.fixture(scope="module")
def served(publication: Path) -> Served:
    return Snapshot(publication).served()


def statements(view: View) -> list[NamedNode]:
    return sorted(set(view.subjects("rdf:type", name("kpi:Statement"))), key=lambda s: s.value)


def test_what_is_read_together_is_what_each_thing_says(served: Served) -> None:
    alone, together = View(served), View(served)
    things = statements(alone)
    assert len(things) > 20
    assert served.united
    together.together([*things, NamedNode("https://example.org/nothing")], *PROPERTIES)
    for s in things:
        assert {p: set(together.objects(s, p)) for p in PROPERTIES} == {p: set(alone.objects(s, p)) for p in PROPERTIES}
        assert together.text(s, "kpi:statedPeriod") == alone.text(s, "kpi:statedPeriod")  # not read beforehand
    assert any(len(alone.objects(s, "rdf:type")) > 1 for s in things)
    assert together.objects(NamedNode("https://example.org/nothing"), "kpi:statedValue") == []


def test_what_refers_to_things_is_found_alike_in_one_graph_and_in_many(served: Served) -> None:
    one = View(served)
    many = View(InGraphs(**{f: getattr(served, f) for f in ("version", "store", "folder", "default_graphs", "base")}))
    indicators = sorted(set(one.subjects("rdf:type", name("kpi:Indicator"))), key=lambda s: s.value)[:12]
    for kind in ("kpi:Statement", "kpi:Listing", "kpi:Goal"):
        found = one.referring(kind, "kpi:indicator", indicators)
        assert found == many.referring(kind, "kpi:indicator", indicators)
        assert list(found) == indicators
        assert any(found.values()) is (kind != "kpi:Goal")
    assert one.of_class("kpi:Statement", "kpi:indicator", indicators[0]) == [
        s for s in statements(one) if indicators[0] in one.things(s, "kpi:indicator")
    ]
