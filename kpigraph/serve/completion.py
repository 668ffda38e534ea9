"""What the query editor completes: the prefixes and terms of our vocabulary, with labels in Japanese and English.

/sparql/terms has them as JSON, of the release in use: classes, properties and code concepts of ours, and the terms of
other vocabularies that the data uses. The editor asks nobody else.
"""

import json
from typing import Any

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import Response

from kpigraph.prefixes import CODE, PREFIXES
from kpigraph.serve import web
from kpigraph.serve.describe import View, compact, name
from kpigraph.serve.negotiate import LANGUAGES, Form
from kpigraph.serve.term_texts import TERMS
from kpigraph.serve.vocabulary import own_terms
from kpigraph.serve.web import Server

PATH = "/sparql/terms"
_JSON = Form("json", "application/json")
_COMPLETED = PREFIXES.keys() - {"sc"}
_LABELS = ("skos:prefLabel", "rdfs:label", "skos:notation")


async def answer(server: Server, request: Request) -> Response:
    """Answer /sparql/terms.

    Raises:
        UsageError: if there is nothing to serve.
    """
    served = server.source.served()

    def made() -> bytes:
        found = {"prefixes": PREFIXES, "terms": terms(View(served))}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    return web.answer(request, await web.kept(served.cache, ("data", PATH), made), _JSON)


def terms(view: View) -> list[dict[str, Any]]:
    """Return the terms, each with its name in a query, kind (class, property, code) and labels by language.

    A property whose values are codes names their list (`values`), a code its list (`scheme`).
    """
    found = [_own(view, s) for s in own_terms(view)]
    schemes = [s for s in view.subjects("rdf:type", name("skos:ConceptScheme")) if s.value.startswith(CODE)]
    for scheme in sorted(schemes, key=lambda s: s.value):
        for s in sorted(set(view.subjects("skos:inScheme", scheme)), key=lambda s: s.value):
            found.append({"name": _written(s), "kind": "code", **_labels(view, s), "scheme": _written(scheme)})
    foreign = [
        {"name": short, "kind": "class" if short.partition(":")[2][:1].isupper() else "property", "ja": ja, "en": en}
        for short, (ja, en) in sorted(TERMS.items())
        if short.partition(":")[0] in _COMPLETED  # values, such as sc:obsStatus-A, are neither class nor property
    ]
    return [t for t in found if t["kind"]] + foreign


def _own(view: View, s: NamedNode) -> dict[str, Any]:
    kinds = view.types(s)
    kind = (
        "class"
        if kinds & {"owl:Class", "rdfs:Class"}
        else "property"
        if any(k.endswith("Property") for k in kinds)
        else ""
    )
    lists = view.things(s, "qb:codeList")
    return {
        "name": _written(s),
        "kind": kind,
        **_labels(view, s),
        **({"values": _written(lists[0])} if lists else {}),
    }


def _written(iri: NamedNode) -> str:
    """Return how a query names `iri`: by a prefix, or whole."""
    short = compact(iri.value)
    return short if short != iri.value and short.partition(":")[0] in PREFIXES else f"<{iri.value}>"


def _labels(view: View, s: NamedNode) -> dict[str, str]:
    said = [[o for o in view.objects(s, p) if isinstance(o, Literal)] for p in _LABELS]
    every = [o for objects in said for o in sorted(objects, key=lambda o: (o.language or "", o.value))]
    fallback = every[0].value if every else ""
    return {lang: next((o.value for o in every if o.language == lang), fallback) for lang in LANGUAGES}
