"""Documents as received: their cells and rows, their cards, the corrections of them."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from kpigraph.model.kinds import CorrectionCause, CorrectionStatus, Level, Role
from kpigraph.model.values import JAPANESE, Conventions
from kpigraph.problems import SourceLocation


class Cell(NamedTuple):
    """One cell: `printed` is byte for byte what the file holds, `text` what is read (after corrections).

    In a merged area every place is a cell with the text of the first, the anchor, whose place is `repeats`; None for
    a cell of its own. Only cells of their own are counted as read or unread.
    """

    at: SourceLocation
    printed: str
    text: str
    repeats: SourceLocation | None = None

    @property
    def corrected(self) -> bool:
        return self.text != self.printed


class Row(NamedTuple):
    """One row of a source with all its cells, empty ones too; `printed` is the whole row as the file holds it.

    `hidden`: a spreadsheet does not show it, or the sheet it is on; `hidden_columns` are the numbers of its cells that
    are not shown, though the row is. `order` is its position among the rows of all parts, from 1; 0 where that is the
    row number itself.
    """

    at: SourceLocation
    cells: tuple[Cell, ...]
    printed: str
    hidden: bool = False
    order: int = 0
    hidden_columns: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutCard:
    """How a document is laid out, from the [layout] table of its card. See docs/cards.md.

    `numbers` are examples of the numbers that headings in columns begin with. `era` completes years that are printed
    without one (5年度), `unit` is that of numbers with none. `indent` is the least width of the blanks before a heading
    of each level. `listed_under` are the levels under which indicators may stand; empty: the lowest one. Headings of
    `optional_levels` may be left out between a higher and a lower one. `arrow` are the roles of the values that an
    arrow joins in a line of text; `keeps_text` tells that other lines of text are kept as such. `first_line_is_name`
    tells that what stands below the first line of an indicator's cell explains it; `leave_unread` are
    the texts of cells that somebody has seen and leaves unread. `unit_words` are the document's own
    words for units, each with a name the code list has. `signed` says what numbers with a sign are: "value", "change",
    "" where the card does not say. `rows` are the roles of the rows of each indicator, where these take turns.
    `indicator` names the only indicator of a document that names none; `name_above` tells that the line above a table
    names its indicator.
    """

    kind: str
    hierarchy: tuple[tuple[Level, str], ...]
    columns: dict[str, tuple[str, ...]]
    roles: dict[Role, tuple[str, ...]]
    bullet: str = ""
    relist_mark: str = ""
    blank_means_above: frozenset[str] = frozenset()
    era: str = ""
    unit: str = ""
    indent: dict[Level, int] = field(default_factory=dict)
    listed_under: frozenset[Level] = frozenset()
    optional_levels: frozenset[Level] = frozenset()
    arrow: tuple[Role, ...] = ()
    keeps_text: bool = False
    first_line_is_name: bool = False
    leave_unread: tuple[str, ...] = ()
    signed: str = ""
    indicator: str = ""
    name_above: bool = False
    rows: tuple[Role, ...] = ()
    unit_words: dict[str, str] = field(default_factory=dict)
    numbers: dict[Level, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCard:
    """A second file of a document: its objects at `path` are joined where their `there` is the `here` of a row."""

    file: str
    path: str
    here: str
    there: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCard:
    """How a file's rows and cells are told apart, from the [source] table of its card. See docs/cards.md.

    `columns_at` are where the columns of a text begin that blanks align, in columns of a screen, where a Japanese
    character takes two. `hidden` says what becomes of hidden sheets, rows and columns: "skip", as when it is "", or
    "read".
    """

    cut: str = ""
    delimiter: str = ""
    arrays: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    join: JoinCard | None = None
    hidden: str = ""
    columns_at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as received, with what its card says of it. Texts by language: {"ja": …, "en": …}."""

    folder: Path
    file: Path
    sha256: str
    media_type: str
    encoding: str
    municipality: str
    municipality_names: dict[str, str]
    series: str
    series_labels: dict[str, str]
    edition: str
    title: dict[str, str]
    description: dict[str, str]
    layout: LayoutCard
    source: SourceCard = SourceCard()
    licence: str = ""
    landing_page: str = ""
    issued: date | None = None
    conventions: Conventions = JAPANESE

    @property
    def at(self) -> SourceLocation:
        return SourceLocation(file=f"{self.municipality}/{self.folder.name}/{self.file.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One row of corrections.csv: the cell at `place` and `column` (its number) says `now`, not `was`.

    `place` is the row as written there: 12, Sheet1:12 or s2-12; once rows are read, `SourceLocation.place`.
    """

    key: str
    at: SourceLocation
    place: str
    column: int
    was: str
    now: str
    reason: CorrectionCause
    explanation: dict[str, str]
    evidence: dict[str, str]
    status: CorrectionStatus
    decided_by: str
    decided_on: date | None
