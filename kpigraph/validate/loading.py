"""Load the shapes: those of one class each, which hold for any graph, and publication.ttl, a release's own.

See docs/model.md, section 5.
"""

from pathlib import Path

from rdflib import Graph
from rdflib.namespace import SH

from kpigraph.config import resource_dir
from kpigraph.problems import UsageError
from kpigraph.terms import read_turtle
from kpigraph.vocab import bind_prefixes

PUBLICATION = "publication.ttl"


def for_parts(shapes: Graph) -> Graph:
    """Return `shapes` without the targets that are single nodes: by them a release says what must be in it at all.

    What is no document has no edition, and need not have one.
    """
    kept = bind_prefixes(Graph())
    for triple in shapes:
        if triple[1] != SH.targetNode:
            kept.add(triple)
    return kept


def load_shapes(folder: Path | None = None, *, publication: bool = True) -> Graph:
    """Return all shapes of `folder` (by default ours) as one graph; without `publication`, only those of single things.

    Raises:
        UsageError: if there is no such file, or one is not Turtle.
    """
    folder = folder or resource_dir("shapes")
    files = sorted(f for f in folder.glob("*.ttl") if publication or f.name != PUBLICATION)
    if not files:
        raise UsageError(
            f"シェイプのファイル (*.ttl) がありません: {folder}", f"there are no shapes (*.ttl) in {folder}"
        )
    shapes = bind_prefixes(Graph())
    for file in files:
        try:
            for triple in read_turtle(file):
                shapes.add(triple)
        except (SyntaxError, ValueError) as e:
            raise UsageError(f"Turtle として読めません: {file}: {e}", f"not readable as Turtle: {file}: {e}") from e
    return shapes
