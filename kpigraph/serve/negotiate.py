"""Content and language negotiation (RFC 9110, section 12)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LANGUAGES = ("ja", "en")
_RANGE = re.compile(r"(?P<type>[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+)(?P<rest>.*)", re.DOTALL)
_Q = re.compile(r";\s*q\s*=\s*(?P<q>0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)
_TAG = re.compile(r"(?P<tag>\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?P<rest>.*)", re.DOTALL)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"?', re.DOTALL)
_HAS_Q = re.compile(r";\s*q\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """A form that something is offered in: its suffix, the media type sent, and the other names it answers to."""

    suffix: str
    media_type: str
    aliases: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        text = self.media_type.startswith("text/")
        return self.media_type + "; charset=utf-8" if text else self.media_type


HTML = Form("html", "text/html", ("application/xhtml+xml",))
TURTLE = Form("ttl", "text/turtle", ("application/x-turtle", "text/n3"))
JSON_LD = Form("jsonld", "application/ld+json", ("application/json",))
N_TRIPLES = Form("nt", "application/n-triples", ("text/plain",))
RDF_XML = Form("rdf", "application/rdf+xml", ("application/xml", "text/xml"))
GRAPH_FORMS = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML)
THING_FORMS = (HTML, *GRAPH_FORMS)

JSON = Form("json", "application/json")

RESULT_JSON = Form("json", "application/sparql-results+json", ("application/json",))
RESULT_XML = Form("xml", "application/sparql-results+xml", ("application/xml", "text/xml"))
RESULT_CSV = Form("csv", "text/csv")
RESULT_TSV = Form("tsv", "text/tab-separated-values")
RESULT_FORMS = (RESULT_JSON, RESULT_XML, RESULT_CSV, RESULT_TSV)


def ranges(accept: str) -> list[tuple[str, float]]:
    """Return the media ranges of an Accept header with their weights; what cannot be read is left out."""
    found = []
    for part in _QUOTED.sub('""', accept).split(
        ","
    ):  # a quoted parameter can hold a comma, or what looks like a weight
        if (m := _RANGE.fullmatch(part.strip())) is None:
            continue
        if (q := _weight(m["rest"])) is not None:
            found.append((m["type"].lower(), q))
    return found


def _weight(rest: str) -> float | None:
    if (m := _Q.search(rest)) is not None:
        return float(m["q"])
    return None if _HAS_Q.search(rest) else 1.0


def choose(accept: str | None, forms: Sequence[Form]) -> Form | None:
    """Return the form of `forms` that `accept` asks for, None where it excludes all of them.

    Without a header, or with one in which nothing can be read, that is the first. Among equals the first wins; a form
    is weighed by its own name, by an alias only where its own name is not mentioned.
    """
    wanted = ranges(accept or "")
    if not wanted:
        return forms[0]
    best = max(forms, key=lambda form: _form_weight(form, wanted))  # max gives the first of equals
    return best if _form_weight(best, wanted) > 0 else None


def _form_weight(form: Form, wanted: list[tuple[str, float]]) -> float:
    exact = [q for name in (form.media_type, *form.aliases) for r, q in wanted if r == name]
    if exact:
        return exact[0]
    family = form.media_type.split("/", 1)[0] + "/*"
    for general in (family, "*/*"):
        if weights := [q for r, q in wanted if r == general]:
            return weights[0]
    return 0.0


def by_suffix(suffix: str, forms: Iterable[Form]) -> Form | None:
    return next((form for form in forms if form.suffix == suffix), None)


def listing(forms: Iterable[Form]) -> str:
    """Return the media types of `forms`, for the body of a 406."""
    return ", ".join(form.media_type for form in forms)


def language(asked: str | None, kept: str | None, accept: str | None) -> str:
    """Return "ja" or "en": as asked in the address, else as kept in the cookie, else by Accept-Language.

    Without any of them Japanese, the language of the documents; for a reader of other languages English.
    """
    for choice in (asked, kept):
        if choice in LANGUAGES:
            return choice
    wanted = []
    for part in (accept or "").split(","):
        if (m := _TAG.fullmatch(part.strip())) is not None and (q := _weight(m["rest"])) is not None:
            wanted.append((m["tag"].lower().split("-", 1)[0], q))
    if not wanted:
        return "ja"
    named: dict[str, float] = dict(reversed(wanted))
    weights = {lang: named.get(lang, named.get("*", 0.0)) for lang in LANGUAGES}
    best = max(LANGUAGES, key=lambda lang: weights[lang])
    return best if weights[best] > 0 else "en"
