"""The routes of both server generations that answer with JSON: Flask's on its port, Node's on another with its differences.

    GET  /api/current, /api/history        one meter: the one named by ?serial=, else the default one, else the one heard last
    POST /api/data                         a reading, from whoever may send for the meter
    POST /api/cmd, GET with a token        a command to one meter; `sent` is said only of one that was written to its connection
    POST /api/login                        a token for an hour, of a person of Calha's

Answers are those of the originals, and say more: `numero_serie`, `id` and `state` of a command.
"""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from calha.commands.service import Request as CommandRequest
from calha.compat.ground import Ground
from calha.compat.hidrometro.access import Access, Caller, Denied, visitor_of
from calha.compat.hidrometro.meters import Meters, Said, Speaker
from calha.compat.hidrometro.orders import Orders
from calha.compat.hidrometro.records import MAX_HISTORY, Records
from calha.compat.hidrometro.wire import order_of
from calha.domain.access import Permission
from calha.domain.errors import Conflict, LogUnavailable, Malformed, NotFound, NotSignedIn, TooManyTries

MAX_BODY_BYTES = 64 * 1024
TOKEN_S = 3_600
RECENT = 200


class Api:
    """node: whether as the Node generation answers, whose clients know no token."""

    def __init__(self, ground: Ground, meters: Meters, orders: Orders, records: Records, access: Access) -> None:
        self._ground = ground
        self._meters = meters
        self._orders = orders
        self._records = records
        self._access = access

    def routes(self, node: bool, anonymous_meters: bool) -> list[Route]:
        """anonymous_meters: whether readings are taken from who proves nothing (Node generation only)."""

        async def health(_: Request) -> Response:
            return PlainTextResponse("ok") if node else JSONResponse({"status": "ok"})

        async def data(request: Request) -> Response:
            return await self._data(request, anonymous=node and anonymous_meters)

        async def command(request: Request) -> Response:
            return await self._command(request, node)

        return [
            Route("/healthz", health),
            Route("/api/login", self._login, methods=["POST"]),
            Route("/api/current", self._current),
            Route("/api/history", self._history),
            Route("/api/data", data, methods=["POST"]),
            Route("/api/cmd", command, methods=["GET", "POST"]),
            Route("/api/cmd/{command}", self._command_state),
            Route("/api/debug/history-size", self._history_size),
        ]

    async def _login(self, request: Request) -> Response:
        said = await json_object(request)
        name, password, code = (said.get(key) for key in ("username", "password", "code"))
        if type(name) is not str or type(password) is not str or not name or not password:
            raise Denied(401, "invalid credentials")
        sign_in = self._ground.accounts.sign_in
        try:
            signed_in = await asyncio.to_thread(
                sign_in.with_password, name, password, str(code) if code else None, visitor_of(request), "client"
            )
        except TooManyTries as error:
            raise Denied(429, str(error), error.retry_after_s) from None
        except NotSignedIn as error:
            raise Denied(401, "invalid credentials" if error.reason == "wrong_credentials" else error.reason) from None
        caller = Caller(visitor_of(request), self._ground.accounts.door.person(signed_in.person.id))
        role = "admin" if self._access.may(caller, Permission.OPERATE) else "user"
        return JSONResponse({"token": sign_in.access_token(signed_in, TOKEN_S), "role": role})

    async def _current(self, request: Request) -> Response:
        device = await self._device(request)
        return JSONResponse(await self._records.current(device) if device is not None else {})

    async def _history(self, request: Request) -> Response:
        limit = whole(request, "limit", RECENT) or MAX_HISTORY
        since, until = whole(request, "from", 0), whole(request, "to", 0)
        device = await self._device(request)
        end = (until + 1) * 1_000 if until else None
        rows = await self._records.history(device, limit, since * 1_000, end) if device is not None else []
        return JSONResponse({"history": rows})

    async def _history_size(self, request: Request) -> Response:
        caller = await self._access.caller(request)
        self._access.require(caller, Permission.OPERATE)
        device = self._access.device(caller, request.query_params.get("serial"))
        rows = await self._records.history(device, MAX_HISTORY) if device is not None else []
        return JSONResponse({"historySize": len(rows), "limit": MAX_HISTORY})

    async def _data(self, request: Request, anonymous: bool) -> Response:
        caller = await self._access.caller(request)
        if caller.principal is None and not anonymous:
            raise Denied(401, "missing token")
        name = caller.principal.name if caller.principal is not None else caller.visitor.address
        speaker = Speaker(name, caller.visitor.address, caller.principal)
        try:
            taken = await self._meters.take([Said(await body(request), "api/data")], speaker)
        except LogUnavailable as error:
            raise Denied(503, str(error), 5.0) from None
        for problem in taken.receipt.problems:
            raise Denied(403 if problem.reason == "not_allowed" else 422, problem.detail)
        if not taken.receipt.accepted:
            raise Denied(429, "too many readings", 1.0)
        return JSONResponse({"status": "ok"})

    # -- commands

    async def _command(self, request: Request, node: bool) -> Response:
        caller = await self._access.caller(request)
        if caller.principal is None:
            raise Denied(401, "missing token")
        if caller.by_cookie and request.method == "GET":
            raise Denied(401, "a command with GET needs a token")
        said = await json_object(request) if request.method == "POST" else dict(request.query_params)
        device = self._meter_to_command(caller, said)
        try:
            order = order_of(said.get("action"), said.get("value"))
        except Malformed as error:
            raise Denied(400, str(error)) from None
        serial = await self._meters.serial(device)
        if not self._orders.hears(device):
            raise Denied(503, f"meter {serial} is not connected, or hears no commands; nothing was sent")
        row = await self._ask(caller, device, order.action, order.value)
        answer: dict[str, Any] = {"status": "sent", "cmd": json.loads(order.payload())}
        if node:
            answer["topic"] = self._orders.topic(device)
        return JSONResponse(answer | {"numero_serie": serial, "id": row.id, "state": row.state})

    def _meter_to_command(self, caller: Caller, said: dict[str, Any]) -> str:
        serial = next((said[key] for key in ("serial", "numero_serie", "numeroSerie") if said.get(key)), None)
        device = self._access.device(caller, serial, Permission.OPERATE)
        if device is None:
            raise Denied(403, "forbidden")
        return device

    async def _ask(self, caller: Caller, device: str, action: str, value: float | None) -> Any:  # noqa: ANN401 - a row
        assert caller.principal is not None
        principal = caller.principal
        parameters = {} if value is None else {"value": value}
        who = await asyncio.to_thread(self._ground.accounts.identities, principal)
        asked = CommandRequest(device, action, parameters, principal.name, who)
        try:
            row, _ = await self._ground.commands.request(asked)
        except Malformed as error:
            raise Denied(400, str(error)) from None
        except (Conflict, NotFound) as error:
            raise Denied(409, str(error)) from None
        after = {"command": action, "parameters": parameters, "id": row.id}
        await asyncio.to_thread(
            self._ground.accounts.audit.append,
            *(principal.actor, "command.requested", f"device {device}", None, after, caller.visitor.address),
        )
        return row

    async def _command_state(self, request: Request) -> Response:
        """What has become of a command."""
        caller = await self._access.caller(request)
        device = self._access.device(caller, request.query_params.get("serial"), Permission.OPERATE)
        if device is None:
            raise Denied(401 if caller.principal is None else 404, "not found")
        try:
            row = await asyncio.to_thread(self._ground.commands.store.get, device, request.path_params["command"])
        except NotFound:
            raise Denied(404, "not found") from None
        return JSONResponse({"id": row.id, "state": row.state, "note": row.history[-1].note})

    async def _device(self, request: Request) -> str | None:
        caller = await self._access.caller(request)
        serial = request.query_params.get("serial") or request.query_params.get("numero_serie")
        return self._access.device(caller, serial)


async def json_object(request: Request) -> dict[str, Any]:
    """The object in a body; an empty one for what is none, as the originals read it."""
    try:
        said = json.loads(await body(request))
    except (ValueError, RecursionError):
        return {}
    return said if type(said) is dict else {}


async def body(request: Request) -> bytes:
    """Raises Denied beyond MAX_BODY_BYTES."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise Denied(413, f"a body has at most {MAX_BODY_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def whole(request: Request, name: str, default: int) -> int:
    """A number of the query, not below 0. Raises Denied."""
    given = request.query_params.get(name, "")
    if not given:
        return default
    if not given.strip().isascii() or not given.strip().isdigit() or len(given) > 15:
        raise Denied(400, f"{name} is not a whole number")
    return int(given)
