"""The routes of DataButcher on a port of their own, as its pages and machines ask for them."""

import asyncio
import html
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from calha.accounts.sign_in import Visitor
from calha.compat.databutcher.machines import NOT_FOUND_OR_NOT_YOURS, Machines
from calha.compat.databutcher.readings import Readings
from calha.compat.databutcher.records import Records
from calha.compat.databutcher.users import User, Users
from calha.compat.databutcher.wire import ERRORS, Fault, OneSlash, answer, fields_of, on_error

START_PAGE, MACHINES_PAGE = "TelaInicial.html", "machines.html"
METHODS = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]

SignedIn = Callable[[Request, User], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Surface:
    """received: status with which a reading is acknowledged, 201 as the program did or 200 as its documentation says.

    pages: folder with the two pages; None shows the way to Calha's own app, which is at `address`.
    """

    received: int
    pages: Path | None
    address: str


class DataButcherApp:
    def __init__(
        self, surface: Surface, users: Users, machines: Machines, readings: Readings, records: Records
    ) -> None:
        self._surface = surface
        self._users = users
        self._machines = machines
        self._readings = readings
        self._records = records

    def asgi(self) -> OneSlash:
        """Any origin may ask: what opens something is the token in a header, which no browser sends by itself."""
        cors = Middleware(
            CORSMiddleware, allow_origin_regex=".*", allow_credentials=True, allow_methods=METHODS, allow_headers=["*"]
        )
        handlers: dict[Any, Any] = dict.fromkeys(ERRORS, on_error) | {HTTPException: _no_route}
        app = Starlette(routes=self._routes(), middleware=[cors], exception_handlers=handlers)
        app.router.redirect_slashes = False
        return OneSlash(app)

    def _routes(self) -> list[Route]:
        post, get = ["POST"], ["GET"]
        own = self._own
        return [
            Route("/", self._start_page, methods=get),
            Route("/machines", self._machines_page, methods=get),
            Route("/api/health", self._health, methods=get),
            Route("/api/auth/register", self._register, methods=post),
            Route("/api/auth/login", self._login, methods=post),
            Route("/api/machines", own(self._list), methods=get),
            Route("/api/machines", own(self._link), methods=post),
            Route("/api/machines/{code}", own(self._remove), methods=["DELETE"]),
            Route("/api/machines/{code}/start", own(self._start), methods=post),
            Route("/api/machines/{code}/stop", own(self._stop), methods=post),
            Route("/api/machines/{code}/reset", own(self._reset), methods=post),
            Route("/api/sensor-data", self._take, methods=post),
            Route("/api/sensor-data/{code}", own(self._readings_of), methods=get),
            Route("/api/manual-log", own(self._write_down), methods=post),
            Route("/api/manual-log/{code}", own(self._records_of), methods=get),
            Route("/dados", self._take_first_generation, methods=post),
        ]

    def _own(self, handler: SignedIn) -> Callable[[Request], Awaitable[Response]]:
        """For users who have signed in."""

        async def handle(request: Request) -> Response:
            return await handler(request, await self._users.by_header(request.headers.get("authorization")))

        return handle

    # -- pages

    async def _health(self, _: Request) -> Response:
        return answer({"status": "healthy", "message": "API está funcionando!"})

    async def _start_page(self, _: Request) -> Response:
        return self._page(START_PAGE)

    async def _machines_page(self, _: Request) -> Response:
        return self._page(MACHINES_PAGE)

    def _page(self, name: str) -> Response:
        folder = self._surface.pages
        if folder is not None and (folder / name).is_file():
            return FileResponse(folder / name, media_type="text/html; charset=utf-8")
        return HTMLResponse(_WAY_TO_CALHA.format(address=html.escape(self._surface.address)))

    # -- users

    async def _register(self, request: Request) -> Response:
        given = await fields_of(request)
        name, password, company, email = (given.get(key) for key in ("name", "password", "company", "email"))
        await asyncio.to_thread(self._users.register, name, password, company, email, _visitor(request))
        return answer({"message": "Usuário cadastrado com sucesso!"}, 201)

    async def _login(self, request: Request) -> Response:
        given = await fields_of(request)
        name, password, second = (given.get(key) for key in ("nome_usuario", "senha", "codigo"))
        token, code = await asyncio.to_thread(self._users.sign_in, name, password, second, _visitor(request))
        told = {"token": token, "user_id": code, "nome_usuario": name}
        return answer(told | {"message": "Login realizado com sucesso!"})

    # -- machines

    async def _list(self, _: Request, user: User) -> Response:
        return answer({"machines": await self._machines.owned(user)})

    async def _link(self, request: Request, user: User) -> Response:
        given = await fields_of(request)
        machine = await self._machines.link(user, given.get("nome_maquina"), given.get("codigo"), _visitor(request))
        return answer({"message": "Máquina adicionada ao seu perfil com sucesso!", "machine": machine}, 201)

    async def _remove(self, request: Request, user: User) -> Response:
        await self._machines.remove(user, request.path_params["code"], _visitor(request))
        return answer({"message": "Máquina removida com sucesso!"})

    async def _start(self, request: Request, user: User) -> Response:
        machine = await self._machines.require_there(user, request.path_params["code"])
        await self._machines.start(user, machine, await fields_of(request), _visitor(request))
        return answer({"message": "Comando de início enviado. Aguardando confirmação do dispositivo."}, 202)

    async def _stop(self, request: Request, user: User) -> Response:
        await self._machines.stop(user, request.path_params["code"], _visitor(request))
        return answer({"message": "Comando de parada enviado. Aguardando confirmação do dispositivo."}, 202)

    async def _reset(self, request: Request, user: User) -> Response:
        found = await self._machines.reset(user, request.path_params["code"], _visitor(request))
        return answer({"message": "Máquina redefinida com sucesso!", "parametros": found})

    # -- what they measure, and what people write down

    async def _take(self, request: Request) -> Response:
        sender = await self._readings.sender(_credential(request))
        reading_id = await self._readings.take(await fields_of(request), sender)
        told = {"message": "Dados do sensor recebidos com sucesso!", "sensor_data_id": reading_id}
        return answer(told, self._surface.received)

    async def _take_first_generation(self, request: Request) -> Response:
        sender = await self._readings.sender(_credential(request))
        await self._readings.take(await fields_of(request), sender, may_add=True)
        return answer({"status": "ok"})

    async def _readings_of(self, request: Request, user: User) -> Response:
        machine, since = await self._machines.own(user, request.path_params["code"])
        return answer({"sensor_data": await self._readings.newest(machine, since)})

    async def _write_down(self, request: Request, user: User) -> Response:
        given = await fields_of(request)
        if not (given.get("maquina_id") and given.get("descricao")):
            raise Fault(400, "Campos maquina_id e descricao são obrigatórios")
        machine, _ = await self._machines.own(user, given["maquina_id"], NOT_FOUND_OR_NOT_YOURS)
        record_id, at = await self._records.add(user, machine, given["descricao"])
        told = {"message": "Registro manual salvo com sucesso!", "registro_id": record_id, "timestamp": at}
        return answer(told, 201)

    async def _records_of(self, request: Request, user: User) -> Response:
        machine, since = await self._machines.own(user, request.path_params["code"], NOT_FOUND_OR_NOT_YOURS)
        return answer({"registros": await self._records.newest(machine, since)})


async def _no_route(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = {404: "Não encontrado", 405: "Método não permitido"}.get(error.status_code, error.detail)
    return answer({"error": text}, error.status_code, error.headers)


def _visitor(request: Request) -> Visitor:
    return Visitor(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def _credential(request: Request) -> str:
    """A device's secret or an API key."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    return given or request.headers.get("x-api-key", "").strip()


_WAY_TO_CALHA = """<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>DataButcher</title></head>
<body style="font-family:system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;line-height:1.5">
<h1>As máquinas estão no Calha</h1>
<p>Estado, leituras, histórico e comandos: <a href="{address}">{address}</a></p>
<p>Para continuar com as páginas de antes, indique a pasta delas em <code>compat.databutcher.pages</code>.</p>
</body></html>
"""
