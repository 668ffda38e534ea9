"""A served publication for tests, and a client that calls the application in this process."""

import asyncio
import contextlib
import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import sample
from pyoxigraph import Quad, parse

from kpigraph import ontology, publish
from kpigraph.config import Settings
from kpigraph.serve.app import create_app
from kpigraph.serve.assets import Assets, load
from kpigraph.serve.served import Source
from kpigraph.serve.snapshot import Snapshot
from kpigraph.terms import quads as quads_of

BASE = sample.BASE
GRAPHS = tuple(
    BASE + "graph/" + name
    for name in (
        *(f"lg/012068/doc/plan/2016/{layer}" for layer in ("asserted", "corrections", "derived")),
        "ref",
        "vocab",
        "catalog",
    )
)
KPI = "/doc/lg/012068/kpi-p7q2"
SETTINGS = Settings(query_seconds=2, workers=2)
PLAIN = load(Path(__file__).parent / "nothing-built")  # the pages as they are without an editor


@cache
def vocabulary() -> tuple[Quad, ...]:
    """Return our own ontology and code lists."""
    return tuple(quads_of(ontology.load_vocabulary(), BASE + "graph/vocab"))


def publish_sample(public: Path, *more: Any) -> Path:
    """Publish serve-sample.trig, with `more` quads, into `public`."""
    quads = [*parse(path=str(Path(__file__).parent / "sample" / "serve-sample.trig")), *vocabulary(), *more]
    sh = "http://www.w3.org/ns/shacl#"
    report = f"<{BASE}graph/validation/report> a <{sh}ValidationReport> ; <{sh}conforms> true .\n"
    made = dataclasses.replace(
        sample.content(),
        parts=sample.parts(quads, GRAPHS),
        default_graphs=GRAPHS,
        validation_ttl=report.encode(),
        validation_json=b'{"conforms": true, "results": [], "reading": []}\n',
        settings=SETTINGS,
    )
    publish.publish(public, made)
    return public


class Client:
    """Calls an application in this process, on one event loop of its own."""

    def __init__(self, source: Source, settings: Settings = SETTINGS, assets: Assets | None = None) -> None:
        self.app = create_app(source, settings, assets or PLAIN)
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://any.example")

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        self._client.cookies.clear()
        return self._runner.run(self._client.request(method, path, **how))

    def get(self, path: str, accept: str | None = None, **how: Any) -> httpx.Response:
        headers = dict(how.pop("headers", {}))
        if accept is not None:
            headers["Accept"] = accept
        return self.request("GET", path, headers=headers, **how)

    def raw(self, path: str, headers: dict[str, str]) -> httpx.Response:
        """Return the answer with its body as it was sent: still packed."""

        async def read() -> httpx.Response:
            async with self._client.stream("GET", path, headers=headers) as response:
                body = b"".join([part async for part in response.aiter_raw()])
            return httpx.Response(
                response.status_code,
                headers=dict(response.headers),
                extensions={"raw": body},
            )

        answer = self._runner.run(read())
        answer._content = answer.extensions["raw"]
        return answer

    def query(self, text: str, accept: str = "application/sparql-results+json", **how: Any) -> httpx.Response:
        return self.get("/sparql", accept, params={"query": text}, **how)

    def while_asked(self, queries: list[str], act: Callable[[], object]) -> list[httpx.Response]:
        """Ask all at once, call `act` when they are at work, and return the answers."""

        async def asked() -> list[httpx.Response]:
            accept = {"Accept": "application/sparql-results+json"}
            each = [
                asyncio.create_task(self._client.get("/sparql", params={"query": text}, headers=accept))
                for text in queries
            ]
            await asyncio.sleep(1)
            act()
            return list(await asyncio.gather(*each))

        return self._runner.run(asked())

    def call(self, text: str, accept: str, sent: list[Any]) -> None:
        """Ask a query and put what the application sends into `sent`, also if it breaks off."""
        scope = httpx.Request("GET", "http://any.example/sparql", params={"query": text}).url
        asked = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/sparql", "raw_path": b"/sparql", "query_string": scope.query, "root_path": "",
            "headers": [(b"accept", accept.encode())], "client": ("127.0.0.1", 1), "server": ("any.example", 80),
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        self._runner.run(self.app(asked, receive, send))

    def rows(self, text: str) -> list[dict[str, str]]:
        """Return the solutions of a query, each value as text."""
        response = self.query(text)
        assert response.status_code == 200, response.text
        return [{k: v["value"] for k, v in row.items()} for row in response.json()["results"]["bindings"]]

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` on the loop of the application."""
        self._runner.run(work)

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.run(self.app.state.beforehand.close())
        self._runner.run(self.app.state.pool.close())
        self._runner.close()


def client_of(public: Path) -> Client:
    return Client(Snapshot(public))


@contextlib.contextmanager
def another_server(*arguments: str) -> Iterator[str]:
    """Lend the address of the endpoint of a server process of our own, on a port that was free."""
    command = [sys.executable, "-m", "kpigraph", "serve", *arguments, "--port", "0"]
    environment = os.environ | {"KPIGRAPH_ACCESS_LOG": "off"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        address = process.stderr.readline().split()[0]
        try:
            yield address + "sparql"
        finally:
            process.terminate()
