"""The sentences of problems with the cells and headings of documents."""

DOCUMENTS: dict[str, tuple[str, str]] = {
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
    "text.control": (
        "XML に書けない制御文字があります: {found}",
        "this text holds a control character that XML cannot hold: {found}",
    ),
    "value.none": (
        "この行には値が一つもありません: {found}",
        "this row holds no value at all: {found}",
    ),
    "value.missing": (
        "年度と数値がそろっていません: {found}（例: {expected}）",
        "period and value are not both here: found {found}, expected such as {expected}",
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
    "period.missing": (
        "この値がいつのものか、セルにも見出しにもありません: {found}"
        "（card.toml の [language] periods に {expected} のように書けます）",
        "neither cell nor header says when this value holds: {found}; card.toml can say it under [language] "
        "periods, as in {expected}",
    ),
    "period.unreadable": (
        "期間として読めません: {found}（例: {expected}）",
        "this is not a period that can be read: found {found}, expected such as {expected}",
    ),
    "role.unknown": (
        "この値が基準値・実績値・目標値のどれか分かりません: {found}（必要なもの: {expected}）",
        "nothing tells whether this is a baseline, an actual or a target: found {found}, expected {expected}",
    ),
    "role.repeated": (
        "同じ指標に同じ欄が二度あります: {found}（必要なもの: {expected}）",
        "the same role stands twice in one indicator: found {found}, expected {expected}",
    ),
    "role.missing": (
        "指標の欄が足りません: {found} しかありません（必要なもの: {expected}）",
        "an indicator lacks a role: found {found}, expected {expected}",
    ),
    "footnote.missing": (
        "注の印 {found} の文がこの文書に見つかりません",
        "the document has no text for the footnote mark {found}",
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
    "quantity.unreadable": (
        "値として読めません: {found}（例: {expected}）",
        "this is not a value that can be read: found {found}, expected such as {expected}",
    ),
    "quantity.signed": (
        "符号の付いた数です。値そのものか増減か分かりません: {found}（card.toml に {expected}）",
        "a number with a sign: nothing says whether it is the value or a change of it: found {found}; say which in "
        "card.toml, {expected}",
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
}
