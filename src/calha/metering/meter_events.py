"""The last 35 days of a customer's water meter: leak, burst, what ran backwards, a register that stands, signs of tampering.

Hours that were estimated, edited or only partly measured count as not known. How often a meter reports is taken from its
readings, as one profile serves meters that report every few seconds and every hour; hours of one that reports more seldom
are not known.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calha.domain import units
from calha.domain.analyses import Water
from calha.domain.consumption import Consumption
from calha.domain.directory import DeviceEntry
from calha.domain.meter_events import (
    DAY_HOURS,
    FEWEST_MOVING,
    MEMORY_DAYS,
    QUARTERS,
    Backflow,
    Leak,
    Movement,
    backflow_of,
    burst_hours,
    leak_of,
    movement_of,
    remembered_movement,
    stopped_days,
)
from calha.domain.meter_sizing import Sizing, sizing_of
from calha.domain.meter_tamper import Sign, fallen, idle, reversed_, set_back
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.registers import TICKS, RegisterEvent, Verdict
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.metering.counting import Counting
from calha.metering.meters import Meter
from calha.store.telemetry import Columns, Telemetry

HISTORY_US = MEMORY_DAYS * DAY_US  # as long as a meter remembers its flags
BURST_HOURS = 31 * DAY_HOURS  # whose usual highest hour a burst exceeds
WHOLE = 0.99  # coverage from which an interval is known
LITRES, LITRES_AN_HOUR = "L", "L/h"
SELDOM_US = 21 * MINUTE_US  # a step of three of them leaves a hole: a meter may report every hour, a little late
QUARTER_US = 15 * MINUTE_US

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeterReport:
    """leak: what runs all the time. bursts: begins of hours of the last day. stopped_days: 0 while it moves.

    movement: of the last day. remembered: the worst movement of a day since `from_`, and how many days ago the newest such one
    ended. backflow, reversed_l: since `from_`; None for a register that only counts up.
    """

    from_: Micros
    until: Micros
    leak: Leak | None = None
    movement: Movement | None = None
    remembered: tuple[Movement, int] | None = None
    bursts: Sequence[Micros] = ()
    reversed_l: float | None = None
    backflow: Backflow | None = None
    stopped_days: int = 0
    known_hours: int = 0
    tamper: Sequence[Sign] = ()
    sizing: Sizing | None = None


def meter_report(
    counting: Counting,
    telemetry: Telemetry,
    device: DeviceEntry,
    meter: Meter,
    declared: Water,
    window: tuple[Micros, Micros],
) -> MeterReport:
    """Of at most the MEMORY_DAYS before the window's end. Raises StoreUnavailable, IncompatibleUnits."""
    until = window[1] - window[1] % HOUR_US
    from_ = max(until - HISTORY_US, window[0] + -window[0] % HOUR_US)
    if until <= from_:
        return MeterReport(from_, until)
    meter, reports_us = _as_it_reports(telemetry, meter, from_, until)
    counted = counting.of(meter, np.arange(from_, until + 1, HOUR_US), measured=True)
    litres = counted.consumption.given_in(LITRES)
    hours = _known(litres)
    bursts = burst_hours(hours[-DAY_HOURS:], hours[-BURST_HOURS:-DAY_HOURS])
    tells_quarters = reports_us <= QUARTER_US
    all_quarters = _quarters(counting, meter, from_, until) if tells_quarters and declared.size is not None else None

    def quarters_of(begin: Micros, end: Micros) -> Floats:
        if all_quarters is None:
            return _quarters(counting, meter, begin, end)
        return all_quarters[(begin - from_) // QUARTER_US : (end - from_) // QUARTER_US]

    quarters = _moving(quarters_of, until, hours) if tells_quarters else np.zeros(0)
    can_reverse = meter.source == "register" and all(one.memory_s is None for one in meter.registers)
    reversed_l = _reversed_l(counted.events, litres) if can_reverse else None
    backflow = backflow_of(reversed_l, _digit_l(meter, litres)) if reversed_l is not None else None
    return MeterReport(
        from_,
        until,
        None if declared.flows_always else leak_of(hours),
        movement_of(quarters[-QUARTERS:]),
        remembered_movement(quarters),
        [int(litres.bounds[-25:-1][place]) for place in np.flatnonzero(bursts)],
        reversed_l,
        backflow,
        stopped_days(litres.amounts(), np.isfinite(hours)),
        int(np.isfinite(hours).sum()),
        [
            *_flags(telemetry, device, declared.tamper, from_, until),
            *_signs(counted.events, backflow),
            *_idle(telemetry, device, declared, litres.bounds, hours),
            *(one for one in [fallen(hours, until)] if one is not None),
        ],
        sizing_of(all_quarters, declared.size) if all_quarters is not None and declared.size is not None else None,
    )


def _as_it_reports(telemetry: Telemetry, meter: Meter, from_: Micros, until: Micros) -> tuple[Meter, int]:
    """The meter with how often it reports, where that is more seldom than its profile says; and that."""
    counts = telemetry.readings([meter.series], from_, until, resolution="1h")[meter.series].count
    filled = counts[counts > 0] if counts is not None else np.zeros(0, np.int64)
    told_us = round(HOUR_US / float(np.median(filled))) if len(filled) else 0
    reports_us = max(meter.usual_us, told_us)
    return replace(meter, usual_us=min(reports_us, max(meter.usual_us, SELDOM_US))), reports_us


def _known(litres: Consumption) -> Floats:
    is_known = (litres.coverage >= WHOLE) & (litres.quality < Quality.ESTIMATED)
    found: Floats = np.where(is_known, litres.amounts(), np.nan)
    return found


def _moving(quarters_of: Callable[[Micros, Micros], Floats], until: Micros, hours: Floats) -> Floats:
    """Quarter hours of the whole days before `until`, as far as they tell of movement; NaN where that is not known.

    Quarter hours take many readings: a day in too few of whose hours water moved is taken as still, and days before one in
    which it never rested are not asked.
    """
    days = hours[len(hours) % DAY_HOURS :].reshape(-1, DAY_HOURS)
    found = np.full((len(days), QUARTERS), np.nan)
    for ago, day in enumerate(days[::-1]):
        if not np.isfinite(day).all():
            continue
        may_move = (day > 0).sum() * (HOUR_US // QUARTER_US) >= FEWEST_MOVING
        end = until - ago * DAY_US
        found[-1 - ago] = quarters_of(end - DAY_US, end) if may_move else 0.0
        if (found[-1 - ago] > 0).all():
            break
    return found.ravel()


def _quarters(counting: Counting, meter: Meter, from_: Micros, until: Micros) -> Floats:
    """What was used in each quarter hour, NaN where that is not known."""
    bounds = np.arange(from_, until + 1, QUARTER_US, dtype=np.int64)
    return _known(counting.of(meter, bounds, measured=True).consumption.given_in(LITRES))


def _reversed_l(events: Sequence[RegisterEvent], litres: Consumption) -> float:
    back = -sum(float(one.volume) for one in events if one.verdict is Verdict.REVERSE)
    return back * _litre(litres)


def _digit_l(meter: Meter, litres: Consumption) -> float:
    """The lowest digit of the register in use; 1 L where nobody says it."""
    register = meter.registers[-1]
    return float(register.resolution * register.multiplier) * _litre(litres) or 1.0


def _litre(litres: Consumption) -> float:
    """Litres in the unit in which the register counts."""
    return float(litres.per_tick) * TICKS


# -- signs of tampering


def _flags(
    telemetry: Telemetry, device: DeviceEntry, channels: Sequence[str], from_: Micros, until: Micros
) -> Iterator[Sign]:
    for channel in channels:
        found = _hours(telemetry, device, channel, from_, until)
        if found is None or found.maximum is None:
            continue
        told = np.nan_to_num(found.maximum) > 0
        if told.any():
            yield Sign("flag", int(found.at[told][0]), channel)


def _signs(events: Sequence[RegisterEvent], backflow: Backflow | None) -> Iterator[Sign]:
    for one in (reversed_(events) if backflow == "major" else None, set_back(events)):
        if one is not None:
            yield one


def _idle(
    telemetry: Telemetry, device: DeviceEntry, declared: Water, bounds: NDArray[np.int64], hours: Floats
) -> Iterator[Sign]:
    found = _hours(telemetry, device, declared.flow, int(bounds[0]), int(bounds[-1]))
    if found is None:
        return
    flow = np.full(len(hours), np.nan)
    good = (found.quality < Quality.ESTIMATED) & np.isfinite(found.value)
    flow[(found.at[good] - bounds[0]) // HOUR_US] = found.value[good] * float(
        units.factor(declared.flow_unit, LITRES_AN_HOUR)
    )
    sign = idle(bounds[:-1], hours, flow)
    if sign is not None:
        yield sign


def _hours(telemetry: Telemetry, device: DeviceEntry, key: str | None, from_: Micros, until: Micros) -> Columns | None:
    entry = device.channels.get(key) if key is not None else None
    if entry is None:
        return None
    return telemetry.readings([entry.series], from_, until, resolution="1h")[entry.series]
