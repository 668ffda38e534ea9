"""Japanese: the words around a value in one cell."""

import re

from kpigraph.language.words import CellWords
from kpigraph.model import Aggregation

_TOTAL, _EACH = Aggregation.CUMULATIVE, Aggregation.EACH_YEAR

WORDS = CellWords(
    prefixes={
        **dict.fromkeys(("毎年度", "毎年", "各年度", "各年", "単年度", "毎年度ごとに"), _EACH),
        **dict.fromkeys(("累計", "累計で", "累積", "合計", "通算", "期間累計", "計画期間累計"), _TOTAL),
        **dict.fromkeys(("年間", "年", "延べ", "のべ"), None),
        **dict.fromkeys(("平均", "年平均"), Aggregation.AVERAGE),
    },
    suffixes={
        **dict.fromkeys(("毎年度", "毎年", "各年度", "各年", "単年度", "単年", "/年度", "/年"), _EACH),
        **dict.fromkeys(("累計", "累積", "合計", "通算", "累計値", "期間累計", "計画期間累計"), _TOTAL),
        **dict.fromkeys(("年間",), None),
        **dict.fromkeys(("平均", "年平均", "平均値"), Aggregation.AVERAGE),
    },
    spans=re.compile(
        r"(?P<span>[1-9][0-9]?(?:年間?|[かカヶケヵ箇]年間?)(?:の?(?:累計|累積|合計|平均))?)で?(?=[約0-9])"
    ),
    revised=re.compile(
        r"(?P<when>[^()]*?)[にの]?(?:一部)?(?:変更|見直し|改定|改訂|修正|上方修正|下方修正|更新)(?:後|済み?)?"
    ),
    estimated=re.compile(r"見込み?値?|推計値?|推定値?|概算値?|予測値?|概数"),
    provisional=re.compile(r"(?:速報|暫定|未確定)(?:値|数値|数)?"),
    standing_before=(
        *("速報値", "速報", "暫定値", "暫定", "見込み値", "見込値", "見込み", "見込"),
        *("推計値", "推計", "推定値", "推定", "概算"),
    ),
    note=re.compile(
        r"(?:.{0,12}[年月]度?末?時?点?の)?(?P<word>[^、。のは]{2,5}?)(?:のため|のもの)?(?:である|です|による|を使用|を記載|を掲載)?。?"
    ),
    former=re.compile(
        r"(?:旧(?:目標)?値?|(?:変更|改定|改訂|修正|見直し)前(?:の?目標)?値?|当初(?:の?目標|計画)?値?)[::]?(?P<value>.+)"
    ),
    period_ends=("年度", "年", "末", "月", "日", "時点", "現在", "までに"),
    period_follows=re.compile(r"\s*:\s*(?=(?P<period>.+))"),
    milestone=re.compile(
        r"(?P<when>.*?[0-9元](?:年度?|年度?[0-9]{1,2}月|\.[0-9]{1,2}月?|月|日)?末?(?:までに)?)[にの]?(?!度|まで)(?P<what>[^0-9()~→]+)"
    ),
    spans_of_names=frozenset(("年間", "月間", "週間", "日間")),
    counts_people=re.compile(r"(?:[者客人民員生児師士]数|人口|人員)$"),
    is_share=re.compile(r"(?:率|割合|構成比)$"),
    year_before=re.compile(r"(?:前年|昨年)度?"),
    baseline=re.compile(r"基準(?:年度?|値)?|現状値?|現況|当初|計画当初|策定時"),
    changes=re.compile(
        r"増減|純増|純減|社会増|自然増|社会減|自然減|(?:増加|減少|削減|上昇|低下|改善|変化|変動|騰落|成長|伸び?|増)[率幅数量額]"
        r"|の(?:増加|減少|削減)|前[年期月]度?(?:同[月期])?(?:対?比|差)|対前|[格較の]差|差$|差異|収支|損益|利益|黒字|赤字"
        r"|超過|乖離|(?<![a-z])d\.?i\.?(?![a-z])"
    ),
    cumulative=re.compile(
        r"[(\[【](?!過去|直近)(?:[^()\[\]【】]*(?<![年月週日]間)(?<![年月週日]間の)(?<!年度)(?<![年月]))?(?:累計|累積|通算)(?:値|数|ベース)?[)\]】]"
        r"|[(\[【](?!過去|直近)[^()\[\]【】]*(?:[0-9][かカヶケヵ箇]?年間?|期間)の?(?:累計|累積)(?:値|数)?[)\]】]"
        r"|^(?:累計|累積)(?!.*[率比])|(?<![年月週日]間)(?<!年度)(?<![年月])(?:累計|累積)(?:値|数)?$"
    ),
    single_year=frozenset(("単年度", "単年")),
    direction=re.compile(r"アップ|ダウン|増加?|減少?|向上|低下|維持|改善|上昇|下降|[↑↓→↗↘⬆⬇]"),
    whole_span=re.compile(r"(?:計画|全|対象)?期間(?:中|内)?の?(?:年?平均|合計|計)値?"),
    roles=re.compile(r"目標|実績|基準値|現状値|計画値|前年"),
)
