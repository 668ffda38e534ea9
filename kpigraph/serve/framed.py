"""/doc/X.json: X as one nested document in plain words, for programs that know JSON and no RDF; it is JSON-LD too."""

import json

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from kpigraph import frames
from kpigraph.serve import departed, web
from kpigraph.serve.negotiate import JSON_LD, Form
from kpigraph.serve.served import Served
from kpigraph.serve.web import Server

FRAMED = Form("json", "application/ld+json")


def answer(server: Server, request: Request, served: Served, iri: str) -> Response:
    """Return the document about `iri`; 410 or 404 where nothing is said of it."""
    key = ("framed", iri)
    if (body := served.cache.get(key)) is None:
        if (document := frames.framed(served.reader, iri)) is None:
            return departed.answer(server, request, served, NamedNode(iri), JSON_LD)
        body = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
        served.cache.put(key, body)
    return web.answer(request, body, FRAMED, {"Vary": "Accept"})
