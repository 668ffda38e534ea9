"""The query of a SHACL-SPARQL constraint in pieces, and what reads one after the other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kpigraph.validate.errors import UnsupportedShapeError

_TOKEN = re.compile(
    r"""(?P<space> \s+ | \#[^\n]* )
    | (?P<iri> <[^<>"{}|^`\\\s]*> )
    | (?P<string> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<language> @[A-Za-z]+(?:-[A-Za-z0-9]+)* )
    | (?P<variable> [?$]\w+ )
    | (?P<name> (?:[^\W\d_][\w-]*)?:(?:[\w:]+(?:[\w:.-]*[\w:-])?)? )
    | (?P<number> \d+(?:\.\d+)? )
    | (?P<word> [^\W\d_]\w* )
    | (?P<sign> \^\^ | \|\| | && | != | <= | >= | [{}()\[\].;,/|^*+?!=<>-] )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query: its kind (a group of the token pattern), its text (a name: its IRI), where it begins."""

    kind: str
    text: str
    start: int

    def is_(self, *texts: str) -> bool:
        return self.kind in ("sign", "word") and self.text.upper() in texts


def lexed(text: str, prefixes: Mapping[str, str], shift: int) -> list[Token]:
    """Return the pieces of `text`, which begins at `shift`, and one of kind "end".

    Raises:
        UnsupportedShapeError: for what is no piece, and for a prefix that is not declared.
    """
    return [*_pieces(text, prefixes, shift), Token("end", "", -1)]


def _pieces(text: str, prefixes: Mapping[str, str], shift: int) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise UnsupportedShapeError(f"not read: {text[at : at + 20]!r}")
        kind, found = match.lastgroup or "", match[0]
        if kind == "iri":
            found = found[1:-1]
        elif kind == "name":
            prefix, local = found.split(":", 1)
            if prefix not in prefixes:
                raise UnsupportedShapeError(f"prefix {prefix}: is not declared")
            kind, found = "iri", prefixes[prefix] + local
        elif kind == "variable":
            found = found[1:]
        if kind != "space":
            yield Token(kind, found, at + shift)
        at = match.end()


class Cursor:
    """Where one is in a query."""

    def __init__(self, tokens: Sequence[Token], at: int = 0) -> None:
        self._tokens, self._at = tokens, at

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> Token:
        """Go on by one piece, which must be one of `texts` where there are any, and return it.

        Raises:
            UnsupportedShapeError: if it is another, or the end.
        """
        token = self._next
        if token.kind == "end" or (texts and not token.is_(*texts)):
            raise UnsupportedShapeError(f"{token.text!r} where {' or '.join(texts) or 'more'} is read")
        self._at += 1
        return token

    def _takes(self, *texts: str) -> bool:
        """Go on by one piece if it is one of `texts`; tell whether it is."""
        if self._next.is_(*texts):
            self._at += 1
            return True
        return False
