"""The page behind the link in a message: who opens it sees what it is about, and acknowledges with a button.

Opening it changes nothing, because mail servers and chats open links to look at them. It needs no sign-in: the link is the
proof, for one notice, in one name, for some hours.
"""

import asyncio
from html import escape
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse

from calha.api.access import Anybody
from calha.api.bodies import read_body
from calha.api.files import SECURITY_HEADERS
from calha.api.services import Here
from calha.domain.access import Actor
from calha.domain.errors import Forbidden, NotFound
from calha.store.notify import NoticeRow
from calha.watch.notify.audience import Somebody

pages = APIRouter(include_in_schema=False)

Token = Annotated[str, Path(max_length=100)]
MAX_FORM_BYTES = 8_192
HEADERS = SECURITY_HEADERS | {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}

_WORDS = {
    "pt": {
        "lang": "pt-BR",
        "title": "Reconhecer aviso",
        "low": "Prioridade baixa",
        "medium": "Prioridade média",
        "high": "Prioridade alta",
        "critical": "Prioridade crítica",
        "comment": "Comentário (opcional)",
        "button": "Reconhecer",
        "as": "Em nome de {name}",
        "done": "Reconhecido por {by}.",
        "first": "Pronto: o aviso foi reconhecido. Ninguém mais será chamado.",
        "late": "Este aviso já tinha sido reconhecido por {by}.",
        "over": "O que este aviso diz já terminou.",
        "open": "Abrir no Calha",
        "bad": "Este link não vale",
        "bad_text": "Ele está incompleto, é antigo, ou a pessoa não pode mais reconhecer avisos deste local. Abra o Calha e "
        "reconheça por lá.",
    },
    "en": {
        "lang": "en",
        "title": "Acknowledge a notice",
        "low": "Low priority",
        "medium": "Medium priority",
        "high": "High priority",
        "critical": "Critical priority",
        "comment": "Comment (optional)",
        "button": "Acknowledge",
        "as": "In the name of {name}",
        "done": "Acknowledged by {by}.",
        "first": "Done: the notice is acknowledged. Nobody else will be called.",
        "late": "This notice had been acknowledged by {by} already.",
        "over": "What this notice tells is over.",
        "open": "Open in Calha",
        "bad": "This link does not hold",
        "bad_text": "It is not whole, is too old, or the person may not acknowledge there any more. Open Calha and acknowledge "
        "there.",
    },
}
_STYLE = (
    ":root{color-scheme:light dark;--ink:#1b2733;--paper:#fff;--line:#c9d3dc;--go:#0b6bcb}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#10161c;--line:#3a4753;--go:#4aa3ff}}"
    "body{font:1.05rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0;padding:1.5rem}"
    "main{max-width:32rem;margin:0 auto}h1{font-size:1.3rem}label{display:block;margin:1rem 0 .3rem}"
    "textarea{width:100%;box-sizing:border-box;font:inherit;color:inherit;background:transparent;"
    "border:1px solid var(--line);border-radius:.4rem;padding:.5rem}"
    "button{font:inherit;font-weight:600;margin-top:1rem;width:100%;padding:.8rem;border:0;border-radius:.4rem;"
    "background:var(--go);color:#fff}@media(prefers-color-scheme:dark){button{color:#06121d}}"
    "a{color:var(--go)}.quiet{opacity:.8}"
)


@pages.get("/a/{token}")
async def show_notice(token: Token, services: Here, request: Request, _: Anybody) -> HTMLResponse:
    """What the link is about. Changes nothing."""
    try:
        notice, somebody = await asyncio.to_thread(services.notifier.linked, token)
    except (NotFound, Forbidden):
        return _refusal(request)
    return _page(notice, somebody, None)


@pages.post("/a/{token}")
async def acknowledge_notice(token: Token, services: Here, request: Request, _: Anybody) -> HTMLResponse:
    """Acknowledge in the name of whom the link was sent to."""
    form = parse_qs((await read_body(request, MAX_FORM_BYTES, "the comment is too long")).decode(errors="replace"))
    comment = (form.get("comment") or [""])[0].strip()[:500]
    try:
        notice, somebody, is_first = await asyncio.to_thread(services.notifier.acknowledge, token, comment)
    except (NotFound, Forbidden):
        return _refusal(request)
    if is_first:
        audit, actor = services.accounts.audit, somebody.principal.actor if somebody.principal else Actor(somebody.name)
        address = request.client.host if request.client else ""
        after = {"what": notice.what.en, "comment": comment}
        await asyncio.to_thread(audit.append, actor, "notice.acknowledged", notice.source, None, after, address)
    return _page(notice, somebody, is_first)


def _page(notice: NoticeRow, somebody: Somebody, is_first: bool | None) -> HTMLResponse:
    """is_first: whether it has just been acknowledged by this link; None before anybody has pressed the button."""
    language = "pt" if somebody.language.startswith("pt") else "en"
    words = _WORDS[language]
    parts = [
        f"<h1>{escape(notice.what.of(language))}</h1>",
        f"<p>{escape(words[notice.priority])} · {escape(notice.where)}</p>",
    ]
    if notice.state == "over":
        parts.append(f"<p>{words['over']}</p>")
    if is_first:
        parts.append(f"<p role=status><b>{words['first']}</b></p>")
    elif notice.acknowledged_at is not None:
        parts.append(f"<p role=status>{words['late'].format(by=escape(notice.acknowledged_by))}</p>")
    else:
        parts.append(
            f"<form method=post><label for=comment>{words['comment']}</label>"
            f"<textarea id=comment name=comment rows=3 maxlength=500></textarea>"
            f"<button>{words['button']}</button></form>"
            f"<p class=quiet>{words['as'].format(name=escape(somebody.name))}</p>"
        )
    parts.append(f'<p><a href="{escape(notice.link)}">{words["open"]}</a></p>')
    return _html(words["lang"], words["title"], "".join(parts), 200)


def _refusal(request: Request) -> HTMLResponse:
    words = _WORDS["pt" if request.headers.get("accept-language", "pt").lower().startswith("pt") else "en"]
    body = f'<h1>{words["bad"]}</h1><p>{words["bad_text"]}</p><p><a href="/">{words["open"]}</a></p>'
    return _html(words["lang"], words["bad"], body, 404)


def _html(language: str, title: str, body: str, status: int) -> HTMLResponse:
    return HTMLResponse(
        f"<!doctype html><html lang={language}><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1"><meta name=robots content=noindex>'
        f"<title>{title} · Calha</title><style>{_STYLE}</style><main>{body}</main></html>",
        status,
        HEADERS,
    )
