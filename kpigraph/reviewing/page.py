"""Reviewing in a browser: one proposal at a time, plain forms, on this computer only.

The page writes nothing but the mapping files. Whoever can open it can decide, so it answers loopback addresses alone:
the Host of every request must be one (no other site's name can be made to lead here), every form carries a token of
this run (no other site can send one), and a form from another origin is refused.
"""

import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files

import uvicorn
from jinja2 import Environment, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from kpigraph.linking import sssom
from kpigraph.linking.mapping import LocalId, Mapping, MappingStatus
from kpigraph.reviewing.deciding import KEYS, Action, decide, new_faults, waiting
from kpigraph.reviewing.session import Session
from kpigraph.reviewing.texts import TEXTS, text
from kpigraph.terminal import LANG, note

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_LONGEST = 10_000  # bytes of a form
_BUTTONS = (Action.EXACT, Action.CLOSE, Action.BROAD, Action.NARROW, Action.REJECT, Action.DEFER)


@dataclass(slots=True)
class Review:
    """What one run of the page works on. `lock`: two tabs of one browser must not write at once."""

    session: Session
    codes: list[str]
    reviewer: str
    deferred: bool
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rows(self) -> list[Mapping]:
        """Return the rows of every mapping file under review, read anew: a person may edit them meanwhile."""
        return [m for code in self.codes for m in self.session.mappings(code)]

    def take(self, pair: tuple[str, str], action: Action, lang: str) -> list[str]:
        """Decide and write; return why not, nothing if it was done."""
        with self.lock:
            for code in self.codes:
                before = self.session.mappings(code)
                if any(m.pair == pair for m in before):
                    after = decide(before, pair, action, self.reviewer, date.today())
                    if faults := new_faults(self.session, code, before, after):
                        return [p.sentence(lang) for p in faults]
                    sssom.save(sssom.path_of(self.session.data, code), code, after)
                    return []
        return [text("gone", lang)]


def create_app(review: Review) -> Starlette:
    """Return the application."""
    template = Environment(
        autoescape=select_autoescape(default=True), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string((files("kpigraph.reviewing") / "templates" / "review.html").read_text(encoding="utf-8"))

    def shown(request: Request, status: int = 200, refused: list[str] | None = None) -> Response:
        lang = _language(request)
        rows = review.rows()
        left = waiting(rows, deferred=review.deferred)
        skipped = _skipped(request)
        left = [m for m in left if _name(m) not in skipped] or left
        decided = [m for m in rows if m.status is not MappingStatus.PROPOSED]
        body = template.render(
            lang=lang,
            t={key: both[0 if lang == "ja" else 1] for key, both in TEXTS.items()},
            token=review.token,
            nonce=review.nonce,
            m=left[0] if left else None,
            left=len(left),
            mine=review.session.indicators.get(left[0].subject) if left else None,
            municipality=review.session.names.get(left[0].subject.municipality, "") if left else "",
            other=_other(review.session, left[0], lang) if left else "",
            reasons=[r.sentence(lang) for r in review.session.reasons(left[0])] if left else [],
            buttons=[(action.value, next(k for k, a in KEYS.items() if a is action)) for action in _BUTTONS],
            decided=sorted(decided, key=lambda m: (m.status.value, m.pair)),
            reviewer=review.reviewer,
            refused=refused or [],
            skipped=",".join([*skipped, _name(left[0])]) if left else "",
            name=_name,
        )
        return HTMLResponse(body, status, headers={"Content-Language": lang})

    async def page(request: Request) -> Response:
        return shown(request)

    async def take(request: Request) -> Response:
        if int(request.headers.get("content-length") or _LONGEST + 1) > _LONGEST:
            return PlainTextResponse("too long", 413)
        form = await request.form()
        asked = {key: str(form.get(key, "")) for key in ("token", "subject", "object", "action")}
        if not secrets.compare_digest(asked["token"].encode(), review.token.encode()):
            return PlainTextResponse("this form is not of this run of kpigraph review; open the page again", 403)
        if asked["action"] not in [a.value for a in Action]:
            return PlainTextResponse("no such action", 400)
        pair = (asked["subject"], asked["object"])
        refused = review.take(pair, Action(asked["action"]), _language(request))
        if refused:
            return shown(request, 409, refused)
        return RedirectResponse(f"/?lang={_language(request)}", 303)

    guard = Middleware(BaseHTTPMiddleware, dispatch=_guarded(review))
    return Starlette(
        routes=[Route("/", page, methods=["GET"]), Route("/decide", take, methods=["POST"])], middleware=[guard]
    )


def _guarded(review: Review) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{review.nonce}'; script-src 'nonce-{review.nonce}'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )

    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        host = request.headers.get("host", "").rsplit(":", 1)[0] if request.headers.get("host") else ""
        origin = request.headers.get("origin", "")
        own = f"http://{request.headers.get('host', '')}"
        if host not in _LOOPBACK or request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return PlainTextResponse("this page is for this computer only", 403)
        if request.method == "POST" and origin not in ("", own):
            return PlainTextResponse("a form of another site", 403)
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    return guard


def _language(request: Request) -> str:
    asked = request.query_params.get("lang", "")
    if asked in ("ja", "en"):
        return asked
    return "ja" if request.headers.get("accept-language", LANG).lower().startswith("ja") else "en"


def _name(m: Mapping) -> str:
    return f"{m.subject}~{m.object}"


def _skipped(request: Request) -> list[str]:
    return [name for name in request.query_params.get("skip", "").split(",") if name][-500:]


def _other(session: Session, m: Mapping, lang: str) -> str:
    """Return what is known of the other indicator: its definition, or whose it is."""
    if isinstance(m.object, LocalId):
        return text("of", lang, session.names.get(m.object.municipality, m.object.municipality))
    shared = session.shared.indicators.get(m.object.notation)
    return "" if shared is None else shared.definition_ja if lang == "ja" else shared.definition_en


def run(session: Session, codes: list[str], reviewer: str, port: int, *, deferred: bool) -> None:
    """Serve the page on a loopback address until it is stopped."""
    app = create_app(Review(session, codes, reviewer, deferred))
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="warning", access_log=False, server_header=False
    )
    listening = config.bind_socket()
    note(f"http://127.0.0.1:{listening.getsockname()[1]}/")
    uvicorn.Server(config).run(sockets=[listening])
