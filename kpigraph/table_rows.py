"""The rows of the tables about one edition, column by column, from what is said in it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from kpigraph import iris
from kpigraph.known import AtHand, word
from kpigraph.order import TYPE
from kpigraph.prefixes import expand
from kpigraph.text import natural
from kpigraph.written import Said as Quad
from kpigraph.written import language, value

_CONCEPTS = frozenset(map(word, ("kpi:Goal", "kpi:BasicDirection", "kpi:Measure", "kpi:Indicator")))
_OF_CONCEPTS = frozenset(map(word, ("rdf:type", "skos:prefLabel", "kpi:department")))
_EDITION, _LABEL = word("kpi:Edition"), word("skos:prefLabel")
_ROLES = ("baseline", "actual", "target")


@dataclass(frozen=True)
class Shared:
    """What all editions share: periods with their first and last days, departments with their labels."""

    periods: dict[str, tuple[str, str]]
    departments: dict[str, str]


class Said:
    """What is said of one thing: property → values, as N-Quads writes them; it gives plain texts."""

    __slots__ = ("_said",)

    def __init__(self, said: Mapping[str, Collection[str]]) -> None:
        self._said = said

    def all(self, name: str) -> list[str]:
        """Return the values of the property `name`, sorted."""
        values = self._said.get(word(name))
        return [] if values is None else sorted(map(value, values))

    def one(self, name: str) -> str:
        """Return the value of the property `name`, "" if there is none. Several stand with a space between."""
        if (values := self._said.get(word(name))) is None:
            return ""
        if len(values) == 1:
            [only] = values
            return value(only)
        return " ".join(sorted(map(value, values)))

    def code(self, name: str) -> str:
        """Return the values of a property whose values are concepts of a code list, without its prefix."""
        if (values := self._said.get(word(name))) is None:
            return ""
        return " ".join(map(_code, values if len(values) == 1 else sorted(values, key=value)))


_NOTHING = Said({})
_code = lru_cache(maxsize=1 << 10)(lambda term: iris.code_value(value(term)))


class Facts:
    """What is said of some things, by their IRIs."""

    def __init__(self, facts: Mapping[str, Mapping[str, Collection[str]]]) -> None:
        self._things = {value(thing): Said(said) for thing, said in facts.items()}
        self._classes: dict[str, list[str]] = defaultdict(list)
        for thing, said in facts.items():
            for cls in said.get(TYPE, ()):
                self._classes[cls].append(value(thing))

    def of_class(self, name: str) -> list[str]:
        """Return the things of the class `name`, such as kpi:Listing, in natural order."""
        return sorted(self._classes.get(word(name), ()), key=lambda s: (natural(s), s))

    def about(self, thing: str) -> Said:
        return self._things.get(thing, _NOTHING)


@dataclass(frozen=True)
class Edition:
    """One edition: `of` has what is bound to it (statements, listings …), `concepts` what it says of lasting things."""

    names: dict[str, str]
    shared: Shared
    of: Facts
    concepts: Facts
    source_of_row: dict[str, str]

    def observations(self) -> Iterator[dict[str, str]]:
        resolved = {self.of.about(r).one("kpi:resolves"): r for r in self.of.of_class("kpi:ResolvedTarget")}

        def place(statement: str) -> tuple[int, str, int]:
            role = self.of.about(statement).code("kpi:role")
            return *self._place_in_plan(statement), _ROLES.index(role) if role in _ROLES else len(_ROLES)

        for s in sorted(self.of.of_class("kpi:Statement"), key=place):
            this = self.of.about(s)
            first, last = self.shared.periods.get(this.one("sd:refPeriod"), ("", ""))
            indicator, derived_from = this.one("kpi:indicator"), this.all("prov:wasDerivedFrom")
            departments = self.concepts.about(indicator).all("kpi:department")
            yield {
                **self._which(indicator),
                "municipality": self.names["municipality"],
                "strategy": self.names["strategy"],
                "indicator_label": self._name_of(indicator),
                "department": " ".join(self.shared.departments.get(d, "") for d in departments),
                "observation": s,
                "role": this.code("kpi:role"),
                "period_text": this.one("kpi:statedPeriod"),
                "period_start": first,
                "period_end": last,
                "aggregation": this.code("kpi:aggregation"),
                "value_text": this.one("kpi:statedValue"),
                "value_form": this.code("kpi:valueForm"),
                "value": _digits(this.one("sm:obsValue"), this.one("sa:decimals")),
                "comparator": this.code("kpi:comparator"),
                "maintenance": this.one("kpi:maintenance"),
                "relative_change": this.one("kpi:relativeChange"),
                "relative_to_period": " ".join(map(iris.local_name, this.all("kpi:relativeToPeriod"))),
                "resolved_value": self.of.about(resolved.get(s, "")).one("sm:obsValue"),
                "unit_text": this.one("kpi:statedUnit"),
                "unit": this.one("kpi:unit"),
                "base_value": this.one("kpi:baseValue"),
                "base_unit": this.one("sa:unitMeasure"),
                "source_document": " ".join(
                    sorted({self.source_of_row[r] for r in derived_from if r in self.source_of_row})
                ),
                "source_lines": _lines(derived_from),
                "corrected": "true" if this.one("prov:wasRevisionOf") else "false",
                "minimum_value": this.one("kpi:minimumValue"),
                "maximum_value": this.one("kpi:maximumValue"),
                "numerator": this.one("kpi:numerator"),
                "denominator": this.one("kpi:denominator"),
                "former_value_text": this.one("kpi:formerStatedValue"),
                "former_value": this.one("kpi:formerValue"),
                "revised": self._last_day(this.one("kpi:revisedIn")),
                "due": self._last_day(this.one("kpi:due")),
                "missing_reason": this.code("kpi:missingReason"),
                "ratio_value": this.one("kpi:ratioValue"),
                "observation_status": this.one("sa:obsStatus").rpartition("obsStatus-")[2],
                "notes": this.one("skos:note"),
            }

    def _last_day(self, period: str) -> str:
        return self.shared.periods.get(period, ("", ""))[1]

    def listings(self) -> Iterator[dict[str, str]]:
        for listing in self._listings_in_order:
            this = self.of.about(listing)
            row = {
                **self._which(this.one("kpi:indicator")),
                "relisted": this.one("kpi:relisted"),
                "source_lines": _lines(this.all("prov:wasDerivedFrom")),
            }
            for level in ("goal", "direction", "measure"):
                row[f"{level}_number"] = row[f"{level}_label"] = ""
            for placement in self._chain(listing):
                element = self.of.about(placement).one("kpi:places")
                level = self._level(element)
                if level and not row.get(f"{level}_label"):  # of measures below each other the lowest
                    row[f"{level}_number"] = self.of.about(placement).one("skos:notation")
                    row[f"{level}_label"] = self._name(placement, element)
            yield row

    def assessments(self) -> Iterator[dict[str, str]]:
        for a in sorted(self.of.of_class("kpi:Assessment"), key=self._place_in_plan):
            this = self.of.about(a)
            indicator = this.one("kpi:indicator")
            yield {
                **self._which(indicator),
                "indicator_label": self._name_of(indicator),
                "status": this.code("kpi:status"),
                "reason": this.code("kpi:reason"),
                "progress_ratio": this.one("kpi:progressRatio"),
                "achievement_ratio": this.one("kpi:achievementRatio"),
                "cumulative_share": this.one("kpi:cumulativeShare"),
                "elapsed_share": this.one("kpi:elapsedShare"),
                "desired_direction": this.code("kpi:desiredDirection"),
                "direction_basis": this.code("kpi:directionBasis"),
                "method": this.code("kpi:method"),
            }

    @cached_property
    def _listings_in_order(self) -> list[str]:
        def order(thing: str) -> int:
            return int(self.of.about(thing).one("kpi:order") or 0)

        def place(listing: str) -> tuple[list[int], int]:
            return [order(p) for p in reversed(self._chain(listing))], order(listing)

        return sorted(self.of.of_class("kpi:Listing"), key=place)

    @cached_property
    def _first_listing(self) -> dict[str, int]:
        first: dict[str, int] = {}
        for i, listing in enumerate(self._listings_in_order):
            first.setdefault(self.of.about(listing).one("kpi:indicator"), i)
        return first

    def _name_of(self, indicator: str) -> str:
        first = self._first_listing.get(indicator)
        return self._name("" if first is None else self._listings_in_order[first], indicator)

    def _name(self, position: str, concept: str) -> str:
        """Return the name that this edition gives `concept` at `position`, its listing or placement.

        The preferred label of a concept is the one of the newest edition.
        """
        return self.of.about(position).one("rdfs:label") or self.concepts.about(concept).one("skos:prefLabel")

    def _place_in_plan(self, thing: str) -> tuple[int, str]:
        """Return where the indicator of `thing` is first listed; indicators listed nowhere come last."""
        indicator = self.of.about(thing).one("kpi:indicator")
        return self._first_listing.get(indicator, len(self._first_listing)), indicator

    def _chain(self, listing: str) -> list[str]:
        """Return the placements above `listing`, from its own upwards."""
        chain: list[str] = []
        placement = self.of.about(listing).one("kpi:placement")
        while placement and placement not in chain:
            chain.append(placement)
            placement = self.of.about(placement).one("kpi:under")
        return chain

    def _level(self, element: str) -> str:
        classes = self.concepts.about(element).all("rdf:type")
        levels = {"goal": "kpi:Goal", "direction": "kpi:BasicDirection", "measure": "kpi:Measure"}
        return next((level for level, name in levels.items() if expand(name) in classes), "")

    def _which(self, indicator: str) -> dict[str, str]:
        return {"municipality_code": self.names["code"], "edition": self.names["version"], "indicator": indicator}


def _lines(rows: Iterable[str]) -> str:
    """Return the places of source rows within their file."""
    places = {iris.row_place(r) for r in rows} - {""}
    return " ".join(sorted(places, key=natural))


def _digits(value: str, decimals: str) -> str:
    """Return a number with at least as many decimals as are printed: the store gives 53.0 back as 53."""
    if not value or not decimals:
        return value
    own = len(value.partition(".")[2])
    return f"{Decimal(value):.{max(own, int(decimals))}f}"


def editions(said: Iterable[Quad], known: AtHand) -> Iterator[tuple[str, Edition]]:
    """Yield the editions in `said`, each with its IRI, in the order of the tables; `known` is what `said` says.

    `tables.observations_of` asks a store for the same, of one indicator.
    """
    in_graph: dict[str, list[Quad]] = defaultdict(list)
    graphs: dict[str, str] = {}  # of editions
    for q in said:
        if q[1] in _OF_CONCEPTS:
            in_graph[q[3]].append(q)
            if q[2] == _EDITION and q[1] == TYPE:
                graphs[q[0]] = q[3]
    bound: dict[str, dict[str, dict[str, dict[str, None]]]] = defaultdict(dict)
    for s, of in known.having("kpi:edition", "kpi:edition").items():
        for edition in of["kpi:edition"]:
            bound[edition][s] = known.about[s]
    shared, titles = _shared(known), _titles(known)
    for iri, names, series in _named(known):
        concepts = AtHand(in_graph[graphs[iri]]).about
        strategy = next(filter(None, (_japanese(concepts.get(s, {}).get(_LABEL, ())) for s in series)), "")
        yield (
            value(iri),
            Edition(names | {"strategy": strategy}, shared, Facts(bound[iri]), _of_lasting(concepts), titles[iri]),
        )


def _named(known: AtHand) -> list[tuple[str, dict[str, str], Collection[str]]]:
    """Return the editions with version, municipality and its code, and the strategies that they are versions of."""
    homes = known.having("org:identifier", "org:identifier skos:prefLabel")
    found = []
    for iri, said in known.of_class("kpi:Edition", "dcat:version dct:publisher dct:isVersionOf").items():
        home = next(filter(None, map(homes.get, said.get("dct:publisher", ()))), None)
        if home and "dcat:version" in said:
            code, name = value(min(home["org:identifier"])), _japanese(home.get("skos:prefLabel", ()))
            names = {"version": value(min(said["dcat:version"])), "code": code, "municipality": name}
            found.append((iri, names, said.get("dct:isVersionOf", ())))
    return sorted(found, key=lambda e: (e[1]["code"], natural(value(e[0])), value(e[0])))


def _shared(known: AtHand) -> Shared:
    first, last = (
        {s: value(min(said[name])) for s, said in known.having(name, name).items()}
        for name in ("kpi:startDate", "kpi:endDate")
    )
    departments = known.of_class("org:OrganizationalUnit", "skos:prefLabel")
    return Shared(
        {value(s): (first.get(s, ""), last.get(s, "")) for s in known.of_class("kpi:Period", "rdf:type")},
        {value(s): name for s, said in departments.items() if (name := _japanese(said["skos:prefLabel"]))},
    )


def _titles(known: AtHand) -> dict[str, dict[str, str]]:
    """Return, for each edition, in what file its rows stand."""
    rows: dict[str, list[str]] = defaultdict(list)  # by file
    for row, said in known.having("oa:hasSource", "oa:hasSource").items():
        for file in said["oa:hasSource"]:
            rows[file].append(value(row))
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for file, said in known.of_class("kpi:SourceFile", "dct:isPartOf dct:title").items():
        if "dct:title" in said:
            for edition in said.get("dct:isPartOf", ()):
                found[edition] |= dict.fromkeys(rows[file], value(min(said["dct:title"])))
    return found


def _of_lasting(concepts: Mapping[str, Mapping[str, Collection[str]]]) -> Facts:
    """Return what is said of lasting things; of texts, those in Japanese."""
    return Facts(
        {
            s: {p: [o for o in of if not o.startswith('"') or language(o) == "ja"] for p, of in said.items()}
            for s, said in concepts.items()
            if not _CONCEPTS.isdisjoint(said.get(TYPE, ()))
        }
    )


def _japanese(labels: Iterable[str]) -> str:
    """Return the first of `labels` that is in Japanese, "" for none."""
    return value(min((o for o in labels if o.startswith('"') and language(o) == "ja"), default='""'))
