"""Series across devices: finding them, and series calculated from others."""

import asyncio
import math
from collections.abc import Sequence
from string import ascii_lowercase
from typing import Annotated

from fastapi import Query

from calha.api.access import Views
from calha.api.chosen import Chosen, From, SeriesNames, To, chosen
from calha.api.routes.readings import MAX_POINTS, MAX_ROWS_IN_MEMORY, gap_ms
from calha.api.routing import api_router
from calha.api.schemas import Channel, Page
from calha.api.schemas_explore import CalculatedAnswer, SeriesFound
from calha.api.services import Here, Services
from calha.domain import quality
from calha.domain.calculated import Input, Points, calculated
from calha.domain.errors import Malformed, TooLarge
from calha.domain.formulas import MAX_CHARS, Compiled, compiled
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.store.registry.finding import MAX_CHANNELS, Thing
from calha.store.telemetry import Columns
from calha.store.telemetry.columns import grid_for
from calha.store.telemetry.downsample import extremes
from calha.store.telemetry.rollup import LEVELS

router = api_router("explore")

NAMES = ascii_lowercase  # of the series in a formula, in their order
FINER = 4  # times as many buckets as points are wanted, at most: levels are far apart


@router.get("/series")
def list_series(
    services: Here,
    caller: Views,
    q: Annotated[
        str,
        Query(
            max_length=100,
            description="Words of channel, device, serial number or sites, all of which have to be found; accents and case "
            f"do not matter. Among the first {MAX_CHANNELS:,} series.",
        ),
    ] = "",
    unit: Annotated[str | None, Query(max_length=20, description="Only with this unit.")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="`next` of the page before.", examples=[7])] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[SeriesFound]:
    """The series of all devices that the caller may see."""
    within = caller.selection()

    def may_see(device: Thing) -> bool:
        return within is None or device.site in within.sites or device.id in within.devices

    found = services.finder.picture().series(q, unit, may_see, after, limit)
    devices = services.registry.devices_named(sorted({device for _, device in found}))
    channels = {channel.series: (row, channel) for row in devices.values() for channel in row.channels}
    items = [
        SeriesFound(
            device=device.key,
            device_name=device.name,
            site_id=device.site_id,
            site_path=device.site_path,
            zone=device.zone,
            channel=Channel.model_validate(channel),
        )
        for device, channel in (channels[series] for series, _ in found if series in channels)
    ]
    return Page(items=items, next=str(found[-1][0]) if len(found) == limit else None)


@router.get("/calculated")
async def read_calculated(
    services: Here,
    caller: Views,
    series: SeriesNames,
    formula: Annotated[
        str,
        Query(
            max_length=MAX_CHARS,
            description="In the language of the alarm rules; the series are `a`, `b`, … in the order in which they are named.",
            examples=["a - b"],
        ),
    ],
    from_: From = None,
    to: To = None,
    points: Annotated[int, Query(ge=10, le=MAX_POINTS, description="About so many; extremes are kept.")] = 1_000,
) -> CalculatedAnswer:
    """A series calculated from others. Of a long time it is calculated from the means of minutes, hours or days."""
    found = await chosen(caller, series, from_, to)
    ready = compiled(formula)
    wanted = _used(ready, found)
    since, until = max(one.since for one in found), min(one.until for one in found)
    resolution = _resolution(since, until, points)
    result, gap = await asyncio.to_thread(_calculated, services, ready, wanted, since, until, resolution, points)
    values = [None if math.isnan(value) else value for value in result.value.tolist()]
    content = {
        "from": to_datetime(since),
        "to": to_datetime(max(since, until)),
        "resolution": resolution,
        "t": (result.at / 1000).tolist(),
        "value": values,
        "quality": [quality.label(code) for code in result.quality.tolist()],
        "gap_ms": gap,
    }
    return CalculatedAnswer.model_validate(content)


def _used(formula: Compiled, found: Sequence[Chosen]) -> dict[str, Chosen]:
    """The series of a formula by the names that it uses. Raises Malformed."""
    named = dict(zip(NAMES, found, strict=False))
    unknown = [name for name in formula.channels if name not in named]
    if unknown:
        raise Malformed(f"formula: {unknown[0]!r} is none of the series; they are {', '.join(named)}", "bad_formula")
    return {name: named[name] for name in formula.channels}


def _resolution(since: Micros, until: Micros, points: int) -> str:
    """The finest level with not many more buckets than points, as all inputs need the same."""
    if grid_for(since, until, points, None, None).level is None:
        return "raw"
    fitting = [name for name, length in LEVELS.items() if (until - since) / length <= FINER * points]
    return fitting[0] if fitting else "1d"


def _calculated(
    services: Services,
    formula: Compiled,
    named: dict[str, Chosen],
    since: Micros,
    until: Micros,
    resolution: str,
    points: int,
) -> tuple[Points, float | None]:
    """The points, and the distance in ms above which there is a gap between two of them."""
    numbers = sorted({one.channel.series for one in named.values()})
    zone = next(iter(named.values())).zone
    columns = services.telemetry.readings(numbers, since, until, resolution=resolution, zone=zone)
    if sum(len(one.at) for one in columns.values()) > MAX_ROWS_IN_MEMORY:
        raise TooLarge("more than two million readings; ask for a shorter time", "too_many_readings")
    gaps = [gap for one in columns.values() if (gap := gap_ms(one)) is not None]
    inputs = [_input(name, columns[one.channel.series]) for name, one in named.items()]
    whole = calculated(formula, inputs)
    kept = extremes(whole.at, whole.value, points)
    return Points(whole.at[kept], whole.value[kept], whole.quality[kept]), max(gaps, default=None)


def _input(name: str, columns: Columns) -> Input:
    held_ms = 0.0 if columns.bucket_us else gap_ms(columns) or 0.0
    return Input(name, columns.at, columns.value, columns.quality, int(held_ms * 1000))
