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
        query_seconds: wall-clock limit of one query (KPIGRAPH_QUERY_SECONDS).
        query_memory: address-space limit of one query worker, in MiB (KPIGRAPH_QUERY_MEMORY_MIB).
        workers: number of query worker processes (KPIGRAPH_WORKERS).
        access_log: whether each request is logged as a line of JSON (KPIGRAPH_ACCESS_LOG, on or off).
        publisher_name: who makes the catalogue available (KPIGRAPH_PUBLISHER_NAME); "": the operator of the address.
        contact_name, contact_url, contact_email: whom to ask about the data (KPIGRAPH_CONTACT_NAME, _URL, _EMAIL);
            the catalogue names a contact point only where there is a name with an address or a mail address.
    """

    base_iri: str = "https://w3id.org/kpigraph/"
    query_seconds: float = 10.0
    query_memory: int = 1024
    workers: int = 2
    access_log: bool = True
    publisher_name: str = ""
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
            query_memory=int(_number(environ, "KPIGRAPH_QUERY_MEMORY_MIB", cls().query_memory)),
            workers=int(_number(environ, "KPIGRAPH_WORKERS", cls().workers)),
            access_log=_switch(environ, "KPIGRAPH_ACCESS_LOG", cls().access_log),
            publisher_name=_line(environ, "KPIGRAPH_PUBLISHER_NAME", _NAME),
            contact_name=contact["name"],
            contact_url=contact["url"],
            contact_email=contact["email"],
        )


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"\d+(\.\d+)?", text) or float(text) < 1:
        raise UsageError(f"{name} は 1 以上の数です: {text}", f"{name} must be a number of at least 1: {text}")
    return float(text)


def _switch(environ: Mapping[str, str], name: str, default: bool) -> bool:
    text = environ.get(name, "")
    if text not in ("", "on", "off"):
        raise UsageError(f"{name} は on か off です: {text}", f"{name} must be on or off: {text}")
    return text == "on" if text else default


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
