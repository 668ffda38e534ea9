"""Connections that hold nothing for ever: who sends no request, or takes none of the answer, is cut off after a time.

uvicorn has a time-out between two requests alone. What is added here:

- the head and the body of a request must each arrive within the time, else 408, or silence if nothing was sent at all;
- the head of a request ends before it is larger than anything we would read, else 431;
- an answer of which the client takes nothing for that time breaks off, whatever it is.

The application may break a connection off itself: `break_off(scope)`.
"""

import asyncio
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_BREAK = "kpigraph.break"
_TOO_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 37\r\n"
    b"connection: close\r\n\r\nThe request took too long to arrive.\n"
)
_TOO_MUCH = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 46\r\n"
    b"connection: close\r\n\r\nThe request line or its headers are too long.\n"
)
_LARGEST_HEAD = 2 << 20  # bytes


class Connection(HttpToolsProtocol):
    """One connection of a client. `seconds` is how long it may keep us waiting."""

    seconds = 30.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._awaited = ""  # head or body, of a request that has begun
        self._head = 0  # bytes of its head so far
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self._awaited != "body":
            self._head += len(data)
            if self._head > _LARGEST_HEAD:
                self.transport.write(_TOO_MUCH)
                self.transport.close()
                return
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        self._moves_again()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._awaited = "head"
        self._wait()
        super().on_message_begin()
        self.scope["extensions"] = {_BREAK: {"call": self.transport.abort}}

    def on_headers_complete(self) -> None:
        self._awaited, self._head = "body", 0
        self._wait()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._awaited, self._head = "", 0
        self._cancel()
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._moves_again()
        super().resume_writing()

    def _wait(self) -> None:
        self._cancel()
        self._timer = self.loop.call_later(self.seconds, self._give_up)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _moves_again(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _give_up(self) -> None:
        silent = self.cycle is None or not self.cycle.response_started
        if self._awaited and (silent or (self._awaited == "head" and self.cycle.response_complete)):
            self.transport.write(_TOO_LATE)
        self.transport.close()


def bounded(seconds: float) -> type[Connection]:
    """Return the protocol whose clients may keep us waiting for `seconds`."""
    return type("BoundedConnection", (Connection,), {"seconds": seconds})


def break_off(scope: Scope) -> None:
    """End the connection of a request at once, where the server can: what is still to be sent to it is dropped."""
    extension: dict[str, Any] = (scope.get("extensions") or {}).get(_BREAK, {})
    if "call" in extension:
        extension["call"]()
