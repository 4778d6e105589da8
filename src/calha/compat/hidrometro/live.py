"""Socket.IO as pages and clients of this system know it (Socket.IO 4, Engine.IO 4): `history:init`, `data`, `alert`.

Each connection gets the meters that its own proof lets it see, and no others: a token in `auth`, in the query or as
`Authorization`, or the cookie of a page of ours. `serial`, in `auth` or the query, narrows it to one meter. History goes to
the connection that comes, and to no other. What is told is stored.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import socketio
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from calha.compat.ground import Ground
from calha.compat.hidrometro.access import Access, Caller, Denied
from calha.compat.hidrometro.meters import PREFIX, key_of
from calha.compat.hidrometro.records import Records
from calha.compat.hidrometro.wire import serial_of
from calha.domain.errors import Malformed

log = logging.getLogger(__name__)

PATH = "/socket.io"
RECENT = 200
WAIT_S = 5.0
RENEW_S = 10.0  # within which a session that was ended, or a right that was taken, ends or narrows the stream
MAX_MESSAGE_BYTES = 16 * 1024  # clients have nothing to say


@dataclass(slots=True)
class _Client:
    """wanted: the only meter that it asked for. devices: that it may see, as of the registry's `version`."""

    caller: Caller
    token: str | None
    connection: HTTPConnection
    wanted: str | None
    devices: frozenset[str] = frozenset()
    version: int = -1
    renewed_at: float = field(default_factory=time.monotonic)


class Live:
    def __init__(self, ground: Ground, records: Records, access: Access, most: int) -> None:
        """most: connections at once."""
        self._ground = ground
        self._records = records
        self._access = access
        self._most = most
        self._clients: dict[str, _Client] = {}
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins="*",
            cors_credentials=False,
            max_http_buffer_size=MAX_MESSAGE_BYTES,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The app with Socket.IO under its path."""
        inner = socketio.ASGIApp(self._server, app, socketio_path=PATH)

        async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] in ("http", "websocket") and self._is_one_too_many(scope):
                await PlainTextResponse("too many connections", 503)(scope, receive, send)
            else:
                await inner(scope, receive, send)

        return bounded

    async def run(self, beat: Callable[[], None]) -> None:
        """Tell what is stored from now on until cancelled."""
        telemetry = self._ground.telemetry
        seen = telemetry.committed_seq
        while True:
            beat()
            await self._renew()
            if not await self._ground.newer(seen, WAIT_S):
                continue
            reached = telemetry.committed_seq
            changed = set(telemetry.latest.changed_since(seen, None).tolist())
            seen = reached
            names = self._ground.ingest.directory.names
            devices = {names[series][0] for series in changed if series in names}
            for device in sorted(one for one in devices if one.startswith(PREFIX)):
                await self.tell("data", device, await self._records.current(device))

    async def tell(self, event: str, device: str, content: dict[str, Any]) -> None:
        """Tell everybody who sees a meter."""
        for sid, client in list(self._clients.items()):
            if device in self._devices(client):
                await self._server.emit(event, content, to=sid)

    # -- below: connections

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:  # noqa: ANN401 - JSON
        connection = HTTPConnection(environ["asgi.scope"])
        asked = _asked(connection, auth)
        token = asked.get("token")
        try:
            caller = await self._access.caller(connection, token)
            wanted = serial_of(asked.get("serial"))
        except (Denied, Malformed) as error:
            raise socketio.exceptions.ConnectionRefusedError(str(error)) from None
        client = _Client(caller, token, connection, key_of(wanted) if wanted is not None else None)
        if not self._access.is_open(caller) or (wanted is not None and not self._devices(client)):
            raise socketio.exceptions.ConnectionRefusedError("unauthorized")
        self._clients[sid] = client
        self._server.start_background_task(self._welcome, sid, client)  # which runs once the connection is confirmed

    async def _disconnect(self, sid: str, *_: object) -> None:
        self._clients.pop(sid, None)

    async def _welcome(self, sid: str, client: _Client) -> None:
        """The history of one meter, for its rows do not say whose they are; and the newest reading of each."""
        devices = sorted(self._devices(client))
        first = client.wanted or self._access.device(client.caller)
        rows = await self._records.history(first, RECENT) if first is not None else []
        if rows:
            await self._server.emit("history:init", rows, to=sid)
        for device in devices:
            current = await self._records.current(device)
            if current:
                await self._server.emit("data", current, to=sid)

    def _devices(self, client: _Client) -> frozenset[str]:
        version = self._ground.ingest.directory.version
        if client.version != version:
            own = self._access.devices(client.caller)
            client.devices = frozenset(one for one in own if client.wanted in (None, one))
            client.version = version
        return client.devices

    async def _renew(self) -> None:
        """Ask again who the clients are, now and then."""
        now = time.monotonic()
        for sid, client in list(self._clients.items()):
            if now - client.renewed_at < RENEW_S:
                continue
            client.renewed_at, client.version = now, -1
            try:
                known = client.caller.principal is not None
                client.caller = await self._access.caller(client.connection, client.token)
            except Denied:
                await self._server.disconnect(sid)
                continue
            if known and client.caller.principal is None:
                await self._server.disconnect(sid)

    def _is_one_too_many(self, scope: Scope) -> bool:
        is_new = scope["path"].startswith(PATH) and b"sid=" not in scope["query_string"]
        return is_new and len(self._server.eio.sockets) >= self._most


def _asked(connection: HTTPConnection, auth: object) -> dict[str, str]:
    """`token` and `serial` as a client gives them: in `auth`, else in the query."""
    said = auth if isinstance(auth, dict) else {}
    query = {key: values[0] for key, values in parse_qs(connection.url.query).items()}
    found = {key: said.get(key) or query.get(key) for key in ("token", "serial")}
    return {key: value for key, value in found.items() if type(value) is str}
