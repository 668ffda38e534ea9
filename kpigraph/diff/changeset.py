"""Differences as triples: which were removed and added, and how to write them down as an RDF change set.

A change set is a ChangeSet of the changeset vocabulary for each thing of which something else is said: the triples
removed and added, each with its named graph, and in words what changed about that thing.
Source: https://vocab.org/changeset/ (namespace http://purl.org/vocab/changeset/schema#)
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from kpigraph import inflated, iris
from kpigraph.diff.facts import EditionName
from kpigraph.order import graph_iri, in_order
from kpigraph.prefixes import PREFIXES, expand

_CS = "http://purl.org/vocab/changeset/schema#"
_RDF_TYPE, _IS_PART_OF = NamedNode(expand("rdf:type")), NamedNode(expand("dct:isPartOf"))
_PARTS = tuple(NamedNode(expand(f"rdf:{name}")) for name in ("subject", "predicate", "object"))
_STATEMENT = NamedNode(expand("rdf:Statement"))
# Where something stands in the file, which changes with every line that comes before it.
_POSITION = frozenset(expand(name) for name in ("kpi:order", "prov:used"))
_DERIVED = expand("prov:wasDerivedFrom")


def between_dumps(before: Path, after: Path) -> tuple[frozenset[Quad], frozenset[Quad]]:
    """Return the quads that only `before` has and those that only `after` has; both are N-Quads as we write them."""
    was, is_ = set(_lines(before)), set(_lines(after))
    return _parsed(was - is_), _parsed(is_ - was)


def _lines(path: Path) -> Iterable[bytes]:
    with inflated.opened(path) as file:
        yield from file


def _parsed(lines: Iterable[bytes]) -> frozenset[Quad]:
    return frozenset(parse(b"".join(lines), RdfFormat.N_QUADS))


def between_editions(
    before: Iterable[Quad], a: EditionName, after: Iterable[Quad], b: EditionName
) -> tuple[frozenset[Quad], frozenset[Quad]]:
    """Return the quads of edition `a` that `b` does not say, and the other way round.

    The same record has another IRI in each edition, so quads are compared as if both were named alike. Rows of the file
    and positions in it are left out.
    """
    was, is_ = _Renamed(before, a).quads, _Renamed(after, b).quads
    removed = frozenset(q for key, q in was.items() if key not in is_)
    added = frozenset(q for key, q in is_.items() if key not in was)
    return removed, added


class _Renamed:
    """The quads of an edition by what they say, as texts in which the edition has no name.

    A correction is named after what it says of what, since the key of its IRI depends on its line.
    """

    def __init__(self, quads: Iterable[Quad], edition: EditionName) -> None:
        self._edition = edition
        self._names: dict[str, str] = {}
        kept = [q for q in quads if not self._is_position(q)]
        of_corrections: dict[str, list[str]] = defaultdict(list)
        for quad in kept:
            if str(quad.subject).startswith(f"<{edition.space}corr-"):
                of_corrections[str(quad.subject)].append(f"{quad.predicate} {self._text(quad.object)}")
        self._names = {name: "\n".join(sorted(said)) for name, said in of_corrections.items()}
        self.quads = {
            (
                self._text(q.subject),
                str(q.predicate),
                self._text(q.object),
                graph_iri(q).removeprefix(edition.graphs),
            ): q
            for q in kept
        }

    def _text(self, term: object) -> str:
        text = str(term)
        return self._names.get(text) or text.replace(f"<{self._edition.space}", "<#", 1)

    def _is_position(self, quad: Quad) -> bool:
        space = self._edition.space
        if str(quad.subject).startswith((f"<{space}row-", f"<{space}source")):
            return True
        of_row = isinstance(quad.object, NamedNode) and iris.row_place(quad.object.value) != ""
        return quad.predicate.value in _POSITION or (quad.predicate.value == _DERIVED and of_row)


def turtle(removed: Iterable[Quad], added: Iterable[Quad], reasons: Mapping[str, Iterable[dict[str, str]]]) -> bytes:
    """Return the change set as Turtle. `reasons`: what changed in words, by language, by the IRI that it changed of."""
    sets: dict[str, list[tuple[str, Quad]]] = defaultdict(list)
    for name, quads in (("removal", removed), ("addition", added)):
        for quad in in_order(quads):
            sets[str(quad.subject)].append((name, quad))
    for iri in reasons:
        sets.setdefault(str(NamedNode(iri)), [])
    triples = chain.from_iterable(
        _change_set(n, subject, changed, reasons.get(subject.strip("<>"), ()))
        for n, (subject, changed) in enumerate(sorted(sets.items()), 1)
    )
    prefixes = {**PREFIXES, "cs": _CS}
    return serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes) or b""


def _change_set(
    n: int, subject: str, changed: Iterable[tuple[str, Quad]], reasons: Iterable[dict[str, str]]
) -> Iterable[Triple]:
    this = BlankNode(f"change{n}")
    of = BlankNode(subject.removeprefix("_:")) if subject.startswith("_:") else NamedNode(subject.strip("<>"))
    yield Triple(this, _RDF_TYPE, NamedNode(f"{_CS}ChangeSet"))
    yield Triple(this, NamedNode(f"{_CS}subjectOfChange"), of)
    for reason in reasons:
        for lang, sentence in sorted(reason.items()):
            yield Triple(this, NamedNode(f"{_CS}changeReason"), Literal(sentence, language=lang))
    for m, (name, quad) in enumerate(changed, 1):
        statement = BlankNode(f"change{n}x{m}")
        yield Triple(this, NamedNode(_CS + name), statement)
        yield Triple(statement, _RDF_TYPE, _STATEMENT)
        for part, term in zip(_PARTS, (quad.subject, quad.predicate, quad.object), strict=True):
            yield Triple(statement, part, term)
        if isinstance(quad.graph_name, NamedNode):
            yield Triple(statement, _IS_PART_OF, quad.graph_name)
