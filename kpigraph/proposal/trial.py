"""Try every layout on a document and mend its card by what could not be read; what understands most wins."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice, pairwise

from kpigraph import layouts
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import Part, Reading
from kpigraph.layouts.columns import find_table
from kpigraph.layouts.headers import Grammar
from kpigraph.layouts.hidden import Hidden
from kpigraph.layouts.reading import Place
from kpigraph.layouts.words import Meaning
from kpigraph.model import Document, LayoutCard, Level, Role, Row
from kpigraph.problems import Problem, Severity, SourceError, SourceLocation
from kpigraph.proposal import headers, levels
from kpigraph.proposal.evidence import own_cells

_MEANT = frozenset(Part) - {Part.UNREAD, Part.CAPTION, Part.IGNORED, Part.HEADER, Part.SPARE_MARK, Part.HIDDEN}
_ROUNDS = 5


@dataclass(slots=True)
class Trial:
    """A layout tried: its card, what it read, what was added to the card and why."""

    document: Document
    reading: Reading
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> LayoutCard:
        return self.document.layout

    @property
    def read(self) -> int:
        """The number of cells that say something."""
        return sum(any(piece.part in _MEANT for piece in cell.pieces) for cell in self.reading.cells)

    @property
    def values(self) -> int:
        return sum(len(block.entries) for block in self.reading.blocks)

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.reading.problems if p.severity is Severity.ERROR]

    @property
    def score(self) -> tuple[bool, bool, int]:
        return self.values > 0, bool(self.reading.blocks), self.read - len(self.reading.unread) - len(self.errors)

    def without_fiscal_year(self, rows: list[Row], units: UnitCodelist) -> "Trial":
        """Return the trial with its card as it is while nobody has said when the fiscal year begins."""
        conventions = replace(self.document.conventions, fiscal_year_begins=0, fiscal_year_named_by="")
        return _trial(replace(self.document, conventions=conventions), self.layout, rows, units, self.reasons)


def tried(document: Document, kinds: Iterable[str], rows: list[Row], units: UnitCodelist) -> list[Trial]:
    """Return a trial of each of these layouts."""
    return [trial for kind in kinds for trial in _tried(document, kind, rows, units)]


def ranked(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials, the best first."""
    return _long_before_wide(sorted(trials, key=lambda trial: trial.score, reverse=True))


def _tried(document: Document, kind: str, rows: list[Row], units: UnitCodelist) -> Iterator[Trial]:
    card = replace(document.layout, kind=kind)
    if kind == "listed":
        card = replace(card, arrow=(Role.BASELINE, Role.TARGET))
    reasons: dict[str, str] = {}
    try:
        trial = _trial(document, card, rows, units, reasons)
        for _ in range(_ROUNDS):
            mended = _mended(trial, rows)
            if mended == trial.layout:
                break
            following = _trial(document, mended, rows, units, reasons)
            if following.score < trial.score:
                break
            trial = following
        if empty := _mostly_empty(trial.reading, trial.layout):  # understood less, but nothing wrongly
            kinds = tuple(one for one in trial.layout.hierarchy if one[0] is not empty)
            trial = _trial(document, replace(trial.layout, hierarchy=kinds), rows, units, reasons)
    except SourceError:  # such as numbering that two levels share
        return
    yield trial


def _trial(document: Document, card: LayoutCard, rows: list[Row], units: UnitCodelist, why: dict[str, str]) -> Trial:
    own = replace(document, layout=card)
    return Trial(own, layouts.read_cells(own, rows, units), why)


def _long_before_wide(ranked: list[Trial]) -> list[Trial]:
    """Put the long layout first where lines of one indicator stand apart, each with its own period or role."""
    if [t.layout.kind for t in ranked[:2]] not in (["wide", "long"], ["long", "wide"]):
        return ranked
    wide, long = sorted(ranked[:2], key=lambda t: t.layout.kind == "long")
    if long.score >= wide.score and len(long.reading.blocks) < len(wide.reading.blocks):
        return [long, wide, *ranked[2:]]
    return [wide, long, *ranked[2:]]


def _mended(trial: Trial, rows: list[Row]) -> LayoutCard:
    """Return the card with what the problems of a trial call for."""
    card, why = trial.layout, trial.reasons
    problems = trial.reading.problems
    blank = set(card.blank_means_above)
    if any(p.code == "cell.unread" and "blank_means_above" in p.expected for p in problems):
        blank.add(Meaning.INDICATOR.value)
        why["blank_means_above"] = "指標名のない行があります / rows without an indicator's name"
    columned = {place.level.value for place in trial.reading.places if _stands_beside(trial.reading, place)}
    if columned and any(p.code in ("place.missing", "place.level-skipped") for p in problems):
        blank |= columned
        why["blank_means_above"] = "見出しの列に空欄があります / blanks in the columns of headings"
    if any(p.code == "department.missing" for p in problems):
        blank |= {Meaning.UNIT.value, Meaning.DEPARTMENT.value}
        why["blank_means_above"] = "要確認: 担当部署の空欄 / check: blanks in the column of departments"
    if parts := levels.of_parts(trial.reading):
        blank |= parts
        why["blank_means_above"] = "要確認: 内訳の行の空欄 / check: blanks on the rows of parts"
    if blank != card.blank_means_above:
        return replace(card, blank_means_above=frozenset(blank))
    if (without := levels.goals_apart(card, problems)) != card.hierarchy:
        why["hierarchy.direction"] = "要確認: 基本目標の下 / check: they stand below the goals"
        return replace(card, hierarchy=without)
    if told := levels.numbers(trial.reading, card):
        why |= {f"numbers.{level}": reason for level, (_, reason) in told.items()}
        return replace(card, numbers=card.numbers | {level: examples for level, (examples, _) in told.items()})
    if indent := levels.indents(trial.reading, card):
        why["indent"] = "要確認 / check"
        return replace(card, indent=indent)
    if card.kind == "long" and not card.indicator and any(p.code == "header.missing" for p in problems):
        shown = list(Hidden(trial.document).parted(rows))
        if (others := headers.unnamed(shown, Grammar(trial.document, UnitCodelist((), {})))) is not None:
            why["indicator"] = "要確認: 文書に指標名がない / check: the document names no indicator; put its name here"
            why["columns.actual"] = "要確認: 実績か / check: are these actuals?"
            why["columns.category"] = "要確認: 内訳か / check: do these columns part the indicator?"
            heads = {"actual": _value_headers(trial, shown), "category": tuple(others)}
            stem = trial.document.file.stem
            name = stem if any(c.isalpha() for c in stem) else f"KPI {stem}"
            given = card.columns | {meaning: said for meaning, said in heads.items() if said}
            return replace(card, indicator=name, columns=given)
    if card.kind == "wide" and not card.name_above and _named_above(trial, rows):
        why["name_above"] = "要確認: 表の上の行が指標名か / check: does the line above a table name its indicator?"
        return replace(card, name_above=True)
    if card.kind == "years" and not card.rows and any(p.code == "role.unknown" for p in problems):
        why["rows"] = "要確認: 実績か / check: are these actuals?"
        return replace(card, rows=(Role.ACTUAL,))
    if not card.rows and _rows_in_pairs(trial):
        why["rows"] = (
            "要確認: 一行目が目標、二行目が実績か / check: is the first row the targets, the second the actuals?"
        )
        return replace(card, rows=(Role.TARGET, Role.ACTUAL))
    columns = {name: tuple(words) for name, words in card.columns.items()}
    years = _years_in_a_row(trial)
    for text in years:
        role = Role.ACTUAL.value  # what a year alone heads, as a rule; the card asks to check it
        if text not in columns.get(role, ()):
            columns[role] = (*columns.get(role, ()), text)
            why[f"columns.{role}"] = (
                "要確認: 見出しは年度だけ。実績か / check: the headers are years only; are these actuals?"
            )
    second = [p.found for p in problems if p.code == "header.unread" and p.expected.endswith("measure")]
    if second:
        below = Level.MEASURE if Level.DIRECTION in levels.in_columns(trial.reading) else Level.DIRECTION
        columns[below.value] = (*columns.get(below.value, ()), *second)
        why[f"columns.{below.value}"] = "要確認: 基本目標の列の下の階層か / check: is this the level below the goals?"
    if of_parts := levels.headers_of_parts(trial.reading):
        category = Meaning.CATEGORY.value
        columns[category] = (*columns.get(category, ()), *of_parts)
        why[f"columns.{category}"] = "要確認: 役割でなく内訳か / check: are these parts of an indicator, not roles?"
    for meaning, words in _told_by_their_ends(trial, rows).items():
        known = columns.get(meaning.value, ())
        if added := [word for word in words if word not in known]:
            columns[meaning.value] = (*known, *added)
            why[f"columns.{meaning.value}"] = (
                "要確認: 語尾から推定 / check: told by the word at its end"
                if meaning is not Meaning.INDICATOR
                else "要確認: 指標名の列か / check: are these the indicators?"
            )
    if columns != card.columns:
        return replace(card, columns=columns)
    prose = [p.found for p in problems if p.code == "cell.unread" and not any(c.isdigit() for c in p.found)]
    if card.kind == "listed" and prose and not card.keeps_text:
        why["keeps_text"] = f"要確認 / check: {len(prose)} 行 / lines, {prose[0].strip()[:20]}"
        return replace(card, keeps_text=True)
    skipped = [p for p in problems if p.code == "place.level-skipped"]
    labels = {block.label.cell.at for block in trial.reading.blocks}
    if any(p.at in labels for p in skipped):
        under = frozenset(block.places[0].level for block in trial.reading.blocks if block.places)
        card = replace(card, listed_under=under)
        why["listed_under"] = f"{sum(p.at in labels for p in skipped)} 指標 / indicators"
    if headings := [p for p in skipped if p.at not in labels]:
        optional = {Level(p.expected) for p in headings}
        card = replace(card, optional_levels=card.optional_levels | optional)
        why["optional_levels"] = f"{headings[0].at}"
    return card


def _named_above(trial: Trial, rows: list[Row]) -> bool:
    """Tell whether there is a line with a table right below it that has years and roles, but no column of names."""
    if not any(p.code == "header.missing" for p in trial.reading.problems):
        return False
    grammar = Grammar(replace(trial.document, layout=replace(trial.layout, name_above=True)), UnitCodelist((), {}))
    held = [row for row in Hidden(trial.document).parted(rows) if own_cells(row)]
    return any(
        len(own_cells(above)) == 1
        and (table := find_table([row], grammar, below=held[n : n + 9])) is not None
        and not table.of(Meaning.INDICATOR)
        for n, (above, row) in enumerate(pairwise(held), 1)
    )


def _rows_in_pairs(trial: Trial) -> bool:
    """Tell whether every indicator has two rows under headers that are only years, and nothing says what they are."""
    blocks = trial.reading.blocks
    return (
        trial.layout.kind == "wide"
        and len(_years_in_a_row(trial)) > 1
        and len(blocks) > 1
        and all(len(block.rows) == 2 for block in blocks)
    )


def _value_headers(trial: Trial, rows: list[Row]) -> tuple[str, ...]:
    """Return the header that says no more than that its column holds values: Value."""
    grammar = Grammar(trial.document, UnitCodelist((), {}))
    texts = (cell.text for row in rows for cell in row.cells)
    return tuple(islice((text for text in texts if grammar.words.find(text) is Meaning.VALUE), 1))


def _mostly_empty(reading: Reading, card: LayoutCard) -> Level | None:
    """Return a level that the card tells by numbers and half of whose headings have nothing below: they list something.

    Only where there are indicators; a level with no heading left over is no such one.
    """
    if not reading.blocks:
        return None
    used = {place.order for block in reading.blocks for place in block.places}
    used |= {place.parent.order for place in reading.places if place.parent}
    for level in {level for level, _ in card.hierarchy}:
        headings = [place for place in reading.places if place.level is level and place.notation]
        if headings and 2 * sum(place.order not in used for place in headings) >= len(headings):
            return level
    return None


def _stands_beside(reading: Reading, place: Place) -> bool:
    """Tell whether a heading stands on the row of an indicator, so in a column of headings."""
    rows = {row for block in reading.blocks for row in block.rows}
    return any(piece.cell.at.place in rows for piece in place.pieces)


def _told_by_their_ends(trial: Trial, rows: list[Row]) -> dict[Meaning, list[str]]:
    if trial.layout.kind not in ("wide", "long"):
        return {}
    problems = trial.reading.problems
    if any(p.code == "header.missing" for p in problems):
        shown = list(Hidden(trial.document).parted(rows))
        return headers.missing_header(shown, Grammar(trial.document, UnitCodelist((), {})))
    unread = [p for p in problems if p.code == "header.unread" and not p.expected.endswith("measure")]
    names = min((block.label.cell.at.cell for block in trial.reading.blocks), default=0)
    beside = {p.found for p in unread if names and p.at and p.at.cell > names}
    return headers.proposed((p.found for p in unread if not _is_year(trial, p.found)), beside)


def _years_in_a_row(trial: Trial) -> list[str]:
    """Return the unread headers that are years, or quarters, each beginning where the one before it ends.

    One that breaks the row may be a target's.
    """
    grammar = Grammar(trial.document, UnitCodelist((), {}))
    unread = [p for p in trial.reading.problems if _is_year_header(trial, p)]
    runs: list[list[str]] = [[]]
    ends: date | None = None
    for p in sorted(unread, key=lambda p: (p.at.key, p.at.row, p.at.cell) if p.at else ("", 0, 0)):
        header = grammar.header(p.found)  # without what else it says: CY 2020 Projected
        period = grammar.period(header.period if header else p.found, p.at or SourceLocation(file="")).period
        begins = period.first_day if period else None
        if begins is None or ends is None or begins - ends != timedelta(days=1):
            runs.append([])
        runs[-1].append(p.found)
        ends = period.last_day if period else None
    return list(dict.fromkeys(text for run in runs if len(run) > 1 for text in run))


def _is_year_header(trial: Trial, p: Problem) -> bool:
    return p.code == "header.unread" and _is_year(trial, p.found)


def _is_year(trial: Trial, text: str) -> bool:
    header = Grammar(trial.document, UnitCodelist((), {})).header(text)
    return header is not None and header.role is None and bool(header.period)


def lacking(problems: Iterable[Problem]) -> dict[str, list[str]]:
    """Return what a person must decide, by kind: unknown units, headers, periods, and texts that could not be read."""
    kinds: dict[str, dict[str, None]] = {}
    for p in problems:
        if p.severity is Severity.ERROR:
            found = p.expected.split(" = ")[0].strip('"') if p.code == "period.missing" else p.found
            kinds.setdefault(p.code, {})[re.sub(r"\s+", " ", found)[:60]] = None
    return {code: list(found) for code, found in kinds.items()}
