"""A release as pages see it, and how a page becomes HTML."""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import jinja2
from pyoxigraph import NamedNode

from kpigraph.config import Settings
from kpigraph.prefixes import CODE, NS, SHAPES
from kpigraph.serve import markup
from kpigraph.serve.assets import Assets, load
from kpigraph.serve.cards import Line
from kpigraph.serve.describe import Text, View, compact, local, name, row_name
from kpigraph.serve.figures import Shelf
from kpigraph.serve.negotiate import THING_FORMS
from kpigraph.serve.served import Served
from kpigraph.serve.shown import shown
from kpigraph.serve.texts import term, texts

# Stands in an answer until it is sent, for the address by which the client came: see `web.answer`.
AS_ASKED = "http://as-asked.invalid"
_NOBODYS = Settings().base_iri
_TEMPLATES = Path(__file__).with_name("templates")
_VOCABULARY_HOME = NS.removesuffix("ns#")
_OWN_PATHS = ("ns", "shapes", "catalog", "validation", "sparql", "download", ".well-known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a template is to show. `crumbs` lead to the page, each a label and an address.

    `structured` is what `structured.script` makes of the page's subject. `image`, the path of a picture of 1200 by 630,
    and `description` are for those who show a link to the page.
    """

    template: str
    title: Text
    context: dict[str, Any] = field(default_factory=dict)
    crumbs: tuple[tuple[Text, str], ...] = ()
    iri: NamedNode | None = None
    structured: str = ""
    description: str = ""
    image: str = ""


class Site:
    """One release in one language, as pages see it."""

    def __init__(self, served: Served, base: str, lang: str) -> None:
        self.served, self.base, self.lang = served, base, lang
        self.view = View(served)
        self.shelf = Shelf(self.view, lang)
        self._hrefs: dict[NamedNode, str] = {}

    def href(self, iri: NamedNode) -> str:
        """Return where a page links to for `iri`: a path on this host for what is ours, else the IRI itself.

        "" for what is no web address; nothing else may become a link.
        """
        if (known := self._hrefs.get(iri)) is None:
            known = self._hrefs[iri] = address(iri.value, self.base)
        return known

    def path(self, iri: str) -> str:
        """Return the same of an IRI as text."""
        return address(iri, self.base)

    def line_href(self, line: Line) -> str:
        return self.href(line.edition or line.iri) + f"#L{line.place}"

    def label(self, iri: NamedNode) -> Text:
        """Return the label in the graph, else ours of a term of another vocabulary, else the IRI in short."""
        if known := term(compact(iri.value), self.lang):
            return Text(known, self.lang)
        return self.view.label(iri, self.lang)

    def say(self, key: str) -> Text:
        return Text(texts(self.lang)[key], self.lang)


def address(iri: str, base: str) -> str:
    """Return the path or the web address that shows `iri`, "" if there is none."""
    if iri.startswith(base + "id/"):
        return "/doc/" + _quoted(iri[len(base) + 3 :])
    if iri.startswith(NS):
        return "/ns#" + quote(iri[len(NS) :], safe="-._~")
    if iri.startswith(SHAPES):
        return "/shapes#" + quote(iri[len(SHAPES) :], safe="-._~")
    if iri.startswith(CODE):
        return "/code/" + quote(iri[len(CODE) :], safe="/-._~")
    for home in (base, _VOCABULARY_HOME):
        rest = iri.removeprefix(home)
        if rest != iri and rest.split("#", 1)[0].split("/", 1)[0] in _OWN_PATHS:
            return "/" + _own(rest)
    return iri if urlsplit(iri).scheme in ("http", "https") else ""


def _quoted(rest: str) -> str:
    """Return the end of an address for that of an IRI; its fragment stays one."""
    path, hash_mark, fragment = rest.partition("#")
    return quote(path, safe="/-._~") + hash_mark + quote(fragment, safe="-._~")


def _own(rest: str) -> str:
    """Return the address of one of our pages, and the place on it that is about the thing."""
    path, _, fragment = rest.partition("#")
    if path.startswith("download/") and fragment:
        return "download#" + quote(path.removeprefix("download/"), safe="-._~")  # what is said of a file
    if path.startswith("ns/") and "/" in path.removeprefix("ns/"):
        return "ns#" + quote(path.removeprefix("ns/").replace("/", "-"), safe="-._~")  # ns/dsd/role, ns/align/qb
    if path in ("catalog", "ns"):
        return _quoted(rest)
    return "ns" if path == "ns/project" else quote(path, safe="/-._~")


def caption(site: Site, s: NamedNode, kinds: Container[str] = ()) -> Text:
    """Return what to call a thing that has no label of its own, such as a statement: its role and its indicator.

    `kinds` are its classes, as far as they matter here, where they are known.
    """
    view, t = site.view, texts(site.lang)
    kinds = kinds or view.types(s)
    about = view.thing(s, "kpi:indicator") or view.thing(s, "kpi:places") or view.thing(s, "kpi:resolves")
    if "kpi:Statement" in kinds and about:
        role = local((view.thing(s, "kpi:role") or s).value)
        return _join(t.get(f"role_{role}", role), site.label(about), site.lang)
    if "kpi:Listing" in kinds and about:
        return _join(t["indicator"], site.label(about), site.lang)
    if "kpi:Placement" in kinds and about:
        text = site.label(about)
        return Text(f"{view.text(s, 'skos:notation')} {text}".strip(), text.lang)
    if "kpi:Correction" in kinds:
        return Text(f"{t['correction']}: {view.text(s, 'kpi:originalText')} → {view.text(s, 'kpi:correctedText')}")
    if "kpi:Assessment" in kinds and about:
        return _join(t["status"], site.label(about), site.lang)
    if "kpi:SourceRow" in kinds:
        return Text(t["line"].format(number=row_name(view, s, site.lang)), site.lang)
    return _part(site, s, kinds) or site.label(s)


def _part(site: Site, s: NamedNode, kinds: Container[str]) -> Text | None:
    """Return what to call a thing that is a part of another, or made of it; None for every other thing."""
    view, t = site.view, texts(site.lang)
    if "kpi:ResolvedTarget" in kinds and (target := view.thing(s, "kpi:resolves")):
        return _join(t["resolved_target"], site.label(view.thing(target, "kpi:indicator") or target), site.lang)
    if "kpi:PrintedReading" in kinds and (now := next(iter(view.subjects("prov:wasRevisionOf", s)), None)):
        return _join(t["printed_reading"], caption(site, now), site.lang)
    if "kpi:DerivationRun" in kinds:
        used = [n for n in view.things(s, "prov:used") if "dcat:Dataset" in view.types(n)]
        return _join(t["computation"], site.label(used[0]), site.lang) if used else site.say("computation")
    for kind, owned_by in _PARTS.items():
        if kind in kinds and (owner := next(iter(view.subjects(owned_by, s)), None)):
            return _join(str(site.label(name(kind))), caption(site, owner), site.lang)
    if "time:Instant" in kinds and (day := view.text(s, "time:inXSDDate")):
        return Text(day)
    if "dct:PeriodOfTime" in kinds:
        return Text(f"{view.text(s, 'dcat:startDate')} – {view.text(s, 'dcat:endDate')}")
    if "dqv:QualityMeasurement" in kinds and (metric := view.thing(s, "dqv:isMeasurementOf")):
        return _join(str(site.label(metric)), Text(view.text(s, "dqv:value")), site.lang)
    described = NamedNode(site.base + "id/" + s.value.removeprefix(site.base + "doc/"))
    return site.label(described) if s.value.startswith(site.base + "doc/") else None


# What has no name of its own, and the property of the thing that has it.
_PARTS = {
    "oa:FragmentSelector": "oa:hasSelector",
    "oa:TextQuoteSelector": "oa:hasSelector",
    "spdx:Checksum": "spdx:checksum",
}


def _join(kind: str, label: Text, lang: str) -> Text:
    return Text(f"{kind}: {label}" if lang == "en" else f"{kind}：{label}", label.lang)


def page_of(site: Site, s: NamedNode) -> NamedNode:
    """Return the thing whose page says most of `s`: the indicator of a statement, the element of a placement."""
    return site.view.thing(s, "kpi:indicator") or site.view.thing(s, "kpi:places") or s


@cache
def _environment() -> jinja2.Environment:
    """Return what compiles the templates of this package and keeps them, each once a process."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["markup"] = markup
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    return environment


class Renderer:
    """Renders pages with the templates, every text escaped."""

    def __init__(self, address: str = "", assets: Assets | None = None) -> None:
        """`address` is where this server is reached; "": at the base of the data's names, which lead here.

        `assets` are what pages load; None: those of this package.
        """
        self._address = address
        self.assets = assets or load()
        self._environment = _environment()

    def ahead(self) -> list[Callable[[], object]]:
        """Return what can be done before a page is asked for: compiling a template takes longer than filling it in."""
        names = self._environment.list_templates(extensions=("html", "svg", "xml", "atom"))
        return [partial(self._environment.get_template, name) for name in names]

    def origin(self, base: str) -> str:
        """Return what whole addresses begin with: as configured, else the base of the data's names, which lead here.

        Where nobody has chosen that base either, `AS_ASKED`.
        """
        return self._address or (AS_ASKED if base == _NOBODYS else base.rstrip("/"))

    def render(self, page: Page, lang: str, path: str, switch: str, site: Site | None) -> bytes:
        """Return `page` as HTML.

        `path` is its own address without a suffix, `switch` the address of it in the other language. `site` is None
        where there is nothing to serve yet.
        """
        t = texts(lang)
        template = self._environment.get_template(page.template)
        return template.render(
            page=page,
            t=t,
            lang=lang,
            other="en" if lang == "ja" else "ja",
            path=path,
            switch=switch,
            site=site,
            style=f"/assets/{self.assets.style}",
            icon=f"/assets/{self.assets.icon}",
            forms=THING_FORMS,
            origin=self.origin("" if site is None else site.base),
            **page.context,
        ).encode()
