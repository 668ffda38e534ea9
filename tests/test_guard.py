"""The guard refuses what would reach outside or overflow the engine, and nothing else."""

import contextlib

import pyoxigraph as ox
import pytest
from fuzzing import growth
from hypothesis import given
from hypothesis import strategies as st

from kpigraph import lexer
from kpigraph.serve import guard

REACHES_OUT = "<http://127.0.0.1:1/x>{?a ?b ?c}"  # a port that the engine itself refuses to call

SERVICES = [
    f"SELECT * {{SERVICE{REACHES_OUT}}}",
    f"SELECT * {{ SERVICE SILENT {REACHES_OUT} }}",
    f"SELECT * {{?s ?p ?o . SerVice{REACHES_OUT}}}",
    "SELECT * {?s ?p ?o . SERVICE ?g {?a ?b ?c}}",
    f"SELECT * {{ SERVICE # why\n{REACHES_OUT}}}",
    f"SELECT * {{ {{ SELECT * {{ SERVICE{REACHES_OUT} }} }} }}",
    # the engine has no lexer: these are SERVICE to it
    f"SELECT * {{SERVICESILENT{REACHES_OUT}}}",
    f"SELECT * {{?s ?p trueSERVICE{REACHES_OUT}}}",
    f"SELECT * {{?s ?p 1SERVICE{REACHES_OUT}}}",
    f"SELECT * {{?s ?p 'a'SERVICE{REACHES_OUT}}}",
    "PREFIX x: <http://127.0.0.1:1/> SELECT * {SERVICEx:y {?a ?b ?c}}",
    "PREFIX : <http://127.0.0.1:1/> PREFIX service: <http://127.0.0.1:1/> SELECT * {{service:y {?a ?b ?c}}}",
    # a comparison and a comment, which could be an IRI and the beginning of a long string
    f'SELECT * {{BIND(1 AS ?a) FILTER(?a<2)#>"""\nSERVICE{REACHES_OUT} #"""\n}}',
    f"SELECT * {{BIND(1 AS ?a) FILTER(?a<2)#>'''\nSERVICE{REACHES_OUT} #'''\n}}",
    f"SELECT * {{BIND('x' AS ?a) FILTER(?a<'''a>''')SERVICE{REACHES_OUT} }}",
    "PREFIX x: <http://127.0.0.1:1/> SELECT * {BIND(1 AS ?a) FILTER(?a<2)SERVICE x:y#>\n{?a ?b ?c} }",
    "PREFIX x: <http://127.0.0.1:1/> SELECT * {SERVICE x:a\\#b {?a ?b ?c} }",
]


@pytest.mark.parametrize("query", SERVICES)
def test_service_is_refused_however_it_is_written(query: str) -> None:
    with pytest.raises(guard.Refusal) as refusal:
        guard.check(query)
    assert refusal.value.status == 400
    assert "SERVICE" in refusal.value.reason["ja"]
    assert "SERVICE" in refusal.value.reason["en"]


@pytest.mark.parametrize("query", SERVICES)
def test_these_are_queries_that_the_engine_would_take(query: str) -> None:
    """It parses them; port 1 it refuses to call, which is an OSError if the query gets that far."""
    with contextlib.suppress(OSError):
        list(ox.Store().query(query))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service ?p ?o }",
        "SELECT $service { $service ?p ?o }",
        "PREFIX ex: <http://e/> SELECT * { ?x ex:service ?y . ?y ex:p ?z }",
        "PREFIX service: <http://e/> SELECT * { GRAPH service:g { ?s ?p ?o } }",
        "PREFIX service: <http://e/> SELECT * FROM service:g { ?s ?p ?o }",
        "PREFIX ex: <http://e/> DESCRIBE ex:service ?x { ?x ?p ?o }",
        "SELECT * { ?s ?p 'SERVICE <http://x> {}' }",
        'SELECT * { ?s ?p "SERVICE ?x {", """ " SERVICE ?x { """ }',
        "SELECT * { ?s ?p 'it\\'s SERVICE ?x {' }",
        "# SERVICE <http://x> {\nSELECT * { ?s ?p ?o } # SERVICE ?x {",
        "SELECT * { ?s ?p 'a'@service }",
        "SELECT * { ?s <http://e/service#a> ?o .\n ?z <http://e/service> ?w }",
        "SELECT * { _:service ?p ?o }",
        "SELECT * { GRAPH ?myservice { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o FILTER(?o < 3 && ?o > 1) }",
        "PREFIX f: <http://e/from#> SELECT (f:from(?a<?b) AS ?c) { ?a f:x ?b }",
    ],
)
def test_what_only_looks_like_it_passes(query: str) -> None:
    guard.check(query)


def test_the_form_and_the_dataset_clause() -> None:
    assert guard.check("PREFIX f: <http://e/from#>\nASK { ?from ?p 'FROM' }") == guard.Reading(guard.Form.ASK, False)
    assert guard.check("select * from <http://e/g> { ?s ?p ?o }") == guard.Reading(
        guard.Form.SELECT, True, star=(7, ("s", "p", "o"))
    )
    assert guard.check("BASE <http://e/> CONSTRUCT FROM NAMED <g> WHERE { ?s ?p ?o }").has_dataset
    assert guard.check("DESCRIBE <http://e/a>").form is guard.Form.DESCRIBE
    assert guard.check("INSERT DATA { <a:b> <a:c> 1 }").form is None
    assert guard.check("").form is None


@pytest.mark.parametrize("letter", ["", *"\u0130\u0131\u017f\u212a", "漢"])
def test_no_other_letter_hides_a_word(letter: str) -> None:
    """Words are looked for in small letters, which some letters beyond ASCII become or stand for."""
    assert guard.check(f"SELECT (NOW() AS ?n) {{ ?s ?p '{letter}' }}").volatile
    assert guard.check(f"SELECT ?s FROM <http://e/g> {{ ?s ?p '{letter}' }}").has_dataset
    assert not guard.check(f"SELECT ?s {{ ?s ?p '{letter}' }}").volatile
    for word in ("bif:sleep(1)", "SQL:x()", "\\u0062if:sleep(1)"):
        with pytest.raises(guard.Refusal):
            guard.check(f"SELECT ?s {{ ?s ?p '{letter}' BIND({word} AS ?x) }}")
    with pytest.raises(guard.Refusal):
        guard.check(f"SELECT ?s {{ ?s ?p '{letter}' SeRvIcE{REACHES_OUT} }}")


@pytest.mark.parametrize("opening", ["{", "(", "[", "<<("])
def test_depth(opening: str) -> None:
    guard.check("ASK { ?s ?p ?o }" + opening * (guard.DEFAULT.depth - 1))
    with pytest.raises(guard.Refusal) as refusal:
        guard.check("ASK \n  " + opening * (guard.DEFAULT.depth + 1))
    assert refusal.value.status == 400
    assert refusal.value.place("ASK \n  " + opening * (guard.DEFAULT.depth + 1)).startswith("2:")


@pytest.mark.parametrize(
    "chain",
    [
        "{?s ?p ?o} UNION " * 2100,
        "OPTIONAL {?s ?p ?o} " * 2100,
        "?s ?p ?o FILTER(" + "?a || " * 2100 + "?a)",
        "?s ?p ?o FILTER(" + "!" * 2100 + "?a)",
        "?s " + "<a:p>/" * 2100 + "<a:p> ?o",
        "FILTER(1" + "+1" * 1500 + "+(1" + "+1" * 600 + "))",
    ],
)
def test_chains(chain: str) -> None:
    with pytest.raises(guard.Refusal) as refusal:
        guard.check(f"SELECT * {{ {chain} {{ }} }}")
    assert refusal.value.status == 400


def test_long_lists_are_not_chains() -> None:
    values = " ".join(f'"{n}"' for n in range(10_000))
    guard.check(f"SELECT * {{ VALUES ?x {{ {values} }} ?s ?p ?x FILTER(?x IN ({', '.join('1' * 5000)})) }}")


def test_length() -> None:
    guard.check("ASK {} #" + "a" * (guard.DEFAULT.bytes - 8))
    with pytest.raises(guard.Refusal) as refusal:
        guard.check("ASK {} #" + "漢" * (guard.DEFAULT.bytes // 3))
    assert refusal.value.status == 413


@given(st.text(alphabet="<>#'\"\\ab:?$@_{}()[]|&!/^*+-.,;=0 \nSERVIC漢\u0301", max_size=80))
def test_tokens_cover_every_text(text: str) -> None:
    end = 0
    for token in lexer.tokens(text):
        assert text[token.start : token.start + len(token.text)] == token.text
        assert token.start >= end
        end = token.start + len(token.text)


QUOTES = st.sampled_from(["'", '"', "'''", '"""', "\\", "#", "\n", "<", ">", "<2)", "<http://e/x#y>"])
WORDS = st.sampled_from(
    ["?a ", "(", ")", "2", "&&", "||", "x:y", "{", "}", "FILTER", ".", "@en", "GRAPH ", "?p ", "true"]
)
PIECES = QUOTES | WORDS


@given(st.lists(PIECES, max_size=12), st.lists(PIECES, max_size=12))
def test_no_text_around_it_hides_service_from_the_guard(before: list[str], after: list[str]) -> None:
    query = f"SELECT * {{ {''.join(before)} SERVICE{REACHES_OUT} {''.join(after)} }}"
    try:
        list(ox.Store().query(query))  # type: ignore[arg-type]
        reached = False
    except OSError:
        reached = True
    except (SyntaxError, ValueError):
        reached = False
    if reached:
        with pytest.raises(guard.Refusal):
            guard.check(query)


@pytest.mark.parametrize(
    ("unit", "after"),
    [("service", " "), ("service", ":x{}"), ("a.", ""), ("\\'''\n", ""), ('\\"""\n', ""), ("<a'>", "")],
    ids=repr,
)  # fmt: skip
def test_the_time_to_read_a_query_grows_as_its_text_does(unit: str, after: str) -> None:
    """The web process reads it: 200 kB that take the square of their length would halt every answer for minutes."""

    def checked(text: str) -> None:
        with contextlib.suppress(guard.Refusal):
            guard.check(text)

    assert growth.ratio(checked, unit, "# service\n", after) <= growth.MOST


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (<bif:http_get>('http://127.0.0.1:1/') AS ?x) {}",
        "SELECT (< BIF:delay>(60) AS ?x) {}",
        r"SELECT (<\u0062if:delay>(60) AS ?x) {}",
        r"SELECT (<\U00000062if:delay>(60) AS ?x) {}",
        "PREFIX x: <bif:> SELECT (x:delay(60) AS ?x) {}",
        "BASE <sql:> SELECT (<delay>(60) AS ?x) {}",
        "SELECT (bif:sys_stat('db') AS ?x) {}",
        "ASK { ?s ?p ?o FILTER(sql:f (?o)) }",
    ],
)
def test_functions_of_an_engine_are_refused_however_they_are_written(query: str) -> None:
    with pytest.raises(guard.Refusal) as refusal:
        guard.check(query)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s { ?s ?p 'bif: and sql: are words' }",
        "PREFIX sql: <http://example.org/sql#> SELECT ?s { ?s sql:table ?o }",
        "PREFIX abif: <http://example.org/> SELECT ?s { ?s abif:f (1 2) }",
        "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT (xsd:integer('1') AS ?x) {}",
    ],
)
def test_words_that_look_like_them_are_not(query: str) -> None:
    assert guard.check(query).form is guard.Form.SELECT


LISTED = guard.Bounds(services=frozenset({"http://b/", "http://a/"}))


@pytest.mark.parametrize(
    ("query", "bounds", "place", "words"),
    [
        ("ASK {\n  SERVICE <http://e/> {} }", guard.DEFAULT, "2:3", "SERVICE"),
        ("ASK { SERVICE <http://e/> {} }", LISTED, "1:7", "<http://a/> <http://b/>"),
        ("ASK " + "{" * 101, guard.DEFAULT, "1:105", "100"),
        ("ASK {\n\n FILTER(1" + "+1" * 2000 + ") }", guard.DEFAULT, "3:4008", "2,000"),
        ("ASK {} #" + "a" * 200_000, guard.DEFAULT, "", "200,000"),
        ("ASK { FILTER(bif:delay(60)) }", guard.DEFAULT, "", "bif:delay("),
    ],
    ids=["service", "another service", "depth", "chain", "length", "engine"],
)
def test_a_refusal_says_where_and_why_in_both_languages(
    query: str, bounds: guard.Bounds, place: str, words: str
) -> None:
    with pytest.raises(guard.Refusal) as refusal:
        guard.check(query, bounds)
    assert refusal.value.place(query) == place
    assert set(refusal.value.reason) == {"ja", "en"}
    assert all(words in sentence for sentence in refusal.value.reason.values())


def test_a_place_counts_from_one() -> None:
    assert guard.Refusal(400, {}, 0).place("SERVICE") == "1:1"
    assert guard.Refusal(400, {}, 7).place("a\nbc\nde") == "3:3"


def test_the_prologue_is_what_stands_before_the_form() -> None:
    lines = "PREFIX a: <b:>\nBASE <c:> "
    assert guard.prologue(lines + "SELECT * {}") == lines
    assert guard.prologue("INSERT DATA {}") == ""


@pytest.mark.parametrize("more", ["", " # { SELECT FROM SERVICE"], ids=["of few words", "read token by token"])
def test_it_is_told_whether_an_answer_may_be_another_each_time(more: str) -> None:
    """Those are never kept for the next who asks."""
    for call in ("NOW()", "RAND()", "UUID()"):
        assert guard.check(f"SELECT ({call} AS ?x) {{}}{more}").volatile is True
    assert guard.check(f"SELECT ?s {{ ?s ?p ?o }}{more}").volatile is False


def test_who_writes_too_long_a_chain_is_told_of_values() -> None:
    with pytest.raises(guard.Refusal) as refusal:
        guard.check("ASK { FILTER(1" + "+1" * 2000 + ") }")
    assert all(" VALUES " in f" {said.replace('。', '。 ')} " for said in refusal.value.reason.values())


READ = " # { SELECT FROM SERVICE"  # makes the guard read a query token by token


@pytest.mark.parametrize(
    ("query", "reading"),
    [
        ("SELECT ?a { ?a ?p ?o }", guard.Reading(guard.Form.SELECT, False)),
        ("SELECT (COUNT(*) AS ?n) { ?s ?p 2 }", guard.Reading(guard.Form.SELECT, False)),
        ("SELECT DISTINCT * { ?b ?a $b . ?c ?a 2 }", guard.Reading(guard.Form.SELECT, False, (16, ("b", "a", "c")))),
        ("SELECT REDUCED * { ?s ?p ?o }", guard.Reading(guard.Form.SELECT, False, (15, ("s", "p", "o")))),
        ("SELECT ?s { { SELECT * { ?s ?p ?o } } }", guard.Reading(guard.Form.SELECT, False)),
        ("DESCRIBE * { ?s ?p ?o }", guard.Reading(guard.Form.DESCRIBE, False)),
        ("ASK { { SELECT ?s { ?s ?p ?o } } }", guard.Reading(guard.Form.ASK, False)),
        ("SELECT (2 * 3 AS ?x) { }", guard.Reading(guard.Form.SELECT, False)),
        ("ASK FROM <http://e/g> { ?s ?p ?o }", guard.Reading(guard.Form.ASK, True)),
        ("ASK { ?s <http://e/p> 'x' FILTER(?s < 2 && ?s > 1) }", guard.Reading(guard.Form.ASK, False)),
        ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o BIND(now () AS ?x) }",
         guard.Reading(guard.Form.CONSTRUCT, False, volatile=True)),
    ],
)  # fmt: skip
def test_what_a_query_is_read_as(query: str, reading: guard.Reading) -> None:
    assert guard.check(query + READ) == reading
    assert guard.check(query) == reading


def test_an_endpoint_on_the_list_may_be_asked_and_only_as_it_is_written_there() -> None:
    asked = "SELECT * { ?s ?p ?o SERVICE SILENT <http://a/> { ?s ?q ?r } }"
    assert guard.check(asked, LISTED) == guard.Reading(
        guard.Form.SELECT, False, (7, ("s", "p", "o", "q", "r")), federated=True
    )
    for other in ("<http://a>", "<http://a/x>", "x:y", "?a", r"<\u0068ttp://a/>"):
        for query in (asked, asked.replace("?s ?p ?o ", "SERVICE <http://b/> {} ")):  # an allowed one before it
            with pytest.raises(guard.Refusal):
                guard.check(query.replace("<http://a/>", other), LISTED)
    assert guard.check("SELECT ?s { ?s ?p ?o } # SERVICE", LISTED).federated is False


def test_each_bound_is_the_last_that_passes() -> None:
    bounds = guard.Bounds(bytes=400, depth=3, chain=4)
    for query, more in (
        ("ASK { FILTER((1)) }" + READ, "ASK { FILTER(((1))) }" + READ),
        ("ASK { ?s (<a:b>|<a:c>|<a:d>|<a:e>|<a:f>) 1 }", "ASK { ?s (<a:b>|<a:c>|<a:d>|<a:e>|<a:f>|<a:g>) 1 }"),
        ("ASK { {} UNION {} UNION {} UNION {} UNION {} }", "ASK { {} UNION {} UNION {} UNION {} union {} UNION {} }"),
        ("ASK { OPTIONAL { ?s ?p ?o } }" + " " * 371, "ASK { OPTIONAL { ?s ?p ?o } }" + " " * 372),
    ):
        guard.check(query, bounds)
        with pytest.raises(guard.Refusal):
            guard.check(more, bounds)
    side_by_side = "ASK { " + "FILTER(1+1) " * 3 + "}"  # what is counted within brackets ends with them
    guard.check(side_by_side, bounds)
    with pytest.raises(guard.Refusal):
        guard.check(side_by_side.replace("}", "FILTER(1+1) }"), bounds)
    guard.check("ASK " + "} ] ) " * 9 + "{ { { 1+1+1+1+1 } } }", bounds)  # more closed than opened: none is owed


def test_what_stands_for_no_character_is_no_way_around() -> None:
    assert guard.check(r"SELECT ?s { ?s ?p '\U001FFFFF' }").form is guard.Form.SELECT
    with pytest.raises(guard.Refusal):
        guard.check(r"SELECT (<\u0062\u0069f:delay>(60) AS ?x) { ?s ?p '\U001FFFFF' }")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("?a $b1 _:c.d _:e. @en-US <http://e/#x>", "variable:?a variable:$b1 blank:_:c.d blank:_:e other:. "
         "language:@en-US iri:<http://e/#x>"),
        (r"a.b:c :d e:f\#g h.:i", r"prefixed:a.b:c prefixed::d prefixed:e:f\#g word:h other:. prefixed::i"),
        ("1<2||3>=4 # x\n5", "number:1 operator:< number:2 operator:|| number:3 operator:>= number:4 number:5"),
        (r"""'a\'b' "c"d""" + " 'e", r"""string:'a\'b' string:"c" word:d other:' word:e"""),
        ('""""f"g"" h""" """i', 'string:""""f"g"" h""" string:"" other:" word:i'),
        ("'''f' 'g'\n'h", "string:'' string:'f' string:'g' other:' word:h"),
        ("'i\n'j' ''", "other:' word:i string:'j' string:''"),
    ],
)  # fmt: skip
def test_tokens_are_told_apart(text: str, told: str) -> None:
    assert " ".join(f"{t.kind}:{t.text}" for t in lexer.tokens(text)) == told
