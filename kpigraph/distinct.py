"""How many different objects the triples of many parts have: counted by hashes of 64 bits, in all and by property.

Where few parts have changed, only what they say otherwise than before is looked for in the others.
"""

import json
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

_AT_ONCE = 2_000_000  # hashes in a set at a time
_LOOKED_FOR = 200  # hashes that are sooner looked for one by one


def packed(objects: Mapping[str, set[int]]) -> bytes:
    """Return sets of hashes, by property, as bytes: a line of JSON with their sizes, then the hashes, sorted."""
    sizes = {name: len(hashes) for name, hashes in sorted(objects.items())}
    numbers = array("Q")
    for name in sizes:
        numbers.extend(sorted(objects[name]))
    return json.dumps(sizes).encode() + b"\n" + numbers.tobytes()


def unpacked(data: bytes) -> dict[str, "array[int]"]:
    """Return what `packed` packed."""
    line, _, rest = data.partition(b"\n")
    numbers = array("Q")
    numbers.frombytes(rest)
    found: dict[str, array[int]] = {}
    begin = 0
    for name, size in json.loads(line).items() if line else ():
        found[name] = numbers[begin : begin + size]
        begin += size
    return found


def count(parts: Sequence[Mapping[str, "array[int]"]]) -> tuple[int, dict[str, int]]:
    """Return how many objects there are in all, and of each property, in the sorted hashes of all `parts`.

    They are counted by ranges of hashes, so that never all of them are in memory as objects of Python.
    """
    of_property: dict[str, int] = defaultdict(int)
    total = 0
    ranges = max(1, sum(len(a) for part in parts for a in part.values()) // _AT_ONCE)
    step = (1 << 64) // ranges + 1
    for begin in range(0, 1 << 64, step):
        found: dict[str, set[int]] = defaultdict(set)
        for part in parts:
            for name, hashes in part.items():
                low, high = bisect_left(hashes, begin), bisect_left(hashes, begin + step)
                if low < high:
                    found[name].update(hashes[low:high])
        for name, seen in found.items():
            of_property[name] += len(seen)
        total += len(set().union(*found.values()))
    return total, of_property


def recount(
    before: tuple[int, Mapping[str, int]],
    gone: Sequence[Mapping[str, "array[int]"]],
    new: Sequence[Mapping[str, "array[int]"]],
    others: Iterable[bytes],
) -> tuple[int, dict[str, int]]:
    """Return what `count` returns of `others` and `new`, `before` being what it returned of `others` and `gone`.

    `others` are packed: of most of them that is all that is looked at.
    """
    lost, came = _sets(gone), _sets(new)
    every = [set().union(*these.values()) for these in (lost, came)]
    for name in lost.keys() | came.keys():
        lost[name], came[name] = lost[name] - came[name], came[name] - lost[name]
    anywhere = every[0] ^ every[1]
    in_property = {name: lost[name] | came[name] for name in lost.keys() | came.keys() if lost[name] or came[name]}
    wanted = anywhere.union(*in_property.values())  # what has been found in all places that count is not any more
    for data in others if wanted else ():
        if len(wanted) <= _LOOKED_FOR and not any(array("Q", [h]).tobytes() in data for h in wanted):
            continue
        for name, hashes in unpacked(data).items():
            anywhere.difference_update(hashes)
            if name in in_property:
                in_property[name].difference_update(hashes)
        wanted = anywhere.union(*in_property.values())
        if not wanted:
            break
    of_property = dict(before[1])
    for name, changed in in_property.items():
        of_property[name] = of_property.get(name, 0) + len(changed & came[name]) - len(changed & lost[name])
    total = before[0] + len(anywhere & every[1]) - len(anywhere & every[0])
    return total, {name: number for name, number in of_property.items() if number}


def _sets(parts: Iterable[Mapping[str, "array[int]"]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for part in parts:
        for name, hashes in part.items():
            found[name].update(hashes)
    return found
