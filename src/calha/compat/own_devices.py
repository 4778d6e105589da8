"""The devices of one replaced system: made when they are heard for the first time, up to a number, and looked up."""

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress

from calha.domain.directory import DeviceEntry
from calha.domain.errors import Conflict
from calha.domain.readings import Micros
from calha.ingest.service import Ingest
from calha.store.registry import Registry, SiteRow
from calha.store.registry.rows import NewDevice
from calha.store.telemetry import Telemetry


class OwnDevices:
    """prefix: of their keys. most: how many there may be. site: name of the one in which new ones are put (see `own_site`)."""

    def __init__(
        self,
        prefix: str,
        profile: str,
        most: int,
        registry: Registry,
        ingest: Ingest,
        telemetry: Telemetry,
        site: str = "",
    ) -> None:
        self._prefix = prefix
        self._profile = profile
        self._most = most
        self._registry = registry
        self._ingest = ingest
        self._telemetry = telemetry
        self._site = site
        self._making = asyncio.Lock()
        self._asked: dict[str, NewDevice] = {}

    def registered(self) -> list[str]:
        return [key for key in self._ingest.directory.devices if key.startswith(self._prefix)]

    def entry(self, device: str) -> DeviceEntry | None:
        return self._ingest.directory.devices.get(device)

    async def create(self, device: str, name: str, serial: str | None = None, note: str = "") -> bool:
        """Whether the device is registered now; False, counted as refused, when there are too many.

        Those that are asked for meanwhile are made together: a thousand meters that are switched on at once wait for a few
        transactions, and not for a thousand.
        """
        if len(self.registered()) + len(self._asked) >= self._most and device not in self._asked:
            self._ingest.refuse(device, "too_many_devices")
            return False
        self._asked[device] = NewDevice(device, self._profile, name, serial, note)
        try:
            async with self._making:
                if device in self._asked:
                    await self._make(list(self._asked.values()))
        finally:
            self._asked.pop(device, None)
        return True

    async def _make(self, asked: Sequence[NewDevice]) -> None:
        site = (await asyncio.to_thread(own_site, self._registry, self._site)).id
        try:
            await asyncio.to_thread(self._registry.create_devices, asked, site)
        except Conflict:  # one was registered at the same time by a person
            for one in asked:
                with suppress(Conflict):
                    await asyncio.to_thread(self._registry.create_devices, [one], site)
        await self._ingest.refresh()
        for one in asked:
            self._asked.pop(one.key, None)

    def series(self, device: str, channel: str) -> int | None:
        entry = self.entry(device)
        found = entry.channels.get(channel) if entry is not None else None
        return found.series if found is not None else None

    def latest(self, device: str, channel: str) -> tuple[float, Micros]:
        """Value and time of the newest reading; NaN and 0 without any."""
        series, latest = self.series(device, channel), self._telemetry.latest
        if series is None or not latest.has_any([series]):
            return math.nan, 0
        return float(latest.value[series]), int(latest.at[series])


def own_site(registry: Registry, name: str) -> SiteRow:
    """The site of that name below the first one, made if need be; the first one itself without a name."""
    first = registry.first_site()
    if not name:
        return first
    own = (site for site in registry.sites() if site.parent_id == first.id and site.name == name)
    return next(own, None) or registry.create_site(name, first.id, first.zone)
