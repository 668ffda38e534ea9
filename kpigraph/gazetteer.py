"""`kpigraph municipalities`: the list of prefectures and municipalities, looked up and replaced by the ministry's."""

import os
from pathlib import Path
from typing import Annotated

import typer

from kpigraph import manual
from kpigraph.config import Settings
from kpigraph.problems import SourceError, UsageError
from kpigraph.terminal import note, say

app = typer.Typer(no_args_is_help=True, help=say(*manual.of("municipalities")))

Data = Annotated[Path, typer.Option("--data", help=say("データフォルダー", "data folder"))]
_AMBIGUOUS = 1


@app.command(
    "import",
    help=say(
        "総務省の全国地方公共団体コードの表（xls、xlsx）を取り込む。",
        "Take in the ministry's spreadsheet of all codes (xls, xlsx).",
    ),
)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("総務省の表", "the ministry's spreadsheet"))],
    data: Data = Path("data"),
) -> None:
    from kpigraph import municipalities
    from kpigraph.municipalities import ministry
    from kpigraph.read import Limits

    if not data.is_dir():
        raise UsageError(f"フォルダーがありません: {data}", f"there is no such folder: {data}")
    settings = Settings.from_environment(os.environ)
    limits = Limits(settings.read_seconds, settings.read_memory, settings.read_cells)
    try:
        former = municipalities.load(data / "codelists")
    except SourceError:  # what cannot be read has no names to keep, and the import mends it
        former = municipalities.packaged()
    made = ministry.import_file(file, data / "codelists", former, limits)
    path = data / "codelists" / municipalities.FILE
    prefectures = sum(g.is_prefecture for g in made)
    print(
        say(
            f"{path}: 都道府県 {prefectures}、市区町村 {len(made) - prefectures:,}",
            f"{path}: {prefectures} prefectures, {len(made) - prefectures:,} municipalities and wards",
        )
    )


@app.command(
    help=say(
        "コード、名前、かなで探す。同じ名前の自治体はすべて示す。",
        "Find by code, name or kana; of a name that several bear, all.",
    )
)
def show(
    what: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help=say("コード、名前、かな（012068、釧路市、くしろし）", "code, name or kana (012068, 釧路市, くしろし)"),
        ),
    ],
    data: Data = Path("data"),
) -> None:
    from kpigraph import municipalities

    known = municipalities.load(data / "codelists")
    found = known.find(what)
    for g in found:
        print(g.code, g.name, g.kana, g.name_en, g.prefecture, g.area, sep="\t")
    if not found:
        note(
            say(
                f"一覧（{known.source or 'なし'}）にありません: {what}",
                f"not in the list ({known.source or 'none'}): {what}",
            )
        )
    elif len(found) > 1:
        note(
            say(
                f"{what} は {len(found)} あります。コードで指定してください。",
                f"{len(found)} bear the name {what}: tell them apart by code",
            )
        )
    if len(found) != 1:
        raise typer.Exit(_AMBIGUOUS)


@app.command(
    "list",
    help=say("一覧を、都道府県で絞って示す。", "List them, all or those of one prefecture."),
)
def list_(
    prefecture: Annotated[
        str,
        typer.Argument(
            metavar="PREFECTURE",
            help=say("都道府県の名前かコード（北海道、01）", "name or code of a prefecture (北海道, 01)"),
        ),
    ] = "",
    data: Data = Path("data"),
) -> None:
    from kpigraph import municipalities

    known = municipalities.load(data / "codelists")
    for g in known:
        if prefecture in ("", g.prefecture, g.code[:2]):
            print(g.code, g.name, g.kana, g.name_en, g.prefecture, g.area, sep="\t")
