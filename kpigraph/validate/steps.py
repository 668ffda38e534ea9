"""What a query is made of when it is followed over the index: steps, which take rows and yield those that go on.

A row has the numbers of terms, or what BIND made, by place. Rows are made as they are asked for: where many things meet
many others, they would be very many. What is not known (MAYBE, see expressions.py) is kept apart.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

from kpigraph.validate.algebra import Constant
from kpigraph.validate.expressions import MAYBE, Value, Work, value
from kpigraph.validate.index import Index
from kpigraph.validate.paths import Path, reach

Row = tuple[Value, ...]
Rows = Iterable[Row]


class Data:
    """An index as expressions see it. `doubt` tells that something was met that is not known."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.doubt = False
        self._values: dict[int, Value] = {}

    def value(self, number: int) -> Value:
        if number not in self._values:
            self._values[number] = value(self.index.terms[number])
        return self._values[number]


def part(places: Sequence[int]) -> Callable[[Row], Row]:
    """Return what takes from a row what stands at `places`."""
    if len(places) > 1:
        return itemgetter(*places)
    if not places:
        return lambda row: ()
    [place] = places
    return lambda row: (row[place],)


class Step(ABC):
    @abstractmethod
    def __call__(self, data: Data, rows: Rows, *, maybe: bool) -> Rows:
        """Yield what follows from `rows`; `maybe`: also what may follow."""


def through(steps: Sequence[Step], data: Data, rows: Rows, *, maybe: bool) -> Rows:
    for step in steps:
        rows = step(data, rows, maybe=maybe)
    return rows


@dataclass(frozen=True, slots=True)
class Reached(Step):
    """A pattern of which one end is known: the other is put at the end of the row, or only must be there."""

    path: Path
    start: int
    back: bool
    needed: bool

    def __call__(self, data: Data, rows: Rows, *, maybe: bool) -> Rows:
        there, start = reach(data.index, self.path, back=self.back), self.start
        if not self.needed:
            return (row for row in rows if there(row[start]))
        return ((*row, n) for row in rows for n in there(row[start]) or ())


@dataclass(frozen=True, slots=True)
class Linked(Step):
    """A pattern of which both ends are known: places, or an IRI as the object."""

    path: Path
    start: int
    end: int | None
    constant: Constant | None = None

    def __call__(self, data: Data, rows: Rows, *, maybe: bool) -> Rows:
        there, start, end = reach(data.index, self.path), self.start, self.end
        if end is None:
            assert self.constant is not None
            number = data.index.number(self.constant.value)  # type: ignore[arg-type]
            return (row for row in rows if number in (there(row[start]) or ()))
        return (row for row in rows if row[end] in (there(row[start]) or ()))


@dataclass(frozen=True, slots=True)
class Asked:
    """EXISTS: its group, which begins with rows of what stands at the places `known`."""

    steps: Sequence[Step]
    known: tuple[int, ...]

    def answers(self, data: Data, rows: Rows) -> dict[Row, Value]:
        """Return what is so, or may be, by the known part of rows. Of the others it is not so."""
        width = len(self.known)
        start = set(map(part(self.known), rows))
        before, data.doubt = data.doubt, False
        ends = {row[:width] for row in through(self.steps, data, start, maybe=True)}
        sure = ends
        if data.doubt:
            sure = {row[:width] for row in through(self.steps, data, start, maybe=False)}
        data.doubt |= before
        return {row: row in sure or MAYBE for row in ends}


@dataclass(frozen=True, slots=True)
class Worked:
    """An expression, and where the row has what it needs: numbers of terms, then what BIND made, then answers."""

    work: Work
    terms: tuple[int, ...]
    made: tuple[int, ...]
    asked: tuple[Asked, ...]

    def values(self, data: Data, rows: Rows) -> Iterable[tuple[Row, Value]]:
        """Yield `rows` with the value for each; those of the same terms have it worked out once."""
        if self.asked:
            rows = list(rows)
        asked = [(part(one.known), one.answers(data, rows)) for one in self.asked]
        terms, made, value_of, work = part(self.terms), part(self.made), data.value, self.work
        found: dict[Row, Value] = {}
        for row in rows:
            key = terms(row)
            if asked:
                key += tuple([answers.get(known(row), False) for known, answers in asked])
            if self.made or (result := found.get(key, found)) is found:
                values = [None if n is None else value_of(n) for n in terms(row)]
                result = found[key] = work((*values, *made(row), *key[len(values) :]))
            yield row, result


@dataclass(frozen=True, slots=True)
class Kept(Step):
    """FILTER."""

    worked: Worked

    def __call__(self, data: Data, rows: Rows, *, maybe: bool) -> Rows:
        for row, found in self.worked.values(data, rows):
            if found is True:
                yield row
            elif found is not False:
                data.doubt = True
                if maybe:
                    yield row


@dataclass(frozen=True, slots=True)
class Made(Step):
    """BIND."""

    worked: Worked

    def __call__(self, data: Data, rows: Rows, *, maybe: bool) -> Rows:
        return ((*row, found) for row, found in self.worked.values(data, rows))


@dataclass(frozen=True, slots=True)
class Perhaps(Step):
    """OPTIONAL: rows of `width` become longer by `more`."""

    steps: Sequence[Step]
    width: int
    more: int

    def __call__(self, data: Data, rows: Rows, *, maybe: bool) -> Rows:
        assert maybe  # it is never within another, or within EXISTS
        rows = list(rows)
        before, data.doubt = data.doubt, False
        longer = list(through(self.steps, data, rows, maybe=True))
        sure: Rows = longer
        if data.doubt:
            sure = through(self.steps, data, rows, maybe=False)
        data.doubt |= before
        met = {row[: self.width] for row in sure}
        return longer + [row + (None,) * self.more for row in rows if row not in met]


@dataclass(frozen=True, slots=True)
class Either(Step):
    """UNION: of the rows of each branch, the places that all branches have in common, and of each what it lacks."""

    branches: Sequence[tuple[Sequence[Step], Sequence[int | None]]]

    def __call__(self, data: Data, rows: Rows, *, maybe: bool) -> Rows:
        rows = list(rows)
        return chain.from_iterable(self._branch(data, rows, *branch, maybe=maybe) for branch in self.branches)

    @staticmethod
    def _branch(data: Data, rows: Rows, steps: Sequence[Step], places: Sequence[int | None], *, maybe: bool) -> Rows:
        for row in through(steps, data, rows, maybe=maybe):
            yield tuple([None if n is None else row[n] for n in places])
