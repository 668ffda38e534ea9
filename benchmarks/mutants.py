"""How many mistakes in the published graph the shapes see, of those that nobody thought of a shape for.

    python benchmarks/mutants.py PUBLIC [--seed N] [--each N]

Every property of every class of the publication in PUBLIC is broken by each operator below that can be applied, at
`each` things chosen by `seed`; each mutant is one change. It prints the score of each operator and every class and
property where a change went unseen. The test suite has faults of its own, each with the shape that is to find it:
tests/test_mutations.py.
"""

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from mutation import Bench, Mutant, published_graph
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF
from rdflib.term import Node

from kpigraph.prefixes import NS, PREFIXES
from kpigraph.validate import load_shapes

Operator = Callable[[Mutant, Node, URIRef, Node, list[Node]], bool]


def lose(m: Mutant, s: Node, p: URIRef, o: Node, others: list[Node]) -> bool:
    """The statement is lost."""
    m.change((s, p, o), added=False)
    return True


def misspell(m: Mutant, s: Node, p: URIRef, o: Node, others: list[Node]) -> bool:
    """The property is misspelt."""
    m.change((s, p, o), added=False)
    m.change((s, URIRef(f"{p}s"), o), added=True)
    return True


def second(m: Mutant, s: Node, p: URIRef, o: Node, others: list[Node]) -> bool:
    """A second value, of another thing of the class, stands beside the first."""
    if not others:
        return False
    m.change((s, p, others[0]), added=True)
    return True


def exchange(m: Mutant, s: Node, p: URIRef, o: Node, others: list[Node]) -> bool:
    """The value of another thing of the class stands in place of the right one."""
    if not others:
        return False
    m.change((s, p, o), added=False)
    m.change((s, p, others[0]), added=True)
    return True


def another_kind(m: Mutant, s: Node, p: URIRef, o: Node, others: list[Node]) -> bool:
    """A text stands in place of an IRI or number, a number in place of a text."""
    is_text = isinstance(o, Literal) and (o.datatype is None or str(o.datatype).endswith("#string"))
    m.change((s, p, o), added=False)
    m.change((s, p, Literal(7) if is_text else Literal(f"{o}")), added=True)
    return True


def nowhere(m: Mutant, s: Node, p: URIRef, o: Node, others: list[Node]) -> bool:
    """The IRI leads nowhere."""
    if not isinstance(o, URIRef):
        return False
    m.change((s, p, o), added=False)
    m.change((s, p, URIRef(f"{o}-x")), added=True)
    return True


OPERATORS: tuple[Operator, ...] = (lose, misspell, second, exchange, another_kind, nowhere)


def short(iri: str) -> str:
    return next((f"{p}:{iri[len(ns) :]}" for p, ns in PREFIXES.items() if iri.startswith(ns)), iri)


def kinds(graph: Graph) -> dict[URIRef, list[URIRef]]:
    """Return the things by class: of several classes of ours, the narrowest; of none, any."""
    sizes = Counter(graph.objects(None, RDF.type))
    found: dict[URIRef, list[URIRef]] = defaultdict(list)
    for s in set(graph.subjects(RDF.type)):
        classes = [c for c in graph.objects(s, RDF.type) if isinstance(c, URIRef)]
        ours = [c for c in classes if c.startswith(NS)] or classes
        if isinstance(s, URIRef):
            found[min(ours, key=lambda c: (sizes[c], c))].append(s)
    return {c: sorted(things) for c, things in sorted(found.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("public", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=1)
    args = parser.parse_args()
    current = args.public / "current"
    bench, chance = Bench(published_graph(current), load_shapes()), random.Random(args.seed)
    report = json.loads((current / "validation.json").read_text(encoding="utf-8"))
    before = {(r["shape"], r["focus_node"]) for r in report["results"]}
    made: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    missed: list[str] = []
    for kind, things in kinds(bench.graph).items():
        values: dict[URIRef, list[tuple[Node, Node]]] = defaultdict(list)
        for s in things:
            for p, o in bench.graph.predicate_objects(s):
                values[URIRef(p)].append((s, o))
        for p, stated in sorted(values.items()):
            stated.sort()
            for s, o in chance.sample(stated, min(args.each, len(stated))):
                others = sorted({v for _, v in stated} - set(bench.graph.objects(s, p)))
                chance.shuffle(others)
                for operator in OPERATORS:
                    with bench.mutant() as mutant:
                        if not operator(mutant, s, p, o, others) or not mutant.log:
                            continue
                        results = bench.check(bench.near(mutant))
                        made[operator.__name__] += 1
                        if {(str(r.shape), str(r.focus_node)) for r in results} - before:
                            seen[operator.__name__] += 1
                        else:
                            missed.append(f"{operator.__name__:12} {short(kind)} {short(p)}")
    for operator in OPERATORS:
        name = operator.__name__
        print(f"{name:12} {seen[name]:4} of {made[name]:4}  {operator.__doc__}")
    print(f"{'all':12} {seen.total():4} of {made.total():4}  {seen.total() / made.total():.1%}")
    print("\nunseen:")
    print("\n".join(sorted(missed)))


if __name__ == "__main__":
    main()
