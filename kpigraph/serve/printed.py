"""A printed line cell by cell, each linked to what was made of it: an element, indicator, period, value, unit …"""

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kpigraph.serve import around
from kpigraph.serve.describe import Text
from kpigraph.serve.site import Site, caption, page_of

_STATED = (("kpi:statedPeriod", "sd:refPeriod"), ("kpi:statedUnit", "kpi:unit"))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as printed, where it leads ("" where nothing was made of it), and what is there."""

    text: str
    href: str = ""
    what: Text | None = None


def cells(site: Site, line: str, made: Iterable[NamedNode], corrections: Iterable[NamedNode]) -> list[Cell]:
    """Return the cells of `line`, which is as printed, with tabs between them.

    `made` was made of the line, `corrections` put it right. A cell that says none of what these state, such as the
    word for a role, belongs to the value of its line where there is just one.
    """
    known: dict[str, list[Cell]] = {}
    statements = []

    def say(text: str, href: str, what: Text) -> None:
        if key := _key(text):
            known.setdefault(key, []).append(Cell("", href, what))

    view = site.view
    for c in sorted(corrections, key=lambda n: n.value):
        say(view.text(c, "kpi:originalText"), f"#{around.local_id(c)}", caption(site, c))
    for n in sorted(made, key=lambda n: (site.shelf.role_order(n), n.value)):
        kinds, here = view.types(n), f"{site.href(page_of(site, n))}#{around.local_id(n)}"
        if "kpi:Statement" in kinds:
            statements.append(Cell("", here, caption(site, n)))
            say(view.text(n, "kpi:statedValue"), here, caption(site, n))
            for stated, meant in _STATED:
                if (thing := view.thing(n, meant)) is not None:
                    say(view.text(n, stated), site.href(thing), site.label(thing))
        elif "kpi:Placement" in kinds:
            say(view.text(n, "kpi:statedLabel"), here, caption(site, n))
        elif "kpi:Listing" in kinds:
            about = page_of(site, n)
            say(view.text(n, "kpi:statedLabel"), site.href(about), caption(site, n))
            for department in view.things(n, "kpi:department"):
                say(str(site.label(department)), site.href(department), site.label(department))
    found = []
    for text in line.split("\t"):
        fits = known.get(_key(text), [])
        if not fits and _key(text) and len(statements) == 1:
            fits = statements
        cell = (fits.pop(0) if len(fits) > 1 else fits[0]) if fits else Cell("")
        found.append(Cell(text, cell.href, cell.what))
    return found


def _key(text: str) -> str:
    return "".join(text.split())
