"""Names that are no more: what had them, until which release, and what took its place where that is known.

An edition that is gone is one entry for all that was in it. What there is again is taken off the list. The list is
bounded: beyond that, what was never shown by a name of its own (rows, statements) is forgotten first, then the oldest.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode

from kpigraph.history.pair import Pair
from kpigraph.prefixes import NS, expand
from kpigraph.releases import HISTORY
from kpigraph.store.embedded import EmbeddedStore

FILE = f"{HISTORY}/gone.json"
MOST = 50_000  # names; about 4 MB
_KINDS = frozenset({"Statement", "PlanElement"})  # told by a closer class where there is one
_NOT_OURS = ("/graph/vocab", "/graph/catalog")  # which name nothing under /id/
_LABELS = ("skos:prefLabel", "dct:title", "rdfs:label")

# The last release that had it, the first that had it no more, and when that one was made.
When = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is known of a name that is no more. `kind` is a class of ours, "" where it had none; labels by language.

    `within` is the path of what went with it as a whole, "" for the thing itself.
    """

    last: str
    first_without: str
    at: str
    kind: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    replaced_by: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The list: an entry for each path after <base>id/, one that ends in a slash stands for all that begins with it.

    An entry is the number of its releases in `when`, then kind, labels and the path of what replaced it, as far as
    they are known.
    """

    when: list[When] = field(default_factory=list)
    things: dict[str, list[Any]] = field(default_factory=dict)
    forgotten: int = 0

    def find(self, path: str) -> Tombstone | None:
        """Return what is known of the name <base>id/`path`, None if it is not on the list."""
        if path in self.things:
            return self._tombstone(path, "")
        while path:
            path = path.rstrip("/").rpartition("/")[0]
            if path and f"{path}/" in self.things:
                return self._tombstone(f"{path}/", f"{path}/")
        return None

    def _tombstone(self, path: str, within: str) -> Tombstone:
        number, kind, labels, replaced_by = [*self.things[path], None, None, None][:4]
        last, first_without, at = self.when[number]
        return Tombstone(last, first_without, at, kind or "", labels or {}, replaced_by or "", within)

    def to_json(self) -> dict[str, Any]:
        return {"when": self.when, "things": self.things, "forgotten": self.forgotten}


def read(folder: Path | None) -> Gone:
    """Return the list of the release in `folder`; an empty one where it has none that can be read."""
    try:
        found = json.loads((folder / FILE).read_text("utf-8")) if folder else {}
        return Gone([(a, b, c) for a, b, c in found["when"]], dict(found["things"]), int(found["forgotten"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Gone()


def compared(pair: Pair, past: Gone, base: str, when: When) -> Gone:
    """Return the list after `past`: with what the former release had and this one has not. Raises UsageError."""
    home = f"{base}id/"
    things = {p: e for p, e in past.things.items() if not _is_there(pair.after, home, p)}
    whens = [*past.when, when]
    for edition in pair.lost:
        if edition.space.startswith(home):
            things[edition.space.removeprefix(home)] = [len(whens) - 1, "Edition", dict(edition.titles), ""]
    lost = tuple(e.space for e in pair.lost)
    for name in sorted(_candidates(pair)):
        if name.startswith(home) and "#" not in name and not name.startswith(lost) and not _said(pair.after, name):
            things[name.removeprefix(home)] = [len(whens) - 1, *_known(pair.before, name, home)]
    return _bounded(Gone(whens, things, past.forgotten))


def _candidates(pair: Pair) -> Iterable[str]:
    found = pair.left_of_shared(_NOT_OURS)
    for edition in pair.lost:
        found |= pair.subjects(pair.before, *pair.graphs(pair.before, edition))
    for a, b in pair.changed:
        was, is_ = pair.graphs(pair.before, a), pair.graphs(pair.after, b)
        found |= pair.subjects(pair.before, *was) - pair.subjects(pair.after, *is_)
    return found


def _said(store: EmbeddedStore, name: str) -> bool:
    return bool(store.quads(name))


def _is_there(store: EmbeddedStore, home: str, path: str) -> bool:
    return _said(store, f"{home}{path}edition" if path.endswith("/") else home + path)


def _known(store: EmbeddedStore, name: str, home: str) -> list[Any]:
    """Return kind, labels and the path of what took the place of a thing; no more of these than are there."""
    said = store.quads(name)
    asked = (*_LABELS, "rdf:type", "dct:isReplacedBy")
    of = {p: [q.object for q in said if q.predicate.value == expand(p)] for p in asked}
    kinds = {o.value.removeprefix(NS) for o in of["rdf:type"] if isinstance(o, NamedNode) and o.value.startswith(NS)}
    kind = min(kinds - _KINDS or kinds, default="")
    labels: dict[str, str] = {}
    for predicate in _LABELS:
        for label in of[predicate]:
            if isinstance(label, Literal):
                labels.setdefault(label.language or "", label.value)
    replaced = [o.value for o in of["dct:isReplacedBy"] if isinstance(o, NamedNode) and o.value.startswith(home)]
    known: list[Any] = [kind, labels, min(replaced, default="").removeprefix(home)]
    while known and not known[-1]:
        known.pop()
    return known


def _bounded(gone: Gone) -> Gone:
    """Return `gone` without what is beyond the bound, and without releases that nothing refers to."""
    kept = gone.things
    over = len(kept) - MOST
    if over > 0:
        forgotten = set(sorted(kept, key=lambda p: (bool(kept[p][2:]), kept[p][0]))[:over])
        kept = {p: e for p, e in kept.items() if p not in forgotten}
    used = sorted({e[0] for e in kept.values()})
    number = {old: n for n, old in enumerate(used)}
    things = {p: [number[e[0]], *e[1:]] for p, e in sorted(kept.items())}
    return Gone([gone.when[n] for n in used], things, gone.forgotten + max(over, 0))
