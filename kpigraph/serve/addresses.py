"""The one place that says which written forms of an address are the same, and which handler an address leads to.

An address has one form: NFKC, no empty segment, no slash at the end, percent-encoded in capitals and only where needed
(RFC 3986, section 6.2.2; RFC 3987, section 5.3.2). Who asks for another form of it is sent on. All names are ASCII, so
NFKC takes nothing apart that is two things: it only mends digits typed in full width.
"""

import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

Handler = Callable[[Request], Awaitable[Response]]

_NEVER = re.compile(rb"%(?:2f|5c|00)", re.IGNORECASE)  # an encoded separator is no separator, and no part of a name
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_FIRST = re.compile(r"/([A-Za-z0-9_-]*)")
_SAFE = "/-._~!$&'()*+,;=:@"


def canonical(raw: bytes) -> str | None:
    """Return the one form of the path `raw`, decoded; None for what can be no address of ours."""
    if _NEVER.search(raw):
        return None
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return None
    segments = [s for s in unicodedata.normalize("NFKC", text).split("/") if s]
    if _CONTROL.search(text) or any(s in (".", "..") for s in segments):
        return None
    return "/" + "/".join(segments)


def written(path: str) -> str:
    """Return `path`, as `canonical` gives it, the way it stands in an address."""
    return quote(path, safe=_SAFE)


@dataclass(frozen=True, slots=True)
class Route:
    """A pattern of addresses. `label` names it in logs and metrics: it has no names of things in it."""

    label: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    handler: Handler


@dataclass(frozen=True, slots=True)
class Found:
    """Where an address leads: the route (None: nowhere), the parameters in it, and what it could be asked with."""

    route: Route | None
    parameters: dict[str, str]
    methods: frozenset[str]


class Routes:
    """The routes, looked up by the first segment of an address: the same time however many there are."""

    def __init__(self) -> None:
        self._by_first: dict[str, list[Route]] = {}

    def add(self, path: str, handler: Handler, methods: tuple[str, ...] = ("GET",)) -> None:
        """Add a route; `path` is in Starlette's notation, such as /download/{name:str}. HEAD goes with GET."""
        pattern, label, _ = compile_path(path)
        allowed = frozenset((*methods, "HEAD")) if "GET" in methods else frozenset(methods)
        self._by_first.setdefault(_first(path), []).append(Route(label, pattern, allowed, handler))

    @property
    def labels(self) -> frozenset[str]:
        """The patterns of all routes, such as /doc/{path}."""
        return frozenset(route.label for routes in self._by_first.values() for route in routes)

    def find(self, path: str, method: str) -> Found:
        allowed: frozenset[str] = frozenset()
        for route in self._by_first.get(_first(path), ()):
            if (m := route.pattern.match(path)) is not None:
                if method in route.methods:
                    return Found(route, m.groupdict(), route.methods)
                allowed |= route.methods
        return Found(None, {}, allowed)


def _first(path: str) -> str:
    m = _FIRST.match(path)
    return m[1] if m else ""
