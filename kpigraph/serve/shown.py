"""A text of others as it may stand on a page, in a picture or in a feed: what is published stays as it was printed.

Templates pass every value through `shown` before it is escaped.
"""

import re

from markupsafe import Markup

from kpigraph.serve.describe import Text

# What neither HTML nor XML can hold: controls but tab and line ends, halves of surrogate pairs, two non-characters.
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OPENS = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")


def shown(value: object) -> object:
    """Return a text with a mark for each character that cannot stand on a page, turning nothing beyond its own end.

    What makes letters run the other way (Unicode Standard Annex 9) is closed where the text ends, and dropped where it
    would close what the text has not opened. Markup, numbers and what else is no text are returned as they are.
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, Text):
        value = value.text
    if not isinstance(value, str) or value.isprintable():  # no control, mark of direction or half of a pair is
        return value
    text = _NEVER.sub("\ufffd", value)
    return _closed(text) if _TURNING.search(text) else text


def _closed(text: str) -> str:
    open_ones: list[str] = []
    kept = []
    for letter in text:
        if letter in _OPENS:
            open_ones.append(_OPENS[letter])
        elif letter in _OPENS.values():
            if letter not in open_ones:
                continue
            while (closed := open_ones.pop()) != letter:
                kept.append(closed)
        kept.append(letter)
    return "".join(kept + open_ones[::-1])
