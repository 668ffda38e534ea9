"""What RDF of others is not even parsed: entities, which grow to any size, and things that stand too deep in others."""

import re
from contextlib import suppress
from pathlib import Path

_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_OVERLAP = 16  # bytes
_DEEPEST = 500  # of what stands in one another; the engine's parsers take thousands, and then end the process
_NESTED = re.compile(rb"<<|>>")
_LINE_BY_LINE = (".nt", ".nq")


def refuse_harm(file: Path) -> None:
    """Let pass an RDF file that a parser can be given.

    Raises:
        ValueError: if it declares entities, or something stands so deep in others that a parser's stack overflows.
    """
    _refuse_entities(file)
    _refuse_nesting(file)


def _refuse_entities(file: Path) -> None:
    """Let pass what declares no document type, so no entities: a few of them can come to any number of bytes.

    Only RDF/XML can; such a text in another format, where it is a mere literal, is not looked for.
    """
    if file.suffix.lower() not in (".rdf", ".xml", ".owl"):
        return
    with file.open("rb") as content:
        rest = b""
        while piece := content.read(1 << 20):
            if (found := _DECLARES.search(rest + piece)) is not None:
                raise ValueError(f"{found[0].decode()} (entities are not read)")
            rest = (rest + piece)[-_OVERLAP:]


class Nesting:
    """How deep triples stand in one another in pieces of N-Triples, N-Quads (`line_by_line`), Turtle or TriG."""

    def __init__(self, *, line_by_line: bool) -> None:
        self._line_by_line = line_by_line
        self._depth = 0
        self._last = b""

    def take(self, piece: bytes) -> None:
        """Go on with `piece`.

        Raises:
            ValueError: if they stand too deep.
        """
        piece, self._last = self._last + piece, b"<" if piece.endswith(b"<") else b""
        piece = piece[: len(piece) - len(self._last)]
        for n, line in enumerate(piece.split(b"\n") if self._line_by_line else (piece,)):
            opened, closed = line.count(b"<<"), line.count(b">>")
            if (0 if n else self._depth) + opened > _DEEPEST:
                self._depth = _deepest(line, 0 if n else self._depth)
            else:
                self._depth = max((0 if n else self._depth) + opened - closed, 0)


def _deepest(text: bytes, depth: int) -> int:
    """Return how deep `text` ends."""
    for found in _NESTED.finditer(text):
        depth = depth + 1 if found[0] == b"<<" else max(depth - 1, 0)
        if depth > _DEEPEST:
            raise ValueError(f"<< << << … (> {_DEEPEST})")
    return depth


def _refuse_nesting(file: Path) -> None:
    """Let pass an RDF file in which nothing stands so deep in other things that a parser's stack overflows."""
    with file.open("rb") as content:
        if file.suffix.lower() == ".jsonld":
            import ijson  # which nobody else needs who serves

            with suppress(ijson.JSONError):  # which the parser tells
                depth = 0
                for event, _ in ijson.basic_parse(content):
                    depth += event.startswith("start_")
                    depth -= event.startswith("end_")
                    if depth > _DEEPEST:
                        raise ValueError(f"{{ {{ {{ … (> {_DEEPEST})")
            return
        nesting = Nesting(line_by_line=file.suffix.lower() in _LINE_BY_LINE)
        while piece := content.read(1 << 20):
            nesting.take(piece)
