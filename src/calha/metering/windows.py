"""Readings of a time span with those around it that its edges need.

Verdicts at the begin of a span depend on some readings before it, and the value at an edge on both its neighbours; so a span is
read with MARGIN readings before it and LOOK_AHEAD + 1 behind it, as far as there are any.

Where a register is read many times an hour and whole days are asked for, the store's hours serve instead of single readings:
the first and the last reading of an hour stand for it as long as the register simply grew in it and nobody decided anything
about it; other hours are read in full. Hours are also all that is left of readings whose retention is over.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.register_breaks import Flags, Floats, Ints, Readings
from calha.domain.registers import LOOK_AHEAD
from calha.domain.times import EARLIEST, HOUR_US
from calha.metering.meters import Meter
from calha.store.telemetry import Columns, Telemetry

MARGIN = 64
WIDER = 16  # how much further is looked each time
ONE_OF = 5  # readings is expected to be read where hours serve
MAX_HOURS_IN_FULL = 500  # of one register that are read one by one; beyond, the whole span is

_NONE = Readings(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint8))


class Windows:
    """has_retention: whether readings may be gone of which hours are kept."""

    def __init__(self, telemetry: Telemetry, *, has_retention: bool = False) -> None:
        self._telemetry = telemetry
        self._has_retention = has_retention

    def readings(
        self,
        meters: Sequence[Meter],
        from_: Micros,
        until: Micros,
        *,
        whole_hours: bool = False,
        decided: Mapping[int, Sequence[Micros]] | None = None,
    ) -> dict[int, Readings]:
        """Readings of each meter in [from_, until] and around it, by series. Raises StoreUnavailable.

        whole_hours: whether how a register grew within an hour does not matter. decided: times about which an operator
        decided something, by series.
        """
        found = dict.fromkeys((one.series for one in meters), _NONE)
        by_hours: list[Meter] = []
        singly: list[Meter] = []
        for meter in meters:
            if not self._telemetry.latest.has_any([meter.series]):
                continue
            (by_hours if whole_hours and _is_by_hours(meter) else singly).append(meter)
        inside = self._by_hours(by_hours, from_, until + 1, decided or {}) | self._singly(singly, from_, until + 1)
        usual_us = max((one.usual_us for one in meters), default=1)
        series = list(inside)
        before, after = self._before(series, from_, usual_us), self._after(series, until + 1, usual_us)
        return found | {one: _joined(before[one], inside[one], after[one]) for one in series}

    def usual_us(self, meter: Meter, *, whole_hours: bool) -> int:
        """How far the readings that are read of a meter usually lie apart; of some hours all of them are."""
        return meter.usual_us * (ONE_OF if whole_hours and _is_by_hours(meter) else 1)

    # -- around the span

    def _before(self, series: Sequence[int], from_: Micros, usual_us: int) -> dict[int, Readings]:
        found = dict.fromkeys(series, _NONE)
        reach, wanted = 2 * MARGIN * usual_us, list(series)
        since = max(EARLIEST, self._telemetry.since)
        begin, end = max(since, from_ - reach), from_
        while wanted and end > since:
            for one, readings in self._raw(wanted, begin, end).items():
                found[one] = _joined(readings, found[one]).take(slice(-MARGIN, None))
            wanted = [one for one in wanted if len(found[one]) < MARGIN]
            reach *= WIDER
            begin, end = max(since, from_ - reach), begin
        return found

    def _after(self, series: Sequence[int], until: Micros, usual_us: int) -> dict[int, Readings]:
        count = LOOK_AHEAD + 1
        found = dict.fromkeys(series, _NONE)
        reach, begin = 4 * count * usual_us, until
        wanted = [one for one in series if self._newest(one) >= begin]
        while wanted:
            end = until + reach
            for one, readings in self._raw(wanted, begin, end).items():
                found[one] = _joined(found[one], readings).take(slice(count))
            wanted = [one for one in wanted if len(found[one]) < count and self._newest(one) >= end]
            reach, begin = reach * WIDER, end
        return found

    def _newest(self, series: int) -> Micros:
        at = self._telemetry.latest.at
        return int(at[series]) if series < len(at) else EARLIEST

    # -- the span itself

    def _raw(self, series: Sequence[int], from_: Micros, until: Micros) -> dict[int, Readings]:
        if not series:
            return {}
        found = self._telemetry.readings(series, from_, until, resolution="raw")
        return {one: Readings.of(columns.at, columns.value, columns.quality) for one, columns in found.items()}

    def _singly(self, meters: Sequence[Meter], from_: Micros, until: Micros) -> dict[int, Readings]:
        found = self._raw([one.series for one in meters], from_, until)
        if not found or not self._has_retention:
            return found
        hours = self._telemetry.readings(list(found), from_, until, resolution="1h")
        return {
            one.series: _joined(found[one.series], _kept(one, hours[one.series], found[one.series])) for one in meters
        }

    def _by_hours(
        self, meters: Sequence[Meter], from_: Micros, until: Micros, decided: Mapping[int, Sequence[Micros]]
    ) -> dict[int, Readings]:
        if not meters:
            return {}
        hours = self._telemetry.readings([one.series for one in meters], from_, until, resolution="1h")
        return {
            one.series: self._of_hours(one, hours[one.series], from_, until, decided.get(one.series, ()))
            for one in meters
        }

    def _of_hours(
        self, meter: Meter, hours: Columns, from_: Micros, until: Micros, decided: Sequence[Micros]
    ) -> Readings:
        grew = _only_grew(meter, hours) & ~np.isin(hours.at, [at - at % HOUR_US for at in decided])
        odd = hours.at[~grew].tolist()
        if len(odd) > MAX_HOURS_IN_FULL:
            spans = [(from_, until)]
        else:
            spans = [(max(from_, begin), min(until, begin + HOUR_US)) for begin in odd]
        in_full = _joined(*(self._raw([meter.series], *span)[meter.series] for span in spans))
        return _joined(_ends(hours, grew), in_full, _kept(meter, hours, in_full) if self._has_retention else _NONE)


def _is_by_hours(meter: Meter) -> bool:
    return meter.source == "register" and meter.usual_us * 15 < HOUR_US


def _kept(meter: Meter, hours: Columns, readings: Readings) -> Readings:
    """What is left of the hours of which there are no readings: of a flow its mean."""
    is_gone = ~np.isin(hours.at, readings.at - readings.at % HOUR_US)
    if meter.source == "register":
        return _ends(hours, is_gone)
    mean = hours.value
    return _ends(hours, is_gone, mean, mean)


def _only_grew(meter: Meter, hours: Columns) -> Flags:
    """Hours in which the first reading is the lowest and the last the highest, as plausible, and none was bad."""
    assert hours.first is not None
    assert hours.last is not None
    assert hours.first_at is not None
    assert hours.last_at is not None
    is_monotone = (hours.minimum == hours.first) & (hours.maximum == hours.last) & (hours.quality < Quality.BAD)
    elapsed = np.where(is_monotone, hours.last_at - hours.first_at, 0)
    grown = np.where(is_monotone, hours.last - hours.first, 0.0)
    for register in meter.registers:
        is_monotone &= grown * 10.0**register.reading_decimals * register.ticks_per_step <= register.cap(elapsed)
    return is_monotone


def _ends(hours: Columns, chosen: Flags, first: Floats | None = None, last: Floats | None = None) -> Readings:
    """The first and the last readings of the chosen hours."""
    assert hours.first_at is not None
    assert hours.last_at is not None
    assert hours.count is not None
    first = first if first is not None else hours.first
    last = last if last is not None else hours.last
    assert first is not None
    assert last is not None
    chosen = chosen & (hours.count > 0)
    quality = np.minimum(hours.quality[chosen], np.uint8(Quality.BAD - 1))
    at: Ints = np.concatenate([hours.first_at[chosen], hours.last_at[chosen]])
    return Readings.of(at, np.concatenate([first[chosen], last[chosen]]), np.concatenate([quality, quality]))


def _joined(*parts: Readings) -> Readings:
    filled = [part for part in parts if len(part)]
    return Readings.joined(filled) if filled else _NONE
