"""Where the figures of an indicator are from, and how to cite them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kpigraph.serve.cards import Line
from kpigraph.serve.describe import Text
from kpigraph.serve.site import Site
from kpigraph.serve.texts import texts

_BIBTEX = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "%": "\\%", "#": "\\#", "&": "\\&", "_": "\\_", "$": "\\$",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
}  # fmt: skip
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that figures were read from: the document it is, who published that, and the lines that were read."""

    edition: NamedNode
    title: Text
    publishers: tuple[NamedNode, ...]
    file: NamedNode
    file_name: str
    sha256: str
    licences: tuple[NamedNode, ...]
    lines: tuple[Line, ...]


def sources(site: Site, lines: Iterable[Line]) -> list[Source]:
    """Return the files that `lines` stand in, each with its lines in order."""
    view, by_file = site.view, dict[NamedNode, dict[NamedNode, Line]]()
    for line in lines:
        if file := view.thing(line.iri, "oa:hasSource"):
            by_file.setdefault(file, {})[line.iri] = line
    found = []
    for file, read in sorted(by_file.items(), key=lambda f: f[0].value):
        if (edition := view.thing(file, "dct:isPartOf")) is None:
            continue
        datasets = view.subjects("prov:wasDerivedFrom", file)
        found.append(
            Source(
                edition=edition,
                title=view.in_language(edition, "dct:title", site.lang) or site.label(edition),
                publishers=tuple(view.things(edition, "dct:publisher")),
                file=file,
                file_name=view.text(file, "dct:title"),
                sha256=view.text(view.thing(file, "spdx:checksum"), "spdx:checksumValue"),
                licences=tuple({x for d in datasets for x in view.things(d, "dct:license")}),
                lines=tuple(sorted(read.values(), key=lambda line: line.order)),
            )
        )
    return found


def released(site: Site) -> tuple[str, str]:
    """Return the release and the day it was made on (UTC); both are "" for what is read from another endpoint."""
    day = str(site.served.manifest.get("built_at", ""))[:10]
    return (site.served.version if day else ""), day


def read_by(site: Site) -> str:
    t, (release, day) = texts(site.lang), released(site)
    program = site.served.manifest.get("versions", {}).get("kpigraph", "")
    if not day:
        return t["read_by_live"]
    return t["read_by_value"].format(program=program, release=release, day=day)


def plain(site: Site, s: NamedNode, sources: Sequence[Source]) -> str:
    """Return how to cite an indicator in a text, with its release, the day of that and its lasting name."""
    t, (release, day) = texts(site.lang), released(site)
    what = t["cite_of"].format(publisher=_publisher(site, s, sources), label=site.label(s), document=_title(sources))
    when = f"{t['comma']}{t['cite_release'].format(release=release, day=day)}" if day else ""
    return f"{what}{when}{'。' if site.lang == 'ja' else '. '}{s.value}"


def bibtex(site: Site, s: NamedNode, sources: Sequence[Source]) -> str:
    """Return the same as an entry for BibTeX, nothing of which can be taken for a command."""
    t, (release, day) = texts(site.lang), released(site)
    key = re.sub(r"[^A-Za-z0-9]+", "-", s.value.rpartition("/id/")[2]).strip("-")
    fields = {
        "author": f"{{{escaped(_publisher(site, s, sources))}}}",
        "title": f"{{{escaped(str(site.label(s)))}}}",
        "howpublished": escaped(_title(sources)),
        "year": day[:4],
        "note": escaped(t["cite_release"].format(release=release, day=day)) if day else "",
        "url": s.value,
    }
    lines = (f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{kpigraph-{key},\n" + ",\n".join(lines) + "\n}\n"


def escaped(text: str) -> str:
    """Return `text` on one line, as it stands in a field of BibTeX."""
    return "".join(_BIBTEX.get(character, character) for character in _BLANKS.sub(" ", text).strip())


def _publisher(site: Site, s: NamedNode, sources: Sequence[Source]) -> str:
    found = [p for source in sources for p in source.publishers]
    found = found or [m for m in [site.view.thing(s, "kpi:municipality")] if m is not None]
    return texts(site.lang)["comma"].join(dict.fromkeys(str(site.label(p)) for p in found))


def _title(sources: Sequence[Source]) -> str:
    return " / ".join(dict.fromkeys(str(source.title) for source in sources))
