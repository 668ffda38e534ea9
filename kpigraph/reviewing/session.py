"""What link and review work on: the municipalities' documents, the shared indicators, and the mapping files."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kpigraph import codelists, editions, registry
from kpigraph.codelists import IndicatorScheme
from kpigraph.linking import checks, proposing, sssom
from kpigraph.linking.mapping import LocalId, Mapping, SharedId
from kpigraph.linking.matcher import Described, Matcher, compare
from kpigraph.linking.reasons import Reason
from kpigraph.model import Edition
from kpigraph.problems import Problem, UsageError, raise_if_any
from kpigraph.read import Limits


@dataclass(frozen=True)
class Session:
    """A data folder as far as matching goes; `names` has the Japanese name of each municipality by its code."""

    data: Path
    shared: IndicatorScheme
    indicators: dict[LocalId, Described]
    known: checks.Known
    names: dict[str, str]

    @cached_property
    def matcher(self) -> Matcher:
        return Matcher(self.shared)

    def reasons(self, m: Mapping) -> tuple[Reason, ...]:
        """Return what speaks for a match today; nothing where no one could think of it."""
        mine = self.indicators.get(m.subject)
        if mine is None:
            return ()
        if isinstance(m.object, SharedId):
            found = self.matcher.with_shared(mine, m.object.notation)
        else:
            other = self.indicators.get(m.object)
            found = compare(mine, other, self.matcher.weights) if other else None
        return found.reasons if found else ()

    def mappings(self, municipality: str) -> list[Mapping]:
        """Return the rows of one mapping file.

        Raises:
            SourceError: with every row that is wrong.
        """
        problems: list[Problem] = []
        found = sssom.load(sssom.path_of(self.data, municipality), problems)
        raise_if_any(problems)
        return found

    def faults(self, municipality: str, mappings: Iterable[Mapping]) -> list[Problem]:
        """Return what keeps `mappings`, put in the place of those of `municipality`, from being published."""
        rows = list(mappings)
        for path in sssom.files(self.data):
            if path != sssom.path_of(self.data, municipality):
                problems: list[Problem] = []
                rows += sssom.load(path, problems)
        return list(checks.faults(rows, self.known))


def start(data: Path, municipality: str, limits: Limits) -> Session:
    """Read every document under `data`.

    Raises:
        SourceError: with every problem of the documents and code lists.
        UsageError: if `municipality` is given and has no document.
    """
    problems: list[Problem] = []
    lists = data / "codelists"
    units, shared = codelists.load_units(lists), codelists.load_indicators(lists)
    read, registries = read_all(data, units, problems, limits)
    raise_if_any(problems)
    names = {e.document.municipality: e.document.municipality_names.get("ja", "") for e in read}
    if municipality and municipality not in names:
        there = ", ".join(sorted(names))
        raise UsageError(
            f"この団体コードの文書がありません: {municipality}（あるもの: {there}）",
            f"there is no document of municipality {municipality} (there are: {there})",
        )
    known = checks.known(shared, read, registries)
    return Session(data, shared, proposing.described(read), known, names)


def read_all(
    data: Path, units: codelists.UnitCodelist, problems: list[Problem], limits: Limits
) -> tuple[list[Edition], list[registry.Registry]]:
    """Return every edition under `data`, with today's names, and the registries of all municipalities."""
    registries: dict[str, registry.Registry] = {}
    read = []
    for document in editions.load_documents(data, problems):
        keys = registries.setdefault(document.municipality, registry.load(document.folder.parent))
        read.append(editions.read_edition(document, keys, units, problems, limits))
    return editions.with_current_names(read), list(registries.values())
