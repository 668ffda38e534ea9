"""`kpigraph link` and `kpigraph review`: find matches; let a person decide on them, at the terminal or on a page."""

from kpigraph.reviewing.commands import link, review

__all__ = ["link", "review"]
