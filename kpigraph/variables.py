"""The environment variables: what each sets, and which commands read which. `config` reads their values."""

# name: (Japanese, English), with the default.
VARIABLES: dict[str, tuple[str, str]] = {
    "KPIGRAPH_BASE_IRI": (
        "データのIRIの先頭（https://w3id.org/kpigraph/）。最初の公開の前に決め、後から変えない",
        "beginning of every data IRI (https://w3id.org/kpigraph/); decide before you first publish, then keep it",
    ),
    "KPIGRAPH_PUBLISHER_NAME": ("カタログの公開者の名前", "who publishes the catalogue"),
    "KPIGRAPH_CONTACT_NAME": ("データの問い合わせ先の名前", "whom to ask about the data"),
    "KPIGRAPH_CONTACT_URL": ("問い合わせ先のアドレス", "their web address"),
    "KPIGRAPH_CONTACT_EMAIL": ("問い合わせ先のメールアドレス", "their mail address"),
    "KPIGRAPH_SIGNING_KEY": (
        "公開版に署名する秘密鍵のファイル（kpigraph keys new）。なければ署名しない",
        "file of the secret key that releases are signed with (kpigraph keys new); unset: they are not signed",
    ),
    "KPIGRAPH_DUMPS": (
        "全データのファイルの置き方、plain か packed（plain）。packed は .gz だけを置き、更新が速い",
        "whole dumps and tables as plain files too, or packed (.gz) only, which publishes sooner (plain)",
    ),
    "KPIGRAPH_READ_SECONDS": ("文書一つを読む時間の上限、秒（300）", "seconds that reading one document may take (300)"),
    "KPIGRAPH_READ_MEMORY_MIB": ("表計算・PDFなどを読むメモリの上限、MiB（2048）", "memory for a workbook, page or PDF, MiB (2048)"),
    "KPIGRAPH_READ_CELLS": ("文書一つのセルの数の上限（1,000,000）", "cells that a document may have (1,000,000)"),
    "KPIGRAPH_IMPORT_BYTES": ("取り込むダンプの大きさの上限、バイト（2 GiB）", "bytes that an imported dump may have (2 GiB)"),
    "KPIGRAPH_IMPORT_SECONDS": ("取り込み一回の時間の上限、秒（3600）", "seconds that one import may take (3600)"),
    "KPIGRAPH_REVIEWER": ("確認者の名前（--reviewer の代わり）", "who reviews, instead of --reviewer"),
    "KPIGRAPH_SERVER_URL": (
        "利用者から見たサーバーのアドレス。埋め込み、フィード、サイトマップ、/reconcile が使う",
        "where readers reach the server; for embedding, feed, sitemaps and /reconcile",
    ),
    "KPIGRAPH_ACCESS_LOG": ("応答ごとに記録する、on か off（on）", "whether each answer is logged, on or off (on)"),
    "KPIGRAPH_CLIENT_SECONDS": ("遅い利用者を待つ時間、秒（30）", "seconds that a slow client is waited for (30)"),
    "KPIGRAPH_BODY_BYTES": ("POST の本文の上限、バイト（1 MiB）", "bytes of the body of a POST (1 MiB)"),
    "KPIGRAPH_QUERY_SECONDS": ("問い合わせ一つの時間の上限、秒（10）", "seconds that one query may take (10)"),
    "KPIGRAPH_QUERY_MEMORY_MIB": ("問い合わせ一つのメモリの上限、MiB（1024、0 はなし）", "memory for one query, MiB (1024; 0: no limit)"),
    "KPIGRAPH_QUERIES_MEMORY_MIB": ("問い合わせ全体のメモリの上限、MiB（640、0 はなし）", "memory for all queries at work, MiB (640; 0: no limit)"),
    "KPIGRAPH_WORKERS": ("同時に評価する短い問い合わせの数（4）", "short queries evaluated at once (4)"),
    "KPIGRAPH_SLOW_WORKERS": ("同時に評価する長い問い合わせの数（2）", "long queries evaluated at once (2)"),
    "KPIGRAPH_FAST_SECONDS": ("短い問い合わせとみなす秒数（0.3）", "seconds after which a query counts as long (0.3)"),
    "KPIGRAPH_QUERY_QUEUE": ("順番を待てる問い合わせの数（64）", "queries that may wait for their turn (64)"),
    "KPIGRAPH_QUERY_WAIT_SECONDS": ("順番を待つ時間の上限、秒（10）", "seconds that they wait at most (10)"),
    "KPIGRAPH_SLOW_QUERY_SECONDS": ("これより遅い問い合わせを記録する、秒（1）", "seconds from which a query is logged as slow (1)"),
    "KPIGRAPH_QUERY_BYTES": ("問い合わせの長さの上限、バイト（200,000）", "bytes of a query (200,000)"),
    "KPIGRAPH_QUERY_DEPTH": ("問い合わせの括弧の深さの上限（100）", "brackets within brackets of a query (100)"),
    "KPIGRAPH_QUERY_CHAIN": ("問い合わせの UNION などの数の上限（2,000）", "members of a chain of UNION, OPTIONAL … (2,000)"),
    "KPIGRAPH_RESULT_MIB": ("結果の大きさの上限、MiB（256、0 はなし）", "size of a result, MiB (256; 0: no limit)"),
    "KPIGRAPH_ANSWER_CACHE_MIB": ("答えを覚えておくメモリ、MiB（64）", "memory for answers asked for again, MiB (64)"),
    "KPIGRAPH_ANSWER_FILES_MIB": ("長い答えを覚えておく一時ファイル、MiB（1024、0 はなし）", "temporary files for long answers asked for again, MiB (1024; 0: none)"),
    "KPIGRAPH_WORKER_ANSWERS": ("評価プロセスを取り替えるまでの答えの数（5,000）", "answers after which a worker is replaced (5,000)"),
    "KPIGRAPH_IN_MEMORY_MIB": ("これ以下のストアはメモリに置く、MiB（128）", "a store no larger is held in memory, MiB (128)"),
    "KPIGRAPH_SERVICES": ("SERVICE に書けるIRI、空白区切り（なし）", "IRIs that SERVICE may name, separated by blanks (none)"),
    "KPIGRAPH_ENGINE_USER": ("ほかのエンジンに書き込む利用者（なし）", "user who may write to another engine (none)"),
    "KPIGRAPH_ENGINE_PASSWORD": ("そのパスワード（なし）", "that user's password (none)"),
    "KPIGRAPH_ENGINE_UPDATE": (
        "エンジンの更新の URL（問い合わせの URL から決まる）",
        "where the engine takes updates (told from the address of queries)",
    ),
    "KPIGRAPH_LANG": ("メッセージの言語、ja か en（ロケールによる）", "language of messages, ja or en (by the locale)"),
}  # fmt: skip

_READ = ("KPIGRAPH_READ_SECONDS", "KPIGRAPH_READ_MEMORY_MIB", "KPIGRAPH_READ_CELLS")
_BUILD = (
    "KPIGRAPH_BASE_IRI", "KPIGRAPH_PUBLISHER_NAME", "KPIGRAPH_CONTACT_NAME", "KPIGRAPH_CONTACT_URL",
    "KPIGRAPH_CONTACT_EMAIL", "KPIGRAPH_SIGNING_KEY", "KPIGRAPH_DUMPS", *_READ, "KPIGRAPH_IMPORT_BYTES",
)  # fmt: skip
_ENGINE = ("KPIGRAPH_ENGINE_USER", "KPIGRAPH_ENGINE_PASSWORD", "KPIGRAPH_ENGINE_UPDATE")
_ELSEWHERE = {*_BUILD, *_ENGINE, "KPIGRAPH_REVIEWER", "KPIGRAPH_LANG"}

# The variables that a command reads, besides KPIGRAPH_LANG.
READ_BY: dict[str, tuple[str, ...]] = {
    "build": _BUILD,
    "inspect": _READ,
    "import": ("KPIGRAPH_BASE_IRI", "KPIGRAPH_IMPORT_BYTES", "KPIGRAPH_IMPORT_SECONDS"),
    "link": _READ,
    "review": ("KPIGRAPH_REVIEWER", *_READ),
    "municipalities": _READ,
    "load": _ENGINE,
    "prune": _ENGINE,
    "verify": _ENGINE,
    "releases": _ENGINE,
    "rollback": _ENGINE,
    "serve": ("KPIGRAPH_BASE_IRI", *(name for name in VARIABLES if name not in _ELSEWHERE)),
}


def paragraph(command: str) -> tuple[str, str]:
    """Return what the help of a command says of the environment, in both languages; "" where it reads nothing."""
    names = READ_BY.get(command, ())
    if not names:
        return "", ""
    lines = ["".join(f"  {name}\n      {VARIABLES[name][n]}\n" for name in names) for n in (0, 1)]
    return f"\n\n\b\n環境変数:\n{lines[0]}".rstrip(), f"\n\n\b\nEnvironment:\n{lines[1]}".rstrip()
