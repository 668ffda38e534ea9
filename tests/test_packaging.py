"""The wheel and the source package hold all that is needed, install without a compiler, and work elsewhere."""

import os
import subprocess
import sys
import tarfile
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import REPO, made_once

CSV = """基本目標,指標,単位,基準値（H26年度）,目標値（R元年度）
産業を伸ばす,水揚量,トン,100,120
,観光客数,人,"1,000","1,200"
"""
RESOURCES = (
    "ontology/kpi.ttl", "ontology/context.jsonld", "ontology/codes/role.ttl", "shapes/publication.ttl",
    "data/codelists/units.csv", "data/codelists/indicators.ttl", "data/codelists/missing.csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the source package, made of a copy whose web assets are built."""

    def make(folder: Path) -> None:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if name.startswith(("tests/", "benchmarks/", "docs/", "data/sources/")) or not (REPO / name).is_file():
                continue
            (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(REPO / name, folder / "src" / name) if _one_disk(folder) else _copy(
                REPO / name, folder / "src" / name
            )
        built = folder / "src" / "kpigraph" / "serve" / "built"
        built.mkdir()
        (built / "manifest.json").write_text("{}")  # `make web` writes it; what is in it, tests/test_assets.py tells
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(folder / "dist")]
        subprocess.run(command, cwd=folder / "src", check=True, capture_output=True)

    return made_once(tmp_path_factory, "dist", make) / "dist"


def _one_disk(folder: Path) -> bool:
    return folder.stat().st_dev == REPO.stat().st_dev


def _copy(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())


def wheel_of(dist: Path) -> Path:
    (wheel,) = dist.glob("*.whl")
    return wheel


def test_the_wheel_has_what_the_program_needs_and_nothing_else(dist: Path) -> None:
    names = set(zipfile.ZipFile(wheel_of(dist)).namelist())
    assert {f"kpigraph/_resources/{name}" for name in RESOURCES} <= names
    assert "kpigraph/serve/built/manifest.json" in names
    assert any(name.startswith("kpigraph/serve/templates/") for name in names)
    assert "kpigraph/layouts/words.csv" in names
    assert not any("/editor/" in name or "__pycache__" in name or name.startswith("tests/") for name in names)
    assert wheel_of(dist).name.endswith("-py3-none-any.whl")


def test_the_source_package_makes_the_same_wheel(dist: Path, tmp_path: Path) -> None:
    (packed,) = dist.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "again")]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (again,) = (tmp_path / "again").glob("*.whl")
    contents = [{i.filename: i.CRC for i in zipfile.ZipFile(w).infolist()} for w in (wheel_of(dist), again)]
    assert contents[0] == contents[1]


@pytest.mark.skipif("KPIGRAPH_TESTS_INSTALL" not in os.environ, reason="takes minutes: make install-test")
def test_it_installs_and_works_away_from_its_sources(dist: Path, tmp_path: Path) -> None:
    """The one slow test here: a whole environment is installed, as an operator does; nothing less shows it."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(home / "bin" / "python"),
        "--disable-pip-version-check",
        "install",
    ]
    hashed = [*pip, "--quiet", "--only-binary", ":all:", "--require-hashes", "-r", str(REPO / "hashes-run.txt")]
    told = subprocess.run(hashed, capture_output=True, text=True, check=False)
    if "No matching distribution" in told.stderr or "Connection" in told.stderr:
        pytest.skip(f"the package index cannot be reached: {told.stderr[-200:]}")
    assert told.returncode == 0, told.stderr
    subprocess.run([*pip, "--quiet", "--no-index", "--no-deps", str(wheel_of(dist))], check=True, capture_output=True)
    away = tmp_path / "away"
    away.mkdir()
    (away / "kpi.csv").write_text(CSV, "utf-8")
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def run(*arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [home / "bin" / "kpigraph", *arguments],
            cwd=away,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    run("new", "012068", "kpi.csv")
    (card,) = away.glob("data/sources/012068/*/card.toml")
    assert "水揚量" in run("inspect", str(card.parent))
    run("build", "data", "--out", "public")
    assert "水揚量" in run(
        "query", "SELECT ?l { ?i a kpi:Indicator ; skos:prefLabel ?l }", "--format", "csv", "--store", "public"
    )
    serve = [home / "bin" / "kpigraph", "serve", "--store", "public", "--port", "0"]
    with subprocess.Popen(serve, cwd=away, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            address = next(line for line in server.stderr if line.startswith("http")).split()[0]
            with urllib.request.urlopen(address, timeout=30) as page:
                assert "釧路市" in page.read().decode()
        finally:
            server.kill()
