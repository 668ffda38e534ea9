"""Read a value cell: 117,779 · 25%増(対H25年比) · 4万人以上の維持 · 約1,200人 · △5.2 · words only · '-'.

A cell with a digit is read as a whole or not at all; a cell without one is words, or a mark that there is no value.
"""

import re
import unicodedata
from decimal import Decimal

from kpigraph.model import JAPANESE, Comparator, Conventions, Intent, Quantity, ValueForm
from kpigraph.problems import Problem, SourceError, SourceLocation
from kpigraph.text import has_doubtful_digits, is_missing_mark, normalise

EXPECTED = "1,234, 25%増(対H25年比), 4万人以上の維持, 70%以上, 約1,200人, △5.2, -"

_LONGEST = 80  # no sensible cell with a number is longer
_MOST_DIGITS = 18  # XML Schema Part 2 (2004), 3.2.3: every processor of xsd:decimal takes eighteen

# Numbers: 1,234.50 and 1億2,000万. Thousands are parted throughout or not at all; a number does not begin with 0.
_DIGITS = (
    r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]{0,2}(?:、[0-9]{3})+|[1-9][0-9]*|0)"
    r"(?:\.[0-9]+)?"
)
_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "億": 8, "兆": 12}
_POWER = r"(?:[十百千]?[万億兆]|[十百千])"
_NUMBER = rf"(?P<sign>[+△▲-])?(?P<number>(?:{_DIGITS}{_POWER})*{_DIGITS}{_POWER}?)"
_SEGMENT = re.compile(rf"(?P<digits>{_DIGITS})(?P<power>{_POWER}?)")

# Units: 人, %, か所, m2, t-CO2, 件/年. Other hiragana belongs to sentences, 増 and the like to words around a number.
_UNIT = (
    r"(?P<unit>(?![十百千万億兆])"
    r"(?:-?CO2(?![0-9])|m[23](?![0-9])|か(?=[所月国年村])|つ|[^\W\d_ぁ-ゖ増減超比対約]|[%‰/・°]){0,12}?)"
)
_NOT_A_UNIT = re.compile(
    r"以上|以下|以内|未満|維持|縮小|拡大|削減|向上|改善|上昇|低下|低減|上回|下回|アップ|ダウン|程度|前後|およそ|"
    r"達成|実施|完了|目標|目指|予定|見込|実績|速報|現在|時点|平均|累計|合計|年度|年代|"
    r"[中済内外他等強弱末頃目計余]$|^[/・ー]|[/・ー]$|.%|%(?!$|ポイント$)"
)

# Words around a number.
_ABOUT = r"(?P<about>約|およそ|おおよそ|おおむね|概ね)?"
_ROUGHLY = r"(?P<roughly>程度|前後)?"
_COMPARATORS = {
    "以上": Comparator.AT_LEAST,
    "以下": Comparator.AT_MOST,
    "以内": Comparator.AT_MOST,
    "未満": Comparator.LESS_THAN,
    "下回る": Comparator.LESS_THAN,
    "超": Comparator.MORE_THAN,
    "超え": Comparator.MORE_THAN,
    "超える": Comparator.MORE_THAN,
    "上回る": Comparator.MORE_THAN,
}
_BOUND = r"(?:を?(?P<bound>以上|以下|以内|未満|下回る|超える|超え|超|上回る))?"
_MIRRORED = {
    Comparator.EXACT: Comparator.EXACT,
    Comparator.AT_LEAST: Comparator.AT_MOST,
    Comparator.AT_MOST: Comparator.AT_LEAST,
    Comparator.LESS_THAN: Comparator.MORE_THAN,
    Comparator.MORE_THAN: Comparator.LESS_THAN,
}
_MORE = ("増", "増加", "拡大", "向上", "上昇", "アップ")
_LESS = ("減", "減少", "縮小", "削減", "低減", "低下", "ダウン")
_CHANGE = rf"(?:[のを]?(?P<change>{'|'.join(sorted(_MORE + _LESS, key=len, reverse=True))})(?:する|させる)?)?"
_SHARES = {"%": -2, "パーセント": -2, "割": -1}

# References: 対H25年比, H27年度対比, 前年度比. The period in it is kept as text; periods.py reads it.
_ERA_OR_WESTERN = r"(?:(?:令和|平成|昭和|大正|明治|[RHSTMrhstm])\.?(?:元|[0-9]{1,2})|(?:西暦)?[12][0-9]{3})"
_REFERENCE = (
    rf"(?:{_ERA_OR_WESTERN}[0-9年度月日末元./~RHrh令和平成-]*(?:平均|累計)?"
    r"|[0-9]{1,2}年(?:度|[0-9]{1,2}月)?末?"
    r"|前(?:年度?|回|期|月)(?:同(?:月|期))?|昨年度?|基準(?:年度?|値)?|現状値?|現況|当初|計画当初|策定時)"
)
_BEFORE = rf"(?:対?(?P<before>{_REFERENCE})対?比[でに、]?)?"
_AFTER = rf"(?:\(対?(?P<after>{_REFERENCE})対?比\))?"

_ABSOLUTE = re.compile(rf"{_ABOUT}{_NUMBER}{_UNIT}{_ROUGHLY}{_BOUND}(?P<keep>[のを]?維持(?:する)?)?")
_RELATIVE = re.compile(rf"{_BEFORE}{_ABOUT}{_NUMBER}{_UNIT}{_ROUGHLY}{_BOUND}{_CHANGE}{_AFTER}")
_SPLIT_NUMBER = re.compile(r"[0-9.,、] [0-9.,、]|[+-] [0-9]")

# Words without a number.
_LACKS_ITS_NUMBER = re.compile(
    r"(?:約|およそ|おおよそ|おおむね|概ね|程度|前後|以上|以下|以内|未満|超え?る?|[のを増減]|ポイント|パーセント|[%‰])+"
)
_KANJI_NUMBER = re.compile(
    r"(?:約|およそ)?[〇一二三四五六七八九十百千万億兆]+"
    r"(?:人|名|件|校|回|園|戸|台|円|本|年|割|倍|%|パーセント|箇所|か所|事業|団体)?(?:以上|以下|以内|未満|程度|増|減)?"
)
_NEGATED = re.compile(r"ない|なし|せず|困難|不可")
_OR = r"(?:又は|または|若しくは|もしくは|か|・|/|~)"
_GROWS = r"(?:増加?|向上|拡大|上昇|改善)"
_MAINTAIN_OR_INCREASE = re.compile(rf"維持{_OR}{_GROWS}|{_GROWS}{_OR}維持|維持以上")
_CHANGES = re.compile(r"増|減|高め|低め|向上|改善|拡大|縮小|上昇|低下|強化|充実|廃止")
_IMPROVES = re.compile(r"高め|向上|改善")


def parse_quantity(text: str, at: SourceLocation, *, conventions: Conventions = JAPANESE) -> Quantity:
    """Return what a value cell says.

    A change by a share has no `unit`: its percent sign is not the indicator's. Where a decrease has a bound, the
    comparator is that of the outcome: 5%以上減 leaves at most 0.95 of the reference.

    Raises:
        SourceError: quantity.unreadable, for a cell with a digit that is not wholly covered by this grammar, for
            words that ask for a number that is not there (約), and for a cell without a letter or digit.
    """
    if is_missing_mark(text):
        return Quantity(form=ValueForm.MISSING)
    folded = normalise(text)
    closed = folded.replace(" ", "")
    if not any(unicodedata.category(c).startswith("N") for c in closed):
        quantity = _words(closed)
    elif len(closed) > _LONGEST or has_doubtful_digits(text) or _SPLIT_NUMBER.search(folded):
        quantity = None
    else:
        quantity = _absolute(closed) or _relative(closed)
    if quantity is None:
        raise SourceError(Problem("quantity.unreadable", at, found=text, expected=EXPECTED))
    return quantity


def _absolute(text: str) -> Quantity | None:
    m = _ABSOLUTE.fullmatch(text)
    if m is None or _NOT_A_UNIT.search(m["unit"]) or (value := _number(m)) is None:
        return None
    return Quantity(
        form=ValueForm.ABSOLUTE,
        value=value,
        decimals=_decimals(value),
        unit=m["unit"],
        comparator=_COMPARATORS[m["bound"]] if m["bound"] else Comparator.EXACT,
        maintenance=bool(m["keep"]),
        estimated=bool(m["about"] or m["roughly"]),
    )


def _relative(text: str) -> Quantity | None:
    """Read a number with a word of change (増) or, where there is a reference, with a sign: 前年度比+3%.

    前年度比103% and 前年度比3% are left unread: nothing in them says whether they are a ratio or a change.
    """
    m = _RELATIVE.fullmatch(text)
    if m is None or _NOT_A_UNIT.search(m["unit"]) or bool(m["change"]) == bool(m["sign"]):
        return None
    if (m["before"] and m["after"]) or not (m["change"] or m["before"] or m["after"]):
        return None
    if (number := _number(m)) is None:
        return None
    change = -number if m["change"] in _LESS else number
    change = change if number else abs(number)  # no negative zero
    comparator = _COMPARATORS[m["bound"]] if m["bound"] else Comparator.EXACT
    share = _SHARES.get(m["unit"])
    return Quantity(
        form=ValueForm.RELATIVE,
        decimals=_decimals(number),
        unit="" if share else m["unit"],
        comparator=_MIRRORED[comparator] if change < 0 else comparator,
        estimated=bool(m["about"] or m["roughly"]),
        relative_change=_shifted(change, share) if share else None,
        absolute_change=None if share else change,
        relative_to=m["before"] or m["after"] or "",
    )


def _words(text: str) -> Quantity | None:
    """Read a cell without digits: its words, and the intent where they say it without doubt."""
    if not any(c.isalpha() for c in text) or _LACKS_ITS_NUMBER.fullmatch(text) or _KANJI_NUMBER.fullmatch(text):
        return None
    intent = None
    if not _NEGATED.search(text):
        if _MAINTAIN_OR_INCREASE.search(text):
            intent = Intent.MAINTAIN_OR_INCREASE
        elif "維持" in text:
            intent = None if _CHANGES.search(text) else Intent.MAINTAIN
        elif _IMPROVES.search(text):
            intent = Intent.IMPROVE
    return Quantity(form=ValueForm.QUALITATIVE, maintenance=intent is Intent.MAINTAIN, intent=intent)


def _number(m: re.Match[str]) -> Decimal | None:
    """Return the number meant, its digits as printed: 2.30 keeps its 0, 3.5万 is 35000.

    None where 万, 億 … do not descend, where a part reaches into the one before (1万20000), and past _MOST_DIGITS.
    """
    parts = list(_SEGMENT.finditer(m["number"]))
    below, total = None, Decimal(0)
    for part in parts:
        power = sum(_POWERS[letter] for letter in part["power"])
        digits = re.sub("[,、]", "", part["digits"])
        if ("." in digits and part is not parts[-1]) or len(digits) > _MOST_DIGITS:
            return None
        value = _shifted(Decimal(digits), power)
        if below is not None and value >= Decimal(10) ** below:
            return None
        below, total = power, total + value if total else value
    if len(total.as_tuple().digits) > _MOST_DIGITS or total.adjusted() >= _MOST_DIGITS:
        return None
    return -total if m["sign"] and m["sign"] != "+" and total else total


def _shifted(value: Decimal, power: int) -> Decimal:
    """Return `value` times ten to the `power`, no digit lost or added but zeros before the point."""
    sign, digits, exponent = value.as_tuple()
    shifted = Decimal((sign, digits, int(exponent) + power))
    return Decimal(int(shifted)) if int(exponent) + power > 0 else shifted


def _decimals(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))
