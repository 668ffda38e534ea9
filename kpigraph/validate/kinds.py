"""Which literals Oxigraph and rdflib take alike, by kind. Where they could differ, a query is left to pySHACL.

Oxigraph stores canonical literals: "1.50" becomes 1.5 and xsd:int becomes xsd:integer. Values of different datatypes
cannot be ordered (SPARQL 1.1, section 17.3); rdflib orders them all the same, by datatype.
"""

import re
from decimal import Decimal
from functools import lru_cache

import pyoxigraph as ox
from rdflib import Literal
from rdflib.namespace import XSD
from rdflib.term import Node

from kpigraph.terms import to_term

STRING, LANGUAGE, NUMBER, DATE, BOOLEAN = "string", "language", "number", "date", "boolean"
LINES = "lines"  # text of several lines: `$` of Python's regular expressions matches before the last line feed
RESPELLED = "respelled"  # a number that Oxigraph writes otherwise: 1000.0, as rdflib's Turtle has it
CHANGED = "changed"  # a literal that Oxigraph would not give back as it was
_INTEGER, _DECIMAL, _DATE, _BOOLEAN = XSD.integer, XSD.decimal, XSD.date, XSD.boolean  # each a search by name
_ORDERED = ({NUMBER}, {DATE}, {STRING})
_KNOWN = {STRING, LINES, LANGUAGE, NUMBER, DATE, BOOLEAN}

# As Oxigraph writes them. Products of such numbers fit both Oxigraph's 18 places and the 28 digits of Python's default;
# those in 億円 of a large city have more than 15 digits, of which the last are zeros.
_CANONICAL = re.compile(
    r"-?(?:(?=[0-9.]{1,15}\Z)(?:0|[1-9][0-9]*)(?:\.[0-9]{0,8}[1-9])?|[1-9][0-9]{14}0{1,3})",
)
_NUMBER = re.compile(r"[-+]?(?:(?=[0-9.]{1,15}\Z)[0-9]+(?:\.[0-9]{0,9})?|[0-9]{15}0{1,3})")
_PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def kind(term: Node) -> str:
    """Return the kind of a literal, "" for another term. Kinds that are not named above are a datatype."""
    if not isinstance(term, Literal):
        return ""
    text = str(term)
    if term.datatype is None and term.language is None:
        return LINES if "\n" in text or "\r" in text else STRING
    if term.language:
        return LANGUAGE if "\n" not in text and "\r" not in text else LINES
    if (datatype := term.datatype) in (_INTEGER, _DECIMAL):
        if not _NUMBER.fullmatch(text) or (datatype == _INTEGER and "." in text):
            return _other(term)
        return NUMBER if _CANONICAL.fullmatch(text) and text != "-0" else RESPELLED
    if datatype == _DATE and _PLAIN_DATE.fullmatch(text) and term.value is not None:
        return DATE
    if datatype == _BOOLEAN and text in ("true", "false"):
        return BOOLEAN
    return _other(term)


def _other(term: Literal) -> str:
    return str(term.datatype) if _kept(str(term), str(term.datatype)) else CHANGED


@lru_cache(maxsize=4096)
def _kept(text: str, datatype: str) -> bool:
    """Tell whether Oxigraph gives this literal back as it was."""
    literal = to_term(Literal(text, datatype=datatype, normalize=False))
    if datatype == str(XSD.string) or not isinstance(literal, ox.Literal):
        return False  # rdflib tells "a" from "a"^^xsd:string
    one = ox.NamedNode("urn:x")
    store = ox.Store()
    store.add(ox.Quad(one, one, literal))
    [back] = (quad.object for quad in store)
    return isinstance(back, ox.Literal) and (back.value, back.datatype) == (literal.value, literal.datatype)


def comparable(sign: str, kinds: set[str]) -> bool:
    """Tell whether both engines compare values of these kinds with `sign` alike."""
    kinds = {NUMBER if k == RESPELLED else k for k in kinds if k}
    if sign in ("=", "!="):
        return len(kinds) <= 1 or kinds <= _KNOWN
    return not kinds or kinds in _ORDERED


def canonical(number: Literal) -> ox.Literal:
    """Return a respelled number as Oxigraph writes it."""
    text = f"{Decimal(str(number)):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return ox.Literal(text, datatype=ox.NamedNode(str(number.datatype)))
