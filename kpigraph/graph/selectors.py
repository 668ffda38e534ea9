"""Where a row stands, written as the fragment identifier that its media type has; some have none."""

import re
from dataclasses import dataclass

from kpigraph.problems import SourceLocation

_RFC = "http://tools.ietf.org/rfc/rfc"
_PAGE = re.compile("p([0-9]+)")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment identifier: a word for the end of its selector's IRI, the standard it is written by, its text."""

    name: str
    standard: str
    value: str


def fragment(media_type: str, at: SourceLocation) -> Fragment | None:
    """Return the place of a row as a fragment identifier, None for spreadsheets and web pages, which have none.

    Sources: RFC 5147 (text/plain: lines, counted from 0 between them), RFC 7111 (text/csv: rows, counted from 1),
    RFC 8118 (application/pdf: pages, from 1), RFC 6901 (JSON Pointer: elements of an array, from 0).
    """
    if media_type == "application/pdf":
        page = _PAGE.match(at.key)
        return Fragment("page", _RFC + "8118", f"page={page[1]}") if page else None
    if media_type == "application/json":
        if at.key[:1] in ("h", "n"):  # names of values, and rows that are not one object each
            return None
        return Fragment("pointer", _RFC + "6901", f"{at.part}/{at.row - 1}")
    if media_type in ("text/csv", "text/tab-separated-values"):
        return Fragment("csv", _RFC + "7111", f"row={at.row}")
    if media_type == "text/plain":
        return Fragment("line", _RFC + "5147", f"line={at.row - 1},{at.row}")
    return None
