"""The files of a release but its manifest and history, written from parts: dumps, tables, indexes, catalogue, store.

What is copied and packed, what is indexed and the store are made side by side, where there are threads and processes
for it. Only the catalogue waits for others: it tells the checksums of files, and is the last that the store gets.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pyoxigraph import Triple

from kpigraph import (
    asked_for,
    catalog,
    catalog_pieces,
    csvw,
    distinct,
    dumps,
    forked,
    history,
    mapping_table,
    municipalities,
    packing,
    search,
    tables,
    void,
)
from kpigraph import releases as on_disk
from kpigraph.catalog_pieces import Catalogue
from kpigraph.content import Content, Layout
from kpigraph.order import triples_in_order
from kpigraph.parts import making
from kpigraph.parts.part import Part
from kpigraph.prefixes import DESCRIPTION_PREFIXES
from kpigraph.releases import File

Json = Any
_ADDED_TOGETHER = 64  # parts


@dataclass(frozen=True, slots=True)
class Written:
    """What has been written: all files but the manifest by name, and how much is in them.

    `inflated` are names and lengths of what those hold that are there packed only, each name without its .gz.
    """

    files: Mapping[str, File]
    counts: Mapping[str, int]
    inflated: Mapping[str, int]
    layout: Layout
    past: history.Past | None

    @property
    def digest(self) -> str:
        return on_disk.digest(self.files)


def write(folder: Path, content: Content) -> Written:
    """Write everything but the manifest into `folder`; where there are threads for it, the store beside the rest."""
    catalogue: Future[Catalogue] = Future()  # the last that the store gets: it tells of the other files
    summaries = {p.key: content.keep(["said of", p.key], partial(making.summary, p)) for p in content.parts}
    content.progress("ダンプと表を書いています", "writing dumps and tables")
    with (
        _beside(lambda: _write_copies(folder, content, summaries), content.threads) as copied,
        ThreadPoolExecutor(1) as beside,
    ):
        store: Future[None] | None = None
        if content.threads > 1:
            store = beside.submit(asked_for.write_store, folder / "store", content, catalogue)
        try:
            known, counts, layout, past = _write_files(folder, content, summaries, copied, catalogue)
        except BaseException as e:
            if not catalogue.done():
                catalogue.set_exception(e)  # so that who waits for it ends
            raise
        content.progress("ストアを作っています", "making the store")
        (store or beside.submit(asked_for.write_store, folder / "store", content, catalogue)).result()
    known |= asked_for.unchanged(folder, content.former)
    there = on_disk.files(folder)
    return Written(
        {name: known.get(name) or on_disk.describe(folder / name) for name in there},
        counts,
        {name: file.bytes for name, file in known.items() if name not in there},
        layout,
        past,
    )


Copies = tuple[packing.Written, dict[str, int]]  # files, and how many lines each table has


@contextmanager
def _beside(work: Callable[[], Copies], threads: int) -> Iterator[Callable[[], Copies]]:
    """Do `work` beside the block, in a process where one can be forked; lend what waits for it."""
    if threads > 1 and forked.can_fork():
        process = forked.Forked(work)
        try:
            yield process.result
        finally:
            process.end()
        return
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(work)
        if threads == 1:
            doing.result()
        yield doing.result


def _write_copies(folder: Path, content: Content, summaries: Mapping[str, Any]) -> Copies:
    """Write dumps and tables, which are copied and packed from parts."""
    dumped = dumps.write(
        folder,
        lambda suffix: partial(_pieces, [(part, suffix) for part in content.parts]),
        content.threads,
        packed_only=content.settings.dumps == "packed",
        former=partial(_former_file, content),
    )
    tabled, rows = _write_tables(folder, content, summaries)
    return packing.together([dumped, tabled]), rows


def _write_files(
    folder: Path,
    content: Content,
    summaries: Mapping[str, Any],
    copied: Callable[[], Copies],
    catalogue: "Future[Catalogue]",
) -> tuple[dict[str, File], dict[str, int], Layout, history.Past | None]:
    """Write everything but store and manifest; return the files, how much is in them and how they were put together.

    Dumps and tables are those that `copied` gives; while they are waited for, the release before is read for the
    history. The catalogue is set.
    """
    progress, base = content.progress, content.settings.base_iri
    told = content.parts if content.told is None else content.told
    progress("索引を書いています", "writing the indexes")
    with ThreadPoolExecutor(1) as beside:
        matches = _write_mappings(folder, content, told)
        asked_for.write_indexes(folder, content, told)
        indexes = beside.submit(_described, folder, [n for n in on_disk.files(folder) if n.startswith("search/")])
        objects = _objects(content, told, summaries)
        counts = _counted(content, told)
        packed_only = content.settings.dumps == "packed"
        described = void.void_triples(counts, objects, dumps.file_names(packed_only=packed_only), base)
        _write_rdf(folder, "void", ("ttl",), described)
        (folder / "validation.ttl").write_bytes(content.validation_ttl)
        (folder / "validation.json").write_bytes(content.validation_json)
        if content.municipalities:
            (folder / search.FILE).with_name(municipalities.FILE).write_bytes(content.municipalities)
        progress("カタログを書いています", "writing the catalogue")
        known: dict[str, File] = {}
        lasting: list[Future[None]] = []
        past: history.Past | None = None
        if (former := content.former) is not None:
            texts = ((p.bytes("nq") for p in parts) for parts in (former.gone, former.new))
            past = history.Past(former.release, (next(texts), next(texts)))
            if content.threads > 1:
                past.read_ahead()

        def files() -> dict[str, File]:
            known.update(copied()[0].files)
            for name in mapping_table.FILES:
                if (folder / name).exists():
                    known[name] = on_disk.describe(folder / name)
            lasting.append(beside.submit(_made_lasting, folder))  # which lets the rest go on, too
            return {name: file for name, file in known.items() if file.sha256}  # without what is there packed only

        told_of = catalog.catalogue(
            [fact for part in told for fact in making.catalog(summaries[part.key])],
            [*dumps.file_names(), *tables.file_names(), *(n for n in mapping_table.FILES if (folder / n).exists())],
            files,
            content.settings,
            content.measures,
            datasets=content.datasets,
            key=content.signer.public if content.signer else None,
            keep=content.keep,
            before=partial(asked_for.former_catalogue, content.former),
        )
        catalogue.set_result(told_of)
        (folder / catalog_pieces.FILE).write_bytes(told_of.turtle)
        (folder / catalog_pieces.JSON_LD).write_bytes(told_of.json_ld)
        for syncing in lasting:
            syncing.result()
        known |= indexes.result()
    written, rows = copied()
    return (
        known,
        {"quads": sum(counts.graphs.values()), "graphs": len(counts.graphs), **rows, **matches},
        Layout(written.places, told_of.is_uniform),
        past,
    )


def _described(folder: Path, names: Iterable[str]) -> dict[str, File]:
    return {name: on_disk.describe(folder / name) for name in names}


def _made_lasting(folder: Path) -> None:
    """Have on disk what is there already, but the store, which is still being made: all is waited for in the end."""
    for name in on_disk.files(folder):
        if not name.startswith("store/"):
            on_disk.sync(folder / name)


def _pieces(entries: Iterable[tuple[Part, str]], former: packing.Former | None) -> Iterator[packing.Piece]:
    """Yield entries of parts as pieces of a file: those that the `former` file has from there."""
    for part, entry in entries:
        yield (former and former.piece(part.name_of(entry))) or part.piece(entry)


def _former_file(content: Content, name: str) -> packing.Former | None:
    """Return a packed file of the release before, where it is known what lies where in it."""
    if (former := content.former) is None or name not in former.layout.places:
        return None
    entry = former.release.manifest["files"].get(name)
    return packing.Former(former.release.folder / name, File(**entry), former.layout.places[name]) if entry else None


def _counted(content: Content, told: Sequence[Part]) -> void.Counts:
    """Add up how much is in parts, some at a time: where few parts have changed, few are looked at."""

    def added(parts: Sequence[Part]) -> Json:
        found = void.Counts()
        for part in parts:
            found.add(making.counts(part))
        return found.to_json()

    every = void.Counts()
    for these in (told[n : n + _ADDED_TOGETHER] for n in range(0, len(told), _ADDED_TOGETHER)):
        kept = content.keep(["counts of", [part.key for part in these]], partial(added, these))
        every.add(void.Counts.from_json(kept))
    return every


def _objects(content: Content, told: Sequence[Part], summaries: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    """Return how many different objects `told` have: counted, or found by what has changed in the former release."""
    former = content.former
    gone, new = (former.told_gone, former.told_new) if former else ((), ())
    added = {part.key for part in new}
    others = [part for part in told if part.key not in added]

    def counted(parts: Iterable[Part]) -> tuple[int, dict[str, int]]:
        return distinct.count([making.hashes(part) for part in parts])

    def changed() -> tuple[int, dict[str, int]]:
        if former is None:
            return counted(told)
        before = content.keep(_names([*others, *gone]), lambda: counted([*others, *gone]))
        these, those = ([making.hashes(part) for part in parts] for parts in (gone, new))
        unchanged = (making.packed_hashes(part, summaries[part.key]) for part in others)
        return distinct.recount((before[0], before[1]), these, those, unchanged)

    total, of_property = content.keep(_names(told), changed)
    return total, of_property


def _names(parts: Iterable[Part]) -> list[object]:
    return ["objects", sorted(part.key for part in parts)]


def _write_tables(
    folder: Path, content: Content, summaries: Mapping[str, Any]
) -> tuple[packing.Written, dict[str, int]]:
    """Write the tables, edition by edition; return the files, and how many lines each has that are our own."""
    editions = [(part, x) for part in content.parts for x in making.editions(summaries[part.key])]
    editions.sort(key=lambda e: e[1].order)

    def entries(table: csvw.Table) -> list[tuple[Part, str]]:
        return [(part, making.table_entry(x.edition, table.name)) for part, x in editions]

    if content.settings.dumps == "packed":
        written = tables.write_packed(
            folder, lambda table: partial(_pieces, entries(table)), partial(_former_file, content)
        )
    else:
        files = tables.write(folder, lambda table: (part.bytes(entry) for part, entry in entries(table)))
        written = packing.Written(files, {})
    rows = dict.fromkeys((t.name for t in csvw.TABLES), 0)
    for part, x in editions:
        for name, count in x.counts.items():
            name = f"imported_{name}" if part.key in content.imported else name
            rows[name] = rows.get(name, 0) + count
    return written, rows


def _write_mappings(folder: Path, content: Content, told: Sequence[Part]) -> dict[str, int]:
    """Write the matches, or take the files of the former release, where nothing in them has changed."""
    if (former := content.former) is not None:
        files = [former.release.folder / name for name in (mapping_table.TSV, mapping_table.TTL)]
        tsv = files[0].read_bytes() if files[0].exists() else b""
        gone, new = ([making.matches(part) for part in these] for these in (former.told_gone, former.told_new))
        names = [{i: n for part in these for i, n in making.labels(part).items()}
                 for these in (former.told_gone, former.told_new)]  # fmt: skip
        if mapping_table.unchanged(gone, new, (names[0], names[1]), tsv):
            for file in files:
                if file.exists():
                    shutil.copyfile(file, folder / file.name)
            counts = former.release.manifest["counts"]
            return {name: counts[name] for name in mapping_table.COUNTS if name in counts}
    return mapping_table.write(_matches(told), folder, content.settings.base_iri)


def _matches(told: Sequence[Part]) -> mapping_table.Matches:
    found = [making.matches(part) for part in told]
    return mapping_table.Matches(
        [r for m in found for r in m.accepted],
        [r for m in found for r in m.of_shared],
        {iri: label for part in told for iri, label in making.labels(part).items()},
        [t for m in found for t in m.triples],
    )


def _write_rdf(folder: Path, stem: str, suffixes: Iterable[str], triples: Iterable[Triple]) -> None:
    ordered = triples_in_order(triples)
    for suffix in suffixes:
        (folder / f"{stem}.{suffix}").write_bytes(dumps.serialized(ordered, suffix, DESCRIPTION_PREFIXES))
