"""A comparison as it was asked for: which measure, order, year and municipalities; its rows as table and as JSON."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from kpigraph import comparison
from kpigraph.comparison import Change, Comparison, Entry, Measure, Ranking, Standing, Value
from kpigraph.formulas import safe
from kpigraph.model import Apart
from kpigraph.serve.figures import STATUSES
from kpigraph.store import Store

ORDERS = ("desc", "asc")
NAMES = ("by", "order", "year", "prefecture", "status")
_OF_OTHERS = ("utm_", "fbclid", "gclid")
COLUMNS = (
    "group", "place", "compared", "compared_by", "apart", "municipality_code", "municipality", "indicator",
    "indicator_label", "match", "unit_text", "base_unit", "actual", "actual_text", "actual_period_text",
    "actual_start", "actual_end", "actual_aggregation", "baseline", "baseline_text", "baseline_period_text", "target",
    "target_text", "target_period_text", "target_end", "target_aggregation", "comparator", "difference",
    "difference_ratio", "difference_ratio_per_year", "per_person", "per_person_people", "population", "status",
    "progress_ratio", "source_lines",
)  # fmt: skip


class AskedWronglyError(ValueError):
    """A condition that cannot be used: its name and what was given, and what could be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a comparison is asked for; "" and None: not narrowed down."""

    by: Measure = Measure.ACTUAL
    order: str = "desc"
    year: int | None = None
    prefecture: str = ""
    status: str = ""

    def query(self, **changed: Any) -> str:
        """Return the query string of an address, what is usual left out."""
        now = {n: changed.get(n, getattr(self, n)) for n in NAMES}
        return urlencode({n: v for n, v in now.items() if v not in ("", None) and v != getattr(_USUAL, n)})


_USUAL = Asked()


def asked(parameters: Iterable[tuple[str, str]]) -> Asked:
    """Return what an address asks for. The language is no condition, nor what others hang onto links to count clicks.

    Raises:
        AskedWronglyError: if there is no such condition, if it is given twice, or has a value that it cannot have.
    """
    given_as: dict[str, str] = {}
    for name, value in parameters:
        if name == "lang" or name.startswith(_OF_OTHERS):
            continue
        if name not in NAMES:
            raise AskedWronglyError(f"{name[:40]}={value[:40]} ({', '.join(NAMES)})")
        if name in given_as:
            raise AskedWronglyError(f"{name}={given_as[name][:40]} & {name}={value[:40]} (1)")
        given_as[name] = value
    return _asked(given_as)


def _asked(parameters: Mapping[str, str]) -> Asked:

    def one_of(name: str, possible: tuple[str, ...], usual: str) -> str:
        if (given := parameters.get(name, "") or usual) not in (*possible, usual):
            raise AskedWronglyError(f"{name}={given[:40]} ({', '.join(possible)})")
        return given

    year, prefecture = parameters.get("year", ""), parameters.get("prefecture", "")
    if year and not (len(year) == 4 and year.isascii() and year.isdigit()):
        raise AskedWronglyError(f"year={year[:40]} (2020)")
    if prefecture and not (len(prefecture) == 2 and prefecture.isascii() and prefecture.isdigit()):
        raise AskedWronglyError(f"prefecture={prefecture[:40]} (01–47)")
    return Asked(
        by=Measure(one_of("by", tuple(Measure), Measure.ACTUAL.value)),
        order=one_of("order", ORDERS, "desc"),
        year=int(year) if year else None,
        prefecture=prefecture,
        status=one_of("status", (*STATUSES, "none"), ""),
    )


class Compared:
    """A shared indicator, compared as asked."""

    def __init__(self, store: Store, of: Comparison, how: Asked) -> None:
        self.store, self.of, self.how = store, of, how

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries that fit the conditions."""
        how = self.how
        return tuple(
            e for e in self.of.entries if e.code.startswith(how.prefecture) and how.status in ("", e.status or "none")
        )

    @cached_property
    def ranking(self) -> Ranking:
        return comparison.rank(self.of, self.how.by, self.entries, descending=self.how.order == "desc")

    def rows(self) -> list[dict[str, str]]:
        """Return a row an indicator, as `COLUMNS`: numbers in base units, "" for what there is not."""
        return [self._row(group, standing) for group, standing in self.ranking.standings()]

    def _row(self, group: int, s: Standing) -> dict[str, str]:
        e, of = s.entry, self.of
        shift = comparison.change(e)
        change = shift if isinstance(shift, Change) else None
        person = comparison.per_person(e, of.concept)
        each = None if isinstance(person, Apart) else person
        any_value = e.actual or e.target or e.baseline
        lines = {line for v in (e.baseline, e.actual, e.target) if v is not None for line in v.rows}
        row = {
            "group": str(group or ""),
            "place": str(s.place or ""),
            "compared": plain(s.number),
            "compared_by": self.how.by.value,
            "apart": " ".join(s.apart),
            "municipality_code": e.code,
            "municipality": of.label(e.municipality, "ja"),
            "indicator": e.indicator,
            "indicator_label": of.label(e.indicator, "ja"),
            "match": e.match.value,
            "unit_text": any_value.printed_unit if any_value else "",
            "base_unit": any_value.base_unit if any_value else "",
            "comparator": e.target.comparator if e.target else "",
            "difference": plain(change.difference) if change else "",
            "difference_ratio": plain(change.ratio) if change else "",
            "difference_ratio_per_year": plain(change.yearly_ratio) if change else "",
            "per_person": plain(each.number) if each else "",
            "per_person_people": str(each.people) if each else "",
            "population": each.population.iri if each else "",
            "status": e.status,
            "progress_ratio": plain(e.progress),
            "source_lines": " ".join(sorted(lines)),
        }
        for role, value in (("actual", e.actual), ("baseline", e.baseline), ("target", e.target)):
            row |= _columns(role, value)
        return {name: row.get(name, "") for name in COLUMNS}

    def table(self) -> bytes:
        """Return the rows as CSV."""
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
        writer.writeheader()
        for row in self.rows():
            writer.writerow({name: safe(value) for name, value in row.items()})
        return out.getvalue().encode()


def _columns(role: str, value: Value | None) -> dict[str, str]:
    if value is None:
        return {}
    return {
        role: plain(value.base),
        f"{role}_text": value.printed,
        f"{role}_period_text": value.printed_period,
        f"{role}_start": value.first.isoformat() if value.first else "",
        f"{role}_end": value.last.isoformat() if value.last else "",
        f"{role}_aggregation": value.aggregation.value if value.aggregation else "",
    }


def plain(number: Decimal | None) -> str:
    """Return a number without exponent or separators, "" for None."""
    return "" if number is None else f"{number:f}"
