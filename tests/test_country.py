"""The synthetic country of the benchmarks: the same for the same seed, read back as it was meant, its counts known."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import BLOCK, DATA, HEADER, HEADINGS, write_case
from country import sources
from country.render import LAYOUTS
from country.sources import Made
from test_every_format import in_this_process

from kpigraph import editions, identity, registry
from kpigraph import sources as cards
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts import Reading
from kpigraph.linking import sssom
from kpigraph.problems import Problem, Severity
from kpigraph.text import compact, normalise

__all__ = ["in_this_process"]
MUNICIPALITIES, EDITIONS = 5, 2  # every layout is among them


@dataclass(frozen=True)
class Country:
    data: Path
    documents: list[Made]


def written(data: Path, seed: int = 7, editions: int = EDITIONS) -> Country:
    return Country(data, list(sources.write(data, MUNICIPALITIES, editions, seed, DATA / "codelists")))


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    return written(tmp_path_factory.mktemp("country") / "data")


def digests(folder: Path) -> dict[str, str]:
    files = (p for p in sorted(folder.glob("**/*")) if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def said(reading: Reading) -> Counter[tuple[str, ...]]:
    """Return what a reading says: measure, name, unit, department, role, days, texts and number of each value."""
    return Counter(
        (
            normalise(block.places[0].label),
            compact(block.label.text).lstrip("・"),
            normalise(block.department.text) if block.department else "",
            entry.role.value,
            str(entry.period.period.first_day or "") if entry.period.period else "",
            str(entry.period.period.last_day or "") if entry.period.period else "",
            "" if entry.quantity.value is None else str(entry.quantity.value.normalize()),
        )
        for block in reading.blocks
        for entry in block.entries
    )


def meant(made: Made) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for headings, number in made.strategy.listings:
        i = made.strategy.indicators[number]
        for figure in i.figures:
            if figure.role != "actual" or LAYOUTS[made.layout].years:
                value = figure.amount.number
                found[
                    headings[-1].label,
                    compact(i.name),
                    i.department,
                    figure.role,
                    "" if "累計" in i.name else figure.period.first,  # its values are sums to date, as the name says
                    figure.period.last,
                    "" if value is None else str(value.normalize()),
                ] += 1
    return found


def test_the_same_seed_gives_the_same_country_byte_for_byte(country: Country, tmp_path: Path) -> None:
    assert digests(written(tmp_path / "again").data) == digests(country.data)
    other = digests(written(tmp_path / "other", seed=8, editions=1).data)
    assert not set(other.values()) & {d for p, d in digests(country.data).items() if p.startswith("sources")}


def test_every_document_says_what_its_strategy_means_and_holds_as_much_as_expected(
    country: Country, units: UnitCodelist
) -> None:
    assert {made.layout for made in country.documents} == set(LAYOUTS)
    counts: Counter[str] = Counter()
    for folder in sorted((country.data / "sources").iterdir()):
        keys, problems = registry.load(folder), list[Problem]()
        for made in (m for m in country.documents if m.folder.parent == folder):
            document = cards.load(made.folder, problems)
            reading, known = editions.read_cells(document, units, problems)
            assert not reading.unread
            assert said(reading) == meant(made), (made.folder, made.layout, made.form.name)
            edition = identity.identify(document, reading, known, keys, units, problems)
            counts["documents"] += 1
            counts.update(f"{element.level.value}s" for element in edition.elements)
            for name in ("indicators", "listings", "statements"):
                counts[name] += len(getattr(edition, name))
        assert [p.line() for p in problems if p.severity is Severity.ERROR] == []
        matches = sssom.load(sssom.path_of(country.data, folder.name), problems)
        assert {m.subject.key for m in matches} <= {i.key for i in edition.indicators}
        counts["matches"] += len(matches)
    expected = json.loads((country.data / "expected.json").read_text("utf-8"))
    assert counts.pop("matches") == expected.pop("matches") > 0
    assert expected.pop("municipalities") == MUNICIPALITIES
    assert counts == expected


def test_a_misprint_with_blanks_around_it_is_corrected_where_it_stands(tmp_path: Path) -> None:
    case = write_case(tmp_path, HEADER + HEADINGS + BLOCK.replace("110.5", "　11O.5 "))
    sources._correct(case.folder, "11O.5", "110.5")
    edition, _, problems = case.read()
    assert [p for p in problems if p.severity is Severity.ERROR] == []
    assert "110.5" in {str(s.quantity.value) for s in edition.statements}
