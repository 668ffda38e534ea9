"""Whether what an engine gives back is what it was given: triples counted, and a digest of every row."""

from collections.abc import Iterator

from pyoxigraph import RdfFormat, Triple, serialize

from kpigraph.engine.content import Counted
from kpigraph.engine.writing import Engine
from kpigraph.problems import Problem, SourceLocation, UsageError
from kpigraph.store.endpoint import CutError
from kpigraph.store.ledger import RELEASE, Held

_PAGE = 10_000  # rows a request, what Debian's Virtuoso gives at most; fewer where an engine gives fewer


def count(engine: Engine, graph: str) -> int:
    """Return how many triples a graph of the engine has."""
    return engine.number(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")


def differences(engine: Engine, public: str, name: str, wanted: Counted) -> UsageError | None:
    """Return what is wrong with the graph `name`, which must be `public` with what was counted; None for nothing."""
    found = there(engine, name)
    if found == wanted:
        return None
    return UsageError(
        f"エンジンのグラフが元と違うので公開しません: {public}（{wanted.triples:,} トリプルのはずが {found.triples:,}、"
        f"行のダイジェスト {wanted.total:x} に対し {found.total:x}）",
        f"not published, since the engine's graph is not what it was given: {public} "
        f"({found.triples:,} triples instead of {wanted.triples:,}, "
        f"digest of rows {found.total:x} instead of {wanted.total:x})",
    )


def there(engine: Engine, name: str) -> Counted:
    """Return what a graph of the engine has."""
    found, start, page, end = Counted(), 0, _PAGE, count(engine, name)
    while start <= end:
        try:
            rows = list(_rows(engine, name, start, page))
        except UsageError as error:
            if not isinstance(error.__cause__, CutError) or error.__cause__.most >= page:
                raise
            page = error.__cause__.most  # it gives fewer
            continue
        for row in rows:
            found.add(row)
        start += page
    return found


def _rows(engine: Engine, name: str, start: int, page: int) -> Iterator[bytes]:
    """Yield the rows of a graph from a place on. No order is asked for: one that changes shows as a difference."""
    text = f"SELECT ?s ?p ?o {{ GRAPH <{name}> {{ ?s ?p ?o }} }} LIMIT {page} OFFSET {start}"
    triples = (Triple(*solution) for solution in engine.solutions(text, page))
    for line in (serialize(triples, format=RdfFormat.N_TRIPLES) or b"").splitlines():
        yield line[:-2]


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
