"""Whether what an engine gives back is what it was given: triples counted, and a digest of every row.

A graph is read by CONSTRUCT, as N-Triples, which Virtuoso writes four times as fast as a table in JSON. It cuts that
too, without a word; so where less comes than there should be, it is counted and read in pages.
"""

from itertools import islice

from pyoxigraph import RdfFormat, serialize

from kpigraph.engine.content import Counted
from kpigraph.engine.writing import Engine
from kpigraph.problems import Problem, SourceLocation, UsageError
from kpigraph.store.ledger import RELEASE, Held

_AT_ONCE = 5_000  # triples that are written as text together


def count(engine: Engine, graph: str) -> int:
    """Return how many triples a graph of the engine has."""
    return engine.number(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")


def differences(engine: Engine, public: str, name: str, wanted: Counted) -> UsageError | None:
    """Return what is wrong with the graph `name`, which must be `public` with what was counted; None for nothing."""
    found = there(engine, name, wanted.triples)
    if found == wanted:
        return None
    return UsageError(
        f"エンジンのグラフが元と違うので公開しません: {public}（{wanted.triples:,} トリプルのはずが {found.triples:,}、"
        f"行のダイジェスト {wanted.total:x} に対し {found.total:x}）",
        f"not published, since the engine's graph is not what it was given: {public} "
        f"({found.triples:,} triples instead of {wanted.triples:,}, "
        f"digest of rows {found.total:x} instead of {wanted.total:x})",
    )


def there(engine: Engine, name: str, wanted: int = -1) -> Counted:
    """Return what a graph of the engine has; it is counted there too, unless as many came as are `wanted`."""
    found = Counted()
    most = _read(engine, name, found)
    if most == wanted or most == (total := count(engine, name)):
        return found
    while most and found.triples < total:  # no order is asked for: one that changes shows as a difference
        if not _read(engine, name, found, f" LIMIT {most} OFFSET {found.triples}"):
            break
    return found


def _read(engine: Engine, name: str, found: Counted, page: str = "") -> int:
    """Add the triples of a graph, or of a page of it, to `found`; return how many."""
    before = found.triples
    triples = engine.triples(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{name}> {{ ?s ?p ?o }} }}{page}")
    while some := list(islice(triples, _AT_ONCE)):
        for line in (serialize(some, format=RdfFormat.N_TRIPLES) or b"").splitlines():
            found.add(line[:-2])
    return found.triples - before


def verify(engine: Engine, held: Held) -> list[Problem]:
    """Return what is wrong with a release on an engine: graphs whose content is not that of their names."""
    problems: list[Problem] = []
    whole = engine.whole()
    for public, name in sorted(engine.names(RELEASE + held.version).items()):
        if (is_now := there(engine, name).name(public)) != name:
            problems.append(Problem("engine.changed", SourceLocation(file=public), found=is_now, expected=name))
    together = count(engine, held.default)
    if together != whole.get(held.default):
        at = SourceLocation(file=held.default)
        problems.append(Problem("engine.changed", at, found=str(together), expected=str(whole.get(held.default))))
    return problems
