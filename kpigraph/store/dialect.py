"""Where engines depart from SPARQL 1.1, and how that is made good. Nothing outside this module knows one by name.

Measured on Virtuoso 7.2.5 (Debian 7.2.5.1+dfsg1); tests/test_dialect.py asks the engine most of these as they are put.

| what | Virtuoso says | made good by |
|---|---|---|
| 1/0 | error for the whole query | a divisor that is 0 is unbound |
| 10/4 | 2, integers | divisor times 1.0 |
| "a"^^xsd:string | matches nothing | written "a" |
| REGEX(?n, "子|児") | nothing | flag u |
| ENCODE_FOR_URI("子") | %00 at the end | cut off |
| FILTER(?v = 0) in a UNION | compiler error | = (0 + 0); of a graph IN (name, nothing) |
| "x"@JA | tag as written | tags in small letters |
| DESCRIBE | what refers to it too | only what is said of it |
| GRAPH beside FROM | every graph there is | names of the dataset only, see `asked.py` |
| GRAPH ?g {} | one row without ?g | the list of graphs |
| CONSTRUCT over the limit of rows | cut without a word | SELECT, triples made here |
| SELECT over the limit of rows | cut, X-SPARQL-MaxRows | an error |
| time is up | the rows so far, X-SQL-State | an error |
| boolean results | "1" or integer 1 | true, false |
| xsd:duration | P2Y becomes 24 | kept under a datatype of our own |
| ASK | table of one number | boolean |

Left as it is: decimals have 15 digits and doubles 6 in results; DATATYPE of text with a language is unbound; "a" equals
"a"@en, GROUP_CONCAT of what is bound in no row is "" and not unbound, IF of an unbound condition takes its second
branch, TZ leaves out the +, 1 equals true; ?p* with neither end known is refused; BNODE() is not there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from kpigraph.store.pieces import XSD, Piece, arguments, closing, made, opening

KEPT = "urn:kpigraph:xsd:"  # datatypes that an engine would not give back as they were
_DURATIONS = ("duration", "dayTimeDuration", "yearMonthDuration")
_COMPARING = frozenset({"=", "!=", "<", ">", "<=", ">=", "&&", "||", "!"})
_BOOLEAN = frozenset(
    {"BOUND", "ISIRI", "ISURI", "ISBLANK", "ISLITERAL", "ISNUMERIC", "REGEX", "CONTAINS", "STRSTARTS", "STRENDS"}
    | {"LANGMATCHES", "SAMETERM", "EXISTS"}
)
Pieces = list[Piece]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine wants to be asked.

    Attributes:
        query: makes good, in the pieces of a query, what the engine does otherwise.
        open_graphs: GRAPH sees every graph although the request names default graphs only.
        rows_for_graphs: CONSTRUCT is asked for as SELECT.
        describe: what stands before a DESCRIBE.
        timeout: the parameter that bounds a query, in milliseconds; "" where there is none.
        updates, graphs: where SPARQL Update, and triples by the Graph Store Protocol, are taken, by what the address of
            queries ends in. Without `graphs` triples go by INSERT DATA.
        loads_files: it has the loader that `engine/bulk.py` speaks to.
    """

    name: str
    query: Callable[[Pieces], Pieces] = lambda pieces: pieces
    open_graphs: bool = False
    rows_for_graphs: bool = False
    describe: str = ""
    timeout: str = ""
    updates: tuple[tuple[str, str], ...] = ()
    graphs: tuple[tuple[str, str], ...] = ()
    loads_files: bool = False

    def updates_at(self, address: str) -> str:
        """Return where updates go, "" where that cannot be told from the address of queries."""
        return _beside(address, self.updates)

    def graphs_at(self, address: str) -> str:
        """Return where whole graphs go by the Graph Store Protocol, "" where that cannot be told."""
        return _beside(address, self.graphs)


def _beside(address: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, instead in endings:
        if address.endswith(ending):
            return address.removesuffix(ending) + instead
    return ""


def told(server: str) -> Dialect:
    """Return the dialect of an engine by what it calls itself in the header Server."""
    return VIRTUOSO if "virtuoso" in server.lower() else STANDARD


def kept_types(data: bytes) -> bytes:
    """Return N-Triples with the datatypes under which an engine keeps literals as they are."""
    for name in _DURATIONS:
        data = data.replace(f'"^^<{XSD}{name}>'.encode(), f'"^^<{KEPT}{name}>'.encode())
    return data


# ---- Virtuoso: the query


def _virtuoso(pieces: Pieces) -> Pieces:
    for step in (_terms, _functions, _divisions, _equal_numbers):
        pieces = step(pieces)
    return pieces


def _terms(pieces: Pieces) -> Pieces:
    """Plain strings, booleans as words, and our names for durations."""
    put: Pieces = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if piece.kind == "string" and at + 2 < len(pieces) and pieces[at + 1].text == "^^":
            datatype = pieces[at + 2].text[1:-1]
            if datatype == XSD + "string":
                put.append(piece)
                at += 3
                continue
            if datatype == XSD + "boolean" and piece.text[1:-1] in ("1", "0", "true", "false"):
                put.append(Piece("word", "true" if piece.text[1:-1] in ("1", "true") else "false"))
                at += 3
                continue
        if piece.text == "^^":
            piece = Piece("operator", "^^", piece.start, glued=True)
        elif piece.kind == "iri":
            name = piece.text[1:-1].removeprefix(XSD)
            glued = bool(put) and put[-1].text == "^^" and pieces[at - 2].kind == "string"
            text = f"<{KEPT}{name}>" if name in _DURATIONS else piece.text
            piece = Piece("iri", text, piece.start, glued)
        put.append(piece)
        at += 1
    return put


def _functions(pieces: Pieces) -> Pieces:
    put: Pieces = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if piece.word("REGEX", "REPLACE", "ENCODE_FOR_URI") and at + 1 < len(pieces) and pieces[at + 1].text == "(":
            end = closing(pieces, at + 1)
            given = [_functions(a) for a in arguments(pieces, at + 1, end)]
            put += _encoded(given) if piece.text == "ENCODE_FOR_URI" else _matched(piece, given)
            at = end + 1
        else:
            put.append(piece)
            at += 1
    return put


def _matched(piece: Piece, given: list[Pieces]) -> Pieces:
    flags = 2 if piece.text == "REGEX" else 3
    if len(given) == flags:
        given = [*given, made('"u"')]
    elif len(given) == flags + 1:
        given = [*given[:-1], [*made("CONCAT ("), *given[-1], *made(', "u" )')]]
    return [piece, *_listed(given)]


def _encoded(given: list[Pieces]) -> Pieces:
    return [*made("REPLACE ( ENCODE_FOR_URI"), *_listed(given), *made(', "%00$" , "" )')]


def _listed(given: list[Pieces]) -> Pieces:
    put = made("(")
    for n, argument in enumerate(given):
        put += [*(made(",") if n else []), *argument]
    return [*put, *made(")")]


def _divisions(pieces: Pieces) -> Pieces:
    """`a / b` with `b` unbound where it is 0, and never a whole number. What is a path is left alone."""
    put = list(pieces)
    at = 0
    while at < len(put):
        if put[at].text == "/" and put[at].kind == "operator" and (end := _divisor(put, at)):
            by = put[at + 1 : end]
            safe = [*made("IF ( ("), *by, *made(") = ( 0 + 0 ) , ?kpigraph_none , ("), *by, *made(") * 1.0 )")]
            put[at + 1 : end] = [Piece("number", p.text) if p.text in ("0", "1.0") else p for p in safe]
        at += 1
    return put


def _divisor(pieces: Pieces, at: int) -> int:
    """Return the end of what the `/` at `at` divides by; 0 where it is part of a path."""
    start = at + 1
    while start < len(pieces) and pieces[start].text in ("-", "+"):
        start += 1
    if not 0 < at < len(pieces) - 1 or start >= len(pieces):
        return 0
    first, before = pieces[start], pieces[at - 1]
    if first.kind in ("variable", "number"):
        return start + 1
    name = first.kind == "word" or first.kind == "iri"
    bracket = start + 1 if name else start
    if bracket >= len(pieces) or pieces[bracket].text != "(":
        return 0
    end = closing(pieces, bracket) + 1
    left = pieces[opening(pieces, at - 1) : at] if before.text == ")" else [before]
    counts = [p for p in (*pieces[bracket:end], *left) if p.kind in ("variable", "number")]
    return end if counts or first.kind == "word" else 0


def _equal_numbers(pieces: Pieces) -> Pieces:
    """`?v = 5` as `?v = (5 + 0)`: the engine puts the number in the place of the variable, and fails in a UNION."""
    put: Pieces = []
    inside: list[bool] = []  # brackets, whether each is a list after IN
    for n, piece in enumerate(pieces):
        if piece.kind == "open":
            inside.append(n > 0 and pieces[n - 1].word("IN"))
        elif piece.kind == "close" and inside:
            inside.pop()
        near = (pieces[m].text for m in (n - 1, n + 1) if 0 <= m < len(pieces))
        if piece.kind == "number" and not piece.glued and ("=" in near or (inside and inside[-1])):
            put += [*made("("), piece, *made("+"), Piece("number", "0"), *made(")")]
        else:
            put.append(piece)
    return put


def boolean_columns(pieces: Pieces) -> frozenset[str]:
    """Return the variables that hold the result of a comparison, a test or a logical operator."""
    found: set[str] = set()
    for n, piece in enumerate(pieces):
        if piece.word("AS") and n + 1 < len(pieces) and pieces[n + 1].kind == "variable":
            expression = _before(pieces, n)
            if _is_boolean(expression, found):
                found.add(pieces[n + 1].text[1:])
        elif piece.word("true", "false") and n >= 2 and pieces[n - 1].text == "=" and pieces[n - 2].kind == "variable":
            found.add(pieces[n - 2].text[1:])
    return frozenset(found)


def _before(pieces: Pieces, end: int) -> Pieces:
    depth = 0
    for n in range(end - 1, -1, -1):
        depth += (pieces[n].kind == "close") - (pieces[n].kind == "open")
        if depth < 0:
            return pieces[n + 1 : end]
    return []


def _is_boolean(pieces: Pieces, known: set[str]) -> bool:
    depth = 0
    for piece in pieces:
        depth += (piece.kind == "open") - (piece.kind == "close")
        if depth == 0 and (piece.text in _COMPARING or piece.word("IN", "EXISTS")):
            return True
    if len(pieces) == 1:
        return pieces[0].word("true", "false") or pieces[0].text[1:] in known
    if not pieces or pieces[-1].text != ")":
        return False
    if pieces[0].text == "(" and closing(pieces, 0) == len(pieces) - 1:
        return _is_boolean(pieces[1:-1], known)
    if pieces[0].word("IF", "COALESCE") and closing(pieces, 1) == len(pieces) - 1:
        given = arguments(pieces, 1, len(pieces) - 1)[pieces[0].text == "IF" :]
        return bool(given) and all(_is_boolean(argument, known) for argument in given)
    return pieces[0].text in _BOOLEAN and closing(pieces, 1) == len(pieces) - 1


# ---- Virtuoso: the answer

_STORED = re.compile(rb'("datatype": "http://www\.w3\.org/2001/XMLSchema#boolean", "value": )"([01])"')
_COLUMN = re.compile(
    rb'("([^"\\]+)": \{ "type": "typed-literal", "datatype": "http://www\.w3\.org/2001/XMLSchema#)'
    rb'integer", "value": "([01])"'
)


def as_meant(lines: bytes, booleans: frozenset[str]) -> bytes:
    """Return lines of a result in JSON as SPARQL has it: each is one solution, quotes in texts escaped."""
    lines = _STORED.sub(lambda m: m[1] + (b'"true"' if m[2] == b"1" else b'"false"'), lines)
    if booleans:
        lines = _COLUMN.sub(
            lambda m: (
                m[1] + (b'boolean", "value": "true"' if m[3] == b"1" else b'boolean", "value": "false"')
                if m[2].decode() in booleans
                else m[0]
            ),
            lines,
        )
    return lines.replace(KEPT.encode(), XSD.encode())


_TRUTH = re.compile(rb'"([01])"(\^\^<http://www\.w3\.org/2001/XMLSchema#boolean>)')


def triples_as_meant(lines: bytes) -> bytes:
    """Return lines of N-Triples as SPARQL has them; those of an engine that keeps to it stay as they are."""
    lines = _TRUTH.sub(lambda m: (b'"true"' if m[1] == b"1" else b'"false"') + m[2], lines)
    return lines.replace(KEPT.encode(), XSD.encode())


STANDARD = Dialect("standard", updates=(("/sparql", "/update"), ("/query", "/update")))
VIRTUOSO = Dialect(
    "virtuoso",
    query=_virtuoso,
    open_graphs=True,
    rows_for_graphs=True,
    describe='DEFINE sql:describe-mode "CBD" ',
    timeout="timeout",
    updates=(("/sparql", "/sparql-auth"),),
    graphs=(("/sparql", "/sparql-graph-crud-auth"),),
    loads_files=True,
)
