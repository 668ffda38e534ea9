"""`make fuzz`: every target for a bounded time, guided by coverage (atheris), from the corpus of the tests.

    python tests/fuzz.py [--seconds N] [TARGET …]

Each target runs in a process of its own. A finding is written to fuzz-findings/<target>/, and printed as the line to be
added to tests/fuzzing/corpus/<target>.jsonl; the exit status is then 1. Where atheris cannot be installed, hypothesis
tries inputs instead, not guided by coverage, and that is said.
"""

import argparse
import contextlib
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuzzing.targets import Target

FINDINGS = Path("fuzz-findings")
AGREEMENT = "agreement"  # of the endpoint, the engine and rdflib, on random queries
_MOST = 4_096  # bytes of an input
_ATHERIS = importlib.util.find_spec("atheris") is not None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=240, help="for all targets together")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        return _run_here(asked.targets[0], asked.seconds)
    from fuzzing.targets import TARGETS

    every = [*TARGETS, AGREEMENT]
    names = asked.targets or every
    if unknown := set(names) - set(every):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(every)}")
    if not _ATHERIS:
        print("atheris is not installed: hypothesis tries inputs, not guided by coverage", file=sys.stderr)
    failed = []
    for name in names:
        share = asked.seconds / len(names)
        print(f"== {name}: {share:.0f} s", flush=True)
        command = [sys.executable, __file__, name, "--here", "--seconds", str(share)]
        if subprocess.run(command, timeout=share * 3 + 300, check=False).returncode:
            failed.append(name)
    print(f"{len(names) - len(failed)} passed, {len(failed)} failed" + (f": {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def _run_here(name: str, seconds: float) -> int:
    if name == AGREEMENT:
        from fuzzing import agreement

        return agreement.search(seconds)
    instrumented: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    if _ATHERIS:
        import atheris

        instrumented = atheris.instrument_imports(include=["kpigraph"])
    with instrumented:
        from fuzzing.targets import TARGETS, corpus
    target, seeds = TARGETS[name], corpus(name)
    run = _told(target.run)
    for data in seeds:
        run(data)
    if target.linear is not None:
        _grow(target, seeds, seconds / 4)
        seconds *= 0.75
    if _ATHERIS:
        _by_coverage(target, seeds, run, seconds)  # ends the process
    _by_hypothesis(seeds, run, seconds)
    return 0


def _told(run: Callable[[bytes], object]) -> Callable[[bytes], None]:
    def one(data: bytes) -> None:
        try:
            run(data)
        except BaseException:
            print("found; the line of the corpus:", json.dumps(data.decode("utf-8", "surrogateescape")), flush=True)
            raise

    return one


def _by_coverage(target: "Target", seeds: list[bytes], run: Callable[[bytes], None], seconds: float) -> None:
    import atheris

    findings = FINDINGS / target.name
    findings.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="kpigraph-seeds-"))
    for n, data in enumerate(seeds):
        (folder / str(n)).write_bytes(data)
    words = folder.with_suffix(".dict")
    escaped = (
        "".join(f"\\x{byte:02x}" for byte in word.encode()) for word in target.words or (" ",)
    )  # none is refused
    words.write_text("".join(f'"{word}"\n' for word in escaped))
    options = [
        f"-max_total_time={max(seconds, 1):.0f}", f"-max_len={_MOST}", "-timeout=25", "-rss_limit_mb=3000",
        f"-artifact_prefix={findings}/", f"-dict={words}", "-verbosity=0", str(folder),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], run)
    atheris.Fuzz()


def _by_hypothesis(seeds: list[bytes], run: Callable[[bytes], None], seconds: float) -> None:
    from fuzzing.making import inputs
    from hypothesis import HealthCheck, given, settings

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        every = settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        every(given(inputs(seeds))(run))()


def _grow(target: "Target", seeds: list[bytes], seconds: float) -> None:
    """Repeat pieces of the corpus and of the dictionary: work must grow as the text does."""
    from fuzzing import growth

    assert target.linear is not None
    rng = random.Random()
    until = time.monotonic() + seconds
    pieces = [*target.words, *" \n\t\\'\"#<>?:;,.-_@%a0（"]
    while time.monotonic() < until:
        seed = rng.choice(seeds or [b"a"]).decode("utf-8", "replace")
        start = rng.randrange(len(seed) + 1)
        whole = seed[start : start + rng.randint(0, 12)]
        unit = "".join(rng.sample(pieces, rng.randint(0, 3))) + whole * (rng.random() < 0.5) or "a"
        before = rng.choice(["", seed, rng.choice(pieces)])
        if (found := growth.ratio(target.linear, unit, before)) > growth.MOST:
            raise AssertionError(f"{target.name}: 4 times {before!r} + {unit!r} * n takes {found:.1f} times as long")


if __name__ == "__main__":
    sys.exit(main())
