"""Both engines give the same results, whatever the shapes and the data: the fast one is held to pySHACL."""

import contextlib
import logging
import random
from collections.abc import Iterable
from itertools import chain

import pytest
from conftest import REPO, Kushiro
from mutation import Mutant
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import Node
from test_mutations import FAULTS

from kpigraph import reference
from kpigraph.codelists import UnitCodelist
from kpigraph.iris import DataIris
from kpigraph.ontology import load_vocabulary
from kpigraph.problems import UsageError
from kpigraph.validate import Engine, ValidationReport, kinds, load_shapes, validate

pytestmark = pytest.mark.filterwarnings("ignore")  # rdflib's, about literals that are not well formed
logging.getLogger("rdflib").setLevel(logging.CRITICAL)
Triple = tuple[Node, Node, Node]
EX = Namespace("https://example.org/")

CASES = sorted((REPO / "tests" / "shapes").glob("*.ttl"))
PREFIXES = """
@prefix : <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
"""


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return load_shapes()


def agreed(data: Graph, shapes: Graph, vocabulary: Graph | None = None) -> ValidationReport:
    """Return what the fast engine says, if pySHACL says the same: results with messages, and how much was checked."""
    fast = validate(data, shapes, vocabulary)
    slow = validate(data, shapes, vocabulary, engine=Engine.PYSHACL)
    assert [r.key for r in fast.results] == [r.key for r in slow.results]
    assert fast == slow
    return fast


def graph(triples: Iterable[Triple]) -> Graph:
    made = Graph()
    for triple in triples:
        made.add(triple)
    return made


def turtle(text: str) -> Graph:
    return Graph().parse(data=PREFIXES + text, format="turtle")


# ---- our shapes, on every case and on the real document


@pytest.mark.parametrize("part", range(4))
def test_every_case_of_the_shapes(part: int, shapes: Graph) -> None:
    cases = Graph()
    for n, case in enumerate(CASES[part::4]):
        text = case.read_text(encoding="utf-8").replace("https://kpi.example.jp/", f"https://kpi.example.jp/{n}/")
        cases.parse(data=text, format="turtle")
    report = agreed(cases, shapes)
    assert len({result.shape for result in report.results}) > 50


@pytest.fixture(scope="module")
def release(kushiro: Kushiro, units: UnitCodelist) -> list[Triple]:
    """The graph of the real document, in an order of its own."""
    shared = reference.reference_graph([kushiro.edition], units, DataIris("https://w3id.org/kpigraph/"))
    return sorted(set(chain(*kushiro.layers.values(), shared)))


def test_the_real_document(
    release: list[Triple], shapes: Graph, kushiro: Kushiro, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kpigraph.validate")
    vocabulary = load_vocabulary()
    report = agreed(graph(release), shapes, vocabulary)
    assert report.nodes_checked > 1000
    assert not caplog.messages  # pySHACL was not needed
    parts = [graph(release[n::3]) for n in range(3)]
    assert validate([*parts, parts[0]], shapes, vocabulary) == report


TEXTS = ["", "-", "１", "1.50", "-3", "99999999999999999999", "2015-13-01", "20%増", "a\nb", "%"]
NUMBERS = ["1.50", "01", "-0", "+5", "7", "1e3", "0.1"]
DATATYPES = [None, XSD.string, XSD.integer, XSD.int, XSD.decimal, XSD.date, XSD.dateTime, XSD.boolean, XSD.double,
             XSD.gYear, URIRef("https://example.org/datatype")]  # fmt: skip


def mutated(triples: list[Triple], changes: int, rng: random.Random) -> Graph:
    """Return the data with some triples dropped, changed, doubled, linked elsewhere."""
    changed = graph(triples)
    literals = [(s, p, o) for s, p, o in triples if isinstance(o, Literal)]
    numbers = [t for t in literals if t[2].datatype in (XSD.decimal, XSD.integer)]
    types = [t for t in triples if t[1] == RDF.type]
    subjects = sorted({s for s, _, _ in triples})

    def another(triple: Triple) -> Node:
        """Return an object of another triple of the same predicate."""
        return rng.choice([o for _, p, o in triples if p == triple[1]])

    for _ in range(changes):
        s, p, literal = rng.choice(literals)
        t = rng.choice(triples)
        match rng.randrange(10):
            case 0 | 1:
                changed.remove(t)
            case 2:
                text = rng.choice(TEXTS) + rng.choice(["", str(literal)])
                changed.set((s, p, Literal(text, datatype=literal.datatype, lang=literal.language)))
            case 3:
                changed.set((s, p, Literal(str(literal), datatype=rng.choice(DATATYPES), normalize=rng.random() < 0.5)))
            case 4:
                s, p, literal = rng.choice(numbers)
                changed.set((s, p, Literal(rng.choice(NUMBERS), datatype=literal.datatype, normalize=False)))
            case 5:
                changed.add((s, p, Literal(str(literal), lang=rng.choice(["ja", "en", "JA", "en-GB"]))))
            case 6:
                changed.add((t[0], t[1], another(t)))
            case 7:
                changed.set((t[0], t[1], another(t)))
            case 8:
                changed.add((t[0], RDF.type, rng.choice(types)[2]))
            case 9:
                changed.set((s, p, rng.choice([BNode("b"), *subjects])))
    return changed


@pytest.mark.parametrize("seed", range(3))
def test_the_real_document_mutated(seed: int, release: list[Triple], shapes: Graph) -> None:
    rng = random.Random(seed)
    everything = mutated(release, 25 * (seed + 1), rng)
    subjects = sorted(set(everything.subjects()))
    # A part: some things with what they refer to. Much is missing there, which is what many shapes look for.
    part = set(rng.sample(subjects, len(subjects) // 14))
    part |= {o for s, _, o in everything if s in part}
    report = agreed(graph(t for t in everything if t[0] in part), shapes)
    assert len({result.shape for result in report.results}) > 20


def test_every_fault_of_the_publication_at_once(release: list[Triple], shapes: Graph) -> None:
    """The faults that tests/test_mutations.py makes one by one; some no longer find what they would change."""
    broken = graph(release)
    made = Mutant(broken)
    for change in FAULTS.values():
        with contextlib.suppress(IndexError, ValueError, StopIteration):
            change(made)
    report = agreed(broken, shapes)
    assert len({result.shape for result in report.results}) > 100


# ---- every feature, on shapes made for it

DATA = """
:a a :Thing ; :n 1, 2.50, "x", "2020-01-01"^^xsd:date, "soon"^^xsd:date, "1.50"^^xsd:decimal, "7"^^xsd:int ;
   :n true, :b, [] ;
   :lang "一"@ja, "one"@en, "two"@en, "three" ; :to :b, :c ; :low 3 ; :high 2, 5 ; :same :b ;
   :text "abc", "ABC", "a\\nb" ;
   :when "2020-01-01T00:00:00Z"^^xsd:dateTime, "2021-01-01T00:00:00"^^xsd:dateTime ; :extra 1 .
:b a :Thing ; :to :c ; :n 1 ; :lang "一"@ja ; :low 1 ; :high 2 ; :same :c ; :text "abc" .
:c a :SubThing ; :to :a ; :text "b" ; :low "1" ; :high 9 .
:d a :Other ; :n :a . :SubThing rdfs:subClassOf :MidThing . :MidThing rdfs:subClassOf :Thing .
:e :to :e . [] a :Thing ; :to :a .
"""
# One property or node shape each; all are meant for the instances of :Thing.
PROPERTY = {
    "minCount": "sh:path :extra ; sh:minCount 1",
    "maxCount": "sh:path :n ; sh:maxCount 1",
    "class": "sh:path :to ; sh:class :MidThing",
    "datatype": "sh:path :n ; sh:datatype xsd:date",
    "datatype-decimal": "sh:path :n ; sh:datatype xsd:decimal",
    "datatype-string": "sh:path :lang ; sh:datatype xsd:string",
    "datatype-language": "sh:path :lang ; sh:datatype rdf:langString",
    "nodeKind": "sh:path :n ; sh:nodeKind sh:Literal",
    "nodeKind-2": "sh:path :n ; sh:nodeKind sh:BlankNodeOrIRI",
    "in": 'sh:path :n ; sh:in ( 1 "x" :b 1.5 )',
    "hasValue": "sh:path :n ; sh:hasValue 2.50",
    "pattern": 'sh:path :text ; sh:pattern "^a.*c$"',
    "flags": 'sh:path :text ; sh:pattern "^b$" ; sh:flags "mi"',
    "minLength": "sh:path :n ; sh:minLength 3",
    "maxLength": "sh:path :n ; sh:maxLength 3",
    "languageIn": 'sh:path :lang ; sh:languageIn ( "ja" )',
    "uniqueLang": "sh:path :lang ; sh:uniqueLang true",
    "minInclusive": "sh:path :n ; sh:minInclusive 2",
    "minExclusive": "sh:path :n ; sh:minExclusive 1",
    "maxInclusive": 'sh:path :when ; sh:maxInclusive "2020-06-01T00:00:00Z"^^xsd:dateTime',
    "maxExclusive": "sh:path :n ; sh:maxExclusive 1.5",
    "equals": "sh:path :to ; sh:equals :same",
    "disjoint": "sh:path :to ; sh:disjoint :same",
    "lessThan": "sh:path :low ; sh:lessThan :high",
    "lessThanOrEquals": "sh:path :low ; sh:lessThanOrEquals :high",
    "inverse": "sh:path [ sh:inversePath :to ] ; sh:maxCount 1",
    "sequence": "sh:path ( :to :to ) ; sh:nodeKind sh:Literal",
    "inverse-in-sequence": "sh:path ( :to [ sh:inversePath :to ] ) ; sh:maxCount 1",
    "alternative": "sh:path [ sh:alternativePath ( :to :same [ sh:inversePath :to ] ) ] ; sh:maxCount 1",
    "zeroOrMore": "sh:path [ sh:zeroOrMorePath :to ] ; sh:maxCount 2",
    "oneOrMore": "sh:path [ sh:oneOrMorePath :to ] ; sh:maxCount 2",
    "zeroOrOne": "sh:path [ sh:zeroOrOnePath :to ] ; sh:maxCount 1",
    "node": "sh:path :to ; sh:node :has-n",
    "property": "sh:path :to ; sh:property [ sh:path :n ; sh:minCount 1 ; sh:message 'inner' ]",
    "qualifiedMinCount": "sh:path :to ; sh:qualifiedValueShape :has-n ; sh:qualifiedMinCount 2",
    "qualifiedMaxCount": "sh:path :to ; sh:qualifiedValueShape :has-n ; sh:qualifiedMaxCount 0",
    "severity": "sh:path :extra ; sh:minCount 1 ; sh:severity sh:Info",
}
NODE = {
    "closed": "sh:closed true ; sh:ignoredProperties ( rdf:type :n :lang ) ; sh:property [ sh:path :to ]",
    "and": "sh:and ( :has-n :has-extra )",
    "or": "sh:or ( :has-extra :has-same )",
    "xone": "sh:xone ( :has-n :has-text )",
    "not": "sh:not :has-same",
    "node-and-pattern": 'sh:node :has-extra ; sh:pattern "b$"',
    "several": "sh:class :SubThing, :Other ; sh:nodeKind sh:BlankNode",
}
HELPERS = """
:has-n a sh:NodeShape ; sh:property [ sh:path :n ; sh:minCount 1 ] .
:has-extra a sh:NodeShape ; sh:property [ sh:path :extra ; sh:minCount 1 ] .
:has-same a sh:NodeShape ; sh:property [ sh:path :same ; sh:minCount 1 ] .
:has-text a sh:NodeShape ; sh:property [ sh:path :text ; sh:minCount 1 ] .
:off a sh:NodeShape ; sh:deactivated true ; sh:targetClass :Thing ; sh:nodeKind sh:Literal ; sh:message "off" .
:nodes a sh:NodeShape ; sh:targetNode :a, :nowhere, "text" ; sh:nodeKind sh:BlankNode ; sh:message "nodes" .
:subjects a sh:NodeShape ; sh:targetSubjectsOf :extra ; sh:nodeKind sh:BlankNode ; sh:message "subjects" .
:objects a sh:NodeShape ; sh:targetObjectsOf :n ; sh:nodeKind sh:BlankNode ; sh:message "objects" .
:MidThing a owl:Class, sh:NodeShape ; sh:nodeKind sh:BlankNode ; sh:message "its own instances" .
:qualified a sh:NodeShape ; sh:targetClass :Thing ; sh:property :one, :two ; sh:message "qualified" .
:one sh:path :to ; sh:qualifiedValueShape :has-n ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShapesDisjoint true ;
  sh:message "one" .
:two sh:path :to ; sh:qualifiedValueShape :has-text ; sh:qualifiedMaxCount 1 ; sh:message "two" .
"""


def test_every_feature_of_the_core(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kpigraph.validate")
    written = [f":{name} a sh:PropertyShape ; sh:targetClass :Thing ; {body} ; sh:message '{name}'@en , '…'@ja ."
               for name, body in PROPERTY.items()]  # fmt: skip
    written += [f":{name} a sh:NodeShape ; sh:targetClass :Thing ; {body} ; sh:message '{name}' ."
                for name, body in NODE.items()]  # fmt: skip
    report = agreed(turtle(DATA), turtle(HELPERS + "\n".join(written)))
    assert not caplog.messages
    fired = {str(result.shape).removeprefix("https://example.org/") for result in report.results}
    expected = {*PROPERTY, *NODE, "nodes", "subjects", "objects", "MidThing", "one", "two"} - {"property"}
    assert expected <= fired
    assert "off" not in fired
    assert "inner" in {result.messages.get("en") for result in report.results}


def test_a_literal_is_judged_as_the_data_has_it() -> None:
    """Oxigraph would make one literal of these, and an xsd:integer of an xsd:int."""
    data = turtle(":a a :Thing ; :n 1.5, 7 .")
    for text, datatype in [("1.50", XSD.decimal), ("7", XSD.int), ("1", XSD.boolean), ("yes", XSD.boolean)]:
        data.add((EX.a, EX.n, Literal(text, datatype=datatype, normalize=False)))
    shapes = turtle(
        """:s a sh:PropertyShape ; sh:targetClass :Thing ; sh:path :n ; sh:in ( 1.5 7 ) ; sh:datatype xsd:integer ;
        sh:message "wrong" ."""
    )
    report = agreed(data, shapes)
    wrong = {(r.component, r.value.n3()) for r in report.results if r.value is not None}
    assert {value for component, value in wrong if component == SH.InConstraintComponent} == {
        f'"{text}"^^<{XSD}{name}>'
        for text, name in [("1.50", "decimal"), ("7", "int"), ("1", "boolean"), ("yes", "boolean")]
    }
    assert len(wrong) == 4 + 5


# ---- queries

QUERY = """
:s a sh:NodeShape ; sh:targetClass :Thing ; sh:message "wrong" ; sh:sparql :q .
:q sh:prefixes <https://example.org/> ; sh:select \"\"\"{}\"\"\" .
<https://example.org/> sh:declare [ sh:prefix "" ; sh:namespace "https://example.org/"^^xsd:anyURI ] ,
  [ sh:prefix "xsd" ; sh:namespace "http://www.w3.org/2001/XMLSchema#"^^xsd:anyURI ] .
"""
MORE = """
:f a :Thing ; :low 3 ; :high 2 ; :n "a", "b" ; :to :a ; :start "2020-01-01"^^xsd:date ; :end "2019-12-31"^^xsd:date .
:g a :Thing ; :low 1 ; :high 2 ; :to :g, :b ; :start "2020-01-01"^^xsd:date ; :end "2020-12-31"^^xsd:date .
:b :to :x .
"""
# How each query is asked: of Oxigraph, or of pySHACL as there is something in it on which the two could differ.
ASKED = [
    "SELECT $this ?value WHERE { $this :low ?value ; :high ?high . FILTER(?value > ?high) }",
    "SELECT $this WHERE { $this :to+ ?there . FILTER(?there = $this) }",
    "SELECT $this ?path ?value { { $this :low ?value } UNION { $this :to ?value } BIND(1 AS ?one) $this ?path ?value }",
    "SELECT $this ?value WHERE { { $this :to ?value } { ?value :to ?other } FILTER NOT EXISTS { ?other :low ?x } }",
    "SELECT $this ?value { $this :n|:to ?value . OPTIONAL { $this :low ?low FILTER(?low > 2) } FILTER(!BOUND(?low)) }",
    "SELECT $this (SAMPLE(?l) AS ?value) { $this :low ?l OPTIONAL { $this :to/^:to ?o } } "
    "GROUP BY $this HAVING (COUNT(?o) > 0)",
    "SELECT $this ?value { $this :end ?value ; :start ?s FILTER(?value < ?s && DAY(?s) = 1 && MONTH(?value) = 12) }",
    'SELECT $this ?value { $this :n ?value FILTER(REGEX(?value, "^[ab]$") && REPLACE(?value, "a", "b") = "b") }',
]  # fmt: skip
LEFT = [
    'SELECT $this ?value { $this :n ?value FILTER(REGEX(?value, "A", "i")) }',  # flags
    "SELECT $this ?value { $this :n ?value FILTER(RAND() >= 0) }",  # a function that was not compared
    "SELECT $this ?value { $this :low ?l BIND(?l + 1 AS ?value) }",  # a value that is no term of the data
    "SELECT $this ?value { $this :low|:start ?value ; :high ?high FILTER(?value > ?high) }",  # of several kinds
    "SELECT $this ?value { $this :to* ?value . ?value :low ?low }",
    "SELECT $this ?value { { SELECT $this ?value { $this :low ?value } } }",
    "SELECT $this ?value { $this :low ?value } ORDER BY ?value LIMIT 1",
]


@pytest.mark.parametrize("select", [*ASKED, *LEFT])
def test_a_query_is_asked_for_all_nodes_at_once(select: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kpigraph.validate")
    report = agreed(turtle(MORE), turtle(QUERY.format(select.replace('"', '\\"'))))
    assert report.results
    assert [message.startswith("left to pySHACL: https://example.org/q: ") for message in caplog.messages] == [
        True for _ in LEFT if select in LEFT
    ][:1]


@pytest.mark.parametrize(
    "value",
    [
        '"1.50"^^xsd:decimal',
        '"7"^^xsd:int',
        '"seven"^^xsd:integer',
        '"2020-01-01"^^xsd:date',
        '"x"',
        '"1e400"^^xsd:double',
    ],
)
def test_literals_that_oxigraph_takes_otherwise_are_left_to_pyshacl(
    value: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kpigraph.validate")
    data = turtle(MORE)
    lexical, _, datatype = value.partition("^^")
    data.add((EX.h, RDF.type, EX.Thing))
    data.add((EX.h, EX.high, Literal(1)))
    data.add((EX.h, EX.low, Literal(lexical, datatype=XSD[datatype] if datatype else None, normalize=False)))
    select = "SELECT $this ?value { $this :low ?value ; :high ?high FILTER(?value > ?high) }"
    agreed(data, turtle(QUERY.format(select)))
    assert len(caplog.messages) == 1


def test_a_number_is_compared_by_value_however_it_is_written(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kpigraph.validate")
    data = turtle(":h a :Thing ; :high 1 .")
    data.add((EX.h, EX.low, Literal("1.50", datatype=XSD.decimal, normalize=False)))
    by_value = "SELECT $this ?value { $this :low ?value ; :high ?high FILTER(?value > ?high) }"
    [result] = agreed(data, turtle(QUERY.format(by_value))).results
    assert str(result.value) == "1.50"
    assert not caplog.messages
    by_text = "SELECT $this ?value { $this :low ?value FILTER(STRLEN(STR(?value)) = 4) }"
    assert agreed(data, turtle(QUERY.format(by_text))).results
    data.add((EX.h, EX.low, Literal("1.5", datatype=XSD.decimal)))  # in Oxigraph, the same
    assert len(agreed(data, turtle(QUERY.format(by_value))).results) == 2
    assert [message.endswith("numbers that Oxigraph writes otherwise") for message in caplog.messages] == [True] * 2


def test_where_rdflib_fails_the_answer_is_that_of_sparql(caplog: pytest.LogCaptureFixture) -> None:
    """MONTH of what is no date is an error of the expression (SPARQL, section 17.2); in rdflib it ends the run."""
    shapes = turtle(QUERY.format("SELECT $this ?value { $this :start ?value FILTER(MONTH(?value) = 1) }"))
    data = turtle(MORE + ':h a :Thing ; :start "soon"^^xsd:date .')
    with pytest.raises(UsageError, match="pySHACL fails on this data"):
        validate(data, shapes, engine=Engine.PYSHACL)
    assert {r.focus_node for r in validate(data, shapes).results} == {EX.f, EX.g}


# ---- what only pySHACL knows


@pytest.mark.parametrize(
    "body",
    [
        "sh:targetClass :Thing ; sh:property [ sh:path :extra ; sh:minCount 1 ]",  # its own words, for want of ours
        "sh:targetClass :Thing ; sh:not :s ; sh:message 'it applies itself'",
        "sh:targetClass :Thing ; sh:property [ sh:path [ sh:inversePath ( :to :low ) ] ; sh:maxCount 0 ]",
        "sh:targetClass :Thing ; sh:js :script ; sh:property [ sh:path :extra ; sh:minCount 1 ; sh:message 'm' ]",
    ],
)
def test_shapes_with_something_unknown_are_left_to_pyshacl(body: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kpigraph.validate")
    agreed(turtle(MORE), turtle(f":s a sh:NodeShape ; {body} ."))
    assert [m for m in caplog.messages if m.startswith("left to pySHACL: ")]


def test_shapes_of_another_hand(caplog: pytest.LogCaptureFixture) -> None:
    """The rules of DCAT-AP on the catalogue's test data: alternatives, node shapes, unnamed property shapes."""
    rules = Graph().parse(REPO / "tests" / "dcat-ap" / "rules.ttl")
    data = turtle(
        """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
        :c a dcat:Catalog ; dct:title "x"@en ; dcat:dataset :d . :d a dcat:Dataset ; dct:title 1 ;
        dcat:distribution :x ; dct:issued "soon"^^xsd:date . :x a dcat:Distribution ; dcat:byteSize "many", 1, 2 ;
        dct:license "free" ."""
    )
    report = agreed(data, rules)
    assert len(report.results) > 5


@pytest.mark.parametrize(
    ("digits", "kind"),
    [
        ("53833000000000000", kinds.NUMBER),  # 17 digits: yen of a large city, printed in 億円
        ("-999999999999999000", kinds.NUMBER),
        ("53833000000000001", str(XSD.decimal)),
        ("1000000000000000000", str(XSD.decimal)),
        ("053833000000000000", kinds.RESPELLED),
        ("123456789.5", kinds.NUMBER),
    ],
)
def test_numbers_that_both_engines_count_alike_are_told_apart(digits: str, kind: str) -> None:
    assert kinds.kind(Literal(digits, datatype=XSD.decimal, normalize=False)) == kind
