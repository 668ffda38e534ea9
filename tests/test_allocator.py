"""Memory that a server has done with goes back to the system."""

import platform
import subprocess
import sys

import pytest

# Large blocks, each with one behind it that stays: freed, those of an arena could not be given back.
SCRIPT = """
import sys
from kpigraph.serve import allocator

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20

if sys.argv[1] == "given back":
    assert allocator.give_back()
bytearray(16 << 20)  # a first one is freed, as it happens to every server
before, large, staying = resident(), [], []
for _ in range(40):
    large.append(b"x" * (2 << 20))
    staying.append(b"x" * 4_000)
    staying.append(b"x" * 200_000)
large.clear()
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what is told to the C library is glibc's")
def test_large_blocks_are_the_systems_again_when_they_are_freed() -> None:
    held = {way: _held(way) for way in ("given back", "as it comes")}
    assert held["given back"] < 30 < 60 < held["as it comes"], held


def _held(way: str) -> int:
    run = subprocess.run([sys.executable, "-c", SCRIPT, way], capture_output=True, text=True, check=True, timeout=60)
    return int(run.stdout)
