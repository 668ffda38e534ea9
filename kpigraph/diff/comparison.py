"""What a comparison gives: the changes of each edition, and the quads that differ."""

from dataclasses import dataclass

from pyoxigraph import Quad

from kpigraph.diff.changes import Change
from kpigraph.diff.facts import EditionName


@dataclass(frozen=True, slots=True)
class EditionChanges:
    """What changed from one edition to another (or the same one in another snapshot), and what the two are called."""

    before: EditionName
    after: EditionName
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from A to B, named as they were asked for.

    `added` and `removed` are quads. Between snapshots they are exact; between editions they are those that say
    something else than the same record in the other edition, so what merely stands at another line is not among them.
    `lost` and `new` are the editions that only one of two snapshots has.
    """

    before: str
    after: str
    editions: tuple[EditionChanges, ...]
    removed: frozenset[Quad]
    added: frozenset[Quad]
    lost: tuple[EditionName, ...] = ()
    new: tuple[EditionName, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.removed or self.added or self.lost or self.new or any(e.changes for e in self.editions))
