"""The command line: each command parses, calls one function, prints, returns a status.

0 fine; 1 the data is at fault; 2 the call is. Results go to stdout, trouble and progress to stderr. Heavy modules are
imported by the commands that need them, so that `serve` answers soon.
"""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from kpigraph import __version__
from kpigraph.config import Settings
from kpigraph.problems import Problem, Severity, SourceError, UsageError

if TYPE_CHECKING:
    from kpigraph.pipeline import Progress
    from kpigraph.validate import ValidationReport

OK, DATA_FAULT, CALL_FAULT = 0, 1, 2


def reader_language(environ: dict[str, str] | os._Environ[str]) -> str:
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


app = typer.Typer(
    name="kpigraph",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say(
        "自治体の重要業績評価指標（KPI）文書を、検証済みで検索・再利用できるリンクト・オープン・データにします。\n\n"
        "まず `kpigraph inspect data/sources/012068/sogo-senryaku-kpi-2016` で文書の読み取り結果を確かめ、"
        "`kpigraph build` で公開物を作り、`kpigraph serve` で公開します。",
        "Turn a municipality's KPI document into validated, published, queryable linked open data.\n\n"
        "Begin with `kpigraph inspect data/sources/012068/sogo-senryaku-kpi-2016` to see how a document is read, "
        "`kpigraph build` to make the publication, `kpigraph serve` to serve it.",
    ),
    epilog=say(
        "終了コード: 0 正常、1 データの誤り、2 呼び出しの誤り。言語: KPIGRAPH_LANG=ja|en",
        "Exit status: 0 fine, 1 the data is at fault, 2 the call is. Language: KPIGRAPH_LANG=ja|en",
    ),
)

Data = Annotated[Path, typer.Argument(help=say("文書とコード表のあるフォルダー", "folder of documents and code lists"))]
Out = Annotated[Path, typer.Option("--out", "-o", help=say("公開物を置くフォルダー", "folder of the publication"))]
Store = Annotated[Path, typer.Option("--store", help=say("公開物のフォルダー", "folder of the publication"))]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help=say("エラーだけを表示", "print errors only"))]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help=say("警告もすべて表示", "print every warning too"))]


class TableFormat(StrEnum):
    """How `inspect` prints."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class ResultFormat(StrEnum):
    """How `query` prints."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    TURTLE = "turtle"


class DiffFormat(StrEnum):
    """How `diff` prints."""

    TEXT = "text"
    JSON = "json"
    TURTLE = "turtle"


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", help=say("版を表示", "print the version"))] = False,
) -> None:
    if version:
        print(f"kpigraph {__version__}")
        raise typer.Exit(OK)


@app.command(help=say("文書を読み、検証し、公開物を作る", "Read every document, validate, publish a snapshot."))
def build(data: Data = Path("data"), out: Out = Path("public"), quiet: Quiet = False, verbose: Verbose = False) -> None:
    from kpigraph import pipeline

    _need_folder(data)
    try:
        with _progress(quiet) as progress:
            built = pipeline.build(data, out, Settings.from_environment(os.environ), progress)
    except pipeline.InvalidGraphError as e:
        _print_results(e.report, errors_only=quiet)
        _note(say("公開物は変わっていません。", "Nothing was published; the former snapshot is untouched."))
        raise typer.Exit(DATA_FAULT) from None
    except SourceError:
        _note(say("公開物は変わっていません。", "Nothing was published; the former snapshot is untouched."))
        raise
    warnings = [*built.warnings]
    if verbose:
        _print_problems(warnings)
        _print_results(built.report)
    if quiet:
        return
    if not verbose and (warnings or built.report.results):
        count = len(warnings) + len(built.report.results)
        _note(say(f"警告 {count} 件（-v で表示）", f"{count} warnings (shown with -v)"))
    release = built.published.release
    state = say("公開", "published") if built.published.new else say("変更なし", "unchanged")
    counts = ", ".join(f"{n:,} {name}" for name, n in release.manifest["counts"].items())
    print(f"{state}: {release.folder} ({counts})")


@app.command(
    help=say(
        "文書の一つ一つのセルがどう読まれたかを示す", "Show how every cell of a document was read, and what was not."
    )
)
def inspect(
    document: Annotated[Path, typer.Argument(help=say("文書か、そのフォルダー", "a document or its folder"))],
    format: Annotated[TableFormat, typer.Option("--format", "-f")] = TableFormat.TABLE,
    data: Annotated[Path, typer.Option(help=say("コード表のあるフォルダー", "folder of code lists"))] = Path("data"),
    quiet: Quiet = False,
) -> None:
    from kpigraph import codelists, editions, inspection, sources

    if not document.exists():
        raise UsageError(f"見つかりません: {document}", f"not found: {document}")
    path = document.resolve()  # "." has no name
    problems: list[Problem] = []
    loaded = sources.load(path if path.is_dir() else path.parent, problems)
    if path.is_file() and path.name not in (loaded.file.name, "card.toml"):
        raise UsageError(
            f"card.toml の文書は {loaded.file.name} です: {document}", f"the card is of {loaded.file.name}: {document}"
        )
    reading, _ = editions.read_cells(loaded, codelists.load_units(data / "codelists"), problems)
    print(inspection.render(reading, format.value, LANG, wide=_width()), end="")
    if not quiet:
        _print_problems(problems)
        read = len(reading.cells) - len(reading.unread)
        _note(
            say(
                f"セル {len(reading.cells)} = 読めた {read} + 読めない {len(reading.unread)}",
                f"{len(reading.cells)} cells = {read} read + {len(reading.unread)} unread",
            )
        )
    if reading.unread or any(p.severity is Severity.ERROR for p in problems):
        raise typer.Exit(DATA_FAULT)


@app.command(help=say("RDFファイルか公開物をSHACLで検証する", "Validate RDF files or a snapshot with SHACL."))
def validate(
    files: Annotated[list[Path], typer.Argument(help=say("RDFファイルか公開物", "RDF files or a snapshot"))],
    shapes: Annotated[Path | None, typer.Option(help=say("形状のフォルダー", "folder of shapes"))] = None,
) -> None:
    from kpigraph import answers
    from kpigraph import validate as shacl
    from kpigraph.vocab import KPI, RDF

    graph = answers.load_graph(files)
    whole = (None, RDF.type, KPI.Edition) in graph  # else a part of one, to which a release's rules do not apply
    report = shacl.validate(graph, shacl.load_shapes(shapes, publication=whole))
    _print_results(report, to=sys.stdout)
    _note(
        say(
            f"{report.nodes_checked} 個を {report.shapes_loaded} の形状で検証",
            f"{report.nodes_checked} nodes checked against {report.shapes_loaded} shapes",
        )
    )
    if not report.conforms:
        raise typer.Exit(DATA_FAULT)


@app.command(help=say("公開物にSPARQLで問い合わせる", "Query a snapshot with SPARQL."))
def query(
    sparql: Annotated[str, typer.Argument(help=say("SPARQL問い合わせ。- は標準入力", "a SPARQL query; - reads stdin"))],
    format: Annotated[ResultFormat, typer.Option("--format", "-f")] = ResultFormat.TABLE,
    store: Store = Path("public"),
) -> None:
    from kpigraph import answers

    text = sys.stdin.read() if sparql == "-" else sparql
    sys.stdout.write(answers.answer(store, text, format.value))


@app.command(help=say("公開物のファイルを一つ取り出す", "Write one file of the publication, such as turtle or csv."))
def export(
    format: Annotated[str, typer.Argument(help="turtle jsonld ntriples nquads trig rdfxml csv csvw stratml")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help=say("出力ファイル", "file to write"))] = None,
    edition: Annotated[
        str, typer.Option(help=say("版（stratml のみ。版番号かIRI）", "edition, by version or IRI (stratml only)"))
    ] = "",
    store: Store = Path("public"),
) -> None:
    from kpigraph import answers

    content = answers.export(store, format, edition)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        output.write_bytes(content)


@app.command(
    help=say("二つの版、または二つの公開物の違いを示す", "Tell what changed between two editions or two snapshots.")
)
def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help=say("版、公開物か公開版", "an edition, a snapshot or a release"))
    ],
    after: Annotated[str, typer.Argument(metavar="B", help=say("比べる相手", "what to compare it with"))],
    format: Annotated[DiffFormat, typer.Option("--format", "-f")] = DiffFormat.TEXT,
    store: Store = Path("public"),
) -> None:
    from kpigraph import diff as differences
    from kpigraph.diff import words

    comparison = differences.compare(before, after, store)
    if format is DiffFormat.TURTLE:
        sys.stdout.buffer.write(words.as_turtle(comparison))
    elif format is DiffFormat.JSON:
        sys.stdout.write(words.as_json(comparison))
    else:
        sys.stdout.write(words.as_text(comparison, LANG))


@app.command(help=say("公開物を配信する（なければ先に作る）", "Serve a snapshot; build it first if there is none."))
def serve(
    host: Annotated[str, typer.Option(help=say("待ち受けるアドレス", "address to listen on"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=say("ポート番号", "port"))] = 8000,
    store: Annotated[Path | None, typer.Option(help=say("公開物のフォルダー", "folder of the publication"))] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help=say("そのまま配信するRDFファイル", "RDF files to serve as they are"))
    ] = None,
    quiet: Quiet = False,
) -> None:
    from kpigraph import releases as on_disk

    settings = Settings.from_environment(os.environ)
    if data:
        from kpigraph.serve import run_files

        run_files(data, store, settings, host, port, quiet=quiet)
        return
    out = store or Path("public")
    if on_disk.current_release(out) is None:
        _note(say(f"{out} に公開物がないので作ります", f"no publication in {out}; building it"))
        build(Path("data"), out, quiet=quiet)
    from kpigraph.serve import run

    run(out, settings, host, port, quiet=quiet)


@app.command(help=say("版のファイルをチェックサムで確かめる", "Check the files of a release against its manifest."))
def verify(
    version: Annotated[
        str, typer.Argument(help=say("版（省略時は現在の版）", "a release; the current one if left out"))
    ] = "",
    store: Store = Path("public"),
) -> None:
    from kpigraph import releases as on_disk

    current = on_disk.current_release(store)
    folder = store / "releases" / version if version else current.folder if current else None
    if folder is None or not folder.is_dir():
        raise UsageError(f"{store} に公開物がありません: {version}", f"no such release in {store}: {version}")
    problems = on_disk.verify(folder)
    _print_problems(problems)
    if problems:
        raise typer.Exit(DATA_FAULT)
    print(say(f"{folder.name}: すべて一致", f"{folder.name}: all files as published"))


@app.command(help=say("公開した版を並べる", "List the releases; * marks the current one."))
def releases(store: Store = Path("public")) -> None:
    from kpigraph import releases as on_disk

    current = on_disk.current_release(store)
    for release in on_disk.releases(store):
        mark = "*" if current and release.version == current.version else " "
        print(mark, release.version, release.manifest["built_at"])


@app.command(help=say("前の版（または指定の版）に戻す", "Switch back to the release before, or to the one named."))
def rollback(
    version: Annotated[str, typer.Argument(help=say("戻す先の版", "release to switch to"))] = "",
    store: Store = Path("public"),
) -> None:
    from kpigraph import releases as on_disk

    if not version:
        current = on_disk.current_release(store)
        before = [r.version for r in on_disk.releases(store) if current and r.version < current.version]
        if not before:
            raise UsageError("戻せる前の版がありません", "there is no release before this one")
        version = max(before)
    print(on_disk.switch(store, version).version)


def _need_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"フォルダーがありません: {folder}", f"there is no such folder: {folder}")


def _width() -> bool:
    return sys.stdout.isatty()


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def _print_problems(problems: list[Problem] | tuple[Problem, ...]) -> None:
    for p in sorted(problems, key=lambda p: p.at):
        mark = say("誤り", "error") if p.severity is Severity.ERROR else say("警告", "warning")
        _note(f"{mark}: {p.line(LANG)}")


def _print_results(report: "ValidationReport", *, errors_only: bool = False, to: TextIO | None = None) -> None:
    names = {"Violation": say("違反", "violation"), "Warning": say("警告", "warning"), "Info": say("情報", "info")}
    for r in report.results:
        severity = r.severity.fragment
        if severity == "Violation" or not errors_only:
            message = r.messages.get(LANG) or next(iter(r.messages.values()), "")
            print(
                f"{names.get(severity, severity)}: {r.focus_node}: {message} [{r.shape.fragment}]",
                file=to or sys.stderr,
            )


@contextmanager
def _progress(quiet: bool) -> "Iterator[Progress]":
    """Yield a progress callback that draws on a terminal and is silent elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda ja, en: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda ja, en: status.update(say(ja, en))


def main() -> None:
    """Run the command line; end with 0, 1 or 2 and a line on stderr, never with a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if sys.stdout is None:  # closed by the caller
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # as long as the program
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that has no Japanese
    try:
        app(standalone_mode=True)
    except SourceError as e:
        _print_problems(e.problems)
        sys.exit(DATA_FAULT)
    except UsageError as e:
        _note(e.messages[LANG])
        sys.exit(CALL_FAULT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(OK)
    except OSError as e:
        _note(say(f"読み書きできません: {e}", f"cannot read or write: {e}"))
        sys.exit(CALL_FAULT)
