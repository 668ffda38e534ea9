"""Search over labels, texts and codes: Japanese without word boundaries, any width, any kana, one character too."""

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import BASE, KPI, Client

from kpigraph import search
from kpigraph.problems import UsageError
from kpigraph.search.finder import SearchTooLongError
from kpigraph.search.folding import fold, terms
from kpigraph.serve.data_files import DataFiles
from kpigraph.store import open_store


@pytest.fixture(scope="module")
def finder(public: Path) -> search.Finder:
    return search.Finder(public / "current" / search.FILE)


def names(finder: search.Finder, query: str, **how: object) -> list[str]:
    return [f.iri.removeprefix(BASE + "id/lg/") for f in finder.search(query, **how)[1]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("釧路港年間水揚量", "012068/kpi-p7q2"),  # all of a label
        ("年間水揚", "012068/kpi-p7q2"),  # from its middle
        ("水揚", "012068/kpi-p7q2"),  # two characters: trigrams do not see them
        ("揚", "012068/kpi-p7q2"),  # one
        ("水揚　釧路市", "012068/kpi-p7q2"),  # with what it belongs to, a wide blank between
        ("kpi-p7q2", "012068/kpi-p7q2"),  # a code
        ("ＫＰＩ－Ｐ７Ｑ２", "012068/kpi-p7q2"),
        ("012068", "012068"),
        ("Kushiro City", "012068"),
        ("kushiro", "012068"),
        ("水産課", "012068/dept-s1"),  # exactly so called, before what merely has it in it
        ("トン", BASE.removesuffix("/") + "/code/unit/ton"),
        ("とん", BASE.removesuffix("/") + "/code/unit/ton"),
        ("ﾄﾝ", BASE.removesuffix("/") + "/code/unit/ton"),
    ],
)
def test_what_is_found_first(finder: search.Finder, query: str, first: str) -> None:
    assert names(finder, query)[0] == first


def test_every_word_must_be_there(finder: search.Finder) -> None:
    assert names(finder, "水揚 トンネル") == []
    assert names(finder, "釧路港 ない言葉") == []
    assert finder.search(" 　\t") == (0, [])


def test_markup_of_the_query_language_is_nothing_but_text(finder: search.Finder) -> None:
    for query in (
        '"',
        "釧路港*",
        "label:釧路港",
        "釧路港 OR 水産",
        "NEAR(釧路港)",
        "'; DROP TABLE thing; --",
        "^釧路港",
    ):
        assert finder.search(query)[1] == [], query


def test_results_can_be_narrowed_and_leafed_through(finder: search.Finder) -> None:
    total, first = finder.search("水", limit=2)
    assert total > 4
    assert len(first) == 2
    second = finder.search("水", limit=2, offset=2)
    assert second[0] == total
    assert not {f.iri for f in first} & {f.iri for f in second[1]}
    assert finder.search("水", offset=10_000) == (total, [])
    assert {f.kind for f in finder.search("水", kinds=["indicator"])[1]} == {"indicator"}
    assert finder.search("水", municipality="011002") == (0, [])
    assert {f.municipality for f in finder.search("水", municipality="012068")[1]} == {"012068"}


def test_it_is_told_where_the_word_stands(finder: search.Finder) -> None:
    (found,) = finder.search("kpi-p7q2")[1]
    assert found.matched == ("codes", "kpi-p7q2")
    assert found.labels == {"ja": "釧路港年間水揚量"}


def test_a_search_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    graph = "\n".join(
        f"<{BASE}id/lg/012068/kpi-{n}> a <https://w3id.org/kpigraph/ns#Indicator> ; "
        f'<http://www.w3.org/2004/02/skos/core#prefLabel> "目標の数 {n}"@ja .'
        for n in range(500)
    )
    (tmp_path / "many.ttl").write_text(graph, "utf-8")
    source = DataFiles([tmp_path / "many.ttl"])
    finder = source.served().finder
    with pytest.raises(SearchTooLongError):
        finder.search("の", seconds=-1)
    assert finder.search("の")[0] == 500  # the next one is not harmed
    finder.close()
    source.close()


@given(st.text(max_size=30))
@settings(max_examples=80, deadline=None)
def test_no_query_is_too_odd(finder: search.Finder, query: str) -> None:
    total, found = finder.search(query)
    assert total >= len(found)


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(terms(word) == (word,) for word in terms(text) if word.isascii())


def test_the_same_store_gives_the_same_index(public: Path, tmp_path: Path) -> None:
    manifest = json.loads((public / "current" / "manifest.json").read_text("utf-8"))
    store = open_store(public / "current" / "store", manifest["default_graphs"])
    sizes = {search.build(store, tmp_path / name) for name in ("a", "b")}
    store.close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with sqlite3.connect(tmp_path / "a") as connection:
        assert sizes == {connection.execute("SELECT count(*) FROM thing").fetchone()[0]}
    connection.close()


def test_an_index_that_cannot_be_read_or_written(public: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"nothing of the kind")
    for file in (tmp_path / "bad", tmp_path / "none"):
        with pytest.raises(UsageError, match="search index"):
            search.Finder(file)
    store = open_store(public / "current" / "store")
    with pytest.raises(UsageError, match="cannot be written"):
        search.build(store, tmp_path / "bad" / "index")
    store.close()


def test_everything_found_has_a_page(client: Client) -> None:
    for kind in search.KINDS:  # the ontology's words are in most definitions
        for hit in client.get("/api/search", params={"q": "の", "limit": 3, "kind": kind}).json()["items"]:
            page = hit["page"].split("#")[0]
            assert client.get(page, "text/html").status_code == 200, hit


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page(client: Client, lang: str) -> None:
    how = {"Accept-Language": lang}
    page = client.get("/search?q=水揚", "text/html", headers=how).text
    assert f'href="{KPI}"' in page
    assert 'value="水揚"' in page
    assert '<input id="q"' in client.get("/search", "text/html", headers=how).text
    second = client.get("/search?q=の&kind=&start=20", "text/html", headers=how).text
    assert "start=0" in second
    odd = client.get('/search?q="><script>&kind=nonsense&start=-1', "text/html", headers=how)
    assert odd.status_code == 200
    assert "<script" not in odd.text


def test_data_without_an_index_can_be_searched_too(tmp_path: Path) -> None:
    data = tmp_path / "one.ttl"
    data.write_text(
        f'<{BASE}id/lg/012068/kpi-zz> a <https://w3id.org/kpigraph/ns#Indicator> ; '
        '<http://www.w3.org/2004/02/skos/core#prefLabel> "砂浜の数"@ja .', "utf-8"
    )  # fmt: skip
    source = DataFiles([data])
    client = Client(source)
    try:
        assert client.get("/api/search?q=砂浜").json()["items"][0]["page"] == "/doc/lg/012068/kpi-zz"
    finally:
        client.close()
        source.close()
