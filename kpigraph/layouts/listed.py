"""Listed text: headings, and paragraphs that name an indicator and its values: ・観光客数 50万人（H26）→ 60万人（R1）.

Labels with a colon on lines of their own (目標値：60万人) are read as in the sheet layout. What the values around an
arrow are, the card says; without a card's word only values with a role word before them are read.
"""

import re
from collections.abc import Iterable

from kpigraph.cells import parse_cell
from kpigraph.codelists import UnitCodelist
from kpigraph.layouts.headers import ARROW, share
from kpigraph.layouts.reading import Line, Part, Piece, Reading
from kpigraph.layouts.sheet import SheetReader
from kpigraph.layouts.values import Slot
from kpigraph.model import Cell, Document, Role, Row, ValueForm
from kpigraph.problems import SourceError, SourceLocation
from kpigraph.text import compact, normalise

_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
_DEPARTMENT = re.compile(r"\s*[【〔［\[](?P<name>[^【】〔〕［］\[\]]*(?:部|課|室|局|係|センター))[】〕］\]]\s*$")
_CUTS = re.compile(r"[:：…]+\s*|\s+|(?=[0-9０-９約▲△])")
_JOINTS = " 　、,，/／・;；:：\t"


def read(document: Document, rows: Iterable[Row], units: UnitCodelist) -> Reading:
    """Return the reading of `rows`; what cannot be read is in its problems."""
    return _ListReader(document, list(rows), units).read()


class _ListReader(SheetReader):
    """Reads as the sheet layout does, and paragraphs besides."""

    def _alone(self, line: Line, cell: Cell) -> bool:
        if self.outline.heading(cell.text) is None and self._paragraph(line, cell):
            return True
        return super()._alone(line, cell)

    def _paragraph(self, line: Line, cell: Cell) -> bool:
        """Read a line that names an indicator and states its values; tell if it is one. Nothing is read in part."""
        text = cell.text
        bullet = normalise(self.card.bullet)
        if bullet and not normalise(text).startswith(bullet):
            return False
        department = _DEPARTMENT.search(text)
        body = text[: department.start()] if department else text
        stated = self._by_role(body) or self._by_arrow(body)
        if stated is None or not compact(stated[0]).removeprefix(compact(bullet)):
            return False
        label, values = stated
        self._end_block()
        self._open_block(line, self._share(cell, label))
        block = self.block
        if block is None:
            return False
        for slot_role, said, value in values:
            part = self._share(cell, value)
            role_piece = Piece(Part.ROLE, cell, said, said) if said else None
            period = self._period_in(cell, said)
            if said:
                line.use(cell, Part.ROLE, said, said)
            self.values.read(line, block, part, Slot(slot_role, role_piece, period))
        if department:
            block.department = line.use(cell, Part.DEPARTMENT, department["name"], department["name"])
        return True

    def _share(self, cell: Cell, text: str) -> Cell:
        return cell._replace(printed=cell.printed if cell.corrected else text, text=text)

    def _period_in(self, cell: Cell, said: str) -> Piece | None:
        header = self.grammar.header(said) if said else None
        return Piece(Part.PERIOD, cell, share(said, header.period), header.period) if header and header.period else None

    # ---- label and values

    def _by_role(self, text: str) -> tuple[str, list[tuple[Role, str, str]]] | None:
        """Return label and values where each value has its role word before it: 基準値（H26）10人、目標値40人."""
        found = [
            m for m in re.finditer(r"[^\s、,，:：;；→⇒()（）]+(?:[(（][^()（）]*[)）])?", text) if self._role_word(m[0])
        ]
        if not found:
            return None
        values = []
        for m, following in zip(found, [*found[1:], None], strict=True):
            word = self._role_word(m[0])
            rest = text[m.start() + len(word[1]) : following.start() if following else len(text)] if word else ""
            value = ARROW.sub("", rest).strip(_JOINTS)
            if word is None or not value:
                return None
            values.append((word[0], word[1], value))
        return text[: found[0].start()].strip(_JOINTS), values

    def _role_word(self, text: str) -> tuple[Role, str] | None:
        """Return the role that `text` begins with, and as much of it as names role and period."""
        for end in (len(text), *(m.start() for m in _BRACKETS.finditer(text))):
            header = self.grammar.header(text[:end])
            if header is not None and header.role is not None:
                return header.role, text[:end]
        return None

    def _by_arrow(self, text: str) -> tuple[str, list[tuple[Role, str, str]]] | None:
        """Return label and values where an arrow parts the values and the card says what they are."""
        hidden = _BRACKETS.sub(lambda m: "(" * len(m[0]), text)
        cuts = [(m.start(), m.end()) for m in ARROW.finditer(hidden)]
        if len(cuts) + 1 != len(self.card.arrow) or not cuts:
            return None
        edges = [0, *(edge for cut in cuts for edge in cut), len(text)]
        first, *others = (text[a:b].strip() for a, b in zip(edges[::2], edges[1::2], strict=True))
        for cut in _CUTS.finditer(first):
            label, value = first[: cut.start()].strip(_JOINTS), first[cut.end() :].strip()
            if label and self._is_value(value):
                return label, [(r, "", v) for r, v in zip(self.card.arrow, [value, *others], strict=True)]
        return None

    def _is_value(self, text: str) -> bool:
        try:
            parsed = parse_cell(text, self._nowhere, self.units, conventions=self.grammar.conventions)
        except SourceError:
            return False
        return all(value.quantity.form is not ValueForm.QUALITATIVE for value in parsed.values)

    @property
    def _nowhere(self) -> SourceLocation:
        return self.rows[0].at
