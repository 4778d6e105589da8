"""A cleaning station (CIP): up to four cycles a day, idle in between.

pre-rinse → caustic (NaOH 1.5 %, 75 °C) → rinse → acid (HNO₃ 0.8 %, 62 °C) → rinse → sanitise (88 °C).
Temperature and conductivity approach each phase's values exponentially, as in a pipe that the next liquid fills.
"""

import numpy as np

from calha.domain.times import HOUR_US, MINUTE_US, SECOND_US
from calha.simulate.calendar import local
from calha.simulate.noise import Floats, Seeds, Times, gaussian, smooth, uniform

IDLE, PRE_RINSE, CAUSTIC, RINSE, ACID, FINAL_RINSE, SANITISE = range(7)


def cip_station(seed: Seeds, at: Times, _leaking_s: Floats) -> dict[str, Floats]:
    """phase: code. temperature: °C. conductivity: mS/cm at 25 °C. concentration: %. flow: m³/h. pressure: bar."""
    phase, before, since_s = _phase(seed, at)
    second = at // SECOND_US
    temperature = _approach(_TEMPERATURE_C, phase, before, since_s, 75.0) + 0.25 * gaussian(seed, second, 110)
    conductivity = _approach(_CONDUCTIVITY_MS_CM, phase, before, since_s, 30.0)
    conductivity = conductivity * (1.0 + 0.02 * smooth(seed, at, 2 * MINUTE_US, 115))
    flow = _approach(_FLOW_M3_H, phase, before, since_s, 6.0)
    moves = flow > 0.05
    flow = np.where(moves, flow * (1.0 + 0.015 * smooth(seed, at, MINUTE_US, 120)), 0.0)
    return {
        "phase": _CODES[phase],
        "temperature": temperature,
        "conductivity": conductivity,
        "concentration": conductivity * _approach(_PERCENT_A_MS, phase, before, since_s, 20.0),
        "flow": flow,
        "pressure": np.where(moves, 0.4 + 0.15 * flow + 0.02 * smooth(seed, at, 10 * SECOND_US, 125), 0.0),
    }


def _phase(seed: Seeds, at: Times) -> tuple[np.ndarray, np.ndarray, Floats]:
    """Phase, the phase before it, and seconds since it began."""
    slot, inside = np.divmod(local(at), _EVERY_US)
    begins_s = 600.0 + 5_400.0 * uniform(seed, slot, 130)
    lengths_s = [_LENGTH_S[number] * (0.95 + 0.25 * uniform(seed, slot, 131 + number)) for number in range(6)]
    ends_s = begins_s + np.cumsum(lengths_s, axis=0)
    starts_s = np.concatenate([begins_s[np.newaxis, :], ends_s])  # of phases 1 … 6, and of the idle time after them
    passed_s = inside / SECOND_US
    number = (passed_s >= starts_s).sum(axis=0)
    cycle = uniform(seed, slot, 140) < 0.85
    started_s = np.where(number > 0, np.take_along_axis(starts_s, np.maximum(number - 1, 0)[np.newaxis, :], 0)[0], -1e4)
    busy = cycle & (number > 0) & (number < 7)
    phase = np.where(busy, number, IDLE)
    before = np.where(busy, number - 1, np.where(cycle & (number == 7), SANITISE, IDLE))
    return phase, before, passed_s - started_s


def _approach(values: Floats, phase: np.ndarray, before: np.ndarray, since_s: Floats, time_constant_s: float) -> Floats:
    approached: Floats = values[phase] + (values[before] - values[phase]) * np.exp(-since_s / time_constant_s)
    return approached


_EVERY_US = 6 * HOUR_US
_LENGTH_S = (300.0, 1_260.0, 300.0, 1_080.0, 300.0, 960.0)
_CODES = np.arange(7.0)
_TEMPERATURE_C = np.array([24.0, 32.0, 76.0, 36.0, 62.0, 28.0, 88.0])
_CONDUCTIVITY_MS_CM = np.array([0.20, 0.22, 75.0, 0.25, 24.0, 0.24, 0.22])
_PERCENT_A_MS = np.array([0.0, 0.0, 0.02, 0.0, 0.033, 0.0, 0.0])
_FLOW_M3_H = np.array([0.0, 12.0, 14.5, 12.0, 14.0, 12.0, 11.5])
