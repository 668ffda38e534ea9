"""What a query must be before a worker sees it: SPARQL's tokens are told apart, and four things are refused.

1. Text that is too long.
2. Brackets or chains of operators so deep that the engine's recursive parser or planner would overflow its stack.
3. SERVICE, which would make the server fetch any address, unless that address is on the operator's list.
4. Names of an engine's own functions (bif:, sql: of Virtuoso), by which a remote engine would fetch, wait or tell of
   itself; here they are no functions at all.

The engine parses without a lexer (a parsing expression grammar), so `trueSERVICE<…>` and `SERVICEx:y` are SERVICE to
it, and `?a<2)#>` may be an IRI or a comparison and a comment. Both readings of such a text are followed here, and
SERVICE is refused in either. A worker cannot open a socket at all, see `worker.py`: the guard gives the reason early.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a query may be: bytes of text, brackets within brackets, members of one chain, endpoints for SERVICE."""

    bytes: int = 200_000
    depth: int = 100
    chain: int = 2_000
    services: frozenset[str] = frozenset()


DEFAULT = Bounds()

# SPARQL 1.1 Query Language, section 19.8: the terminals.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = _BASE + "_0-9\u00b7\u0300-\u036f\u203f-\u2040"  # what may stand in a variable
_CHARS = _NAME + r"\-"  # PN_CHARS
_PREFIX = rf"[{_BASE}](?:[{_CHARS}.]*[{_CHARS}])?"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:[{_BASE}_:0-9]|{_ESCAPED})(?:(?:[{_CHARS}.:]|{_ESCAPED})*(?:[{_CHARS}:]|{_ESCAPED}))?"
_IRI = r'<(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>'
_SPACE = r"(?:[ \t\r\n]|\#[^\r\n]*)*+"

_TOKEN = re.compile(
    rf"""
      (?P<space> [ \t\r\n]++ )
    | (?P<comment> \#[^\r\n]*+ )
    | (?P<iri> {_IRI} )
    | (?P<language> @[A-Za-z]+(?:-+[A-Za-z0-9]+)* )
    | (?P<variable> [?$][{_NAME}]++ )
    | (?P<blank> _:[{_NAME}](?:[{_CHARS}.]*[{_CHARS}])? )
    | (?P<prefixed> :(?:{_LOCAL})? )
    | (?P<number> [0-9]++ )
    | (?P<word> [{_BASE}_][{_CHARS}]*+ )
    | (?P<open> [\[({{] )
    | (?P<close> [\])}}] )
    | (?P<operator> \|\| | && | \^\^ | != | <= | >= | [|/+\-*!^=<>] )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_RUN = re.compile(rf"[{_CHARS}.]*+")  # what may stand before the colon of a prefixed name
_BEGINS = re.compile(f"[{_BASE}]")
_SUFFIX = re.compile(rf":(?:{_LOCAL})?")
_REST_OF_LONG = {q: re.compile(rf"(?:{q}{{0,2}}(?:[^{q}\\]|\\.))*+{q}{{3}}", re.DOTALL) for q in "\"'"}
_REST_OF_SHORT = {q: re.compile(rf"(?P<content>(?:[^{q}\\\r\n]|\\.)*+)(?P<end>{q})?", re.DOTALL) for q in "\"'"}
_SERVICE = re.compile("service", re.IGNORECASE)
_SILENT = re.compile("silent", re.IGNORECASE)
_GAP = re.compile(_SPACE)
_AT_VARIABLE_OR_IRI = re.compile(rf"[?$][{_NAME}]++|{_IRI}")
_GROUP = re.compile(rf"{_SPACE}\{{")
_VOLATILE = re.compile(r"(?:RAND|NOW|UUID|BNODE)\s*\(", re.IGNORECASE)
_BUILT_IN = re.compile(r"<[ \t\r\n]*(?:bif|sql):|(?<![\w.:/-])(?:bif|sql):\w[\w.-]*\s*\(", re.IGNORECASE)
_CODE_POINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U(00[01][0-9A-Fa-f]{5})")
_TO_BE_READ = re.compile("service|from", re.IGNORECASE)
_BEGINNING = re.compile(
    rf"(?:{_SPACE}(?:[Pp][Rr][Ee][Ff][Ii][Xx]{_SPACE}(?:{_PREFIX})?:|[Bb][Aa][Ss][Ee]){_SPACE}{_IRI})*+{_SPACE}"
    rf"(?P<form>(?i:SELECT|ASK|CONSTRUCT|DESCRIBE))(?![{_CHARS}:]){_SPACE}"
    rf"(?:(?i:DISTINCT|REDUCED)(?![{_CHARS}:]){_SPACE})?(?P<star>\*)?"
)
_CHAIN_WORDS = frozenset({"UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "EXISTS", "GRAPH"})
_BEFORE_STAR = frozenset({"SELECT", "DISTINCT", "REDUCED"})
_NAMES_A_GRAPH = frozenset({"GRAPH", "FROM", "NAMED", "DESCRIBE"})


class Form(StrEnum):
    """The query forms of SPARQL."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"

    @property
    def gives_graph(self) -> bool:
        return self in (Form.CONSTRUCT, Form.DESCRIBE)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query: its kind (a group of the token pattern), its text and where it begins, from 0."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What the guard learned of a query that it lets pass.

    Attributes:
        form: None where the text has no query form.
        has_dataset: it has a FROM or FROM NAMED clause of its own.
        star: where the * of SELECT * stands, and all variables in the order in which they appear; None without it.
        federated: it asks other endpoints, all of them on the operator's list.
        volatile: its answer can differ from one time to the next.
    """

    form: Form | None
    has_dataset: bool
    star: tuple[int, tuple[str, ...]] | None = None
    federated: bool = False
    volatile: bool = False


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """Why a query is not evaluated. `status` is the HTTP status; `reason` is the sentence by language."""

    status: int
    reason: dict[str, str]
    start: int = -1

    def place(self, text: str) -> str:
        """Return "line:column" of the refused place, both from 1, or "" where there is none."""
        if self.start < 0:
            return ""
        before = text[: self.start]
        return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of `text`, spaces and comments left out. Every text has tokens: what fits nothing is `other`."""
    yield from _Lexer(text).tokens(0, None)


class _Lexer:
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


def check(text: str, bounds: Bounds = DEFAULT) -> Reading:
    """Return what a query is, if it may be evaluated.

    Raises:
        Refusal: if it is too long, too deep, would fetch from another server or call an engine's own functions.
    """
    if len(text.encode("utf-8", "surrogatepass")) > bounds.bytes:
        raise Refusal(
            413,
            {
                "ja": f"問い合わせが長すぎます（上限 {bounds.bytes:,} バイト）。",
                "en": f"The query is too long (at most {bounds.bytes:,} bytes).",
            },
        )
    if (built_in := _BUILT_IN.search(_written_out(text))) is not None:
        raise Refusal(
            400,
            {
                "ja": f"エンジン独自の関数は使えません: {built_in[0].strip()}",
                "en": f"Functions of an engine's own are not offered: {built_in[0].strip()}",
            },
        )
    volatile = _VOLATILE.search(text) is not None
    if (form := _harmless(text, bounds)) is not None:
        return Reading(form, False, volatile=volatile)
    has_dataset = federated = False
    star = -1
    names: dict[str, None] = {}
    seen: set[int] = set()
    lexer = _Lexer(text)
    starts = [(0, 0, 0)]  # a text position, the depth and the chain there
    while starts:
        start, depth, chain = starts.pop()
        chains: list[int] = []
        previous = ""
        for token in lexer.tokens(start, seen):
            word = token.text.upper() if token.kind == "word" else ""
            if token.kind == "variable":
                names.setdefault(token.text[1:])
            elif token.kind == "iri" and ("#" in token.text or "'" in token.text):
                starts.append((token.start + 1, depth, chain))
            elif token.kind == "open":
                depth += 1
                chains.append(chain)
                if depth > bounds.depth:
                    raise _too_deep(token, bounds)
            elif token.kind == "close":
                depth -= 1
                chain = chains.pop() if chains else 0
            elif token.kind == "operator" or word in _CHAIN_WORDS:
                if token.text == "*" and depth == 0 and previous in _BEFORE_STAR:
                    star = token.start if start == 0 and star < 0 else star
                chain += 1
                if chain > bounds.chain:
                    raise _too_long_a_chain(token, bounds)
            elif token.kind in ("word", "prefixed"):
                federated = _asks_elsewhere(lexer, token, previous, bounds) or federated
                if depth == 0 and start == 0:
                    form = form or (Form(word) if word in Form.__members__ else None)
                    has_dataset = has_dataset or word == "FROM"
            previous = word
    columns = (star, tuple(names)) if star >= 0 and form is Form.SELECT else None
    return Reading(form, has_dataset, columns, federated, volatile)


def _written_out(text: str) -> str:
    """Return `text` with its \\u and \\U as the characters they stand for. Source: SPARQL 1.1 Query, section 19.2."""
    if "\\" not in text:
        return text
    return _CODE_POINT.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), text)


def prologue(text: str) -> str:
    """Return the BASE and PREFIX lines that a query begins with."""
    return text[: match.start("form")] if (match := _BEGINNING.match(text)) else ""


def _harmless(text: str, bounds: Bounds) -> Form | None:
    """Return the form of a query that needs no reading, as most do: too short and flat to be refused in any reading.

    None: it must be read.
    """
    if len(text) > bounds.chain or sum(map(text.count, "([{")) > bounds.depth or _TO_BE_READ.search(text):
        return None
    match = _BEGINNING.match(text)
    return Form(match["form"].upper()) if match and not match["star"] else None


def _asks_elsewhere(lexer: _Lexer, token: Token, previous: str, bounds: Bounds) -> bool:
    """Return whether a SERVICE begins here, which is then on the list."""
    if token.kind == "prefixed" and previous in _NAMES_A_GRAPH:
        return False
    bare = token.text.split(":", 1)[0]
    found = False
    for match in _SERVICE.finditer(bare):
        if (where := lexer.group_of(token.start + match.end())) is None:
            continue
        if where[1:-1] not in bounds.services or where[0] != "<":
            raise Refusal(400, _no_service(bounds), token.start + match.start())
        found = True
    return found


def _no_service(bounds: Bounds) -> dict[str, str]:
    if bounds.services:
        listed = " ".join(f"<{iri}>" for iri in sorted(bounds.services))
        return {
            "ja": f"SERVICE は次の IRI をそのまま書いたものだけ使えます: {listed}",
            "en": f"SERVICE is offered for these IRIs only, written out in full: {listed}",
        }
    return {
        "ja": "SERVICE は使えません。このサーバーは他のサーバーに問い合わせません。",
        "en": "SERVICE is not offered: this server does not query other servers.",
    }


def _too_deep(token: Token, bounds: Bounds) -> Refusal:
    return Refusal(
        400,
        {
            "ja": f"括弧の入れ子が深すぎます（上限 {bounds.depth}）。",
            "en": f"The brackets are nested too deeply (at most {bounds.depth}).",
        },
        token.start,
    )


def _too_long_a_chain(token: Token, bounds: Bounds) -> Refusal:
    return Refusal(
        400,
        {
            "ja": f"演算子や UNION、OPTIONAL などの連なりが長すぎます（上限 {bounds.chain:,}）。"
            "VALUES を試してください。",
            "en": f"The chain of operators, UNION, OPTIONAL … is too long (at most {bounds.chain:,}). "
            "Try VALUES instead.",
        },
        token.start,
    )
