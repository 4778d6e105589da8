"""What a check would have said of the past: the same conditions and delays as `evaluation`, along time and not across checks.

Nothing here goes reading by reading, so that 90 days of minutes take milliseconds. That both say the same is a test.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calha.domain.alarm_rules import (
    Deviation,
    Difference,
    Formula,
    FromExpected,
    LeastHour,
    NoData,
    Rate,
    StateIs,
    Value,
    VoltageQuality,
)
from calha.domain.formulas import compiled
from calha.domain.presence import SILENT_AT_LEAST_S, SILENT_INTERVALS
from calha.domain.readings import Micros
from calha.domain.supply_voltage import bands_of
from calha.domain.times import HOUR_US, SECOND_US
from calha.watch.alarms import least_hour, voltage
from calha.watch.alarms.checks import NEVER, Bools, Check, Floats, Force, Ints, Rows, proofs
from calha.watch.alarms.forces import in_force
from calha.watch.alarms.signals import difference, is_one_of
from calha.watch.anomaly.expecting import expected


class Track(NamedTuple):
    """Readings of one series by time."""

    at: Ints
    value: Floats
    quality: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Told:
    """A signal along time, NaN where it is unknown; inside: whether the schedule is in force and nothing suppresses it."""

    at: Ints
    signal: Floats
    inside: Bools | None = None


@dataclass(frozen=True, slots=True)
class Spells:
    """When a condition held, by time. ended: the end of what was looked at where it still holds (`lasts`)."""

    began: Ints
    ended: Ints
    lasts: bool

    def __len__(self) -> int:
        return len(self.began)

    @property
    def duration_us(self) -> Ints:
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Runs:
    """Times of the same condition after one another. unknown: nothing proves it."""

    began: Ints
    ended: Ints
    holds: Bools
    unknown: Bools
    until: Micros


def replay(check: Check, inputs: Sequence[Track], until: Micros) -> Spells:
    """When the check's alarm would have been active up to a time. inputs: in the order of the check's."""
    if isinstance(check.rule.signal, NoData):
        return silences(inputs[0].at if inputs else np.zeros(0, np.int64), until)
    return spells(check, told(check, inputs), until)


def told(check: Check, inputs: Sequence[Track]) -> Told:
    """What the check would have looked at; the track of the state that suppresses it may follow its inputs."""
    mine, design = inputs[: len(check.inputs)], inputs[len(check.inputs) :]
    at, values = _together(mine)
    at, signal = _signal(check, at, values)
    schedule = check.rule.schedule
    inside = in_force(Force(schedule, check.zone), at) if schedule else None
    suppressing = check.suppressing
    if suppressing is None or not design:
        return Told(at, signal, inside)
    is_free = ~_during(replay(suppressing, design, int(at[-1]) + 1 if len(at) else 0), at)
    return Told(at, signal, is_free if inside is None else inside & is_free)


def _during(found: Spells, at: Ints) -> Bools:
    place = np.searchsorted(found.began, at, side="right") - 1
    during: Bools = (place >= 0) & (at < np.append(found.ended, NEVER)[place])
    return during


def spells(check: Check, seen: Told, until: Micros) -> Spells:
    """When the alarm would have been active."""
    rule = check.rule
    return lasting(runs(check, seen, until, rule.deadband), rule.on_delay_s + rule.lasting_s, rule.off_delay_s)


def runs(check: Check, seen: Told, until: Micros, deadband: float) -> Runs:
    """How long each time the condition held, and did not, with a deadband."""
    beyond = seen.signal * check.limit.side
    if seen.inside is not None:
        beyond[~seen.inside] = -np.inf
    limit = check.limit.side * check.limit.value
    begins = beyond > limit
    said = np.flatnonzero(begins | (beyond <= limit - deadband))
    turns, holds = _turns(said, begins[said])
    repeat = check.rule.repeat
    if repeat is not None:
        full = _repeated(_along(turns, holds, len(beyond)), seen.at, repeat.count, round(repeat.within_s * SECOND_US))
        turns, holds = _turns(np.arange(len(full)), full)
    return _runs(seen.at, turns, holds, np.isnan(beyond), until)


def lasting(found: Runs, on_s: float, off_s: float) -> Spells:
    """What lasts longer than its delay; what is unknown between makes the delay begin anew."""
    delay_us = np.where(found.holds, round(on_s * SECOND_US), round(off_s * SECOND_US))
    due = found.began + delay_us
    lasts = ~found.unknown & ((due < found.ended) | (delay_us == 0))
    said, due = found.holds[lasts], due[lasts]
    changes = said != np.append(False, said[:-1])[: len(said)]
    began, ended = due[changes & said], due[changes & ~said]
    is_open = len(began) > len(ended)
    return Spells(began, np.append(ended, found.until) if is_open else ended, is_open)


def silences(at: Ints, until: Micros) -> Spells:
    """When a device was silent for longer than is usual for it, as `domain.presence` has it."""
    gaps = np.diff(np.append(at, until))
    if len(gaps) < 2:  # nothing is usual yet
        return Spells(at[:0], at[:0], False)
    usual_us = float(np.median(gaps[:-1]))
    limit = round(max(SILENT_INTERVALS * usual_us, SILENT_AT_LEAST_S * SECOND_US))
    places = np.flatnonzero(gaps > limit)
    ended = np.append(at, until)[places + 1]
    return Spells(at[places] + limit, ended, bool(len(places)) and places[-1] == len(gaps) - 1)


# -- signals along time


def _together(inputs: Sequence[Track]) -> tuple[Ints, list[Floats]]:
    """All times at which one of the inputs had a reading, and what each of them said last by then."""
    proven = [proofs(one.value, one.quality) for one in inputs]
    if len(inputs) == 1:
        return inputs[0].at, proven
    at = np.unique(np.concatenate([one.at for one in inputs]))
    values = []
    for one, value in zip(inputs, proven, strict=True):
        place = np.searchsorted(one.at, at, side="right")
        values.append(np.append(np.nan, value)[place])
    return at, values


def _signal(check: Check, at: Ints, values: Sequence[Floats]) -> tuple[Ints, Floats]:
    match check.rule.signal:
        case Value():
            return at, values[0]
        case StateIs() as states:
            return at, is_one_of(values[0], np.full(len(at), states.mask, np.uint64))
        case Difference(_, _, is_percent):
            return at, difference(values[0], values[1], is_percent)
        case Formula(text, channels):
            return at, np.broadcast_to(compiled(text).reckon(dict(zip(channels, values, strict=True))), at.shape)
        case Rate(_, over_s):
            return _rate(at, values[0], round(over_s * SECOND_US))
        case Deviation(_, over_s):
            return at, _deviation(at, values[0], round(over_s * SECOND_US))
        case FromExpected(_, is_percent):
            return at, difference(values[0], expected(at, values[0], check.zone), is_percent)
        case VoltageQuality(_, nominal, measure, level):
            edges = np.array(bands_of(nominal, level).edges(measure))
            return voltage.past(at, values[0], edges)
        case LeastHour():
            return least_hour.past(at, values[0], check.zone, check.limit.side * check.limit.value)
        case NoData():
            raise AssertionError("silence is no signal of readings")


def _rate(at: Ints, value: Floats, over_us: int) -> tuple[Ints, Floats]:
    known = np.flatnonzero(~np.isnan(value))
    firsts = known[_starts(at[known] // over_us)]
    tells = firsts[1:]
    signal = np.full(len(at), np.nan)
    signal[tells] = np.diff(value[firsts]) / np.diff(at[firsts]) * HOUR_US
    is_told = np.isnan(value)
    is_told[tells] = True
    return at[is_told], signal[is_told]


def _deviation(at: Ints, value: Floats, over_us: int) -> Floats:
    known = np.flatnonzero(~np.isnan(value))
    if not len(known):
        return value
    spell = at[known] // over_us
    starts = np.flatnonzero(_starts(spell))
    counts = np.diff(np.append(starts, len(known)))
    means = np.add.reduceat(value[known], starts) / counts
    follows = np.append(False, np.diff(spell[starts]) == 1)
    expected = np.where(follows, np.append(np.nan, means[:-1]), np.nan)
    found = np.full(len(at), np.nan)
    found[known] = value[known] - np.repeat(expected, counts)
    return found


def _starts(spell: Ints) -> Bools:
    return np.append(True, spell[1:] != spell[:-1])[: len(spell)]


# -- conditions along time


def _turns(places: Rows, said: Bools) -> tuple[Rows, Bools]:
    """Where what is said differs from what was said before, and what it is there; at first nothing holds."""
    differs = said != np.append(False, said[:-1])[: len(said)]
    return places[differs], said[differs]


def _along(turns: Rows, holds: Bools, size: int) -> Bools:
    """The same at every place: from beyond the limit until back by the deadband, and while nothing is known."""
    found: Bools = np.append(False, holds)[np.searchsorted(turns, np.arange(size), side="right")]
    return found


def _runs(at: Ints, turns: Rows, holds: Bools, unknown: Bools, until: Micros) -> Runs:
    is_start = np.append(True, unknown[1:] != unknown[:-1])[: len(at)]
    is_start[turns] = True
    starts = np.flatnonzero(is_start)
    began = at[starts]
    held = np.append(False, holds)[np.searchsorted(turns, starts, side="right")]
    return Runs(began, np.append(began[1:], until)[: len(began)], held, unknown[starts], until)


def _repeated(holds: Bools, at: Ints, count: int, within_us: int) -> Bools:
    """Whether it began `count` times within a time."""
    begins = holds & ~np.append(False, holds[:-1])
    times = at[begins]
    so_far = np.cumsum(begins)
    oldest = np.append(times, NEVER)[np.where(so_far >= count, so_far - count, len(times))]
    found: Bools = (so_far >= count) & (oldest >= at - within_us)
    return found
