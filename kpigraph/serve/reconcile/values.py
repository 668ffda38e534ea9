"""What can be fetched of an entity once it is matched: data extension. Each property has one function here.

Numbers are those of the newest edition; what is printed stands beside them as text.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pyoxigraph import NamedNode

from kpigraph.iris import area
from kpigraph.serve.cards import Figure
from kpigraph.serve.describe import View, local
from kpigraph.serve.figures import of_municipality
from kpigraph.serve.reconcile.entities import Directory, Entity, Kind
from kpigraph.serve.reconcile.properties import MATCHED, Property
from kpigraph.serve.site import Site

_INT = 2**31  # what clients take for an integer


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value: in words, as a number where it is one, and what it stands for: an entity, or an IRI or code."""

    text: str
    number: Decimal | None = None
    entity: Entity | None = None
    id: str = ""

    def told(self, lang: str, *, as_id: bool) -> dict[str, object]:
        """Return the value as the API has it (Data Extension Responses)."""
        if self.entity is not None and not as_id:
            return {"id": self.entity.iri, "name": self.entity.label(lang)}
        if self.number is not None:
            whole = self.number == self.number.to_integral_value() and abs(self.number) < _INT
            return {"int": int(self.number)} if whole else {"float": float(self.number)}
        return {"str": (self.id if as_id else "") or self.text}


@dataclass(frozen=True, slots=True)
class Desk:
    """What values are looked up with: the release in one language, and the entities."""

    site: Site
    directory: Directory

    @property
    def view(self) -> View:
        return self.site.view

    def text(self, node: NamedNode | None) -> list[Value]:
        return [] if node is None else [Value(text=str(self.site.label(node)), id=node.value)]

    def thing(self, node: NamedNode | None) -> list[Value]:
        entity = None if node is None else self.directory.by_iri.get(node.value)
        return [Value(text=entity.label(self.site.lang), entity=entity, id=entity.iri)] if entity else self.text(node)


_Look = Callable[[Desk, Entity], list[Value]]
FETCHED: dict[str, Property] = {}
_LOOKS: dict[str, _Look] = {}


def fetch(pid: str, entity: Entity, desk: Desk) -> list[Value]:
    """Return the values of the property `pid` of `entity`, none where it has none."""
    return _LOOKS[pid](desk, entity) if entity.kind in FETCHED[pid].kinds else []


def type_of(pid: str) -> Kind | None:
    """Return the type of a property's values where they are entities."""
    return {"municipality": Kind.MUNICIPALITY, "shared-indicator": Kind.SHARED, "broader": Kind.SHARED,
            "denominator": Kind.SHARED, "indicator": Kind.INDICATOR}.get(pid)  # fmt: skip


def _property(pid: str, ja: str, en: str, says_ja: str, says_en: str, *kinds: Kind) -> Callable[[_Look], _Look]:
    def keep(look: _Look) -> _Look:
        FETCHED[pid] = Property(pid, {"ja": ja, "en": en}, {"ja": says_ja, "en": says_en}, frozenset(kinds))
        _LOOKS[pid] = look
        return look

    return keep


def _matched(pid: str, *kinds: Kind) -> Callable[[_Look], _Look]:
    """Of a property by which queries are narrowed too: it is called the same."""
    known = MATCHED[pid]
    return _property(pid, known.names["ja"], known.names["en"], known.says["ja"], known.says["en"], *kinds)


def _node(entity: Entity) -> NamedNode:
    return NamedNode(entity.iri)


def _figure(desk: Desk, entity: Entity, role: str) -> Figure | None:
    if role == "baseline":
        return next((f for f in desk.site.shelf.figures(_node(entity)) if f.role == role), None)
    card = desk.site.shelf.card(_node(entity))
    shown = card.actual if role == "actual" else card.target
    return None if shown is None else desk.site.shelf.figure(shown.iri)


def _number(figure: Figure | None) -> list[Value]:
    return [] if figure is None or figure.number is None else [Value(text=figure.value, number=figure.number)]


def _printed(figure: Figure | None) -> list[Value]:
    return [] if figure is None else [Value(text=figure.printed)]


def _period(figure: Figure | None) -> list[Value]:
    if figure is None or figure.period is None:
        return []
    return [Value(text=str(figure.period.label), id=figure.period.iri.value if figure.period.iri else "")]


@_matched("municipality", Kind.INDICATOR)
def _municipality(desk: Desk, entity: Entity) -> list[Value]:
    return desk.thing(desk.view.thing(_node(entity), "kpi:municipality"))


@_matched("code", Kind.INDICATOR, Kind.MUNICIPALITY)
def _code(desk: Desk, entity: Entity) -> list[Value]:
    return [Value(text=entity.place)] if entity.place else []


@_matched("prefecture", Kind.INDICATOR, Kind.MUNICIPALITY)
def _prefecture(desk: Desk, entity: Entity) -> list[Value]:
    code = entity.place[:2]
    name = entity.prefecture[-1 if desk.site.lang == "en" else 0] if entity.prefecture else ""
    return [Value(text=name, id=code)] if name else []


@_matched("department", Kind.INDICATOR)
def _department(desk: Desk, entity: Entity) -> list[Value]:
    return [v for d in desk.view.things(_node(entity), "kpi:department") for v in desk.text(d)]


@_matched("unit", Kind.INDICATOR, Kind.SHARED)
def _unit(desk: Desk, entity: Entity) -> list[Value]:
    if entity.kind is Kind.SHARED:
        return desk.text(desk.view.thing(_node(entity), "kpi:unitKind"))
    figure = _figure(desk, entity, "actual") or _figure(desk, entity, "target")
    return desk.text(figure.unit_iri if figure else None)


@_matched("goal", Kind.INDICATOR)
def _goal(desk: Desk, entity: Entity) -> list[Value]:
    return [v for g in desk.view.things(_node(entity), "kpi:inGoal") for v in desk.text(g)]


@_matched("period-kind", Kind.INDICATOR, Kind.SHARED)
def _period_kind(desk: Desk, entity: Entity) -> list[Value]:
    if entity.kind is Kind.SHARED:
        return desk.text(desk.view.thing(_node(entity), "kpi:periodKind"))
    target = _figure(desk, entity, "target")
    return [Value(text=str(target.aggregation), id=target.aggregation_code)] if target and target.aggregation else []


for _role, _ja, _en in (("actual", "最新の実績値", "latest actual"), ("target", "目標値", "target"),
                        ("baseline", "現状値", "baseline")):  # fmt: skip

    @_property(_role, _ja, _en, "数。なければ空", "a number; nothing where there is none", Kind.INDICATOR)
    def _value(desk: Desk, entity: Entity, role: str = _role) -> list[Value]:
        return _number(_figure(desk, entity, role))

    @_property(f"{_role}-printed", f"{_ja}（印刷どおり）", f"{_en}, as printed",
               "文書にある文字", "the text in the document", Kind.INDICATOR)  # fmt: skip
    def _value_printed(desk: Desk, entity: Entity, role: str = _role) -> list[Value]:
        return _printed(_figure(desk, entity, role))

    @_property(f"{_role}-period", f"{_ja}の期間", f"period of the {_en}", "年、年度など", "a year …", Kind.INDICATOR)
    def _value_period(desk: Desk, entity: Entity, role: str = _role) -> list[Value]:
        return _period(_figure(desk, entity, role))


@_property("status", "達成状況", "status", "目標に対する判定", "judgement against the target", Kind.INDICATOR)
def _status(desk: Desk, entity: Entity) -> list[Value]:
    judged = desk.site.shelf.judgement(_node(entity))
    return [Value(text=judged.label, id=judged.status)] if judged.iri else []


@_property("progress", "進捗率", "progress ratio", "（実績−基準）÷（目標−基準）",
           "(actual − baseline) / (target − baseline)", Kind.INDICATOR)  # fmt: skip
def _progress(desk: Desk, entity: Entity) -> list[Value]:
    text = desk.view.text(desk.site.shelf.judgement(_node(entity)).iri, "kpi:progressRatio")
    return [Value(text=text, number=Decimal(text))] if text else []


@_property(
    "shared-indicator", "共通指標", "shared indicator", "確認済みの対応だけ", "reviewed matches only", Kind.INDICATOR
)
def _shared(desk: Desk, entity: Entity) -> list[Value]:
    return [v for s in desk.view.things(_node(entity), "kpi:realizes") for v in desk.thing(s)]


@_property("kana", "かな", "kana", "ひらがなの読み", "its reading in hiragana", Kind.MUNICIPALITY)
def _kana(desk: Desk, entity: Entity) -> list[Value]:
    kana = (n for n in entity.names if n and all("\u3041" <= c <= "\u309f" or c == "ー" for c in n))
    return [Value(text=k) for k in kana][:1]


@_property("area", "標準地域コード（e-Stat）", "standard area (e-Stat)", "統計LODのIRI",
           "an IRI of the statistics bureau", Kind.MUNICIPALITY)  # fmt: skip
def _area(desk: Desk, entity: Entity) -> list[Value]:
    stated = desk.view.thing(_node(entity), "kpi:area")
    return [Value(text=stated.value if stated else area(entity.place))] if entity.place else []


@_property("indicators", "公開している指標の数", "indicators published", "0 なら公開なし", "0: publishes nothing here",
           Kind.MUNICIPALITY)  # fmt: skip
def _indicators(desk: Desk, entity: Entity) -> list[Value]:
    count = len(of_municipality(desk.view, _node(entity), "kpi:Indicator")) if entity.published else 0
    return [Value(text=str(count), number=Decimal(count))]


@_property("notation", "記号", "notation", "共通指標の記号", "of the shared indicator", Kind.SHARED)
def _notation(desk: Desk, entity: Entity) -> list[Value]:
    return [Value(text=entity.codes[0])]


@_property("definition", "定義", "definition", "何を数えるか", "what it counts", Kind.SHARED)
def _definition(desk: Desk, entity: Entity) -> list[Value]:
    found = desk.view.in_language(_node(entity), "skos:definition", desk.site.lang)
    return [Value(text=str(found))] if found else []


@_property("broader", "上位の共通指標・分野", "broader", "分野なら名前だけ", "a theme by its name", Kind.SHARED)
def _broader(desk: Desk, entity: Entity) -> list[Value]:
    return desk.thing(desk.view.thing(_node(entity), "skos:broader"))


@_property("denominator", "分母", "denominator", "割合の分母になる共通指標", "of which it is a share", Kind.SHARED)
def _denominator(desk: Desk, entity: Entity) -> list[Value]:
    return desk.thing(desk.view.thing(_node(entity), "kpi:denominatorIndicator"))


@_property("desired-direction", "望ましい方向", "desired direction", "増加、減少 など", "increase, decrease …",
           Kind.INDICATOR, Kind.SHARED)  # fmt: skip
def _direction(desk: Desk, entity: Entity) -> list[Value]:
    s = _node(entity)
    if entity.kind is Kind.INDICATOR:
        s = desk.site.shelf.judgement(s).iri or s
    found = desk.view.thing(s, "kpi:desiredDirection")
    return [] if found is None else [Value(text=str(desk.site.label(found)), id=local(found.value))]


@_property("indicator", "対応する自治体の指標", "indicators of municipalities", "確認済みの対応だけ",
           "reviewed matches only", Kind.SHARED)  # fmt: skip
def _realizing(desk: Desk, entity: Entity) -> list[Value]:
    found = desk.view.subjects("kpi:realizes", _node(entity))
    return [v for s in sorted(found, key=lambda s: s.value) for v in desk.thing(s)]


@_property("exact-match", "他の語彙の同じもの", "exact or close matches", "e-Stat、Wikidata などのIRI",
           "IRIs of e-Stat, Wikidata …", Kind.SHARED)  # fmt: skip
def _matches(desk: Desk, entity: Entity) -> list[Value]:
    found = [o for p in ("skos:exactMatch", "skos:closeMatch") for o in desk.view.things(_node(entity), p)]
    return [Value(text=o.value) for o in found]


@_property("name-ja", "名前（日本語）", "name in Japanese", "日本語の名前", "the Japanese name", *Kind)
def _name_ja(desk: Desk, entity: Entity) -> list[Value]:
    return [Value(text=entity.labels["ja"])] if "ja" in entity.labels else []


@_property("name-en", "名前（英語）", "name in English", "英語の名前。なければ空", "nothing where there is none", *Kind)
def _name_en(desk: Desk, entity: Entity) -> list[Value]:
    return [Value(text=entity.labels["en"])] if "en" in entity.labels else []


_TOLD = {
    Kind.INDICATOR: ("municipality", "department", "unit", "actual-printed", "actual-period", "target-printed",
                     "status"),
    Kind.SHARED: ("definition", "unit", "period-kind", "broader", "indicator"),
    Kind.MUNICIPALITY: ("code", "kana", "prefecture", "indicators"),
}  # fmt: skip


def facts(entity: Entity, desk: Desk) -> Iterator[tuple[str, str]]:
    """Yield what a preview tells of an entity: the name of each property with its values."""
    for pid in _TOLD[entity.kind]:
        if values := [v.text for v in fetch(pid, entity, desk)][:5]:
            yield FETCHED[pid].names[desk.site.lang], ", ".join(values)


def summary(entity: Entity, lang: str) -> str:
    """Return the line that tells namesakes apart: municipality and department, prefecture and code, or definition."""
    kind = KIND_NAMES[entity.kind][lang]
    if entity.kind is Kind.SHARED and entity.shared:
        says = entity.shared.definition_ja if lang == "ja" else entity.shared.definition_en
        return _joined(kind, says)
    if entity.kind is Kind.MUNICIPALITY:
        place = entity.prefecture[-1 if lang == "en" else 0] if entity.prefecture else ""
        return _joined(place, entity.place, "" if entity.published else _NOTHING_HERE[lang])
    unit = entity.units[0] if entity.units else None
    owner = next((n for n in entity.owner if (lang == "en") == n.isascii()), "") or "".join(entity.owner[:1])
    shown = "" if unit is None else unit.label_en if lang == "en" else unit.label_ja
    return _joined(kind, owner, *entity.departments, shown)


def _joined(*parts: str) -> str:
    return " · ".join(p for p in parts if p)


KIND_NAMES: Mapping[Kind, Mapping[str, str]] = {
    Kind.INDICATOR: {"ja": "自治体の指標", "en": "indicator of a municipality"},
    Kind.SHARED: {"ja": "共通指標", "en": "shared indicator"},
    Kind.MUNICIPALITY: {"ja": "自治体", "en": "municipality"},
}
_NOTHING_HERE = {"ja": "公開なし", "en": "publishes nothing here"}
