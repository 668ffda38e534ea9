"""indicators.ttl: the real scheme is sound and in order, whatever is wrong with one is told with its line."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from test_skos import skos_faults

from kpigraph import iris
from kpigraph.codelists import IndicatorScheme, base_units, load_indicators, load_units
from kpigraph.config import resource_dir
from kpigraph.model import Direction, PeriodKind, UnitKind
from kpigraph.problems import SourceError
from kpigraph.text import compact
from kpigraph.vocab import SKOS

LISTS = Path(__file__).resolve().parents[1] / "data" / "codelists"
TEXT = (LISTS / "indicators.ttl").read_text(encoding="utf-8")
SDG_GOAL, SDG_INDICATOR = r"http://metadata\.un\.org/sdg/([1-9]|1[0-7])", r"http://metadata\.un\.org/sdg/C[0-9]{6}"
OTHERS = r"http://data\.e-stat\.go\.jp/lod/ontology/measure/[a-z]+|http://www\.wikidata\.org/entity/P[0-9]+"


@pytest.fixture(scope="module")
def scheme() -> IndicatorScheme:
    return load_indicators(LISTS)


@pytest.fixture(scope="module")
def graph(scheme: IndicatorScheme) -> Graph:
    graph = Graph()
    for triple in scheme.triples:
        graph.add(triple)
    return graph


def test_the_scheme_is_sound_skos_in_both_languages(scheme: IndicatorScheme, graph: Graph) -> None:
    assert len(scheme) >= 150
    assert sorted(skos_faults(graph, ("ja", "en"))) == []
    for concept in graph.subjects(SKOS.inScheme):
        assert {o.language for o in graph.objects(concept, SKOS.definition)} == {"ja", "en"}  # type: ignore[attr-defined]
    narrower = set(graph.subject_objects(SKOS.narrower))
    assert narrower == {(o, s) for s, o in graph.subject_objects(SKOS.broader)}
    assert len(narrower) == len(scheme)


def test_no_name_in_either_language_is_that_of_two_indicators(scheme: IndicatorScheme) -> None:
    japanese = [compact(name) for i in scheme for name in i.names] + [compact(ja) for ja, _ in scheme.themes.values()]
    english = [i.label_en.casefold() for i in scheme] + [en.casefold() for _, en in scheme.themes.values()]
    assert len(set(japanese)) == len(japanese)
    assert len(set(english)) == len(english)


def test_the_subjects_that_strategies_have_are_there(scheme: IndicatorScheme) -> None:
    assert scheme.themes.keys() == {
        f"theme-{name}"
        for name in (
            "childcare", "community", "culture", "digital", "education", "employment", "environment", "finance",
            "health", "industry", "migration", "population", "primary", "safety", "tourism", "transport", "welfare",
        )
    }  # fmt: skip
    assert all(sum(i.theme == theme for i in scheme) >= 4 for theme in scheme.themes)


def test_mappings_lead_to_goals_indicators_and_terms_by_their_official_names(scheme: IndicatorScheme) -> None:
    kinds = {
        SDG_GOAL: {"relatedMatch"},
        SDG_INDICATOR: {"closeMatch", "broadMatch", "relatedMatch"},
        OTHERS: {"closeMatch"},
    }
    seen = set()
    for indicator in scheme:
        for predicate, iri in indicator.matches:
            (kind,) = [k for k in kinds if re.fullmatch(k, iri)]
            assert predicate in kinds[kind], (indicator.notation, predicate, iri)
            seen.add(kind)
    assert seen == kinds.keys()


def test_shares_of_a_shared_indicator_say_of_which(scheme: IndicatorScheme) -> None:
    ageing = scheme.indicators["share-65-over"]
    assert (ageing.unit_kind, ageing.period_kind, ageing.denominator) == (
        UnitKind.SHARE,
        PeriodKind.AS_OF,
        "population",
    )
    divided = {i.unit_kind for i in scheme if i.denominator}
    assert divided <= {UnitKind.SHARE, UnitKind.RATE, UnitKind.MONEY, UnitKind.MASS, UnitKind.AREA}
    assert UnitKind.PERSON not in divided


def test_every_unit_kind_has_base_units_of_the_unit_list() -> None:
    known = {unit.base_unit for unit in load_units(LISTS)}
    assert base_units().keys() == set(UnitKind)
    for kind, bases in base_units().items():
        assert bases, kind
        assert bases <= known, (kind, bases - known)


def test_an_indicator_is_found_by_every_name_of_it(scheme: IndicatorScheme) -> None:
    waiting = scheme.find("待機児童数")
    assert waiting is not None
    assert (waiting.notation, waiting.theme, waiting.desired_direction) == (
        "childcare-waiting", "theme-childcare", Direction.DECREASE
    )  # fmt: skip
    assert scheme.find("　待機 児童数 ") is waiting
    assert scheme.find("childcare-waiting") is waiting
    assert scheme.find("子育て・保育") is None  # a theme is no indicator
    assert scheme.find("市民の幸福度") is None
    assert [i.notation for i in scheme.narrower("visitors")] == ["visitors-day", "visitors-foreign", "visitors-staying"]


def test_the_file_is_in_order(scheme: IndicatorScheme) -> None:
    """By theme, and within a theme by notation."""
    subjects = re.findall(r"^shared:(\S+) a ", TEXT, re.MULTILINE)
    assert len(subjects) == len(scheme) + len(scheme.themes)
    themes = [s for s in subjects if s in scheme.themes]
    order = [(themes.index(s if s in themes else scheme.indicators[s].theme), s not in themes, s) for s in subjects]
    assert [pair for pair in pairwise(order) if pair[0] >= pair[1]] == []


def test_a_folder_without_a_list_has_that_of_the_program(tmp_path: Path, scheme: IndicatorScheme) -> None:
    assert load_indicators(tmp_path).indicators == scheme.indicators


# ---- what is wrong with a file


SMALL = """@prefix c: <https://w3id.org/kpigraph/code/> .
@prefix kpi: <https://w3id.org/kpigraph/ns#> .
@prefix shared: <https://w3id.org/kpigraph/code/indicator/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
c:indicator a skos:ConceptScheme ; skos:hasTopConcept shared:theme-x .
shared:theme-x a skos:Concept ; skos:inScheme c:indicator ; skos:topConceptOf c:indicator ; skos:notation "theme-x" ;
    skos:prefLabel "分野"@ja , "theme"@en ; skos:definition "甲。"@ja , "A."@en .
shared:people a kpi:SharedIndicator , skos:Concept ; skos:inScheme c:indicator ; skos:notation "people" ;
    skos:prefLabel "人数"@ja , "people"@en ; skos:definition "乙。"@ja , "B."@en ; skos:broader shared:theme-x ;
    kpi:unitKind c:unitkind-person ; kpi:periodKind c:periodkind-year .
shared:part a kpi:SharedIndicator , skos:Concept ; skos:inScheme c:indicator ; skos:notation "part" ;
    skos:prefLabel "割合"@ja , "part"@en ; skos:altLabel "率"@ja ; skos:definition "丙。"@ja , "C."@en ;
    skos:broader shared:people ; kpi:unitKind c:unitkind-share ; kpi:periodKind c:periodkind-as-of ;
    kpi:denominatorIndicator shared:people ; kpi:desiredDirection c:dir-increase ;
    kpi:directionBasis c:basis-curated ; kpi:cofogDivision "04" .
"""


def written(folder: Path, text: str) -> Path:
    (folder / "indicators.ttl").write_text(text, encoding="utf-8")
    return folder


def test_a_small_list_is_read(tmp_path: Path) -> None:
    scheme = load_indicators(written(tmp_path, SMALL))
    part = scheme.indicators["part"]
    assert (part.names, part.broader, part.theme, part.cofog) == (("割合", "率"), "people", "theme-x", "04")
    iri = URIRef(iris.shared_indicator("people"))
    assert (iri, SKOS.narrower, URIRef(iris.shared_indicator("part"))) in scheme.triples


@pytest.mark.parametrize(
    ("was", "now", "line", "found"),
    [
        ("c:unitkind-share", "c:unitkind-parts", 11, "part: unitKind = https://w3id.org/kpigraph/code/unitkind-parts"),
        ("kpi:unitKind c:unitkind-share ; ", "", 11, "part: unitKind = –"),
        ("c:periodkind-as-of", "c:periodkind-as-of , c:periodkind-year", 11, "part: periodKind = "),
        ("kpi:denominatorIndicator shared:people", "kpi:denominatorIndicator shared:pupils", 11, "= pupils"),
        ("kpi:denominatorIndicator shared:people", "kpi:denominatorIndicator shared:part", 11, "= part"),
        ("kpi:directionBasis c:basis-curated ; ", "", 11, "part: directionBasis = –"),
        ("kpi:desiredDirection c:dir-increase ;", "", 11, "part: directionBasis = https"),
        ('kpi:cofogDivision "04"', 'kpi:cofogDivision "4"', 11, "part: cofogDivision = 4"),
        ("kpi:cofogDivision", "kpi:cofogDivison", 11, "part: https://w3id.org/kpigraph/ns#cofogDivison"),
        ('skos:notation "part"', 'skos:notation "Part"', 11, "part: notation = Part"),
        ("skos:broader shared:people", "skos:broader shared:nobody", 11, "broader = https"),
        ("skos:broader shared:people", "skos:broader shared:people , shared:theme-x", 11, "broader = https"),
        ("skos:broader shared:theme-x", "skos:broader shared:part", 8, "people: broader = part"),
        ('"割合"@ja , ', "", 11, "part: prefLabel = –"),
        ('"割合"@ja', '"割合"@ja , "分"@ja', 11, "part: prefLabel = 分 / 割合"),
        (' , "C."@en', "", 11, "part: definition = –"),
        ("skos:topConceptOf c:indicator ; ", "", 6, "theme-x: topConceptOf = –"),
        (" ; skos:hasTopConcept shared:theme-x", "", 6, "theme-x: hasTopConcept = –"),
        ("hasTopConcept shared:theme-x", "hasTopConcept shared:theme-x , shared:people", 8, "people: hasTopConcept"),
        ("shared:people a kpi:SharedIndicator , skos:Concept", "shared:people a kpi:SharedIndicator", 8, ": type = "),
        ('"乙。"@ja , "B."@en', '"乙。"@ja , "B."@en ; skos:altLabel "率 "@ja', 11, "part: 率"),
        ('"率"@ja', '"割 合"@ja', 11, "part: 割合 / 割 合"),
        ("shared:part a", "<https://kpi.example/code/indicator/part> a", 0, "https://kpi.example"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path: Path, was: str, now: str, line: int, found: str) -> None:
    assert SMALL.count(was) >= 1
    with pytest.raises(SourceError) as caught:
        load_indicators(written(tmp_path, SMALL.replace(was, now, 1)))
    told = [(p.at.row, p.found) for p in caught.value.problems]
    assert any(row == line and found in text for row, text in told), told
    for problem in caught.value.problems:
        assert problem.at.file == "codelists/indicators.ttl"
        assert problem.sentence("ja")
        assert problem.sentence("en")


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (SMALL.replace(" ;\n", " \n", 1).encode(), "codelist.syntax", 7),
        (SMALL.encode("cp932"), "source.encoding", 0),
        (b"", "codelist.field", 0),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes, code: str, line: int) -> None:
    (tmp_path / "indicators.ttl").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        load_indicators(tmp_path)
    assert [(p.code, p.at.row) for p in caught.value.problems] == [(code, line)]


def test_the_packaged_list_is_the_one_tested() -> None:
    assert (resource_dir("data") / "codelists" / "indicators.ttl").read_text(encoding="utf-8") == TEXT
