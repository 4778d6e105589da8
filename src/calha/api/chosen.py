"""Series that a request names as `device/channel`, as far as the caller may see them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from calha.api.access import Caller
from calha.api.curve_reads import note_curve_reads
from calha.api.routes.readings import visible
from calha.domain.errors import Malformed, NotFound
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, from_text
from calha.store.registry import ChannelRow, DeviceRow

MAX_SERIES = 20

SeriesNames = Annotated[
    list[str],
    Query(
        alias="series",
        min_length=1,
        max_length=MAX_SERIES,
        description="Series as `device/channel`, one each time the parameter is given.",
        examples=[["pump-1/flow"]],
    ),
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A series, and the part of the time that the caller may see of it."""

    device: DeviceRow
    channel: ChannelRow
    since: Micros
    until: Micros

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.device.zone)


async def chosen(caller: Caller, names: Sequence[str], from_: str | None, to: str | None) -> list[Chosen]:
    """In the order of their names; that somebody reads them is noted. Raises NotFound, Malformed."""
    wanted = [_parted(name) for name in names]
    services = caller.services
    devices = await asyncio.to_thread(services.registry.devices_named, sorted({device for device, _ in wanted}))
    found = [_chosen(caller, devices.get(device), device, channel, from_, to) for device, channel in wanted]
    await note_curve_reads(
        caller,
        sorted({one.device.key for one in found}),
        min(one.since for one in found),
        max(one.until for one in found),
    )
    return found


def _parted(name: str) -> tuple[str, str]:
    device, slash, channel = name.partition("/")
    if not (device and slash and channel):
        raise Malformed(f"{name!r} names no series; write device/channel", "bad_series")
    return device, channel


def _chosen(
    caller: Caller, device: DeviceRow | None, key: str, channel: str, from_: str | None, to: str | None
) -> Chosen:
    periods = caller.reach().periods(key, device.site_id) if device is not None else ()
    if device is None or not periods:
        raise NotFound(f"there is no device {key!r}", "unknown_device", device=key)
    row = next((one for one in device.channels if one.key == channel), None)
    if row is None:
        raise NotFound(f"{key} has no channel {channel}", "unknown_channel", channel=channel)
    zone = ZoneInfo(device.zone)
    now = caller.services.clock()
    until = min(from_text(to, zone), now + DAY_US) if to else now + 1
    since = from_text(from_, zone) if from_ else until - DAY_US
    if since >= until:
        raise Malformed("`from` must lie before `to`", "bad_time")
    return Chosen(device, row, *visible(periods, since, until))
