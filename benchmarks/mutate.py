"""Mutation score of the parts that read and guard: how many small faults, put into them one at a time, tests notice.

    make mutate            a seeded sample of each part
    make mutate SAMPLE=0   every mutant: hours

The faults are mutmut's, within functions; [tool.mutmut] of pyproject.toml names files and tests. It works on a copy in
`mutants/`. Results are kept there, so that a run goes on where the last one ended.
"""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

PARTS = {
    "periods": ("periods", "language/spans", "language/ja/periods", "language/en/periods"),
    "quantities": ("quantities", "language/missing", "language/ja/quantities", "language/en/quantities"),
    "cells": ("cells/__init__", "cells/around", "cells/dated", "cells/marks", "cells/text"),
    "guard": ("serve/guard", "lexer"),
    "corrections": ("corrections",),
}
KILLED = {1, 3}  # by a test that failed
LATE = {24, 36, -24, 152, 255}  # never ended, or the machine was too busy: such a one proves nothing by itself


def mutmut(*names: str) -> None:
    subprocess.run([Path(sys.executable).with_name("mutmut"), "run", "--max-children", "2", *names], check=False)


def results(modules: tuple[str, ...]) -> dict[str, int | None]:
    """Return what became of each mutant, by its name; None: not tried yet."""
    found: dict[str, int | None] = {}
    for module in modules:
        path = Path("mutants/kpigraph") / f"{module}.py.meta"
        found |= json.loads(path.read_text("utf-8"))["exit_code_by_key"]
    return found


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
        after = results(PARTS[part])
        codes = [after[name] for name in names if after[name] is not None]
        killed = sum(code in KILLED for code in codes)
        late = sum(code in LATE for code in codes)
        print(f"{part}: {killed} of {len(codes)} killed, {late} out of time; there are {len(after)} mutants")
        for name in names:
            if after[name] not in (*KILLED, *LATE, None):
                print(f"  left: {name}{'' if after[name] == 0 else ' (no test reaches it)'}")


if __name__ == "__main__":
    main()
