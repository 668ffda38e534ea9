"""/download: the files of the release, by the names in its manifest and no others.

What is published packed only (KPIGRAPH_DUMPS) answers under its plain name too: to who accepts gzip it goes as it is,
in parts too; to others it is inflated while it is sent, whole, a piece at a time.
"""

import gzip
import re
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from kpigraph.dumps import REPRESENTATIONS
from kpigraph.releases import PUBLIC_KEY
from kpigraph.serve import coding, connection, web
from kpigraph.serve.rendered import Cache
from kpigraph.serve.served import Served
from kpigraph.serve.web import Server

_PACKED_UP_TO = 4 << 20  # bytes; a larger file goes as it is, or as it was packed when it was published
_INFLATED = 1 << 20  # bytes inflated at a time
_RANGES = re.compile(r"bytes=\s*(?:\d+-\d*|-\d+)(?:\s*,\s*(?:\d+-\d*|-\d+))*\s*")  # others are ignored (RFC 9110, 14.2)
_DESCRIPTION = "-metadata.json"
_TYPES = {suffix: r.media_type for suffix, r in REPRESENTATIONS.items()} | {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json",
    "gz": "application/gzip",
    "pub": "text/plain; charset=utf-8",
    "minisig": "text/plain; charset=utf-8",
}


async def download(server: Server, request: Request) -> Response:
    """Serve a file: whole, in part (ranges), or packed."""
    return await _download(server, request, request.path_params["name"])


async def public_key(server: Server, request: Request) -> Response:
    """/.well-known/minisign.pub: the key that the release in use is signed with; 404 where it is not signed."""
    return await _download(server, request, PUBLIC_KEY)


async def _download(server: Server, request: Request, name: str) -> Response:
    served = server.source.served()
    path = served.file(name)
    if not _RANGES.fullmatch(request.headers.get("range", "")):
        request.scope["headers"] = [h for h in request.scope["headers"] if h[0] != b"range"]
    if path is None:
        beside = served.file(f"{name}.gz") if name in served.inflated else None
        return _packed_only(request, served, name, beside) if beside else web.error(server, request, 404)
    packing = (
        ""
        if b"range" in dict(request.scope["headers"])
        else _packing(served, name, path, request.headers.get("accept-encoding"))
    )
    tag = _tag(served, name)
    headers = {
        "Cache-Control": "public, no-cache",
        "Vary": "Accept-Encoding",
        "ETag": f'"{tag}-{packing}"' if packing else f'"{tag}"',
        "Link": _links(served, name),
    }
    if _not_modified(request, headers["ETag"], path):
        return Response(status_code=304, headers=headers)
    if not packing:
        return _File(path, headers=headers, media_type=_media_type(name))
    headers |= {"Content-Encoding": packing, "Accept-Ranges": "bytes"}
    if packing == "gzip" and (beside := served.file(f"{name}.gz")) is not None:
        return _File(beside, headers=headers, media_type=_media_type(name))
    body = await run_in_threadpool(_packed, path, tag, packing, request.app.state.packed)
    return Response(body, headers=headers, media_type=_media_type(name))


def _packed_only(request: Request, served: Served, name: str, file: Path) -> Response:
    """Answer with a file of which only the packed form is published."""
    packing = coding.choose(request.headers.get("accept-encoding"), ("gzip",))
    headers = {
        "Cache-Control": "public, no-cache",
        "Vary": "Accept-Encoding",
        "ETag": f'"{_tag(served, f"{name}.gz")}-{packing or "inflated"}"',
        "Link": _links(served, name),
    }
    if _not_modified(request, headers["ETag"], file):
        return Response(status_code=304, headers=headers)
    if packing:
        return _File(file, headers=headers | {"Content-Encoding": packing}, media_type=_media_type(name))
    headers |= {"Accept-Ranges": "none", "Content-Length": str(served.inflated[name])}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=_media_type(name))
    return StreamingResponse(_inflated(request, file), headers=headers, media_type=_media_type(name))


async def _inflated(request: Request, file: Path) -> AsyncIterator[bytes]:
    """Yield what a packed file holds. All who are sent one share one thread, so that they take one core at most."""
    state = request.app.state
    if (turn := getattr(state, "inflating", None)) is None:
        turn = state.inflating = anyio.CapacityLimiter(1)
    with gzip.open(file) as inflating:
        while part := await anyio.to_thread.run_sync(inflating.read, _INFLATED, limiter=turn):
            yield part


class _File(FileResponse):
    """A file that the kernel copies to the client, whole or in part, where the server offers that.

    Elsewhere, and for several parts at once, it goes in pieces of 1 MiB: of 64 KiB each, handing them over costs
    several times the reading.
    """

    chunk_size = 1 << 20

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._zero_copy = connection.ZERO_COPY in (scope.get("extensions") or {})
        await super().__call__(scope, receive, send)

    async def _handle_simple(self, send: Send, send_header_only: bool, send_pathsend: bool) -> None:
        if send_header_only or not self._zero_copy:
            await super()._handle_simple(send, send_header_only, send_pathsend)
        else:
            await self._copied(send, self.status_code, self.raw_headers, 0, int(self.headers["content-length"]))

    async def _handle_single_range(
        self, send: Send, start: int, end: int, file_size: int, send_header_only: bool
    ) -> None:
        if send_header_only or not self._zero_copy:
            await super()._handle_single_range(send, start, end, file_size, send_header_only)
            return
        headers = MutableHeaders(raw=list(self.raw_headers))
        headers["content-range"] = f"bytes {start}-{end - 1}/{file_size}"
        headers["content-length"] = str(end - start)
        await self._copied(send, 206, headers.raw, start, end - start)

    async def _copied(
        self, send: Send, status: int, headers: list[tuple[bytes, bytes]], offset: int, count: int
    ) -> None:
        with Path(self.path).open("rb") as file:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await connection.send_file(self._scope, send, file.fileno(), offset, count)


def _packing(served: Served, name: str, path: Path, accept: str | None) -> str:
    """Return the coding to send a file in, "" for none."""
    if name.endswith(".gz"):
        return ""
    small = coding.PACKED_FROM <= path.stat().st_size <= _PACKED_UP_TO
    if small:
        return coding.choose(accept)
    return coding.choose(accept, ("gzip",)) if served.file(f"{name}.gz") is not None else ""


def _packed(path: Path, tag: str, packing: str, cache: Cache) -> bytes:
    return coding.packed(path.read_bytes(), tag, packing, cache)


def _not_modified(request: Request, etag: str, path: Path) -> bool:
    """Tell whether the client has the file: by its ETag or, where it names none, by the day (RFC 9110, 13.2.2)."""
    if "if-none-match" in request.headers:
        return web.not_modified(request, etag)
    since = request.headers.get("if-modified-since")
    if not since or request.method not in ("GET", "HEAD"):
        return False
    try:
        return int(path.stat().st_mtime) <= parsedate_to_datetime(since).timestamp()
    except (ValueError, TypeError, OverflowError):
        return False


def _links(served: Served, name: str) -> str:
    """Return where a file is described: a table by its CSVW file, which its readers look for, everything by DCAT."""
    links = ['</catalog>; rel="describedby"']
    if served.file(name + _DESCRIPTION) is not None:
        links.insert(0, f'</download/{name}{_DESCRIPTION}>; rel="describedby"; type="application/csvm+json"')
    return ", ".join(links)


def _tag(served: Served, name: str) -> str:
    entry = served.manifest.get("files", {}).get(name, {})
    return str(entry.get("sha256", "")[:24] or served.version)


def _media_type(name: str) -> str:
    if name.endswith(".csv" + _DESCRIPTION):
        return "application/csvm+json"
    return _TYPES.get(name.rsplit(".", 1)[-1], "application/octet-stream")
