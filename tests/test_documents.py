"""Case folders: a fictional document and the graph that must come of it, compared as graphs, and what it says in words.

`said.txt` is for people: a golden graph can be wrong without anyone seeing it, a line such as
"観光客数 | target | 2027-04-01..2028-03-31 period | ≥ 1500 sen-nin" cannot.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import DATA, REPO
from rdflib.namespace import SH

from kpigraph import assess, codelists, editions, graph, iris, reference, validate
from kpigraph.iris import DataIris
from kpigraph.model import Derivation, Edition, Listing, Statement, ValueForm
from kpigraph.ontology import load_vocabulary
from kpigraph.order import in_order
from kpigraph.prefixes import PREFIXES
from kpigraph.problems import Problem
from kpigraph.registry import Registry
from kpigraph.terms import quads

CASES = sorted(p for p in (REPO / "tests" / "documents").iterdir() if p.is_dir())
BASE = DataIris("https://data.example/")


SHAPES, VOCABULARY = validate.load_shapes(), load_vocabulary()
UNITS = codelists.load_units(DATA / "codelists")
SIGNS = {"exact": "", "at-least": "≥ ", "at-most": "≤ ", "less-than": "< ", "more-than": "> "}


def build_case(case: Path) -> tuple[list[ox.Quad], list[str]]:
    """Return the named graphs that come of the documents of a case, units left out, and what they say in words."""
    problems: list[Problem] = []
    said: list[str] = []
    found: list[ox.Quad] = []
    for document in editions.load_documents(case, problems):
        edition = editions.read_edition(document, Registry(document.municipality), UNITS, problems)
        derived = assess.derive(edition)
        mapped = graph.edition_graph(edition, derived, BASE)
        said += in_words(edition, derived)
        shared = reference.reference_graph([edition], UNITS, BASE)
        report = validate.validate([*mapped.layers.values(), shared], SHAPES, VOCABULARY)
        said += [f"violates {r.shape} {r.focus_node}" for r in report.results if r.severity == SH.Violation]
        for layer, triples in mapped.layers.items():
            found += quads(triples, mapped.names.graph(layer))
        found += quads(reference.reference_graph([edition], [], BASE), BASE.graph("ref"))
    said += [f"warning: {p.at.place} {p.code} {p.found}" for p in problems]
    assert [p.line() for p in problems if p.severity == "error"] == []
    return in_order(found), said


def in_words(edition: Edition, derived: Derivation) -> Iterator[str]:
    """Yield each indicator with its assessment, and below it what each of its statements says."""
    for indicator in edition.indicators:
        judged = next((a for a in derived.assessments if a.indicator == indicator.key), None)
        status = f" -- {judged.status} {judged.reason or ''}".rstrip() if judged else ""
        places = (
            p for listing in edition.listings if listing.indicator == indicator.key for p in _above(edition, listing)
        )
        department = next((d.label for d in edition.departments if d.key == indicator.department), "")
        own = [a.stated_rating for a in edition.self_assessments if a.indicator == indicator.key]
        status += "".join(f", {place}" for place in dict.fromkeys(places)) + (
            f", by {department}" if department else ""
        )
        yield indicator.label + status + "".join(f", says of itself {rating}" for rating in own)
        for st in (s for s in edition.statements if s.indicator == indicator.key):
            printed = " / ".join(text for text in (st.stated_value, st.stated_period, st.stated_unit) if text)
            notes = "".join(f" | note: {note}" for note in st.notes)
            yield f"  {st.role} | {_days(st)} | {_value(st)} | printed: {printed}{notes}"


def _above(edition: Edition, listing: Listing) -> Iterator[str]:
    placement = next((p for p in edition.placements if p.key == listing.placement), None)
    if placement is not None:
        yield f"under {placement.notation} {placement.label}".replace("  ", " ")


def _days(st: Statement) -> str:
    period = st.period.period
    if period is None:
        return "no period"
    if period.duration:
        return f"{period.duration} {st.period.aggregation}"
    days = dict.fromkeys(str(day or "") for day in (period.first_day, period.last_day))
    return f"{'..'.join(days)} {st.period.aggregation}"


def _value(st: Statement) -> str:
    q, unit = st.quantity, st.unit.notation if st.unit else "(no unit)"
    match q.form:
        case ValueForm.MISSING:
            said = f"no value, {q.missing or 'no reason'}"
        case ValueForm.QUALITATIVE:
            said = "words" + (f", {q.intent}" if q.intent else "")
        case ValueForm.RANGE:
            said = f"{q.minimum:f} to {q.maximum:f} {unit}"
        case ValueForm.RATIO:
            said = f"{q.numerator:f} of {q.denominator:f} {unit}"
        case ValueForm.RELATIVE:
            change = (
                f"{q.absolute_change:+f} {q.unit}" if q.relative_change is None else f"{q.relative_change:+f} times"
            )
            said = f"{SIGNS[q.comparator]}{change} from {q.relative_to or '?'}"
            said += f" = {iris.period_id(st.relative_to_period)}" if st.relative_to_period else ""
        case _:
            said = f"{SIGNS[q.comparator]}{q.value:f} {unit}"
    flags = [word for word in ("maintenance", "estimated", "provisional") if getattr(q, word)]
    flags += [f"before: {q.former_text}"] if q.former_text else []
    flags += [f"revised {iris.period_id(q.revised)}"] if q.revised else []
    flags += [f"due {q.due.last_day}"] if q.due else []
    return ", ".join([said, *flags])


@pytest.fixture
def same_as_golden(request: pytest.FixtureRequest) -> Callable[[list[ox.Quad], list[str], Path], None]:
    def compare(found: list[ox.Quad], said: list[str], case: Path) -> None:
        path, words = case / "expected.trig", case / "said.txt"
        if request.config.getoption("--update-golden"):
            words.write_text("\n".join(said) + "\n", encoding="utf-8")
            path.write_bytes(ox.serialize(found, format=ox.RdfFormat.TRIG, prefixes=PREFIXES) or b"")
        assert said == words.read_text(encoding="utf-8").splitlines()
        wanted = set(ox.parse(path=path, format=ox.RdfFormat.TRIG))
        more, less = set(found) - wanted, wanted - set(found)
        assert not more | less, "\n".join(
            [*(f"+ {q}" for q in sorted(map(str, more))), *(f"- {q}" for q in sorted(map(str, less)))]
        )

    return compare


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.name)
def test_document_becomes_this_graph(
    case: Path, same_as_golden: Callable[[list[ox.Quad], list[str], Path], None]
) -> None:
    quads, said = build_case(case)
    same_as_golden(quads, said, case)
