"""What the feed of releases and the embedded charts say."""

FEEDS: dict[str, tuple[str, str]] = {
    "feed": ("公開版の更新情報", "Releases"),
    "feed_title": ("公開版 {version}", "Release {version}"),
    "feed_first": ("最初の公開版です。", "The first release."),
    "feed_same": ("数えられる違いはありません。", "Nothing that is counted has changed."),
    "feed_counts": (
        "指標 {indicators}、記載値 {statements}、文書 {documents}、訂正 {corrections}。",
        "{indicators} indicators, {statements} statements, {documents} documents, {corrections} corrections.",
    ),
    "feed_changed": ("前の版からの変化: {changes}。", "Since the release before: {changes}."),
    "feed_inputs": ("変わった入力ファイル: {files}。", "Input files that changed: {files}."),
    "feed_inputs_more": ("{files} ほか {number}", "{files} and {number} more"),
    "feed_program": ("プログラム: {old} → {new}。", "Program: {old} → {new}."),
    "feed_digest": ("内容のダイジェスト: {digest}", "Digest of the content: {digest}"),
    "opensearch_description": (
        "自治体の目標（KPI）を、名前・本文・コードから探します。",
        "Finds municipal targets (KPIs) by names, texts and codes.",
    ),
}
