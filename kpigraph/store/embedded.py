"""The embedded engine, Oxigraph: a folder that is written once, then only opened for reading.

Opening for reading changes no byte of the folder (measured on pyoxigraph 0.5.13), so a release's checksums stay true
and any number of processes can read it at once. RocksDB reports damage as RuntimeError and missing files as OSError,
both when opening and in the middle of a result; here both become one clear line.
"""

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Triple,
)
from pyoxigraph import Store as Engine

from kpigraph.order import graph_iri, triples_in_order
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import UsageError

NOT_READ = ("Corruption: ", "IO error: ")  # how RocksDB begins when a store cannot be read
Term = NamedNode | BlankNode | Literal | Triple
Quads = Callable[[], Iterable[Quad]]
_AT_ONCE = 48 << 20  # bytes of N-Quads: the engine takes about ten times as much memory; twice as many save 5 % of time
_LOADERS = 2  # more would each have less at once, which the engine then has to merge
_STRETCH = 1 << 16  # bytes


class EmbeddedStore:
    """An Oxigraph store; see `kpigraph.store.Store`. `engine` is there for who must bound and stream queries itself."""

    def __init__(self, engine: Engine, folder: Path, default_graphs: Sequence[str] = ()) -> None:
        self._engine: Engine | None = engine
        self._folder = folder
        self._default_graphs = tuple(default_graphs)
        self._united = bool(default_graphs) and _first(engine.quads_for_pattern(None, None, None, DefaultGraph()))

    @property
    def united(self) -> bool:
        """Whether the engine's own default graph holds what the default graphs say: then that one is asked."""
        return self._united

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            raise ValueError("this store has been closed")
        return self._engine

    @property
    def default_graphs(self) -> tuple[str, ...]:
        return self._default_graphs

    def select(self, query: str, *, everywhere: bool = False) -> Iterator[dict[str, Term]]:
        with _one_clear_line(self._folder, _unreadable):
            solutions = self.query(query, everywhere=everywhere)
            if not isinstance(solutions, QuerySolutions):
                raise ValueError("select() is for SELECT queries")
        rows = self._rows(solutions)
        return _distinct(rows) if everywhere and self._united else rows

    def query(self, query: str, *, everywhere: bool = False) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Return the result of any query, asked as `select` asks; unlike that it raises what the engine raises."""
        if everywhere or not self._default_graphs:
            return self.engine.query(query, prefixes=PREFIXES, use_default_graph_as_union=True)
        if self._united:
            return self.engine.query(query, prefixes=PREFIXES)
        return self.engine.query(query, prefixes=PREFIXES, default_graph=[NamedNode(g) for g in self._default_graphs])

    def _rows(self, solutions: QuerySolutions) -> Iterator[dict[str, Term]]:
        names = [v.value for v in solutions.variables]
        with _one_clear_line(self._folder, _unreadable):
            for solution in solutions:
                yield {name: value for name, value in zip(names, solution, strict=True) if value is not None}

    def describe(self, subject: str) -> list[Triple]:
        quads = self.quads(subject)
        wanted = set(self._default_graphs)
        return triples_in_order([q for q in quads if graph_iri(q) in wanted] or quads)

    def quads(self, subject: str) -> list[Quad]:
        with _one_clear_line(self._folder, _unreadable):
            found = self.engine.quads_for_pattern(NamedNode(subject), None, None, None)
            return [q for q in found if not isinstance(q.graph_name, DefaultGraph)]

    def has(
        self, subject: NamedNode, predicate: NamedNode | None, object_: NamedNode | None, graph: NamedNode | None = None
    ) -> bool:
        """Tell whether something is said that has these terms, in any graph or in that one; None stands for any."""
        with _one_clear_line(self._folder, _unreadable):
            return _first(self.engine.quads_for_pattern(subject, predicate, object_, graph))

    def named_graphs(self) -> list[str]:
        with _one_clear_line(self._folder, _unreadable):
            return sorted(g.value for g in self.engine.named_graphs())

    def load(self, quads: Iterable[Quad]) -> None:
        """Add `quads` to a store that `create` made and that is still open."""
        with _one_clear_line(self._folder, _unwritable):
            self.engine.bulk_extend(quads)

    def exchange(self, gone: Quads, new: Iterable[bytes], default_graphs: Iterable[str]) -> None:
        """Remove the quads that `gone` gives, which is asked twice, and add `new`, texts in N-Quads.

        What `default_graphs` say is kept in the engine's own default graph, as `with_union` has it. All is added in as
        few files as can be: where many overlap, RocksDB begins to write the whole store anew.
        """
        wanted = set(default_graphs)
        with _one_clear_line(self._folder, _unwritable):
            self._remove(gone, wanted)
            _load(self.engine, with_union(new, wanted))

    def exchange_few(self, gone: Iterable[Quad], new: Iterable[Quad], default_graphs: Iterable[str]) -> None:
        """Remove and add as `exchange` does, but so few quads that no file is made for them."""
        wanted, going, coming = set(default_graphs), list(gone), list(new)
        with _one_clear_line(self._folder, _unwritable):
            self._remove(lambda: going, wanted)
            self.engine.extend([*coming, *(Quad(*q.triple) for q in coming if graph_iri(q) in wanted)])

    def _remove(self, gone: Quads, wanted: set[str]) -> None:
        for quad in gone():
            self.engine.remove(quad)
        for quad in gone():
            saying = self.engine.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
            if not any(graph_iri(other) in wanted for other in saying):
                self.engine.remove(Quad(*quad.triple))

    def graph(self, name: str) -> list[Quad]:
        """Return the quads of a named graph."""
        with _one_clear_line(self._folder, _unreadable):
            return list(self.engine.quads_for_pattern(None, None, None, NamedNode(name)))

    def close(self) -> None:
        self._engine = None


def open_read_only(folder: Path, default_graphs: Sequence[str] = ()) -> EmbeddedStore:
    """Open the store in `folder` for reading.

    Raises:
        UsageError: if there is no store, or if it is damaged.
    """
    with _one_clear_line(folder, _unreadable):
        return EmbeddedStore(Engine.read_only(str(folder)), folder, default_graphs)


def with_union(n_quads: Iterable[bytes], graphs: Iterable[str]) -> Iterator[bytes]:
    """Yield texts in N-Quads and, after each, what the `graphs` in it say once more, in no named graph: for `create`.

    Oxigraph looks a pattern up in each default graph in turn: thousands of them for a country. Of one it is looked up
    once, and nothing comes twice. It keeps three orders of a triple and six of a quad, so the store grows by half of
    what the graphs take. Every quad is in a named graph, and written as the engine writes it.
    """
    wanted = {f" <{name}> .\n".encode() for name in graphs}
    for text_ in n_quads:
        yield text_
        if found := b"".join(block.replace(end, b" .\n") for block, end in _by_graph(text_) if end in wanted):
            yield found


def _by_graph(text_: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield stretches of lines in one named graph, each with how its lines end; one graph can have several.

    Quads stand graph by graph, so most stretches are as long as they may be, and few lines are looked at on their own.
    """
    at = 0
    while at < len(text_):
        line = text_.index(b"\n", at) + 1
        end = text_[text_.rindex(b" <", at, line) : line]  # in no literal: none holds a raw line end
        reach = max(line, at + _STRETCH)
        while True:
            last = text_.rindex(end, at, reach) + len(end)
            if text_.count(b"\n", at, last) == text_.count(end, at, last):
                break
            reach = max(line, at + (last - at) // 2)  # lines of another graph stand between
        yield text_[at:last], end
        at = last


def _load(engine: Engine, n_quads: Iterable[bytes], threads: int = 1) -> None:
    """Load texts in N-Quads, up to `_AT_ONCE` bytes of them in memory; `threads` may do so side by side.

    The engine lets other threads run meanwhile, and any number of them may add to a store.
    """
    loaders = min(threads, _LOADERS)
    waiting, one_at_a_time = _together(n_quads, _AT_ONCE // loaders), threading.Lock()

    def load() -> None:
        while True:
            with one_at_a_time:
                text_ = next(waiting, None)  # nothing more once it has raised something
            if text_ is None:
                return
            engine.bulk_load(input=text_, format=RdfFormat.N_QUADS, lenient=True)

    if loaders == 1:
        load()
        return
    with ThreadPoolExecutor(loaders) as pool:
        for done in [pool.submit(load) for _ in range(loaders)]:
            done.result()


def _together(texts: Iterable[bytes], at_once: int) -> Iterator[bytes]:
    """Yield `texts`, as many together as come to `at_once` bytes."""
    held: list[bytes] = []
    size = 0
    for text_ in texts:
        held.append(text_)
        size += len(text_)
        if size >= at_once:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _distinct(rows: Iterable[dict[str, Term]]) -> Iterator[dict[str, Term]]:
    """Yield each row once: of all graphs a current triple is found in its own graph and in their union."""
    seen = set()
    for row in rows:
        if (key := tuple(row.items())) not in seen:
            seen.add(key)
            yield row


def _first(quads: Iterable[Quad]) -> bool:
    return next(iter(quads), None) is not None


@contextmanager
def create(
    folder: Path, quads: Iterable[Quad] = (), n_quads: Iterable[bytes] = (), threads: int = 1
) -> Iterator[EmbeddedStore]:
    """Write a new store into `folder`, which must be empty or absent, and lend it, open, to the block.

    It gets `quads`, and texts in N-Quads, of which only some are in memory at a time. Each term in them was one of the
    engine before, so whether its IRI is well formed is not looked at again. `threads` load these side by side.

    When the block ends the store is on disk, compacted and closed. RocksDB's own log, which would publish paths of
    this machine, is removed.

    Raises:
        UsageError: if it cannot be written.
    """
    with _one_clear_line(folder, _unwritable):
        folder.mkdir(parents=True, exist_ok=True)
    with _written(folder) as store:
        store.load(quads)
        with _one_clear_line(folder, _unwritable):
            _load(store.engine, n_quads, threads)
        yield store
        with _one_clear_line(folder, _unwritable):
            store.engine.optimize()


@contextmanager
def copied(former: Path, folder: Path) -> Iterator[EmbeddedStore]:
    """Write into `folder` a store like that in `former` and lend it, open, to be changed by `exchange`.

    What does not change is not written again: RocksDB never writes to a table file once it is there, so both stores
    share those, as hard links; the others are copied. The former one stays as it is.

    Raises:
        UsageError: if it cannot be written, or the former one not be read.
    """
    with _one_clear_line(folder, _unwritable):
        folder.mkdir(parents=True, exist_ok=True)
        for file in former.iterdir():
            if file.suffix != ".sst":
                shutil.copyfile(file, folder / file.name)
                continue
            try:
                (folder / file.name).hardlink_to(file)
            except OSError:  # another disk, or one without links
                shutil.copyfile(file, folder / file.name)
    with _written(folder) as store:
        yield store


@contextmanager
def _written(folder: Path) -> Iterator[EmbeddedStore]:
    """Lend the store in `folder`, open for writing; afterwards it is on disk, closed and without RocksDB's own log."""
    with _one_clear_line(folder, _unwritable):
        store = EmbeddedStore(Engine(str(folder)), folder)
    try:
        yield store
        with _one_clear_line(folder, _unwritable):
            store.engine.flush()
    finally:
        store.close()
    with _one_clear_line(folder, _unwritable):
        for log in folder.glob("LOG*"):
            log.unlink()


@contextmanager
def _one_clear_line(folder: Path, message: Callable[[Path, str], UsageError]) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as e:
        raise UsageError(f"ストアがありません: {folder}", f"there is no store here: {folder}") from e
    except (OSError, RuntimeError) as e:
        raise message(folder, " ".join(str(e).split())) from e


def _unreadable(folder: Path, reason: str) -> UsageError:
    return UsageError(
        f"ストアが壊れているか読めません（build し直してください）: {folder}（{reason}）",
        f"the store is damaged or cannot be read (build it again): {folder} ({reason})",
    )


def _unwritable(folder: Path, reason: str) -> UsageError:
    return UsageError(
        f"ストアを書き込めません: {folder}（{reason}）", f"the store cannot be written: {folder} ({reason})"
    )
