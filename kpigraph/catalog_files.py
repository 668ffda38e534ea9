"""What can be downloaded, as the catalogue tells it: a distribution for every dump, table and file of matches.

The compressed dumps are no distributions of their own: they hold the same as the plain ones, in bytes that can differ
from one machine to the next, and a server sends them to who accepts gzip. Where a dump or table is there only
compressed, that file is the download, with its size and checksum, and a server gives access under the plain name.
"""

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import NamedNode, Triple

from kpigraph import authorities, csvw, mapping_table
from kpigraph.dumps import REPRESENTATIONS
from kpigraph.iris import DataIris
from kpigraph.releases import File
from kpigraph.store import Term
from kpigraph.triples import both, say, term, typed

_TITLES = {
    "observations": ("指標の値（CSV）", "Values of indicators (CSV)"),
    "listings": ("指標の位置（CSV）", "Where indicators stand (CSV)"),
    "assessments": ("目標の達成状況（CSV）", "Assessments of targets (CSV)"),
}
_TABLE_TYPES = {"csv": "text/csv", "tsv": "text/tab-separated-values"}
_MAPPINGS = (mapping_table.TSV, mapping_table.TTL)


class Distributions:
    """The distributions that every dataset has; `iris` by the name of the file."""

    def __init__(self, iris: DataIris, names: Iterable[str]) -> None:
        self._address = iris.address
        self._service = NamedNode(iris.address("sparql"))
        self.iris = {n: NamedNode(iris.address(f"download/{n}#distribution")) for n in names}

    def described(self, name: str, files: Mapping[str, File], licence: Term | None) -> Iterator[Triple]:
        """Yield what is said of the dump or table `name`; `files` are those that are there, plain or packed."""
        this, suffix = self.iris[name], name.rpartition(".")[2]
        published = name if name in files else f"{name}.gz"
        file = files[published]
        address = NamedNode(self._address(f"download/{name}"))
        checksum = NamedNode(f"{self._address(f'download/{published}')}#checksum")
        media_type = _TABLE_TYPES.get(suffix) or REPRESENTATIONS[suffix].media_type
        yield from say(this, "rdf:type", term("dcat:Distribution"))
        yield from say(this, "dcat:accessURL", address)
        yield from say(this, "dcat:downloadURL", NamedNode(self._address(f"download/{published}")))
        yield from say(this, "dcat:mediaType", authorities.media_type(media_type))
        if published != name:
            yield from say(this, "dcat:compressFormat", authorities.media_type("application/gzip"))
        yield from say(this, "dct:format", authorities.file_type(suffix))
        yield from say(this, "dcat:byteSize", typed(str(file.bytes), "xsd:nonNegativeInteger"))
        yield from say(this, "spdx:checksum", checksum)
        yield from checksummed(checksum, file.sha256)
        yield from say(this, "dct:license", licence)
        if name in _MAPPINGS:
            yield from self._mappings(this, name)
        else:
            yield from self._table(this, name) if suffix == "csv" else self._dump(this, name)

    def _mappings(self, this: NamedNode, name: str) -> Iterator[Triple]:
        yield from both(this, "dct:title", f"指標の対応（{name}）", f"Matches of indicators ({name})")
        yield from both(
            this,
            "dct:description",
            "自治体の指標と共通指標との対応（人が確認したもの）、共通指標と他の機関の用語との対応",
            "Matches of municipal with shared indicators, accepted by people, and of these with the terms of others",
        )
        yield from say(this, "dct:language", authorities.JAPANESE, authorities.ENGLISH)
        yield from say(this, "dct:conformsTo", authorities.SSSOM)

    def _dump(self, this: NamedNode, name: str) -> Iterator[Triple]:
        yield from both(this, "dct:title", f"全データ（{name}）", f"All data ({name})")
        yield from both(
            this,
            "dct:description",
            "すべての版のグラフ、語彙、コード表",
            "The graphs of every edition, the vocabulary and the code lists",
        )
        yield from say(this, "dct:language", authorities.JAPANESE, authorities.ENGLISH)
        yield from say(this, "dct:conformsTo", authorities.ONTOLOGY, authorities.CUBE)
        yield from say(this, "dcat:accessService", self._service)

    def _table(self, this: NamedNode, name: str) -> Iterator[Triple]:
        table = next(t for t in csvw.TABLES if name in (csvw.file_name(t), csvw.spreadsheet_name(t)))
        ja, en = _TITLES[table.name]
        described = NamedNode(self._address(f"download/{csvw.metadata_name(table)}"))
        if name == csvw.spreadsheet_name(table):
            yield from both(this, "dct:title", f"{ja[:-1]}、表計算ソフト用）", f"{en[:-1]} for spreadsheets)")
        else:
            yield from both(this, "dct:title", ja, en)
        yield from both(this, "dct:description", table.ja, table.en)
        yield from say(this, "dct:language", authorities.JAPANESE)
        yield from say(this, "dct:conformsTo", described)
        yield from say(described, "rdf:type", term("dct:Standard"))
        yield from both(described, "dct:title", f"{ja}の列の定義", f"{en}: what its columns are")


def checksummed(this: NamedNode, sha256: str) -> Iterator[Triple]:
    """Yield what `this`, the checksum of a file or dataset, is."""
    yield from say(this, "rdf:type", term("spdx:Checksum"))
    yield from say(this, "spdx:algorithm", term("spdx:checksumAlgorithm_sha256"))
    yield from say(this, "spdx:checksumValue", typed(sha256, "xsd:hexBinary"))
