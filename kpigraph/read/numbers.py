"""What a spreadsheet shows for a stored number: 0.25 as 25%, 42461 as 2016/4/1, by its number format.

Source: ECMA-376 Part 1, 18.8.30 and 18.8.31 (numFmt), and the Japanese built-in formats listed there. General is shown
with up to 15 significant digits, as many as are stored; a narrow column would show fewer. Colours, padding and repeated
fill characters are no text and are left out. A format that cannot be followed shows the number as General does.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

_ERA = 'ggge"年"m"月"d"日"'
_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"¥"#,##0;"¥"-#,##0', 6: '"¥"#,##0;"¥"-#,##0',
    7: '"¥"#,##0.00;"¥"-#,##0.00', 8: '"¥"#,##0.00;"¥"-#,##0.00', 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm", 27: "ge.m.d", 28: _ERA, 29: _ERA, 30: "m/d/yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"時"mm"分"', 33: 'h"時"mm"分"ss"秒"', 34: 'yyyy"年"m"月"', 35: 'm"月"d"日"',
    36: "ge.m.d", 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    41: "#,##0;-#,##0;-", 42: '"¥"#,##0;"¥"-#,##0;"¥"-', 43: "#,##0.00;-#,##0.00;-",
    44: '"¥"#,##0.00;"¥"-#,##0.00;"¥"-', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
    50: "ge.m.d", 51: _ERA, 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: _ERA, 55: 'yyyy"年"m"月"', 56: 'm"月"d"日"',
    57: "ge.m.d", 58: _ERA,
}  # fmt: skip
_TOKEN = re.compile(
    r"""(?P<literal>"[^"]*"|\\.|!.)|(?P<pad>[_*].)|(?P<elapsed>\[(?:h+|m+|s+)\])|(?P<currency>\[\$(?P<sign>[^\]-]*)[^\]]*\])
    |(?P<condition>\[(?P<op>[<>=]{1,2})(?P<than>-?[0-9.]+)\])|(?P<colour>\[[^\]]*\])|(?P<half>AM/PM|A/P|am/pm|a/p)
    |(?P<general>General|G/標準)|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|g+|e+|a{3,4}|Y+|M+|D+|H+|S+|G+|r+|b+)|(?P<scientific>E[+-])|(?P<digit>[0#?.,]+)|(?P<text>@)|(?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)
_ERAS = (  # first day, and the names for g, gg, ggg
    (datetime(2019, 5, 1), "R", "令", "令和"),
    (datetime(1989, 1, 8), "H", "平", "平成"),
    (datetime(1926, 12, 25), "S", "昭", "昭和"),
    (datetime(1912, 7, 30), "T", "大", "大正"),
    (datetime(1868, 1, 25), "M", "明", "明治"),
)
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MAX_SERIAL = 2_958_465  # 31 December 9999
_COMPARE = {
    "<": Decimal.__lt__, "<=": Decimal.__le__, ">": Decimal.__gt__, ">=": Decimal.__ge__, "=": Decimal.__eq__,
    "<>": Decimal.__ne__,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Section:
    """One of the up to four parts of a format, as pairs of kind and text."""

    tokens: tuple[tuple[str, str], ...]
    condition: tuple[str, Decimal] | None

    def has(self, kind: str) -> bool:
        return any(k == kind for k, _ in self.tokens)


def built_in(number: int) -> str:
    """Return the format code of a built-in number format, "" (General) if there is none."""
    return _BUILT_IN.get(number, "")


def shown(value: float, code: str, *, since_1904: bool = False) -> str:
    """Return what a cell with the number `value` and the format `code` shows."""
    if not code or code == "General":
        return general(value)
    try:
        return _shown(value, code, since_1904=since_1904)
    except (ValueError, ArithmeticError, IndexError):
        return general(value)


def shown_text(text: str, code: str) -> str:
    """Return what a cell with the text `text` and the format `code` shows: its fourth section may add to it."""
    if not code or "@" not in code or code == "@":
        return text
    parts = _sections(code)
    section = parts[3] if len(parts) > 3 else parts[-1] if parts[-1].has("text") else None
    if section is None:
        return text
    return "".join(text if kind == "text" else part for kind, part in section.tokens)


def general(value: float) -> str:
    """Return `value` with up to 15 significant digits and no needless zeros."""
    short = format(value, ".15g")
    if "e" not in short:
        return short
    number = Decimal(short)
    return format(number, "f") if abs(number.adjusted()) <= 20 else short.upper()


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[_Section, ...]:
    sections: list[_Section] = []
    tokens: list[tuple[str, str]] = []
    condition: tuple[str, Decimal] | None = None
    for m in _TOKEN.finditer(code):
        kind, text = m.lastgroup or "plain", m[0]
        if m["currency"]:
            kind, text = "literal", m["sign"]
        elif m["condition"]:
            condition = (m["op"], Decimal(m["than"]))
            continue
        elif m["literal"]:
            kind, text = "literal", text[1:-1] if text[0] == '"' else text[1:]
        elif kind in ("pad", "colour"):
            continue
        elif kind == "plain" and text == ";":
            sections.append(_Section(tuple(tokens), condition))
            tokens, condition = [], None
            continue
        tokens.append((kind, text))
    return (*sections, _Section(tuple(tokens), condition))


def _shown(value: float, code: str, *, since_1904: bool) -> str:
    sections = _sections(code)
    number = Decimal(repr(value))
    section, own_sign = _choose(sections, number)
    if section.has("date") or section.has("elapsed"):
        return _date(value, section, since_1904=since_1904)
    if section.has("general"):
        text = general(abs(value) if own_sign else value)
        return "".join(text if kind == "general" else part for kind, part in section.tokens)
    if not section.has("digit"):
        if section.has("text"):
            return "".join(general(value) if kind == "text" else part for kind, part in section.tokens)
        return "".join(part for _, part in section.tokens)
    text = _number(abs(number), section)
    return f"-{text}" if number < 0 and not own_sign and re.search("[1-9]", text) else text


def _choose(sections: tuple[_Section, ...], number: Decimal) -> tuple[_Section, bool]:
    """Return the section for `number`, and whether it shows the sign of a negative number itself."""
    numeric = sections[:3]
    if any(s.condition for s in numeric):
        for section in numeric:
            if section.condition is None or _COMPARE[section.condition[0]](number, section.condition[1]):
                return section, section.condition is not None and len(numeric) > 1 and number < 0
        return numeric[-1], False
    if number < 0 and len(numeric) > 1:
        return numeric[1], True
    if number == 0 and len(numeric) > 2:
        return numeric[2], False
    return numeric[0], False


def _number(number: Decimal, section: _Section) -> str:
    tokens = section.tokens
    number *= Decimal(100) ** sum(text.count("%") for kind, text in tokens if kind == "plain")
    if any(kind == "plain" and text == "/" for kind, text in tokens):
        return _fraction(number, tokens)
    digits = "".join(text for kind, text in tokens if kind == "digit")
    scientific = next((n for n, (kind, _) in enumerate(tokens) if kind == "scientific"), None)
    if scientific is not None:
        digits = "".join(text for kind, text in tokens[:scientific] if kind == "digit")
    whole, point, decimals = digits.partition(".")
    scaled = len(digits) - len(digits.rstrip(","))
    number /= Decimal(1000) ** scaled
    whole, decimals = whole.rstrip(",") if not point else whole, decimals.rstrip(",")
    exponent = 0
    if scientific is not None and number:
        exponent = number.adjusted()
        number = number.scaleb(-exponent)
    rounded = number.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    left, _, right = f"{rounded:f}".partition(".")
    for place in reversed(decimals):
        if place == "0" or not right.endswith("0"):
            break
        right = right[:-1]
    left = left.lstrip("0").rjust(whole.replace(",", "").count("0"), "0")
    if "," in whole:
        left = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", left)
    text = left + ("." if point else "") + right
    out, written = [], False
    for kind, part in tokens:
        if kind == "digit":
            if not written:
                out.append(text)
            written = True
        elif kind == "scientific":
            width = "".join(t for k, t in tokens[scientific or 0 :] if k == "digit").count("0")
            sign = "-" if exponent < 0 else "+" if part == "E+" else ""
            out.append(f"E{sign}{abs(exponent):0{width}d}")
        else:
            out.append(part)
    return "".join(out)


def _fraction(number: Decimal, tokens: tuple[tuple[str, str], ...]) -> str:
    slash = tokens.index(("plain", "/"))
    below = tokens[slash + 1][1]
    whole = any(kind == "digit" for kind, _ in tokens[: max(slash - 1, 0)])
    exact = Fraction(number)
    near = exact.limit_denominator(10 ** min(len(below), 4) - 1)
    if not whole:
        return f"{near.numerator}/{near.denominator}"
    units, rest = divmod(near.numerator, near.denominator)
    if not rest:
        return str(units)
    return f"{units} {rest}/{near.denominator}" if units else f"{rest}/{near.denominator}"


def _date(value: float, section: _Section, *, since_1904: bool) -> str:
    if not 0 <= value <= _MAX_SERIAL:
        raise ValueError(value)
    day = value + 1462 if since_1904 else value + 1 if value < 60 else value  # Excel counts a 29 February 1900
    exact = datetime(1899, 12, 30) + timedelta(days=day)
    fine = any("." in text for kind, text in section.tokens if kind == "date" and text[0] in "sS")
    moment = exact if fine else (exact + timedelta(microseconds=500_000)).replace(microsecond=0)
    half = section.has("half")
    out: list[str] = []
    tokens = [(k, t.lower() if k == "date" else t) for k, t in section.tokens]
    for n, (kind, text) in enumerate(tokens):
        if kind == "date":
            out.append(_date_part(moment, text, half=half, minutes=_is_minutes(tokens, n), era="g" in _units(tokens)))
        elif kind == "elapsed":
            seconds = round(value * 86_400)
            per = {"h": 3600, "m": 60, "s": 1}[text[1].lower()]
            out.append(str(seconds // per).rjust(len(text) - 2, "0"))
        elif kind == "half":
            names = text.split("/")
            out.append(names[moment.hour >= 12])
        else:
            out.append(part if (part := text) != "\\" else "")
    return "".join(out)


def _units(tokens: list[tuple[str, str]]) -> set[str]:
    return {text[0] for kind, text in tokens if kind == "date"}


def _is_minutes(tokens: list[tuple[str, str]], n: int) -> bool:
    """Tell whether the m at `n` stands for minutes: the time unit before it is hours, or the one after it seconds."""
    before = [t[1] if k == "elapsed" else t[0] for k, t in tokens[:n] if k in ("date", "elapsed")]
    after = [t[0] for k, t in tokens[n + 1 :] if k == "date"]
    return (bool(before) and before[-1] == "h") or (bool(after) and after[0] == "s")


def _date_part(moment: datetime, text: str, *, half: bool, minutes: bool, era: bool) -> str:
    unit, width = text[0], len(text)
    if unit == "y":
        return f"{moment.year:04d}" if width > 2 else f"{moment.year % 100:02d}"
    if unit in "ger":
        first, *names = next((e for e in _ERAS if moment >= e[0]), _ERAS[-1])
        if unit == "g":
            return names[min(width, 3) - 1]
        year = moment.year - first.year + 1
        return f"{year:0{width}d}" if unit == "e" else f"{names[2]}{year}"
    if unit == "m" and not minutes:
        name = _MONTHS[moment.month - 1]
        return {1: str(moment.month), 2: f"{moment.month:02d}", 3: name[:3], 4: name}.get(width, name[0])
    if unit == "d":
        name = _DAYS[moment.weekday()]
        return {1: str(moment.day), 2: f"{moment.day:02d}", 3: name[:3]}.get(width, name)
    if unit == "a":
        return "月火水木金土日"[moment.weekday()] + ("曜日" if width == 4 else "")
    if unit == "b":
        return str(moment.year + 543)
    if unit == "s":
        whole, _, fraction = text.partition(".")
        rest = f".{moment.microsecond:06d}"[: len(fraction) + 1] if fraction else ""
        return f"{moment.second:0{len(whole)}d}{rest}"
    number = moment.minute if unit == "m" else (moment.hour % 12 or 12) if half else moment.hour
    return f"{number:0{min(width, 2)}d}"
