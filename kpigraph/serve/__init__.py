"""The server: linked data, SPARQL endpoint and pages over a published release.

`run` and `run_files` are what the command line calls; `app.create_app` is the application itself.
"""

import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kpigraph.config import Settings
from kpigraph.problems import UsageError

if TYPE_CHECKING:
    from kpigraph.serve.served import Source


def run(public: Path, settings: Settings, host: str, port: int, *, quiet: bool = False) -> None:
    """Serve the current release of a publication until stopped.

    Raises:
        UsageError: if the address cannot be listened on, or the release is damaged beyond being made anew.
    """
    from kpigraph.serve.snapshot import Snapshot

    _run(Snapshot(public), settings, host, port, quiet)


def keeps_files(folder: Path) -> bool:
    """Return whether `run_files` kept RDF files in `folder` earlier, to be reopened from there."""
    return (folder / "loaded.json").is_file()


def run_files(
    files: Sequence[Path], folder: Path | None, settings: Settings, host: str, port: int, *, quiet: bool = False
) -> None:
    """Serve RDF files as they are until stopped, kept in `folder` or else only meanwhile.

    Raises:
        UsageError: if a file cannot be read or the address cannot be listened on.
    """
    from kpigraph.serve.data_files import DataFiles

    _run(DataFiles(files, folder), settings, host, port, quiet)


def run_remote(address: str, settings: Settings, host: str, port: int, *, quiet: bool = False) -> None:
    """Serve what another SPARQL endpoint has until stopped, under our own protocol and protections.

    Raises:
        UsageError: if that is no address of an endpoint, or our own cannot be listened on.
    """
    from kpigraph.serve.elsewhere import Remote

    _run(Remote(address, settings.base_iri), settings, host, port, quiet)


def _run(source: "Source", settings: Settings, host: str, port: int, quiet: bool) -> None:
    listening = _listen(host, port)
    try:
        source.served()  # what cannot be served is told now, by the status too, and not to each reader
    except UsageError:
        listening.close()
        source.close()
        raise
    if settings.access_log and not quiet:
        _log_requests()
    try:
        import uvicorn

        from kpigraph.serve import allocator, connection, journal
        from kpigraph.serve.app import create_app

        allocator.give_back()
        journal.begin()

        config = uvicorn.Config(
            create_app(source, settings),
            log_level="warning" if quiet else "info",
            access_log=False,
            http=connection.bounded(settings.client_seconds, connection.most_connections()),
            ws="none",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(settings.query_seconds) + 2,  # whoever waits for a query still gets an answer
        )
        if not quiet:
            address = f"http://{host}:{listening.getsockname()[1]}/"
            print(f"{address} で配信します / serving (Ctrl-C で終了 / to stop)", file=sys.stderr)
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
        source.close()


def _log_requests() -> None:
    """Write a line of JSON a request to standard error: what was asked and how it went, never who asked."""
    log, handler = logging.getLogger("kpigraph.access"), logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise UsageError(
            f"{host}:{port} で待ち受けられません: {error}", f"cannot listen on {host}:{port}: {error}"
        ) from None
