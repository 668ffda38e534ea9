"""What a store says of one edition, looked up by thing and property."""

from collections import defaultdict
from collections.abc import Iterable

from pyoxigraph import Literal

from kpigraph.iris import code_value
from kpigraph.prefixes import expand
from kpigraph.store import Row, text
from kpigraph.text import natural


class Facts:
    """What is said of some things: thing → property → literals and IRIs, from one query."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._facts: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            language = row["o"].language or "" if isinstance(row["o"], Literal) else ""
            self._facts[text(row, "s")][text(row, "p")].append((language, text(row, "o")))

    def of_class(self, name: str) -> list[str]:
        """Return the things of a class such as kpi:Listing, in natural order."""
        found = (s for s in self._facts if expand(name) in self.all(s, "rdf:type"))
        return sorted(found, key=lambda s: (natural(s), s))

    def all(self, thing: str, name: str) -> list[str]:
        """Return the values of the property `name` of `thing`, in natural order."""
        values = {value for _, value in self._facts[thing][expand(name)]} if thing in self._facts else set()
        return sorted(values, key=lambda v: (natural(v), v))

    def one(self, thing: str, name: str) -> str:
        """Return the value of a property, several with a space between, "" if there is none."""
        return " ".join(self.all(thing, name))

    def code(self, thing: str, name: str) -> str:
        """Return the values of a property whose values are concepts of a code list, without prefixes."""
        return " ".join(map(code_value, self.all(thing, name)))

    def number(self, thing: str, name: str) -> int:
        return int(self.one(thing, name) or 0)

    def label(self, thing: str, name: str = "skos:prefLabel", language: str = "ja") -> str:
        """Return the text of `thing` in `language`; in another one if that is ja and there is none."""
        texts = dict(sorted(self._facts[thing][expand(name)])) if thing in self._facts else {}
        return texts.get(language) or (next(iter(texts.values()), "") if language == "ja" else "")
