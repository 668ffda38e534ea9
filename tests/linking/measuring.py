"""How right the matcher is on labelled.csv: benchmarks/linking.py prints it, tests/test_linking.py sets a floor."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kpigraph import codelists
from kpigraph.linking.matcher import THRESHOLD, Matcher, Proposal
from kpigraph.model import Aggregation

HERE = Path(__file__).resolve().parent
LISTS = HERE.parent.parent / "data" / "codelists"
# The municipality of each document, whose name says nothing of what it measures.
PLACES = {
    "kushiro": "釧路市", "chiba": "千葉市", "oyabe": "小矢部市", "kumano": "熊野市", "mima": "美馬市",
    "kagawa": "香川県", "okinawa": "沖縄県", "hokkaido": "北海道", "urakawa": "浦河町", "anjo": "安城市",
    "konan": "香南市", "sasebo": "佐世保市", "yokkaichi": "四日市市", "osaki": "大崎町", "fukuoka": "福岡県",
    "hiroshima": "広島県", "aichi": "愛知県", "nanto": "南砺市", "suzuka": "鈴鹿市", "ibaraki": "茨城県",
    "tochigi": "栃木県", "miyazaki": "宮崎県", "miyako": "宮古島市", "miyagi": "宮城県", "matsudo": "松戸市",
    "matsudo-strategy": "松戸市", "chiba-ken-2017": "千葉県", "chiba-ken-2022": "千葉県",
    "chiba-ken-strategy": "千葉県", "nagano": "長野県", "nagano-regions": "長野県", "saku": "長野県",
    "gunma": "群馬県", "kakogawa": "加古川市", "nagasaki": "長崎市", "komoro": "小諸市", "zushi": "逗子市",
    "owariasahi": "尾張旭市", "noshiro": "能代市", "akita": "秋田県",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled indicator with the best proposal for it, however weak; `concept` is "" where none is right."""

    document: str
    label: str
    concept: str
    best: Proposal | None

    def is_right(self, threshold: float) -> bool | None:
        """Tell whether what is proposed is right; None where nothing is proposed."""
        if self.best is None or self.best.score < threshold:
            return None
        return self.best.notation == self.concept


def measure(part: str) -> list[Labelled]:
    """Return every labelled indicator of one part of the set, matched."""
    units = codelists.load_units(LISTS)
    matcher = Matcher(codelists.load_indicators(LISTS))
    found = []
    with (HERE / "labelled.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["part"] == part:
                best = matcher.propose(
                    row["label"],
                    unit=units.find(row["unit"]),
                    aggregations=[Aggregation(row["period"])] if row["period"] else [],
                    headings=[row["place"]] if row["place"] else [],
                    places=[PLACES[row["document"]]] if row["document"] in PLACES else [],
                    least=0.3,
                    limit=1,
                )
                found.append(Labelled(row["document"], row["label"], row["concept"], best[0] if best else None))
    return found


def precision_and_recall(found: Iterable[Labelled], threshold: float = THRESHOLD) -> tuple[float, float]:
    """Return which share of what is proposed is right, and which share of what is right is proposed."""
    rows = list(found)
    proposed = [x.is_right(threshold) for x in rows]
    right = proposed.count(True)
    return right / max(right + proposed.count(False), 1), right / max(sum(bool(x.concept) for x in rows), 1)
