"""Propose the card of a document that nobody has described yet, for `kpigraph new`: file → folder with file and card.

The format and encoding are told by the file's bytes, language, numbering and eras by its cells, the layout by trying
all of them. Every guess stands in the card with its evidence; what is not certain is left unread and listed.
"""

import hashlib
import re
import shutil
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from kpigraph import formats, read, sources
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import LAYOUTS, Part
from kpigraph.layouts.hidden import Hidden
from kpigraph.model import Conventions, Document, LayoutCard, Row
from kpigraph.problems import Problem, SourceError, SourceLocation, UsageError
from kpigraph.proposal import card, evidence
from kpigraph.proposal.trial import Trial, ranked, tried
from kpigraph.read import objects, text
from kpigraph.text import normalise

_SAMPLE = 3000  # rows; a card follows from the first of them
_CODE = re.compile(r"[0-9]{6}")
_FISCAL = re.compile(r"\bFY\s?'?[0-9]|[0-9]{4}/[0-9]{2}")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was written: the folder, the reading by the proposed card, what is left to decide."""

    folder: Path
    trial: Trial
    decisions: list[str]


def propose(code: str, file: Path, data: Path, units: UnitCodelist, *, name: str = "") -> Proposal:
    """Copy `file` into a new folder under `data`/sources/`code` with a card that describes it.

    Raises:
        UsageError: if the code is none, the file cannot be used, or the folder is there already.
        SourceError: if the file cannot be read.
    """
    if not _CODE.fullmatch(code) or sources.check_digit(code) != code[5]:
        wanted = code[:5] + sources.check_digit(code) if re.fullmatch("[0-9]{5,6}", code) else "012068"
        raise UsageError(
            f"団体コードは検査数字付きの6桁です: {code}（{wanted} ではありませんか）",
            f"a municipality code has six digits, the last a check digit: {code} (did you mean {wanted}?)",
        )
    if not file.is_file():
        raise UsageError(f"ファイルがありません: {file}", f"there is no such file: {file}")
    series = re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")[:40].strip("-") or "kpi"
    year = _YEAR.search(file.stem)
    edition = year[0] if year else "1"
    series = series.replace(edition, "").strip("-").replace("--", "-") or "kpi"
    folder = data / "sources" / code / f"{series}-{edition}"
    if folder.exists():
        raise UsageError(
            f"フォルダーがもうあります: {folder}（card.toml を直すか、フォルダーを消してください）",
            f"the folder is there already: {folder}; edit its card.toml, or remove the folder",
        )
    document, told = _document(code, file, series, edition, name)
    trials: list[Trial] = []
    of_trial: dict[int, tuple[dict[str, str], list[Row]]] = {}
    tables, prose = tuple(kind for kind in LAYOUTS if kind != "listed"), ("listed",)
    for own, kinds, remark in [*((own, tables, remark) for own, remark in _cut(document)), (document, prose, "")]:
        own = replace(own, layout=replace(own.layout, kind=kinds[0]))  # lines of text are cut by the layout
        rows = list(islice(read.read(own, []), _SAMPLE))
        if not rows:
            raise SourceError(Problem("source.empty", document.at))
        remarks = dict(told) | {"source.columns_at": remark}
        found = tried(_described(own, list(Hidden(own).parted(rows)), remarks), kinds, rows, units)
        trials += found
        of_trial |= {id(trial): (remarks, rows) for trial in found}
    trials = ranked(trials)
    if not trials:
        raise SourceError(Problem("source.empty", document.at))
    first = trials[0]
    remarks, rows = of_trial[id(first)]
    if "language.fiscal_year" in remarks:  # which year FY16 is only a person can say: until then it is unread
        first = first.without_fiscal_year(rows, units)
    first = replace(first, document=_named(first, remarks))
    remarks |= {f"layout.{field}": reason for field, reason in first.reasons.items()}
    remarks |= {field: reason for field, reason in first.reasons.items() if "." in field}
    folder.mkdir(parents=True)
    shutil.copyfile(file, folder / file.name)
    written = card.write(first, trials[1:], remarks)
    (folder / "card.toml").write_text(written, encoding="utf-8")
    sources.load(folder, [])  # a card that does not load would be our fault, not the reader's
    return Proposal(folder, first, card.decisions(first, remarks) + card.guesses(written))


def _document(code: str, file: Path, series: str, edition: str, name: str) -> tuple[Document, dict[str, str]]:
    """Return the document as its bytes and its name tell it, with remarks by table.field."""
    at = SourceLocation(file=f"{code}/{series}-{edition}/{file.name}")
    if (other := formats.foreign(file)) is not None:
        raise SourceError(Problem(other[0], at, other[1], ", ".join(formats.READABLE)))
    if not file.stat().st_size:
        raise SourceError(Problem("source.empty", at))
    media_type = formats.media_type(file)
    if not media_type:
        raise SourceError(Problem("source.unsupported", at, file.name, ", ".join(formats.READABLE)))
    encoding = ""
    if media_type not in formats.BINARY:
        encoding = formats.encoding(file, kind=media_type)
        if not encoding or formats.misfit(file, encoding) is not None:
            raise SourceError(Problem("source.encoding", at, encoding or file.name, ", ".join(formats.ENCODINGS)))
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    label = {"ja": name or f"団体コード {code}", "en": name or f"municipality {code}"}
    document = Document(
        folder=file.parent,
        file=file,
        sha256=sha256,
        media_type=media_type,
        encoding=encoding,
        municipality=code,
        municipality_names=label,
        series=series,
        series_labels={lang: f"{text}: {file.stem}" for lang, text in label.items()},
        edition=edition,
        title={lang: f"{text}: {file.stem}" for lang, text in label.items()},
        description={
            "ja": f"{label['ja']}のKPI文書（{file.name}）",
            "en": f"KPI document of {label['en']} ({file.name})",
        },
        layout=LayoutCard(kind="", hierarchy=(), columns={}, roles={}),
    )
    remarks = {
        "document.media_type": "内容から判定 / told by the content",
        "document.encoding": "内容から判定 / told by the content",
        "document.series": "計画のキー。IRI の一部になります / key of the plan, part of its IRI",
        "document.edition": "版のキー。次の版と並べられる番号に / key of this edition; later ones must sort after it",
        "document.series_label": "計画の正式な名前に直してください / put the plan's proper name",
        "publisher.name": "" if name else "自治体名に直してください / put the municipality's name",
    }
    return document, remarks


def _cut(document: Document) -> list[tuple[Document, str]]:
    """Return the document with each guess of where its columns or its rows are, and a remark where it is doubtful."""
    guesses = [(document, "")]
    inner = objects.innermost(document.file) if document.media_type == formats.JSON else ()
    if inner and inner != objects.arrays(document.file):
        remark = "要確認: 一つの行になる配列 / check: the arrays whose objects are rows"
        guesses.append((replace(document, source=replace(document.source, arrays=inner)), remark))
    for closely in (False, True) if document.media_type == formats.TEXT else ():
        starts = text.columns_of(document, closely=closely)
        lines = text.doubtful(document, starts)
        if len(starts) > 2 and (lines or closely):
            fit = ", ".join(map(str, lines[:5])) + (" …" if len(lines) > 5 else "") or "-"
            remark = f"要確認: 列の始まる桁 / check where columns begin; 合わない行 / lines that do not fit: {fit}"
            guesses.append((replace(document, source=replace(document.source, columns_at=tuple(starts))), remark))
    return guesses


def _described(document: Document, rows: list[Row], remarks: dict[str, str]) -> Document:
    """Return the document with what its cells show: language, years, numbering, marks."""
    lang = evidence.language(rows)
    kinds = evidence.numberings(rows)
    bullet, bullets = evidence.bullet(rows)
    mark, marks = evidence.relist_mark(rows)
    bare, calendar, fiscal, calendars = evidence.bare_years(rows)
    no_era, era = evidence.years_without_era(rows)
    conventions = Conventions(language=lang, bare_year=calendar if bare else None)
    fiscal_years = [c.text.strip()[:20] for r in rows for c in r.cells if lang == "en" and _FISCAL.search(c.text)]
    if fiscal_years:
        conventions = replace(conventions, fiscal_year_begins=4, fiscal_year_named_by="start")
        remarks["language.fiscal_year"] = fiscal_years[0]
    if bare:
        remarks["language.bare_year"] = (
            f"{bare.text.strip()} ({bare.at.shown}) は年か年度か / year or fiscal year? 年度 {fiscal}, 年 {calendars}"
        )
    for kind in kinds:
        where = f"{kind.at.at.shown}: {kind.at.text[:20]}"
        before = remarks.get(f"hierarchy.{kind.level.value}", "")
        said = f"{kind.count} 見出し / headings, {where}"
        remarks[f"hierarchy.{kind.level.value}"] = f"{before}; {said}" if before else said
    remarks["layout.bullet"] = f"{bullets} セル / cells"
    remarks["layout.relist_mark"] = f"{marks} 回 / times"
    if no_era:
        conventions = replace(conventions, era=era)
        remarks["layout.era"] = f"要確認 / check: {no_era.text.strip()} ({no_era.at.shown})"
    layout = replace(
        document.layout,
        hierarchy=tuple((kind.level, kind.example) for kind in kinds),
        bullet=bullet,
        relist_mark=mark,
        era=era if no_era else "",
    )
    return replace(document, layout=layout, conventions=conventions)


def _named(trial: Trial, remarks: dict[str, str]) -> Document:
    """Return the document with the first line outside its tables as its title."""
    document = trial.document
    for cell in trial.reading.cells:
        if cell.pieces[0].part is Part.CAPTION and 4 < len(title := normalise(cell.cell.text)) < 80:
            remarks["document.title"] = f"{cell.cell.at.shown} 行目 / row"
            return replace(document, title={"ja": title, "en": title})
    remarks["document.title"] = "ファイル名から / from the file's name"
    return document
