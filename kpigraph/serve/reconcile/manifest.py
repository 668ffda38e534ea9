"""The service manifest: what is offered, and where."""

from starlette.requests import Request

from kpigraph import __version__
from kpigraph.prefixes import NS
from kpigraph.serve.forms import Fault
from kpigraph.serve.negotiate import LANGUAGES
from kpigraph.serve.reconcile.asking import BATCH
from kpigraph.serve.reconcile.entities import Kind
from kpigraph.serve.reconcile.values import KIND_NAMES
from kpigraph.serve.web import HOST

PREVIEW = (460, 300)  # width and height in pixels
_NAMES = {
    "ja": "自治体KPI: 指標・共通指標・自治体（kpigraph）",
    "en": "Municipal KPIs: indicators, shared indicators, municipalities (kpigraph)",
}
_SETTINGS = {
    "limit": {
        "ja": ("値の数", "1行に入れる値の数（0 は無制限）"),
        "en": ("Limit", "values a row at most (0: no limit)"),
    },
    "content": {
        "ja": ("中身", "名前か、識別子・コードか"),
        "en": ("Content", "names, or identifiers and codes"),
    },
}
_CHOICES = {"ja": {"name": "名前", "id": "識別子・コード"}, "en": {"name": "name", "id": "identifier or code"}}


def address(request: Request, configured: str) -> str:
    """Return where this server is reached: as configured, else as the request says.

    The manifest must have whole addresses, since OpenRefine joins them with nothing. It is never kept by caches, so a
    forged Host harms only who forged it.

    Raises:
        Fault: if the request does not say.
    """
    if configured:
        return configured
    host = request.headers.get("host", "")
    if not HOST.fullmatch(host):
        raise Fault(400, {"ja": "Host ヘッダーが使えません。", "en": "The Host header cannot be used."})
    return f"{request.url.scheme}://{host}"


def manifest(home: str, base: str, lang: str, asked: str | None) -> dict[str, object]:
    """Return the manifest; `home` is the server's address, `asked` the language that the address itself asks for.

    Source: section Service Manifest. Only there does JSONP come up, as optional; it is not offered.
    """
    also = f"lang={asked}" if asked in LANGUAGES else ""

    def path(place: str, query: str = "") -> str:
        parameters = "&".join(p for p in (query, also) if p)
        return f"/reconcile/{place}" + (f"?{parameters}" if parameters else "")

    def suggest(what: str) -> dict[str, str]:
        return {
            "service_url": home,
            "service_path": path(f"suggest/{what}"),
            "flyout_service_url": home,
            "flyout_service_path": path(f"flyout/{what}", "id=${id}"),
        }

    return {
        "versions": ["0.2"],
        "name": _NAMES[lang],
        "identifierSpace": base,
        "schemaSpace": NS,
        "serviceVersion": __version__,
        "documentation": home + path("help"),
        "defaultTypes": [{"id": kind.value, "name": KIND_NAMES[kind][lang]} for kind in Kind],
        "view": {"url": home + path("view", "id={{id}}")},
        "preview": {"url": home + path("preview", "id={{id}}"), "width": PREVIEW[0], "height": PREVIEW[1]},
        "suggest": {what: suggest(what) for what in ("entity", "property", "type")},
        "extend": {
            "propose_properties": {"service_url": home, "service_path": path("properties")},
            "property_settings": _settings(lang),
        },
        "batchSize": BATCH,
    }


def _settings(lang: str) -> list[dict[str, object]]:
    limit, content = _SETTINGS["limit"][lang], _SETTINGS["content"][lang]
    choices = [{"value": value, "name": name} for value, name in _CHOICES[lang].items()]
    return [
        {"name": "limit", "label": limit[0], "type": "number", "default": 0, "help_text": limit[1]},
        {"name": "content", "label": content[0], "type": "select", "default": "name", "help_text": content[1],
         "choices": choices},
    ]  # fmt: skip
