"""Values in Japanese: 117,779 · 25%増(対H25年比) · 4万人以上の維持 · 約1,200人 · △5.2 · 100〜120 · 3/5 · 前年度以上.

A cell with a digit is read as a whole or not at all; a cell without one is words.
"""

import re
import unicodedata
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from kpigraph.model import Comparator, Intent, Quantity, ValueForm
from kpigraph.text import has_doubtful_digits, normalise

EXPECTED = "1,234, 25%増(対H25年比), 4万人以上の維持, 70%以上, 約1,200人, △5.2, 100〜120人, 3/5, 前年度以上, -"

_LONGEST = 80  # no sensible cell with a number is longer
_MOST_DIGITS = 18  # XML Schema Part 2 (2004), 3.2.3: every processor of xsd:decimal takes eighteen

# Numbers: 1,234.50 and 1億2,000万. Thousands are parted throughout or not at all; a number does not begin with 0.
# 1、234 is one number; 100、120 may be two and is none.
_DIGITS = (
    r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:、[0-9]{3})+|[1-9][0-9]*|0)"
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
_BARE = Quantity(form=ValueForm.ABSOLUTE)
_FROM_TO = re.compile(
    r"(?P<low>[^~]+?)(?:~|以上、?(?=.+(?:以下|以内)$))(?P<high>[^~]+?)(?:以下|以内)?(?P<roughly>程度|前後)?"
)
_WHOLE = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*|0"
_RATIO = re.compile(
    rf"(?P<part>(?!(?:19|20)[0-9]{{2}}/){_WHOLE}){_UNIT.replace('<unit>', '<part_unit>')}/(?P<whole>{_WHOLE}){_UNIT}"
)
_OUT_OF = re.compile(
    rf"全?(?P<whole>{_WHOLE}){_UNIT}(?:中|のうち)、?(?P<part>{_WHOLE}){_UNIT.replace('<unit>', '<part_unit>')}"
)
_LEVEL = re.compile(
    rf"(?P<reference>{_REFERENCE})(?:の?(?:実績値?|値|水準|数値|件数|人数))?"
    rf"(?P<same>と?同(?:程度|数|水準|額|率|値)|並み?)?{_BOUND}(?:対?比で?|より|から)?"
    rf"(?:の?(?P<change>{'|'.join(sorted(_MORE + _LESS, key=len, reverse=True))})(?:する|させる)?)?"
    r"(?P<keep>[のを]?維持)?"
)
_SPLIT_NUMBER = re.compile(r"[0-9.,、] [0-9.,、]|[+-] [0-9]")

# Words without a number.
_NO_VALUE = re.compile(
    r"\(?[-ー]+\(?(?:%|人|名|件|校|回|園|戸|台|円|本|世帯|団体|施設|社|[百千万億]*(?:円|人)|箇所|か所|t|ha)\)?"
)
_LACKS_ITS_NUMBER = re.compile(
    r"(?:約|およそ|おおよそ|おおむね|概ね|程度|前後|以上|以下|以内|未満|超え?る?|[のを増減]|ポイント|パーセント|[%‰])+"
)
_KANJI_NUMBER = re.compile(
    r"(?P<about>約|およそ)?(?P<number>[〇一二三四五六七八九十百千万億兆]+)"
    r"(?P<rest>(?:人|名|件|校|回|園|戸|台|円|本|年|割|倍|%|パーセント|箇所|か所|事業|団体|世帯|施設|社|店|地区|組)?"
    r"(?:以上|以下|以内|未満|程度|増|減)?)"
)
_KANJI_DIGITS = "〇一二三四五六七八九"
_KANJI_BY_DIGIT = re.compile(f"[{_KANJI_DIGITS[1:]}][{_KANJI_DIGITS}]+")
_BELOW_MYRIAD = (
    f"(?:[{_KANJI_DIGITS[1:]}]?千)?(?:[{_KANJI_DIGITS[1:]}]?百)?(?:[{_KANJI_DIGITS[1:]}]?十)?[{_KANJI_DIGITS[1:]}]?"
)
_KANJI_BY_POWER = re.compile("".join(rf"(?:((?=[^{p}]){_BELOW_MYRIAD}){p})?" for p in "兆億万") + rf"({_BELOW_MYRIAD})")
_NEGATED = re.compile(r"ない|なし|せず|困難|不可")
_OR = r"(?:又は|または|若しくは|もしくは|か|・|/|~)"
_GROWS = r"(?:増加?|向上|拡大|上昇|改善)"
_MAINTAIN_OR_INCREASE = re.compile(rf"維持{_OR}{_GROWS}|{_GROWS}{_OR}維持|維持以上")
_CHANGES = re.compile(r"増|減|高め|低め|向上|改善|拡大|縮小|上昇|低下|強化|充実|廃止")
_IMPROVES = re.compile(r"高め|向上|改善")


@lru_cache(maxsize=1 << 13)
def read_quantity(text: str) -> Quantity | None:
    """Return what `text` says of a value, None if this grammar does not cover it."""
    folded = normalise(text)
    closed = folded.replace(" ", "")
    if closed[:1] in ("-", "ー", "(") and _NO_VALUE.fullmatch(closed):  # －人
        return Quantity(form=ValueForm.MISSING)
    if not any(unicodedata.category(c).startswith("N") for c in closed):
        return _level(closed) or _in_kanji(closed) or _words(closed)
    if in_kanji := _in_kanji(closed):  # 一二〇件: 〇 counts as a number, the other digits as letters
        return in_kanji
    if len(closed) > _LONGEST or has_doubtful_digits(text) or _SPLIT_NUMBER.search(folded):
        return None
    return _absolute(closed) or _relative(closed) or _range(closed) or _ratio(closed) or _level(closed)


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
        scaled=_scaled(m),
    )


def _scaled(m: re.Match[str]) -> tuple[Decimal, str] | None:
    """Return 265 and 万円 of 265万円, None where no single 万 or the like stands between number and unit."""
    if not m["unit"] or m["number"][-1] not in _POWERS:
        return None
    parts = list(_SEGMENT.finditer(m["number"]))
    if len(parts) != 1:
        return None
    number = Decimal(re.sub("[,、]", "", parts[0]["digits"]))
    return -number if m["sign"] and m["sign"] != "+" and number else number, parts[0]["power"] + m["unit"]


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


def _range(text: str) -> Quantity | None:
    """Read 100〜120人 and 70%以上100%以下: two plain numbers, the first below the second, of one unit.

    In 3〜5万人 nothing says whether 3 is 3 or 3万, so it is left unread.
    """
    m = _FROM_TO.fullmatch(text)
    if m is None:
        return None
    low, high = _absolute(m["low"]), _absolute(m["high"])
    if low is None or high is None or low.value is None or high.value is None or low.unit not in ("", high.unit):
        return None
    if high != replace(_BARE, value=high.value, decimals=high.decimals, unit=high.unit) or low.value >= high.value:
        return None
    if replace(low, estimated=False) != replace(_BARE, value=low.value, decimals=low.decimals, unit=low.unit):
        return None
    if not low.unit and re.search(_POWER, m["high"]) and not re.search(_POWER, m["low"]):
        return None
    decimals = max(low.decimals, high.decimals)
    return Quantity(
        form=ValueForm.RANGE,
        minimum=low.value,
        maximum=high.value,
        decimals=decimals,
        unit=high.unit,
        estimated=low.estimated or bool(m["roughly"]),
    )


def _ratio(text: str) -> Quantity | None:
    """Read 3/5, 3/5校, 5校中3校: so many of so many, which is neither a date nor 0.6."""
    m = _RATIO.fullmatch(text) or _OUT_OF.fullmatch(text)
    if m is None or m["unit"] != (m["part_unit"] or m["unit"]) or _NOT_A_UNIT.search(m["unit"]):
        return None
    part, whole = (Decimal(m[name].replace(",", "")) for name in ("part", "whole"))
    if not part <= whole or not whole or len(m["whole"]) > _MOST_DIGITS:
        return None
    return Quantity(form=ValueForm.RATIO, numerator=part, denominator=whole, unit=m["unit"])


def _level(text: str) -> Quantity | None:
    """Read 前年度以上, 基準値を上回る, 前年並み, 前年度より増加: a change of nothing, and on which side of it."""
    m = _LEVEL.fullmatch(text)
    if m is None or not (m["bound"] or m["same"] or m["change"]):
        return None
    comparator = Comparator.EXACT
    if m["bound"]:
        comparator = _COMPARATORS[m["bound"]]
    elif m["change"]:
        comparator = Comparator.LESS_THAN if m["change"] in _LESS else Comparator.MORE_THAN
    return Quantity(
        form=ValueForm.RELATIVE,
        relative_change=Decimal(0),
        relative_to=m["reference"],
        comparator=comparator,
        maintenance=bool(m["keep"]),
        estimated=m["same"] is not None and m["same"].startswith(("並", "同程度")),
    )


def _in_kanji(text: str) -> Quantity | None:
    """Read 三千人 and 百二十: a well-formed number with one of the units that are counted; 十 and 千人 may be units."""
    m = _KANJI_NUMBER.fullmatch(text)
    if m is None or (number := kanji_value(m["number"])) is None:
        return None
    closed = f"{m['about'] or ''}{number}{m['rest']}"
    return _absolute(closed) or _relative(closed)


def kanji_value(text: str) -> int | None:
    """Return the number that 千二百三十四万, or 一二〇 digit by digit, is; None if it is not well-formed."""
    if "〇" in text:
        return int("".join(str(_KANJI_DIGITS.index(c)) for c in text)) if _KANJI_BY_DIGIT.fullmatch(text) else None
    if not any(c in _KANJI_DIGITS for c in text) or (m := _KANJI_BY_POWER.fullmatch(text)) is None:
        return None
    total = 0
    for power, part in zip((12, 8, 4, 0), m.groups(), strict=True):
        if part is not None:
            total += _below_myriad(part) * 10**power
    return total


def _below_myriad(text: str) -> int:
    total = 0
    for digit, power in re.findall("([一二三四五六七八九]?)([千百十]?)", text):
        if digit or power:
            total += (_KANJI_DIGITS.index(digit) if digit else 1) * 10 ** _POWERS.get(power, 0)
    return total


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
        digits = part["digits"].replace(",", "").replace("、", "")
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
    if not power:
        return value
    sign, digits, exponent = value.as_tuple()
    shifted = Decimal((sign, digits, int(exponent) + power))
    return Decimal(int(shifted)) if int(exponent) + power > 0 else shifted


def _decimals(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))
