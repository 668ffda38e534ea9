"""Expressions of SPARQL on which two engines are known to agree, worked out in Python; of all else: MAYBE.

What is an error by SPARQL, or unbound, is MAYBE too: nobody is held to be right, or wrong, by it.

| of SPARQL        | in Python                     |
|------------------|-------------------------------|
| IRI              | URIRef                        |
| text             | str                           |
| number           | int, Decimal; a quotient: Fraction, which is only rounded |
| xsd:date         | date                          |
| xsd:boolean      | bool                          |
| another literal  | Literal                       |
"""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from rdflib import Literal, URIRef
from rdflib.namespace import XSD
from rdflib.term import Node

from kpigraph.validate import kinds
from kpigraph.validate.algebra import Call, Constant, Expression, Variable
from kpigraph.validate.errors import UnsupportedShapeError


class _Maybe:
    """What is not known."""


MAYBE = _Maybe()
Value = Any  # one of the above, or None: unbound
Work = Callable[[Sequence[Value]], Value]  # from the values of the variables, and of what is asked by EXISTS

_INTEGER = XSD.integer
_NUMBER = (int, Decimal)
_TEXT = (str,)
_WORDS = (str, Literal)
_DATE = (date,)


def value(term: Node) -> Value:
    """Return a term as it is in expressions."""
    if type(term) is URIRef:
        return term
    if not isinstance(term, Literal):
        return MAYBE
    match kinds.kind(term):
        case kinds.STRING | kinds.LINES if not term.language:
            return str(term)
        case kinds.NUMBER if term.datatype == _INTEGER:
            return int(term)
        case kinds.NUMBER | kinds.RESPELLED:
            return Decimal(str(term))
        case kinds.DATE:
            return date.fromisoformat(str(term))
        case kinds.BOOLEAN:
            return str(term) == "true"
        case kinds.CHANGED:
            return MAYBE
        case _:
            return term


def compiled(expression: Expression, places: Mapping[Expression, int]) -> Work:
    """Return how an expression is worked out; `places` tells where the values of variables are, and other answers.

    Raises:
        UnsupportedShapeError: if it calls for something that is not known here.
    """
    if (place := places.get(expression)) is not None:
        return operator.itemgetter(place)
    match expression:
        case Constant(constant):
            return lambda values: constant
        case Variable():  # bound nowhere
            return lambda values: None
        case Call("BOUND", (Variable() as variable,)):
            whether = compiled(variable, places)
            return lambda values: MAYBE if (found := whether(values)) is MAYBE else found is not None
    if not isinstance(expression, Call):
        raise UnsupportedShapeError(f"{expression} is not worked out")
    parts = [compiled(argument, places) for argument in expression.arguments]
    if (special := _SPECIAL.get(expression.name)) is not None:
        return special(*parts)
    known = _FUNCTIONS.get(expression.name)
    if known is None or (known[0] is not ... and len(known[0]) < len(parts)):
        raise UnsupportedShapeError(f"{expression.name} is not worked out")
    return _applied(*known, parts)


def _applied(types: Any, function: Callable[..., Value], parts: Sequence[Work]) -> Work:
    wanted = [_TEXT] * len(parts) if types is ... else types[: len(parts)]
    pairs = list(zip(parts, wanted, strict=True))

    def work(values: Sequence[Value]) -> Value:
        arguments = []
        for part, kind in pairs:
            argument = part(values)
            if type(argument) not in kind:
                return MAYBE
            arguments.append(argument)
        try:
            return function(*arguments)
        except (ArithmeticError, ValueError, re.error):
            return MAYBE

    return work


# ---- logic: what is known is enough


def _and(*parts: Work) -> Work:
    return _until(False, parts)


def _or(*parts: Work) -> Work:
    return _until(True, parts)


def _until(wanted: bool, parts: Sequence[Work]) -> Work:
    def work(values: Sequence[Value]) -> Value:
        found: Value = not wanted
        for part in parts:
            one = part(values)
            if one is wanted:
                return wanted
            if one is not found:
                found = MAYBE
        return found

    return work


def _not(part: Work) -> Work:
    def work(values: Sequence[Value]) -> Value:
        found = part(values)
        return not found if type(found) is bool else MAYBE

    return work


def _if(condition: Work, then: Work, otherwise: Work) -> Work:
    def work(values: Sequence[Value]) -> Value:
        found = condition(values)
        return (then if found else otherwise)(values) if type(found) is bool else MAYBE

    return work


def _equal(left: Work, right: Work) -> Work:
    def work(values: Sequence[Value]) -> Value:
        one, other = left(values), right(values)
        kind, its = type(one), type(other)
        if (kind is its and kind in (URIRef, str, bool, date, int, Decimal)) or (kind in _NUMBER and its in _NUMBER):
            return one == other
        return MAYBE

    return work


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Work, Work], Work]:
    def make(left: Work, right: Work) -> Work:
        def work(values: Sequence[Value]) -> Value:
            one, other = left(values), right(values)
            kind, its = type(one), type(other)
            if (kind is its and kind in (str, date)) or (kind in _NUMBER and its in _NUMBER):
                return holds(one, other)
            return MAYBE

        return work

    return make


_SPECIAL: dict[str, Callable[..., Work]] = {
    "&&": _and,
    "||": _or,
    "!": _not,
    "IF": _if,
    "=": _equal,
    "!=": lambda left, right: _not(_equal(left, right)),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
}


# ---- functions


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)  # query.py lets through what means the same in Python


def _regex(text: str, pattern: str) -> Value:
    if "\n" in text or "\r" in text or (isinstance(text, Literal) and not text.language):
        return MAYBE
    return _pattern(pattern).search(text) is not None


def _replace(text: str, pattern: str, by: str) -> Value:
    return MAYBE if "\n" in text or "\r" in text else _pattern(pattern).sub(by, text)


def _substring(text: str, start: int, length: int | None = None) -> Value:
    if start < 1 or (length is not None and length < 0):
        return MAYBE
    return text[start - 1 :] if length is None else text[start - 1 : start - 1 + length]


def _after(text: str, mark: str) -> Value:
    return text.partition(mark)[2] if mark else MAYBE


def _before(text: str, mark: str) -> Value:
    return MAYBE if not mark else text.partition(mark)[0] if mark in text else ""


def _language(text: str) -> Value:
    tag = (text.language or "") if isinstance(text, Literal) else ""
    return tag if tag.islower() or not tag else MAYBE  # Oxigraph writes all in small letters


def _in_language(tag: str, range_: str) -> Value:
    if not range_.isalpha():
        return MAYBE
    return tag.lower() == range_.lower() or tag.lower().startswith(f"{range_.lower()}-")


def _integer(text: str) -> Value:
    return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else MAYBE


def _decimal(text: str) -> Value:
    return Decimal(text) if re.fullmatch(r"-?(?=[0-9.]{1,15}\Z)[0-9]+(\.[0-9]{1,9})?", text) else MAYBE


# By name: the types of the arguments, of which the last may be left out (...: any number of texts), and what is done.
_FUNCTIONS: dict[str, tuple[Any, Callable[..., Value]]] = {
    "+": ((_NUMBER, _NUMBER), operator.add),
    "-": ((_NUMBER, _NUMBER), operator.sub),
    "*": ((_NUMBER, _NUMBER), operator.mul),
    "/": ((_NUMBER, _NUMBER), lambda one, other: Fraction(one) / Fraction(other)),
    "ABS": ((_NUMBER,), abs),
    "FLOOR": (((*_NUMBER, Fraction),), math.floor),
    "CEIL": (((*_NUMBER, Fraction),), math.ceil),
    "STR": (((URIRef, str, int, date, Literal),), str),
    "STRLEN": ((_TEXT,), len),
    "SUBSTR": ((_TEXT, (int,), (int,)), _substring),
    "STRSTARTS": ((_TEXT, _TEXT), str.startswith),
    "STRENDS": ((_TEXT, _TEXT), str.endswith),
    "CONTAINS": ((_TEXT, _TEXT), operator.contains),
    "STRAFTER": ((_TEXT, _TEXT), _after),
    "STRBEFORE": ((_TEXT, _TEXT), _before),
    "CONCAT": (..., lambda *texts: "".join(texts)),
    "REGEX": ((_WORDS, _TEXT), _regex),
    "REPLACE": ((_TEXT, _TEXT, _TEXT), _replace),
    "LANG": ((_WORDS,), _language),
    "LANGMATCHES": ((_TEXT, _TEXT), _in_language),
    "DATATYPE": ((_DATE,), lambda day: XSD.date),
    "YEAR": ((_DATE,), operator.attrgetter("year")),
    "MONTH": ((_DATE,), operator.attrgetter("month")),
    "DAY": ((_DATE,), operator.attrgetter("day")),
    "ISIRI": (((URIRef,),), lambda iri: True),
    "ISURI": (((URIRef,),), lambda iri: True),
    str(XSD.integer): ((_TEXT,), _integer),
    str(XSD.decimal): ((_TEXT,), _decimal),
}
