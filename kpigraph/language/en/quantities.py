"""Values in English: 1,234 · ≥ 95% · at least 95% · $10.1M · reduce by 10% · 10% increase on 2015/16 · 100 to 120.

A cell with a digit is read as a whole or not at all; a cell without one is words.
"""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from kpigraph.model import Comparator, Intent, Quantity, ValueForm
from kpigraph.text import has_raised_digits, normalise

EXPECTED = "1,234, 95%, ≥ 95%, at least 95%, $10.1M, reduce by 10%, 10% increase on 2015/16, 100 to 120, 3/5, n/a"

_LONGEST = 120
_MOST_DIGITS = 18  # as in Japanese: what every processor of xsd:decimal takes

_DIGITS = r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*|0)(?:\.[0-9]+)?"
_SCALES = {
    "k": 3,
    "thousand": 3,
    "m": 6,
    "mn": 6,
    "million": 6,
    "bn": 9,
    "b": 9,
    "billion": 9,
    "tn": 12,
    "trillion": 12,
}
_SCALE = r"(?: ?(?P<word_scale>thousand|million|billion|trillion)|(?P<letter_scale>k|m|mn|bn|b|tn)(?![a-z0-9²³]))?"
_CURRENCY = r"(?P<currency>us\$|au?\$|nz\$|ca?\$|[$£€¥])?"
_NUMBER = rf"(?P<sign>[+-])?{_CURRENCY}(?P<number>{_DIGITS}){_SCALE}"
# A unit: %, a word or a few; "per 1,000 people" has the only number that may be in one.
_JOINING = r"(?:in|to|and|or|on|by|from|than|over|out|below|above)\b"
_WORD = r"[a-z](?:[a-z.'-]*[a-z])?"
_UNIT = (
    rf"(?: ?(?P<unit>%|‰|percentage points?|per ?cent|pp|ppt|[a-z]+[²³23]?(?:/[a-z]+)?|"
    rf"(?!{_JOINING}){_WORD}(?: (?!{_JOINING}){_WORD}){{0,3}}|"
    r"(?:[a-z]+ )?per [1-9][0-9]{0,2}(?:,[0-9]{3})*(?: [a-z]+){0,2}))?"
)
_NOT_A_UNIT = re.compile(
    r"\b(?:increase[ds]?|decrease[ds]?|reduc\w*|rise|fall|more|less|fewer|greater|higher|lower|above|below|least|most|"
    r"maintain\w*|improv\w*|target|actual|baseline|achieved|met|complete[ds]?|by|each|every|annual(?:ly)?|year-on-year|"
    r"average|total|cumulative|approx\w*|estimate[ds]?|provisional|forecast|plus|better|worse)\b|^(?:s|x|st|nd|rd|th)$",
    re.IGNORECASE,
)
_BOUNDS = (
    (
        Comparator.AT_LEAST,
        r"≥|>=|=>|=/>|>/=|at least|minimum(?: of)?|min\.?|not less than|no less than|no fewer than|a minimum of",
    ),
    (
        Comparator.AT_MOST,
        r"≤|<=|=<|=/<|</=|at most|maximum(?: of)?|max\.?|not more than|no more than|no higher than|up to|within|"
        r"a maximum of",
    ),
    (Comparator.MORE_THAN, r">|more than|greater than|higher than|over|above|exceeds?|exceeding"),
    (Comparator.LESS_THAN, r"<|less than|fewer than|lower than|under|below"),
)
_AFTER = (
    (Comparator.AT_LEAST, r"or (?:more|above|higher|greater|over|better)|and (?:above|over)|\+|minimum|min\.?"),
    (Comparator.AT_MOST, r"or (?:less|fewer|below|lower|under)|and (?:below|under)|maximum|max\.?"),
)
_BOUND = "(?:" + "|".join(f"(?P<{c.name.lower()}>{words})" for c, words in _BOUNDS) + ")? ?"
_TAIL = "(?: ?(?:" + "|".join(f"(?P<{c.name.lower()}_after>{words})" for c, words in _AFTER) + "))?"
_ABOUT = r"(?P<about>about |around |approximately |approx\.? |circa |c\.? ?(?=[0-9$£€])|~ ?|est\.? )?"
_KEEP = r"(?P<keep>maintain(?:ed)?(?: at)? |remain(?:s)? at |keep at )?"
_ABSOLUTE = re.compile(
    rf"{_KEEP}{_ABOUT}{_BOUND}{_ABOUT.replace('<about>', '<about2>')}{_NUMBER}{_UNIT}{_TAIL}", re.IGNORECASE
)

_UP = r"increase|growth|rise|improvement|uplift"
_DOWN = r"reduction|decrease|fall|drop|decline"
_UP_VERB = r"increase|raise|grow|improve"
_DOWN_VERB = r"reduce|decrease|cut|lower"
_REFERENCE = (
    r"(?: (?:on|from|over|against|compared (?:to|with)|relative to|vs\.?|versus)(?: the)? "
    r"(?P<reference>(?:(?! (?:by|until) )[^()])+?)(?: levels?)?)?"
)
_CHANGED = rf"(?P<number>{_DIGITS})(?: ?(?P<unit>%|per ?cent|percentage points?|pp|ppt|{_WORD}))?"
_BOUND_OF_CHANGE = r"(?P<bound>at least |no less than |a minimum of |up to |no more than |at most )?"
_CHANGES = (
    re.compile(
        rf"(?:an? )?{_BOUND_OF_CHANGE}{_CHANGED} (?:(?P<up>{_UP})|(?P<down>{_DOWN})){_REFERENCE}", re.IGNORECASE
    ),
    re.compile(
        rf"(?:(?P<up>{_UP_VERB})|(?P<down>{_DOWN_VERB}))(?:d|s)? by {_BOUND_OF_CHANGE}{_CHANGED}{_REFERENCE}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:an? )?(?:(?P<up>{_UP})|(?P<down>{_DOWN})) of {_BOUND_OF_CHANGE}{_CHANGED}{_REFERENCE}", re.IGNORECASE
    ),
)
_YEARLY = r"(?:the )?(?:previous|prior|last|preceding) (?:financial |fiscal )?year"
_NAMED_LEVEL = (
    rf"(?:{_YEARLY}|(?:the )?baseline|(?:the )?current (?:level|year)|(?:fy ?)?(?:19|20)[0-9]{{2}}(?:/[0-9]{{2}})?)"
)
_LEVEL = re.compile(
    rf"(?:(?P<keep>maintain|no change (?:from|on)|same as|equal to|in line with)|{_BOUND})"
    rf" ?(?P<reference>{_NAMED_LEVEL})(?:'s)?(?: levels?| performance| results?| figures?)?",
    re.IGNORECASE,
)
_MORE_THAN_LEVEL = re.compile(
    rf"(?:(?P<up>{_UP}|{_UP_VERB})|(?P<down>{_DOWN}|{_DOWN_VERB})) "
    rf"(?:on|from|over|against|compared (?:to|with)) (?P<reference>{_NAMED_LEVEL})(?: levels?)?",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?:between )?(?P<low_currency>us\$|[$£€¥])?(?P<low>{_DIGITS})(?P<low_unit> ?%)?(?: to | and |–|~)"
    rf"(?P<currency>us\$|[$£€¥])?(?P<number>{_DIGITS}){_SCALE}{_UNIT}",
    re.IGNORECASE,
)
_RATIO = re.compile(
    rf"(?P<part>(?!(?:19|20)[0-9]{{2}}/){_DIGITS}) ?"
    rf"(?:/| of | out of | in (?!(?:19|20)[0-9]{{2}}$))(?:the )? ?(?P<whole>{_DIGITS}){_UNIT}",
    re.IGNORECASE,
)
_THAN_A_YEAR = re.compile(r"[a-z ]*(?:than|over|above|below|under|exceed\w*) (?:19|20)[0-9]{2}", re.IGNORECASE)
_SPLIT = re.compile(r"[0-9] [0-9]|[0-9] [,.]|[0-9][,.] [0-9]")

_LACKS_ITS_NUMBER = re.compile(
    rf"(?:{'|'.join(words for _, words in _BOUNDS)}|about|approximately|%|per ?cent|{_UP}|{_DOWN}|by|of| )+",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|no|never|unable|without)\b")
_IMPROVES = re.compile(rf"\b(?:{_UP_VERB}|improving|better|improvement|increasing)\b")
_KEEPS = re.compile(r"\b(?:maintain(?:ed|ing)?|remain|keep|no change|stable)\b")
_MAINTAIN_OR_INCREASE = re.compile(
    r"maintain (?:or|and/or) (?:improve|increase)|(?:improve|increase) or maintain|maintain/improve"
)
_CHANGES_TOO = re.compile(rf"\b(?:{_UP_VERB}|{_DOWN_VERB}|{_UP}|{_DOWN}|expand\w*)\b")


@lru_cache(maxsize=1 << 13)
def read_quantity(text: str) -> Quantity | None:
    """Return what `text` says of a value, None if this grammar does not cover it."""
    folded = _folded(text)
    if len(folded) > _LONGEST and any(c.isdigit() for c in folded):
        return None
    if not any(unicodedata.category(c).startswith("N") for c in folded):
        return _level(folded) or _words(folded.lower())
    if _THAN_A_YEAR.fullmatch(folded):  # less than 2018: than so many, or than in that year
        return None
    if has_raised_digits(text) or _SPLIT.search(folded.replace(" to ", " – ")):
        return None
    return _absolute(folded) or _changed(folded) or _range(folded) or _ratio(folded) or _level(folded)


def _folded(text: str) -> str:
    """Return `text` in normal form, an en dash between numbers kept apart from a hyphen, a sign beside its number."""
    parts = re.split(r"(?<=[0-9%])\s?[–—]\s?(?=[0-9$£€])", text)
    folded = "–".join(normalise(part) for part in parts)
    folded = re.sub(r"(?<![0-9a-z%])([+-]) (?=[0-9$£€])", r"\1", folded)
    return folded.rstrip(".") if folded.endswith(".") and not folded.endswith("..") else folded


def _absolute(text: str) -> Quantity | None:
    m = _ABSOLUTE.fullmatch(text)
    if m is None or (value := _value(m)) is None or (unit := _unit(m)) is None:
        return None
    return Quantity(
        form=ValueForm.ABSOLUTE,
        value=value,
        decimals=_decimals(value),
        unit=unit,
        comparator=_comparator(m),
        maintenance=bool(m["keep"]),
        estimated=bool(m["about"] or m["about2"]),
        scaled=_scaled(m),
    )


def _scaled(m: re.Match[str]) -> tuple[Decimal, str] | None:
    """Return 12 and million people of 12 million people; of $12M, whose unit stands on both sides, None."""
    if not (m["word_scale"] and m["unit"]) or m["currency"]:
        return None
    number = Decimal(m["number"].replace(",", ""))
    return -number if m["sign"] == "-" and number else number, f"{m['word_scale']} {m['unit']}"


def _comparator(m: re.Match[str]) -> Comparator:
    groups = m.groupdict()
    said = [c for c in Comparator if groups.get(c.name.lower()) or groups.get(f"{c.name.lower()}_after")]
    return said[0] if said else Comparator.EXACT


def _changed(text: str) -> Quantity | None:
    """Read reduce by 10% and 10% increase on 2015/16; points are an amount, per cent a share."""
    for pattern in _CHANGES:
        if (m := pattern.fullmatch(text)) is None:
            continue
        unit = m["unit"] or ""
        if _NOT_A_UNIT.search(unit):
            return None
        number = Decimal(m["number"].replace(",", ""))
        share = unit.lower() in ("%", "per cent", "percent")
        change = -number if m["down"] and number else number
        comparator = Comparator.EXACT
        if m["bound"]:
            at_least = m["bound"].strip().lower() in ("at least", "no less than", "a minimum of")
            comparator = Comparator.AT_LEAST if at_least == (change >= 0) else Comparator.AT_MOST
        return Quantity(
            form=ValueForm.RELATIVE,
            decimals=_decimals(number),
            unit="" if share else unit,
            comparator=comparator,
            relative_change=change.scaleb(-2) if share else None,
            absolute_change=None if share else change,
            relative_to=m["reference"] or "",
        )
    return None


def _level(text: str) -> Quantity | None:
    """Read maintain previous year, above baseline, increase on 2015/16: a change of nothing, and on which side."""
    if m := _MORE_THAN_LEVEL.fullmatch(text):
        comparator = Comparator.LESS_THAN if m["down"] else Comparator.MORE_THAN
        keep = False
    elif m := _LEVEL.fullmatch(text):
        comparator, keep = _comparator(m), bool(m["keep"]) and m["keep"].lower() == "maintain"
        if comparator is Comparator.EXACT and not m["keep"]:
            return None
    else:
        return None
    return Quantity(
        form=ValueForm.RELATIVE,
        relative_change=Decimal(0),
        relative_to=m["reference"],
        comparator=comparator,
        maintenance=keep,
    )


def _range(text: str) -> Quantity | None:
    m = _RANGE.fullmatch(text)
    if m is None or (high := _value(m)) is None or (unit := _unit(m)) is None:
        return None
    low = Decimal(m["low"].replace(",", ""))
    if m["low_currency"] not in (None, m["currency"]) or (m["low_unit"] and unit != "%"):
        return None
    if m["word_scale"] or m["letter_scale"] or low >= high:  # in $1 to 2 million nothing says what 1 is
        return None
    decimals = max(_decimals(low), _decimals(high))
    return Quantity(form=ValueForm.RANGE, minimum=low, maximum=high, decimals=decimals, unit=unit)


def _ratio(text: str) -> Quantity | None:
    m = _RATIO.fullmatch(text)
    if m is None or _NOT_A_UNIT.search(m["unit"] or ""):
        return None
    part, whole = (Decimal(m[name].replace(",", "")) for name in ("part", "whole"))
    if part % 1 or whole % 1 or not part <= whole or not whole:
        return None
    return Quantity(form=ValueForm.RATIO, numerator=part, denominator=whole, unit=m["unit"] or "")


def _words(text: str) -> Quantity | None:
    if not any(c.isalpha() for c in text) or _LACKS_ITS_NUMBER.fullmatch(text):
        return None
    intent = None
    if _MAINTAIN_OR_INCREASE.search(text):
        intent = Intent.MAINTAIN_OR_INCREASE
    elif _KEEPS.search(text):
        intent = None if _CHANGES_TOO.search(text) else Intent.MAINTAIN
    elif _IMPROVES.search(text) and not _NEGATED.search(text):
        intent = Intent.IMPROVE
    return Quantity(form=ValueForm.QUALITATIVE, maintenance=intent is Intent.MAINTAIN, intent=intent)


def _value(m: re.Match[str]) -> Decimal | None:
    """Return the number meant, its digits as printed: $10.1M is 10100000. None past eighteen digits."""
    digits = m["number"].replace(",", "")
    letter = m["letter_scale"] or ""
    scale = _SCALES.get((m["word_scale"] or letter).lower(), 0)
    if letter.lower() in ("m", "b", "tn") and not (m["currency"] or letter == "M"):  # 5m may be metres
        return None
    if len(digits) + scale > _MOST_DIGITS:
        return None
    value = Decimal(digits)
    sign, figures, exponent = value.as_tuple()
    if scale:
        value = Decimal((sign, figures, int(exponent) + scale))
        value = Decimal(int(value)) if int(exponent) + scale > 0 else value
    return -value if m.groupdict().get("sign") == "-" and value else value


def _unit(m: re.Match[str]) -> str | None:
    """Return the unit printed, the currency sign or the words after the number; None if there are two or it is none."""
    currency, unit = m["currency"] or "", m["unit"] or ""
    if (currency and unit) or _NOT_A_UNIT.search(unit):
        return None
    return currency or ("%" if unit.lower() in ("per cent", "percent") else unit)


def _decimals(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))
