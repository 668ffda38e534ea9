"""Write the search index of a publication: one row a thing, with its labels, other names, texts and codes."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from kpigraph.known import InStore, Source
from kpigraph.prefixes import CODE, NS
from kpigraph.search.files import changed, created
from kpigraph.search.folding import fold, grams
from kpigraph.store import Store
from kpigraph.written import language, value

FILE = "search/index.sqlite"  # within a release
CALLED = ("検索用の索引", "the search index")

# What can be found: the kind, its class, in the order in which equals are shown.
KINDS = {
    "municipality": "kpi:Municipality",
    "indicator": "kpi:Indicator",
    "goal": "kpi:Goal",
    "direction": "kpi:BasicDirection",
    "measure": "kpi:Measure",
    "department": "org:OrganizationalUnit",
    "strategy": "kpi:Strategy",
    "edition": "kpi:Edition",
    "shared": "kpi:SharedIndicator",
    "unit": "kpi:Unit",
    "code": "skos:Concept",
    "term": "rdfs:Class",
}
_ORDER = {kind: n for n, kind in enumerate(KINDS)}
FIELDS = ("label", "names", "codes", "words")

_SAID = {  # by what properties it is said what stands in a field
    "label": "skos:prefLabel dct:title",
    "names": "skos:altLabel skos:hiddenLabel",
    "codes": "org:identifier skos:notation dcat:version",
    "words": "skos:definition dct:description skos:note skos:scopeNote",
}
_OURS = f"<{NS.removesuffix('#')}>"  # what our terms are defined by
_OF_TERMS = {"label": "rdfs:label", "words": "skos:definition"}
_IN_WORDS = f"<{CODE}form-qualitative>"


@dataclass(slots=True)
class Thing:
    """What the index holds of one thing; `context` is what it can be found by that it does not say itself.

    `said` is how many parts of the publication speak of it.
    """

    iri: str
    kind: str = ""
    municipality: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    fields: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    context: set[str] = field(default_factory=set)
    said: int = 1

    @property
    def order(self) -> tuple[int, str]:
        return _ORDER[self.kind], self.iri

    def add(self, other: "Thing") -> None:
        """Add what another part of the publication says of the same thing."""
        self.said += other.said
        self.kind = min(self.kind, other.kind, key=_ORDER.__getitem__)
        self.municipality = self.municipality or other.municipality
        self.labels = dict(sorted([*self.labels.items(), *other.labels.items()], reverse=True))  # the first one stays
        for name, texts in other.fields.items():
            self.fields[name] |= texts
        self.context |= other.context

    def to_json(self) -> list[object]:
        """Return what `from_json` reads."""
        fields = {name: sorted(texts) for name, texts in sorted(self.fields.items()) if texts}
        return [self.iri, self.kind, self.municipality, self.labels, fields, sorted(self.context)]

    @classmethod
    def from_json(cls, value: list[Any]) -> "Thing":
        iri, kind, municipality, labels, fields, context = value
        found = cls(iri, kind, municipality, labels, context=set(context))
        found.fields.update({name: set(texts) for name, texts in fields.items()})
        return found


def merged(parts: Iterable[Iterable[Thing]]) -> Iterator[Thing]:
    """Yield the things of all parts in their order; what several parts say of one thing is put together.

    They are sorted on disk, so that memory does not grow with their number.
    """
    connection = sqlite3.connect("")  # a file of SQLite's own, which goes with the connection
    try:
        connection.executescript("PRAGMA journal_mode = OFF; CREATE TABLE said (kind INTEGER, iri TEXT, thing TEXT)")
        for found in parts:
            connection.executemany(
                "INSERT INTO said VALUES (?, ?, ?)", ((*t.order, json.dumps(t.to_json())) for t in found)
            )
        last: Thing | None = None
        for (text_,) in connection.execute("SELECT thing FROM said ORDER BY kind, iri, rowid"):
            thing = Thing.from_json(json.loads(text_))
            if last is not None and last.iri == thing.iri:
                last.add(thing)
                continue
            if last is not None:
                yield last
            last = thing
        if last is not None:
            yield last
    finally:
        connection.close()


_GAP = 16  # numbers between two things, so that others find a place between them
_TABLES = """
CREATE TABLE thing (
    id INTEGER PRIMARY KEY, iri TEXT, kind TEXT, municipality TEXT, labels TEXT, fields TEXT, said INTEGER);
CREATE INDEX by_name ON thing (kind, iri);
CREATE VIRTUAL TABLE found USING fts5(label, names, codes, words, context, tokenize = 'trigram');
CREATE VIRTUAL TABLE short USING fts5(grams, content = '', detail = none, tokenize = 'ascii');
"""


# While all is written, word lists are held in memory and merged once, at the end; then as SQLite has it by itself.
_HELD, _BY_ITSELF = (
    "".join(
        f"INSERT INTO {table} ({table}, rank) VALUES ('automerge', {merged}), ('hashsize', {size});"  # noqa: S608 - ours
        for table in ("found", "short")
    )
    for merged, size in ((0, 1 << 24), (4, 1 << 20))
)


def build(store: Store, file: Path) -> int:
    """Write the index of what the default graphs of `store` say into `file`; return how many things are in it.

    Raises:
        UsageError: if the store cannot be read or the file not be written.
    """
    return write(things(InStore(store)), file)


def write(found: Iterable[Thing], file: Path) -> int:
    """Write the index of the things `found`, which stand in their order; return how many there are.

    The same things give the same bytes with the same SQLite.

    Raises:
        UsageError: if the file cannot be written.
    """
    count = 0
    with created(file, _TABLES + _HELD, CALLED) as connection:
        connection.create_function("grams", 1, grams, deterministic=True)
        for count, t in enumerate(found, 1):
            _insert(connection, count * _GAP, t)
        connection.execute("INSERT INTO found (found) VALUES ('optimize')")
        connection.execute("INSERT INTO short (short) VALUES ('optimize')")
        connection.executescript(_BY_ITSELF)
    return count


def change(former: Path, file: Path, gone: Iterable[Thing], new: Iterable[Thing]) -> bool:
    """Write into `file` the index `former` without the things `gone` and with those `new`; tell whether that can be.

    It cannot where several parts speak of one of them, or no number is left at its place among the others. The answers
    are those of an index that is written anew.

    Raises:
        UsageError: if the file cannot be written.
    """
    before, now = list(gone), list(new)
    old, made = {t.iri: t for t in before}, {t.iri: t for t in now}
    if len(old) < len(before) or len(made) < len(now):
        return False
    going = [t for iri, t in old.items() if iri not in made or made[iri].to_json() != t.to_json()]
    coming = [t for iri, t in made.items() if iri not in old or old[iri].to_json() != t.to_json()]
    with changed(former, file, CALLED) as connection:
        connection.create_function("grams", 1, grams, deterministic=True)
        for t in going:
            row = connection.execute("SELECT id, said FROM thing WHERE kind = ? AND iri = ?", (t.kind, t.iri))
            number, said = row.fetchone() or (0, 0)
            if said != 1:
                return False
            _delete(connection, number)
        for t in coming:
            if (free := _place(connection, t)) is None:
                return False
            _insert(connection, free, t)
    return True


def _insert(connection: sqlite3.Connection, number: int, t: Thing) -> None:
    connection.execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?)", _shown(number, t))
    texts = (*(_folded(t.fields[f]) for f in FIELDS), _folded(t.context))
    connection.execute(
        "INSERT INTO found (rowid, label, names, codes, words, context) VALUES (?, ?, ?, ?, ?, ?)", (number, *texts)
    )
    connection.execute("INSERT INTO short (rowid, grams) VALUES (?, ?)", (number, grams("\n".join(texts))))


def _delete(connection: sqlite3.Connection, number: int) -> None:
    texts = "label || char(10) || names || char(10) || codes || char(10) || words || char(10) || context"
    connection.execute(  # an index without content forgets what it is told again
        f"INSERT INTO short (short, rowid, grams) SELECT 'delete', rowid, grams({texts}) FROM found WHERE rowid = ?",  # noqa: S608
        (number,),
    )
    connection.execute("DELETE FROM found WHERE rowid = ?", (number,))
    connection.execute("DELETE FROM thing WHERE id = ?", (number,))


def _place(connection: sqlite3.Connection, t: Thing) -> int | None:
    """Return a free number for `t` between those of its neighbours, None where there is none or it is there already."""
    before = 0
    for kind in KINDS:
        if connection.execute("SELECT 1 FROM thing WHERE kind = ? AND iri = ?", (kind, t.iri)).fetchone():
            return None
        if _ORDER[kind] <= _ORDER[t.kind]:
            until = " AND iri < ?" if kind == t.kind else ""
            last = f"SELECT id FROM thing WHERE kind = ?{until} ORDER BY iri DESC LIMIT 1"  # noqa: S608 - ours
            row = connection.execute(last, (kind, t.iri) if until else (kind,)).fetchone()
            before = row[0] if row else before
    (after,) = connection.execute("SELECT min(id) FROM thing WHERE id > ?", (before,)).fetchone()
    if after is None:
        return before + _GAP
    return (before + after) // 2 if after - before > 1 else None


def _shown(number: int, thing: Thing) -> tuple[int, str, str, str, str, str, int]:
    fields = {name: sorted(thing.fields[name]) for name in FIELDS if thing.fields[name]}
    labels = json.dumps(dict(sorted(thing.labels.items())), ensure_ascii=False)
    fields_ = json.dumps(fields, ensure_ascii=False)
    return number, thing.iri, thing.kind, thing.municipality, labels, fields_, thing.said


def _folded(texts: set[str]) -> str:
    """Return texts as the index holds them: each folded, on a line of its own, with a line end on both sides."""
    return "\n" + "\n".join(sorted({fold(t) for t in texts})) + "\n" if texts else ""


def things(known: Source) -> list[Thing]:
    """Return what can be found, in order of kind and IRI."""
    found: dict[str, Thing] = {}
    for kind, s, name, texts in _said(known):
        thing = found.setdefault(s, Thing(value(s)))
        thing.kind = thing.kind or kind
        thing.fields[name].update(map(value, texts))
        for text in texts if name == "label" else ():
            thing.labels.setdefault(language(text) or "ja", value(text))
    named = {s: t for s, t in found.items() if t.labels}
    for thing in named.values():
        thing.fields["codes"].add(thing.iri.rpartition("/")[2].rpartition("#")[2])  # kpi-p7q2, status-met, Indicator
    for name, s, text in _told(known):
        if s in named:
            named[s].fields[name].add(value(text))
    for s, code, names in _above(known):
        if s in named:
            named[s].municipality = code or named[s].municipality
            named[s].context.update(map(value, names))
    return sorted(named.values(), key=lambda t: t.order)


def _said(known: Source) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield what things say themselves: kind, thing, field and texts, in order."""
    for kind, cls in KINDS.items():
        fields = _OF_TERMS if kind == "term" else _SAID
        names = " ".join(fields.values())
        said = known.having("rdfs:isDefinedBy", names, _OURS) if kind == "term" else known.of_class(cls, names)
        for s, values in said.items():
            for field_, of_field in fields.items():
                texts = {o for name in of_field.split() for o in values.get(name, ()) if o.startswith('"')}
                if texts:
                    yield kind, s, field_, sorted(texts)


def _told(known: Source) -> Iterator[tuple[str, str, str]]:
    """Yield what statements and places of a thing say of it: field, thing, its name as printed or a target in words."""
    for said in known.having("kpi:statedLabel", "kpi:statedLabel kpi:indicator kpi:places").values():
        for s in chain(said.get("kpi:indicator", ()), said.get("kpi:places", ())):
            for text in said["kpi:statedLabel"]:
                yield "names", s, text
    for said in known.having("kpi:valueForm", "kpi:statedValue kpi:indicator", _IN_WORDS).values():
        for s in said.get("kpi:indicator", ()):
            for text in said.get("kpi:statedValue", ()):
                yield "words", s, text


def _above(known: Source) -> Iterator[tuple[str, str, Collection[str]]]:
    """Yield things with the names of the municipality and the departments that they are of, and the former's code."""
    municipalities = {
        m: (value(min(said["org:identifier"])), said["skos:prefLabel"])
        for m, said in known.of_class("kpi:Municipality", "org:identifier skos:prefLabel").items()
        if len(said) == 2
    }
    for m, (code, labels) in municipalities.items():
        yield m, code, labels
    for name in ("kpi:municipality", "org:unitOf", "dct:publisher"):
        for s, said in known.having(name, name).items():
            for m in said[name]:
                if m in municipalities:
                    yield s, *municipalities[m]
    departments = known.of_class("org:OrganizationalUnit", "skos:prefLabel")
    for s, said in known.of_class("kpi:Indicator", "kpi:department").items():
        for d in said["kpi:department"]:
            if d in departments:
                yield s, "", departments[d]["skos:prefLabel"]
