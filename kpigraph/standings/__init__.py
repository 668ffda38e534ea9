"""How every indicator stands, prepared for lists and overviews: narrowed down, put in order, counted.

`index` gathers it from a store, `rows` writes one row an indicator beside the search index of a release, `asking` reads
that. What "behind" means is in `index.Standing.lag`.
"""

from kpigraph.standings.asking import DIMENSIONS as DIMENSIONS
from kpigraph.standings.asking import SORTS as SORTS
from kpigraph.standings.asking import Index as Index
from kpigraph.standings.asking import Row as Row
from kpigraph.standings.index import STATUSES as STATUSES
from kpigraph.standings.index import Standing as Standing
from kpigraph.standings.index import names as names
from kpigraph.standings.index import standings as standings
from kpigraph.standings.rows import FILE as FILE
from kpigraph.standings.rows import build as build
from kpigraph.standings.rows import change as change
from kpigraph.standings.rows import write as write
