"""An indicator in sentences: what its chart shows, for who does not see it, and why its status is what it is."""

from collections.abc import Sequence

from kpigraph.serve.cards import Figure, Judgement
from kpigraph.serve.figures import digits
from kpigraph.serve.texts import texts


def told(figures: Sequence[Figure], lang: str) -> list[str]:
    """Return a sentence for each of `figures` and one for the distance between the latest actual and the target."""
    t = texts(lang)
    found = [_figure(f, lang) for f in figures]
    actual, target = latest(figures, "actual"), latest(figures, "target")
    if actual is None or target is None or actual.number is None or target.number is None:
        return found
    both = (actual, target)
    if actual.unit_iri != target.unit_iri or any(f.aggregation_code.startswith("cumulative") for f in both):
        return found
    gap = actual.number - target.number
    places = max(_places(f.value) for f in both)
    size = f"{digits(abs(gap), places)}{_unit(target)}"
    key = "gap_none" if gap == 0 else "gap_more" if gap > 0 else "gap_less"
    return [*found, t[key].format(gap=size)]


def why(judgement: Judgement, figures: Sequence[Figure], lang: str) -> str:
    """Return the sentence that says why the status is what it is; "" where the judgement has its own reason."""
    t = texts(lang)
    actual, target = latest(figures, "actual"), latest(figures, "target")
    if actual is None or target is None:
        return ""
    if judgement.status in ("met", "notmet") and actual.value and (target.value or target.between):
        return t[f"why_{judgement.status}"].format(actual=in_words(actual, lang), target=in_words(target, lang))
    if judgement.status == "inprogress" and target.period and target.period.last:
        years = target.aggregation_code == "each-year" or target.maintenance
        return t["why_inprogress_years" if years else "why_inprogress"].format(day=target.period.last)
    return ""


def in_words(figure: Figure, lang: str) -> str:
    """Return the value of a figure with its unit and comparator: at least 70 %, 70 %以上."""
    t, beside = texts(lang), " " if lang == "en" else ""
    number = figure.value or ("〜" if lang == "ja" else " to ").join(figure.between) or " / ".join(figure.of)
    words = f"{number}{_unit(figure)}"
    if not figure.comparator:
        return words
    comparator = t[f"cmp_{figure.comparator}"]
    return f"{comparator}{beside}{words}" if lang == "en" else f"{words}{beside}{comparator}"


def latest(figures: Sequence[Figure], role: str) -> Figure | None:
    """Return the last figure of a role in time, those with a value before those without."""
    found = [f for f in figures if f.role == role]
    return max(
        found,
        key=lambda f: (f.form != "missing", f.period.last if f.period else "", f.iri.value),
        default=None,
    )


def _figure(figure: Figure, lang: str) -> str:
    t = texts(lang)
    label = figure.period.short if figure.period else figure.printed_period.strip("-")
    when = t["said_when"].format(when=label) if label else ""
    how = {"role": t[f"role_{figure.role}"], "when": when, "value": figure.printed_value}
    if figure.value or figure.between or figure.of:
        computed = t["said_computed"].format(printed=figure.printed_value) if figure.computed else ""
        return t["said_value"].format(**how | {"value": in_words(figure, lang) + computed})
    if figure.form == "missing":
        return t["said_missing"].format(**how)
    if figure.form == "qualitative":
        return t["said_words"].format(**how)
    if figure.possible:
        possible = (" か " if lang == "ja" else " or ").join(figure.possible) + _unit(figure)
        return t["said_possible"].format(**how, possible=possible)
    return t["said_unresolved"].format(**how)


def _unit(figure: Figure) -> str:
    return f" {figure.unit}" if figure.unit else ""


def _places(value: str) -> int:
    return len(value.partition(".")[2])
