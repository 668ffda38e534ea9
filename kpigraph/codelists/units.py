"""The units of data/codelists/units.csv, found by what a document prints.

units.csv has one row a unit. Two spellings are the same name when their normal forms without blanks are equal, so one
label finds its full-width, half-width and spaced-out forms. English words are also found with capitals (Residents);
symbols are not (MW is no mW).
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from kpigraph.codelists.lists import list_file
from kpigraph.model import Unit
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.text import compact

UNITS_FILE = "units.csv"
UNIT_COLUMNS = (
    "notation", "label_ja", "label_en", "alternatives", "base_unit", "factor", "unit_mult", "minimum", "maximum",
)  # fmt: skip
_NOTATION = re.compile(r"[a-z0-9][a-z0-9-]*")  # it becomes a part of the unit's IRI
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FACTOR = re.compile(r"[0-9]+")
_EXPONENT = re.compile(r"[0-9]{1,2}")
_WORD = re.compile(r"[A-Za-z]{4,}")
_A_YEAR = re.compile(r"(?P<unit>[^/]+)(?:/(?:年度?|year|yr)|(?<=[a-z])(?:peryear|perannum))", re.IGNORECASE)
_IRI = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_CURIE = re.compile(r"([a-z][a-z0-9-]*):([A-Za-z0-9][A-Za-z0-9_.-]*)")


@dataclass(frozen=True, slots=True)
class UnitCodelist:
    """The units of units.csv in the order of the file; `by_name` has the normal form of every name of each."""

    units: tuple[Unit, ...]
    by_name: Mapping[str, Unit]

    def find(self, text: str) -> Unit | None:
        """Return the unit that `text` names by label, alternative or notation, None if there is none.

        人/年 is 人: the year is that of the value's period.
        """
        if not text:  # as beside most numbers
            return None
        name = compact(text)
        found = self.by_name.get(name)
        if found is None and _WORD.fullmatch(name):
            found = self.by_name.get(name.casefold())
        if found is None and (m := _A_YEAR.fullmatch(name)):
            found = self.find(m["unit"])
        return found

    def called(self, words: Mapping[str, str], at: SourceLocation) -> "UnitCodelist":
        """Return the units with the words that one document has for them: number → 件.

        Raises:
            SourceError: if a word stands for no unit of the list, or names another one.
        """
        named = {word: self.find(name) for word, name in words.items()}
        faults = []
        for word, unit in named.items():
            known = self.find(word)
            if unit is None or known not in (None, unit):
                expected = f"{word} = {known.label_ja}" if unit and known else "a label in data/codelists/units.csv"
                faults.append(Problem("card.field", at, f"layout.units.{word} = {words[word]}", expected))
        if faults:
            raise SourceError(*faults)
        own = {compact(word): unit for word, unit in named.items() if unit is not None}
        return UnitCodelist(self.units, {**self.by_name, **own})

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.units)

    def __len__(self) -> int:
        return len(self.units)


def is_a_year(unit: str) -> bool:
    """Tell whether the text of a unit says that it counts what there is in one year: 人/年, visits per year."""
    return _A_YEAR.fullmatch(compact(unit)) is not None


def load_units(folder: Path) -> UnitCodelist:
    """Return the units of `folder`/units.csv, or those that come with the program where it has none.

    Raises:
        SourceError: with every fault of the file, each with its line and cell.
    """
    faults: list[Problem] = []
    file = f"{folder.name}/units.csv"
    rows = [_UnitRow(cells, line, file, faults) for line, cells in _read(list_file(folder, UNITS_FILE), file, faults)]
    notations = {row.cells["notation"] for row in rows}
    units = [row.unit(notations) for row in rows]
    by_name: dict[str, Unit] = {}
    owners: dict[str, _UnitRow] = {}
    for row, unit in zip(rows, units, strict=True):
        for column, name in row.names():
            owner = owners.setdefault(compact(name), row)
            if owner is not row:
                row.fault(column, f"{file}:{owner.line} {owner.cells['notation']}", code="codelist.clash", found=name)
            by_name[compact(name)] = unit
    if faults:
        raise SourceError(*sorted(faults, key=lambda fault: fault.at))
    return UnitCodelist(tuple(units), by_name)


def _read(path: Path, file: str, faults: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row of a code list with the number of its line; what is no row of it goes to `faults`."""
    at = SourceLocation(file=file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        found = error.object[error.start : error.end].hex(" ")
        raise SourceError(Problem("source.encoding", at, found=found, expected="UTF-8")) from None
    reader = csv.reader(text.splitlines(keepends=True))
    header = next(reader, [])
    if header != list(UNIT_COLUMNS):
        at = SourceLocation(file=file, row=1)
        raise SourceError(Problem("header.missing", at, found=",".join(header), expected=",".join(UNIT_COLUMNS)))
    line = reader.line_num + 1
    for cells in reader:
        if cells and len(cells) != len(UNIT_COLUMNS):
            at = SourceLocation(file=file, row=line)
            faults.append(Problem("codelist.field", at, ",".join(cells), ",".join(UNIT_COLUMNS)))
        elif cells:
            yield line, dict(zip(UNIT_COLUMNS, (cell.strip() for cell in cells), strict=True))
        line = reader.line_num + 1


@dataclass(frozen=True, slots=True, eq=False)
class _UnitRow:
    """One row of units.csv; what is wrong with it goes to `faults`."""

    cells: dict[str, str]
    line: int
    file: str
    faults: list[Problem]

    def fault(self, column: str, expected: str, *, code: str = "codelist.field", found: str = "") -> None:
        at = SourceLocation(file=self.file, row=self.line, cell=UNIT_COLUMNS.index(column) + 1)
        self.faults.append(Problem(code, at, f"{column} = {found or self.cells[column]}", expected))

    def alternatives(self) -> list[str]:
        return [a.strip() for a in self.cells["alternatives"].split("|")] if self.cells["alternatives"] else []

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield every name by which the unit is found, with its column."""
        for column in ("notation", "label_ja", "label_en"):
            if self.cells[column]:
                yield column, self.cells[column]
        for alternative in self.alternatives():
            if alternative:
                yield "alternatives", alternative

    def unit(self, notations: set[str]) -> Unit:
        """Return the unit; a field at fault has a value that no one will see, for the file is refused."""
        for column, example in (("label_ja", "トン"), ("label_en", "tonne")):
            if not self.cells[column]:
                self.fault(column, example)
        alternatives = self.alternatives()
        labels = [self.cells["label_ja"], *alternatives]
        if "" in alternatives or len(set(labels)) < len(labels):
            self.fault("alternatives", "m³|㎥")
        self._matching("notation", _NOTATION, "man-yen", default="")
        unit_mult = int(self._matching("unit_mult", _EXPONENT, "4", default="0"))
        factor = Decimal(self._matching("factor", _FACTOR, str(10**unit_mult), default="1"))
        if factor != 10**unit_mult and _FACTOR.fullmatch(self.cells["factor"]):
            self.fault("factor", f"{10**unit_mult} (10^{unit_mult})")
        minimum, maximum = self._bound("minimum"), self._bound("maximum")
        if minimum is not None and maximum is not None and minimum > maximum:
            self.fault("maximum", f"≥ {minimum}")
        return Unit(
            notation=self.cells["notation"],
            label_ja=self.cells["label_ja"],
            label_en=self.cells["label_en"],
            alternatives=tuple(alternatives),
            base_unit=self._base_unit(notations),
            factor=factor,
            unit_mult=unit_mult,
            minimum=minimum,
            maximum=maximum,
        )

    def _matching(self, column: str, pattern: re.Pattern[str], example: str, default: str) -> str:
        if pattern.fullmatch(self.cells[column]):
            return self.cells[column]
        self.fault(column, example)
        return default

    def _bound(self, column: str) -> Decimal | None:
        return Decimal(self._matching(column, _NUMBER, "100", default="0")) if self.cells[column] else None

    def _base_unit(self, notations: set[str]) -> str:
        """Return the IRI that the cell gives in full or with a prefix; a unit of ours must be in the file itself."""
        text = self.cells["base_unit"]
        if _IRI.fullmatch(text):
            return text
        match = _CURIE.fullmatch(text)
        if match is None or match[1] not in PREFIXES or (match[1] == "u" and match[2] not in notations):
            self.fault("base_unit", "unit:TONNE, u:percentage-point, http://qudt.org/vocab/unit/TONNE")
            return text
        return PREFIXES[match[1]] + match[2]
