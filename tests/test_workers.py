"""Real worker processes: one query's time, memory or crash is nobody else's."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyoxigraph as ox
import pytest
import sample
from serving import publish_sample

from kpigraph.serve.housing import Limits
from kpigraph.serve.lanes import OverloadedError
from kpigraph.serve.pool import Pool
from kpigraph.serve.workers import (
    Query,
    QueryFailedError,
    QuerySyntaxError,
    QueryTooGreedyError,
    QueryTooLongError,
)
from kpigraph.store import embedded

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
FLOOD = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
_DOUBLED = " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(40))
GREEDY = f"SELECT (STRLEN(?v40) AS ?n) {{ BIND('aaaaaaaaaaaaaaaa' AS ?v0) {_DOUBLED} }}"
ASK = "/sparql?query=ASK%7B%7D"
Answer = Callable[..., Coroutine[Any, Any, bytes]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = tmp_path_factory.mktemp("workers") / "store"
    with embedded.create(made, sample.quads()):
        pass
    return str(made)


def with_pool(work: Callable[[Pool, Answer], Coroutine[Any, Any, None]], store: str, **settings: Any) -> None:
    """Run `work` with a pool and a function that gives the whole result of a query."""

    async def main() -> None:
        pool = Pool(Limits(**({"workers": 2, "slow_workers": 2, "seconds": 1.0} | settings)))

        async def answer(text: str, form: str = "json", **how: Any) -> bytes:
            query = Query(text=text, format=form, default_graph=sample.DEFAULT_GRAPHS, **how)
            async with pool.answer(store, query) as run:
                return b"".join([part async for part in run.parts])

        try:
            await work(pool, answer)
        finally:
            await pool.close()
        assert not [pid for pid in pool.pids() if psutil.pid_exists(pid)]

    asyncio.run(main())


def test_a_worker_answers_again_and_again(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        assert await answer("ASK { ?s ?p ?o }") == b'{"head":{},"boolean":true}'
        pids = pool.pids()
        for _ in range(5):
            assert b"true" in await answer("ASK {}", "csv")
        assert pool.pids() == pids

    with_pool(work, store, workers=1)


def test_a_syntax_error_costs_no_worker(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        await answer("ASK {}")
        pids = pool.pids()
        with pytest.raises(QuerySyntaxError, match="error at 1:"):
            await answer("SELECT * { ?s ?p }")
        assert pool.pids() == pids

    with_pool(work, store, workers=1)


def test_an_endless_query_is_stopped_and_its_worker_replaced(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        await answer("ASK {}")
        before = pool.pids()
        start = time.monotonic()
        with pytest.raises(QueryTooLongError):
            await answer(ENDLESS)
        assert time.monotonic() - start < 3
        assert b"true" in await answer("ASK {}")
        await asyncio.sleep(0.2)
        assert not [pid for pid in before if psutil.pid_exists(pid)]

    with_pool(work, store, workers=1)


def test_an_endless_result_is_stopped_too_and_read_no_faster_than_it_is_taken(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        taken, start = 0, time.monotonic()
        query = Query(text=FLOOD, format="json", default_graph=sample.DEFAULT_GRAPHS)
        with contextlib.suppress(QueryTooLongError):
            async with pool.answer(store, query) as run:
                async for part in run.parts:
                    taken += len(part)
                    await asyncio.sleep(0.05)
            pytest.fail("an endless result came to an end")
        assert time.monotonic() - start < 3
        assert 0 < taken < 16 << 20

    with_pool(work, store)


def test_a_client_that_stops_reading_holds_no_worker(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        query = Query(text=FLOOD, format="json", default_graph=sample.DEFAULT_GRAPHS)
        async with pool.answer(store, query) as run:
            await anext(run.parts)
            await asyncio.sleep(1.2)  # meanwhile the limit passes
            assert b"true" in await answer("ASK {}")
            with pytest.raises(QueryTooLongError):
                [part async for part in run.parts]

    with_pool(work, store, workers=1)


def test_memory_is_bounded(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        with pytest.raises(QueryFailedError, match=r"memory|allocate|Memory"):
            await answer(GREEDY)
        assert b"true" in await answer("ASK {}")

    with_pool(work, store, seconds=20.0, memory=400)


def test_a_crash_is_the_fault_of_that_query_alone(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        await answer("ASK {}")
        victim = asyncio.create_task(answer(ENDLESS))
        await asyncio.sleep(0.3)
        busy = next(iter(pool._running)).worker
        neighbour = asyncio.create_task(answer("ASK {}"))
        os.kill(busy.pid, signal.SIGSEGV)
        with pytest.raises(QueryFailedError, match="SIGSEGV"):
            await victim
        assert b"true" in await neighbour
        assert b"true" in await answer("ASK {}")

    with_pool(work, store, seconds=10.0)


def test_deep_nesting_past_the_guard_hurts_nobody_else(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        for query in ("ASK " + "{" * 50_000 + "}" * 50_000, "ASK {" + "FILTER EXISTS{" * 3000 + "}" * 3001):
            with contextlib.suppress(QueryFailedError, QueryTooLongError, QuerySyntaxError):
                await answer(query)
        assert b"true" in await answer("ASK {}")

    with_pool(work, store)


def test_who_leaves_early_frees_the_worker(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        task = asyncio.create_task(answer(ENDLESS))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        start = time.monotonic()
        assert b"true" in await answer("ASK {}")
        assert time.monotonic() - start < 2

    with_pool(work, store, workers=1, seconds=30.0)


def test_light_queries_pass_beside_an_endless_one(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        await answer("ASK {}")
        endless = asyncio.create_task(answer(ENDLESS))
        await asyncio.sleep(0.1)
        start = time.monotonic()
        for _ in range(20):
            await answer("ASK {}")
        assert time.monotonic() - start < 1.5
        with pytest.raises(QueryTooLongError):
            await endless

    with_pool(work, store, seconds=3.0)


def test_the_queue_is_bounded(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        tasks = [asyncio.create_task(answer(ENDLESS)) for _ in range(6)]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        kinds = [type(error) for error in found]
        assert kinds.count(OverloadedError) >= 3
        assert QueryTooLongError in kinds

    with_pool(work, store, workers=1, queue=2)


def test_a_worker_reaches_no_network(store: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        port = listening.getsockname()[1]

        async def work(pool: Pool, answer: Answer) -> None:
            with pytest.raises(QueryFailedError):
                await answer(f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/sparql> {{ ?s ?p ?o }} }}")

        with_pool(work, store)
        with pytest.raises(TimeoutError):
            listening.accept()


def test_another_release_gets_another_worker(store: str, tmp_path: Path) -> None:
    other = tmp_path / "store"
    with embedded.create(other, []):
        pass

    async def work(pool: Pool, answer: Answer) -> None:
        assert b"true" in await answer("ASK { ?s ?p ?o }")
        query = Query(text="ASK { ?s ?p ?o }", format="json", default_graph=sample.DEFAULT_GRAPHS)
        async with pool.answer(str(other), query) as run:
            assert b"false" in b"".join([part async for part in run.parts])
        assert b"true" in await answer("ASK { ?s ?p ?o }")

    with_pool(work, store, workers=1)


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        with pytest.raises(QueryFailedError):
            await answer("ASK {}")

    with_pool(work, str(tmp_path / "none"))


def test_everything_ends_with_the_nursery(store: str) -> None:
    """A nursery whose server is gone reads the end of its connection and takes its workers along, busy or not."""

    async def work(pool: Pool, answer: Answer) -> None:
        await answer("ASK {}")
        busy = asyncio.create_task(answer(ENDLESS))
        await asyncio.sleep(0.1)
        nursery = next(iter(pool._running)).worker.nursery
        workers = [psutil.Process(pid) for pid in pool.pids()]
        os.kill(nursery.pid, signal.SIGKILL)
        assert not await asyncio.to_thread(lambda: psutil.wait_procs(workers, 5)[1])
        with pytest.raises(QueryFailedError):
            await busy
        assert b"true" in await answer("ASK {}")  # a new nursery

    with_pool(work, store, seconds=10.0)


def test_a_long_query_moves_aside_and_the_fast_lane_is_free(store: str) -> None:
    """More endless queries than there are slots of both lanes together: short ones still pass at once."""

    async def work(pool: Pool, answer: Answer) -> None:
        await answer("ASK {}")
        endless = [asyncio.create_task(answer(f"{ENDLESS} # {n}")) for n in range(6)]
        for _ in range(40):
            await asyncio.sleep(0.05)
            if Counter(run.lane_name for run in pool._running)["slow"] == 6:
                break
        else:
            pytest.fail("the endless queries do not leave the fast lane")
        states = [psutil.Process(run.worker.pid).status() for run in pool._running]
        assert states.count(psutil.STATUS_STOPPED) >= 4
        times = []
        for n in range(20):
            start = time.monotonic()
            assert b"true" in await answer(f"ASK {{}} # {n}")
            times.append(time.monotonic() - start)
        assert sorted(times)[10] < 0.3
        found = await asyncio.gather(*endless, return_exceptions=True)
        kinds = {type(error) for error in found}
        assert kinds == {QueryTooLongError, OverloadedError}  # one had the slot, the others waited in vain

    with_pool(work, store, workers=1, slow_workers=1, seconds=4.0, wait_seconds=2.5)


def test_a_query_known_to_be_long_does_not_come_into_the_fast_lane_again(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        with pytest.raises(QueryTooLongError):
            await answer(ENDLESS)
        again = asyncio.create_task(answer(ENDLESS))
        await asyncio.sleep(0.1)
        assert [run.lane_name for run in pool._running] == ["slow"]
        with pytest.raises(QueryTooLongError):
            await again

    with_pool(work, store, seconds=0.6)


def test_what_takes_too_long_to_plan_is_told_from_what_takes_too_long_to_compute(store: str) -> None:
    optionals = " ".join(f"OPTIONAL {{ ?s ?p{n} ?o{n} }}" for n in range(2_000))

    async def work(pool: Pool, answer: Answer) -> None:
        for query, planning in ((f"SELECT * {{ ?s ?p ?o {optionals} }}", True), (ENDLESS, False)):
            with pytest.raises(QueryTooLongError) as stopped:
                await answer(query)
            assert stopped.value.planning is planning

    with_pool(work, store, seconds=0.8)


def test_all_queries_together_are_bounded_in_memory(store: str) -> None:
    """Each stays below its own limit; the greediest is stopped when all of them come to too much."""

    async def work(pool: Pool, answer: Answer) -> None:
        await answer("ASK {}")
        rows = "SELECT DISTINCT (CONCAT(STR(?a), STR(?d), STR(?g), STR(?h)) AS ?x) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        with pytest.raises(QueryTooGreedyError):
            await answer(rows + " ORDER BY ?x")
        assert b"true" in await answer("ASK {}")

    with_pool(work, store, seconds=20.0, total_memory=60)


def test_workers_are_replaced_after_a_time(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        pids = set()
        for n in range(7):
            await answer(f"ASK {{}} # {n}")
            pids |= pool.pids()
        assert len(pids) >= 3

    with_pool(work, store, workers=1, answers=2)


def test_a_store_in_memory_and_one_on_disk_answer_alike(store: str) -> None:
    async def work(pool: Pool, answer: Answer) -> None:
        found[pool.limits.in_memory] = await answer("SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o")
        assert next(iter(pool._housings.values())).nursery.kind == ("memory" if pool.limits.in_memory else "disk")

    found: dict[int, bytes] = {}
    with_pool(work, store, in_memory=0)
    with_pool(work, store, in_memory=128)
    assert found[0] == found[128]


def test_a_store_of_many_tables_is_answered_from_disk(store: str, tmp_path: Path) -> None:
    """One that was changed has more tables than the engine opens at first: the others when a query comes to them."""
    many = tmp_path / "store"
    changed, p = ox.Store(str(many)), ox.NamedNode("http://example.org/p")
    for n in range(2):
        changed.extend(ox.Quad(p, p, ox.Literal(n), graph) for graph in (ox.DefaultGraph(), p))
        changed.flush()
    del changed
    assert len([*many.glob("*.sst")]) > 16

    async def work(pool: Pool, answer: Answer) -> None:
        query = Query(text="SELECT ?o { ?s ?p ?o GRAPH ?p { ?s ?q ?o } } ORDER BY ?o", format="csv")
        async with pool.answer(str(many), query) as run:
            assert b"".join([part async for part in run.parts]).split() == [b"o", b"0", b"1"]

    with_pool(work, store, in_memory=0, seconds=5.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[psutil.Process, str]]:
    """A real server process over the sample publication, and its address."""
    public = publish_sample(tmp_path / "public")
    command = [sys.executable, "-m", "kpigraph", "serve", "--store", str(public), "--port", "0"]
    environment = os.environ | {"KPIGRAPH_QUERY_SECONDS": "30"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as started:
        assert started.stderr is not None
        address = started.stderr.readline().split()[0]
        for _ in range(400):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(address + "healthz").close()
                break
            time.sleep(0.05)
        yield psutil.Process(started.pid), address
        started.kill()


def answers(address: str) -> bool:
    with urllib.request.urlopen(address + ASK[1:], timeout=5) as response:
        return b"true" in response.read()


def test_a_client_that_goes_away_ends_its_query(server: tuple[psutil.Process, str]) -> None:
    process, address = server
    assert answers(address)
    deadline = time.monotonic() + 10
    while len(process.children(recursive=True)) < 1 + Limits().workers and time.monotonic() < deadline:
        time.sleep(0.05)
    before = {w.pid for w in process.children(recursive=True)}
    host = urllib.parse.urlsplit(address)
    with socket.create_connection((host.hostname, host.port)) as connection:
        query = urllib.parse.urlencode({"query": ENDLESS})
        connection.sendall(f"GET /sparql?{query} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        time.sleep(0.4)
    deadline = time.monotonic() + 5
    while before <= {w.pid for w in process.children(recursive=True)} and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(before - {w.pid for w in process.children(recursive=True)}) == 1
    assert answers(address)


def test_a_broken_off_result_cannot_be_taken_for_whole(server: tuple[psutil.Process, str]) -> None:
    process, address = server
    flood = urllib.parse.urlencode({"query": FLOOD, "format": "csv"})
    with urllib.request.urlopen(f"{address}sparql?{flood}") as response:
        response.read(100_000)
        max(process.children(recursive=True), key=lambda w: w.cpu_times().user).kill()
        with pytest.raises(http.client.IncompleteRead):
            response.read()
    assert answers(address)


def test_a_query_at_work_when_the_server_is_told_to_end_is_answered(server: tuple[psutil.Process, str]) -> None:
    process, address = server
    host = urllib.parse.urlsplit(address)
    assert answers(address)
    some = f"SELECT (COUNT(*) AS ?n) {{ {{ {FLOOD} LIMIT 400000 }} }}"
    with socket.create_connection((host.hostname, host.port)) as connection:
        query = urllib.parse.urlencode({"query": some, "format": "csv"})
        connection.sendall(f"GET /sparql?{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        time.sleep(0.1)
        process.terminate()
        found = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert found.startswith(b"HTTP/1.1 200"), found
    assert found.endswith(b"n\r\n400000\r\n"), found
    process.wait(10)


def test_the_server_ends_at_once_and_takes_its_workers_along(server: tuple[psutil.Process, str]) -> None:
    process, address = server
    assert answers(address)
    workers = process.children(recursive=True)
    assert workers
    process.terminate()
    process.wait(10)
    assert not psutil.wait_procs(workers, timeout=5)[1]


def test_a_server_that_is_killed_under_load_takes_its_workers_along(server: tuple[psutil.Process, str]) -> None:
    process, address = server
    assert answers(address)
    host = urllib.parse.urlsplit(address)
    with contextlib.ExitStack() as stack:
        for n in range(4):
            connection = stack.enter_context(socket.create_connection((host.hostname, host.port)))
            query = urllib.parse.urlencode({"query": f"{ENDLESS if n % 2 else FLOOD} # {n}"})
            connection.sendall(f"GET /sparql?{query} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        time.sleep(0.5)
        workers = process.children(recursive=True)
        assert len(workers) > 1
        process.kill()
        process.wait(10)
        assert not psutil.wait_procs(workers, timeout=5)[1]
