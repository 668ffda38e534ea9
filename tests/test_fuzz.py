"""The doors for what comes from outside: the corpus, with all that was once found, and a little of what is made up.

`make fuzz` goes on from here for as long as it is given; see tests/fuzz.py.
"""

import json

import pytest
from fuzzing.making import inputs
from fuzzing.targets import TARGETS, Target, corpus
from hypothesis import HealthCheck, given, seed, settings

_APART = {"pdf-file": 1, "web-page": 25, "any-archive": 25}  # each of which costs a process or large libraries


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_what_comes_from_outside_is_read_or_refused(target: Target) -> None:
    seeds = corpus(target.name)
    assert seeds
    for data in seeds:
        _tried(target, data)

    @seed(20_160_331)
    @settings(
        max_examples=_APART.get(target.name, 60), deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(inputs(seeds, target.words))
    def made_up(data: bytes) -> None:
        _tried(target, data)

    made_up()


def _tried(target: Target, data: bytes) -> None:
    try:
        target.run(data)
    except Exception as error:
        error.add_note(f"{target.name}: {json.dumps(data.decode('utf-8', 'surrogateescape'))}")
        raise
