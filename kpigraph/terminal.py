"""What the commands write for a person: in the reader's language, results to stdout, trouble and progress to stderr."""

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from kpigraph.problems import Problem, Severity

if TYPE_CHECKING:
    from kpigraph.validate import ValidationReport

_SEVERITIES = {"Violation": ("違反", "violation"), "Warning": ("警告", "warning"), "Info": ("情報", "info")}


def reader_language(environ: Mapping[str, str]) -> str:
    """Return "ja" or "en": KPIGRAPH_LANG if it is one of them, else what the locale variables say."""
    if environ.get("KPIGRAPH_LANG", "") in ("ja", "en"):
        return environ["KPIGRAPH_LANG"]
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "ja" if environ[name].startswith("ja") else "en"
    return "en"


LANG = reader_language(os.environ)


def say(ja: str, en: str) -> str:
    """Return the one of two texts that is in the reader's language."""
    return ja if LANG == "ja" else en


def note(text: str) -> None:
    """Write a line to stderr."""
    print(text, file=sys.stderr)


def print_problems(problems: Iterable[Problem]) -> None:
    """Write problems to stderr, a line each, in the order of their places."""
    for p in sorted(problems, key=lambda p: p.at):
        mark = say("誤り", "error") if p.severity is Severity.ERROR else say("警告", "warning")
        note(f"{mark}: {p.line(LANG)}")


def print_results(report: "ValidationReport", *, errors_only: bool = False, to: TextIO | None = None) -> None:
    """Write the results of a validation, a line each, to `to` (stderr if left out)."""
    for r in report.results:
        severity = r.severity.fragment
        if severity == "Violation" or not errors_only:
            message = r.messages.get(LANG) or next(iter(r.messages.values()), "")
            name = say(*_SEVERITIES.get(severity, (severity, severity)))
            print(f"{name}: {r.focus_node}: {message} [{r.shape.fragment}]", file=to or sys.stderr)


_COUNTED_JA = {
    "documents": "文書",
    "elements": "施策体系の項目",
    "goals": "基本目標",
    "directions": "基本的方向",
    "measures": "施策",
    "placements": "掲載箇所",
    "departments": "所管部署",
    "indicators": "指標",
    "listings": "指標の掲載",
    "statements": "記載値",
    "corrections": "訂正",
    "quads": "クワッド",
    "graphs": "グラフ",
    "observations": "表の記載値",
    "assessments": "評価",
    "imports": "取り込み",
    "imported_observations": "取り込んだ記載値",
    "imported_listings": "取り込んだ掲載",
    "imported_assessments": "取り込んだ評価",
    "mappings": "対応",
    "shared_mappings": "共通指標の対応",
}


def counted(counts: Mapping[str, int]) -> str:
    """Return the counts of a manifest as a line."""
    named = {name: say(_COUNTED_JA.get(name, name), name.replace("_", " ")) for name in counts}
    return say("、", ", ").join(f"{named[name]} {n:,}" for name, n in counts.items())


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str, str], None]]:
    """Yield a callback that shows what is being done on a terminal, and nothing elsewhere.

    No thread draws it: beside one, a build could not fork (`forked.can_fork`).
    """
    if quiet or not sys.stderr.isatty():
        yield lambda ja, en: None
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield lambda ja, en: live.update(say(ja, en), refresh=True)


def prepare_streams() -> None:
    """Have streams that take every text: closed ones, and terminals without Japanese, are no reason to fail."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # as long as the program
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
