"""The documentation of the ontology for people: every term, with examples and the shapes that check it."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from pyoxigraph import Literal, NamedNode

from kpigraph.config import resource_dir
from kpigraph.prefixes import CODE, NS
from kpigraph.serve import diagram
from kpigraph.serve.describe import Text, View, compact, name
from kpigraph.serve.rules import rules_by_class
from kpigraph.serve.site import Page, Site

ONTOLOGY = NamedNode(NS.removesuffix("#"))
_KINDS = ("owl:Class", "rdfs:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "rdf:Property", "rdfs:Datatype")

# Which classes stand together on the page; the properties stand where the first class that they are used on does.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "plan",
        ("Municipality", "Strategy", "Edition", "PlanElement", "Goal", "BasicDirection", "Measure", "Placement"),
    ),
    ("indicator", ("Indicator", "SharedIndicator", "Mapping", "Listing")),
    ("statement", ("Statement", "Baseline", "Actual", "Target", "Conflict", "SelfAssessment")),
    ("correction", ("Correction", "PrintedReading")),
    ("derived", ("ResolvedTarget", "Assessment", "DerivationRun")),
    ("source", ("SourceFile", "SourceRow")),
    ("scale", ("Period", "Unit")),
)
_OTHER = "other"

# How a term of ours can stand to one of another vocabulary, the strongest first.
_RELATIONS = (
    "owl:equivalentClass", "owl:equivalentProperty", "rdfs:subClassOf", "rdfs:subPropertyOf", "skos:exactMatch",
    "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch", "rdfs:seeAlso",
)  # fmt: skip
_REFERRED = "# What it refers to"
_PREFIX = re.compile(r"@prefix\s+(?P<prefix>\w+):")


def own_terms(view: View) -> list[NamedNode]:
    """Return the terms of our ontology that the release defines."""
    found = {s for k in _KINDS for s in view.subjects("rdf:type", name(k))}
    found |= set(view.subjects("rdfs:isDefinedBy", ONTOLOGY))
    found |= set(view.subjects("rdf:type", name("qb:DataStructureDefinition")))
    return sorted((s for s in found if s.value.startswith(NS)), key=lambda s: s.value.lower())


def page(site: Site) -> Page:
    """The page of the ontology."""
    view = site.view
    terms = [_term(site, s) for s in own_terms(view)]
    classes = [t for t in terms if t["kind"] == "class"]
    properties = [t for t in terms if t["kind"] in ("object", "data")]
    others = [t for t in terms if t["kind"] not in ("class", "object", "data")]
    groups: list[dict[str, Any]] = [
        {
            "key": key,
            "classes": sorted(
                (c for c in classes if _group((c["id"],)) == key), key=lambda c: (_rank(c["id"]), c["id"])
            ),
            "properties": [p for p in properties if _group(_used_on(p)) == key],
        }
        for key in (*(key for key, _ in _GROUPS), _OTHER)
    ]
    for c in classes:
        c["properties"] = [p["iri"] for p in properties if c["id"] in _used_on(p)]
        c["values"] = [p["iri"] for p in properties if c["iri"] in p["ranges"]]
    drawn = {t["id"] for t in classes}
    picture = diagram.draw(lambda n: site.label(NamedNode(NS + n)))
    return Page(
        template="vocabulary.html",
        title=view.in_language(ONTOLOGY, "dct:title", site.lang) or site.say("nav_vocabulary"),
        context={
            "groups": [g for g in groups if g["classes"] or g["properties"]],
            "others": others,
            "namespace": NS,
            "short": compact,
            "about": _about(site),
            "alignments": _alignments(site),
            "components": _components(site),
            "schemes": code_schemes(site),
            "picture": picture if drawn >= {b.name for b in picture["boxes"]} else None,
        },
    )


def _rank(cls: str) -> int:
    return next((names.index(cls) for _, names in _GROUPS if cls in names), 0)


def _group(classes: tuple[str, ...]) -> str:
    return next((key for cls in classes for key, names in _GROUPS if cls in names), _OTHER)


def _used_on(prop: dict[str, Any]) -> tuple[str, ...]:
    return tuple(iri.value.removeprefix(NS) for iri in (*prop["domains"], *prop["used_on"]))


def _term(site: Site, s: NamedNode) -> dict[str, Any]:
    view = site.view
    kinds = view.types(s)
    local = s.value.removeprefix(NS)
    kind = (
        "class"
        if kinds & {"owl:Class", "rdfs:Class"}
        else "object"
        if "owl:ObjectProperty" in kinds
        else "data"
        if any(k.endswith("Property") for k in kinds)
        else "datatype"
        if "rdfs:Datatype" in kinds
        else "individual"
    )
    above = "rdfs:subClassOf" if kind == "class" else "rdfs:subPropertyOf"
    relations = [
        (p, o)
        for p in _RELATIONS
        for o in view.things(s, p)
        if not o.value.startswith(NS) and not o.value.startswith(f"{ONTOLOGY.value}/")
    ]
    return {
        "id": local,
        "iri": s,
        "term": compact(s.value),
        "label": site.label(s),
        "kind": kind,
        "functional": "owl:FunctionalProperty" in kinds,
        "definition": view.in_language(s, "skos:definition", site.lang),
        "comments": _said(site, s, "rdfs:comment"),
        "notes": _said(site, s, "skos:note"),
        "example": view.in_language(s, "skos:example", site.lang),
        "status": view.text(s, "vs:term_status"),
        "deprecated": view.text(s, "owl:deprecated") == "true",
        "replaced_by": view.things(s, "dct:isReplacedBy"),
        "above": [o for o in view.things(s, above) if o.value.startswith(NS)],
        "below": sorted((x for x in view.subjects(above, s) if x.value.startswith(NS)), key=lambda x: x.value),
        "disjoint": _disjoint(view, s) if kind == "class" else [],
        "domains": view.things(s, "rdfs:domain"),
        "used_on": sorted(view.things(s, "schema:domainIncludes"), key=lambda o: _rank_all(o.value)),
        "ranges": view.things(s, "rdfs:range"),
        "lists": view.things(s, "qb:codeList"),
        "relations": relations,
        "rules": [
            {"name": r.name, "severity": r.severity, "message": Text(r.messages[site.lang], site.lang)}
            for r in rules_by_class().get(s.value, ())
        ],
        "turtle": [{"name": n, "text": essence(n)} for n in examples_of(local)],
        "properties": [],
        "values": [],
    }


def _rank_all(iri: str) -> int:
    order = [cls for _, names in _GROUPS for cls in names]
    local = iri.removeprefix(NS)
    return order.index(local) if local in order else len(order)


def _said(site: Site, s: NamedNode, p: str) -> list[Text]:
    """Return all that is said in the reader's language; else what there is."""
    found = [o for o in site.view.objects(s, p) if isinstance(o, Literal)]
    fitting = [o for o in found if o.language == site.lang] or found
    return [Text(o.value, o.language or "") for o in sorted(fitting, key=lambda o: o.value)]


def _disjoint(view: View, s: NamedNode) -> list[NamedNode]:
    """Return the classes that share nothing with `s`, whichever of the two says so."""
    found = {*view.things(s, "owl:disjointWith"), *view.subjects("owl:disjointWith", s)}
    return sorted(found, key=lambda o: _rank_all(o.value))


def _about(site: Site) -> dict[str, Any]:
    view, lang = site.view, site.lang
    return {
        "description": view.in_language(ONTOLOGY, "dct:description", lang),
        "notes": _said(site, ONTOLOGY, "skos:note"),
        "changes": _said(site, ONTOLOGY, "skos:changeNote"),
        "version": view.text(ONTOLOGY, "owl:versionInfo"),
        "version_iri": view.thing(ONTOLOGY, "owl:versionIRI"),
        "modified": view.text(ONTOLOGY, "dct:modified"),
        "licence": view.thing(ONTOLOGY, "dct:license"),
        "creators": view.things(ONTOLOGY, "dct:creator"),
    }


def _alignments(site: Site) -> list[dict[str, Any]]:
    parts = [s for s in site.view.subjects("dct:isPartOf", ONTOLOGY) if "owl:Ontology" in site.view.types(s)]
    return [
        {"id": "align-" + s.value.rpartition("/")[2], "iri": s, "title": site.label(s)}
        for s in sorted(parts, key=lambda s: s.value)
    ]


def _components(site: Site) -> list[dict[str, Any]]:
    """Return the components of the cube's structure: what each is, and whether it must be there."""
    view, found = site.view, []
    for s in sorted(view.subjects("rdf:type", name("qb:ComponentSpecification")), key=lambda s: s.value):
        for role in ("dimension", "measure", "attribute"):
            for prop in view.things(s, f"qb:{role}"):
                needed = role != "attribute" or view.text(s, "qb:componentRequired") == "true"
                local = s.value.rpartition("/")[2]
                found.append({"id": f"dsd-{local}", "role": role, "property": prop, "needed": needed})
    return sorted(found, key=lambda c: (("dimension", "measure", "attribute").index(c["role"]), c["id"]))


def code_schemes(site: Site) -> list[dict[str, Any]]:
    """Return the code lists of the model: those of a municipality's plan and indicators are things of their own."""
    found = [s for s in site.view.subjects("rdf:type", name("skos:ConceptScheme")) if s.value.startswith(CODE)]
    return [
        {
            "label": site.label(s),
            "href": site.href(s),
            "definition": site.view.in_language(s, "skos:definition", site.lang),
            "size": len(set(site.view.subjects("skos:inScheme", s))),
        }
        for s in sorted(found, key=lambda s: s.value)
    ]


def codes(site: Site) -> Page:
    """The page of the code lists."""
    return Page(template="codes.html", title=site.say("code_lists"), context={"schemes": code_schemes(site)})


# --- examples, which belong to the program rather than to a release


@cache
def example_names() -> tuple[str, ...]:
    return tuple(sorted(p.name for p in (resource_dir("ontology") / "examples").glob("*.ttl")))


@cache
def examples_of(cls: str) -> tuple[str, ...]:
    """Return the names of the examples of a class, the plainest first."""
    return tuple(n for n in example_names() if n == f"{cls}.ttl") + tuple(
        n for n in example_names() if n.startswith(f"{cls}-")
    )


def ahead() -> list[Callable[[], object]]:
    """Return what the page of the ontology needs of files that belong to the program, to be read before it is asked."""
    return [rules_by_class, lambda: [essence(name) for name in example_names()]]


@cache
def example(file: str) -> str:
    """Return a whole example as it is kept; `file` is one of `example_names`."""
    return (resource_dir("ontology") / "examples" / file).read_text("utf-8")


@cache
def essence(file: str) -> str:
    """Return an example without what its thing refers to, and with no more prefixes than that needs."""
    lines = example(file).partition(_REFERRED)[0].splitlines()
    body = "\n".join(line for line in lines if not line.startswith(("#", "@prefix"))).strip()
    text = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', body)
    used = [
        line for line in lines if (m := _PREFIX.match(line)) and re.search(rf"(?<![\w:<]){m['prefix']}:(?=[\w-])", text)
    ]
    return "\n".join(used) + "\n\n" + body + "\n"
