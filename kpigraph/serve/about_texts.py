"""What the page about the site says."""

ABOUT: dict[str, tuple[str, str]] = {
    "about": ("このサイトについて", "About this site"),
    "about_lead": (
        "自治体が公表した総合戦略などの目標（KPI）の文書を読み取り、一つひとつの数字を出典の行までたどれるデータとして公開しています。",
        "The documents in which municipalities state their targets (KPIs), published as data in which each number "
        "leads back to its source line.",
    ),
    "about_reading": ("読み取りと訂正", "Reading and corrections"),
    "about_reading_1": (
        "文書の文字は印刷されたまま残します。値・期間・単位は規則で読み取り、推測で補いません。"
        "「-」は 0 ではなく、値なしです。",
        "Texts are kept as printed. Values, periods and units are read by rules, and nothing is filled in by guessing: "
        "“-” is no value, and not zero.",
    ),
    "about_reading_2": (
        "文書の誤りは書き換えず、印刷されていた文字、訂正後の文字、理由を並べた訂正として公開します。",
        "What is wrong in a document is not overwritten but corrected in the open: what was printed, what it should "
        "say, and why.",
    ),
    "about_status": ("達成状況の決め方", "How a status is found"),
    "about_status_1": (
        "達成状況は、どの指標も同じ手順で計算します。計算できないときは理由を示し、推定の値を入れません。",
        "The status of every indicator is computed by the same method. Where that cannot be done the reason is given, "
        "and no estimate is put in its place.",
    ),
    "about_method": ("手順の定義", "The method"),
    "about_ways": ("データの使い方（API）", "Using the data (API)"),
    "about_ways_lead": (
        "登録や鍵は要りません。どの応答も、ほかのサイトのスクリプトから読めます（CORS）。",
        "No registration, no keys. Scripts of other sites may read every answer (CORS).",
    ),
    "about_address": ("アドレス", "Address"),
    "about_gives": ("得られるもの", "What it gives"),
    "about_rights": ("文書とその利用条件", "Documents and their terms"),
    "about_rights_none": ("文書に利用条件の記載はありません", "the document states no licence"),
    "about_release": ("いまの公開版", "The present release"),
    "about_program": ("プログラム", "Program"),
    "about_privacy": ("利用者の記録", "What is kept of visitors"),
    "about_privacy_1": (
        "Cookie は、選んだ言語を覚えるものだけです。アクセスの記録に、だれが開いたかは残りません。"
        "ページはほかのサイトから何も読み込みません。",
        "The only cookie keeps the language you choose. The log of requests does not tell who asked. Pages load "
        "nothing from other sites.",
    ),
    "way_thing": (
        "名前（IRI）。ブラウザーにはページ、プログラムには RDF",
        "the name (IRI) of a thing: its page to a browser, RDF to a program",
    ),
    "way_doc": (
        "ものの説明。末尾に .ttl .jsonld .nt .rdf .json、指標なら .csv .svg .png .bib も",
        "the description of a thing; with .ttl .jsonld .nt .rdf .json, an indicator with .csv .svg .png .bib too",
    ),
    "way_search": ("検索", "search"),
    "way_compare": ("自治体の比較", "comparison of municipalities"),
    "way_sparql": ("SPARQL 1.1 の問い合わせ", "SPARQL 1.1 queries"),
    "way_openapi": ("JSON API の説明（OpenAPI 3.1）", "the JSON API, described (OpenAPI 3.1)"),
    "way_indicators": ("指標の一覧（JSON）", "the indicators as JSON"),
    "way_reconcile": ("表の照合（OpenRefine）", "matching of tables (OpenRefine)"),
    "way_download": ("全データのファイル", "the files of the whole"),
    "way_catalog": ("目録（DCAT）", "the catalogue (DCAT)"),
    "way_void": ("グラフの記述（VoID）", "the graphs, described (VoID)"),
    "way_ns": ("語彙", "the vocabulary"),
    "way_code": ("コード表", "the code lists"),
    "way_shapes": ("検証規則（SHACL）", "the shapes (SHACL)"),
    "way_validation": ("検証の結果", "the result of validation"),
    "way_embed": ("ほかのページに埋め込むグラフ", "a chart for other pages to embed"),
    "way_feed": ("公開版の更新情報（Atom）", "the feed of releases (Atom)"),
    "way_sitemap": ("サイトマップ", "the sitemap"),
}
