"""All prefectures and municipalities of Japan: by code, never by name alone, for 釧路市 is not 釧路町.

The list is the operator's own, data/codelists/municipalities.csv, which `ministry` makes of the ministry's spreadsheet;
without it, that of the package japancode; without both it is empty, and the code on a document's card suffices.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from kpigraph import curated, iris
from kpigraph.model import Document
from kpigraph.problems import Problem, SourceLocation, raise_if_any
from kpigraph.sources import check_digit
from kpigraph.text import compact

__all__ = [
    "COLUMNS",
    "FILE",
    "LocalGovernment",
    "Municipalities",
    "contradictions",
    "faults_of_code",
    "load",
    "packaged",
]

FILE = "municipalities.csv"
COLUMNS = ("code", "name", "kana", "name_en", "prefecture")
PACKAGE = "japancode"
_CODE = re.compile(r"(?:0[1-9]|[1-3][0-9]|4[0-7])[0-9]{4}")
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalGovernment:
    """A prefecture, municipality or ward.

    `code` has six digits, the last a check digit. `name` is the official one in Japanese, that of a ward with its
    city before it (札幌市中央区); `kana` the same in hiragana, "" if not known; `name_en` "" if not known. `prefecture`
    is the name of the one it lies in, its own name if it is one.
    """

    code: str
    name: str
    kana: str = ""
    name_en: str = ""
    prefecture: str

    @property
    def area(self) -> str:
        """The IRI of e-Stat's undated standard area code of it."""
        return iris.area(self.code)

    @property
    def is_prefecture(self) -> bool:
        return self.code[2:5] == "000"


@dataclass(frozen=True, slots=True)
class Municipalities:
    """The list, by code in order; `source` says where it is from, "" if there is none.

    `by_name` has all that bear a name, by its normal form: the name, with the prefecture before it, and its kana.
    """

    by_code: Mapping[str, LocalGovernment] = field(default_factory=dict)
    by_name: Mapping[str, tuple[LocalGovernment, ...]] = field(default_factory=dict)
    source: str = ""

    @classmethod
    def of(cls, governments: Iterable[LocalGovernment], source: str) -> "Municipalities":
        """Return the list of `governments`, put in order; each code is there once."""
        in_order = sorted(governments, key=lambda g: g.code)
        by_name: dict[str, tuple[LocalGovernment, ...]] = {}
        for g in in_order:
            for name in {compact(g.name), compact(g.prefecture + g.name), compact(g.kana)} - {""}:
                by_name[name] = (*by_name.get(name, ()), g)
        return cls({g.code: g for g in in_order}, by_name, source)

    def find(self, text: str) -> tuple[LocalGovernment, ...]:
        """Return all that `text` names: by a code of five or six digits, else by name (prefecture first or not), kana.

        A name that several bear (府中市, 池田町) gives all of them: only a code tells which is meant.
        """
        wanted = compact(text)
        if wanted.isascii() and wanted.isdigit():
            code = wanted + check_digit(wanted) if len(wanted) == 5 else wanted
            return (self.by_code[code],) if code in self.by_code else ()
        return self.by_name.get(wanted, ())

    def prefecture_of(self, code: str) -> LocalGovernment | None:
        """Return the prefecture in which the place with `code` lies, None if the list does not have it."""
        first = code[:2] + "000"
        return self.by_code.get(first + check_digit(first))

    def __iter__(self) -> Iterator[LocalGovernment]:
        return iter(self.by_code.values())

    def __len__(self) -> int:
        return len(self.by_code)


def load(folder: Path) -> Municipalities:
    """Return the list of the data folder's `codelists`, that of the package where there is none.

    Raises:
        SourceError: with every fault of municipalities.csv, each with its line.
    """
    path = folder / FILE
    if not path.is_file():
        return packaged()
    name = f"codelists/{FILE}"
    problems: list[Problem] = []
    found: dict[str, LocalGovernment] = {}
    for at, row in curated.rows(path, name, COLUMNS, "codelist.field", problems):
        faults = list(faults_of_code(row["code"], at))
        faults += [Problem("codelist.field", at, f"{c} = ", "…") for c in ("name", "prefecture") if not row[c].strip()]
        if row["code"] in found:
            faults.append(Problem("codelist.clash", at, row["code"], found[row["code"]].name))
        if not faults:
            found[row["code"]] = LocalGovernment(**row)
        problems += faults
    if not found and not problems:
        problems.append(Problem("codelist.field", SourceLocation(file=name), "0", ",".join(COLUMNS)))
    raise_if_any(problems)
    return Municipalities.of(found.values(), name)


def packaged() -> Municipalities:
    """Return the list of the package japancode, an empty one if it is not installed.

    Its codes have lost their leading zero (12068), so they are read from its data, not by its functions, which take
    those for codes without check digit. A record whose digit is wrong is left out.
    """
    try:
        data = resources.files(PACKAGE) / "data"
        prefectures: list[dict[str, Any]] = json.loads((data / "prefectures.json").read_text(encoding="utf-8"))
        municipalities: list[dict[str, Any]] = json.loads((data / "municipalities.json").read_text(encoding="utf-8"))
    except (ModuleNotFoundError, FileNotFoundError):
        return Municipalities()
    records = [
        *(_record(p["lgcode"], p["pref"], p["prefkana"], p["pref"], p["pref_en"]) for p in prefectures),
        *(_record(m["lgcode"], m["city"], m["citykana"], m["pref"]) for m in municipalities),
    ]
    sound = {r.code: r for r in records if not list(faults_of_code(r.code, SourceLocation(file=PACKAGE)))}
    return Municipalities.of(sound.values(), PACKAGE)


def _record(code: str, name: str, kana: str, prefecture: str, name_en: str = "") -> LocalGovernment:
    return LocalGovernment(
        code=code.zfill(6), name=compact(name), kana=hiragana(kana), name_en=name_en, prefecture=prefecture
    )


def hiragana(kana: str) -> str:
    """Return katakana, half-width ones too, as hiragana without blanks."""
    return compact(kana).translate(_KATAKANA)


def faults_of_code(code: str, at: SourceLocation) -> Iterator[Problem]:
    """Yield what is wrong with a code of six digits: its form, or its check digit."""
    if not _CODE.fullmatch(code):
        yield Problem("codelist.field", at, f"code = {code}", "012068")
    elif check_digit(code) != code[5]:
        yield Problem("codelist.field", at, f"code = {code}", code[:5] + check_digit(code))


def contradictions(documents: Iterable[Document], known: Municipalities) -> Iterator[Problem]:
    """Yield an error for each municipality whose card calls it what the list does not call the holder of its code.

    The name may have the prefecture and the district before it (北海道釧路郡釧路町). A code that the list does not
    have, such as a new one, is no contradiction.
    """
    for document in documents:
        government = known.by_code.get(document.municipality)
        name = document.municipality_names.get("ja", "")
        if government is None or not name:
            continue
        before = f"(?:{re.escape(government.prefecture)})?(?:.+郡)?"
        if not re.fullmatch(before + re.escape(compact(government.name)), compact(name)):
            at = document.at._replace(file=f"{document.municipality}/{document.folder.name}/card.toml")
            found = f"publisher.name.ja = {name}, publisher.code = {document.municipality}"
            meant = [f"{g.code} {g.prefecture}{g.name}" for g in known.find(name)]
            yield Problem("municipality.name", at, found, ", ".join([f"{government.code} {government.name}", *meant]))
