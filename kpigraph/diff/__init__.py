"""What changed between two editions of a plan, or between two published snapshots.

Names → releases and editions (here) → what each edition says (`facts`) → what changed (`changes`) → sentences and JSON
(`words`) or an RDF change set (`changeset`). Everything is compared by sets and look-ups, so the time grows with the
amount of data and not with its square.
"""

from collections.abc import Iterable
from pathlib import Path

from kpigraph import releases
from kpigraph.diff import changeset, facts
from kpigraph.diff.changes import Change, Kind, changes
from kpigraph.diff.comparison import Comparison, EditionChanges
from kpigraph.diff.facts import EditionName
from kpigraph.problems import UsageError
from kpigraph.releases import Release
from kpigraph.store import open_store

__all__ = ["Change", "Comparison", "EditionChanges", "Kind", "compare"]


def compare(before: str, after: str, out: Path) -> Comparison:
    """Return what changed from `before` to `after`.

    Both are snapshots (a release's folder, a publication's folder, the name of a release in `out`) or both are editions
    of the current release in `out` (2016, series/2016 or code/series/2016).

    Raises:
        UsageError: if one of them is not there or means several things, or if one is a snapshot and the other is not.
    """
    a, b = _snapshot(before, out), _snapshot(after, out)
    if a is not None and b is not None:
        return _compare_snapshots(a, b)
    if a is not None or b is not None:
        edition = after if b is None else before
        raise UsageError(
            f"版どうしか公開物どうしを比べます: {edition} は公開物ではありません",
            f"two editions or two snapshots are compared: {edition} is not a snapshot",
        )
    release = releases.current_release(out)
    if release is None:
        raise UsageError(
            f"{out} に公開物がありません。先に kpigraph build を実行してください",
            f"there is no publication in {out}; run kpigraph build first",
        )
    return _compare_editions(release, before, after, out)


def _compare_editions(release: Release, before: str, after: str, out: Path) -> Comparison:
    store = open_store(release.store, release.default_graphs)
    try:
        known = facts.editions(store)
        a, b = _edition(before, known, out), _edition(after, known, out)
        if a.code != b.code:
            raise UsageError(
                f"一つの自治体の版どうしを比べます: {a} と {b}",
                f"editions of one municipality are compared, not {a} and {b}",
            )
        known_by_all = facts.shared(store)
        said, says = (facts.read(store, e, known_by_all) for e in (a, b))
        changed = EditionChanges(a, b, tuple(changes(said, says)))
        removed, added = changeset.between_editions(facts.quads(store, a), a, facts.quads(store, b), b)
    finally:
        store.close()
    return Comparison(str(a), str(b), (changed,), removed, added)


def _compare_snapshots(a: Release, b: Release) -> Comparison:
    before = open_store(a.store, a.default_graphs)
    after = open_store(b.store, b.default_graphs)
    try:
        was, is_ = ({str(e): e for e in facts.editions(store)} for store in (before, after))
        shared_before, shared_after = facts.shared(before), facts.shared(after)
        both = []
        for name in was.keys() & is_.keys():
            said = facts.read(before, was[name], shared_before)
            says = facts.read(after, is_[name], shared_after)
            both.append(EditionChanges(was[name], is_[name], tuple(changes(said, says))))
    finally:
        before.close()
        after.close()
    removed, added = changeset.between_dumps(a.folder / "kpigraph.nq", b.folder / "kpigraph.nq")
    return Comparison(
        a.version,
        b.version,
        tuple(sorted(both, key=lambda e: str(e.after))),
        removed,
        added,
        lost=tuple(e for name, e in was.items() if name not in is_),
        new=tuple(e for name, e in is_.items() if name not in was),
    )


def _snapshot(name: str, out: Path) -> Release | None:
    """Return the snapshot called `name`, None if it names none."""
    folder = Path(name)
    if (folder / releases.MANIFEST).is_file():
        return releases.load(folder.resolve())
    if (folder / "current").is_symlink():
        return releases.current_release(folder)
    if name in releases.versions(out):
        return releases.load(releases.releases_dir(out) / name)
    return None


def _edition(name: str, known: Iterable[EditionName], out: Path) -> EditionName:
    found = [e for e in known if name in (e.version, f"{e.series}/{e.version}", str(e), e.iri)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(map(str, found))
        raise UsageError(f"どの版か分かりません: {name}（{names}）", f"{name} can be any of: {names}")
    names = ", ".join([*map(str, known), *releases.versions(out)])
    raise UsageError(
        f"そのような版も公開物もありません: {name}（あるもの: {names}）",
        f"there is no such edition or snapshot: {name} (there are: {names})",
    )
