"""What pages, feed and answers say of changes between releases, and of what is no more."""

HISTORY: dict[str, tuple[str, str]] = {
    "changes": ("公開版ごとの変更", "Changes between releases"),
    "changes_lead": (
        "公開版を作るたびに、その前に公開されていた版と比べて、何が加わり、なくなり、変わったかを記録しています。",
        "What was added, removed and changed in each release, compared with the one that was public before it.",
    ),
    "changes_none": ("この公開版には変更の記録がありません。", "This release keeps no record of changes."),
    "changes_first": ("最初の公開版です。", "The first release."),
    "changes_unknown": (
        "前の公開版 {before} を読めなかったため、変更は分かりません。",
        "The release before, {before}, could not be read; what changed is not known.",
    ),
    "changes_same": (
        "文書・指標・値に違いはありません。",
        "No document, indicator or value differs.",
    ),
    "changes_since": ("前の公開版: {before}", "Release before: {before}"),
    "changes_count": (
        "{thing}: 追加 {added}、削除 {removed}、変更 {changed}",
        "{thing}: {added} added, {removed} removed, {changed} changed",
    ),
    "changes_documents": ("文書", "Documents"),
    "changes_indicators": ("指標", "Indicators"),
    "changes_observations": ("値", "Values"),
    "changes_document_added": ("文書が加わりました: {name}", "Document added: {name}"),
    "changes_document_removed": ("文書がなくなりました: {name}", "Document removed: {name}"),
    "changes_document_changed": ("文書の内容が変わりました: {name}", "Document changed: {name}"),
    "changes_more": ("ほか {number} 件", "{number} more"),
    "gone_thing": (
        "{kind}{label}は、公開版 {last} まで公開されていました。公開版 {first_without}（{day}）からはありません。",
        "{kind}{label} was published up to release {last}. It is not in release {first_without} ({day}) nor since.",
    ),
    "gone_within": (
        "公開版 {last} までの文書{label}の一部でした。文書は公開版 {first_without}（{day}）からありません。",
        "This was a part of the document{label}, published up to release {last}. The document is not in release "
        "{first_without} ({day}) nor since.",
    ),
    "gone_name": ("この名前のもの", "What had this name"),
    "gone_words": ("以前は公開されていましたが、今はありません。", "It was published once, and is no more."),
    "gone_title": ("なくなりました", "No longer here"),
}
