"""How a query is put to an engine that holds releases under names of its own.

A release's graphs lie on the engine under names made of their content (`ledger.py`), so that a graph which two releases
share lies there once and nothing that is read is ever overwritten. People ask for the public names. So the query is
written anew: FROM and GRAPH with a name get the engine's; `GRAPH ?g { P }` becomes
`GRAPH ?k { P } GRAPH <release> { ?k holds ?g }`, which by the definition of GRAPH has the same solutions, ?k left out.
Source: SPARQL 1.1 Query Language (2013), sections 13.3 and 18.6 (evaluation of a graph pattern).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kpigraph.store import pieces as read_pieces
from kpigraph.store.dialect import Dialect, boolean_columns
from kpigraph.store.pieces import Piece, closing, made, written

HOLDS = "urn:kpigraph:holds"
NOTHING = "urn:kpigraph:nothing"  # the name of a graph that is never there
_HIDDEN = "kpigraph_g"


@dataclass(frozen=True, slots=True)
class View:
    """What of an engine is seen: one release.

    Attributes:
        release: the graph that says which graph holds what.
        default: the graph in which all default graphs of the release lie together.
        names: tells the engine's names of graphs by their public ones, of all for None; what the release lacks is left
            out.
    """

    release: str
    default: str
    names: Callable[[Iterable[str] | None], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as an engine gets it.

    Attributes:
        default_graphs, named_graphs: the dataset of the request; None leaves it to the engine.
        booleans: the columns that hold truth values, whatever the engine says.
        template: of a CONSTRUCT that is asked for as SELECT, its template; "" otherwise.
        limit: the LIMIT of the whole query, None without.
    """

    text: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...] | None
    booleans: frozenset[str] = frozenset()
    template: str = ""
    limit: int | None = None


def put(
    text: str,
    dialect: Dialect,
    view: View | None,
    *,
    base: str | None,
    prefixes: Mapping[str, str],
    default_graphs: Sequence[str] = (),
    named_graphs: Sequence[str] = (),
    columns: Sequence[str] = (),
) -> Asked:
    """Return how a query is put. The dataset of the request, where there is one, counts and not that of the query.

    `columns`: those of SELECT *, which would show a variable of ours otherwise.

    Raises:
        SyntaxError: if something in it is not for other engines.
    """
    found = read_pieces.read(text, prefixes, base)
    found, defaults, named = _dataset(found)
    if default_graphs or named_graphs:
        defaults, named = list(default_graphs), list(named_graphs)
    booleans = boolean_columns(found) if dialect.rows_for_graphs else frozenset()
    form = found[0].text if found else ""
    limit = _limit(found)
    if form == "SELECT" and columns:
        found = _named_columns(found, columns)
    template = ""
    if form == "CONSTRUCT" and dialect.rows_for_graphs:
        found, template = _as_select(found)
    explicit: list[str] | None = named if defaults or named else None
    if view is not None:
        known = view.names([*defaults, *named, *_constants(found)])
        found = _Mapping(found, dialect, view, known).mapped(explicit)
        of_request = [known.get(name, NOTHING) for name in defaults]
        listed = [view.release, *(known[n] for n in named if n in known)] if named else None
        if not of_request:
            of_request = [NOTHING] if explicit is not None else [view.default]
        if not dialect.open_graphs and explicit is None:
            listed = [view.release, *view.names(None).values()]
        defaults, explicit = of_request, listed
    found = dialect.query(found)
    before = dialect.describe if form == "DESCRIBE" else ""
    if dialect.open_graphs and view is not None:
        explicit = None  # the pattern itself says which
    return Asked(
        before + written(found),
        tuple(defaults),
        None if explicit is None else tuple(explicit),
        booleans,
        template,
        limit,
    )


def _dataset(found: list[Piece]) -> tuple[list[Piece], list[str], list[str]]:
    """Return the query without its FROM clauses, and what they name: default graphs, named graphs."""
    kept: list[Piece] = []
    defaults: list[str] = []
    named: list[str] = []
    at = 0
    while at < len(found):
        if found[at].word("FROM"):
            is_named = found[at + 1].word("NAMED") if at + 1 < len(found) else False
            at += 2 if is_named else 1
            if at >= len(found) or found[at].kind != "iri":
                raise SyntaxError("error at 1:1: expected an IRI after FROM")
            (named if is_named else defaults).append(found[at].text[1:-1])
        else:
            kept.append(found[at])
        at += 1
    return kept, defaults, named


def _limit(found: list[Piece]) -> int | None:
    depth = 0
    limit = None
    for n, piece in enumerate(found):
        depth += (piece.kind == "open") - (piece.kind == "close")
        if depth == 0 and piece.word("LIMIT") and n + 1 < len(found) and found[n + 1].text.isdigit():
            limit = int(found[n + 1].text)
    return limit


def _named_columns(found: list[Piece], columns: Sequence[str]) -> list[Piece]:
    at = 2 if len(found) > 1 and found[1].word("DISTINCT", "REDUCED") else 1
    if at < len(found) and found[at].text == "*":
        return [*found[:at], *(Piece("variable", "?" + name) for name in columns), *found[at + 1 :]]
    return found


def _as_select(found: list[Piece]) -> tuple[list[Piece], str]:
    """Return a CONSTRUCT as the SELECT of what its template needs, and the template."""
    if len(found) > 1 and found[1].text == "{":
        end = closing(found, 1)
        template, rest = found[2:end], found[end + 1 :]
    else:  # CONSTRUCT WHERE { … }
        start = 2 if len(found) > 1 and found[1].word("WHERE") else 1
        template, rest = found[start + 1 : closing(found, start)], found[1:]
    names = dict.fromkeys(p.text for p in template if p.kind == "variable")
    chosen = [Piece("variable", n) for n in names] or [
        Piece("open", "("), Piece("number", "1"), *made(f"AS ?{_HIDDEN} )")
    ]  # fmt: skip
    return [*made("SELECT"), *chosen, *rest], written(template)


def _constants(found: list[Piece]) -> list[str]:
    return [b.text[1:-1] for a, b in pairwise(found) if a.word("GRAPH") and b.kind == "iri"]


class _Mapping:
    """The graphs of a query, from public names to those of the engine.

    Virtuoso, where the request names default graphs only, sees nothing in GRAPH <name> and every graph in GRAPH ?g; so
    there a name is a variable that must be in a list with it: of one that must equal it, its compiler makes an error.
    """

    def __init__(self, found: list[Piece], dialect: Dialect, view: View, known: Mapping[str, str]) -> None:
        self._found = found
        self._as_variable = dialect.open_graphs
        self._view = view
        self._known = known
        self._names = {p.text for p in found if p.kind == "variable"}
        self._count = 0

    def mapped(self, named: Sequence[str] | None) -> list[Piece]:
        """Return the query. `named`: the public names that GRAPH may see; None for all of the release."""
        found = self._found
        replaced: dict[int, list[Piece]] = {}  # a piece, by its place
        after: dict[int, list[Piece]] = {}  # what follows the bracket at a place
        for n, piece in enumerate(found[:-2]):
            if not piece.word("GRAPH"):
                continue
            name, opens = found[n + 1], n + 2
            end = closing(found, opens)
            seen = None if named is None else [self._known[iri] for iri in named if iri in self._known]
            if name.kind == "iri" or seen == []:
                iri = name.text[1:-1]
                here = self._known.get(iri, NOTHING) if named is None or iri in named else NOTHING
                replaced[n + 1], after[end] = self._graph(here)
                continue
            hidden = self._hidden()
            of_release, filter_ = self._graph(self._view.release)
            replaced[n + 1] = made(hidden)
            after[end] = [*made("GRAPH"), *of_release, *made(f"{{ {hidden} <{HOLDS}> {name.text} }}"), *filter_]
            if seen is not None:
                after[end] += made(f"FILTER ( {hidden} IN ( {' , '.join(f'<{iri}>' for iri in seen)} ) )")
            if end == opens + 1:  # GRAPH ?g {} lists the graphs
                replaced |= {place: [] for place in (n, n + 1, opens, end)}
        put: list[Piece] = []
        for n, piece in enumerate(found):
            put += replaced.get(n, [piece])
            put += after.get(n, ())
        return put

    def _graph(self, iri: str) -> tuple[list[Piece], list[Piece]]:
        """Return what stands for a graph behind GRAPH, and what has to follow its pattern."""
        if not self._as_variable:
            return made(f"<{iri}>"), []
        hidden = self._hidden()
        return made(hidden), made(f"FILTER ( {hidden} IN ( <{iri}> , <{NOTHING}> ) )")  # = fails in a UNION

    def _hidden(self) -> str:
        """Return a variable that the query does not have."""
        while (name := f"?{_HIDDEN}{self._count}") in self._names:
            self._count += 1
        self._count += 1
        return name
