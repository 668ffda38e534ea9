"""From the editions of municipalities to the rows of their mapping files.

A row that someone accepted, rejected or put off is never touched; a pair that was rejected is never proposed again, nor
anything for an indicator that has its shared indicator. Former proposals are replaced by what is found today.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import date

from kpigraph import __version__
from kpigraph.linking.likeness import grams
from kpigraph.linking.mapping import LocalId, Mapping, MappingStatus, SharedId
from kpigraph.linking.matcher import THRESHOLD, Described, Matcher, Proposal, compare
from kpigraph.linking.sssom import PROPOSED_BY, decided_pairs, subjects_accepted
from kpigraph.model import Edition, Role
from kpigraph.problems import SourceLocation
from kpigraph.wording import read_name

TOOL = "kpigraph"
# Two municipalities' own indicators are proposed to be one from here on: nothing but names and units speaks for it.
_BETWEEN = 0.8
_NOWHERE = SourceLocation(file="")


@dataclass(frozen=True, slots=True)
class Found:
    """A proposal with what it is for, as `kpigraph link` prints it."""

    subject: LocalId
    described: Described
    object: LocalId | SharedId
    proposal: Proposal


def described(editions: Iterable[Edition]) -> dict[LocalId, Described]:
    """Return every indicator of `editions`, by its municipality and key, as matching sees it. Older editions first."""
    found: dict[LocalId, Described] = {}
    for e in editions:
        labels = {x.key: x.label for x in e.elements}
        under: dict[str, list[str]] = {}
        for listing in e.listings:
            under.setdefault(listing.indicator, []).append(labels.get(listing.measure, ""))
        for indicator in e.indicators:
            mine = [s for s in e.statements if s.indicator == indicator.key]
            units = [s.unit for s in mine if s.unit]
            found[LocalId(e.document.municipality, indicator.key)] = Described(
                label=indicator.label,
                other_names=tuple(sorted(indicator.also_named)),
                unit=units[0] if units else None,
                aggregations=frozenset(
                    s.period.aggregation for s in mine if s.role is Role.TARGET and s.period.aggregation
                ),
                headings=tuple(dict.fromkeys(h for h in under.get(indicator.key, ()) if h)),
                places=tuple(n for n in (e.document.municipality_names.get("ja"),) if n),
            )
    return found


def find(
    municipality: str, indicators: Dict[LocalId, Described], matcher: Matcher, least: float = THRESHOLD
) -> Iterator[Found]:
    """Yield what may match each indicator of `municipality`: shared indicators first, then others' own indicators."""
    mine = {key: d for key, d in indicators.items() if key.municipality == municipality}
    others = {key: d for key, d in indicators.items() if key.municipality != municipality}
    by_gram: dict[str, list[LocalId]] = {}
    for key, d in others.items():
        for gram in grams(read_name(d.label).core):
            by_gram.setdefault(gram, []).append(key)
    for subject, d in sorted(mine.items()):
        for p in matcher.propose_for(d, least=least):
            yield Found(subject, d, SharedId(p.notation), p)
        near = {key for gram in grams(read_name(d.label).core) for key in by_gram.get(gram, ())}
        for key in sorted(near):
            between = compare(d, others[key], matcher.weights)
            if between and between.score >= max(least, _BETWEEN):
                yield Found(subject, d, key, between)


def merged(former: Sequence[Mapping], found: Iterable[Found], today: date) -> list[Mapping]:
    """Return the rows of a mapping file: `former` with every decision kept, and what is newly `found` as proposed."""
    kept = [m for m in former if m.status is not MappingStatus.PROPOSED]
    dates = {m.pair: m.date for m in former}
    decided, settled = decided_pairs(former), subjects_accepted(former)
    rows = {m.pair: m for m in kept}
    for f in found:
        m = _proposed(f, today)
        if m.pair in decided or (m.subject in settled and isinstance(m.object, SharedId)):
            continue
        rows[m.pair] = _proposed(f, date.fromisoformat(dates.get(m.pair) or today.isoformat()))
    return [*kept, *(m for pair, m in rows.items() if m.status is MappingStatus.PROPOSED)]


def _proposed(f: Found, today: date) -> Mapping:
    return Mapping(
        subject=f.subject,
        subject_label=f.described.label,
        predicate=f.proposal.predicate,
        object=f.object,
        object_label=f.proposal.label,
        justification=PROPOSED_BY,
        confidence=f"{f.proposal.score:.2f}",
        status=MappingStatus.PROPOSED,
        reviewer="",
        reviewer_id="",
        date=today.isoformat(),
        tool=f"{TOOL} {__version__}",
        comment=" / ".join(reason.sentence("ja") for reason in f.proposal.reasons),
        at=_NOWHERE,
    )
