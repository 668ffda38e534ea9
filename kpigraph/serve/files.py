"""/download: the files of the release, by the names in its manifest and no others."""

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from kpigraph.dumps import REPRESENTATIONS
from kpigraph.serve import web
from kpigraph.serve.served import Served
from kpigraph.serve.web import Server

_TYPES = {suffix: r.media_type for suffix, r in REPRESENTATIONS.items()} | {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "gz": "application/gzip",
}


async def download(server: Server, request: Request) -> Response:
    """Serve a file whole, in part (ranges), or compressed as it lies beside it."""
    served = server.source.served()
    name = request.path_params["name"]
    path = served.file(name)
    if path is None:
        return web.error(server, request, 404)
    headers = {"Cache-Control": "public, no-cache", "Vary": "Accept-Encoding", "ETag": _etag(served, name)}
    packed = served.file(f"{name}.gz")
    if packed is not None and "range" not in request.headers and web.takes_gzip(request):
        path = packed
        headers |= {"Content-Encoding": "gzip", "ETag": _etag(served, f"{name}.gz")}
    if web.not_modified(request, headers["ETag"]):
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    return FileResponse(path, headers=headers, media_type=_media_type(name))


def _etag(served: Served, name: str) -> str:
    entry = served.manifest.get("files", {}).get(name, {})
    return '"{}"'.format(entry.get("sha256", "")[:24] or served.version)


def _media_type(name: str) -> str:
    if name.endswith(".csv-metadata.json"):
        return "application/csvm+json"
    return _TYPES.get(name.rsplit(".", 1)[-1], "application/octet-stream")
