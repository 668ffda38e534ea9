"""The files that pages load, under names that carry a digest of their content: a browser may keep them for ever.

The style sheet and the icon are ours and always there. Script and style of the query editor are built of packages from
npm by `make web` (kpigraph/serve/editor); where they are not, /sparql keeps its plain form.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kpigraph.serve.negotiate import Form

BUILT = Path(__file__).with_name("built")
STYLE_SHEET = Path(__file__).with_name("templates") / "style.css"
ICON = STYLE_SHEET.with_name("icon.svg")
_FORMS = {
    f".{f.suffix}": f
    for f in (
        Form("css", "text/css"),
        Form("js", "text/javascript"),
        Form("txt", "text/plain"),
        Form("svg", "image/svg+xml"),
    )
}
_PACKED = {"br": ".br", "gzip": ".gz"}
_ROLES = ("script", "style", "licences")
_log = logging.getLogger("kpigraph.serve")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served; `packed` has it by content coding where it was packed before."""

    name: str
    form: Form
    body: bytes
    packed: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assets:
    """What there is by name, the names of our style sheet and icon, and those of the editor by role (script, style,
    licences).

    `editor` is empty where it has not been built.
    """

    files: Mapping[str, Asset]
    style: str
    icon: str
    editor: Mapping[str, str]


def load(built: Path = BUILT) -> Assets:
    """Return the assets; a build that is not whole counts as none, and the log says so."""
    style, icon = (_own(path) for path in (STYLE_SHEET, ICON))
    files, editor = _built(built)
    return Assets({style.name: style, icon.name: icon} | files, style.name, icon.name, editor)


def _own(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(f"{path.stem}-{hashlib.sha256(body).hexdigest()[:12]}{path.suffix}", _FORMS[path.suffix], body)


def _built(folder: Path) -> tuple[dict[str, Asset], dict[str, str]]:
    try:
        named = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        editor = {role: str(named[role]) for role in _ROLES}
        files = [_asset(folder / name) for name in editor.values()]
    except FileNotFoundError as error:
        if error.filename != str(folder / "manifest.json"):
            _log.warning("the editor of /sparql is not whole, run `make web`: %s is missing", error.filename)
        return {}, {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("the editor of /sparql cannot be read, run `make web`: %s", error)
        return {}, {}
    return {f.name: f for f in files}, editor


def _asset(path: Path) -> Asset:
    packed = {coding: path.with_name(path.name + ending).read_bytes() for coding, ending in _PACKED.items()}
    return Asset(path.name, _FORMS[path.suffix], path.read_bytes(), packed)
