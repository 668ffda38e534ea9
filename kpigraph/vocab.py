"""Closed namespaces (a misspelt term fails at once) and the prefixes bound on every graph.

`KPI` mirrors ontology/kpi.ttl; tests/test_ontology.py fails when the two differ. Foreign terms are closed by rdflib's
own namespace classes where it has them, else listed here.
"""

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, ORG, OWL, PROV, QB, RDF, RDFS, SKOS, TIME, XSD, DefinedNamespace, Namespace

from kpigraph.prefixes import PREFIXES

__all__ = [
    "DCAT", "DCTERMS", "KPI", "OA", "ORG", "OWL", "PROV", "QB", "QUDT", "RDF", "RDFS", "SA", "SC", "SD", "SEMAPV",
    "SKOS", "SM", "SPDX", "SSSOM", "TIME", "UNIT", "XSD", "bind_prefixes",
]  # fmt: skip


class KPI(DefinedNamespace):
    """The terms of the kpigraph ontology."""

    _NS = Namespace("https://w3id.org/kpigraph/ns#")
    _fail = True

    # classes
    Municipality: URIRef
    Strategy: URIRef
    Edition: URIRef
    SourceFile: URIRef
    SourceRow: URIRef
    PlanElement: URIRef
    Goal: URIRef
    BasicDirection: URIRef
    Measure: URIRef
    Placement: URIRef
    Indicator: URIRef
    SharedIndicator: URIRef
    Mapping: URIRef
    Listing: URIRef
    Statement: URIRef
    Baseline: URIRef
    Actual: URIRef
    Target: URIRef
    PrintedReading: URIRef
    Conflict: URIRef
    SelfAssessment: URIRef
    ResolvedTarget: URIRef
    Assessment: URIRef
    Correction: URIRef
    DerivationRun: URIRef
    Period: URIRef
    Unit: URIRef

    # individuals and the datatype
    dsd: URIRef
    dantaiCode: URIRef

    # who and where
    municipality: URIRef
    area: URIRef
    prefecture: URIRef
    prefectureName: URIRef
    edition: URIRef
    department: URIRef
    # the plan
    hasDirection: URIRef
    hasMeasure: URIRef
    places: URIRef
    under: URIRef
    relistMarker: URIRef
    order: URIRef
    underMeasure: URIRef
    placement: URIRef
    relisted: URIRef
    realizes: URIRef
    unitKind: URIRef
    periodKind: URIRef
    denominatorIndicator: URIRef
    cofogDivision: URIRef
    # what is printed
    statedLabel: URIRef
    statedDepartment: URIRef
    statedRating: URIRef
    remark: URIRef
    statedValue: URIRef
    statedPeriod: URIRef
    statedUnit: URIRef
    valueCells: URIRef
    part: URIRef
    rowHash: URIRef
    encoding: URIRef
    # what was read
    indicator: URIRef
    role: URIRef
    aggregation: URIRef
    aggregationBasis: URIRef
    valueForm: URIRef
    comparator: URIRef
    maintenance: URIRef
    intent: URIRef
    unit: URIRef
    baseValue: URIRef
    relativeChange: URIRef
    absoluteChange: URIRef
    minimumValue: URIRef
    maximumValue: URIRef
    numerator: URIRef
    ratioValue: URIRef
    denominator: URIRef
    formerStatedValue: URIRef
    formerValue: URIRef
    revisedIn: URIRef
    due: URIRef
    missingReason: URIRef
    relativeTo: URIRef
    relativeToPeriod: URIRef
    ambiguity: URIRef
    possibleValue: URIRef
    unresolvedReason: URIRef
    precision: URIRef
    unanchored: URIRef
    conflicting: URIRef
    # periods and units
    startDate: URIRef
    endDate: URIRef
    calendar: URIRef
    baseUnit: URIRef
    factor: URIRef
    minimum: URIRef
    maximum: URIRef
    # what was derived
    resolves: URIRef
    ofBaseline: URIRef
    ofActual: URIRef
    ofTarget: URIRef
    status: URIRef
    reason: URIRef
    progressRatio: URIRef
    achievementRatio: URIRef
    cumulativeShare: URIRef
    elapsedShare: URIRef
    desiredDirection: URIRef
    directionBasis: URIRef
    method: URIRef
    # what holds now
    latestActual: URIRef
    numericTarget: URIRef
    currentAssessment: URIRef
    inGoal: URIRef
    inStrategy: URIRef
    # corrections
    corrects: URIRef
    property: URIRef
    originalText: URIRef
    correctedText: URIRef
    reasonCode: URIRef
    evidence: URIRef


class DCAT(DefinedNamespace):
    """DCAT 3 terms in use; rdflib's own list stops at DCAT 2."""

    _NS = Namespace("http://www.w3.org/ns/dcat#")
    _fail = True
    version: URIRef
    previousVersion: URIRef
    mediaType: URIRef
    landingPage: URIRef


class OA(DefinedNamespace):
    """Web Annotation terms in use."""

    _NS = Namespace("http://www.w3.org/ns/oa#")
    _fail = True
    SpecificResource: URIRef
    FragmentSelector: URIRef
    TextQuoteSelector: URIRef
    hasSource: URIRef
    hasSelector: URIRef
    exact: URIRef


class SPDX(DefinedNamespace):
    """SPDX terms in use."""

    _NS = Namespace("http://spdx.org/rdf/terms#")
    _fail = True
    Checksum: URIRef
    algorithm: URIRef
    checksumAlgorithm_sha256: URIRef
    checksumValue: URIRef
    checksum: URIRef


class QUDT(DefinedNamespace):
    """QUDT terms in use."""

    _NS = Namespace("http://qudt.org/schema/qudt/")
    _fail = True
    scalingOf: URIRef


class SM(DefinedNamespace):
    """SDMX measures in use."""

    _NS = Namespace("http://purl.org/linked-data/sdmx/2009/measure#")
    _fail = True
    obsValue: URIRef


class SD(DefinedNamespace):
    """SDMX dimensions in use."""

    _NS = Namespace("http://purl.org/linked-data/sdmx/2009/dimension#")
    _fail = True
    refArea: URIRef
    refPeriod: URIRef


class SA(DefinedNamespace):
    """SDMX attributes in use."""

    _NS = Namespace("http://purl.org/linked-data/sdmx/2009/attribute#")
    _fail = True
    unitMeasure: URIRef
    unitMult: URIRef
    obsStatus: URIRef
    decimals: URIRef


class SSSOM(DefinedNamespace):
    """SSSOM terms in use."""

    _NS = Namespace("https://w3id.org/sssom/")
    _fail = True
    mapping_justification: URIRef
    confidence: URIRef
    reviewer_id: URIRef
    reviewer_label: URIRef
    mapping_tool: URIRef


SEMAPV = Namespace("https://w3id.org/semapv/vocab/")
SC = Namespace("http://purl.org/linked-data/sdmx/2009/code#")
UNIT = Namespace("http://qudt.org/vocab/unit/")


for _namespace in (KPI, DCAT, OA, SPDX, QUDT, SM, SD, SA, SSSOM, DCTERMS, ORG, PROV, QB, RDF, RDFS, SKOS):
    for _name in _namespace.__annotations__:
        if not _name.startswith("_"):  # found as any attribute is: rdflib looks for each term at every use
            setattr(_namespace, _name, _namespace[_name])


def bind_prefixes(graph: Graph) -> Graph:
    """Bind every prefix of `PREFIXES` on `graph` and return it."""
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace, override=True, replace=True)
    return graph
