"""Dumps and tables that are published packed only (KPIGRAPH_DUMPS=packed): everything works from them."""

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import serving
from serving import Client

from kpigraph import answers, canonical, diff, imports, packing, pipeline, release_files, releases
from kpigraph.building import changed, unchanged
from kpigraph.config import Settings
from kpigraph.engine import content as engine_content
from kpigraph.prefixes import expand
from kpigraph.problems import SourceError
from kpigraph.releases import Release
from kpigraph.serve.snapshot import Snapshot

DUMPS = [f"kpigraph.{s}" for s in ("ttl", "jsonld", "nt", "nq", "trig", "rdf")]
TABLES = [f"{t}{e}.csv" for t in ("observations", "listings", "assessments") for e in ("", "-excel")]


@pytest.fixture(scope="module")
def out(small_publication: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication of two releases of the same: the first plain, the second packed only. Read only."""
    folder = tmp_path_factory.mktemp("packed")
    for name in ("data", "public"):
        shutil.copytree(small_publication / name, folder / name, symlinks=True)
    pipeline.build(folder / "data", folder / "public", Settings(dumps="packed"))
    return folder / "public"


@pytest.fixture(scope="module")
def both(out: Path) -> tuple[Release, Release]:
    plain, packed = releases.releases(out)
    return plain, packed


@pytest.fixture(scope="module")
def client(out: Path) -> Iterator[Client]:
    made = serving.client_of(out)
    yield made
    made.close()


def test_only_packed_files_are_there_and_hold_the_same(both: tuple[Release, Release]) -> None:
    plain, packed = both
    assert not [n for n in (*DUMPS, *TABLES) if (packed.folder / n).exists()]
    for name in (*DUMPS, *TABLES):
        whole = (plain.folder / name).read_bytes()
        assert gzip.decompress((packed.folder / f"{name}.gz").read_bytes()) == whole, name
        assert packed.manifest["inflated"][name] == len(whole), name
    assert (plain.manifest["format"], packed.manifest["format"]) == (2, 3)  # older programs say that they are too old
    assert releases.verify(packed.folder) == canonical.verify(packed.folder) == []
    (entry, *_) = json.loads((packed.folder / "history" / "log.json").read_text("utf-8"))
    assert (entry["before"], entry["number"]) == (plain.version, 0)


def test_the_catalogue_names_downloads_that_are_there(both: tuple[Release, Release]) -> None:
    _, packed = both
    listed = packed.manifest["files"]
    catalogue = ox.Store()
    catalogue.load(path=str(packed.folder / "catalog.ttl"))

    def said(subject: Any, name: str) -> list[Any]:
        return [q.object for q in catalogue.quads_for_pattern(subject, ox.NamedNode(expand(name)), None)]

    found = set()
    for q in catalogue.quads_for_pattern(None, ox.NamedNode(expand("dcat:downloadURL")), None):
        name = q.object.value.rpartition("/")[2]
        (checksum,) = said(q.subject, "spdx:checksum")
        assert said(checksum, "spdx:checksumValue")[0].value == listed[name]["sha256"]
        assert said(q.subject, "dcat:byteSize")[0].value == str(listed[name]["bytes"])
        if name.endswith(".gz"):
            (zipped,) = said(q.subject, "dcat:compressFormat")
            assert zipped.value.endswith("/application/gzip")
            assert [a.value for a in said(q.subject, "dcat:accessURL")] == [q.object.value.removesuffix(".gz")]
            found.add(name)
    assert found == {f"{n}.gz" for n in (*DUMPS, *TABLES)}
    void = (packed.folder / "void.ttl").read_text("utf-8")
    assert all(f"download/{n}.gz>" in void and f"download/{n}>" not in void for n in DUMPS)


@pytest.mark.parametrize("name", ["kpigraph.nq", "observations.csv"])
def test_the_plain_name_answers_in_both_codings(both: tuple[Release, Release], client: Client, name: str) -> None:
    plain, packed = both
    whole, zipped = (plain.folder / name).read_bytes(), (packed.folder / f"{name}.gz").read_bytes()
    path = f"/download/{name}"
    answer = client.raw(path, {"Accept-Encoding": "identity", "Range": "bytes=5-9"})  # which may be ignored
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, whole, str(len(whole)))
    assert "content-encoding" not in answer.headers
    of_packed = client.raw(path, {"Accept-Encoding": "gzip"})
    assert (of_packed.content, of_packed.headers["content-encoding"]) == (zipped, "gzip")
    assert answer.headers["content-type"] == of_packed.headers["content-type"]
    assert answer.headers["etag"] != of_packed.headers["etag"]
    part = client.raw(path, {"Accept-Encoding": "gzip", "Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, zipped[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(zipped)}"
    for coding, former in (("identity", answer), ("gzip", of_packed)):
        asked = {"Accept-Encoding": coding}
        again = client.raw(path, {**asked, "If-None-Match": former.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = client.request("HEAD", path, headers=asked)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == former.headers["content-length"]
    page = client.get("/download", "text/html").text
    assert f'href="/download/{name}"' in page
    assert f'href="/download/{name}.gz"' in page
    assert client.get("/download/kpigraph.xyz").status_code == 404


def test_a_damaged_packed_file_is_not_handed_out(out: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(out, tmp_path / "public", symlinks=True))
    release = (mine / "current").resolve()
    dump = release / "kpigraph.nt.gz"
    dump.write_bytes(dump.read_bytes()[:-9] + b"\0" * 9)
    table = max((release / "store").glob("*.sst"), key=lambda p: p.stat().st_size)
    table.write_bytes(table.read_bytes()[:-200])
    quads = len(ox.Store.read_only(str(out / "current" / "store")))
    snapshot = Snapshot(mine)
    try:  # the store is made anew from kpigraph.nq.gz
        assert len(snapshot.served().reader.engine) == quads  # type: ignore[arg-type]
    finally:
        snapshot.close()
    client = serving.client_of(mine)
    try:
        assert client.raw("/download/kpigraph.nt", {"Accept-Encoding": "identity"}).status_code == 503
        assert client.raw("/download/kpigraph.nq", {"Accept-Encoding": "identity"}).status_code == 200
    finally:
        client.close()


def test_what_has_not_changed_is_taken_from_the_files_of_the_release_before(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("data", "public"):
        shutil.copytree(out.parent / name, tmp_path / name, symlinks=True)
    card = min((tmp_path / "data").glob("**/card.toml"))
    card.write_text(card.read_text("utf-8").replace('ja = "', 'ja = "改訂 ', 1), "utf-8")
    taken: list[str] = []
    take = packing.Former.piece

    def taking(former: packing.Former, name: str) -> packing.Piece | None:
        taken.append(former.file.name)
        return take(former, name)

    monkeypatch.setattr(changed, "_FEW", 1)
    monkeypatch.setattr(packing.Former, "piece", taking)
    build = partial(pipeline.build, tmp_path / "data", tmp_path / "public", Settings(dumps="packed"))
    made = build().published
    assert made.new
    assert {*taken} == {f"{n}.gz" for n in (*DUMPS, *TABLES)}
    assert releases.verify(made.release.folder) == canonical.verify(made.release.folder) == []
    monkeypatch.setattr(release_files, "_former_file", lambda content, name: None)
    monkeypatch.setattr(unchanged, "find", lambda *of: None)
    again = build().published
    assert (again.new, again.release.version) == (False, made.release.version)  # put together from all parts


def test_a_file_that_follows_another_is_the_same_as_without_it(tmp_path: Path) -> None:
    texts = {name: (name * (n * 9000 + 1)).encode() for n, name in enumerate("abcdef")}
    asked: list[str] = []

    def written(file: str, names: str, former: packing.Former | None = None) -> tuple[packing.Written, bytes]:
        def piece(name: str) -> packing.Piece:
            made = packing.piece(texts[name], name)

            def packed() -> bytes:
                asked.append(name)
                return made.packed()

            return replace(made, packed=packed)

        def pieces(before: packing.Former | None) -> Iterator[packing.Piece]:
            for n, name in enumerate(names):
                yield (before and before.piece(name)) or piece(name)
                yield packing.piece(b"," * (n % 2))

        asked.clear()
        found = packing.write_beside(tmp_path / file, pieces, packed_only=True, former=former)
        return packing.Written({"": found.files[f"{file}.gz"]}, {"": found.places[f"{file}.gz"]}), (
            tmp_path / f"{file}.gz"
        ).read_bytes()

    first, whole = written("1", "abcd")
    former = packing.Former(tmp_path / "1.gz", first.files[""], first.places[""])
    for names, wanted in {"abcd": "", "abed": "e", "bcdf": "f", "efab": "ef", "dcba": "", "": ""}.items():
        alone = written("2", names)
        assert written("3", names, former) == alone
        assert asked == [*wanted]
        assert gzip.decompress(alone[1]).replace(b",", b"") == b"".join(texts[n] for n in names)
    alone = written("2", "abed")
    for damaged in (whole[:-1], whole + b"x", whole[:200] + b"\0" + whole[201:], b"", None):
        if damaged is None:
            former.file.unlink()
        else:
            former.file.write_bytes(damaged)
        assert written("3", "abed", former) == alone
        assert asked[-4:] == [*"abed"]


def test_commands_read_packed_dumps(out: Path, both: tuple[Release, Release]) -> None:
    plain, packed = both
    for form, name in (("nquads", "kpigraph.nq"), ("csv", "observations.csv"), ("turtle", "kpigraph.ttl")):
        with answers.exported(out, form) as file:
            assert file.read() == (plain.folder / name).read_bytes()
    found = diff.compare(str(plain.folder), str(packed.folder), out)
    assert (found.removed, found.added, found.lost, found.new) == (frozenset(), frozenset(), (), ())
    assert len(answers.load_graph([out])) == len({q.triple for q in ox.parse(path=plain.folder / "kpigraph.nt")})
    catalogue = f"{Settings().base_iri}graph/catalog"
    loaded = [[row for row in engine_content.rows(r) if row[0] != catalogue] for r in both]
    assert loaded[0] == loaded[1] != []


def test_a_packed_publication_is_imported_and_a_damaged_or_large_one_is_not(
    both: tuple[Release, Release], tmp_path: Path
) -> None:
    theirs = Path(shutil.copytree(both[1].folder, tmp_path / "theirs"))

    def bring(**settings: Any) -> imports.Import:
        return imports.bring(str(theirs), tmp_path / "data", "them", Settings(**settings), lambda ja, en: None)

    length = both[1].manifest["inflated"]["kpigraph.nq"]
    for settings, code in (({"import_bytes": length - 1}, "import.large"), ({}, "import.checksum")):
        if code == "import.checksum":
            dump = theirs / "kpigraph.nq.gz"
            whole = dump.read_bytes()
            dump.write_bytes(whole[:-9])
        with pytest.raises(SourceError) as refused:
            bring(**settings)
        assert [p.code for p in refused.value.problems] == [code]
    dump.write_bytes(whole)
    assert bring().manifest.codes
