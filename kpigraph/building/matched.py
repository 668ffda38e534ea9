"""The mapping files of a data folder: read where an earlier build has not kept what they come to."""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Dict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpigraph.building import inputs, once
from kpigraph.building.outcome import Outcome, Things
from kpigraph.linking import LocalId, Mapping, MappingStatus, sssom
from kpigraph.model import Unit
from kpigraph.problems import Problem

if TYPE_CHECKING:
    from kpigraph.linking.checks import Known


class Matched:
    """The mapping files of the folder `data`; `digests` are those of all inputs, by name."""

    def __init__(self, data: Path, digests: Dict[str, str]) -> None:
        self._data = data
        self._digests = {path: digests[path.relative_to(data).as_posix()] for path in sssom.files(data)}

    def digest(self, code: str) -> str:
        """Return the digest of the file of a municipality, "" where it has none."""
        return self._digests.get(sssom.path_of(self._data, code), "")

    def is_as_it_was(self, code: str) -> bool:
        """Tell whether the file of a municipality still has its digest."""
        path = sssom.path_of(self._data, code)
        return (inputs.digest(path) if path.is_file() else "") == self.digest(code)

    def accepted(self, code: str) -> tuple[Mapping, ...]:
        """Return the accepted matches of a municipality. What is wrong in its file is for `problems` to tell."""
        rows = sssom.load(sssom.path_of(self._data, code), [])
        return tuple(m for m in rows if m.status is MappingStatus.ACCEPTED)

    def depend_on(self, homes: Iterable[Path], outcomes: Iterable[Outcome]) -> Any:
        """Return what `problems` depends on beside the code lists, None where there is no mapping file."""
        there = zip(homes, outcomes, strict=True)
        said = [[home.name, o.things] for home, o in there]
        return [sorted((p.name, d) for p, d in self._digests.items()), said] if self._digests else None

    def problems(
        self, lists: once.Shared, homes: Iterable[Path], outcomes: Sequence[Outcome], things: Callable[[str], Things]
    ) -> list[Problem]:
        """Return everything that is wrong with the files, and with what they say of the things there are.

        `things` gives those that `Outcome.things` names.
        """
        found: list[Problem] = []
        mappings = [m for path in self._digests for m in sssom.load(path, found)]
        if mappings:
            from kpigraph.linking import checks  # which takes a while to load, and most builds check nothing

            found += checks.faults(mappings, _known(mappings, lists, homes, outcomes, things))
        return found


def _known(
    mappings: Iterable[Mapping],
    lists: once.Shared,
    homes: Iterable[Path],
    outcomes: Iterable[Outcome],
    things: Callable[[str], Things],
) -> "Known":
    """Return what `mappings` can speak of, in the municipalities that they name."""
    named = {t.municipality for m in mappings for t in (m.subject, m.object) if isinstance(t, LocalId)}
    by_notation = {u.notation: u for u in lists.units}
    found: dict[LocalId, frozenset[Unit]] = {}
    replaced: dict[LocalId, str] = {}
    for home, outcome in zip(homes, outcomes, strict=True):
        code = home.name
        if code not in named:
            continue
        there = things(outcome.things)
        found |= {LocalId(code, key): frozenset() for key, _ in there.entries}
        replaced |= {LocalId(code, key): kept for key, kept in there.entries if kept}
        for units in there.units:
            for key, notations in units.items():
                this = LocalId(code, key)
                found[this] = found.get(this, frozenset()) | {by_notation[n] for n in notations}
    shared = {s.notation: s for s in lists.scheme}
    from kpigraph.linking.checks import Known

    return Known(shared=shared, units=found, merged=replaced, replaced=lists.scheme.replaced)
