"""Why an engine gives up."""

from kpigraph.problems import UsageError


class UnsupportedShapeError(Exception):
    """Something in the shapes, or in what they meet, is left to pySHACL: it reads it otherwise, or refuses it."""


class EngineFailedError(UsageError):
    """pySHACL or rdflib failed on data that they should have judged."""
