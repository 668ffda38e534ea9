"""A problem, its place in a source and its severity; the errors we raise.

A problem's `code` never changes once published: scripts and the documentation refer to it. `found` and `expected`
hold what stood there and examples of what would have been right, so they need no translation; the sentence around
them is in `SENTENCES`, once a language.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

_LONGEST = 200  # so much of what was found is enough to find it by
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")


class Severity(StrEnum):
    """How grave a problem is: an error stops publication, a warning is published beside the data."""

    ERROR = "error"
    WARNING = "warning"


class SourceLocation(NamedTuple):
    """A place in a source: file, then page, sheet or table, then row and cell, each only where it is known.

    `row` and `cell` count from 1; 0 means the whole of what stands before. `part` is what a person calls the part
    ("Sheet1", "page 3, table 1"), `key` its short name in ASCII ("s2", "p3-t1"), "" where a file has one part only.
    """

    file: str
    part: str = ""
    row: int = 0
    cell: int = 0
    key: str = ""

    @property
    def place(self) -> str:
        """The name of the row within its file: 12, or s2-12 on the second sheet."""
        return f"{self.key}-{self.row}" if self.key else str(self.row)

    @property
    def shown(self) -> str:
        """The name of the row for people: 12, or Sheet1:12; corrections.csv takes it as well as `place`."""
        return f"{self.part}:{self.row}" if self.key else str(self.row)

    def __str__(self) -> str:
        steps = [self.file]
        if self.part:
            steps.append(self.part)
        if self.row:
            steps.append(f"row {self.row}" if self.part else f"line {self.row}")
        if self.cell:
            steps.append(f"cell {self.cell}")
        return " › ".join(steps)


# code: (sentence in Japanese, sentence in English). `{found}` and `{expected}` are filled in.
SENTENCES: dict[str, tuple[str, str]] = {
    "card.missing": (
        "文書の隣に card.toml がありません（書き方は docs/cards.md）",
        "there is no card.toml beside the document (docs/cards.md says how to write one)",
    ),
    "card.unreadable": ("card.toml が TOML として読めません: {found}", "card.toml is not readable as TOML: {found}"),
    "card.field": (
        "card.toml の項目が正しくありません: {found}（必要な形: {expected}）",
        "a field of card.toml is wrong: found {found}, expected {expected}",
    ),
    "card.checksum": (
        "ファイルの SHA-256 が card.toml と一致しません: {found}（card.toml: {expected}）",
        "the file's SHA-256 is not the one in card.toml: found {found}, expected {expected}",
    ),
    "source.missing": ("ファイルがありません: {found}", "the file is not there: {found}"),
    "source.empty": ("ファイルに読める行がありません", "the file holds no line that can be read"),
    "source.no-indicator": (
        "指標が一つも読めませんでした。card.toml の {expected} が文書に合っているか確かめてください: {found}",
        "not one indicator was read; check that {expected} in card.toml fits the document: {found}",
    ),
    "source.encoding": (
        "文字コードが分かりません: {found}（例: {expected}）",
        "the character encoding cannot be told: found {found}, expected {expected}",
    ),
    "source.image": (
        "{found} の画像で、文字が入っていません。文字認識（OCR）をしたもの、または元の表を置いてください",
        "this is an image ({found}) and holds no text; keep what text recognition (OCR) made of it, or the table it "
        "shows",
    ),
    "source.unsupported": (
        "{found} のファイルは読めません。表を次のどれかで保存し直してください: {expected}",
        "this is a file of {found}, which is not read; save its tables as one of {expected}",
    ),
    "source.encoding-detected": (
        "文字コードを {found} と判定しました（card.toml の encoding に書くと固定されます）",
        "the character encoding was detected as {found} (write it into card.toml as encoding to fix it)",
    ),
    "source.format": (
        "ファイルの中身が card.toml の media_type と違います: {found}（card.toml: {expected}）",
        "the file is not of the media_type in card.toml: found {found}, card.toml says {expected}",
    ),
    "source.encrypted": (
        "ファイルが暗号化されているか、開くのにパスワードが要ります: {found}。保護を外したファイルを置いてください",
        "the file is encrypted or needs a password to open: {found}; keep one without protection",
    ),
    "source.damaged": (
        "ファイルが壊れていて読めません: {found}（必要なもの: {expected}）",
        "the file is damaged and cannot be read: found {found}, expected {expected}",
    ),
    "source.entities": (
        "XML の文書型宣言（実体）があるので読みません: {found}",
        "the XML declares a document type (entities), so it is not read: {found}",
    ),
    "source.too-large": (
        "読むのに要る大きさが上限を超えました: {found}（{expected}）",
        "reading the file takes more room than allowed: {found} ({expected})",
    ),
    "source.too-slow": (
        "読むのに要る時間が上限を超えました（{expected} で変えられます） {found}",
        "reading the file takes longer than allowed ({expected} changes the limit) {found}",
    ),
    "source.hidden": (
        "隠されているので、数えましたが読んでいません: {found}（公開してよいなら card.toml の [source] hidden を "
        '"read" に）',
        'hidden, so counted but not read: {found} (if it may be published, put hidden = "read" under [source] of '
        "card.toml)",
    ),
    "source.hidden-read": (
        "隠されていますが、card.toml の指定により読みました: {found}",
        "hidden, and read because card.toml says so: {found}",
    ),
    "source.no-text": (
        "{found} に文字が入っていません。画像だけのファイル（スキャンした PDF など）は、"
        "文字認識（OCR）をしてから置いてください",
        "the {found} holds no text; a file of images only, such as a scanned PDF, must go through text recognition "
        "(OCR) first",
    ),
    "source.no-unicode": (
        "PDF の文字が何の文字か、埋め込まれたフォントから分かりません: {found}。"
        "元のファイルから PDF を作り直してください",
        "the fonts of the PDF do not say which characters they print: {found}; make the PDF anew from its original",
    ),
    "source.page-without-text": (
        "{found} ページに文字がなく、画像だけです。このページは読んでいません",
        "page {found} holds an image and no text; it was not read",
    ),
    "source.no-array": (
        "JSON に表となる配列がありません: {found}（必要なもの: {expected}）",
        "the JSON holds no array to be read as a table: {found}, expected {expected}",
    ),
    "source.join-repeated": (
        "結合するファイルに同じ値が二度あります: {found}（{expected}）",
        "the file to join has the same value twice: {found} ({expected})",
    ),
    "source.join-missing": (
        "結合するファイルにない値です: {found}",
        "the file to join has nothing for these values: {found}",
    ),
    "source.join-unused": (
        "結合するファイルのうち、どの行からも使われなかったもの: {found}",
        "of the file to join, no row asked for: {found}",
    ),
    "source.truncated": (
        "表が途中で切れています: {found}（必要なもの: {expected}）",
        "the table breaks off: found {found}, expected {expected}",
    ),
    "source.cut-off": (
        "ファイルが改行のないまま {found} で終わっています。途中で切れていないか確かめてください",
        "the file ends in {found} without a line end; check that nothing is cut off",
    ),
    "header.missing": (
        "ここまでに表の見出し行がありません: {found}（必要な見出し: {expected}）",
        "no header row stands before this line: found {found}, expected {expected}",
    ),
    "header.unread": (
        "この見出しが読めないので、下のセルも読みません: {found}"
        "（card.toml の {expected} に加えてください。不要な列は ignore に）",
        "this header is not understood, so the cells under it are not read: {found}; add it to {expected} of "
        "card.toml, under ignore if the column is not wanted",
    ),
    "text.caption": (
        "表の外の文として残し、ほかには使いません: {found}",
        "this line outside the table is kept as text and used for nothing else: {found}",
    ),
    "value.none": (
        "この行には値が一つもありません: {found}",
        "this row holds no value at all: {found}",
    ),
    "cell.several-values": (
        "一つのセルに複数の値がありますが、どれが何か分かりません: {found}（見出しが示すもの: {expected}）",
        "one cell holds several values and nothing tells which is which: found {found}, the header says {expected}",
    ),
    "cell.merged": (
        "結合された一つのセルが {expected} にわたり、どの行・どの年の値かを文書が示さないので、読みません: {found}",
        "one merged cell covers {expected}, and the document does not say of which of them its value is, so it is not "
        "read: {found}",
    ),
    "period.missing": (
        "この値がいつのものか、セルにも見出しにもありません: {found}"
        "（card.toml の [language] periods に {expected} のように書けます）",
        "neither cell nor header says when this value holds: {found}; card.toml can say it under [language] "
        "periods, as in {expected}",
    ),
    "role.unknown": (
        "この値が基準値・実績値・目標値のどれか分かりません: {found}（必要なもの: {expected}）",
        "nothing tells whether this is a baseline, an actual or a target: found {found}, expected {expected}",
    ),
    "footnote.missing": (
        "注の印 {found} の文がこの文書に見つかりません",
        "the document has no text for the footnote mark {found}",
    ),
    "cell.unread": (
        "読めないセルです: {found}（ここに来るもの: {expected}）",
        "this cell could not be read: found {found}, expected {expected}",
    ),
    "cell.left-unread": (
        "card.toml のとおり読まないままにします: {found}",
        "left unread, as card.toml says: {found}",
    ),
    "cell.misplaced": (
        "{found} はここに来るものではありません（ここに来るもの: {expected}）",
        "{found} does not belong here: expected {expected}",
    ),
    "cell.inherited": (
        "単位と担当部署の欄が空なので、上の指標のものとして読みました: {found}",
        "unit and department are blank here, so those of the indicator above hold: {found}",
    ),
    "cell.spare-mark": (
        "余分な{found}があります。値のない印として読み、ほかには使いません",
        "a spare {found} stands here; it is read as a mark of no value and used for nothing else",
    ),
    "unit.missing": (
        "単位の欄がありません。記載なしとして読みました（同じ行の欄: {expected}）",
        "the unit is not stated here; read as not stated (a full row has {expected})",
    ),
    "unit.unknown": (
        "単位コード表にない単位です: {found}（[layout.units] に別名として書くか、{expected} に加えてください）",
        "this unit is not in the code list: found {found}; name a known one for it under [layout.units] of card.toml, "
        "or add a row to {expected}",
    ),
    "unit.conflict": (
        "値に付いた単位 {found} が単位欄 {expected} と違います",
        "the unit printed with the value is {found}, the unit column says {expected}",
    ),
    "department.missing": (
        "担当部署がありません（必要なもの: {expected}）",
        "no department is stated: expected {expected}",
    ),
    "period.unreadable": (
        "期間として読めません: {found}（例: {expected}）",
        "this is not a period that can be read: found {found}, expected such as {expected}",
    ),
    "quantity.unreadable": (
        "値として読めません: {found}（例: {expected}）",
        "this is not a value that can be read: found {found}, expected such as {expected}",
    ),
    "quantity.signed": (
        "符号の付いた数です。値そのものか増減か分かりません: {found}（card.toml に {expected}）",
        "a number with a sign: nothing says whether it is the value or a change of it: found {found}; say which in "
        "card.toml, {expected}",
    ),
    "value.missing": (
        "年度と数値がそろっていません: {found}（例: {expected}）",
        "period and value are not both here: found {found}, expected such as {expected}",
    ),
    "role.repeated": (
        "同じ指標に同じ欄が二度あります: {found}（必要なもの: {expected}）",
        "the same role stands twice in one indicator: found {found}, expected {expected}",
    ),
    "role.missing": (
        "指標の欄が足りません: {found} しかありません（必要なもの: {expected}）",
        "an indicator lacks a role: found {found}, expected {expected}",
    ),
    "place.missing": (
        "指標がどの施策の下にもありません: {found}（前に来るもの: {expected}）",
        "this indicator stands under no measure: found {found}, expected before it {expected}",
    ),
    "place.out-of-order": (
        "見出しの番号が続いていません: {found}（続く番号: {expected}）。抜けた見出しがないか確かめてください",
        "the number of this heading does not follow: found {found}, expected {expected}; is a heading missing?",
    ),
    "place.level-skipped": (
        "間の見出しがありません: {found}（すぐ上に来るもの: {expected}）",
        "the heading between is missing: {found} needs right above it {expected}",
    ),
    "place.unlisted": (
        "この見出しの下に指標が一つもありません: {found}（見出しでない行は card.toml の ignore に）",
        "no indicator stands under this heading: {found} (if it is none, add its line to ignore in card.toml)",
    ),
    "place.number": (
        "見出しの番号が名前に残っています: {found}（card.toml の [layout.numbers] に {expected} と書くと分かれます）",
        "the number of this heading stays in its name: {found}; {expected} under [layout.numbers] of card.toml parts "
        "them",
    ),
    "place.relisted-unknown": (
        "再掲の印がありますが、元の施策が見つかりません: {found}",
        "marked as listed again, but no other measure of this name is in the document: {found}",
    ),
    "statement.conflict": (
        "同じ指標に異なる値があります: {found} と {expected}。両方を公開し、矛盾として示します",
        "two different statements of one indicator: {found} and {expected}; both are published, as a conflict",
    ),
    "indicator.same-name": (
        "同じ名前の別の指標があります（担当部署か値が違います）: {found}",
        "another indicator has the same name but another department or other values: {found}",
    ),
    "indicator.known-name": (
        "登録簿には同じ名前で担当部署の違う指標があり（{expected}）、この文書にはないので、新しいキーを付けました。"
        "同じ指標なら、registry.csv の元の行の department に | で部署を加え、新しい行を消してください: {found}",
        "the registry has an indicator of this name under another department ({expected}) that is not in this "
        "document; this one, under {found}, got a new key. If it is the same, add its department to that row of "
        "registry.csv, after a |, and remove the new row",
    ),
    "correction.stale": (
        "訂正の元の文字列が原文にありません: {found}（corrections.csv の記載: {expected}）",
        "what a correction corrects is no longer there: found {found}, corrections.csv says {expected}",
    ),
    "correction.idle": (
        "訂正するセルは、公開するものを何も述べていません: {found}",
        "the cell that this corrects says nothing that is published: {found}",
    ),
    "correction.field": (
        "corrections.csv の記載が正しくありません: {found}（必要な形: {expected}）",
        "a row of corrections.csv is wrong: found {found}, expected {expected}",
    ),
    "registry.field": (
        "キー登録簿の記載が正しくありません: {found}（必要な形: {expected}）",
        "a row of the key registry is wrong: found {found}, expected {expected}",
    ),
    "registry.minted": (
        "新しいキーを登録しました（{expected} 個）。registry.csv を保存・コミットしてください",
        "{expected} new keys were registered; keep and commit registry.csv",
    ),
    "registry.unsaved": (
        "キー登録簿を保存できません: {found}",
        "the key registry could not be saved: {found}",
    ),
    "codelist.field": (
        "コード表の記載が正しくありません: {found}（必要な形: {expected}）",
        "a row of a code list is wrong: found {found}, expected {expected}",
    ),
    "codelist.clash": (
        "コード表の別の行と名前が重なっています: {found}（{expected} にもあります）",
        "another row of the code list has this name too: {found} is also in {expected}",
    ),
    "codelist.syntax": (
        "コード表を Turtle として読めません: {found}",
        "the code list is not readable as Turtle: {found}",
    ),
    "mapping.field": (
        "対応表の記載が正しくありません: {found}（必要な形: {expected}）",
        "a row of a mapping file is wrong: found {found}, expected {expected}",
    ),
    "mapping.unknown": (
        "対応表の指標が見つかりません: {found}（あるはずの所: {expected}）",
        "a mapping speaks of an indicator that is not there: found {found}, expected one of {expected}",
    ),
    "mapping.removed": (
        "対応表の指標は別の指標に統合されています: {found}（統合先: {expected}）",
        "a mapping speaks of an indicator that was merged into another: found {found}, expected {expected}",
    ),
    "mapping.contradictory": (
        "対応表の記載が矛盾しています: {found}（もう一つの記載: {expected}）",
        "a mapping contradicts another: found {found}, the other says {expected}",
    ),
    "mapping.circular": (
        "対応表の上位・下位が循環しています: {found}（たどれる道: {expected}）",
        "broader and narrower mappings lead in a circle: found {found}, though {expected}",
    ),
    "mapping.units": (
        "対応させた指標の単位が合いません: {found}（相手: {expected}）",
        "an accepted match joins indicators whose units do not fit: found {found}, the other is {expected}",
    ),
    "municipalities.header": (
        "総務省の一覧にあるはずの見出しがありません: {found}（足りないもの: {expected}）",
        "a header of the ministry's list is missing: found {found}, missing {expected}",
    ),
    "municipalities.incomplete": (
        "都道府県が {found} しかありません（総務省の一覧なら {expected}）",
        "there are {found} prefectures; the ministry's list has {expected}",
    ),
    "municipality.name": (
        "カードの自治体名と団体コードが合いません: {found}（一覧では {expected}）",
        "the card's name and code are of different municipalities: found {found}, the list has {expected}",
    ),
    "data.none": (
        "読む文書がありません: {found}（必要なもの: {expected}）",
        "there is no document to read: found {found}, expected {expected}",
    ),
    "text.control": (
        "XML に書けない制御文字があります: {found}",
        "this text holds a control character that XML cannot hold: {found}",
    ),
    "engine.changed": (
        "エンジンのグラフが公開したときと違います: {found}（{expected} のはず）",
        "the engine's graph is not as it was published: {found} instead of {expected}",
    ),
    "release.manifest": ("manifest.json が読めません: {found}", "manifest.json cannot be read: {found}"),
    "release.missing": (
        "ファイルがありません（SHA-256: {expected}）",
        "the file is not there (its SHA-256 is {expected})",
    ),
    "release.changed": (
        "ファイルが公開時と違います: SHA-256 {found}（公開時: {expected}）",
        "the file is not what was published: SHA-256 {found}, published {expected}",
    ),
    "release.unlisted": ("manifest.json にないファイルです", "manifest.json does not list this file"),
    "release.dataset": (
        "データセットの正規化ハッシュが一致しません: {found}（公開時: {expected}）",
        "the canonical hash of a dataset is not what was published: {found}, published {expected}",
    ),
    "release.unsigned": ("署名がありません", "there is no signature"),
    "release.signature": ("署名が正しくありません: {found}", "the signature does not hold: {found}"),
    "release.signed-as": (
        "この版 {found} は {expected} として署名されています",
        "this release, {found}, was signed as {expected}",
    ),
    "release.name": (
        "版の名前 {found} が内容と一致しません（内容のダイジェスト: {expected}）",
        "the name of the release, {found}, is not that of its content, whose digest begins with {expected}",
    ),
    "import.manifest": (
        "取り込み元の manifest.json（か import.json）が使えません: {found}（必要なもの: {expected}）",
        "the manifest of the import cannot be used: {found}, expected {expected}",
    ),
    "import.checksum": (
        "取り込むファイルがチェックサムと合いません: {found}（manifest.json: {expected}）",
        "the file to import does not have its checksum: {found}, the manifest says {expected}",
    ),
    "import.syntax": ("N-Quads として読めません: {found}", "not readable as N-Quads: {found}"),
    "import.large": ("取り込むには大きすぎます: {found}（{expected}）", "too large to import: {found} ({expected})"),
    "import.base": (
        "取り込み元の基底 IRI が使えません（https で始まり / で終わり、こちらの基底 IRI を含まず、含まれないこと）: "
        "{found}（{expected}）",
        "the base IRI of the import cannot be used; it begins with https, ends in / and is neither within ours nor "
        "around it: {found} ({expected})",
    ),
    "import.graph": (
        "取り込み元のものではないグラフか、足りないグラフです: {found}（必要なもの: {expected}）",
        "a graph that is not the import's own, or is not there: {found}, expected {expected}",
    ),
    "import.subject": (
        "取り込み元が自分のものではないものについて述べています: {found}（述べてよいもの: {expected}）",
        "the import speaks of what is not its own: {found}, it may speak of {expected}",
    ),
    "import.conflict": (
        "単位か期間の意味がこちらと違います: {found}（こちら: {expected}）",
        "a unit or a period means another thing than here: {found}, here {expected}",
    ),
    "import.municipality": (
        "同じ自治体 {found} をすでに {expected} が公開しています",
        "the municipality {found} is published by {expected} already",
    ),
    "shacl.nothing-checked": (
        "検証対象が一つもありません: {found}（必要なもの: {expected}）",
        "validation checked nothing: found {found}, expected {expected}",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, what was found and what would have been right."""

    code: str
    at: SourceLocation
    found: str = ""
    expected: str = ""
    severity: Severity = Severity.ERROR

    def sentence(self, lang: str = "en") -> str:
        """Return the problem as a sentence in `lang` ("ja" or "en"), without its place."""
        ja, en = SENTENCES[self.code]
        template = ja if lang == "ja" else en
        return template.format(found=_quote(self.found, lang), expected=self.expected or "-")

    def line(self, lang: str = "en") -> str:
        """Return place, sentence and code on one line, such as a terminal shows."""
        return f"{self.at}: {self.sentence(lang)} [{self.code}]"


def _quote(text: str, lang: str) -> str:
    short = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    shown = _CONTROLS.sub(lambda m: f"\\x{ord(m[0]):02x}", short)  # a terminal would obey them
    return f"「{shown}」" if lang == "ja" else f"'{shown}'"


class SourceError(Exception):
    """The data is at fault: one or more problems, each with its place. All problems of one run are raised together."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(*problems)

    def __str__(self) -> str:  # seldom asked for: a parser that cannot read says so by an error, and another tries
        return "; ".join(p.line() for p in self.problems)


class UsageError(Exception):
    """The call is at fault: a file, folder or option that cannot be used. The message is (ja, en)."""

    def __init__(self, ja: str, en: str) -> None:
        self.messages = {"ja": ja, "en": en}
        super().__init__(en)

    def __reduce__(self) -> tuple[type["UsageError"], tuple[str, str]]:
        return type(self), (self.messages["ja"], self.messages["en"])  # from one process to another


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise one `SourceError` holding every problem of severity error, if there is one."""
    errors = [p for p in problems if p.severity is Severity.ERROR]
    if errors:
        raise SourceError(*errors)
