"""What a query worker can still reach once its store is open, tried from within."""

import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from kpigraph.serve import confined

TRIED = """
import ctypes, errno, os, socket, sys
from pathlib import Path
from kpigraph.serve import confined

folder = Path(sys.argv[1])
confined.confine(folder if sys.argv[2] == "disk" else None)

def told(work):
    try:
        work()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def created(path):
    library = ctypes.CDLL(None, use_errno=True)
    if library.creat(path, 0o600) < 0:
        raise OSError(ctypes.get_errno(), "")

print(told(lambda: socket.socket()), told(lambda: socket.socketpair()), told(lambda: os.execv("/bin/true", ["true"])),
      told(lambda: os.open(folder / "new", os.O_WRONLY | os.O_CREAT)),
      told(lambda: os.open(folder / "0.sst", os.O_RDWR)), told(lambda: os.truncate(folder / "0.sst", 0)),
      told(lambda: created(bytes(folder / "made"))),
      *(told(lambda n=n: os.open(folder / f"{n}.sst", os.O_RDONLY)) for n in range(3)),
      told(lambda: os.open("/etc/hostname", os.O_RDONLY)))
"""


def tried(folder: Path, kind: str) -> list[str]:
    command = [sys.executable, "-c", TRIED, str(folder), kind]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="the kernel's filter is made for these")
def test_sockets_programs_and_writing_are_refused_and_tables_may_be_read(tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.sst").write_bytes(b"table")
    assert tried(tmp_path, "disk") == ["EPERM"] * 7 + ["done"] * 3 + ["EMFILE"]
    assert tried(tmp_path, "memory")[7:] == ["EMFILE"] * 4
    assert {p.name for p in tmp_path.iterdir()} == {"0.sst", "1.sst", "2.sst"}
    assert (tmp_path / "0.sst").read_bytes() == b"table"


def test_the_filter_is_right_on_both_machines() -> None:
    """Its leaps land on what they must: the filter is run step by step, as the kernel would."""
    for architecture, openat, opened, refused in confined._MACHINES.values():
        program = confined._program(architecture, openat, opened, refused)

        def answer(
            number: int, flags: int = 0, architecture: int = architecture, program: list[bytes] = program
        ) -> bool:
            return run(program, {4: architecture, 0: number, 32: flags, 24: flags}) == confined._ALLOW

        refusals = [*refused, 0x40000000 + 41, *([] if opened is None else [0x40000000 + opened])]
        assert not any(answer(number) for number in refusals)
        assert [answer(openat, flags) for flags in (0, 1, 2, 0o100, 0o1000)] == [True, False, False, False, False]
        assert opened is None or [answer(opened, flags) for flags in (0, 1)] == [True, False]
        assert all(answer(number) for number in (0, 63, 202))
        assert not answer(0, architecture=0x40000003)


def run(program: list[bytes], data: dict[int, int]) -> int:
    held, at = 0, 0
    while True:
        code, so, otherwise, number = struct.unpack("=HBBI", program[at])
        at += 1
        match code:
            case 0x20:
                held = data[number]
            case 0x06:
                return int(number)
            case _:
                holds = {0x15: held == number, 0x35: held >= number, 0x45: bool(held & number)}[code]
                at += so if holds else otherwise
