"""Load a document's card, check the file's checksum, tell its encoding: card → `Document`.

A document is a folder that holds the file as received and `card.toml`, which says what the file is, who published it
and how it is laid out. docs/cards.md describes every field.
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kpigraph import formats
from kpigraph.language import LANGUAGES
from kpigraph.language.missing import word_key
from kpigraph.model import (
    Calendar,
    Conventions,
    Document,
    JoinCard,
    LayoutCard,
    Level,
    MissingReason,
    Role,
    SourceCard,
)
from kpigraph.problems import Problem, Severity, SourceError, SourceLocation, raise_if_any

_MUNICIPALITY = re.compile(r"(0[1-9]|[1-3][0-9]|4[0-7])[0-9]{4}")
_SEGMENT = re.compile(r"[a-z0-9][a-z0-9-]*")
_LANGUAGE_FIELDS = {
    "code", "fiscal_year_begins", "fiscal_year_named_by", "japanese_fiscal_year", "bare_year", "periods", "missing",
}  # fmt: skip
_ERA = re.compile("令和|平成|昭和|大正|明治")
_IRI = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[^/\\]+")
_COLUMNS = (
    "structure", "goal", "direction", "measure", "indicator", "category", "number", "role", "period", "value", "unit",
    "department", "note", "rating", "baseline", "actual", "target", "baseline-period", "actual-period",
    "target-period", "ignore",
)  # fmt: skip
_INHERITED = ("goal", "direction", "measure", "indicator", "category", "unit", "department", "note", "rating")


def check_digit(code: str) -> str:
    """Return the check digit of a municipality code from its first five digits.

    Source: 総務省 全国地方公共団体コード: the digits times 6, 5, 4, 3, 2; eleven minus the remainder of their sum by
    eleven; the last digit of that.
    """
    weighted = sum(int(d) * w for d, w in zip(code[:5], (6, 5, 4, 3, 2), strict=True))
    return str(11 - weighted % 11)[-1]


def find_folders(data: Path, *, needed: bool = True) -> list[Path]:
    """Return every document folder under `data`, a folder with a card.toml, in order of path.

    Raises:
        SourceError: if there is none, where one is `needed`.
    """
    folders = sorted(Path(folder) for folder, _, files in os.walk(data) if "card.toml" in files)
    if not folders and needed:
        at = SourceLocation(file=data.name or str(data))
        raise SourceError(Problem("data.none", at, found=data.name, expected="sources/<code>/<document>/card.toml"))
    return folders


def load(folder: Path, problems: list[Problem]) -> Document:
    """Return the document in `folder`; warnings are added to `problems`.

    Raises:
        SourceError: with every fault of the card and of the file's checksum and encoding.
    """
    card = _Card(folder)
    file = folder / card.text("document", "file", _FILE)
    if not card.faults and not file.is_file():
        card.fault("source.missing", file.name)
    sha256 = card.checksum(file, "document", "sha256")
    media_type = card.text("document", "media_type", re.compile(r"[a-z]+/[\w.+-]+"))
    municipality = card.text("publisher", "code", _MUNICIPALITY)
    if municipality and check_digit(municipality) != municipality[5]:
        card.fault("card.field", f"publisher.code = {municipality}", municipality[:5] + check_digit(municipality))
    if municipality and folder.parent.name != municipality:
        card.fault("card.field", f"publisher.code = {municipality}", f"sources/{municipality}/{folder.name}/")
    encoding = card.text("document", "encoding", optional=True)
    document = Document(
        folder=folder,
        file=file,
        sha256=sha256,
        media_type=media_type,
        encoding=encoding,
        municipality=municipality,
        municipality_names=card.texts("publisher", "name"),
        series=card.text("document", "series", _SEGMENT),
        series_labels=card.texts("document", "series_label"),
        edition=card.text("document", "edition", _SEGMENT),
        title=card.texts("document", "title"),
        description=card.texts("document", "description"),
        layout=card.layout(),
        conventions=card.conventions(),
        source=card.source(folder),
        licence=card.text("document", "licence", _IRI, optional=True),
        landing_page=card.text("document", "landing_page", _IRI, optional=True),
        issued=card.day("document", "issued"),
    )
    raise_if_any(card.faults)
    if (other := formats.foreign(file)) is not None:
        raise SourceError(Problem(other[0], document.at, other[1], ", ".join(formats.READABLE)))
    if media_type in formats.BINARY:
        return replace(document, encoding="")
    found = _encoding(document, encoding, problems)
    if media_type in (formats.TEXT, formats.TSV):
        problems += _cut_off(document, found)
    return replace(document, encoding=found)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _encoding(document: Document, declared: str, problems: list[Problem]) -> str:
    """Return the encoding to read all of a text with: the declared one, else the one detected."""
    name = formats.encoding(document.file, declared, document.media_type)
    expected = ", ".join(formats.ENCODINGS)
    if not name:
        with document.file.open("rb") as file:
            raise SourceError(Problem("source.encoding", document.at, file.read(16).hex(" "), expected))
    if (fault := formats.misfit(document.file, name)) is not None:
        place = document.at._replace(row=fault.line)
        if fault.cut:
            raise SourceError(Problem("source.truncated", place, fault.before, f"{name}: 1 文字 / a character"))
        raise SourceError(Problem("source.encoding", place, f"{name}: {fault.reason}", expected))
    if not declared and name != "utf-8":
        problems.append(Problem("source.encoding-detected", document.at, name, severity=Severity.WARNING))
    return name


def _cut_off(document: Document, encoding: str) -> Iterator[Problem]:
    """Yield a warning if a text ends within a cell: nothing then tells whether the cell goes on."""
    number, line = 0, ""
    with document.file.open(encoding=encoding) as lines:
        for number, line in enumerate(lines, 1):  # noqa: B007 (the last is asked for)
            pass
    if line and line[-1] not in "\n\t\f":
        place = document.at._replace(row=number)
        yield Problem("source.cut-off", place, line.split("\t")[-1], severity=Severity.WARNING)


class _Card:
    """The tables of a card.toml, read field by field; every fault is kept with its place."""

    def __init__(self, folder: Path) -> None:
        self.at = SourceLocation(file=f"{folder.parent.name}/{folder.name}/card.toml")
        self.faults: list[Problem] = []
        path = folder / "card.toml"
        if not path.is_file():
            raise SourceError(Problem("card.missing", self.at))
        try:
            self.tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise SourceError(Problem("card.unreadable", self.at, found=str(e))) from e

    def fault(self, code: str, found: str, expected: str = "") -> None:
        self.faults.append(Problem(code, self.at, found, expected))

    def _value(self, table: str, field: str) -> Any:
        values = self.tables.get(table, {})
        return values.get(field) if isinstance(values, dict) else None

    def text(self, table: str, field: str, pattern: re.Pattern[str] | None = None, *, optional: bool = False) -> str:
        value = self._value(table, field)
        if value is None and optional:
            return ""
        if not isinstance(value, str) or not value or (pattern and not pattern.fullmatch(value)):
            self.fault("card.field", f"{table}.{field} = {value!r}", pattern.pattern if pattern else "text")
            return ""
        return value

    def texts(self, table: str, field: str) -> dict[str, str]:
        value = self._value(table, field)
        if not isinstance(value, dict) or not all(isinstance(value.get(k), str) and value[k] for k in ("ja", "en")):
            self.fault("card.field", f"{table}.{field} = {value!r}", '{ ja = "…", en = "…" }')
            return {}
        return {"ja": value["ja"], "en": value["en"]}

    def day(self, table: str, field: str) -> date | None:
        value = self._value(table, field)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            self.fault("card.field", f"{table}.{field} = {value!r}", "2016-10-31")
            return None
        return value

    def conventions(self) -> Conventions:
        """Return the [language] table: how the document writes. Without it, it writes Japanese."""
        table = self.tables.get("language", {})
        unknown = sorted(set(table) - _LANGUAGE_FIELDS) if isinstance(table, dict) else ["="]
        if unknown:
            self.fault("card.field", f"language.{unknown[0]}", ", ".join(sorted(_LANGUAGE_FIELDS)))
        language = self._one_of("code", LANGUAGES) or "ja"
        begins = self._value("language", "fiscal_year_begins")
        if begins is not None and (type(begins) is not int or not 1 <= begins <= 12):
            self.fault("card.field", f"language.fiscal_year_begins = {begins!r}", "1, 4, 7, 10 … 12")
            begins = None
        japanese = self._value("language", "japanese_fiscal_year")
        if japanese not in (None, True, False) or (japanese and begins not in (None, 4)):
            self.fault("card.field", f"language.japanese_fiscal_year = {japanese!r}", "true, fiscal_year_begins = 4")
        fiscal = Calendar.JFY if japanese or language == "ja" else Calendar.FISCAL
        bare = self._one_of("bare_year", ("calendar", "fiscal"))
        named_by = self._one_of("fiscal_year_named_by", ("start", "end"))
        missing = self._pairs("missing", {"", *MissingReason})
        return Conventions(
            language=language,
            era=self.text("layout", "era", _ERA, optional=True),
            fiscal_year_begins=begins or (4 if japanese else 0),
            fiscal_year_named_by=named_by or ("start" if japanese else ""),
            japanese_fiscal_year=japanese is True,
            bare_year={"calendar": Calendar.YEAR, "fiscal": fiscal}.get(bare),
            period_names=self._pairs("periods"),
            missing_words={word: MissingReason(reason) if reason else None for word, reason in missing.items()},
        )

    def _one_of(self, field: str, allowed: Iterable[str]) -> str:
        value = self._value("language", field)
        if value is not None and value not in tuple(allowed):
            self.fault("card.field", f"language.{field} = {value!r}", ", ".join(allowed))
            return ""
        return value or ""

    def _pairs(self, field: str, allowed: Iterable[str] = ()) -> dict[str, str]:
        """Return a table of words of [language], by `word_key`; `allowed` has the possible values, if not any."""
        value = self._value("language", field) or {}
        if not isinstance(value, dict) or not all(
            word_key(k) and isinstance(v, str) and (v in allowed if allowed else v) for k, v in value.items()
        ):
            wanted = ", ".join(sorted(allowed)) if allowed else '"YR1" = "R2年度"'
            self.fault("card.field", f"language.{field} = {value!r}", wanted)
            return {}
        return {word_key(k): v for k, v in value.items()}

    def checksum(self, file: Path, table: str, field: str) -> str:
        """Return the checksum that the card has of `file`; that of another content is a fault."""
        sha256 = self.text(table, field, _SHA256)
        if file.is_file() and sha256 and (found := _sha256(file)) != sha256:
            self.fault("card.checksum", found, sha256)
        return sha256

    def source(self, folder: Path) -> SourceCard:
        delimiter = self._value("source", "delimiter") or ""
        if not isinstance(delimiter, str) or len(delimiter) > 1 or delimiter in ("\r", "\n", '"'):
            self.fault("card.field", f"source.delimiter = {delimiter!r}", ", ; \\t")
            delimiter = ""
        join = None
        if self._value("source", "join") is not None:
            self.tables["source.join"] = self._value("source", "join")
            join = JoinCard(
                file=self.text("source.join", "file", _FILE),
                path=self.text("source.join", "path", optional=True),
                here=self.text("source.join", "here"),
                there=self.text("source.join", "there"),
            )
            if join.file and not (folder / join.file).is_file():
                self.fault("source.missing", join.file)
            self.checksum(folder / join.file, "source.join", "sha256")
        columns_at = self._value("source", "columns_at") or []
        fits = isinstance(columns_at, list) and all(type(at) is int and at >= 0 for at in columns_at)
        if not fits or columns_at != sorted(set(columns_at)) or (columns_at and self._value("source", "cut") == "tabs"):
            self.fault("card.field", f"source.columns_at = {columns_at!r}", '[0, 18, 40] (cut = "blanks")')
            columns_at = []
        return SourceCard(
            columns_at=tuple(columns_at),
            cut=self.text("source", "cut", re.compile("tabs|blanks"), optional=True),
            delimiter=delimiter,
            arrays=self._texts("source", "arrays"),
            groups=self._texts("source", "groups"),
            join=join,
            hidden=self.text("source", "hidden", re.compile("read|skip"), optional=True),
        )

    def _texts(self, table: str, field: str) -> tuple[str, ...]:
        value = self._value(table, field) or []
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.fault("card.field", f"{table}.{field} = {value!r}", '["…"]')
            return ()
        return tuple(value)

    def layout(self) -> LayoutCard:
        hierarchy = self._words("hierarchy", Level)
        return LayoutCard(
            kind=self.text("layout", "kind"),
            hierarchy=tuple((level, example) for level in Level for example in hierarchy.get(level, ())),
            columns=self._words("columns", _COLUMNS),
            roles={Role(role): words for role, words in self._words("roles", Role).items()},
            bullet=self.text("layout", "bullet", optional=True),
            relist_mark=self.text("layout", "relist_mark", optional=True),
            blank_means_above=frozenset(self._list("layout", "blank_means_above", _INHERITED)),
            era=self.text("layout", "era", _ERA, optional=True),
            unit=self.text("layout", "unit", optional=True),
            indent=self._widths("indent"),
            listed_under=self._levels("listed_under"),
            optional_levels=self._levels("optional_levels"),
            keeps_text=self._flag("layout", "keeps_text"),
            first_line_is_name=self._flag("layout", "first_line_is_name"),
            leave_unread=self._texts("layout", "leave_unread"),
            signed=self.text("layout", "signed", re.compile("value|change"), optional=True),
            rows=tuple(Role(role) for role in self._list("layout", "rows", tuple(Role))),
            indicator=self.text("layout", "indicator", optional=True),
            name_above=self._flag("layout", "name_above"),
            arrow=tuple(Role(role) for role in self._list("layout", "arrow", tuple(Role))),
            unit_words=self._unit_words(),
            numbers={Level(level): examples for level, examples in self._words("numbers", Level).items()},
        )

    def _unit_words(self) -> dict[str, str]:
        value = self._value("layout", "units") or {}
        if not isinstance(value, dict) or not all(isinstance(v, str) and k.strip() and v for k, v in value.items()):
            self.fault("card.field", f"layout.units = {value!r}", '"number" = "件"')
            return {}
        return value

    def _flag(self, table: str, field: str) -> bool:
        value = self._value(table, field)
        if value is not None and not isinstance(value, bool):
            self.fault("card.field", f"{table}.{field} = {value!r}", "true, false")
        return value is True

    def _levels(self, field: str) -> frozenset[Level]:
        return frozenset(Level(level) for level in self._list("layout", field, tuple(Level)))

    def _widths(self, field: str) -> dict[Level, int]:
        value = self._value("layout", field) or {}
        if not isinstance(value, dict) or not all(k in tuple(Level) and type(v) is int for k, v in value.items()):
            self.fault("card.field", f"layout.{field} = {value!r}", "goal = 0, direction = 2, measure = 4")
            return {}
        return {Level(level): width for level, width in value.items()}

    def _words(self, field: str, allowed: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return a table of [layout] that gives words for some of the names in `allowed`."""
        names = tuple(allowed)
        value = self._value("layout", field) or {}
        words = {k: (v,) if isinstance(v, str) else v for k, v in value.items()} if isinstance(value, dict) else None
        fine = words is not None and all(
            k in names and isinstance(v, list | tuple) and v and all(isinstance(w, str) and w for w in v)
            for k, v in words.items()
        )
        if not fine or words is None:
            self.fault("card.field", f"layout.{field} = {value!r}", "a table of " + ", ".join(names))
            return {}
        return {k: tuple(v) for k, v in words.items()}

    def _list(self, table: str, field: str, allowed: tuple[str, ...]) -> list[str]:
        value = self._value(table, field) or []
        if not isinstance(value, list) or not all(word in allowed for word in value):
            self.fault("card.field", f"{table}.{field} = {value!r}", "a list of " + ", ".join(allowed))
            return []
        return value
