"""What the Reconciliation Service API 0.2 asks of each answer, as JSON Schema in our own words, and stricter.

Each rule is of the Final Community Group Report of 2023-04-10 (kpigraph/serve/reconcile/__init__.py); its section
stands beside it. The group's own JSON schemas allow any further member; here one that the report does not name is a
fault.
"""

import os
import sys
from pathlib import Path
from typing import Any

import jsonschema

# A client by others, which `make test` fetches: py-reconciliation-service-api.
CLIENT = Path(os.environ.get("KPIGRAPH_TESTS_RECONCILIATION", Path(sys.prefix) / "reconciliation-client"))

_TEXT = {"type": "string", "minLength": 1}
_ADDRESS = {"type": "string", "pattern": "^https?://[^/]+"}


def _of(needed: str, optional: str = "", **members: Any) -> dict[str, Any]:
    """Return the schema of an object: all members of `needed` must be there, no others but those of `optional`."""
    known = {*needed.split(), *optional.split()}
    assert known == set(members)
    return {"type": "object", "properties": members, "required": needed.split(), "additionalProperties": False}


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


# Types: id and name, neither empty. We give no broader ones.
_TYPE = _of("id name", id={"enum": ["Indicator", "SharedIndicator", "Municipality"]}, name=_TEXT)
# Suggest Metadata: both URLs are joined with their paths; ${id} stands for the identifier (Flyout Services).
_SUGGEST = _of(
    "service_url service_path flyout_service_url flyout_service_path",
    service_url={"type": "string", "pattern": "^https?://[^/]+$"},
    service_path={"type": "string", "pattern": "^/"},
    flyout_service_url={"type": "string", "pattern": "^https?://[^/]+$"},
    flyout_service_path={"type": "string", "pattern": r"^/.*\$\{id\}"},
)
# Entities: a view template contains {{id}}; Preview Metadata: all three fields are mandatory.
_TEMPLATE = {"type": "string", "pattern": r"^https?://.*\{\{id\}\}"}
# Data Extension Metadata: name, label and type of each setting; choices where the type is select.
_SETTING = _of(
    "name label type default help_text", "choices", name=_TEXT, label=_TEXT, help_text=_TEXT, default={},
    type={"enum": ["number", "text", "checkbox", "select"]},
    choices=_list(_of("value name", value=_TEXT, name=_TEXT), minItems=1),
) | {"if": {"properties": {"type": {"const": "select"}}}, "then": {"required": ["choices"]}}  # fmt: skip
# Service Manifest. A service that does not declare versions is taken for one of 0.1.
MANIFEST = _of(
    "versions name identifierSpace schemaSpace defaultTypes documentation serviceVersion view preview suggest extend "
    "batchSize",
    versions={"const": ["0.2"]},
    name=_TEXT,
    identifierSpace=_ADDRESS,
    schemaSpace=_ADDRESS,
    defaultTypes=_list(_TYPE, minItems=1, uniqueItems=True),
    documentation=_ADDRESS,
    serviceVersion=_TEXT,
    view=_of("url", url=_TEMPLATE),
    preview=_of("url width height", url=_TEMPLATE, width={"type": "integer"}, height={"type": "integer"}),
    suggest=_of("entity property type", entity=_SUGGEST, property=_SUGGEST, type=_SUGGEST),
    extend=_of(
        "propose_properties property_settings",
        propose_properties=_of("service_url service_path", service_url=_ADDRESS, service_path={"pattern": "^/"}),
        property_settings=_list(_SETTING),
    ),
    batchSize={"type": "integer", "minimum": 1},
)
# Reconciliation Query Responses. OpenRefine reads id, name, type and score of each candidate, whatever is optional.
_CANDIDATE = _of(
    "id name description type score match features",
    id=_TEXT,
    name=_TEXT,
    description={"type": "string"},
    type=_list(_TYPE, minItems=1),
    score={"type": "number", "minimum": 0, "maximum": 100},
    match={"type": "boolean"},
    features=_list(_of("id value", id=_TEXT, value={"type": ["number", "boolean"]}), uniqueItems=True),
)
RESULTS = {"type": "object", "additionalProperties": _of("result", result=_list(_CANDIDATE))}
# Suggest Responses: notable only of entities.
_SUGGESTED = {"id": _TEXT, "name": _TEXT, "description": {"type": "string"}}
SUGGESTIONS = {
    "entity": _of("result", result=_list(_of("id name description notable", notable=_list(_TYPE), **_SUGGESTED))),
    "property": _of("result", result=_list(_of("id name description", **_SUGGESTED))),
    "type": _of("result", result=_list(_of("id name description", **_SUGGESTED))),
}
# Flyout Services: the identifier supplied, and HTML.
FLYOUT = _of("id html", id=_TEXT, html=_TEXT)
# Data Extension Property Proposals: the type supplied, which OpenRefine leaves empty where it knows none.
PROPOSALS = _of("type properties", "limit", type={"type": "string"}, limit={"type": "integer"},
                properties=_list(_of("id name", id=_TEXT, name=_TEXT)))  # fmt: skip
# Data Extension Responses: exactly one kind of value in each cell.
_VALUE = {
    "oneOf": [
        _of("id name", id=_TEXT, name=_TEXT),
        _of("str", str=_TEXT),
        _of("int", int={"type": "integer"}),
        _of("float", float={"type": "number"}),
    ]
}
EXTENSION = _of(
    "meta rows",
    meta=_list(_of("id name", "type", id=_TEXT, name=_TEXT, type=_TYPE)),
    rows={"type": "object", "additionalProperties": {"type": "object", "additionalProperties": _list(_VALUE)}},
)


def check(answer: object, schema: dict[str, Any]) -> None:
    """Raise if `answer` breaks a rule; candidates come in order of score (Reconciliation Query Responses)."""
    jsonschema.Draft202012Validator(schema).validate(answer)
    if schema is RESULTS:
        assert isinstance(answer, dict)
        for result in answer.values():
            scores = [c["score"] for c in result["result"]]
            assert scores == sorted(scores, reverse=True)
            for c in result["result"]:
                assert len({f["id"] for f in c["features"]}) == len(c["features"])
