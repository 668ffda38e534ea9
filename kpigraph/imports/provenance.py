"""Where each imported publication came from, as RDF: what it holds, its address, its checksum, when it was fetched."""

from collections.abc import Iterator

from pyoxigraph import NamedNode, Triple

from kpigraph.imports.manifest import Manifest
from kpigraph.iris import DataIris
from kpigraph.triples import both, say, term, typed


def provenance(
    name: str, source: str, retrieved: str, manifest: Manifest, editions: list[NamedNode], iris: DataIris
) -> Iterator[Triple]:
    """Yield the description of one import; `editions` are those in it."""
    its = NamedNode(iris.thing("import", name))
    checksum = NamedNode(f"{its.value}#checksum")
    yield from say(its, "rdf:type", term("prov:Entity"), term("void:Dataset"))
    yield from both(its, "dct:title", f"取り込んだ公開物（{name}）", f"Imported publication ({name})")
    yield from say(its, "dct:source", *([NamedNode(source)] if source.startswith(("http://", "https://")) else []))
    yield from say(its, "void:uriSpace", typed(manifest.base, "xsd:string"))
    yield from say(its, "prov:generatedAtTime", typed(retrieved, "xsd:dateTime"))
    yield from say(its, "dct:modified", typed(manifest.built_at, "xsd:dateTime"))
    yield from say(its, "dct:hasPart", *editions)
    yield from say(its, "spdx:checksum", checksum)
    yield from say(checksum, "rdf:type", term("spdx:Checksum"))
    yield from say(checksum, "spdx:algorithm", term("spdx:checksumAlgorithm_sha256"))
    yield from say(checksum, "spdx:checksumValue", typed(manifest.files[manifest.dump].sha256, "xsd:hexBinary"))
