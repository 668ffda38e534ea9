"""`kpigraph new`: the first step of bringing in a document; what follows is inspect, edit the card, build."""

from pathlib import Path
from typing import Annotated

import typer

from kpigraph.terminal import note, say

Code = Annotated[
    str, typer.Argument(metavar="CODE", help=say("6桁の団体コード（012068）", "municipality code, six digits: 012068"))
]
File = Annotated[Path, typer.Argument(metavar="FILE", help=say("受け取ったままの文書", "the document as received"))]
Name = Annotated[str, typer.Option("--name", help=say("自治体名（釧路市）", "name of the municipality"))]
Data = Annotated[Path, typer.Option("--data", help=say("データフォルダー", "data folder"))]


def new(code: Code, file: File, name: Name = "", data: Data = Path("data")) -> None:
    """Write a folder with the document and a proposed card, and say what was found and what is left to decide."""
    from kpigraph import codelists, municipalities, proposal

    lists = data / "codelists"
    units = codelists.load_units(lists)
    known = municipalities.load(lists).by_code.get(code)
    made = proposal.propose(code, file, data, units, name=name or (known.name if known else ""))
    reading, trial = made.trial.reading, made.trial
    unread = len(reading.unread)
    print(made.folder)
    print(
        say(
            f"配置 {trial.layout.kind}: セル {len(reading.cells)} のうち {len(reading.cells) - unread} を読みました。"
            f"指標 {len(reading.blocks)} 件、値 {trial.values} 件。",
            f"layout {trial.layout.kind}: {len(reading.cells) - unread} of {len(reading.cells)} cells read, "
            f"{len(reading.blocks)} indicators, {trial.values} values.",
        )
    )
    for decision in made.decisions:
        print(say("決めること: ", "to decide: ") + decision)
    note(
        say(
            f"次に: {made.folder / 'card.toml'} を確かめ、kpigraph inspect {made.folder} で見て、kpigraph build",
            f"next: check {made.folder / 'card.toml'}, see kpigraph inspect {made.folder}, then kpigraph build",
        )
    )
