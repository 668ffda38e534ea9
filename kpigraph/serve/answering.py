"""The way from a query to the bytes of its answer: kept answers, whole ones, and streams."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from kpigraph.serve import connection, journal, workers
from kpigraph.serve.evaluation import Run
from kpigraph.serve.lanes import OverloadedError
from kpigraph.serve.pool import Pool

_TOGETHER = 256 << 10  # bytes that are waited for, so that an answer leaves with its length and can be kept,
_TOGETHER_SECONDS = 0.02  # for so long
POOL_ERRORS = (
    workers.QuerySyntaxError,
    workers.QueryFailedError,
    workers.QueryTooLongError,
    workers.EngineUnavailableError,
    OverloadedError,
)


@dataclass
class Story:
    """What is logged of one query; filled in on the way."""

    began: float = field(default_factory=time.perf_counter)
    status: int = 0
    query: str | None = None
    form: str = ""
    lane: str = ""
    outcome: str = ""
    kept: bool = False
    waited: float = 0.0

    def of_run(self, run: Run) -> None:
        self.lane, self.outcome, self.waited = run.lane_name, run.outcome, run.waited

    def facts(self) -> dict[str, str | int | float]:
        """Return what the access log says of the query: a hash of it and how it went."""
        if self.query is None:
            return {}
        found: dict[str, str | int | float] = {"query": journal.query_hash(self.query), "form": self.form}
        if self.kept:
            found["kept"] = 1
        if self.lane:
            found |= {"lane": self.lane, "outcome": self.outcome, "waited_ms": round(self.waited * 1000, 1)}
        return found

    def tell_if_slow(self, seconds: float) -> None:
        took = time.perf_counter() - self.began
        if self.query is not None and took - self.waited > seconds:
            journal.slow(self.query, took, status=self.status, lane=self.lane, outcome=self.outcome)


class Stream:
    """An answer that is still being computed: what there is of it, and the run that gives the rest."""

    def __init__(self, begun: list[bytes], next_part: "asyncio.Task[bytes | None] | None", run: Run) -> None:
        self._begun = begun
        self._next = next_part
        self._run = run

    async def parts(self) -> AsyncGenerator[bytes, None]:
        for part in self._begun:
            yield part
        if self._next is not None and (following := await self._next) is not None:
            yield following
        async for part in self._run.parts:
            yield part

    @property
    def whole(self) -> bool:
        """Whether all of it has been there."""
        return self._run.outcome == "ok"

    async def send(self, scope: Scope, send: Send, seconds: float, copy: Callable[[bytes], None] | None = None) -> None:
        """Send the body. If it fails on the way the last chunk is not sent, so that nobody takes it for whole.

        `copy` is given each part too.
        """
        try:
            async with asyncio.timeout(seconds):  # who does not read must not hold anything either
                async for part in self.parts():
                    if copy is not None:
                        copy(part)
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        except TimeoutError:
            connection.break_off(scope)
            return
        except POOL_ERRORS:
            return
        if self._run.outcome == "ok":
            await send({"type": "http.response.body", "body": b""})


@contextlib.asynccontextmanager
async def answered(
    pool: Pool, store: str, query: workers.Query, client: Request | None, story: Story, seconds: float = 0.0
) -> AsyncGenerator[bytes | Stream, None]:
    """Lend the answer to `query`: all its bytes, or a stream. It ends when `client` goes away, if there is one.

    `seconds` as `Pool.answer` takes it. Where a worker is killed from outside, by the system for want of memory or by
    an operator, before anything of the answer is there, the query is tried once more.

    Raises:
        the errors of the pool, and ClientDisconnect.
    """
    try:
        async with _tried(pool, store, query, client, story, seconds) as found:
            yield found
        return
    except _NotBegunError:
        pass
    async with _tried(pool, store, query, client, story, seconds, again=True) as found:
        yield found


class _NotBegunError(Exception):
    """The query may be tried once more."""


@contextlib.asynccontextmanager
async def _tried(
    pool: Pool,
    store: str,
    query: workers.Query,
    client: Request | None,
    story: Story,
    seconds: float,
    *,
    again: bool = False,
) -> AsyncGenerator[bytes | Stream, None]:
    try:
        async with pool.answer(store, query, seconds, anew=again) as run, _begun(run, client, story) as found:
            yield found
    except workers.NotStartedError:
        if again:
            raise
        raise _NotBegunError from None
    except workers.WorkerDiedError as error:
        if again or not error.by_others or run.began:
            raise
        raise _NotBegunError from None


@contextlib.asynccontextmanager
async def _begun(run: Run, client: Request | None, story: Story) -> AsyncGenerator[bytes | Stream, None]:
    gone: asyncio.Task[None] | None = None
    if client is not None and not connection.when_gone(client.scope, lambda: run.stop("gone")):
        gone = asyncio.create_task(_gone(client.receive, lambda: run.stop("gone")))
    following: asyncio.Task[bytes | None] | None = None
    try:
        begun = [await anext(run.parts, b"")]
        if run.outcome == "gone":
            raise ClientDisconnect
        if not run.whole:
            begun, following = await _some_more(run, begun)
        if following is None and run.outcome == "ok":
            yield b"".join(begun)
        else:
            yield Stream(begun, following, run)
    finally:
        if gone is not None:
            gone.cancel()
        elif client is not None:
            connection.when_gone(client.scope, None)
        run.end()
        if following is not None:
            following.cancel()
            await asyncio.wait((following,))
            if not following.cancelled():
                following.exception()  # whoever waited for it has had it
        story.of_run(run)


async def _some_more(run: Run, begun: list[bytes]) -> tuple[list[bytes], "asyncio.Task[bytes | None] | None"]:
    """Return what comes within a moment, and the task that waits for the next part, None after the last."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _TOGETHER_SECONDS
    size = len(begun[0])
    while True:
        following = asyncio.create_task(_next(run))
        left = end - loop.time()
        if size < _TOGETHER and left > 0:
            await asyncio.wait((following,), timeout=left)
        if not following.done() or following.exception() is not None:
            return begun, following
        if (part := following.result()) is None:
            return begun, None
        begun.append(part)
        size += len(part)


async def _next(run: Run) -> bytes | None:
    return await anext(run.parts, None)


async def _gone(receive: Receive, then: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    then()
