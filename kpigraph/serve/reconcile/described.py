"""What /openapi.json says of /reconcile: paths, parameters, answers. The standard says the rest, and is referred to."""

from typing import Any

STANDARD = "https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/"
_TAG = "reconcile"
_TEXT = {"type": "string"}
_LANG = {"name": "lang", "in": "query", "schema": {"enum": ["ja", "en"]}, "description": "else by Accept-Language"}
_TYPES = ["Indicator", "SharedIndicator", "Municipality"]
_PROBLEMS = {
    "400": "what was asked cannot be understood", "404": "nothing has this identifier", "405": "not with this method",
    "413": "too much at once", "415": "no form", "503": "not now: see Retry-After",
}  # fmt: skip


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_NAMED = _object("id", "name", id=_TEXT, name=_TEXT, description=_TEXT)
_CANDIDATE = _object(
    "id", "name", "description", "type", "score", "match", "features",
    id=_TEXT, name=_TEXT, description=_TEXT, type=_list(_object("id", "name", id={"enum": _TYPES}, name=_TEXT)),
    score={"type": "number", "minimum": 0, "maximum": 100},
    match={"type": "boolean", "description": "called exactly so, and nothing else is"},
    features=_list(_object("id", "value", id=_TEXT, value={"type": ["number", "boolean"]})),
)  # fmt: skip
_RESULTS = {"type": "object", "additionalProperties": _object("result", result=_list(_CANDIDATE))}
_EXTENDED = _object(
    "meta", "rows", meta=_list(_NAMED),
    rows={"type": "object", "additionalProperties": {"type": "object", "additionalProperties": _list({
        "type": "object"})}},
)  # fmt: skip
_MANIFEST = _object("versions", "name", "identifierSpace", "schemaSpace", versions=_list(_TEXT), name=_TEXT,
                    identifierSpace=_TEXT, schemaSpace=_TEXT)  # fmt: skip


def paths() -> dict[str, Any]:
    """Return the paths under /reconcile as OpenAPI 3.1 has them."""
    batch = {"anyOf": [_MANIFEST, _RESULTS, _EXTENDED]}
    return {
        "/reconcile": {
            "get": _operation(
                "照合サービスの説明、照合 / Manifest, or a batch of queries",
                "Without parameters the service manifest, else what a POST does.",
                [_asked("queries", "a reconciliation query batch, as JSON"),
                 _asked("extend", "a data extension query, as JSON"), _LANG],
                batch, "400", "413", "503",
            ),
            "post": _operation(
                "照合、列の追加 / A batch of queries, or data extension", "One of the two, as a form.", [_LANG],
                {"anyOf": [_RESULTS, _EXTENDED]}, "400", "413", "415", "503",
            ) | {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {
                "schema": {"type": "object", "properties": {"queries": _TEXT, "extend": _TEXT}}}}}},
        },
        "/reconcile/suggest/{what}": {
            "get": _operation(
                "候補 / Suggest entities, properties or types", "Auto-completion.",
                [_what(), _asked("prefix", "what was typed"), _LANG,
                 _asked("cursor", "how many to leave out", {"type": "integer", "minimum": 0, "maximum": 10_000}),
                 _asked("type", "of entities, or of what has the property", {"enum": _TYPES})],
                _object("result", result=_list(_NAMED)), "400", "404", "503",
            )
        },
        "/reconcile/flyout/{what}": {
            "get": _operation("小さな説明 / What one of them is", "For a suggestion under the pointer.",
                              [_what(), _identifier(), _LANG], _object("id", "html", id=_TEXT, html=_TEXT),
                              "400", "404", "503")
        },
        "/reconcile/properties": {
            "get": _operation(
                "追加できる列 / Properties to fetch", "Data extension property proposals.",
                [_asked("type", "of which type; of any if left out", {"enum": _TYPES}),
                 _asked("limit", "how many at most; 0: all", {"type": "integer", "minimum": 0, "maximum": 999}),
                 _LANG],
                _object("type", "properties", type=_TEXT, properties=_list(_NAMED)), "400", "404", "503",
            )
        },
        "/reconcile/preview": {
            "get": _operation("プレビュー / A small page", "May stand in a frame of another site.",
                              [_identifier(), _LANG], None, "400", "404", "503")
        },
        "/reconcile/view": {
            "get": _operation("ページへ / To the page", "303 to its page, or to its preview.",
                              [_identifier(), _LANG], None, "400", "404", "503", leads=True)
        },
    }  # fmt: skip


def _operation(summary: str, says: str, parameters: list[dict[str, Any]], gives: dict[str, Any] | None, *problems: str,
               leads: bool = False) -> dict[str, Any]:  # fmt: skip
    content = {"text/html": {}} if gives is None else {"application/json": {"schema": gives}}
    answers: dict[str, Any] = {"200": {"description": "the answer", "content": content}}
    if leads:
        answers = {"303": {"description": "where it is"}}
    schema = {"$ref": "#/components/schemas/Problem"}
    for status in problems:
        refused = {"application/problem+json": {"schema": schema}}
        answers[status] = {"description": _PROBLEMS[status], "content": refused}
    return {
        "tags": [_TAG],
        "summary": summary,
        "description": says,
        "externalDocs": {"url": STANDARD, "description": "Reconciliation Service API 0.2"},
        "parameters": parameters,
        "responses": answers,
    }


def _asked(name: str, says: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": says, "schema": schema or _TEXT}


def _identifier() -> dict[str, Any]:
    return {**_asked("id", "an identifier", {"type": "string", "minLength": 1, "maxLength": 200}), "required": True}


def _what() -> dict[str, Any]:
    choices = {"enum": ["entity", "property", "type"]}
    return {"name": "what", "in": "path", "required": True, "schema": choices}
