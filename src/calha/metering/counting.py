"""Consumption of meters over a calendar, from what the store has of them now: what is corrected there is corrected here.

Long spans are counted in parts, which add up because intervals are differences (`domain.curves`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calha.domain.consumption import Consumption, consumption
from calha.domain.curves import Curve, flow_curve, register_curve
from calha.domain.edits import Edit, edited
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.register_breaks import Ints, Readings
from calha.domain.register_steps import Steps, steps
from calha.domain.registers import TICKS, Decision, RegisterEvent, Verdict
from calha.domain.times import HOUR_US
from calha.metering.meters import Meter
from calha.metering.windows import Windows
from calha.store.metering import EditRow, EditStore, RegisterStore

GAP_INTERVALS = 3  # readings further apart than so many usual intervals leave a hole,
GAP_SHARE = 0.05  # or than this share of the intervals asked for
METERS_AT_ONCE = 50
MOST_AT_ONCE = 500  # meters whose readings are so few that asking for them costs more than reading them
READINGS_AT_ONCE = 4_000_000  # of all meters that are counted together


Span = tuple[Micros, Micros]


@dataclass(frozen=True, slots=True)
class Counted:
    """Consumption of a meter, the events of its register, and times without readings (whole, beyond the edges too).

    ends: what a register showed when the time began and when it ended. edits: times of which people said what was consumed.
    exchanges: of the meter, as people told them.
    """

    meter: Meter
    consumption: Consumption
    events: Sequence[RegisterEvent]
    holes: Sequence[Span]
    ends: "tuple[Shown | None, Shown | None]" = (None, None)
    edits: Sequence[Span] = ()
    exchanges: Sequence[Decision] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A reading of a register, as the meter shows it."""

    at: Micros
    value: float
    quality: int


@dataclass(frozen=True, slots=True)
class Supposed:
    """What nobody has said yet of a series, for a look at what would follow. edits: after those that hold.

    without, undecided: edits and decisions that hold, by id, as if they were taken back. meter: with what would be said of its
    register.
    """

    series: int
    decisions: Sequence[Decision] = ()
    edits: Sequence[Edit] = ()
    readings: Readings | None = None
    without: frozenset[int] = frozenset()
    undecided: frozenset[int] = frozenset()
    meter: Meter | None = None


NOTHING = Supposed(-1)


class Counting:
    def __init__(self, windows: Windows, registers: RegisterStore, edits: EditStore) -> None:
        self._windows = windows
        self._registers = registers
        self._edits = edits

    def of(self, meter: Meter, bounds: Ints, supposed: Supposed = NOTHING, *, measured: bool = False) -> Counted:
        """Of one meter in the intervals between `bounds` (of a `Calendar`, or any others). Raises StoreUnavailable.

        measured: without edits.
        """
        return next(self.of_all([meter], bounds, supposed, measured=measured))

    def of_all(
        self, meters: Sequence[Meter], bounds: Ints, supposed: Supposed = NOTHING, *, measured: bool = False
    ) -> Iterator[Counted]:
        """Of many meters, some at a time."""
        if supposed.meter is not None:
            meters = [supposed.meter if one.series == supposed.series else one for one in meters]
        is_short = GAP_SHARE * int(np.diff(bounds).min()) < HOUR_US  # two readings an hour would leave holes
        whole_hours = not is_short and bool((bounds % HOUR_US == 0).all())
        usual_us = min((self._windows.usual_us(one, whole_hours=whole_hours) for one in meters), default=1)
        at_once = _at_once(usual_us, bounds)
        for start in range(0, len(meters), at_once):
            together = meters[start : start + at_once]
            said = self._said(together, bounds, supposed, measured)
            parts = [
                self._part(together, part, said, whole_hours=whole_hours)
                for part in _parts(bounds, READINGS_AT_ONCE * usual_us // len(together))
            ]
            for meter in together:
                yield _whole(meter, [part[meter.series] for part in parts])

    def _said(self, meters: Sequence[Meter], bounds: Ints, supposed: Supposed, measured: bool) -> "dict[int, _Said]":
        series = [meter.series for meter in meters]
        decisions = self._registers.decisions(series)
        edits = {} if measured else self._edits.holding(series, int(bounds[0]), int(bounds[-1]))
        said = {
            one: _Said(
                [row.decision() for row in decisions[one] if row.id not in supposed.undecided],
                [edit_of(row) for row in edits.get(one, ()) if row.id not in supposed.without],
            )
            for one in series
        }
        if supposed.series in said:
            said[supposed.series] = said[supposed.series].and_supposed(supposed)
        return said

    def _part(
        self, meters: Sequence[Meter], bounds: Ints, said: "Mapping[int, _Said]", *, whole_hours: bool
    ) -> dict[int, Counted]:
        from_, until = int(bounds[0]), int(bounds[-1])
        decided = {series: [one.at for one in some.decisions] for series, some in said.items()}
        found = self._windows.readings(meters, from_, until, whole_hours=whole_hours, decided=decided)
        return {meter.series: _counted(meter, found[meter.series], said[meter.series], bounds) for meter in meters}


@dataclass(frozen=True, slots=True)
class _Said:
    """What people have said of a meter. readings: what they suppose that it showed."""

    decisions: Sequence[Decision]
    edits: Sequence[Edit]
    readings: Readings | None = None

    def and_supposed(self, supposed: Supposed) -> "_Said":
        return _Said([*self.decisions, *supposed.decisions], [*self.edits, *supposed.edits], supposed.readings)


def edit_of(row: EditRow) -> Edit:
    """An edit as it is applied; what a person entered is substituted, what was calculated is estimated."""
    ticks = np.array([int(amount * TICKS) for amount in row.amounts], np.int64)
    quality = Quality.SUBSTITUTED if row.method == "manual" else Quality.ESTIMATED
    return Edit(np.array(row.bounds, np.int64), ticks, quality)


def _at_once(usual_us: int, bounds: Ints) -> int:
    """So many that all their readings are expected to fit into memory together."""
    each = int(bounds[-1] - bounds[0]) // usual_us + 1
    return min(max(READINGS_AT_ONCE // each, METERS_AT_ONCE), MOST_AT_ONCE)


def _parts(bounds: Ints, span_us: int) -> Iterator[Ints]:
    """The bounds in parts that are no longer than that, if an interval is not."""
    first = 0
    while first < len(bounds) - 1:
        last = int(np.searchsorted(bounds, bounds[first] + span_us, side="right")) - 1
        last = min(max(last, first + 1), len(bounds) - 1)
        yield bounds[first : last + 1]
        first = last


def _counted(meter: Meter, readings: Readings, said: _Said, bounds: Ints) -> Counted:
    from_, until = int(bounds[0]), int(bounds[-1])
    longest_us = round(max(GAP_INTERVALS * meter.usual_us, GAP_SHARE * int(np.diff(bounds).min())))
    events: Sequence[RegisterEvent] = ()
    ends: tuple[Shown | None, Shown | None] = (None, None)
    if said.readings is not None:
        readings = Readings.joined([readings, said.readings])
    if meter.source == "flow":
        curve = flow_curve(readings, longest_us, meter.per_hour, bounds)
    else:
        judged = _judged(meter, readings, said.decisions, until)
        curve, events = register_curve(judged, longest_us), judged.events
        ends = _ends(readings.take(np.isin(readings.at, judged.at)), from_, until)
    holes = _holes(curve, from_, until)
    edits = [edit for edit in said.edits if edit.from_at < until and edit.until_at > from_]
    consumed = consumption(edited(curve, edits), bounds, meter.unit)
    inside = [event for event in events if from_ < event.at <= until]
    told = [(edit.from_at, edit.until_at) for edit in edits]
    exchanges = [one for one in said.decisions if one.verdict is Verdict.EXCHANGE and from_ < one.at <= until]
    return Counted(meter, consumed, inside, holes, ends, told, exchanges)


def _ends(readings: Readings, from_: Micros, until: Micros) -> tuple[Shown | None, Shown | None]:
    """The last readings up to the begin and up to the end; of a register that was not there at the begin, its first one."""
    first, last = (int(np.searchsorted(readings.at, at, side="right")) - 1 for at in (from_, until))
    return (None, None) if last < 0 else (_shown(readings, max(first, 0)), _shown(readings, last))


def _shown(readings: Readings, place: int) -> Shown:
    return Shown(int(readings.at[place]), float(readings.value[place]), int(readings.quality[place]))


def _holes(curve: Curve, from_: Micros, until: Micros) -> list[Span]:
    """Times without readings that touch [from_, until); one behind the last reading too."""
    if not len(curve.at):
        return []
    found: list[Span] = []
    for end in np.flatnonzero(curve.is_hole & (curve.at > from_)).tolist():
        begin_at, end_at = int(curve.at[end - 1]), int(curve.at[end])
        if found and found[-1][1] == begin_at and not curve.is_bridged:  # cut at the intervals' bounds
            found[-1] = (found[-1][0], end_at)
        elif begin_at < until:
            found.append((begin_at, end_at))
    last = int(curve.at[-1])
    return [*found, (last, until)] if last < until else found


def _judged(meter: Meter, readings: Readings, decisions: Sequence[Decision], until: Micros) -> Steps:
    """Decisions outside the readings that were read belong to other times, except behind the very last reading."""
    begin = int(readings.at[0]) if len(readings) else until
    end = max(until, int(readings.at[-1])) if len(readings) else until
    return steps(readings, meter.registers, [one for one in decisions if begin < one.at <= end])


def _whole(meter: Meter, parts: Sequence[Counted]) -> Counted:
    if len(parts) == 1:
        return parts[0]
    events = [event for part in parts for event in part.events]
    holes = list(dict.fromkeys(hole for part in parts for hole in part.holes))
    edits = list(dict.fromkeys(edit for part in parts for edit in part.edits))
    consumed = Consumption.following([part.consumption for part in parts])
    exchanges = [exchange for part in parts for exchange in part.exchanges]
    return Counted(meter, consumed, events, holes, (parts[0].ends[0], parts[-1].ends[1]), edits, exchanges)
