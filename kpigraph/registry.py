"""The key registry: which key an indicator, plan element or department bears, for ever.

Names and numbers change between editions; the registry, a committed CSV beside a municipality's documents, carries
identity. A key is minted once, from a hash of what the thing was first called, and never derived again.
"""

import base64
import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter
from pathlib import Path

from kpigraph import curated
from kpigraph.problems import Problem, Severity, SourceLocation, raise_if_any
from kpigraph.text import compact, natural

COLUMNS = (
    "kind", "key", "label", "department", "parent", "also_named", "first_edition", "last_edition", "merged_into",
)  # fmt: skip
KINDS = ("goal", "direction", "measure", "dept", "kpi")
_SHORTEST_KEY, _LONGEST_KEY = 4, 20  # characters; bytes, of which five are eight characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the registry.

    `also_named` holds every other name it was seen under or is known by; a person adds a name here when a document
    renames a thing. `department` and `parent` tell things of one name apart; where an indicator passes to another
    department, a person adds that one to `department`, after a |. `merged_into` is the key that replaced it.
    """

    kind: str
    key: str
    label: str
    department: str = ""
    parent: str = ""
    also_named: tuple[str, ...] = ()
    first_edition: str = ""
    last_edition: str = ""
    merged_into: str = ""

    @property
    def names(self) -> set[str]:
        """What the thing is found by: every name of it, as names are compared."""
        return {compact(name) for name in (self.label, *self.also_named)}


def age(edition: str) -> tuple[str, str]:
    """Return what editions such as plan/2016 are ordered by: their key, numbers in it as numbers, then their series."""
    series, _, key = edition.rpartition("/")
    return natural(key), series


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What identifying one document asked a registry and did to it, so that it need not be done again.

    Where a registry gives the same answers (`answers` is a digest of them, by kind and name `asked`) and would mint the
    same keys, the document's things have the same keys in it. `seen` are the entries that its edition has seen.
    """

    asked: tuple[tuple[str, str], ...]
    answers: str
    minted: tuple[Entry, ...]
    seen: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Registry:
    """The entries of one municipality, and which of them the document at hand has claimed."""

    municipality: str
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    minted: list[Entry] = field(default_factory=list)
    claimed: set[tuple[str, str]] = field(default_factory=set)
    _bearers: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict, repr=False, compare=False)
    _indexed: int = field(default=0, repr=False, compare=False)  # how many entries `_bearers` knows
    _before: dict[tuple[str, str], Entry] = field(default_factory=dict)
    _asked: set[tuple[str, str]] = field(default_factory=set)
    _minted_before: int = 0

    def open_document(self) -> None:
        """Forget what an earlier document claimed, and by which names things were found for it."""
        self.claimed.clear()
        self._bearers.clear()  # people may have changed names since
        self._indexed = 0
        self._asked.clear()
        self._before = dict(self.entries)
        self._minted_before = len(self.minted)

    def trace(self) -> Trace:
        """Return what was done since `open_document`."""
        asked = tuple(sorted(self._asked))
        minted = tuple(self.minted[self._minted_before :])
        return Trace(
            asked=asked, answers=_answers(self._before, asked), minted=minted, seen=tuple(sorted(self.claimed))
        )

    def follow(self, trace: Trace, edition: str) -> bool:
        """Do what `trace` says of a document of `edition`; False, and nothing is done, where it could be other now."""
        if _answers(self.entries, trace.asked) != trace.answers:
            return False
        as_it_was, new = dict(self.entries), len(self.minted)
        for e in trace.minted:
            if self._mint(e.kind, e.label, e.department, e.parent) != e.key:
                self.entries = as_it_was
                del self.minted[new:]
                return False
            self.entries[e.kind, e.key] = e
            self.minted.append(e)
        for name in trace.seen:
            self._seen(self.entries[name], edition)
        return True

    def claim(
        self, kind: str, name: str, edition: str, *, department: str = "", parent: str = "", once: bool = False
    ) -> str:
        """Return the key of the thing so described, "" if the registry does not know it.

        A thing of the same name but another department or parent is another thing; one that is known by this very
        parent comes first. `once`: what the document has claimed already is not meant again.
        """
        for entry in sorted(self._called(kind, name), key=lambda e: bool(parent) and e.parent != parent):
            same_parent = not entry.parent or not parent or entry.parent == parent
            is_free = not once or (kind, self._kept(entry).key) not in self.claimed
            if is_free and same_parent and self._is_of(entry, department):
                return self._seen(entry, edition)
        return ""

    def claim_moved(self, kind: str, name: str, edition: str) -> str:
        """Return the key of a thing of that name that this document has not claimed yet, wherever it stood before."""
        for entry in self.unclaimed(kind, name):
            return self._seen(entry, edition)
        return ""

    def unclaimed(self, kind: str, name: str) -> list[Entry]:
        """Return the entries of that name that this document has not claimed yet."""
        return [e for e in self._called(kind, name) if (kind, self._kept(e).key) not in self.claimed]

    def mint(self, kind: str, name: str, edition: str, *, department: str = "", parent: str = "") -> str:
        """Return a new key for a thing that the registry does not know, and enter it."""
        entry = Entry(
            kind=kind,
            key=self._mint(kind, name, department, parent),
            label=name,
            department=department,
            parent=parent,
            first_edition=edition,
            last_edition=edition,
        )
        self.entries[kind, entry.key] = entry
        self.minted.append(entry)
        return self._seen(entry, edition)

    def _called(self, kind: str, name: str) -> list[Entry]:
        self._asked.add((kind, compact(name)))
        if self._indexed < len(self.entries):
            for entry in islice(self.entries.values(), self._indexed, None):
                for its in entry.names:
                    self._bearers.setdefault((entry.kind, its), []).append((entry.kind, entry.key))
            self._indexed = len(self.entries)
        return [self.entries[key] for key in self._bearers.get((kind, compact(name)), ())]

    def _is_of(self, entry: Entry, department: str) -> bool:
        """Tell whether `department` is one of the departments of `entry`, by one of its names; "" is any."""
        if not department:
            return True
        keys = {self._kept(d).key for d in self._called("dept", department)}
        return any(
            compact(known) == compact(department) or any(self._kept(d).key in keys for d in self._called("dept", known))
            for known in entry.department.split("|")
        )

    def _kept(self, entry: Entry) -> Entry:
        """Return the entry that `entry` was merged into, itself if it was not."""
        while entry.merged_into:
            entry = self.entries[entry.kind, entry.merged_into]
        return entry

    def merged(self) -> list[tuple[Entry, Entry]]:
        """Return every entry that was merged into another, with the one that is kept in the end."""
        return [(entry, self._kept(entry)) for entry in self.entries.values() if entry.merged_into]

    def _seen(self, entry: Entry, edition: str) -> str:
        entry = self._kept(entry)
        first, last = entry.first_edition or edition, entry.last_edition or edition
        if not entry.first_edition == edition == entry.last_edition:
            first, last = min(first, edition, key=age), max(last, edition, key=age)
            self.entries[entry.kind, entry.key] = replace(entry, first_edition=first, last_edition=last)
        self.claimed.add((entry.kind, entry.key))
        return entry.key

    def _mint(self, kind: str, name: str, department: str, parent: str) -> str:
        text = "\x1f".join((self.municipality, kind, compact(name), compact(department), parent))
        digest = base64.b32encode(hashlib.sha256(text.encode()).digest()[:_LONGEST_KEY]).decode().lower()
        for length in range(_SHORTEST_KEY, len(digest)):
            if not self.is_given(digest[:length]):
                return digest[:length]
        raise ValueError(f"no free key for {name!r}")

    def is_given(self, key: str) -> bool:
        """Tell whether a thing has this key; no two things share one, whatever their kinds."""
        return any((kind, key) in self.entries for kind in KINDS)

    def _in_order(self) -> list[Entry]:
        return sorted(self.entries.values(), key=lambda e: (KINDS.index(e.kind), e.first_edition, e.label, e.key))

    def as_saved(self) -> "Registry":
        """Return the registry as it will be read from its file."""
        return Registry(self.municipality, {(e.kind, e.key): e for e in self._in_order()})

    def to_csv(self) -> str:
        """Return the registry as the text of its file, in a fixed order."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for e in self._in_order():
            writer.writerow([e.kind, e.key, e.label, e.department, e.parent, "|".join(e.also_named), e.first_edition,
                             e.last_edition, e.merged_into])  # fmt: skip
        return text.getvalue()


def _answers(entries: dict[tuple[str, str], Entry], asked: tuple[tuple[str, str], ...]) -> str:
    """Return a digest of the entries of these kinds and names, in order: all of them but when they were seen."""
    named: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries.values():
        for name in entry.names:
            named.setdefault((entry.kind, name), []).append(entry)
    digest = hashlib.sha256()
    for what in asked:
        digest.update(repr(what).encode())
        for entry in named.get(what, ()):
            while True:  # and what it was merged into
                digest.update(repr(_but_when(entry)).encode())
                if not entry.merged_into:
                    break
                entry = entries[entry.kind, entry.merged_into]
    return digest.hexdigest()


_but_when = attrgetter("kind", "key", "label", "department", "parent", "also_named", "merged_into")


def load(folder: Path) -> Registry:
    """Return the registry of the municipality whose documents lie in `folder`, an empty one where there is no file.

    Raises:
        SourceError: with every fault of the file, each with its line.
    """
    path = folder / "registry.csv"
    registry = Registry(folder.name)
    if not path.is_file():
        return registry
    name = f"{folder.name}/{path.name}"
    problems: list[Problem] = []
    for at, row in curated.rows(path, name, COLUMNS, "registry.field", problems):
        faults = list(_faults(row, registry, at))
        problems += faults
        if not faults:
            names = tuple(n for n in row.pop("also_named").split("|") if n)
            registry.entries[row["kind"], row["key"]] = Entry(**row, also_named=names)
    for entry in registry.entries.values():
        if entry.merged_into and not _merges_into_an_entry(registry, entry):
            at = SourceLocation(file=name)
            problems.append(Problem("registry.field", at, f"merged_into = {entry.merged_into}", "a key that is kept"))
    raise_if_any(problems)
    return registry


def save(registry: Registry, folder: Path, problems: list[Problem]) -> None:
    """Write `registry` into `folder` if it has changed; where that cannot be done, a warning is added to `problems`."""
    save_text(registry.to_csv(), folder, len(registry.minted), problems)


def save_text(text: str, folder: Path, minted: int, problems: list[Problem]) -> None:
    """Write a registry, of which `minted` keys are new, into `folder`, as `save` does."""
    path = folder / "registry.csv"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    at = SourceLocation(file=f"{folder.name}/{path.name}")
    try:
        temporary = path.with_suffix(".tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as e:
        problems.append(Problem("registry.unsaved", at, str(e), severity=Severity.WARNING))
        return
    if minted:
        problems.append(Problem("registry.minted", at, "", str(minted), Severity.WARNING))


def _faults(row: dict[str, str], registry: Registry, at: SourceLocation) -> Iterator[Problem]:
    if row["kind"] not in KINDS:
        yield Problem("registry.field", at, f"kind = {row['kind']}", ", ".join(KINDS))
    if not (row["key"].isascii() and row["key"].isalnum() and len(row["key"]) >= _SHORTEST_KEY):
        yield Problem("registry.field", at, f"key = {row['key']}", "a-z, 0-9")
    if not row["label"]:
        yield Problem("registry.field", at, "label = ", "text")
    if registry.is_given(row["key"]):
        yield Problem("registry.field", at, f"key = {row['key']}", "each key once")


def _merges_into_an_entry(registry: Registry, entry: Entry) -> bool:
    seen = {entry.key}
    while entry.merged_into:
        following = registry.entries.get((entry.kind, entry.merged_into))
        if following is None or following.key in seen:
            return False
        seen.add(following.key)
        entry = following
    return True
