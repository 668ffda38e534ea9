"""Publish a release to another engine: load what is new, compare it, switch.

Nothing that is read is touched before the switch, and the switch is one update of one triple: whenever this dies, or
the engine does, the release in use is the former one or the new one, whole. What a dead publication left is not marked
as whole, and loaded anew by the next.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from kpigraph.engine import content, lock
from kpigraph.engine.bulk import Loader
from kpigraph.engine.checking import count, differences
from kpigraph.engine.content import Counted
from kpigraph.engine.switching import point
from kpigraph.engine.writing import Engine
from kpigraph.problems import UsageError
from kpigraph.releases import Release, silent, verify
from kpigraph.store.asked import HOLDS
from kpigraph.store.ledger import BASE, DEFAULT, LEDGER, LOADED, RELEASE, SHOWN, TOGETHER, WHOLE
from kpigraph.store.pieces import quoted

_MARKS_AT_ONCE = 200
_COMPARED_AT_ONCE = 4

Progress = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did: graphs and triples sent, graphs that the engine had, whether another release is in use now."""

    version: str
    graphs: int
    triples: int
    kept: int
    new: bool


def load(release: Release, engine: Engine, progress: Progress = silent, loader: Loader | None = None) -> Loaded:
    """Load `release` into `engine` and make it the release in use there; by HTTP, or by the engine's `loader`.

    Raises:
        UsageError: if the release is damaged, the engine refuses or does not answer, gives something else back than it
            was given, or another publisher is at work on it. The release in use stays as it was.
    """
    if problems := verify(release.folder):
        raise UsageError(
            f"この版は壊れています: {problems[0].line('ja')}", f"this release is damaged: {problems[0].line('en')}"
        )
    if loader and not engine.loads_files:
        raise UsageError("--bulk は Virtuoso だけで使えます", "--bulk is for Virtuoso only")
    with lock.held(engine, progress) as mark:
        former = engine.current()
        if engine.held(release.version) is None:
            sent = _load(release, engine, mark, progress, loader)
        else:
            sent = (0, 0, len(engine.names(RELEASE + release.version)))
        if former != release.version:
            progress("切り替えています", "switching")
            point(engine, mark, release.version)
        return Loaded(release.version, *sent, new=former != release.version)


def _load(
    release: Release, engine: Engine, mark: lock.Lock, progress: Progress, loader: Loader | None
) -> tuple[int, int, int]:
    progress("公開する版を読んでいます", "reading the release")
    counted = content.counted(release)
    names = {public: of.name(public) for public, of in counted.items()}
    whole = engine.whole()
    new = {public: name for public, name in names.items() if whole.get(name) != counted[public].triples}
    for name in new.values():
        mark.keep()
        engine.update(f"DROP SILENT GRAPH <{name}>")
    wanted = ((graph, row) for graph, row in content.rows(release) if graph in new) if new else iter(())
    if loader and new:
        progress("エンジンが読み込んでいます", "the engine is loading")
        triples = loader.load(wanted, new, mark.keep)
    else:
        triples = _send(wanted, engine, mark, new, progress)
    _compare(engine, mark, new, counted, progress)
    default = _together(release, engine, mark, names, counted, whole, progress)
    _describe(release, engine, names, default)
    return len(new), triples, len(names) - len(new)


def _send(
    triples: Iterable[tuple[str, bytes]], engine: Engine, mark: lock.Lock, new: Mapping[str, str], progress: Progress
) -> int:
    sent = 0
    for graph, lines in content.chunks(triples):
        mark.keep()
        engine.add(new[graph], lines)
        sent += lines.count(b"\n")
        progress(f"送っています（{sent:,} トリプル）", f"sending ({sent:,} triples)")
    return sent


def _compare(
    engine: Engine, mark: lock.Lock, new: Mapping[str, str], counted: Mapping[str, Counted], progress: Progress
) -> None:
    marks: dict[str, int] = {}
    with ThreadPoolExecutor(_COMPARED_AT_ONCE) as pool:  # the engine and this process work at the same time
        compared = {
            pool.submit(differences, engine, public, name, counted[public]): (public, name)
            for public, name in new.items()
        }
        try:
            for done, future in enumerate(as_completed(compared), 1):
                mark.keep()
                if problem := future.result():
                    raise problem
                public, name = compared[future]
                marks[name] = counted[public].triples
                if len(marks) >= _MARKS_AT_ONCE:
                    _mark_whole(engine, marks)
                    marks = {}
                progress(f"比べています（{done}/{len(new)} グラフ）", f"comparing ({done}/{len(new)} graphs)")
        finally:
            pool.shutdown(cancel_futures=True)
    _mark_whole(engine, marks)


def _mark_whole(engine: Engine, marks: Mapping[str, int]) -> None:
    if marks:
        said = " . ".join(f"<{name}> <{WHOLE}> {triples}" for name, triples in marks.items())
        engine.update(f"INSERT DATA {{ GRAPH <{LEDGER}> {{ {said} }} }}")


def _together(
    release: Release,
    engine: Engine,
    mark: lock.Lock,
    names: Mapping[str, str],
    counted: Mapping[str, Counted],
    whole: Mapping[str, int],
    progress: Progress,
) -> str:
    """Return the engine's graph of all default graphs together, made there unless it is there."""
    shown = {public: names[public] for public in release.default_graphs if public in names}
    default = DEFAULT + hashlib.sha256("\n".join(sorted(shown.values())).encode()).hexdigest()[:40]
    if default in whole:
        return default
    engine.update(f"DROP SILENT GRAPH <{default}>")
    for done, name in enumerate(shown.values()):
        mark.keep()
        progress(
            f"既定グラフをまとめています（{done}/{len(shown)}）", f"joining the default graphs ({done}/{len(shown)})"
        )
        engine.update(f"ADD <{name}> TO <{default}>")
    most = sum(counted[public].triples for public in shown)
    there = count(engine, default)
    if there != most:  # graphs that share triples; or something was lost
        for public, name in shown.items():
            lost = f"GRAPH <{name}> {{ ?s ?p ?o }} FILTER NOT EXISTS {{ GRAPH <{default}> {{ ?s ?p ?o }} }}"
            if there > most or engine.number(f"SELECT (COUNT(*) AS ?n) {{ {lost} }}"):
                raise UsageError(
                    f"エンジンのグラフが元と違います: {public}",
                    f"the engine's graph is not what it was given: {public}",
                )
    _mark_whole(engine, {default: there})
    return default


def _describe(release: Release, engine: Engine, names: Mapping[str, str], default: str) -> None:
    """Write which graph holds what, and last that the release is whole."""
    of_release = RELEASE + release.version
    engine.update(f"DROP SILENT GRAPH <{of_release}>")
    shown = set(release.default_graphs)
    said = [
        f"<{name}> <{predicate}> <{public}>"
        for public, name in sorted(names.items())
        for predicate in ((HOLDS, SHOWN) if public in shown else (HOLDS,))
    ]
    for lines in _batches(said, _MARKS_AT_ONCE):
        engine.update(f"INSERT DATA {{ GRAPH <{of_release}> {{ {' . '.join(lines)} }} }}")
    base = quoted(str(release.manifest["base_iri"]))
    engine.update(
        f"INSERT {{ GRAPH <{LEDGER}> {{ <{of_release}> <{TOGETHER}> <{default}> ; "
        f"<{BASE}> {base} ; <{LOADED}> ?n }} }} WHERE {{ BIND(NOW() AS ?n) }}"
    )


def _batches(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
