"""Readings as the clients of this system know them: `{"ts": ms, "totalLiters", "flowLmin", "numero_serie"}`.

`ts` is milliseconds always. What a meter did not report is null, never 0.
"""

import asyncio
import math
from typing import Any

from calha.compat.ground import Ground
from calha.compat.hidrometro.meters import Meters
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US

MAX_HISTORY = 1_000
SPANS = (HOUR_US, DAY_US, 31 * DAY_US, 3 * 366 * DAY_US)

Record = dict[str, Any]


class Records:
    def __init__(self, ground: Ground, meters: Meters) -> None:
        self._ground = ground
        self._own = meters.own
        self._meters = meters

    def at(self, device: str) -> Micros:
        """Time of the newest reading; 0 without any."""
        return max(self._own.latest(device, channel)[1] for channel in ("total", "flow"))

    def newest_of(self, devices: list[str]) -> str | None:
        """The device that has reported last, as far as one has."""
        heard = [device for device in devices if self.at(device)]
        return max(heard, key=self.at) if heard else None

    async def current(self, device: str) -> Record:
        """The newest reading; nothing before the first."""
        if not self.at(device):
            return {}
        total, flow = (_number(self._own.latest(device, channel)[0]) for channel in ("total", "flow"))
        serial = await self._meters.serial(device)
        return {"ts": self.at(device) // 1_000, "totalLiters": total, "flowLmin": flow, "numero_serie": serial}

    async def history(self, device: str, limit: int, since: Micros = 0, until: Micros | None = None) -> list[Record]:
        """The last readings in [since, until), oldest first; at most MAX_HISTORY."""
        wanted = min(limit, MAX_HISTORY)
        end = self._ground.clock() + DAY_US if until is None else until
        rows: list[Record] = []
        for span in SPANS:
            rows = await asyncio.to_thread(self._rows, device, max(since, end - span), end)
            if len(rows) >= wanted or end - span <= since:
                break
        return rows[-wanted:]

    def _rows(self, device: str, since: Micros, until: Micros) -> list[Record]:
        names = {"total": "totalLiters", "flow": "flowLmin"}
        series = {name: self._own.series(device, channel) for channel, name in names.items()}
        known = [one for one in series.values() if one is not None]
        found = self._ground.telemetry.readings(known, since, until, points=None, resolution="raw")
        rows: dict[int, Record] = {}
        for name, one in series.items():
            if one is not None:
                columns = found[one]
                for at, value in zip(
                    columns.at[-MAX_HISTORY:].tolist(), columns.value[-MAX_HISTORY:].tolist(), strict=True
                ):
                    row = rows.setdefault(at, {"ts": at // 1_000, "totalLiters": None, "flowLmin": None})
                    row[name] = _number(value)
        return [rows[at] for at in sorted(rows)]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
