"""Which releases an engine holds, and which is in use: written there as graphs of our own, read here.

    urn:kpigraph:ledger              which release is in use, which graphs are whole, who is at work on the engine
    urn:kpigraph:release:<version>   which graph of the engine holds which graph of the release, and what else it is
    urn:kpigraph:graph:<digest>      triples of one graph, its name made of its public name and its content
    urn:kpigraph:default:<digest>    the default graphs of a release together

A graph, once whole, never changes; `current` is one triple. So who reads a release reads it to the end, and switching
is one update of one triple.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kpigraph.store.asked import HOLDS

LEDGER = "urn:kpigraph:ledger"
ENGINE = "urn:kpigraph:engine"
CURRENT = "urn:kpigraph:current"
WHOLE = "urn:kpigraph:whole"
SHOWN = "urn:kpigraph:shown"
RELEASE = "urn:kpigraph:release:"
GRAPH = "urn:kpigraph:graph:"
DEFAULT = "urn:kpigraph:default:"
TOGETHER = "urn:kpigraph:together"
BASE = "urn:kpigraph:base"
LOADED = "urn:kpigraph:loaded"
_BATCH = 200
_VERSION = re.compile(r"[0-9]{6,}-[0-9a-f]{12}")

Rows = Callable[[str], Iterable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Held:
    """A release on an engine.

    Attributes:
        version: its name, as in the folder that it was published in.
        default: the engine's graph of all its default graphs together.
        base: the beginning of its IRIs.
        loaded: when it came there, as the engine's clock had it; "" while it is not whole.
    """

    version: str
    default: str
    base: str
    loaded: str = ""

    @property
    def graph(self) -> str:
        return RELEASE + self.version


class Ledger:
    """The ledger of an engine. `rows` asks it, and gives the values of each solution as text."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def current(self) -> str:
        """Return the version of the release in use, "" where none is."""
        found = [r["v"] for r in self._rows(f"SELECT ?v {{ GRAPH <{LEDGER}> {{ <{ENGINE}> <{CURRENT}> ?v }} }}")]
        return found[0] if found else ""

    def releases(self) -> list[Held]:
        """Return the whole releases, oldest first."""
        pattern = f"?r <{TOGETHER}> ?d ; <{BASE}> ?b ; <{LOADED}> ?t"
        found = self._rows(f"SELECT ?r ?d ?b ?t {{ GRAPH <{LEDGER}> {{ {pattern} }} }}")
        held = [Held(r["r"].removeprefix(RELEASE), r["d"], r["b"], r["t"]) for r in found]
        return sorted(
            (h for h in held if _VERSION.fullmatch(h.version)),
            key=lambda h: (int(h.version.partition("-")[0]), h.version),
        )

    def release(self, version: str) -> Held | None:
        """Return the whole release of that version."""
        return next((h for h in self.releases() if h.version == version), None)

    def names(self, release: str, public: Iterable[str] = ()) -> dict[str, str]:
        """Return the engine's names of the graphs `public` of the release in the graph `release`; of all for ()."""
        wanted = sorted(set(public))
        found: dict[str, str] = {}
        for start in range(0, max(len(wanted), 1), _BATCH):
            batch = " ".join(f"<{iri}>" for iri in wanted[start : start + _BATCH])
            values = f"VALUES ?g {{ {batch} }} " if batch else ""
            for row in self._rows(f"SELECT ?k ?g {{ {values}GRAPH <{release}> {{ ?k <{HOLDS}> ?g }} }}"):
                found[row["g"]] = row["k"]
        return found

    def shown(self, release: str) -> list[str]:
        """Return the public names of the default graphs of a release."""
        found = self._rows(f"SELECT ?g {{ GRAPH <{release}> {{ ?k <{SHOWN}> ?g }} }}")
        return sorted(r["g"] for r in found)

    def whole(self) -> dict[str, int]:
        """Return the graphs that are whole, with the number of their triples."""
        found = self._rows(f"SELECT ?k ?n {{ GRAPH <{LEDGER}> {{ ?k <{WHOLE}> ?n }} }}")
        return {r["k"]: int(r["n"]) for r in found}
