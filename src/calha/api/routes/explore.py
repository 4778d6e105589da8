"""Series across devices: finding them, and series calculated from others."""

import asyncio
from typing import Annotated

from fastapi import Query

from calha.api.access import Views
from calha.api.chosen import SeriesNames, chosen
from calha.api.period import From, To
from calha.api.reckoning import calculated_answer, reckoned
from calha.api.routes.readings import MAX_POINTS
from calha.api.routing import api_router
from calha.api.schemas import Channel
from calha.api.schemas_explore import CalculatedAnswer, FormulaAnswer, SeriesFound, SeriesPage
from calha.api.services import Here
from calha.domain.calculated import LETTERS, places
from calha.domain.formulas import MAX_CHARS, compiled
from calha.store.registry.finding import MAX_CHANNELS, Thing

router = api_router("explore")

Formula = Annotated[
    str,
    Query(
        max_length=MAX_CHARS,
        description="In the language of the alarm rules; the series are `a`, `b`, … in the order in which they are named.",
        examples=["a - b"],
    ),
]


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
) -> SeriesPage:
    """The series of all devices that the caller may see."""
    within = caller.selection()

    def may_see(device: Thing) -> bool:
        return within is None or device.site in within.sites or device.id in within.devices

    picture = services.finder.picture()
    found = picture.series(q, unit, may_see, after, limit)
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
    searched = None if picture.is_whole else MAX_CHANNELS
    return SeriesPage(items=items, next=str(found[-1][0]) if len(found) == limit else None, searched=searched)


@router.get("/calculated")
async def read_calculated(
    services: Here,
    caller: Views,
    series: SeriesNames,
    formula: Formula,
    from_: From = None,
    to: To = None,
    points: Annotated[int, Query(ge=10, le=MAX_POINTS, description="About so many; extremes are kept.")] = 1_000,
) -> CalculatedAnswer:
    """A series calculated from others. Of a long time it is calculated from the means of minutes, hours or days."""
    found = await chosen(caller, series, from_, to)
    ready = compiled(formula)
    used = {letter: found[place] for letter, place in places(ready, len(found)).items()}
    since, until = max(one.since for one in found), min(one.until for one in found)
    numbers = {letter: one.channel.series for letter, one in used.items()}
    zone = next(iter(used.values())).zone
    answer = await asyncio.to_thread(reckoned, services.telemetry, ready, numbers, zone, since, until, points)
    return calculated_answer(answer, since, until)


@router.get("/formula")
async def check_formula(
    _: Views,
    formula: Formula,
    series: Annotated[int, Query(ge=1, le=len(LETTERS), description="How many there are.", examples=[2])],
) -> FormulaAnswer:
    """Whether a formula over so many series can be read, and which of them it names."""
    ready = compiled(formula)
    return FormulaAnswer(letters=list(places(ready, series)), is_yes_no=ready.is_yes)
