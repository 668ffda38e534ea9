"""/doc/X.json: X as one nested document in plain words, for programs that know JSON and no RDF; it is JSON-LD too."""

import json

from pyoxigraph import Store as Engine
from starlette.requests import Request
from starlette.responses import Response

from kpigraph import frames
from kpigraph.serve import web
from kpigraph.serve.negotiate import Form
from kpigraph.serve.served import Served
from kpigraph.serve.web import Server
from kpigraph.store import Store, open_store
from kpigraph.store.embedded import EmbeddedStore

FRAMED = Form("json", "application/ld+json")


def _store(served: Served) -> Store:
    if isinstance(served.store, str):
        return open_store(served.store)
    assert isinstance(served.engine, Engine)
    return EmbeddedStore(served.engine, served.store, served.default_graphs or ())


def answer(server: Server, request: Request, served: Served, iri: str) -> Response:
    """Return the document about `iri`; 404 where nothing is said of it."""
    key = ("framed", iri)
    if (body := served.cache.get(key)) is None:
        if (document := frames.framed(_store(served), iri)) is None:
            return web.error(server, request, 404)
        body = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
        served.cache.put(key, body)
    return web.answer(request, body, FRAMED, {"Vary": "Accept"})
