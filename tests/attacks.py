"""Queries that are meant to hurt, by name: shapes that overflow, hang or bloat engines. Also measured in benchmarks."""

_DOUBLED = " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(40))
_CROSS = " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(6))

ATTACKS = {
    "587 nested EXISTS": "ASK {" + "FILTER EXISTS{" * 587 + "?s ?p ?o" + "}" * 588,
    "99 nested EXISTS": "ASK {" + "FILTER EXISTS{" * 98 + "?s ?p ?o" + "}" * 99,
    "2,051 nested groups": "ASK " + "{" * 2_051 + "}" * 2_051,
    "6,400 UNIONs": "SELECT * {" + " UNION ".join(["{?s ?p ?o}"] * 6_400) + "}",
    "2,000 UNIONs": "SELECT * {" + " UNION ".join(["{?s ?p ?o}"] * 2_000) + "}",
    "8,700 ||": "SELECT * {?s ?p ?o FILTER(" + " || ".join(["?s=1"] * 8_700) + ")}",
    "2,000 ||": "SELECT * {?s ?p ?o FILTER(" + " || ".join(["?s=1"] * 2_000) + ")}",
    "1,000 nested blank nodes": "SELECT * {" + "[ ?p " * 1_000 + "1" + " ]" * 1_000 + "}",
    "99 nested blank nodes": "SELECT * {" + "[ ?p " * 98 + "1" + " ]" * 98 + " ?q ?r}",
    "2,000 OPTIONALs": "SELECT * {?s ?p ?o " + " ".join(f"OPTIONAL {{?s ?p{n} ?o{n}}}" for n in range(1_999)) + "}",
    "CONCAT doublings": f"SELECT (STRLEN(?v40) AS ?n) {{ BIND('aaaaaaaaaaaaaaaa' AS ?v0) {_DOUBLED} }}",
    "SERVICE": "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SERVICE with a variable": "SELECT * { ?s ?p ?x SERVICE ?x { ?s ?p ?o } }",
    "LOAD": "LOAD <http://127.0.0.1:1/>",
    "CLEAR": "CLEAR ALL",
    "FROM a file": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "a regular expression": f"SELECT * {{ ?s ?p ?o FILTER(REGEX(STR(?o), '({'(a*)*' * 20})*{'b{1,99}' * 20}c$')) }}",
    "a nested repetition": "SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), '((a{1,99}){1,99}){1,99}')) }",
    "a cross join": f"SELECT (COUNT(*) AS ?n) {{ {_CROSS} }}",
    "a sorted cross join": f"SELECT * {{ {_CROSS} }} ORDER BY ?o0 ?o1 DESC(?o2)",
    "a distinct cross join": f"SELECT DISTINCT * {{ {_CROSS} }}",
    "a grouped cross join": f"SELECT (GROUP_CONCAT(?o0) AS ?x) {{ {_CROSS} }}",
    "a path over everything": "SELECT (COUNT(*) AS ?n) { ?a (!<a:b>|^!<a:b>)* ?b . ?b (!<a:b>|^!<a:b>)* ?c }",
    "a long IN": "SELECT * { ?s ?p ?o FILTER(?o IN (" + ",".join(map(str, range(30_000))) + ")) }",
    "much VALUES": "SELECT (COUNT(*) AS ?n) { "
    + " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(900)))} }}" for n in range(6))
    + " }",
    "many FROM": "SELECT * " + " ".join(f"FROM <http://e/{n}>" for n in range(8_000)) + " { ?s ?p ?o }",
    "minus signs": "SELECT (" + "-" * 1_900 + "1 AS ?x) {}",
    "exclamation marks": "SELECT * { ?s ?p ?o FILTER(" + "!" * 1_900 + "true) }",
    "a long property path": "SELECT * { ?s " + "/".join(["<a:b>*"] * 990) + " ?o }",
    "an unfinished string": "SELECT * { ?s ?p '" + "a" * 190_000,
    "NUL": "SELECT * { ?s ?p '\x00' }",
}
