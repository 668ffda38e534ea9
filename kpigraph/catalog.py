"""What is published, for portals: the DCAT 3 catalogue of a snapshot, by the application profile DCAT-AP 3.0.1.

One dataset an edition, in the series of its strategy; a distribution for every dump and table; the SPARQL endpoint as
data service. Licence, date and landing page are there only where the document's card states them, a contact only where
one is configured. What is referred to is described here too, with its type and name, so that a validator or harvester
needs no other file. The catalogue stands in its own named graph, which is in the store but not in the dumps: it gives
their sizes and checksums.

Source: https://www.w3.org/TR/vocab-dcat-3/ and https://semiceu.github.io/DCAT-AP/releases/3.0.1/
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kpigraph import authorities, catalog_pieces
from kpigraph.canonical import Canonical
from kpigraph.catalog_facts import Edition, Fact, Texts, editions_of, row_of, term_of
from kpigraph.catalog_files import Distributions, checksummed
from kpigraph.catalog_pieces import Catalogue, Piece
from kpigraph.config import Settings
from kpigraph.iris import DataIris, local_name, series
from kpigraph.prefixes import CODE
from kpigraph.releases import File
from kpigraph.signing import PublicKey
from kpigraph.store import text
from kpigraph.triples import both, integer, say, term, typed

_KEYWORD = ("重要業績評価指標", "key performance indicators")
_SEC = "https://w3id.org/security#"


# By IRI of dataset: its canonical hash, where it is known, and its measures.
Known = Mapping[str, tuple[Canonical | None, Mapping[str, int | Decimal]]]
Keep = Callable[
    [object, Callable[[], Any]], Any
]  # returns what was kept for what it depends on, else makes it, as JSON


def catalogue(
    facts: Iterable[Fact],
    names: Iterable[str],
    files: Callable[[], Mapping[str, File]],
    settings: Settings,
    measures: Mapping[str, Mapping[str, int | Decimal]] | None = None,
    datasets: Mapping[str, Canonical] | None = None,
    key: PublicKey | None = None,
    keep: Keep = lambda depends_on, make: make(),
    before: Callable[[], Catalogue | None] = lambda: None,
) -> Catalogue:
    """Return the catalogue of the editions that `facts_of` told of, and of the dumps and tables called `names`.

    `files` gives those that are there, plain or packed; it is asked for when all else is made. `measures` are those of
    `quality`, by the IRI of the dataset they are of, `datasets` their canonical hashes; `key` is the one that releases
    are signed with. What is said of the editions of one publisher is made where `keep` has not kept that it was, and
    else taken from the catalogue `before`.
    """
    names = sorted(names)
    facts = list(facts)
    dataset_of = {f["row"]["edition"]: f["row"]["dataset"] for f in facts}
    catalog = _Catalog(DataIris(settings.base_iri), settings, names)
    outlines: list[Any] = []
    made: dict[int, Piece] = {}
    makers: list[Callable[[], Piece]] = []
    for n, group in enumerate(_by_publisher(facts)):
        known = {f["row"]["dataset"]: ((datasets or {}).get(f["row"]["dataset"]),
                                       (measures or {}).get(f["row"]["dataset"], {})) for f in group}  # fmt: skip
        former = {e: dataset_of[e] for f in group if (e := f["row"].get("former")) in dataset_of}
        depends_on = [settings.base_iri, bool(settings.contact_name), names, group, former, repr(sorted(known.items()))]

        def maker(group: list[Fact] = group, former: dict[str, str] = former, known: Known = known) -> Piece:
            return catalog_pieces.piece(catalog.of_publisher(group, former, known))

        def outline(n: int = n, maker: Callable[[], Piece] = maker) -> Any:
            made[n] = maker()
            return made[n].outline

        makers.append(maker)
        outlines.append(keep(["outline", depends_on], outline))
    triples = [*catalog.itself(facts), *catalog.service(facts), *catalog.key(key)]
    licences = {json.dumps(f["row"].get("licence")) for f in facts}
    licence = json.loads(licences.pop()) if len(licences) == 1 else None

    @cache
    def rest() -> Piece:
        there = files()
        said = [*triples, *(t for n in names for t in catalog.files.described(n, there, licence and term_of(licence)))]
        return catalog_pieces.piece([*said, *authorities.described(said)])

    if len(made) < len(makers) and (former_one := before()) is not None:
        kept = (outline for n, outline in enumerate(outlines) if n not in made)
        fresh = chain(made.values(), (make() for make in (rest,)))  # which is made when it is come to
        if (whole := catalog_pieces.changed(former_one, kept, fresh)) is not None:
            return whole
    return catalog_pieces.joined([*(made.get(n) or make() for n, make in enumerate(makers)), rest()])


def _by_publisher(facts: Iterable[Fact]) -> Iterable[list[Fact]]:
    """Return `facts` by publisher; those of one strategy are together, whoever published its editions."""
    groups: dict[str, list[Fact]] = {}
    home: dict[str, str] = {}
    for fact in facts:
        row = fact["row"]
        groups.setdefault(home.setdefault(row["strategy"], row["publisher"]), []).append(fact)
    return groups.values()


class _Catalog:
    """The catalogue of one publisher's site."""

    def __init__(self, iris: DataIris, settings: Settings, names: Iterable[str]) -> None:
        self._iris = iris
        self._settings = settings
        self.files = Distributions(iris, names)
        self.iri = NamedNode(iris.address("catalog"))
        self._service = NamedNode(iris.address("sparql"))
        self._publisher = NamedNode(f"{self.iri.value}#publisher")
        self._contact = NamedNode(f"{self.iri.value}#contact") if settings.contact_name else None

    def of_publisher(self, facts: Iterable[Fact], former: Mapping[str, str], known: Known) -> list[Triple]:
        """Return what is said of the editions that `facts` tell of, which are all of their strategies.

        `former` are datasets by the editions that these are said to follow.
        """
        texts: dict[tuple[str, str], list[Literal]] = defaultdict(list)
        editions = editions_of(facts, former)
        for fact in facts:
            for name, said, values in fact["texts"]:
                these = texts[text(row_of(fact), name), term(said).value]
                these += [t for t in map(term_of, values) if isinstance(t, Literal) and t not in these]
        triples: list[Triple] = []
        of_series: dict[NamedNode, list[Edition]] = defaultdict(list)
        for edition in editions:
            of_series[edition.series].append(edition)
            canonical, measures = known[edition.dataset.value]
            triples += self.dataset(edition, texts)
            triples += _hashed(edition.dataset, canonical)
            triples += _measurements(edition.dataset, measures)
        for its_series, its_editions in of_series.items():
            triples += self.series(its_series, its_editions, texts)
        return [*triples, *authorities.described(triples)]

    def itself(self, facts: Collection[Fact]) -> Iterator[Triple]:
        home = NamedNode(self._iris.base)
        yield from say(self.iri, "rdf:type", term("dcat:Catalog"))
        yield from both(
            self.iri, "dct:title", "自治体の重要業績評価指標（KPI）", "Municipal key performance indicators"
        )
        yield from both(
            self.iri,
            "dct:description",
            "自治体の計画文書に載る指標・基準値・実績値・目標値を、出典の行とともに公開するリンクトデータ",
            "Indicators of municipal plans with their baselines, actuals and targets, as linked data with source lines",
        )
        yield from say(self.iri, "dct:language", authorities.JAPANESE, authorities.ENGLISH)
        yield from say(self.iri, "dcat:themeTaxonomy", authorities.THEMES)
        yield from say(self.iri, "foaf:homepage", home)
        yield from say(home, "rdf:type", term("foaf:Document"))
        yield from say(self.iri, "dcat:service", self._service)
        yield from say(self.iri, "dcat:dataset", *_named(facts, "dataset"))
        # A series has no data of its own. By dcat:dataset it would be harvested as a dataset without files.
        yield from say(self.iri, "dcat:resource", *(NamedNode(series(iri.value)) for iri in _named(facts, "strategy")))
        yield from say(self.iri, "dct:spatial", *_named(facts, "area"))
        yield from say(self.iri, "dct:publisher", self._publisher)
        yield from self._people()

    def _people(self) -> Iterator[Triple]:
        name, base = self._settings.publisher_name, self._iris.base
        yield from say(self._publisher, "rdf:type", term("foaf:Agent"))
        if name:
            yield from say(self._publisher, "foaf:name", Literal(name))
        else:
            yield from both(self._publisher, "foaf:name", f"{base} の運営者", f"Operator of {base}")
        if self._contact:
            yield from say(self._contact, "rdf:type", term("vcard:Kind"))
            yield from say(self._contact, "vcard:fn", Literal(self._settings.contact_name))
            if url := self._settings.contact_url:
                yield from say(self._contact, "vcard:hasURL", NamedNode(url))
            if email := self._settings.contact_email:
                yield from say(self._contact, "vcard:hasEmail", NamedNode(f"mailto:{email}"))
            yield from say(self.iri, "dcat:contactPoint", self._contact)

    def key(self, key: PublicKey | None) -> Iterator[Triple]:
        """Yield the key that releases are signed with: for people who have minisign, and for programs that have not.

        Source: https://w3id.org/security#, Ed25519VerificationKey2020
        """
        if key is None:
            return
        address = self._iris.address(".well-known/minisign.pub")
        this = NamedNode(f"{address}#key")
        yield Triple(self.iri, NamedNode(f"{_SEC}verificationMethod"), this)
        yield from say(this, "rdf:type", NamedNode(f"{_SEC}Ed25519VerificationKey2020"))
        yield from both(
            this, "rdfs:label", "公開版に署名する鍵（minisign）", "Key that releases are signed with (minisign)"
        )
        yield from say(this, "dct:identifier", Literal(key.text))
        yield from say(this, "foaf:page", NamedNode(address))
        yield from say(NamedNode(address), "rdf:type", term("foaf:Document"))
        yield Triple(this, NamedNode(f"{_SEC}controller"), self._publisher)
        multibase = Literal(key.multibase, datatype=NamedNode(f"{_SEC}multibase"))
        yield Triple(this, NamedNode(f"{_SEC}publicKeyMultibase"), multibase)

    def service(self, facts: Iterable[Fact]) -> Iterator[Triple]:
        this = self._service
        yield from say(this, "rdf:type", term("dcat:DataService"))
        yield from both(this, "dct:title", "SPARQL エンドポイント", "SPARQL endpoint")
        yield from both(
            this,
            "dct:description",
            "すべての版のデータを SPARQL 1.1 で問い合わせられる。問合せなしで RDF を求めると、グラフの一覧を返す",
            "Answers SPARQL 1.1 queries over every edition; asked for RDF without a query, it lists its graphs",
        )
        yield from say(this, "dcat:endpointURL", this)
        yield from say(this, "dcat:endpointDescription", this)
        yield from say(this, "dct:conformsTo", authorities.SPARQL_PROTOCOL)
        yield from say(this, "dct:publisher", self._publisher)
        yield from say(this, "dcat:contactPoint", self._contact)
        yield from say(this, "dcat:theme", authorities.GOVERNMENT)
        yield from both(this, "dcat:keyword", *_KEYWORD)
        yield from say(this, "dcat:servesDataset", *_named(facts, "dataset"))

    def dataset(self, edition: Edition, texts: Texts) -> Iterator[Triple]:
        this, row = edition.dataset, edition.row
        page = NamedNode(self._iris.address("doc/" + edition.edition.value.removeprefix(self._iris.address("id/"))))
        yield from say(this, "rdf:type", term("dcat:Dataset"))
        for name in ("dct:title", "dct:description"):
            yield from say(this, name, *texts.get((edition.edition.value, term(name).value), []))
        yield from say(this, "dct:identifier", Literal(this.value))
        yield from self._of_municipality(this, edition, texts)
        yield from say(this, "dct:language", authorities.JAPANESE)
        yield from say(this, "dcat:theme", authorities.GOVERNMENT)
        yield from both(this, "dcat:keyword", *_KEYWORD)
        yield from say(this, "dct:conformsTo", authorities.ONTOLOGY, authorities.CUBE)
        yield from say(this, "foaf:page", page)
        yield from say(page, "rdf:type", term("foaf:Document"))
        for name, variable in _STATED.items():
            yield from say(this, name, row.get(variable))
        yield from say(this, "dcat:inSeries", edition.series)
        yield from say(this, "dcat:isVersionOf", edition.series)
        yield from say(this, "dcat:prev", edition.previous)
        yield from say(this, "dcat:previousVersion", edition.previous)
        yield from say(this, "dcat:distribution", *self.files.iris.values())
        yield from _period(this, edition.first_day, edition.last_day)
        yield from _provenance(this, edition.sources)

    def series(self, this: NamedNode, editions: list[Edition], texts: Texts) -> Iterator[Triple]:
        labels = texts.get((text(editions[-1].row, "strategy"), term("skos:prefLabel").value), [])
        yield from say(this, "rdf:type", term("dcat:DatasetSeries"))
        yield from say(this, "dct:title", *labels)
        words = {"ja": "「{}」の各版。版ごとに一つのデータセット", "en": "The editions of “{}”, each a dataset"}
        for label in labels:
            if label.language in words:
                described = Literal(words[label.language].format(label.value), language=label.language)
                yield from say(this, "dct:description", described)
        yield from self._of_municipality(this, editions[-1], texts)
        yield from say(this, "dct:language", authorities.JAPANESE)
        yield from say(this, "dcat:hasVersion", *(e.dataset for e in editions))
        yield from say(this, "dcat:seriesMember", *(e.dataset for e in editions))
        yield from say(this, "dcat:first", editions[0].dataset)
        yield from say(this, "dcat:last", editions[-1].dataset)
        days = [e.first_day for e in editions if e.first_day], [e.last_day for e in editions if e.last_day]
        yield from _period(this, min(days[0], default=""), max(days[1], default=""))

    def _of_municipality(self, this: NamedNode, edition: Edition, texts: Texts) -> Iterator[Triple]:
        """Yield who publishes a dataset or series, whom to ask, and the area it is about."""
        publisher, area = edition.iri("publisher"), edition.row.get("area")
        said = texts.get((publisher.value, term("skos:prefLabel").value), [])
        names = [name for name in said if name.language != "ja-hrkt"]  # kana is no further name of a publisher
        yield from say(this, "dct:publisher", publisher)
        yield from say(this, "dcat:contactPoint", self._contact)
        yield from say(publisher, "rdf:type", term("foaf:Agent"))
        yield from say(publisher, "foaf:name", *(names or [Literal(local_name(publisher.value))]))
        yield from say(publisher, "dct:type", authorities.LOCAL_AUTHORITY)
        if isinstance(area, NamedNode):
            yield from say(this, "dct:spatial", area)
            yield from say(area, "rdf:type", term("dct:Location"))
            yield from say(area, "dct:identifier", Literal(local_name(area.value).removeprefix("C")))
            yield from say(area, "skos:prefLabel", *names)


def _named(facts: Iterable[Fact], name: str) -> Iterator[NamedNode]:
    """Yield the IRIs that the editions have under `name`, each once."""
    yield from map(NamedNode, dict.fromkeys(f["row"][name] for f in facts if isinstance(f["row"].get(name), str)))


_STATED = {"dcat:version": "version", "dct:license": "licence", "dct:issued": "issued", "dcat:landingPage": "page"}


def _period(this: NamedNode, first_day: str, last_day: str) -> Iterator[Triple]:
    """Yield the days that the statements are about, the target's included."""
    if first_day or last_day:
        period = NamedNode(f"{this.value}#period")
        yield from say(this, "dct:temporal", period)
        yield from say(period, "rdf:type", term("dct:PeriodOfTime"))
        yield from say(period, "dcat:startDate", typed(first_day, "xsd:date") if first_day else None)
        yield from say(period, "dcat:endDate", typed(last_day, "xsd:date") if last_day else None)


def _provenance(this: NamedNode, sources: Iterable[tuple[str, str, str]]) -> Iterator[Triple]:
    """Yield which files a dataset was read from."""
    for n, (file, name, sha256) in enumerate(sources, 1):
        statement = NamedNode(f"{this.value}#provenance-{n}")
        yield from say(this, "prov:wasDerivedFrom", NamedNode(file))
        yield from say(this, "dct:provenance", statement)
        yield from say(statement, "rdf:type", term("dct:ProvenanceStatement"))
        yield from both(
            statement,
            "rdfs:label",
            f"原文 {name}{f'（SHA-256: {sha256}）' if sha256 else ''}から読み取った。"
            "どの値も出典の行を、どの訂正も理由と根拠を示す。",
            f"Read from the source file {name}{f' (SHA-256: {sha256})' if sha256 else ''}. "
            "Every value names its source lines, every correction its reason and evidence.",
        )


def _hashed(dataset: NamedNode, known: Canonical | None) -> Iterator[Triple]:
    """Yield the canonical hash of a dataset: of what it says, whatever the file."""
    if known is not None:
        checksum = NamedNode(f"{dataset.value}#checksum")
        yield from say(dataset, "spdx:checksum", checksum)
        yield from checksummed(checksum, known.sha256)
        yield from say(checksum, "dct:conformsTo", authorities.CANONICAL)
        yield from both(
            checksum,
            "rdfs:comment",
            f"名前が {known.graphs} で始まるグラフの {known.quads:,} クワッドの SHA-256（RDFC-1.0 で正規化）",
            f"SHA-256 of the {known.quads:,} quads, as canonical N-Quads (RDFC-1.0), in the graphs whose names begin "
            f"with {known.graphs}",
        )


def _measurements(dataset: NamedNode, measures: Mapping[str, int | Decimal]) -> Iterator[Triple]:
    """Yield each measure as a measurement. Source: Data Quality Vocabulary, https://www.w3.org/TR/vocab-dqv/"""
    for metric, value in sorted(measures.items()):
        this = NamedNode(f"{dataset.value}#quality-{metric}")
        number = integer(value) if isinstance(value, int) else typed(f"{value.normalize():f}", "xsd:decimal")
        yield from say(dataset, "dqv:hasQualityMeasurement", this)
        yield from say(this, "rdf:type", term("dqv:QualityMeasurement"))
        yield from say(this, "dqv:computedOn", dataset)
        yield from say(this, "dqv:isMeasurementOf", NamedNode(f"{CODE}quality-{metric}"))
        yield from say(this, "dqv:value", number)
