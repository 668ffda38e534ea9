"""Clients that keep a connection waiting, against a real server in a thread of this process."""

import asyncio
import contextlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from kpigraph.serve import connection

SECONDS = 0.4
MOST = 40
SIZE = 20 << 20  # more than any buffer takes
GONE = threading.Event()
CONTENT = os.urandom(1 << 20) * 20
HEAD = b"HTTP/1.1\r\nHost: a\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = b""
    while scope["method"] == "POST":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message["more_body"]:
            break
    if scope["path"] == "/waiting":
        told = asyncio.Event()
        if connection.when_gone(scope, told.set):
            await asyncio.wait_for(told.wait(), 5)
            GONE.set()
        return
    if scope["path"] == "/file":
        count = SIZE - 3 + (scope["query_string"] == b"longer")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % count)]})
        with tempfile.TemporaryFile() as file:
            file.write(CONTENT)
            file.flush()
            await send({"type": connection.ZERO_COPY, "file": file.fileno(), "offset": 3, "count": count})
        return
    headers = [] if scope["path"] == "/endless" else [(b"content-length", str(len(body) + 2).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(1000 if scope["path"] == "/endless" else 0):  # more than any buffer takes
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    if scope["path"] == "/broken":
        connection.break_off(scope)
    await send({"type": "http.response.body", "body": body + b"ok"})


@contextlib.contextmanager
def served(seconds: float) -> Iterator[int]:
    """Lend the port of a server that waits so long for its clients."""
    listening = socket.create_server(("127.0.0.1", 0))
    protocol = connection.bounded(seconds, MOST)
    config = uvicorn.Config(app, http=protocol, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(SECONDS) as port:
        yield port


@pytest.fixture
def client(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as made:
        yield made


def rest(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(1 << 16), b""))


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTT",
        b"GET / " + HEAD,
        b"POST / " + HEAD + b"Content-Length: 10\r\n\r\nabc",
        b"POST / " + HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
def test_a_request_that_does_not_arrive_is_given_up(client: socket.socket, sent: bytes) -> None:
    client.sendall(sent)
    start = time.monotonic()
    answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 408 ")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert time.monotonic() - start < 5 * SECONDS


FIELDS = b"A: b\r\n" * 20_000  # 117 KiB
CHUNKED = b"POST / " + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n" + FIELDS,
        CHUNKED + b"0\r\n" + FIELDS,
        CHUNKED + b"0\r\nA: " + b"b" * (3 << 20),
        CHUNKED + b"1;" + b"b" * (3 << 20),
        b"GET /" + b"b" * (3 << 20),
    ],
    ids=["fields", "fields behind the body", "one of them", "an extension of a chunk", "an address"],
)
def test_what_is_no_body_is_bounded_wherever_it_stands(client: socket.socket, sent: bytes) -> None:
    """Fields behind a body were kept once: 34 MiB of them in 4 seconds took 630 MiB of memory."""
    answer = b""
    with contextlib.suppress(ConnectionError):  # it is closed while there is more to come
        client.sendall(sent)
        answer = rest(client)
    assert not answer or answer.startswith(b"HTTP/1.1 431 ")
    with contextlib.suppress(ConnectionError):
        assert client.recv(1) == b""


@pytest.mark.parametrize(
    "sent",
    [
        CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        b"POST / " + HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST / " + HEAD + b"Content-Length: -1\r\n\r\n",
        b"POST / " + HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"FFFFFFFFFFFFFFFFF\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: \x00\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    ],
)
def test_what_is_divided_oddly_is_refused_and_ends_the_connection(client: socket.socket, sent: bytes) -> None:
    """Or a proxy before us would take for one request what we take for two."""
    client.sendall(sent + b"GET /next " + HEAD + b"\r\n")
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_small_chunks_and_a_field_behind_them_are_taken(client: socket.socket) -> None:
    client.sendall(CHUNKED + b"3\r\nabc\r\n" * 50_000 + b"0\r\nDigest: x\r\n\r\nGET / " + HEAD)
    client.sendall(b"Connection: close\r\n\r\n")
    answer = rest(client)
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert answer.count(b"abc") == 50_000


def test_who_waits_longest_gives_way_where_there_are_many() -> None:
    """Half a request, an answer that nobody takes and one that was taken: all of them hold a connection."""
    with served(60) as port, contextlib.ExitStack() as held:
        many = [held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5)) for _ in range(3 * MOST)]
        for n, one in enumerate(many):
            with contextlib.suppress(ConnectionError):
                one.sendall((b"GET / HTT", b"GET /endless " + HEAD + b"\r\n", b"GET / " + HEAD + b"\r\n")[n % 3])
        start = time.monotonic()
        one = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        one.sendall(b"GET / " + HEAD + b"Connection: close\r\n\r\n")
        assert rest(one).startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - start < 30  # it did not wait for the others to be given up


def test_who_says_nothing_gets_no_answer(client: socket.socket) -> None:
    assert rest(client) == b""


def test_a_dribble_does_not_prolong_it(client: socket.socket) -> None:
    client.sendall(b"GET / " + HEAD)
    sent = 0
    with contextlib.suppress(OSError):
        while sent < 100:
            client.sendall(f"X-{sent}: y\r\n".encode())
            sent += 1
            time.sleep(SECONDS / 10)
    assert sent < 30


def test_who_takes_nothing_of_an_answer_is_cut_off(client: socket.socket) -> None:
    client.sendall(b"GET /endless " + HEAD + b"\r\n")
    time.sleep(3 * SECONDS)
    with contextlib.suppress(ConnectionError):
        assert len(rest(client)) < 1000 * 65536 / 2  # what was under way


def test_who_asks_again_after_a_while_is_served(client: socket.socket) -> None:
    for _ in range(2):
        client.sendall(b"POST / " + HEAD + b"Content-Length: 3\r\n\r\n")
        time.sleep(SECONDS / 2)
        client.sendall(b"abc")
        found = b""
        while not found.endswith(b"abcok"):
            found += client.recv(1 << 16)
        time.sleep(1.5 * SECONDS)


def test_the_application_can_break_off(client: socket.socket) -> None:
    client.sendall(b"GET /broken " + HEAD + b"\r\n")
    found = b""
    with contextlib.suppress(ConnectionError):
        found = rest(client)
    assert b"ok" not in found


def test_the_application_is_told_when_a_client_goes_away(client: socket.socket) -> None:
    GONE.clear()
    client.sendall(b"GET /waiting " + HEAD + b"\r\n")
    time.sleep(0.1)
    assert not GONE.is_set()
    client.close()
    assert GONE.wait(3)


def test_where_a_body_comes_along_the_application_must_read_to_know(client: socket.socket) -> None:
    GONE.clear()
    client.sendall(b"GET /waiting " + HEAD + b"Content-Length: 3\r\n\r\nabc")
    assert b"500" in client.recv(1 << 16).split(b"\r\n")[0]  # it was told so, and ended without an answer
    assert not GONE.is_set()


def test_without_such_a_server_nothing_happens() -> None:
    assert not connection.when_gone({"type": "http", "headers": []}, None)
    connection.break_off({"type": "http"})
    connection.break_off({"type": "http", "extensions": {}})


def test_the_kernel_copies_a_file_and_the_connection_stays(client: socket.socket) -> None:
    asked = b"GET /file " + HEAD + b"\r\n"
    client.sendall(asked + asked + b"GET / " + HEAD + b"connection: close\r\n\r\n")
    time.sleep(0.2)  # the client takes its time, but less than it has
    told = rest(client)
    assert told.count(CONTENT[3:]) == 2
    assert told.endswith(b"ok")


def test_a_client_that_takes_no_more_of_a_file_is_cut_off(client: socket.socket) -> None:
    client.sendall(b"GET /file " + HEAD + b"\r\n")
    time.sleep(3 * SECONDS)
    with contextlib.suppress(ConnectionResetError):
        assert len(rest(client)) < SIZE - 3


def test_an_answer_breaks_off_where_its_file_ends_too_soon(client: socket.socket) -> None:
    client.sendall(b"GET /file?longer " + HEAD + b"\r\n")
    with contextlib.suppress(ConnectionResetError):
        assert rest(client).endswith(CONTENT[-100:])
