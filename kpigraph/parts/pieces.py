"""The pieces of every dump that some quads are, from their texts.

A document has far fewer terms than quads. The engine writes each term once in each format, in a statement about
nothing; what it wrote is put together here as the engine puts it together. A test holds the result against what the
engine writes of the whole.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from operator import itemgetter

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kpigraph import dumps, jsonld, written
from kpigraph.order import TYPE
from kpigraph.problems import SourceError
from kpigraph.written import Said, SaidTriple

_PROPERTY = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value"
_TYPE = NamedNode(TYPE[1:-1])
_UNTYPED = "rdf:Description", "rdf:Description"
_RESOURCE = ' rdf:resource="'
_TRIPLE = itemgetter(0, 1, 2)


def pieces(quads: Sequence[Said], triples: Sequence[SaidTriple], lines: Sequence[bytes]) -> dict[str, bytes]:
    """Return the piece of every dump: of those that keep graphs apart, `quads` are it, of the others `triples`.

    Both are in order; `lines` are those of `quads`. Raises what `dumps.piece` raises.
    """
    terms = _Terms({*chain.from_iterable(quads), *chain.from_iterable(triples)})
    found = {
        "nq": b"".join(lines),
        "nt": written.ntriples(triples),
        "trig": terms.trig(quads).encode(),
        "ttl": terms.turtle(triples).encode(),
        "rdf": terms.rdf_xml(triples),
        "jsonld": jsonld.lines_of(triples, terms.objects),
    }
    if found.keys() != dumps.REPRESENTATIONS.keys():
        raise AssertionError(f"not written: {dumps.REPRESENTATIONS.keys() ^ found.keys()}")
    return found


class _Terms:
    """Terms by the text that N-Quads has of them: as the engine has them, and as it writes them in other formats."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = sorted(texts)
        lines = [f"<urn:x:{n}> <{_PROPERTY}> {text} .\n" for n, text in enumerate(self._texts)]
        # Lenient: each was a term of the engine before.
        self._about = list(parse("".join(lines).encode(), format=RdfFormat.N_TRIPLES, lenient=True))
        self.objects = dict(zip(self._texts, (q.object for q in self._about), strict=True))
        written_in_turtle = dumps.piece("ttl", self._about).decode().split(" .\n")[:-1]
        self._turtle = {
            text: line.partition(" rdf:value ")[2] for text, line in zip(self._texts, written_in_turtle, strict=True)
        }
        self._verbs = self._turtle | {TYPE: "a"}

    def turtle(self, triples: Iterable[SaidTriple], indented: str = "") -> str:
        """Return `triples`, each line `indented`."""
        words, verbs = self._turtle, self._verbs
        found: list[str] = []
        subject = predicate = ""
        for s, p, o in triples:
            if s != subject:
                found.append(f" .\n{indented}{words[s]} {verbs[p]} {words[o]}")
                subject, predicate = s, p
            elif p != predicate:
                found.append(f" ;\n{indented}\t{verbs[p]} {words[o]}")
                predicate = p
            else:
                found.append(f" , {words[o]}")
        return "".join(found)[3:] + " .\n" if found else ""

    def trig(self, quads: Iterable[Said]) -> str:
        return "".join(
            f"{self._turtle[graph]} {{\n" + self.turtle(map(_TRIPLE, of_graph), "\t") + "}\n"
            for graph, of_graph in groupby(quads, key=itemgetter(3))
        )

    def rdf_xml(self, triples: Sequence[SaidTriple]) -> bytes:
        try:
            values = self._values()
        except SourceError:  # of no place in the data: to be told of each as it stands
            told = [Triple(self._iri(s), self._iri(p), self.objects[o]) for s, p, o in triples]
            return dumps.piece("rdf", told)
        predicates = self._elements(set(map(itemgetter(1), triples)))
        classes = self._classes({o for _, p, o in triples if p == TYPE})
        found: list[str] = []
        subject = end = ""
        for s, p, o in triples:
            if s != subject:
                begin, after = classes.get(o, _UNTYPED) if p == TYPE else _UNTYPED
                found.append(f'{end}\t<{begin} rdf:about="{values[s][1]}">\n')
                subject, end = s, f"\t</{after}>\n"
                if p == TYPE and o in classes:
                    continue
            begin, after = predicates[p]
            is_iri, value = values[o]
            if is_iri:
                found.append(f'\t\t<{begin} rdf:resource="{value}"/>\n')
            else:
                found.append(f"\t\t<{begin}{value}</{after}>\n")
        return ("".join(found) + end).encode()

    def _values(self) -> dict[str, tuple[bool, str]]:
        """Return each term as an attribute has it or, but for IRIs, as what follows the name of its element.

        Raises:
            SourceError: if a text holds a character that XML cannot hold.
        """
        found: dict[str, tuple[bool, str]] = {}
        for text, about in zip(self._texts, _described(self._about), strict=True):
            value = about.partition("\n\t\t<rdf:value")[2]
            is_iri = value.startswith(_RESOURCE)
            found[text] = is_iri, value[len(_RESOURCE) : -3] if is_iri else value.removesuffix("</rdf:value>")
        return found

    def _elements(self, predicates: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return how the elements of `predicates` begin and end."""
        ordered = sorted(predicates)
        about = _described([Triple(_nothing(n), self._iri(p), Literal("x")) for n, p in enumerate(ordered)])
        cut = [x.partition("\n\t\t<")[2].removesuffix(">").partition(">x</") for x in about]
        return {p: (begin, end) for p, (begin, _, end) in zip(ordered, cut, strict=True)}

    def _classes(self, classes: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return how the elements of things whose first type is one of `classes` begin and end."""
        ordered = sorted(c for c in classes if c.startswith("<"))
        found = {}
        for c in ordered:
            [line, end] = _xml([Triple(_nothing(0), _TYPE, self.objects[c])]).split("\n")[:2]
            found[c] = line.partition("<")[2].rpartition(" rdf:about=")[0], end.strip("\t</>")
        return found

    def _iri(self, text: str) -> NamedNode:
        term = self.objects[text]
        assert isinstance(term, NamedNode)
        return term


def _nothing(n: int) -> NamedNode:
    return NamedNode(f"urn:x:{n}")


def _xml(statements: Sequence[Quad] | Sequence[Triple]) -> str:
    return dumps.piece("rdf", statements).decode()


def _described(statements: Sequence[Quad] | Sequence[Triple]) -> list[str]:
    """Return what RDF/XML says of each subject, there being one statement about each."""
    return _xml(statements).split("\n\t</rdf:Description>\n")[:-1]
