"""What changed between two editions or two snapshots: in words, as JSON, as triples."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from test_cli import run

from kpigraph import diff, releases
from kpigraph.diff import Comparison, Kind, words
from kpigraph.diff.changes import Change, changes
from kpigraph.diff.facts import Corrected, EditionFacts, Judged, Position, Stated
from kpigraph.order import graph_iri
from kpigraph.prefixes import expand
from kpigraph.problems import UsageError

CS = "http://purl.org/vocab/changeset/schema#"
PLAN = "https://w3id.org/kpigraph/id/lg/012068/doc/sogo-senryaku-kpi/"


@pytest.fixture(scope="module")
def public(two_editions: Path) -> Path:
    return two_editions / "public"


@pytest.fixture(scope="module")
def versions(public: Path) -> list[str]:
    return releases.versions(public)


@pytest.fixture(scope="module")
def year(public: Path) -> Comparison:
    """Return what changed from the real edition to the fictional one."""
    return diff.compare("2016", "2017", public)


def told(comparison: Comparison, *kinds: Kind) -> list[Change]:
    return [c for e in comparison.editions for c in e.changes if c.kind in kinds]


def sides(change: Change) -> tuple[str, tuple[int, ...], str, tuple[int, ...]]:
    before, after = change.before, change.after
    assert before is not None
    assert after is not None
    return before.words["en"], before.lines, after.words["en"], after.lines


# ---- two editions


def test_every_edit_of_the_next_year_is_told_and_nothing_else(year: Comparison) -> None:
    assert Counter((c.kind, c.thing) for c in told(year, *Kind)) == {
        (Kind.ADDED, "indicator"): 1,
        (Kind.DROPPED, "indicator"): 1,
        (Kind.DROPPED, "direction"): 1,
        (Kind.RENAMED, "indicator"): 1,
        (Kind.RENAMED, "measure"): 1,
        (Kind.MOVED, "indicator"): 1,
        (Kind.MOVED, "measure"): 1,
        (Kind.DEPARTMENT_CHANGED, "indicator"): 1,
        (Kind.TARGET_CHANGED, "indicator"): 1,
        (Kind.ACTUAL_NEW, "indicator"): 4,
        (Kind.ACTUAL_REVISED, "indicator"): 1,
        (Kind.STATUS_CHANGED, "indicator"): 1,
        (Kind.CORRECTION_ADDED, "correction"): 1,
        (Kind.CORRECTION_WITHDRAWN, "correction"): 1,
    }


def test_a_changed_target_with_its_places_in_both_documents(year: Comparison) -> None:
    (change,) = told(year, Kind.TARGET_CHANGED)
    assert change.name == "新規創業者数"
    assert sides(change) == ("125件（H27-31年度累計）", ("44",), "150件（H27-31年度累計）", ("47",))


def test_what_is_only_printed_otherwise_has_not_changed(year: Comparison) -> None:
    """The target of 釧路港年間水揚量 is printed as 120000 in Ｈ31年 a year later; its actual is another one."""
    of = [c.kind for c in told(year, *Kind) if c.name == "釧路港年間水揚量"]
    assert of == [Kind.ACTUAL_NEW]


def test_an_indicator_listed_three_times_changes_once(year: Comparison) -> None:
    (change,) = [c for c in told(year, Kind.ACTUAL_NEW) if c.name == "釧路空港乗降客数"]
    assert sides(change) == ("69.3万人（H27年度）", ("30", "80", "293"), "75.1万人（H28年度）", ("33", "82", "292"))
    (status,) = told(year, Kind.STATUS_CHANGED)
    assert status.before
    assert status.after
    assert (status.name, status.before.words, status.after.words) == (
        "釧路空港乗降客数",
        {"ja": "進行中", "en": "in progress"},
        {"ja": "達成", "en": "met"},
    )


def test_a_correction_of_another_cell_with_the_same_texts_is_another_one(year: Comparison) -> None:
    (added,) = told(year, Kind.CORRECTION_ADDED)
    (withdrawn,) = told(year, Kind.CORRECTION_WITHDRAWN)
    assert added.after
    assert withdrawn.before
    assert (added.name, added.after.lines) == ("「人」→「%」", ("9",))
    assert withdrawn.before.lines == ("292",)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "- the target of 新規創業者数 changed from 125件（H27-31年度累計） to 150件（H27-31年度累計） "
               "[2016: line 44; 2017: line 47]"),
        ("ja", "- 「新規創業者数」の目標が 125件（H27-31年度累計） から 150件（H27-31年度累計） に変わりました "
               "[2016: 44行目; 2017: 47行目]"),
        ("en", "- the indicator 若者健診受診者数 is now called 若年者健診受診者数 "
               "[2016: lines 220, 221, 222; 2017: lines 219, 220, 221]"),
        ("ja", "- 施策「石炭エネルギーの活用」は「地域に根ざした石炭産業の振興」から"
               "「地域特性を活かした企業誘致」に移りました [2016: 50行目; 2017: 52行目]"),
        ("en", "- 交流イベントの開催回数 passed from the department 介護高齢課 to 市民生活課 "
               "[2016: lines 226, 227, 228; 2017: lines 225, 226, 227]"),
    ],
)  # fmt: skip
def test_words(year: Comparison, lang: str, sentence: str) -> None:
    text = words.as_text(year, lang)
    assert sentence in text.splitlines()
    assert text.startswith("012068/sogo-senryaku-kpi/2016 → 012068/sogo-senryaku-kpi/2017: ")


def test_every_change_has_a_sentence_in_both_languages(year: Comparison) -> None:
    for change in told(year, *Kind):
        ja, en = (words.sentence(change, lang) for lang in ("ja", "en"))
        assert ja != en
        assert not {"{", "}"} & {*ja, *en}


def test_json_has_both_languages_and_the_records(year: Comparison) -> None:
    content = json.loads(words.as_json(year))
    assert content["equal"] is False
    (edition,) = content["changes"]
    (target,) = [c for c in edition["changes"] if c["kind"] == "target-changed"]
    key = target["subject"].rpartition("kpi-")[2]
    assert target["before"]["iri"] == f"{PLAN}2016/st-{key}-t"
    assert target["after"] == {"words": dict.fromkeys(("ja", "en"), "150件（H27-31年度累計）"),
                               "iri": f"{PLAN}2017/st-{key}-t", "lines": ["47"]}  # fmt: skip
    assert set(target["sentence"]) == {"ja", "en"}
    assert content["triples"]["removed"] == len(year.removed)


def test_the_other_way_round_is_the_opposite(year: Comparison, public: Path) -> None:
    back = diff.compare("2017", "2016", public)
    assert (back.removed, back.added) == (year.added, year.removed)
    opposite = {Kind.ADDED: Kind.DROPPED, Kind.DROPPED: Kind.ADDED,
                Kind.CORRECTION_ADDED: Kind.CORRECTION_WITHDRAWN,
                Kind.CORRECTION_WITHDRAWN: Kind.CORRECTION_ADDED}  # fmt: skip
    found = Counter((c.kind, c.subject) for c in told(back, *Kind) if c.thing != "correction")
    wanted = ((opposite.get(c.kind, c.kind), c.subject) for c in told(year, *Kind) if c.thing != "correction")
    assert found == Counter(wanted)


def test_an_edition_differs_in_nothing_from_itself(public: Path) -> None:
    same = diff.compare("2016", "sogo-senryaku-kpi/2016", public)
    assert same.is_empty
    assert words.as_text(same, "ja") == "違いはありません\n"
    assert json.loads(words.as_json(same))["equal"] is True
    assert list(ox.parse(words.as_turtle(same), ox.RdfFormat.TURTLE)) == []


def test_triples_say_something_else_and_not_merely_elsewhere(year: Comparison) -> None:
    for quads, edition in ((year.removed, "2016"), (year.added, "2017")):
        assert quads
        assert {graph_iri(q).split("/")[-2] for q in quads} == {edition}
        subjects = {q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)}
        assert not [s for s in subjects if "/row-" in s or "/source" in s]
        assert not [q for q in quads if q.predicate.value == expand("kpi:order")]
    objects = {(q.predicate.value, q.object.value) for q in year.added if isinstance(q.object, ox.Literal)}
    assert (expand("kpi:statedValue"), "150") in objects
    assert (expand("kpi:statedValue"), "2,000") not in objects  # stands three lines further down, unchanged
    corrected = [[q for q in quads if q.predicate.value == expand("kpi:originalText")] for quads in
                 (year.removed, year.added)]  # fmt: skip
    assert [len(quads) for quads in corrected] == [1, 1]  # the other seven say the same of cells further down


def test_triples_without_words_are_a_difference_too(year: Comparison) -> None:
    for quads in ({"removed": year.removed, "added": frozenset()}, {"removed": frozenset(), "added": year.added}):
        found = replace(year, editions=(), **quads)
        assert not found.is_empty
        assert "no differences" not in words.as_text(found, "en")


# ---- two snapshots


def rebuilt(before: Path, changes: bytes) -> set[ox.Quad]:
    """Return the quads of a dump after a change set is applied to them: what the format is for."""
    quads = set(ox.parse(path=before / "kpigraph.nq", format=ox.RdfFormat.N_QUADS))
    said = ox.Store()
    said.load(changes, format=ox.RdfFormat.TURTLE)
    for name, change in (("removal", quads.discard), ("addition", quads.add)):
        for row in said.query(f"""
            PREFIX rdf: <{expand("rdf:")}> PREFIX dct: <{expand("dct:")}> PREFIX cs: <{CS}>
            SELECT ?s ?p ?o ?g {{ ?set a cs:ChangeSet ; cs:subjectOfChange ?s ; cs:{name} ?change .
              ?change a rdf:Statement ; rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; dct:isPartOf ?g }}"""):
            change(ox.Quad(row["s"], row["p"], row["o"], row["g"]))
    return quads


def test_the_change_set_of_two_snapshots_makes_the_one_of_the_other(public: Path, versions: list[str]) -> None:
    one, two = (public / "releases" / v for v in versions)
    turtle = words.as_turtle(diff.compare(str(one), str(two), public))
    assert rebuilt(one, turtle) == set(ox.parse(path=two / "kpigraph.nq", format=ox.RdfFormat.N_QUADS))


def test_an_edition_that_one_snapshot_lacks(public: Path, versions: list[str]) -> None:
    found = diff.compare(versions[0], versions[1], public)
    assert [str(e) for e in found.new] == ["012068/sogo-senryaku-kpi/2017"]
    assert [str(e.after) for e in found.editions] == ["012068/sogo-senryaku-kpi/2016"]
    assert told(found, *Kind) == []
    text = words.as_text(found, "en")
    assert "edition added: 012068/sogo-senryaku-kpi/2017" in text
    assert f"{len(found.removed):,} removed, {len(found.added):,} added" in text
    back = diff.compare(versions[1], versions[0], public)
    assert [str(e) for e in back.lost] == ["012068/sogo-senryaku-kpi/2017"]
    assert (back.removed, back.added) == (found.added, found.removed)


def test_a_folder_of_the_publication_stands_for_its_current_release(public: Path, versions: list[str]) -> None:
    assert diff.compare(str(public), versions[1], public).is_empty
    assert diff.compare(str(public / "current"), str(public), public).is_empty


# ---- names that say nothing, or too much


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("2015", "2016"), "no such edition or snapshot: 2015"),
        (("2016", "000009-000000000000"), "no such edition or snapshot: 000009-000000000000"),
        (("2016", "PUBLIC"), "2016 is not a snapshot"),
        (("PUBLIC", "2016"), "2016 is not a snapshot"),
    ],
)
def test_names_that_cannot_be_compared(public: Path, names: tuple[str, str], said: str) -> None:
    a, b = (n.replace("PUBLIC", str(public)) for n in names)
    with pytest.raises(UsageError, match=said):
        diff.compare(a, b, public)


def test_without_a_publication_there_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no publication"):
        diff.compare("2016", "2017", tmp_path)


# ---- the command


def test_the_command(public: Path) -> None:
    found = run("diff", "2016", "2017", "--store", public, lang="ja")
    assert (found.returncode, found.stderr) == (0, "")
    assert "の目標が" in found.stdout
    same = run("diff", "2016", "2016", "--store", public)
    assert (same.returncode, same.stdout) == (0, "no differences\n")
    form = run("diff", "2016", "2017", "--store", public, "--format", "json")
    assert json.loads(form.stdout)["after"] == "012068/sogo-senryaku-kpi/2017"
    turtle = run("diff", "2016", "2017", "--store", public, "-f", "turtle")
    assert f"<{CS}>" in turtle.stdout
    assert "@ja" in turtle.stdout
    wrong = run("diff", "2016", "1999", "--store", public)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "1999" in wrong.stderr


# ---- kinds of change that the two documents do not have


def facts(
    *statements: tuple[str, str, str, str], corrections: tuple[tuple[str, str], ...] = (), above: str = "m1"
) -> EditionFacts:
    """Return an edition with the indicator i: its statements are (role, words, meaning, period)."""
    by_role: dict[tuple[str, str], list[Stated]] = {}
    for role, said, meaning, period in statements:
        stated = Stated(iri=f"st-{role}", words=said, meaning=(meaning,), is_missing=meaning == "-", period=period,
                        lines=("1",))  # fmt: skip
        by_role.setdefault(("i", role), []).append(stated)
    position = Position(iri="i", kind="indicator", name="指標", at="listing", above={above: above}, departments={},
                        lines=("1",))  # fmt: skip
    corrected = [
        Corrected(iri=f"corr-{n}", was="人", now=now, concerns=("i",), status=status,
                  status_labels={"ja": status, "en": status}, lines=(str(n),))
        for n, (now, status) in enumerate(corrections)
    ]  # fmt: skip
    return EditionFacts({"i": position}, by_role, corrected, {"i": Judged(iri="as", status=("met", ""), labels={})})


def kinds(before: EditionFacts, after: EditionFacts) -> Iterator[Kind]:
    return (c.kind for c in changes(before, after))


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (("baseline", "1", "1", "p"), ("baseline", "2", "2", "p"), Kind.BASELINE_CHANGED),
        (("target", "1", "1", "p"), ("target", "1", "1", "q"), None),  # the meaning decides
        (("actual", "1", "1", "p"), ("actual", "2", "2", "p"), Kind.ACTUAL_REVISED),
        (("actual", "1", "1", "p"), ("actual", "2", "2", "q"), Kind.ACTUAL_NEW),
        (("actual", "-", "-", "p"), ("actual", "2", "2", "p"), Kind.ACTUAL_NEW),
        (("actual", "1", "1", "p"), ("actual", "-", "-", "p"), Kind.ACTUAL_WITHDRAWN),
    ],
)
def test_kinds_of_statements(
    before: tuple[str, str, str, str], after: tuple[str, str, str, str], kind: Kind | None
) -> None:
    assert list(kinds(facts(before), facts(after))) == ([kind] if kind else [])


def test_a_conflict_that_comes_is_one_statement_more() -> None:
    one, two = ("target", "1", "1", "p"), ("target", "2", "2", "p")
    (change,) = changes(facts(one), facts(one, two))
    assert (change.kind, change.before) == (Kind.TARGET_CHANGED, None)
    assert words.sentence(change, "en") == "the target of 指標 changed from none to 2"
    (change,) = changes(facts(one, two), facts(one))
    assert (change.kind, change.after) == (Kind.TARGET_CHANGED, None)


def test_corrections_decided_added_and_withdrawn() -> None:
    proposed, accepted = (("%", "proposed"),), (("%", "accepted"),)
    assert list(kinds(facts(corrections=proposed), facts(corrections=accepted))) == [Kind.CORRECTION_DECIDED]
    assert list(kinds(facts(), facts(corrections=accepted))) == [Kind.CORRECTION_ADDED]
    assert list(kinds(facts(corrections=accepted), facts())) == [Kind.CORRECTION_WITHDRAWN]
    assert list(kinds(facts(corrections=accepted), facts(corrections=accepted * 2))) == [Kind.CORRECTION_ADDED]
    assert list(kinds(facts(corrections=accepted), facts(corrections=accepted))) == []


def test_a_move_is_told_before_a_new_actual() -> None:
    before, after = facts(("actual", "1", "1", "p")), facts(("actual", "2", "2", "q"), above="m2")
    assert list(kinds(before, after)) == [Kind.MOVED, Kind.ACTUAL_NEW]
