"""The data folder of a synthetic country: documents with their cards, corrections, accepted matches, code lists.

What a graph of it must hold is written beside it as expected.json. The municipalities are the first of all in an order
of their own that mixes prefectures, cities, towns and the whole country, so that 100 are like 1,788.
"""

import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from country.files import FORMATS, NOT_RENDERED, Format
from country.lots import Seeded
from country.render import LAYOUTS
from country.strategies import SERIES, Maker, Strategy
from kpigraph import codelists, municipalities, registry
from kpigraph import read as readers
from kpigraph import sources as cards
from kpigraph.linking import LocalId, Mapping, MappingStatus, Predicate, SharedId, sssom
from kpigraph.linking.sssom import DECIDED_BY
from kpigraph.municipalities import LocalGovernment
from kpigraph.problems import SourceLocation
from kpigraph.registry import Registry

# Of each hundred municipalities, how many write so.
_LAYOUT_SHARES = {"wide": 40, "stacked": 26, "long": 18, "sheet": 9, "listed": 7}
_FORMAT_SHARES = {"tabs": 16, "xlsx": 22, "csv": 8, "csv utf-8-sig": 6, "csv cp932": 12, "csv utf-16": 1, "tsv": 5,
                  "blanks": 2, "xls": 4, "ods": 4, "html": 9, "json": 5, "pdf": 6}  # fmt: skip
_MATCHED = 60  # of a hundred municipalities, those whose shared indicators somebody has accepted
_CORRECTED = 6  # of a hundred documents that are lines of text
CARD = """\
# Made by benchmarks/synthesize.py by chance: nothing in it is about the municipality that bears this code.

[document]
file = "{file}"
sha256 = "{sha256}"
media_type = "{media_type}"
series = "{series}"
edition = "{edition}"
series_label = {{ ja = "{name}（架空）", en = "Strategy (fictional)" }}
title = {{ ja = "{name}KPI一覧（架空）", en = "KPI table (fictional)" }}
description = {{ ja = "性能測定用に自動生成した架空の文書", en = "A fictional document, generated for measurements" }}

[publisher]
code = "{code}"
name = {{ ja = "{municipality}", en = "{municipality_en}" }}

"""
_SUFFIX = {"tabs": "txt", "blanks": "txt", "html": "html", "json": "json", "pdf": "pdf", "tsv": "tsv"}


@dataclass(frozen=True)
class Made:
    """One document as written: its folder, what it was made from, and how."""

    folder: Path
    strategy: Strategy
    layout: str
    form: Format


def ways() -> list[tuple[str, Format]]:
    """Return a layout and format for each of a run of municipalities, in the shares above, every pair among them.

    Each layout is among the first.
    """
    pairs = [(layout, f) for layout in LAYOUTS for f in FORMATS if (f.name, layout) not in NOT_RENDERED]
    found = []
    for layout, form in pairs:
        found += [(layout, form)] * max(1, round(_LAYOUT_SHARES[layout] * _FORMAT_SHARES[form.name] / 25))
    mixed = Seeded("ways").shuffled(found)
    first = [next(n for n, (name, _) in enumerate(mixed) if name == layout) for layout in LAYOUTS]
    return [mixed[n] for n in first] + [way for n, way in enumerate(mixed) if n not in first]


def governments(count: int) -> list[LocalGovernment]:
    """Return so many prefectures and municipalities of Japan, without the wards of cities.

    Raises:
        ValueError: if there are not so many.
    """
    known = [g for g in municipalities.packaged() if not ("市" in g.name and g.name.endswith("区"))]
    if count > len(known):
        raise ValueError(f"there are {len(known)} municipalities and prefectures, not {count}")
    return Seeded("governments").shuffled(known)[:count]


def write(data: Path, count: int, editions: int, seed: int, lists: Path) -> Iterator[Made]:
    """Write the documents of `count` municipalities into `data`, with the code lists of `lists`; yield each document.

    expected.json and the mapping files are there once all have been taken.
    """
    shutil.copytree(lists, data / "codelists")
    maker = Maker(seed, codelists.load_units(lists), codelists.load_indicators(lists))
    counts: Counter[str] = Counter()
    every = ways()
    for n, government in enumerate(governments(count)):
        layout, form = every[n % len(every)]
        keys = Registry(government.code)
        for made in _documents(data, maker, government, editions, layout, form):
            counts += counted(made)
            for i in made.strategy.indicators:
                edition = f"{SERIES}/{made.strategy.edition}"
                if i.shared and not keys.claim("kpi", i.name, edition, department=i.department):
                    keys.mint("kpi", i.name, edition, department=i.department)
            yield made
        if Seeded(f"{seed}/{government.code}/matched").chance(_MATCHED):
            counts["matches"] += _match(data, keys, made.strategy, maker)
    counts["municipalities"] = count
    (data / "expected.json").write_text(json.dumps(dict(sorted(counts.items())), indent=1) + "\n", "utf-8")


def counted(made: Made) -> Counter[str]:
    """Return how much of what a graph must hold of a document."""
    s = made.strategy
    figures = [
        figure for i in s.indicators for figure in i.figures if LAYOUTS[made.layout].years or figure.role != "actual"
    ]
    return Counter(
        documents=1,
        indicators=len(s.indicators),
        listings=len(s.listings),
        statements=len(figures),
        goals=len({h[0] for h, _ in s.listings}),
        directions=len({h[:2] for h, _ in s.listings}),
        measures=len({h for h, _ in s.listings}),
    )


def _documents(
    data: Path, maker: Maker, government: LocalGovernment, editions: int, layout: str, form: Format
) -> Iterator[Made]:
    """Write every edition of one municipality's strategy."""
    lots = Seeded(f"{maker.seed}/{government.code}/written")
    years, rendered = LAYOUTS[layout].years, LAYOUTS[layout]
    encoding = "cp932" if form.name.endswith("cp932") else "utf-8"
    mixed = layout == "wide" and lots.flag()
    years = 1 if mixed else min(years, lots.between(1, 3)) if years else 0
    own_periods = mixed or layout in ("long", "stacked")
    for strategy in maker.editions(government, editions, years, plain=layout == "listed", own_periods=own_periods):
        folder = data / "sources" / government.code / f"{SERIES}-{strategy.edition}"
        folder.mkdir(parents=True)
        file = folder / f"kpi.{_SUFFIX.get(form.name, form.name.split()[0])}"
        pages = rendered.render(strategy.plan(mixed=mixed, encoding=encoding), lots, form.scars)
        misprint = _misprint(lots, pages) if form.name in ("tabs", "tsv") and lots.chance(_CORRECTED) else None
        form.write(file, pages, lots)
        card = CARD.format(
            file=file.name,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            media_type=form.media_type,
            series=SERIES,
            edition=strategy.edition,
            name=strategy.name,
            code=government.code,
            municipality=government.name,
            municipality_en=government.name_en or government.code,
        )
        (folder / "card.toml").write_text(card + rendered.card(layout, 3), "utf-8")
        if misprint:
            _correct(folder, *misprint)
        yield Made(folder, strategy, layout, form)


def _misprint(lots: Seeded, pages: list) -> tuple[str, str] | None:
    """Print one number of `pages` with the letter O for a zero; return how it is printed and what it should be."""
    found = [
        (row, n)
        for page in pages
        for row in page.rows
        for n, text in enumerate(row)
        if "0" in text and text.replace(",", "").isascii() and text.replace(",", "").isdecimal()
    ]
    once = Counter(row[n] for row, n in found)
    found = [(row, n) for row, n in found if once[row[n]] == 1]
    if not found:
        return None
    row, n = lots.pick(found)
    right = row[n]
    row[n] = right.replace("0", "O")
    return row[n], right


def _correct(folder: Path, printed: str, right: str) -> None:
    """Write the correction of a misprint, at the place that readers give its cell, with the blanks around it."""
    document = cards.load(folder, [])
    cells = (cell for row in readers.read(document, []) for cell in row.cells)
    cell = next(cell for cell in cells if cell.printed.strip() == printed)
    at = cell.at
    values = {"place": at.place, "column": at.cell, "was": cell.printed, "now": right, "reason": "extraction",
              "explanation_ja": "数字の0が英字のOになっている", "explanation_en": "the letter O stands for a zero",
              "evidence_ja": "値の欄である", "evidence_en": "it is a column of values", "status": "accepted",
              "decided_by": "架空の担当者", "decided_on": "2026-11-25"}  # fmt: skip
    with (folder / "corrections.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(values), lineterminator="\n")
        writer.writeheader()
        writer.writerow(values)


def _match(data: Path, keys: Registry, newest: Strategy, maker: Maker) -> int:
    """Write the accepted matches of the newest edition of one municipality; return how many they are."""
    code = keys.municipality
    registry.save(replace(keys, minted=[]), data / "sources" / code, [])
    edition = f"{SERIES}/{newest.edition}"
    rows = [
        Mapping(
            subject=LocalId(code, keys.claim("kpi", i.name, edition, department=i.department)),
            subject_label=i.name,
            predicate=Predicate.EXACT,
            object=SharedId(i.shared.notation),
            object_label=i.shared.label_ja,
            justification=DECIDED_BY,
            confidence="1.0",
            status=MappingStatus.ACCEPTED,
            reviewer="架空の担当者",
            reviewer_id="",
            date="2026-11-25",
            tool="",
            comment="",
            at=SourceLocation(file=""),
        )
        for i in newest.indicators
        if i.shared
    ]
    if rows:
        (data / "alignments").mkdir(exist_ok=True)
        sssom.save(sssom.path_of(data, code), code, rows)
    return len(rows)
