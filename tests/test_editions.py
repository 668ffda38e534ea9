"""Two editions of one strategy: what persists keeps its key and one name, and questions across editions are answered.

The second edition is the fictional one of next_year.py.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import next_year
import pyoxigraph as ox
import pytest
from conftest import BLOCK, HEADER, HEADINGS, Case

from kpigraph import codelists, editions, registry
from kpigraph.model import Edition
from kpigraph.prefixes import expand
from kpigraph.problems import Problem
from kpigraph.questions import load_questions
from kpigraph.registry import Entry, Registry
from kpigraph.releases import Release, current_release
from kpigraph.store import Store, open_store, text

BASE = "https://w3id.org/kpigraph/"
SHARED = ("ref", "indicators", "vocab", "catalog", "current", "mappings")
GRAPHS = BASE + "graph/lg/012068/doc/sogo-senryaku-kpi/"
STRATEGY = BASE + "id/lg/012068/doc/sogo-senryaku-kpi/"
OF, THEN = "sogo-senryaku-kpi/2016", "sogo-senryaku-kpi/2017"
DROPPED = "新しい総合事業に係る訪問型・通所型サービス(現行相当及び緩和基準によるサービス)提供事業所数"
NEW = "学校給食での地元水産物利用率"
OLD_NAME, NEW_NAME = "若者健診受診者数", "若年者健診受診者数"
LAYERS = ("asserted", "corrections", "derived")


@pytest.fixture(scope="module")
def release(two_editions: Path) -> Release:
    found = current_release(two_editions / "public")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def store(release: Release) -> Iterator[Store]:
    opened = open_store(release.store, release.default_graphs)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def entries(two_editions: Path) -> dict[tuple[str, str], Entry]:
    return registry.load(two_editions / "data" / "sources" / "012068").entries


def column(store: Store, query: str, name: str, *, everywhere: bool = False) -> list[str]:
    return [text(row, name) for row in store.select(query, everywhere=everywhere)]


def key_of(store: Store, label: str) -> str:
    found = column(
        store, f'SELECT DISTINCT ?i {{ ?i a kpi:Indicator ; skos:prefLabel "{label}"@ja }}', "i", everywhere=True
    )
    assert len(found) == 1, (label, found)
    return found[0]


def listed(store: Store, edition: str, indicator: str) -> list[tuple[str, str, str]]:
    """Return name, measure and department of every listing of `indicator` in `edition`."""
    query = f"""SELECT ?name ?measure ?department {{
      ?l a kpi:Listing ; kpi:edition <{STRATEGY}{edition}/edition> ; kpi:indicator <{indicator}> ; rdfs:label ?name ;
         kpi:placement/rdfs:label ?measure ; kpi:statedDepartment ?department }}"""
    return [tuple(text(r, n) for n in ("name", "measure", "department")) for r in store.select(query, everywhere=True)]  # type: ignore[misc]


# ---- identity


def test_the_second_edition_says_that_it_is_fictional(store: Store) -> None:
    for name, words in (("dct:title", ("架空", "Fictional")), ("dct:description", ("架空", "fictional"))):
        found = column(store, f"SELECT ?t {{ <{STRATEGY}2017/edition> {name} ?t }}", "t")
        assert len(found) == 2
        assert all(any(word in t for word in words) for t in found)


def test_what_persists_keeps_its_key(store: Store) -> None:
    query = "SELECT DISTINCT ?i { ?l a kpi:Listing ; kpi:indicator ?i ; kpi:edition <%s%s/edition> }"
    first = set(column(store, query % (STRATEGY, "2016"), "i", everywhere=True))
    second = set(column(store, query % (STRATEGY, "2017"), "i", everywhere=True))
    assert first - second == {key_of(store, DROPPED)}
    assert second - first == {key_of(store, NEW)}
    assert len(first) == len(second) == 75


@pytest.mark.parametrize(
    ("label", "before", "after"),
    [
        (
            NEW_NAME,
            (OLD_NAME, "働く世代の健康を支える環境整備", "健康推進課"),
            (NEW_NAME, "働く世代の健康を支える環境整備", "健康推進課"),
        ),
        (
            "スポーツ合宿誘致件数",
            ("スポーツ合宿誘致件数", "釧路滞在誘致活動の推進", "スポーツ課"),
            ("スポーツ合宿誘致件数", "MICEと国際会議の誘致", "スポーツ振興課"),
        ),
        (
            "交流イベントの開催回数",
            ("交流イベントの開催回数", "高齢者が元気なまちづくり", "介護高齢課"),
            ("交流イベントの開催回数", "高齢者が元気なまちづくり", "市民生活課"),
        ),
    ],
    ids=["renamed", "moved", "handed-over"],
)
def test_renamed_moved_and_handed_over(
    store: Store, label: str, before: tuple[str, str, str], after: tuple[str, str, str]
) -> None:
    indicator = key_of(store, label)
    assert listed(store, "2016", indicator) == [before]
    assert listed(store, "2017", indicator) == [after]


def test_a_moved_measure_keeps_its_key_and_stands_under_its_new_direction(store: Store) -> None:
    measures = column(
        store,
        'SELECT DISTINCT ?m { ?m a kpi:Measure ; skos:prefLabel "石炭エネルギーの活用"@ja }',
        "m",
        everywhere=True,
    )
    assert len(measures) == 1
    above = column(store, f"SELECT ?d {{ <{measures[0]}> skos:broader/skos:prefLabel ?d }}", "d")
    assert above == ["地域特性を活かした企業誘致"]


def test_the_registry_remembers_first_and_last_edition(entries: dict[tuple[str, str], Entry]) -> None:
    by_label = {(e.kind, e.label): (e.first_edition, e.last_edition) for e in entries.values()}
    assert by_label["kpi", OLD_NAME] == (OF, THEN)
    assert by_label["kpi", DROPPED] == (OF, OF)
    assert by_label["kpi", NEW] == (THEN, THEN)
    assert by_label["direction", "地域に根ざした石炭産業の振興"] == (OF, OF)
    assert by_label["dept", "スポーツ課"] == (OF, THEN)
    assert len([e for e in entries.values() if e.kind == "kpi"]) == 76
    assert not {("kpi", NEW_NAME), ("dept", "スポーツ振興課"), ("measure", "MICEと国際会議の誘致")} & by_label.keys()


# ---- graphs and names


def test_a_query_without_graph_sees_the_newest_edition(release: Release, store: Store) -> None:
    newest = [f"{GRAPHS}2017/{layer}" for layer in LAYERS]
    assert set(release.default_graphs) == {*newest, *(f"{BASE}graph/{g}" for g in SHARED)}
    assert {f"{GRAPHS}2016/{layer}" for layer in LAYERS} <= set(store.named_graphs())
    assert column(store, "SELECT (COUNT(?s) AS ?n) { ?s a kpi:Statement }", "n") == ["225"]
    assert column(store, "SELECT (COUNT(?s) AS ?n) { GRAPH ?g { ?s a kpi:Statement } }", "n") == ["450"]


def test_one_name_for_each_thing_in_all_graphs_together(store: Store) -> None:
    query = """SELECT DISTINCT ?s ?p ?label { VALUES ?p { skos:prefLabel skos:altLabel skos:hiddenLabel }
      ?s ?p ?label FILTER(LANG(?label) = "ja") }"""
    labels: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in store.select(query, everywhere=True):
        labels[text(row, "s")][text(row, "p")].add(text(row, "label"))
    preferred, other, hidden = (expand(f"skos:{n}Label") for n in ("pref", "alt", "hidden"))
    assert len(labels) > 200
    for thing, of in labels.items():
        assert len(of[preferred]) == 1, (thing, of[preferred])
        assert not of[preferred] & of[other], thing
        assert not (of[preferred] | of[other]) & of[hidden], thing


@pytest.mark.parametrize(
    ("name", "former"),
    [
        (NEW_NAME, OLD_NAME),
        ("MICEと国際会議の誘致", "国際会議観光都市「釧路」を活かしたMICE誘致の推進"),
        ("スポーツ振興課", "スポーツ課"),
    ],
)
def test_the_newest_name_is_preferred_and_the_former_one_found(store: Store, name: str, former: str) -> None:
    own = 'FILTER(!STRSTARTS(STR(?s), "https://w3id.org/kpigraph/code/"))'  # a shared indicator can have either name
    query = f'SELECT ?label {{ ?s skos:prefLabel "{name}"@ja ; skos:altLabel ?label . {own} }}'
    assert column(store, query, "label") == [former]
    assert column(store, f'SELECT ?s {{ ?s skos:prefLabel "{former}"@ja . {own} }}', "s", everywhere=True) == []


def test_a_dropped_indicator_stays_described(store: Store) -> None:
    dropped = key_of(store, DROPPED)
    assert column(store, f"SELECT ?p {{ <{dropped}> ?p ?o }}", "p") == []
    described = {(t.predicate.value, t.object.value) for t in store.describe(dropped) if hasattr(t.object, "value")}
    assert (expand("skos:prefLabel"), DROPPED) in described
    assert (expand("rdf:type"), expand("kpi:Indicator")) in described
    statement = f"{STRATEGY}2016/st-{dropped.rpartition('-')[2]}-t"
    assert expand("kpi:statedValue") in {t.predicate.value for t in store.describe(statement)}


def test_an_edition_leads_to_the_one_before(store: Store) -> None:
    query = "SELECT ?before { <%s2017/%s> dcat:previousVersion ?before }"
    assert column(store, query % (STRATEGY, "edition"), "before") == [f"{STRATEGY}2016/edition"]
    assert column(store, query % (STRATEGY, "cube"), "before") == [f"{STRATEGY}2016/cube"]  # in the catalogue
    first = f"SELECT ?b {{ <{STRATEGY}2016/edition> dcat:previousVersion ?b }}"
    assert column(store, first, "b", everywhere=True) == []


def test_tables_give_each_edition_its_own_names(release: Release) -> None:
    with (release.folder / "observations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 450
    for edition, name, other in (("2016", OLD_NAME, NEW_NAME), ("2017", NEW_NAME, OLD_NAME)):
        names = {r["indicator_label"] for r in rows if r["edition"] == edition}
        assert name in names
        assert other not in names
        assert "" not in names
    with (release.folder / "listings.csv").open(encoding="utf-8", newline="") as file:
        listings = list(csv.DictReader(file))
    moved = [r["measure_label"] for r in listings if r["indicator"].endswith(_key(rows, "スポーツ合宿誘致件数"))]
    assert moved == ["釧路滞在誘致活動の推進", "MICEと国際会議の誘致"]
    assert all(r["goal_label"] and r["direction_label"] and r["measure_label"] for r in listings)


def _key(rows: list[dict[str, str]], label: str) -> str:
    return next(r["indicator"] for r in rows if r["indicator_label"] == label).rpartition("/")[2]


# ---- questions over editions (docs/model.md, section 4)


def ask(release: Release, key: str, **replacing: str) -> list[list[str]]:
    """Return the rows of the answer to a question of ontology/questions, asked as the endpoint asks it."""
    (question,) = [q for q in load_questions() if q.key == key]
    query = question.text
    for was, now in replacing.items():
        assert was in query
        query = query.replace(was, now)
    store = ox.Store.read_only(str(release.store))
    solutions = store.query(query, default_graph=[ox.NamedNode(g) for g in release.default_graphs])
    assert isinstance(solutions, ox.QuerySolutions)
    return [[term.value if isinstance(term, ox.Literal) else str(term) for term in row] for row in solutions]


def test_cq15_which_targets_changed_between_two_editions(release: Release) -> None:
    """One was changed; another, only printed otherwise (120,000 as 120000), is not among the answers."""
    assert ask(release, "cq15-changed-targets") == [["新規創業者数", "2016", "125", "2017", "150"]]


def test_cq16_time_series_of_one_indicator_over_all_editions(release: Release) -> None:
    """Former editions are asked for with GRAPH: a query without it sees the newest one only."""
    assert ask(release, "cq16-time-series") == [
        ["2015-12-31", "114977", "2016"],
        ["2016-12-31", "116320", "2017"],
    ]
    assert ask(release, "cq16-time-series", 釧路港年間水揚量=NEW_NAME) == [
        ["2016-03-31", "451", "2016"],
        ["2016-03-31", "451", "2017"],
    ]


def test_without_graph_a_time_series_has_the_newest_edition_only(store: Store) -> None:
    query = f"""SELECT ?value {{ ?s kpi:indicator <{key_of(store, "釧路港年間水揚量")}> ; kpi:role c:role-actual ;
      kpi:baseValue ?value }}"""
    assert column(store, query, "value") == ["116320"]
    assert sorted(column(store, query, "value", everywhere=True)) == ["114977", "116320"]


# ---- the registry, case by case

TWO = BLOCK + BLOCK.replace("ア 港を直す", "イ 船を直す").replace("水揚量", "修理件数")


def read_all(case: Case) -> tuple[list[Edition], Registry, list[Problem]]:
    problems: list[Problem] = []
    units = codelists.load_units(case.data / "codelists")
    keys = registry.load(case.folder.parent)
    documents = editions.load_documents(case.data, problems)
    return [editions.read_edition(d, keys, units, problems) for d in documents], keys, problems


def names(edition: Edition) -> dict[str, str]:
    return {i.label: i.key for i in edition.indicators}


def test_an_indicator_that_comes_back_gets_its_key_back(make_case: Callable[..., Case]) -> None:
    make_case(HEADER + HEADINGS + TWO, edition="2016")
    make_case(HEADER + HEADINGS + BLOCK, edition="2017")
    case = make_case(HEADER + HEADINGS + TWO, edition="2018")
    (first, second, third), keys, _ = read_all(case)
    assert names(first) == names(third)
    assert names(second).keys() == {"水揚量"}
    back = keys.entries["kpi", names(first)["修理件数"]]
    assert (back.first_edition, back.last_edition) == ("senryaku/2016", "senryaku/2018")


def test_an_older_edition_that_is_added_later_is_the_first(make_case: Callable[..., Case]) -> None:
    case = make_case(HEADER + HEADINGS + BLOCK, edition="2017")
    _, keys, _ = read_all(case)
    (case.folder.parent / "registry.csv").write_text(keys.to_csv(), encoding="utf-8")
    make_case(HEADER + HEADINGS + BLOCK, edition="2016")
    (older, newer), keys, _ = read_all(case)
    assert names(older) == names(newer)
    entry = keys.entries["kpi", names(older)["水揚量"]]
    assert (entry.first_edition, entry.last_edition) == ("senryaku/2016", "senryaku/2017")


def test_editions_are_ordered_by_their_numbers(make_case: Callable[..., Case]) -> None:
    for edition in ("10", "9", "2"):
        case = make_case(HEADER + HEADINGS + BLOCK, edition=edition)
    documents = editions.load_documents(case.data, [])
    assert [d.edition for d in documents] == ["2", "9", "10"]
    assert editions.previous_editions(documents) == {
        ("012068", "senryaku", "9"): "2",
        ("012068", "senryaku", "10"): "9",
    }
    _, keys, _ = read_all(case)
    assert {(e.first_edition, e.last_edition) for e in keys.entries.values()} == {("senryaku/2", "senryaku/10")}


def test_the_newest_card_names_municipality_and_strategy(make_case: Callable[..., Case]) -> None:
    make_case(HEADER + HEADINGS + BLOCK, edition="2016")
    case = make_case(HEADER + HEADINGS + BLOCK, edition="2017")
    card = case.folder / "card.toml"
    renamed = (
        card.read_text(encoding="utf-8").replace("架空市総合戦略", "架空市新戦略").replace("Fictional City", "New City")
    )
    card.write_text(renamed, encoding="utf-8")
    read, _, _ = read_all(case)
    for edition in editions.with_current_names(read):
        assert edition.document.series_labels["ja"] == "架空市新戦略"
        assert edition.document.municipality_names["en"] == "New City"


def test_another_department_is_another_indicator_until_a_person_says_otherwise(make_case: Callable[..., Case]) -> None:
    make_case(HEADER + HEADINGS + BLOCK, edition="2016")
    case = make_case(HEADER + HEADINGS + BLOCK.replace("水産課", "港湾課"), edition="2017")
    (first, second), keys, problems = read_all(case)
    assert names(first) != names(second)
    assert [(p.code, p.found, p.expected) for p in problems] == [
        ("indicator.known-name", "港湾課", f"{names(first)['水揚量']}: 水産課")
    ]
    old = ("kpi", names(first)["水揚量"])
    del keys.entries["kpi", names(second)["水揚量"]]
    keys.entries[old] = replace(keys.entries[old], department="水産課|港湾課")
    (case.folder.parent / "registry.csv").write_text(keys.to_csv(), encoding="utf-8")
    (first, second), _, problems = read_all(case)
    assert names(first) == names(second)
    assert problems == []


def test_a_renamed_department_keeps_its_key_and_its_indicators(make_case: Callable[..., Case]) -> None:
    case = make_case(HEADER + HEADINGS + BLOCK, edition="2016")
    _, keys, _ = read_all(case)
    (key,) = [k for k in keys.entries if k[0] == "dept"]
    keys.entries[key] = replace(keys.entries[key], also_named=("水産港湾課",))
    (case.folder.parent / "registry.csv").write_text(keys.to_csv(), encoding="utf-8")
    make_case(HEADER + HEADINGS + BLOCK.replace("水産課", "水産港湾課"), edition="2017")
    (first, second), keys, problems = read_all(case)
    assert names(first) == names(second)
    assert [d.key for d in first.departments] == [d.key for d in second.departments]
    assert (keys.minted, problems) == ([], [])
    first, second = editions.with_current_names([first, second])
    assert first.departments == second.departments
    assert (first.departments[0].label, first.departments[0].also_named) == ("水産港湾課", {"水産課"})


def test_two_indicators_of_one_document_never_share_a_key(make_case: Callable[..., Case]) -> None:
    """Where a second one of the name comes, the one that the registry knows by its place keeps the key."""
    make_case(HEADER + HEADINGS + BLOCK, edition="2016")
    other = BLOCK.replace("ア 港", "イ 船").replace("100.0", "1").replace("110.5", "2").replace("120.0", "3")
    make_case(HEADER + HEADINGS + BLOCK + other, edition="2017")
    case = make_case(HEADER + HEADINGS + other, edition="2018")
    (first, second, third), _, _ = read_all(case)
    assert len({i.key for i in second.indicators}) == 2
    assert second.indicators[0].key == first.indicators[0].key
    assert [i.key for i in third.indicators] == [second.indicators[1].key]


def test_a_thing_named_again_as_before_has_one_other_name(make_case: Callable[..., Case]) -> None:
    make_case(HEADER + HEADINGS + BLOCK, edition="2016")
    case = make_case(HEADER + HEADINGS + BLOCK.replace("水揚量", "漁獲量"), edition="2017")
    make_case(HEADER + HEADINGS + BLOCK, edition="2018")
    keys = Registry("012068")
    key = keys.mint("kpi", "水揚量", "senryaku/2016", department="水産課")
    keys.entries["kpi", key] = replace(keys.entries["kpi", key], also_named=("漁獲量",))
    (case.folder.parent / "registry.csv").write_text(keys.to_csv(), encoding="utf-8")
    read, _, _ = read_all(case)
    for edition in editions.with_current_names(read):
        (indicator,) = edition.indicators
        assert (indicator.key, indicator.label, indicator.also_named) == (key, "水揚量", {"漁獲量"})
    assert [x.label for e in read for x in e.listings] == ["水揚量", "漁獲量", "水揚量"]


def test_the_edits_of_the_next_year_fail_once_the_document_says_something_else() -> None:
    lines = (next_year.KUSHIRO / "kushiro-kpi.txt").read_text(encoding="utf-8").split("\n")
    after, place = next_year.edited(lines)
    assert len(after) == len(lines) - len(next_year.DROPPED) + 3
    assert after[place[44] - 1] == lines[43].replace("125", "150")
    lines[43] = lines[43].replace("125", "126")
    with pytest.raises(AssertionError, match="44"):
        next_year.edited(lines)
