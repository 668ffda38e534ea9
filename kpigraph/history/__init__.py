"""What a release keeps of those before it: what changed (`log`), and which names are no more (`gone`).

    history/log.json     the newest release in detail, those before it in short
    history/gone.json    names that earlier releases had, each with the last release that had it

Both are carried on from release to release and bounded, so serving one needs no other. They depend on what was
published before, so they are no part of a release's digest, which tells the same content from other content; the
manifest lists them all the same, and its signature covers them.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from kpigraph.canonical import Canonical
from kpigraph.diff import facts
from kpigraph.diff.facts import EditionFacts
from kpigraph.history import gone, log
from kpigraph.history.pair import Pair
from kpigraph.history.touched import touched
from kpigraph.problems import UsageError
from kpigraph.releases import HISTORY, Release
from kpigraph.store import embedded

__all__ = ["Past", "gone", "log", "write"]

_READ_AHEAD = 20  # editions


class Past:
    """What can be known of the release that is followed before the store of the next one is there.

    `parts` are those that only it has and those that only the next one has, as N-Quads: then nothing else is compared,
    and the same is found.
    """

    def __init__(self, release: Release, parts: tuple[Iterable[bytes], Iterable[bytes]]) -> None:
        self.release = release
        self.parts = touched(parts[0]), touched(parts[1])
        self.said: dict[str, EditionFacts] = {}  # by IRI of edition

    def read_ahead(self) -> None:
        """Read what editions said that are likely to be compared; a store that cannot be read shows when it must be."""
        with suppress(UsageError):
            store = embedded.open_read_only(self.release.store, self.release.default_graphs)
            known = facts.shared(store)
            editions = facts.editions(store, sorted(self.parts[0].editions & self.parts[1].editions)[:_READ_AHEAD])
            self.said = {e.iri: facts.read(store, e, known) for e in editions}


def write(
    folder: Path,
    version: str,
    built_at: str,
    base: str,
    default_graphs: tuple[str, ...],
    datasets: Mapping[str, Canonical],
    former: Release | None,
    past: Past | None = None,
) -> list[str]:
    """Write the history of the release that is in `folder` but for its manifest; return the names of its files.

    `former` is the release that it follows. Where its store cannot be read, that is said, and what it kept is kept.
    `past` is what is known of it already, where its parts are known.
    """
    past_log, past_gone = log.read(former.folder if former else None), gone.read(former.folder if former else None)
    entry = log.Entry(version=version, built_at=built_at, before=former.version if former else "")
    if former is not None:
        hashes = log.hashes(former.manifest), {c.graphs: c.sha256 for c in datasets.values()}
        try:
            after = embedded.open_read_only(folder / "store", default_graphs)
            before = embedded.open_read_only(former.store, former.default_graphs)
            pair = Pair(before, after, *hashes, past.parts if past else None, past.said if past else {})
            changed = log.compared(pair, entry)
            past_gone = gone.compared(pair, past_gone, base, (former.version, version, built_at))
            entry = changed
        except UsageError:  # a damaged release must not keep a new one from taking its place
            entry = replace(entry, is_known=False)
    (folder / HISTORY).mkdir(exist_ok=True)
    for name, content in ((log.FILE, log.encoded([entry, *past_log])), (gone.FILE, past_gone.to_json())):
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        (folder / name).write_text(text + "\n", "utf-8")
    return [log.FILE, gone.FILE]
