"""JSON: every object of an array is a row, every value in it a cell; the names of the values have rows of their own.

`path` leads to the array by keys; where it leads through other arrays, what stands beside an inner array is repeated in
each of its rows. Nested objects ({"actual": {"R2": 5}}) give columns under one heading, as merged cells of a sheet do.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import ijson

from kpigraph.model import Document
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.read.rows import RawRow, Read, Remark

Key = tuple[str, ...]
Values = dict[Key, str]

_LISTED = 10  # ids named in a remark
_MAX_DEPTH = 40


def read(document: Document) -> Read:
    """Yield, for each array, the names of its values and then its objects.

    Raises:
        SourceError: if the file is no JSON, or has no array of objects where the card says.
    """
    card, at = document.source, document.at
    _refuse_depth(document.file, at)
    joined = _Joined.load(document) if card.join is not None else None
    paths = card.arrays or _found(document.file, at)
    if not paths:
        raise SourceError(Problem("source.no-array", at, "", '[{"…": …}]'))
    for n, path in enumerate(paths, 1):
        array = _Array(document.file, at, tuple(k for k in path.split(".") if k), card.groups, joined)
        yield from array.read(str(n) if len(paths) > 1 else "")
    if joined is not None:
        yield from joined.remarks()


def arrays(file: Path) -> tuple[str, ...]:
    """Return the paths of the arrays of objects in a JSON file, those inside others left out."""
    _refuse_depth(file, SourceLocation(file=file.name))
    return _found(file, SourceLocation(file=file.name))


def innermost(file: Path) -> tuple[str, ...]:
    """Return the paths of the arrays of objects in a JSON file that have none inside them, as a card names them.

    Raises:
        SourceError: if the file is no JSON.
    """
    at = SourceLocation(file=file.name)
    _refuse_depth(file, at)
    found: dict[str, None] = {}
    with file.open("rb") as source:
        before = ("", "")
        for prefix, event, _ in _events(source, at):
            if event == "start_map" and before[1] == "start_array":
                found[".".join(key for key in before[0].split(".") if key != "item")] = None
            before = (prefix, event)
    return tuple(path for path in found if not any(other.startswith(f"{path}.") for other in found))


def _refuse_depth(file: Path, at: SourceLocation) -> None:
    """Raise an error for a file so deep that naming its places would take time by the square of the depth."""
    depth = 0
    with file.open("rb") as source:
        try:
            for event, _ in ijson.basic_parse(source):
                if event in ("start_map", "start_array"):
                    depth += 1
                    if depth > _MAX_DEPTH:
                        raise SourceError(Problem("source.damaged", at, f"{depth} [ {{", f"≤ {_MAX_DEPTH}"))
                elif event in ("end_map", "end_array"):
                    depth -= 1
        except ijson.JSONError as e:
            raise SourceError(Problem("source.damaged", at, str(e), "JSON")) from None


def _found(file: Path, at: SourceLocation) -> tuple[str, ...]:
    found: dict[str, None] = {}
    with file.open("rb") as source:
        before, inside = ("", ""), None
        for prefix, event, _ in _events(source, at):
            if inside is not None:  # an array of objects, to its end
                inside = None if event == "end_array" and prefix == inside else inside
                continue
            if event == "start_map" and before[1] == "start_array":
                inside = before[0]
                found[inside] = None
            before = (prefix, event)
    return tuple(found)


def _events(source: IO[bytes], at: SourceLocation) -> Iterator[tuple[str, str, Any]]:
    try:
        yield from ijson.parse(source)
    except ijson.JSONError as e:
        raise SourceError(Problem("source.damaged", at, str(e), "JSON")) from None


@dataclass(frozen=True, slots=True)
class _Array:
    """One array of a file, by the keys that lead to it."""

    file: Path
    at: SourceLocation
    path: Key
    groups: tuple[str, ...]
    joined: "_Joined | None"

    def read(self, which: str) -> Read:
        pointer = "".join("/" + k.replace("~", "~0").replace("/", "~1") for k in self.path)
        columns: dict[Key, int] = {}
        plain = not self.groups
        for values, outer in self._rows():
            plain = plain and not outer
            for key in values:
                columns.setdefault(key, len(columns) + 1)
        if not columns:
            raise SourceError(Problem("source.no-array", self.at, pointer or "/", '[{"…": …}]'))
        yield from _headings(list(columns), f"{pointer or '/'} keys", f"h{which}")
        part_key = (f"a{which}" if which else "") if plain else f"n{which}"
        first: dict[Key, tuple[int, object]] = {}
        for number, (values, outer) in enumerate(self._rows(), 1):
            texts = [""] * len(columns)
            repeats: dict[int, tuple[int, int]] = {}
            for name, text in values.items():
                column = columns[name]
                texts[column - 1] = text
                if name in outer:
                    row, owner = first.get(name, (0, None))
                    if owner is outer[name]:
                        repeats[column] = (row, column)
                    else:
                        first[name] = (number, outer[name])
            while texts and not texts[-1]:
                texts.pop()
            yield RawRow(pointer, part_key, number, texts, repeats)

    def _rows(self) -> Iterator[tuple[Values, dict[Key, object]]]:
        """Yield the values of each row, and for those it shares with others the object they stand in."""
        with self.file.open("rb") as source:
            depth = self._depth()
            prefix = ".".join([*self.path[:depth], "item"])
            try:
                for element in ijson.items(source, prefix):
                    yield from self._below(element, self.path[depth:], {}, {})
            except ijson.JSONError as e:
                raise SourceError(Problem("source.damaged", self.at, str(e), "JSON")) from None

    def _depth(self) -> int:
        """Return how many keys of the path lead to the first array."""
        wanted = {".".join(self.path[:n]): n for n in range(len(self.path) + 1)}
        with self.file.open("rb") as source:
            for prefix, event, _ in _events(source, self.at):
                if event == "start_array" and prefix in wanted:
                    return wanted[prefix]
        raise SourceError(Problem("source.no-array", self.at, ".".join(self.path), '[{"…": …}]'))

    def _below(
        self, element: Any, path: Key, values: Values, outer: dict[Key, object]
    ) -> Iterator[tuple[Values, dict[Key, object]]]:
        if not path:
            own = _flat(element)
            if self.joined is not None:
                own |= self.joined.of(own)
            if not values and not self.groups:
                yield own, {}
                return
            for group, shared in _grouped(own, self.groups):
                yield values | group, outer | dict.fromkeys(shared, element)
            return
        key, *rest = path
        here = {k: v for k, v in element.items() if k != key} if isinstance(element, dict) else {}
        prefix = _flat(here)
        values, outer = values | prefix, outer | dict.fromkeys(prefix, element)
        inner = element.get(key) if isinstance(element, dict) else None
        for below in inner if isinstance(inner, list) else [inner] if inner is not None else []:
            yield from self._below(below, tuple(rest), values, outer)


def _flat(value: Any, key: Key = ()) -> Values:
    """Return every value below `value` by the keys that lead to it; places in arrays count from 1."""
    if not isinstance(value, dict | list):
        return {key or ("value",): _printed(value)}
    named = value.items() if isinstance(value, dict) else ((str(n), below) for n, below in enumerate(value, 1))
    out: Values = {}
    for name, below in named:
        if isinstance(below, dict | list):
            out |= _flat(below, (*key, name))
        else:
            out[*key, name] = below if isinstance(below, str) else _printed(below)
    return out


def _printed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _grouped(values: Values, stems: tuple[str, ...]) -> Iterator[tuple[Values, frozenset[Key]]]:
    """Yield the values of an object group by group (name, name2, name3), and which of them all groups share."""
    if not stems:
        yield values, frozenset()
        return
    pattern = re.compile(f"({'|'.join(map(re.escape, stems))})_?([0-9]{{0,3}})")
    shared: Values = {}
    groups: dict[int, Values] = {}
    for key, text in values.items():
        m = pattern.fullmatch(key[0])
        if m is None:
            shared[key] = text
        else:
            groups.setdefault(int(m[2] or 1), {})[(m[1], *key[1:])] = text
    for _, group in sorted(groups.items()) or [(1, {})]:
        if any(group.values()) or len(groups) < 2:
            yield shared | group, frozenset(shared)


def _headings(columns: list[Key], part: str, key: str) -> Iterator[RawRow]:
    """Yield the keys of the columns, one row a level; a key of several columns, or of none below, is a merged cell."""
    depth = max(map(len, columns))
    for level in range(depth):
        texts: list[str] = []
        repeats: dict[int, tuple[int, int]] = {}
        for n, column in enumerate(columns):
            own = min(level, len(column) - 1)
            first = n
            while first and columns[first - 1][: own + 1] == column[: own + 1]:
                first -= 1
            texts.append(column[own])
            if (first, own) != (n, level):
                repeats[n + 1] = (own + 1, first + 1)
        yield RawRow(part, key, level + 1, texts, repeats)


@dataclass(slots=True)
class _Joined:
    """The objects of a second file by their id, and which were asked for."""

    here: Key
    values: dict[str, Values]
    missing: dict[str, None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, document: Document) -> "_Joined":
        join = document.source.join
        assert join is not None
        file = document.folder / join.file
        at = SourceLocation(file=f"{document.municipality}/{document.folder.name}/{join.file}")
        _refuse_depth(file, at)
        there = tuple(join.there.split("."))
        array = _Array(file, at, tuple(k for k in join.path.split(".") if k), (), None)
        found: dict[str, Values] = {}
        for values, _ in array._rows():
            key = values.get(there, "")
            if key in found:
                raise SourceError(Problem("source.join-repeated", at, key, join.there))
            found[key] = {k: v for k, v in values.items() if k != there}
        return cls(tuple(join.here.split(".")), found)

    def of(self, values: Values) -> Values:
        """Return what the second file says beside `values`; the values themselves where both have one of a name."""
        key = values.get(self.here, "")
        if key not in self.values:
            self.missing[key] = None
            return {}
        self.used.add(key)
        return {k: v for k, v in self.values[key].items() if k not in values}

    def remarks(self) -> Iterator[Remark]:
        for code, keys in (
            ("source.join-missing", list(self.missing)),
            ("source.join-unused", [k for k in self.values if k not in self.used]),
        ):
            if keys:
                yield Remark(code, ", ".join(keys[:_LISTED]) + (" …" if len(keys) > _LISTED else ""))
