"""Eight fictional municipalities that count visitors, each in its own way, and one more brought in from elsewhere.

Their documents have three layouts; a person's decisions stand in mapping files. Nothing here is about a real place.
"""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from conftest import CARD, DATA, HEADER, HEADINGS

from kpigraph import codelists, editions, imports, pipeline, registry, sources
from kpigraph.config import Settings
from kpigraph.linking import LocalId, Mapping, MappingStatus, Predicate, SharedId, sssom
from kpigraph.linking.sssom import DECIDED_BY
from kpigraph.problems import Problem, SourceLocation

ELSEWHERE = "https://kpi.example.jp/"
LONG = "基本目標\t指標名\t区分\t年度\t値\t単位\t担当課\n"
STACKED, WIDE_CARD = (
    CARD,
    CARD[: CARD.index("[layout]")]
    + ('[layout]\nkind = "wide"\nbullet = "・"\n[layout.hierarchy]\ngoal = "基本目標1"\n'),
)
LONG_CARD = CARD[: CARD.index("[layout]")] + '[layout]\nkind = "long"\n'


def code(number: str) -> str:
    return number + sources.check_digit(number + "0")


HILL, LAKE, BAY = code("01980"), code("01981"), code("01982")
CAPE, ISLE, PORT, VALE = code("47980"), code("47981"), code("47982"), code("47983")
FAR = code("47984")
NAMES = {HILL: ("丘", "Hill"), LAKE: ("湖", "Lake"), BAY: ("湾", "Bay"), CAPE: ("岬", "Cape"), ISLE: ("島", "Isle"),
         PORT: ("港", "Port"), VALE: ("谷", "Vale"), FAR: ("遠", "Far")}  # fmt: skip


def _stacked(name: str, unit: str, *values: str) -> str:
    (baseline, actual, target), (then, now, later) = values[:3], values[3:]
    return (
        f"\t・{name}\t現状値\t{then}\t{baseline}\t{unit}\t観光課\n"
        f"\t\t実績値\t{now}\t{actual}\t\t\n\t\t目標値\t{later}\t{target}\t\t\n"
    )


def _long(name: str, unit: str, *rows: tuple[str, str, str]) -> str:
    return "".join(f"まち\t{name}\t{role}\t{when}\t{value}\t{unit}\t観光課\n" for role, when, value in rows)


YEARS = ("H26年度", "H27年度", "H31年度")
DOCUMENTS = {
    HILL: (
        STACKED,
        HEADER + HEADINGS + "ア 人を呼ぶ" + _stacked("観光入込客数", "万人", "100", "110", "120以上", *YEARS)
        + _stacked("総人口", "人", "51,000", "50,000", "48,000", "H26年9月30日", "H27年9月30日", "H31年9月30日")
        + _stacked("小学校の不登校児童生徒数", "人", "12", "10", "0", *YEARS)
        + _stacked("宿泊客数", "人", "300", "310", "320", *YEARS),
    ),
    LAKE: (
        LONG_CARD,
        LONG + _long("観光客数", "人", ("基準値", "H26年度", "900,000"), ("実績値", "H27年度", "950,000"),
                     ("目標値", "R元年度", "1,000,000"))
        + _long("不登校児童生徒数", "人", ("実績値", "H27年度", "7")),
    ),
    BAY: (
        WIDE_CARD,
        "架空市総合戦略 KPI一覧\n基本目標1　ひとを呼ぶ\n施策\t指標名\t単位\t基準値\t実績値\t\t\t目標値\t担当課\n"
        "\t\t\t（H26年度）\tH26年度\tH27年度\tH28年度\t（R元年度）\t\n"
        "港\t・観光客数（千人）\t\t500\t505\t510\t520\t600以上\t観光課\n",
    ),
    CAPE: (LONG_CARD, LONG + _long("観光客数", "人", ("実績値", "H27年", "300,000"), ("目標値", "H31年", "400,000"))
           + _long("延べ宿泊客数", "人", ("実績値", "H27年度", "9,000"))),
    ISLE: (
        LONG_CARD,
        LONG + _long("観光入込客数", "人", ("基準値", "H26年度", "700,000"), ("実績値", "H27年度", "約800,000"),
                     ("目標値", "H27-31年度累計", "5,000,000")),
    ),
    PORT: (LONG_CARD, LONG + _long("クルーズ船の観光客数", "人", ("実績値", "H27年度", "2,000,000"),
                                   ("目標値", "H31年度", "3,000,000"))),
    VALE: (LONG_CARD, LONG + _long("観光入込客数", "人", ("実績値", "H27年度", "-"),
                                   ("目標値", "H31年度", "増加を目指す"))),
    FAR: (STACKED, HEADER + HEADINGS + "ア 人を呼ぶ" + _stacked("観光入込客数", "万人", "60", "70", "80", *YEARS)),
}  # fmt: skip
DECIDED = (
    (HILL, "観光入込客数", "visitors", Predicate.EXACT),
    (HILL, "総人口", "population", Predicate.EXACT),
    (HILL, "小学校の不登校児童生徒数", "school-nonattendance", Predicate.EXACT),
    (LAKE, "観光客数", "visitors", Predicate.EXACT),
    (LAKE, "不登校児童生徒数", "school-nonattendance", Predicate.EXACT),
    (BAY, "観光客数", "visitors", Predicate.EXACT),
    (CAPE, "観光客数", "visitors", Predicate.EXACT),
    (HILL, "宿泊客数", "visitors-staying", Predicate.EXACT),
    (CAPE, "延べ宿泊客数", "visitors-staying", Predicate.CLOSE),
    (ISLE, "観光入込客数", "visitors", Predicate.EXACT),
    (PORT, "クルーズ船の観光客数", "visitors", Predicate.BROAD),
    (VALE, "観光入込客数", "visitors", Predicate.EXACT),
    (FAR, "観光入込客数", "visitors", Predicate.EXACT),
)


def write_document(data: Path, municipality: str, card: str, text: str, names: tuple[str, str] = ("", "")) -> Path:
    folder = data / "sources" / municipality / "senryaku-2016"
    folder.mkdir(parents=True)
    (folder / "kpi.txt").write_text(text, encoding="utf-8")
    fields = {"file": "kpi.txt", "sha256": hashlib.sha256(text.encode()).hexdigest(), "code": municipality}
    made = card.format(**fields, edition="2016", encoding='encoding = "utf-8"')
    made = (
        made.replace("釧路市", "架空市")
        .replace("架空市", f"架空{names[0]}市")
        .replace("Fictional City", f"Fictional {names[1]} City".replace("  ", " "))
    )
    (folder / "card.toml").write_text(made, encoding="utf-8")
    return folder


def match(data: Path, decided: Iterable[tuple[str, str, str, Predicate]]) -> None:
    """Read the documents for the keys of their indicators, and write what a person accepted, a file a municipality."""
    units = codelists.load_units(data / "codelists")
    by_code: dict[str, list[tuple[str, str, Predicate]]] = {}
    for municipality, label, notation, how in decided:
        by_code.setdefault(municipality, []).append((label, notation, how))
    (data / "alignments").mkdir(exist_ok=True)
    for municipality, its in by_code.items():
        folder, problems = data / "sources" / municipality, list[Problem]()
        keys = registry.load(folder)
        (document,) = (sources.load(f, problems) for f in folder.iterdir() if f.is_dir())
        edition = editions.read_edition(document, keys, units, problems)
        registry.save(keys, folder, problems)
        known = {i.label: i.key for i in edition.indicators}
        rows = [
            Mapping(
                subject=LocalId(municipality, known[label]),
                subject_label=label,
                predicate=how,
                object=SharedId(notation),
                object_label=notation,
                justification=DECIDED_BY,
                confidence="0.9",
                status=MappingStatus.ACCEPTED,
                reviewer="架空県統計課",
                reviewer_id="",
                date="2026-11-25",
                tool="",
                comment="",
                at=SourceLocation(file=""),
            )
            for label, notation, how in its
        ]
        sssom.save(sssom.path_of(data, municipality), municipality, rows)


def write(folder: Path, codes: Iterable[str]) -> Path:
    """Write folder/data with the documents of these municipalities and what was decided of them."""
    data = folder / "data"
    shutil.copytree(DATA / "codelists", data / "codelists")
    with (data / "codelists" / "indicators.ttl").open("a", encoding="utf-8") as file:
        file.write("\nshared:tourists <http://purl.org/dc/terms/isReplacedBy> shared:visitors .\n")
    for municipality in codes:
        write_document(data, municipality, *DOCUMENTS[municipality], NAMES[municipality])
    match(data, [d for d in DECIDED if d[0] in codes])
    return data


def publish(folder: Path) -> None:
    """Publish all of them into folder/public; Far has a base IRI of its own and is imported from folder/far."""
    (folder / "far").mkdir()
    far = write(folder / "far", [FAR])
    pipeline.build(far, folder / "far" / "public", Settings(base_iri=ELSEWHERE))
    data = write(folder, [c for c in DOCUMENTS if c != FAR])
    imports.bring(str(folder / "far" / "public"), data, "far", Settings(), lambda ja, en: None)
    pipeline.build(data, folder / "public", Settings())
