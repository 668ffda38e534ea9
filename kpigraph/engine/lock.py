"""One publisher at a time on an engine that has no locks: a mark in its ledger, by the engine's own clock.

Who wants to publish writes a mark and then looks for others: whoever sees another's goes. Of two at once at least one
sees the other, since each looks after it has written. The mark of a publisher that died is old after ten minutes.
"""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from kpigraph.engine.writing import Engine
from kpigraph.problems import UsageError
from kpigraph.store.ledger import ENGINE, LEDGER
from kpigraph.store.pieces import quoted

_MARK = "urn:kpigraph:lock"
_AT = "urn:kpigraph:at"
_WHO = "urn:kpigraph:who"
_OLD_SECONDS = 600.0
_RENEW_SECONDS = 60.0


class Lock:
    """The right to write to an engine. `keep` renews it, and must be called every few minutes."""

    def __init__(self, engine: Engine, own: str) -> None:
        self._engine = engine
        self.own = own
        self._renewed = time.monotonic()

    @property
    def pattern(self) -> str:
        """What the ledger says as long as the lock is held."""
        return f"GRAPH <{LEDGER}> {{ <{ENGINE}> <{_MARK}> <{self.own}> }}"

    def keep(self) -> None:
        """Raise UsageError unless the lock is still held."""
        if time.monotonic() - self._renewed < _RENEW_SECONDS:
            return
        self._engine.update(
            f"DELETE {{ GRAPH <{LEDGER}> {{ <{self.own}> <{_AT}> ?t }} }} "
            f"INSERT {{ GRAPH <{LEDGER}> {{ <{self.own}> <{_AT}> ?n }} }} "
            f"WHERE {{ {self.pattern} GRAPH <{LEDGER}> {{ <{self.own}> <{_AT}> ?t }} BIND(NOW() AS ?n) }}"
        )
        if self.own not in _marks(self._engine):
            raise UsageError(
                "ほかの公開に書き込みの権利を取られました（公開中の版はそのままです）",
                "another publication has taken over (the release in use stays as it was)",
            )
        self._renewed = time.monotonic()


@contextmanager
def held(engine: Engine, progress: Callable[[str, str], None]) -> Iterator[Lock]:
    """Hold the lock of an engine during the block.

    Raises:
        UsageError: if another publisher is at work on it.
    """
    own = f"{_MARK}:{secrets.token_hex(12)}"
    who = f"{socket.gethostname()} {os.getpid()}"
    _clear_old(engine, progress)
    try:
        engine.update(
            f"INSERT {{ GRAPH <{LEDGER}> {{ <{ENGINE}> <{_MARK}> <{own}> . "
            f"<{own}> <{_AT}> ?n ; <{_WHO}> {quoted(who)} }} }} WHERE {{ BIND(NOW() AS ?n) }}"
        )
        others = {mark: by for mark, (_, _, by) in _marks(engine).items() if mark != own}
        if others:
            raise _busy(next(iter(others.values())))
        yield Lock(engine, own)
    finally:
        with suppress(UsageError):
            _remove(engine, own)


def _busy(by: str) -> UsageError:
    return UsageError(
        f"ほかの公開がこのエンジンに書き込んでいます（{by}）。終わってからもう一度実行してください",
        f"another publication is at work on this engine ({by}); run this again when it is done",
    )


def _marks(engine: Engine) -> dict[str, tuple[str, str, str]]:
    """Return the marks: when each was renewed, what the engine's clock says now, who made it."""
    pattern = f"<{ENGINE}> <{_MARK}> ?m . ?m <{_AT}> ?t ; <{_WHO}> ?w"
    found = engine.rows(f"SELECT ?m ?t ?w (NOW() AS ?n) {{ GRAPH <{LEDGER}> {{ {pattern} }} }}")
    return {r["m"]: (r["t"], r["n"], r["w"]) for r in found}


def _clear_old(engine: Engine, progress: Callable[[str, str], None]) -> None:
    for mark, (at, now, who) in _marks(engine).items():
        if _seconds(at, now) > _OLD_SECONDS:
            progress(
                f"終わらなかった公開の印を消しています（{who}）",
                f"removing the mark of a publication that died ({who})",
            )
            _remove(engine, mark)


def _seconds(before: str, after: str) -> float:
    first, second = (datetime.fromisoformat(t.replace("Z", "+00:00")).replace(tzinfo=None) for t in (before, after))
    return (second - first).total_seconds()


def _remove(engine: Engine, mark: str) -> None:
    engine.update(f"DELETE WHERE {{ GRAPH <{LEDGER}> {{ <{ENGINE}> <{_MARK}> <{mark}> }} }}")
    engine.update(f"DELETE WHERE {{ GRAPH <{LEDGER}> {{ <{mark}> ?p ?o }} }}")
