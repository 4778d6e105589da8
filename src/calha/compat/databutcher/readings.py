"""What machines measure: taken over HTTP, on disk before it is acknowledged, and told again, newest first.

The four fields that every message has to have are numbers; whatever else it brings becomes a channel of its own. A time is
taken from `timestamp` if there is a plausible one, which makes a message that is sent twice one reading; otherwise, as for a
machine that sends for how long it has been on, it is that of arrival.
"""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from calha.accounts.accounts import Accounts
from calha.compat.databutcher import SYSTEM
from calha.compat.databutcher.dialect import plain
from calha.compat.databutcher.fleet import Fleet
from calha.compat.databutcher.ids import reading_id, text_of
from calha.compat.databutcher.wire import Fault
from calha.domain.access import Principal
from calha.domain.errors import Malformed, NotSignedIn
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US, require_plausible, time_of, to_datetime
from calha.ingest.decode import parse_number
from calha.ingest.limits import MessageRate
from calha.ingest.service import Ingest, Message
from calha.store.databutcher.store import MachineRow
from calha.store.telemetry import Telemetry

VALUES = ("tensao", "vibracao", "temperatura", "rpm")
MAX_TOLD = 100
SPANS = (HOUR_US, DAY_US, 7 * DAY_US, 31 * DAY_US, 366 * DAY_US)
MISSING_TOKEN = "Token está faltando!"  # noqa: S105 - what a client is told

_NO_VALUES = frozenset({"maquina_id", "device", "values", "ts", "timestamp"})


class Readings:
    """open: whether machines without a credential may send. rate: of those."""

    def __init__(
        self,
        fleet: Fleet,
        accounts: Accounts,
        ingest: Ingest,
        telemetry: Telemetry,
        rate: MessageRate,
        clock: Callable[[], Micros],
        open_: bool,
    ) -> None:
        self._fleet = fleet
        self._accounts = accounts
        self._ingest = ingest
        self._telemetry = telemetry
        self._rate = rate
        self._clock = clock
        self._open = open_
        self._last_at: dict[str, Micros] = {}  # of what came without a time, by code

    async def sender(self, token: str) -> Principal | None:
        """Who sends; None for a machine without a credential. Raises Fault."""
        if not token:
            if not self._open:
                raise Fault(401, MISSING_TOKEN, "message")
            return None
        try:
            return await asyncio.to_thread(self._accounts.door.by_token, token)
        except NotSignedIn:
            raise Fault(401, "Token inválido!", "message") from None

    async def take(self, fields: Mapping[str, Any], sender: Principal | None, may_add: bool = False) -> str:
        """The id of what is on disk now. may_add: register a machine that is not known yet. Raises Fault, LogUnavailable."""
        for name in ("maquina_id", *VALUES):
            if name not in fields:
                raise Fault(400, f"Campo {name} é obrigatório")
        for name in VALUES:
            if not _is_number(fields[name]):
                raise Fault(400, f"Campo {name} precisa ser um número")
        machine = await self._machine(fields["maquina_id"], sender is None and may_add)
        self._require_may_send(machine, sender)
        at, stamp = self._time(machine, fields)
        values = {key: value for key, value in fields.items() if key not in _NO_VALUES}
        body = json.dumps(stamp | {"values": values}).encode()
        await self._ingest.take([Message(machine.device, body, at, SYSTEM, "sensor-data", "json")], SYSTEM)
        return reading_id(machine.code, at)

    async def newest(self, machine: MachineRow, since: Micros) -> list[dict[str, Any]]:
        """At most MAX_TOLD, newest first; none from before `since`."""
        entry = self._fleet.entry(machine)
        series = {name: entry.channels[name].series for name in VALUES if entry and name in entry.channels}
        until = self._telemetry.latest.newest_at(series.values()) + 1
        rows: dict[Micros, dict[str, Any]] = {}
        for span in (*SPANS, until - since) if until > since else ():
            rows = await asyncio.to_thread(self._rows, series, max(since, until - span), until)
            if len(rows) >= MAX_TOLD or until - span <= since:
                break
        return [
            {
                "timestamp": to_datetime(at).replace(tzinfo=None).isoformat(),
                "dados_sensor": rows[at],
                "sensor_data_id": reading_id(machine.code, at),
            }
            for at in sorted(rows, reverse=True)[:MAX_TOLD]
        ]

    def _rows(self, series: Mapping[str, int], since: Micros, until: Micros) -> dict[Micros, dict[str, Any]]:
        rows: dict[Micros, dict[str, Any]] = {}
        found = self._telemetry.readings(list(series.values()), since, until, resolution="raw") if series else {}
        for name, number in series.items():
            columns = found[number]
            for at, value in zip(columns.at.tolist(), columns.value.tolist(), strict=True):
                rows.setdefault(at, dict.fromkeys(VALUES))[name] = plain(value) if math.isfinite(value) else None
        return rows

    async def _machine(self, given: object, may_add: bool) -> MachineRow:
        machine, text = await self._fleet.find(given), text_of(given)
        if machine is None and may_add and text is not None:
            machine = await self._fleet.add(text)
        if machine is None or self._fleet.entry(machine) is None:
            self._ingest.refuse("", "unknown_device")
            raise Fault(404, "Máquina não encontrada")
        return machine

    def _require_may_send(self, machine: MachineRow, sender: Principal | None) -> None:
        directory = self._ingest.directory
        if sender is None:
            if machine.proven:
                raise Fault(401, MISSING_TOKEN, "message")
            if not self._rate.admits(machine.device, self._clock()):
                self._ingest.refuse(machine.device, "too_fast")
                raise Fault(429, "Mensagens demais. Tente de novo.", headers={"Retry-After": "1"})
        elif not sender.may_send(machine.device, directory.site_of(machine.device), directory.tree):
            raise Fault(403, "Esta credencial não é desta máquina")
        if not self._ingest.admits(machine.device, self._clock()):
            self._ingest.refuse(machine.device, "too_fast")
            raise Fault(429, "Mensagens demais. Tente de novo.", headers={"Retry-After": "1"})

    def _time(self, machine: MachineRow, fields: Mapping[str, Any]) -> tuple[Micros, dict[str, Micros]]:
        """When it was measured, and how the record says so; never the same for two that come without a time."""
        given = fields.get("timestamp", fields.get("ts"))
        now = self._clock()
        measured_at = self._told(machine, given, now)
        if measured_at is not None:
            return measured_at, {"ts": measured_at}
        at = max(now, self._last_at.get(machine.code, 0) + 1)
        self._last_at[machine.code] = at
        return at, {}

    def _told(self, machine: MachineRow, given: Any, now: Micros) -> Micros | None:  # noqa: ANN401 - whatever was sent
        """The time that a machine tells; None for no time, or one that cannot be."""
        entry = self._fleet.entry(machine)
        assert entry is not None
        try:
            return require_plausible(time_of(given, entry.zone), now)
        except (Malformed, ValueError, OverflowError):
            return None


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    try:
        number = parse_number(value) if isinstance(value, str) else float(value)  # type: ignore[arg-type]
    except (Malformed, TypeError, ValueError, OverflowError):
        return False
    return math.isfinite(number)
