"""Publish releases to another SPARQL engine, switch between them, check and remove them: `loading.py`, `switching.py`.

What lies on the engine, and under which names, is in `kpigraph.store.ledger`.
"""
