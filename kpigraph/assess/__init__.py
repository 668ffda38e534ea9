"""Resolve relative targets, measure progress, judge status; each with its inputs and the reason where it cannot.

Method progress-v1, described in docs/assessment.md. No rule here knows any one indicator; a number is never guessed:
what the document does not settle is left open with a reason.
"""

from decimal import Decimal

from kpigraph.assess.cases import Case, last_of, latest_actual, rivals
from kpigraph.assess.figures import achievement, progress, shares_of
from kpigraph.assess.judging import direction_of, obstacle, status_of
from kpigraph.assess.resolving import is_ambiguous as is_ambiguous
from kpigraph.assess.resolving import number_of, ratio_of, resolve
from kpigraph.model import (
    Assessment,
    Derivation,
    Direction,
    Edition,
    Reason,
    ResolvedTarget,
    Role,
    Statement,
    Status,
    ValueForm,
)

METHOD = "progress-v1"


def derive(edition: Edition) -> Derivation:
    """Return what follows from `edition`: resolved targets, and one assessment an indicator that has a target."""
    statements = {s.key: s for s in edition.statements}
    resolved: list[ResolvedTarget] = []
    unresolved: dict[str, Reason] = {}
    possible: dict[str, tuple[Decimal, ...]] = {}
    for s in edition.statements:
        if s.role is not Role.TARGET or s.quantity.form is not ValueForm.RELATIVE:
            continue
        reference = statements.get(s.relative_to)
        outcome = resolve(s, reference)
        if reference is not None and rivals(reference, edition.statements):
            outcome = Reason.UNRESOLVED_RELATIVE
        if isinstance(outcome, Reason):
            unresolved[s.key] = outcome
        elif len(outcome) > 1:
            unresolved[s.key], possible[s.key] = Reason.UNRESOLVED_RELATIVE, outcome
        elif reference is not None and s.unit is not None:
            resolved.append(
                ResolvedTarget(
                    target=s.key,
                    reference=reference.key,
                    indicator=s.indicator,
                    value=outcome[0],
                    unit=s.unit,
                    period=s.period,
                )
            )
    numbers = {r.target: r.value for r in resolved}
    by_indicator: dict[str, list[Statement]] = {i.key: [] for i in edition.indicators}
    for s in edition.statements:
        by_indicator[s.indicator].append(s)
    return Derivation(
        resolved=tuple(resolved),
        unresolved=unresolved,
        possible_values=possible,
        assessments=tuple(
            _assess(indicator, stated, numbers)
            for indicator, stated in by_indicator.items()
            if any(s.role is Role.TARGET for s in stated)  # else there is nothing to judge by
        ),
        ratios={s.key: ratio for s in edition.statements if (ratio := ratio_of(s)) is not None},
    )


def _assess(indicator: str, statements: list[Statement], resolved: dict[str, Decimal]) -> Assessment:
    baseline, target = (last_of(s for s in statements if s.role is role) for role in (Role.BASELINE, Role.TARGET))
    actual = latest_actual(statements, target)
    case = Case(
        indicator=indicator,
        statements=tuple(statements),
        baseline=None if baseline and rivals(baseline, statements) else baseline,
        actual=actual,
        target=target,
        goal=None if target is None else resolved.get(target.key, number_of(target)),
        in_conflict=any(s and rivals(s, statements) for s in (actual, target)),
    )
    direction, basis = direction_of(case)
    reason = obstacle(case, direction)
    status = Status.NOT_ASSESSABLE if reason else status_of(case, direction)
    shares = shares_of(case) if reason in (Reason.PARTIAL_PERIOD, None) else (None, None)
    comparable = reason in (None, Reason.DIRECTION_UNKNOWN)
    return Assessment(
        indicator=indicator,
        baseline=case.baseline.key if case.baseline else "",
        actual=case.actual.key if case.actual else "",
        target=target.key if target else "",
        status=status,
        reason=reason,
        direction=direction,
        direction_basis=basis,
        progress_ratio=progress(case) if comparable and direction is not Direction.MAINTAIN else None,
        achievement_ratio=achievement(case) if comparable and direction is Direction.INCREASE else None,
        cumulative_share=shares[0],
        elapsed_share=shares[1],
    )
