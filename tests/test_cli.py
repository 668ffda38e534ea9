"""The command line as its users call it: statuses, streams, languages, and that a failed build harms nothing."""

import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import BLOCK, DATA, HEADER, HEADINGS, KUSHIRO, Case

from kpigraph import authoring, manual
from kpigraph.registry import COLUMNS
from kpigraph.terminal import reader_language

GOOD = HEADER + HEADINGS + BLOCK


def run(
    *args: str | Path, lang: str = "en", stdin: str = "", cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KPIGRAPH_LANG": lang, **variables}
    command = [sys.executable, "-m", "kpigraph", *map(str, args)]
    return subprocess.run(
        command, env=environment, input=stdin, capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )


def snapshot(out: Path) -> dict[str, bytes]:
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.glob("**/*")) if p.is_file()}


@pytest.fixture
def built(small_publication: Path, tmp_path: Path) -> tuple[Case, Path]:
    """Return a small document and its publication, both free to be changed."""
    for name in ("data", "public"):
        shutil.copytree(small_publication / name, tmp_path / name, symlinks=True)
    return Case(tmp_path / "data", tmp_path / "data" / "sources" / "012068" / "senryaku-2016"), tmp_path / "public"


def test_help_names_every_command_in_both_languages() -> None:
    english, japanese = run("--help"), run("--help", lang="ja")
    assert english.returncode == japanese.returncode == 0
    for command in ("build", "inspect", "validate", "query", "export", "serve", "verify", "releases", "rollback"):
        assert command in english.stdout
        assert command in japanese.stdout
    assert "linked open data" in " ".join(english.stdout.split())
    assert "自治体" in japanese.stdout


@pytest.mark.parametrize("command", manual.COMMANDS)
def test_help_teaches(command: str) -> None:
    """Each command is described in both languages, with an example that stands on one line, and how it ends."""
    ja, en = manual.COMMANDS[command]
    assert "終了コード" in ja
    assert "Exit status" in en
    shown = run(command, "--help", COLUMNS="80").stdout
    examples = [line.strip() for line in en.splitlines() if line.startswith("  kpigraph ")]
    assert examples or command == "releases"
    for example in examples:
        assert example in shown
    assert "Exit status" in shown


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("kpigraph 0.")


def test_build_publishes_and_a_second_build_changes_nothing(built: tuple[Case, Path]) -> None:
    case, out = built
    before = snapshot(out)
    again = run("build", case.data, "--out", out)
    assert again.returncode == 0
    assert again.stdout.startswith("unchanged")
    assert snapshot(out) == before
    assert (case.folder.parent / "registry.csv").is_file()


@pytest.mark.parametrize(
    ("raw", "encoding", "said"),
    [
        (b"", "utf-8", "source.empty"),
        (GOOD.replace("施策体系", "何か").encode(), "utf-8", "header.missing"),
        (GOOD[: GOOD.index("\t\t目標値")].encode(), "utf-8", "source.truncated"),
        (GOOD.replace("110.5", "110.5.1").encode(), "utf-8", "quantity.unreadable"),
        (GOOD.encode("cp932"), "utf-8", "source.encoding"),
        (GOOD.encode("utf-16"), "utf-8", "source.encoding"),
    ],
)
def test_a_failed_build_says_where_and_harms_nothing(
    built: tuple[Case, Path], raw: bytes, encoding: str, said: str
) -> None:
    import hashlib

    case, out = built
    before = snapshot(out)
    card = case.folder / "card.toml"
    old = hashlib.sha256((case.folder / "kpi.txt").read_bytes()).hexdigest()
    (case.folder / "kpi.txt").write_bytes(raw)
    card.write_text(card.read_text(encoding="utf-8").replace(old, hashlib.sha256(raw).hexdigest()), encoding="utf-8")
    done = run("build", case.data, "--out", out)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"[{said}]" in done.stderr
    assert "012068/senryaku-2016/" in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(out) == before


def test_wrong_checksum_stops_the_build_in_the_reader_s_language(built: tuple[Case, Path]) -> None:
    case, out = built
    before = snapshot(out)
    with (case.folder / "kpi.txt").open("a", encoding="utf-8") as file:
        file.write("\n")
    done = run("build", case.data, "--out", out, lang="ja")
    assert done.returncode == 1
    assert "SHA-256" in done.stderr
    assert "公開物は変わっていません" in done.stderr
    assert snapshot(out) == before


def test_a_value_beyond_its_unit_is_published_and_warned_of(make_case: Callable[..., Case], tmp_path: Path) -> None:
    case = make_case(GOOD.replace("トン", "%"))
    done = run("build", case.data, "--out", tmp_path / "public", "-v")
    assert done.returncode == 0
    assert "[Observation-range]" in done.stderr
    report = json.loads((tmp_path / "public" / "current" / "validation.json").read_text(encoding="utf-8"))
    assert {r["severity"] for r in report["results"]} == {"Warning"}


def test_two_values_for_one_indicator_are_published_and_warned_of(
    make_case: Callable[..., Case], tmp_path: Path
) -> None:
    case = make_case(GOOD + BLOCK.replace("ア 港", "イ 港").replace("110.5", "110.6"))
    out = tmp_path / "public"
    done = run("build", case.data, "--out", out, "-v")
    assert done.returncode == 0, done.stderr
    assert "[statement.conflict]" in done.stderr
    found = run("query", "SELECT ?v WHERE { ?c a kpi:Conflict ; kpi:conflicting/kpi:statedValue ?v } ORDER BY ?v",
                "--format", "csv", "--store", out)  # fmt: skip
    assert found.stdout.split() == ["v", "110.5", "110.6"]


@pytest.mark.parametrize(
    "args",
    [
        ["build", "no-such-folder"],
        ["inspect", "no-such-file"],
        ["query", "SELECT * {}", "--store", "no-such-folder"],
        ["export", "turtle", "--store", "no-such-folder"],
        ["verify", "--store", "no-such-folder"],
        ["rollback", "--store", "no-such-folder"],
        ["validate", "no-such.ttl"],
        ["validate", "pyproject.unknown"],
        ["validate", "no-such-folder"],
        ["serve", "--port", "99999"],
        ["serve", "a.ttl"],
        ["serve", "--data", "no-such.ttl", "--port", "0"],
        ["releases", "--store", "no-such-folder"],
        ["verify", "../../..", "--store", "."],
        ["rollback", "../..", "--store", "."],
        ["diff", "a", "b", "--store", "no-such-folder"],
        ["frobnicate"],
        ["build", "--frobnicate"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_a_line_and_status_2(args: list[str], tmp_path: Path) -> None:
    done = run(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_settings_that_cannot_be_used(make_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIGRAPH_BASE_IRI", "kpi.example/")
    done = run("build", make_case(GOOD).data)
    assert done.returncode == 2
    assert "KPIGRAPH_BASE_IRI" in done.stderr


def test_inspect_shows_every_cell() -> None:
    as_csv = run("inspect", KUSHIRO, "--format", "csv", "--data", DATA)
    assert as_csv.returncode == 0, as_csv.stderr
    rows = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    assert len({(r["line"], r["cell"]) for r in rows}) == 1017
    (target,) = [r for r in rows if (r["line"], r["cell"]) == ("21", "5")]
    assert (target["printed"], target["part"]) == ("25%増(対H25年比)", "value")
    assert "relative" in target["reading"]
    assert "1017 cells = 1017 read + 0 unread" in as_csv.stderr
    as_json = json.loads(run("inspect", KUSHIRO / "kushiro-kpi.txt", "-f", "json", "--data", DATA).stdout)
    assert len(as_json) == len(rows)
    table = run("inspect", KUSHIRO, "--data", DATA, lang="ja")
    assert "期間" in table.stdout
    assert "釧路港年間水揚量" in table.stdout


def test_new_writes_a_card_and_says_what_is_left_to_decide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, data = tmp_path / "kpi-2024.csv", tmp_path / "data"
    document.write_text("政策,指標,単位,R2,R3,R6目標,担当課,謎\n漁業,水揚量,トン,1,2,3,水産課,?\n", "utf-8")
    shutil.copytree(DATA / "codelists", data / "codelists")
    authoring.new("479993", document, "架空市", data)
    printed, told = capsys.readouterr()
    folder = data / "sources" / "479993" / "kpi-2024"
    assert printed.splitlines()[0] == str(folder)
    assert (folder / "kpi-2024.csv").read_bytes() == document.read_bytes()
    assert "架空市" in (folder / "card.toml").read_text("utf-8")
    assert any("謎" in line for line in printed.splitlines()[2:])
    assert f"kpigraph inspect {folder}" in told


def test_inspect_of_what_cannot_be_read(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD + "速報値を含む\n")
    done = run("inspect", case.folder, "--data", case.data, "-f", "csv")
    assert done.returncode == 1
    assert "7,1,速報値を含む,unread" in done.stdout
    assert "line 7 › cell 1" in done.stderr


def test_query_formats_and_refusals(built: tuple[Case, Path]) -> None:
    _, out = built
    query = "SELECT ?name WHERE { ?i a kpi:Indicator ; skos:prefLabel ?name }"
    assert "水揚量" in run("query", query, "--store", out).stdout
    as_json = json.loads(run("query", query, "-f", "json", "--store", out).stdout)
    assert as_json["results"]["bindings"][0]["name"] == {"type": "literal", "value": "水揚量", "xml:lang": "ja"}
    assert run("query", "-", "-f", "tsv", "--store", out, stdin=query).stdout.splitlines()[1] == '"水揚量"@ja'
    graph = run("query", "CONSTRUCT { ?s a kpi:Unit } WHERE { ?s a kpi:Unit }", "-f", "turtle", "--store", out)
    assert "kpi:Unit" in graph.stdout
    assert run("query", "ASK { ?s a kpi:Goal }", "--store", out).stdout == "true\n"
    for refused in ("SELECT * WHERE {", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "DROP ALL"):
        done = run("query", refused, "--store", out)
        assert done.returncode == 2, refused
        assert "Traceback" not in done.stderr


def test_export_validate_verify_releases_and_rollback(built: tuple[Case, Path], tmp_path: Path) -> None:
    case, out = built
    ttl = tmp_path / "x.ttl"
    assert run("export", "turtle", "-o", ttl, "--store", out).returncode == 0
    assert ttl.read_bytes() == (out / "current" / "kpigraph.ttl").read_bytes()
    assert run("export", "turtle", "--store", out).stdout == ttl.read_text("utf-8")
    checked = run("validate", ttl)
    assert checked.returncode == 0, checked.stdout
    assert "nodes checked" in checked.stderr
    assert run("validate", out).returncode == 0
    assert run("verify", "--store", out).returncode == 0
    with (case.folder / "card.toml").open("a", encoding="utf-8") as card:
        card.write("# changed\n")
    (case.folder / "card.toml").write_text(
        (case.folder / "card.toml").read_text(encoding="utf-8").replace("架空市KPI一覧", "架空市の一覧"),
        encoding="utf-8",
    )
    assert run("build", case.data, "--out", out).stdout.startswith("published")
    listed = run("releases", "--store", out).stdout.splitlines()
    assert [line[0] for line in listed].count("*") == 1
    assert len(listed) == 2
    back = run("rollback", "--store", out)
    assert back.returncode == 0
    assert (out / "current").resolve().name == back.stdout.strip()
    assert back.stdout.startswith("000001-")
    (out / "current" / "observations.csv").write_text("x")
    assert run("verify", "--store", out).returncode == 1


def test_validate_reports_a_violation_by_shape_and_in_words(built: tuple[Case, Path], tmp_path: Path) -> None:
    _, out = built
    text = (out / "current" / "kpigraph.nt").read_text(encoding="utf-8")
    broken = tmp_path / "broken.nt"
    broken.write_text(
        "".join(line for line in text.splitlines(keepends=True) if "ns#statedValue>" not in line), "utf-8"
    )
    done = run("validate", broken)
    assert done.returncode == 1
    assert "[Statement-statedValue]" in done.stdout
    empty = tmp_path / "empty.ttl"
    empty.write_text("")
    assert run("validate", empty).returncode == 1
    assert "[shacl.nothing-checked]" in run("validate", empty).stderr


def test_stdin_that_is_no_text(built: tuple[Case, Path]) -> None:
    command = [sys.executable, "-m", "kpigraph", "query", "-", "--store", str(built[1])]
    done = subprocess.run(command, input=b"\xff\xfe\x00", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"UTF-8" in done.stderr
    assert b"Traceback" not in done.stderr


@contextlib.contextmanager
def serving(*args: str | Path) -> Iterator[str]:
    """Run `kpigraph serve` on a free port; yield its address."""
    command = [sys.executable, "-m", "kpigraph", "serve", *map(str, args), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr is not None
        yield started.stderr.readline().split()[0]
        started.terminate()
        started.wait(20)
        assert "Traceback" not in started.stderr.read()


def asked(address: str, query: str) -> str:
    with urllib.request.urlopen(f"{address}sparql?format=csv&query={urllib.parse.quote(query)}", timeout=20) as answer:
        return answer.read().decode()


def test_serve_data_takes_several_files_and_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "一つ目 a.ttl").write_text("<http://e/a> <http://e/p> 1 .", "utf-8")
    (tmp_path / "b.nq").write_text("<http://e/b> <http://e/p> <http://e/o> <http://e/g> .\n", "utf-8")
    kept = tmp_path / "kept"
    query = "SELECT ?s { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } ORDER BY ?s"
    with serving("--data", tmp_path / "一つ目 a.ttl", tmp_path / "b.nq", "--store", kept) as address:
        assert asked(address, query).split() == ["s", "http://e/a", "http://e/b"]
    (tmp_path / "b.nq").unlink()
    with serving("--store", kept) as address:
        assert asked(address, query).split() == ["s", "http://e/a", "http://e/b"]


def test_serve_data_keeps_nothing_among_other_things(built: tuple[Case, Path], tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<http://e/a> <http://e/p> 1 .", "utf-8")
    out = built[1]
    before = snapshot(out)
    done = run("serve", "--data", tmp_path / "a.ttl", "--store", out, "--port", "0")
    assert done.returncode == 2
    assert str(out) in done.stderr
    assert snapshot(out) == before


def test_an_unwritable_publication_is_a_line(make_case: Callable[..., Case], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("build", make_case(GOOD).data, "--out", tmp_path / "file" / "public")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "lang"),
    [
        ({"KPIGRAPH_LANG": "ja", "LANG": "en_GB.UTF-8"}, "ja"),
        ({"KPIGRAPH_LANG": "fr", "LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_language_of_the_reader(variables: dict[str, str], lang: str) -> None:
    assert reader_language(variables) == lang


def test_inspect_from_within_the_folder(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD)
    for document in (".", "kpi.txt"):
        for data in ([], ["--data", case.data]):  # left out, it is the data folder that the document is in
            done = run("inspect", document, *data, cwd=case.folder)
            assert done.returncode == 0, done.stderr


def test_inspect_of_a_file_without_a_card_and_of_another_file(make_case: Callable[..., Case], tmp_path: Path) -> None:
    (tmp_path / "bare.txt").write_text(GOOD, encoding="utf-8")
    bare = run("inspect", tmp_path / "bare.txt")
    assert (bare.returncode, "[card.missing]" in bare.stderr, "docs/cards.md" in bare.stderr) == (1, True, True)
    case = make_case(GOOD)
    (case.folder / "notes.txt").write_text("x")
    other = run("inspect", case.folder / "notes.txt", "--data", case.data, lang="ja")
    assert (other.returncode, other.stdout) == (2, "")
    assert "kpi.txt" in other.stderr


def test_a_terminal_without_japanese_is_no_traceback(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD)
    done = run("inspect", case.folder, "--data", case.data, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    assert "\\u6c34" in done.stdout  # 水


def test_words_in_brackets_are_no_markup(make_case: Callable[..., Case]) -> None:
    case = make_case(GOOD.replace("・水揚量", "・[red]水揚量[/] :fish:"))
    assert "・[red]水揚量[/] :fish:" in run("inspect", case.folder, "--data", case.data).stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("senryaku-2016/corrections.csv", "place,行\n".encode("cp932")),
        ("registry.csv", "種類\n".encode("cp932")),
        ("registry.csv", (",".join(COLUMNS) + "\nkpi,ab12,水揚量,,,,,,,,\n").encode()),
        ("registry.csv", (",".join(COLUMNS) + '\nkpi,ab12,"水揚量,,,,,,\n').encode()),
        ("senryaku-2016/card.toml", b'[document]\nfile = "a"\nfile = "b"\n'),
        ("senryaku-2016/card.toml", "[document]\n# 文書\n".encode("cp932")),
    ],
    ids=["corrections", "registry", "cells", "quote", "twice", "card"],
)
def test_a_damaged_file_of_ours_is_a_line_with_its_place(built: tuple[Case, Path], name: str, content: bytes) -> None:
    case, out = built
    before = snapshot(out)
    (case.folder.parent / name).write_bytes(content)
    done = run("build", case.data, "--out", out)
    assert (done.returncode, done.stderr.count("Traceback")) == (1, 0)
    assert f"012068/{name}" in done.stderr
    assert snapshot(out) == before
