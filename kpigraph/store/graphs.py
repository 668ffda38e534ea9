"""Which named graphs of a publication are current, told by their names: for stores that come without a manifest."""

import re
from collections.abc import Iterable

from kpigraph.text import natural

_EDITION = re.compile(r"lg/(?P<series>[^/]+/doc/[^/]+)/(?P<edition>[^/]+)/[^/]+")


def current_graphs(names: Iterable[str], base: str) -> tuple[str, ...]:
    """Return those of `names` that a publication with that base IRI shows: the newest edition of each series, and what
    editions share. () where there are none: it is no publication of that base.
    """
    beginning = base + "graph/"
    ours = sorted(n for n in names if n.startswith(beginning))
    editions = {n: m for n in ours if (m := _EDITION.fullmatch(n.removeprefix(beginning))) is not None}
    newest: dict[str, str] = {}
    for m in editions.values():
        newest[m["series"]] = max(newest.get(m["series"], ""), m["edition"], key=lambda e: (natural(e), e))
    if not newest:
        return ()
    return tuple(n for n in ours if n not in editions or newest[editions[n]["series"]] == editions[n]["edition"])
