"""JSON-LD with the words of our context, so that whoever opens it as plain JSON can read it too.

Every document carries the context inside it: nothing has to be fetched to read one. The context itself is published
at `CONTEXT_ADDRESS`, and under that version its words keep their meaning.

Our own writer rather than a general compactor: the context is ours and simple, so one pass over sorted triples is
enough, in memory that does not grow with the document. Decimals are strings that the context types xsd:decimal (a bare
number would be read as xsd:double); booleans and integers are bare where that gives the same literal back. A literal or
a reference that does not fit the word's type is written out in full, so the triples are always the same.
Source: JSON-LD 1.1, https://www.w3.org/TR/json-ld11/
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, BinaryIO

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kpigraph.config import resource_dir
from kpigraph.prefixes import expand

CONTEXT_ADDRESS = "https://w3id.org/kpigraph/ns/0.1.0/context.jsonld"

Node = dict[str, Any]
Nested = Callable[[str, NamedNode], Node | None]

_TYPE = expand("rdf:type")
_STRING = expand("xsd:string")
_BOOLEAN = expand("xsd:boolean")
_INTEGER = expand("xsd:integer")
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_BARE_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")  # what every JSON parser keeps exactly


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the context that stands for a property: its name, the type of its values, how they are held."""

    name: str
    type: str  # IRI of a datatype, "@id", or "" for texts
    by_language: bool
    always_list: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """How a property stands in a node: its key, and the type of its values, None where the key types nothing."""

    name: str
    type: str | None
    always_list: bool


@lru_cache(maxsize=1)
def context_file() -> bytes:
    """Return the published context, as it stands in ontology/context.jsonld."""
    return (resource_dir("ontology") / "context.jsonld").read_bytes()


@lru_cache(maxsize=1)
def _context() -> "_Context":
    return _Context(json.loads(context_file())["@context"])


class _Context:
    """The context in the shapes that writing needs."""

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self.entries = entries
        # As in JSON-LD, a word is a prefix if it is defined by a mere IRI that ends in one of these characters.
        self.prefixes = {v: k for k, v in entries.items() if isinstance(v, str) and v.endswith(("/", "#"))}
        self._namespaces = {name: iri for iri, name in self.prefixes.items()}
        self.words: dict[str, _Word] = {}
        for name, entry in entries.items():
            definition = {"@id": entry} if isinstance(entry, str) else entry
            if name in self._namespaces or not isinstance(definition, Mapping) or "@id" not in definition:
                continue
            if definition["@id"].startswith("@"):
                continue
            held = definition.get("@container", ())
            type_ = definition.get("@type", "")
            self.words[self.absolute(definition["@id"])] = _Word(
                name,
                type_ if type_ in ("", "@id") else self.absolute(type_),
                "@language" in held,
                "@set" in held,
            )

    def absolute(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return self._namespaces[prefix] + local if prefix in self._namespaces else name

    def only(self, used: Iterable[str]) -> dict[str, Any]:
        """Return the part of the context that a document needs that uses these words and prefixes."""
        needed = set(used)
        for name in list(needed):
            entry = self.entries.get(name, "")
            terms = [entry] if isinstance(entry, str) else [entry.get(k, "") for k in ("@id", "@type", "@reverse")]
            needed |= {t.partition(":")[0] for t in terms} & self._namespaces.keys()
        needed |= {"@version", "id", "type"}
        return {name: entry for name, entry in self.entries.items() if name in needed}


class Writer:
    """Turns triples into JSON-LD nodes and remembers which words and prefixes it used."""

    def __init__(self) -> None:
        self._context = _context()
        self.used: set[str] = set()

    def context(self, also: Iterable[str] = ()) -> dict[str, Any]:
        """Return the part of the context that the nodes written so far need, and the words `also`."""
        return self._context.only(self.used.union(also))

    def reference(self, resource: object) -> str:
        """Return the identifier of an IRI or blank node, such as c:role-target.

        Raises:
            ValueError: if JSON-LD cannot tell the IRI from a prefixed name, or for a quoted triple.
        """
        if isinstance(resource, BlankNode):
            return f"_:{resource.value}"
        if not isinstance(resource, NamedNode):
            raise ValueError(f"JSON-LD has no way to write {resource}")
        return self._compact(resource.value)

    def node(self, subject: object, triples: Iterable[Triple], below: Nested | None = None) -> Node:
        """Return what `triples`, all about `subject` and sorted by predicate, say of it.

        `below` gives the node that stands for the value of a property; None where a reference does.

        Raises:
            ValueError: see `reference`.
        """
        node: Node = {"id": self.reference(subject)}
        for predicate, group in groupby(triples, key=lambda t: t.predicate.value):
            self.say(node, predicate, [t.object for t in group], below)
        return node

    def entry(self, predicate: str) -> "Entry | None":
        """Return how a property stands in a node; None where that depends on its values: types, texts by language."""
        word = self._context.words.get(predicate)
        if predicate == _TYPE or (word is not None and word.by_language):
            return None
        if word is None:
            return Entry(self._compact(predicate), None, always_list=False)
        self.used.add(word.name)
        return Entry(word.name, word.type, always_list=word.always_list)

    def say(self, node: Node, predicate: str, objects: list[Any], below: Nested | None = None) -> None:
        """Add to `node` what it has of a property; see `node`."""
        if predicate == _TYPE:
            classes = [o for o in objects if not isinstance(o, Literal)]
            if classes:
                node["type"] = [self._class(o) for o in classes]
            objects = [o for o in objects if isinstance(o, Literal)]
        word = self._context.words.get(predicate)
        if word is not None and word.by_language:
            tagged = [o for o in objects if isinstance(o, Literal) and o.language]
            if tagged:
                self.used.add(word.name)
                node[word.name] = _by_language(tagged, word.always_list)
            objects, word = [o for o in objects if not (isinstance(o, Literal) and o.language)], None
        if not objects:
            return
        type_ = word.type if word else None
        values = [
            (below(predicate, o) if below and isinstance(o, NamedNode) else None) or self.value(o, type_)
            for o in objects
        ]
        if word is None:
            key = self._compact(predicate)
        else:
            key = word.name
            self.used.add(key)
        node[key] = values if len(values) > 1 or (word is not None and word.always_list) else values[0]

    def _class(self, class_: object) -> str:
        word = self._context.words.get(class_.value) if isinstance(class_, NamedNode) else None
        if word is None:
            return self.reference(class_)
        self.used.add(word.name)
        return word.name

    def value(self, value: object, type_: str | None) -> Any:
        """Return `value` for a word of the type `type_`; None: for a key that types nothing.

        Raises:
            ValueError: see `reference`.
        """
        if not isinstance(value, Literal):
            reference = self.reference(value)
            return reference if type_ == "@id" else {"id": reference}
        if value.language:
            if getattr(value, "direction", None):
                raise ValueError(f"JSON-LD has no agreed way to write a text with a direction: {value}")
            return {"@value": value.value, "@language": value.language}
        datatype = value.datatype.value
        if datatype == _STRING:
            return {"@value": value.value} if type_ else value.value
        if datatype != type_:
            return {"@value": value.value, "@type": self._compact(datatype)}
        if datatype == _BOOLEAN and value.value in ("true", "false"):
            return value.value == "true"
        if datatype == _INTEGER and _BARE_INTEGER.fullmatch(value.value):
            return int(value.value)
        return value.value

    def _compact(self, iri: str) -> str:
        cut = max(iri.rfind("/"), iri.rfind("#")) + 1
        if (prefix := self._context.prefixes.get(iri[:cut])) is not None and _LOCAL_NAME.fullmatch(iri, cut):
            self.used.add(prefix)
            return f"{prefix}:{iri[cut:]}"
        scheme, _, rest = iri.partition(":")
        if scheme in self._context.entries and not rest.startswith("//"):
            raise ValueError(f"JSON-LD would take this IRI for a prefixed name of our context: {iri}")
        return iri


def _by_language(texts: list[Literal], always_list: bool) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for text in texts:
        if getattr(text, "direction", None):
            raise ValueError(f"JSON-LD has no agreed way to write a text with a direction: {text}")
        found.setdefault(text.language or "", []).append(text.value)
    return {
        language: values if always_list or len(values) > 1 else values[0] for language, values in sorted(found.items())
    }


def nodes(triples: Iterable[Triple], writer: Writer) -> Iterator[Node]:
    """Yield a node for each run of triples about one thing."""
    for subject, group in groupby(triples, key=lambda t: t.subject):
        yield writer.node(subject, group)


def write(triples: Iterable[Triple], output: BinaryIO) -> None:
    """Write `triples`, sorted by subject and predicate, as a whole dump. Raises what `write_nodes` raises."""
    output.write(beginning())
    write_nodes(triples, output)
    output.write(END)


BETWEEN, END = b",\n", b"\n]}\n"  # two nodes of a whole dump; what stands after the last


def beginning() -> bytes:
    """Return what stands before the first node of a whole dump: the whole context."""
    return f'{{"@context": {_dumps(_context().entries, indent=1)},\n"@graph": [\n'.encode()


def write_nodes(triples: Iterable[Triple], output: BinaryIO) -> None:
    """Write `triples`, sorted by subject and predicate, as nodes of a whole dump: a line each thing, as they come.

    Raises:
        ValueError: if JSON-LD cannot say something: see `Writer.reference`.
        OSError: if `output` cannot be written.
    """
    separator = b""
    for node in nodes(triples, Writer()):
        output.write(separator + _dumps(node).encode())
        separator = BETWEEN


def lines_of(triples: Iterable[tuple[str, str, str]], terms: Mapping[str, Any]) -> bytes:
    """Return what `write_nodes` writes of `triples`, given as texts; `terms` has each text's term.

    Most values come many times, so each is made into JSON once for each property.

    Raises:
        ValueError: see `Writer.reference`.
    """
    return BETWEEN.join([line.encode() for line in _Lines(terms).nodes(triples)])


class _Lines:
    """Writes nodes from texts, and keeps what may come again."""

    def __init__(self, terms: Mapping[str, Any]) -> None:
        self._terms = terms
        self._writer = Writer()
        self._together: dict[tuple[str, ...], str] = {}
        self._properties: dict[str, tuple[Entry | None, str, dict[str, str]]] = {}  # with how it begins

    def nodes(self, triples: Iterable[tuple[str, str, str]]) -> Iterator[str]:
        said: list[str] = []
        objects: list[str] = []
        subject = predicate = ""
        for s, p, o in triples:
            if s == subject and p == predicate:
                objects.append(o)
                continue
            if subject:
                said.append(self._said(predicate, objects))
            if s != subject:
                if subject:
                    yield self._node(subject, said)
                subject, said = s, []
            predicate, objects = p, [o]
        if subject:
            yield self._node(subject, [*said, self._said(predicate, objects)])

    def _node(self, subject: str, said: list[str]) -> str:
        return f'{{"id": {_dumps(self._writer.reference(self._terms[subject]))}{"".join(said)}}}'

    def _said(self, predicate: str, objects: list[str]) -> str:
        """Return what is said by one property, each entry with a comma before it."""
        if (known := self._properties.get(predicate)) is None:
            entry = self._writer.entry(self._terms[predicate].value)
            known = self._properties[predicate] = entry, f", {_dumps(entry.name)}: " if entry else "", {}
        entry, key, values = known
        if entry is None:  # a type, or texts by language: all together
            if (together := self._together.get((predicate, *objects))) is None:
                node: Node = {}
                self._writer.say(node, self._terms[predicate].value, [self._terms[o] for o in objects])
                together = self._together[predicate, *objects] = "".join(
                    f", {_dumps({k: v})[1:-1]}" for k, v in node.items()
                )
            return together
        for o in objects:
            if o not in values:
                values[o] = _dumps(self._writer.value(self._terms[o], entry.type))
        if len(objects) > 1 or entry.always_list:
            return f"{key}[{', '.join([values[o] for o in objects])}]"
        return key + values[objects[0]]


def document(triples: Iterable[Triple]) -> bytes:
    """Return a few triples, sorted by subject and predicate, with as much of the context as they need.

    Raises:
        ValueError: if JSON-LD cannot say something: see `Writer.reference`.
    """
    writer = Writer()
    graph = list(nodes(triples, writer))
    return rendered({"@context": writer.context(), "@graph": graph})


_NODE = "    {"  # what a node in the graph begins with, and no line within it: those stand further in


def in_graph(node: Node) -> str:
    """Return `node` as it stands in the graph of `document`."""
    return "    " + _dumps(node, indent=2).replace("\n", "\n    ")


def joined(words: Iterable[str], nodes: Sequence[str]) -> bytes:
    """Return what `document` returns, from the `words` of the context that it uses and the texts of `in_graph`."""
    graph = "[\n" + ",\n".join(nodes) + "\n  ]" if nodes else "[]"
    return f'{{\n  "@context": {_dumps(_context().only(words))},\n  "@graph": {graph}\n}}\n'.encode()


def nodes_of(text: str) -> list[str]:
    """Return the texts of `in_graph` that the document `text`, as `joined` returns it, was put together from."""
    graph = text.partition('  "@graph": [\n')[2]
    inner = graph.removesuffix("\n  ]\n}\n")
    return [node if n == 0 else _NODE + node for n, node in enumerate(inner.split(f",\n{_NODE}"))] if inner else []


def rendered(node: Node) -> bytes:
    """Return a whole document as bytes, indented for readers; the context, which is for machines, in one line."""
    rest = _dumps({key: value for key, value in node.items() if key != "@context"}, indent=2)
    return f'{{\n  "@context": {_dumps(node["@context"])},{rest[1:]}\n'.encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False)  # one for all: json.dumps makes one for each value


def _dumps(value: object, indent: int | None = None) -> str:
    return _ENCODER.encode(value) if indent is None else json.dumps(value, ensure_ascii=False, indent=indent)
