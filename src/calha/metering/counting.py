"""Consumption of meters over a calendar, from what the store has of them now: what is corrected there is corrected here.

Long spans are counted in parts, which add up because intervals are differences (`domain.curves`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calha.domain.consumption import Consumption, consumption
from calha.domain.curves import Curve, flow_curve, register_curve
from calha.domain.readings import Micros
from calha.domain.register_breaks import Ints, Readings
from calha.domain.register_steps import steps
from calha.domain.registers import Decision, RegisterEvent
from calha.domain.times import HOUR_US
from calha.metering.meters import Meter
from calha.metering.windows import Windows
from calha.store.metering import RegisterStore

GAP_INTERVALS = 3  # readings further apart than so many usual intervals leave a hole,
GAP_SHARE = 0.05  # or than this share of the intervals asked for
METERS_AT_ONCE = 50
READINGS_AT_ONCE = 4_000_000  # of all meters that are counted together


@dataclass(frozen=True, slots=True)
class Counted:
    """Consumption of a meter, and the events of its register in that time."""

    meter: Meter
    consumption: Consumption
    events: Sequence[RegisterEvent]


class Counting:
    def __init__(self, windows: Windows, registers: RegisterStore) -> None:
        self._windows = windows
        self._registers = registers

    def of(self, meter: Meter, bounds: Ints, supposed: Sequence[Decision] = ()) -> Counted:
        """Of one meter in the intervals between `bounds` (of a `Calendar`, or any others). Raises StoreUnavailable.

        supposed: decisions that nobody has made yet, for a look at what would follow.
        """
        return next(self.of_all([meter], bounds, supposed))

    def of_all(self, meters: Sequence[Meter], bounds: Ints, supposed: Sequence[Decision] = ()) -> Iterator[Counted]:
        """Of many meters, some at a time."""
        for start in range(0, len(meters), METERS_AT_ONCE):
            together = meters[start : start + METERS_AT_ONCE]
            made = self._registers.decisions([meter.series for meter in together])
            decisions = {series: [*(row.decision() for row in rows), *supposed] for series, rows in made.items()}
            parts = [self._part(together, part, decisions) for part in _parts(together, bounds)]
            for meter in together:
                yield _whole(meter, [part[meter.series] for part in parts])

    def _part(
        self, meters: Sequence[Meter], bounds: Ints, decisions: Mapping[int, Sequence[Decision]]
    ) -> dict[int, Counted]:
        whole_hours = bool((bounds % HOUR_US == 0).all())
        from_, until = int(bounds[0]), int(bounds[-1])
        decided = {series: [one.at for one in some] for series, some in decisions.items()}
        found = self._windows.readings(meters, from_, until, whole_hours=whole_hours, decided=decided)
        return {meter.series: _counted(meter, found[meter.series], decisions[meter.series], bounds) for meter in meters}


def _parts(meters: Sequence[Meter], bounds: Ints) -> Iterator[Ints]:
    """The bounds in parts of which not too many readings are expected."""
    usual_us = min(meter.usual_us for meter in meters)
    span_us = READINGS_AT_ONCE * usual_us // len(meters)
    first = 0
    while first < len(bounds) - 1:
        last = int(np.searchsorted(bounds, bounds[first] + span_us, side="right")) - 1
        last = min(max(last, first + 1), len(bounds) - 1)
        yield bounds[first : last + 1]
        first = last


def _counted(meter: Meter, readings: Readings, decisions: Sequence[Decision], bounds: Ints) -> Counted:
    from_, until = int(bounds[0]), int(bounds[-1])
    longest_us = round(max(GAP_INTERVALS * meter.usual_us, GAP_SHARE * int(np.diff(bounds).min())))
    if meter.source == "flow":
        curve = flow_curve(readings, longest_us, meter.per_hour, bounds)
        return Counted(meter, consumption(curve, bounds, meter.unit), ())
    curve, events = _of_register(meter, readings, decisions, longest_us, until)
    inside = [event for event in events if from_ < event.at <= until]
    return Counted(meter, consumption(curve, bounds, meter.unit), inside)


def _of_register(
    meter: Meter, readings: Readings, decisions: Sequence[Decision], longest_us: int, until: Micros
) -> tuple[Curve, Sequence[RegisterEvent]]:
    """Decisions outside the readings that were read belong to other times, except behind the very last reading."""
    begin = int(readings.at[0]) if len(readings) else until
    end = max(until, int(readings.at[-1])) if len(readings) else until
    judged = steps(readings, meter.registers, [one for one in decisions if begin < one.at <= end])
    return register_curve(judged, longest_us), judged.events


def _whole(meter: Meter, parts: Sequence[Counted]) -> Counted:
    if len(parts) == 1:
        return parts[0]
    events = [event for part in parts for event in part.events]
    return Counted(meter, Consumption.following([part.consumption for part in parts]), events)
