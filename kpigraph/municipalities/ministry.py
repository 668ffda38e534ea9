"""The ministry's spreadsheet of all local governments (総務省 全国地方公共団体コード), made the list of this publisher.

Its first sheet (R6.1.1現在の団体) has a header, prefectures and municipalities, kana half-width; its second one
(政令指定都市) the wards of large cities, in some years without header: code, name, kana. Codes can be numbers, which
have lost their leading zero. The file is read within the limits of every reader; only if all of it is sound is the
list replaced, in one step.
"""

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kpigraph import formats
from kpigraph.model import Document, LayoutCard, Row
from kpigraph.municipalities import COLUMNS, FILE, LocalGovernment, Municipalities, faults_of_code, hiragana
from kpigraph.problems import Problem, SourceError, SourceLocation, UsageError, raise_if_any
from kpigraph.read import Limits, read
from kpigraph.text import compact

HEADER = {
    "code": "団体コード", "prefecture": "都道府県名(漢字)", "name": "市区町村名(漢字)",
    "prefecture_kana": "都道府県名(カナ)", "kana": "市区町村名(カナ)",
}  # fmt: skip
PREFECTURES = 47
_PLAIN = {"code": 0, "name": 1, "kana": 2}


def import_file(file: Path, folder: Path, former: Municipalities, limits: Limits) -> Municipalities:
    """Write `folder`/municipalities.csv from the ministry's `file` and return what it holds.

    English names, which the ministry's file does not have, are taken over from `former` where the name is the same.

    Raises:
        SourceError: with every fault of the file, each with sheet, row and cell; the list stays as it was.
        UsageError: if there is no such file, or the folder cannot be written.
    """
    if not file.is_file():
        raise UsageError(f"ファイルがありません: {file}", f"there is no such file: {file}")
    problems: list[Problem] = []
    at = SourceLocation(file=file.name)
    try:
        found = _governments(read(_document(file), [], limits), problems, at)
    except SourceError as e:
        raise SourceError(*(replace(p, at=p.at._replace(file=file.name)) for p in e.problems)) from None
    prefectures = sum(g.is_prefecture for g in found.values())
    if not problems and prefectures != PREFECTURES:
        problems.append(Problem("municipalities.incomplete", at, str(prefectures), str(PREFECTURES)))
    raise_if_any(problems)
    named = {}
    for code, government in sorted(found.items()):
        known = former.by_code.get(code)
        english = known.name_en if known is not None and known.name == government.name else ""
        named[code] = replace(government, name_en=english)
    _write(folder, named)
    return Municipalities.of(named.values(), f"codelists/{FILE}")


def _document(file: Path) -> Document:
    at = SourceLocation(file=file.name)
    if not file.stat().st_size:
        raise SourceError(Problem("source.empty", at))
    media_type = formats.media_type(file)
    if not media_type:
        raise SourceError(Problem("source.unsupported", at, file.name, "xlsx, xls, ods, csv"))
    encoding = "" if media_type in formats.BINARY else formats.encoding(file, kind=media_type)
    if media_type not in formats.BINARY and (not encoding or formats.misfit(file, encoding) is not None):
        raise SourceError(Problem("source.encoding", at, encoding or file.name, ", ".join(formats.ENCODINGS)))
    return Document(
        folder=file.parent,
        file=file,
        sha256="",
        media_type=media_type,
        encoding=encoding,
        municipality="",
        municipality_names={},
        series="",
        series_labels={},
        edition="",
        title={},
        description={},
        layout=LayoutCard(kind="", hierarchy=(), columns={}, roles={}),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """One row with a code, as texts; `at` is the place of the row, `code_at` that of the code."""

    at: SourceLocation
    code_at: SourceLocation
    code: str
    name: str
    kana: str
    prefecture: str = ""
    prefecture_kana: str = ""


def _governments(rows: Iterable[Row], problems: list[Problem], at: SourceLocation) -> dict[str, LocalGovernment]:
    prefectures: dict[str, str] = {}
    found: dict[str, LocalGovernment] = {}
    for line in _lines(rows, problems, at):
        code = line.code.zfill(6) if len(line.code) == 5 else line.code
        faults = list(faults_of_code(code, line.code_at))
        is_prefecture = code[2:5] == "000"
        if is_prefecture:
            prefectures.setdefault(code[:2], line.prefecture)
        prefecture = line.prefecture or prefectures.get(code[:2], "")
        name = prefecture if is_prefecture else line.name
        if not name:
            faults.append(Problem("codelist.field", line.at, f"{HEADER['name']} = ", "釧路市"))
        if not prefecture or prefectures.get(code[:2], prefecture) != prefecture:
            expected = prefectures.get(code[:2]) or "北海道"
            faults.append(Problem("codelist.field", line.at, f"{HEADER['prefecture']} = {prefecture}", expected))
        known = found.get(code)
        if known is not None and known.name != name:
            faults.append(Problem("codelist.clash", line.at, f"{code} {name}", known.name))
        problems += faults
        if not faults and known is None:
            kana = line.prefecture_kana if is_prefecture else line.kana
            found[code] = LocalGovernment(code=code, name=name, kana=hiragana(kana), prefecture=prefecture)
    return found


def _lines(rows: Iterable[Row], problems: list[Problem], at: SourceLocation) -> Iterator[_Line]:
    """Yield the rows of all sheets; a sheet after the first with a header may do without: code, name, kana.

    A row of one text that is no code is a title or a note; any other row without a code is a fault.
    """
    part, columns, headed = "", dict[str, int](), False
    for row in rows:
        if row.at.key != part:
            part, columns = row.at.key, {}
        here = row.at._replace(file=at.file)
        texts = [compact(cell.text) for cell in row.cells]
        if compact(HEADER["code"]) in texts:
            columns = {field: texts.index(compact(word)) for field, word in HEADER.items() if compact(word) in texts}
            headed = True
            if missing := [word for field, word in HEADER.items() if field not in columns]:
                told = ", ".join(filter(None, texts))
                problems.append(Problem("municipalities.header", here, told, ", ".join(missing)))
                return
        elif any(texts) and headed:
            place = columns or _PLAIN
            line = {field: texts[n] if n < len(texts) else "" for field, n in place.items()}
            code_at = here._replace(cell=place["code"] + 1)
            if line["code"].isascii() and line["code"].isdigit():
                yield _Line(here, code_at, **line)
            elif sum(map(bool, texts)) > 1:
                problems.append(Problem("codelist.field", code_at, f"{HEADER['code']} = {line['code']}", "012068"))
    if not headed:
        problems.append(Problem("municipalities.header", at, "", ", ".join(HEADER.values())))


def _write(folder: Path, governments: Mapping[str, LocalGovernment]) -> None:
    """Put the list in its place in one step: whoever reads it meets the former one or this one, whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(g, column) for column in COLUMNS] for g in governments.values())
    temporary = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{FILE}.")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
        os.replace(temporary, folder / FILE)
    except OSError as e:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f"{folder} に書き込めません: {e}", f"cannot write into {folder}: {e}") from e
