"""Records as JSON and back, for what a build keeps of a document between two runs. Never pickle: that runs code.

A record is the list of its fields in their order, without those at the end that say what they say by default: so what
is kept is only read by the very program that wrote it, whose code is part of every key in the cache. Decimals and days
are texts, sets are sorted, mappings are lists of pairs.
"""

import json
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from kpigraph.model import Document, Edition

Json = Any
_Reader = Callable[[Json], Any]
_Writer = Callable[[Any], Json]
_WRITERS: dict[type, _Writer] = {}
_PLAIN = (str, int, bool, float)
_AS_IT_IS = frozenset((*_PLAIN, type(None)))
Known = dict[int, tuple[object, str]]  # by which object it is, which is held so that no other becomes it


def encoded(value: object) -> Json:
    """Return a record, or a collection of records, as JSON has it.

    Raises:
        TypeError: if a value is of no kind that `decoded` reads.
    """
    return _writer(type(value))(value)


def decoded(kind: Any, value: Json) -> Any:
    """Return the record of the type `kind` that `value` is.

    Raises:
        ValueError, TypeError, KeyError, ArithmeticError: if it is none.
    """
    return _reader(kind)(value)


def text(value: Json) -> str:
    """Return JSON as it is written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def edition_text(edition: Edition, known: Known | None = None) -> str:
    """Return an edition, without its document, which is its card's to tell, as the text of its JSON.

    `known` has what was written of editions that share records with this one, and gets what is written now.
    """
    known = {} if known is None else known
    found = []
    for name in (f.name for f in fields(Edition) if f.name != "document"):
        value = getattr(edition, name)
        if id(value) not in known:
            known[id(value)] = value, text(encoded(value))
        found.append(f'"{name}":{known[id(value)][1]}')
    return f"{{{','.join(found)}}}"


def edition_decoded(document: Document, value: Json) -> Edition:
    """Return the edition of `document` that `value`, the JSON of `edition_text`, is. Raises what `decoded` raises."""
    hints = get_type_hints(Edition)
    return Edition(document=document, **{name: decoded(hints[name], v) for name, v in value.items()})


def _each(values: Iterable[Any]) -> list[Json]:
    known = _WRITERS
    return [v if (kind := type(v)) in _AS_IT_IS else (known.get(kind) or _writer(kind))(v) for v in values]


def _writer(kind: type) -> _Writer:
    """Return what writes values of this very type."""
    if (known := _WRITERS.get(kind)) is None:
        known = _WRITERS[kind] = _new_writer(kind)
    return known


def _new_writer(kind: type) -> _Writer:
    if kind in _AS_IT_IS:
        return lambda v: v
    if issubclass(kind, Enum):
        return {member: member.value for member in kind}.__getitem__
    if issubclass(kind, (Decimal, Path)):
        return str
    if issubclass(kind, date):
        return lambda v: v.isoformat()
    if is_dataclass(kind):
        return _record_writer({f.name: f.default for f in fields(kind)})
    if issubclass(kind, Mapping):
        return lambda v: [[encoded(k), encoded(x)] for k, x in v.items()]
    if issubclass(kind, (set, frozenset)):
        return lambda v: sorted(map(encoded, v))
    if issubclass(kind, (tuple, list)):
        return _each
    raise TypeError(f"no record: {kind}")


def _record_writer(defaults: Mapping[str, Any]) -> _Writer:
    """Return what writes records of these fields."""
    names, usual = tuple(defaults), tuple(defaults.values())
    values_of = attrgetter(*names) if len(names) > 1 else lambda v: (getattr(v, names[0]),)

    def write(record: Any) -> Json:
        values = values_of(record)
        told = len(values)
        while told and (default := usual[told - 1]) is not MISSING and values[told - 1] == default:
            told -= 1
        return _each(values[:told])

    return write


@cache
def _reader(kind: Any) -> _Reader:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (some,) = (a for a in args if a is not type(None))
        read = _reader(some)
        return lambda v: None if v is None else read(v)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        each = _reader(args[0])
        return lambda v: tuple(map(each, v))
    if origin is tuple:
        readers = tuple(map(_reader, args))
        return lambda v: tuple(r(x) for r, x in zip(readers, v, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        key, item = map(_reader, args)
        return lambda v: {key(k): item(x) for k, x in v}
    if origin in (frozenset, list):
        each = _reader(args[0])
        return lambda v: origin(map(each, v))
    return _reader_of_class(kind)


def _reader_of_class(kind: Any) -> _Reader:
    if kind in _PLAIN:
        return lambda v: v
    if issubclass(kind, Enum) or kind in (Decimal, Path):
        return lambda v: kind(v)
    if kind is date:
        return date.fromisoformat
    names: Collection[str] = [f.name for f in fields(kind)] if is_dataclass(kind) else kind._fields
    hints = get_type_hints(kind)
    readers = tuple((name, _reader(hints[name])) for name in names)
    return lambda v: kind(**{name: read(x) for (name, read), x in zip(readers, v, strict=False)})
