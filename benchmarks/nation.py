"""Make a publication of national size out of a built one: the part of each municipality repeated under other codes.

    python benchmarks/nation.py PUBLIC --municipalities 1788 --out DIR

PUBLIC is a publication of a synthetic country (synthesize.py, kpigraph build). Reading and mapping 1,788 documents
takes up to an hour; this takes what loading takes, and serves to measure the server. Of series with several editions
the newest is taken. DIR can be served (`kpigraph serve --store DIR`); tables, and the dump where it would pass --dump
bytes, are left out.
"""

import argparse
import io
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
_GRAPH = re.compile(rb"<([^<>]*)> \.$")
_CODE = re.compile(rb"/lg/([0-9]{6})")


class Parts:
    """The lines of a dump: those of each municipality, and those of none."""

    def __init__(self, dump: Path, current: set[str]) -> None:
        self.common: list[bytes] = []
        self.of: dict[str, list[bytes]] = {}
        with dump.open("rb") as lines:
            for line in lines:
                if (graph := _GRAPH.search(line.rstrip())) is None or graph[1].decode() not in current:
                    continue
                codes = {m.decode() for m in _CODE.findall(line)}
                if len(codes) == 1:
                    self.of.setdefault(codes.pop(), []).append(line)
                elif not codes:
                    self.common.append(line)


def repeated(parts: Parts, codes: list[str], names: dict[str, str]) -> Iterator[bytes]:
    """Yield the quads of a country of `codes`, a block a municipality."""
    yield b"".join(parts.common)
    models = {code: b"".join(lines) for code, lines in sorted(parts.of.items())}
    order = list(models)
    for n, code in enumerate(codes):
        model = order[n % len(order)]
        block = models[model].replace(model.encode(), code.encode())
        block = block.replace(b"/C" + model[:5].encode(), b"/C" + code[:5].encode())
        yield block.replace(f'"{names[model]}"'.encode(), f'"{names[code]}"'.encode())


def copied(blocks: Iterator[bytes], copy: io.BufferedIOBase | None) -> Iterator[bytes]:
    """Yield the blocks; `copy` gets them too."""
    for block in blocks:
        if copy is not None:
            copy.write(block)
        yield block


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("public", type=Path)
    parser.add_argument("--municipalities", type=int, default=1788)
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--dump", type=int, default=0, help="write the dump where it has at most about so many bytes")
    given = parser.parse_args()
    sys.path[:0] = [str(REPO), str(REPO / "benchmarks")]
    from country import sources

    from kpigraph import municipalities, releases, search, standings
    from kpigraph.releases import current_release
    from kpigraph.store import embedded

    release = current_release(given.public)
    if release is None:
        raise SystemExit(f"there is no publication in {given.public}")
    names = {g.code: g.name for g in municipalities.packaged()}
    codes = [g.code for g in sources.governments(given.municipalities)]
    folder = given.out / "releases" / "000001-000000000000"
    folder.mkdir(parents=True)
    parts = Parts(release.folder / "kpigraph.nq", set(release.default_graphs))
    graphs = [g for g in release.default_graphs if not _CODE.search(g.encode())]
    models = sorted(parts.of)
    for n, code in enumerate(codes):
        model = models[n % len(models)]
        graphs += [g.replace(model, code) for g in release.default_graphs if f"/lg/{model}/" in g]
    whole = sum(len(b"".join(lines)) for lines in parts.of.values()) * len(codes) // len(models)
    began, busy = time.perf_counter(), time.process_time()
    copy = (folder / "kpigraph.nq").open("wb") if whole <= given.dump else None
    blocks = copied(repeated(parts, codes, names), copy)
    with embedded.create(folder / "store", n_quads=embedded.with_union(blocks, graphs)) as store:
        print(f"loaded {len(store.engine):,} quads, those of the default graph counted: "
              f"{time.perf_counter() - began:.0f} s, {time.process_time() - busy:.0f} s of processor time",
              file=sys.stderr)  # fmt: skip
        quads = len(store.engine)
    if copy is not None:
        copy.close()
    busy = time.process_time()
    opened = embedded.open_read_only(folder / "store", graphs)
    found = search.build(opened, folder / search.FILE)
    standings.build(opened, folder / standings.FILE)
    print(f"search index of {found:,} things: {time.process_time() - busy:.0f} s of processor time", file=sys.stderr)
    for name in ("catalog.ttl", "void.ttl", "validation.ttl", "validation.json"):
        (folder / name).write_bytes((release.folder / name).read_bytes())
    listed = {n: releases.describe(folder / n) for n in releases.files(folder)}
    manifest = dict(release.manifest) | {
        "default_graphs": graphs,
        "counts": {"quads": quads, "documents": len(codes)},
        "files": {n: asdict(file) for n, file in listed.items()},
    }
    manifest["checksum"] = releases.checksum(manifest)
    (folder / releases.MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    version = f"000001-{releases.digest(listed)[:12]}"
    folder.rename(folder.parent / version)
    (given.out / "current").symlink_to(Path("releases") / version)


if __name__ == "__main__":
    main()
