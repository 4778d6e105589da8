"""Alerts of this system: leaks found in the readings as they come, kept, told to pages, and resolved by those who operate."""

import asyncio
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from calha.compat.ground import Ground
from calha.compat.hidrometro.access import Access, Caller, Denied
from calha.compat.hidrometro.api import whole
from calha.compat.hidrometro.leaks import MAX_SILENCE_US, Leak, LeakWatch
from calha.compat.hidrometro.live import Live
from calha.compat.hidrometro.meters import Heard, Meters
from calha.config.compat import HidrometroSection
from calha.domain.access import Permission
from calha.domain.errors import NotFound
from calha.domain.times import SECOND_US, to_datetime
from calha.store.hidrometro import AlertRow, Alerts, MeterTable, NewAlert

LEAK = "leak"


class Alerting:
    def __init__(
        self,
        options: HidrometroSection,
        ground: Ground,
        meters: Meters,
        table: MeterTable,
        live: Live,
        access: Access,
    ) -> None:
        self._min_s = options.leak_min_s
        self._watch = LeakWatch(options.leak_flow_l_min, options.leak_min_s)
        self._ground = ground
        self._meters = meters
        self._table = table
        self._live = live
        self._access = access
        self._alerts = Alerts(ground.registry.engine)
        meters.watches.append(self._hear)

    def routes(self) -> list[Route]:
        return [
            Route("/api/alerts", self._list),
            Route("/api/alerts/{alert:int}/resolve", self._resolve, methods=["POST"]),
            Route("/api/alerts/clear-temporary", self._clear, methods=["POST"]),
        ]

    # -- finding

    async def _hear(self, heard: Heard) -> None:
        if not self._watch.knows(heard.device):
            await self._remember(heard)
        leak = self._watch.take(heard.device, heard.at, heard.seen.flow)
        if leak is not None:
            await self._raise(leak, heard.seen.total)

    async def _remember(self, heard: Heard) -> None:
        """After a start: what flowed until now, and whether it was told."""
        series = self._meters.own.series(heard.device, "flow")
        if series is None:
            return
        since = heard.at - round(self._min_s * SECOND_US) - MAX_SILENCE_US
        found = await asyncio.to_thread(self._ground.telemetry.readings, [series], since, heard.at, resolution="raw")
        columns = found[series]
        for at, flow in zip(columns.at.tolist(), columns.value.tolist(), strict=True):
            self._watch.take(heard.device, at, flow)
        begun_at = self._watch.begun_at(heard.device)
        last = await asyncio.to_thread(self._alerts.last_of, heard.device)
        if begun_at is not None and last is not None and last.detected_at >= to_datetime(begun_at):
            self._watch.was_told(heard.device)

    async def _raise(self, leak: Leak, total: float) -> None:
        threshold = self._watch.flow_l_min
        message = f"Vazamento: fluxo >= {threshold:g} L/min por {leak.duration_s:.0f} s (pico {leak.peak:g} L/min)"
        litres = None if total != total else total
        new = NewAlert(leak.device, LEAK, message, threshold, leak.flow, litres, leak.duration_s, to_datetime(leak.at))
        number = await asyncio.to_thread(self._alerts.add, new)
        await asyncio.to_thread(self._note, leak, message)
        content = {
            "id": number,
            "type": LEAK,
            "message": message,
            "serial": await self._meters.serial(leak.device),
            "flowLmin": leak.flow,
            "threshold": threshold,
            "duration": leak.duration_s,
            "totalLiters": litres,
            "ts": leak.at // 1_000,
        }
        await self._live.tell("alert", leak.device, content)

    def _note(self, leak: Leak, message: str) -> None:
        en = f"Leak: {leak.flow:g} L/min, without a break for {leak.duration_s:.0f} s (peak {leak.peak:g} L/min)"
        self._ground.registry.add_event(
            "leak", device=leak.device, severity="warning", text={"pt": message, "en": en}, data={"peak": leak.peak}
        )

    # -- routes

    async def _list(self, request: Request) -> Response:
        caller = await self._access.caller(request)
        if not self._access.is_open(caller):
            raise Denied(401, "missing token")
        unresolved = request.query_params.get("unresolved", "") in ("1", "true")
        devices = self._access.devices(caller)
        rows = await asyncio.to_thread(self._alerts.list, devices, whole(request, "limit", 50), unresolved)
        numbers = await asyncio.to_thread(self._table.numbers)
        return JSONResponse({"alerts": [await self._described(row, numbers.get(row.device)) for row in rows]})

    async def _resolve(self, request: Request) -> Response:
        caller = await self._access.caller(request)
        if caller.principal is None:
            raise Denied(401, "missing token")
        row = await self._found(caller, request.path_params["alert"])
        if row.device not in self._access.devices(caller, Permission.OPERATE):
            raise Denied(403, "forbidden")
        row = await asyncio.to_thread(self._alerts.resolve, row.id, caller.principal.name)
        await asyncio.to_thread(
            self._ground.accounts.audit.append,
            *(caller.principal.actor, "alert.resolved", f"device {row.device}", None, {"alert": row.id}),
            caller.visitor.address,
        )
        numbers = await asyncio.to_thread(self._table.numbers)
        return JSONResponse({"alert": await self._described(row, numbers.get(row.device))})

    async def _found(self, caller: Caller, alert_id: int) -> AlertRow:
        try:
            row = await asyncio.to_thread(self._alerts.get, alert_id)
        except NotFound:
            raise Denied(404, "not found") from None
        if row.device not in self._access.devices(caller):
            raise Denied(404, "not found")
        return row

    async def _clear(self, request: Request) -> Response:
        """Begin anew with the episodes that go on; what was kept stays."""
        caller = await self._access.caller(request)
        self._access.require(caller, Permission.OPERATE)
        for device in self._access.devices(caller, Permission.OPERATE):
            self._watch.forget(device)
        return JSONResponse({"status": "cleared"})

    async def _described(self, row: AlertRow, number: int | None) -> dict[str, Any]:
        return {
            "id": row.id,
            "dispositivo_id": number,
            "serial": await self._meters.serial(row.device),
            "tipo": row.kind,
            "message": row.message,
            "threshold": row.threshold,
            "flow_lmin": row.flow,
            "total_liters": row.total,
            "duration_seconds": row.duration_s,
            "detected_at": _text(row.detected_at),
            "resolved_at": _text(row.resolved_at),
        }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
