"""A SPARQL endpoint for tests, in a thread of this process: any server that keeps to the protocol will do.

It answers queries anywhere and takes updates at /update.
"""

import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pyoxigraph as ox


class Endpoint:
    """An endpoint over a store in memory: as little of the protocol as the standard asks for."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self.store = ox.Store()
        self.store.extend(quads)
        self.asked = 0
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                endpoint.asked += 1
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.path == "/update":
                    endpoint.store.update(sent)
                    self.send_response(204)
                    self.end_headers()
                    return
                body = parse_qs(sent)
                graphs = {
                    key: [ox.NamedNode(g) for g in body[name]]
                    for key, name in (("default_graph", "default-graph-uri"), ("named_graphs", "named-graph-uri"))
                    if name in body
                }
                found = endpoint.store.query(body["query"][0], **graphs)
                graph = isinstance(found, ox.QueryTriples)
                answer = found.serialize(format=ox.RdfFormat.N_TRIPLES if graph else ox.QueryResultsFormat.JSON) or b""
                self.send_response(200)
                self.send_header("Content-Type", "application/" + ("n-triples" if graph else "sparql-results+json"))
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/sparql"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
