"""What the words of an indicator's name say: what it counts, of whom, and how.

Two municipalities call one thing 障害者 and 障がい者, 1人当たり and 一人あたり. Names are folded to one spelling; what
must agree between two indicators (小学校 is not 中学校, 率 is not 数) is taken out as facets; what says nothing of the
thing itself (市内, 年間, 等) is dropped. The tables hold Japanese words only: a name in another language is compared by
its letters.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from kpigraph.text import compact


class Head(StrEnum):
    """What kind of quantity the name ends in."""

    SHARE = "share"  # 率, 割合, 比率, 満足度
    RATIO = "ratio"  # 倍率, 指数
    COUNT = "count"  # 数, 件数, 人口
    MONEY = "money"  # 額, 所得, 残高
    AMOUNT = "amount"  # 量
    AREA = "area"  # 面積
    LENGTH = "length"  # 延長
    LIFE = "life"  # 寿命


class Counted(StrEnum):
    """What a count counts, where its name says so."""

    PERSONS = "persons"  # 者数, 人数, 客数, 会員数
    CASES = "cases"  # 件数
    OCCASIONS = "occasions"  # 回数
    PLACES = "places"  # 箇所数, 施設数, 校数
    BODIES = "bodies"  # 団体数, 企業数, 組織数
    DWELLINGS = "dwellings"  # 戸数, 世帯数
    ITEMS = "items"  # 台数, 冊数, 品数
    TIME = "time"  # 日数, 時間数


@dataclass(frozen=True, slots=True)
class Wording:
    """A name as compared: `core` without what was taken out, its `head`, what it counts, and its facets.

    `facets` are pairs of group and value: ("school", "小学校"). `period` holds the words that tell of a period: 累計.
    """

    core: str
    head: Head | None
    counted: Counted | None
    facets: frozenset[tuple[str, str]]
    period: frozenset[str]

    def of(self, group: str) -> frozenset[str]:
        """Return the values of one group of facets."""
        return frozenset(value for name, value in self.facets if name == group)


# One spelling for words that documents write in several ways. The order matters: longer ones first.
_SPELLINGS = (
    (r"障害|障碍", "障がい"),
    (r"障がいのある(人|方)", "障がい者"),
    (r"公共交通機関", "公共交通"),
    (r"(道|県|府|都|市|町|村)産(?=食|農|水|木|材|品)", ""),
    (r"食料品", "食品"),
    (r"食品工業", "食品製造業"),
    (r"・?(農産|水産|農水産|農畜水産)?加工品", ""),
    (r"(?<!学校)給食(?!費|センター)", "学校給食"),
    (r"(利用|使用|活用)(率|割合)$", "使用率"),
    (r"居住者", "住民"),
    (r"新規(?=創業|開業|起業)", ""),
    (r"新(?=商品|製品|サービス)", ""),
    (r"こども|子供", "子ども"),
    (r"空家", "空き家"),
    (r"児童・生徒|児童生徒|生徒|児童(?=の割合)", "児童生徒"),
    (r"保育(園|所)(等|など)?", "保育所"),
    (r"(?<![0-9])[1一]人([1一]日|[1一]回)?(当たり|あたり|当り|当)", "一人当"),
    (r"人口10万人?(対|当たり|あたり|当り|当)|人口10万人?(?=の)", "十万人当"),
    (r"人口(千人?|1,?000人)(対|当たり|あたり|当り|当)", "千人当"),
    (r"健診|検診(?=受診|の受診|$)", "健康診査"),
    (r"がん健康診査", "がん検診"),
    (r"健康診査受診", "健康診査の受診"),
    (r"特養(?!子)|特別養護老人ホーム", "特別養護老人ホーム"),
    (r"ホームページ|ウェブサイト|webサイト|HP(?=ア)|サイト", "ウェブサイト"),
    (r"インバウンド客?|訪日外国人", "外国人"),
    (r"入込み客|入り込み客|入込者|入込客", "入込客"),
    (r"自治会|町会|行政区|町内会", "町内会"),
    (r"ボランティア・?", "ボランティア"),
    (r"ファミサポ|ファミリー・?サポート・?センター", "ファミリーサポートセンター"),
    (r"二酸化炭素(\(CO2\))?|CO2", "二酸化炭素"),
    (r"6次|六次", "6次"),
    (r"学童保育所?|放課後児童クラブ|留守家庭児童会", "放課後児童クラブ"),
    (r"マイナンバーカード|個人番号カード", "マイナンバーカード"),
    (
        r"つどいの広場|子育て支援拠点センター|地域子育て支援拠点|子育て支援拠点|地域子育て支援センター",
        "子育て支援センター",
    ),
    (r"母子・父子|母子等|母子家庭等?|ひとり親家庭等?|一人親家庭等?", "ひとり親"),
    (r"U[・]?I[・]?(J[・]?)?ターン", "UIターン"),
    (r"たい人|と思う(人|者|市民)", "たい人"),
    (r"(市民|町民|村民|県民|道民|府民|都民|区民|住民)", "市民"),
    (r"(市|町|村|県|道|府|都|区)(役所|役場|庁)", "市役所"),
    (r"(市債|町債|村債|県債|道債|地方債)", "市債"),
    (r"(市税|町税|村税|県税)", "市税"),
    (r"起業|創業", "創業"),
    (r"就漁|漁業就業", "漁業就業"),
    (r"地場産(物|品|食材)|地元産(食材|品|農産物)?|地場農産物", "地場産物"),
    (r"実雇用率", "雇用率"),
    (r"健康診査の?(受診|実施)率", "健康診査の受診率"),
    (r"(漁獲|水揚|生産|販売|売上)(金額|額|高)", r"\1額"),
    (r"港湾|(?<=港)湾", "港"),
    (r"取り?扱い?貨物量|貨物取り?扱い?量", "貨物取扱量"),
    (r"不登校を理由とする(長期)?欠席(が年間30日以上)?の?", "不登校の"),
    (r"(出産・|妊娠・出産・)?育児(?!休)", "子育て"),
    (r"スタートアップ(企業)?", "創業"),
    (r"子ども(?=の(割合|出現率))", "児童生徒"),
    (r"(?<=参加|利用|受講|来場|入場|入館|来館|宿泊|受入|相談)(延べ)?人[数員](?=$|[(])", "者数"),
    (r"(?<=[るたいう])(者|人|方|市民)(?=の割合)", "市民"),
    (r"と(思っている|感じる|感じている|考える|考えている)(?=市民の割合)", "たい"),
)
_FOLDS = tuple((re.compile(pattern), word) for pattern, word in _SPELLINGS)

# Words that say nothing of the thing measured. Taken out of both names.
_EMPTY = re.compile(
    r"(?:^|(?<=[のがはをに、・]))(?:当該|本市|本町|本県)|(?:市|町|村|県|道|府|都|区|管|圏)(?:内|域)の?|"
    r"と(?:回答した|回答する|答えた)(?=(人|者|方|市民|児童生徒)?の?割合)|の肯定的回答|における|に対する|による|による|について(の)?|"
    r"に関する|への|などの|など|等の|等|その他の?|[「」『』〔〕【】\[\]“”\"'、,。.・/\s:：]|の(?=.)|各種|延伸|総数$"
)
_PERIODS = {
    "累計": r"累計|累積|通算",
    "単年": r"単年度?|毎年度?|各年度?",
    "年間": r"年間|1年間の?|一年間の?|/年|年当たり",
    "延べ": r"延べ?(?=[^床長面焼伸])|延$",
    "平均": r"年平均|平均(?=受診率|$)",
    "名目": r"名目|実質(?!公債)",
}
_PERIOD_WORDS = {name: re.compile(pattern) for name, pattern in _PERIODS.items()}

# Facets that must agree. A group, its values, and the words that show each.
_FACETS = {
    "school": {
        "小学校": r"小学(校|生)?|小[1-6](?=年|・)",
        "中学校": r"中学(校|生)?|中[1-3](?=年|・)|小中学校",
        "高校": r"高校(?!卒)|高等学校(?!卒)",
        "幼児": r"幼稚園|幼保",
    },
    "sex": {"女": r"女性|女子|母親|女(?=の)", "男": r"男性|男子|父親"},
    "foreign": {"外国人": r"外国人|海外"},
    "per": {
        "一人当": r"一人当|単価$",
        "十万人当": r"十万人当|人口10万",
        "千人当": r"千人当",
        "一世帯当": r"世帯当",
        "他": r"(?<!一人)(?<!十万人)(?<!千人)(?<!世帯)(?<!日)(?<!年)当たり",
    },
    "change": {
        "減": r"削減|縮小|減少(?!区)|低減|減(?=率|量|数|$)",
        "増": r"増加(?!数)(?=率|量|数|額)|伸び率|増(?=率|額)",
    },
    "age": {
        "高齢": r"高齢者?|65歳以上|老年|シニア",
        "若年": r"若年者?|若者|青年|青少年",
        "年少": r"年少|15歳未満",
        "乳児": r"乳児|新生児|0歳児?",
        "乳幼児": r"乳幼児|3歳児|1歳6か月",
        "成人": r"成人",
    },
    "band": {"年齢": r"[0-9]+(歳|才)?[~\-][0-9]+(歳|才)(?!以上)|[0-9]+歳以上[0-9]+歳未満"},
    "disability": {"障がい": r"障がい"},
    "organ": {
        "大腸": r"大腸",
        "胃": r"胃がん|胃の?検診|(?<=:)胃",
        "肺": r"肺(?=がん|の?検診|$)",
        "乳": r"乳がん",
        "子宮": r"子宮",
        "前立腺": r"前立腺",
    },
    # What an environmental standard is kept by, and where: 環境基準達成率 of heavy metals is not that of rivers.
    "substance": {
        "大気": r"大気|PM2\.5|浮遊粒子|光化学|オキシダント|窒素酸化物|二酸化窒素",
        "音": r"騒音|振動",
        "有害物": r"重金属|ダイオキシン|有害物質|健康項目|水銀|カドミウム|アスベスト|農薬",
        "窒素りん": r"全?窒素(?!酸化)|全?りん(?=[のが及・]|$)|富栄養",
        "土": r"土壌|地下水",
    },
    "water": {"海湖": r"海域|湖沼|海水浴|内湾"},
    "waste": {
        "家庭系": r"家庭系|家庭ごみ|家庭からの?ごみ",
        "事業系": r"事業系|産業廃棄物",
        "可燃": r"可燃|燃やせる|燃える|燃やす|不燃|粗大",
        "食品": r"食品ロス|生ごみ|食品廃棄",
    },
    "private": {"私立": r"私立|民間保育"},
    "injury": {"負傷": r"死傷|負傷|重傷|軽傷"},
    "negation": {"ない": r"(?:てい|し|受け|なら|でき|食べ|読ま)ない|なかった|未(?=[^満来])|無料|非(?=構造|正規)|1冊も"},
    "new": {"新規": r"新規|新たに?"},
    "vacant": {"空き": r"空き"},
    "waiting": {"待機": r"待機"},
    "death": {"死亡": r"死亡|死者"},
    "plan": {"計画": r"(策定|改定|進捗)(率|数|件数|済み?)?$"},
    "sector": {"民間": r"民間|企業の(?=管理職|役員)", "市役所": r"市職員|市役所|職員"},
    "designated": {"特定": r"特定空き家"},
    "certified": {"認定": r"認定|認証"},
    "removed": {"除却": r"除却|解体|撤去"},
    "field": {
        "子育て": r"子育て|保育|妊娠|出産",
        "観光": r"観光",
        "防災": r"防災|災害",
        "交通": r"交通",
        "医療": r"医療|病院|患者",
        "教育": r"教育|学校|学習|授業",
        "文化": r"文化",
        "スポーツ": r"スポーツ|体育",
        "住": r"住環境|住宅",
        "ごみ": r"ごみ|廃棄物",
        "消費生活": r"消費生活|消費者",
    },
    "industry": {
        "農業": r"農業|就農",
        "林業": r"林業|森林",
        "漁業": r"漁業|水産業",
        "製造業": r"製造業|(?<!商)工業(?!団地|用地|用水)",
        "小売業": r"小売",
        "介護": r"介護",
    },
    "satisfaction": {"満足": r"満足|感じ|思う|たい人"},
}
_FACET_WORDS = {
    group: {value: re.compile(pattern) for value, pattern in values.items()} for group, values in _FACETS.items()
}

_HEADS = (
    (Head.RATIO, r"(倍率|指数|数値比)$"),
    (Head.SHARE, r"(率|割合|比率|満足度|認知度|理解度|シェア|比)$"),
    (Head.MONEY, r"(額等?|所得|売上高?|販売高|残高|現在高|費|金額|収入|漁獲高|水揚高|生産高|総生産|純生産|単価|債)$"),
    (Head.AREA, r"(面積)$"),
    (Head.LENGTH, r"(延長|総延長)$"),
    (Head.AMOUNT, r"(量)$"),
    (Head.LIFE, r"(寿命|余命)$"),
    (Head.COUNT, r"(数|人口|世帯|人員|待機児童|修了者|就業者|就農者|会員|動態|増減|社会減|人)$"),
)
_HEAD_WORDS = tuple((head, re.compile(pattern)) for head, pattern in _HEADS)
_COUNTED = (
    (Counted.CASES, r"件数$"),
    (Counted.OCCASIONS, r"回数$"),
    (Counted.PLACES, r"(箇所|か所|カ所|施設|校|園|所|拠点|会場|カフェ|サロン|場|クラブ|スクール|店舗|区域|圏域)数$"),
    (Counted.BODIES, r"(団体|企業|社|組織|法人|事業者|事業体|経営体|グループ)数$"),
    (Counted.DWELLINGS, r"(戸|世帯|棟)数$"),
    (Counted.ITEMS, r"(台|冊|品|個|本|教科|講座|番組|手続|データセット|資料貸出し)数$"),
    (Counted.TIME, r"(日|時間|泊)数$"),
    (
        Counted.PERSONS,
        r"(者|人|客|員|会員|児童|児童生徒|生徒|住民|市民|人材|登録者|後見人|サポーター|フォロワー|医師|"
        r"団員|防災士|隊員|子ども|リーダー|農業者|組)(延べ)?数?$|人口$|人員$",
    ),
)
_COUNTED_WORDS = tuple((kind, re.compile(pattern)) for kind, pattern in _COUNTED)
_MEANS = re.compile(r"^.*?(?:による|により|を通じた|を通じて|における|の設置する|が支援した|したことで)")
_SHARES, _TAILS = re.compile(r"(割合|比率)(?=$|[0-9])"), re.compile(r"(?:件|人)(数)$")
_SHORTEST, _SHORTEST_PLACE = 4, 2  # letters
_BRACKETS = re.compile(r"[(\[〔【（<][^()\[\]〔〕【】（）<>]*[)\]〕】）>]")
_NUMBERING = re.compile(r"^(?:[・○●◎◆◇■□▼▽*※-]+|[(（]?[0-9]{1,3}[)）.．](?![0-9])|[①-⑳]|KPI[0-9]*[::])\s*")
_UNIT_IN_BRACKETS = re.compile(
    r"[(（〔\[](?:単位[::]?)?(?:%|％|人|件|円|千円|万円|百万円|億円|t|トン|kWh|ha|㎡|m2|箇所|か所|回|校|団体|社|戸)[)）〕\]]"
)


@lru_cache(maxsize=50_000)
def read_name(name: str) -> Wording:
    """Return what `name` says, folded to one spelling."""
    return read_brackets(name)[0]


@lru_cache(maxsize=50_000)
def read_brackets(name: str) -> tuple[Wording, ...]:
    """Return every reading of `name`: as a whole; without its brackets; each of its brackets that is a name by itself.

    再生利用率(リサイクル率) is found by either name. The facets and periods of the whole hold for each.
    """
    text = _UNIT_IN_BRACKETS.sub("", _NUMBERING.sub("", compact(name)))
    for pattern, word in _FOLDS:
        text = pattern.sub(word, text)
    period = frozenset(name for name, pattern in _PERIOD_WORDS.items() if pattern.search(text))
    facets = frozenset(
        (group, value)
        for group, values in _FACET_WORDS.items()
        for value, pattern in values.items()
        if pattern.search(text)
    )
    for pattern in _PERIOD_WORDS.values():
        text = pattern.sub("", text)
    outside = _EMPTY.sub("", _BRACKETS.sub("", text))
    inside = [_EMPTY.sub("", part[1:-1]) for part in _BRACKETS.findall(text)]
    names = [text for text in (outside, *inside) if text]
    head_text = next((text for text in names if _head(text)), outside)
    names = [_TAILS.sub(r"\1", _SHARES.sub("率", text)) for text in names]
    whole = Wording("".join(names), _head(head_text), _counted(head_text), facets, period)
    parts = [Wording(text, _head(text), _counted(text), facets, period) for text in names if _head(text)]
    return (whole, *(part for part in parts if part.core != whole.core))


@lru_cache(maxsize=50_000)
def without_means(name: str) -> str:
    """Return `name` without what leads to the thing counted (…事業による, …を通じた), "" where nothing is left out.

    …における stays before a share: クラブにおける高齢者の割合 is of the club's members and not of all.
    """
    text = compact(name)
    if (means := _MEANS.match(text)) is None:
        return ""
    rest = text[means.end() :]
    if len(rest) < _SHORTEST or (means[0].endswith("における") and _head(_SHARES.sub("率", rest)) is Head.SHARE):
        return ""
    return rest


def without_place(name: str, places: tuple[str, ...]) -> str:
    """Return `name` without the names of its municipality: 釧路港 is a port, of 釧路市."""
    text = compact(name)
    for place in places:
        stem = compact(place)
        short = stem[:-1] if len(stem) > _SHORTEST_PLACE and stem[-1] in "市町村区県府都" else stem
        text = text.replace(stem, "").replace(short, "")
    return text or compact(name)


def _head(text: str) -> Head | None:
    return next((head for head, pattern in _HEAD_WORDS if pattern.search(text)), None)


def _counted(text: str) -> Counted | None:
    return next((kind for kind, pattern in _COUNTED_WORDS if pattern.search(text)), None)
