"""What the endpoint is measured against: FastAPI and pyoxigraph, in memory, without any protection.

python benchmarks/bare.py FILE.nt PORT
"""

import sys

import pyoxigraph as ox
import uvicorn
from fastapi import FastAPI, Response

app = FastAPI()
store = ox.Store()


@app.get("/sparql")
def sparql(query: str) -> Response:
    result = store.query(query)
    return Response(result.serialize(format=ox.QueryResultsFormat.JSON), media_type="application/sparql-results+json")


if __name__ == "__main__":
    store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_TRIPLES)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
