"""Text search over a publication: an index beside its store, and what is found in it.

`index.build` writes the index when a release is made (SQLite's FTS5 with trigrams, so that Japanese needs no word
boundaries); `finder.Finder` asks it.
"""

from kpigraph.search.finder import Finder as Finder
from kpigraph.search.finder import Found as Found
from kpigraph.search.index import FILE as FILE
from kpigraph.search.index import KINDS as KINDS
from kpigraph.search.index import Thing as Thing
from kpigraph.search.index import build as build
from kpigraph.search.index import change as change
from kpigraph.search.index import merged as merged
from kpigraph.search.index import things as things
from kpigraph.search.index import write as write
