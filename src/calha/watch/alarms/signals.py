"""What checks look at, reading by reading: the signal of each, from its inputs and from what was before.

Rates and means go by spells: times of `over_s` that begin on whole multiples of it, so that a signal depends on the readings
alone and not on when one began to listen. A rate is told once a spell, by its first reading.
"""

import numpy as np

from calha.domain.formulas import compiled
from calha.domain.times import HOUR_US
from calha.watch.alarms import least_hour, voltage
from calha.watch.alarms.checks import (
    DEVIATION,
    DIFFERENCE,
    EXPECTED,
    EXPECTED_PERCENT,
    FORMULA,
    LEAST_HOUR,
    NEVER,
    PERCENT,
    RATE,
    STATE,
    VALUE,
    VOLTAGE,
    Bools,
    Checks,
    Floats,
    Ints,
    Rows,
)
from calha.watch.alarms.memory import Expecting, Memory


def signals(checks: Checks, memory: Memory, rows: Rows, at: Ints, expecting: Expecting) -> tuple[Floats, Bools]:
    """The signal of each of these checks, NaN where unknown, and whether this reading tells it."""
    found, is_told = memory.held[rows, 0].copy(), np.ones(len(rows), bool)
    kinds = checks.kind[rows]
    if not kinds.any():  # nothing but values, as is usual
        return found, is_told
    for kind in np.unique(kinds).tolist():
        mine = np.flatnonzero(kinds == kind)
        chosen, times = rows[mine], at[mine]
        if kind == STATE:
            found[mine] = is_one_of(found[mine], checks.states[chosen])
        elif kind in (DIFFERENCE, PERCENT):
            found[mine] = difference(memory.held[chosen, 0], memory.held[chosen, 1], kind == PERCENT)
        elif kind == FORMULA:
            _formulas(checks, memory, chosen, mine, found)
        elif kind == RATE:
            found[mine], is_told[mine] = _rates(checks, memory, chosen, times)
        elif kind == DEVIATION:
            found[mine] = _deviations(checks, memory, chosen, times)
        elif kind in (EXPECTED, EXPECTED_PERCENT):
            expected = expecting(checks.inputs[chosen, 0], times)
            found[mine] = difference(found[mine], expected, kind == EXPECTED_PERCENT)
        elif kind == VOLTAGE:
            found[mine], is_told[mine] = voltage.live(checks, memory, chosen, times)
        elif kind == LEAST_HOUR:
            found[mine], is_told[mine] = least_hour.live(checks, memory, chosen, times)
    return found, is_told


def is_one_of(value: Floats, states: "np.ndarray[tuple[int], np.dtype[np.uint64]]") -> Floats:
    """1 where a code is among the states (a bit each), else 0; NaN where it is not known."""
    code = np.where((value >= 0) & (value < 64), value, 0).astype(np.uint64)
    is_code = (value == code) & (((states >> code) & np.uint64(1)) == 1)
    found: Floats = np.where(np.isnan(value), np.nan, is_code.astype(np.float64))
    return found


def difference(a: Floats, b: Floats, is_percent: bool) -> Floats:
    """One less the other; a percentage of nothing is unknown."""
    if not is_percent:
        return a - b
    with np.errstate(all="ignore"):
        share = (a - b) / np.abs(b) * 100.0
    found: Floats = np.where(np.isfinite(share), share, np.nan)
    return found


def _formulas(checks: Checks, memory: Memory, rows: Rows, places: Rows, found: Floats) -> None:
    numbers = checks.formula[rows]
    for number in np.unique(numbers).tolist():
        mine = numbers == number
        formula = compiled(checks.formulas[number])
        held = memory.held[rows[mine]]
        found[places[mine]] = formula.reckon({key: held[:, place] for place, key in enumerate(formula.channels)})


def _rates(checks: Checks, memory: Memory, rows: Rows, at: Ints) -> tuple[Floats, Bools]:
    value = memory.held[rows, 0]
    spell = at // checks.over_us[rows]
    is_known = ~np.isnan(value)
    is_new = is_known & (spell != memory.spell[rows])
    has_anchor = memory.anchor_at[rows] != NEVER
    lasted = np.where(has_anchor, at - memory.anchor_at[rows], 1)
    rate = (value - memory.anchor[rows]) / np.maximum(lasted, 1) * HOUR_US
    begun = rows[is_new]
    memory.spell[begun], memory.anchor[begun], memory.anchor_at[begun] = spell[is_new], value[is_new], at[is_new]
    return np.where(is_known, rate, np.nan), ~is_known | (is_new & has_anchor)


def _deviations(checks: Checks, memory: Memory, rows: Rows, at: Ints) -> Floats:
    value = memory.held[rows, 0]
    spell = at // checks.over_us[rows]
    is_known = ~np.isnan(value)
    is_new = is_known & (spell != memory.spell[rows])
    begun = rows[is_new]
    follows = spell[is_new] == memory.spell[begun] + 1
    with np.errstate(invalid="ignore"):
        memory.expected[begun] = np.where(follows, memory.total[begun] / memory.count[begun], np.nan)
    memory.spell[begun] = spell[is_new]
    memory.total[begun] = memory.count[begun] = 0.0
    memory.total[rows[is_known]] += value[is_known]
    memory.count[rows[is_known]] += 1.0
    deviation: Floats = value - memory.expected[rows]
    return deviation


assert VALUE == 0  # `signals` relies on it
