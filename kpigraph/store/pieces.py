"""A query in pieces that no two engines read differently: what another engine is sent is written anew from them.

Prefixes, comments and escapes are gone; every IRI is written out; strings have one form of quotes; pieces stand apart.
What is not of SPARQL 1.1 is refused here, so that none of an engine's own inventions is reached: words that are none of
its keywords, functions with a name of their own (Virtuoso's `bif:http_get` would fetch any address), SERVICE.
Source: SPARQL 1.1 Query Language (2013), section 19.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from kpigraph import lexer

XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBER = re.compile(
    r"[0-9]+\.[0-9]*[eE][+-]?[0-9]+|\.[0-9]+[eE][+-]?[0-9]+|[0-9]+[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+"
)
_KEYWORDS = frozenset(
    {
        *("BASE", "PREFIX", "SELECT", "DISTINCT", "REDUCED", "AS", "CONSTRUCT", "WHERE", "DESCRIBE", "ASK", "FROM"),
        *("NAMED", "GROUP", "BY", "HAVING", "ORDER", "ASC", "DESC", "LIMIT", "OFFSET", "VALUES", "UNDEF", "OPTIONAL"),
        *("GRAPH", "BIND", "MINUS", "UNION", "FILTER", "A", "TRUE", "FALSE", "IN", "NOT", "EXISTS", "COUNT", "SUM"),
        *("MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT", "SEPARATOR", "STR", "LANG", "LANGMATCHES", "DATATYPE"),
        *("BOUND", "IRI", "URI", "BNODE", "RAND", "ABS", "CEIL", "FLOOR", "ROUND", "CONCAT", "STRLEN", "UCASE"),
        *("LCASE", "ENCODE_FOR_URI", "CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE", "STRAFTER", "YEAR", "MONTH"),
        *("DAY", "HOURS", "MINUTES", "SECONDS", "TIMEZONE", "TZ", "NOW", "UUID", "STRUUID", "MD5", "SHA1", "SHA256"),
        *("SHA384", "SHA512", "COALESCE", "IF", "STRLANG", "STRDT", "SAMETERM", "ISIRI", "ISURI", "ISBLANK"),
        *("ISLITERAL", "ISNUMERIC", "REGEX", "SUBSTR", "REPLACE"),
    }
)
_CASTS = frozenset(
    XSD + n for n in ("boolean", "double", "float", "decimal", "integer", "dateTime", "date", "string", "duration")
)
_OTHER = frozenset(".;,?")
_OWN_SCHEMES = ("bif:", "sql:")  # names that Virtuoso takes for functions of its own, wherever they stand
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
_WRITTEN = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
_IN_IRI = re.compile(r'[^<>"{}|^`\\\x00-\x20]*')
_OPERANDS = frozenset({"variable", "string", "language", "number", "iri", "close"})
_NO_OTHER = "expected SPARQL's own words and functions, and casts of xsd:"


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a query. `kind`: iri string language variable blank number word open close operator other.

    `text` is what is written, an IRI in its brackets; words of SPARQL are in capitals, but for `a`, `true`, `false`.
    `glued`: written right behind the piece before. `start` is where it stood.
    """

    kind: str
    text: str
    start: int = -1
    glued: bool = False

    def word(self, *words: str) -> bool:
        return self.kind == "word" and self.text in words


def read(text: str, prefixes: Mapping[str, str], base: str | None) -> list[Piece]:
    """Return the pieces of a query, its prologue resolved. `prefixes` are known beside those that it declares.

    Raises:
        SyntaxError: if something in it is not for other engines; the message says where, as Oxigraph's do.
    """
    found: list[Piece] = []
    known, root, opened, skipped = dict(prefixes), base or "", list[str](), 0
    tokens = list(lexer.tokens(text))
    at = 0
    while at < len(tokens):  # the prologue
        word = tokens[at].text.upper()
        if word == "BASE" and at + 1 < len(tokens):
            root = _resolved(root, tokens[at + 1])
            at += 2
        elif word == "PREFIX" and at + 2 < len(tokens):
            known[tokens[at + 1].text[:-1]] = _resolved(root, tokens[at + 2])
            at += 3
        else:
            break
    for n in range(at, len(tokens)):
        token = tokens[n]
        if token.start < skipped:
            continue
        piece = _piece(text, token, known, root)
        before = found[-1] if found else None
        after = tokens[n + 1] if n + 1 < len(tokens) else None
        if piece.kind == "number":
            skipped = token.start + len(piece.text)
            sign = before is not None and before.text in ("+", "-") and before.start == token.start - 1
            piece = Piece("number", piece.text, token.start, sign)
        elif piece.kind == "iri":
            inside = bool(opened) and opened[-1] == "("
            if (after is not None and after.text == "(" and piece.text[1:-1] not in _CASTS) or (
                inside and "(" in piece.text and before is not None and before.kind in _OPERANDS
            ):
                raise refused(text, token.start, _NO_OTHER)
        elif piece.kind == "open":
            opened.append(piece.text)
        elif piece.kind == "close" and opened:
            opened.pop()
        found.append(piece)
    return found


def _piece(text: str, token: lexer.Token, prefixes: Mapping[str, str], base: str) -> Piece:
    match token.kind:
        case "iri" | "prefixed":
            if token.kind == "iri":
                iri = _resolved(base, token)
            else:
                prefix, _, local = token.text.partition(":")
                if prefix not in prefixes:
                    raise refused(text, token.start, "Prefix not found")
                iri = prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
            if not _IN_IRI.fullmatch(iri) or iri.lower().startswith(_OWN_SCHEMES):
                raise refused(text, token.start, _NO_OTHER)
            return Piece("iri", f"<{iri}>", token.start)
        case "string":
            quotes = 3 if token.text[:3] in ('"""', "'''") and len(token.text) >= 6 else 1
            return Piece("string", quoted(_unescaped(token.text[quotes:-quotes])), token.start)
        case "language":
            return Piece("language", token.text.lower(), token.start, glued=True)
        case "variable":
            return Piece("variable", "?" + token.text[1:], token.start)
        case "word":
            if (word := token.text.upper()) not in _KEYWORDS:
                raise refused(text, token.start, _NO_OTHER)
            written = word.lower() if word in ("A", "TRUE", "FALSE") else word
            return Piece("word", written, token.start)
        case "other" | "number":
            if number := _NUMBER.match(text, token.start):
                return Piece("number", number[0], token.start)
            if token.text not in _OTHER:
                raise refused(text, token.start, _NO_OTHER)
    return Piece(token.kind, token.text, token.start)


def _resolved(base: str, token: lexer.Token) -> str:
    iri = _unescaped(token.text[1:-1])
    if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", iri) or not base:
        return iri
    return urljoin(base, iri) + ("#" if iri.endswith("#") else "")  # urljoin takes an empty fragment away


def written(pieces: Iterable[Piece]) -> str:
    """Return the query that `pieces` are."""
    parts: list[str] = []
    after_word = False
    for piece in pieces:
        if parts and not piece.glued and not (after_word and piece.text == "("):  # Oxigraph: COALESCE(, not COALESCE (
            parts.append(" ")
        parts.append(piece.text)
        after_word = piece.kind == "word"
    return "".join(parts)


def made(text: str) -> list[Piece]:
    """Return the pieces of text of our own: words, IRIs, variables, brackets, with blanks between them."""
    return [Piece(_kind(part), part) for part in text.split()]


def _kind(part: str) -> str:
    if part[0] in "?<":
        return ("variable" if part[0] == "?" else "iri") if len(part) > 1 else "operator"
    if part in "([{" or part in ")]}":
        return "open" if part in "([{" else "close"
    return "word" if part[0].isalpha() else "string" if part[0] == '"' else "operator"


def closing(pieces: list[Piece], at: int) -> int:
    """Return where the bracket that opens at `at` closes.

    Raises:
        SyntaxError: if it does not.
    """
    depth = 0
    for n in range(at, len(pieces)):
        depth += (pieces[n].kind == "open") - (pieces[n].kind == "close")
        if depth == 0:
            return n
    raise SyntaxError("error at 1:1: expected a closing bracket")


def opening(pieces: list[Piece], at: int) -> int:
    """Return where the bracket that closes at `at` opens; 0 where it does not."""
    depth = 0
    for n in range(at, -1, -1):
        depth += (pieces[n].kind == "close") - (pieces[n].kind == "open")
        if depth == 0:
            return n
    return 0


def arguments(pieces: list[Piece], start: int, end: int) -> list[list[Piece]]:
    """Return the arguments between the brackets at `start` and `end`."""
    found: list[list[Piece]] = [[]]
    depth = 0
    for piece in pieces[start + 1 : end]:
        depth += (piece.kind == "open") - (piece.kind == "close")
        if piece.text == "," and depth == 0:
            found.append([])
        else:
            found[-1].append(piece)
    return found


def quoted(value: str) -> str:
    """Return `value` as a string of SPARQL."""
    return '"' + "".join(_WRITTEN.get(c, c) for c in value) + '"'


def refused(text: str, start: int, expected: str) -> SyntaxError:
    """Return the error of a query, with its place as Oxigraph says it: line, and column in bytes, from 1."""
    before = text[:start]
    column = len(before[before.rfind("\n") + 1 :].encode()) + 1
    return SyntaxError(f"error at {before.count(chr(10)) + 1}:{column}: {expected}")


def _unescaped(text: str) -> str:
    def one(m: re.Match[str]) -> str:
        code = m[1] or m[2]
        return chr(int(code, 16)) if code else _ESCAPES.get(m[3], m[3])

    return re.sub(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", one, text, flags=re.DOTALL)
