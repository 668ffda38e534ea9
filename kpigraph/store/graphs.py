"""Which named graphs of a publication are current, told by their names: for stores that come without a manifest."""

import re
from collections.abc import Iterable

from kpigraph.text import natural

_EDITION = re.compile(r"(?P<series>.*/graph/lg/[^/]+/doc/[^/]+)/(?P<edition>[^/]+)/[^/]+")


def current_graphs(names: Iterable[str], base: str) -> tuple[str, ...]:
    """Return those of `names` that a publication with that base IRI shows: the newest edition of each series, and what
    editions share. () where there is none of ours: it is no publication of that base. Editions that were imported keep
    the names they have where they come from.
    """
    beginning = base + "graph/"
    editions = {n: m for n in sorted(names) if (m := _EDITION.fullmatch(n)) is not None}
    ours = sorted(n for n in names if n.startswith(beginning) or n in editions)
    if not any(n in editions or n.startswith(beginning + "import/") for n in ours if n.startswith(beginning)):
        return ()
    newest: dict[str, str] = {}
    for m in editions.values():
        newest[m["series"]] = max(newest.get(m["series"], ""), m["edition"], key=lambda e: (natural(e), e))
    return tuple(n for n in ours if n not in editions or newest[editions[n]["series"]] == editions[n]["edition"])
