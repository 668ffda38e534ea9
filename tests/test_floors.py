"""Data flows one way: a module imports only from floors below its own (docs/house.md)."""

import ast
from pathlib import Path

import pytest
from conftest import REPO

FLOORS = [
    {"sentences"},
    {"problems", "text", "prefixes", "lexer", "variables", "formulas", "harmful", "forked"},
    {"config", "curated", "formats", "manual", "terms", "wording"},
    {"vocab", "model"},
    {"language"},
    {
        "iris",
        "literals",
        "periods",
        "quantities",
        "sources",
        "registry",
        "ontology",
        "questions",
        "order",
        "jsonld",
        "recorded",
    },
    {"written"},
    {"codelists"},
    {"cells"},
    {"read", "corrections"},
    {"layouts", "municipalities"},
    {"identity", "assess", "linking"},
    {"editions", "inspection", "reference", "proposal"},
    {"graph"},
    {"validate"},
    {"store", "csvw", "releases", "inflated"},
    {"canonical", "known", "packing", "retention", "signing"},
    {"table_rows"},
    {"dumps", "tables", "triples", "facts", "frames", "search"},
    {
        "quality",
        "authorities",
        "catalog_facts",
        "catalog_pieces",
        "imports",
        "comparison",
        "diff",
        "mapping_table",
        "standings",
    },
    {"catalog_files"},
    {"catalog", "history", "void", "distinct", "stratml"},
    {"parts"},
    {"content", "engine"},
    {"asked_for"},
    {"release_files"},
    {"publish"},
    {"building"},
    {"pipeline", "serve"},
    {"answers", "shortage", "terminal"},
    {"authoring", "gazetteer", "importing", "keys", "reviewing"},
    {"publishing"},
    {"checking"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: n for n, names in enumerate(FLOORS) for name in names}
MODULES = sorted((REPO / "kpigraph").glob("**/*.py"))


def imports(path: Path) -> set[str]:
    """Return the names of the top-level modules of kpigraph that `path` imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "kpigraph":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("kpigraph.")}
    return found - {"__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(REPO).as_posix())
def test_imports_point_down(path: Path) -> None:
    own = path.relative_to(REPO / "kpigraph").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for name in imports(path) - {own}:
        assert FLOOR[name] < FLOOR[own], f"{own} (floor {FLOOR[own]}) imports {name} (floor {FLOOR[name]})"


def test_every_module_has_a_floor() -> None:
    names = {p.relative_to(REPO / "kpigraph").parts[0].removesuffix(".py") for p in MODULES} - {"__init__"}
    assert names == set(FLOOR)
