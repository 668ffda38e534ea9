"""Tasks done on a Dask cluster: the same function as here, with everything it reads sent along as bytes.

Workers need no disk in common with us, only the same program and the same libraries. A worker that dies loses nothing:
the scheduler gives its tasks to another one; an outcome is taken once, by its task. A scheduler runs whatever it is
sent, so it must not be within reach of others: see docs/build.md.
"""

import atexit
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from kpigraph.building import place, version
from kpigraph.building.place import Task
from kpigraph.building.running import Done, Run
from kpigraph.parts.cache import Cache
from kpigraph.problems import UsageError

Json = Any
Files = dict[str, bytes]
_WAITING = 256  # tasks that are with the scheduler at a time: what they read is in its memory
_SECONDS = 20  # of waiting for the scheduler to answer
_alone = threading.Lock()  # one task at a time in a process: its memory is what is reckoned with


@dataclass(frozen=True, slots=True)
class Sent:
    """A task with what it reads: the files of its folder, and what the cache has of its documents."""

    task: Task
    files: Files
    kept: Files
    program: str


@dataclass(frozen=True, slots=True)
class Returned:
    """An outcome with the entries of the cache that were made."""

    outcome: Json
    made: Files


class OtherProgramError(Exception):
    """A worker runs another program than we do, so its parts would be others."""


def on(address: str) -> Run:
    """Return what does tasks on the cluster whose scheduler is at `address`, such as tls://10.0.0.5:8786.

    Certificates are those of Dask's own settings (distributed.comm.tls).

    Raises:
        UsageError: by the function returned: without the extra `cluster`, if the scheduler cannot be reached, if a
            worker runs another program, or if the workers die of a task again and again.
    """

    def run(tasks: list[Task]) -> Iterator[Done]:
        if not tasks:
            return
        try:
            distributed: Any = import_module("distributed")  # heavy, an extra, and without types
        except ImportError:
            raise UsageError(
                "--cluster には追加のパッケージが要ります: pip install 'kpigraph[cluster]'",
                "--cluster needs further packages: pip install 'kpigraph[cluster]'",
            ) from None
        with ExitStack() as stack:
            try:
                client = stack.enter_context(distributed.Client(address, timeout=_SECONDS, set_as_default=False))
            except (OSError, ValueError, TimeoutError) as e:
                raise UsageError(
                    f"クラスターにつながりません: {address}（{e}）", f"the cluster cannot be reached: {address} ({e})"
                ) from None
            yield from _done(distributed, client, address, tasks)

    return run


def _done(distributed: Any, client: Any, address: str, tasks: Sequence[Task]) -> Iterator[Done]:
    # As a task and not as data: were all workers that hold it to die, the scheduler would have it made again.
    lists = client.submit(_same, _read(tasks[0].lists), key=f"lists-{tasks[0].lists_digest}-{id(client)}")
    waiting = list(tasks[::-1])
    doing: dict[Any, Task] = {}
    ready = distributed.as_completed(loop=client.loop)
    while waiting or doing:
        while waiting and len(doing) < _WAITING:
            task = waiting.pop()
            future = client.submit(work, _sent(task), lists, pure=False, retries=2)
            doing[future] = task
            ready.add(future)
        future = next(ready)
        task = doing.pop(future)
        returned = _result(distributed, future, address, task)
        cache = Cache(task.cache)
        for name, content in returned.made.items():
            cache.put(name, content)
        yield task, returned.outcome


def _result(distributed: Any, future: Any, address: str, task: Task) -> Returned:
    try:
        result: Returned = future.result()
    except OtherProgramError as e:
        raise UsageError(
            f"クラスターのプログラムかライブラリの版が手元と違います: {address}（{e}）",
            f"the cluster has another version of the program or of a library: {address} ({e})",
        ) from None
    except distributed.KilledWorker:
        folder = task.home.name
        raise UsageError(
            f"処理していたワーカーが何度も落ちました（メモリー不足かもしれません）: sources/{folder}",
            f"workers died of it again and again, perhaps for want of memory: sources/{folder}",
        ) from None
    return result


def _sent(task: Task) -> Sent:
    cache = Cache(task.cache)
    keys = [task.document_key(folder) for folder in task.folders]
    kept = {key: cache.path(key).read_bytes() for key in keys if key in cache}
    names = (*task.files, "registry.csv")
    files = {name: (task.home / name).read_bytes() for name in names if (task.home / name).is_file()}
    return Sent(replace(task, cache=Path("-")), files, kept, version.program())


def _read(folder: Path) -> Files:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _same(files: Files) -> Files:
    return files


def work(sent: Sent, lists: Files) -> Returned:
    """Do a task where it was sent to, in folders of its own; what it makes is returned and not left there.

    Raises:
        OtherProgramError: if this program is not that of who sent it.
    """
    if version.program() != sent.program:
        raise OtherProgramError(version.program()[:12])
    with _alone, tempfile.TemporaryDirectory(prefix="kpigraph-") as temporary:
        home = Path(temporary) / sent.task.home.name
        for name, content in sent.files.items():
            _put(home / name, content)
        cache = Cache(Path(temporary) / ".cache")
        for name, content in sent.kept.items():
            cache.put(name, content)
        lists_here = _lists(tuple(sorted(lists.items())))
        outcome = place.outcome(replace(sent.task, home=home, lists=lists_here, cache=cache.folder))
        made = {p.name: p.read_bytes() for p in cache.folder.glob("??/*")}
    return Returned(outcome, {n: c for n, c in made.items() if sent.kept.get(n) != c})


@lru_cache(maxsize=1)
def _lists(files: tuple[tuple[str, bytes], ...]) -> Path:
    """Return a folder of this process's own with the code lists `files`; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="kpigraph-lists-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, content in files:
        _put(folder / name, content)
    return folder


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
