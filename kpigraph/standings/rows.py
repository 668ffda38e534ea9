"""Write how indicators stand as an index, one row an indicator and what it stands under: anew, or changed in a copy."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from kpigraph.known import InStore
from kpigraph.search.files import changed, created
from kpigraph.search.folding import fold
from kpigraph.standings.index import WITHIN, Standing, names, standings
from kpigraph.store import Store

FILE = "search/standings.sqlite"  # within a release
CALLED = ("指標の一覧の索引", "the index of indicators")
_GAP, _ROOM = 16, 1 << 14  # numbers between two indicators, and between those of two municipalities, for others
_TABLES = """
CREATE TABLE indicator (
    id INTEGER PRIMARY KEY, iri TEXT, municipality TEXT, edition TEXT, unit TEXT, labels TEXT,
    name TEXT, position INTEGER, status TEXT, reason TEXT, progress TEXT, elapsed TEXT, lag REAL,
    covered REAL, why TEXT, due TEXT, actual TEXT, target TEXT);
CREATE TABLE within (kind TEXT, iri TEXT, indicator INTEGER);
CREATE TABLE named (iri TEXT PRIMARY KEY, labels TEXT) WITHOUT ROWID;
"""


def build(store: Store, file: Path) -> int:
    """Write the index of what the default graphs of `store` say into `file`; return how many indicators are in it.

    Raises:
        UsageError: if the store cannot be read or the file not be written.
    """
    known = InStore(store)
    return write(standings(known), names(known), file)


def write(found: Iterable[Standing], labels: Iterable[tuple[str, Mapping[str, str]]], file: Path) -> int:
    """Write the index of `found`; `labels` are those of what they stand under, by IRI. The same gives the same bytes.

    Raises:
        UsageError: if the file cannot be written.
    """
    count, number, of = 0, 0, ""
    with created(file, _TABLES, CALLED) as connection:
        for s in found:
            count += 1
            number += _GAP if s.municipality == of else _ROOM
            of = s.municipality
            _insert(connection, number, s)
        _name(connection, labels)
        connection.executescript(
            """
            CREATE INDEX by_thing ON within (iri, indicator);
            CREATE INDEX by_indicator ON within (indicator, kind);
            CREATE INDEX by_municipality ON indicator (municipality, status);
            CREATE INDEX by_status ON indicator (status);
            CREATE INDEX by_reason ON indicator (reason);
            CREATE INDEX by_unit ON indicator (unit);
            CREATE INDEX by_lag ON indicator (lag IS NULL, lag DESC);
            CREATE INDEX by_progress ON indicator (covered IS NULL, covered DESC);
            CREATE INDEX by_name ON indicator (name);
            CREATE INDEX by_due ON indicator (due = '', due);
            ANALYZE;
            """
        )
    return count


def change(
    former: Path,
    file: Path,
    gone: Iterable[Standing],
    new: Iterable[Standing],
    labels: tuple[Iterable[tuple[str, Mapping[str, str]]], Iterable[tuple[str, Mapping[str, str]]]],
) -> bool:
    """Write into `file` the index `former` without the indicators `gone` and with those `new`; tell if that can be.

    `labels` are those that were told of and those that are now. It cannot where the indicators of a municipality do not
    stand together, or no numbers are left at their place among the others. The answers are those of an index that is
    written anew.

    Raises:
        UsageError: if the file cannot be written.
    """
    before, now = _by_municipality(gone), _by_municipality(new)
    with changed(former, file, CALLED) as connection:
        for of in sorted(before.keys() | now.keys()):
            if [s.to_json() for s in before.get(of, ())] == [s.to_json() for s in now.get(of, ())]:
                continue
            rows = connection.execute("SELECT id, iri FROM indicator WHERE municipality = ? ORDER BY id", (of,))
            numbers = {iri: number for number, iri in rows}
            if numbers.keys() != {s.iri for s in before.get(of, ())}:
                return False
            places = _places(connection, of, sorted(numbers.values()), len(now.get(of, ())))
            if places is None:
                return False
            for number in numbers.values():
                connection.execute("DELETE FROM indicator WHERE id = ?", (number,))
                connection.execute("DELETE FROM within WHERE indicator = ?", (number,))
            for number, s in zip(places, now.get(of, ()), strict=True):
                _insert(connection, number, s)
        was, said = dict(labels[0]), dict(labels[1])
        connection.executemany("DELETE FROM named WHERE iri = ?", [(iri,) for iri in was.keys() - said.keys()])
        _name(connection, said.items())
    return True


def _by_municipality(found: Iterable[Standing]) -> dict[str, list[Standing]]:
    of: dict[str, list[Standing]] = defaultdict(list)
    for s in found:
        of[s.municipality].append(s)
    return of


def _places(connection: sqlite3.Connection, of: str, numbers: list[int], many: int) -> range | None:
    """Return `many` numbers for the indicators of a municipality, whose former ones are `numbers`."""
    if numbers:
        between = (numbers[0], numbers[-1])
        (there,) = connection.execute("SELECT count(*) FROM indicator WHERE id BETWEEN ? AND ?", between).fetchone()
        if there != len(numbers):
            return None
        (low,) = connection.execute("SELECT max(id) FROM indicator WHERE id < ?", between[:1]).fetchone()
    else:
        (low,) = connection.execute("SELECT max(id) FROM indicator WHERE municipality < ?", (of,)).fetchone()
    low = low or 0
    last = numbers[-1] if numbers else low
    (high,) = connection.execute("SELECT min(id) FROM indicator WHERE id > ?", (last,)).fetchone()
    high = low + _ROOM + _GAP * many if high is None else high
    step = (high - low) // (many + 1)
    return range(low + step, low + step * many + 1, step) if step else None


def _insert(connection: sqlite3.Connection, number: int, s: Standing) -> None:
    connection.execute(f"INSERT INTO indicator VALUES ({', '.join('?' * 18)})", _row(number, s))  # noqa: S608
    connection.executemany(
        "INSERT INTO within VALUES (?, ?, ?)",
        ((kind, iri, number) for kind in WITHIN for iri in s.within.get(kind, ())),
    )


def _name(connection: sqlite3.Connection, labels: Iterable[tuple[str, Mapping[str, str]]]) -> None:
    connection.executemany("INSERT OR REPLACE INTO named VALUES (?, ?)", ((iri, _json(said)) for iri, said in labels))


def _row(number: int, s: Standing) -> tuple[object, ...]:
    label = s.labels.get("ja") or next(iter(s.labels.values()), "")
    return (
        number, s.iri, s.municipality, s.edition, s.unit, _json(s.labels), fold(label), s.position, s.status, s.reason,
        None if s.progress is None else str(s.progress), None if s.elapsed is None else str(s.elapsed),
        None if s.lag is None else float(s.lag), None if s.progress is None else float(s.progress), s.why,
        s.due, _json(s.actual), _json(s.target),
    )  # fmt: skip


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
