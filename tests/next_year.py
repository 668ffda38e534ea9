"""A second edition for the tests: Kushiro's real document as it might look a year later. Everything new is fictional.

It is made from the real file by the edits below, so it stays true to the real layout, and no second document lies about
that could be taken for one of the city's. Each edit quotes what stands in its line and fails once that is gone.
"""

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kpigraph import registry

KUSHIRO = Path(__file__).resolve().parent.parent / "data" / "sources" / "012068" / "sogo-senryaku-kpi-2016"

# ---- line of the real file: (what stands there, what stands there a year later)
CHANGED = {
    # new actuals
    7: ("実績値\tH27年\t114,977", "実績値\tH28年\t116,320"),
    30: ("実績値\tH27年度\t69.3", "実績値\tH28年度\t75.1"),
    80: ("実績値 H27年度\t69.3", "実績値 H28年度\t75.1"),  # the same indicator, listed again
    293: ("実績値\tH27年度\t69.3", "実績値\tH28年度\t75.1"),  # and again
    34: ("実績値\tH27年度\t365", "実績値\tH28年度\t402"),
    43: ("実績値\tH27年度\t8", "実績値\tH28年度\t21"),
    # an actual revised
    71: ("実績値 H27年度\t10", "実績値 H27年度\t11"),
    # a target changed; another only printed otherwise
    44: ("H27-31年度累計\t125", "H27-31年度累計\t150"),
    8: ("指標値\tH31年\t120,000", "指標値\tＨ31年\t120000"),
    # an indicator renamed; one handed to another department; a department renamed
    220: ("・若者健診受診者数", "・若年者健診受診者数"),
    226: ("介護高齢課", "市民生活課"),
    # a measure renamed; one moved to another direction, whose own is given up
    70: ("ア 国際会議観光都市「釧路」を活かしたMICE誘致の推進", "ア MICEと国際会議の誘致"),
    50: ("ア 石炭エネルギーの活用", "イ 石炭エネルギーの活用"),
    53: ("⑦ 地域を支える人材の確保", "⑥ 地域を支える人材の確保"),
    # a misplaced row printed where it belongs
    292: ("イ 医療体制の整備(再掲)", "ア 物流・国際交易拠点機能の充実"),
}
DROPPED = {
    49: "⑥ 地域に根ざした石炭産業の振興",
    211: "・新しい総合事業に係る訪問型・通所型サービス",
    212: "実績値\tH27年度末\t0",
    213: "指標値\tH31年度末\t80",
}
# ---- blocks of lines that move: their lines, and the line they come to stand after; the department has a new name
MOVED = (76, 77, 78)
MOVED_AFTER = 72
MOVED_CHANGE = ("スポーツ課", "スポーツ振興課")
# ---- line of the real file: what is new after it
ADDED = {
    8: (
        "\t・学校給食での地元水産物利用率\t現状値\t-\t-\t人\t水産課",  # the unit is misprinted, see NEW_CORRECTION
        "\t\t実績値\tH28年度\t12.5\t\t",
        "\t\t指標値\tH31年度\t20.0\t\t",
    )
}
NEW_CORRECTION = {
    "place": "9", "column": "6", "was": "人", "now": "%", "reason": "unit-conflict",
    "explanation_ja": "割合の単位が「人」（架空）", "explanation_en": "a ratio counted in persons (fictional)",
    "evidence_ja": "名前が「率」（架空）", "evidence_en": "the name says rate (fictional)",
    "status": "accepted", "decided_by": "tests", "decided_on": "2026-11-24",
}  # fmt: skip
MENDED = (292, 1)  # this correction is no longer needed

TITLE_JA, TITLE_EN = "（架空・試験用）翌年度のKPI一覧", "(Fictional, for tests) KPI table of the next year"
# ---- what a person enters into the registry for the new edition
ALSO_NAMED = {
    ("kpi", "若者健診受診者数"): "若年者健診受診者数",
    ("measure", "国際会議観光都市「釧路」を活かしたMICE誘致の推進"): "MICEと国際会議の誘致",
    ("dept", "スポーツ課"): "スポーツ振興課",
}
HANDED_OVER = {("kpi", "交流イベントの開催回数"): "介護高齢課|市民生活課"}


def write(data: Path) -> Path:
    """Add the edition of 2017 to a copy of the real data; return its folder."""
    real = data / "sources" / KUSHIRO.parent.name / KUSHIRO.name
    folder = real.with_name("fictional-next-year")
    folder.mkdir()
    before = (real / "kushiro-kpi.txt").read_text(encoding="utf-8").split("\n")
    after, place = edited(before)
    raw = "\n".join(after).encode()
    (folder / "fictional-kpi.txt").write_bytes(raw)
    _write_card(real, folder, hashlib.sha256(raw).hexdigest())
    _write_corrections(real, folder, place)
    _enter_names(real.parent)
    return folder


def edited(before: list[str]) -> tuple[list[str], dict[int, int]]:
    """Return the lines a year later, and where each line that stays stands now."""
    after: list[str] = []
    place: dict[int, int] = {}

    def put(number: int, change: tuple[str, str] | None) -> None:
        line = before[number - 1]
        if change:
            assert line.count(change[0]) == 1, (number, change, line)
            line = line.replace(*change)
        after.append(line)
        place[number] = len(after)

    for number, line in enumerate(before, 1):
        if number in DROPPED:
            assert DROPPED[number] in line, (number, line)
        elif number not in MOVED:
            put(number, CHANGED.get(number))
        if number == MOVED_AFTER:
            for moved in MOVED:
                put(moved, MOVED_CHANGE if moved == MOVED[0] else None)
        after.extend(ADDED.get(number, ()))
    return after, place


def _write_card(real: Path, folder: Path, sha256: str) -> None:
    lines = []
    for line in (real / "card.toml").read_text(encoding="utf-8").splitlines():
        field = line.partition(" = ")[0]
        lines.append(
            {
                "file": 'file = "fictional-kpi.txt"',
                "sha256": f'sha256 = "{sha256}"',
                "edition": 'edition = "2017"',
                "title": f'title = {{ ja = "{TITLE_JA}", en = "{TITLE_EN}" }}',
                "description": 'description = { ja = "架空の文書。釧路市のものではない。", '
                'en = "A fictional document. It is not Kushiro City\'s." }',
            }.get(field, line)
        )
    (folder / "card.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_corrections(real: Path, folder: Path, place: dict[int, int]) -> None:
    with (real / "corrections.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    kept: Iterable[dict[str, str]] = (r for r in rows if (int(r["place"]), int(r["column"])) != MENDED)
    with (folder / "corrections.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**r, "place": str(place[int(r["place"])])} for r in kept)
        writer.writerow(NEW_CORRECTION)


def _enter_names(folder: Path) -> None:
    keys = registry.load(folder)
    for key, entry in keys.entries.items():
        name = (entry.kind, entry.label)
        if name in ALSO_NAMED:
            keys.entries[key] = replace(entry, also_named=(*entry.also_named, ALSO_NAMED[name]))
        elif name in HANDED_OVER:
            keys.entries[key] = replace(entry, department=HANDED_OVER[name])
    (folder / "registry.csv").write_text(keys.to_csv(), encoding="utf-8")
