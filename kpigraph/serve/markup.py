"""The pieces of HTML that a page has hundreds of, as functions: macros of templates take several times as long.

Templates get them from `_macros.html`, with its macros.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape
from pyoxigraph import NamedNode

from kpigraph.serve.cards import Cell
from kpigraph.serve.describe import Text
from kpigraph.serve.shown import shown

if TYPE_CHECKING:
    from kpigraph.serve.site import Site


def say(text: Text, lang: str) -> Markup:
    """Return a text, marked with its language where that is another than the page's."""
    words = escape(shown(text.text))
    if not text.lang or text.lang == lang:
        return words
    return Markup(f'<span lang="{escape(shown(text.lang))}">{words}</span>')  # noqa: S704


def link(text: Text, href: str, lang: str) -> Markup:
    """Return a text as a link, or alone where it leads nowhere."""
    words = say(text, lang)
    return Markup(f'<a href="{escape(shown(href))}">{words}</a>') if href else words  # noqa: S704


def thing(iri: NamedNode, site: "Site", lang: str) -> Markup:
    """Return the label of a thing as a link to it."""
    return link(site.label(iri), site.href(iri), lang)


def row(key: str, iris: Sequence[NamedNode], site: "Site", lang: str, comma: str) -> Markup:
    """Return a row of a table of facts: the things that a word leads to, nothing where it leads to none."""
    if not iris:
        return Markup("")
    things = escape(comma).join(thing(iri, site, lang) for iri in iris)
    return Markup(f"<div><dt>{escape(shown(key))}</dt><dd>{things}</dd></div>")  # noqa: S704


def cells(line: Iterable[Cell]) -> Markup:
    """Return the cells of a printed line with tabs between them, each as a link to what was made of it."""
    found = []
    for text, href, what in line:
        words = escape(shown(text))
        title = "" if what is None else escape(shown(what.text))
        found.append(f'<a href="{escape(shown(href))}" title="{title}">{words}</a>' if href else words)
    return Markup("&#9;".join(found))  # noqa: S704
