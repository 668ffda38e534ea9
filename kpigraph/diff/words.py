"""A comparison as people read it, in Japanese or English, and as JSON with both."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pyoxigraph import Quad

from kpigraph.diff import changeset
from kpigraph.diff.changes import Change, Kind, Side
from kpigraph.diff.comparison import Comparison
from kpigraph.order import graph_iri

LANGUAGES = ("ja", "en")
_THINGS = {
    "indicator": ("指標", "indicator"),
    "goal": ("基本目標", "goal"),
    "direction": ("基本的方向", "basic direction"),
    "measure": ("施策", "measure"),
    "correction": ("訂正", "correction"),
}
# kind: (Japanese, English). {thing} is what it is, {name} its newest name, {before} and {after} what each side says.
_SENTENCES = {
    Kind.ADDED: ("{thing}「{name}」が加わりました{under_after}", "the {thing} {name} was added{under_after}"),
    Kind.DROPPED: ("{thing}「{name}」がなくなりました{under_before}", "the {thing} {name} was dropped{under_before}"),
    Kind.RENAMED: (
        "{thing}「{before}」は「{after}」に名前が変わりました",
        "the {thing} {before} is now called {after}",
    ),
    Kind.MOVED: (
        "{thing}「{name}」は「{before}」から「{after}」に移りました",
        "the {thing} {name} moved from {before} to {after}",
    ),
    Kind.DEPARTMENT_CHANGED: (
        "「{name}」の担当部署が {before} から {after} に変わりました",
        "{name} passed from the department {before} to {after}",
    ),
    Kind.TARGET_CHANGED: (
        "「{name}」の目標が {before} から {after} に変わりました",
        "the target of {name} changed from {before} to {after}",
    ),
    Kind.BASELINE_CHANGED: (
        "「{name}」の基準値が {before} から {after} に変わりました",
        "the baseline of {name} changed from {before} to {after}",
    ),
    Kind.ACTUAL_NEW: (
        "「{name}」に新しい実績値 {after} が加わりました。前は {before} でした",
        "{name} has a new actual value, {after}; before, it was {before}",
    ),
    Kind.ACTUAL_REVISED: (
        "「{name}」の実績値が {before} から {after} に改められました",
        "the actual value of {name} was revised from {before} to {after}",
    ),
    Kind.ACTUAL_WITHDRAWN: (
        "「{name}」の実績値 {before} がなくなりました",
        "the actual value of {name}, {before}, is no longer stated",
    ),
    Kind.STATUS_CHANGED: (
        "「{name}」の状況が {before} から {after} に変わりました",
        "the status of {name} changed from {before} to {after}",
    ),
    Kind.CORRECTION_ADDED: ("訂正 {name} が加わりました: {after}", "the correction {name} was added: {after}"),
    Kind.CORRECTION_WITHDRAWN: (
        "訂正 {name} がなくなりました: {before}",
        "the correction {name} is no longer there: {before}",
    ),
    Kind.CORRECTION_DECIDED: (
        "訂正 {name} は {before} から {after} になりました",
        "the correction {name} went from {before} to {after}",
    ),
}
_NONE = ("なし", "none")
_EQUAL = ("違いはありません", "no differences")


def sentence(change: Change, lang: str) -> str:
    """Return what changed as a sentence in `lang`, without places."""
    before, after = (_words(side, lang) for side in (change.before, change.after))
    return _in(_SENTENCES[change.kind], lang).format(
        thing=_in(_THINGS[change.thing], lang),
        name=change.name,
        before=before,
        after=after,
        under_before=_under(change.before, lang),
        under_after=_under(change.after, lang),
    )


def as_text(comparison: Comparison, lang: str) -> str:
    """Return the whole comparison as lines of text in `lang`."""
    if comparison.is_empty:
        return _in(_EQUAL, lang) + "\n"
    lines: list[str] = []
    for label, editions in ((("なくなった版", "edition dropped"), comparison.lost),
                            (("加わった版", "edition added"), comparison.new)):  # fmt: skip
        lines += (f"{_in(label, lang)}: {e}" for e in editions)
    for edition in comparison.editions:
        before, after = edition.before, edition.after
        names = f"{before} → {after}" if before != after else str(after)
        count = len(edition.changes)
        lines.append(f"{names}: " + (f"変更 {count} 件" if lang == "ja" else f"{count} changes"))
        versions = (before.version, after.version)
        lines += (f"- {sentence(c, lang)}{_places(c, versions, lang)}" for c in edition.changes)
    removed, added = len(comparison.removed), len(comparison.added)
    lines.append(
        f"トリプル: {removed:,} 件削除、{added:,} 件追加"
        if lang == "ja"
        else f"triples: {removed:,} removed, {added:,} added"
    )
    for graph, (less, more) in _by_graph(comparison.removed, comparison.added):
        lines.append(f"  {graph}: -{less:,} +{more:,}")
    return "\n".join(lines) + "\n"


def as_json(comparison: Comparison) -> str:
    """Return the whole comparison as JSON, every sentence in both languages."""
    content = {
        "before": comparison.before,
        "after": comparison.after,
        "equal": comparison.is_empty,
        "editions": {
            "dropped": [str(e) for e in comparison.lost],
            "added": [str(e) for e in comparison.new],
        },
        "changes": [
            {"before": str(e.before), "after": str(e.after), "changes": [as_record(c) for c in e.changes]}
            for e in comparison.editions
        ],
        "triples": {
            "removed": len(comparison.removed),
            "added": len(comparison.added),
            "graphs": {
                graph: {"removed": less, "added": more}
                for graph, (less, more) in _by_graph(comparison.removed, comparison.added)
            },
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def as_turtle(comparison: Comparison) -> bytes:
    """Return the triples removed and added as a change set that gives the sentences as reasons."""
    reasons: dict[str, list[dict[str, str]]] = {}
    for edition in comparison.editions:
        for change in edition.changes:
            side = change.after or change.before
            of = change.subject if side is None or change.kind in _OF_CONCEPT else side.iri
            reasons.setdefault(of, []).append({lang: sentence(change, lang) for lang in LANGUAGES})
    return changeset.turtle(comparison.removed, comparison.added, reasons)


_OF_CONCEPT = (Kind.ADDED, Kind.DROPPED, Kind.RENAMED, Kind.MOVED, Kind.DEPARTMENT_CHANGED)


def as_record(change: Change) -> dict[str, Any]:
    """Return a change as JSON has it, its sentence in both languages."""
    return {
        "kind": change.kind.value,
        "thing": change.thing,
        "subject": change.subject,
        "name": change.name,
        "before": _side(change.before),
        "after": _side(change.after),
        "sentence": {lang: sentence(change, lang) for lang in LANGUAGES},
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    return None if side is None else {"words": side.words, "iri": side.iri, "lines": list(side.lines)}


def _in(texts: tuple[str, str], lang: str) -> str:
    return texts[0] if lang == "ja" else texts[1]


def _words(side: Side | None, lang: str) -> str:
    return (side.words.get(lang) if side else "") or _in(_NONE, lang)


def _under(side: Side | None, lang: str) -> str:
    """Return what a thing stands under, as an addition to a sentence; "" for a goal, which stands under nothing."""
    above = side.words.get(lang, "") if side else ""
    if not above:
        return ""
    return f"（{above}）" if lang == "ja" else f" (under {above})"


def _places(change: Change, versions: tuple[str, str], lang: str) -> str:
    """Return the lines in both documents, as an addition to a sentence."""
    places = []
    for side, version in zip((change.before, change.after), versions, strict=True):
        if side and side.lines:
            lines = ", ".join(side.lines)
            one = len(side.lines) == 1
            places.append(f"{version}: {lines}行目" if lang == "ja" else f"{version}: line{'' if one else 's'} {lines}")
    return f" [{'; '.join(places)}]" if places else ""


def _by_graph(removed: Iterable[Quad], added: Iterable[Quad]) -> Iterator[tuple[str, tuple[int, int]]]:
    less, more = (Counter(map(graph_iri, quads)) for quads in (removed, added))
    for graph in sorted(less.keys() | more.keys()):
        yield graph, (less[graph], more[graph])
