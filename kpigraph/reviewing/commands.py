"""The commands `link` and `review`."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpigraph.config import Settings
from kpigraph.problems import UsageError
from kpigraph.terminal import LANG, note, progress, say

if TYPE_CHECKING:
    from kpigraph.linking import MappingStatus
    from kpigraph.linking.proposing import Found
    from kpigraph.reviewing.session import Session

Code = Annotated[
    str,
    typer.Argument(
        metavar="CODE", help=say("6桁の団体コード（省略時はすべて）", "municipality code, six digits; all if left out")
    ),
]
Data = Annotated[Path, typer.Option("--data", help=say("データフォルダー", "data folder"))]


class LinkFormat(StrEnum):
    """How `link` prints."""

    TABLE = "table"
    JSON = "json"


def link(
    code: Code = "",
    data: Data = Path("data"),
    least: Annotated[
        float | None,
        typer.Option(min=0.3, max=1, help=say("提案する最低の確からしさ", "least score that is proposed")),
    ] = None,
    format: Annotated[
        LinkFormat, typer.Option("--format", "-f", help=say("出力の形式", "form of the output"))
    ] = LinkFormat.TABLE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=say("対応表を書かない", "do not write the mapping files"))
    ] = False,
) -> None:
    """Propose matches, print them, and keep them in the mapping files as proposed."""
    from kpigraph.linking import proposing, sssom
    from kpigraph.linking.matcher import THRESHOLD, Matcher

    with progress() as show:
        show("文書を読んでいます", "reading documents")
        session = _session(data, code)
        show("対応を探しています", "looking for matches")
        matcher = Matcher(session.shared)
        codes = [code] if code else sorted(session.names)
        found = {c: list(proposing.find(c, session.indicators, matcher, least or THRESHOLD)) for c in codes}
        former = {c: session.mappings(c) for c in codes}
    rows = {c: proposing.merged(former[c], found[c], date.today()) for c in codes}
    if not dry_run:
        for c in codes:
            sssom.save(sssom.path_of(data, c), c, rows[c])
    if format is LinkFormat.JSON:
        print(json.dumps([_as_json(f) for c in codes for f in found[c]], ensure_ascii=False, indent=1))
        return
    for c in codes:
        of = {m.pair: m.status for m in rows[c]}
        print(f"{c} {session.names[c]}")
        for line in _lines(found[c], of):
            print(line)
        kept = [m for m in rows[c] if m.status.value == "proposed"]
        before = {m.pair for m in former[c]}
        new = sum(m.pair not in before for m in kept)
        path = sssom.path_of(data, c)
        note(
            say(
                f"{c}: 確認を待つ提案 {len(kept)} 件（新しいもの {new} 件）: {path}。次に: kpigraph review {c}",
                f"{c}: {len(kept)} proposals to review, {new} of them new: {path}. Next: kpigraph review {c}",
            )
        )


def _lines(found: "Iterable[Found]", status: "Mapping[tuple[str, str], MappingStatus]") -> Iterator[str]:
    """Yield the proposals as a person reads them, by indicator; what was decided on before is marked."""
    for subject, group in groupby(found, key=lambda f: f.subject):
        proposals = list(group)
        unit = proposals[0].described.unit
        yield f"  {proposals[0].described.label}{f' ({unit.label_ja})' if unit else ''}  {subject}"
        for f in proposals:
            state = status.get((str(f.subject), str(f.object)), "proposed")
            mark = "" if state == "proposed" else f"  [{state}]"
            yield f"    {f.proposal.score:.2f} {f.proposal.predicate.value:<5}  {f.proposal.label}  {f.object}{mark}"
            yield "         " + say("、", "; ").join(r.sentence(LANG) for r in f.proposal.reasons)


def _as_json(found: "Found") -> dict[str, object]:
    return {
        "subject": str(found.subject),
        "subject_label": found.described.label,
        "object": str(found.object),
        "object_label": found.proposal.label,
        "predicate": found.proposal.predicate.curie,
        "score": found.proposal.score,
        "reasons": [r.sentence(LANG) for r in found.proposal.reasons],
    }


def review(
    code: Code = "",
    data: Data = Path("data"),
    reviewer: Annotated[
        str, typer.Option("--reviewer", envvar="KPIGRAPH_REVIEWER", help=say("確認者の名前", "name of who reviews"))
    ] = "",
    deferred: Annotated[bool, typer.Option("--deferred", help=say("保留も見直す", "those put off too"))] = False,
    page: Annotated[bool, typer.Option("--page", help=say("ブラウザーで確認する", "review in a browser"))] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help=say("--page のポート番号", "port of --page"))] = 0,
) -> None:
    """Decide on proposed matches: accept (exact, close, broad, narrow), reject, put off."""
    from kpigraph.reviewing import asking
    from kpigraph.reviewing.texts import text

    who = " ".join(reviewer.split())
    if not who and not page and sys.stdin.isatty():
        who = " ".join(input(text("reviewer", LANG) + ": ").split())
    if not who:
        raise UsageError(text("who", "ja"), text("who", "en"))
    with progress() as show:
        show("文書を読んでいます", "reading documents")
        session = _session(data, code)
    codes = [code] if code else sorted(session.names)
    if page:
        from kpigraph.reviewing import page as pages

        pages.run(session, codes, who, port, deferred=deferred)
        return
    for c in codes:
        if not asking.ask(session, c, who, deferred=deferred):
            break


def _session(data: Path, code: str) -> "Session":
    from kpigraph.read import Limits
    from kpigraph.reviewing import session

    if not data.is_dir():
        raise UsageError(f"フォルダーがありません: {data}", f"there is no such folder: {data}")
    settings = Settings.from_environment(os.environ)
    return session.start(data, code, Limits(settings.read_seconds, settings.read_memory))
