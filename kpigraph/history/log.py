"""The change log: what `kpigraph diff` finds between a release and the one before it, bounded in size and work."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from kpigraph.diff import words
from kpigraph.diff.changes import Kind, changes
from kpigraph.diff.facts import EditionFacts, EditionName
from kpigraph.history.pair import Pair
from kpigraph.releases import HISTORY
from kpigraph.store import text
from kpigraph.store.embedded import EmbeddedStore

FILE = f"{HISTORY}/log.json"
RELEASES = 50  # in the log
CHANGES, CHANGES_LATER = 500, 50  # that are told one by one: of the newest release, of each before it
DOCUMENTS = 500  # named in an entry
COMPARED = 200  # documents whose changes are looked for; of further ones it is said that they changed

_STATEMENTS = "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a kpi:Statement ; kpi:edition <%s> }"
_THINGS, _HOW = ("documents", "indicators", "observations"), ("added", "removed", "changed")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What changed in one release.

    Attributes:
        before: the release it follows; "" for the first.
        is_known: False where that release could not be read, so that nothing is known.
        counts: documents, indicators and observations that were added, removed or changed.
        documents: each with how it changed, its IRI and titles by language; `changes`: those within documents, as
            `kpigraph diff --format json` has them. Neither holds more than the bounds of this module.
        number: how many changes there are in all.
    """

    version: str
    built_at: str
    before: str
    is_known: bool = True
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    documents: tuple[Json, ...] = ()
    changes: tuple[Json, ...] = ()
    number: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.number and not any(n for of in self.counts.values() for n in of.values())


def compared(pair: Pair, entry: Entry) -> Entry:
    """Return `entry` with what changed. Raises UsageError if a store is damaged."""
    counts: dict[str, Counter[str]] = {thing: Counter(dict.fromkeys(_HOW, 0)) for thing in _THINGS}
    was, is_ = pair.indicators
    counts["indicators"] |= Counter(added=len(is_ - was), removed=len(was - is_))
    counts["documents"] |= Counter(added=len(pair.new), removed=len(pair.lost), changed=len(pair.changed))
    for how, store, editions in (("added", pair.after, pair.new), ("removed", pair.before, pair.lost)):
        counts["observations"][how] += sum(_statements(store, e) for e in editions)
    found: list[Json] = []
    changed_indicators: set[str] = set()
    number = 0
    for a, b in pair.changed[:COMPARED]:
        said, says = pair.told(a, b)
        counts["observations"] += _observations(said, says)
        for change in changes(said, says):
            number += 1
            if change.thing == "indicator" and change.kind not in (Kind.ADDED, Kind.DROPPED):
                changed_indicators.add(change.subject)
            if len(found) < CHANGES:
                found.append({"document": str(b), **words.as_record(change)})
    counts["indicators"]["changed"] = len(changed_indicators)
    documents = [
        *(_document("removed", e) for e in pair.lost),
        *(_document("added", e) for e in pair.new),
        *(_document("changed", e) for _, e in pair.changed),
    ]
    return replace(
        entry,
        counts={thing: {how: counts[thing][how] for how in _HOW} for thing in _THINGS},
        documents=tuple(documents[:DOCUMENTS]),
        changes=tuple(found),
        number=number,
    )


def _statements(store: EmbeddedStore, edition: EditionName) -> int:
    return sum(int(text(row, "n")) for row in store.select(_STATEMENTS % edition.iri, everywhere=True))


def _observations(before: EditionFacts, after: EditionFacts) -> Counter[str]:
    """Return how many statements came, went, or were replaced by one of the same indicator and role."""
    counted: Counter[str] = Counter()
    for key in before.statements.keys() | after.statements.keys():
        was, is_ = (Counter(s.meaning for s in f.statements.get(key, ())) for f in (before, after))
        gone, come = (was - is_).total(), (is_ - was).total()
        counted.update(added=max(come - gone, 0), removed=max(gone - come, 0), changed=min(gone, come))
    return counted


def _document(how: str, edition: EditionName) -> Json:
    return {"change": how, "name": str(edition), "iri": edition.iri, "title": dict(edition.titles)}


def hashes(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the canonical hashes in a manifest, by the beginning of the graphs; none in that of an older program."""
    found = manifest.get("datasets", {})
    return {d["graphs"]: d["sha256"] for d in found.values()} if isinstance(found, dict) else {}


def encoded(entries: Iterable[Entry]) -> list[Json]:
    """Return the log as JSON, the newest first, within its bounds."""
    kept = list(entries)[:RELEASES]
    return [
        asdict(e if n == 0 else replace(e, changes=e.changes[:CHANGES_LATER], documents=e.documents[:CHANGES_LATER]))
        for n, e in enumerate(kept)
    ]


def read(folder: Path | None) -> list[Entry]:
    """Return the log of the release in `folder`, the newest first; nothing where it has none that can be read."""
    if folder is None:
        return []
    try:
        found = json.loads((folder / FILE).read_text("utf-8"))
        return [Entry(**{**e, "documents": tuple(e["documents"]), "changes": tuple(e["changes"])}) for e in found]
    except (OSError, ValueError, TypeError, KeyError):
        return []
