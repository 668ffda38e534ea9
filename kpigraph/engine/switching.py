"""Which release of an engine is in use, and which are removed."""

from kpigraph.engine import lock
from kpigraph.engine.writing import Engine
from kpigraph.problems import UsageError
from kpigraph.releases import silent
from kpigraph.store.ledger import CURRENT, DEFAULT, ENGINE, GRAPH, LEDGER, RELEASE, Held


def point(engine: Engine, mark: lock.Lock, version: str) -> None:
    """Let the ledger name `version` as in use, in one update, as long as the lock is held.

    Raises:
        UsageError: if it was not done.
    """
    engine.update(
        f"DELETE {{ GRAPH <{LEDGER}> {{ <{ENGINE}> <{CURRENT}> ?v }} }} "
        f'INSERT {{ GRAPH <{LEDGER}> {{ <{ENGINE}> <{CURRENT}> "{version}" }} }} '
        f"WHERE {{ {mark.pattern} OPTIONAL {{ GRAPH <{LEDGER}> {{ <{ENGINE}> <{CURRENT}> ?v }} }} }}"
    )
    if engine.current() != version:
        raise UsageError(
            f"切り替わりませんでした。公開中の版: {engine.current() or 'なし'}",
            f"it was not switched; the release in use is {engine.current() or 'none'}",
        )


def switch(engine: Engine, version: str = "") -> Held:
    """Make a release that the engine holds the one in use: `version`, or the one before for "".

    Raises:
        UsageError: if there is no such release.
    """
    with lock.held(engine, silent) as mark:
        there = {h.version: h for h in engine.releases()}
        if not version:
            current = engine.current()
            before = [v for v in there if v in list(there)[: list(there).index(current)]] if current in there else []
            if not before:
                raise UsageError("戻せる前の版がありません", "there is no release before this one")
            version = before[-1]
        if version not in there:
            raise UsageError(
                f"その版はありません: {version}（あるもの: {'、'.join(there) or 'なし'}）",
                f"there is no such release: {version} (there are: {', '.join(there) or 'none'})",
            )
        if there[version].default not in engine.whole():
            raise UsageError(f"この版は壊れています: {version}", f"this release is damaged: {version}")
        point(engine, mark, version)
        return there[version]


def prune(engine: Engine, keep: int) -> list[str]:
    """Remove all but the `keep` newest releases and the one in use; return what was removed.

    Graphs that no release is left to hold are removed with them, those too that a dead publication left.

    Raises:
        UsageError: if the engine does not do it.
    """
    with lock.held(engine, silent) as mark:
        there, current = engine.releases(), engine.current()
        gone = [h for h in there[: max(len(there) - keep, 0)] if h.version != current]
        kept = [h for h in there if h not in gone]
        for held in gone:  # first it is no release any more, then its graphs go
            engine.update(f"DELETE WHERE {{ GRAPH <{LEDGER}> {{ <{held.graph}> ?p ?o }} }}")
        needed = {held.graph for held in kept} | {held.default for held in kept}
        for held in kept:
            needed |= set(engine.names(held.graph).values())
        for graph in engine.graphs():
            if graph.startswith((GRAPH, DEFAULT, RELEASE)) and graph not in needed:
                mark.keep()
                engine.update(f"DELETE WHERE {{ GRAPH <{LEDGER}> {{ <{graph}> ?p ?o }} }}")
                engine.update(f"DROP SILENT GRAPH <{graph}>")
        return [held.version for held in gone]
