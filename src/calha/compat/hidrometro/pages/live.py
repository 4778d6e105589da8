"""Signing in, and the pages that move: dashboard, control, a customer's meters."""

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from calha.accounts.door import BROWSER_IDLE
from calha.accounts.sign_in import SignIn
from calha.compat.hidrometro.access import COOKIE, Caller, Denied, is_of_another, visitor_of
from calha.compat.hidrometro.meters import Meters
from calha.compat.hidrometro.pages.frame import Frame, SignInFirst, sent
from calha.domain.access import Permission
from calha.domain.errors import NotFound, NotSignedIn, TooManyTries
from calha.store.hidrometro import Customers, MeterTable

WRONG = "Credenciais inválidas"


class LivePages:
    def __init__(self, frame: Frame, sign_in: SignIn, meters: Meters, table: MeterTable, customers: Customers) -> None:
        self._frame = frame
        self._sign_in = sign_in
        self._meters = meters
        self._table = table
        self._customers = customers

    def routes(self) -> list[Route]:
        return [
            Route("/", self._home),
            Route("/login", self._login, methods=["GET", "POST"]),
            Route("/logout", self._logout),
            Route("/dashboard", self._dashboard),
            Route("/dashboard/", self._dashboard),
            Route("/control", self._control),
            Route("/control.html", self._control),
            Route("/cliente/{customer:int}/tempo-real", self._real_time),
        ]

    async def _home(self, _: Request) -> Response:
        return RedirectResponse("/dashboard", 303)

    async def _login(self, request: Request) -> Response:
        onward = _own_path(request.query_params.get("next", ""))
        if request.method == "GET":
            return self._frame.draw("login.html", request, None, onward=onward, fault="", code=False)
        if is_of_another(request):
            raise Denied(403, "Entre pela página deste servidor.")
        given = await sent(request)
        name, password, code = given.get("username", ""), given.get("password", ""), given.get("code") or None
        visitor = visitor_of(request)
        try:
            signed_in = await asyncio.to_thread(self._sign_in.with_password, name, password, code, visitor, "browser")
        except TooManyTries as error:
            fault = f"Tentativas demais. Tente de novo em {error.retry_after_s:.0f} s."
            return self._frame.draw("login.html", request, None, 429, onward=onward, fault=fault, code=False)
        except NotSignedIn as error:
            asks = error.reason in ("second_factor_required", "wrong_code")
            fault = "Escreva o código do segundo fator." if asks else WRONG
            return self._frame.draw("login.html", request, None, 401, onward=onward, fault=fault, code=asks)
        answer = RedirectResponse(onward, 303)
        answer.set_cookie(
            COOKIE,
            signed_in.secret,
            max_age=round(BROWSER_IDLE.total_seconds()),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def _logout(self, request: Request) -> Response:
        caller = await self._frame.access.caller(request)
        if caller.by_cookie and caller.principal is not None and caller.principal.session is not None:
            await asyncio.to_thread(self._sign_in.sign_out, caller.principal.session)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    async def _dashboard(self, request: Request) -> Response:
        caller = await self._frame.access.caller(request)
        if not self._frame.access.is_open(caller):
            raise SignInFirst
        return await self._moving("dashboard.html", request, caller, Permission.VIEW)

    async def _control(self, request: Request) -> Response:
        caller = await self._frame.enter_own(request)
        return await self._moving("control.html", request, caller, Permission.OPERATE)

    async def _moving(self, template: str, request: Request, caller: Caller, permission: Permission) -> Response:
        access = self._frame.access
        serials = [await self._meters.serial(device) for device in access.devices(caller, permission)]
        try:
            chosen = access.device(caller, request.query_params.get("serial"), permission)
        except Denied as error:
            raise Denied(error.status, "Este hidrômetro não existe, ou não é seu.") from None
        serial = await self._meters.serial(chosen) if chosen is not None else ""
        return self._frame.draw(template, request, caller, serials=sorted(serials), serial=serial)

    async def _real_time(self, request: Request) -> Response:
        caller = await self._frame.enter(request)
        try:
            customer = await asyncio.to_thread(self._customers.get, request.path_params["customer"])
        except NotFound:
            return self._frame.draw("error.html", request, caller, 404, message="Este cliente não existe.")
        meters = await asyncio.to_thread(self._table.all, customer.id)
        return self._frame.draw(
            "real_time.html", request, caller, customer=customer, serials=[meter.serial for meter in meters]
        )


def _own_path(given: str) -> str:
    """Where to go on after signing in: a path of this server, and nowhere else."""
    is_own = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable()
    return given if is_own else "/dashboard"
