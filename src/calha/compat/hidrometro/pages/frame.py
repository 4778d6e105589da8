"""What all pages have in common: who may enter, how they are drawn, and what is said when something is wrong."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from calha.accounts.accounts import Accounts
from calha.compat.hidrometro.access import Access, Caller, Denied
from calha.compat.hidrometro.api import body
from calha.compat.hidrometro.pages.forms import Field, Filled
from calha.domain.access import Permission

FOLDER = Path(__file__).parent
MAX_FIELDS = 50
SAID = {"salvo": "Salvo.", "excluido": "Excluído.", "calculado": "Os consumos mensais são calculados das leituras."}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SignInFirst(Exception):
    """Nobody has signed in."""


class Frame:
    def __init__(self, access: Access, accounts: Accounts) -> None:
        self.access = access
        self._accounts = accounts
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self._environment.filters |= {"number": number, "money": money, "moment": moment}

    async def enter(self, request: Request, permission: Permission = Permission.VIEW) -> Caller:
        """Who opens a page that shows this system as a whole. Raises SignInFirst, Denied."""
        caller = await self.enter_own(request)
        if not self.access.may(caller, permission):
            raise Denied(403, "Você não tem permissão para isso. Peça ao administrador um papel neste local.")
        return caller

    async def enter_own(self, request: Request) -> Caller:
        """Who opens a page that shows no more than what is his. Raises SignInFirst."""
        caller = await self.access.caller(request)
        if caller.principal is None:
            raise SignInFirst
        return caller

    def draw(
        self,
        template: str,
        request: Request,
        caller: Caller | None,
        status: int = 200,
        **content: Any,  # noqa: ANN401
    ) -> Response:
        known = {
            "path": request.url.path,
            "name": caller.principal.name if caller is not None and caller.principal is not None else None,
            "said": SAID.get(request.query_params.get("ok", ""), ""),
        }
        text = self._environment.get_template(template).render(known | content)
        return HTMLResponse(text, status, HEADERS)

    def form(
        self,
        request: Request,
        caller: Caller,
        title: str,
        fields: Sequence[Field],
        values: Mapping[str, Any],
        faults: Mapping[str, str] | None = None,
        **content: Any,  # noqa: ANN401
    ) -> Response:
        """A form; with faults, one that could not be taken (422)."""
        shown = {
            "title": title,
            "fields": fields,
            "values": values,
            "faults": faults or {},
            "hint": "",
            "save": "Salvar",
        }
        return self.draw("form.html", request, caller, 422 if faults else 200, **shown | content)

    async def note(self, caller: Caller, action: str, target: str, after: object = None) -> None:
        """Write a change into the audit log."""
        assert caller.principal is not None
        actor, address = caller.principal.actor, caller.visitor.address
        await asyncio.to_thread(self._accounts.audit.append, actor, action, target, None, after, address)

    # -- when something is wrong

    async def refused(self, request: Request, error: Exception) -> Response:
        """A Denied: as a page, or as JSON where programs ask."""
        assert isinstance(error, Denied)
        headers = {"Retry-After": f"{max(1, round(error.retry_after_s))}"} if error.retry_after_s is not None else {}
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": str(error)}, error.status, headers)
        try:
            caller: Caller | None = await self.access.caller(request)
        except Denied:
            caller = None
        return self.draw("error.html", request, caller, error.status, message=str(error))

    async def to_sign_in(self, request: Request, _: Exception) -> Response:
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)


async def sent(request: Request) -> dict[str, str]:
    """The fields of a form as a browser sends them. Raises Denied for what is none."""
    try:
        pairs = parse_qsl((await body(request)).decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Denied(400, "O formulário não pôde ser lido.") from None
    return dict(pairs)


def saved(path: str, word: str = "salvo") -> Response:
    """On to the next page, which says that it worked."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}ok={word}", 303)


def shown(filled: Filled, given: Mapping[str, str]) -> dict[str, Any]:
    """What a form shows again when something in it is wrong: what was written."""
    return {
        name: given.get(name, "") if not isinstance(value, bool) else value for name, value in filled.values.items()
    }


def number(value: float | Decimal | None, places: int = 2) -> str:
    """As Brazil writes it: 1.234,50; a dash for nothing."""
    if value is None:
        return "–"
    return f"{value:,.{places}f}".translate(str.maketrans(",.", ".,"))


def money(value: Decimal | None) -> str:
    return "–" if value is None else f"R$ {number(value)}"


def moment(at: int | str | None, zone: ZoneInfo) -> str:
    """A time (ms since the epoch, or ISO 8601) as the site's clock shows it."""
    if at is None:
        return "–"
    aware = datetime.fromtimestamp(at / 1_000, UTC) if isinstance(at, int) else datetime.fromisoformat(at)
    return aware.astimezone(zone).strftime("%d/%m/%Y %H:%M:%S")
