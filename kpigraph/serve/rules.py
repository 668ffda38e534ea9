"""The shapes as pages show them: each with its severity and its message, and which of them check a class."""

from dataclasses import dataclass
from functools import cache

import pyoxigraph as ox

from kpigraph.config import resource_dir
from kpigraph.prefixes import SHAPES
from kpigraph.serve.describe import name

SEVERITIES = ("Violation", "Warning", "Info")


@dataclass(frozen=True, slots=True)
class Rule:
    """A shape that says something: its name without the namespace, how grave it is, and its message by language."""

    name: str
    severity: str
    messages: dict[str, str]


@cache
def shape_triples() -> tuple[ox.Triple, ...]:
    """Return the shapes, which belong to the program rather than to a release."""
    files = sorted(resource_dir("shapes").glob("*.ttl"))
    return tuple(q.triple for f in files for q in ox.parse(path=str(f), format=ox.RdfFormat.TURTLE))


@cache
def rules() -> dict[str, Rule]:
    """Return every shape that has a message, by its IRI, in order of name."""
    messages: dict[str, dict[str, str]] = {}
    severities: dict[str, str] = {}
    for triple in shape_triples():
        if not isinstance(triple.subject, ox.NamedNode) or not triple.subject.value.startswith(SHAPES):
            continue
        if triple.predicate == name("sh:message") and isinstance(triple.object, ox.Literal):
            messages.setdefault(triple.subject.value, {})[triple.object.language or ""] = triple.object.value
        if triple.predicate == name("sh:severity") and isinstance(triple.object, ox.NamedNode):
            severities[triple.subject.value] = triple.object.value.rpartition("#")[2]
    return {
        iri: Rule(iri.removeprefix(SHAPES), severities.get(iri, SEVERITIES[0]), said)
        for iri, said in sorted(messages.items())
    }


@cache
def rules_by_class() -> dict[str, tuple[Rule, ...]]:
    """Return the shapes that check the things of a class, by its IRI; those of the classes above it come besides."""
    parts: dict[str, list[str]] = {}
    targets: list[tuple[str, str]] = []
    for triple in shape_triples():
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode):
            if triple.predicate == name("sh:property"):
                parts.setdefault(triple.subject.value, []).append(triple.object.value)
            elif triple.predicate == name("sh:targetClass"):
                targets.append((triple.object.value, triple.subject.value))
    found: dict[str, set[str]] = {}
    for cls, shape in targets:
        found.setdefault(cls, set()).update((shape, *parts.get(shape, ())))
    return {cls: tuple(rules()[s] for s in sorted(shapes) if s in rules()) for cls, shapes in found.items()}
