"""What a client asks, read and bounded: reconciliation queries and data extension queries.

Source: Reconciliation Service API 0.2 (W3C Entity Reconciliation Community Group, 2023-04-10), Structure of a
Reconciliation Query; Data Extension Query Requests. Nothing of it becomes a part of a query of ours to a store.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeGuard

from kpigraph.prefixes import NS
from kpigraph.serve.forms import Fault
from kpigraph.serve.reconcile.entities import Kind
from kpigraph.serve.reconcile.properties import MATCHED

BATCH = 100  # queries at once; OpenRefine sends 10 and more
IDS, PROPERTIES = 200, 50  # to fetch at once
NARROWING, VALUES = 10, 10  # properties of a query, values of one of them
TEXT, NAME = 300, 200  # characters of a query or a value; of a key or an identifier
MOST, USUAL = 100, 10  # candidates
_MOST_VALUES = 1000  # that a client may ask for
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One reconciliation query; `kinds` are the types looked for, `wanted` the values by property."""

    text: str
    kinds: frozenset[Kind]
    limit: int
    wanted: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A property to fetch with its settings: at most so many values (0: all), identifiers or codes instead of names."""

    id: str
    limit: int = 0
    as_id: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """A data extension query."""

    ids: tuple[str, ...]
    properties: tuple[Asked, ...]


def refuse(ja: str, en: str, status: int = 400) -> NoReturn:
    raise Fault(status, {"ja": ja, "en": en})


def parsed(text: str, what: str) -> dict[str, Any]:
    """Return the JSON object `text`, the parameter called `what`.

    Raises:
        Fault: if it is none.
    """
    try:
        found = json.loads(text, parse_constant=lambda constant: refuse(f"{what}: {constant}", f"{what}: {constant}"))
    except (ValueError, RecursionError) as error:
        place = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "?"
        refuse(f"{what} が JSON として読めません（{place}）。", f"{what} is not readable as JSON (at {place}).")
    if _SURROGATE.search(text):  # half of a pair is no character: no answer, page or query could repeat it
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            refuse(f"{what} に文字でない \\u… があります。", f"{what} has a \\u… that is no character.")
    if not isinstance(found, dict):
        refuse(f"{what} は JSON のオブジェクトにしてください。", f"{what} must be a JSON object.")
    return found


def queries(text: str) -> dict[str, Query]:
    """Return the queries of a batch, by their keys, in order.

    Raises:
        Fault: if one cannot be understood, or there are too many.
    """
    found = parsed(text, "queries")
    if len(found) > BATCH:
        refuse(f"一度に送れる問い合わせは {BATCH} 件までです。", f"At most {BATCH} queries can be sent at once.", 413)
    return {key: _query(key, value) for key, value in found.items()}


def _query(key: str, found: object) -> Query:
    if len(key) > NAME:
        refuse(f"問い合わせの名前が長すぎます（{NAME} 文字まで）。", f"A query's key is too long (at most {NAME}).")
    if not isinstance(found, dict):
        refuse(f"{key}: オブジェクトにしてください。", f"{key}: must be an object.")
    if unknown := sorted(found.keys() - {"query", "type", "limit", "properties", "type_strict"}):
        refuse(f"{key}: 知らない項目です: {_cut(unknown[0])}", f"{key}: unknown member: {_cut(unknown[0])}")
    text = found.get("query", "")
    if not isinstance(text, str):
        refuse(f"{key}.query: 文字列にしてください。", f"{key}.query: must be a string.")
    _short(text, TEXT, f"{key}.query")
    wanted = _wanted(key, found.get("properties") or [])
    if not text.strip() and not wanted:
        refuse(f"{key}: query か properties が必要です。", f"{key}: needs query or properties.")
    return Query(
        text=text,
        kinds=_kinds(key, found.get("type"), found.get("type_strict", "should")),
        limit=_limit(key, found.get("limit", USUAL)),
        wanted=wanted,
    )


def kind_of(given: str) -> Kind | None:
    """Return the type with an identifier: Indicator, kpi:Indicator or its IRI; None if there is none."""
    short = given.removeprefix(NS).removeprefix("kpi:")
    return Kind(short) if short in tuple(Kind) else None


def _kinds(key: str, given: object, strict: object) -> frozenset[Kind]:
    if strict not in ("should", "any", "all"):
        refuse(f"{key}.type_strict: should、any、all のどれかです。", f"{key}.type_strict: should, any or all.")
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else [] if given is None else [0]
    found = set()
    for one in listed:
        kind = kind_of(one) if isinstance(one, str) else None
        if kind is None and one != "":
            known = ", ".join(Kind)
            refuse(f"{key}.type: 知らない型です（あるもの: {known}）。", f"{key}.type: unknown; there are {known}.")
        found |= {kind} - {None}
    kinds = frozenset(k for k in found if k is not None)
    if strict == "all" and len(kinds) > 1:
        return frozenset()  # nothing has two types
    return kinds or frozenset(Kind)


def _limit(key: str, given: object) -> int:
    if not _is_whole(given, 1, MOST):
        refuse(f"{key}.limit: 1〜{MOST} の整数にしてください。", f"{key}.limit: must be a whole number, 1 to {MOST}.")
    return int(given)


def _wanted(key: str, given: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(given, list) or len(given) > NARROWING:
        refuse(f"{key}.properties: {NARROWING} 件までの配列です。", f"{key}.properties: an array, up to {NARROWING}.")
    found = []
    for one in given:
        if not isinstance(one, dict) or not isinstance(one.get("pid"), str) or "v" not in one:
            refuse(f"{key}.properties: pid と v が必要です。", f"{key}.properties: each needs pid and v.")
        if one["pid"] not in MATCHED:
            known = ", ".join(MATCHED)
            refuse(
                f"{key}.properties: 知らないプロパティです: {_cut(one['pid'])}（あるもの: {known}）",
                f"{key}.properties: unknown property {_cut(one['pid'])}; there are {known}",
            )
        values = one["v"] if isinstance(one["v"], list) else [one["v"]]
        if len(values) > VALUES:
            refuse(f"{key}.properties: 値は {VALUES} 個までです。", f"{key}.properties: at most {VALUES} values.")
        texts = tuple(t for v in values if (t := _value(key, v)).strip())
        if texts:
            found.append((one["pid"], texts))
    return tuple(found)


def _value(key: str, given: object) -> str:
    if isinstance(given, Mapping):
        given = given.get("id")
    if isinstance(given, bool):
        given = str(given).lower()
    elif isinstance(given, int | float):
        given = f"{given:.0f}" if isinstance(given, float) and given.is_integer() else str(given)
    if not isinstance(given, str):
        refuse(f"{key}.properties: 値が使えません。", f"{key}.properties: a value cannot be used.")
    _short(given, TEXT, f"{key}.properties")
    return given


def extension(text: str, known: Mapping[str, object]) -> Extension:
    """Return the data extension query `text`; `known` has the properties that can be fetched.

    Raises:
        Fault: if it cannot be understood, or asks too much.
    """
    found = parsed(text, "extend")
    ids, properties = found.get("ids"), found.get("properties")
    if not isinstance(ids, list) or not all(isinstance(i, str) and len(i) <= NAME for i in ids):
        refuse("extend.ids: 識別子の配列です。", "extend.ids: must be an array of identifiers.")
    if len(ids) > IDS:
        refuse(f"一度に送れる識別子は {IDS} 件までです。", f"At most {IDS} identifiers can be sent at once.", 413)
    if not isinstance(properties, list) or len(properties) > PROPERTIES:
        refuse(
            f"extend.properties: {PROPERTIES} 件までの配列です。", f"extend.properties: an array, up to {PROPERTIES}."
        )
    return Extension(tuple(dict.fromkeys(ids)), tuple(_asked(p, known) for p in properties))


def _asked(given: object, known: Mapping[str, object]) -> Asked:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str) or given["id"] not in known:
        pid = _cut(str(given.get("id"))) if isinstance(given, dict) else "?"
        there = ", ".join(known)
        refuse(
            f"extend.properties: 知らないプロパティです: {pid}（あるもの: {there}）",
            f"extend.properties: unknown property {pid}; there are {there}",
        )
    settings = given.get("settings") or {}
    limit = settings.get("limit", 0) if isinstance(settings, dict) else None
    if isinstance(limit, str) and limit.isascii() and limit.isdigit() and len(limit) <= len(str(IDS)):
        limit = int(limit)  # as some clients send what was typed into a form
    if not _is_whole(limit, 0, _MOST_VALUES):
        refuse(
            f"extend: limit は 0〜{_MOST_VALUES} の整数です。",
            f"extend: limit must be a whole number, 0 to {_MOST_VALUES}.",
        )
    content = settings.get("content", "name")
    if content not in ("name", "id"):
        refuse("extend: content は name か id です。", "extend: content must be name or id.")
    return Asked(given["id"], int(limit), content == "id")


def _is_whole(given: object, least: int, most: int) -> TypeGuard[float]:
    """Tell whether `given` is a whole number within bounds; 5.0 is one, true and infinity are none."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return False
    return least <= given <= most and int(given) == given


def _short(text: str, most: int, what: str) -> None:
    if len(text) > most:
        refuse(f"{what}: 長すぎます（{most} 文字まで）。", f"{what}: too long (at most {most} characters).")


def _cut(text: str) -> str:
    return text[:60]
