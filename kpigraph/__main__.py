"""`python -m kpigraph` is `kpigraph`."""

from kpigraph.cli import main

main()
