"""SPARQL's tokens. The guard of the endpoint reads queries by them, and so does what puts queries to another engine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# SPARQL 1.1 Query Language, section 19.8: the terminals.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
NAME = _BASE + "_0-9\u00b7\u0300-\u036f\u203f-\u2040"  # what may stand in a variable
CHARS = NAME + r"\-"  # PN_CHARS
PREFIX = rf"[{_BASE}](?:[{CHARS}.]*[{CHARS}])?"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
LOCAL = rf"(?:[{_BASE}_:0-9]|{_ESCAPED})(?:(?:[{CHARS}.:]|{_ESCAPED})*(?:[{CHARS}:]|{_ESCAPED}))?"
IRI = r'<(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>'
SPACE = r"(?:[ \t\r\n]|\#[^\r\n]*)*+"

_TOKEN = re.compile(
    rf"""
      (?P<space> [ \t\r\n]++ )
    | (?P<comment> \#[^\r\n]*+ )
    | (?P<iri> {IRI} )
    | (?P<language> @[A-Za-z]+(?:-+[A-Za-z0-9]+)* )
    | (?P<variable> [?$][{NAME}]++ )
    | (?P<blank> _:[{NAME}](?:[{CHARS}.]*[{CHARS}])? )
    | (?P<prefixed> :(?:{LOCAL})? )
    | (?P<number> [0-9]++ )
    | (?P<word> [{_BASE}_][{CHARS}]*+ )
    | (?P<open> [\[({{] )
    | (?P<close> [\])}}] )
    | (?P<operator> \|\| | && | \^\^ | != | <= | >= | [|/+\-*!^=<>] )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_RUN = re.compile(rf"[{CHARS}.]*+")  # what may stand before the colon of a prefixed name
_BEGINS = re.compile(f"[{_BASE}]")
_SUFFIX = re.compile(rf":(?:{LOCAL})?")
_REST_OF_LONG = {q: re.compile(rf"(?:{q}{{0,2}}(?:[^{q}\\]|\\.))*+{q}{{3}}", re.DOTALL) for q in "\"'"}
_REST_OF_SHORT = {q: re.compile(rf"(?P<content>(?:[^{q}\\\r\n]|\\.)*+)(?P<end>{q})?", re.DOTALL) for q in "\"'"}
_SILENT = re.compile("silent", re.IGNORECASE)
_GAP = re.compile(SPACE)
_AT_VARIABLE_OR_IRI = re.compile(rf"[?$][{NAME}]++|{IRI}")
_GROUP = re.compile(rf"{SPACE}\{{")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query: its kind (a group of the token pattern), its text and where it begins, from 0."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of `text`, spaces and comments left out. Every text has tokens: what fits nothing is `other`."""
    yield from Lexer(text).tokens(0, None)


class Lexer:
    """Tells the tokens of a text apart, from any place in it, in time that grows as the text does.

    What was seen ahead in vain is kept, since a hostile text would have each of its tokens look to its end: where a run
    of letters and dots ends that has no colon behind it, and from where on a kind of quote is not closed any more. The
    latter holds for all later places: the backslashes between there and the end are paired alike from both.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._run = (0, 0)  # from where, to where
        self._no_long: dict[str, int] = {}  # by quote: from where on no long string ends
        self._no_short: dict[str, tuple[int, int]] = {}  # by quote: from where to where no short string ends
        self._groups: dict[int, tuple[str, bool]] = {}

    def tokens(self, start: int, seen: set[int] | None) -> Iterator[Token]:
        """Yield the tokens from `start` on, to the end or the first place that is `seen`, to which places are added."""
        text = self.text
        while start < len(text):
            if seen is not None:
                if start in seen:
                    return
                seen.add(start)
            if text[start] in _REST_OF_LONG:
                kind, end = self._string(start)
            elif (end := self.prefix_end(start)) >= 0:
                kind, end = "prefixed", _end_of(_SUFFIX, text, end)
            else:
                match = _TOKEN.match(text, start)
                assert match is not None  # `other` takes any character
                kind, end = match.lastgroup or "other", match.end()
            if kind not in ("space", "comment"):
                yield Token(kind, text[start:end], start)
            start = end

    def prefix_end(self, start: int) -> int:
        """Return where the colon of a prefixed name stands that begins at `start` with a prefix; -1 if none does."""
        text = self.text
        first, end = self._run
        if not first <= start < end:
            end = _end_of(_RUN, text, start)
            self._run = (start, end)
        if end > start and text[end : end + 1] == ":" and text[end - 1] != "." and _BEGINS.match(text, start):
            return end
        return -1

    def group_of(self, start: int) -> str | None:
        """Return the variable, IRI or prefixed name before a brace, at `start` or behind SILENT; None for none."""
        start = _end_of(_GAP, self.text, start)
        if (found := self._before_group(start)) is None and (match := _SILENT.match(self.text, start)) is not None:
            found = self._before_group(_end_of(_GAP, self.text, match.end()))
        return found

    def _before_group(self, start: int) -> str | None:
        colon = self.prefix_end(start)
        if colon < 0 and self.text[start : start + 1] == ":":
            colon = start
        at = colon if colon >= 0 else start
        if at not in self._groups:
            match = (_SUFFIX if colon >= 0 else _AT_VARIABLE_OR_IRI).match(self.text, at)
            name = match[0] if match is not None else ""
            self._groups[at] = (name, bool(name) and _GROUP.match(self.text, at + len(name)) is not None)
        name, group = self._groups[at]
        return name if group else None

    def _string(self, start: int) -> tuple[str, int]:
        text, quote = self.text, self.text[start]
        if text.startswith(quote * 3, start) and start < self._no_long.get(quote, len(text)):
            if (match := _REST_OF_LONG[quote].match(text, start + 3)) is not None:
                return "string", match.end()
            self._no_long[quote] = start
        first, end = self._no_short.get(quote, (0, 0))
        if not first <= start < end:
            match = _REST_OF_SHORT[quote].match(text, start + 1)
            assert match is not None  # nothing is content enough
            if match["end"]:
                return "string", match.end()
            self._no_short[quote] = (start, match.end())
        return "other", start + 1


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match is not None else start
