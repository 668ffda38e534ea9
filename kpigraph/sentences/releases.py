"""The sentences of problems with what is published: validation, releases, imports, engines."""

RELEASES: dict[str, tuple[str, str]] = {
    "shacl.nothing-checked": (
        "検証対象が一つもありません: {found}（必要なもの: {expected}）",
        "validation checked nothing: found {found}, expected {expected}",
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
    "import.object": (
        "取り込み元に名前のないノードか、値でないものがあります: {found}（必要なもの: {expected}）",
        "the import names something that is neither an IRI nor a value: {found}, expected {expected}",
    ),
    "import.conflict": (
        "単位か期間の意味がこちらと違います: {found}（こちら: {expected}）",
        "a unit or a period means another thing than here: {found}, here {expected}",
    ),
    "import.municipality": (
        "同じ自治体 {found} をすでに {expected} が公開しています",
        "the municipality {found} is published by {expected} already",
    ),
    "engine.changed": (
        "エンジンのグラフが公開したときと違います: {found}（{expected} のはず）",
        "the engine's graph is not as it was published: {found} instead of {expected}",
    ),
}
