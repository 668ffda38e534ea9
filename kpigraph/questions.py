"""Questions worth asking of the graph: ontology/questions/*.rq, a query each with its title in Japanese and English.

A file begins with comments, one field a line (`# title@ja: …`, `# asks: citizen`), and ends with the query, which has
the PREFIX lines that it needs. docs/model.md, section 4, numbers the first of them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kpigraph.config import resource_dir
from kpigraph.problems import UsageError

_FIELD = re.compile(r"# (?P<name>[a-z]+(?:@[a-z]+)?): (?P<text>\S.*)")
_REQUIRED = ("title@ja", "title@en", "asks", "about@ja", "about@en")
_OPTIONAL = ("runs",)


class Audience(StrEnum):
    """Who asks."""

    CITIZEN = "citizen"
    COUNCIL = "council"
    JOURNALIST = "journalist"
    MUNICIPALITY = "municipality"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question and the query that answers it.

    Attributes:
        key: the name of its file without the ending, such as cq01-status.
        titles: the question, by language (ja, en).
        abouts: one line on what the answer means, by language.
        audience: who asks it.
        text: the query, with its PREFIX lines.
        elsewhere: whether it needs SERVICE, which our endpoint refuses: it is to be read, or run in another engine.
    """

    key: str
    titles: dict[str, str]
    abouts: dict[str, str]
    audience: Audience
    text: str
    elsewhere: bool = False


def load_questions(folder: Path | None = None) -> tuple[Question, ...]:
    """Return the questions of `folder` (by default ours) in order of key.

    Raises:
        UsageError: if a file lacks a field, has one twice, or has one that is not known; if there is no file.
    """
    folder = folder or resource_dir("ontology") / "questions"
    questions = tuple(_question(path) for path in sorted(folder.glob("*.rq")))
    if not questions:
        raise UsageError(f"問い (*.rq) がありません: {folder}", f"there are no questions (*.rq) in {folder}")
    return questions


def _question(path: Path) -> Question:
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    fields: dict[str, str] = {}
    for line in lines[:end]:
        field = _FIELD.fullmatch(line)
        if field is None or field["name"] not in (*_REQUIRED, *_OPTIONAL) or field["name"] in fields:
            raise _wrong(path, line)
        fields[field["name"]] = field["text"].strip()
    for name in _REQUIRED:
        if name not in fields:
            raise _wrong(path, f"# {name}: …")
    if fields["asks"] not in list(Audience):
        raise _wrong(path, f"# asks: {fields['asks']}")
    if fields.get("runs", "elsewhere") != "elsewhere":
        raise _wrong(path, f"# runs: {fields['runs']}")
    text = "\n".join(lines[end:]).strip() + "\n"
    if not text.strip():
        raise _wrong(path, "SELECT …")
    return Question(
        key=path.stem,
        titles={lang: fields[f"title@{lang}"] for lang in ("ja", "en")},
        abouts={lang: fields[f"about@{lang}"] for lang in ("ja", "en")},
        audience=Audience(fields["asks"]),
        text=text,
        elsewhere="runs" in fields,
    )


def _wrong(path: Path, what: str) -> UsageError:
    return UsageError(
        f"問いのファイルの見出しが正しくないか、足りません: {path.name}: {what}",
        f"a field of a question is wrong or missing: {path.name}: {what}",
    )
