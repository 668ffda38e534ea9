"""`kpigraph import`: bring in what others publish, such as a prefecture its municipalities' publications."""

import os
from pathlib import Path
from typing import Annotated

import typer

from kpigraph.config import Settings
from kpigraph.problems import UsageError
from kpigraph.terminal import note, print_results, progress, say

DATA_FAULT = 1

Source = Annotated[
    str,
    typer.Argument(
        metavar="URL_OR_FILE",
        help=say(
            "公開サイトのアドレス、公開物のフォルダー、または manifest.json の隣の kpigraph.nq.gz",
            "address of a publication, its folder, or kpigraph.nq.gz beside its manifest.json",
        ),
    ),
]
Name = Annotated[
    str,
    typer.Option(
        "--as", help=say("取り込みの名前（省略時は取り込み元から）", "name of the import; by its source if left out")
    ),
]
Data = Annotated[Path, typer.Option("--data", help=say("データフォルダー", "data folder"))]
List = Annotated[bool, typer.Option("--list", help=say("取り込んだものの一覧", "list what was imported"))]
Remove = Annotated[str, typer.Option("--remove", metavar="NAME", help=say("取り込みを取り除く", "remove an import"))]


def bring_in(
    source: Source = "", name: Name = "", data: Data = Path("data"), list_: List = False, remove: Remove = ""
) -> None:
    """Bring in a publication, list those brought in, or remove one."""
    from kpigraph import imports

    if sum(map(bool, (source, list_, remove))) != 1:
        raise UsageError(
            "URL_OR_FILE、--list、--remove NAME のどれか一つを指定してください",
            "one of URL_OR_FILE, --list and --remove NAME is needed",
        )
    if not data.is_dir():
        raise UsageError(f"フォルダーがありません: {data}", f"there is no such folder: {data}")
    if list_:
        for its in imports.find(data):
            print(its.name, its.retrieved, its.source, " ".join(sorted(its.manifest.codes)))
        return
    if remove:
        imports.remove(data, remove)
        note(say("次の build から外れます。", "The next build is without it."))
        return
    settings = Settings.from_environment(os.environ)
    try:
        with progress() as show:
            its = imports.bring(source, data, name, settings, show)
    except imports.InvalidImportError as e:
        print_results(e.report)
        note(say("取り込みませんでした。", "Nothing was imported."))
        raise typer.Exit(DATA_FAULT) from None
    print(its.folder)
    note(
        say(
            f"自治体 {' '.join(sorted(its.manifest.codes))}。次に kpigraph build",
            f"municipalities {' '.join(sorted(its.manifest.codes))}; next: kpigraph build",
        )
    )
