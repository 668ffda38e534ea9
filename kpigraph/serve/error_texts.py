"""What pages of errors say, in Japanese and English."""

ERRORS: dict[str, tuple[str, str]] = {
    "error_404": ("見つかりません", "Not found"),
    "error_404_words": (
        "この名前のものはここにはありません。",
        "There is nothing of this name here.",
    ),
    "error_406": ("その形式では提供していません", "Not available in that form"),
    "error_406_words": ("次の形式で提供しています。", "It is available in these forms:"),
    "error_410": ("統合または廃止されました", "Merged or withdrawn"),
    "error_410_words": ("代わりに次のものを見てください。", "See this instead:"),
    "error_405": ("その方法では呼べません", "Method not allowed"),
    "error_405_words": ("このアドレスで使える方法:", "This address can be asked with:"),
    "error_400": ("条件が正しくありません", "A condition cannot be used"),
    "error_400_words": (
        "アドレスの条件のうち、使えないものがあります。",
        "One of the conditions in the address cannot be used.",
    ),
    "error_414": ("アドレスが長すぎます", "The address is too long"),
    "error_414_words": (
        "アドレスが長すぎるので読みませんでした。条件を減らしてください。",
        "The address is too long to be read. Ask with fewer conditions.",
    ),
    "error_431": ("ヘッダーが大きすぎます", "The headers are too large"),
    "error_431_words": (
        "ブラウザーが送った情報（Cookie など）が大きすぎるので読みませんでした。",
        "What the browser sent along (such as cookies) is too large to be read.",
    ),
    "error_500": ("内部の誤り", "Internal error"),
    "error_500_words": ("サーバーに誤りがありました。", "Something went wrong in the server."),
    "error_503": ("いまは応答できません", "Not available now"),
    "error_503_words": (
        "公開物がまだないか、混み合っています。",
        "There is no publication yet, or too much is asked at once.",
    ),
    "error_home": ("ホームへ戻る", "Back to the home page"),
}
