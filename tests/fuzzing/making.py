"""Inputs that hypothesis makes up: seeds changed here and there, words and signs put together, and any bytes."""

from hypothesis import strategies as st


def inputs(seeds: list[bytes], words: tuple[str, ...] = ()) -> st.SearchStrategy[bytes]:
    """Return a strategy of inputs like `seeds`, of `words`, and of anything."""
    pieces = [w.encode() for w in words] + [s[n : n + 8] for s in seeds for n in range(0, min(len(s), 200), 8)]
    parts = st.lists(st.sampled_from(pieces or [b"a"]) | st.binary(max_size=3), max_size=12).map(b"".join)
    anything = st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")) | st.binary(max_size=60)
    if not seeds:
        return parts | anything
    return _changed(seeds, pieces) | parts | anything


@st.composite
def _changed(draw: st.DrawFn, seeds: list[bytes], pieces: list[bytes]) -> bytes:
    """Return a seed of which some parts are left out, repeated or replaced."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 12)))
        new = draw(st.sampled_from([b"", data[start:end] * 2, *pieces[:200]]) | st.binary(max_size=2))
        data = data[:start] + new + data[end:]
    return data
