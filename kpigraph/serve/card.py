"""The picture of an indicator, 1200 by 630 as PNG: its chart under its name, or its values in words.

SVG does not break lines, so texts are measured here, roughly: a Japanese letter is as wide as high.
"""

import re
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode

from kpigraph.serve import chart, citations, sentences
from kpigraph.serve.site import Page, Site
from kpigraph.serve.texts import texts

WIDTH, _SIDE = 800, 32
_LINE = 32  # from one line of the name to the next
_ROOM = WIDTH - 2 * _SIDE
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the key: what is drawn (a role, pace or band), what it means, and where it begins."""

    what: str
    words: str
    x: float


def page(site: Site, s: NamedNode) -> Page:
    """Return what card.svg is to show of the indicator `s`."""
    view, t = site.view, texts(site.lang)
    figures, judgement = site.shelf.figures(s), site.shelf.judgement(s)
    title = lines(str(site.label(s)), 27, _ROOM, 2)
    canvas = replace(chart.ON_CARD, height=chart.ON_CARD.height - _LINE * (len(title) - 1))
    drawn = chart.draw(figures, canvas)
    sources = citations.sources(site, [n for f in figures for n in f.lines])
    words = sentences.told(figures, site.lang)
    municipality = view.thing(s, "kpi:municipality")
    unit = next((f.unit for f in reversed(figures) if f.unit), None)
    over = [t["indicator"], f"{t['unit']}: {unit}" if unit else ""]
    over.insert(0, "" if municipality is None else str(site.label(municipality)))
    left_out = [f"{t['role_' + x.figure.role]} {x.figure.printed}" for x in drawn.left_out] if drawn else []
    release, day = citations.released(site)
    version = f"kpigraph {release} {day}".strip()
    document = next((str(source.title) for source in sources), "")
    return Page(
        template="card.svg",
        title=site.label(s),
        context={
            "over": lines(" · ".join(part for part in over if part), 17, _ROOM - 200, 1)[0],
            "lines": title,
            "status": judgement.label,
            "state": judgement.status,
            "status_width": round(width(judgement.label, 18) + 30),
            "chart": drawn,
            "words": " ".join(words),
            "said": [line for sentence in words for line in lines(sentence, 19, _ROOM, 2)][:9],
            "keys": _keys(drawn, t),
            "left_out": lines(f"{t['left_out']}: {' / '.join(left_out)}", 14, _ROOM, 1)[0] if left_out else "",
            "foot": lines(document, 14, _ROOM - width(version, 14) - 20, 1)[0],
            "version": version,
        },
    )


def clean(svg: bytes) -> bytes:
    """Return a rendered card without the control characters that XML has no way to write."""
    return _NOT_XML.sub("\ufffd", svg.decode()).encode()


def lines(text: str, font: float, room: float, most: int) -> list[str]:
    """Return `text` in at most `most` lines of `room` units, cut with an ellipsis where it is longer."""
    found = [""]
    for word in re.findall(r"[!-\u2e7f]+|.", text, re.DOTALL):
        for part in [word] if width(word, font) <= room else word:
            if width(found[-1] + part, font) > room:
                found.append("")
            found[-1] += part
        if len(found) > most:
            break
    if len(found) <= most:
        return [line.strip() for line in found]
    last = found[most - 1]
    while last and width(last + "…", font) > room:
        last = last[:-1]
    return [line.strip() for line in [*found[: most - 1], last + "…"]]


def width(text: str, font: float) -> float:
    """Return about how wide `text` is in a font of `font` units."""
    return 2 * chart.half_width(text, font)


def _keys(drawn: chart.Chart | None, t: dict[str, str]) -> list[Key]:
    if drawn is None:
        return []
    found: list[tuple[str, str]] = [(role, t[f"role_{role}"]) for role in drawn.roles]
    if drawn.pace:
        found.append(("pace", t["chart_pace"]))
    if drawn.band:
        kept = "chart_band_kept" if drawn.band.maintained else f"chart_band_{drawn.band.kind}"
        found.append(("band", t[kept]))
    keys, x = [], float(_SIDE)
    for what, words in found:
        keys.append(Key(what, words, round(x, 1)))
        x += width(words, 14) + 52
    return keys
