"""Parshall flumes: channels whose flow is made of a level."""

import asyncio
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from calha.api.access import ConfiguresDevice, Views, ViewsDevice
from calha.api.routing import api_router
from calha.api.schemas import ChannelKey
from calha.api.schemas_balance import FlumeAnswer, FlumeBody, ThroatAnswer
from calha.api.schemas_metering import RowId
from calha.api.services import Here
from calha.domain import units
from calha.domain.errors import Conflict, Malformed, NotFound
from calha.domain.flumes import THROATS, Flume
from calha.domain.profiles import ProfileChannel
from calha.domain.times import from_text, to_datetime
from calha.metering.flumes import FLOW_UNIT
from calha.store.metering.flumes import FlumeRow
from calha.store.registry import ChannelRow, DeviceRow

router = api_router("metering")


@router.get("/flume-throats")
def list_flume_throats(_: Views) -> list[ThroatAnswer]:
    """The standard widths of Parshall flumes, narrowest first."""
    names = ("width_m", "k", "n", "most_submerged", "usual_l_s")
    return [
        ThroatAnswer(throat=key, **{name: getattr(throat, name) for name in names}) for key, throat in THROATS.items()
    ]


@router.get("/devices/{key}/flumes")
def list_flumes(key: str, services: Here, _: ViewsDevice) -> list[FlumeAnswer]:
    """The flumes of a device, by channel and by the time from which each holds."""
    device = services.registry.device(key)
    names = {channel.series: channel.key for channel in device.channels}
    return [_answer(row, names) for row in services.metering.flumes.store.of(names)]


@router.put("/devices/{key}/flumes/{channel}")
async def set_flume(
    key: str, channel: ChannelKey, body: FlumeBody, services: Here, caller: ConfiguresDevice
) -> FlumeAnswer:
    """Let a channel's flow be made of a level, by a standard width; the flow of levels from then on is made anew.

    The channel is made if the device does not have it.
    """
    device = await asyncio.to_thread(services.registry.device, key)
    level = _level(device, body.level_channel)
    behind = _level(device, body.behind_channel) if body.behind_channel is not None else None
    if behind == level:
        raise Malformed("the levels before and behind the throat are two channels", "no_level")
    flume = Flume(body.throat, body.k, body.n, body.zero_m, body.cut_off_m)
    found = next((one for one in device.channels if one.key == channel), None)
    if found is None:
        text = body.name or f"{channel}"
        declared = ProfileChannel(channel, {"pt": text, "en": text}, "gauge", FLOW_UNIT, precision=2)
        await asyncio.to_thread(services.registry.add_channel, key, declared)
        await services.ingest.refresh()
        device = await asyncio.to_thread(services.registry.device, key)
        found = next(one for one in device.channels if one.key == channel)
    known = services.metering.flumes.store.of([found.series])
    _require_own(found, level, known)
    valid_from = from_text(body.valid_from, ZoneInfo(device.zone)) if body.valid_from is not None else 0
    row = FlumeRow(
        found.series,
        level.series,
        valid_from,
        flume,
        caller.principal.name,
        services.clock(),
        behind_series=behind.series if behind is not None else None,
    )
    kept = await asyncio.to_thread(services.metering.flumes.store.save, row)
    services.metering.flumes.changed(found.series, valid_from)
    await caller.note("flume.set", f"device {key}", after=body.model_dump() | {"channel": channel})
    return _answer(kept, {one.series: one.key for one in (found, *device.channels)})


@router.delete("/devices/{key}/flumes/{channel}/{flume_id}", status_code=204)
async def delete_flume(
    key: str, channel: ChannelKey, flume_id: RowId, services: Here, caller: ConfiguresDevice
) -> None:
    """Take back what was said of a flume from a time on; flows made until now stay, unless another flume makes them anew."""
    device = await asyncio.to_thread(services.registry.device, key)
    found = next((one for one in device.channels if one.key == channel), None)
    if found is None:
        raise NotFound(f"{key} has no channel {channel!r}")
    row = await asyncio.to_thread(services.metering.flumes.store.delete, found.series, flume_id)
    services.metering.flumes.changed(found.series, row.valid_from)
    await caller.note("flume.deleted", f"device {key}", before={"channel": channel, "id": flume_id})


def _level(device: DeviceRow, key: str) -> ChannelRow:
    """The channel that measures the level. Raises NotFound, Malformed for one that measures no length."""
    found = next((one for one in device.channels if one.key == key), None)
    if found is None:
        raise NotFound(f"{device.key} has no channel {key!r}")
    if found.kind != "gauge" or units.quantity(found.unit) != "length":
        raise Malformed(
            f"{device.key} {key} is a {found.kind} in {found.unit or 'no unit'}, not a level in m, cm or mm", "no_level"
        )
    return found


def _require_own(flow: ChannelRow, level: ChannelRow, known: Sequence[FlumeRow]) -> None:
    """Raises Conflict where the flow would mix with what a device sends, or with another level's."""
    if any(row.level_series != level.series for row in known):
        raise Conflict(f"the flow of {flow.key} is made of another level; use another channel")
    if not known and (flow.kind != "gauge" or flow.unit != FLOW_UNIT):
        raise Conflict(
            f"{flow.key} is a {flow.kind} in {flow.unit or 'no unit'}; a flume's flow is a gauge in {FLOW_UNIT}"
        )


def _answer(row: FlumeRow, names: Mapping[int, str]) -> FlumeAnswer:
    flume, throat = row.flume, THROATS[row.flume.throat]
    return FlumeAnswer(
        id=row.id,
        channel=names.get(row.series, ""),
        level_channel=names.get(row.level_series, ""),
        behind_channel=names.get(row.behind_series, "") if row.behind_series is not None else None,
        throat=flume.throat,
        width_m=throat.width_m,
        k=flume.k if flume.k is not None else throat.k,
        n=flume.n if flume.n is not None else throat.n,
        is_own_calibration=flume.k is not None or flume.n is not None,
        zero_m=flume.zero_m,
        cut_off_m=flume.cut_off_m,
        usual_l_s=throat.usual_l_s,
        valid_from=to_datetime(row.valid_from) if row.valid_from else None,
        author=row.author,
    )
