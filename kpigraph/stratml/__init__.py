"""One edition as a StratML Part 2 document, which software for strategic plans reads.

What StratML has no element for stands in Description and OtherInformation as lines of `name: value`, with the column
names of observations.csv, and the document begins with a list of it: see docs/stratml.md.
Source: ISO 17469-2, schema PerformancePlanOrReport 2.2.6 of 2016-02-16.
"""

from kpigraph.problems import UsageError
from kpigraph.store import Store, text
from kpigraph.stratml import plan
from kpigraph.stratml.report import NAMESPACE, document
from kpigraph.text import natural

__all__ = ["NAMESPACE", "choose", "document"]


def choose(store: Store, wanted: str = "") -> str:
    """Return the IRI of the edition that `wanted` names, by its IRI or version; "": of the one current edition.

    Raises:
        UsageError: if there is no such edition or more than one.
    """
    there = {iri: text(row, "version") for iri, row in plan.editions(store).items()}
    if wanted:
        found = sorted(iri for iri, version in there.items() if wanted in (iri, version))
    else:
        found = plan.current_editions(store)
    if len(found) == 1:
        return found[0]
    names = "\n".join(f"  {iri}" for iri in sorted(found or there, key=natural))
    raise UsageError(f"--edition で版を一つ指定してください:\n{names}", f"name one edition with --edition:\n{names}")
