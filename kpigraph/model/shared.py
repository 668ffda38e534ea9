"""Reference indicators, of no municipality: what the indicators of several can be compared by."""

from dataclasses import dataclass

from kpigraph.model.kinds import Direction, PeriodKind, UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedIndicator:
    """An indicator of data/codelists/indicators.ttl.

    Other indicators and themes are named by their notations. `broader` is the one right above it, `theme` the one that
    stands on top. `denominator` is the shared indicator of whose values these are a share or rate, "" if there is none
    in the list. `desired_direction` is None where more is not plainly better or worse. `cofog` is a division of COFOG,
    such as "04"; `matches` are those with concepts of others, as names of SKOS properties (closeMatch …) and IRIs.
    """

    notation: str
    label_ja: str
    label_en: str
    alternatives: tuple[str, ...]
    definition_ja: str
    definition_en: str
    broader: str
    theme: str
    unit_kind: UnitKind
    period_kind: PeriodKind
    denominator: str = ""
    desired_direction: Direction | None = None
    cofog: str = ""
    matches: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its Japanese names, the preferred one first."""
        return (self.label_ja, *self.alternatives)
