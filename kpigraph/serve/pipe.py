"""The server's end of the connection to a query worker: frames as `worker.py` describes them, each awaited whole."""

import asyncio
from typing import cast

from kpigraph.serve.worker import HEADER

_AHEAD = 128 << 10  # bytes beyond which no more is read until a frame is taken: who reads slowly holds the worker up


class Pipe(asyncio.Protocol):
    """One connection. asyncio's streams would wake the reader for each piece that arrives."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._held = bytearray()
        self._ended = False
        self._paused = False
        self._arrival: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not of that class

    def data_received(self, data: bytes) -> None:
        self._held += data
        if self._whole():
            if len(self._held) > _AHEAD and self._transport is not None and not self._paused:
                self._paused = True
                self._transport.pause_reading()
            self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._wake()
        if not self._closed.done():
            self._closed.set_result(None)

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def _whole(self) -> int:
        """Return how long the first frame is, with its header; 0 until all of it is there."""
        if len(self._held) < HEADER.size:
            return 0
        length = HEADER.size + int(HEADER.unpack_from(self._held)[1])
        return length if len(self._held) >= length else 0

    def write(self, data: bytes) -> None:
        """Send `data`; where the other side is gone, the next frame says so."""
        assert self._transport is not None
        if not self._transport.is_closing():  # uvloop's would raise
            self._transport.write(data)

    async def frame(self) -> tuple[bytes, bytes]:
        """Return the kind and the payload of the next frame.

        Raises:
            EOFError: if there is none any more.
        """
        while not (length := self._whole()):
            if self._ended:
                raise EOFError
            self._arrival = self._loop.create_future()
            await self._arrival
        kind = bytes(self._held[:1])
        payload = bytes(self._held[HEADER.size : length])
        del self._held[:length]
        if self._paused and len(self._held) <= _AHEAD and self._transport is not None:
            self._paused = False
            if not self._ended:
                self._transport.resume_reading()
        return kind, payload

    async def close(self) -> None:
        """End the connection; what is still to be sent is dropped."""
        if self._transport is not None:
            self._transport.abort()
            await self._closed
