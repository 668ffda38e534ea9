"""A release that differs in little from the one in use is made of that one: what is kept for it, and when it can be.

Under the name of a release the cache keeps which parts it was made of, how its files were put together, how they look,
and how much room a quad took in the store and the indexes when they were made anew. What is removed from these takes
room for a while, so a release is made anew once a quad takes a third more.
"""

from collections.abc import Iterable
from pathlib import Path

from kpigraph import publish, releases
from kpigraph.content import Content, Former, Layout
from kpigraph.parts import cache
from kpigraph.parts.cache import Cache
from kpigraph.parts.part import Part
from kpigraph.problems import UsageError
from kpigraph.releases import Release

_FEW = 10  # a store is changed where at most one part in so many is new
_GROWN = 1.3  # times the room a quad


def former(out: Path, kept: Cache, parts: Iterable[Part], told: Iterable[Part]) -> tuple[Former, float] | None:
    """Return the release in use, and its room a quad when it was made anew, if it can be changed into one of `parts`.

    `told` are those of the parts whose facts count.
    """
    try:
        release = publish.current_release(out)
    except UsageError:
        return None
    if release is None or (known := kept.json(name(release))) is None:
        return None
    if "room" not in known:  # by a former version of the program
        return None
    now, before = {part.key for part in parts}, set(known["parts"])
    gone, new = sorted(before - now), sorted(now - before)
    if len(new) * _FEW > len(now) or known["engine"] != publish.engine():
        return None
    if room(release) > known["room"] * _GROWN:
        return None
    if not all(kept.has_part(key) for key in gone) or known.get("looks") != releases.looks(release.folder):
        return None  # nothing is made of what was written to since
    told_now, told_before = {part.key for part in told}, set(known["told"])
    found = Former(
        release,
        gone=[kept.part(key) for key in gone],
        new=[kept.part(key) for key in new],
        told_gone=[kept.part(key) for key in gone if key in told_before],
        told_new=[kept.part(key) for key in new if key in told_now],
        layout=Layout(known.get("places", {}), known.get("uniform", False)),
    )
    return found, known["room"]


def keep(kept: Cache, published: publish.Published, content: Content, before: float | None) -> str:
    """Keep what the next release may be made of; return its name. `before` is the room a quad of what was changed."""
    release = published.release
    kept.put_json(
        name(release),
        {
            "parts": [p.key for p in content.parts],
            "told": [p.key for p in content.told or ()],
            "room": room(release) if before is None else before,
            "engine": publish.engine(),
            "looks": releases.looks(release.folder),
            "places": published.layout.places,
            "uniform": published.layout.is_uniform,
        },
    )
    return name(release)


def keep_looks(kept: Cache, release: Release) -> str:
    """Keep how a release looks that was read from its first byte to its last, and is as it was; return the name."""
    if (known := kept.json(name(release))) is not None:
        kept.put_json(name(release), {**known, "looks": releases.looks(release.folder)})
    return name(release)


def name(release: Release) -> str:
    """Return the name in the cache of what is kept of a release."""
    return cache.key("release", release.version, release.manifest.get("built_at", ""))


def room(release: Release) -> float:
    """Return how many bytes a quad takes in the store and the indexes of a release."""
    files = release.manifest["files"].items()
    taken: int = sum(file["bytes"] for name, file in files if name.startswith(("store/", "search/")))
    quads: int = release.manifest["counts"]["quads"]
    return taken / max(quads, 1)
