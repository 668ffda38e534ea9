"""Whether there is a thing of a name: the same for its name, its description and all that is made of it."""

import re

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from kpigraph.serve import web
from kpigraph.serve.describe import View
from kpigraph.serve.served import Served
from kpigraph.serve.site import Site
from kpigraph.serve.web import Server

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(?:/[A-Za-z0-9][A-Za-z0-9.-]*)*")


def named(namespace: str, path: str) -> ox.NamedNode | None:
    """Return the thing that a path names, None if it cannot name any."""
    return ox.NamedNode(namespace + path) if _NAME.fullmatch(path) else None


def standing(served: Served, subject: ox.NamedNode) -> bool | tuple[ox.NamedNode, ...]:
    """Tell whether anything is said of `subject`; of a thing that was merged into others, return these."""
    view = View(served)
    if replacements := view.things(subject, "dct:isReplacedBy"):
        return tuple(replacements)
    return any(True for _ in view.triples(subject, None, None))


def gone(server: Server, request: Request, served: Served, replacements: tuple[ox.NamedNode, ...]) -> Response:
    """Return 410 with what took the place of the thing."""
    site = Site(served, server.base, web.language(request))
    links = tuple((site.label(r), site.href(r)) for r in replacements)
    headers = {"Link": ", ".join(f'<{href}>; rel="successor-version"' for _, href in links)}
    return web.error(server, request, 410, headers=headers, links=links, site=site)
