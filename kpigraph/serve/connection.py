"""Connections that hold nothing for ever: who sends no request, or takes none of the answer, is cut off after a time.

uvicorn has a time-out between two requests alone. What is added here:

- the head and the body of a request must each arrive within the time, else 408, or silence if nothing was sent at all;
- the head of a request ends before it is larger than anything we would read, else 431; so does what stands around the
  body, such as fields behind it, which nobody reads;
- an answer of which the client takes nothing for that time breaks off, whatever it is;
- where there are more connections than a number, the one that has kept us waiting longest gives way: those who hold
  many of them hold nobody up.

The application may break a connection off itself: `break_off(scope)`, and be told when the client breaks it off:
`when_gone(scope, then)`. It may send a file, or a part of one, by the
message of ASGI's extension http.response.zerocopysend: the kernel copies it, no byte of it comes through Python.
"""

import asyncio
import contextlib
import os
import resource
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from starlette.types import Message, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_BREAK, _GONE = "kpigraph.break", "kpigraph.gone"
ZERO_COPY = "http.response.zerocopysend"
_PIECE = 1 << 20  # bytes that are sent before others have their turn
_AHEAD = 8 << 20  # bytes that the kernel is told to read beforehand: a slow disk then holds nobody up
_TOO_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 37\r\n"
    b"connection: close\r\n\r\nThe request took too long to arrive.\n"
)
_TOO_MUCH = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 46\r\n"
    b"connection: close\r\n\r\nThe request line or its headers are too long.\n"
)
_LARGEST_HEAD = 2 << 20  # bytes of a head, whose address may hold a query, or of what is no body around a body
_LARGEST_FIELDS = 64 << 10  # bytes of all fields of a head
_OF_BODIES = (b"content-length", b"transfer-encoding")
_MOST = 1_000  # connections


class _TooMuchError(Exception):
    """The fields of a request are larger than anything we would read."""


class Connection(HttpToolsProtocol):
    """One connection of a client. `seconds` is how long it may keep us waiting.

    Beyond `most` connections those are cut off that have kept us waiting longest; `waiting` are they, longest first.
    """

    seconds = 30.0
    most = _MOST
    waiting: "dict[Connection, None]" = {}  # noqa: RUF012 - of all connections of a server, see `bounded`

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._awaited = ""  # head or body, of a request that has begun
        self._apart = 0  # bytes of it so far that are no body
        self._fields = 0  # bytes of its fields so far
        self._gone: Callable[[], None] | None = None  # who is told when the client is
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self.most:
            next(iter(self.waiting)).transport.abort()

    def data_received(self, data: bytes) -> None:
        self._apart += len(data)
        if self._apart > _LARGEST_HEAD and self._awaited != "body":
            self._refuse()
            return
        super().data_received(data)
        if self._apart > _LARGEST_HEAD and not self.transport.is_closing():
            self._refuse()

    def send_400_response(self, msg: str) -> None:
        if self._fields > _LARGEST_FIELDS:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_TOO_MUCH)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        self._moves_again()
        super().connection_lost(exc)
        if self._gone is not None:
            self._gone()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields += len(name) + len(value) + 4
        if self._fields > _LARGEST_FIELDS:
            raise _TooMuchError  # which ends the reading of what has come
        if self._awaited == "head":  # else it stands behind the body, where nobody reads it
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._apart -= len(body)
        super().on_body(body)

    def on_message_begin(self) -> None:
        self._awaited, self._fields = "head", 0
        self._wait()
        super().on_message_begin()
        self.scope["extensions"] = {_BREAK: {"call": self.transport.abort}, _GONE: {"call": self._tell}}

    def on_headers_complete(self) -> None:
        self._awaited, self._apart = "body", 0
        self._wait()
        former = self.cycle
        super().on_headers_complete()
        if hasattr(os, "sendfile") and (cycle := self.cycle) is not former:  # its task has not begun yet
            self.scope["extensions"][ZERO_COPY] = {}
            cycle.send = partial(self._sent, cycle)  # type: ignore[method-assign]

    def on_message_complete(self) -> None:
        self._awaited, self._apart = "", 0
        self._cancel()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:  # uvicorn closes it, should no other come
            self.waiting[self] = None

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.seconds, self.transport.abort)
            self.waiting[self] = None

    def resume_writing(self) -> None:
        self._moves_again()
        super().resume_writing()

    async def _sent(self, cycle: RequestResponseCycle, message: Message) -> None:
        """Send what the application says, a part of a file too. Others say nothing here until that is sent."""
        if message["type"] != ZERO_COPY:
            await RequestResponseCycle.send(cycle, message)  # type: ignore[arg-type]
            return
        count, body = message["count"], {"type": "http.response.body", "more_body": message.get("more_body", False)}
        if not cycle.disconnected and not await self._copied(cycle, message["file"], message["offset"], count):
            self.transport.abort()
            return
        cycle.expected_content_length -= count
        await RequestResponseCycle.send(cycle, body)  # type: ignore[arg-type]

    async def _copied(self, cycle: RequestResponseCycle, file: int, offset: int, count: int) -> bool:
        """Let the kernel copy `count` bytes of `file`; False where it ends before, or the client takes nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                while self.transport.get_write_buffer_size():  # what was said before, such as the head, leaves first
                    await asyncio.sleep(0.001)
        if self.transport.get_write_buffer_size() or cycle.disconnected:
            return False
        end, told = offset + count, offset
        with _own(self.transport.get_extra_info("socket").fileno()) as out:
            while offset < end and not cycle.disconnected:
                if told - offset < _PIECE and hasattr(os, "posix_fadvise"):
                    os.posix_fadvise(file, told, _AHEAD, os.POSIX_FADV_WILLNEED)
                    told = max(told, offset) + _AHEAD
                try:
                    sent = os.sendfile(out, file, offset, min(_PIECE, end - offset))
                except BlockingIOError:
                    if not await self._writable(out):
                        return False
                    continue
                except OSError:  # the client is gone
                    return False
                if not sent:
                    return False
                offset += sent
                await asyncio.sleep(0)
        return offset == end

    async def _writable(self, out: int) -> bool:
        """Wait until the client takes more; False where it does not within the time."""
        taking = asyncio.Event()
        self.waiting[self] = None
        self.loop.add_writer(out, taking.set)
        try:
            async with asyncio.timeout(self.seconds):
                await taking.wait()
        except TimeoutError:
            return False
        finally:
            self.waiting.pop(self, None)
            self.loop.remove_writer(out)
        return True

    def _tell(self, then: Callable[[], None] | None) -> None:
        self._gone = then
        if then is not None and self.transport.is_closing():
            self.loop.call_soon(then)

    def _wait(self) -> None:
        self._cancel()
        self._timer = self.loop.call_later(self.seconds, self._give_up)
        self.waiting[self] = None

    def _cancel(self) -> None:
        self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _moves_again(self) -> None:
        self.waiting.pop(self, None)
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _give_up(self) -> None:
        silent = self.cycle is None or not self.cycle.response_started
        if self._awaited and (silent or (self._awaited == "head" and self.cycle.response_complete)):
            self.transport.write(_TOO_LATE)
        self.transport.close()


@contextlib.contextmanager
def _own(descriptor: int) -> Iterator[int]:
    """Lend another name of a socket: the transport, which watches its own, may close it meanwhile."""
    own = os.dup(descriptor)
    try:
        yield own
    finally:
        os.close(own)


async def send_file(scope: Scope, send: Send, file: int, offset: int, count: int) -> None:
    """Send so much of a file as the end of a body; read piece by piece where the server cannot have it copied."""
    if ZERO_COPY in (scope.get("extensions") or {}) and scope["method"] != "HEAD":
        await send({"type": ZERO_COPY, "file": file, "offset": offset, "count": count, "more_body": False})
        return
    end = offset if scope["method"] == "HEAD" else offset + count
    while offset < end:
        part = os.pread(file, min(_PIECE, end - offset), offset)
        if not part:
            raise OSError("the file is shorter than it was")
        offset += len(part)
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def bounded(seconds: float, most: int = _MOST) -> type[Connection]:
    """Return the protocol whose clients may keep us waiting for `seconds`, with so many connections at most."""
    return type("BoundedConnection", (Connection,), {"seconds": seconds, "most": most, "waiting": {}})


def most_connections() -> int:
    """Return how many connections this process may have, half of what it may open, once that is as much as allowed."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
    now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST if now == resource.RLIM_INFINITY else max(1, min(_MOST, now // 2))


def break_off(scope: Scope) -> None:
    """End the connection of a request at once, where the server can: what is still to be sent to it is dropped."""
    extension: dict[str, Any] = (scope.get("extensions") or {}).get(_BREAK, {})
    if "call" in extension:
        extension["call"]()


def when_gone(scope: Scope, then: Callable[[], None] | None) -> bool:
    """Have `then` called when the client of a request goes away, None for no more; False where the server cannot.

    Nor can it where a body comes along: that must be read for the end of the connection to be seen.
    """
    extension: dict[str, Any] = (scope.get("extensions") or {}).get(_GONE, {})
    if "call" not in extension or any(name in _OF_BODIES for name, _ in scope["headers"]):
        return False
    extension["call"](then)
    return True
