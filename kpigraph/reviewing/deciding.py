"""What a decision does to the rows of a mapping file. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from enum import StrEnum

from kpigraph.linking.mapping import LocalId, Mapping, MappingStatus, Predicate
from kpigraph.linking.sssom import DECIDED_BY, PROPOSED_BY
from kpigraph.problems import Problem
from kpigraph.reviewing.session import Session


class Action(StrEnum):
    """What a person can say to a proposal."""

    EXACT = "exact"
    CLOSE = "close"
    BROAD = "broad"
    NARROW = "narrow"
    REJECT = "reject"
    DEFER = "defer"
    REOPEN = "reopen"


KEYS = {
    "e": Action.EXACT,
    "c": Action.CLOSE,
    "b": Action.BROAD,
    "n": Action.NARROW,
    "r": Action.REJECT,
    "d": Action.DEFER,
}


def decide(
    mappings: Iterable[Mapping], pair: tuple[str, str], action: Action, reviewer: str, today: date
) -> list[Mapping]:
    """Return `mappings` with `action` taken on one pair; the others stay as they are."""
    return [_decided(m, action, reviewer, today) if m.pair == pair else m for m in mappings]


def _decided(m: Mapping, action: Action, reviewer: str, today: date) -> Mapping:
    day = today.isoformat()
    if action is Action.REOPEN:
        return replace(
            m, status=MappingStatus.PROPOSED, justification=PROPOSED_BY, reviewer="", reviewer_id="", date=day
        )
    if action is Action.DEFER:
        return replace(m, status=MappingStatus.DEFERRED, reviewer=reviewer, reviewer_id="", date=day)
    status = MappingStatus.REJECTED if action is Action.REJECT else MappingStatus.ACCEPTED
    predicate = m.predicate if action is Action.REJECT else Predicate(action.value)
    return replace(
        m,
        status=status,
        predicate=predicate,
        justification=DECIDED_BY,
        reviewer=reviewer,
        reviewer_id="",
        date=day,
    )


def new_faults(session: Session, municipality: str, before: list[Mapping], after: list[Mapping]) -> list[Problem]:
    """Return what `after` would make wrong that was not wrong before."""
    known = {(p.code, p.found) for p in session.faults(municipality, before)}
    return [p for p in session.faults(municipality, after) if (p.code, p.found) not in known]


def waiting(mappings: Iterable[Mapping], *, deferred: bool = False) -> list[Mapping]:
    """Return what is left to decide, best first for each indicator: the proposals, and what was put off if asked for.

    Of an indicator that has its shared indicator no other one is asked.
    """
    rows = list(mappings)
    settled = {m.subject for m in rows if m.status is MappingStatus.ACCEPTED and not isinstance(m.object, LocalId)}
    wanted = {MappingStatus.PROPOSED, MappingStatus.DEFERRED} if deferred else {MappingStatus.PROPOSED}
    left = [m for m in rows if m.status in wanted and (isinstance(m.object, LocalId) or m.subject not in settled)]
    return sorted(left, key=lambda m: (m.subject, -float(m.confidence or 0), m.pair))
