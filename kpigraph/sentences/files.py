"""The sentences of problems with files that are read: whether they are there, whole, and of a format that is known."""

FILES: dict[str, tuple[str, str]] = {
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
    "data.none": (
        "読む文書がありません: {found}（必要なもの: {expected}）",
        "there is no document to read: found {found}, expected {expected}",
    ),
}
