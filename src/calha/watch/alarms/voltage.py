"""DRP and DRC (PRODIST, Module 8) as a signal: means of ten minutes outside their band, as a share of a week of 1,008.

The day that runs and the six before it (UTC) are looked at, so that a share is never overstated. A mean is that of the
squares of all readings within ten minutes; it counts from FEWEST_MINUTES measured ones on (`minutes_of`), and is told with the
first reading behind it.

Of `Memory`: spell is the ten minutes that run, anchor_at the newest reading's time and anchor the gap before it, total the sum
of squares, count how many readings and expected how many minutes they stand for.
"""

import numpy as np

from calha.domain.supply_voltage import FEWEST_MINUTES, READINGS, minutes_of, stands_for
from calha.domain.times import MINUTE_US
from calha.watch.alarms.checks import NEVER, Bools, Checks, Floats, Ints, Rows
from calha.watch.alarms.memory import Memory

TEN_US = 10 * MINUTE_US
TENS_A_DAY, DAYS = 144, 7


def live(checks: Checks, memory: Memory, rows: Rows, at: Ints) -> tuple[Floats, Bools]:
    """The signal of these checks, and whether their readings tell it."""
    value, ten = memory.held[rows, 0], at // TEN_US
    is_known = ~np.isnan(value)
    is_new = is_known & (ten != memory.spell[rows])
    is_told = is_new & (memory.spell[rows] != NEVER)
    _close(checks, memory, rows[is_told], ten[is_told])
    begun = rows[is_new]
    memory.spell[begun] = ten[is_new]
    memory.total[begun] = memory.count[begun] = memory.expected[begun] = 0.0
    _add(memory, rows[is_known], at[is_known], value[is_known])
    return _percent(memory.week[rows].sum(axis=1)), is_told


def past(at: Ints, value: Floats, edges: Floats) -> tuple[Ints, Floats]:
    """(times, signal) along time. edges: see `Bands.edges`."""
    is_known = ~np.isnan(value)
    at, value = at[is_known], value[is_known]
    starts = np.flatnonzero(np.append(True, np.diff(at // TEN_US) > 0)[: len(at)])
    if len(starts) < 2:
        return at[:0], value[:0]
    tens, counts = at[starts] // TEN_US, np.diff(np.append(starts, len(at)))
    squares, minutes = np.add.reduceat(value**2, starts), np.add.reduceat(minutes_of(at), starts)
    so_far = np.append(0.0, np.cumsum(_counts(squares, counts, minutes, edges)))
    day = tens // TENS_A_DAY
    first = np.searchsorted(day, day[1:] - (DAYS - 1))
    ended = np.arange(1, len(tens))
    return at[starts[1:]], _percent(so_far[ended] - so_far[np.minimum(first, ended)])


def _add(memory: Memory, rows: Rows, at: Ints, value: Floats) -> None:
    last = memory.anchor_at[rows]
    gap = np.where(last == NEVER, 0, at - last)
    before = np.nan_to_num(memory.anchor[rows]).astype(np.int64)
    memory.expected[rows] += stands_for(gap, before, (last == NEVER) | (at // MINUTE_US != last // MINUTE_US))
    memory.total[rows] += value**2
    memory.count[rows] += 1.0
    memory.anchor_at[rows], memory.anchor[rows] = at, gap


def _close(checks: Checks, memory: Memory, rows: Rows, ten: Ints) -> None:
    """End the ten minutes that ran, and forget days that are a week ago by those that begin."""
    counted = _counts(memory.total[rows], memory.count[rows], memory.expected[rows], checks.edges[rows].T)
    day, begun = memory.spell[rows] // TENS_A_DAY, ten // TENS_A_DAY
    memory.week[rows, day % DAYS] += counted
    for passed in range(1, DAYS + 1):
        turned = begun - day >= passed
        memory.week[rows[turned], (day[turned] + passed) % DAYS] = 0.0


def _counts(squares: Floats, counts: Floats | Ints, minutes: Floats, edges: Floats) -> Floats:
    """1 for each mean that the measure counts, else 0."""
    mean = np.sqrt(squares / np.maximum(counts, 1))
    inner_low, inner_high, outer_low, outer_high = edges
    is_outside: Bools = ((mean < inner_low) | (mean > inner_high)) & (outer_low <= mean) & (mean <= outer_high)
    found: Floats = np.where(is_outside & (minutes >= FEWEST_MINUTES), 1.0, 0.0)
    return found


def _percent(counted: Floats) -> Floats:
    return counted * 100.0 / READINGS
