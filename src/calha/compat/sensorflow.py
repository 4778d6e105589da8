"""SensorFlow CIP stations: the routes of its three generations, with and without `/api` and `/api/v1`.

A station is known by its `sensor_id`, and where its firmware sends none, by its address; so two stations never overwrite each
other. `cip_id` grows by one when a station was silent for more than ten minutes; it is a channel like any other and survives
restarts. A station that sends a `cip_id` of its own is believed. Readings are acknowledged (201) when they are on disk.

The newest firmware sends no key. Stations without one are let in only where the operator says so (`anonymous`).
"""

import asyncio
import json
import math
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from pydantic import AllowInfNan, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.websockets import WebSocketDisconnect

from calha.compat import docs_page
from calha.compat.gathering import Gathering
from calha.compat.ground import Newer
from calha.compat.listening import serve
from calha.compat.own_devices import OwnDevices
from calha.compat.refusing import refused
from calha.compat.sensorflow_history import History, Said
from calha.compat.sensorflow_stations import PREFIX, Stations, label_of, name_of
from calha.compat.short_way import ShortWay
from calha.domain.errors import LogUnavailable
from calha.domain.readings import Micros
from calha.domain.times import MINUTE_US, to_datetime
from calha.ingest.service import Ingest, Message
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

PROFILE = "sensorflow_station"
SOURCE = "sensorflow"
NEW_CYCLE_AFTER_US = 10 * MINUTE_US
HEARTBEAT_S = 15.0
POLICY_VIOLATION = 1008

VALUES = ("pressure", "temperature", "concentration", "flow")
OLDER_VALUES = ("temperature", "humidity", "pressure", "concentration")
OLDER_NAMES = ("sensor_id", "id_sensor", "cip_id", "status_cip")
Number = Annotated[float, AllowInfNan(False)]
Limit = Annotated[int, Query(ge=0)]
PREFIXES = ("", "/api", "/api/v1")
FIRST_PATH = "/api/temperature_reading"  # of the PostgreSQL generation


@dataclass(frozen=True, slots=True)
class SensorFlowOptions:
    """key: of stations; empty for none. live_key: of WebSockets. anonymous: whether stations without a key come in."""

    host: str
    port: int
    key: str
    live_key: str
    anonymous: bool
    max_devices: int
    max_live_per_key: int


class Reading(BaseModel):
    """The newest generation; the first firmware of its kind measures humidity, too."""

    temperature: Number
    pressure: Number
    concentration: Number
    flow: Number
    humidity: Number | None = None
    sensor_id: Annotated[str | None, Field(max_length=40)] = None


class TemperatureReading(BaseModel):
    """The generations before: PostgreSQL (humidity, sensor_id) and InfluxDB (id_sensor, cip_id, status_cip)."""

    model_config = ConfigDict(extra="ignore")
    temperature: Number
    pressure: Number
    humidity: Number | None = None
    concentration: Number | None = None
    sensor_id: Annotated[str | None, Field(max_length=40)] = None
    id_sensor: Annotated[str | None, Field(max_length=40)] = None
    cip_id: Annotated[str, Field(max_length=255)] | int | None = None
    status_cip: Annotated[str | None, Field(max_length=255)] = None

    def said(self) -> Said:
        texts = (None if one is None else str(one).replace("\0", "") for one in (self.cip_id, self.status_cip))
        return Said(*texts)


class Sender(NamedTuple):
    """Who sent the newest reading of a station of the older generations: its name as it gave it, its address, what it said."""

    name: str | None
    address: str | None
    at: Micros = 0
    said: Said = Said()


class SensorFlow:
    def __init__(
        self,
        options: SensorFlowOptions,
        registry: Registry,
        ingest: Ingest,
        telemetry: Telemetry,
        clock: Callable[[], Micros],
        newer: Newer,
    ) -> None:
        """newer: whether something beyond a log sequence is stored within so many seconds."""
        self._options = options
        self._own = OwnDevices(PREFIX, PROFILE, options.max_devices, registry, ingest, telemetry)
        self._registry = registry
        self._stations = Stations(self._own, registry)
        self._ingest = ingest
        self._telemetry = telemetry
        self._clock = clock
        self._newer = newer
        self._gathering = Gathering(ingest, SOURCE)
        self._history = History(self._own, registry, telemetry, clock)
        self._senders: dict[str, Sender] = {}
        self._cycles: dict[str, tuple[int, Micros]] = {}  # of a station: cip_id, time of its last reading
        self._live: Counter[str] = Counter()

    async def run(self, beat: Callable[[], None]) -> None:
        paths = [f"{prefix}/sensor_data" for prefix in PREFIXES]
        app = ShortWay(self.app(), paths, Reading, self._has_key, self._take)
        await serve(app, self._options.host, self._options.port, "compat.sensorflow.port", beat)

    def app(self) -> FastAPI:
        app = FastAPI(title="SensorFlow", docs_url=None, redoc_url=None)
        docs_page.add_to(app)
        may_send = [Depends(self._require_key)]
        for prefix in PREFIXES:
            routes = APIRouter(prefix=prefix)
            routes.add_api_route("/sensor_data", self._take, methods=["POST"], status_code=201, dependencies=may_send)
            routes.add_api_route("/sensor_data", self._last, methods=["GET"])
            routes.add_api_route("/health", self._health, methods=["GET"])
            for path in ("/temperature_reading", "/cip_monitoring"):
                may = [Depends(self._require_first_key)] if prefix + path == FIRST_PATH else may_send
                routes.add_api_route(path, self._take_older, methods=["POST"], status_code=201, dependencies=may)
            routes.add_api_route("/sensor_events", self._events, methods=["GET"])
            app.include_router(routes)
        app.add_api_route("/api/v1/ping", self._ping, methods=["GET"])
        app.add_api_route("/api/v1/query/recent", self._recent, methods=["GET"], dependencies=may_send)
        app.add_api_route(
            "/api/v1/query/sensor/{sensor}/latest", self._latest_of, methods=["GET"], dependencies=may_send
        )
        app.add_exception_handler(RequestValidationError, refused)
        app.add_api_websocket_route("/ws/sensor_updates", self._socket)
        return app

    # -- stations

    def _has_key(self, request: Request) -> bool:
        try:
            self._require_key(request)
        except HTTPException:
            return False
        return True

    def _require_key(self, request: Request) -> None:
        given = _key_of(request)
        if given is None:
            if not self._options.anonymous:
                missing = {"type": "missing", "loc": ["header", "api-key"], "msg": "Field required", "input": None}
                raise HTTPException(422, [missing])
            return
        if not (self._options.key or self._options.anonymous):
            raise HTTPException(500, "Server configuration error.")
        if self._options.key and not _same(given, self._options.key):
            raise HTTPException(401, "Invalid API Key")

    def _require_first_key(self, request: Request) -> None:
        """As the PostgreSQL generation tells what is wrong: a missing key is none other than a wrong one."""
        given = _key_of(request)
        if self._options.anonymous and (given is None or not self._options.key):
            return
        if not self._options.key:
            raise HTTPException(500, "Server configuration error.")
        if given is None or not _same(given, self._options.key):
            raise HTTPException(401, "Invalid or missing API Key.")

    async def _take(self, reading: Reading, request: Request) -> JSONResponse:
        device = await self._station(reading.sensor_id, request)
        at, cycle = self._clock(), self._cycle(device, self._clock())
        values = {name: getattr(reading, name) for name in VALUES}
        besides = {"cip_id": cycle} | ({"humidity": reading.humidity} if reading.humidity is not None else {})
        await self._store(device, at, values | besides)
        return JSONResponse(self._object(values, at, cycle), 201)

    async def _take_older(self, reading: TemperatureReading, request: Request) -> JSONResponse:
        name = reading.sensor_id or reading.id_sensor
        device = await self._station(name, request)
        at, said = self._clock(), reading.said()
        told = reading.model_dump(exclude_none=True)
        values = {key: told[key] for key in OLDER_VALUES if key in told}
        self._senders[device] = Sender(name, _address(request), at, said)
        seq = await self._store(device, at, values | {"cip_id": self._cycle(device, at, said.number)})
        await self._history.note(device, said, at)
        names = {key: told[key] for key in OLDER_NAMES if key in told}
        return JSONResponse(self._older_object(device, at, seq, values, names), 201)

    async def _store(self, device: str, at: Micros, values: dict[str, float]) -> int | None:
        body = json.dumps({"ts": at, "values": values}).encode()
        if not self._ingest.admits(device, at):
            raise HTTPException(429, "This station sends too much.", {"Retry-After": "1"})
        try:
            return await self._gathering.take(Message(device, body, at, SOURCE, "sensor_data", "json"))
        except LogUnavailable as error:
            self._ingest.refuse(device, "log_unavailable")
            raise HTTPException(503, str(error), {"Retry-After": "5"}) from None

    async def _station(self, name: str | None, request: Request) -> str:
        """The device of a station, made when it is heard for the first time."""
        known_as = name or _address(request)
        device = await self._stations.device_of(known_as, is_address=not name)
        if device not in self._ingest.directory.devices:
            await self._create(device, known_as)
        return device

    async def _create(self, device: str, name: str) -> None:
        if not await self._own.create(device, label_of(name)):
            raise HTTPException(403, "No more stations are taken (compat.sensorflow.max_devices).")

    def _cycle(self, device: str, at: Micros, told: int | None = None) -> int:
        """The station's cip_id: the one that it tells, else one more after ten minutes without a reading.

        After a restart it is known from the store.
        """
        cycle, last_at = self._cycles.get(device) or self._stored_cycle(device)
        if told is not None:
            cycle = told
        elif last_at and at - last_at > NEW_CYCLE_AFTER_US:
            cycle += 1
        self._cycles[device] = (cycle, at)
        return cycle

    def _stored_cycle(self, device: str) -> tuple[int, Micros]:
        cycle = self._value(device, "cip_id")
        return (int(cycle), self._at(device, "cip_id")) if not math.isnan(cycle) else (1, 0)

    # -- readers

    def _last(self) -> JSONResponse:
        """The newest reading of any station; zeros before the first, as ever."""
        newest = self._heard_last()
        if newest is None:
            return JSONResponse(self._object(dict.fromkeys(VALUES, 0.0), self._clock(), 1))
        return JSONResponse(self._newest(newest))

    def _heard_last(self) -> str | None:
        """The station with the newest reading."""
        heard = [key for key in self._own.registered() if not math.isnan(self._value(key, "temperature"))]
        return max(heard, key=lambda key: self._at(key, "temperature"), default=None)

    def _newest(self, device: str) -> dict[str, Any]:
        values = {name: self._value(device, name) for name in VALUES}
        cycle = self._value(device, "cip_id")
        known = {name: None if math.isnan(value) else value for name, value in values.items()}
        return self._object(known, self._at(device, "temperature"), 1 if math.isnan(cycle) else int(cycle), device)

    def _object(self, values: dict[str, Any], at: Micros, cycle: int, device: str = "") -> dict[str, Any]:
        moment = to_datetime(at).astimezone(self._zone(device)).isoformat(timespec="microseconds")
        return {**{name: values[name] for name in VALUES}, "timestamp": moment, "cip_id": cycle}

    async def _live_object(self, device: str) -> dict[str, Any]:
        """The newest reading as the station's own generation was answered."""
        at, seq = self._at(device, "temperature"), self._telemetry.latest.seq[self._own.series(device, "temperature")]
        together = {name: self._value(device, name) for name in OLDER_VALUES if self._at(device, name) == at}
        if self._at(device, "flow") == at or not together.keys() & {"humidity", "concentration"}:
            return self._newest(device)
        sender = self._senders.get(device) or await self._remembered(device)
        said = sender.said if sender.at == at else await self._history.said(device)
        key = "sensor_id" if "humidity" in together else "id_sensor"
        told = {key: sender.name, "cip_id": said.cip_id, "status_cip": said.status}
        names = {name: text for name, text in told.items() if text is not None}
        values = {name: value for name, value in together.items() if not math.isnan(value)}
        return self._older_object(device, at, int(seq), values, names)

    def _older_object(
        self, device: str, at: Micros, seq: int | None, values: dict[str, float], names: dict[str, Any]
    ) -> dict[str, Any]:
        moment = to_datetime(at).astimezone(self._zone(device))
        return {
            "id": seq,
            **values,
            "date_recorded": moment.date().isoformat(),
            "time_recorded": moment.time().isoformat("seconds"),
            **names,
            "client_ip": self._senders[device].address if device in self._senders else None,
        }

    async def _remembered(self, device: str) -> Sender:
        """As far as the sender is known after a restart."""
        rows = await asyncio.to_thread(self._registry.devices_named, [device])
        return Sender(name_of(device, rows[device].name), None)

    def _health(self) -> dict[str, str]:
        return {"status": "healthy", "timestamp": datetime.now(UTC).isoformat(), "service": "SensorFlow API"}

    def _ping(self) -> dict[str, str]:
        return {"message": "pong"}

    async def _recent(self, limit: Limit = 50) -> dict[str, Any]:
        return _result("the last 24 hours", await self._history.recent(limit))

    async def _latest_of(self, sensor: str, limit: Limit = 10) -> dict[str, Any]:
        return _result(
            f"the newest of {sensor}", await self._history.latest(await self._stations.device_of(sensor), limit)
        )

    async def _events(self, api_key: Annotated[str, Query(alias="api-key")] = "") -> Response:
        if not self._options.live_key or not _same(api_key, self._options.live_key):
            raise HTTPException(403, "Invalid or missing API Key.")
        return StreamingResponse(self._as_events(), media_type="text/event-stream")

    async def _as_events(self) -> AsyncIterator[bytes]:
        async for update in self._updates():
            yield b": alive\n\n" if update is None else b"data: %b\n\n" % json.dumps(update).encode()

    async def _socket(self, websocket: WebSocket) -> None:
        key = websocket.query_params.get("api-key", "")
        if not self._options.live_key or not _same(key, self._options.live_key):
            await websocket.close(POLICY_VIOLATION, "Invalid or missing API Key.")
            return
        await websocket.accept()
        most = self._options.max_live_per_key
        if most and self._live[key] >= most:
            await websocket.close(POLICY_VIOLATION, f"Max connections ({most}) for this API Key reached.")
            return
        self._live[key] += 1
        sending = asyncio.create_task(self._send_updates(websocket))
        try:
            while not sending.done():
                await websocket.receive_text()  # whatever a client says is read and ignored
        except (WebSocketDisconnect, KeyError):
            return
        finally:
            self._live[key] -= 1
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send_updates(self, websocket: WebSocket) -> None:
        async for update in self._updates():
            if update is not None:
                await websocket.send_json(update)

    async def _updates(self) -> AsyncIterator[dict[str, Any] | None]:
        """The newest reading of all, then what is stored, newest of each station; None now and then while nothing is."""
        seen = self._telemetry.committed_seq
        last = self._heard_last()
        if last is not None:
            yield await self._live_object(last)
        while True:
            if not await self._newer(seen, HEARTBEAT_S):
                yield None
                continue
            reached = self._telemetry.committed_seq
            changed = set(self._telemetry.latest.changed_since(seen, None).tolist())
            seen = reached
            names = self._ingest.directory.names
            stations = {names[series][0] for series in changed if series in names}
            for device in sorted(one for one in stations if one.startswith(PREFIX)):
                yield await self._live_object(device)

    def _value(self, device: str, channel: str) -> float:
        return self._own.latest(device, channel)[0]

    def _at(self, device: str, channel: str) -> Micros:
        return self._own.latest(device, channel)[1]

    def _zone(self, device: str) -> Any:  # noqa: ANN401 - a tzinfo
        entry = self._own.entry(device)
        return entry.zone if entry is not None else ZoneInfo("America/Sao_Paulo")


def _result(query: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"query": query, "results": rows, "row_count": len(rows)}


def _key_of(request: Request) -> str | None:
    """The key in any of its three spellings, which HTTP takes for two headers."""
    return request.headers.get("x-api-key") or request.headers.get("api-key")


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"


def _same(given: str, known: str) -> bool:
    return secrets.compare_digest(given.encode(), known.encode())
