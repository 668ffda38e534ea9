"""What was matched to what, as a release has it: mappings.sssom.tsv, and the same as mappings.ttl.

Rows are the matches that people accepted, of imported publications too, and those of the shared indicators with the
terms of others (SDGs, e-Stat, Wikidata). The format is SSSOM/TSV, https://w3id.org/sssom, version 1.0. Names of foreign
publishers' municipalities have a prefix each (lg2, lg3 …), in order of their base IRIs.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from pyoxigraph import RdfFormat, Triple, parse

from kpigraph import dumps, written
from kpigraph.formulas import safe
from kpigraph.iris import DataIris
from kpigraph.known import AtHand, word
from kpigraph.order import triples_in_order
from kpigraph.prefixes import CODE
from kpigraph.written import language, value

TSV, TTL = "mappings.sssom.tsv", "mappings.ttl"
FILES = TSV, TTL
COUNTS = "mappings", "shared_mappings"
COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification", "confidence",
    "reviewer_id", "reviewer_label", "mapping_date", "mapping_tool", "comment",
)  # fmt: skip
_MATCHES = "skos:exactMatch skos:closeMatch skos:broadMatch skos:narrowMatch skos:relatedMatch"
# Names in the row of an accepted match, each with the property that it is said by: what each has, what some have.
_ROW = (
    ("s", "owl:annotatedSource"), ("how", "owl:annotatedProperty"), ("o", "owl:annotatedTarget"),
    ("justification", "sssom:mapping_justification"),
)  # fmt: skip
_AND = (
    ("confidence", "sssom:confidence"), ("who", "sssom:reviewer_id"), ("name", "sssom:reviewer_label"),
    ("day", "dct:created"), ("tool", "sssom:mapping_tool"), ("comment", "rdfs:comment"),
)  # fmt: skip
_CURATED = "https://w3id.org/semapv/vocab/ManualMappingCuration"
_PREFIXES = {
    "estat": "http://data.e-stat.go.jp/lod/ontology/measure/",
    "orcid": "https://orcid.org/",
    "sdg": "http://metadata.un.org/sdg/",
    "semapv": "https://w3id.org/semapv/vocab/",
    "shared": CODE + "indicator/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "wd": "http://www.wikidata.org/entity/",
}


@dataclass(frozen=True, slots=True)
class Matches:
    """Matches as texts, by variable; names of indicators by their IRIs; and the triples that say it."""

    accepted: list[dict[str, str]]
    of_shared: list[dict[str, str]]
    labels: dict[str, str]
    triples: list[Triple]


def matches_of(known: AtHand) -> Matches:
    """Return the matches, and the names of all indicators, which matches elsewhere may speak of."""
    labels: dict[str, str] = {}
    for cls in ("kpi:Indicator", "kpi:SharedIndicator"):
        for s, said in known.of_class(cls, "skos:prefLabel").items():
            for label in sorted(filter(_is_literal, said["skos:prefLabel"])):
                if language(label) == "ja" or value(s) not in labels:
                    labels[value(s)] = value(label)
    accepted, of_shared = list(_accepted(known)), list(_of_shared(known))
    told = {(r["s"], r["how"], r["o"]) for r in (*accepted, *of_shared)}
    if odd := [triple for triple in told if not all(term.startswith("<") for term in triple)]:
        raise ValueError(f"no match between names: {odd}")
    told |= {(r["r"], p, o) for r in accepted for p, objects in known.about[r["r"]].items() for o in objects}
    return Matches(
        [{name: value(term) for name, term in r.items()} for r in accepted],
        [{name: value(term) for name, term in r.items()} for r in of_shared],
        labels,
        triples_in_order(parse(written.ntriples(told), RdfFormat.N_TRIPLES, lenient=True)),
    )


def _accepted(known: AtHand) -> Iterator[dict[str, str]]:
    """Yield the rows of matches that people accepted; of several values of one match each is in a row of its own."""
    for r, said in known.of_class("kpi:Mapping", " ".join(p for _, p in (*_ROW, *_AND))).items():
        if all(p in said for _, p in _ROW):
            there = [(name, said[p]) for name, p in (*_ROW, *_AND) if p in said]
            for values in product(*(of for _, of in there)):
                yield {"r": r} | dict(zip([name for name, _ in there], values, strict=True))


def _of_shared(known: AtHand) -> Iterator[dict[str, str]]:
    for s, said in known.of_class("kpi:SharedIndicator", _MATCHES).items():
        for how, objects in said.items():
            yield from ({"s": s, "how": word(how), "o": o} for o in objects if not value(o).startswith(CODE))


def write(matches: Matches, folder: Path, base: str) -> dict[str, int]:
    """Write both files into `folder`; return how many matches people accepted, and how many are of shared indicators.

    Where there is none, nothing is written.
    """
    if not matches.accepted and not matches.of_shared:
        return {}
    prefixes = _prefixes([r["s"] for r in matches.accepted] + [r["o"] for r in matches.accepted], base)
    accepted, of_shared = (
        {_cells(r, matches.labels, prefixes) for r in rows} for rows in (matches.accepted, matches.of_shared)
    )
    (folder / TSV).write_text(_tsv(sorted(accepted | of_shared), prefixes, base), encoding="utf-8")
    (folder / TTL).write_bytes(dumps.serialized(triples_in_order(matches.triples), "ttl"))
    return dict(zip(COUNTS, (len(accepted), len(of_shared - accepted)), strict=True))


def unchanged(
    gone: Sequence[Matches], new: Sequence[Matches], labels: tuple[Mapping[str, str], Mapping[str, str]], tsv: bytes
) -> bool:
    """Tell whether the table `tsv` stays as it is when parts with the matches `gone` give way to those with `new`.

    `labels` are the names of the indicators of these parts, before and after. A name counts where the table has it.
    """
    before, after = (
        (
            sorted(repr(sorted(r.items())) for m in these for r in (*m.accepted, *m.of_shared)),
            {t for m in these for t in m.triples},
        )
        for these in (gone, new)
    )
    if before != after:
        return False
    old, now = labels
    renamed = [iri for iri in old.keys() | now.keys() if old.get(iri) != now.get(iri)]
    if any("/id/lg/" not in iri for iri in renamed):  # a shared indicator, which has another prefix
        return False
    named = set(re.findall(rb":([^\t\n]+)", tsv)) if renamed else set()
    return not any(iri.partition("/id/lg/")[2].encode() in named for iri in renamed)


def _prefixes(things: Iterable[str], base: str) -> dict[str, str]:
    own = f"{base}id/lg/"
    homes = {iri.partition("/id/lg/")[0] + "/id/lg/" for iri in things if "/id/lg/" in iri}
    foreign = {f"lg{n}": home for n, home in enumerate(sorted(homes - {own}), 2)}
    return _PREFIXES | {"lg": own} | foreign


def _cells(r: dict[str, str], labels: dict[str, str], prefixes: dict[str, str]) -> tuple[str, ...]:
    def name(iri: str) -> str:
        for prefix, home in prefixes.items():
            if iri.startswith(home):
                return f"{prefix}:{iri[len(home) :]}"
        return iri

    s, o = r["s"], r["o"]
    return (
        name(s), labels.get(s, ""), name(r["how"]), name(o), labels.get(o, ""),
        name(r.get("justification", _CURATED)), r.get("confidence", ""), name(r.get("who", "")), r.get("name", ""),
        r.get("day", ""), r.get("tool", ""), r.get("comment", ""),
    )  # fmt: skip


def _tsv(rows: Iterable[tuple[str, ...]], prefixes: dict[str, str], base: str) -> str:
    out = io.StringIO(newline="")
    out.write("#curie_map:\n")
    for prefix, home in sorted(prefixes.items()):
        out.write(f"#  {prefix}: {home}\n")
    out.write("#license: https://creativecommons.org/publicdomain/zero/1.0/\n")
    out.write(f"#mapping_set_id: {DataIris(base).address('download/' + TSV)}\n")
    out.write(
        "#mapping_set_title: Indicators of municipalities matched to shared indicators, and these to others' terms\n"
    )
    out.write("#sssom_version: '1.0'\n")
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([safe(" ".join(cell.split())) for cell in row])
    return out.getvalue()


def _is_literal(term: str) -> bool:
    return term.startswith('"')
