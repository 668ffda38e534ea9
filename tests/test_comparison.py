"""Shared indicators across municipalities: values converted, what must not be compared never ranked, and told why."""

import contextlib
import csv
import io
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import neighbours
import pyoxigraph as ox
import pytest
import serving
from hypothesis import given
from hypothesis import strategies as st
from neighbours import BAY, CAPE, ELSEWHERE, FAR, HILL, ISLE, LAKE, PORT, VALE
from serving import Client

from kpigraph import comparison, iris, pipeline
from kpigraph.comparison import Change, Comparison, Concept, Entry, Match, Measure, Ranking, Shape, Value, reading
from kpigraph.comparison.records import shape_of
from kpigraph.config import Settings
from kpigraph.mapping_table import COLUMNS, TSV, TTL
from kpigraph.model import Aggregation, Apart, Calendar, PeriodKind, Precision, Role, UnitKind, ValueForm
from kpigraph.problems import SourceError
from kpigraph.questions import load_questions
from kpigraph.releases import current_release
from kpigraph.serve import compare_chart
from kpigraph.serve.snapshot import Snapshot
from kpigraph.store import embedded

VISITORS = "/compare/visitors"
PERSONS = "http://qudt.org/vocab/unit/INDIV"


@pytest.fixture(scope="session")
def published(neighbourhood: Path) -> Path:
    return neighbourhood


@pytest.fixture(scope="module")
def store(published: Path) -> embedded.EmbeddedStore:
    release = current_release(published / "public")
    assert release
    return embedded.open_read_only(release.folder / "store", release.default_graphs)


@pytest.fixture(scope="module")
def visitors(store: embedded.EmbeddedStore) -> Comparison:
    found = comparison.read(store, "visitors")
    assert found
    return found


@pytest.fixture(scope="module")
def site(published: Path) -> Iterator[Client]:
    client = Client(Snapshot(published / "public"), Settings(workers=2))
    yield client
    client.close()


def places(ranking: Ranking) -> dict[str, int | None]:
    return {s.entry.code: s.place for _, s in ranking.standings()}


def reasons(ranking: Ranking) -> dict[str, set[Apart]]:
    return {s.entry.code: set(s.apart) for _, s in ranking.standings() if s.apart}


# ---- what the neighbours' documents say


def test_values_are_in_base_units_whatever_was_printed_and_wherever_it_was_published(visitors: Comparison) -> None:
    actuals = {e.code: (e.actual.printed, e.actual.printed_unit, e.actual.base) for e in visitors.entries if e.actual}
    assert actuals[HILL] == ("110", "万人", Decimal(1_100_000))
    assert actuals[LAKE] == ("950,000", "人", Decimal(950_000))
    assert actuals[BAY] == ("520", "千人", Decimal(520_000))  # the newest of three years
    assert actuals[FAR] == ("70", "万人", Decimal(700_000))
    assert {e.actual.base_unit for e in visitors.entries if e.actual and e.actual.base} == {PERSONS}
    far = next(e for e in visitors.entries if e.code == FAR)
    assert far.indicator.startswith(ELSEWHERE)
    assert far.actual is not None
    assert (far.actual.first, far.actual.last) == (date(2015, 4, 1), date(2016, 3, 31))
    assert (far.match, far.status) == (Match.EXACT, "inprogress")
    assert [visitors.label(far.municipality, lang) for lang in ("ja", "en")] == ["架空遠市", "Fictional Far City"]


def test_only_comparable_values_are_ranked_and_the_others_say_why(visitors: Comparison) -> None:
    by_actual = comparison.rank(visitors, Measure.ACTUAL)
    assert places(by_actual) == {HILL: 1, LAKE: 2, FAR: 3, BAY: 4, CAPE: None, ISLE: None, PORT: None, VALE: None}
    assert reasons(by_actual) == {
        CAPE: {Apart.CALENDAR},  # 2015, the others fiscal years
        ISLE: {Apart.ESTIMATED},
        PORT: {Apart.NARROWER},  # twice as many as anybody else, and of cruise ships only
        VALE: {Apart.MISSING},
    }
    by_target = comparison.rank(visitors, Measure.TARGET)
    assert places(by_target) == {HILL: 1, LAKE: 2, FAR: 3, BAY: 4, CAPE: None, ISLE: None, PORT: None, VALE: None}
    assert reasons(by_target)[ISLE] == {Apart.CUMULATIVE}  # five years together: the largest number of all
    assert reasons(by_target)[VALE] == {Apart.IN_WORDS}
    upwards = comparison.rank(visitors, Measure.ACTUAL, descending=False)
    assert [s.entry.code for s in upwards.groups[0].standings] == [BAY, FAR, LAKE, HILL]


def test_ambition_is_measured_against_the_own_baseline(visitors: Comparison) -> None:
    found = {e.code: comparison.change(e) for e in visitors.entries}
    hill = found[HILL]
    assert isinstance(hill, Change)
    assert (hill.difference, hill.ratio, hill.years) == (Decimal(200_000), Decimal("0.2"), Decimal("5.0"))
    assert hill.yearly_ratio == pytest.approx(Decimal("0.04"), abs=Decimal("0.0001"))
    assert found[ISLE] is Apart.BASELINE_APART
    assert found[CAPE] is Apart.NO_BASELINE
    assert found[VALE] is Apart.IN_WORDS
    ranked = comparison.rank(visitors, Measure.CHANGE)
    assert places(ranked) == {FAR: 1, HILL: 2, BAY: 2, LAKE: 4, CAPE: None, ISLE: None, PORT: None, VALE: None}


def test_by_population_only_where_it_is_known_for_that_time(visitors: Comparison) -> None:
    ranked = comparison.rank(visitors, Measure.PERSON)
    (hill,) = ranked.groups[0].standings
    assert (hill.entry.code, hill.number) == (HILL, Decimal(22_000))  # 1,100,000 visits and 50,000 people, for 1,000
    assert reasons(ranked)[LAKE] == {Apart.NO_POPULATION}
    assert reasons(ranked)[ISLE] == {Apart.ESTIMATED}


def test_another_level_of_school_is_another_thing(store: embedded.EmbeddedStore) -> None:
    found = comparison.read(store, "school-nonattendance")
    assert found
    ranked = comparison.rank(found, Measure.ACTUAL)
    assert [[s.entry.code for s in g.standings] for g in ranked.groups] == [[LAKE], [HILL]]
    assert reasons(ranked) == {HILL: {Apart.SCHOOL_LEVEL}}
    assert set(places(ranked).values()) == {None}  # one value alone has no place


def test_a_close_match_is_shown_and_never_ranked(store: embedded.EmbeddedStore) -> None:
    found = comparison.read(store, "visitors-staying")
    assert found
    ranked = comparison.rank(found, Measure.ACTUAL)
    assert (places(ranked), reasons(ranked)) == ({HILL: None, CAPE: None}, {CAPE: {Apart.SIMILAR}})


def test_a_year_can_be_chosen(store: embedded.EmbeddedStore, visitors: Comparison) -> None:
    assert visitors.years == (2016, 2015, 2014)
    found = comparison.read(store, "visitors", 2014)
    assert found
    actuals = {e.code: e.actual.base if e.actual else None for e in found.entries}
    assert actuals[BAY] == Decimal(505_000)
    assert {code for code, base in actuals.items() if base is not None} == {BAY}


def test_what_is_no_shared_indicator_is_not_compared(store: embedded.EmbeddedStore) -> None:
    for notation in ("nothing", "theme-tourism", "tourists", "x> ?y", "", "VISITORS"):
        assert comparison.read(store, notation) is None


def test_it_takes_as_many_queries_for_one_municipality_as_for_all(store: embedded.EmbeddedStore) -> None:
    asked: list[str] = []

    class Counting(embedded.EmbeddedStore):
        def select(self, query: str, *, everywhere: bool = False) -> Iterator[dict[str, Any]]:
            asked.append(query)
            return super().select(query, everywhere=everywhere)

    counting = Counting(store.engine, Path(), store.default_graphs)
    counts = []
    for notation in ("visitors", "school-nonattendance"):
        asked.clear()
        assert comparison.read(counting, notation)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 9


# ---- the rules, on made-up values

CONCEPT = Concept(
    iri=iris.shared_indicator("visitors"), notation="visitors", names=("観光入込客数",), definition={},
    unit_kind=UnitKind.VISIT, units=frozenset({PERSONS, "http://qudt.org/vocab/unit/NUM"}),
    period_kind=PeriodKind.YEAR, direction=None,
)  # fmt: skip
VALUE = Value(
    iri="st", role=Role.ACTUAL, printed="1", printed_unit="人", printed_period="", unit="", number=Decimal(1),
    base=Decimal(1), base_unit=PERSONS, comparator="exact", aggregation=Aggregation.PERIOD, period="p",
    first=date(2015, 4, 1), last=date(2016, 3, 31), shape=Shape("year", 12, "jfy"), rows=(), edition="e",
)  # fmt: skip
ENTRY = Entry(
    indicator="i", municipality="m", code="000000", match=Match.EXACT, facets=frozenset(), baseline=None,
    actual=VALUE, target=None, status="", progress=None,
)  # fmt: skip


STATED = {
    "kpi:role": [iris.code(Role.ACTUAL)], "kpi:indicator": ["i"], "kpi:statedValue": ["5"], "sm:obsValue": ["5"],
    "kpi:valueForm": [iris.code(ValueForm.ABSOLUTE)], "kpi:unit": ["man"], "sd:refPeriod": ["p"],
    "kpi:aggregation": [iris.code(Aggregation.PERIOD)], "sa:obsStatus": ["c#obsStatus-A"],
}  # fmt: skip
ABOUT = {
    "man": {"kpi:factor": ["10000"], "kpi:baseUnit": [PERSONS]},
    "p": {"kpi:startDate": ["2015-04-01"], "kpi:endDate": ["2016-03-31"], "kpi:calendar": [iris.code(Calendar.JFY)]},
}


@pytest.mark.parametrize(
    ("said", "base", "apart"),
    [
        ({}, "50000", ()),
        ({"kpi:baseValue": ["40"]}, "40", ()),
        ({"sa:obsStatus": ["c#obsStatus-P"]}, "50000", (Apart.PROVISIONAL,)),
        ({"sa:obsStatus": ["c#obsStatus-E"]}, "50000", (Apart.ESTIMATED,)),
        ({"kpi:precision": [iris.code(Precision.APPROXIMATE)]}, "50000", (Apart.ESTIMATED,)),
        ({"kpi:ambiguity": ["ratio-or-points"]}, "50000", (Apart.UNRESOLVED,)),
        ({"kpi:unanchored": ["true"]}, "50000", (Apart.NO_PERIOD,)),
        ({"sd:refPeriod": []}, "50000", (Apart.NO_PERIOD,)),
        ({"sm:obsValue": [], "kpi:valueForm": [iris.code(ValueForm.QUALITATIVE)]}, None, (Apart.IN_WORDS,)),
        ({"sm:obsValue": [], "kpi:valueForm": [iris.code(ValueForm.RELATIVE)]}, None, (Apart.UNRESOLVED,)),
        ({"sm:obsValue": [], "kpi:valueForm": [iris.code(ValueForm.RANGE)]}, None, (Apart.SEVERAL_NUMBERS,)),
        ({"sm:obsValue": [], "kpi:valueForm": [iris.code(ValueForm.MISSING)]}, None, (Apart.MISSING,)),
        ({"kpi:unit": []}, None, (Apart.UNIT_KIND,)),
    ],
)
def test_what_a_statement_says_for_the_comparison(said: Any, base: str | None, apart: tuple[Apart, ...]) -> None:
    values = reading.values_of({"s": STATED | said}, ABOUT)["i"]
    assert [(v.base, v.apart) for v in values] == [(None if base is None else Decimal(base), apart)]


def compared(*entries: Entry) -> Comparison:
    numbered = tuple(replace(e, indicator=f"i{n}", code=f"{n:06}") for n, e in enumerate(entries))
    return Comparison(concept=CONCEPT, entries=numbered, labels={}, parts={}, years=())


shapes = st.sampled_from(
    [Shape("year", 12, "jfy"), Shape("year", 12, "year"), Shape("as-of"), Shape("cumulative", 60, "jfy"),
     Shape("cumulative", 36, "jfy"), Shape("average", 48, "year"), Shape("months", 6, "year"), Shape("to-date")]
)  # fmt: skip
values = st.builds(
    lambda base, unit, shape, last, apart: replace(
        VALUE, base=Decimal(base), base_unit=unit, shape=shape, last=last, first=last - timedelta(days=365), apart=apart
    ),
    st.integers(-50, 50),
    st.sampled_from([PERSONS, "http://qudt.org/vocab/unit/NUM", "http://qudt.org/vocab/unit/PERCENT"]),
    shapes,
    st.dates(date(2010, 1, 1), date(2024, 12, 31)),
    st.sampled_from([(), (), (), (Apart.ESTIMATED,)]),
)
entries = st.builds(
    lambda value, match, facets: replace(
        ENTRY,
        actual=value,
        match=match,
        facets=facets,
        apart=() if match is Match.EXACT else (Apart.SIMILAR if match is Match.CLOSE else Apart.NARROWER,),
    ),
    values,
    st.sampled_from([Match.EXACT, Match.EXACT, Match.EXACT, Match.CLOSE, Match.BROAD]),
    st.sampled_from([frozenset(), frozenset(), frozenset({("school", "小学校")})]),
)


@given(st.lists(entries, max_size=25), st.booleans())
def test_no_two_ranked_values_differ_in_what_must_agree(them: list[Entry], descending: bool) -> None:
    found = comparison.rank(compared(*them), Measure.ACTUAL, descending=descending)
    assert len(list(found.standings())) == len(them)
    for group in found.groups:
        ranked = [s for s in group.standings if s.place is not None]
        its = [(s.entry, s.entry.actual) for s in ranked if s.entry.actual is not None]
        assert len({(v.base_unit, v.shape, e.facets) for e, v in its}) <= 1
        assert all(e.match is Match.EXACT and not v.apart and v.base_unit in CONCEPT.units for e, v in its)
        days = [v.last for _, v in its if v.last]
        assert not days or max(days) - min(days) <= timedelta(days=731)
        numbers = [v.base for _, v in its if v.base is not None]
        assert numbers == sorted(numbers, reverse=descending)
        assert [s.place for s in ranked] == [1 + sum(a > b if descending else a < b for a in numbers) for b in numbers]
        assert len(ranked) != 1
    unranked = [
        s for n, s in found.standings() if s.place is None and len(found.groups[n - 1].standings if n else []) > 1
    ]
    assert all(s.apart for n, s in found.standings() if n == 0)
    assert all(s.apart or len(unranked) for s in unranked)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"shape": Shape("year", 12, "year")}, Apart.CALENDAR),
        ({"shape": Shape("cumulative", 60, "jfy")}, Apart.CUMULATIVE),
        ({"shape": Shape("to-date")}, Apart.CUMULATIVE),
        ({"shape": Shape("average", 48, "year")}, Apart.AVERAGE),
        ({"shape": Shape("months", 6, "year")}, Apart.SPAN),
        ({"shape": Shape("as-of")}, Apart.PERIOD_KIND),
        ({"base_unit": "http://qudt.org/vocab/unit/NUM"}, Apart.UNIT),
        ({"base_unit": "http://qudt.org/vocab/unit/PERCENT"}, Apart.UNIT_KIND),
        ({"last": date(2010, 3, 31)}, Apart.OTHER_YEARS),
        ({"apart": (Apart.CONFLICT,)}, Apart.CONFLICT),
    ],
)
def test_each_difference_has_its_reason(changed: dict[str, Any], reason: Apart) -> None:
    other = replace(ENTRY, actual=replace(VALUE, **changed))
    found = comparison.rank(compared(ENTRY, ENTRY, other), Measure.ACTUAL)
    assert places(found) == {"000000": 1, "000001": 1, "000002": None}
    assert reasons(found) == {"000002": {reason}}


@pytest.mark.parametrize(
    ("aggregation", "days", "calendar", "shape"),
    [
        (Aggregation.PERIOD, ("2015-04-01", "2016-03-31"), Calendar.JFY, Shape("year", 12, "jfy")),
        (Aggregation.PERIOD, ("2015-04-01", "2016-03-31"), Calendar.FISCAL, Shape("year", 12, "jfy")),
        (Aggregation.PERIOD, ("2015-10-01", "2016-09-30"), Calendar.FISCAL, Shape("year", 12, "fiscal-10")),
        (Aggregation.PERIOD, ("2015-01-01", "2015-12-31"), Calendar.YEAR, Shape("year", 12, "year")),
        (Aggregation.EACH_YEAR, ("2015-04-01", "2020-03-31"), Calendar.JFY, Shape("year", 12, "jfy")),
        (Aggregation.CUMULATIVE, ("2015-04-01", "2020-03-31"), Calendar.JFY, Shape("cumulative", 60, "jfy")),
        (Aggregation.CUMULATIVE, ("2015-04-01", "2016-03-31"), Calendar.JFY, Shape("year", 12, "jfy")),
        (Aggregation.AVERAGE, ("2011-01-01", "2014-12-31"), Calendar.YEAR, Shape("average", 48, "year")),
        (Aggregation.AS_OF, ("2016-03-31", "2016-03-31"), None, Shape("as-of")),
        (Aggregation.CUMULATIVE_TO_DATE, ("", "2016-03-31"), None, Shape("to-date")),
        (Aggregation.PERIOD, ("", "2016-03-31"), Calendar.JFY, None),
        (Aggregation.PERIOD, ("", ""), None, None),
    ],
)
def test_the_shape_of_a_period(
    aggregation: Aggregation, days: tuple[str, str], calendar: Calendar | None, shape: Shape | None
) -> None:
    first, last = (date.fromisoformat(d) if d else None for d in days)
    assert shape_of(aggregation, first, last, calendar) == shape


def test_a_population_of_another_time_divides_nothing() -> None:
    people = replace(VALUE, iri="people", base=Decimal(1000), shape=Shape("as-of"))
    for day, fits in ((date(2015, 10, 1), True), (date(2016, 4, 1), True), (date(2014, 10, 1), False)):
        entry = replace(ENTRY, population=(replace(people, first=day, last=day),))
        found = comparison.per_person(entry, CONCEPT)
        assert (found is not Apart.NO_POPULATION) is fits
    total = replace(ENTRY, actual=replace(VALUE, shape=Shape("cumulative", 60, "jfy")), population=(people,))
    assert comparison.per_person(total, CONCEPT) is Apart.NOT_PER_HEAD
    assert comparison.per_person(ENTRY, replace(CONCEPT, unit_kind=UnitKind.SHARE)) is Apart.NOT_PER_HEAD


# ---- pages and data


def test_the_list_tells_how_many_municipalities_have_each(site: Client) -> None:
    shown = site.get("/compare?lang=en").text
    assert re.search(r'<a href="/compare/visitors">Visitors</a></th><td class="right">8</td>', shown)
    assert "/compare/births" not in shown
    assert "/compare/births" in site.get("/compare?least=0").text
    two = site.get("/compare?least=2&q=不登校").text
    assert "/compare/school-nonattendance" in two
    assert "/compare/visitors" not in two
    assert "/compare/visitors" not in site.get("/compare?theme=theme-childcare").text
    listed = {i["notation"]: i["municipalities"] for i in site.get("/api/compare").json()}
    assert (listed["visitors"], listed["school-nonattendance"], listed["births"]) == (8, 2, 0)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_page_shows_printed_and_base_values_chart_and_reasons(site: Client, lang: str) -> None:
    response = site.get(f"{VISITORS}?lang={lang}")
    assert response.status_code == 200
    page = response.text
    words = re.sub(r"<[^>]+>|\s+", " ", page)
    for text in ("110 万人", "= 1,100,000", "120以上", "+200,000", "増加を目指す", "約800,000"):
        assert text in re.sub(r"\s+", " ", words), text
    bars = re.findall(r'<text class="bar-name"[^>]*>([^<]+)<', page)  # of the ranked ones only
    assert [b.replace("架空", "").replace("Fictional ", "")[0] for b in bars] == list(
        {"ja": "丘湖遠湾", "en": "HLFB"}[lang]
    )
    told = {"ja": ["年と年度が違うため", "概数や推計のため"], "en": ["another calendar", "estimated"]}[lang]
    assert all(t in page for t in told)
    assert f'href="/doc/lg/{HILL}"' in page
    assert f'href="{ELSEWHERE}id/lg/{FAR}"' in page
    assert re.search(rf'href="/doc/lg/{HILL}/doc/senryaku/2016/edition#L\d+"', page)
    assert "<script" not in page
    assert 'style="' not in page


def test_texts_of_a_chart_do_not_meet() -> None:
    short = [compare_chart.Drawn(name="架空市", words="1,100 人", number=Decimal(n)) for n in (3, -2)]
    chart = compare_chart.draw(short)
    assert chart
    assert [b.name_y for b in chart.bars] == [b.words_y for b in chart.bars]
    assert chart.bars[0].x == chart.zero == pytest.approx(chart.bars[1].x + chart.bars[1].width)
    assert chart.bars[0].width == pytest.approx(chart.bars[1].width * 1.5, abs=0.2)
    long = compare_chart.draw(
        [*short, replace(short[0], name="架空の中の架空の広域連合", words="1,234,567,890 人 → 2,345")]
    )
    assert long
    assert all(b.name_y + 15 < b.words_y < b.y for b in long.bars)
    assert compare_chart.draw(short[:1]) is None


def test_every_link_of_a_page_leads_somewhere(site: Client) -> None:
    for path in (VISITORS, "/compare", "/compare/school-nonattendance?by=change&order=asc"):
        page = site.get(path).text
        own = {h.replace("&amp;", "&").split("#")[0] for h in re.findall(r'href="(/[^"]*)"', page)}
        for href in sorted(h for h in own if re.match("/(compare|doc|code|sparql[?])", h)):
            assert site.get(href).status_code in (200, 303), (path, href)


def test_conditions_narrow_down_and_wrong_ones_are_refused(site: Client) -> None:
    def codes(query: str) -> list[str]:
        return [r["municipality_code"] for r in csv.DictReader(io.StringIO(site.get(f"{VISITORS}.csv?{query}").text))]

    assert codes("prefecture=01") == [HILL, LAKE, BAY]
    assert set(codes("status=inprogress")) == {HILL, LAKE, BAY, FAR}
    assert codes("order=asc")[:4] == [BAY, FAR, LAKE, HILL]
    for wrong in ("by=size", "order=up", "year=last", "prefecture=%E5%8C%97", "status=good", "year=20155"):
        for suffix in ("", ".csv", ".ttl"):
            assert site.get(f"{VISITORS}{suffix}?{wrong}").status_code == 400
        assert site.get(f"/api{VISITORS}?{wrong}").status_code == 422
    for wrong in ("sort=absurd", "page=-1", "by=actual&by=target"):
        assert [site.get(f"{VISITORS}{suffix}?{wrong}").status_code for suffix in ("", ".csv")] == [400, 400]
    assert site.get(f"{VISITORS}?lang=en&utm_source=mail").status_code == 200
    assert site.get("/compare?least=many").status_code == 400


def test_table_json_and_api_say_the_same_in_base_units(site: Client) -> None:
    rows = {r["municipality_code"]: r for r in csv.DictReader(io.StringIO(site.get(f"{VISITORS}.csv").text))}
    items = {i["municipality"]: i for i in site.get(f"/api{VISITORS}").json()["items"]}
    assert site.get(f"{VISITORS}.json").json() == site.get(f"/api{VISITORS}").json()
    assert rows.keys() == items.keys()
    for code, row in rows.items():
        item = items[code]
        assert row["actual"] == ((item["actual"] or {}).get("base") or "")
        assert row["apart"].split() == item["apart"]
        assert row["place"] == ("" if item["place"] is None else str(item["place"]))
    assert (rows[HILL]["actual"], rows[HILL]["target"], rows[HILL]["per_person"]) == ("1100000", "1200000", "22000")
    assert (rows[VALE]["actual"], rows[VALE]["target_text"]) == ("", "増加を目指す")
    assert set(rows[PORT]["apart"].split()) == {"narrower"}


def test_the_graph_of_a_comparison_is_what_the_endpoint_gives(site: Client) -> None:
    def triples(text: bytes, form: ox.RdfFormat) -> set[ox.Triple]:
        return {q.triple for q in ox.parse(text, format=form)}

    graph = triples(site.get(f"{VISITORS}.ttl").content, ox.RdfFormat.TURTLE)
    assert graph == triples(site.get(VISITORS, "application/n-triples").content, ox.RdfFormat.N_TRIPLES)
    values = {t.object.value for t in graph if t.predicate.value.endswith("#baseValue") and "/st-" in str(t.subject)}
    assert {"1100000", "950000", "520000", "700000", "1200000"} <= values
    (link,) = re.findall(r'href="(/sparql\?query=[^"]+)"', site.get(VISITORS).text)
    asked = triples(site.get(link.replace("&amp;", "&"), "application/n-triples").content, ox.RdfFormat.N_TRIPLES)
    statements = {t for t in graph if re.search(r"/st-[a-z0-9-]+$", str(t.subject).strip("<>"))}
    assert statements
    assert statements <= asked
    one = triples(site.get(f"{VISITORS}.ttl?prefecture=47&status=inprogress").content, ox.RdfFormat.TURTLE)
    assert not any(HILL in str(t.subject) for t in one)


def test_forms_are_negotiated_and_what_is_not_there_is_404_or_gone(site: Client) -> None:
    assert site.get(VISITORS, "text/csv").headers["content-type"].startswith("text/csv")
    assert site.get(VISITORS, "application/json").json()["notation"] == "visitors"
    assert site.get(VISITORS, "image/png").status_code == 406
    assert site.get(VISITORS).headers["vary"].startswith("Accept")
    for missing in (
        "/compare/nothing",
        "/compare/theme-tourism",
        "/compare/Visitors",
        f"{VISITORS}.pdf",
        "/api/compare/no",
    ):
        assert site.get(missing).status_code == 404, missing
    for path in ("/compare/tourists", "/compare/tourists.csv", "/api/compare/tourists", "/code/indicator/tourists"):
        gone = site.get(path)
        assert gone.status_code == 410, path
        assert "visitors" in gone.headers["link"]


def test_pages_of_indicators_and_of_the_shared_one_lead_to_the_comparison(site: Client, visitors: Comparison) -> None:
    hill = next(e for e in visitors.entries if e.code == HILL)
    page = site.get("/doc/" + hill.indicator.partition("/id/")[2]).text
    assert f'href="{VISITORS}"' in page
    assert f'href="{VISITORS}"' in site.get("/code/indicator/visitors", "text/html").text


# ---- links out and in


def test_accepted_matches_are_a_table_and_a_graph_of_the_release(published: Path, site: Client) -> None:
    lines = (published / "public" / "current" / TSV).read_text("utf-8").splitlines()
    rows = list(csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t"))
    assert tuple(rows[0]) == COLUMNS
    accepted = [r for r in rows if r["subject_id"].startswith("lg")]
    assert len(accepted) == len(neighbours.DECIDED)
    prefixes = dict(re.findall(r"^#  (\w+): (\S+)$", "\n".join(lines), re.M))
    known = {r["predicate_id"] for r in rows}
    assert known >= {"skos:exactMatch", "skos:broadMatch", "skos:relatedMatch"}
    for row in rows:
        for name in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            assert row[name].partition(":")[0] in prefixes, row[name]
    assert any(prefixes[r["subject_id"].partition(":")[0]] == f"{ELSEWHERE}id/lg/" for r in accepted)
    assert {r["reviewer_label"] for r in accepted} == {"架空県統計課"}
    graph = list(ox.parse(path=str(published / "public" / "current" / TTL)))
    matches = {q.triple for q in graph if q.predicate.value.endswith("Match")}
    assert len(matches) == len(rows)
    assert site.get(f"/download/{TSV}").headers["content-type"].startswith("text/tab-separated-values")
    catalog = (published / "public" / "current" / "catalog.ttl").read_text("utf-8")
    assert f"download/{TSV}#distribution" in catalog
    assert f"download/{TTL}#distribution" in catalog


def test_linksets_are_counted(published: Path) -> None:
    void = {(q.subject.value, q.predicate.value.rpartition("#")[2]): q.object.value
            for q in ox.parse(path=str(published / "public" / "current" / "void.ttl"))
            if isinstance(q.subject, ox.NamedNode) and isinstance(q.object, ox.NamedNode | ox.Literal)}  # fmt: skip
    at = "https://w3id.org/kpigraph/.well-known/void#"
    exact = sum(d[3].value == "exact" for d in neighbours.DECIDED)
    assert void[f"{at}shared-indicators-skos-exactMatch", "triples"] == str(exact)
    assert void[f"{at}shared-indicators-skos-broadMatch", "triples"] == "1"
    assert void[f"{at}shared-indicators-kpi-realizes", "triples"] == str(len(neighbours.DECIDED))
    assert int(void[f"{at}sdg-skos-relatedMatch", "triples"]) > 100
    assert int(void[f"{at}wikidata-skos-closeMatch", "triples"]) > 0
    assert int(void[f"{at}estat-kpi-area", "triples"]) == 8


def test_serving_opens_no_connection(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a page, a description or a query is about, terms of third parties included."""
    opened: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        opened.append(arguments)
        raise OSError("no test reaches out")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    client = Client(Snapshot(published / "public"), Settings(workers=2))
    with contextlib.closing(client):
        paths = [VISITORS, "/compare", "/code/indicator/visitors", "/code/indicator/population", f"/doc/lg/{HILL}", "/",
                 "/.well-known/void", "/catalog", "/compare/population", "/api/compare/population", "/ns"]  # fmt: skip
        for path in paths:
            for accept in ("text/html", "text/turtle", "application/ld+json"):
                assert client.get(path, accept).status_code in (200, 303, 406), path
        of_others = "FILTER(CONTAINS(STR(?o), 'wikidata'))"
        rows = client.rows(f"SELECT ?o {{ ?s <http://www.w3.org/2004/02/skos/core#closeMatch> ?o {of_others} }}")
        assert rows
    assert opened == []
    with pytest.raises(OSError, match="no test reaches out"):
        socket.create_connection(("127.0.0.1", 9))


def test_another_kpigraph_is_asked_by_a_query_only_if_it_is_listed(published: Path) -> None:
    (question,) = [q for q in load_questions() if q.key == "q38-shared-elsewhere"]
    with serving.another_server("--store", str(published / "far" / "public")) as address:
        text = question.text.replace("https://kpi.example.jp/sparql", address)
        source = Snapshot(published / "public")
        with contextlib.closing(Client(source, Settings(services=(address,), query_seconds=20))) as client:
            rows = client.rows(text)
            assert {r["theirCode"] for r in rows} == {FAR}
            assert {r["theirValue"] for r in rows} == {"700000"}
            assert {HILL, LAKE, BAY} <= {r["code"] for r in rows}
            assert client.query(question.text).status_code == 400
        with contextlib.closing(Client(source, Settings())) as client:
            assert client.query(text).status_code == 400


# ---- questions


def test_the_questions_about_shared_indicators(site: Client) -> None:
    asked = {q.key: q.text for q in load_questions()}
    values_of = [r for r in site.rows(asked["q34-shared-values"]) if r["shared"] == "visitors"]
    by_year = [(r["code"], r["value"]) for r in values_of if r["aggregation"] == "period" and r["unit"] == PERSONS]
    assert by_year[0] == (HILL, "1100000")
    assert (FAR, "700000") in by_year
    ambition = {r["code"]: (r["difference"], r.get("ratio")) for r in site.rows(asked["q35-shared-ambition"])
                if r["shared"] == "visitors"}  # fmt: skip
    assert ambition == {
        HILL: ("200000", "0.2"),
        LAKE: ("100000", "0.111"),
        BAY: ("100000", "0.2"),
        FAR: ("200000", "0.333"),
    }
    without = {r["code"]: r.get("stated") for r in site.rows(asked["q36-shared-no-target"])}
    assert without == {VALE: "増加を目指す", LAKE: None, CAPE: None}
    wording = {(r["code"], r["how"], r["name"]) for r in site.rows(asked["q37-shared-wording"])}
    assert (PORT, "broad", "クルーズ船の観光客数") in wording
    assert (LAKE, "exact", "観光客数") in wording


def test_a_mapping_to_a_shared_indicator_that_is_no_more_is_refused(published: Path, tmp_path: Path) -> None:
    data = neighbours.write(tmp_path, [VALE])
    neighbours.match(data, [(VALE, "観光入込客数", "tourists", neighbours.Predicate.EXACT)])
    with pytest.raises(SourceError) as refused:
        pipeline.build(data, tmp_path / "public", Settings())
    (problem,) = refused.value.problems
    assert (problem.code, problem.expected) == ("mapping.removed", "shared:visitors")
