"""Why two indicators may be one, or not: what a person who reviews a proposal reads, in Japanese and in English."""

from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """One thing that speaks for or against a match."""

    SAME_NAME = "same-name"
    LIKE_NAME = "like-name"
    FACET_AGREES = "facet-agrees"
    FACET_NARROWER = "facet-narrower"
    FACET_MISSING = "facet-missing"
    FACET_DIFFERS = "facet-differs"
    COUNTED_DIFFERS = "counted-differs"
    UNIT_SAME = "unit-same"
    UNIT_POSSIBLE = "unit-possible"
    UNIT_UNKNOWN = "unit-unknown"
    PERIOD_DIFFERS = "period-differs"
    PLACE_AGREES = "place-agrees"


_SENTENCES: dict[ReasonCode, tuple[str, str]] = {
    ReasonCode.SAME_NAME: ("名前が同じ（{0}）", "the same name ({0})"),
    ReasonCode.LIKE_NAME: ("名前が似ている（{0}、{1}%）", "a like name ({0}, {1}%)"),
    ReasonCode.FACET_AGREES: ("対象が一致（{0}）", "both are of {0}"),
    ReasonCode.FACET_NARROWER: ("こちらだけ対象が限られている（{0}）", "this one alone is limited to {0}"),
    ReasonCode.FACET_MISSING: ("相手だけ対象が限られている（{0}）", "the other alone is limited to {0}"),
    ReasonCode.FACET_DIFFERS: ("対象が違う（{0} と {1}）", "of different things: {0} and {1}"),
    ReasonCode.COUNTED_DIFFERS: ("数えるものが違うかもしれない", "they may count different things"),
    ReasonCode.UNIT_SAME: ("単位が合う（{0}）", "the unit fits ({0})"),
    ReasonCode.UNIT_POSSIBLE: ("単位が少し違う（{0}）", "the unit is another one, but possible ({0})"),
    ReasonCode.UNIT_UNKNOWN: ("単位が分からない", "the unit is not known"),
    ReasonCode.PERIOD_DIFFERS: ("期間の取り方が違う（{0}）", "other kinds of period ({0})"),
    ReasonCode.PLACE_AGREES: ("同じ分野の施策の下にある（{0}）", "it stands under a measure of the same field ({0})"),
}


# Kinds of period and of aggregation in words.
_PERIODS: dict[str, tuple[str, str]] = {
    "year": ("一年間", "a year"),
    "as-of": ("ある時点", "a day"),
    "survey": ("調査", "a survey"),
    "cumulative": ("累計", "a total over years"),
    "cumulative-to-date": ("これまでの累計", "a total to date"),
    "period": ("その期間", "a period"),
    "average": ("平均", "an average"),
    "each-year": ("各年", "each year"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with the words it is about."""

    code: ReasonCode
    words: tuple[str, ...] = ()

    def sentence(self, lang: str) -> str:
        """Return the reason in `lang`, "ja" or "en"."""
        column = 0 if lang == "ja" else 1
        words = self.words
        if self.code is ReasonCode.PERIOD_DIFFERS:
            words = ((" / " if column else "、").join(_PERIODS[word][column] for word in words),)
        return _SENTENCES[self.code][column].format(*words)
