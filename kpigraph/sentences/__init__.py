"""The sentence of each problem, once a language: by its code, (Japanese, English).

`{found}` and `{expected}` are filled in by `problems.py`.
"""

from kpigraph.sentences.curated import CURATED
from kpigraph.sentences.documents import DOCUMENTS
from kpigraph.sentences.files import FILES
from kpigraph.sentences.releases import RELEASES

SENTENCES: dict[str, tuple[str, str]] = FILES | DOCUMENTS | CURATED | RELEASES
