"""Measure a server over a publication from outside: questions as they are asked, downloads, memory.

    python benchmarks/served.py PUBLIC [--wait SECONDS] [--json FILE]

Starts `kpigraph serve` on loopback, downloads the largest file whole and in part, waits for at most --wait seconds
until the questions are answered beforehand, and asks each three times. Times to the first byte and to the last are as
the client sees them; processor time is the server's own, without its workers.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

REPO = Path(__file__).resolve().parent.parent
_TICK = os.sysconf("SC_CLK_TCK")
_PIECE = 1 << 20


def worked(pid: int) -> float:
    """Return the seconds of processor time of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory(pid: int) -> dict[str, int]:
    """Return MiB resident and the peak of it, of a process and its descendants: memory they share is counted once."""
    found = {"resident": 0, "peak": 0}
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{one}/status").read_text().splitlines() if ":" in line
        )
        pss = [line for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")]
        found["resident"] += int(pss[0].split()[1]) >> 10
        found["peak"] = max(found["peak"], int(status["VmHWM"].split()[0]) >> 10)
        waiting += [int(c) for t in Path(f"/proc/{one}/task").iterdir() for c in (t / "children").read_text().split()]
    return found


def get(port: int, path: str, **headers: str) -> tuple[int, int, float, float]:
    """Return the status, the bytes, and the milliseconds until the first and the last of them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=700)
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    size, first = len(response.read(1)), (time.perf_counter() - began) * 1000
    while part := response.read(_PIECE):
        size += len(part)
    last = (time.perf_counter() - began) * 1000
    connection.close()
    return response.status, size, first, last


def downloads(port: int, pid: int, public: Path) -> list[dict[str, Any]]:
    file = max((f for f in (public / "current").iterdir() if f.is_file()), key=lambda f: f.stat().st_size)
    size, rows = file.stat().st_size, []
    for what, headers in (("whole", {}), ("middle half", {"Range": f"bytes={size // 4}-{size // 4 * 3 - 1}"})):
        busy = worked(pid)
        status, got, first, last = get(port, f"/download/{file.name}", **headers)
        rows.append({"file": f"{file.name}, {what}", "status": status, "MiB": got >> 20, "first ms": first,
                     "last ms": last, "processor ms": 1000 * (worked(pid) - busy)})  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def ask_all(port: int, pid: int, wait: float) -> list[dict[str, Any]]:
    from kpigraph.serve.beforehand import questions

    asked = [(q.key, "/sparql?" + urlencode({"query": q.text})) for q in questions()]
    rows = []
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline and told(port) < len(asked):
        time.sleep(2)
    for key, path in asked:
        times = [get(port, path, Accept="application/sparql-results+json") for _ in range(3)]
        rows.append({"question": key, "status": times[-1][0], "KiB": times[-1][1] >> 10,
                     "once": [round(t, 1) for t in times[0][2:]],
                     "again": [round(max(t[n] for t in times[1:]), 1) for n in (2, 3)]})  # fmt: skip
        slow = "" if rows[-1]["again"][0] <= 200 else " SLOW"
        print(f"{key:24} {rows[-1]['status']} {rows[-1]['KiB']:8,} KiB  first byte, last: once {rows[-1]['once']} "
              f"again {rows[-1]['again']} ms{slow}", flush=True)  # fmt: skip
    return rows


def told(port: int) -> int:
    """Return how many questions are done, from the counters: they run in the slow lane."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return int(sum(float(v.split()[-1]) for v in lines if v.startswith("kpigraph_queries_total") and '"slow"' in v))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("public", type=Path)
    parser.add_argument("--wait", type=float, default=600)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    sys.path[:0] = [str(REPO)]
    command = [sys.executable, "-m", "kpigraph", "serve", "--store", str(given.public), "--port", "0"]
    environment = os.environ | {"KPIGRAPH_ACCESS_LOG": "off", "PYTHONPATH": str(REPO)}
    began = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            port = int(process.stderr.readline().split()[0].rstrip("/").rpartition(":")[2])
            get(port, "/healthz/ready")
            rows: dict[str, Any] = {"ready s": time.perf_counter() - began, "at first": memory(process.pid)}
            rows["downloads"] = downloads(port, process.pid, given.public)
            rows["questions"] = ask_all(port, process.pid, given.wait)
            rows["in the end"] = memory(process.pid)
            print({k: v for k, v in rows.items() if k not in ("downloads", "questions")})
        finally:
            process.terminate()
    if failed := [r for part in ("downloads", "questions") for r in rows[part] if r["status"] not in (200, 206)]:
        raise SystemExit(f"not answered: {failed}")
    if given.json:
        given.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
