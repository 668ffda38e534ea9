"""Which corrections touch which record: an accepted one makes a revision of it, others are published beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kpigraph.layouts.reading import Part, Piece
from kpigraph.model import Correction, CorrectionCause, CorrectionStatus, Touched
from kpigraph.problems import Problem

_MISSPELT = (CorrectionCause.EXTRACTION, CorrectionCause.PRINT_ERROR)
_PROPERTY = {
    Part.GOAL: "statedLabel",
    Part.DIRECTION: "statedLabel",
    Part.MEASURE: "statedLabel",
    Part.INDICATOR: "statedLabel",
    Part.ROLE: "role",
    Part.PERIOD: "statedPeriod",
    Part.VALUE: "statedValue",
    Part.UNIT: "statedUnit",
    Part.DEPARTMENT: "statedDepartment",
}


@dataclass(slots=True)
class Revisions:
    """The corrections of a document, and what each was found to touch."""

    corrections: tuple[Correction, ...]
    touched: dict[Touched, None] = field(default_factory=dict)

    def of(self, *pieces: Piece | None) -> tuple[Correction, ...]:
        """Return the accepted corrections that changed `pieces`, each once."""
        if not self.corrections:  # as in most documents
            return ()
        return tuple(c for c in self.corrections if any(_changed(p, c) for p in pieces if p))

    def touch(self, kind: str, key: str, *pieces: Piece | None) -> tuple[str, ...]:
        """Return the keys of the corrections that changed `pieces`; remember those and, not accepted, those about them.

        An accepted correction of a cell that says two things may change one of them only; then it touches that one.
        """
        if not self.corrections:
            return ()
        for piece in pieces:
            for c in self.corrections if piece else ():
                if piece and (_changed(piece, c) or (c.status is not CorrectionStatus.ACCEPTED and _is_at(piece, c))):
                    self.touched[Touched(correction=c.key, kind=kind, key=key, property=_PROPERTY[piece.part])] = None
        return tuple(c.key for c in self.of(*pieces))

    def is_misspelt(self, piece: Piece) -> bool:
        """Tell whether the printed text of `piece` is a wrong spelling of its label, not another thing's label."""
        return any(c.reason in _MISSPELT for c in self.of(piece))

    def idle(self) -> Iterator[Problem]:
        """Yield an error for each correction of a cell that says nothing published, such as the title of a column."""
        used = {t.correction for t in self.touched}
        for c in self.corrections:
            if c.key not in used:
                yield Problem("correction.idle", c.at, c.was)


def _is_at(piece: Piece, c: Correction) -> bool:
    return (c.place, c.column) == (piece.cell.at.place, piece.cell.at.cell)


def _changed(piece: Piece, c: Correction) -> bool:
    return c.status is CorrectionStatus.ACCEPTED and _is_at(piece, c) and piece.printed != piece.text
