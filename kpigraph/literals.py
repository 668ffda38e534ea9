"""Decimals as literals: the one place that mints them."""

from decimal import Decimal

from rdflib import Literal
from rdflib.namespace import XSD


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
