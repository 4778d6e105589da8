"""The cleanings of a device in a time: its readings as samples, their phases, the recipe that was followed, and the verdict.

Rule 1: nothing is kept: a corrected reading corrects the verdict.
Rule 2: a cleaning that began before the time that is looked at is left out rather than judged by its rest.
Rule 3: the step that a PLC names lasts until it names the next, as many send it only then; what is measured counts only
        beside readings that are about as new.
Rule 4: a seal of a report that was made before steps lasted so is held against what counted then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.analyses import Cleaning
from calha.domain.cip import MAX_GAP_S, Judgement, Phase, Recipe, Samples, judge, recipe_of
from calha.domain.cip_phases import IDLE_S, Marks, cycles, kinds_of_signals, kinds_of_steps
from calha.domain.cip_shortfalls import Gap, Shortfall, gaps, shortfalls
from calha.domain.directory import DeviceEntry
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.times import HOUR_US, SECOND_US
from calha.store.telemetry import Columns, Telemetry

LONGEST_US = 6 * HOUR_US  # of a cleaning; so much before the time is looked at as well, to know where one began
HOLD = 1.5  # of a channel's own interval: as long a value counts beside channels that are sent at other times


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaning from its first phase to its last. is_running: it has not been idle long enough to be over."""

    from_: Micros
    until: Micros
    is_running: bool
    judgement: Judgement
    shortfalls: tuple[Shortfall, ...] = ()
    gaps: tuple[Gap, ...] = ()


def cleanings(
    telemetry: Telemetry,
    device: DeviceEntry,
    declared: Cleaning,
    from_: Micros,
    until: Micros,
    *,
    steps_last: bool = True,
) -> list[Cleaned]:
    """Those that begin in the time, oldest first. steps_last: until the next is named. Raises StoreUnavailable."""
    keys = (declared.temperature, declared.conductivity, declared.flow, declared.phase)
    entries = [device.channels.get(key) if key is not None else None for key in keys]
    series = [one.series for one in entries if one is not None]
    found = telemetry.readings(series, from_ - LONGEST_US, until, resolution="raw")
    columns = [_good(found[one.series]) if one is not None else None for one in entries]
    at = _times(columns)
    temperature, conductivity, flow = (_held(one, at) for one in columns[:3])
    samples = Samples(at, temperature, conductivity, flow)
    codes = _lasting(columns[3], at) if steps_last else _held(columns[3], at)
    has_steps = bool(np.isfinite(codes).any())
    if has_steps and steps_last:  # what came before the first that was named is of no step
        named = slice(int(np.argmax(np.isfinite(codes))), None)
        samples, codes = samples.part(named), codes[named]
    kinds = kinds_of_steps(codes, declared.steps) if has_steps else kinds_of_signals(samples, Marks())
    return [
        _cleaned(one, recipe_of(one, declared.recipes), until)
        for one in cycles(samples, kinds, names_rinses=has_steps)
        if one[0].from_ >= from_
    ]


def judged_now_or_before(
    telemetry: Telemetry, device: DeviceEntry, declared: Cleaning, from_: Micros, until: Micros
) -> list[Cleaned]:
    """The same by what counts now, then by what counted before: a report may be of either. Raises StoreUnavailable."""
    asked = telemetry, device, declared, from_, until
    return cleanings(*asked) + cleanings(*asked, steps_last=False)


def _cleaned(phases: Sequence[Phase], recipe: Recipe, now: Micros) -> Cleaned:
    return Cleaned(
        phases[0].from_,
        phases[-1].until,
        now - phases[-1].until < IDLE_S * SECOND_US,
        judge(phases, recipe),
        shortfalls(phases, recipe),
        gaps(phases, recipe),
    )


def _good(columns: Columns) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    is_good = (columns.quality < Quality.BAD) & np.isfinite(columns.value)
    return columns.at[is_good], columns.value[is_good]


def _times(columns: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]] | None]) -> NDArray[np.int64]:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *(one[0] for one in columns if one is not None)]))


def _lasting(
    column: tuple[NDArray[np.int64], NDArray[np.float64]] | None, at: NDArray[np.int64]
) -> NDArray[np.float64]:
    """A state at each time: its latest, however old; NaN before the first."""
    if column is None or not len(column[0]):
        return np.full(len(at), np.nan)
    own, values = column
    place = np.searchsorted(own, at, "right") - 1
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)


def _held(column: tuple[NDArray[np.int64], NDArray[np.float64]] | None, at: NDArray[np.int64]) -> NDArray[np.float64]:
    """A channel's value at each time: its latest, if that is not too old; NaN without one."""
    if column is None or not len(column[0]):
        return np.full(len(at), np.nan)
    own, values = column
    usual_us = float(np.median(np.diff(own))) if len(own) > 1 else 0.0
    place = np.searchsorted(own, at, "right") - 1
    age_us = at - own[np.maximum(place, 0)]
    is_fresh = (place >= 0) & (age_us <= min(HOLD * usual_us, MAX_GAP_S * SECOND_US / 2))
    return np.where(is_fresh, values[np.maximum(place, 0)], np.nan)
