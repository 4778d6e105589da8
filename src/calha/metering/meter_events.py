"""A month of a customer's water meter, hour by hour: a leak, a burst, what ran backwards, a register that stands.

Hours that were estimated, edited or only partly measured count as not known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.consumption import Consumption
from calha.domain.meter_events import (
    Backflow,
    Leak,
    Movement,
    backflow_of,
    burst_hours,
    leak_of,
    movement_of,
    stopped_days,
)
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.registers import Verdict
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.metering.counting import Counted, Counting
from calha.metering.meters import Meter

HISTORY_US = 31 * DAY_US
WHOLE = 0.99  # coverage from which an interval is known
LITRES = "L"


@dataclass(frozen=True, slots=True)
class MeterReport:
    """leak: what runs all the time. bursts: begins of hours of the last day. stopped_days: 0 while it moves."""

    from_: Micros
    until: Micros
    leak: Leak | None
    movement: Movement | None
    bursts: tuple[Micros, ...]
    reversed_l: float
    backflow: Backflow
    stopped_days: int
    known_hours: int


def meter_report(counting: Counting, meter: Meter, from_: Micros, until: Micros) -> MeterReport:
    """Of at most the month before `until`. Raises StoreUnavailable, IncompatibleUnits."""
    until -= until % HOUR_US
    from_ = max(until - HISTORY_US, from_ + -from_ % HOUR_US)
    counted = counting.of(meter, np.arange(from_, until + 1, HOUR_US), measured=True)
    hours = _known_l(counted.consumption)
    quarters = counting.of(meter, np.arange(until - DAY_US, until + 1, 15 * MINUTE_US), measured=True)
    reversed_l, digit_l = _reversed_l(counted, meter)
    whole = hours[len(hours) % 24 :].reshape(-1, 24)
    bursts = burst_hours(hours[-24:], hours[:-24])
    return MeterReport(
        from_,
        until,
        leak_of(hours),
        movement_of(_known_l(quarters.consumption)),
        tuple(int(until - DAY_US + place * HOUR_US) for place in np.flatnonzero(bursts)),
        reversed_l,
        backflow_of(reversed_l, digit_l),
        stopped_days(whole.sum(axis=1)),
        int(np.isfinite(hours).sum()),
    )


def _known_l(consumption: Consumption) -> NDArray[np.float64]:
    litres = consumption.given_in(LITRES)
    is_known = (litres.coverage >= WHOLE) & (litres.quality < Quality.ESTIMATED)
    found: NDArray[np.float64] = np.where(is_known, litres.amounts(), np.nan)
    return found


def _reversed_l(counted: Counted, meter: Meter) -> tuple[float, float]:
    """What ran backwards, and the register's lowest digit (1 L where nobody says it), in litres."""
    back = -sum(float(one.volume) for one in counted.events if one.verdict is Verdict.REVERSE)
    litre = float(counted.consumption.given_in(LITRES).per_tick / counted.consumption.per_tick)
    digit = float(meter.registers[-1].resolution) if meter.registers else 0.0
    return back * litre, (digit * litre) or 1.0
