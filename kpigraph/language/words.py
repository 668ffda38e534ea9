"""What a language says around a value in one cell: the words of which `cells.py` knows nothing itself.

Every pattern is matched against text in its normal form without blanks at its ends, and case is ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kpigraph.model import Aggregation


@dataclass(frozen=True, slots=True, kw_only=True)
class CellWords:
    """The words of one language around a value.

    Attributes:
        prefixes: words before a value, with the aggregation they state; None where they state none.
        suffixes: likewise after a value or alone in brackets.
        spans: a length of time before a value, its group `span` a period for the language to read (5年間で).
        revised: says that a value was revised, its group `when` (may be empty) says when.
        estimated: words alone in brackets for a figure that is estimated or expected.
        provisional: words alone in brackets for a figure that may still change.
        standing_before: words of these two kinds that may stand before a number without brackets (速報値1,200).
        note: a footnote that says no more of its figure than one of these two, as its group `word`.
        former: words before the value that was replaced (旧).
        period_ends: the texts after which a value may follow a period without a blank.
        period_follows: what stands between a value and a period behind it, with the period as its group `period`.
        milestone: what is done by a day, its groups `when` and `what` (R7.3月完成).
        spans_of_names: words in brackets behind an indicator's name that say over which time, though units as well.
        counts_people: how a name ends that counts people, and so has no other unit.
        is_share: how a name ends that is a share of a whole, and so is counted in per cent or the like.
        year_before: names of the year before a value's own, as a reference for a change (前年度).
        baseline: names of the baseline as such a reference (基準値).
        changes: names, units and headers that speak of a change or a balance, whose values have a sign (増減率).
        cumulative: names of indicators whose values count from the beginning (移住者数（累計）).
        single_year: words for values of one year each, beside cumulative ones (単年度).
        direction: which way a value shall go, and no more (アップ), beside the number that it shall reach.
        whole_span: says in brackets that a value is of a span of which neither end is said (期間平均).
        roles: how a remark begins that states another role's value, and so is more than a remark.
    """

    prefixes: Mapping[str, Aggregation | None]
    suffixes: Mapping[str, Aggregation | None]
    spans: re.Pattern[str]
    revised: re.Pattern[str]
    estimated: re.Pattern[str]
    provisional: re.Pattern[str]
    standing_before: tuple[str, ...]
    note: re.Pattern[str]
    former: re.Pattern[str]
    period_ends: tuple[str, ...]
    period_follows: re.Pattern[str]
    milestone: re.Pattern[str]
    spans_of_names: frozenset[str]
    counts_people: re.Pattern[str]
    is_share: re.Pattern[str]
    year_before: re.Pattern[str]
    baseline: re.Pattern[str]
    changes: re.Pattern[str]
    cumulative: re.Pattern[str]
    single_year: frozenset[str]
    direction: re.Pattern[str]
    whole_span: re.Pattern[str]
    roles: re.Pattern[str]
