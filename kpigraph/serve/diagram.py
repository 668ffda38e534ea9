"""The classes of the ontology in one picture, laid out by hand.

Every arrow is a fact: subclasses are those of the ontology, the others occur in ontology/examples, which the tests see
to. To add a class: a place in `_PLACES`, and its arrows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kpigraph.serve.describe import Text

_WIDTH, _HEIGHT = 156, 46
_LEFT = (34, 246, 458, 676, 900)
_TOP, _STEP = 12, 84

# By class: column and row.
_PLACES = {
    "Municipality": (0, 0), "Strategy": (1, 0), "Edition": (2, 0), "SourceFile": (3, 0), "SourceRow": (4, 0),
    "SelfAssessment": (1, 1), "Conflict": (2, 1), "PrintedReading": (4, 1),
    "PlanElement": (0, 2), "Placement": (1, 2), "Statement": (3, 2), "Correction": (4, 2),
    "Goal": (0, 3), "Unit": (4, 3),
    "BasicDirection": (0, 4), "Listing": (1, 4), "Indicator": (2, 4), "Baseline": (3, 4), "Period": (4, 4),
    "Measure": (0, 5), "SharedIndicator": (2, 5), "Actual": (3, 5), "Assessment": (4, 5),
    "Mapping": (2, 6), "Target": (3, 6), "ResolvedTarget": (4, 6),
    "DerivationRun": (4, 7),
}  # fmt: skip

_T, _B, _L, _R = (0.5, 0.0), (0.5, 1.0), (0.0, 0.5), (1.0, 0.5)

# From, property, to, and where the arrow leaves and arrives, in shares of the boxes.
ARROWS: tuple[tuple[str, str, str, tuple[float, float], tuple[float, float]], ...] = (
    ("Strategy", "dct:publisher", "Municipality", _L, _R),
    ("Edition", "dct:isVersionOf", "Strategy", _L, _R),
    ("SourceFile", "dct:isPartOf", "Edition", _L, _R),
    ("SourceRow", "oa:hasSource", "SourceFile", _L, _R),
    ("PlanElement", "kpi:municipality", "Municipality", _T, _B),
    ("Placement", "kpi:places", "PlanElement", _L, _R),
    ("Placement", "kpi:edition", "Edition", (0.7, 0.0), (0.2, 1.0)),
    ("Goal", "kpi:hasDirection", "BasicDirection", _B, _T),
    ("BasicDirection", "kpi:hasMeasure", "Measure", _B, _T),
    ("Listing", "kpi:placement", "Placement", _T, _B),
    ("Listing", "kpi:indicator", "Indicator", _R, _L),
    ("Listing", "kpi:underMeasure", "Measure", (0.2, 1.0), (1.0, 0.4)),
    ("Indicator", "kpi:realizes", "SharedIndicator", _B, _T),
    ("Mapping", "owl:annotatedTarget", "SharedIndicator", _T, _B),
    ("Statement", "kpi:indicator", "Indicator", (0.0, 0.75), (0.6, 0.0)),
    ("Statement", "kpi:edition", "Edition", (0.15, 0.0), (0.8, 1.0)),
    ("Conflict", "kpi:conflicting", "Statement", (1.0, 0.7), (0.0, 0.25)),
    ("Statement", "prov:wasDerivedFrom", "SourceRow", (0.6, 0.0), (0.1, 1.0)),
    ("Statement", "prov:wasRevisionOf", "PrintedReading", (1.0, 0.1), (0.0, 0.7)),
    ("Correction", "kpi:corrects", "Statement", _L, _R),
    ("Statement", "kpi:unit", "Unit", (1.0, 0.9), (0.0, 0.3)),
    ("Statement", "sd:refPeriod", "Period", (0.8, 1.0), (0.0, 0.3)),
    ("Assessment", "kpi:ofBaseline", "Baseline", (0.0, 0.2), (1.0, 0.7)),
    ("Assessment", "kpi:ofActual", "Actual", _L, _R),
    ("Assessment", "kpi:ofTarget", "Target", (0.0, 0.85), (1.0, 0.25)),
    ("ResolvedTarget", "kpi:resolves", "Target", (0.0, 0.7), (1.0, 0.7)),
    ("ResolvedTarget", "prov:wasGeneratedBy", "DerivationRun", _B, _T),
)

# Classes below one class: the line that joins them runs down at `x`, from the point of the class above.
_BELOW = (
    ("PlanElement", ("Goal", "BasicDirection", "Measure"), (0.0, 0.5), 12),
    ("Statement", ("Baseline", "Actual", "Target"), (0.35, 1.0), 652),
)


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    label: Text
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Arrow:
    path: str
    label: str
    x: float
    y: float


def draw(label: Callable[[str], Text]) -> dict[str, Any]:
    """Return the picture for the template; `label` gives what to call a class."""
    boxes = [Box(n, label(n), *_corner(n)) for n in _PLACES]
    arrows = []
    for start, prop, end, leaves, arrives in ARROWS:
        (x1, y1), (x2, y2) = _point(start, leaves), _point(end, arrives)
        arrows.append(Arrow(f"M{x1} {y1}L{x2} {y2}", prop, round((x1 + x2) / 2, 1), round((y1 + y2) / 2, 1)))
    return {
        "width": _LEFT[-1] + _WIDTH + 12,
        "height": _TOP * 2 + _STEP * 7 + _HEIGHT,
        "box_width": _WIDTH,
        "box_height": _HEIGHT,
        "boxes": boxes,
        "arrows": arrows,
        "below": [_subclass(*way) for way in _BELOW],
        "facts": [(start, prop, end) for start, prop, end, _, _ in ARROWS],
        "subclasses": [(sub, above) for above, subs, _, _ in _BELOW for sub in subs],
    }


def _corner(cls: str) -> tuple[int, int]:
    column, row = _PLACES[cls]
    return _LEFT[column], _TOP + row * _STEP


def _point(cls: str, share: tuple[float, float]) -> tuple[float, float]:
    x, y = _corner(cls)
    return round(x + share[0] * _WIDTH, 1), round(y + share[1] * _HEIGHT, 1)


def _subclass(above: str, subs: tuple[str, ...], leaves: tuple[float, float], x: int) -> str:
    """Return the way from the lowest class up to the one above, with a branch to each of the others."""
    top_x, top_y = _point(above, leaves)
    ends = [_point(sub, _L) for sub in subs]
    turn = f"V{top_y}H{top_x}" if leaves[0] == 0 else f"V{top_y + 30}H{top_x}V{top_y}"
    return "".join(f"M{px} {py}H{x}" for px, py in ends[:-1]) + f"M{ends[-1][0]} {ends[-1][1]}H{x}{turn}"
