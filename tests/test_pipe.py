"""The server's end of the connection to a worker: whole frames, in order, no more read ahead than is taken."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable

import pytest

from kpigraph.serve import worker
from kpigraph.serve.pipe import Pipe


def test_frames_come_whole_and_in_order_and_then_the_end() -> None:
    asyncio.run(_whole())


async def _whole() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        _, pipe = await asyncio.get_running_loop().create_connection(Pipe, sock=ours)
        pipe.write(b"asked")
        first = asyncio.create_task(pipe.frame())
        for byte in worker.HEADER.pack(b"D", 3) + b"abc":
            theirs.sendall(bytes([byte]))
            await asyncio.sleep(0)
        assert await first == (b"D", b"abc")
        assert theirs.recv(16) == b"asked"
        worker.send(theirs, b"D", b"x" * 9_000)
        worker.send(theirs, b"E")
        assert await pipe.frame() == (b"D", b"x" * 9_000)
        assert await pipe.frame() == (b"E", b"")
        theirs.sendall(worker.HEADER.pack(b"D", 9) + b"half")
    with pytest.raises(EOFError):
        await pipe.frame()
    await pipe.close()


def test_a_worker_waits_for_who_reads_slowly() -> None:
    asyncio.run(_slowly())


async def _slowly() -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with theirs:
        _, pipe = await asyncio.get_running_loop().create_connection(Pipe, sock=ours)
        frame, sent, taken = worker.HEADER.pack(b"D", 60_000) + b"x" * 60_000, 0, 0
        pending = memoryview(frame * 60)  # 3.6 MB, more than buffers hold
        for _ in range(60):
            with contextlib.suppress(BlockingIOError):
                sent += theirs.send(pending[sent:])
            await asyncio.sleep(0.001)
        assert sent < 2 << 20
        while taken < 60:
            with contextlib.suppress(BlockingIOError):
                sent += theirs.send(pending[sent:]) if sent < len(pending) else 0
            while taken < sent // len(frame):
                assert await pipe.frame() == (b"D", b"x" * 60_000)
                taken += 1
            await asyncio.sleep(0)
        await pipe.close()


def _loops() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    if sys.platform == "win32":
        return [asyncio.new_event_loop]
    import uvloop

    return [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("loop", _loops())
def test_what_is_sent_to_a_worker_that_has_ended_is_answered_by_the_end(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_ended())


async def _ended() -> None:
    ours, theirs = socket.socketpair()
    _, pipe = await asyncio.get_running_loop().create_connection(Pipe, sock=ours)
    theirs.close()
    await asyncio.sleep(0.05)  # its end has been seen, and nobody waits for a frame
    pipe.write(b"asked")
    with pytest.raises(EOFError):
        await pipe.frame()
    await pipe.close()
