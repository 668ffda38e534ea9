"""The threat model names tests that exist, and says what is not covered."""

import ast
import re

from conftest import REPO

TEXT = (REPO / "docs" / "threats.md").read_text("utf-8")


def test_every_threat_names_a_test_that_exists() -> None:
    rows = [line for line in TEXT.partition("## Threats")[2].splitlines() if re.match(r"\| [0-9]", line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 25
    known: dict[str, set[str]] = {}
    for row in rows:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", row)
        assert named, row
        for file, test in named:
            if file not in known:
                tree = ast.parse((REPO / "tests" / file).read_text("utf-8"))
                known[file] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert test in known[file], f"{file}::{test}"


def test_it_says_what_is_not_covered_and_how_to_report() -> None:
    assert TEXT.partition("## What is not covered")[2].count("\n- **") >= 5
    assert "(../SECURITY.md)" in TEXT
    assert "docs/threats.md" in (REPO / "SECURITY.md").read_text("utf-8")
