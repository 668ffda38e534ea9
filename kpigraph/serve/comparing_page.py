"""The pages of comparisons: what their templates show."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from pyoxigraph import NamedNode

from kpigraph import comparison, iris
from kpigraph.comparison import Change, Entry, Group, Measure, Realized, Standing, Value
from kpigraph.iris import row_place
from kpigraph.model import Apart, UnitKind
from kpigraph.prefixes import PREFIXES
from kpigraph.serve import compare_chart
from kpigraph.serve.cards import Line
from kpigraph.serve.comparing import ORDERS, AskedWronglyError, Compared
from kpigraph.serve.describe import Text, row_words
from kpigraph.serve.figures import STATUSES, digits, percent
from kpigraph.serve.site import Page, Site
from kpigraph.serve.texts import texts
from kpigraph.text import compact as folded

_LONGEST = 60
_MINUS = str.maketrans("-", "\u2212")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which shared indicators the overview is to show: those of `least` municipalities or more, of a theme, by name."""

    least: int = 1
    theme: str = ""
    words: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "Wanted":
        """Return what an address asks for.

        Raises:
            AskedWronglyError: if a condition has a value that it cannot have.
        """
        least, theme = parameters.get("least", ""), parameters.get("theme", "")
        if least not in ("", "0", "1", "2"):
            raise AskedWronglyError(f"least={least[:40]} (0, 1, 2)")
        if theme and not comparison.NOTATION.fullmatch(theme):
            raise AskedWronglyError(f"theme={theme[:40]}")
        return cls(int(least or 1), theme, parameters.get("q", "").strip()[:_LONGEST])

    @property
    def key(self) -> tuple[str, ...]:
        return (str(self.least), self.theme, self.words)

    def href(self, **changed: Any) -> str:
        now = {"least": self.least, "theme": self.theme, "q": self.words} | changed
        query = urlencode({n: v for n, v in now.items() if v not in ("", None) and (n, v) != ("least", 1)})
        return f"/compare?{query}" if query else "/compare"


def overview(site: Site, wanted: Wanted) -> Page:
    """The list of shared indicators by theme."""
    shared, themes = site.served.shared_indicators
    words = folded(wanted.words).lower()
    shown = [
        r
        for r in shared
        if r.municipalities >= wanted.least
        and wanted.theme in ("", r.theme)
        and (not words or any(words in folded(n).lower() for n in (*r.names, r.notation)))
    ]
    by_theme: dict[str, list[Realized]] = {}
    for r in shown:
        by_theme.setdefault(r.theme, []).append(r)
    counted = {theme: sum(r.theme == theme and r.municipalities >= wanted.least for r in shared) for theme in themes}
    lang = site.lang
    return Page(
        template="compare.html",
        title=site.say("compare"),
        context={
            "wanted": wanted,
            "longest": _LONGEST,
            "themes": [
                (_named(themes[n], lang), wanted.href(theme=n), n == wanted.theme, counted[n])
                for n in themes
                if counted[n]
            ],
            "groups": [
                (_named(themes.get(n, {}), lang), [(_named(r.labels, lang), f"/compare/{r.notation}", r) for r in its])
                for n, its in by_theme.items()
            ],
        },
    )


def _named(labels: Mapping[str, str], lang: str) -> Text:
    if lang in labels:
        return Text(labels[lang], lang)
    return next((Text(v, k) for k, v in sorted(labels.items())), Text(""))


def one(site: Site, compared: Compared) -> Page:
    """The page of one shared indicator."""
    return _One(site, compared).page()


class _One:
    def __init__(self, site: Site, compared: Compared) -> None:
        self.site, self.compared, self.of = site, compared, compared.of
        self.lang, self.t = site.lang, texts(site.lang)
        self.place = f"/compare/{quote(self.of.concept.notation)}"

    def page(self) -> Page:
        concept, ranking, t = self.of.concept, self.compared.ranking, self.t
        definition = concept.definition.get(self.lang, "")
        groups = [self.group(g, n) for n, g in enumerate(ranking.groups)]
        direction = f"direction_{concept.direction}" if concept.direction else ""
        return Page(
            template="comparison.html",
            title=self.label(concept.iri),
            crumbs=((self.site.say("compare"), "/compare"),),
            context={
                "concept": NamedNode(concept.iri),
                "definition": definition,
                "direction": t.get(direction, ""),
                "controls": self.controls(),
                "empty": not self.of.entries,
                "groups": groups,
                "others": [self.row(s) for s in ranking.others],
                "chart": self.chart(ranking.groups[0]) if ranking.groups else None,
                "chart_words": t[f"by_{self.compared.how.by}"],
                "downloads": [
                    (name, self.href(suffix))
                    for name, suffix in (
                        ("CSV", ".csv"),
                        ("JSON", ".json"),
                        ("Turtle", ".ttl"),
                        ("JSON-LD", ".jsonld"),
                        ("RDF/XML", ".rdf"),
                    )
                ],
                "ask": "/sparql?" + urlencode({"query": construct_query(concept.notation)}),
            },
        )

    def href(self, suffix: str = "", **changed: Any) -> str:
        query = self.compared.how.query(**changed)
        return f"{self.place}{suffix}?{query}" if query else f"{self.place}{suffix}"

    def label(self, iri: str) -> Text:
        return (
            _named(self.of.labels.get(iri, {}), self.lang) if iri in self.of.labels else self.site.label(NamedNode(iri))
        )

    def controls(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """Return what can be chosen: a title, and for each choice its words, its address, and whether it is chosen."""
        how, t, all_entries = self.compared.how, self.t, self.of.entries
        found = [
            (t["compare_by"], [(t[f"by_{m}"], self.href(by=m), m is how.by) for m in Measure]),
            (t["compare_order"], [(t[f"order_{o}"], self.href(order=o), o == how.order) for o in ORDERS]),
        ]
        if len(self.of.years) > 1 or how.year:
            years = [(t["compare_newest"], self.href(year=None), how.year is None)]
            found.append(
                (t["compare_year"], years + [(str(y), self.href(year=y), y == how.year) for y in self.of.years])
            )
        prefectures = {e.code[:2]: self.prefecture(e) for e in all_entries}
        if len(prefectures) > 1 or how.prefecture:
            any_one = [(t["compare_any"], self.href(prefecture=""), not how.prefecture)]
            named = [(prefectures[p], self.href(prefecture=p), p == how.prefecture) for p in sorted(prefectures)]
            found.append((t["compare_prefecture"], any_one + named))
        statuses = [s for s in (*STATUSES, "none") if any((e.status or "none") == s for e in all_entries)]
        if len(statuses) > 1 or how.status:
            any_one = [(t["compare_any"], self.href(status=""), not how.status)]
            found.append(
                (
                    t["compare_status"],
                    any_one + [(t[f"status_{s}"], self.href(status=s), s == how.status) for s in statuses],
                )
            )
        return found

    def prefecture(self, e: Entry) -> str:
        return str(_named(self.of.labels.get(f"{e.municipality}#prefecture", {}), self.lang)) or e.code[:2]

    def group(self, group: Group, n: int) -> dict[str, Any]:
        found = (self.value_of(s.entry) for s in group.standings if s.place)
        years = sorted({v.year for v in found if v is not None and v.year is not None})
        told = self.t["compare_years_differ"].format(first=years[0], last=years[-1]) if len(years) > 1 else ""
        return {
            "title": self.t["compare_group_other" if n else "compare_group"],
            "words": self.kind(group),
            "apart": self.reasons(group.apart),
            "years": told,
            "rows": [self.row(s, known=group.apart) for s in group.standings],
        }

    def kind(self, group: Group) -> list[str]:
        """Return in words what the values of a group have in common."""
        t, shape = self.t, group.shape
        months = f"{Decimal(shape.months) / 12:.1f}".removesuffix(".0")
        words = [t[f"shape_{shape.kind}"].format(months=shape.months, years=months)]
        calendar, _, month = shape.calendar.partition("-")
        if calendar and shape.kind != "as-of":
            words.append(t[f"calendar_{calendar}"].format(month=int(month or 0)))
        if (unit := self.unit(group.unit.partition("/year")[0].partition("#")[0], group)) and self.by in (
            Measure.ACTUAL,
            Measure.TARGET,
        ):
            words.insert(0, f"{t['unit']}: {unit}")
        if self.by is Measure.PERSON:
            words.insert(0, self.people(group.standings[0].entry))
        return words + [value for _, value in sorted(group.facets)]

    @property
    def by(self) -> Measure:
        return self.compared.how.by

    def people(self, e: Entry) -> str:
        each = comparison.per_person(e, self.of.concept)
        people = 1 if isinstance(each, Apart) else each.people
        return self.t["compare_each"] if people == 1 else self.t["compare_people"].format(people=f"{people:,}")

    def value_of(self, e: Entry) -> Value | None:
        return e.target if self.by in (Measure.TARGET, Measure.CHANGE) else e.actual

    def unit(self, base_unit: str, group: Group | None = None) -> str:
        return str(_named(self.of.labels.get(base_unit, {}), self.lang)) if base_unit else ""

    def row(self, s: Standing, known: tuple[Apart, ...] = ()) -> dict[str, Any]:
        e, t = s.entry, self.t
        lines = {line for v in (e.baseline, e.actual, e.target) if v is not None for line in v.rows}
        edition = next((v.edition for v in (e.actual, e.target, e.baseline) if v is not None), "")
        return {
            "place": s.place,
            "municipality": (self.label(e.municipality), self.site.href(NamedNode(e.municipality))),
            "indicator": (self.label(e.indicator), self.site.href(NamedNode(e.indicator))),
            "compared": self.number(s, e),
            "actual": self.printed(e.actual),
            "target": self.printed(e.target),
            "ambition": self.ambition(e),
            "status": (e.status or "none", t[f"status_{e.status or 'none'}"]),
            "progress": "" if e.progress is None else percent(e.progress, self.lang),
            "apart": self.reasons([a for a in s.apart if a not in known]),
            "lines": sorted((self.line(r, edition) for r in lines), key=lambda x: (x.order, x.place)),
        }

    def number(self, s: Standing, e: Entry) -> str:
        """Return the number by which a row is compared, with its unit."""
        if s.number is None:
            return ""
        unit = self.unit(getattr(self.value_of(e), "base_unit", ""))
        if self.by is Measure.CHANGE:
            if self.of.concept.unit_kind is UnitKind.SHARE:
                return self.t["compare_yearly"].format(ratio=f"{_signed(s.number)} {self.t['compare_points']}")
            return self.t["compare_yearly"].format(ratio=_percent(s.number, self.lang))
        number = _shown(s.number) if self.by is Measure.PERSON else digits(s.number, 0).translate(_MINUS)
        return f"{number} {unit}".strip()

    def printed(self, v: Value | None) -> dict[str, Any] | None:
        """Return what is printed of a value, and what it is in the base unit where that is another number."""
        if v is None:
            return None
        beside = v.printed_unit not in v.printed
        base = ""
        if v.base is not None and (v.computed or v.base != v.number):
            base = f"{digits(v.base, 0).translate(_MINUS)} {self.unit(v.base_unit)}".strip()
        return {
            "printed": " ".join(p for p in (v.printed, v.printed_unit if beside and v.base is not None else "") if p),
            "base": base,
            "period": str(self.label(v.period)) if v.period else v.printed_period,
            "days": "" if v.last is None else f"{v.first} – {v.last}" if v.first and v.first != v.last else str(v.last),
            "kind": ""
            if v.aggregation is None or v.aggregation == "period"
            else str(self.site.label(NamedNode(iris.code(v.aggregation)))),
            "href": self.site.href(NamedNode(v.iri)),
            "computed": v.computed,
        }

    def ambition(self, e: Entry) -> tuple[str, str]:
        """Return the target against the baseline in words, and for each year."""
        change = comparison.change(e)
        if not isinstance(change, Change):
            return ("", "")
        share = self.of.concept.unit_kind is UnitKind.SHARE
        unit = self.t["compare_points"] if share else self.unit(e.target.base_unit if e.target else "")
        words = f"{_signed(change.difference)} {unit}".strip()
        if share:
            yearly = "" if change.yearly is None else f"{_signed(change.yearly)} {unit}"
        else:
            words += "" if change.ratio is None else f" ({_percent(change.ratio, self.lang)})"
            yearly = "" if change.yearly_ratio is None else _percent(change.yearly_ratio, self.lang)
        return words, self.t["compare_yearly"].format(ratio=yearly) if yearly else ""

    def reasons(self, apart: "list[Apart] | tuple[Apart, ...]") -> list[tuple[Text, str]]:
        codes = [NamedNode(iris.code(a)) for a in dict.fromkeys(apart)]
        return [(self.site.label(c), self.site.href(c)) for c in codes]

    def line(self, row: str, edition: str) -> Line:
        place = row_place(row)
        number = place.rpartition("-")[2]
        shown = row_words(place, self.of.parts.get(row, ""), self.lang)
        return Line(
            order=int(number or 0),
            place=place,
            shown=shown,
            edition=NamedNode(row.rpartition("/")[0] + "/edition") if not edition else NamedNode(edition),
            iri=NamedNode(row),
        )

    def chart(self, group: Group) -> compare_chart.Bars | None:
        """Return the chart of the ranked values of a group, with the targets that are of its unit and period."""
        rows = []
        for s in group.standings:
            if s.place is None or s.number is None:
                continue
            e, mark = s.entry, None
            target = e.target
            if self.by is Measure.ACTUAL and target is not None and target.base is not None and not target.apart:
                mark = (
                    target.base
                    if (target.base_unit, target.shape) == (group.unit.partition("#")[0], group.shape)
                    else None
                )
            words = self.number(s, e)
            if mark is not None:
                words += f" → {digits(mark, 0).translate(_MINUS)}"
            rows.append(
                compare_chart.Drawn(name=str(self.label(e.municipality)), words=words, number=s.number, mark=mark)
            )
        return compare_chart.draw(rows)


def construct_query(notation: str) -> str:
    """Return the query that gives the statements compared, for who asks it of the endpoint."""
    names = ("kpi", "skos")
    prefixes = "".join(f"PREFIX {n}: <{PREFIXES[n]}>\n" for n in names)
    return (
        f"{prefixes}\nCONSTRUCT {{ ?indicator ?match ?shared . ?statement ?p ?o }} WHERE {{\n"
        f"  BIND(<{iris.shared_indicator(notation)}> AS ?shared)\n"
        "  VALUES ?match { skos:exactMatch skos:closeMatch skos:broadMatch skos:narrowMatch }\n"
        "  ?indicator ?match ?shared .\n"
        "  ?statement kpi:indicator ?indicator ; kpi:statedValue ?stated ; ?p ?o .\n}\n"
    )


def _signed(number: Decimal) -> str:
    return f"{number:+,f}".translate(_MINUS) if number else "0"


def _percent(ratio: Decimal, lang: str) -> str:
    return ("+" if ratio > 0 else "") + percent(ratio, lang)


def _shown(number: Decimal) -> str:
    """Return a quotient with three digits that count."""
    places = max(0, 2 - number.adjusted()) if number else 0
    return f"{number:,.{places}f}".translate(_MINUS)
