"""The sentences of problems with what people keep beside documents: cards, corrections, registries, code lists."""

CURATED: dict[str, tuple[str, str]] = {
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
}
