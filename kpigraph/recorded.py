"""Records as JSON and back, for what a build keeps of a document between two runs. Never pickle: that runs code.

A record is the list of its fields in their order, so what is kept is only read by the very program that wrote it: the
code is part of every key in the cache. Decimals and days are texts, sets are sorted, mappings are lists of pairs.
"""

import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from kpigraph.model import Document, Edition

Json = Any
_Reader = Callable[[Json], Any]
_Writer = Callable[[Any], Json]
_WRITERS: dict[type, _Writer] = {}
_PLAIN = (str, int, bool, float)
Known = dict[int, tuple[object, Json]]  # by which object it is, which is held so that no other becomes it


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


def edition_encoded(edition: Edition, known: Known | None = None) -> Json:
    """Return an edition without its document, which is its card's to tell.

    `known` has what was encoded of editions that share records with this one, and gets what is encoded now.
    """
    known = {} if known is None else known
    found = {}
    for name in (f.name for f in fields(Edition) if f.name != "document"):
        value = getattr(edition, name)
        if id(value) not in known:
            known[id(value)] = value, encoded(value)
        found[name] = known[id(value)][1]
    return found


def edition_decoded(document: Document, value: Json) -> Edition:
    """Return the edition of `document` that `edition_encoded` made `value` of. Raises what `decoded` raises."""
    hints = get_type_hints(Edition)
    return Edition(document=document, **{name: decoded(hints[name], v) for name, v in value.items()})


def _written(value: Any) -> Json:
    kind = type(value)  # most values are texts
    return value if kind is str else (_WRITERS.get(kind) or _writer(kind))(value)


def _writer(kind: type) -> _Writer:
    """Return what writes values of this very type."""
    if (known := _WRITERS.get(kind)) is None:
        known = _WRITERS[kind] = _new_writer(kind)
    return known


def _new_writer(kind: type) -> _Writer:
    if kind in _PLAIN or kind is type(None):
        return lambda v: v
    if issubclass(kind, Enum):
        return lambda v: v.value
    if issubclass(kind, (Decimal, Path)):
        return str
    if issubclass(kind, date):
        return lambda v: v.isoformat()
    if is_dataclass(kind):
        names = tuple(f.name for f in fields(kind))
        return lambda v: [_written(getattr(v, n)) for n in names]
    if issubclass(kind, Mapping):
        return lambda v: [[encoded(k), encoded(x)] for k, x in v.items()]
    if issubclass(kind, (set, frozenset)):
        return lambda v: sorted(map(encoded, v))
    if issubclass(kind, (tuple, list)):
        return lambda v: [_written(x) for x in v]
    raise TypeError(f"no record: {kind}")


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
    return lambda v: kind(**{name: read(x) for (name, read), x in zip(readers, v, strict=True)})
