"""Literals that come again and again; decimals, of which this is the one place that mints them.

rdflib looks at each literal that it makes, at a cost of microseconds: what hundreds of cells say alike is made once.
"""

from decimal import Decimal
from functools import lru_cache

from rdflib import Literal
from rdflib.namespace import XSD


@lru_cache(maxsize=1 << 14, typed=True)  # True and 1 are equal, and two literals
def literal(value: str | int) -> Literal:
    """Return a short text, a whole number or a truth value as a literal."""
    return Literal(value)


def text_literal(text: str, lang: str | None = None) -> Literal:
    """Return a text as a literal. It has no other form, for which rdflib would look otherwise."""
    return Literal(text, lang, normalize=False)


@lru_cache(maxsize=1 << 14)
def decimal_literal(value: Decimal) -> Literal:
    """Return `value` as an xsd:decimal with the digits that Oxigraph gives back: no exponent, no trailing zeros.

    Source: XML Schema 1.1 Part 2, section 3.3.3.1, canonical mapping of decimal. The number of printed decimals is in
    sdmx-attribute:decimals.

    Raises:
        ValueError: if `value` is not finite; xsd:decimal has no NaN or INF.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not a decimal of XML Schema")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Literal("0" if text in ("-0", "") else text, datatype=XSD.decimal, normalize=False)
