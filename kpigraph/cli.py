"""The command line: each command parses, calls one function, prints, returns a status.

0 fine; 1 the data is at fault; 2 the call is. Results go to stdout, trouble and progress to stderr. Heavy modules are
imported by the commands that need them, so that `serve` answers soon.
"""

import os
import shutil
import signal
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kpigraph import __version__, authoring, checking, gazetteer, importing, keys, manual, publishing, reviewing
from kpigraph.config import Settings
from kpigraph.problems import SourceError, UsageError
from kpigraph.shortage import is_shortage
from kpigraph.terminal import LANG, counted, note, prepare_streams, print_problems, print_results, progress, say

OK, DATA_FAULT, CALL_FAULT = 0, 1, 2
_AT_ONCE = 1 << 20  # bytes of a file that is copied

app = typer.Typer(
    name="kpigraph",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say(*manual.PROGRAM),
    epilog=say(*manual.STATUSES),
)

Data = Annotated[
    Path,
    typer.Argument(metavar="DATA", help=say("文書とコード表のフォルダー", "folder of documents and code lists")),
]
Out = Annotated[Path, typer.Option("--out", "-o", help=say("公開物を置くフォルダー", "folder of the publication"))]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        min=0,
        help=say("同時に使うプロセスの数（0 はコアの数）", "processes at work at once (0: as many as there are cores)"),
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help=say(
            "Dask のスケジューラーのアドレス（tcp://… か tls://…）", "address of a Dask scheduler (tcp://… or tls://…)"
        ),
    ),
]
Store = Annotated[Path, typer.Option("--store", help=say("公開物のフォルダー", "folder of the publication"))]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help=say("警告もすべて表示", "print every warning too"))]


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


def _version(asked: bool) -> None:
    if asked:
        print(f"kpigraph {__version__}")
        raise typer.Exit(OK)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help=say("版を表示", "print the version"))
    ] = False,
) -> None:
    pass


@app.command(help=say(*manual.of("build")))
def build(
    data: Data = Path("data"),
    out: Out = Path("public"),
    jobs: Jobs = 0,
    cluster: Cluster = "",
    keep: publishing.Keep = 0,
    quiet: publishing.Quiet = False,
    verbose: Verbose = False,
) -> None:
    from kpigraph import pipeline
    from kpigraph.building import cluster as dask
    from kpigraph.building import running

    checking.need_folder(data)
    jobs = jobs or len(os.sched_getaffinity(0))
    try:
        with progress(quiet=quiet) as show:
            settings = Settings.from_environment(os.environ)
            run = dask.on(cluster) if cluster else running.beside(jobs)
            built = pipeline.build(data, out, settings, show, run, threads=jobs)
    except (pipeline.InvalidGraphError, SourceError) as e:
        if isinstance(e, SourceError):
            print_problems(e.problems)
        else:
            print_results(e.report, errors_only=quiet)
        note(say("公開物は変わっていません。", "Nothing was published; the former snapshot is untouched."))
        raise typer.Exit(DATA_FAULT) from None
    warnings = len(built.warnings) + len(built.report.results)
    if verbose:
        print_problems(built.warnings)
        print_results(built.report)
    elif warnings and not quiet:
        note(say(f"警告 {warnings} 件（-v で表示）", f"{warnings} warnings (shown with -v)"))
    if not quiet:
        release = built.published.release
        state = say("公開", "published") if built.published.new else say("変更なし", "unchanged")
        print(f"{state}: {release.folder}")
        print(counted(release.manifest["counts"]))
    if keep:
        publishing.keep_newest(out, keep, quiet=quiet)


app.command("new", help=say(*manual.of("new")))(authoring.new)
app.command("inspect", help=say(*manual.of("inspect")))(checking.inspect)
app.command("validate", help=say(*manual.of("validate")))(checking.validate)
app.command("import", help=say(*manual.of("import")))(importing.bring_in)
app.add_typer(gazetteer.app, name="municipalities")
app.add_typer(keys.app, name="keys")
app.command("link", help=say(*manual.of("link")))(reviewing.link)
app.command("review", help=say(*manual.of("review")))(reviewing.review)


@app.command(help=say(*manual.of("query")))
def query(
    sparql: Annotated[
        str,
        typer.Argument(metavar="SPARQL", help=say("SPARQL問い合わせ。- は標準入力", "a SPARQL query; - reads stdin")),
    ],
    format: Annotated[
        ResultFormat, typer.Option("--format", "-f", help=say("出力の形式", "form of the output"))
    ] = ResultFormat.TABLE,
    store: Annotated[
        str,
        typer.Option(
            metavar="DIR_OR_URL",
            help=say(
                "公開物のフォルダー、または SPARQL エンドポイントの URL",
                "folder of the publication, or URL of a SPARQL endpoint",
            ),
        ),
    ] = "public",
) -> None:
    from kpigraph import answers

    with progress() as show:
        show("問い合わせています", "asking")
        answer = answers.answer(store, stdin_text() if sparql == "-" else sparql, format.value)
    sys.stdout.write(answer)


@app.command(help=say(*manual.of("export")))
def export(
    format: Annotated[str, typer.Argument(metavar="FORMAT", help=say("上の形式のどれか", "one of the formats above"))],
    output: Annotated[Path | None, typer.Option("-o", "--output", help=say("出力ファイル", "file to write"))] = None,
    edition: Annotated[
        str, typer.Option(help=say("版（stratml のみ。版番号かIRI）", "edition, by version or IRI (stratml only)"))
    ] = "",
    store: Store = Path("public"),
) -> None:
    from kpigraph import answers

    with answers.exported(store, format, edition) as content:
        if output is None:
            shutil.copyfileobj(content, sys.stdout.buffer, _AT_ONCE)
            return
        try:
            with output.open("wb") as file:
                shutil.copyfileobj(content, file, _AT_ONCE)
        except BaseException:
            if output.is_file() and not output.is_symlink():
                output.unlink()  # a part of it could be mistaken for the whole
            raise


@app.command(help=say(*manual.of("diff")))
def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help=say("版、公開物か公開版", "an edition, a snapshot or a release"))
    ],
    after: Annotated[str, typer.Argument(metavar="B", help=say("比べる相手", "what to compare it with"))],
    format: Annotated[
        DiffFormat, typer.Option("--format", "-f", help=say("出力の形式", "form of the output"))
    ] = DiffFormat.TEXT,
    store: Store = Path("public"),
) -> None:
    from kpigraph import diff as differences
    from kpigraph.diff import words

    with progress() as show:
        show("比べています", "comparing")
        comparison = differences.compare(before, after, store)
    if format is DiffFormat.TURTLE:
        sys.stdout.buffer.write(words.as_turtle(comparison))
    elif format is DiffFormat.JSON:
        sys.stdout.write(words.as_json(comparison))
    else:
        sys.stdout.write(words.as_text(comparison, LANG))


@app.command(help=say(*manual.of("serve")))
def serve(
    host: Annotated[str, typer.Option(help=say("待ち受けるアドレス", "address to listen on"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=say("ポート番号", "port"))] = 8000,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="DIR_OR_URL",
            help=say(
                "公開物のフォルダー（省略時は public）または SPARQL エンドポイントの URL。--data とともに: 保存先",
                "folder of the publication (public if left out), or the URL of a SPARQL endpoint; "
                "with --data, where to keep the files",
            ),
        ),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE…", help=say("そのまま配信するRDFファイル", "RDF files to serve as they are")),
    ] = None,
    more: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", hidden=True, help=say("--data に続くファイル", "files after --data")),
    ] = None,  # what follows the first file of --data
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help=say("短い問い合わせを同時に評価する数", "short queries evaluated at once"), show_default="2"
        ),
    ] = None,
    quiet: publishing.Quiet = False,
) -> None:
    from kpigraph import releases as on_disk
    from kpigraph.serve import keeps_files, run, run_files, run_remote

    settings = Settings.from_environment(os.environ)
    if workers is not None:
        settings = replace(settings, workers=workers)
    if more and not data:
        raise UsageError(
            f"RDFファイルは --data の後に書きます: {more[0]}",
            f"RDF files go after --data: --data {more[0]}",
        )
    if store and "://" in store and not data:
        run_remote(store, settings, host, port, quiet=quiet)
        return
    out = Path(store or "public")
    if data or keeps_files(out):
        run_files([*(data or ()), *(more or ())], Path(store) if store else None, settings, host, port, quiet=quiet)
        return
    if on_disk.current_release(out) is None:
        note(say(f"{out} に公開物がないので作ります", f"no publication in {out}; building it"))
        build(Path("data"), out, quiet=quiet)
    run(out, settings, host, port, quiet=quiet)


app.command("verify", help=say(*manual.of("verify")))(publishing.verify)
app.command("releases", help=say(*manual.of("releases")))(publishing.releases)
app.command("rollback", help=say(*manual.of("rollback")))(publishing.rollback)
app.command("load", help=say(*manual.of("load")))(publishing.load)
app.command("prune", help=say(*manual.of("prune")))(publishing.prune)


def stdin_text() -> str:
    """Return what stands on stdin.

    Raises:
        UsageError: if it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise UsageError(f"標準入力が UTF-8 ではありません: {e}", f"stdin is not UTF-8: {e}") from None


def main() -> None:
    """Run the command line; end with 0, 1 or 2 and a line on stderr, never with a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    prepare_streams()
    try:
        app(standalone_mode=True)
    except SourceError as e:
        print_problems(e.problems)
        sys.exit(DATA_FAULT)
    except UsageError as e:
        note(e.messages[LANG])
        sys.exit(CALL_FAULT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(OK)
    except SystemExit:
        raise
    except BaseException as e:  # the engine's panics are no Exception
        if is_shortage(e):
            what = str(e) or type(e).__name__
            note(say(f"メモリーかプロセスが足りません: {what}", f"not enough memory, or too few processes: {what}"))
        elif isinstance(e, OSError):
            note(say(f"読み書きできません: {e}", f"cannot read or write: {e}"))
        else:
            raise
        sys.exit(CALL_FAULT)
