"""The records of a mapping file: which indicator was matched to which, where that stands, and who decided it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from kpigraph.problems import SourceLocation


class Predicate(StrEnum):
    """How an indicator stands to another, as SKOS has it: broad says that the other one is the broader."""

    EXACT = "exact"
    CLOSE = "close"
    BROAD = "broad"
    NARROW = "narrow"

    @property
    def curie(self) -> str:
        return f"skos:{self.value}Match"


class MappingStatus(StrEnum):
    """Where a match stands; only accepted ones are published."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, order=True)
class LocalId:
    """An indicator of a municipality: its six-digit code and the key of its registry."""

    municipality: str
    key: str

    def __str__(self) -> str:
        return f"lg:{self.municipality}/kpi-{self.key}"


@dataclass(frozen=True, slots=True, order=True)
class SharedId:
    """A shared indicator, by its notation."""

    notation: str

    def __str__(self) -> str:
        return f"shared:{self.notation}"


_LOCAL = re.compile(r"lg:([0-9]{6})/kpi-([a-z0-9]{4,})")
_SHARED = re.compile(r"shared:([a-z0-9][a-z0-9-]*)")


def local_id(curie: str) -> LocalId | None:
    """Return the indicator that a name such as lg:012068/kpi-p7q2 stands for, None if it is none of these."""
    return LocalId(*m.groups()) if (m := _LOCAL.fullmatch(curie)) else None


def any_id(curie: str) -> LocalId | SharedId | None:
    """Return the indicator, or the shared indicator (shared:births), that a name stands for."""
    return SharedId(m[1]) if (m := _SHARED.fullmatch(curie)) else local_id(curie)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One row of a mapping file.

    `justification` is a term of the Semantic Mapping Vocabulary; `confidence` the score of the proposal, from 0 to 1,
    "" where there is none; `reviewer` the name of who decided it, `reviewer_id` an IRI for them where they have one;
    `date` the day of the decision, of the proposal before there is one (ISO 8601).
    """

    subject: LocalId
    subject_label: str
    predicate: Predicate
    object: LocalId | SharedId
    object_label: str
    justification: str
    confidence: str
    status: MappingStatus
    reviewer: str
    reviewer_id: str
    date: str
    tool: str
    comment: str
    at: SourceLocation

    @property
    def pair(self) -> tuple[str, str]:
        return str(self.subject), str(self.object)
