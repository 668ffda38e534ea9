"""Corrections as data: rows → rows with the accepted corrections of a document applied; a stale one is an error.

The file is never edited. `corrections.csv` beside it quotes what stands in a cell, what it should say, why, and how we
know; the printed text stays in the cell as `printed`.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from kpigraph import curated
from kpigraph.model import Cell, Correction, CorrectionCause, CorrectionStatus, Document, Row, SourceRow
from kpigraph.problems import Problem, SourceLocation, raise_if_any
from kpigraph.text import NOT_XML, normalise

COLUMNS = (
    "place", "column", "was", "now", "reason", "explanation_ja", "explanation_en", "evidence_ja", "evidence_en",
    "status", "decided_by", "decided_on",
)  # fmt: skip
_NUMBER = re.compile("[1-9][0-9]{0,8}")
_PLACE = re.compile("(?:[^\\x00-\\x1f]+:|(?:[a-z][0-9]*-)+)?[1-9][0-9]{0,8}")


def load(document: Document) -> tuple[Correction, ...]:
    """Return the corrections of `document`, () if it has no corrections.csv.

    Raises:
        SourceError: with every fault of the file, each with its line.
    """
    path = document.folder / "corrections.csv"
    if not path.is_file():
        return ()
    name = f"{document.municipality}/{document.folder.name}/{path.name}"
    problems: list[Problem] = []
    corrections = tuple(_read(path, name, problems))
    raise_if_any(problems)
    return corrections


def _read(path: Path, name: str, problems: list[Problem]) -> Iterator[Correction]:
    places: set[tuple[str, int]] = set()
    keys: set[str] = set()
    for at, row in curated.rows(path, name, COLUMNS, "correction.field", problems):
        faults = list(_faults(row, at))
        problems += faults
        if faults:
            continue
        correction = _correction(row, at)
        if correction.key in keys:
            problems.append(Problem("correction.field", at, f"{row['was']} → {row['now']}", "each correction once"))
        keys.add(correction.key)
        place = (correction.place, correction.column)
        if correction.status is not CorrectionStatus.REJECTED:
            if place in places:
                found = f"{place[0]}:{place[1]}"
                problems.append(Problem("correction.field", at, found, "one correction a cell"))
            places.add(place)
        yield correction


def _faults(row: dict[str, str], at: SourceLocation) -> Iterator[Problem]:
    if not _PLACE.fullmatch(row["place"]):
        yield Problem("correction.field", at, f"place = {row['place']}", "12, Sheet1:12, s2-12")
    if not _NUMBER.fullmatch(row["column"]):
        yield Problem("correction.field", at, f"column = {row['column']}", "a number from 1")
    for column in ("was", "now", "explanation_ja", "explanation_en", "evidence_ja", "evidence_en", "decided_by"):
        if not normalise(row[column]) or NOT_XML.search(row[column]):
            yield Problem("correction.field", at, f"{column} = {row[column]}", "text")
    if row["was"] == row["now"]:
        yield Problem("correction.field", at, f"now = {row['now']}", "another text than was")
    for column, allowed in (("reason", CorrectionCause), ("status", CorrectionStatus)):
        if row[column] not in list(allowed):
            yield Problem("correction.field", at, f"{column} = {row[column]}", ", ".join(allowed))
    try:
        date.fromisoformat(row["decided_on"])
    except ValueError:
        if row["decided_on"] or row["status"] == CorrectionStatus.ACCEPTED:
            yield Problem("correction.field", at, f"decided_on = {row['decided_on']}", "2026-11-24")


def _correction(row: dict[str, str], at: SourceLocation) -> Correction:
    identity = "\x1f".join((row["place"], row["column"], row["was"], row["now"]))
    return Correction(
        key=base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode().lower()[:8],
        at=at,
        place=row["place"],
        column=int(row["column"]),
        was=row["was"],
        now=row["now"],
        reason=CorrectionCause(row["reason"]),
        explanation={"ja": row["explanation_ja"], "en": row["explanation_en"]},
        evidence={"ja": row["evidence_ja"], "en": row["evidence_en"]},
        status=CorrectionStatus(row["status"]),
        decided_by=row["decided_by"],
        decided_on=date.fromisoformat(row["decided_on"]) if row["decided_on"] else None,
    )


def apply(rows: Iterable[Row], corrections: tuple[Correction, ...], problems: list[Problem]) -> Iterator[Row]:
    """Yield `rows` with the accepted corrections in the text of their cells.

    A correction whose cell does not say what it quotes is stale: an error is added to `problems`, whatever its status.
    """
    waiting: dict[tuple[str, int], list[Correction]] = {}
    for c in corrections:
        waiting.setdefault((c.place, c.column), []).append(c)
    for row in rows:
        yield row._replace(cells=tuple(_corrected(c, waiting, problems) for c in row.cells)) if waiting else row
    problems += (Problem("correction.stale", c.at, "", c.was) for of_cell in waiting.values() for c in of_cell)


def located(corrections: tuple[Correction, ...], rows: Iterable[SourceRow]) -> tuple[Correction, ...]:
    """Return `corrections` with `place` as the records name the rows, whatever way corrections.csv names them."""
    places = {name: row.at.place for row in rows for name in _names(row.at)}
    return tuple(replace(c, place=places.get(c.place, c.place)) for c in corrections)


def _names(at: SourceLocation) -> tuple[str, ...]:
    """Return the ways to name a row: 12, or s2-12 and Sheet2:12."""
    return (at.place, f"{at.part}:{at.row}") if at.part else (at.place,)


def _corrected(cell: Cell, waiting: dict[tuple[str, int], list[Correction]], problems: list[Problem]) -> Cell:
    here = [c for name in _names(cell.at) for c in waiting.pop((name, cell.at.cell), ())]
    if sum(c.status is not CorrectionStatus.REJECTED for c in here) > 1:
        problems.append(Problem("correction.field", here[-1].at, f"place = {here[-1].place}", "one correction a cell"))
    for correction in here:
        if cell.printed != correction.was:
            problems.append(Problem("correction.stale", correction.at, cell.printed, correction.was))
        elif correction.status is CorrectionStatus.ACCEPTED:
            cell = cell._replace(text=correction.now)
    return cell
