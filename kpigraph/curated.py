"""Read a CSV file that people keep beside a document: corrections, key registry. Every fault is named with its line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from kpigraph.problems import Problem, SourceLocation


def rows(
    path: Path, name: str, columns: tuple[str, ...], code: str, problems: list[Problem]
) -> Iterator[tuple[SourceLocation, dict[str, str]]]:
    """Yield the rows of a CSV file of ours, each with the place of its last line; what is no row goes to `problems`."""
    at = SourceLocation(file=name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            if header != list(columns):
                problems.append(Problem(code, at._replace(row=1), ",".join(header), ",".join(columns)))
                return
            for row in lines:
                at = at._replace(row=lines.line_num)
                if len(row) == len(columns):
                    yield at, dict(zip(columns, row, strict=True))
                elif row:
                    problems.append(Problem(code, at, ",".join(row), ",".join(columns)))
    except UnicodeDecodeError as e:
        problems.append(Problem("source.encoding", at, e.object[e.start : e.end].hex(" "), "UTF-8"))
    except csv.Error as e:
        problems.append(Problem(code, at._replace(row=at.row + 1), str(e), ",".join(columns)))
