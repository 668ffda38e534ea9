"""kpigraph: a municipality's KPI document as linked open data.

Start reading at `kpigraph.pipeline`; the structure is described in docs/house.md.
"""

__version__ = "0.1.0"
