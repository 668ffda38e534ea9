"""What is logged of queries: their hash beside each answer, their text when they are slow. Nothing about who asks."""

import hashlib
import json
import logging
import time

_SLOW = logging.getLogger("kpigraph.slow")
_SHOWN = 2_000  # characters of a slow query


def query_hash(text: str) -> str:
    """Return a short name for a query, the same wherever and whenever it is asked."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def slow(text: str, seconds: float, **more: object) -> None:
    """Log a query that took long, with its text."""
    line = {"time": _now(), "slow_query": query_hash(text), "ms": round(seconds * 1000, 1), **more}
    _SLOW.warning(json.dumps({**line, "text": text[:_SHOWN]}, ensure_ascii=False))


def begin() -> None:
    """Send slow queries to standard error, each a line of JSON; called once by the command line."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    _SLOW.handlers[:] = [handler]
    _SLOW.propagate = False


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
