"""Fixtures that several test files share: the real document, read once, and a maker of small fictional ones."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import next_year
import pytest
import serving
import virtuoso
from rdflib import Graph

from kpigraph import assess, codelists, editions, graph, municipalities, pipeline, registry, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.config import Settings
from kpigraph.iris import DataIris
from kpigraph.layouts import Reading
from kpigraph.model import Derivation, Document, Edition
from kpigraph.problems import Problem, SourceLocation
from kpigraph.read import isolation
from kpigraph.read.rows import Read
from kpigraph.terms import Triple

REPO = Path(__file__).resolve().parent.parent
DATA = REPO / "data"
KUSHIRO = DATA / "sources" / "012068" / "sogo-senryaku-kpi-2016"

HEADER = "施策体系\t重要業績評価指標(KPI)\t\t年・年度\t数値\t単位\t所管部署\n"
HEADINGS = "【基本目標1】産業を伸ばす\n① 漁業を伸ばす\n"
BLOCK = (
    "ア 港を直す\t・水揚量\t現状値\tH26年度\t100.0\tトン\t水産課\n"
    "\t\t実績値\tH27年度\t110.5\t\t\n"
    "\t\t目標値\tH31年度\t120.0\t\t\n"
)

CARD = """\
[document]
file = "{file}"
sha256 = "{sha256}"
media_type = "text/plain"
{encoding}
series = "senryaku"
edition = "{edition}"
series_label = {{ ja = "架空市総合戦略", en = "Strategy of a fictional city" }}
title = {{ ja = "架空市KPI一覧", en = "KPI table of a fictional city" }}
description = {{ ja = "試験用の架空の文書", en = "A fictional document for tests" }}

[publisher]
code = "{code}"
name = {{ ja = "釧路市", en = "Fictional City" }}

[layout]
kind = "stacked"
bullet = "・"
relist_mark = "(再掲)"
blank_means_above = ["unit", "department"]

[layout.hierarchy]
goal = "【基本目標1】"
direction = "①"
measure = "ア"

[layout.roles]
baseline = ["現状値"]
actual = ["実績値"]
target = ["目標値"]
"""


def _read_here_too() -> None:
    """Have files that are read in a process of limits read in this one too, so that `make coverage` sees their lines.

    That process may write no file, so it cannot say which lines it ran.
    """
    apart = isolation.read

    def read(kind: str, path: Path, encoding: str, at: SourceLocation, limits: isolation.Limits) -> Read:
        yield from apart(kind, path, encoding, at, limits)  # what cannot be read at all is not read here
        for _ in isolation.reader(kind)(path, encoding):
            pass

    isolation.read = read


if "COVERAGE_PROCESS_CONFIG" in os.environ:
    _read_here_too()


@dataclass(frozen=True)
class Case:
    """A data folder with one fictional document in it."""

    data: Path
    folder: Path

    def read(self) -> tuple[Edition, Derivation, list[Problem]]:
        """Return what the document says; problems, errors too, are in the list."""
        problems: list[Problem] = []
        document = sources.load(self.folder, problems)
        keys = registry.load(self.folder.parent)
        edition = editions.read_edition(document, keys, codelists.load_units(self.data / "codelists"), problems)
        return edition, assess.derive(edition), problems


def write_case(
    parent: Path,
    text: str | bytes,
    *,
    code: str = "012068",
    edition: str = "2016",
    card: str = CARD,
    encoding: str = 'encoding = "utf-8"',
    corrections: str = "",
) -> Case:
    """Write parent/data with one document: `text` (or bytes) under a card of our own."""
    data = parent / "data"
    folder = data / "sources" / code / f"senryaku-{edition}"
    folder.mkdir(parents=True)
    if not (data / "codelists").exists():
        shutil.copytree(DATA / "codelists", data / "codelists")
    raw = text.encode() if isinstance(text, str) else text
    (folder / "kpi.txt").write_bytes(raw)
    fields = {"file": "kpi.txt", "sha256": hashlib.sha256(raw).hexdigest(), "code": code, "edition": edition}
    if code != "012068":  # a card must not call the holder of a code by another's name
        known = municipalities.packaged().by_code.get(code)
        card = card.replace('ja = "釧路市"', f'ja = "{known.name if known else "架空市"}"')
    (folder / "card.toml").write_text(card.format(**fields, encoding=encoding), encoding="utf-8")
    if corrections:
        (folder / "corrections.csv").write_text(corrections, encoding="utf-8")
    return Case(data, folder)


@pytest.fixture
def make_case(tmp_path: Path) -> Callable[..., Case]:
    """Return `write_case` for the folder of this test."""
    return partial(write_case, tmp_path)


@pytest.fixture(scope="session")
def units() -> UnitCodelist:
    return codelists.load_units(DATA / "codelists")


@dataclass(frozen=True)
class Kushiro:
    """The real document, read."""

    document: Document
    reading: Reading
    edition: Edition
    derivation: Derivation
    layers: dict[str, Graph]
    problems: list[Problem]

    def indicator(self, label: str, department: str = "") -> str:
        """Return the key of the one indicator called `label`, of `department` where several are."""
        names = {d.key: d.label for d in self.edition.departments}
        found = [i for i in self.edition.indicators if i.label == label and department in (names[i.department], "")]
        assert len(found) == 1, (label, [i.key for i in found])
        return found[0].key


@pytest.fixture(scope="session")
def kushiro(units: UnitCodelist) -> Kushiro:
    problems: list[Problem] = []
    document = sources.load(KUSHIRO, problems)
    reading, _ = editions.read_cells(document, units, [])
    edition = editions.read_edition(document, registry.load(KUSHIRO.parent), units, problems)
    derivation = assess.derive(edition)
    mapped = graph.edition_graph(edition, derivation, DataIris("https://w3id.org/kpigraph/"))
    layers = {name: as_graph(layer) for name, layer in mapped.layers.items()}
    return Kushiro(document, reading, edition, derivation, layers, problems)


def as_graph(*parts: Iterable[Triple]) -> Graph:
    """Return triples as a graph of rdflib, to look for what it holds."""
    found = Graph()
    for triple in chain(*parts):
        found.add(triple)
    return found


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that `make` fills, once for all test processes of this run."""
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    root = factory.getbasetemp().parent if parallel else factory.getbasetemp()
    folder = root / f"shared-{name}"
    with (root / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / ".made").touch()
    return folder


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the real publication, built once from a copy of data/, which stands beside it. Read only."""

    def make(folder: Path) -> None:
        shutil.copytree(DATA, folder / "data")
        pipeline.build(folder / "data", folder / "public", Settings())

    return made_once(tmp_path_factory, "publication", make) / "public"


@pytest.fixture(scope="session")
def two_editions(publication: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data/ and public/: the real release, and one with the fictional next year. Read only."""

    def make(folder: Path) -> None:
        shutil.copytree(publication.parent / "data", folder / "data")
        shutil.copytree(publication, folder / "public", symlinks=True)
        next_year.write(folder / "data")
        pipeline.build(folder / "data", folder / "public", Settings())

    return made_once(tmp_path_factory, "two-editions", make)


@pytest.fixture(scope="session")
def small_publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data/ and public/: one fictional indicator, built. Read only; copy it to change it."""

    def make(folder: Path) -> None:
        write_case(folder, HEADER + HEADINGS + BLOCK)
        pipeline.build(folder / "data", folder / "public", Settings())

    return made_once(tmp_path_factory, "small", make)


@pytest.fixture(scope="session")
def neighbourhood(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of eight fictional municipalities, built once (about ten seconds). Read only."""
    import neighbours  # which imports this module

    return made_once(tmp_path_factory, "neighbours", neighbours.publish)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Lend a browser (browsing.py); asyncio cannot be used in the same module."""
    import browsing

    with browsing.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def kushiro_site(publication: Path) -> Iterator[str]:
    """Lend the address of a server process of the real publication, without a slash at the end."""
    import browsing

    with browsing.served("--store", str(publication)) as address:
        yield address


@pytest.fixture(scope="module")
def neighbours_site(neighbourhood: Path) -> Iterator[str]:
    """Lend the address of a server process of the eight municipalities."""
    import browsing

    with browsing.served("--store", str(neighbourhood / "public")) as address:
        yield address


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the small publication for the tests of the server, made once. Read only."""
    return serving.publish_sample(tmp_path_factory.mktemp("public"))


@pytest.fixture(scope="session")
def client(public: Path) -> Iterator[serving.Client]:
    """Lend a client of the application over the small publication, one for all tests."""
    made = serving.client_of(public)
    yield made
    made.close()


# The files that take longest. They come first, lest one process is left with them when the others have done.
LONGEST = ("building", "browser_pages", "cli", "faults", "validate", "engine", "workers", "browser", "browser_editor")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in LONGEST)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files, then read the diff")


@pytest.fixture(scope="session")
def virtuoso_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtuoso.Virtuoso]:
    """Lend a Virtuoso that gives no more than 2000 rows at once. Who puts something there names graphs of its own."""
    with virtuoso.running(tmp_path_factory.mktemp("virtuoso"), most=2000) as started:
        yield started
