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
from dataclasses import dataclass
from enum import StrEnum

from kpigraph.lexer import CHARS, IRI, PREFIX, SPACE, Lexer, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a query may be: bytes of text, brackets within brackets, members of one chain, endpoints for SERVICE."""

    bytes: int = 200_000
    depth: int = 100
    chain: int = 2_000
    services: frozenset[str] = frozenset()


DEFAULT = Bounds()

_SERVICE = re.compile("service", re.IGNORECASE)
_VOLATILE = re.compile(r"(?:RAND|NOW|UUID|BNODE)\s*\(", re.IGNORECASE)
_BUILT_IN = re.compile(r"<[ \t\r\n]*(?:bif|sql):|(?<![\w.:/-])(?:bif|sql):\w[\w.-]*\s*\(", re.IGNORECASE)
_CODE_POINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U(00[01][0-9A-Fa-f]{5})")
_TO_BE_READ = ("service", "from")
_ENGINES, _CHANGING = ("bif", "sql", "\\u"), ("rand", "now", "uuid", "bnode")  # what these searches can only find with
_LIKE_ASCII = "\u0130\u0131\u017f\u212a"  # to re.IGNORECASE an i, i, s and k
_BEGINNING = re.compile(
    rf"(?:{SPACE}(?:[Pp][Rr][Ee][Ff][Ii][Xx]{SPACE}(?:{PREFIX})?:|[Bb][Aa][Ss][Ee]){SPACE}{IRI})*+{SPACE}"
    rf"(?P<form>(?i:SELECT|ASK|CONSTRUCT|DESCRIBE))(?![{CHARS}:]){SPACE}"
    rf"(?:(?i:DISTINCT|REDUCED)(?![{CHARS}:]){SPACE})?(?P<star>\*)?"
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
    plain = _small(text)
    if (built_in := _BUILT_IN.search(_written_out(text)) if _may_hold(_ENGINES, plain) else None) is not None:
        raise Refusal(
            400,
            {
                "ja": f"エンジン独自の関数は使えません: {built_in[0].strip()}",
                "en": f"Functions of an engine's own are not offered: {built_in[0].strip()}",
            },
        )
    volatile = _may_hold(_CHANGING, plain) and _VOLATILE.search(text) is not None
    if (form := _harmless(text, plain, bounds)) is not None:
        return Reading(form, False, volatile=volatile)
    has_dataset = federated = False
    star = -1
    names: dict[str, None] = {}
    seen: set[int] = set()
    lexer = Lexer(text)
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


def _small(text: str) -> str:
    """Return `text` in small letters, "" where more than ASCII stands for a letter of a keyword to re.IGNORECASE.

    Looking for words in it takes a tenth of the time of a search whatever the case.
    """
    return "" if any(letter in text for letter in _LIKE_ASCII) else text.lower()


def _may_hold(words: tuple[str, ...], plain: str) -> bool:
    """Whether a text, which `plain` is by `_small`, may hold one of `words`."""
    return not plain or any(word in plain for word in words)


def _written_out(text: str) -> str:
    """Return `text` with its \\u and \\U as the characters they stand for. Source: SPARQL 1.1 Query, section 19.2."""
    if "\\" not in text:
        return text
    return _CODE_POINT.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), text)


def prologue(text: str) -> str:
    """Return the BASE and PREFIX lines that a query begins with."""
    return text[: match.start("form")] if (match := _BEGINNING.match(text)) else ""


def _harmless(text: str, plain: str, bounds: Bounds) -> Form | None:
    """Return the form of a query that needs no reading, as most do: too short and flat to be refused in any reading.

    None: it must be read.
    """
    if len(text) > bounds.chain or sum(map(text.count, "([{")) > bounds.depth or _may_hold(_TO_BE_READ, plain):
        return None
    match = _BEGINNING.match(text)
    return Form(match["form"].upper()) if match and not match["star"] else None


def _asks_elsewhere(lexer: Lexer, token: Token, previous: str, bounds: Bounds) -> bool:
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
