"""Find the candidates of a query, with scores from 0 to 100, and say honestly whether one is certain.

Indicators are compared by the matcher of `kpigraph.linking`; municipalities by name, kana, prefecture and code. A
candidate is a certain match only if it is called exactly so (or is named by its code), no given property speaks against
it, and nothing else that was looked for is called so too.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rapidfuzz import fuzz, process

from kpigraph.linking.likeness import grams, likeness
from kpigraph.linking.matcher import Described, Matcher, compare
from kpigraph.search.folding import fold
from kpigraph.serve.reconcile.asking import Query
from kpigraph.serve.reconcile.entities import Directory, Entity, Kind
from kpigraph.serve.reconcile.properties import MATCHED, agrees, codes_of
from kpigraph.wording import read_name

LEAST = 30.0  # scores below are not worth showing
_NEAR = 25  # entities compared closely, of those whose names share most with the query
_NOT_COMPARABLE = 0.6  # of the likeness of names, where the matcher says that they cannot be one: 数 and 率
_AGAINST = 0.5  # what a property that disagrees leaves of the score
_ONLY_STEM, _OTHER_STEM = 80.0, 60.0  # 釧路 for 釧路市; 釧路町 for it
_UNLIKE = 90.0  # what letters alone can come to, for municipalities
_SUFFIX, _DISTRICT = re.compile(r"(?<=.)[市町村区]$"), re.compile(r"^.+?郡(?=.)")
_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entity that a query may mean.

    `likeness` is that of the names alone, from 0 to 100; `exact`: called exactly so; `by_code`: named by what stands
    for it alone; `agreements` tells of each given property whether it agrees, None where that cannot be told;
    `namesakes` how many others are called so, of those that the properties leave.
    """

    entity: Entity
    likeness: float
    exact: bool
    by_code: bool
    agreements: Mapping[str, bool | None]
    namesakes: int = 0
    match: bool = False

    @property
    def score(self) -> float:
        against = sum(a is False for a in self.agreements.values())
        return round(self.likeness * _AGAINST**against, 1)

    @property
    def fits(self) -> bool:
        return False not in self.agreements.values()


class Finder:
    """Finds candidates among the entities of one directory."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._matcher = Matcher(e.shared for e in directory if e.shared)
        self._weights = self._matcher.weights
        self._indicators = [e for e in directory if e.kind is not Kind.MUNICIPALITY]
        self._described = [e.described for e in self._indicators]
        self._with_gram: dict[str, set[int]] = defaultdict(set)
        self._named: dict[str, set[int]] = defaultdict(set)
        for n, e in enumerate(self._indicators):
            for each in e.names:
                self._named[fold(each)].add(n)
                for gram in grams(_core(each)):
                    self._with_gram[gram].add(n)
        self._places = [e for e in directory if e.kind is Kind.MUNICIPALITY]
        self._place_names: dict[str, list[Entity]] = defaultdict(list)
        self._stems: dict[str, list[Entity]] = defaultdict(list)
        for e in self._places:
            for form in sorted({fold(f) for f in _forms(e)}):
                self._place_names[form].append(e)
                self._stems[_SUFFIX.sub("", form)].append(e)

    @cached_property
    def _places_with(self) -> Mapping[str, set[str]]:
        """The names of municipalities, without prefecture, by the pairs of letters in them."""
        found: dict[str, set[str]] = defaultdict(set)
        for e in self._places:
            for name in map(fold, e.names):
                for gram in grams(name):
                    found[gram].add(name)
        return found

    def candidates(self, query: Query) -> list[Candidate]:
        """Return the candidates for `query`, best first, at most `query.limit`."""
        found = {c.entity.iri: c for c in self._found(query)}
        agreeing = [replace(c, agreements=self._agreements(c.entity, query)) for c in found.values()]
        certain = [c for c in agreeing if (c.exact or c.by_code) and c.fits]
        told = [
            replace(c, match=certain == [c], namesakes=sum(o is not c for o in certain) if c.exact else 0)
            for c in agreeing
        ]
        ranked = sorted(
            (c for c in told if c.score >= LEAST),
            key=lambda c: (-c.score, not c.match, not c.entity.published, len(c.entity.label("ja")), c.entity.iri),
        )
        return ranked[: query.limit]

    def _found(self, query: Query) -> Iterator[Candidate]:
        if not query.text.strip():
            yield from self._by_properties(query)
            return
        if (named := self.directory.find(query.text.strip())) is not None and named.kind in query.kinds:
            yield _candidate(named, 100.0, by_code=True)
            return
        coded = [e for e in self._by_code(query.text) if e.kind in query.kinds]
        if coded:
            yield from (_candidate(e, 100.0, by_code=True) for e in coded)
            return
        if query.kinds - {Kind.MUNICIPALITY}:
            yield from self._like_indicators(query)
        if Kind.MUNICIPALITY in query.kinds:
            yield from self._like_places(query.text)

    def _by_code(self, text: str) -> Iterator[Entity]:
        if codes := codes_of(text):
            yield from (e for e in self._places if e.place in codes)
            return
        folded = fold(text)
        yield from (e for e in self._indicators if folded in e.codes)

    def _by_properties(self, query: Query) -> Iterator[Candidate]:
        """Yield what has all the given values: there is no name to go by."""
        kinds = [k for k in query.kinds if all(k in MATCHED[pid].kinds for pid, _ in query.wanted)]
        for e in self.directory:
            if e.kind in kinds and all(
                any(agrees(pid, value, e, self.directory) for value in values) for pid, values in query.wanted
            ):
                yield _candidate(e, 100.0, exact=True)

    def _agreements(self, entity: Entity, query: Query) -> dict[str, bool | None]:
        found: dict[str, bool | None] = {}
        for pid, values in query.wanted:
            told = [agrees(pid, value, entity, self.directory) for value in values]
            found[pid] = True if True in told else False if False in told else None
        return found

    def _like_indicators(self, query: Query) -> Iterator[Candidate]:
        text = query.text
        given = dict(query.wanted)
        unit = next((u for value in given.get("unit", ()) if (u := self.directory.units.find(value))), None)
        described = Described(
            label=text,
            unit=unit,
            headings=given.get("goal", ()),
            places=given.get("municipality", ()),
        )
        core, folded, wording = _core(text), fold(text), read_name(text)
        near = Counter[int]()
        for gram in grams(core):
            weight = self._weights.by_gram.get(gram, self._weights.most)
            for n in self._with_gram.get(gram, ()):
                near[n] += int(weight * 1000)
        same = self._named.get(folded, set())
        eligible = [n for n, _ in near.most_common() if self._indicators[n].kind in query.kinds][:_NEAR]
        for n in dict.fromkeys((*sorted(same), *eligible)):
            e = self._indicators[n]
            if e.kind not in query.kinds:
                continue
            exact = n in same or (bool(core) and any(read_name(name) == wording for name in e.names))
            score = 1.0 if exact else self._likeness(described, n, text)
            yield _candidate(e, 100 * score, exact=exact)

    def _likeness(self, asked: Described, n: int, text: str) -> float:
        """Return how well an indicator fits, from 0 to 1: by the matcher where it can compare, else by letters."""
        e = self._indicators[n]
        if not _JAPANESE.search(text):
            folded = text.casefold()
            names = [name.casefold() for name in e.names if not _JAPANESE.search(name)]
            return max((fuzz.token_sort_ratio(folded, name) / 100 for name in names), default=0.0)
        if e.shared is not None:
            proposal = self._matcher.with_shared(asked, e.shared.notation)
        else:
            proposal = compare(asked, self._described[n], self._weights)
        if proposal is not None:
            return min(proposal.score, 0.99)
        own = read_name(text)
        return _NOT_COMPARABLE * max(likeness(own, read_name(name), self._weights) for name in e.names)

    def _like_places(self, text: str) -> Iterator[Candidate]:
        wanted = fold(text)
        exact = {e.iri: e for form in (wanted, self._without_district(wanted)) for e in self._place_names.get(form, ())}
        yield from (_candidate(e, 100.0, exact=True) for e in exact.values())
        stem, seen = _SUFFIX.sub("", wanted), set(exact)
        for e in self._stems.get(stem, ()):
            if e.iri not in seen:
                seen.add(e.iri)
                yield _candidate(e, _ONLY_STEM if stem == wanted else _OTHER_STEM)
        if exact:
            return
        near = {form for gram in grams(wanted) for form in self._places_with.get(gram, ())}
        for form, ratio, _ in process.extract(wanted, sorted(near), scorer=fuzz.ratio, limit=20, score_cutoff=50):
            for e in self._place_names[form]:
                if e.iri not in seen:
                    seen.add(e.iri)
                    yield _candidate(e, ratio * _UNLIKE / 100)

    def _without_district(self, folded: str) -> str:
        """Return a municipality's name without its district: 北海道釧路郡釧路町 is 北海道釧路町."""
        before = next((p for p in self._prefectures if folded.startswith(p)), "")
        return before + _DISTRICT.sub("", folded[len(before) :])

    @cached_property
    def _prefectures(self) -> tuple[str, ...]:
        return tuple(sorted({fold(p) for e in self._places for p in e.prefecture}))


def _candidate(entity: Entity, score: float, *, exact: bool = False, by_code: bool = False) -> Candidate:
    return Candidate(entity=entity, likeness=score, exact=exact, by_code=by_code, agreements={})


def _core(text: str) -> str:
    return read_name(text).core if _JAPANESE.search(text) else fold(text)


def _forms(entity: Entity) -> Iterable[str]:
    """Yield what a municipality may be called: by name, and with its prefecture before it."""
    for name in entity.names:
        yield name
        yield from (prefecture + name for prefecture in entity.prefecture)
