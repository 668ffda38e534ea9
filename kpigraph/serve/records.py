"""What the JSON API says: the records, and how they are read from a release, by the same ways as the pages.

Numbers are texts, so that no reader makes a binary fraction of a decimal. Labels are given in every language there is.
"""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pyoxigraph import Literal, NamedNode

from kpigraph import search
from kpigraph.serve.cards import Branch, Figure
from kpigraph.serve.describe import View, by_order, local, name
from kpigraph.serve.figures import STATUSES, Shelf, of_municipality
from kpigraph.serve.site import Site

Labels = Annotated[dict[str, str], Field(description="by language: ja, en; ja alone where nobody translated it")]
Iri = Annotated[str, Field(description="the lasting identifier", json_schema_extra={"format": "iri"})]
Page = Annotated[str, Field(description="the address of its page on this host, which is its data too")]
Number = Annotated[str | None, Field(description="a decimal number as text; null where there is none")]


class Record(BaseModel):
    """Anything that the API says."""

    model_config = ConfigDict(frozen=True)


class Problem(Record):
    """Why there is no answer (RFC 9457)."""

    status: int
    title: str
    detail: str = ""


class Thing(Record):
    """Something with a page."""

    iri: Iri
    page: Page
    labels: Labels


class Municipality(Thing):
    """A municipality, and how many of its indicators have each status."""

    code: Annotated[str, Field(description="全国地方公共団体コード, six digits")]
    indicators: int
    by_status: dict[str, int]


class Printed(Record):
    """A value as the document prints it."""

    value: str
    unit: str
    period: str


class Value(Record):
    """A baseline, actual or target: as printed, and as read."""

    iri: Iri
    role: Annotated[str, Field(description="baseline, actual or target")]
    printed: Printed
    form: Annotated[str, Field(description="absolute, relative, qualitative or missing")]
    number: Number
    computed: Annotated[bool, Field(description="whether the number was computed, from a relative target or a ratio")]
    unit: Labels
    comparator: Annotated[str, Field(description="at-least, at-most, less-than, more-than; empty: exactly")]
    maintenance: Annotated[bool, Field(description="whether the value is to be kept up")]
    aggregation: Annotated[str, Field(description="period, as-of, average, cumulative, … ; empty: not known")]
    first_day: Annotated[str, Field(description="of the period, as an ISO date; empty: not known")]
    last_day: Annotated[str, Field(description="of the period, included")]
    source_lines: Annotated[list[str], Field(description="where it stands in the source: 12, or Sheet1:12")]
    corrected: bool


class Judgement(Record):
    """How an indicator stands against its target."""

    status: Annotated[str, Field(description="met, inprogress, notmet, notassessable; none: not assessed")]
    reason: Annotated[str, Field(description="why it cannot be assessed; empty otherwise")]
    progress_ratio: Number
    achievement_ratio: Number
    cumulative_share: Number
    elapsed_share: Number
    desired_direction: str


class Summary(Thing):
    """An indicator in a list."""

    municipality: Annotated[str, Field(description="the code of the municipality")]
    departments: list[Thing]
    latest_actual: Value | None
    target: Value | None
    judgement: Judgement


class Place(Record):
    """A place where an indicator is listed: the elements of the plan above it, the goal first."""

    way: list[Thing]
    relisted: bool


class Indicator(Summary):
    """An indicator with everything that is stated of it."""

    values: list[Value]
    places: list[Place]


class Indicators(Record):
    """A part of a list of indicators; `total` is the length of all of it."""

    total: int
    items: list[Summary]


class Element(Thing):
    """A goal, basic direction or measure where it stands in the plan, with what stands under it."""

    notation: str
    relisted: bool
    indicators: list[Thing]
    elements: list["Element"]


class Plan(Record):
    """The plans of a municipality as trees."""

    municipality: Thing
    goals: list[Element]


class Hit(Thing):
    """Something that was found, and what in it was found."""

    kind: str
    municipality: Annotated[str, Field(description="the code of the municipality that it belongs to; empty: none")]
    field: Annotated[str, Field(description="label, names, codes or words; empty: found by what it belongs to")]
    text: str


class Hits(Record):
    """The best of what was found; `total` is the number of all."""

    query: str
    total: int
    items: list[Hit]


def labels(view: View, s: NamedNode) -> dict[str, str]:
    """Return the preferred labels of `s` by language, else whatever it is called."""
    for p in ("skos:prefLabel", "dct:title", "rdfs:label"):
        if found := {o.language or "ja": o.value for o in view.objects(s, p) if isinstance(o, Literal)}:
            return dict(sorted(found.items()))
    label = view.label(s, "ja")
    return {label.lang or "ja": str(label)}


def thing(site: Site, s: NamedNode) -> Thing:
    return Thing(iri=s.value, page=site.href(s), labels=labels(site.view, s))


def municipalities(site: Site) -> list[Municipality]:
    found = sorted(site.view.subjects("rdf:type", name("kpi:Municipality")), key=lambda s: s.value)
    return [municipality(site, s) for s in found]


def municipality(site: Site, s: NamedNode) -> Municipality:
    tally = site.shelf.tally(s)
    counted = {status: tally[status] for status in (*STATUSES, "none")}
    code = site.view.text(s, "org:identifier")
    return Municipality(**thing(site, s).model_dump(), code=code, indicators=sum(tally.values()), by_status=counted)


def summary(site: Site, s: NamedNode) -> Summary:
    card, view = site.shelf.card(s), site.view
    above = view.thing(s, "kpi:municipality")
    return Summary(
        **thing(site, s).model_dump(),
        municipality="" if above is None else view.text(above, "org:identifier"),
        departments=[thing(site, d) for d in view.things(s, "kpi:department")],
        latest_actual=None if card.actual is None else value(site, site.shelf.figure(card.actual.iri)),
        target=None if card.target is None else value(site, site.shelf.figure(card.target.iri)),
        judgement=judgement(view, card.judgement.iri),
    )


def indicator(site: Site, s: NamedNode) -> Indicator:
    view = site.view
    places = []
    for listing in by_order(view, [n for n in view.subjects("kpi:indicator", s) if "kpi:Listing" in view.types(n)]):
        way: list[NamedNode] = []
        place = view.thing(listing, "kpi:placement")
        relisted = "true" in (view.text(listing, "kpi:relisted"), view.text(place, "kpi:relistMarker"))
        while place is not None and len(way) < 10:
            if (element := view.thing(place, "kpi:places")) is not None:
                way.insert(0, element)
            place = view.thing(place, "kpi:under")
        places.append(Place(way=[thing(site, e) for e in way], relisted=relisted))
    values = [value(site, f) for f in site.shelf.figures(s)]
    return Indicator(**summary(site, s).model_dump(), values=values, places=places)


def value(site: Site, figure: Figure) -> Value:
    return Value(
        iri=figure.iri.value,
        role=figure.role,
        printed=Printed(value=figure.printed_value, unit=figure.printed_unit, period=figure.printed_period),
        form=figure.form,
        number=None if figure.number is None else f"{figure.number:f}",
        computed=figure.computed,
        unit={} if figure.unit_iri is None else labels(site.view, figure.unit_iri),
        comparator=figure.comparator,
        maintenance=figure.maintenance,
        aggregation=figure.aggregation_code,
        first_day=figure.period.first if figure.period else "",
        last_day=figure.period.last if figure.period else "",
        source_lines=[line.shown for line in figure.lines],
        corrected=figure.corrected,
    )


def judgement(view: View, s: NamedNode | None) -> Judgement:
    def code(p: str) -> str:
        found = view.thing(s, p)
        return "" if found is None else local(found.value)

    return Judgement(
        status=code("kpi:status") or "none",
        reason=code("kpi:reason"),
        progress_ratio=view.text(s, "kpi:progressRatio") or None,
        achievement_ratio=view.text(s, "kpi:achievementRatio") or None,
        cumulative_share=view.text(s, "kpi:cumulativeShare") or None,
        elapsed_share=view.text(s, "kpi:elapsedShare") or None,
        desired_direction=code("kpi:desiredDirection"),
    )


def plan(site: Site, s: NamedNode) -> Plan:
    shelf: Shelf = site.shelf
    places = [p for g in of_municipality(site.view, s, "kpi:Goal") for p in shelf.places(g)]
    branches = shelf.branches(places)
    return Plan(municipality=thing(site, s), goals=[_element(site, b) for b in branches])


def _element(site: Site, branch: Branch) -> Element:
    return Element(
        **thing(site, branch.iri).model_dump(),
        notation=branch.notation,
        relisted=branch.relisted,
        indicators=[thing(site, c.iri) for c in branch.cards],
        elements=[_element(site, b) for b in branch.branches],
    )


def hits(site: Site, query: str, total: int, found: Iterable[search.Found]) -> Hits:
    return Hits(
        query=query,
        total=total,
        items=[
            Hit(
                iri=f.iri,
                page=site.href(NamedNode(f.iri)),
                labels=f.labels,
                kind=f.kind,
                municipality=f.municipality,
                field=f.matched[0],
                text=f.matched[1],
            )
            for f in found
        ],
    )
