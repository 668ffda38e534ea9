"""Measure pages, linked data and search in one process, past the network; print a table.

    python benchmarks/pages.py PUBLIC [--cities N] [--rounds N]

PUBLIC is a publication (kpigraph build). Its graph is multiplied into N cities for the queries and the search. Every
figure is a median over rounds; what is compared is measured in turn within each round and given as a ratio.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pyoxigraph as ox
from fastapi import FastAPI, Response

from kpigraph import search
from kpigraph.config import Settings
from kpigraph.releases import current_release
from kpigraph.serve.app import create_app
from kpigraph.serve.snapshot import Snapshot
from kpigraph.store import embedded

App = Callable[..., Awaitable[None]]
NAIVE = """SELECT ?i ?v WHERE { ?l a kpi:Listing ; kpi:indicator ?i ; kpi:underMeasure/skos:broader+ <%s> .
  ?s a kpi:Actual ; kpi:indicator ?i ; kpi:baseValue ?v ; sd:refPeriod/kpi:endDate ?e .
  FILTER NOT EXISTS { ?o a kpi:Actual ; kpi:indicator ?i ; sd:refPeriod/kpi:endDate ?later FILTER(?later > ?e) } }"""
STATED = "SELECT DISTINCT ?i ?v WHERE { ?i kpi:inGoal <%s> ; kpi:latestActual ?s . ?s kpi:baseValue ?v }"
RANKING_NAIVE = """SELECT ?i ?r WHERE { ?t a kpi:Target ; kpi:indicator ?i ; kpi:baseValue ?tv .
  ?a a kpi:Actual ; kpi:indicator ?i ; kpi:baseValue ?av . FILTER(?tv > 0)
  BIND(?av / ?tv AS ?r) } ORDER BY ?r LIMIT 20"""
RANKING_STATED = (
    """SELECT ?i ?r WHERE { ?i kpi:currentAssessment ?a . ?a kpi:achievementRatio ?r } ORDER BY ?r LIMIT 20"""
)
CONTAINS = 'SELECT ?s WHERE { ?s skos:prefLabel ?l FILTER(CONTAINS(?l, "%s")) } LIMIT 20'


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def caller(app: App, path: str, headers: dict[str, str]) -> Callable[[], tuple[int, bytes, dict[bytes, bytes]]]:
    """Return a function that asks `app` for `path` without a network or client between."""
    loop = asyncio.get_event_loop()
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def ask() -> tuple[int, bytes, dict[bytes, bytes]]:
        sent: list[dict] = []

        async def receive() -> dict:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict) -> None:
            sent.append(message)

        await app(dict(scope), receive, send)
        return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:]), dict(sent[0]["headers"])

    return lambda: loop.run_until_complete(ask())


def bare(body: bytes, media_type: str) -> FastAPI:
    """Return an app that has nothing to do but to send `body`."""
    app = FastAPI()

    @app.get("/{path:path}")
    def everything(path: str) -> Response:
        return Response(body, media_type=media_type)

    return app


def answers(public: Path, rounds: int) -> None:
    release = current_release(public)
    assert release is not None, "there is no publication; run kpigraph build"
    store = embedded.open_read_only(release.store, release.default_graphs)
    base = release.manifest["base_iri"] + "id/"
    query = "SELECT ?i ?m { ?i a kpi:Indicator ; kpi:municipality ?m } ORDER BY ?i LIMIT 1"
    (row,) = store.select(query)
    indicator, city = (row[n].value.removeprefix(base) for n in ("i", "m"))  # type: ignore[union-attr]
    asked = [
        ("page of an indicator", f"/doc/{indicator}", {"accept": "text/html"}),
        ("page of a city", f"/doc/{city}", {"accept": "text/html"}),
        ("the same, Brotli", f"/doc/{city}", {"accept": "text/html", "accept-encoding": "br"}),
        ("Turtle of an indicator", f"/doc/{indicator}", {"accept": "text/turtle"}),
        ("303 of a name", f"/id/{indicator}", {"accept": "text/turtle"}),
    ]
    print(f"{'answer':26}{'cold ms':>9}{'kept ms':>9}{'bare FastAPI ms':>17}{'times as fast':>15}")
    for label, path, headers in asked:
        cold, kept, plain = [], [], []
        for _ in range(max(3, rounds // 10)):  # a new application has nothing rendered yet; its templates are compiled
            app = create_app(Snapshot(public), Settings())
            caller(app, "/search", {"accept": "text/html"})()
            cold.append(milliseconds(caller(app, path, headers)))
        ask = caller(app, path, headers)
        _, body, told = ask()
        nothing = caller(bare(body, told.get(b"content-type", b"").decode() or "text/plain"), path, headers)
        nothing()
        for _ in range(rounds):
            kept.append(milliseconds(ask))
            plain.append(milliseconds(nothing))
        c, k, p = map(statistics.median, (cold, kept, plain))
        print(f"{label:26}{c:9.2f}{k:9.3f}{p:17.3f}{p / k:15.1f}")
    ask = caller(app, f"/doc/{city}", {"accept": "text/html"})
    known = ask()[2][b"etag"].decode()
    again = caller(app, f"/doc/{city}", {"accept": "text/html", "if-none-match": known})
    print(f"{'304 of a city':26}{'':9}{statistics.median(milliseconds(again) for _ in range(rounds)):9.3f}")


def queries(public: Path, cities: int, rounds: int, folder: Path) -> None:
    release = current_release(public)
    assert release is not None
    lines = (release.folder / "kpigraph.nq").read_text("utf-8").splitlines(keepends=True)
    quads = [q for n in range(cities) for q in ox.parse("".join(lines).replace("/012068", f"/{n:06d}").encode(),
                                                       format=ox.RdfFormat.N_QUADS)]  # fmt: skip
    with embedded.create(folder / "store", quads) as store:
        began = time.perf_counter()
        found = search.build(store, folder / "index.sqlite")
        seconds, size = time.perf_counter() - began, (folder / "index.sqlite").stat().st_size >> 10
        print(f"\n{cities} cities, {len(quads):,} quads; search index: {found:,} things, {seconds:.1f} s, {size:,} KiB")
        finder = search.Finder(folder / "index.sqlite")
        (row,) = store.select("SELECT ?g { ?g a kpi:Goal } ORDER BY ?g LIMIT 1")
        goal = row["g"].value  # type: ignore[union-attr]
        pairs: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
            (
                "a goal's latest actuals",
                lambda: list(store.select(NAIVE % goal)),
                lambda: list(store.select(STATED % goal)),
            ),
            (
                "behind-target ranking",
                lambda: list(store.select(RANKING_NAIVE)),
                lambda: list(store.select(RANKING_STATED)),
            ),
            *(
                (f"search: {word}", lambda w=word: list(store.select(CONTAINS % w)), lambda w=word: finder.search(w))  # type: ignore[misc]
                for word in ("水揚量", "空港乗降客", "観光", "港", "どこにもない")
            ),
        ]
        print(f"{'question':26}{'searched ms':>13}{'stated, indexed ms':>20}{'times as fast':>15}")
        for label, slow, fast in pairs:
            both = [(milliseconds(slow), milliseconds(fast)) for _ in range(max(3, rounds // 20))]
            s, f = (statistics.median(b[n] for b in both) for n in (0, 1))
            print(f"{label:26}{s:13.2f}{f:20.2f}{s / f:15.1f}")
        finder.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("public", type=Path)
    parser.add_argument("--cities", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=100)
    given = parser.parse_args()
    asyncio.set_event_loop(asyncio.new_event_loop())
    answers(given.public, given.rounds)
    with tempfile.TemporaryDirectory() as folder:
        queries(given.public, given.cities, given.rounds, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
