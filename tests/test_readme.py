"""What README and docs tell a reader to run is run, what they ask is asked, and what they name is there."""

import csv
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import DATA, REPO
from rdflib import URIRef
from test_floors import FLOOR, MODULES

from kpigraph import answers, validate
from kpigraph.prefixes import PREFIXES, SHAPES
from kpigraph.questions import load_questions
from kpigraph.vocab import KPI

README = REPO / "README.md"
MODEL = REPO / "docs" / "model.md"
DOCS = [README, *sorted((REPO / "docs").glob("*.md"))]
PROGRAM = ".venv/bin/kpigraph"


def section(path: Path, heading: str) -> str:
    text = path.read_text(encoding="utf-8")
    start = text.index(f"\n## {heading}\n")
    end = text.find("\n## ", start + 1)
    return text[start : end if end > 0 else len(text)]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands(heading: str) -> list[list[str]]:
    """Return the words of each command of a section of README.md, what follows a # left out."""
    (lines,) = blocks(section(README, heading), "sh")
    return [words for line in lines.splitlines() if (words := shlex.split(line, comments=True))]


def table(publication: Path, query: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answers.answer(publication, query, "csv"), newline="")))


# ---- commands


def test_make_has_the_targets_that_are_named() -> None:
    makefile = (REPO / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    named = {
        name
        for path in DOCS
        for name in re.findall(r"(?:^|`)make (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert [words[0] for words in commands("Two commands")] == ["make", "make"]
    assert named >= {"serve", "test", "setup"}
    assert named <= targets
    assert "--port $(PORT)" in makefile
    assert "PORT ?= 8000" in makefile


def test_the_commands_do_what_is_said(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    environment = {**os.environ, "KPIGRAPH_LANG": "en", "PYTHONPATH": str(REPO)}
    printed = {}
    for words in commands("The commands"):
        assert words[0] == PROGRAM
        done = subprocess.run(
            [sys.executable, "-m", "kpigraph", *words[1:]],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr if done.returncode else "") == (0, ""), words
        printed[words[1]] = done.stdout
    assert list(printed) == ["inspect", "build", "validate", "query", "export", "releases", "verify"]
    assert printed["inspect"].count("\n") > 1017
    assert printed["build"].startswith("published: public/releases/000001-")
    assert printed["query"].split() == ["n", "75"]
    assert (tmp_path / "observations.csv").read_bytes() == (tmp_path / "public/current/observations.csv").read_bytes()
    assert printed["releases"].startswith("* 000001-")
    assert "all files as published" in printed["verify"]


def test_the_settings_are_those_of_the_program() -> None:
    texts = README.read_text(encoding="utf-8") + (REPO / "docs" / "endpoint.md").read_text(encoding="utf-8")
    described = set(re.findall(r"KPIGRAPH_\w+", texts))
    code = "".join(path.read_text(encoding="utf-8") for path in MODULES)
    assert described <= set(re.findall(r"KPIGRAPH_\w+", code))
    assert described >= set(re.findall(r"KPIGRAPH_\w+", (REPO / "kpigraph/config.py").read_text(encoding="utf-8")))


# ---- questions

QUESTIONS = blocks(README.read_text(encoding="utf-8"), "sparql")
# Number of rows and columns of each question of README.md.
ANSWERS = [
    (75, ["name", "status", "reason"]),
    (8, ["name", "progress"]),
    (20, ["name", "role", "value", "line", "printed"]),
    (8, ["printed", "corrected", "why"]),
    (6, ["name", "stated", "number", "unit"]),
    (11, ["name", "reached", "elapsed"]),
    (22, ["name", "department"]),
    (23, ["department", "indicators", "with_progress"]),
    (4, ["name", "goals"]),
    (4, ["name", "printed", "unit", "yen"]),
]
FACTS = [
    {"name": "釧路港年間水揚量", "status": "inprogress", "reason": ""},
    {"name": "釧路港年間水揚量", "progress": "-1.2616"},
    {"name": "釧路港年間水揚量", "role": "target", "value": "120,000", "line": "8"},
    {"printed": "人", "corrected": "%"},
    {"stated": "25%増(対H25年比)", "number": "1216060", "unit": "万円"},
    {"name": "制度融資新規利用件数", "reached": "0.1825", "elapsed": "0.2"},
    {"name": "計画策定進捗率", "department": "建築指導課"},
    {"department": "教育支援課", "indicators": "9", "with_progress": "7"},
    {"name": "釧路空港乗降客数", "goals": "3"},
    {"printed": "987,121", "unit": "万円", "yen": "9871210000"},
]


def test_there_are_ten_questions() -> None:
    text = section(README, "Ten questions worth asking")
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == [str(n) for n in range(1, 11)]
    assert len(QUESTIONS) == 10


@pytest.mark.parametrize("n", range(1, 11))
def test_question_is_answered(publication: Path, n: int) -> None:
    count, columns = ANSWERS[n - 1]
    found = table(publication, QUESTIONS[n - 1])
    assert len(found) == count
    assert list(found[0]) == columns
    assert any(FACTS[n - 1].items() <= row.items() for row in found)


def test_indicators_under_several_goals(publication: Path) -> None:
    assert {row["name"]: row["goals"] for row in table(publication, QUESTIONS[8])} == {
        "釧路空港乗降客数": "3",
        "若年者就労支援による若年者就職者数": "2",
        "時間帯、居住地区に制限なく医療を受けられる体制": "2",
        "患者満足度(市立釧路総合病院)": "2",
    }


def test_every_question_is_listed_with_its_titles() -> None:
    listed = re.findall(
        r"^\| \[\w+\]\(ontology/questions/([\w-]+)\.rq\) \| (.+) \| (.+) \|$", README.read_text("utf-8"), re.M
    )
    assert listed == [(q.key, q.titles["en"], q.titles["ja"]) for q in load_questions()]


# ---- what the documents name


def test_the_example_of_the_model_is_what_is_published(publication: Path) -> None:
    (example,) = blocks(MODEL.read_text(encoding="utf-8"), "turtle")
    prefixes = "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in PREFIXES.items())
    wanted = {q.triple for q in ox.parse(prefixes + example, format=ox.RdfFormat.TURTLE)}
    published = {q.triple for q in ox.parse(path=publication / "current" / "kpigraph.nq")}
    assert {str(t) for t in wanted - published} == set()
    assert len(wanted) > 100


def test_the_model_names_real_terms() -> None:
    text = MODEL.read_text(encoding="utf-8")
    terms = set(KPI.__annotations__)
    assert set(re.findall(r"(?<![\w/])kpi:(\w+)", text)) - terms == set()
    classes = {term for term in terms if term[0].isupper()}
    assert {name for name in classes if not re.search(rf"\b{name}\b", text)} == set()


def test_the_model_names_real_shapes() -> None:
    there = {str(s).removeprefix(SHAPES) for s in validate.load_shapes().subjects() if isinstance(s, URIRef)}
    named = set(re.findall(r"`([A-Z]\w+(?:-[\w-]+)+|publication-[\w-]+)`", section(MODEL, "5. SHACL rules")))
    assert named
    assert named - there == set()


def test_the_house_has_every_module_lower_floors_first() -> None:
    package = section(REPO / "docs" / "house.md", "The package, from the ground up")
    names = re.findall(r"^\| `(\w+)(?:\.py|/)` \|", package, re.MULTILINE)
    assert sorted(names) == sorted(FLOOR)
    assert [FLOOR[name] for name in names] == sorted(FLOOR.values())


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_paths_and_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / target).exists(), target
    named = re.findall(r"`((?:kpigraph|tests|data|docs|shapes|ontology|benchmarks)/[\w./-]*[\w/])`", text)
    for name in named:
        assert (REPO / name).exists(), name
