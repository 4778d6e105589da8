"""The lowest hour of a local day as a signal: what a counter grew in it, from the first reading of an hour to that of the next.

Told with the first reading of the next day. A day of which an hour is not measured (no reading, or the register fell) says
nothing, unless another hour of it lies within the limit: then water rested.

Of `Memory`: spell is the hour of the newest reading, anchor its first reading, total the lowest hour of the day so far;
count is 1 when an hour of the day is not measured.
"""

from datetime import tzinfo

import numpy as np

from calha.domain.times import HOUR_US
from calha.watch.alarms.checks import NEVER, Bools, Checks, Floats, Ints, Rows
from calha.watch.alarms.forces import local_days
from calha.watch.alarms.memory import Memory


def live(checks: Checks, memory: Memory, rows: Rows, at: Ints) -> tuple[Floats, Bools]:
    """The signal of these checks, and whether their readings tell it."""
    found, is_told = np.full(len(rows), np.nan), np.zeros(len(rows), bool)
    value, hour = memory.held[rows, 0], at // HOUR_US
    places = np.flatnonzero(~np.isnan(value) & (hour != memory.spell[rows]))
    new, hour, value = rows[places], hour[places], value[places]
    is_measured = _end_hours(memory, new, hour, value)
    turns = _days(checks, new, hour) != _days(checks, new, memory.spell[new])
    turned = new[turns]
    lowest = _told(memory.total[turned], memory.count[turned] > 0, checks.limit[turned])
    found[places[turns]], is_told[places[turns]] = lowest, True
    memory.total[turned], memory.count[turned] = np.inf, ~is_measured[turns]
    memory.spell[new], memory.anchor[new] = hour, value
    return found, is_told


def past(at: Ints, value: Floats, zone: tzinfo, limit: float) -> tuple[Ints, Floats]:
    """(times, signal) along time."""
    is_known = ~np.isnan(value)
    at, value = at[is_known], value[is_known]
    firsts = np.flatnonzero(np.append(True, np.diff(at // HOUR_US) > 0)[: len(at)])
    hour, grown = at[firsts] // HOUR_US, np.diff(value[firsts])
    days = local_days(hour * HOUR_US, zone)
    turns = np.flatnonzero(days[1:] != days[:-1])
    if not len(turns):
        return at[:0], value[:0]
    is_measured = (np.diff(hour) == 1) & (grown >= 0)
    begins, end = np.append(0, turns[:-1] + 1), turns[-1] + 1
    lowest = np.minimum.reduceat(np.where(is_measured, grown, np.inf)[:end], begins)
    is_missing = np.logical_or.reduceat(~is_measured[:end], begins) | np.append(True, ~is_measured[turns[:-1]])
    return at[firsts[turns + 1]], _told(lowest, is_missing, np.full(len(turns), limit))


def _end_hours(memory: Memory, rows: Rows, hour: Ints, value: Floats) -> Bools:
    """Whether the hour that ends is measured; it counts in its day, of which there was none before the first reading."""
    grown = value - memory.anchor[rows]
    is_measured: Bools = (hour == memory.spell[rows] + 1) & (grown >= 0)
    lowest = np.where(memory.spell[rows] == NEVER, np.inf, memory.total[rows])
    memory.total[rows] = np.where(is_measured, np.minimum(lowest, grown), lowest)
    memory.count[rows] = np.maximum(memory.count[rows], ~is_measured)
    return is_measured


def _told(lowest: Floats, is_missing: Bools, limit: Floats) -> Floats:
    found: Floats = np.where(np.isfinite(lowest) & (~is_missing | (lowest <= limit)), lowest, np.nan)
    return found


def _days(checks: Checks, rows: Rows, hour: Ints) -> Ints:
    hour, zone = np.where(hour == NEVER, 0, hour), checks.zone[rows]
    found = np.zeros(len(rows), np.int64)
    for number in np.unique(zone).tolist():
        mine = zone == number
        found[mine] = local_days(hour[mine] * HOUR_US, checks.zones[number])
    return found
