"""How right the proposals of `kpigraph link` are: precision and recall on the labelled set of tests/linking.

python benchmarks/linking.py              # the table of benchmarks/README.md
python benchmarks/linking.py --wrong      # every wrong and missing proposal too
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "linking"))
from measuring import Labelled, measure, precision_and_recall

from kpigraph.linking.matcher import THRESHOLD

THRESHOLDS = (0.55, 0.6, THRESHOLD, 0.7, 0.75, 0.8, 0.9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list every wrong and missing proposal")
    wrong = parser.parse_args().wrong
    for part in ("tuned", "held-out"):
        begun = time.perf_counter()
        found = measure(part)
        seconds = time.perf_counter() - begun
        labelled = sum(bool(x.concept) for x in found)
        documents = len({x.document for x in found})
        print(
            f"\n{part}: {len(found)} indicators of {documents} documents, {labelled} of them have one; {seconds:.1f} s"
        )
        print("threshold  precision  recall")
        for threshold in THRESHOLDS:
            precision, recall = precision_and_recall(found, threshold)
            mark = "  proposed from here on" if threshold == THRESHOLD else ""
            print(f"     {threshold:.2f}      {precision:.3f}   {recall:.3f}{mark}")
        if wrong:
            for x in sorted(found, key=lambda x: -(x.best.score if x.best else 0)):
                _print_if_wrong(x)


def _print_if_wrong(x: Labelled) -> None:
    right = x.is_right(THRESHOLD)
    if right is False or (right is None and x.concept):
        got = f"{x.best.score:.2f} {x.best.notation}" if x.best else "nothing"
        print(f"  {x.document}: {x.label}: wants {x.concept or 'none'}, got {got}")


if __name__ == "__main__":
    main()
