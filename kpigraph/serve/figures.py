"""Indicators as pages show them: what is printed, what was read, and what was made of it."""

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from pyoxigraph import Literal, NamedNode

from kpigraph.iris import row_place
from kpigraph.serve import pace
from kpigraph.serve.describe import Text, View, by_order, local, row_name
from kpigraph.serve.texts import texts

ROLES = ("baseline", "actual", "target")
STATUSES = ("met", "inprogress", "notmet", "notassessable")
_NBSP = "\u00a0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """A period: its label, and its first and last day, both included ("" where unknown)."""

    iri: NamedNode | None
    label: Text
    first: str
    last: str
    words: str

    @property
    def short(self) -> str:
        """The label without what stands in brackets after it: the year of another era, the months of a fiscal year."""
        return re.split(r"\s*[（(]", str(self.label))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A statement. `number` is in the printed unit; for a relative target it is what the target comes to.

    `between` has both ends of a range, `of` the two numbers of a ratio; either is empty for every other form.
    """

    iri: NamedNode
    role: str
    printed_value: str
    printed_period: str
    printed_unit: str
    form: str
    number: Decimal | None
    value: str
    unit: Text | None
    unit_iri: NamedNode | None
    comparator: str
    maintenance: bool
    computed: bool
    possible: tuple[str, ...]
    between: tuple[str, ...]
    of: tuple[str, ...]
    period: Days | None
    aggregation: Text | None
    aggregation_code: str
    notes: tuple[str, ...]
    lines: tuple["Line", ...]
    corrected: bool

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        """The two ends of a range, None for every other form."""
        if len(self.between) != 2:
            return None
        return Decimal(self.between[0].replace(",", "")), Decimal(self.between[1].replace(",", ""))

    @property
    def printed(self) -> str:
        beside = self.printed_unit not in self.printed_value  # 265万円 has its unit in it
        return " ".join(t for t in (self.printed_value, self.printed_unit if beside else "") if t)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a source: its position in the file, its name within it (12, s2-12), what people call it (12, Sheet1:12)
    and the edition that shows it.
    """

    order: int
    place: str
    shown: str
    edition: NamedNode | None
    iri: NamedNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An assessment in words: the status, the sentence, the reason, and the measures of progress that it has."""

    iri: NamedNode | None
    status: str
    label: str
    words: str
    reason: str
    lines: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    method: NamedNode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An indicator in a list."""

    iri: NamedNode
    label: Text
    actual: Figure | None
    target: Figure | None
    judgement: Judgement
    relisted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A plan element at one place of an edition, with what stands under it there."""

    iri: NamedNode
    label: Text
    notation: str
    relisted: bool
    branches: tuple["Branch", ...] = ()
    cards: tuple[Card, ...] = ()

    def indicators(self) -> dict[NamedNode, Card]:
        """Return every indicator from here downwards, each once."""
        found = {c.iri: c for c in self.cards}
        for branch in self.branches:
            found |= branch.indicators()
        return found


@dataclass(slots=True)
class Shelf:
    """Reads figures and cards from a view, in one language, each once."""

    view: View
    lang: str
    _cards: dict[NamedNode, Card] = field(default_factory=dict)

    def figures(self, indicator: NamedNode) -> list[Figure]:
        """Return the statements of `indicator`: baseline, actual, target, each by the end of its period."""
        return [self.figure(s) for _, _, _, s in self._stated(indicator)]

    def _stated(self, indicator: NamedNode) -> list[tuple[int, str, str, NamedNode]]:
        """Return the statements of `indicator` in that order: each with its role, the end of its period, its IRI."""
        view = self.view
        found = [s for s in view.subjects("kpi:indicator", indicator) if view.text(s, "kpi:statedValue")]
        return sorted(
            (ROLES.index(self._role(s)), view.text(view.thing(s, "sd:refPeriod"), "kpi:endDate"), s.value, s)
            for s in found
            if "kpi:Statement" in view.types(s)
        )

    def _role(self, s: NamedNode) -> str:
        return local(_value(self.view.thing(s, "kpi:role"))) or "actual"

    def role_order(self, s: NamedNode) -> int:
        """Return where a statement stands among those of its line; what is none comes first."""
        role = local(_value(self.view.thing(s, "kpi:role")))
        return ROLES.index(role) + 1 if role in ROLES else 0

    def figure(self, s: NamedNode) -> Figure:
        view, t = self.view, texts(self.lang)
        form = local(_value(view.thing(s, "kpi:valueForm")))
        resolved = next((r for r in view.subjects("kpi:resolves", s)), None)
        ratio = view.text(s, "kpi:ratioValue")
        number = _decimal(view.text(resolved or s, "sm:obsValue") or ratio)
        unit = view.thing(resolved or s, "kpi:unit")
        comparator = local(_value(view.thing(s, "kpi:comparator")))
        decimals = int(view.text(s, "sa:decimals") or 0)
        possible = sorted(
            Decimal(o.value)
            for o in view.objects(s, "kpi:possibleValue")
            if isinstance(o, Literal) and _decimal(o.value)
        )
        notes = []
        if view.text(s, "kpi:maintenance") == "true":
            notes.append(t["maintenance"])
        if local(_value(view.thing(s, "kpi:precision"))) == "approximate":
            notes.append(t["approximate"])
        notes += self._remarks(s)
        ends = tuple(view.text(s, f"kpi:{name}") for name in ("minimumValue", "maximumValue"))
        parts = tuple(view.text(s, f"kpi:{name}") for name in ("numerator", "denominator"))
        return Figure(
            iri=s,
            role=self._role(s),
            printed_value=view.text(s, "kpi:statedValue"),
            printed_period=view.text(s, "kpi:statedPeriod"),
            printed_unit=view.text(s, "kpi:statedUnit"),
            form=form,
            number=number,
            value="" if number is None else digits(number, decimals),
            unit=None if unit is None else view.label(unit, self.lang),
            unit_iri=unit,
            comparator="" if comparator in ("", "exact") else comparator,
            maintenance=view.text(s, "kpi:maintenance") == "true",
            computed=resolved is not None or bool(ratio),
            possible=tuple(digits(p, 0) for p in possible),
            between=tuple(digits(Decimal(end), decimals) for end in ends if _decimal(end) is not None),
            of=tuple(digits(Decimal(part), 0) for part in parts if _decimal(part) is not None),
            period=self.days(view.thing(s, "sd:refPeriod")),
            aggregation=self._aggregation(s),
            aggregation_code=local(_value(view.thing(s, "kpi:aggregation"))),
            notes=tuple(notes),
            lines=self.lines(s),
            corrected=bool(view.things(s, "prov:wasRevisionOf")),
        )

    def _remarks(self, s: NamedNode) -> list[str]:
        """Return in words: why there is no value, what it was before, when it is due, that it may change; its notes."""
        view, t = self.view, texts(self.lang)
        found = []
        if (reason := view.thing(s, "kpi:missingReason")) is not None:
            found.append(view.label(reason, self.lang).text)
        if former := view.text(s, "kpi:formerStatedValue"):
            revised = self.days(view.thing(s, "kpi:revisedIn"))
            when = "" if revised is None else f" ({revised.label.text})"
            found.append(t["former_value"].format(value=former) + when)
        if (due := self.days(view.thing(s, "kpi:due"))) is not None:
            found.append(t["due"].format(period=due.label.text))
        status = (_value(view.thing(s, "sa:obsStatus")) or "").rpartition("obsStatus-")[2]
        if status in ("E", "P"):
            found.append(t[f"status_{status}"])
        return [*found, *(o.value for o in view.objects(s, "skos:note") if isinstance(o, Literal))]

    def _aggregation(self, s: NamedNode) -> Text | None:
        aggregation = self.view.thing(s, "kpi:aggregation")
        return None if aggregation is None else self.view.label(aggregation, self.lang)

    def days(self, period: NamedNode | None) -> Days | None:
        if period is None:
            return None
        t = texts(self.lang)
        first, last = self.view.text(period, "kpi:startDate"), self.view.text(period, "kpi:endDate")
        words = t["days"] if first and first != last else t["on_day"] if first else t["until"] if last else ""
        label = self.view.label(period, self.lang)
        return Days(iri=period, label=label, first=first, last=last, words=words.format(first=first, last=last))

    def lines(self, s: NamedNode) -> tuple[Line, ...]:
        """Return the source lines that `s` was read from."""
        rows = [r for r in self.view.things(s, "prov:wasDerivedFrom") if self.view.text(r, "kpi:order")]
        return tuple(sorted((self.line(r) for r in rows), key=lambda x: x.order))

    def line(self, row: NamedNode) -> Line:
        source = self.view.thing(row, "oa:hasSource")
        return Line(
            order=int(self.view.text(row, "kpi:order") or 0),
            place=row_place(row.value),
            shown=row_name(self.view, row, self.lang),
            edition=self.view.thing(source, "dct:isPartOf"),
            iri=row,
        )

    def assessment(self, indicator: NamedNode) -> NamedNode | None:
        """Return the current assessment of an indicator; where the data do not say which that is, the last by name."""
        if (stated := self.view.thing(indicator, "kpi:currentAssessment")) is not None:
            return stated
        found = (s for s in self.view.subjects("kpi:indicator", indicator) if self.view.thing(s, "kpi:status"))
        return max(found, key=lambda s: s.value, default=None)

    def judgement(self, indicator: NamedNode) -> Judgement:
        view, t = self.view, texts(self.lang)
        s = self.assessment(indicator)
        if s is None:
            return Judgement(
                iri=None,
                status="none",
                label=t["status_none"],
                words=t["words_none"],
                reason="",
                lines=(),
                remarks=(),
                method=None,
            )
        status = local(_value(view.thing(s, "kpi:status")))
        reason = view.thing(s, "kpi:reason")
        progress, achieved = _decimal(view.text(s, "kpi:progressRatio")), _decimal(view.text(s, "kpi:achievementRatio"))
        share, elapsed = _decimal(view.text(s, "kpi:cumulativeShare")), _decimal(view.text(s, "kpi:elapsedShare"))
        direction = local(_value(view.thing(s, "kpi:desiredDirection")))
        basis = local(_value(view.thing(s, "kpi:directionBasis")))
        lines = []
        if progress is not None:
            lines.append((t["progress"], percent(progress, self.lang)))
        if achieved is not None:
            lines.append((t["achievement"], percent(achieved, self.lang)))
        if direction:
            how = t.get(f"basis_{basis}", "")
            words = t.get(f"dir_{direction}", direction)
            lines.append((t["desired"], f"{words}（{how}）" if how and self.lang == "ja" else _bracketed(words, how)))
        remarks = []
        if progress is not None and progress < 0:
            remarks.append(t["progress_away"])
        if share is not None and elapsed is not None:
            of = self.days(view.thing(view.thing(s, "kpi:ofTarget"), "sd:refPeriod"))
            span = ("", "") if of is None else (of.first, of.last)
            percents = percent(share, self.lang), percent(elapsed, self.lang)
            remarks += pace.told(share, elapsed, percents, *span, self.lang)
        return Judgement(
            iri=s,
            status=status,
            label=t.get(f"status_{status}", status),
            words=t.get(f"words_{status}", ""),
            reason="" if reason is None else t.get(f"reason_{local(reason.value)}", str(view.label(reason, self.lang))),
            lines=tuple(lines),
            remarks=tuple(remarks),
            method=view.thing(s, "kpi:method"),
        )

    def card(self, indicator: NamedNode) -> Card:
        if indicator not in self._cards:
            last = {ROLES[role]: s for role, _, _, s in self._stated(indicator)}  # of each role the one shown last
            self._cards[indicator] = Card(
                iri=indicator,
                label=self.view.label(indicator, self.lang),
                actual=self.figure(last["actual"]) if "actual" in last else None,
                target=self.figure(last["target"]) if "target" in last else None,
                judgement=self.judgement(indicator),
            )
        return self._cards[indicator]

    def branch(self, place: NamedNode) -> Branch | None:
        """Return the plan element placed at `place`, with all that is placed under it."""
        view = self.view
        element = view.thing(place, "kpi:places")
        if element is None:
            return None
        below = [self.branch(p) for p in by_order(view, view.subjects("kpi:under", place))]
        cards = []
        for listing in by_order(view, view.subjects("kpi:placement", place)):
            if indicator := view.thing(listing, "kpi:indicator"):
                cards.append(self.card(indicator))
        return Branch(
            iri=element,
            label=view.label(element, self.lang),
            notation=view.text(place, "skos:notation"),
            relisted=view.text(place, "kpi:relistMarker") == "true",
            branches=tuple(b for b in below if b is not None),
            cards=tuple(cards),
        )

    def places(self, element: NamedNode) -> list[NamedNode]:
        return by_order(self.view, self.view.subjects("kpi:places", element))

    def tally(self, municipality: NamedNode) -> dict[str, int]:
        """Return how many indicators of a municipality have each status."""
        view = self.view
        found = dict.fromkeys((*STATUSES, "none"), 0)
        for indicator in of_municipality(view, municipality, "kpi:Indicator"):
            s = self.assessment(indicator)
            status = "none" if s is None else local(_value(view.thing(s, "kpi:status")))
            found[status] = found.get(status, 0) + 1
        return found


def of_municipality(view: View, municipality: NamedNode, kind: str) -> list[NamedNode]:
    """Return what belongs to a municipality and is of a class, such as kpi:Goal, in order of IRIs."""
    things = view.subjects("kpi:municipality", municipality)
    return sorted((s for s in things if kind in view.types(s)), key=lambda s: s.value)


def digits(number: Decimal, decimals: int) -> str:
    """Return `number` with separators and at least `decimals` digits after the point."""
    exponent = number.as_tuple().exponent
    places = max(decimals, -exponent if isinstance(exponent, int) else 0)
    return f"{number:,.{places}f}"


def percent(share: Decimal, lang: str) -> str:
    rounded = (share * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{rounded:,f}{'' if lang == 'ja' else _NBSP}%".replace("-", "\u2212")


def points(share: float) -> str:
    """Return the size of a difference of two shares in percentage points, with one digit after the point."""
    rounded = Decimal(str(abs(share) * 100)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{rounded:,f}"


def _bracketed(words: str, how: str) -> str:
    return f"{words} ({how})" if how else words


def _value(node: NamedNode | None) -> str | None:
    return None if node is None else node.value


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
