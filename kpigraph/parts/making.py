"""Quads → part: the pieces of every dump, lines of the tables, things to be found, what catalogue and VoID count."""

import json
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from pyoxigraph import Quad, RdfFormat, parse, serialize
from pyoxigraph import Store as Engine

from kpigraph import canonical, catalog_facts, distinct, dumps, mapping_table, search, standings, tables, void, written
from kpigraph.known import AtHand
from kpigraph.order import graph_iri, in_order, triples_in_order
from kpigraph.parts import part
from kpigraph.parts.part import Part
from kpigraph.parts.pieces import pieces
from kpigraph.written import Order, Said

Json = Any
ABOUT, FACTS, TABLES, MATCHES = "about", "facts", "tables", "matches"
THINGS, STANDINGS, NAMED = "things", "standings", "named"
LASTING, HASHES, OWN_HASHES = "lasting", "hashes", "own-hashes"


def document_part(
    quads: Collection[Said],
    around: Collection[Said],
    default_graphs: Collection[str],
    *,
    own: str,
    home: str,
    base: str,
    about: dict[str, Json] | None = None,
) -> bytes:
    """Return the part of one document; `about` is kept with it, and how many quads it is and their canonical hash.

    `quads` are those of its graphs, `around` those of shared graphs that it gives rise to. What is bound to its
    edition, subjects that begin with `own`, is here in every form; the lasting things of its municipality, whose IRI is
    `home`, are left for the part of all its editions, since those of several editions are the same.
    """
    order = Order([*quads, *around])
    ordered = order.quads(quads)
    own_text, home_text = f"<{own}", f"<{home}/"
    of_edition: list[Said] = []
    lasting: list[Said] = []
    for quad in ordered:
        (of_edition if quad[0].startswith(own_text) else lasting).append(quad)
    bound = order.triples(of_edition)
    lasting += order.quads(q for q in around if q[0].startswith(home_text) or q[0] == f"<{home}>")
    lines = written.lines(ordered)
    packed = pieces(ordered, bound, lines)
    about = {**(about or {}), "canonical": [len(ordered), canonical.digest_of(lines)]}
    packed[LASTING] = written.nquads(lasting)
    made = _Asked([*ordered, *around], default_graphs)
    counts = void.Counts.of(bound, f"{base}id/", f"{home}/doc/", _sizes(ordered))
    return part.written(packed | made.packed(), made.plain(counts, about))


def lasting_part(
    documents: Sequence[Part],
    more: Collection[Said],
    default_graphs: Collection[str],
    *,
    home: str,
    base: str,
    about: Json = None,
) -> bytes:
    """Return the part of the lasting things of a municipality, whose IRI is `home`, from those of its documents.

    `more` are quads of shared graphs that no document gives rise to, such as its matches. The part knows, besides, what
    is counted and found in all `documents` together.
    """
    left = [*(q for d in documents for q in written.read(d.bytes(LASTING))), *more]
    of_editions = {f"<{g}>" for d in documents for g in d.json(FACTS)["counts"]["graphs"]}
    order = Order(left)
    shared, triples = order.quads(q for q in left if q[3] not in of_editions), order.triples(left)
    made = _Asked(more, default_graphs)
    counts = void.Counts.of(triples, f"{base}id/", f"{home}/doc/", _sizes(shared))
    for document in documents:
        counts.add(_with_objects(document, own=True))
        made.add(document)
    counts.settle()
    return part.written(pieces(shared, triples, written.lines(shared)) | made.packed(), made.plain(counts, about))


def free_part(
    quads: Iterable[Quad],
    default_graphs: Collection[str],
    base: str,
    around: Collection[Quad] = (),
    about: Json = None,
) -> bytes:
    """Return a part of `quads` that stand for themselves; `around` is what other parts say that its tables need."""
    ordered = in_order(quads)
    made = _Asked(_in_engine([*ordered, *around]), default_graphs)
    counts = void.Counts.of(
        written.triples_of(triples_in_order(ordered)), f"{base}id/", graphs=Counter(map(graph_iri, ordered))
    )
    return part.written(dumps.pieces(ordered) | made.packed(), made.plain(counts, about))


def summary(of: Part) -> Json:
    """Return, as JSON, what each release wants to know of every part: what `catalog`, `editions`, `packed_hashes` read.

    Raises:
        DamagedPartError: if it is damaged.
    """
    return [of.json(FACTS)["catalog"], of.json(TABLES), of.at(HASHES)]


def catalog(known: Json) -> list[catalog_facts.Fact]:
    """Return what the catalogue tells of a part, by its `summary`."""
    facts: list[catalog_facts.Fact] = known[0]
    return facts


def counts(of: Part) -> void.Counts:
    """Return how much is in a part, without its objects. Raises what `summary` raises."""
    return void.Counts.from_json(of.json(FACTS)["counts"])


def packed_hashes(of: Part, known: Json) -> bytes:
    """Return what `hashes` unpacks, by the part's `summary`. Raises what `summary` raises."""
    return of.read_at(*known[2])


def editions(known: Json) -> list[tables.Lines]:
    """Return the editions of which a part has lines in the tables, by its `summary`, without the lines."""
    return [tables.Lines(code, iri, {}, counts) for code, iri, counts in known[1]]


def labels(of: Part) -> dict[str, str]:
    """Return the names of the indicators in a part. Raises what `summary` raises."""
    found: dict[str, str] = of.json(FACTS)["labels"]
    return found


def _with_objects(of: Part, *, own: bool) -> void.Counts:
    counts_ = counts(of)
    counts_.objects = {p: set(h) for p, h in distinct.unpacked(of.bytes(HASHES)).items()}
    if own:
        counts_.unsettled = {p: set(h) for p, h in distinct.unpacked(of.bytes(OWN_HASHES)).items()}
    return counts_


class _Asked:
    """The answers to what tables, search, catalogue and mapping table ask of some quads, put together."""

    def __init__(self, said: Collection[Said], default_graphs: Collection[str]) -> None:
        graphs = {f"<{graph}>" for graph in default_graphs}
        everywhere = AtHand(said)
        current = everywhere if {q[3] for q in said} <= graphs else AtHand(q for q in said if q[3] in graphs)
        self._lines = list(tables.lines_of(said, everywhere))
        self._facts = catalog_facts.facts_of(everywhere)
        self._matches = mapping_table.matches_of(everywhere)
        self._things = {t.iri: t for t in search.things(current)}
        self._standings = {s.iri: s for s in standings.standings(current)}
        self._named = dict(standings.names(current))

    def add(self, document: Part) -> None:
        """Add what `document` answered. Its lines in the tables stay there."""
        known = document.json(FACTS)
        self._facts += known["catalog"]
        self._matches.labels.update(known["labels"])
        for value in document.json(THINGS):
            thing = search.Thing.from_json(value)
            if thing.iri in self._things:
                self._things[thing.iri].add(thing)
            else:
                self._things[thing.iri] = thing
        self._named |= named(document)
        for found in standings_of(document):
            self._standings[found.iri] = _first(self._standings.get(found.iri, found), found)

    def packed(self) -> dict[str, bytes]:
        """Return the entries that are worth packing."""
        things = sorted(self._things.values(), key=lambda t: t.order)
        found = {
            THINGS: _json([t.to_json() for t in things]),
            STANDINGS: _json([s.to_json() for s in sorted(self._standings.values(), key=_place)]),
            NAMED: _json(sorted(self._named.items())),
            **{table_entry(x.edition, table): lines for x in self._lines for table, lines in x.lines.items()},
        }
        if self._matches.accepted or self._matches.of_shared:
            triples = (serialize(self._matches.triples, format=RdfFormat.N_TRIPLES) or b"").decode()
            found[MATCHES] = _json([self._matches.accepted, self._matches.of_shared, triples])
        return found

    def plain(self, counts: void.Counts, about: Json) -> dict[str, bytes]:
        """Return the other entries."""
        known = {"counts": counts.to_json(), "catalog": self._facts, "labels": self._matches.labels}
        return {
            ABOUT: _json(about),
            FACTS: _json(known),
            TABLES: _json([[x.code, x.edition, x.counts] for x in self._lines]),
            HASHES: distinct.packed(counts.objects),
            OWN_HASHES: distinct.packed(counts.unsettled),
        }


def matches(of: Part) -> mapping_table.Matches:
    """Return the matches that a part holds. Raises what `summary` raises."""
    if MATCHES not in of:
        return mapping_table.Matches([], [], {}, [])
    accepted, of_shared, triples = of.json(MATCHES)
    found = [q.triple for q in parse(triples.encode(), format=RdfFormat.N_TRIPLES)]
    return mapping_table.Matches(accepted, of_shared, {}, found)


def hashes(of: Part) -> dict[str, "array[int]"]:
    """Return the hashes of the objects in a part that others can have too, by property.

    Raises what `summary` raises.
    """
    return distinct.unpacked(of.bytes(HASHES))


def things(of: Part) -> list[search.Thing]:
    """Return what can be found in a part, in order. Raises what `summary` raises."""
    return [search.Thing.from_json(value) for value in of.json(THINGS)]


def standings_of(of: Part) -> list[standings.Standing]:
    """Return how the indicators of a part stand, in order. Raises what `summary` raises."""
    return [standings.Standing.from_json(value) for value in of.json(STANDINGS)]


def named(of: Part) -> list[tuple[str, dict[str, str]]]:
    """Return the labels of what the indicators of a part stand under, by IRI. Raises what `summary` raises."""
    return [(iri, labels) for iri, labels in of.json(NAMED)]


def _place(s: standings.Standing) -> tuple[str, str, int, str]:
    return s.municipality, s.edition, s.position, s.iri


def _first(one: standings.Standing, other: standings.Standing) -> standings.Standing:
    """Return the one of two standings of an indicator that two strategies have, with what it stands under in both."""
    kept = min(one, other, key=_place)
    kinds = one.within.keys() | other.within.keys()
    within = {k: tuple(sorted({*one.within.get(k, ()), *other.within.get(k, ())})) for k in sorted(kinds)}
    return replace(kept, within=within)


def table_entry(edition: str, table: str) -> str:
    """Return the name of the entry with the lines of an edition in a table."""
    return f"{table} {edition}"


def _in_engine(quads: Sequence[Quad]) -> list[Said]:
    """Return `quads` as texts, with literals as the engine gives them back: of others' numbers, 1.5 of "1.50"."""
    engine = Engine()
    engine.load(serialize(quads, format=RdfFormat.N_QUADS) or b"", RdfFormat.N_QUADS, lenient=True)
    found = list(engine)
    graphs = [str(q.graph_name) for q in found]
    return [(*triple, graph) for triple, graph in zip(written.triples_of(found), graphs, strict=True)]


def _sizes(quads: Iterable[Said]) -> dict[str, int]:
    return {name[1:-1]: number for name, number in Counter(q[3] for q in quads).items()}


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
