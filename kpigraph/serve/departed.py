"""What is answered for a name that nothing is said of: 410 where earlier releases had it, else 404.

The RDF of what is no more is a Tombstone of Activity Streams (https://www.w3.org/TR/activitystreams-vocabulary/).
"""

from collections.abc import Iterator

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from kpigraph import dumps
from kpigraph.history.gone import Tombstone
from kpigraph.prefixes import NS
from kpigraph.serve import changes, web
from kpigraph.serve.describe import Text
from kpigraph.serve.negotiate import HTML, Form
from kpigraph.serve.served import Served
from kpigraph.serve.site import Site
from kpigraph.serve.texts import texts
from kpigraph.serve.web import Server
from kpigraph.triples import say, term, typed

_AS = "https://www.w3.org/ns/activitystreams#"


def answer(
    server: Server, request: Request, served: Served, subject: ox.NamedNode, form: Form | None = HTML
) -> Response:
    """Return the answer for `subject`, of which nothing is said now; RDF where `form` is a form of RDF."""
    home = server.base + "id/"
    path = subject.value.removeprefix(home)
    stone = served.gone.find(path) if path != subject.value else None
    if stone is None:
        return web.error(server, request, 404)
    if form is not None and form is not HTML:
        body = dumps.serialized(list(_triples(subject, stone, server.base)), form.suffix)
        return web.answer(request, body, form, {"Vary": "Accept"}, status=410)
    site = Site(served, server.base, web.language(request))
    t = texts(site.lang)
    successor = (
        {"Link": f'<{site.path(home + stone.replaced_by)}>; rel="successor-version"'} if stone.replaced_by else {}
    )
    return web.error(
        server,
        request,
        410,
        _told(site, stone),
        headers=successor,
        links=tuple(_instead(site, path, stone, home)),
        site=site,
        said=(t["gone_title"], t["error_410_words"] if stone.replaced_by else t["gone_words"]),
    )


def _told(site: Site, stone: Tombstone) -> str:
    t, labels = texts(site.lang), stone.labels
    label = labels.get(site.lang) or labels.get("ja") or labels.get("en") or next(iter(labels.values()), "")
    quoted = f"「{label}」" if site.lang == "ja" else f" “{label}”"
    kind = str(site.label(ox.NamedNode(NS + stone.kind))) if stone.kind else t["gone_name"]
    key = "gone_within" if stone.within else "gone_thing"
    return t[key].format(
        kind=kind,
        label=quoted if label else "",
        last=stone.last,
        first_without=stone.first_without,
        day=stone.at[:10],
    )


def _instead(site: Site, path: str, stone: Tombstone, home: str) -> Iterator[tuple[Text, str]]:
    """Yield what took its place, else the nearest that is still there of what it belonged to; then the change log."""
    if stone.replaced_by:
        successor = ox.NamedNode(home + stone.replaced_by)
        yield site.label(successor), site.href(successor)
    else:
        above = path.rpartition("/")[0]
        while above:
            for candidate in (f"{above}/edition", above):
                s = ox.NamedNode(home + candidate)
                if any(True for _ in site.view.triples(s, None, None)):
                    yield site.label(s), site.href(s)
                    above = ""
                    break
            above = above.rpartition("/")[0]
    yield site.say("changes"), f"{changes.PATH}#{stone.first_without}"


def _triples(subject: ox.NamedNode, stone: Tombstone, base: str) -> Iterator[ox.Triple]:
    at = typed(stone.at, "xsd:dateTime")
    last = changes.release(stone.last, base)
    yield from say(subject, "rdf:type", ox.NamedNode(f"{_AS}Tombstone"))
    yield ox.Triple(subject, ox.NamedNode(f"{_AS}deleted"), at)
    if stone.kind and not stone.within:
        yield ox.Triple(subject, ox.NamedNode(f"{_AS}formerType"), ox.NamedNode(NS + stone.kind))
    yield from say(subject, "prov:invalidatedAtTime", at)
    yield from say(subject, "prov:wasInvalidatedBy", changes.of(stone.first_without, base))
    yield from say(last, "rdf:type", term("prov:Collection"))
    yield from say(last, "prov:hadMember", subject)
    if not stone.within:
        for lang, label in sorted(stone.labels.items()):
            yield from say(subject, "rdfs:label", ox.Literal(label, language=lang) if lang else ox.Literal(label))
    if stone.replaced_by:
        yield from say(subject, "dct:isReplacedBy", ox.NamedNode(f"{base}id/{stone.replaced_by}"))
