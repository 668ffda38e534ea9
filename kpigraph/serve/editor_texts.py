"""What the page of queries says, and what the query editor on it says, on the page and in the script."""

QUERIES: dict[str, tuple[str, str]] = {
    "sparql_lead": (
        "SPARQL 1.1 でこのデータに問い合わせられます。プログラムからは GET か POST で /sparql を呼んでください。",
        "Query this data with SPARQL 1.1. Programs call /sparql by GET or POST.",
    ),
    "query": ("問い合わせ", "Query"),
    "format": ("答えの形式", "Form of the answer"),
    "run": ("実行", "Run"),
    "examples": ("問い合わせの例", "Examples"),
    "examples_lead": (
        "選ぶと問い合わせ文が入り、答えが表になります。書き換えて使えます。",
        "Each fills in its query and shows the answer as a table; change it as you like.",
    ),
    "asks_citizen": ("市民の問い", "What residents ask"),
    "asks_council": ("議会の問い", "What the council asks"),
    "asks_journalist": ("記者の問い", "What journalists ask"),
    "asks_municipality": ("自治体職員の問い", "What other municipalities ask"),
    "asks_manager": ("データの管理者の問い", "What data managers ask"),
    "as_table": ("表（HTML）", "Table (HTML)"),
    "as_graph": ("グラフの問い合わせなら", "for graphs:"),
    "answer": ("答え", "Answer"),
    "rows": ("{number} 行", "{number} rows"),
    "rows_cut": (
        "{number} 行のうち最初の {shown} 行を示しています。全体は CSV などで取得できます。",
        "The first {shown} of {number} rows. CSV and the other forms give all.",
    ),
    "too_large": (
        "答えが大きすぎてページに載せられません。CSV や JSON を選んでください。",
        "The answer is too large for a page. Choose CSV or JSON.",
    ),
    "answer_true": ("はい (true)", "Yes (true)"),
    "answer_false": ("いいえ (false)", "No (false)"),
}

EDITOR: dict[str, tuple[str, str]] = {
    "editor_missing": (
        "入力補助と図のつく編集画面は、このサーバーに組み込まれていません（管理者向け: `make web`）。"
        "この欄だけで問い合わせできます。",
        "The editor with completion and charts is not built into this server (for its operator: `make web`). "
        "This field works without it.",
    ),
    "editor_help": (
        "Ctrl＋Enter で実行、Ctrl＋スペースで補完します。Tab で次へ移ります（字下げは Ctrl＋]）。",
        "Ctrl+Enter runs the query, Ctrl+Space completes a word. Tab moves on (Ctrl+] indents).",
    ),
    "editor_stop": ("中止", "Stop"),
    "editor_running": ("問い合わせています…", "Running …"),
    "editor_stopped": ("中止しました。", "Stopped."),
    "editor_copy": ("リンクをコピー", "Copy link"),
    "editor_copied": ("リンクをコピーしました。", "The link has been copied."),
    "editor_link": ("この問い合わせへのリンク:", "The link to this query:"),
    "editor_long": (
        "この問い合わせは長いので、リンクにできません。文のまま渡してください。",
        "This query is too long for a link. Pass it on as text.",
    ),
    "editor_offline": (
        "サーバーに届きませんでした。接続を確かめて、もう一度実行してください。",
        "The server could not be reached. Check the connection and run the query again.",
    ),
    "editor_too_large": (
        "答えが {size} MB を超えるので、ここには表示しません。"
        "LIMIT を付けるか、答えの形式に CSV などを選んでください。",
        "The answer is over {size} MB and is not shown here. Add a LIMIT, or choose CSV as the form of the answer.",
    ),
    "editor_cut": (
        "答えが長すぎるので、サーバーが途中で切りました。",
        "The answer was too long; the server cut it off.",
    ),
    "editor_unreadable": (
        "答えを読み取れませんでした。",
        "The answer could not be read.",
    ),
    "editor_status": ("{status} のエラー", "Error {status}"),
    "editor_expected": ("この行は正しくありません。書けるもの: {what}", "This line is not right. Expected: {what}"),
    "editor_wrong_line": ("この行は正しくありません。", "This line is not right."),
    "editor_views": ("答えの見せ方", "Ways to show the answer"),
    "editor_table": ("表", "Table"),
    "editor_chart": ("図", "Chart"),
    "editor_response": ("届いたまま", "As received"),
    "editor_response_cut": (
        "最初の {number} 字です。全体はダウンロードできます。",
        "The first {number} characters; the download has all.",
    ),
    "editor_download": ("{what} をダウンロード", "Download as {what}"),
    "editor_rows": ("{number} 行", "{number} rows"),
    "editor_row": ("1 行", "1 row"),
    "editor_time": ("{seconds} 秒", "{seconds} s"),
    "editor_no_rows": (
        "あてはまるものはありませんでした。",
        "Nothing fits the query.",
    ),
    "editor_not_as": (
        "この答えは「{asked}」では示せないので、「{shown}」で示しています。",
        "This answer cannot be shown as “{asked}”; it is shown as “{shown}”.",
    ),
    "editor_filter": ("表の中を探す", "Search in the table"),
    "editor_filtered": ("{all} 行のうち {number} 行", "{number} of {all} rows"),
    "editor_sort": ("並べ替え: {column}", "Sort by {column}"),
    "editor_before": ("前の {number} 行", "Previous {number}"),
    "editor_after": ("次の {number} 行", "Next {number}"),
    "editor_range": ("{all} 行中 {first}–{last}", "{first}–{last} of {all}"),
    "editor_names": ("名前の列", "Names"),
    "editor_numbers": ("数の列", "Numbers"),
    "editor_kind": ("形", "Kind"),
    "editor_bars": ("棒", "Bars"),
    "editor_line": ("折れ線", "Line"),
    "editor_charted": (
        "{names} ごとの {numbers}。{number} 件、最小 {least}、最大 {most}。",
        "{numbers} by {names}: {number} values from {least} to {most}.",
    ),
    "editor_chart_cut": (
        "{all} 件のうち最初の {number} 件です。",
        "The first {number} of {all}.",
    ),
    "editor_chart_left_out": (
        "数のない {number} 行は描いていません。",
        "{number} rows without a number are not drawn.",
    ),
    "editor_hints": ("補完の候補", "Completions"),
    "editor_class": ("クラス", "class"),
    "editor_property": ("プロパティ", "property"),
    "editor_code": ("コード", "code"),
}
