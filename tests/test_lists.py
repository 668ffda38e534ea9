"""Lists of indicators: nobody is left out, the order is what it says, links narrow down as their counts promise."""

import csv
import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import serving
from serving import Client

from kpigraph import standings
from kpigraph.releases import current_release
from kpigraph.serve import overviews

KUSHIRO = "https://w3id.org/kpigraph/id/lg/012068"
_COUNTED = re.compile(r'<li><a href="(/indicators[^"]*)" rel="nofollow">.*?</a> <span class="quiet">([\d,]+)</span>')
_SHOWN = re.compile(r"1–\d+ of ([\d,]+)")


@pytest.fixture(scope="module")
def client(publication: Path) -> Iterator[Client]:
    found = serving.client_of(publication)
    yield found
    found.close()


def rows(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def published(public: Path, table: str) -> list[dict[str, str]]:
    with (public / "current" / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_indicator_is_listed_once_as_it_is_assessed(client: Client, publication: Path) -> None:
    listed = {r["indicator"]: r for r in rows(client, "/indicators.csv")}
    assessed = {r["indicator"]: r for r in published(publication, "assessments")}
    assert listed.keys() == assessed.keys()
    for iri, r in listed.items():
        a = assessed[iri]
        assert (r["status"], r["reason"]) == (a["status"], a["reason"])
        assert r["progress_ratio"] == (a["cumulative_share"] or a["progress_ratio"])
        if a["elapsed_share"]:
            assert r["elapsed_share"] == a["elapsed_share"]


def test_furthest_behind_first_and_who_has_no_place_last_with_a_reason(client: Client) -> None:
    listed = rows(client, "/indicators.csv")
    placed = [r for r in listed if r["behind"]]
    behind = [Decimal(r["elapsed_share"]) - Decimal(r["progress_ratio"]) for r in placed]
    assert behind == sorted(behind, reverse=True)
    assert [Decimal(r["behind"]) for r in placed] == behind
    assert 0 < len(placed) < len(listed)
    assert listed[: len(placed)] == placed
    assert all(r["not_placed"] for r in listed[len(placed) :])


def test_time_gone_is_counted_from_the_end_of_the_baseline_to_the_end_of_the_target(client: Client) -> None:
    (landed,) = [r for r in rows(client, "/indicators.csv") if r["indicator_label"] == "釧路港年間水揚量"]
    # 31 December 2014 to 31 December 2015, of 31 December 2014 to 31 December 2019: 365 of 1,826 days
    assert (landed["elapsed_share"], landed["target_end"]) == ("0.1999", "2019-12-31")
    assert (landed["actual_text"], landed["target_period_text"]) == ("114,977", "H31年")


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("progress", lambda r: (not r["progress_ratio"], -Decimal(r["progress_ratio"] or 0))),
        ("deadline", lambda r: (not r["target_end"], r["target_end"])),
    ],
)
def test_orders(client: Client, sort: str, key: Any) -> None:
    keys = [key(r) for r in rows(client, f"/indicators.csv?sort={sort}")]
    assert keys == sorted(keys)
    assert len(set(keys)) > 3


def test_every_filter_leads_to_as_many_as_it_says(client: Client) -> None:
    for start in ("/indicators?lang=en", "/indicators?lang=en&status=notassessable&goal=lg/012068/goal-k3d3"):
        links = _COUNTED.findall(client.get(start).text)
        assert len(links) > 8
        for href, count in links:
            address = unescape(href)
            assert len(rows(client, address.replace("/indicators", "/indicators.csv", 1))) == int(count), address


def test_what_a_list_is_narrowed_by_is_what_the_document_says(client: Client, publication: Path) -> None:
    by_goal = Counter({r["indicator"] for r in published(publication, "listings") if r["goal_number"] == "3"})
    (goal,) = {r["goal"] for r in rows(client, "/indicators.csv") if r["indicator"] in by_goal and " " not in r["goal"]}
    narrowed = rows(client, f"/indicators.csv?goal={goal.removeprefix('https://w3id.org/kpigraph/id/')}")
    assert Counter(r["indicator"] for r in narrowed) == by_goal
    whole = json.loads(client.get(f"/indicators.json?goal={goal}").content)["indicators"]
    assert [r["indicator"] for r in whole] == [r["indicator"] for r in narrowed]
    assert all(r["behind"] is None or isinstance(r["behind"], float) for r in whole)


def test_filters_can_be_taken_away_one_by_one_and_pages_hold_all(client: Client) -> None:
    text = client.get("/indicators?lang=en&status=inprogress&department=lg/012068/dept-fefq").text
    assert 'href="/indicators?department=lg/012068/dept-fefq"' in text
    assert 'href="/indicators?status=inprogress"' in text
    first, second = (client.get(f"/indicators?page={n}").text for n in (1, 2))
    names = re.findall(r'<th scope="row"><a href="(/doc/[^"]+)"', first + second)
    assert len(names) == len(set(names)) == len(rows(client, "/indicators.csv"))


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("sort=absurd", 400, "behind, progress, name, deadline, document"),
        ("status=good", 400, "met, inprogress, notmet"),
        ("status=met&status=notmet", 400, "status=met"),
        ("page=-1", 400, "page=-1"),
        ("page=0", 400, "page=0"),
        ("page=1e9", 400, "page=1e9"),
        ("page=1000000000", 400, "page=1000000000"),
        ("page=999", 404, "page=999"),
        ("goal=lg/012068/goal-none", 404, "goal=https://w3id.org/kpigraph/id/lg/012068/goal-none"),
        ("municipality=../../etc", 404, "municipality="),
        ("unit=%3Cscript%3E", 404, "&lt;script&gt;"),
        ("reason=%E2%80%AE", 404, "reason="),
    ],
)
def test_what_cannot_be_asked(client: Client, asked: str, status: int, told: str) -> None:
    for lang in ("ja", "en"):
        answer = client.get(f"/indicators?{asked}", headers={"Accept": "text/html", "Accept-Language": lang})
        assert (answer.status_code, f'<html lang="{lang}">' in answer.text) == (status, True)
        assert told in answer.text
        assert "<script>" not in answer.text
    if asked != "page=999":  # a table has no pages
        assert client.get(f"/indicators.csv?{asked}").status_code == status


def test_forms(client: Client) -> None:
    assert client.get("/indicators", headers={"Accept": "text/csv"}).headers["content-type"].startswith("text/csv")
    assert client.get("/indicators", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/indicators.png").status_code == 404
    nothing = client.get("/indicators?status=none&lang=en")
    assert (nothing.status_code, "No indicator fits" in nothing.text) == (200, True)


def test_overviews_add_up_and_lead_to_their_lists(client: Client) -> None:
    text = client.get("/doc/lg/012068?lang=en").text
    table = text[text.index('id="by-goal"') : text.index('id="behind"')]
    cells = re.findall(r'<td class="count"[^>]*><a href="(/indicators[^"]*)">(\d+)</a>', table)
    assert len(cells) > 10
    for href, count in cells:
        address = unescape(href).replace("/indicators", "/indicators.csv", 1)
        assert len(rows(client, address)) == int(count), address


def test_only_current_editions_are_listed(two_editions: Path) -> None:
    client = serving.client_of(two_editions / "public")
    listed = rows(client, "/indicators.csv")
    client.close()
    assert {r["edition"].rsplit("/", 2)[-2] for r in listed} == {"2017"}
    assert len({r["indicator"] for r in listed}) == len(listed)


def test_a_release_without_the_index_is_served_all_the_same(client: Client, publication: Path, tmp_path: Path) -> None:
    shutil.copytree(publication, tmp_path / "public", symlinks=True)
    release = current_release(tmp_path / "public")
    assert release
    (release.folder / standings.FILE).unlink()
    old = serving.client_of(tmp_path / "public")
    assert old.get("/indicators.csv").content == client.get("/indicators.csv").content
    old.close()


def test_municipalities_are_told_apart(neighbourhood: Path) -> None:
    client = serving.client_of(neighbourhood / "public")
    listed = rows(client, "/indicators.csv")
    home = client.get("/?lang=en").text
    client.close()
    places = Counter(r["municipality"] for r in listed)
    assert len(places) > 5
    for place, count in places.items():
        short = place.removeprefix("https://w3id.org/kpigraph/id/")
        assert f'<a href="/indicators?municipality={short}">{count}</a>' in home


def test_a_kept_page_holds_nothing_of_who_asked_first(client: Client) -> None:
    for place in ("/indicators?sort=name", "/compare?least=0"):
        first = client.get(f"{place}&lang=en&secret=abc").text
        assert "abc" not in first
        assert client.get(f"{place}&lang=en").text == first
    link = client.get("/indicators?sort=name&lang=en").headers["link"]
    assert '</indicators?sort=name&lang=en>; rel="canonical"' in link


def test_a_strategy_has_a_page_with_its_whole_tree(client: Client, publication: Path) -> None:
    city = client.get("/doc/lg/012068?lang=en").text
    strategy = "/doc/lg/012068/doc/sogo-senryaku-kpi"
    assert f'href="{strategy}"' in city
    page = client.get(f"{strategy}?lang=en").text
    tree = page[page.index('id="tree"') :]
    indicators = {r["indicator"].rpartition("/")[2] for r in published(publication, "listings")}
    assert len(indicators) == 75
    assert all(f'/doc/lg/012068/{key}"' in tree for key in indicators)
    assert tree.count('<details class="tree"') == len({r["goal_label"] for r in published(publication, "listings")})


def test_what_a_table_has_no_line_for_can_be_reached_all_the_same(
    neighbourhood: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overviews, "_MOST", 3)
    client = serving.client_of(neighbourhood / "public")
    home = client.get("/?lang=en").text
    places = {r["municipality"] for r in rows(client, "/indicators.csv")}
    client.close()
    ours = "https://w3id.org/kpigraph/id/"
    links = {'"' + (f"/doc/{p.removeprefix(ours)}" if p.startswith(ours) else p) + '"' for p in places}
    table, rest = home.split('<details class="rest">')
    rest = rest[: rest.index("</details>")]
    assert len([link for link in links if f'<th scope="row"><a href={link}' in table]) == 3
    assert len([link for link in links if f"href={link}" in rest]) == len(links) - 3
    assert "<h3>" in rest  # by prefecture
