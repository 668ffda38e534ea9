"""Reads indicators as pages show them, from what a release says; where many are shown, of all of them together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from pyoxigraph import Literal, NamedNode

from kpigraph.iris import row_place
from kpigraph.serve import pace
from kpigraph.serve.cards import Branch, Brief, Card, Days, Figure, Judgement, Line, Verdict
from kpigraph.serve.describe import Text, View, by_order, local, row_name
from kpigraph.serve.texts import texts

ROLES = ("baseline", "actual", "target")
STATUSES = ("met", "inprogress", "notmet", "notassessable")
_NBSP = "\u00a0"
_PLAIN = ("absolute", "qualitative", "missing")  # forms of values of which no number is computed

# What is read of all statements, of those that are shown, and of the lines, where many indicators are shown.
_ANY = ("kpi:statedValue", "kpi:role", "sd:refPeriod")
_SHOWN = ("kpi:valueForm", "kpi:unit", "kpi:comparator", "sm:obsValue", "sa:decimals", "prov:wasDerivedFrom")
_LINE = ("kpi:order", "kpi:part", "oa:hasSource")
PLACE = ("kpi:places", "kpi:order", "skos:notation", "kpi:relistMarker")


@dataclass(slots=True)
class Shelf:
    """Reads figures and cards from a view, in one language, each once."""

    view: View
    lang: str
    _cards: dict[NamedNode, Card] = field(default_factory=dict)
    _statements: dict[NamedNode, list[NamedNode]] = field(default_factory=dict)
    _days: dict[NamedNode, Days] = field(default_factory=dict)

    def figures(self, indicator: NamedNode) -> list[Figure]:
        """Return the statements of `indicator`: baseline, actual, target, each by the end of its period."""
        return [self.figure(s) for _, _, _, s in self._stated(indicator)]

    def _stated(self, indicator: NamedNode) -> list[tuple[int, str, str, NamedNode]]:
        """Return the statements of `indicator` in that order: each with its role, the end of its period, its IRI."""
        view = self.view
        if (found := self._statements.get(indicator)) is None:
            found = view.of_class("kpi:Statement", "kpi:indicator", indicator)
        return sorted(
            (ROLES.index(self._role(s)), view.text(view.thing(s, "sd:refPeriod"), "kpi:endDate"), s.value, s)
            for s in found
            if view.text(s, "kpi:statedValue")
        )

    def _role(self, s: NamedNode) -> str:
        return local(_value(self.view.thing(s, "kpi:role"))) or "actual"

    def role_order(self, s: NamedNode) -> int:
        """Return where a statement stands among those of its line; what is none comes first."""
        role = local(_value(self.view.thing(s, "kpi:role")))
        return ROLES.index(role) + 1 if role in ROLES else 0

    def brief(self, s: NamedNode) -> Brief:
        """Return what a list shows of a statement."""
        return Brief(**self._brief(s, self._resolved(s)))

    def _resolved(self, s: NamedNode) -> NamedNode | None:
        """Return what a relative target comes to."""
        if local(_value(self.view.thing(s, "kpi:valueForm"))) in _PLAIN:
            return None
        return next(iter(self.view.subjects("kpi:resolves", s)), None)

    def _brief(self, s: NamedNode, resolved: NamedNode | None) -> dict[str, Any]:
        view = self.view
        form = local(_value(view.thing(s, "kpi:valueForm")))
        said = view.text(resolved or s, "sm:obsValue")
        decimals = int(view.text(s, "sa:decimals") or 0)
        possible: list[Decimal] = []
        ends: tuple[str, ...] = ()
        parts: tuple[str, ...] = ()
        if form not in _PLAIN:
            said = said or view.text(s, "kpi:ratioValue")
            possible = sorted(
                Decimal(o.value)
                for o in view.objects(s, "kpi:possibleValue")
                if isinstance(o, Literal) and _decimal(o.value)
            )
            ends = tuple(view.text(s, f"kpi:{name}") for name in ("minimumValue", "maximumValue"))
            parts = tuple(view.text(s, f"kpi:{name}") for name in ("numerator", "denominator"))
        number = _decimal(said)
        unit = view.thing(resolved or s, "kpi:unit")
        comparator = local(_value(view.thing(s, "kpi:comparator")))
        return {
            "iri": s,
            "form": form,
            "printed_value": view.text(s, "kpi:statedValue"),
            "number": number,
            "value": "" if number is None else digits(number, decimals),
            "unit": None if unit is None else view.label(unit, self.lang),
            "comparator": "" if comparator in ("", "exact") else comparator,
            "possible": tuple(digits(p, 0) for p in possible),
            "between": tuple(digits(Decimal(end), decimals) for end in ends if _decimal(end) is not None),
            "of": tuple(digits(Decimal(part), 0) for part in parts if _decimal(part) is not None),
            "period": self.days(view.thing(s, "sd:refPeriod")),
            "lines": self.lines(s),
        }

    def figure(self, s: NamedNode) -> Figure:
        view, t = self.view, texts(self.lang)
        resolved = self._resolved(s)
        notes = []
        if view.text(s, "kpi:maintenance") == "true":
            notes.append(t["maintenance"])
        if local(_value(view.thing(s, "kpi:precision"))) == "approximate":
            notes.append(t["approximate"])
        notes += self._remarks(s)
        return Figure(
            **self._brief(s, resolved),
            role=self._role(s),
            printed_period=view.text(s, "kpi:statedPeriod"),
            printed_unit=view.text(s, "kpi:statedUnit"),
            unit_iri=view.thing(resolved or s, "kpi:unit"),
            maintenance=view.text(s, "kpi:maintenance") == "true",
            computed=resolved is not None or bool(view.text(s, "kpi:ratioValue")),
            aggregation=self._aggregation(s),
            aggregation_code=local(_value(view.thing(s, "kpi:aggregation"))),
            notes=tuple(notes),
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
        if (known := self._days.get(period)) is None:
            t = texts(self.lang)
            first, last = self.view.text(period, "kpi:startDate"), self.view.text(period, "kpi:endDate")
            words = t["days"] if first and first != last else t["on_day"] if first else t["until"] if last else ""
            words = words.format(first=first, last=last)
            label = self.view.label(period, self.lang)
            known = self._days[period] = Days(iri=period, label=label, first=first, last=last, words=words)
        return known

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

    def verdict(self, indicator: NamedNode) -> Verdict:
        """Return how an indicator stands, as a list shows it."""
        t, s = texts(self.lang), self.assessment(indicator)
        if s is None:
            return Verdict(iri=None, status="none", label=t["status_none"])
        status = local(_value(self.view.thing(s, "kpi:status")))
        return Verdict(iri=s, status=status, label=t.get(f"status_{status}", status))

    def judgement(self, indicator: NamedNode) -> Judgement:
        view, t = self.view, texts(self.lang)
        verdict = self.verdict(indicator)
        s, status = verdict.iri, verdict.status
        if s is None:
            return Judgement(
                iri=None,
                status=status,
                label=verdict.label,
                words=t["words_none"],
                reason="",
                lines=(),
                remarks=(),
                method=None,
            )
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
            label=verdict.label,
            words=t.get(f"words_{status}", ""),
            reason="" if reason is None else t.get(f"reason_{local(reason.value)}", str(view.label(reason, self.lang))),
            lines=tuple(lines),
            remarks=tuple(remarks),
            method=view.thing(s, "kpi:method"),
        )

    def ahead(self, indicators: Iterable[NamedNode]) -> None:
        """Read of all `indicators` at once what their cards show."""
        view, wanted = self.view, [i for i in indicators if i not in self._statements]
        if len(wanted) < 2:
            return
        view.together(wanted, "skos:prefLabel", "kpi:currentAssessment")
        assessed = (view.thing(i, "kpi:currentAssessment") for i in wanted)
        view.together((s for s in assessed if s is not None), "kpi:status")
        self._statements |= view.referring("kpi:Statement", "kpi:indicator", wanted)
        view.together((s for i in wanted for s in self._statements[i]), *_ANY)
        shown = [s for i in wanted for s in self._last(i).values()]
        view.together(shown, *_SHOWN)
        view.together((r for s in shown for r in view.things(s, "prov:wasDerivedFrom")), *_LINE)

    def _last(self, indicator: NamedNode) -> dict[str, NamedNode]:
        """Return the statements that a card shows: of each role but the baseline the last."""
        return {ROLES[role]: s for role, _, _, s in self._stated(indicator) if role}

    def card(self, indicator: NamedNode) -> Card:
        if indicator not in self._cards:
            last = self._last(indicator)
            self._cards[indicator] = Card(
                iri=indicator,
                label=self.view.label(indicator, self.lang),
                actual=self.brief(last["actual"]) if "actual" in last else None,
                target=self.brief(last["target"]) if "target" in last else None,
                judgement=self.verdict(indicator),
            )
        return self._cards[indicator]

    def branches(self, places: Iterable[NamedNode]) -> list[Branch]:
        """Return the plan elements placed at `places`, in the order of the document, each with all that is under it."""
        view, top = self.view, list(places)
        under: dict[NamedNode, list[NamedNode]] = {}
        level = top
        while level := [p for p in level if p not in under]:
            view.together(level, *PLACE)
            under |= view.referring("kpi:Placement", "kpi:under", level)
            level = [below for p in level for below in under[p]]
        elements = (view.thing(p, "kpi:places") for p in under)
        view.together((e for e in elements if e is not None), "skos:prefLabel")
        listings = view.referring("kpi:Listing", "kpi:placement", under)
        view.together((s for its in listings.values() for s in its), "kpi:indicator", "kpi:order")
        listed = {p: [view.thing(s, "kpi:indicator") for s in by_order(view, its)] for p, its in listings.items()}
        named = {p: [i for i in its if i is not None] for p, its in listed.items()}
        self.ahead(dict.fromkeys(i for its in named.values() for i in its))
        found = (self._branch(p, under, named) for p in by_order(view, top))
        return [b for b in found if b is not None]

    def _branch(
        self,
        place: NamedNode,
        under: Mapping[NamedNode, list[NamedNode]],
        listed: Mapping[NamedNode, list[NamedNode]],
    ) -> Branch | None:
        view = self.view
        element = view.thing(place, "kpi:places")
        if element is None:
            return None
        below = (self._branch(p, under, listed) for p in by_order(view, under[place]))
        return Branch(
            iri=element,
            label=view.label(element, self.lang),
            notation=view.text(place, "skos:notation"),
            relisted=view.text(place, "kpi:relistMarker") == "true",
            branches=tuple(b for b in below if b is not None),
            cards=tuple(self.card(i) for i in listed[place]),
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
    return view.of_class(kind, "kpi:municipality", municipality)


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
