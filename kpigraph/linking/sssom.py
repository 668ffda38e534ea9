"""Read and write mapping files: data/alignments/indicators-<code>.sssom.tsv, one a municipality.

The format is SSSOM/TSV, the Simple Standard for Sharing Ontological Mappings (https://w3id.org/sssom, version 1.0): a
header of metadata in commented YAML, then tab-separated rows. Where a match stands is an extension slot of ours,
`status`; of a rejected one the row says in SSSOM's own terms what holds: predicate_modifier Not. People edit these
files, by hand or by `kpigraph review`: every fault is named with its line, and one fault refuses the file.
"""

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from kpigraph.linking.mapping import LocalId, Mapping, MappingStatus, Predicate, any_id, local_id
from kpigraph.prefixes import CODE, NS
from kpigraph.problems import Problem, SourceLocation

COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "object_label",
    "mapping_justification", "confidence", "status", "reviewer_id", "reviewer_label", "mapping_date", "mapping_tool",
    "comment",
)  # fmt: skip
PROPOSED_BY = "semapv:CompositeMatching"  # name, unit, period and place together
DECIDED_BY = "semapv:ManualMappingCuration"
JUSTIFICATIONS = (
    PROPOSED_BY, DECIDED_BY, "semapv:MappingReview", "semapv:LexicalMatching",
    "semapv:LexicalSimilarityThresholdMatching", "semapv:BackgroundKnowledgeBasedMatching",
    "semapv:UnspecifiedMatching",
)  # fmt: skip
_HOME = "https://w3id.org/kpigraph/"
_CODE = re.compile(r"[0-9]{6}")
_CONFIDENCE = re.compile(r"0|1|0?\.[0-9]+|[01]\.[0-9]+")
_PREDICATES = {p.curie: p for p in Predicate}
_BREAKS = re.compile(r"[\t\r\n]+")


def path_of(data: Path, municipality: str) -> Path:
    """Return the mapping file of a municipality in a data folder."""
    return data / "alignments" / f"indicators-{municipality}.sssom.tsv"


def files(data: Path) -> list[Path]:
    """Return the mapping files of a data folder, in order."""
    return sorted((data / "alignments").glob("indicators-*.sssom.tsv"))


def load(path: Path, problems: list[Problem]) -> list[Mapping]:
    """Return the rows of a mapping file, none where there is no file; what is wrong goes to `problems`."""
    if not path.is_file():
        return []
    at = SourceLocation(file=f"{path.parent.name}/{path.name}")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as e:
        problems.append(Problem("source.encoding", at, e.object[e.start : e.end].hex(" "), "UTF-8"))
        return []
    skipped = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    rows = csv.reader(lines[skipped:], delimiter="\t", strict=True)
    found: list[Mapping] = []
    try:
        header = next(rows, [])
        missing = [c for c in COLUMNS if c not in header]
        if missing:
            at = at._replace(row=skipped + 1)
            problems.append(Problem("mapping.field", at, "\\t".join(header), ", ".join(missing)))
            return []
        for row in rows:
            at = at._replace(row=skipped + rows.line_num)
            if len(row) != len(header):
                problems.append(Problem("mapping.field", at, "\\t".join(row), f"{len(header)} cells"))
            elif any(row):
                found += _mapping(dict(zip(header, (cell.strip() for cell in row), strict=True)), at, path, problems)
    except csv.Error as e:
        problems.append(Problem("mapping.field", at._replace(row=skipped + rows.line_num), str(e), "SSSOM/TSV"))
    return found


def _mapping(row: dict[str, str], at: SourceLocation, path: Path, problems: list[Problem]) -> Iterable[Mapping]:
    """Yield the mapping that a row states, if it states one."""
    known = len(problems)

    def wrong(column: str, expected: str) -> None:
        problems.append(Problem("mapping.field", at, f"{column} = {row[column]}", expected))

    subject, object_ = local_id(row["subject_id"]), any_id(row["object_id"])
    if subject is None or path.name != f"indicators-{subject.municipality}.sssom.tsv":
        wrong("subject_id", f"lg:{path.name[11:17]}/kpi-…")
    if object_ is None or object_ == subject:
        wrong("object_id", "shared:…, lg:…/kpi-…")
    if row["predicate_id"] not in _PREDICATES:
        wrong("predicate_id", ", ".join(_PREDICATES))
    if row["mapping_justification"] not in JUSTIFICATIONS:
        wrong("mapping_justification", ", ".join(JUSTIFICATIONS))
    if row["confidence"] and not (_CONFIDENCE.fullmatch(row["confidence"]) and float(row["confidence"]) <= 1):
        wrong("confidence", "0 – 1")
    if row["status"] not in [s.value for s in MappingStatus]:
        wrong("status", ", ".join(MappingStatus))
    rejected = row["status"] == MappingStatus.REJECTED
    if row["predicate_modifier"] not in ("", "Not") or (row["predicate_modifier"] == "Not") != rejected:
        wrong("predicate_modifier", "Not" if rejected else "-")
    if row["mapping_date"] and not _is_date(row["mapping_date"]):
        wrong("mapping_date", "2026-11-25")
    if row["status"] in (MappingStatus.ACCEPTED, MappingStatus.REJECTED):
        if not row["reviewer_label"] and not row["reviewer_id"]:
            wrong("reviewer_label", "text")
        if not row["mapping_date"]:
            wrong("mapping_date", "2026-11-25")
        if row["mapping_justification"] == PROPOSED_BY:
            wrong("mapping_justification", DECIDED_BY)
    if row["reviewer_id"] and not re.fullmatch(r"(orcid:|https?://)[!-~]+", row["reviewer_id"]):
        wrong("reviewer_id", "orcid:0000-0001-2345-6789, https://…")
    if len(problems) > known or subject is None or object_ is None:
        return
    yield Mapping(
        subject=subject,
        subject_label=row["subject_label"],
        predicate=_PREDICATES[row["predicate_id"]],
        object=object_,
        object_label=row["object_label"],
        justification=row["mapping_justification"],
        confidence=row["confidence"],
        status=MappingStatus(row["status"]),
        reviewer=row["reviewer_label"],
        reviewer_id=row["reviewer_id"],
        date=row["mapping_date"],
        tool=row["mapping_tool"],
        comment=row["comment"],
        at=at,
    )


def save(path: Path, municipality: str, mappings: Iterable[Mapping]) -> None:
    """Write a mapping file whole and in a fixed order, or leave the former one as it is.

    Raises:
        OSError: if it cannot be written.
    """
    text = to_tsv(municipality, mappings)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def to_tsv(municipality: str, mappings: Iterable[Mapping]) -> str:
    """Return a mapping file as text."""
    if not _CODE.fullmatch(municipality):
        raise ValueError(f"{municipality!r} is no municipality code")
    text = io.StringIO()
    text.write(_metadata(municipality))
    rows = csv.writer(text, delimiter="\t", lineterminator="\n")
    rows.writerow(COLUMNS)
    for m in sorted(mappings, key=lambda m: (m.subject, _rank(m), m.pair)):
        rows.writerow([_BREAKS.sub(" ", cell) for cell in _cells(m)])
    return text.getvalue()


def _cells(m: Mapping) -> tuple[str, ...]:
    modifier = "Not" if m.status is MappingStatus.REJECTED else ""
    return (
        *(str(m.subject), m.subject_label, m.predicate.curie, modifier, str(m.object), m.object_label),
        *(m.justification, m.confidence, m.status.value, m.reviewer_id, m.reviewer, m.date, m.tool, m.comment),
    )


def _rank(m: Mapping) -> tuple[int, float]:
    order = (MappingStatus.ACCEPTED, MappingStatus.PROPOSED, MappingStatus.DEFERRED, MappingStatus.REJECTED)
    return order.index(m.status), -float(m.confidence or 0)


def _metadata(municipality: str) -> str:
    return (
        f"#curie_map:\n"
        f"#  kpigraph: {_HOME}\n"
        f"#  lg: {_HOME}id/lg/\n"
        f"#  orcid: https://orcid.org/\n"
        f"#  semapv: https://w3id.org/semapv/vocab/\n"
        f"#  shared: {CODE}indicator/\n"
        f"#  skos: http://www.w3.org/2004/02/skos/core#\n"
        f"#extension_definitions:\n"
        f"#- slot_name: status\n"
        f"#  property: {NS}status\n"
        f"#  type_hint: http://www.w3.org/2001/XMLSchema#string\n"
        f"#license: https://creativecommons.org/publicdomain/zero/1.0/\n"
        f"#mapping_set_id: {_HOME}alignments/indicators-{municipality}\n"
        f"#mapping_set_title: Indicators of municipality {municipality} matched to shared and to others' indicators\n"
        f"#object_source: kpigraph:code/indicator\n"
        f"#sssom_version: '1.0'\n"
        f"#subject_source: lg:{municipality}\n"
    )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def decided_pairs(mappings: Iterable[Mapping]) -> set[tuple[str, str]]:
    """Return the pairs that a person has decided on, or put off: they are not proposed again."""
    return {m.pair for m in mappings if m.status is not MappingStatus.PROPOSED}


def subjects_accepted(mappings: Iterable[Mapping]) -> set[LocalId]:
    """Return the indicators for which a person accepted a match with a shared indicator."""
    return {m.subject for m in mappings if m.status is MappingStatus.ACCEPTED and not isinstance(m.object, LocalId)}
