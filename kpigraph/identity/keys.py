"""Which key each heading and each indicator of a document has in a registry, which mints what it lacks.

That is all that a registry has to do with what a document comes to: where two give the same keys, the records are the
same.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import NamedTuple

from kpigraph.identity.statements import share_a_cell
from kpigraph.layouts.headers import without_unit
from kpigraph.layouts.reading import Block, Piece, Place, Reading
from kpigraph.model import Document, Level
from kpigraph.problems import Problem, Severity
from kpigraph.registry import Registry
from kpigraph.text import compact


class Group(NamedTuple):
    """The blocks that list one indicator, with its name and its department as the first of them has it.

    `alone` tells that no other indicator of the document has both.
    """

    blocks: list[Block]
    label: str
    department: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the things of one document.

    `elements` is by the order of the headings, in the order in which these were looked at; `indicators` has the key of
    each group and that of its department, "" where it has none. `unknown` and `named_alike` are the warnings met with
    the ones and with the others.
    """

    elements: dict[int, str]
    indicators: tuple[tuple[str, str], ...]
    unknown: tuple[Problem, ...]
    named_alike: tuple[Problem, ...]


def groups_of(document: Document, reading: Reading) -> tuple[Group, ...]:
    """Return the blocks of `reading` by the indicator that they list, in the order of their first ones."""
    found: dict[tuple[str, str], list[list[Block]]] = defaultdict(list)
    for block in reading.blocks:
        same = found[compact(label_of(document, block)), compact(text_of(block.department))]
        sharing = [any(share_a_cell(b, block) for b in blocks) for blocks in same]
        others = [blocks for blocks, shares in zip(same, sharing, strict=True) if not shares]
        same[:] = [*others, [*(b for blocks in compress(same, sharing) for b in blocks), block]]
    order = {id(block): n for n, block in enumerate(reading.blocks)}
    groups = [
        Group(blocks, label_of(document, blocks[0]), _folded_department(blocks[0]), len(same) == 1)
        for same in found.values()
        for blocks in same
    ]
    return tuple(sorted(groups, key=lambda group: order[id(group.blocks[0])]))


def keys_of(document: Document, places: Sequence[Place], groups: Sequence[Group], registry: Registry) -> Keys:
    """Return the keys that `registry` has for the headings at `places` and for the indicators that `groups` list."""
    registry.open_document()
    work = _Naming(document, registry, {}, [])
    unknown = tuple(work.elements(places))
    indicators = tuple(work.indicator(group) for group in groups)
    return Keys(work.element_of, indicators, unknown, tuple(work.known_names()))


@dataclass(slots=True)
class _Naming:
    document: Document
    registry: Registry
    element_of: dict[int, str]
    minted: list[Group]

    @property
    def edition(self) -> str:
        return f"{self.document.series}/{self.document.edition}"

    # ---- plan elements

    def elements(self, places: Sequence[Place]) -> Iterable[Problem]:
        """Find the keys of headings, from the goals down, those marked as listed again last; yield warnings."""
        named: dict[str, tuple[Level, str]] = {}
        depths = [_depth(p) for p in places]
        for depth in range(max(depths, default=-1) + 1):
            here = [p for p, own in zip(places, depths, strict=True) if own == depth]
            firsts = [p for p in here if not p.relisted]
            keys = {p.order: self._known_element(p) for p in firsts}
            for place in firsts:
                key = self.element_of[place.order] = keys[place.order] or self._new_element(place)
                named.setdefault(key, (place.level, compact(place.label)))
            for place in here:
                if place.relisted:
                    own = place.level, compact(place.label)
                    if not (key := next((key for key, name in named.items() if name == own), "")):
                        piece = place.pieces[0]
                        yield warning("place.relisted-unknown", piece, piece.printed)
                        key = self._known_element(place) or self._new_element(place)
                    self.element_of[place.order] = key
                    named.setdefault(key, own)

    def _parent(self, place: Place) -> str:
        return self.element_of[place.parent.order] if place.parent else ""

    def _known_element(self, place: Place) -> str:
        return self.registry.claim(place.level.value, place.label, self.edition, parent=self._parent(place))

    def _new_element(self, place: Place) -> str:
        kind, label = place.level.value, place.label
        twin = self._known_element(place)  # minted for a place of the same name under the same parent just now
        moved = twin or self.registry.claim_moved(kind, label, self.edition)
        return moved or self.registry.mint(kind, label, self.edition, parent=self._parent(place))

    # ---- indicators

    def indicator(self, group: Group) -> tuple[str, str]:
        """Return the key of an indicator and that of its department."""
        first, label, department, alone = group.blocks[0], *group[1:]
        department_key = self._department(department)
        parent = self.element_of[first.places[0].order] if first.places else ""
        key = self.registry.claim("kpi", label, self.edition, department=department, parent=parent, once=True)
        if not key and alone:
            key = self.registry.claim("kpi", label, self.edition, department=department, once=True)
        if not key and first.unit_in_label:  # known by a name with its unit in brackets
            whole = label_of(self.document, replace(first, unit_in_label=False))
            key = self.registry.claim("kpi", whole, self.edition, department=department, once=True)
        if not key:
            parent = "" if alone else parent
            key = self.registry.mint("kpi", label, self.edition, department=department, parent=parent)
            self.minted.append(group)
        return key, department_key

    def _department(self, label: str) -> str:
        if not label:
            return ""
        return self.registry.claim("dept", label, self.edition) or self.registry.mint("dept", label, self.edition)

    def known_names(self) -> Iterable[Problem]:
        """Yield a warning for each new indicator whose name another one has that is not in the document."""
        for group in self.minted:
            for known in self.registry.unclaimed("kpi", group.label):
                was = f"{known.key}: {known.department}"
                yield warning("indicator.known-name", group.blocks[0].label, group.department, was)


def warning(code: str, piece: Piece, found: str, expected: str = "") -> Problem:
    return Problem(code, piece.cell.at, found, expected, Severity.WARNING)


def label_of(document: Document, block: Block, *, printed: bool = False) -> str:
    """Return an indicator's name: its cell without the bullet, blanks folded; the part it counts in brackets (男)."""
    name = _name(document, block.label.printed if printed else block.label.text)
    name = without_unit(name) if block.unit_in_label else name
    if block.category is None:
        return name
    return f"{name}（{' '.join((block.category.printed if printed else block.category.text).split())}）"


def _name(document: Document, text: str) -> str:
    text = " ".join(text.split())
    bullet = compact(document.layout.bullet)
    for end in range(1, 2 * len(bullet) + 1):  # in half width a character may be two
        if compact(text[:end]) == bullet:
            return text[end:].lstrip()
    return text


def text_of(piece: Piece | None) -> str:
    return piece.text if piece else ""


def _folded_department(block: Block) -> str:
    return " ".join(text_of(block.department).split())


def _depth(place: Place) -> int:
    return 1 + _depth(place.parent) if place.parent else 0
