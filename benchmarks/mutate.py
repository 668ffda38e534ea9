"""Mutation score of the parts that read and guard: how many small faults, put into them one at a time, tests notice.

    make mutate            a seeded sample of each part
    make mutate SAMPLE=0   every mutant: hours

The faults are mutmut's, within functions; [tool.mutmut] of pyproject.toml names files and tests. It works on a copy in
`mutants/`. Results are kept there, so that a run goes on where the last one ended.

Where mutmut tells of no end (its process was stopped, or broke off before it ran a test), the tests are run again with
that one fault in a process of its own, and what they say counts.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PARTS = {
    "periods": ("periods", "language/spans", "language/ja/periods", "language/en/periods"),
    "quantities": ("quantities", "language/missing", "language/ja/quantities", "language/en/quantities"),
    "cells": ("cells/__init__", "cells/around", "cells/dated", "cells/marks", "cells/text"),
    "guard": ("serve/guard", "lexer"),
    "corrections": ("corrections",),
}
KILLED = {1, 3}  # by a test that failed
NO_END = {24, 36, -24, 152, 255}  # stopped, or broken off: such a one proves nothing by itself
ALONE = Path("mutants/alone.json")
SECONDS = 300  # that the tests may take with one fault: they take a few without one


def mutmut(*names: str) -> None:
    subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "2", *names], check=False)


def results(modules: tuple[str, ...]) -> dict[str, int | None]:
    """Return what became of each mutant, by its name; None: not tried yet."""
    found: dict[str, int | None] = {}
    for module in modules:
        path = Path("mutants/kpigraph") / f"{module}.py.meta"
        found |= json.loads(path.read_text("utf-8"))["exit_code_by_key"]
    return found


def alone(name: str) -> int | None:
    """Return the status of the tests with one fault in a process of its own; None if they do not end."""
    settings = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    tests = settings["pytest_add_cli_args_test_selection"]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    with open(os.devnull, "wb") as nothing:
        try:
            return subprocess.run(
                command, cwd="mutants", stdout=nothing, stderr=nothing, timeout=SECONDS, check=False,
                env=os.environ | {"MUTANT_UNDER_TEST": name},
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            return None


def settled(names: list[str], found: dict[str, int | None], *, seen_only: bool) -> dict[str, int | None]:
    """Return what became of the mutants `names`, those that did not end tried again by themselves."""
    kept: dict[str, int | None] = json.loads(ALONE.read_text("utf-8")) if ALONE.is_file() else {}
    again = [n for n in names if found[n] in NO_END]
    if not seen_only:
        with ThreadPoolExecutor(2) as pool:
            kept |= dict(zip(left := [n for n in again if n not in kept], pool.map(alone, left), strict=True))
        ALONE.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return {n: kept.get(n) if n in again else found[n] for n in names}


def chosen(part: str, sample: int) -> list[str]:
    names = sorted(results(PARTS[part]))
    return random.Random(part).sample(names, sample) if 0 < sample < len(names) else names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=100, help="mutants of each part, 0 for all")
    parser.add_argument("--seen", action="store_true", help="tell what was seen, try nothing")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    asked = parser.parse_args()
    if not asked.seen and not Path("mutants/kpigraph/quantities.py.meta").is_file():
        mutmut("kpigraph.quantities.x_parse_quantity__mutmut_1")
    for part in asked.parts:
        names, before = chosen(part, asked.sample), results(PARTS[part])
        left = [name for name in names if before[name] is None]
        if left and not asked.seen:
            mutmut(*left)
        after = settled(names, results(PARTS[part]), seen_only=asked.seen)
        killed = sum(code in KILLED for code in after.values())
        open_ = sum(code is None for code in after.values())
        print(f"{part}: {killed} of {len(names)} killed, {open_} without an end; there are {len(before)} mutants")
        for name in names:
            if after[name] not in (*KILLED, None):
                print(f"  left: {name}{'' if after[name] == 0 else ' (no test reaches it)'}")


if __name__ == "__main__":
    main()
