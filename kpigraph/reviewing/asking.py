"""Reviewing at the terminal: one proposal at a time, one key a decision, each written at once."""

import sys
from datetime import date

import click

from kpigraph.linking import sssom
from kpigraph.linking.mapping import LocalId, Mapping
from kpigraph.reviewing.deciding import KEYS, decide, new_faults, waiting
from kpigraph.reviewing.session import Session
from kpigraph.reviewing.texts import text
from kpigraph.terminal import LANG, note

_SKIP, _UNDO, _QUIT, _HELP = "s", "u", "q", "?"


def ask(session: Session, municipality: str, reviewer: str, *, deferred: bool = False) -> bool:
    """Ask for every proposal of a municipality; False if the person wants to stop."""
    path = sssom.path_of(session.data, municipality)
    rows = session.mappings(municipality)
    history: list[list[Mapping]] = []
    skipped: set[tuple[str, str]] = set()
    print(f"{municipality} {session.names[municipality]}")
    print(text("keys", LANG))
    while left := [m for m in waiting(rows, deferred=deferred) if m.pair not in skipped]:
        _show(session, left[0], len(left))
        key = _key()
        if key in ("", _QUIT):
            return False
        if key == _SKIP:
            skipped.add(left[0].pair)
        elif key == _UNDO and history:
            rows = history.pop()
            sssom.save(path, municipality, rows)
        elif key in KEYS:
            new = decide(rows, left[0].pair, KEYS[key], reviewer, date.today())
            if faults := new_faults(session, municipality, rows, new):
                note(text("refused", LANG))
                for problem in faults:
                    note(f"  {problem.sentence(LANG)}")
                skipped.add(left[0].pair)
                continue
            history.append(rows)
            rows = new
            sssom.save(path, municipality, rows)
            if deferred:
                skipped.add(left[0].pair)
            print(f"  → {text(KEYS[key].value, LANG)}")
        else:
            print(text("keys", LANG))
    print(text("none", LANG))
    return True


def _show(session: Session, m: Mapping, left: int) -> None:
    mine = session.indicators.get(m.subject)
    print()
    print(f"[{text('left', LANG, left)}] {m.subject_label}")
    if mine:
        unit = mine.unit.label_ja if mine.unit else "-"
        print(f"    {text('unit', LANG)}: {unit}   {text('under', LANG)}: {' / '.join(mine.headings) or '-'}")
    print(f"  ↔ {m.object_label}   {m.object}   {m.confidence} {text(m.predicate.value, LANG)}")
    if isinstance(m.object, LocalId):
        print(f"    {text('of', LANG, session.names.get(m.object.municipality, m.object.municipality))}")
    elif shared := session.shared.indicators.get(m.object.notation):
        print(f"    {shared.definition_ja if LANG == 'ja' else shared.definition_en}")
    why = "; ".join(reason.sentence(LANG) for reason in session.reasons(m)) or m.comment
    print(f"    {text('why', LANG)}: {why}")


def _key() -> str:
    """Return the next key, "" at the end of the input."""
    if sys.stdin.isatty():
        return click.getchar().lower()
    while (key := sys.stdin.read(1)).isspace():
        pass
    return key.lower()
