"""The sieve leaves out no node that a query says something of, and few others stay."""

import random
from collections import Counter

import pytest
from fuzzing import constraints
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SH, XSD
from test_validate import MORE, QUERY, agreed, turtle

from kpigraph.validate import load_shapes, validate
from kpigraph.validate.errors import UnsupportedShapeError
from kpigraph.validate.index import Index
from kpigraph.validate.query import Query, read_query
from kpigraph.validate.shape import Shape, Targets
from kpigraph.validate.sieve import Sieve
from kpigraph.validate.sparql import Queries, Questions
from kpigraph.validate.steps import Data
from kpigraph.written import Texts

BASE = constraints.BASE
PREFIXES = (("", BASE), ("rdf", str(RDF)), ("xsd", str(XSD)))
QUERIES = 400
NODE = Shape(
    name=URIRef(BASE + "s"),
    iri=URIRef(BASE + "s"),
    path=None,
    path_name=None,
    severity=SH.Violation,
    messages={},
    active=True,
    targets=Targets(),
    constraints=(),
    refers_to=(),
)


class Unsifted(Questions):
    """One query, that is put to the store for every node."""

    def __init__(self, query: Query) -> None:
        super().__init__(Graph())
        self._one = query

    def read(self, constraint: object) -> Query:
        return self._one

    def sieve(self, constraint: object) -> None:
        return None


def test_every_query_of_ours_is_followed() -> None:
    shapes = load_shapes()
    questions = Questions(shapes)
    asked = set(shapes.objects(None, SH.sparql))
    assert len(asked) > 30
    assert not [constraint for constraint in asked if questions.sieve(constraint) is None]


def test_of_random_queries_no_finding_is_lost() -> None:
    rng, met = random.Random(20_160_331), Counter[str]()
    for _ in range(QUERIES):
        nodes, triples = constraints.data(rng)
        select = constraints.Constraint(rng).query()
        index = Index(triples)
        focus = {index.number(node) for node in nodes}
        try:
            query = read_query(select, PREFIXES)
            kept = Sieve(query).candidates(Data(index), focus)
            queries = Queries(index, Unsifted(query), Texts())
            found = {node for node, _ in queries.answer(NODE, URIRef("urn:q"), focus, strict=False)}
        except UnsupportedShapeError:
            met["not followed"] += 1
            continue
        assert found <= kept, select
        met["exact" if found == kept else "more than exact"] += 1
        met["findings"] += bool(found)
    assert met["exact"] > 3 * met["more than exact"], met
    assert met["findings"] > QUERIES / 4, met
    assert met["not followed"] < QUERIES / 4, met


@pytest.mark.parametrize(
    ("select", "kept"),
    [
        ("SELECT $this { $this :low ?l ; :high ?h FILTER(?l > ?h) }", "f"),
        ("SELECT $this { $this :low ?l FILTER(?l > :x) }", "fg"),  # an error: nobody is right by it
        ("SELECT $this { $this :n ?n FILTER(?n = 1) }", "f"),  # a text and a number: not compared here
        ("SELECT $this { $this :low ?l OPTIONAL { $this :n ?n FILTER(?n = 1) } FILTER(BOUND(?n)) }", "f"),
        ("SELECT $this { $this :low ?l OPTIONAL { $this :n ?n FILTER(?n = 1) } FILTER(!BOUND(?n)) }", "fg"),
        ("SELECT $this { $this :low ?l FILTER NOT EXISTS { $this :n ?n FILTER(?n = 1) } }", "fg"),
        ("SELECT $this { $this :low ?l FILTER NOT EXISTS { $this :n ?n FILTER(?n = 'a') } }", "g"),
        ("SELECT $this { $this :to+ $this }", "g"),
        ("SELECT $this { $this :to ?t } GROUP BY $this HAVING (COUNT(DISTINCT ?t) != 1)", "g"),
    ],
)
def test_what_is_not_known_counts_against_a_node(select: str, kept: str) -> None:
    index = Index(turtle(MORE))
    focus = {index.number(URIRef(BASE + name)) for name in "fg"}
    found = Sieve(read_query(select, PREFIXES)).candidates(Data(index), focus)
    assert sorted(str(index.terms[n]).removeprefix(BASE) for n in found) == list(kept)


@pytest.mark.parametrize(
    "select",
    [
        "SELECT $this { ?a :to ?b . $this :to ?c }",  # a pattern that begins nowhere
        "SELECT $this { $this :to ?a { $this :low ?l OPTIONAL { ?a :low ?b } } }",  # ?a is unbound within
        "SELECT $this { $this :to ?a { $this :low ?l FILTER(?a = $this) } }",
        "SELECT $this { $this :to ?a OPTIONAL { $this :low ?l OPTIONAL { ?a :low ?l } } }",
        "SELECT $this { OPTIONAL { $this :to ?a } ?a :low ?l }",  # ?a may be unbound
        "SELECT $this { $this :low 1 }",  # 1 is written in several ways
        "SELECT $this { $this :low ?l FILTER(COALESCE(?l, 1) = 1) }",
        "SELECT $this { $this :to ?t } GROUP BY $this HAVING(COUNT(DISTINCT ?t) > 1 && BOUND($this))",
        "SELECT $this { $this :low ?l { BIND(1 AS ?b) } UNION { BIND(1 = 1 AS ?b) }"
        " OPTIONAL { $this :to ?x FILTER(?b = (1 = 1)) } FILTER(!BOUND(?x)) }",
    ],
)
def test_what_would_be_followed_otherwise_than_sparql_has_it_is_not(select: str) -> None:
    with pytest.raises(UnsupportedShapeError):
        Sieve(read_query(select, PREFIXES))


JOINED = "SELECT $this { $this :low ?v . ?o :low ?v FILTER(?o != $this) }"


@pytest.mark.filterwarnings("ignore")  # rdflib's, about a literal that is not well formed
@pytest.mark.parametrize(
    "said",
    [
        ":x :low 5",  # rdflib knows of it that it is well formed, and does not know it of 5 as it is added to the data
        ':x :low "yes"^^xsd:boolean . :y :low false',  # one term to rdflib
    ],
)
@pytest.mark.parametrize(
    "select",
    [JOINED, "SELECT $this { $this :low/^:low ?o FILTER(?o != $this) }",
     "SELECT $this { $this :low ?v FILTER EXISTS { ?o :low ?v FILTER(?o != $this) } }"],
)  # fmt: skip
def test_what_is_one_term_to_a_query_is_joined(said: str, select: str) -> None:
    data = turtle(f":x a :Thing . :y a :Thing . {said} .")
    if "false" not in said:
        data.add((URIRef(BASE + "y"), URIRef(BASE + "low"), Literal(5)))
    assert len(agreed(data, turtle(QUERY.format(select))).results) == 2


@pytest.mark.parametrize(
    ("select", "followed"),
    [
        ("SELECT $this { $this :low ?l FILTER(?l > 2) }", True),
        ("SELECT $this { $this :low ?l :high ?h }", False),  # what is no query is told, though no node is at fault
        ("SELECT $this { $this :gone ?l FILTER(CONTAINS(?l)) }", False),
        ("SELECT $this { $this :low ?l FILTER(" + " || ".join(["?l = 9"] * 2_000) + ") }", False),
    ],
)
def test_a_query_that_cannot_be_read_or_followed_is_put_to_the_store(select: str, *, followed: bool) -> None:
    shapes = turtle(QUERY.format(select))
    [constraint] = shapes.objects(None, SH.sparql)
    assert (Questions(shapes).sieve(constraint) is not None) == followed


def test_a_broken_pattern_and_a_long_expression_are_for_the_store_to_judge() -> None:
    long = "SELECT $this { $this :low ?l FILTER(" + " || ".join(["?l = 9"] * 400 + ["?l = 3"]) + ") }"
    report = validate(turtle(MORE), turtle(QUERY.format(long)))
    assert [r.focus_node for r in report.results] == [URIRef(BASE + "f")]
    broken = "SELECT $this { $this :n ?n FILTER(REGEX(?n, '(')) }"
    index = Index(turtle(MORE))
    focus = {index.number(URIRef(BASE + name)) for name in "fg"}
    assert len(Sieve(read_query(broken, PREFIXES)).candidates(Data(index), focus)) == 1  # who has an :n: not known


def test_a_node_that_the_store_writes_otherwise_is_left_to_pyshacl() -> None:
    shapes = turtle(QUERY.format("SELECT $this { FILTER(BOUND($this)) }") + ':s sh:targetNode "1"^^xsd:boolean .')
    agreed(turtle(MORE + ':f :n "1"^^xsd:boolean .'), shapes)
