"""COIOT electricity meters: a TCP port on which meters report and browsers ask, as the original served both.

A meter asks for an id with `{"id": 0}`, then sends `{"id": "1", "consumption": kWh since its start, "datetime": local time,
"type": "/spent"}` every second and waits for the answer, which comes when the reading is on disk. Its id is the device
`coiot-1`. Ids are given out once and survive restarts. A meter that restarts asks anew; when it comes from an address from
which one meter reported that is gone now, it gets that id again, and its register that begins anew is one meter's. Where
addresses tell no meters apart, as behind NAT, the operator switches that off.

`datetime` is local time of the site, or of the zone that the operator names. One that cannot be, as of a meter whose clock
runs in UTC, is not believed (see `clocks`); the answer says it as it was sent.

The pages know a meter by its id alone, so whoever reaches the port can read and write these devices: the operator switches
that on, and no other device is concerned.
"""

import asyncio
import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from calha.compat.clocks import Clocks
from calha.compat.coiot_wire import HttpRequest, MeterMessage, NotUnderstood, Stream, http_answer, meter_answer
from calha.compat.gathering import Gathering
from calha.compat.own_devices import OwnDevices
from calha.domain.errors import CalhaError, LogUnavailable, Malformed
from calha.domain.readings import Micros
from calha.domain.register_breaks import Readings
from calha.domain.registers import LOOK_AHEAD, TICKS, Register, Verdict, verdict, volume_of
from calha.domain.times import DAY_US, SECOND_US, from_text, time_of, to_datetime
from calha.ingest.service import Ingest, Message
from calha.store.registry import Registry
from calha.store.telemetry import Columns, Telemetry

log = logging.getLogger(__name__)

PREFIX = "coiot-"
PROFILE = "energy_meter"
REGISTER = Register("kWh")
CHANNEL = "energy"
SOURCE = "coiot"
PRICE_PER_KWH = 0.4
ALERT_FROM_KWH = 300
ABOVE = "Your energy consumption is above the recommended"
WITHIN = "Your energy consumption is within the recommended"

READ_BYTES = 64 * 1024
IDLE_TIMEOUT_S = 3_600.0
BEAT_S = 5.0
RETRY_S = 1.0
TOO_FAST_PAUSE_S = 0.1
MAX_HISTORY = 10_000
HISTORY_SPANS = (DAY_US, 7 * DAY_US, 31 * DAY_US, 366 * DAY_US)


@dataclass(frozen=True, slots=True)
class CoiotOptions:
    host: str
    port: int
    max_devices: int
    max_connections: int
    zone: str = ""
    known_by_address: bool = True


class Coiot:
    def __init__(
        self,
        options: CoiotOptions,
        registry: Registry,
        ingest: Ingest,
        telemetry: Telemetry,
        clock: Callable[[], Micros],
    ) -> None:
        self._options = options
        self._own = OwnDevices(PREFIX, PROFILE, options.max_devices, registry, ingest, telemetry)
        self._registry = registry
        self._ingest = ingest
        self._telemetry = telemetry
        self._clock = clock
        self._clocks = Clocks(lambda device: self._own.latest(device, CHANNEL)[1])
        self._gathering = Gathering(ingest, SOURCE)
        self._highest = 0  # number that was given
        self._reported: set[str] = set()  # whose first report is on disk, though it may not be stored yet
        self._speaking: dict[asyncio.StreamWriter, tuple[str, str | None]] = {}  # address, device
        self._last_of_address: dict[str, set[str]] = {}

    async def run(self, beat: Callable[[], None]) -> None:
        """Listen until cancelled. Raises OSError when the port is taken."""
        await self._know_addresses()
        server = await asyncio.start_server(self._converse, self._options.host, self._options.port)
        log.info("COIOT meters are heard on %s:%d", self._options.host, self._options.port)
        try:
            while server.is_serving():
                beat()
                await asyncio.sleep(BEAT_S)
        finally:
            server.close()
            for writer in list(self._speaking):
                writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._speaking) >= self._options.max_connections:
            self._ingest.refuse("", "too_many_connections")
            writer.close()
            return
        self._speaking[writer] = (str(writer.get_extra_info("peername")[0]), None)
        try:
            await self._answer_all(reader, writer)
        except NotUnderstood as error:
            self._ingest.refuse("", "malformed")
            log.debug("COIOT connection ended: %s", error)
        except (ConnectionError, TimeoutError) as error:
            log.debug("COIOT connection ended: %s", error)
        finally:
            self._speaking.pop(writer, None)
            writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = Stream()
        while chunk := await _read(reader):
            for message in stream.feed(chunk):
                if isinstance(message, HttpRequest):
                    writer.write(await self._answer_http(message))
                else:
                    writer.write(await self._answer_meter(message, writer))
                await writer.drain()

    # -- meters

    async def _answer_meter(self, message: MeterMessage, writer: asyncio.StreamWriter) -> bytes:
        fields = message.fields
        if fields is None:
            await self._set_aside(message.raw)
            return meter_answer(None)
        if "type" not in fields and _is_zero(fields.get("id")):
            device = await self._new_id(self._speaking[writer][0])
            self._remember(writer, device)
            return device.removeprefix(PREFIX).encode()
        kind = fields.get("type")
        if kind == "/spent":
            device = _device_of(fields.get("id")) or ""
            self._remember(writer, device)
            return meter_answer(await self._spent(fields, message.raw))
        if type(kind) is str and kind.startswith("/historic"):
            return meter_answer(await self._historic(kind, fields))
        await self._set_aside(message.raw)
        return meter_answer(None)

    async def _spent(self, fields: dict[str, Any], raw: bytes) -> dict[str, Any] | None:
        """Put one report on disk; the answer tells the alert of the one before."""
        device = _device_of(fields.get("id"))
        if device is None or not {"consumption", "datetime"} <= fields.keys():
            await self._set_aside(raw)
            return None
        if not await self._is_known(device):
            await self._set_aside(raw)
            return None
        while not self._ingest.admits(device, self._clock()):  # noqa: ASYNC110 - a rate has no event
            await asyncio.sleep(TOO_FAST_PAUSE_S)  # it waits for its answer, so it can be slowed down without a loss
        alert = self._alert(device, first=ABOVE)
        now = self._clock()
        if not await self._take(Message(device, self._record(device, fields, now), now, SOURCE, "spent", "json")):
            return None
        self._reported.add(device)
        return {
            "alert": alert,
            "id": fields["id"],
            "consumption": fields["consumption"],
            "datetime": fields["datetime"],
        }

    def _record(self, device: str, fields: Mapping[str, Any], now: Micros) -> bytes:
        """As ingest takes it, which refuses what is no time at all."""
        values = {CHANNEL: fields["consumption"]}
        try:
            said = time_of(fields["datetime"], self._zone(device))
        except Malformed:
            return json.dumps({"ts": fields["datetime"], "values": values}).encode()
        return self._clocks.stamp(device, said, now).record(values)

    async def _take(self, message: Message) -> bool:
        """Whether the message's reading is on disk; waits while the log is away, as the meter waits for its answer."""
        while True:
            try:
                return await self._gathering.take(message) is not None
            except LogUnavailable as error:
                log.warning("COIOT waits for the log: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _set_aside(self, raw: bytes) -> None:
        fault = Malformed("no COIOT message: an object with id, consumption and datetime is expected")
        await self._take(Message("", raw, self._clock(), SOURCE, "", "json", fault))

    async def _new_id(self, address: str) -> str:
        """The device of a meter that has just started."""
        connected = {device for _, device in self._speaking.values()}
        gone = self._last_of_address.get(address, set()) - connected
        if len(gone) == 1 and self._options.known_by_address:
            return gone.pop()
        self._highest = 1 + max(self._highest, *map(_number, self._own.registered()), 0)
        device = f"{PREFIX}{self._highest}"
        if not await self._create(device, address):
            raise NotUnderstood("no more meters are taken (compat.coiot.max_devices)")
        return device

    async def _is_known(self, device: str) -> bool:
        """Whether the device is registered by now; a meter that kept its id from another server is taken over with it."""
        return device in self._ingest.directory.devices or await self._create(device)

    async def _create(self, device: str, address: str = "") -> bool:
        """address: kept as the device's note, so that its meter is known again when Calha has been restarted as well."""
        return await self._own.create(device, f"COIOT {_number(device)}", note=address)

    async def _know_addresses(self) -> None:
        """The addresses from which the meters have asked for their numbers."""
        for row in (await asyncio.to_thread(self._registry.devices_named, self._own.registered())).values():
            if row.note:
                self._last_of_address.setdefault(row.note, set()).add(row.key)

    def _remember(self, writer: asyncio.StreamWriter, device: str) -> None:
        address, known = self._speaking[writer]
        if device != known:
            self._speaking[writer] = (address, device)
            self._last_of_address.setdefault(address, set()).add(device)

    # -- pages

    async def _answer_http(self, request: HttpRequest) -> bytes:
        if request.method == "OPTIONS":
            return http_answer(None, preflight=True)
        body = await self._asked(request)
        return http_answer(body, with_body=request.method != "HEAD")

    async def _asked(self, request: HttpRequest) -> Any:  # noqa: ANN401 - JSON
        parts = request.path.strip("/").split("/")
        if request.method in ("GET", "HEAD") and len(parts) == 2:
            device = _device_of(parts[1])
            if parts[0] == "measurer":
                return self._has_reported(device)
            if parts[0] in ("historic", "invoice") and device is not None and self._has_reported(device):
                return await (self._history_of(device) if parts[0] == "historic" else self._invoice(device))
        if request.method == "POST" and type(request.body) is dict:
            if request.path == "/spent":
                return await self._spent(request.body, json.dumps(request.body).encode())
            if request.path.startswith("/historic"):
                return await self._historic(request.path, request.body)
        return None

    async def _history_of(self, device: str) -> dict[str, Any]:
        until = self._clock() + DAY_US
        rows: list[list[Any]] = []
        for span in HISTORY_SPANS:
            rows = await self._rows(device, until - span, until)
            if len(rows) >= MAX_HISTORY:
                break
        return {"alert": self._alert(device, first=WITHIN), "historic": rows[-MAX_HISTORY:]}

    async def _historic(self, path: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Entries at exactly a time, from it on (upper) or up to it (lower); None for a time at which there is none."""
        device = _device_of(asked.get("id"))
        if device is None or not self._has_reported(device):
            return None
        try:
            at = from_text(str(asked.get("datetime")), self._zone(device))
        except CalhaError:
            return None
        windows = {
            "/historic": (at, at + SECOND_US),
            "/historic/upper": (at, self._clock() + DAY_US),
            "/historic/lower": (at - HISTORY_SPANS[-1], at + SECOND_US),
        }
        if path not in windows:
            return None
        rows = await self._rows(device, *windows[path])
        if not rows and path == "/historic":
            return None
        return {"alert": self._alert(device, first=WITHIN), "historic": rows[-MAX_HISTORY:]}

    async def _invoice(self, device: str) -> dict[str, Any]:
        """What the meter has counted, over its restarts too, at one price."""
        until = self._clock() + DAY_US
        found = await self._readings(device, until - HISTORY_SPANS[-1], until)
        counted = consumed(Readings.of(found.at, found.value, found.quality))
        return {"alert": self._alert(device, first=WITHIN), "invoice": round(counted * PRICE_PER_KWH, 2)}

    async def _rows(self, device: str, since: Micros, until: Micros) -> list[list[Any]]:
        """[consumption, local time] by time."""
        columns, zone = await self._readings(device, since, until), self._zone(device)
        return [
            [value, to_datetime(at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")]
            for at, value in zip(columns.at.tolist(), columns.value.tolist(), strict=True)
            if value == value  # a failed read is no consumption
        ]

    async def _readings(self, device: str, since: Micros, until: Micros) -> Columns:
        series = self._series(device)
        assert series is not None
        found = await asyncio.to_thread(self._telemetry.readings, [series], since, until, resolution="raw")
        return found[series]

    def _has_reported(self, device: str | None) -> bool:
        """Whether pages know the meter, which they do from its first report on."""
        if device is None or self._series(device) is None:
            return False
        return device in self._reported or self._own.latest(device, CHANNEL)[1] > 0

    def _series(self, device: str) -> int | None:
        return self._own.series(device, CHANNEL)

    def _zone(self, device: str) -> tzinfo:
        """Of the meter's clock."""
        if self._options.zone:
            return ZoneInfo(self._options.zone)
        entry = self._own.entry(device)
        return entry.zone if entry is not None else ZoneInfo("UTC")

    def _alert(self, device: str, first: str) -> str:
        """By the value stored last; `first` while there is none."""
        value, _ = self._own.latest(device, CHANNEL)
        if math.isnan(value):
            return first
        return ABOVE if int(value) >= ALERT_FROM_KWH else WITHIN


def consumed(register: Readings) -> float:
    """What a register has counted that begins anew at zero whenever its meter restarts.

    A fall is judged by the rules of all registers: it may be a rounding, or one wrong report. Growth is always believed, as a
    restart soon after the first report would make what was reported before it look wrong.
    """
    marks = [
        (REGISTER.ticks(value), at) for value, at in zip(register.value.tolist(), register.at.tolist(), strict=True)
    ]
    if not marks:
        return 0.0
    total, (before, before_at) = marks[0][0], marks[0]
    for place, (after, at) in enumerate(marks[1:], 1):
        ahead = marks[place + 1 : place + 1 + LOOK_AHEAD] if after < before else []
        following = [(ticks, later - before_at) for ticks, later in ahead]
        found = verdict(REGISTER, before, after, at - before_at, following)
        if found is not Verdict.GLITCH:
            total += volume_of(REGISTER, found, before, after)
            before, before_at = after, at
    return total / TICKS


def _device_of(given: object) -> str | None:
    """`1`, `"1"` and `1.0` are one meter."""
    text = str(int(given)) if type(given) is float and given.is_integer() else str(given).strip()
    return (
        f"{PREFIX}{int(text)}" if text.isascii() and text.isdigit() and int(text[:10]) > 0 and len(text) <= 9 else None
    )


def _number(device: str) -> int:
    text = device.removeprefix(PREFIX)
    return int(text) if text.isdigit() else 0


def _is_zero(given: object) -> bool:
    return type(given) in (int, float, str) and str(given).strip() in ("0", "0.0")


async def _read(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(IDLE_TIMEOUT_S):
        return await reader.read(READ_BYTES)
