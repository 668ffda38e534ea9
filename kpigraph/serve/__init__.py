"""The server: linked data, SPARQL endpoint and pages over a published release."""
