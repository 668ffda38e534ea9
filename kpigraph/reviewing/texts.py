"""What reviewing says to a person, in Japanese and in English."""

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("指標の対応の確認", "Review of indicator matches"),
    "left": ("残り {0} 件", "{0} left"),
    "none": ("確認を待つ対応はありません。", "No match waits for a decision."),
    "score": ("確からしさ", "score"),
    "why": ("根拠", "why"),
    "unit": ("単位", "unit"),
    "under": ("施策", "under"),
    "definition": ("定義", "definition"),
    "of": ("{0}の指標", "indicator of {0}"),
    "shared": ("共通指標", "shared indicator"),
    "exact": ("同じ", "exact"),
    "close": ("ほぼ同じ", "close"),
    "broad": ("相手の方が広い", "the other is broader"),
    "narrow": ("相手の方が狭い", "the other is narrower"),
    "reject": ("違う", "reject"),
    "defer": ("保留", "defer"),
    "reopen": ("やり直す", "reopen"),
    "skip": ("飛ばす", "skip"),
    "undo": ("取り消す", "undo"),
    "quit": ("終わる", "quit"),
    "reviewer": ("確認者", "reviewer"),
    "decided": ("決めたもの", "decided"),
    "status": ("状態", "status"),
    "accepted": ("対応あり", "accepted"),
    "rejected": ("対応なし", "rejected"),
    "deferred": ("保留", "deferred"),
    "proposed": ("提案", "proposed"),
    "refused": ("この決定は次の理由で受け付けられません。", "This decision cannot be taken:"),
    "gone": ("この提案はもうありません。", "This proposal is no longer there."),
    "keys": (
        "キー: e 同じ、c ほぼ同じ、b 相手が広い、n 相手が狭い、r 違う、d 保留、s 飛ばす、u 取り消す、q 終わる",
        "keys: e exact, c close, b the other is broader, n the other is narrower, r reject, d defer, s skip, u undo, "
        "q quit",
    ),
    "page-keys": ("キーボード: e c b n r d s", "keyboard: e c b n r d s"),
    "who": (
        "確認者の名前が要ります（--reviewer か KPIGRAPH_REVIEWER）",
        "who reviews? (--reviewer or KPIGRAPH_REVIEWER)",
    ),
    "other-language": ("English", "日本語"),
}


def text(key: str, lang: str, *words: object) -> str:
    """Return a text in `lang`, "ja" or "en"."""
    ja, en = TEXTS[key]
    return (ja if lang == "ja" else en).format(*words)
