"""/changes: what changed in each release, as page, RDF and JSON, from what the release in use keeps of it.

Change sets of the changeset vocabulary (https://vocab.org/changeset/), one a change, within an activity of PROV, one a
release.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pyoxigraph as ox
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kpigraph.history import log
from kpigraph.history.log import Entry
from kpigraph.serve import things, web
from kpigraph.serve.describe import Text, View
from kpigraph.serve.negotiate import JSON
from kpigraph.serve.site import Page, Site
from kpigraph.serve.texts import texts
from kpigraph.serve.web import Server
from kpigraph.triples import both, say, term, typed

PATH = "/changes"
_CS = "http://purl.org/vocab/changeset/schema#"
_SHOWN, _SHOWN_LATER = 100, 20  # changes on the page: of the newest release, of each before it
_IN_FEED = 20


async def answer(server: Server, request: Request) -> Response:
    """/changes, /changes.ttl …, /changes.json."""
    served = server.source.served()
    if not await run_in_threadpool(lambda: served.is_site):
        return web.error(server, request, 404)
    if request.path_params.get("suffix") == "json":
        entries = await run_in_threadpool(log.read, served.folder)
        body = json.dumps([asdict(e) for e in entries], ensure_ascii=False, indent=1) + "\n"
        return web.answer(request, body.encode(), JSON)
    return await things.collection(server, request, PATH, page, triples)


def page(site: Site) -> Page:
    entries = [_shown(site, e, _SHOWN if n == 0 else _SHOWN_LATER) for n, e in enumerate(log.read(site.served.folder))]
    return Page(template="changes.html", title=site.say("changes"), context={"entries": entries})


def _shown(site: Site, e: Entry, limit: int) -> dict[str, Any]:
    changes = [_line(site, c) for c in e.changes[:limit]]
    documents = e.documents[:limit]
    return {
        "version": e.version,
        "at": e.built_at,
        "before": e.before,
        "words": words(e, site.lang),
        "documents": [
            (Text(_document(d, site.lang), site.lang), site.path(d["iri"]) if d["change"] != "removed" else "")
            for d in documents
        ],
        "more_documents": _more(sum(e.counts.get("documents", {}).values()) - len(documents), site.lang),
        "changes": changes,
        "more": _more(e.number - len(changes), site.lang),
    }


def _line(site: Site, change: dict[str, Any]) -> tuple[Text, str]:
    return Text(change["sentence"][site.lang], site.lang), site.path(change["subject"])


def _more(number: int, lang: str) -> str:
    return texts(lang)["changes_more"].format(number=f"{number:,}") if number > 0 else ""


def _document(document: dict[str, Any], lang: str) -> str:
    title = document["title"].get(lang) or next(iter(document["title"].values()), "")
    name = f"{title} ({document['name']})" if title else document["name"]
    return texts(lang)[f"changes_document_{document['change']}"].format(name=name)


def words(e: Entry, lang: str) -> list[str]:
    """Return what changed in a release, in numbers."""
    t = texts(lang)
    if not e.before:
        return [t["changes_first"]]
    if not e.is_known:
        return [t["changes_unknown"].format(before=e.before)]
    if e.is_empty:
        return [t["changes_same"]]
    counted = ((thing, e.counts[thing]) for thing in ("documents", "indicators", "observations"))
    return [
        t["changes_count"].format(thing=t[f"changes_{thing}"], **{how: f"{n:,}" for how, n in of.items()})
        for thing, of in counted
        if any(of.values())
    ]


def sentences(e: Entry, lang: str) -> list[str]:
    """Return what the feed says of a release: numbers, documents, and the first changes one by one."""
    told = [_document(d, lang) for d in e.documents] + [c["sentence"][lang] for c in e.changes]
    more = sum(e.counts.get("documents", {}).values()) + e.number - min(len(told), _IN_FEED)
    return [*(words(e, lang) if e.before else ()), *told[:_IN_FEED], *([_more(more, lang)] if more > 0 else ())]


def triples(view: View, base: str) -> list[ox.Triple]:
    """Return the whole log as RDF."""
    entries = log.read(view.served.folder)
    return [t for e in entries for t in _entry(e, base)]


def _entry(e: Entry, base: str) -> Iterator[ox.Triple]:
    this, made = of(e.version, base), release(e.version, base)
    at = typed(e.built_at, "xsd:dateTime")
    yield from say(this, "rdf:type", term("prov:Activity"))
    yield from say(this, "prov:endedAtTime", at)
    yield from say(made, "rdf:type", term("prov:Entity"))
    yield from say(made, "dct:identifier", ox.Literal(e.version))
    yield from say(made, "prov:generatedAtTime", at)
    yield from say(made, "prov:wasGeneratedBy", this)
    yield from both(this, "rdfs:comment", *("\n".join(words(e, lang)) for lang in ("ja", "en")))
    if e.before:
        yield from say(made, "prov:wasRevisionOf", release(e.before, base))
        yield from say(this, "prov:used", release(e.before, base))
    told = [(d["iri"], {lang: _document(d, lang) for lang in ("ja", "en")}) for d in e.documents]
    told += [(c["subject"], c["sentence"]) for c in e.changes]
    for n, (subject, reason) in enumerate(told, 1):
        change = ox.NamedNode(f"{this.value}-{n}")
        yield from say(this, "dct:hasPart", change)
        yield from say(change, "rdf:type", ox.NamedNode(f"{_CS}ChangeSet"))
        yield ox.Triple(change, ox.NamedNode(f"{_CS}subjectOfChange"), ox.NamedNode(subject))
        yield ox.Triple(change, ox.NamedNode(f"{_CS}createdDate"), at)
        for lang in ("ja", "en"):
            text = ox.Literal(reason[lang], language=lang)
            yield ox.Triple(change, ox.NamedNode(f"{_CS}changeReason"), text)


def of(version: str, base: str) -> ox.NamedNode:
    """Return the change that led to a release; its page is the log."""
    return ox.NamedNode(f"{base}changes#{version}")


def release(version: str, base: str) -> ox.NamedNode:
    """Return a release as the feed names it."""
    return ox.NamedNode(f"{base}releases.atom#{version}")
