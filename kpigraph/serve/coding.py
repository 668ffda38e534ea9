"""Content codings (RFC 9110, section 12.5.3): Brotli and gzip, each answer packed once."""

import gzip
import hashlib
import re

import brotli

from kpigraph.serve.rendered import Cache

CODINGS = ("br", "gzip")  # the better first
PACKED_FROM = 1_000  # bytes; less is not worth it
_Q = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def choose(accept: str | None, offered: tuple[str, ...] = CODINGS) -> str:
    """Return the coding of `offered` that `accept` asks for, "" for none: as it is.

    Without a header the answer goes as it is, and so it does where nothing else is acceptable.
    """
    weights: dict[str, float] = {}
    for part in (accept or "").lower().split(","):
        name, semicolon, rest = part.strip().partition(";")
        m = _Q.fullmatch(rest.strip()) if semicolon else None
        if name and (m or not semicolon):
            weights.setdefault(name.strip().removeprefix("x-"), float(m[1]) if m else 1.0)
    plain = weights.get("identity", 0.0)
    best, weight = "", plain
    for coding in reversed(offered):
        q = weights.get(coding, weights.get("*", 0.0))
        if q > 0 and q >= weight:
            best, weight = coding, q
    return best


def tag(body: bytes) -> str:
    """Return what tells `body` from every other: the end of its ETag, without quotes."""
    return hashlib.sha256(body).hexdigest()[:24]


def packed(body: bytes, tag: str, coding: str, cache: Cache | None) -> bytes:
    """Return `body` in `coding`, from `cache` if it was packed before; the same bytes each time."""
    key = (coding, tag)
    if cache is not None and (known := cache.get(key)) is not None:
        return known
    made = brotli.compress(body, quality=5) if coding == "br" else gzip.compress(body, 6, mtime=0)
    if cache is not None:
        cache.put(key, made)
    return bytes(made)
