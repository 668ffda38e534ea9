"""Mapping files: read and written whole, decisions that stay, what cannot be published, what is published."""

import asyncio
import os
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from conftest import BLOCK, CARD, HEADER, HEADINGS, write_case
from serving import Client
from starlette.applications import Starlette
from typer.testing import CliRunner

from kpigraph import codelists, editions, mapping_table, pipeline, registry, sources
from kpigraph.cli import app
from kpigraph.config import Settings
from kpigraph.linking import LocalId, Mapping, MappingStatus, Predicate, SharedId, sssom
from kpigraph.linking.sssom import DECIDED_BY, PROPOSED_BY
from kpigraph.prefixes import expand
from kpigraph.problems import Problem, SourceError, SourceLocation, UsageError
from kpigraph.read import Limits
from kpigraph.reviewing import page, session
from kpigraph.reviewing.deciding import Action, decide, waiting
from kpigraph.serve.snapshot import Snapshot

ONE, OTHER = "012068", "131016"
FIGURES = (
    HEADER + HEADINGS + BLOCK + "イ 子どもを育てる\t・待機児童数\t現状値\tH26年度\t10\t人\t子育て課\n"
    "\t\t実績値\tH27年度\t5\t\t\n\t\t目標値\tH31年度\t0\t\t\n"
    "\t・リサイクル率\t現状値\tH26年度\t20.0\t%\t環境課\n\t\t実績値\tH27年度\t21.0\t\t\n\t\t目標値\tH31年度\t25.0\t\t\n"
)  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the documents of two fictional municipalities, and their registries as a build leaves them."""
    folder = tmp_path_factory.mktemp("two")
    for code in (ONE, OTHER):
        case = write_case(folder, FIGURES, code=code, card=CARD.replace("架空市", f"架空市{code[0]}"))
        keys, problems = registry.load(case.folder.parent), []
        document = sources.load(case.folder, problems)
        editions.read_edition(document, keys, codelists.load_units(case.data / "codelists"), problems)
        registry.save(keys, case.folder.parent, problems)
    return folder / "data"


@pytest.fixture
def data(two: Path, tmp_path: Path) -> Path:
    """A copy of `two` for one test; files are shared until they are written."""
    shutil.copytree(two, tmp_path / "data", copy_function=os.link)
    return tmp_path / "data"


def key(data: Path, code: str, label: str) -> str:
    text = (data / "sources" / code / "registry.csv").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^kpi,(\w+),{re.escape(label)},", text, re.M)
    return found


def row(data: Path, label: str, to: "SharedId | LocalId", *, code: str = ONE, **changes: object) -> Mapping:
    """Return an accepted row."""
    made = Mapping(
        subject=LocalId(code, key(data, code, label)),
        subject_label=label,
        predicate=Predicate.EXACT,
        object=to,
        object_label="",
        justification=DECIDED_BY,
        confidence="0.98",
        status=MappingStatus.ACCEPTED,
        reviewer="架空市企画課",
        reviewer_id="",
        date="2026-11-25",
        tool="",
        comment="",
        at=SourceLocation(file=""),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def keep(data: Path, *rows: Mapping, code: str = ONE) -> Path:
    path = sssom.path_of(data, code)
    sssom.save(path, code, rows)
    return path


def build(data: Path) -> dict[str, set[tuple[str, str, str]]]:
    """Return the triples of the release, by the end of their graph's name."""
    built = pipeline.build(data, data.parent / "public", Settings())
    found: dict[str, set[tuple[str, str, str]]] = {}
    path = built.published.release.folder / "kpigraph.nq"
    for q in ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS):
        value = q.object.value
        found.setdefault(q.graph_name.value.rpartition("/")[2], set()).add((q.subject.value, q.predicate.value, value))
    return found


def refused(data: Path) -> list[Problem]:
    """Return why a build is refused; what was published stays."""
    out = data.parent / "public"
    out.mkdir()
    (out / "current").write_text("what was published", encoding="utf-8")

    def published() -> list[Path]:  # what a build keeps for the next one is not published
        return sorted(p for p in out.glob("**/*") if ".cache" not in p.parts)

    before = published()
    with pytest.raises(SourceError) as error:
        pipeline.build(data, out, Settings())
    assert published() == before
    return list(error.value.problems)


WAITING = SharedId("childcare-waiting")


# ---- what is published


def test_the_page_of_an_indicator_shows_what_it_was_matched_to_and_who_said_so(data: Path) -> None:
    recycles, theirs = key(data, ONE, "リサイクル率"), LocalId(OTHER, key(data, OTHER, "リサイクル率"))
    keep(
        data,
        row(data, "リサイクル率", theirs, predicate=Predicate.BROAD),
        row(data, "リサイクル率", SharedId("recycling-rate")),
        row(data, "リサイクル率", SharedId("childcare-waiting"), status=MappingStatus.REJECTED),
    )
    build(data)
    with closing(Client(Snapshot(data.parent / "public"))) as client:
        _shown(client, recycles, theirs)


def _shown(client: Client, recycles: str, theirs: LocalId) -> None:
    here = _section(client, f"/doc/lg/{ONE}/kpi-{recycles}")
    assert re.findall(r'class="tag">(.*?)<', here) == ["同じ", "より広い"]  # the shared indicator comes first
    assert "架空市企画課 (2026-11-25)" in here
    assert f"/doc/lg/{OTHER}/kpi-{theirs.key}" in here
    there = _section(client, f"/doc/lg/{OTHER}/kpi-{theirs.key}", "en")
    assert re.findall(r'class="tag">(.*?)<', there) == ["narrower"]  # seen from the other side
    (record,) = re.findall(r'href="([^"]*/map-[^"]*)"', there)
    assert client.get(record, "text/html").status_code == 200


def _section(client: Client, path: str, lang: str = "ja") -> str:
    page = client.get(path, "text/html", headers={"Accept-Language": lang}).text
    return page.partition('id="matches"')[2].partition("</section>")[0]


def test_accepted_matches_are_published_with_who_accepted_them_and_nothing_else_is(data: Path) -> None:
    theirs = LocalId(OTHER, key(data, OTHER, "リサイクル率"))
    keep(
        data,
        row(data, "待機児童数", WAITING),
        row(data, "待機児童数", SharedId("afterschool-waiting"), status=MappingStatus.REJECTED),
        row(data, "リサイクル率", theirs, predicate=Predicate.CLOSE),
        row(data, "リサイクル率", SharedId("recycling-rate"), status=MappingStatus.PROPOSED, justification=PROPOSED_BY),
        row(data, "水揚量", SharedId("port-landings"), predicate=Predicate.NARROW),
    )
    graphs = build(data)
    waits, recycles, lands = (
        f"https://w3id.org/kpigraph/id/lg/{ONE}/kpi-{key(data, ONE, label)}"
        for label in ("待機児童数", "リサイクル率", "水揚量")
    )
    shared = "https://w3id.org/kpigraph/code/indicator/"
    skos = "http://www.w3.org/2004/02/skos/core#"
    found = graphs["mappings"]
    assert {t for t in found if "/kpi-" in t[0]} == {
        (waits, f"{skos}exactMatch", f"{shared}childcare-waiting"),
        (waits, "https://w3id.org/kpigraph/ns#realizes", f"{shared}childcare-waiting"),
        (recycles, f"{skos}closeMatch", f"https://w3id.org/kpigraph/id/lg/{OTHER}/kpi-{theirs.key}"),
        (lands, f"{skos}narrowMatch", f"{shared}port-landings"),  # broader than the shared one: it realizes nothing
    }
    (record,) = {s for s, p, o in found if p.endswith("annotatedSource") and o == waits}
    said = {re.split("[/#]", p)[-1]: o for s, p, o in found if s == record}
    assert said["reviewer_label"] == "架空市企画課"
    assert said["created"] == "2026-11-25"
    assert said["confidence"] == "0.98"
    assert said["mapping_justification"] == "https://w3id.org/semapv/vocab/ManualMappingCuration"
    assert sum(o == "https://w3id.org/kpigraph/ns#Mapping" for _, _, o in found) == 3
    assert not [name for name in graphs if name != "mappings" for _, p, _ in graphs[name] if p.endswith("#realizes")]


# ---- what is refused


@pytest.mark.parametrize(
    ("rows", "code", "found"),
    [
        pytest.param(
            lambda d: [row(d, "待機児童数", WAITING), row(d, "待機児童数", SharedId("afterschool-waiting"))],
            "mapping.contradictory",
            "exact shared:",
            id="exact to two",
        ),
        pytest.param(
            lambda d: [
                row(d, "待機児童数", WAITING),
                row(d, "待機児童数", WAITING, predicate=Predicate.CLOSE, status=MappingStatus.REJECTED),
            ],
            "mapping.contradictory",
            "rejected",
            id="accepted and rejected",
        ),
        pytest.param(
            lambda d: [row(d, "リサイクル率", WAITING)], "mapping.units", "リサイクル率: %", id="a share as persons"
        ),
        pytest.param(
            lambda d: [row(d, "待機児童数", SharedId("no-such-thing"))],
            "mapping.unknown",
            "shared:no-such-thing",
            id="no such shared indicator",
        ),
        pytest.param(
            lambda d: [replace(row(d, "待機児童数", WAITING), subject=LocalId(ONE, "zzzz9"))],
            "mapping.unknown",
            "kpi-zzzz9",
            id="no such indicator",
        ),
        pytest.param(
            lambda d: [
                row(d, "水揚量", LocalId(OTHER, key(d, OTHER, "水揚量")), predicate=Predicate.BROAD),
                row(d, "水揚量", SharedId("port-landings")),
                replace(row(d, "水揚量", SharedId("port-landings"), code=OTHER), subject_label="there"),
            ],
            "mapping.circular",
            "broad",
            id="broader than what it equals",
        ),
    ],
)
def test_what_contradicts_is_refused_with_its_line(
    data: Path, rows: Callable[[Path], list[Mapping]], code: str, found: str
) -> None:
    made = rows(data)
    for municipality in (ONE, OTHER):
        if mine := [m for m in made if m.subject.municipality == municipality]:
            keep(data, *mine, code=municipality)
    problems = refused(data)
    (first,) = [p for p in problems if p.code == code]
    assert found in first.found
    line = (
        Path(data / "alignments" / Path(first.at.file).name).read_text(encoding="utf-8").splitlines()[first.at.row - 1]
    )
    assert line.startswith("lg:")
    assert first.expected


def test_an_indicator_that_was_merged_into_another_is_named_with_it(data: Path) -> None:
    keep(data, row(data, "待機児童数", WAITING))
    path = data / "sources" / ONE / "registry.csv"
    gone, kept = key(data, ONE, "待機児童数"), key(data, ONE, "リサイクル率")
    text = path.read_text(encoding="utf-8")
    path.unlink()
    path.write_text(re.sub(rf"^(kpi,{gone},.*),$", rf"\1,{kept}", text, flags=re.M), encoding="utf-8")
    (problem,) = [p for p in refused(data) if p.code == "mapping.removed"]
    assert (problem.at.row > 10, gone in problem.found, kept in problem.expected) == (True, True, True)


@pytest.mark.parametrize(
    ("was", "now", "column"),
    [
        ("skos:exactMatch", "skos:relatedMatch", "predicate_id"),
        ("\taccepted\t", "\tagreed\t", "status"),
        ("架空市企画課", "", "reviewer_label"),
        ("2026-11-25", "", "mapping_date"),
        ("2026-11-25", "25.11.2026", "mapping_date"),
        ("0.98", "98", "confidence"),
        (DECIDED_BY, "by hand", "mapping_justification"),
        (DECIDED_BY, PROPOSED_BY, "mapping_justification"),
        ("shared:childcare-waiting", "childcare waiting", "object_id"),
        (f"lg:{ONE}/", f"lg:{OTHER}/", "subject_id"),
    ],
)
def test_a_row_that_is_wrong_is_named_with_line_column_and_what_is_expected(
    data: Path, was: str, now: str, column: str
) -> None:
    path = keep(data, row(data, "待機児童数", WAITING))
    text = path.read_text(encoding="utf-8")
    head, _, last = text.rstrip("\n").rpartition("\n")
    path.write_text(f"{head}\n{last.replace(was, now, 1)}\n", encoding="utf-8")
    problems = refused(data)
    assert [p.code for p in problems] == ["mapping.field"]
    assert problems[0].at.row == len(text.splitlines())
    assert problems[0].found.startswith(f"{column} = ")
    assert all(p.line(lang) for p in problems for lang in ("ja", "en"))


# ---- files


def test_a_file_says_what_was_read_from_it_and_follows_sssom(data: Path) -> None:
    rows = [row(data, "待機児童数", WAITING, comment="a\tb\nc"), row(data, "リサイクル率", SharedId("recycling-rate"))]
    path = keep(data, *rows)
    problems: list[Problem] = []
    again = sssom.load(path, problems)
    assert not problems
    assert {m.pair for m in again} == {m.pair for m in rows}
    keep(data, *again)
    assert path.read_text(encoding="utf-8") == sssom.to_tsv(ONE, again)
    lines = path.read_text(encoding="utf-8").splitlines()
    metadata = [line for line in lines if line.startswith("#")]
    header, *cells = (line.split("\t") for line in lines[len(metadata) :])
    required = {"subject_id", "predicate_id", "object_id", "mapping_justification"}  # SSSOM 1.0, Mapping
    assert required <= set(header)
    assert {len(row) for row in cells} == {len(header)}
    prefixes = {m[1] for line in metadata if (m := re.match(r"#  (\w+): https?://", line))}
    used = {c.partition(":")[0] for r in cells for c, h in zip(r, header, strict=True) if h.endswith("_id") and c}
    assert used | {"semapv"} <= prefixes
    assert any(line.startswith("#mapping_set_id: https://") for line in metadata)
    assert any(line.startswith("#license: https://") for line in metadata)


def test_a_file_that_cannot_be_written_leaves_the_former_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keep(data, row(data, "待機児童数", WAITING))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        keep(data, row(data, "待機児童数", WAITING, reviewer="someone else"))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


# ---- link and review


def run(*args: str, keys: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, list(args), input=keys)
    refused = {UsageError: 2, SourceError: 1}
    return refused.get(type(done.exception), done.exit_code), done.output


def statuses(data: Path) -> dict[str, str]:
    return {str(m.object): m.status.value for m in sssom.load(sssom.path_of(data, ONE), [])}


def test_link_proposes_and_never_touches_a_decision(data: Path) -> None:
    status, printed = run("link", ONE, "--data", str(data))
    assert status == 0
    assert "childcare-waiting" in printed
    assert "the unit fits (人)" in printed or "単位が合う（人）" in printed
    proposed = statuses(data)
    theirs = str(LocalId(OTHER, key(data, OTHER, "待機児童数")))
    assert proposed["shared:childcare-waiting"] == proposed["shared:recycling-rate"] == proposed[theirs] == "proposed"
    path = sssom.path_of(data, ONE)
    rows = sssom.load(path, [])
    today = date(2026, 11, 25)
    waits = next(m.pair for m in rows if m.pair[1] == "shared:childcare-waiting")
    recycles = next(m.pair for m in rows if m.pair[1] == "shared:recycling-rate")
    rows = decide(decide(rows, waits, Action.CLOSE, "me", today), recycles, Action.REJECT, "me", today)
    sssom.save(path, ONE, rows)
    assert run("link", ONE, "--data", str(data))[0] == 0
    after = {m.pair: m for m in sssom.load(path, [])}
    assert (after[waits].status, after[waits].predicate) == (MappingStatus.ACCEPTED, Predicate.CLOSE)
    assert after[recycles].status is MappingStatus.REJECTED
    assert after[waits].reviewer == "me"
    text = path.read_text(encoding="utf-8")
    run("link", ONE, "--data", str(data))
    assert path.read_text(encoding="utf-8") == text


def test_link_of_an_unknown_municipality_and_of_a_broken_file(data: Path) -> None:
    assert run("link", "999999", "--data", str(data))[0] == 2
    path = keep(data, row(data, "待機児童数", WAITING))
    path.write_text(path.read_text(encoding="utf-8").replace("skos:exactMatch", "sameAs"), encoding="utf-8")
    broken = path.read_bytes()
    assert run("link", ONE, "--data", str(data))[0] == 1
    assert path.read_bytes() == broken


def test_review_asks_one_by_one_and_writes_each_decision(data: Path) -> None:
    run("link", ONE, "--data", str(data))
    left = waiting(sssom.load(sssom.path_of(data, ONE), []))
    status, printed = run("review", ONE, "--data", str(data), "--reviewer", "架空市企画課", keys="e?ur" + "d" * 9)
    assert status == 0, printed
    now = {m.pair: m for m in sssom.load(sssom.path_of(data, ONE), [])}
    assert now[left[0].pair].status is MappingStatus.REJECTED  # accepted, undone, rejected
    assert {m.status for m in now.values()} == {MappingStatus.REJECTED, MappingStatus.DEFERRED}
    assert now[left[0].pair].reviewer == "架空市企画課"
    assert run("review", ONE, "--data", str(data), keys="q")[0] == 2  # nobody is named


def test_review_refuses_what_contradicts(data: Path) -> None:
    keep(
        data,
        row(data, "待機児童数", WAITING),
        row(
            data, "待機児童数", LocalId(OTHER, key(data, OTHER, "待機児童数")), status=MappingStatus.PROPOSED,
            justification=PROPOSED_BY,
        ),
    )  # fmt: skip
    keep(data, row(data, "待機児童数", SharedId("afterschool-waiting"), code=OTHER), code=OTHER)
    status, printed = run("review", ONE, "--data", str(data), "--reviewer", "me", keys="e")
    assert status == 0
    assert "cannot be taken" in printed or "受け付けられません" in printed
    assert sorted(statuses(data).values()) == ["accepted", "proposed"]


# ---- the page


class Browser:
    """Asks the page as a browser on this computer does; redirects are not followed."""

    def __init__(self, app: Starlette) -> None:
        self.app = app

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, None, headers))

    def post(self, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, form, headers))

    async def _ask(
        self, method: str, path: str, form: dict[str, str] | None, headers: dict[str, str] | None
    ) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8123") as client:
            return await client.request(method, path, data=form, headers=headers)


@pytest.fixture
def browser(data: Path) -> "tuple[Path, Browser, str]":
    """The review page of a linked municipality, and the token of its forms."""
    run("link", ONE, "--data", str(data))
    review = page.Review(session.start(data, ONE, Limits()), [ONE], "架空市企画課", deferred=False)
    return data, Browser(page.create_app(review)), review.token


def test_the_page_decides_by_plain_forms_and_writes_the_mapping_file(browser: "tuple[Path, Browser, str]") -> None:
    data, client, token = browser
    first = waiting(sssom.load(sssom.path_of(data, ONE), []))[0]
    shown = client.get("/?lang=en")
    assert shown.status_code == 200
    assert first.subject_label in shown.text
    assert first.object_label in shown.text
    assert "the unit fits" in shown.text
    assert "架空市企画課" in shown.text
    assert "確認者" in client.get("/", {"accept-language": "ja"}).text
    form = {"token": token, "subject": first.pair[0], "object": first.pair[1]}
    for action, status in (("exact", "accepted"), ("reopen", "proposed"), ("reject", "rejected")):
        done = client.post("/decide?lang=en", {**form, "action": action})
        assert (done.status_code, done.headers["location"]) == (303, "/?lang=en")
        assert {m.pair: m.status for m in sssom.load(sssom.path_of(data, ONE), [])}[first.pair] == status
    assert client.post("/decide", {**form, "object": "shared:gone", "action": "exact"}).status_code == 409


@pytest.mark.parametrize(
    ("headers", "form", "status"),
    [
        ({}, {"token": "another run's"}, 403),
        ({"host": "kpi.example.jp"}, {}, 403),
        ({"host": "127.0.0.1.example.jp:8123"}, {}, 403),
        ({"origin": "https://evil.example"}, {}, 403),
        ({"origin": "null"}, {}, 403),
        ({"sec-fetch-site": "cross-site"}, {}, 403),
        ({}, {"action": "delete"}, 400),
        ({}, {"action": "x" * 20_000}, 413),
    ],
)
def test_no_other_site_can_decide(
    browser: "tuple[Path, Browser, str]", headers: dict[str, str], form: dict[str, str], status: int
) -> None:
    data, client, token = browser
    path = sssom.path_of(data, ONE)
    before = path.read_bytes()
    first = waiting(sssom.load(path, []))[0]
    sent = {"token": token, "subject": first.pair[0], "object": first.pair[1], "action": "exact"} | form
    assert client.post("/decide", sent, headers).status_code == status
    assert path.read_bytes() == before
    assert "default-src 'none'" in client.get("/").headers["content-security-policy"]


def test_a_table_stays_only_where_no_match_and_no_name_in_it_changes() -> None:
    base = "https://kpi.example/id/lg/"
    this, other = f"{base}012025/indicator/a", f"{base}012025/indicator/ab"
    row = {"s": this, "how": expand("skos:exactMatch"), "o": "https://w3id.org/kpigraph/code/indicator/births"}
    said = ox.Triple(*map(ox.NamedNode, (this, row["how"], row["o"])))
    table = b"lg:012025/indicator/a\tBirths: all\tskos:exactMatch\tshared:births\n"

    def stays(new: mapping_table.Matches, before: dict[str, str], after: dict[str, str]) -> bool:
        return mapping_table.unchanged([one], [new], (before, after), table)

    one = mapping_table.Matches([row], [], {}, [said])
    named = {this: "Births", other: "Deaths"}
    assert stays(one, named, named)
    assert stays(one, named, {this: "Births"})  # a name that the table does not have
    assert stays(one, {this: "Births"}, named | {other: "Moves"})
    assert not stays(one, named, named | {this: "Babies"})
    assert not stays(one, named, {other: "Deaths"})
    assert not stays(one, named, named | {row["o"]: "Births"})  # of a shared indicator
    assert not stays(mapping_table.Matches([], [], {}, []), named, named)
    assert not stays(mapping_table.Matches([row | {"comment": "so"}], [], {}, [said]), named, named)
    assert not stays(mapping_table.Matches([row], [], {}, []), named, named)
