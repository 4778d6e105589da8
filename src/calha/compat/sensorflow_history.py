"""What SensorFlow's stations have sent, row by row, as its InfluxDB generation told it.

Stations of that generation say with every reading which cleaning it is of (`cip_id`) and how far that is (`status_cip`). Both
are texts, so they are kept as events of the device: one whenever either changes. A row has what was said last before it.
"""

import asyncio
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from calha.compat.own_devices import OwnDevices
from calha.compat.sensorflow_stations import name_of
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, EARLIEST, HOUR_US, MINUTE_US, to_datetime
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

KIND = "cleaning"
MAX_ROWS = 10_000
MAX_DIGITS = 15  # a channel keeps no more of them
VALUES = ("temperature", "pressure", "concentration")
SPANS = (MINUTE_US, HOUR_US, DAY_US, 31 * DAY_US, 366 * DAY_US)

Values = Mapping[str, float]
Key = tuple[Micros, str]  # time, device


class Said(NamedTuple):
    """What a station says of its cleaning."""

    cip_id: str | None = None
    status: str | None = None

    @property
    def number(self) -> int | None:
        """That of the cleaning, where it has one."""
        text = self.cip_id or ""
        return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None


class History:
    def __init__(self, own: OwnDevices, registry: Registry, telemetry: Telemetry, clock: Callable[[], Micros]) -> None:
        self._own = own
        self._registry = registry
        self._telemetry = telemetry
        self._clock = clock
        self._said: dict[str, Said] = {}

    async def said(self, device: str) -> Said:
        """What the station said last."""
        if device not in self._said:
            events = await asyncio.to_thread(self._events, device, 1)
            self._said[device] = events[0][1] if events else Said()
        return self._said[device]

    async def note(self, device: str, said: Said, at: Micros) -> None:
        """Keep what a station says, if it has changed."""
        if said != await self.said(device):
            await asyncio.to_thread(self._add_event, device, said, at)
            self._said[device] = said

    async def recent(self, limit: int) -> list[dict[str, Any]]:
        """The newest rows of the last 24 hours."""
        until = self._clock() + 1
        return await asyncio.to_thread(self._rows, self._own.registered(), until - DAY_US, until, limit)

    async def latest(self, device: str, limit: int) -> list[dict[str, Any]]:
        """The newest rows of a station; none of one that is not known."""
        until = self._own.latest(device, "temperature")[1] + 1
        rows = await asyncio.to_thread(self._rows, [device], EARLIEST, until, limit)
        return [{name: value for name, value in row.items() if name != "local"} for row in rows]

    def _rows(self, devices: Sequence[str], since: Micros, until: Micros, limit: int) -> list[dict[str, Any]]:
        limit = min(limit, MAX_ROWS)
        values: Mapping[Key, Values] = {}
        for span in (*SPANS, until - since):
            begin = max(since, until - span)
            values = self._values(devices, begin, until)
            if len(values) >= limit or begin == since:
                break
        chosen = sorted(values, reverse=True)[:limit]
        said = self._said_by(key for key in chosen if "flow" not in values[key])
        rows = self._registry.devices_named(list({device for _, device in chosen}))
        names = {device: name_of(device, row.name) for device, row in rows.items()}
        return [_row(key, values[key], said.get(key, Said()), names.get(key[1], key[1])) for key in chosen]

    def _values(self, devices: Sequence[str], since: Micros, until: Micros) -> Mapping[Key, Values]:
        """What was measured together, of whatever has a temperature."""
        owners = {
            series: (device, channel)
            for device in devices
            for channel in (*VALUES, "flow", "cip_id")
            if (series := self._own.series(device, channel)) is not None
        }
        found = self._telemetry.readings(list(owners), since, until, resolution="raw") if owners else {}
        rows: dict[Key, dict[str, float]] = {}
        for series, columns in found.items():
            device, channel = owners[series]
            for at, value in zip(columns.at.tolist(), columns.value.tolist(), strict=True):
                rows.setdefault((at, device), {})[channel] = value
        return {key: values for key, values in rows.items() if "temperature" in values}

    def _said_by(self, keys: Iterable[Key]) -> Mapping[Key, Said]:
        """What was said of each row."""
        times: dict[str, list[Micros]] = {}
        for at, device in keys:
            times.setdefault(device, []).append(at)
        found: dict[Key, Said] = {}
        for device, ats in times.items():
            events = self._events(device, len(ats) + 1)[::-1]  # each has a row, so these reach beyond the oldest
            begins = [at for at, _ in events]
            found |= {(at, device): events[place - 1][1] for at in ats if (place := bisect_right(begins, at))}
        return found

    def _events(self, device: str, limit: int) -> list[tuple[Micros, Said]]:
        """Newest first."""
        items = self._registry.events(limit=limit, device=device, kind=KIND).items
        return [(one.data["at"], Said(one.data["cip_id"], one.data["status_cip"])) for one in items]

    def _add_event(self, device: str, said: Said, at: Micros) -> None:
        told = f"{said.cip_id or '—'}: {said.status or '—'}"
        about = {"at": at, "cip_id": said.cip_id, "status_cip": said.status}
        text = {"pt": f"Limpeza {told}", "en": f"Cleaning {told}"}
        self._registry.add_event(KIND, device=device, text=text, data=about, at=to_datetime(at))


def _row(key: Key, values: Values, said: Said, local: str) -> dict[str, Any]:
    cycle = values.get("cip_id", math.nan)
    counted = str(int(cycle)) if math.isfinite(cycle) else None
    told = {
        "time": to_datetime(key[0]).isoformat(timespec="microseconds"),
        "local": local,
        "cip_id": counted if said.cip_id is None else said.cip_id,
        "status_cip": said.status,
    }
    measured = {name: values.get(name, math.nan) for name in VALUES}
    return told | {name: value if math.isfinite(value) else None for name, value in measured.items()}
