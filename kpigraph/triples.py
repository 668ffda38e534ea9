"""Short ways to say things in triples, for what is published about the data: catalogue, VoID, quality."""

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Triple

from kpigraph.prefixes import expand
from kpigraph.store import Term


def term(name: str) -> NamedNode:
    """Return the term that a prefixed name such as dcat:Dataset stands for."""
    return NamedNode(expand(name))


def say(subject: NamedNode, name: str, *values: Term | None) -> Iterator[Triple]:
    """Yield one triple a value; None says nothing."""
    for value in values:
        if value is not None:
            yield Triple(subject, term(name), value)


def both(subject: NamedNode, name: str, ja: str, en: str) -> Iterator[Triple]:
    """Yield a text in both languages."""
    yield from say(subject, name, Literal(ja, language="ja"), Literal(en, language="en"))


def typed(text: str, datatype: str) -> Literal:
    """Return a literal with a datatype such as xsd:date, its text as given."""
    return Literal(text, datatype=term(datatype))


def integer(number: int) -> Literal:
    return typed(str(number), "xsd:integer")
