"""The unit of work of a build: all documents of one municipality → the parts they come to, and what was met on the way.

It depends on nothing but its `Task`, and the same task gives the same parts wherever it runs. Its documents are read in
the order of their editions, since they share a registry of keys and one name for each lasting thing, and mapped and
validated one graph at a time. What has not changed since an earlier build is taken from the cache.
"""

import gc
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kpigraph import (
    assess,
    editions,
    graph,
    identity,
    municipalities,
    quality,
    recorded,
    reference,
    registry,
    sources,
    written,
)
from kpigraph.building import once, version
from kpigraph.building.outcome import Outcome, Things, merged, report_decoded, report_encoded
from kpigraph.iris import DataIris
from kpigraph.linking import Mapping
from kpigraph.model import Document, Edition, Level, Period
from kpigraph.parts import making
from kpigraph.parts.cache import Cache, key
from kpigraph.parts.part import Part
from kpigraph.problems import Problem, Severity, SourceError, SourceLocation
from kpigraph.read import Limits
from kpigraph.registry import Registry, Trace
from kpigraph.validate import ValidationReport
from kpigraph.vocab import RDF, SKOS

Json = Any
_OF_DOCUMENT = ("graphs", "newest", "series", "cube", "measures", "counts", "canonical")
_COUNTED = ("elements", "placements", "departments", "indicators", "listings", "statements", "corrections")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the parts of one municipality depend on.

    `home` is the folder of its documents, `folders` their names, `files` digests of what is in them, `registry` the
    text of its registry of keys; `lists` the folder of the code lists and `lists_digest` what is in it; `matches` the
    accepted ones.
    """

    home: Path
    folders: tuple[str, ...]
    files: dict[str, str]
    registry: str
    lists: Path
    lists_digest: str
    matches: tuple[Mapping, ...]
    base: str
    limits: Limits
    cache: Path

    def key(self) -> str:
        """Return the key of the outcome."""
        matches = [repr(m) for m in self.settled_matches]
        return key("place", self.home.name, self.files, self.registry, matches, *self._common())

    @property
    def settled_matches(self) -> list[Mapping]:
        """The matches without where they stand in their file, which changes nothing."""
        return [replace(m, at=SourceLocation(file="")) for m in self.matches]

    def document_key(self, folder: str) -> str:
        """Return the key of what is read in a document."""
        files = {name: digest for name, digest in self.files.items() if name.startswith(f"{folder}/")}
        return key("read", self.home.name, files, *self._common())

    def _common(self) -> tuple[object, ...]:
        limits = [self.limits.seconds, self.limits.memory, self.limits.cells]
        return version.program(), self.lists_digest, self.base, limits


def outcome(task: Task) -> Json:
    """Make the parts of a municipality and return what became of it; see `Outcome` for what that is."""
    made = _Place(task).made()
    gc.collect()  # little is left to look through, and while documents are at work nothing is (`once.checker`)
    return made


@dataclass(frozen=True, slots=True)
class _Read:
    """A document as it was read: `cells` and `keys` are there where that was done now, not taken from the cache."""

    document: Document
    key: str
    edition: Edition
    problems: tuple[Problem, ...]
    traces: tuple[Trace, ...]
    cells: editions.Cells | None = None
    keys: identity.Keys | None = None


class _Place:
    """The work on one task."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.cache = Cache(task.cache)
        self.iris = DataIris(task.base)
        self.shared = once.shared(task.lists, task.lists_digest, task.base)
        self.checker = once.checker(task.lists, task.lists_digest, task.base)
        self.uses: list[str] = []
        self._known: recorded.Known = {}

    def made(self) -> Json:
        problems: list[Problem] = []
        documents, faults = self._documents(problems)
        if faults:
            return self._nothing(faults=faults)
        problems += municipalities.contradictions(documents, self.shared.known)
        try:
            keys = registry.load(self.task.home)
        except SourceError as e:
            return self._nothing(problems=[*problems, *e.problems])
        before = keys.to_csv()
        read = [self._read(document, keys) for document in documents]
        problems += (p for r in read for p in r.problems)
        if any(p.severity is Severity.ERROR for p in problems):
            return self._nothing(problems=problems)
        settled = self._keep(read, keys)
        parts = self._mapped(read)
        lasting = self._lasting(parts, keys)
        about = [part.json(making.ABOUT) for part in parts]
        reports = [report_decoded(a["report"]) for a in (*about, lasting.json(making.ABOUT))]
        periods = {tuple(p): None for a in about for p in a["periods"]}
        after = keys.to_csv()
        return Outcome(
            (),
            tuple(problems),
            [{"part": p.key, **{n: a[n] for n in _OF_DOCUMENT}} for p, a in zip(parts, about, strict=True)],
            lasting.key,
            recorded.decoded(tuple[Period, ...], list(periods)),
            None if after == before and (self.task.home / "registry.csv").is_file() else after,
            len(keys.minted),
            self._things(keys, [a["units"] for a in about]),
            settled,
            merged(reports),
            tuple(self.uses),
        ).to_json()

    def _nothing(self, faults: Iterable[Problem] = (), problems: Iterable[Problem] = ()) -> Json:
        nothing = ValidationReport(results=(), shapes_loaded=0, nodes_checked=0)
        return Outcome(tuple(faults), tuple(problems), [], "", (), None, 0, "", False, nothing, ()).to_json()

    def _things(self, keys: Registry, units: list[dict[str, list[str]]]) -> str:
        """Keep what mapping files can speak of, and return its name."""
        entries = [(e.key, e.merged_into) for e in keys.entries.values() if e.kind == "kpi"]
        things = Things(entries, units).to_json()
        name = key("things", things)
        if self.cache.json(name) is None:
            self.cache.put_json(name, things)
        self.uses.append(name)
        return name

    def _documents(self, problems: list[Problem]) -> tuple[list[Document], list[Problem]]:
        found: list[Document] = []
        faults: list[Problem] = []
        for folder in self.task.folders:
            try:
                found.append(sources.load(self.task.home / folder, problems))
            except SourceError as e:
                faults += e.problems
        return sorted(found, key=editions.place_in_order), faults

    # ---- reading

    def _read(self, document: Document, keys: Registry) -> _Read:
        """Return what `document` says, read now or, where registry and document allow it, earlier."""
        name = self.task.document_key(document.folder.name)
        self.uses.append(name)
        own = f"{document.series}/{document.edition}"
        for kept in self.cache.json(name) or ():
            traces = recorded.decoded(tuple[Trace, ...], kept["traces"])
            for trace in traces:
                if keys.follow(trace, own):
                    edition = recorded.edition_decoded(document, kept["edition"])
                    problems = recorded.decoded(tuple[Problem, ...], kept["problems"])
                    return _Read(document, name, edition, problems, traces)
        cells = editions.cells_of(document, self.shared.units, self.task.limits)
        named, met = editions.keys_of(document, cells, keys), list[Problem]()
        edition = editions.identified(document, cells, named, met)
        return _Read(document, name, edition, tuple(met), (keys.trace(),), cells, named)

    def _keep(self, read: Sequence[_Read], keys: Registry) -> bool:
        """Keep what was read now; tell whether it is also what the registry that was just made would lead to.

        Where keys were minted, the next build finds them in the registry. What a document comes to then is tried at
        once, while the cells are there, and kept too where it is something else: that build need not read them again.
        """
        settled, known, then = True, True, keys.as_saved()
        for r in read:
            own = f"{r.document.series}/{r.document.edition}"
            traces, other = r.traces, list[str]()
            if known and not any(then.follow(trace, own) for trace in r.traces):
                if r.cells is None:  # from here on it is not known what the registry would lead to
                    settled = known = False
                    continue
                named, met = editions.keys_of(r.document, r.cells, then), list[Problem]()
                if named == r.keys:
                    traces = (*traces, then.trace())
                else:
                    edition = editions.identified(r.document, r.cells, named, met)
                    other = [self._kept(edition, met, (then.trace(),))]
                    settled = False
            if r.cells is not None:
                kept = [self._kept(r.edition, r.problems, traces), *other]
                self.cache.put_text(r.key, f"[{','.join(kept)}]")
        return settled

    def _kept(self, edition: Edition, problems: Iterable[Problem], traces: tuple[Trace, ...]) -> str:
        """Return the JSON of what was read in a document, as its text."""
        said = recorded.edition_text(edition, self._known)
        met, done = (recorded.text(recorded.encoded(records)) for records in (tuple(problems), traces))
        return f'{{"edition":{said},"problems":{met},"traces":{done}}}'

    # ---- mapping

    def _mapped(self, read: Sequence[_Read]) -> list[Part]:
        """Return the part of every document, in order."""
        renamed = editions.with_current_names([r.edition for r in read])
        previous = editions.previous_editions(e.document for e in renamed)
        newest = {e.document.series: e.document.edition for e in renamed}
        parts = []
        for edition, r in zip(renamed, read, strict=True):
            d = edition.document
            before, is_newest = previous.get((d.municipality, d.series, d.edition), ""), newest[d.series] == d.edition
            name = self._part_key(edition, r.problems, before, is_newest=is_newest)
            self.uses.append(name)
            if not self.cache.has_part(name):
                self.cache.put(name, self._map(edition, r.problems, before, is_newest=is_newest))
            parts.append(self.cache.part(name))
        return parts

    def _part_key(self, edition: Edition, met: Iterable[Problem], before: str, *, is_newest: bool) -> str:
        document = replace(edition.document, folder=Path(edition.document.folder.name), file=Path("-"))
        said = recorded.edition_text(edition, self._known) + recorded.text(recorded.encoded(document))
        warnings = sum(p.severity is Severity.WARNING for p in met)
        said = hashlib.sha256(said.encode()).hexdigest()
        return key("part", said, before, is_newest, warnings, self.task.lists_digest, self.task.base, version.program())

    def _map(self, edition: Edition, met: Iterable[Problem], before: str, *, is_newest: bool) -> bytes:
        """Return the part of a document: its graphs, mapped and validated."""
        iris, d = self.iris, edition.document
        derivation = assess.derive(edition)
        mapped = graph.edition_graph(edition, derivation, iris, before)
        around = graph.union(reference.reference_triples([edition], (), iris, self.shared.known))
        summary = graph.union(graph.current_triples(edition, derivation, iris) if is_newest else ())
        layers = {mapped.names.graph(name): layer for name, layer in mapped.layers.items()}
        ref, current, texts = iris.graph("ref"), iris.graph("current"), written.Texts()
        report = self.checker.check([*layers.values(), around, summary], texts=texts)
        about = {
            "graphs": list(layers),
            "newest": is_newest,
            "series": d.series,
            "cube": mapped.names.part("cube"),
            "measures": recorded.encoded(quality.measure(edition, derivation, report, met)),
            "counts": _counts(edition),
            "units": _units(edition),
            "periods": recorded.encoded(_periods(edition)),
            "report": report_encoded(report),
        }
        return making.document_part(
            [quad for name, layer in layers.items() for quad in written.quads(layer, name, texts)],
            [*written.quads(around, ref, texts), *written.quads(summary, current, texts)],
            [*(layers if is_newest else ()), ref, current],
            own=iris.thing("lg", d.municipality, "doc", d.series, d.edition) + "/",
            home=iris.municipality(d.municipality),
            base=self.task.base,
            about=about,
        )

    def _lasting(self, documents: Sequence[Part], keys: Registry) -> Part:
        """Return the part of the lasting things of the municipality."""
        iris = self.iris
        replaced = [(old.kind, old.key, kept.kind, kept.key) for old, kept in keys.merged()]
        matches = [repr(m) for m in self.task.settled_matches]
        checked = key("matches", matches, self.task.lists_digest, self.task.base, version.program())
        parts = [d.key for d in documents]
        name = key("lasting", parts, replaced, matches, self.task.lists_digest, self.task.base, version.program())
        self.uses.append(name)
        if not self.cache.has_part(name):
            said = graph.union(graph.mapping_triples(self.task.matches, iris))
            mappings, current = iris.graph("mappings"), iris.graph("current")
            texts = written.Texts()
            more = [*written.quads(said, mappings, texts)]
            more += written.quads(graph.replacement_triples([keys], iris), current, texts)
            made = making.lasting_part(
                documents,
                more,
                [mappings, current],
                home=iris.municipality(self.task.home.name),
                base=self.task.base,
                about={"report": self._validated(checked, said)},
            )
            self.cache.put(name, made)
        if checked in self.cache:
            self.uses.append(checked)
        return self.cache.part(name)

    def _validated(self, name: str, matches: graph.Triples) -> Json:
        """Return the report on what was matched, as it is kept under `name`: documents change more often.

        That it was matched to concepts is all that matches say of these.
        """
        if not matches:
            return report_encoded(merged([]))
        if (kept := self.cache.json(name)) is None:
            concepts = [(o, RDF.type, SKOS.Concept) for o in {o for _, _, o in matches} if o in self.shared.concepts]
            kept = report_encoded(once.checker_of_parts().check([matches, concepts]))
            self.cache.put_json(name, kept)
        return kept


def _counts(edition: Edition) -> dict[str, int]:
    levels = {f"{level.value}s": sum(e.level is level for e in edition.elements) for level in Level}
    return {"documents": 1, **levels, **{name: len(getattr(edition, name)) for name in _COUNTED}}


def _units(edition: Edition) -> dict[str, list[str]]:
    """Return the notations of the units of the statements of every indicator, by its key."""
    found: dict[str, set[str]] = {i.key: set() for i in edition.indicators}
    for s in edition.statements:
        if s.unit:
            found[s.indicator].add(s.unit.notation)
    return {indicator: sorted(units) for indicator, units in found.items()}


def _periods(edition: Edition) -> tuple[Period, ...]:
    return tuple(sorted(set(reference.periods_of(edition)), key=repr))
