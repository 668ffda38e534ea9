"""Frozen settings, read once from the environment by the command line; where the project's own files lie."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kpigraph.problems import UsageError

_PACKAGE = Path(__file__).resolve().parent
_NAME = re.compile(r"\S(?:[^\x00-\x1f\x7f]*\S)?")
_URL = re.compile(r"https?://[^\s<>\"{}|\\^`/?#]+[^\s<>\"{}|\\^`]*")
_EMAIL = re.compile(r"[A-Za-z0-9.+_~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def resource_dir(name: str) -> Path:
    """Return the folder `name` (ontology or shapes): inside an installed package, else beside it in a checkout."""
    installed = _PACKAGE / "_resources" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What differs between publishers.

    Attributes:
        base_iri: beginning of every data IRI, ends in a slash (KPIGRAPH_BASE_IRI).
        query_seconds: wall-clock limit of one query, planning and sending included (KPIGRAPH_QUERY_SECONDS).
        query_memory: address space that one query may take, in MiB (KPIGRAPH_QUERY_MEMORY_MIB).
        queries_memory: memory that all queries at work may take together, in MiB (KPIGRAPH_QUERIES_MEMORY_MIB).
        workers: queries at work at once in the fast lane (KPIGRAPH_WORKERS).
        slow_workers: and in the slow lane (KPIGRAPH_SLOW_WORKERS).
        fast_seconds: after this a query goes on in the slow lane (KPIGRAPH_FAST_SECONDS).
        query_queue: queries that may wait in each lane (KPIGRAPH_QUERY_QUEUE).
        query_wait: how long they wait at most, in seconds (KPIGRAPH_QUERY_WAIT_SECONDS).
        worker_answers: a query worker is replaced after so many answers (KPIGRAPH_WORKER_ANSWERS).
        in_memory: a store whose folder is no larger is held in memory, in MiB (KPIGRAPH_IN_MEMORY_MIB).
        query_bytes: length of a query (KPIGRAPH_QUERY_BYTES).
        query_depth: brackets within brackets (KPIGRAPH_QUERY_DEPTH).
        query_chain: members of a chain of operators, UNION, OPTIONAL … (KPIGRAPH_QUERY_CHAIN).
        body_bytes: length of the body of a POST (KPIGRAPH_BODY_BYTES).
        result_size: a result is cut at this length, and says so, in MiB (KPIGRAPH_RESULT_MIB).
        answer_cache: memory for answers to repeated queries, in MiB (KPIGRAPH_ANSWER_CACHE_MIB).
        answer_files: disk for long answers to repeated queries, among the temporary files, in MiB
            (KPIGRAPH_ANSWER_FILES_MIB).
        client_seconds: how long a client may take to send its request, or to take more of its answer
            (KPIGRAPH_CLIENT_SECONDS).
        services: IRIs that SERVICE may name, separated by blanks (KPIGRAPH_SERVICES).
        slow_query: a query that takes longer is logged with its text, in seconds (KPIGRAPH_SLOW_QUERY_SECONDS).
        read_seconds: how long reading one document may be waited for (KPIGRAPH_READ_SECONDS).
        read_memory: address space that reading a spreadsheet, web page or PDF may take, in MiB
            (KPIGRAPH_READ_MEMORY_MIB).
        import_bytes: size of another publication's dump, packed or inflated, that is still imported
            (KPIGRAPH_IMPORT_BYTES).
        import_seconds: how long fetching and checking it may take together (KPIGRAPH_IMPORT_SECONDS).
        read_cells: how many cells a document may have, blank ones counted (KPIGRAPH_READ_CELLS).
        server_url: where clients reach the server, without a slash at the end (KPIGRAPH_SERVER_URL); "": as they say in
            their request. The manifest of /reconcile needs it; without it embedding code, feed and
            sitemaps name the base of the IRIs, which leads here.
        access_log: whether each answer is logged, on or off (KPIGRAPH_ACCESS_LOG).
        publisher_name: who makes the catalogue available (KPIGRAPH_PUBLISHER_NAME); "": the operator of the address.
        signing_key: file of the secret key that releases are signed with (KPIGRAPH_SIGNING_KEY); "": they are not.
        dumps: how whole dumps and tables are published, plain (and packed beside) or packed only (KPIGRAPH_DUMPS).
        contact_name, contact_url, contact_email: whom to ask about the data (KPIGRAPH_CONTACT_NAME, _URL, _EMAIL);
            the catalogue names a contact point only where there is a name with an address or a mail address.
    """

    base_iri: str = "https://w3id.org/kpigraph/"
    query_seconds: float = 10.0
    query_memory: int = 1024
    queries_memory: int = 640
    workers: int = 4
    slow_workers: int = 2
    fast_seconds: float = 0.3
    query_queue: int = 64
    query_wait: float = 10.0
    worker_answers: int = 5_000
    in_memory: int = 128
    query_bytes: int = 200_000
    query_depth: int = 100
    query_chain: int = 2_000
    body_bytes: int = 1 << 20
    result_size: int = 256
    answer_cache: int = 64
    answer_files: int = 1024
    client_seconds: float = 30.0
    services: tuple[str, ...] = ()
    slow_query: float = 1.0
    read_seconds: float = 300.0
    read_memory: int = 2048
    read_cells: int = 1_000_000
    import_bytes: int = 2 << 30
    import_seconds: float = 3600.0
    server_url: str = ""
    access_log: bool = True
    publisher_name: str = ""
    signing_key: str = ""
    dumps: str = "plain"
    contact_name: str = ""
    contact_url: str = ""
    contact_email: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Return the settings that `environ` gives, the defaults elsewhere.

        Raises:
            UsageError: if a variable cannot be used.
        """
        base = environ.get("KPIGRAPH_BASE_IRI", cls().base_iri)
        if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`?#]+/", base):
            raise UsageError(
                f"KPIGRAPH_BASE_IRI は http(s) で始まり / で終わる必要があります: {base}",
                f"KPIGRAPH_BASE_IRI must begin with http(s) and end in a slash: {base}",
            )
        contact = _contact(environ)
        return cls(
            base_iri=base,
            query_seconds=_number(environ, "KPIGRAPH_QUERY_SECONDS", cls().query_seconds),
            fast_seconds=_number(environ, "KPIGRAPH_FAST_SECONDS", cls().fast_seconds, least=0.01),
            query_wait=_number(environ, "KPIGRAPH_QUERY_WAIT_SECONDS", cls().query_wait, least=0.1),
            slow_query=_number(environ, "KPIGRAPH_SLOW_QUERY_SECONDS", cls().slow_query, least=0.01),
            read_seconds=_number(environ, "KPIGRAPH_READ_SECONDS", cls().read_seconds, least=0.1),
            import_seconds=_number(environ, "KPIGRAPH_IMPORT_SECONDS", cls().import_seconds, least=0.1),
            client_seconds=_number(environ, "KPIGRAPH_CLIENT_SECONDS", cls().client_seconds, least=0.1),
            services=_services(environ),
            server_url=_line(environ, "KPIGRAPH_SERVER_URL", _URL).rstrip("/"),
            access_log=_switch(environ, "KPIGRAPH_ACCESS_LOG"),
            **{
                field: int(_number(environ, name, getattr(cls(), field), least=0 if field in _MAY_BE_NONE else 1))
                for field, name in _COUNTS.items()
            },
            publisher_name=_line(environ, "KPIGRAPH_PUBLISHER_NAME", _NAME),
            signing_key=environ.get("KPIGRAPH_SIGNING_KEY", ""),
            dumps=_one_of(environ, "KPIGRAPH_DUMPS", "plain", "packed"),
            contact_name=contact["name"],
            contact_url=contact["url"],
            contact_email=contact["email"],
        )


_COUNTS = {
    "query_memory": "KPIGRAPH_QUERY_MEMORY_MIB",
    "queries_memory": "KPIGRAPH_QUERIES_MEMORY_MIB",
    "workers": "KPIGRAPH_WORKERS",
    "read_memory": "KPIGRAPH_READ_MEMORY_MIB",
    "read_cells": "KPIGRAPH_READ_CELLS",
    "import_bytes": "KPIGRAPH_IMPORT_BYTES",
    "slow_workers": "KPIGRAPH_SLOW_WORKERS",
    "query_queue": "KPIGRAPH_QUERY_QUEUE",
    "worker_answers": "KPIGRAPH_WORKER_ANSWERS",
    "in_memory": "KPIGRAPH_IN_MEMORY_MIB",
    "query_bytes": "KPIGRAPH_QUERY_BYTES",
    "query_depth": "KPIGRAPH_QUERY_DEPTH",
    "query_chain": "KPIGRAPH_QUERY_CHAIN",
    "body_bytes": "KPIGRAPH_BODY_BYTES",
    "result_size": "KPIGRAPH_RESULT_MIB",
    "answer_cache": "KPIGRAPH_ANSWER_CACHE_MIB",
    "answer_files": "KPIGRAPH_ANSWER_FILES_MIB",
}
_MAY_BE_NONE = frozenset({"query_memory", "queries_memory", "in_memory", "result_size", "answer_cache", "answer_files"})


def _number(environ: Mapping[str, str], name: str, default: float, *, least: float = 1) -> float:
    text = environ.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"\d+(\.\d+)?", text) or float(text) < least:
        raise UsageError(
            f"{name} は {least:g} 以上の数です: {text}", f"{name} must be a number of at least {least:g}: {text}"
        )
    return float(text)


def _services(environ: Mapping[str, str]) -> tuple[str, ...]:
    named = tuple(environ.get("KPIGRAPH_SERVICES", "").split())
    for iri in named:
        if not _URL.fullmatch(iri):
            raise UsageError(
                f"KPIGRAPH_SERVICES に IRI でないものがあります: {iri}", f"KPIGRAPH_SERVICES: no IRI: {iri}"
            )
    return named


def _switch(environ: Mapping[str, str], name: str) -> bool:
    return _one_of(environ, name, "on", "off") == "on"


def _one_of(environ: Mapping[str, str], name: str, default: str, other: str) -> str:
    text = environ.get(name, "") or default
    if text not in (default, other):
        raise UsageError(f"{name} は {default} か {other} です: {text}", f"{name} must be {default} or {other}: {text}")
    return text


def _contact(environ: Mapping[str, str]) -> dict[str, str]:
    contact = {
        "name": _line(environ, "KPIGRAPH_CONTACT_NAME", _NAME),
        "url": _line(environ, "KPIGRAPH_CONTACT_URL", _URL),
        "email": _line(environ, "KPIGRAPH_CONTACT_EMAIL", _EMAIL),
    }
    if any(contact.values()) and not (contact["name"] and (contact["url"] or contact["email"])):
        raise UsageError(
            "連絡先には KPIGRAPH_CONTACT_NAME と、KPIGRAPH_CONTACT_URL か KPIGRAPH_CONTACT_EMAIL が必要です",
            "a contact needs KPIGRAPH_CONTACT_NAME, and KPIGRAPH_CONTACT_URL or KPIGRAPH_CONTACT_EMAIL",
        )
    return contact


def _line(environ: Mapping[str, str], name: str, pattern: re.Pattern[str]) -> str:
    text = environ.get(name, "")
    if text and not pattern.fullmatch(text):
        raise UsageError(f"{name} の値が使えません: {text!r}", f"{name} cannot be used: {text!r}")
    return text
