"""The properties by which a query can be narrowed, and how a given value stands to that of an entity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kpigraph.iris import local_name
from kpigraph.linking.kinds import Fit, period_fit, unit_fit, units_fit
from kpigraph.model import Aggregation, PeriodKind
from kpigraph.search.folding import fold
from kpigraph.serve.reconcile.entities import Directory, Entity, Kind
from kpigraph.sources import check_digit

_OURS = frozenset({Kind.INDICATOR})
_PLACED = frozenset({Kind.INDICATOR, Kind.MUNICIPALITY})
_MEASURED = frozenset({Kind.INDICATOR, Kind.SHARED})


@dataclass(frozen=True, slots=True)
class Property:
    """A property: its identifier, its name and what it says in ja and en, and which types have it."""

    id: str
    names: Mapping[str, str]
    says: Mapping[str, str]
    kinds: frozenset[Kind]


# Identifier; name and explanation in ja and en; the types that have it. In the order in which they are proposed.
MATCHED = {
    pid: Property(pid, {"ja": ja, "en": en}, {"ja": says_ja, "en": says_en}, kinds)
    for pid, ja, en, says_ja, says_en, kinds in (
        ("code", "全国地方公共団体コード", "local government code",
         "6桁（検査数字なしの5桁、先頭の0が落ちた数でもよい）",
         "six digits; five without check digit, or a number without its leading zero, will do", _PLACED),
        ("municipality", "自治体", "municipality",
         "名前、コードまたは識別子", "name, code or identifier", _PLACED),
        ("prefecture", "都道府県", "prefecture",
         "名前、または2桁のコード", "name, or code of two digits", _PLACED),
        ("department", "所管部署", "department",
         "文書にある部署の名前", "its name in the document", _OURS),
        ("unit", "単位", "unit",
         "人、%、千円 など", "人, %, persons …", _MEASURED),
        ("goal", "基本目標", "goal",
         "指標の上にある基本目標の名前", "name of the goal above the indicator", _OURS),
        ("period-kind", "期間の種類", "kind of period",
         "year、as-of、cumulative、survey、またはその名前",
         "year, as-of, cumulative, survey, or its name", _MEASURED),
    )
}  # fmt: skip
_PERIODS = {
    "year": ("単年", "年間", "年度", "annual", "period"),
    "as-of": ("時点", "年度末", "at a day"),
    "cumulative": ("累計", "累積", "通算", "total", "cumulative-to-date"),
    "survey": ("調査", "調査時点", "at a survey"),
}
_PERIOD_OF = {fold(word): PeriodKind(kind) for kind, words in _PERIODS.items() for word in (kind, *words)}
_SIX, _FIVE = 6, 5


@lru_cache(maxsize=1_000)
def codes_of(given: str) -> frozenset[str]:
    """Return the codes of six digits that `given` may be meant for.

    A number has lost its leading zero, a code of five digits has no check digit: 12068 is 012068, or 120685 of Chiba.
    """
    text = fold(given)
    if not (text.isascii() and text.isdigit()):
        return frozenset()
    found = {text} if len(text) == _SIX else set()
    if len(text) in (_FIVE, _FIVE - 1):
        plain = text.zfill(_FIVE)
        found |= {plain + check_digit(plain), text.zfill(_SIX)}
    return frozenset(c for c in found if len(c) == _SIX and c[5] == check_digit(c))


def agrees(pid: str, given: str, entity: Entity, directory: Directory) -> bool | None:
    """Tell whether `entity` has the value `given`, a text or the identifier of an entity.

    None where that cannot be told: it has none, or `given` is not understood.
    """
    return _TESTS[pid](given, entity, directory) if entity.kind in MATCHED[pid].kinds else None


def _code(given: str, entity: Entity, _: Directory) -> bool | None:
    codes = codes_of(given)
    return entity.place in codes if codes else False


def _municipality(given: str, entity: Entity, directory: Directory) -> bool | None:
    if codes := codes_of(given):
        return entity.place in codes
    if (found := directory.find(given)) is not None:
        return found.place == entity.place
    return _named(given, entity.owner)


def _prefecture(given: str, entity: Entity, _: Directory) -> bool | None:
    text = _folded(given)
    if text.isascii() and text.isdigit():
        codes = codes_of(given)
        wanted = {c[:2] for c in codes} if codes else {text.zfill(2)}
        return entity.place[:2] in wanted
    return text in map(_folded, entity.prefecture) if entity.prefecture else None


_folded = lru_cache(maxsize=20_000)(fold)  # every entity is asked for the same few values


def _named(given: str, names: tuple[str, ...]) -> bool | None:
    """Tell whether one of `names` is `given`, or one has the other in it: 産業部水産課 is 水産課."""
    wanted = _folded(given)
    if not names or not wanted:
        return None
    return any(wanted == n or (len(n) > 1 and (n in wanted or wanted in n)) for n in map(_folded, names))


def _unit(given: str, entity: Entity, directory: Directory) -> bool | None:
    unit = directory.units.find(given) or directory.units.find(local_name(given))
    if entity.shared is not None:
        return _told(unit_fit(unit, entity.shared.unit_kind))
    fits = [units_fit(unit, own) for own in entity.units]
    return True if Fit.SAME in fits else _told(fits[0]) if fits else None


def _told(fit: Fit) -> bool | None:
    return {Fit.SAME: True, Fit.CONFLICT: False}.get(fit)


def _period(given: str, entity: Entity, _: Directory) -> bool | None:
    kind = _PERIOD_OF.get(_folded(given))
    own = frozenset(a for a in Aggregation if fold(a.value) == _folded(given))
    if entity.shared is not None:
        return entity.shared.period_kind is kind if kind else _told(period_fit(own, entity.shared.period_kind))
    if not entity.aggregations or (kind is None and not own):
        return None
    return bool(own & entity.aggregations) or (kind is not None and period_fit(entity.aggregations, kind) is Fit.SAME)


_TESTS: dict[str, Callable[[str, Entity, Directory], bool | None]] = {
    "code": _code,
    "municipality": _municipality,
    "prefecture": _prefecture,
    "department": lambda given, entity, _: _named(given, entity.departments),
    "unit": _unit,
    "goal": lambda given, entity, _: _named(given, entity.goals),
    "period-kind": _period,
}
