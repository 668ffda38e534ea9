"""What a snapshot is made from, and what is known of the release before it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from kpigraph import catalog, releases, signing
from kpigraph.canonical import Canonical
from kpigraph.config import Settings
from kpigraph.packing import Places
from kpigraph.parts.part import Part
from kpigraph.releases import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a snapshot is made from.

    Attributes:
        parts: what every graph but the catalogue's is put together from, in the order of the dumps.
        told: those of them whose facts count, where the facts of some tell of others too; all, if None.
        imported: keys of parts that others published; what they hold is counted apart.
        default_graphs: the graphs whose union a query sees when it names none; the catalogue's is one of them.
        validation_ttl, validation_json: the SHACL report. The same data must give the same bytes.
        inputs: the files read, each with its SHA-256, named relative to the data folder.
        measures: those of `quality`, by the IRI of the dataset (the cube) of each edition.
        datasets: what these datasets are, with their canonical hashes.
        municipalities: the publisher's own list (municipalities.csv), by which tables are matched; b"" where that of
            the program is in use.
        counts: what the build wants remembered, such as documents and statements; ours are added.
        progress: called with what is being done, in ja and en.
        former: a release that differs in few parts, whose store is changed rather than made anew.
        threads: how many files may be written at once.
        keep: gives what an earlier build kept for what it depends on, else makes and keeps it.
        signer: the key that the release is signed with; its public half stands in the catalogue.
    """

    parts: Sequence[Part]
    default_graphs: tuple[str, ...]
    validation_ttl: bytes
    validation_json: bytes
    inputs: dict[str, str]
    settings: Settings
    measures: Mapping[str, Mapping[str, int | Decimal]] = field(default_factory=dict)
    datasets: Mapping[str, Canonical] = field(default_factory=dict)
    municipalities: bytes = b""
    counts: dict[str, int] = field(default_factory=dict)
    progress: Callable[[str, str], None] = releases.silent
    told: Sequence[Part] | None = None
    imported: frozenset[str] = frozenset()
    former: "Former | None" = None
    threads: int = 1
    signer: signing.SecretKey | None = None
    keep: catalog.Keep = lambda depends_on, make: make()


@dataclass(frozen=True, slots=True)
class Layout:
    """How the files of a release were put together.

    `places` tells where pieces lie in its packed files, by name of the file, `is_uniform` whether all pieces of its
    catalogue say the same of each thing.
    """

    places: Mapping[str, Places] = field(default_factory=dict)
    is_uniform: bool = False


@dataclass(frozen=True, slots=True)
class Former:
    """A release, and the parts that it has and the new one has not, and the other way round.

    `told_gone` and `told_new` are those of them whose facts count (see `Content.told`). `layout` tells how the
    files of the release were put together.
    """

    release: Release
    gone: Sequence[Part]
    new: Sequence[Part]
    told_gone: Sequence[Part] = ()
    told_new: Sequence[Part] = ()
    layout: Layout = field(default_factory=Layout)
