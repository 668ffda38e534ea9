"""The text of one cell while it is shared out: what stretches of it say, and which are taken by what."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kpigraph.cells.marks import MARK
from kpigraph.cells.parsed import CellShare, Share
from kpigraph.codelists import UnitCodelist
from kpigraph.language import LANGUAGES, CellWords
from kpigraph.model import Conventions, Quantity, StatedPeriod, ValueForm
from kpigraph.periods import find_period
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.quantities import find_quantity

EXPECTED = "120人（H26年度）, 50.0→55.0, 100→120（H29年度変更）, 累計30件（5年間）, 男：50%、女：60%, 90%※1"
BRACKETS = re.compile(r"\([^()]*\)")


@dataclass(slots=True)
class CellText:
    """One cell: `text` as printed and `flat`, the same characters as the readers look at them.

    `claims` has, by where it begins, the end of each stretch that was read and what it is; `notes` the remarks found,
    with their places; `unresolved` the footnote marks of which no text is known.
    """

    text: str
    flat: str
    at: SourceLocation
    units: UnitCodelist
    conventions: Conventions
    footnotes: Mapping[str, str]
    claims: dict[int, tuple[int, Share]] = field(default_factory=dict)
    notes: list[tuple[int, str]] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    read: dict[tuple[int, int], Quantity | None] = field(default_factory=dict)  # what was asked of it before

    @property
    def words(self) -> CellWords:
        return LANGUAGES[self.conventions.language].words

    def quantity(self, start: int, end: int) -> Quantity | None:
        """Return what a stretch says as a value, None if it is none."""
        if (start, end) not in self.read:
            self.read[start, end] = find_quantity(self.text[start:end], self.conventions)
        return self.read[start, end]

    def period(self, start: int, end: int) -> StatedPeriod | None:
        """Return the period that a stretch states, None if it states none."""
        stated = find_period(self.text[start:end], self.conventions)
        return stated if stated and stated.period else None

    def whole(self, start: int, end: int) -> bool:
        """Tell whether a stretch is one value with nothing around it: brackets that belong to it stay in it."""
        quantity = self.quantity(start, end)
        if quantity is None or quantity.form is not ValueForm.QUALITATIVE:
            return quantity is not None
        stretch = self.flat[start:end].strip()
        levels = (self.quantity(end - len(stretch) + len(w), end) for w in self.words.prefixes if stretch.startswith(w))
        if BRACKETS.search(stretch) or MARK.search(stretch):
            return False
        return not any(q and q.form is ValueForm.RELATIVE for q in levels)

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """Return a stretch without the blanks at its ends."""
        stretch = self.flat[start:end]
        return start + len(stretch) - len(stretch.lstrip()), end - len(stretch) + len(stretch.rstrip())

    def claim(self, start: int, end: int, share: Share) -> None:
        """Take a stretch, without the blanks at its ends, as read."""
        start, end = self.trimmed(start, end) if self.flat[start:end].strip() else (start, end)
        if start < end:
            self.claims[start] = (end, share)

    def shares(self) -> Iterator[CellShare]:
        """Yield the shares in order; what nothing claimed are joints, which hold neither letter nor digit."""
        done = 0
        for start, (end, share) in sorted(self.claims.items()):
            if done < start:
                yield self._joint(done, start)
            yield CellShare(share, self.text[start:end], start)
            done = end
        if done < len(self.text):
            yield self._joint(done, len(self.text))

    def _joint(self, start: int, end: int) -> CellShare:
        printed = self.text[start:end]
        if any(c.isalnum() for c in printed):
            raise self.unreadable()
        return CellShare(Share.JOINT, printed, start)

    def unreadable(self) -> SourceError:
        """Return the error that the cell cannot be read with certainty."""
        return SourceError(Problem("quantity.unreadable", self.at, found=self.text, expected=EXPECTED))

    def reclaim(self, start: int, end: int, was: Share, now: Share) -> None:
        """Turn the claims of kind `was` that begin within a stretch into `now`."""
        for begin, (stop, share) in list(self.claims.items()):
            if share is was and start <= begin < end:
                self.claims[begin] = (stop, now)
