"""Accept with weights, wildcards and nonsense; the reader's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpigraph.serve import negotiate
from kpigraph.serve.negotiate import RESULT_FORMS, THING_FORMS

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        (None, "html"),
        ("", "html"),
        ("*/*", "html"),
        (BROWSER, "html"),
        ("text/turtle", "ttl"),
        ("TEXT/Turtle ; q=0.5", "ttl"),
        ("application/json", "jsonld"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
        ("application/rdf+xml;q=0.4, application/n-triples;q=0.9", "nt"),
        ("text/html;q=0.1, text/turtle;q=0.2", "ttl"),
        ("text/html;q=0, */*", "ttl"),
        ("text/html;q=0.0, text/turtle;q=0.000, */*;q=0.1", "jsonld"),
        ("text/*;q=0.5, application/ld+json;q=0.4", "html"),
        ("application/*", "jsonld"),
        ("*/*;q=0.1, application/rdf+xml", "rdf"),
        ("nonsense", "html"),
        ("text/turtle;q=nonsense", "html"),
        (",,;q=1, text/turtle", "ttl"),
        ("image/png", None),
        ("text/html;q=0", None),
        ("*/*;q=0", None),
        ("image/png, text/turtle;q=0", None),
    ],
)
def test_accept(accept: str | None, suffix: str | None) -> None:
    form = negotiate.choose(accept, THING_FORMS)
    assert (form.suffix if form else None) == suffix


def test_an_alias_counts_only_where_the_name_itself_is_not_mentioned() -> None:
    accept = "application/sparql-results+json;q=0.1, application/json;q=0.9, text/csv;q=0.5"
    form = negotiate.choose(accept, RESULT_FORMS)
    assert form is not None
    assert form.suffix == "csv"


@given(st.text())
def test_no_header_is_too_odd(accept: str) -> None:
    form = negotiate.choose(accept, THING_FORMS)
    assert form is None or form in THING_FORMS
    assert negotiate.language(accept, accept, accept) in negotiate.LANGUAGES


WEIGHTS = st.integers(0, 1000)


@given(st.permutations([(form, n) for n, form in enumerate(THING_FORMS)]), st.lists(WEIGHTS, min_size=5, max_size=5))
def test_the_heaviest_form_wins_in_whatever_order(order: list, weights: list[int]) -> None:
    accept = ", ".join(f"{form.media_type};q={weights[n] / 1000:.3f}" for form, n in order)
    form = negotiate.choose(accept, THING_FORMS)
    if not any(weights):
        assert form is None
    else:
        assert form is not None
        assert weights[THING_FORMS.index(form)] == max(weights)


@pytest.mark.parametrize(
    ("asked", "kept", "accept", "lang"),
    [
        (None, None, None, "ja"),
        (None, None, "en-US,en;q=0.9", "en"),
        (None, None, "ja;q=0.3, en;q=0.2", "ja"),
        (None, None, "de, fr;q=0.5", "en"),
        (None, None, "de, *;q=0.5", "ja"),
        (None, None, "ja;q=0, en;q=0.1", "en"),
        (None, None, ";;;", "ja"),
        (None, "ja", "en", "ja"),
        ("en", "ja", "ja", "en"),
        ("de", "tlh", "ja", "ja"),
    ],
)
def test_language(asked: str | None, kept: str | None, accept: str | None, lang: str) -> None:
    assert negotiate.language(asked, kept, accept) == lang
