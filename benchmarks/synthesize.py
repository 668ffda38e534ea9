"""Write a synthetic country: source documents of fictional strategies in every layout and format.

    python benchmarks/synthesize.py --municipalities 100 --editions 2 --seed 1 --out DIR

DIR becomes a data folder (`kpigraph build DIR`), with expected.json beside it: what its graph must hold.
"""

import argparse
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the source documents of a synthetic country.")
    parser.add_argument("--municipalities", type=int, default=100, help="at most 1788: all there are")
    parser.add_argument("--editions", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    given = parser.parse_args()
    sys.path[:0] = [str(REPO), str(REPO / "benchmarks")]
    from country import sources

    if given.out.exists():
        raise SystemExit(f"{given.out} is there already")
    lists = REPO / "data" / "codelists"
    documents = sources.write(given.out, given.municipalities, given.editions, given.seed, lists)
    for done, _ in enumerate(documents, 1):
        if done % 100 == 0:
            print(f"{done} documents", file=sys.stderr)
    print((given.out / "expected.json").read_text("utf-8"), end="")


if __name__ == "__main__":
    main()
