"""A result that an engine gives only in part, read in pages: as many rows as it gives at once, from one in order.

Virtuoso cuts at ResultSetMaxRows. It sorts no more than 10,000 rows beside a LIMIT, so the order stands within and the
page outside it. It sorts the whole result for each page, so the pages of one result are bounded.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Row = TypeVar("Row")
_PAGES = 50  # of one result at most


def paged(
    query: str, columns: Sequence[str], most: int, count: Callable[[str], int], rows: Callable[[str], Iterable[Row]]
) -> Iterator[Row]:
    """Yield the rows of a SELECT query without a prologue, `most` at once.

    `count` gives the one number ?n of a query, `rows` the rows of one.

    Raises:
        ValueError: if there are too many, or not as many come as there are.
    """
    missing = count(f"SELECT (COUNT(*) AS ?n) {{ {{ {query} }} }}")
    if missing > _PAGES * most:
        raise ValueError(
            f"its result of {missing} rows would take more than {_PAGES} pages of {most}; "
            "let it give more rows at once (Virtuoso: ResultSetMaxRows)"
        )
    head = " ".join("?" + name for name in columns)
    ordered = query if "ORDER BY" in query else f"SELECT {head} {{ {{ {query} }} }} ORDER BY {head}"
    for start in range(0, missing, most):
        for row in rows(f"SELECT {head} {{ {{ {ordered} }} }} LIMIT {most} OFFSET {start}"):
            missing -= 1
            yield row
    if missing:
        raise ValueError(f"{missing:+d} rows of a result that was read in pages")


def columns_of(query: str) -> list[str]:
    """Return the names in the head of a SELECT of ours, which names them all, without curly brackets there."""
    head = query.partition("{")[0]
    return re.findall(r"AS \?(\w+)\s*\)", head) + re.findall(r"\?(\w+)", re.sub(r"\(.*\)", "", head))
