"""Work in a forked process: what comes of it, and what becomes of it when that process is killed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from kpigraph import forked

SCRIPT = """
import os, pathlib, signal, sys, time
from kpigraph.forked import Forked, can_fork
from kpigraph.problems import UsageError

assert can_fork()
here, mark = os.getpid(), pathlib.Path(sys.argv[1])

def fails():
    raise UsageError("ja", "en")

def dies():
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return "done here"

good, bad, dead = Forked(lambda: [os.getpid(), "x" * 1_000_000]), Forked(fails), Forked(dies)
pid, text = good.result()
assert (pid != here, len(text)) == (True, 1_000_000)
assert good.result()[0] == pid  # which is not done twice
try:
    bad.result()
except UsageError as e:
    assert e.messages == {"ja": "ja", "en": "en"}
else:
    raise AssertionError
assert dead.result() == "done here"

def slow():
    mark.write_text(str(os.getpid()))
    time.sleep(60)

slow_one = Forked(slow)
while not mark.exists() or not mark.read_text():
    time.sleep(0.01)
if sys.argv[2:]:
    os.kill(here, signal.SIGKILL)
for one in (good, bad, dead, slow_one):
    one.end()
    one.end()
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_the_result_is_that_of_the_work_whoever_did_it_in_the_end(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(mark)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert gone(int(mark.read_text()))


def test_it_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    died = subprocess.run([sys.executable, "-c", SCRIPT, str(mark), "die"], check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    pid, waited = int(mark.read_text()), threading.Event()
    for _ in range(100):
        if gone(pid):
            break
        waited.wait(0.1)
    else:
        os.kill(pid, signal.SIGKILL)
        raise AssertionError("it goes on by itself")


def test_nothing_is_forked_beside_other_threads() -> None:
    until = threading.Event()
    other = threading.Thread(target=until.wait)
    other.start()
    try:
        assert not forked.can_fork()
    finally:
        until.set()
        other.join()
