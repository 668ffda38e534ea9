"""A list of indicators as it was asked for: what it is narrowed by, its order, its page; its rows as table and JSON."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from kpigraph.formulas import safe
from kpigraph.prefixes import CODE
from kpigraph.serve.comparing import AskedWronglyError
from kpigraph.standings import DIMENSIONS, SORTS, STATUSES, Index, Row

SHOWN = 50  # indicators on a page
_MOST_PAGES = 1_000_000
_TEXTS = ("status", "reason")  # dimensions whose values are codes, not IRIs
COLUMNS = (
    "indicator", "indicator_label", "municipality", "municipality_label", "goal", "goal_label", "department",
    "department_label", "status", "reason", "progress_ratio", "elapsed_share", "behind", "not_placed", "target_end",
    "actual_text", "actual_unit_text", "actual_period_text", "target_text", "target_unit_text", "target_period_text",
    "unit", "edition",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shows: `by` has IRIs and codes by dimension, in the order of `DIMENSIONS`."""

    by: tuple[tuple[str, str], ...] = ()
    sort: str = "behind"
    page: int = 1

    @property
    def filters(self) -> dict[str, str]:
        return dict(self.by)

    def but(self, dimension: str, value: str = "") -> "Wanted":
        """Return the same list from its beginning, with another value of `dimension`; "": not narrowed by it."""
        now = {**self.filters, dimension: value}
        return replace(self, by=tuple((d, now[d]) for d in DIMENSIONS if now.get(d)), page=1)

    def sorted_by(self, sort: str) -> "Wanted":
        return replace(self, sort=sort, page=1)

    def at(self, page: int) -> "Wanted":
        return replace(self, page=page)

    def href(self, base: str, form: str = "") -> str:
        """Return the address of this list; of all its pages as a table or JSON with `form`, such as csv."""
        given = [(d, short(value, base)) for d, value in self.by]
        given += [("sort", self.sort)] if self.sort != "behind" else []
        given += [("page", str(self.page))] if self.page > 1 and not form else []
        query = urlencode(given, safe="/:")
        return f"/indicators{'.' if form else ''}{form}{'?' if query else ''}{query}"


def short(value: str, base: str) -> str:
    """Return what stands for an IRI or a code in an address: the end of what is ours, else all of it."""
    for beginning in (f"{base}id/", CODE):
        if value.startswith(beginning):
            return value.removeprefix(beginning)
    return value


def asked(parameters: Iterable[tuple[str, str]], base: str) -> Wanted:
    """Return what an address asks for; parameters that are none of ours ask for nothing.

    Raises:
        AskedWronglyError: if one has a value that it cannot have, or is given twice.
    """
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in (*DIMENSIONS, "sort", "page"):
            if name in given:
                raise AskedWronglyError(f"{name}={given[name][:40]} & {name}={value[:40]} (1)")
            given[name] = value
    by = []
    for dimension in DIMENSIONS:
        if value := given.get(dimension, ""):
            if dimension == "status" and value not in STATUSES:
                raise AskedWronglyError(f"status={value[:40]} ({', '.join(STATUSES)})")
            by.append((dimension, value if dimension in _TEXTS else _iri(value, base, dimension)))
    sort = given.get("sort", "") or "behind"
    if sort not in SORTS:
        raise AskedWronglyError(f"sort={sort[:40]} ({', '.join(SORTS)})")
    page = given.get("page", "") or "1"
    if not (page.isascii() and page.isdigit() and len(page) <= 7 and 1 <= int(page) <= _MOST_PAGES):
        raise AskedWronglyError(f"page={page[:40]} (1–{_MOST_PAGES})")
    return Wanted(tuple(by), sort, int(page))


def _iri(value: str, base: str, dimension: str) -> str:
    if value.startswith(("http://", "https://")):
        return value
    return (CODE if dimension == "unit" else f"{base}id/") + value


def unknown(index: Index, wanted: Wanted) -> str:
    """Return the dimension whose value there is not, "" where there are all."""
    for dimension, value in wanted.by:
        if dimension != "status" and not index.labels(value) and not index.any(dimension, value):
            return dimension
    return ""


def records(index: Index, wanted: Wanted, lang: str) -> list[dict[str, str]]:
    """Return all indicators of a list, as `COLUMNS`; several goals or departments stand with a space between."""
    labels: dict[str, str] = {}

    def label(iri: str) -> str:
        if iri not in labels:
            labels[iri] = named(index.labels(iri), lang)
        return labels[iri]

    return [_record(row, label, lang) for row in index.rows(wanted.filters, wanted.sort)]


def _record(row: Row, label: Callable[[str], str], lang: str) -> dict[str, str]:
    goals, departments = row.within.get("goal", ()), row.within.get("department", ())
    values = (
        row.iri, named(row.labels, lang), row.municipality, label(row.municipality),
        " ".join(goals), " / ".join(map(label, goals)), " ".join(departments), " / ".join(map(label, departments)),
        row.status, row.reason, row.progress, row.elapsed, "" if row.lag is None else f"{row.lag:.4f}", row.why,
        row.due, *row.actual, *row.target, row.unit, row.edition,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def named(labels: Mapping[str, str], lang: str) -> str:
    return labels.get(lang) or next((labels[k] for k in sorted(labels)), "")


def as_csv(found: Iterable[dict[str, str]]) -> bytes:
    """Return records as CSV, no cell of which a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for record in found:
        writer.writerow(v if c in ("progress_ratio", "elapsed_share", "behind") else safe(v) for c, v in record.items())
    return out.getvalue().encode()


def as_json(found: list[dict[str, str]]) -> bytes:
    """Return records as JSON: an object an indicator, numbers as numbers, null for what there is not."""
    plain = [
        {
            name: (float(value) if value and name in ("progress_ratio", "elapsed_share", "behind") else value or None)
            for name, value in record.items()
        }
        for record in found
    ]
    return json.dumps({"indicators": plain}, ensure_ascii=False, indent=1).encode() + b"\n"
