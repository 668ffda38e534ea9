"""What is written to another engine: updates and triples, by HTTP with credentials from the environment alone.

Sources: SPARQL 1.1 Protocol (2013), section 2.2; SPARQL 1.1 Graph Store HTTP Protocol (2013), section 5.5; RFC 7616.
"""

import ipaddress
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from pyoxigraph import Triple

from kpigraph.problems import UsageError
from kpigraph.store.answered import UnavailableError, first_line
from kpigraph.store.dialect import kept_types
from kpigraph.store.endpoint import Endpoint, checked
from kpigraph.store.ledger import Held, Ledger

_SECONDS = 600.0  # for one request; an engine may think long about a chunk, or about dropping a graph


@dataclass(frozen=True, slots=True)
class Access:
    """How an engine is reached for writing, from the environment.

    Attributes:
        user, password: KPIGRAPH_ENGINE_USER, KPIGRAPH_ENGINE_PASSWORD; "" for none.
        update: KPIGRAPH_ENGINE_UPDATE, where updates go; "" to tell it from the address of queries.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    update: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Access":
        """Return what `environ` says.

        Raises:
            UsageError: if it cannot be used.
        """
        update = environ.get("KPIGRAPH_ENGINE_UPDATE", "")
        return cls(
            environ.get("KPIGRAPH_ENGINE_USER", ""),
            environ.get("KPIGRAPH_ENGINE_PASSWORD", ""),
            checked(update) if update else "",
        )


class Engine:
    """An engine that is written to. Every method raises UsageError where the engine does not do it."""

    def __init__(self, address: str, access: Access) -> None:
        self.endpoint = Endpoint(checked(address))
        self.address = address
        with self._reading():
            dialect = self.endpoint.dialect
        self._update = access.update or dialect.updates_at(address)
        self._graphs = dialect.graphs_at(address)
        self.loads_files = dialect.loads_files
        if not self._update:
            raise UsageError(
                f"更新の URL が分かりません。KPIGRAPH_ENGINE_UPDATE に書いてください: {address}",
                f"where updates go cannot be told; set KPIGRAPH_ENGINE_UPDATE: {address}",
            )
        auth: httpx.Auth | None = None
        if access.user:
            basic = not dialect.graphs
            if basic and urlsplit(self._update).scheme == "http" and not _is_here(self._update):
                raise UsageError(
                    "パスワードを暗号化せずに送ることになるので、https の URL を使ってください",
                    "the password would be sent unencrypted; use an https address",
                )
            auth = (
                httpx.BasicAuth(access.user, access.password)
                if basic
                else httpx.DigestAuth(access.user, access.password)
            )
        self._secret = access.password
        self._client = httpx.Client(auth=auth, timeout=_SECONDS, follow_redirects=False, trust_env=False)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def current(self) -> str:
        """Return the version of the release in use, "" where none is."""
        with self._reading():
            return self._ledger.current()

    def releases(self) -> list[Held]:
        """Return the whole releases, oldest first."""
        with self._reading():
            return self._ledger.releases()

    def held(self, version: str) -> Held | None:
        """Return the whole release of that version."""
        return next((h for h in self.releases() if h.version == version), None)

    def names(self, release: str) -> dict[str, str]:
        """Return the engine's names of the graphs of a release by their public ones."""
        with self._reading():
            return self._ledger.names(release)

    def whole(self) -> dict[str, int]:
        """Return the graphs that are whole, with the number of their triples."""
        with self._reading():
            return self._ledger.whole()

    def graphs(self) -> list[str]:
        """Return the names of all graphs that are there."""
        return [r["g"] for r in self.rows("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")]

    def number(self, text: str) -> int:
        """Return the number that a query gives."""
        return int(self.rows(text)[0]["n"])

    def rows(self, text: str) -> list[dict[str, str]]:
        """Return the solutions of a query of our own, as text."""
        with self._reading():
            return list(self.endpoint.texts(text))

    def triples(self, text: str) -> Iterator[Triple]:
        """Yield the triples of a CONSTRUCT of our own, put as it is."""
        with self._reading():
            yield from self.endpoint.triples(text)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (UnavailableError, OSError, SyntaxError) as error:
            raise self.unavailable(error) from error

    @property
    def _ledger(self) -> Ledger:
        return self.endpoint.ledger

    def update(self, text: str) -> None:
        """Carry out an update: all of it or, where the engine has transactions, nothing."""
        self._send(self._update, {"Content-Type": "application/sparql-update"}, content=text.encode())

    def add(self, graph: str, triples: bytes) -> None:
        """Add triples, lines of N-Triples, to a graph."""
        triples = kept_types(triples) if self._graphs else triples
        if self._graphs:
            # N-Triples is Turtle, which every server takes
            self._send(self._graphs, {"Content-Type": "text/turtle"}, content=triples, params={"graph": graph})
        else:
            self.update(f"INSERT DATA {{ GRAPH <{graph}> {{\n{triples.decode()}}} }}")

    def _send(self, address: str, headers: dict[str, str], **how: Any) -> None:
        try:
            response = self._client.post(address, headers=headers, **how)
        except httpx.HTTPError as error:
            cause = error.__cause__ or error.__context__
            if isinstance(cause, ssl.SSLError) or "CERTIFICATE" in str(error) or "SSL" in str(error):
                raise UsageError(
                    f"TLS の接続を確かめられません: {address}（{error}）",
                    f"the TLS connection cannot be trusted: {address} ({error})",
                ) from None
            raise self.unavailable(error or type(error).__name__) from None
        if response.status_code in (401, 403):
            raise UsageError(
                f"エンジンが認めません（{response.status_code}）。KPIGRAPH_ENGINE_USER と KPIGRAPH_ENGINE_PASSWORD を"
                f"確かめてください: {address}",
                f"the engine does not let us in ({response.status_code}); check KPIGRAPH_ENGINE_USER and "
                f"KPIGRAPH_ENGINE_PASSWORD: {address}",
            )
        if not 200 <= response.status_code < 300:
            said = first_line(response.text)
            said = said.replace(self._secret, "…") if self._secret else said
            where = (
                f" → {response.headers['location']}" if response.is_redirect and "location" in response.headers else ""
            )
            raise UsageError(
                f"エンジンが書き込みを断りました（{response.status_code}{where}）: {address}（{said}）",
                f"the engine refuses to write ({response.status_code}{where}): {address} ({said})",
            )

    def unavailable(self, error: object) -> UsageError:
        """Return the one clear line about an engine that does not answer."""
        said = re.sub(r"\s+", " ", str(error)) or type(error).__name__
        return UsageError(
            f"{self.address} が答えません: {said}（公開中の版はそのままです）",
            f"{self.address} does not answer: {said} (the release in use stays as it was)",
        )


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
