"""Queries over the default graphs of a store that has many of them.

A municipality has several graphs, and Oxigraph looks a pattern up in each default graph in turn: over 150 of them the
queries of one comparison took seconds. Asked of any graph (GRAPH ?g) a pattern is looked up once, and what is in no
default graph is left out here. Where the store keeps their union as one graph, that one is asked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kpigraph.store import Row, Store, text


def ask(store: Store, variables: Iterable[str], *parts: str) -> Iterator[Row]:
    """Yield the solutions of `parts` in the default graphs: triple patterns, one a part, VALUES and FILTER as they are.

    A solution comes once for each way in which graphs say it, so the same may come twice.

    Raises:
        UsageError: if the store is damaged or out of reach.
    """
    graphs = _graphs(store)
    names, where = _parts(parts, bool(graphs))
    query = f"SELECT {' '.join(f'?{v}' for v in (*variables, *names))} WHERE {{ {where} }}"
    for row in store.select(query):
        if all(text(row, name) in graphs for name in names):
            yield row


def told(
    store: Store, known: Mapping[str, str], optional: Sequence[str], *parts: str
) -> dict[str, dict[str, list[str]]]:
    """Return what is said of each thing `?s` of `parts`: property → values.

    `known` names properties that `parts` bind, by variable; `optional` are those of which a thing may have a value, in
    whatever graph: things of an edition are spoken of in its own graphs.
    """
    graphs = _graphs(store)
    required, where = _parts(parts, bool(graphs))
    found = []
    for n, name in enumerate(optional):
        pattern = f"?s {name} ?x{n}"
        where += f" OPTIONAL {{ {f'GRAPH ?h{n} {{ {pattern} }}' if graphs else pattern} }}"
        found.append(f"?x{n}")
    variables = " ".join(["?s", *(f"?{v}" for v in known), *(f"?{g}" for g in required), *found])
    said: dict[str, dict[str, list[str]]] = {}
    for row in store.select(f"SELECT {variables} WHERE {{ {where} }}"):
        if not all(text(row, g) in graphs for g in required):
            continue
        its = said.setdefault(text(row, "s"), {})
        for variable, name in known.items():
            _add(its, name, text(row, variable))
        for n, name in enumerate(optional):
            if f"x{n}" in row:
                _add(its, name, text(row, f"x{n}"))
    return said


def _graphs(store: Store) -> set[str]:
    """Return the graphs to be asked; none where the engine has their union as one graph."""
    return set() if store.united else set(store.default_graphs)


def _parts(parts: Iterable[str], in_graphs: bool) -> tuple[list[str], str]:
    """Return the variables of the graphs that `parts` are asked of, and the parts as one group."""
    names, where = [], []
    for n, part in enumerate(parts):
        if part.startswith(("VALUES", "FILTER")):
            where.append(part)
        elif in_graphs:
            names.append(f"g{n}")
            where.append(f"GRAPH ?g{n} {{ {part} }}")
        else:
            where.append(f"{part} .")
    return names, " ".join(where)


def _add(said: dict[str, list[str]], name: str, value: str) -> None:
    values = said.setdefault(name, [])
    if value not in values:
        values.append(value)
