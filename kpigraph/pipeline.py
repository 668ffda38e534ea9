"""The whole way, from documents to a published snapshot. The place to start reading.

document → rows → statements → triples → validated graph → published snapshot

What one municipality comes to is made by `building.place`, once for as long as nothing it depends on changes; here it
is seen whether all are well, what they share is added, and they are put together. See docs/build.md.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from kpigraph import dumps, graph, imports, publish, reference, registry, releases, signing
from kpigraph import validate as shacl
from kpigraph.building import changed, foreign, inputs, once, running, unchanged, version
from kpigraph.building.matched import Matched
from kpigraph.building.outcome import Outcome, Things, merged, report_decoded, report_encoded
from kpigraph.building.place import Task
from kpigraph.canonical import Canonical
from kpigraph.config import Settings
from kpigraph.content import Content, Former
from kpigraph.imports import Import
from kpigraph.iris import DataIris
from kpigraph.model import Period
from kpigraph.order import triples_in_order
from kpigraph.parts import cache, making
from kpigraph.parts.cache import Cache
from kpigraph.parts.part import DamagedPartError, Part
from kpigraph.problems import Problem, SourceError, raise_if_any
from kpigraph.read import Limits
from kpigraph.releases import Progress, silent
from kpigraph.terms import Triple, quads


@dataclass(frozen=True, slots=True)
class Built:
    """What a build gave: the release, the report of the validation, the warnings met while reading.

    `made` are the codes of the municipalities whose parts were not all there from an earlier build.
    """

    published: publish.Published
    report: shacl.ValidationReport
    warnings: tuple[Problem, ...]
    made: tuple[str, ...] = ()


class InvalidGraphError(Exception):
    """The graph breaks shapes of severity violation; nothing was published."""

    def __init__(self, report: shacl.ValidationReport) -> None:
        self.report = report
        super().__init__(f"{len(report.results)} results")


def build(
    data: Path,
    out: Path,
    settings: Settings,
    progress: Progress = silent,
    run: running.Run = running.here,
    threads: int = 1,
) -> Built:
    """Read every document under `data`, map, validate and publish it into `out`.

    `run` makes the parts of municipalities, here or elsewhere; `threads` files are written at once.

    Raises:
        SourceError: with every problem of every document; the former snapshot stays.
        InvalidGraphError: if a shape is violated; the former snapshot stays.
        UsageError: if `out` cannot be written, or the key to sign with cannot be used.
    """
    signer = signing.secret_key(Path(settings.signing_key)) if settings.signing_key else None
    brought = imports.find(data)
    found = inputs.read(data, brought, needed=not brought)
    kept = Cache(out / cache.FOLDER)
    try:
        with kept.in_use():
            name = unchanged.name(found.files, settings, _public(signer))
            if (before := unchanged.find(out, kept, name, progress)) is not None:
                return Built(publish.Published(before.release, new=False), before.report, before.warnings)
            damaged: set[str] = set()
            while True:
                try:
                    return _Build(data, out, settings, progress, kept, threads, signer).done(found, brought, run)
                except DamagedPartError as e:
                    if e.key in damaged:  # it was made anew, and is damaged again
                        raise
                    damaged.add(e.key)
                    kept.discard(e.key)
    except (OSError, DamagedPartError) as e:
        raise releases.not_possible(out, e) from e


class _Build:
    """One build, once its inputs are known."""

    def __init__(
        self,
        data: Path,
        out: Path,
        settings: Settings,
        progress: Progress,
        kept: Cache,
        threads: int,
        signer: signing.SecretKey | None,
    ) -> None:
        self.data, self.out, self.settings, self.progress = data, out, settings, progress
        self.cache, self.threads, self.signer = kept, threads, signer
        self.iris = DataIris(settings.base_iri)
        self.uses: list[str] = []  # entries of the cache
        self.small: list[str] = []  # those that are kept together in one
        self.room: float | None = None  # a quad of the release that was changed took, when it was made anew

    def done(self, found: inputs.Inputs, brought: list[Import], run: running.Run) -> Built:
        self.found, self.matched = found, Matched(self.data, found.files)
        self._look_at_lists()
        outcomes, made = self._outcomes(run)
        if faults := [p for o in outcomes for p in o.faults]:
            raise SourceError(*faults)
        problems = [p for o in outcomes for p in o.problems]
        raise_if_any(problems)
        imports.refuse_doubles(brought, {m.home.name for m in found.municipalities}, self.settings.base_iri)
        problems += self._mapping_problems(outcomes)
        raise_if_any(problems)

        self.progress("語彙と共通指標を検証しています", "validating vocabulary and shared indicators")
        shared = self._shared_part({p: None for o in outcomes for p in o.periods})
        reports = [report_decoded(shared.json(making.ABOUT)["report"]), *(o.report for o in outcomes)]
        report = merged(reports)
        if not report.conforms:
            raise InvalidGraphError(report)
        try:
            theirs = list(foreign.parts_of(brought, shared, self.settings, self.cache, self.uses, self.progress))
        except foreign.InvalidImportError as e:
            raise InvalidGraphError(e.report) from None
        warnings = tuple(problems)
        files = found.with_registries(self.data, self._save_registries(outcomes, problems))
        content = self._content(outcomes, shared, theirs, report, warnings, files, len(brought))
        published = publish.publish(self.out, content)
        if published.new:
            self.uses.append(changed.keep(self.cache, published, content, self.room))
        else:
            self.uses.append(changed.keep_looks(self.cache, published.release))
        if all(o.settled for o in outcomes):
            name = unchanged.name(files, self.settings, _public(self.signer))
            unchanged.keep(self.cache, name, published, report, warnings)
            self.uses.append(name)
        together = self.cache.put_together(self.small)
        self.cache.keep_only((together, *self.uses, *(name for o in outcomes for name in o.uses)))
        return Built(published, report, tuple(problems), made)

    @cached_property
    def _lists(self) -> once.Shared:
        return once.shared(self.data / "codelists", self.found.lists, self.settings.base_iri)

    def _look_at_lists(self) -> None:
        """Read the code lists where no build has found them well: a changed document is read by another process."""
        name = cache.key("lists", self.found.lists, self.settings.base_iri, version.program())
        self.small.append(name)
        if self.cache.json(name) is None:
            _ = self._lists
            self.cache.put_later(name, True)

    # ---- municipalities

    def _task(self, m: inputs.Municipality) -> Task:
        s = self.settings
        return Task(
            home=m.home,
            folders=m.folders,
            files=m.files,
            registry=m.registry(),
            lists=self.data / "codelists",
            lists_digest=self.found.lists,
            matches=self.matched.accepted(m.home.name),
            base=s.base_iri,
            limits=Limits(s.read_seconds, s.read_memory, s.read_cells),
            cache=self.cache.folder,
        )

    def _name(self, m: inputs.Municipality) -> str:
        """Return the key of the outcome of a municipality: kept for what its files are, else from what they say."""
        s, code = self.settings, m.home.name
        of_files = cache.key("task", code, m.files, m.registry_digest, self.matched.digest(code), self.found.lists,
                             s.base_iri, s.read_seconds, s.read_memory, s.read_cells, version.program())  # fmt: skip
        self.small.append(of_files)
        if (name := self.cache.json(of_files)) is None:
            name = self._task(m).key()
            if m.registry_is_as_it_was() and self.matched.is_as_it_was(code):
                self.cache.put_later(of_files, name)
        self.small.append(name)
        return str(name)

    def _outcomes(self, run: running.Run) -> tuple[list[Outcome], tuple[str, ...]]:
        """Return what became of every municipality, in their order, and which of them had to be worked on."""
        places = self.found.municipalities
        names = {m.home: self._name(m) for m in places}
        wanted = [self._task(m) for m in places if not self.cache.has_json(names[m.home])]
        doing = run(wanted)  # which may begin at once, beside what follows
        known: dict[Path, Outcome] = {}
        for m in places:
            if (kept := self.cache.json(names[m.home])) is not None:
                outcome = Outcome.from_json(kept)
                if all(used in self.cache for used in outcome.uses):
                    known[m.home] = outcome
        begun = {t.home for t in wanted}
        lost = [self._task(m) for m in places if m.home not in known and m.home not in begun]
        documents = sum(len(m.folders) for m in places)
        done = documents - sum(len(t.folders) for t in (*wanted, *lost))
        self._say_done(done, documents)
        for task, value in chain(doing, run(lost)):
            known[task.home] = outcome = Outcome.from_json(value)
            if not outcome.failed:
                self.cache.put_json(names[task.home], value)
            done += len(task.folders)
            self._say_done(done, documents)
        made = begun | {t.home for t in lost}
        return [known[m.home] for m in places], tuple(m.home.name for m in places if m.home in made)

    def _things(self, name: str) -> Things:
        if (kept := self.cache.json(name)) is None:
            raise DamagedPartError(name, "things")
        return Things.from_json(kept)

    def _mapping_problems(self, outcomes: Sequence[Outcome]) -> list[Problem]:
        """Return what is wrong with mapping files: nothing, where that was found of the same before."""
        homes = [m.home for m in self.found.municipalities]
        if (depends_on := self.matched.depend_on(homes, outcomes)) is None:
            return []
        name = cache.key("mappings", depends_on, self.found.lists, version.program())
        self.small.append(name)
        if self.cache.json(name):
            return []
        if not (problems := self.matched.problems(self._lists, homes, outcomes, self._things)):
            self.cache.put_later(name, True)
        return problems

    def _say_done(self, done: int, of: int) -> None:
        self.progress(f"文書を処理しています {done}/{of}", f"reading and mapping documents {done}/{of}")

    def _save_registries(self, outcomes: Iterable[Outcome], problems: list[Problem]) -> list[Path]:
        """Write the registries that have changed, and return their folders.

        The next build, which finds them, is known to come to the same.
        """
        written = []
        for m, outcome in zip(self.found.municipalities, outcomes, strict=True):
            if outcome.registry is None:
                continue
            registry.save_text(outcome.registry, m.home, outcome.minted, problems)
            written.append(m.home)
            if outcome.settled:
                later = replace(self._task(m), registry=outcome.registry).key()
                self.cache.put_json(later, {**outcome.to_json(), "registry": None, "minted": 0})
                self.small.append(later)
        return written

    # ---- what they share

    def _shared_part(self, periods: Iterable[Period]) -> Part:
        """Return the part of what all speak of: units, periods, shared indicators, vocabulary."""
        names = sorted(self.iris.period(p) for p in periods)
        name = cache.key("shared", self.found.lists, names, self.settings.base_iri, version.program())
        self.uses.append(name)
        if not self.cache.has_part(name):
            ref = graph.union(
                self._lists.unit_triples,
                (t for p in periods for t in reference.period_triples(p, self.iris)),
            )
            vocabulary, comparable = once.vocabulary(), graph.union(self._lists.scheme.triples)
            layers: dict[str, Iterable[Triple]] = {"ref": ref, "indicators": comparable, "vocab": vocabulary}
            graphs = [self.iris.graph(layer) for layer in layers]
            report = once.checker_of_parts().check([comparable])
            made = making.free_part(
                (q for layer, triples in layers.items() for q in quads(triples, self.iris.graph(layer))),
                graphs,
                self.settings.base_iri,
                about={"report": report_encoded(report)},
            )
            self.cache.put(name, made)
        return self.cache.part(name)

    def _content(
        self,
        outcomes: Sequence[Outcome],
        shared: Part,
        theirs: Sequence[foreign.Foreign],
        report: shacl.ValidationReport,
        warnings: Iterable[Problem],
        files: dict[str, str],
        brought: int,
    ) -> Content:
        documents = [d for o in outcomes for d in o.documents]
        lasting = [self.cache.part(o.lasting) for o in outcomes]
        own = [p for o, last in zip(outcomes, lasting, strict=True)
               for p in (last, *(self.cache.part(d["part"]) for d in o.documents))]  # fmt: skip
        imported = [f.part for f in theirs]
        common = [self.iris.graph(name) for name in ("ref", "indicators", "mappings", "current", "vocab", "catalog")]
        current = [g for d in documents if d["newest"] for g in d["graphs"]]
        counts: dict[str, int] = {"documents": 0}
        for d in documents:
            for name, number in d["counts"].items():
                counts[name] = counts.get(name, 0) + number
        return Content(
            parts=(shared, *own, *imported),
            told=(shared, *lasting, *imported),
            default_graphs=(*current, *common, *(name for f in theirs for name in f.current)),
            validation_ttl=_report_turtle(report, self.iris),
            validation_json=_report_json(report, warnings),
            inputs=files,
            settings=self.settings,
            measures={d["cube"]: _measures(d["measures"]) for d in documents},
            datasets={d["cube"]: _canonical(d) for d in documents}
            | {i: c for f in theirs for i, c in f.datasets.items()},
            municipalities=inputs.own_list(self.data),
            counts=counts | ({"imports": brought} if brought else {}),
            imported=frozenset(p.key for p in imported),
            progress=self.progress,
            former=self._former([shared, *own, *imported], [shared, *lasting, *imported]),
            threads=self.threads,
            signer=self.signer,
            keep=self._kept,
        )

    def _former(self, parts: list[Part], told: list[Part]) -> Former | None:
        if (found := changed.former(self.out, self.cache, parts, told)) is None:
            return None
        former, self.room = found
        return former

    def _kept(self, depends_on: object, make: Callable[[], Any]) -> Any:
        """Return what was kept for what it depends on; make it, if there is nothing."""
        name = cache.key("kept", depends_on, version.program())
        self.small.append(name)
        if (kept := self.cache.json(name)) is None:
            kept = make()
            self.cache.put_later(name, kept)
        return kept


def _public(signer: signing.SecretKey | None) -> str:
    return signer.public.text if signer else ""


def _measures(kept: Iterable[tuple[str, int | str]]) -> dict[str, int | Decimal]:
    return {metric: value if isinstance(value, int) else Decimal(value) for metric, value in kept}


def _canonical(document: dict[str, Any]) -> Canonical:
    (graphs,) = {name.rpartition("/")[0] + "/" for name in document["graphs"]}
    return Canonical(graphs, *document["canonical"])


def _report_turtle(report: shacl.ValidationReport, iris: DataIris) -> bytes:
    graph_name = iris.graph("validation")
    ordered = triples_in_order(quads(report.triples(f"{graph_name}/"), graph_name))
    return dumps.serialized(ordered, "ttl")


def _report_json(report: shacl.ValidationReport, warnings: Iterable[Problem]) -> bytes:
    """Return the report with the warnings of the reading beside its results, as validation.json has them."""
    content = json.loads(report.to_json())
    content["reading"] = [
        {
            "code": p.code,
            "place": str(p.at),
            "file": p.at.file,
            "line": p.at.row,
            "cell": p.at.cell,
            "found": p.found,
            "messages": {lang: p.sentence(lang) for lang in ("en", "ja")},
        }
        for p in sorted(warnings, key=lambda p: p.at)
    ]
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
