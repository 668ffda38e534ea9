"""Ask the index: the indicators that fit, in order, and how many there are of each kind."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kpigraph.search.files import opened
from kpigraph.standings.index import WITHIN
from kpigraph.standings.rows import CALLED

_COLUMNS = ("municipality", "status", "reason", "unit")
DIMENSIONS = (*_COLUMNS, *WITHIN)  # what a list can be narrowed by

# No text from outside is a part of these. What has no place in an order comes last, in the order of the documents.
_DOCUMENT = "i.id"
SORTS = {
    "behind": f"i.lag IS NULL, i.lag DESC, {_DOCUMENT}",
    "progress": f"i.covered IS NULL, i.covered DESC, {_DOCUMENT}",
    "name": f"i.name, {_DOCUMENT}",
    "deadline": f"i.due = '', i.due, {_DOCUMENT}",
    "document": _DOCUMENT,
}
_ROW = (
    "i.iri, i.municipality, i.edition, i.unit, i.labels, i.status, i.reason, i.progress, i.elapsed, i.lag, i.why, "
    "i.due, i.actual, i.target, i.id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An indicator in a list; see `index.Standing`. `progress` and `elapsed` are decimals as text, "" for none."""

    iri: str
    municipality: str
    edition: str
    unit: str
    labels: Mapping[str, str]
    status: str
    reason: str
    progress: str
    elapsed: str
    lag: float | None
    why: str
    due: str
    actual: tuple[str, str, str]
    target: tuple[str, str, str]
    within: Mapping[str, tuple[str, ...]]


class Index:
    """An open index. Any thread may ask it, one after the other."""

    def __init__(self, file: Path) -> None:
        """Open the index.

        Raises:
            UsageError: if there is none that can be read.
        """
        self._lock = threading.Lock()
        self._connection = opened(file, "indicator", CALLED)

    def rows(
        self, wanted: Mapping[str, str], sort: str = "behind", limit: int = -1, offset: int = 0, *, placed: bool = False
    ) -> list[Row]:
        """Return the indicators that fit `wanted` (an IRI or a code by dimension), `limit` of them from `offset` on.

        `placed`: only those that have a place among those behind.
        """
        where, given = _where(wanted)
        if placed:
            where += " AND i.lag IS NOT NULL"
        found = self._all(
            f"WITH fit AS MATERIALIZED (SELECT i.id AS id FROM indicator i WHERE {where} "  # noqa: S608
            f"ORDER BY {SORTS[sort]} LIMIT ? OFFSET ?) "
            f"SELECT {_ROW} FROM fit CROSS JOIN indicator i ON i.id = fit.id ORDER BY {SORTS[sort]}",
            [*given, limit, offset],
        )
        return list(self._made(found))

    def _made(self, found: Sequence[tuple[object, ...]]) -> Iterator[Row]:
        numbers = [int(str(r[14])) for r in found]
        within: dict[int, dict[str, tuple[str, ...]]] = {}
        for start in range(0, len(numbers), 500):
            some = numbers[start : start + 500]
            marks = ", ".join("?" * len(some))
            statement = f"SELECT indicator, kind, iri FROM within WHERE indicator IN ({marks}) ORDER BY rowid"  # noqa: S608
            for number, kind, iri in self._all(statement, some):
                of = within.setdefault(int(str(number)), {})
                of[str(kind)] = (*of.get(str(kind), ()), str(iri))
        for r, number in zip(found, numbers, strict=True):
            iri, municipality, edition, unit, labels, status, reason, progress, elapsed, lag, why, due, *printed, _ = r
            actual, target = (json.loads(str(p)) for p in printed)
            yield Row(
                iri=str(iri), municipality=str(municipality), edition=str(edition), unit=str(unit),
                labels=json.loads(str(labels)), status=str(status), reason=str(reason), progress=str(progress or ""),
                elapsed=str(elapsed or ""), lag=None if lag is None else float(str(lag)), why=str(why), due=str(due),
                actual=tuple(actual), target=tuple(target), within=within.get(number, {}),
            )  # fmt: skip

    def total(self, wanted: Mapping[str, str]) -> tuple[int, int]:
        """Return how many indicators fit `wanted`, and how many of them have a place among those behind."""
        where, given = _where(wanted)
        ((fit, placed),) = self._all(f"SELECT count(*), count(i.lag) FROM indicator i WHERE {where}", given)  # noqa: S608
        return int(str(fit)), int(str(placed))

    def counts(self, dimension: str, wanted: Mapping[str, str], limit: int = -1) -> list[tuple[str, int]]:
        """Return the values of `dimension` among what fits the rest of `wanted`, the most frequent first.

        An indicator counts once for each value it has; that it has none is left out.
        """
        where, given = _where({d: value for d, value in wanted.items() if d != dimension})
        if dimension in _COLUMNS:
            statement = f"SELECT i.{dimension} AS v, count(*) AS n FROM indicator i WHERE {where}"  # noqa: S608
        else:
            statement = (
                "SELECT w.iri AS v, count(*) AS n FROM indicator i JOIN within w ON w.indicator = i.id AND w.kind = ? "  # noqa: S608
                f"WHERE {where}"
            )
            given = [dimension, *given]
        rows = self._all(f"{statement} GROUP BY v HAVING v <> '' ORDER BY n DESC, v LIMIT ?", [*given, limit])
        return [(str(value), int(str(count))) for value, count in rows]

    def crossed(self, dimension: str, wanted: Mapping[str, str]) -> dict[str, dict[str, int]]:
        """Return how many indicators have each status, by the values of `dimension`, among what fits `wanted`."""
        where, given = _where(wanted)
        joined = "" if dimension in _COLUMNS else "JOIN within w ON w.indicator = i.id AND w.kind = ? "
        value = f"i.{dimension}" if dimension in _COLUMNS else "w.iri"
        rows = self._all(
            f"SELECT {value}, i.status, count(*), min(i.id) AS first FROM indicator i {joined}WHERE {where} "  # noqa: S608
            "GROUP BY 1, 2 ORDER BY first",
            [*([] if dimension in _COLUMNS else [dimension]), *given],
        )
        found: dict[str, dict[str, int]] = {}
        for of, status, count, _ in rows:
            found.setdefault(str(of), {})[str(status)] = int(str(count))
        return found

    def any(self, dimension: str, value: str) -> bool:
        """Return whether any indicator has this value."""
        where, given = _where({dimension: value})
        return bool(self._all(f"SELECT 1 FROM indicator i WHERE {where} LIMIT 1", given))  # noqa: S608

    def labels(self, iri: str) -> dict[str, str]:
        """Return the labels by language of what indicators stand under, {} where nothing of that name is known."""
        rows = self._all("SELECT labels FROM named WHERE iri = ?", [iri])
        return json.loads(str(rows[0][0])) if rows else {}

    def _all(self, statement: str, given: Sequence[object]) -> list[tuple[object, ...]]:
        with self._lock:
            return self._connection.execute(statement, given).fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _where(wanted: Mapping[str, str]) -> tuple[str, list[object]]:
    conditions, given = ["TRUE"], list[object]()
    for dimension, value in wanted.items():
        if dimension in _COLUMNS:
            conditions.append(f"i.{dimension} = ?")
        elif dimension in WITHIN:
            conditions.append("i.id IN (SELECT indicator FROM within WHERE iri = ?)")
        else:
            raise ValueError(f"lists are not narrowed by {dimension}")
        given.append(value)
    return " AND ".join(conditions), given
