"""What can be said of series in a time: extremes, mean, sum, consumption, percentiles and quality."""

import asyncio

import numpy as np

from calha.api.access import Views
from calha.api.chosen import Chosen, SeriesNames, chosen
from calha.api.period import From, To
from calha.api.routes.readings import MAX_ROWS_IN_MEMORY
from calha.api.routing import api_router
from calha.api.schemas_explore import ConsumedAnswer, ExtremeAnswer, PercentilesAnswer, SharesAnswer, StatisticsAnswer
from calha.api.services import Here, Services
from calha.domain import quality
from calha.domain.series_statistics import Extreme, SeriesStatistics, of_buckets, of_readings
from calha.domain.times import to_datetime
from calha.metering.meters import is_countable

router = api_router("explore")


@router.get("/statistics")
async def read_statistics(
    services: Here, caller: Views, series: SeriesNames, from_: From = None, to: To = None
) -> list[StatisticsAnswer]:
    """Extremes, mean, sum, consumption, percentiles and quality of series in a time, in the order in which they are named."""
    found = await chosen(caller, series, from_, to)
    return [await asyncio.to_thread(_statistics, services, one) for one in found]


def _statistics(services: Services, one: Chosen) -> StatisticsAnswer:
    found = _summed_up(services, one)
    return StatisticsAnswer.model_validate(
        {
            "device": one.device.key,
            "channel": one.channel.key,
            "unit": one.channel.unit,
            "from": to_datetime(one.since),
            "to": to_datetime(one.until),
            "count": found.count,
            "minimum": _extreme(found.minimum),
            "maximum": _extreme(found.maximum),
            "mean": found.mean,
            "total": found.total,
            "first": found.first,
            "last": found.last,
            "percentiles": _percentiles(found),
            "shares": None if found.shares is None else SharesAnswer.model_validate(found.shares),
            "consumed": _consumed(services, one),
        }
    )


def _summed_up(services: Services, one: Chosen) -> SeriesStatistics:
    """From all readings where they are not too many and none of them has become an hour; else from hours."""
    number = one.channel.series
    hours = services.telemetry.readings([number], one.since, one.until, resolution="1h")[number]
    counted = int(hours.count.sum()) if hours.count is not None else 0
    if counted <= MAX_ROWS_IN_MEMORY:
        rows = services.telemetry.readings([number], one.since, one.until, resolution="raw")[number]
        exact = of_readings(rows.at, rows.value, rows.quality)
        if exact.count >= counted:
            return exact
    assert hours.count is not None
    parts = (hours.total, hours.minimum, hours.maximum, hours.first, hours.last)
    return of_buckets(hours.at, hours.count, *(np.asarray(part, np.float64) for part in parts))


def _extreme(found: Extreme | None) -> ExtremeAnswer | None:
    return None if found is None else ExtremeAnswer(at=to_datetime(found.at), value=found.value)


def _percentiles(found: SeriesStatistics) -> PercentilesAnswer | None:
    if found.percentiles is None:
        return None
    p5, p50, p95 = found.percentiles
    return PercentilesAnswer(p5=p5, p50=p50, p95=p95)


def _consumed(services: Services, one: Chosen) -> ConsumedAnswer | None:
    """What went through a register or flow; None for what is not counted, and for no time at all."""
    if one.since >= one.until or not is_countable(one.channel):
        return None
    meter = services.metering.meters.of_device(one.device, one.channel.key)
    bounds = np.array([one.since, one.until], np.int64)
    interval = services.metering.counting.of(meter, bounds).consumption.total()
    return ConsumedAnswer(
        amount=None if interval.amount is None else float(interval.amount),
        unit=interval.unit,
        quality=quality.label(interval.quality),
    )
