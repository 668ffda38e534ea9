"""What the pages say of themselves, in Japanese and English; labels of the data come from the graph."""

from functools import cache

from kpigraph.serve.about_texts import ABOUT
from kpigraph.serve.compare_texts import COMPARE
from kpigraph.serve.editor_texts import EDITOR, QUERIES
from kpigraph.serve.error_texts import ERRORS
from kpigraph.serve.feed_texts import FEEDS
from kpigraph.serve.history_texts import HISTORY
from kpigraph.serve.indicator_texts import INDICATOR
from kpigraph.serve.list_texts import LISTS
from kpigraph.serve.statement_texts import STATEMENTS
from kpigraph.serve.term_texts import TERMS
from kpigraph.serve.vocabulary_texts import VOCABULARY

TEXTS: dict[str, tuple[str, str]] = {
    "site": ("自治体KPIリンクトデータ", "Municipal KPIs as linked data"),
    "search": ("検索", "Search"),
    "search_lead": (
        "指標・施策・部署・用語を、名前、本文、コードから探します。ひらがなとカタカナ、全角と半角の違いは問いません。",
        "Finds indicators, measures, departments and terms by names, texts and codes. Hiragana and katakana, wide "
        "and narrow letters count as the same.",
    ),
    "search_words": ("探す言葉", "Words"),
    "search_kind": ("種類", "Kind"),
    "search_everything": ("すべて", "everything"),
    "search_found": ("見つかったもの", "Found"),
    "search_none": ("見つかりませんでした。言葉を短くしてみてください。", "Nothing was found. Try a shorter word."),
    "search_shown": ("{total} 件中 {first}–{last} 件", "{first}–{last} of {total}"),
    "search_before": ("前へ", "Previous"),
    "search_after": ("次へ", "Next"),
    "search_api": ("JSON API の説明（OpenAPI）", "Description of the JSON API (OpenAPI)"),
    "reconcile": ("手元の表を照合する（OpenRefine）", "Match your own table (OpenRefine)"),
    "kind_municipality": ("自治体", "municipality"),
    "kind_indicator": ("指標", "indicator"),
    "kind_goal": ("基本目標", "goal"),
    "kind_direction": ("基本的方向", "basic direction"),
    "kind_measure": ("施策", "measure"),
    "kind_department": ("部署", "department"),
    "kind_strategy": ("戦略", "strategy"),
    "kind_edition": ("文書", "document"),
    "kind_shared": ("共通指標", "shared indicator"),
    "kind_unit": ("単位", "unit"),
    "kind_code": ("コード", "code"),
    "kind_term": ("用語", "term"),
    "site_short": ("KPIグラフ", "kpigraph"),
    "skip": ("本文へ", "Skip to the content"),
    "other_language": ("English", "日本語"),
    "nav_home": ("ホーム", "Home"),
    "nav_downloads": ("ダウンロード", "Downloads"),
    "nav_sparql": ("SPARQL", "SPARQL"),
    "nav_catalog": ("カタログ", "Catalogue"),
    "nav_vocabulary": ("語彙", "Vocabulary"),
    "nav_validation": ("検証", "Validation"),
    "nav_main": ("主なページ", "Main pages"),
    "breadcrumbs": ("現在の位置", "You are here"),
    "lead": (
        "自治体の総合戦略などに書かれた目標（KPI）を、一つひとつの数字の出典の行までたどれる形で公開しています。",
        "The targets (KPIs) of municipal strategies, published each figure traceable to its source line.",
    ),
    "what_is_this": ("このサイトについて", "What this is"),
    "what_is_this_1": (
        "文書に印刷された文字はそのまま残し、読み取った値・期間・単位を並べて示します。達成状況は同じ手順で計算したものです。",
        "The printed text is kept as it stands; the value, period and unit read from it stand beside it. "
        "Statuses are computed, all by the same method.",
    ),
    "what_is_this_2": (
        "どのページも RDF（Turtle など）で取得できます。全体のダウンロードや SPARQL での問い合わせもできます。",
        "Every page is also data (Turtle, JSON-LD …), and the whole can be downloaded or queried with SPARQL.",
    ),
    "municipalities": ("自治体", "Municipalities"),
    "municipality": ("自治体", "Municipality"),
    "goals": ("基本目標", "Goals"),
    "goal": ("基本目標", "Goal"),
    "directions": ("基本的方向", "Basic directions"),
    "direction": ("基本的方向", "Basic direction"),
    "measures": ("施策", "Measures"),
    "measure": ("施策", "Measure"),
    "indicators": ("指標", "Indicators"),
    "indicator": ("指標（KPI）", "Indicator (KPI)"),
    "departments": ("担当部署", "Departments"),
    "department": ("担当部署", "Department"),
    "documents": ("文書", "Documents"),
    "document": ("文書", "Document"),
    "statements": ("値", "Statements"),
    "corrections": ("訂正", "Corrections"),
    "correction": ("訂正", "Correction"),
    "warnings": ("注意", "Warnings"),
    "strategy": ("戦略の体系", "The strategy"),
    "strategy_lead": (
        "基本目標・基本的方向・施策と、それぞれの指標の最新の実績値・目標値・達成状況です。",
        "Goals, basic directions and measures, with the latest actual, the target and the status of each indicator.",
    ),
    "data": ("このページのデータ", "This page as data"),
    "data_lead": (
        "この項目の IRI（変わらない名前）と、同じ内容の RDF です。",
        "The IRI (the lasting name) of this thing, and the same content as RDF.",
    ),
    "identifier": ("識別子 (IRI)", "Identifier (IRI)"),
    "latest_actual": ("最新の実績値", "Latest actual"),
    "target": ("目標値", "Target"),
    "no_indicators": ("指標はありません。", "No indicators."),
    "source_text": ("原文", "The source text"),
    "source_text_lead": (
        "元のファイルの空でない行をすべて、順に示します。文字を選ぶと、それから作られたものへ移ります。"
        "右はその行から作られたものです。",
        "Every line of the source file that is not empty, in order. Each cell leads to what was made of it; "
        "on the right, what was made of the line.",
    ),
    "made_of_it": ("この行から", "Made of this line"),
    "nothing_made": ("見出しなど、値のない行", "no value: a heading or the like"),
    "correction_was": ("印刷", "Printed"),
    "correction_now": ("訂正後", "Corrected"),
    "correction_why": ("理由", "Reason"),
    "correction_evidence": ("根拠", "Evidence"),
    "correction_place": ("対象", "What"),
    "corrections_none": ("訂正はありません。", "There are no corrections."),
    "warnings_none": ("注意すべき点は記録されていません。", "No warnings are recorded."),
    "publisher": ("発行者", "Publisher"),
    "version": ("版", "Edition"),
    "properties": ("性質", "Properties"),
    "referred": ("これを参照するもの", "What refers to it"),
    "referred_cut": (
        "多いので最初の {number} 件だけを示しています。全体は SPARQL で調べられます。",
        "Only the first {number} are shown. SPARQL gives all.",
    ),
    "more": ("ほか {number} 件", "and {number} more"),
    "yes": ("はい", "yes"),
    "no": ("いいえ", "no"),
    "catalog_lead": (
        "公開しているデータセットと配布ファイルの目録（DCAT）です。",
        "The datasets and distributions published here (DCAT).",
    ),
    "validation_lead": (
        "この公開物を作ったときの検証（SHACL）の結果です。",
        "The result of validating this publication (SHACL) when it was made.",
    ),
    "conforms": ("すべての必須の規則を満たしています。", "All required rules are met."),
    "not_conforms": ("満たさない規則があります。", "Some rules are not met."),
    "results": ("結果", "Results"),
    "shapes_loaded": ("調べた規則", "Shapes"),
    "nodes_checked": ("調べたもの", "Things checked"),
    "quality": ("品質", "Quality"),
    "quality_lead": (
        "読み取りの網羅性、訂正、警告の数です。目録にも DQV（Data Quality Vocabulary）で載せています。",
        "How much was read, corrected and warned of. The catalogue has the same in DQV, the Data Quality Vocabulary.",
    ),
    "results_none": ("指摘はありません。", "There are no results."),
    "void": ("データセットの記述 (VoID)", "Description of the dataset (VoID)"),
    "downloads_lead": (
        "現在の公開物のファイルです。SHA-256 で中身を確かめられます。",
        "The files of the current release, each with its SHA-256.",
    ),
    "file": ("ファイル", "File"),
    "size": ("大きさ", "Size"),
    "release": ("公開物の版", "Release"),
    "built_at": ("作成日時", "Made at"),
    "tables": ("表（CSV）", "Tables (CSV)"),
    "dumps": ("グラフ全体（RDF）", "The whole graph (RDF)"),
    "other_files": ("そのほか", "Other files"),
    "footer": (
        "数字の出典は各文書です。訂正と計算の手順も公開しています。",
        "The figures come from the documents cited; corrections and methods are published too.",
    ),
    "resolved_target": ("計算した目標値", "Computed target"),
    "printed_reading": ("訂正前の読み", "As read before the correction"),
    "computation": ("計算の処理", "Computation"),
    "all_statements": ("すべての値", "All values"),
    "home_counts": ("収録しているもの", "What is in it"),
}

TEXTS |= STATEMENTS
TEXTS |= VOCABULARY
TEXTS |= ERRORS
TEXTS |= COMPARE
TEXTS |= ABOUT
TEXTS |= INDICATOR
TEXTS |= FEEDS
TEXTS |= HISTORY
TEXTS |= QUERIES | EDITOR
TEXTS |= LISTS


@cache
def texts(lang: str) -> dict[str, str]:
    """Return the texts of pages in `lang`, "ja" or "en"."""
    column = 0 if lang == "ja" else 1
    return {key: both[column] for key, both in TEXTS.items()}


def term(short: str, lang: str) -> str | None:
    """Return our label of another vocabulary's term."""
    both = TERMS.get(short)
    return None if both is None else both[0 if lang == "ja" else 1]
