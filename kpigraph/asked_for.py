"""What is asked in a release: its store, and the indexes of search and of lists; made anew or by what has changed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, parse, serialize

from kpigraph import catalog_pieces, search, standings
from kpigraph import releases as on_disk
from kpigraph.catalog_pieces import Catalogue
from kpigraph.content import Content, Former
from kpigraph.iris import DataIris
from kpigraph.parts import making
from kpigraph.parts.part import Part
from kpigraph.problems import UsageError
from kpigraph.releases import File, Release
from kpigraph.store import embedded

_COMPARED = 64 << 20  # bytes of N-Quads that are compared in memory, in which they take about twice as much


def write_indexes(folder: Path, content: Content, told: Sequence[Part]) -> None:
    """Write the indexes of search and of lists: anew, or changed from those of the former release where that can be."""
    here, there = folder, content.former.release.folder if content.former else None
    gone, new = (content.former.told_gone, content.former.told_new) if content.former else ((), ())
    if there is None or not _done(
        lambda: search.change(there / search.FILE, here / search.FILE, _things(gone), _things(new))
    ):
        search.write(search.merged(making.things(part) for part in told), here / search.FILE)
    names, file = (_named(gone), _named(new)), standings.FILE
    if (
        there is None
        or content.imported  # whose municipalities stand last
        or not _done(lambda: standings.change(there / file, here / file, _standings(gone), _standings(new), names))
    ):
        standings.write(_standings(told), _named(told), here / file)


def _done(change: Callable[[], bool]) -> bool:
    """Tell whether an index was changed: one that is damaged is none that could be, and is written anew."""
    try:
        return change()
    except UsageError:
        return False


def _things(parts: Iterable[Part]) -> Iterator[search.Thing]:
    return (t for part in parts for t in making.things(part))


def _standings(parts: Iterable[Part]) -> Iterator[standings.Standing]:
    return (s for part in parts for s in making.standings_of(part))


def _named(parts: Iterable[Part]) -> Iterator[tuple[str, dict[str, str]]]:
    return (labels for part in parts for labels in making.named(part))


def catalogue_graph(content: Content) -> NamedNode:
    return NamedNode(DataIris(content.settings.base_iri).graph("catalog"))


def write_store(folder: Path, content: Content, catalogue: "Future[Catalogue]") -> None:
    """Write the store: anew, or from that of the former release by what has changed; the catalogue last."""
    if (former := content.former) is None:
        texts = embedded.with_union(_texts(content, catalogue), content.default_graphs)
        with embedded.create(folder, n_quads=texts, threads=content.threads):
            return
    with embedded.copied(former.release.store, folder) as store:
        lost, come = _exchanged(former)
        store.exchange(lambda: (q for text in lost() for q in _quads(text)), come, content.default_graphs)
        gone, new = _differing(former.release, store.graph, catalogue_graph(content), catalogue.result())
        store.exchange_few(gone, new, content.default_graphs)


def former_catalogue(former: Former | None) -> Catalogue | None:
    """Return the catalogue of the release before, None where there is none that is as it was published."""
    if former is None:
        return None
    listed, found = former.release.manifest["files"], []
    try:
        for name in (catalog_pieces.FILE, catalog_pieces.JSON_LD):
            found.append((former.release.folder / name).read_bytes())
            if File(len(found[-1]), hashlib.sha256(found[-1]).hexdigest()) != File(**listed[name]):
                return None
    except (OSError, KeyError, TypeError):
        return None
    return Catalogue(found[0], found[1], former.layout.is_uniform)


def _differing(
    former: Release, graph: Callable[[str], list[Quad]], name: NamedNode, now: Catalogue
) -> tuple[list[Quad], list[Quad]]:
    """Return what the catalogue of `former` said and `now` does not say, and the other way round.

    What it said comes from its file, or where that is not as it was published, from its store, by `graph`.
    """
    file = former.folder / catalog_pieces.FILE
    try:
        if on_disk.describe(file) != File(**former.manifest["files"][file.name]):
            raise ValueError(file)
        gone, new = catalog_pieces.differing(file.read_bytes(), now.turtle)
    except (OSError, KeyError, TypeError, SyntaxError, ValueError):
        before, after = {q.triple for q in graph(name.value)}, {q.triple for q in now.quads(name)}
        gone, new = list(before - after), list(after - before)
    quads = [[Quad(t.subject, t.predicate, t.object, name) for t in these] for these in (gone, new)]
    return quads[0], quads[1]


def _texts(content: Content, catalogue: "Future[Catalogue]") -> Iterator[bytes]:
    for part in content.parts:
        if catalogue.done():
            catalogue.result()  # which raises, if the other files could not be written
        yield part.bytes("nq")
    yield serialize(catalogue.result().quads(catalogue_graph(content)), format=RdfFormat.N_QUADS) or b""


def _exchanged(former: Former) -> tuple[Callable[[], Iterable[bytes]], Iterable[bytes]]:
    """Return, as N-Quads, what the store has no more, to be asked for twice, and what it has besides.

    Of a document in which little has changed that is little; of more than can be compared in memory it is every quad.
    """
    if sum(p.size("nq") for p in (*former.gone, *former.new)) > _COMPARED:
        return (lambda: (p.bytes("nq") for p in former.gone)), (p.bytes("nq") for p in former.new)
    was, is_ = ({q for p in these for q in p.bytes("nq").splitlines(True)} for these in (former.gone, former.new))
    gone, new = b"".join(sorted(was - is_)), b"".join(sorted(is_ - was))
    return (lambda: [gone]), [new]


def _quads(text: bytes) -> Iterable[Quad]:
    return parse(text, format=RdfFormat.N_QUADS)


def unchanged(folder: Path, former: Former | None) -> dict[str, File]:
    """Return the files of the store that are the very files of the former release, as its manifest has them."""
    found: dict[str, File] = {}
    if former is not None:
        for name, entry in former.release.manifest["files"].items():
            here, there = folder / name, former.release.folder / name
            if name.startswith("store/") and here.exists() and here.samefile(there):
                found[name] = File(**entry)
    return found
