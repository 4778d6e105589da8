"""Months of customers, computed from readings: what their meters have counted, by event time, at the tariffs of each day.

A correction or a late reading changes the month that it belongs to the next time that is asked for.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from calha.compat.ground import Ground
from calha.compat.hidrometro.bill import NOTHING, Counted, Reading, amount, counted, spans
from calha.compat.hidrometro.meters import Meters
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, to_micros
from calha.store.hidrometro import Billing, CustomerRow, MeterTable, TariffRow
from calha.store.hidrometro.billing import following

LOOK_BACK_US = 400 * DAY_US  # for the reading before a month


@dataclass(frozen=True, slots=True)
class CustomerMonth:
    """amount: None when no tariff held on any of its days. unpriced: litres of days without a tariff."""

    customer: CustomerRow
    month: date
    counted: Counted
    amount: Decimal | None
    unpriced: Decimal
    tariffs: Sequence[TariffRow]


class Months:
    def __init__(self, ground: Ground, meters: Meters, table: MeterTable, billing: Billing) -> None:
        self._telemetry = ground.telemetry
        self._meters = meters
        self._table = table
        self._billing = billing

    async def of(self, customer: CustomerRow, month: date) -> CustomerMonth:
        return await asyncio.to_thread(self._of, customer, month)

    def _of(self, customer: CustomerRow, month: date) -> CustomerMonth:
        devices = [meter.device for meter in self._table.all(customer.id)]
        tariffs = self._billing.tariffs()
        whole, parts, unpriced, used = NOTHING, [], Decimal(0), []
        for begin, end, tariff in spans(month, following(month), tariffs):
            part = sum((self._counted(device, begin, end) for device in devices), NOTHING)
            whole = whole + part
            if tariff is None:
                unpriced += part.litres
            else:
                parts.append((part.litres, tariff.price_m3))
                used.append(tariff)
        return CustomerMonth(customer, month, whole, amount(parts) if parts else None, unpriced, used)

    def _counted(self, device: str, begin: date, end: date) -> Counted:
        series, zone = self._meters.own.series(device, "total"), self._meters.zone
        if series is None:
            return NOTHING
        return counted(self._readings(series, _midnight(begin, zone), _midnight(end, zone), zone))

    def _readings(self, series: int, since: Micros, until: Micros, zone: ZoneInfo) -> Iterator[Reading]:
        """The last one before, then those in [since, until), a day at a time: a meter reports every second."""
        before = self._telemetry.readings([series], since - LOOK_BACK_US, since, resolution="1d", zone=zone)[series]
        if len(before.at):
            last_day = int(before.at[-1])
            yield from list(self._of_span(series, last_day, since))[-1:]
        for start in range(since, until, DAY_US):
            yield from self._of_span(series, start, min(start + DAY_US, until))

    def _of_span(self, series: int, since: Micros, until: Micros) -> Iterator[Reading]:
        columns = self._telemetry.readings([series], since, until, resolution="raw")[series]
        for at, litres, quality in zip(
            columns.at.tolist(), columns.value.tolist(), columns.quality.tolist(), strict=True
        ):
            if litres == litres and quality < Quality.BAD and quality != Quality.OUT_OF_RANGE:
                yield Reading(at, litres)


def month_of(day: date) -> date:
    return day.replace(day=1)


def before(month: date) -> date:
    return month_of(month - timedelta(days=1))


def _midnight(day: date, zone: ZoneInfo) -> Micros:
    return to_micros(datetime.combine(day, time(), zone))
