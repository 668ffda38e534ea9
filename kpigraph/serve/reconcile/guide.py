"""/reconcile/help: how to match a table in OpenRefine, for people; the manifest refers to it."""

from kpigraph.serve.describe import Text
from kpigraph.serve.reconcile.asking import BATCH
from kpigraph.serve.reconcile.entities import Kind
from kpigraph.serve.reconcile.properties import MATCHED, Property
from kpigraph.serve.reconcile.values import FETCHED, KIND_NAMES
from kpigraph.serve.site import Page

_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("手元の表を照合する", "Match your own table"),
    "lead": (
        "手元の表にある指標や自治体の名前を、ここで公開している指標、共通指標、全国の市区町村に対応付けるサービスです。"
        "OpenRefine など、Reconciliation Service API 0.2 を使うソフトウェアから呼び出せます。",
        "A service that matches the names of indicators and municipalities in your table with the indicators published "
        "here, the shared indicators and all municipalities of Japan. OpenRefine and other programs that know the "
        "Reconciliation Service API 0.2 can call it.",
    ),
    "steps": ("OpenRefine での手順", "In OpenRefine"),
    "address": ("サービスのアドレス", "Address of the service"),
    "sure": (
        "自動で一致とするのは、名前（またはコード）が同じで、ほかに同じ名前のものがないときだけです。"
        "伊達市や府中市のように同じ名前の自治体があるもの、複数の部署に同じ名前がある指標は、都道府県、コード、部署などの列を"
        "添えてください。釧路市と釧路町は別のものです。",
        "Something is matched by itself only if it is called exactly so (or named by its code) and nothing else is. "
        "Where several bear a name, such as 伊達市 and 府中市, or an indicator of two departments, add a column with "
        "the prefecture, the code or the department. 釧路市 is not 釧路町.",
    ),
    "narrow": ("照合を絞り込む列", "Columns that narrow a match"),
    "fetch": ("対応付けたあとに取り込める列", "Columns to fetch afterwards"),
    "property": ("プロパティ", "Property"),
    "name": ("名前", "Name"),
    "kinds": ("対象", "Of"),
    "limits": (
        "一度に送れる問い合わせは {batch} 件までです。送られた表は保存しません。",
        "Up to {batch} queries can be sent at once. Nothing that is sent is kept.",
    ),
}
_STEPS: tuple[tuple[str, str], ...] = (
    ("列の見出しから Reconcile → Start reconciling… を選びます。",
     "In the menu of the column choose Reconcile → Start reconciling…"),
    ("Add standard service… に上のアドレスを入れます。",
     "Add standard service… and enter the address above."),
    ("型（自治体の指標、共通指標、自治体）を選び、ほかの列を下のプロパティとして添えます。",
     "Choose the type; let other columns count as one of the properties below."),
    ("Start reconciling… を押し、一致しなかったセルの候補を選びます。",
     "Start, then choose among the candidates of the cells that were not matched."),
    ("Edit column → Add columns from reconciled values… で、単位、最新の実績、目標、コードなどを取り込みます。",
     "Edit column → Add columns from reconciled values… fetches unit, latest actual, target, code …"),
)  # fmt: skip


def guide(lang: str, home: str) -> Page:
    """Return the page; `home` is the server's address."""
    n = ("ja", "en").index(lang)
    words = {key: pair[n] for key, pair in _TEXTS.items()}
    words["limits"] = words["limits"].format(batch=BATCH)

    def rows(properties: dict[str, Property]) -> list[tuple[str, str, str, str]]:
        return [
            (p.id, p.names[lang], p.says[lang], ", ".join(KIND_NAMES[k][lang] for k in Kind if k in p.kinds))
            for p in properties.values()
        ]

    return Page(
        template="reconcile.html",
        title=Text(words["title"], lang),
        context={
            "words": words,
            "address": f"{home}/reconcile" + ("?lang=en" if lang == "en" else ""),
            "steps": [step[n] for step in _STEPS],
            "tables": [(words["narrow"], rows(MATCHED)), (words["fetch"], rows(FETCHED))],
        },
    )
