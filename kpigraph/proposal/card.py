"""Write card.toml for a document that nobody has described yet: every guess with its evidence beside it."""

from collections import Counter
from collections.abc import Iterable, Mapping

from kpigraph.layouts import Part
from kpigraph.model import Calendar, Document, Level, Role
from kpigraph.proposal.trial import Trial, lacking
from kpigraph.text import normalise

# By code of what could not be read: what to do, in Japanese and English.
_TO_DO = {
    "unit.unknown": (
        '既にある単位の別名なら [layout.units] に（例: "number" = "件"）、なければ data/codelists/units.csv に加える',
        'another word for a known unit: [layout.units], as in "number" = "件"; else a row in data/codelists/units.csv',
    ),
    "header.unread": (
        "[layout.columns] の当てはまる項目に加える（不要な列は ignore）",
        "add to the fitting entry of [layout.columns] (ignore for what is not wanted)",
    ),
    "period.missing": (
        '[language.periods] に期間を書く（例: "目標値" = "R6年度"）',
        'write their period under [language.periods], as in "目標値" = "R6年度"',
    ),
    "header.missing": (
        "表の見出しが分からない。[layout.columns] に見出しの語を書く。指標名が表の上の行にあれば name_above = true、"
        "文書になければ indicator",
        "no header row was found: write its words under [layout.columns]; where the line above a table names its "
        "indicator, name_above = true, where nothing does, indicator",
    ),
    "period.unreadable": (
        "年だけ（H26）なら [language] bare_year、元号がなければ [layout] era、その他は [language.periods] に書く",
        "a year alone (H26): bare_year under [language]; a year without era: era under [layout]; else write what it is "
        "under [language.periods]",
    ),
    "place.missing": (
        "見出しの列に空欄があれば blank_means_above に、見出しの行なら番号の例を [layout.hierarchy] に",
        "blanks in a column of headings: blank_means_above; headings on rows of their own: [layout.hierarchy]",
    ),
    "cell.several-values": (
        "一つのセルに値が二つ以上ある。[layout] leave_unread に加える（読まないまま）",
        "a cell with several values: add it to leave_unread of [layout]",
    ),
    "role.unknown": (
        "[layout.roles] に語を加える。役割の列でなければ、その見出しを [layout.columns] の number や category に",
        "add the words to [layout.roles]; if the column tells no roles, add its header to number or category of "
        "[layout.columns]",
    ),
    "place.unlisted": (
        "見出しでない行（表の下の注など）なら [layout.columns] の ignore に加える",
        "if it is no heading but a remark, add it to ignore of [layout.columns]",
    ),
    "source.no-indicator": (
        '[layout] kind を直す。空白で揃えた表なら wide と [source] cut = "blanks"、'
        "列の始まりは columns_at = [0, 18, 40]",
        'mend kind under [layout]; for a table set with blanks, wide and [source] cut = "blanks", with '
        "columns_at = [0, 18, 40] where its columns begin",
    ),
    "quantity.signed": (
        '符号の付いた数。値そのものなら [layout] signed = "value"、増減なら "change"',
        'numbers with a sign: [layout] signed = "value" if they are the values, "change" if they are changes',
    ),
    "quantity.unreadable": (
        "誤植は corrections.csv に、値のない印は [language.missing] に、読まないものは [layout] leave_unread に",
        "a misprint: a row in corrections.csv; a word for no value: [language.missing]; what shall stay unread: "
        "leave_unread of [layout]",
    ),
}
_ELSE = (
    "kpigraph inspect で場所を見て、card.toml か corrections.csv で直す",
    "see where with kpigraph inspect; mend card.toml or add a correction",
)


def quoted(text: str) -> str:
    """Return `text` as a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for char, name in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = escaped.replace(char, name)
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _listed(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(quoted, texts)) + "]"


def _one_line(remark: str) -> str:
    """Return `remark` as it can stand behind a #: on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in remark).split())


def _both(texts: dict[str, str]) -> str:
    return f"{{ ja = {quoted(texts['ja'])}, en = {quoted(texts['en'])} }}"


def decisions(trial: Trial, evidence: Mapping[str, str]) -> list[str]:
    """Return what is left to decide, one line a kind."""
    lines = []
    if fiscal := evidence.get("language.fiscal_year"):
        lines.append(
            f"[language] {fiscal}: 会計年度の始まる月と何年と呼ぶかを [language] に書く（それまで読みません） / "
            "say under [language] when the fiscal year begins and which year names it; until then it is unread"
        )
    if hidden := [f"{p.at.part} {p.found}".strip() for p in trial.reading.problems if p.code == "source.hidden"]:
        ja = '公開しません。公開してよいなら [source] hidden = "read"'
        en = 'not published; if they may be, [source] hidden = "read"'
        lines.append(f"[source.hidden] {'; '.join(hidden)}: {ja} / {en}")
    if unitless := [p for p in trial.reading.problems if p.code == "unit.missing"]:
        ja = "単位のない値。すべて同じ単位なら [layout] unit に"
        en = "values without a unit; if all have the same, [layout] unit"
        lines.append(f"[unit.missing] {len(unitless)}, {unitless[0].at.shown} …: {ja} / {en}")
    for code, found in lacking(trial.reading.problems).items():
        ja, en = _TO_DO.get(code, _ELSE)
        shown = ", ".join(found[:8]) + (f" … (+{len(found) - 8})" if len(found) > 8 else "")
        lines.append(f"[{code}] {shown}: {ja} / {en}")
    return lines


def guesses(written: str) -> list[str]:
    """Return what to do about the guesses that a card marks to be checked, [] where there is none."""
    count = written.count("要確認")
    ja, en = f"card.toml の「要確認」 {count} 件を確かめる", f"check what is marked 要確認 in card.toml, {count} in all"
    return [f"{ja} / {en}"] if count else []


def _found(trial: Trial) -> list[str]:
    """Return what the layout was told by: the header rows, how many values of each role, how sure it is."""
    reading, lines = trial.reading, []
    headers: dict[str, list[str]] = {}
    for cell in reading.cells:
        if cell.pieces[0].part is Part.HEADER:
            headers.setdefault(cell.cell.at.shown, []).append(normalise(cell.cell.text))
    if headers and trial.layout.kind not in ("sheet", "listed"):
        row, words = next(iter(headers.items()))
        more = f" (+{len(headers) - 1})" if len(headers) > 1 else ""
        lines.append(f"# 見出し行 / header row {row}{more}: {_one_line(' | '.join(words))}")
    roles = Counter(entry.role for block in reading.blocks for entry in block.entries)
    if roles:
        shown = ", ".join(f"{role.value} {roles[role]}" for role in Role if roles[role])
        lines.append(f"# 役割ごとの値 / values by role: {shown}")
    held = sum(cell.pieces[0].part not in (Part.HEADER, Part.HIDDEN) for cell in reading.cells)
    share = f"{trial.read / held:.0%}" if held else "-"
    lines.append(f"# 確度 / confidence: 意味の読めたセル / cells whose meaning is told: {share}")
    return lines


def write(trial: Trial, others: Iterable[Trial], evidence: dict[str, str]) -> str:
    """Return the text of the card for the layout of `trial`; `evidence` has a remark by table.field."""
    d, card = trial.document, trial.layout
    evidence = {field: _one_line(remark) for field, remark in evidence.items()}
    held, unread = len(trial.reading.cells), len(trial.reading.unread)
    lines = [
        "# kpigraph new が書いた案です。# の後は根拠。各項目は docs/cards.md にあります。",
        "# Proposed by kpigraph new; what follows a # is the evidence. docs/cards.md describes every field.",
        "#",
        f"# 読めたセル / cells read: {held - unread} of {held}; 指標 / indicators: {len(trial.reading.blocks)}; "
        f"値 / values: {trial.values}",
    ]
    lines += _found(trial)
    todo = decisions(trial, evidence)
    lines += ["#", "# 決めること / to decide:", *(f"# - {_one_line(line)}" for line in todo)] if todo else []

    def entry(table: str, field: str, value: str) -> None:
        remark = evidence.get(f"{table}.{field}") or ""
        lines.append(f"{field} = {value}" + (f" # {remark}" if remark else ""))

    lines += ["", "[document]"]
    entry("document", "file", quoted(d.file.name))
    entry("document", "sha256", quoted(d.sha256))
    entry("document", "media_type", quoted(d.media_type))
    if d.encoding:
        entry("document", "encoding", quoted(d.encoding))
    entry("document", "series", quoted(d.series))
    entry("document", "edition", quoted(d.edition))
    entry("document", "series_label", _both(d.series_labels))
    entry("document", "title", _both(d.title))
    entry("document", "description", _both(d.description))
    lines += [
        "# 次は公表者が示すときだけ / these only if the publisher states them",
        '# licence = "https://creativecommons.org/licenses/by/4.0/"',
        '# landing_page = "https://…"',
        "# issued = 2024-03-31",
        "",
        "[publisher]",
    ]
    entry("publisher", "code", quoted(d.municipality))
    entry("publisher", "name", _both(d.municipality_names))

    if hidden := [p for p in trial.reading.problems if p.code == "source.hidden"]:
        places = "; ".join(f"{p.at.part} {p.found}".strip() for p in hidden)
        evidence.setdefault("source.hidden", f"要確認 / check: {places}")
    if hidden or d.source.columns_at or d.source.arrays:
        lines += ["", "[source]"]
    if hidden:
        entry("source", "hidden", quoted("skip"))
    if d.source.columns_at:
        entry("source", "columns_at", str(list(d.source.columns_at)))
    if d.source.arrays:
        evidence["source.arrays"] = evidence.get("source.columns_at", "")
        entry("source", "arrays", _listed(d.source.arrays))
    lines += ["", "[layout]"]
    best: dict[str, Trial] = {}
    for one in (trial, *others):
        best.setdefault(one.layout.kind, one)
    scores = ", ".join(f"{kind} {t.read}/{len(t.reading.cells)}" for kind, t in best.items())
    evidence.setdefault("layout.kind", f"意味の読めたセル / cells understood: {scores}")
    entry("layout", "kind", quoted(card.kind))
    for field, text in (("bullet", card.bullet), ("relist_mark", card.relist_mark), ("era", card.era)):
        if text:
            entry("layout", field, quoted(text))
    if card.blank_means_above:
        entry("layout", "blank_means_above", _listed(sorted(card.blank_means_above)))
    for field, levels in (("listed_under", card.listed_under), ("optional_levels", card.optional_levels)):
        if levels:
            entry("layout", field, _listed(level.value for level in Level if level in levels))
    if card.indicator:
        entry("layout", "indicator", quoted(card.indicator))
    if card.name_above:
        entry("layout", "name_above", "true")
    if card.rows:
        entry("layout", "rows", _listed(role.value for role in card.rows))
    if card.keeps_text:
        entry("layout", "keeps_text", "true")
    if card.arrow:
        evidence.setdefault("layout.arrow", "要確認 / check")
        entry("layout", "arrow", _listed(role.value for role in card.arrow))
    if card.hierarchy:
        lines += ["", "[layout.hierarchy] # 見出しの番号の例 / one number of each kind of headings"]
        for level in Level:
            examples = [example for own, example in card.hierarchy if own is level]
            if examples:
                entry("hierarchy", level.value, quoted(examples[0]) if len(examples) == 1 else _listed(examples))
    if card.numbers:
        lines += ["", "[layout.numbers] # 列の見出しの番号の例 / the numbers that headings in columns begin with"]
        for level, numbers in card.numbers.items():
            entry("numbers", level.value, quoted(numbers[0]) if len(numbers) == 1 else _listed(numbers))
    if card.indent:
        lines += ["", "[layout.indent] # 見出しの前の空白の幅 / the width of the blanks before a heading"]
        evidence.setdefault("indent.goal", evidence.get("layout.indent", ""))
        for level, least in card.indent.items():
            entry("indent", level.value, str(least))
    if card.columns:
        lines += ["", "[layout.columns] # ここの語は見出しとして読みます / words that head a column"]
        for name, words in card.columns.items():
            entry("columns", name, _listed(words))
    roles = {role: words for role, words in card.roles.items() if words}
    if roles:
        lines += ["", "[layout.roles]"]
        for role in Role:
            if role in roles:
                entry("roles", role.value, _listed(roles[role]))
    lines += _language(d, evidence)
    return "\n".join(lines) + "\n"


def _language(d: Document, evidence: dict[str, str]) -> list[str]:
    c, lines = d.conventions, ["", "[language]"]
    if c.language != "ja":
        lines.append(f"code = {quoted(c.language)} # {evidence.get('language.code', '')}".rstrip(" #"))
    if fiscal := evidence.get("language.fiscal_year"):
        lines.append(f"# {fiscal}: 要確認。正しい月にして # を取る / check: put the right month and take away the #")
        lines.append("# fiscal_year_begins = 4")
        lines.append('# fiscal_year_named_by = "start" # FY2016 begins in 2016; "end": it ends in 2016')
    if c.bare_year:
        word = "calendar" if c.bare_year is Calendar.YEAR else "fiscal"
        lines.append(f"bare_year = {quoted(word)} # {evidence.get('language.bare_year', '')}")
    return lines if len(lines) > 2 else []
