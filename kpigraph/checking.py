"""The commands `inspect` and `validate`: how a document was read, and whether a graph keeps to the shapes."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kpigraph.config import Settings
from kpigraph.problems import Problem, Severity, UsageError
from kpigraph.publishing import DATA_FAULT, Quiet
from kpigraph.terminal import LANG, note, print_problems, print_results, progress, say


class TableFormat(StrEnum):
    """How `inspect` prints."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


class EngineName(StrEnum):
    """What `validate` checks with."""

    FAST = "fast"
    PYSHACL = "pyshacl"


def inspect(
    document: Annotated[
        Path, typer.Argument(metavar="DOCUMENT", help=say("文書か、そのフォルダー", "a document or its folder"))
    ],
    format: Annotated[
        TableFormat, typer.Option("--format", "-f", help=say("出力の形式", "form of the output"))
    ] = TableFormat.TABLE,
    data: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "コード表 (codelists/) のあるフォルダー。省略時は文書のあるデータフォルダー、なければ data",
                "folder of codelists/; if left out, the data folder that the document is in, else data",
            )
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    from kpigraph import codelists, editions, inspection, sources
    from kpigraph.read import Limits

    if not document.exists():
        raise UsageError(f"見つかりません: {document}", f"not found: {document}")
    path = document.resolve()  # "." has no name
    problems: list[Problem] = []
    loaded = sources.load(path if path.is_dir() else path.parent, problems)
    if path.is_file() and path.name not in (loaded.file.name, "card.toml"):
        raise UsageError(
            f"card.toml の文書は {loaded.file.name} です: {document}", f"the card is of {loaded.file.name}: {document}"
        )
    beside = loaded.folder.parents[2] / "codelists"
    lists = data / "codelists" if data else beside if beside.is_dir() else Path("data") / "codelists"
    if data:
        need_folder(data)
    settings = Settings.from_environment(os.environ)
    limits = Limits(settings.read_seconds, settings.read_memory, settings.read_cells)
    reading, _ = editions.read_cells(loaded, codelists.load_units(lists), problems, limits)
    if format is TableFormat.HTML:
        from kpigraph.inspection import page

        print(page.render(loaded, reading, problems, LANG), end="")
    else:
        print(inspection.render(reading, format.value, LANG, wide=sys.stdout.isatty()), end="")
    if not quiet:
        print_problems(problems)
        note(say(*inspection.counted(reading)))
    if any(p.severity is Severity.ERROR for p in problems):  # every unread cell has one, but those left so
        raise typer.Exit(DATA_FAULT)


def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help=say("RDFファイルか公開物", "RDF files or a snapshot"))
    ],
    shapes: Annotated[
        Path | None,
        typer.Option(help=say("形状 (*.ttl) のフォルダー（省略時は自前）", "folder of shapes; ours if left out")),
    ] = None,
    engine: Annotated[
        EngineName,
        typer.Option(
            help=say(
                "検証に使うもの。結果は同じ。pyshacl は参照実装で、遅いが突き合わせに使えます",
                "what checks; the results are the same. pyshacl is the reference: slow, for cross-checking",
            )
        ),
    ] = EngineName.FAST,
    quiet: Quiet = False,
) -> None:
    from kpigraph import answers
    from kpigraph import validate as shacl
    from kpigraph.vocab import KPI, RDF

    with progress(quiet=quiet) as show:
        show("読み込んでいます", "reading")
        graph = answers.load_graph(files)
        whole = (None, RDF.type, KPI.Edition) in graph  # else a part of one, to which a release's rules do not apply
        loaded = shacl.load_shapes(shapes, publication=whole)
        show(f"{len(graph):,} トリプルを検証しています", f"validating {len(graph):,} triples")
        report = shacl.validate(graph, loaded, engine=shacl.Engine(engine.value))
    print_results(report, errors_only=quiet, to=sys.stdout)
    if not quiet:
        note(
            say(
                f"{report.nodes_checked} 個を {report.shapes_loaded} の形状で検証",
                f"{report.nodes_checked} nodes checked against {report.shapes_loaded} shapes",
            )
        )
    if not report.conforms:
        raise typer.Exit(DATA_FAULT)


def need_folder(folder: Path) -> None:
    """Raise UsageError unless `folder` is there."""
    if not folder.is_dir():
        raise UsageError(f"フォルダーがありません: {folder}", f"there is no such folder: {folder}")
