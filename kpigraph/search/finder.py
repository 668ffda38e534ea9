"""Ask the search index: what holds every word, the best first."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kpigraph.search.files import opened
from kpigraph.search.folding import fold, gram, terms
from kpigraph.search.index import CALLED, FIELDS

SECONDS = 2.0  # of one search
LONGEST = 200  # characters of what is looked for
_TRIGRAM = 3
_WEIGHTS = "10.0, 5.0, 8.0, 2.0, 0.5"  # of label, names, codes, words, context


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A thing that was found.

    Attributes:
        labels: its label by language.
        municipality: the code of the municipality that it belongs to, "" for none.
        matched: the field of it that holds the first word, and its text there; ("", "") where only its context does.
    """

    iri: str
    kind: str
    labels: dict[str, str]
    municipality: str
    matched: tuple[str, str]


class SearchTooLongError(Exception):
    """A search was stopped at its limit."""


class Finder:
    """An open index. Any thread may ask it, one after the other."""

    def __init__(self, file: Path) -> None:
        """Open the index.

        Raises:
            UsageError: if there is none that can be read.
        """
        self._lock = threading.Lock()
        self._connection = opened(file, "thing", CALLED)
        tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'short'"
        self._has_grams = self._connection.execute(tables).fetchone() == (1,)  # indexes of former releases lack it

    def search(
        self,
        query: str,
        *,
        kinds: Iterable[str] = (),
        municipality: str = "",
        limit: int = 20,
        offset: int = 0,
        seconds: float = SECONDS,
    ) -> tuple[int, list[Found]]:
        """Return how many things hold every word of `query`, and `limit` of them from `offset` on.

        First come those called so, then those whose label begins with it, holds it, those with another name that does,
        then the rest; among equals by relevance (BM25), kind, and the shorter label. Words of one or two characters,
        which trigrams do not see, have an index of their own.

        Raises:
            SearchTooLongError: if it takes longer than `seconds`.
        """
        words = terms(query[:LONGEST])
        if not words:
            return 0, []
        hits, given = _hits(words, has_grams=self._has_grams)
        where, narrowed = _narrowed(tuple(kinds), municipality)
        order, ranked = _order(words)
        found = f"WITH hit AS MATERIALIZED ({hits})"  # no text from outside is a part of it
        fitting = f"FROM hit JOIN thing t ON t.id = hit.id WHERE {where}" if where else "FROM hit"
        best = (  # the texts that are shown are read of those alone that are shown
            f"SELECT hit.id, count(*) OVER () AS number, row_number() OVER (ORDER BY {order}, hit.score, "
            f"length(hit.label), hit.id) AS place {fitting} ORDER BY place LIMIT ? OFFSET ?"
        )
        rows = self._rows(
            f"{found}, best AS ({best}) SELECT t.iri, t.kind, t.municipality, t.labels, t.fields, best.number "  # noqa: S608
            "FROM best JOIN thing t ON t.id = best.id ORDER BY best.place",
            [*given, *ranked, *narrowed, limit, offset],
            seconds,
        )
        if rows:
            return int(rows[0][5]), [_found(row, words) for row in rows]
        counted = self._rows(f"{found} SELECT count(*) {fitting}", [*given, *narrowed], seconds) if offset else [("0",)]
        return int(counted[0][0]), []

    def counts(self) -> dict[str, int]:
        """Return how many things each municipality has, by its code."""
        statement = "SELECT municipality, count(*) FROM thing WHERE municipality <> '' GROUP BY municipality ORDER BY 1"
        return {code: int(number) for code, number in self._rows(statement, [], SECONDS * 5)}

    def _rows(self, statement: str, given: list[str | int], seconds: float) -> list[tuple[str, ...]]:
        until = time.monotonic() + seconds
        with self._lock:
            self._connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            try:
                return self._connection.execute(statement, given).fetchall()
            except sqlite3.OperationalError as e:
                if "interrupted" in str(e):
                    raise SearchTooLongError from None
                raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _hits(words: tuple[str, ...], *, has_grams: bool) -> tuple[str, list[str | int]]:
    """Return the query for the rows that hold every word, each with its score: the lower the better."""
    conditions: list[str] = []
    given: list[str | int] = []
    score = "0.0"
    if long := [w for w in words if len(w) >= _TRIGRAM]:
        score = f"bm25(found, {_WEIGHTS})"
        conditions.append("found MATCH ?")
        given.append(" AND ".join('"' + w.replace('"', '""') + '"' for w in long))
    short = [w for w in words if len(w) < _TRIGRAM]
    if short and has_grams:
        conditions.append("rowid IN (SELECT rowid FROM short WHERE short MATCH ?)")
        given.append(" AND ".join(map(gram, short)))
    for word in () if has_grams else short:
        conditions.append("(" + " OR ".join(f"instr({f}, ?)" for f in (*FIELDS, "context")) + ")")
        given += [word] * (len(FIELDS) + 1)
    columns = f"rowid AS id, {score} AS score, label, names, codes"
    return f"SELECT {columns} FROM found WHERE {' AND '.join(conditions)}", given  # noqa: S608 - no text from outside


def _narrowed(kinds: tuple[str, ...], municipality: str) -> tuple[str, list[str | int]]:
    conditions, given = list[str](), list[str | int]()
    if kinds:
        conditions.append(f"t.kind IN ({', '.join('?' * len(kinds))})")
        given += kinds
    if municipality:
        conditions.append("t.municipality = ?")
        given.append(municipality)
    return " AND ".join(conditions), given


def _order(words: tuple[str, ...]) -> tuple[str, list[str | int]]:
    """Return the tiers that come before relevance. Every text in the index stands between two line ends."""
    whole = "".join(words)
    every = " AND ".join(["instr(hit.label, ?)"] * len(words))
    order = (
        "CASE WHEN instr(hit.label, ?) OR instr(hit.codes, ?) THEN 0 WHEN instr(hit.label, ?) THEN 1 "
        f"WHEN {every} THEN 2 WHEN instr(hit.names, ?) THEN 3 ELSE 4 END"
    )
    return order, [f"\n{whole}\n", f"\n{whole}\n", f"\n{whole}", *words, whole]


def _found(row: tuple[str, ...], words: tuple[str, ...]) -> Found:
    iri, kind, municipality, labels, fields, _ = row
    texts: dict[str, list[str]] = json.loads(fields)
    matched = next(((name, t) for name in FIELDS for t in texts.get(name, ()) if words[0] in fold(t)), ("", ""))
    return Found(iri=iri, kind=kind, labels=json.loads(labels), municipality=municipality, matched=matched)
