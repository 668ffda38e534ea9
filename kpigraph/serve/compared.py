"""What the JSON API says of comparisons: the records, and how they are made."""

from typing import Annotated

from pydantic import Field

from kpigraph import comparison
from kpigraph.comparison import Change, Measure, Realized, Value
from kpigraph.model import Apart
from kpigraph.serve.comparing import Compared, plain
from kpigraph.serve.records import Iri, Labels, Number, Page, Record
from kpigraph.serve.site import Site
from kpigraph.store import Store


class SharedIndicator(Record):
    """A shared indicator, and how many municipalities have an indicator that a person found to be it."""

    iri: Iri
    page: Page
    notation: str
    theme: str
    labels: Labels
    municipalities: int


class ComparedValue(Record):
    """What an indicator states. `number` is in the printed unit, `base` the same in the base unit."""

    iri: Iri
    printed: str
    printed_unit: str
    printed_period: str
    number: Number
    base: Number
    base_unit: Annotated[str, Field(description="the IRI of the base unit")]
    comparator: str
    aggregation: str
    first_day: str
    last_day: str
    computed: bool
    source_lines: Annotated[list[str], Field(description="the IRIs of the source rows")]


class Ambition(Record):
    """The target against the baseline, in the base unit and as a ratio of the baseline; for each year between them."""

    difference: Number
    ratio: Number
    years: Number
    difference_per_year: Number
    ratio_per_year: Number


class ByPopulation(Record):
    """The actual for so many people, and the statement of the population that it was divided by."""

    number: Number
    people: int
    population: Iri


class ComparedIndicator(Record):
    """An indicator of one municipality. With `apart` it must not be held against those of the first group."""

    municipality: str
    municipality_labels: Labels
    indicator: Iri
    page: Page
    labels: Labels
    match: str
    group: Annotated[int, Field(description="comparable with those of the same number; 0: with nobody")]
    place: Annotated[int | None, Field(description="within the group; null where nothing is ranked")]
    compared: Number
    apart: Annotated[list[str], Field(description="why not comparable: notations of the code list c:apart")]
    baseline: ComparedValue | None
    actual: ComparedValue | None
    target: ComparedValue | None
    ambition: Ambition | None
    by_population: ByPopulation | None
    status: str
    progress_ratio: Number


class ComparedGroup(Record):
    """What the values of a group have in common."""

    number: int
    unit: str
    period: Annotated[str, Field(description="year, as-of, months, average, cumulative or to-date")]
    months: int
    calendar: str
    size: int
    apart: list[str]


class ComparisonRecord(Record):
    """One shared indicator across municipalities, as asked."""

    iri: Iri
    page: Page
    notation: str
    labels: Labels
    by: str
    order: str
    year: int | None
    groups: list[ComparedGroup]
    items: list[ComparedIndicator]


def shared_records(store: Store) -> list[SharedIndicator]:
    return [_shared(r) for r in comparison.overview(store)[0]]


def _shared(r: Realized) -> SharedIndicator:
    return SharedIndicator(
        iri=r.iri,
        page=f"/compare/{r.notation}",
        notation=r.notation,
        theme=r.theme,
        labels=dict(r.labels),
        municipalities=r.municipalities,
    )


def compared_record(site: Site, compared: Compared) -> ComparisonRecord:
    of, how = compared.of, compared.how

    def labels(iri: str) -> dict[str, str]:
        return dict(sorted(of.labels.get(iri, {}).items()))

    items = []
    for group, s in compared.ranking.standings():
        e = s.entry
        shift, person = comparison.change(e), comparison.per_person(e, of.concept)
        items.append(
            ComparedIndicator(
                municipality=e.code,
                municipality_labels=labels(e.municipality),
                indicator=e.indicator,
                page=site.path(e.indicator),
                labels=labels(e.indicator),
                match=e.match.value,
                group=group,
                place=s.place,
                compared=None if s.number is None else plain(s.number),
                apart=[a.value for a in s.apart],
                baseline=_value(e.baseline),
                actual=_value(e.actual),
                target=_value(e.target),
                ambition=_ambition(shift) if isinstance(shift, Change) else None,
                by_population=None
                if isinstance(person, Apart)
                else ByPopulation(number=plain(person.number), people=person.people, population=person.population.iri),
                status=e.status or "none",
                progress_ratio=plain(e.progress) or None,
            )
        )
    return ComparisonRecord(
        iri=of.concept.iri,
        page=f"/compare/{of.concept.notation}",
        notation=of.concept.notation,
        labels=labels(of.concept.iri),
        by=Measure(how.by).value,
        order=how.order,
        year=how.year,
        groups=[
            ComparedGroup(
                number=n,
                unit=g.unit,
                period=g.shape.kind,
                months=g.shape.months,
                calendar=g.shape.calendar,
                size=len(g.standings),
                apart=[a.value for a in g.apart],
            )
            for n, g in enumerate(compared.ranking.groups, 1)
        ],
        items=items,
    )


def _value(v: Value | None) -> ComparedValue | None:
    if v is None:
        return None
    return ComparedValue(
        iri=v.iri,
        printed=v.printed,
        printed_unit=v.printed_unit,
        printed_period=v.printed_period,
        number=plain(v.number) or None,
        base=plain(v.base) or None,
        base_unit=v.base_unit,
        comparator=v.comparator,
        aggregation=v.aggregation.value if v.aggregation else "",
        first_day=v.first.isoformat() if v.first else "",
        last_day=v.last.isoformat() if v.last else "",
        computed=v.computed,
        source_lines=list(v.rows),
    )


def _ambition(change: Change) -> Ambition:
    return Ambition(
        difference=plain(change.difference),
        ratio=plain(change.ratio) or None,
        years=plain(change.years),
        difference_per_year=plain(change.yearly) or None,
        ratio_per_year=plain(change.yearly_ratio) or None,
    )
