"""A production machine: it runs in two shifts, stops, sometimes fails, and warns of a failure by its vibration."""

import numpy as np

from calha.domain.times import DAY_US, MINUTE_US, SECOND_US
from calha.simulate.calendar import hour, local, weekday
from calha.simulate.noise import Flags, Floats, Seeds, Times, gaussian, smooth, uniform
from calha.simulate.registers import Use, used

STOPPED, RUNNING, FAULT = 0.0, 1.0, 2.0


def machine(seed: Seeds, at: Times, _leaking_s: Floats) -> dict[str, Floats]:
    """state: 0 stopped, 1 running, 2 fault. temperature: °C. vibration: mm/s RMS. rpm. voltage: V. cycles: made."""
    slot = local(at) // _SLOT_US
    state = _state(seed, slot)
    runs = state == RUNNING
    failing_soon = runs & (_state(seed, slot + 1) == FAULT)
    second = at // SECOND_US
    made = used(_PRODUCTION, seed, at, 900.0 + 600.0 * uniform(seed, np.zeros_like(at), 84))
    vibration = 1.6 + 0.35 * smooth(seed, at, 20 * MINUTE_US, 85) + 0.12 * gaussian(seed, second, 86)
    vibration = np.where(failing_soon, 3.2 * vibration, vibration)
    speed = 1_760.0 + 12.0 * smooth(seed, at, 5 * MINUTE_US, 90) + 3.0 * gaussian(seed, second, 91)
    mains = 220.0 + 3.0 * smooth(seed, at, 30 * MINUTE_US, 95) + 0.4 * gaussian(seed, second, 96)
    return {
        "state": state,
        "temperature": _temperature_c(seed, at) + 0.2 * gaussian(seed, second, 100),
        "vibration": np.where(runs, vibration, 0.05 + 0.02 * uniform(seed, second, 105)),
        "rpm": np.where(runs, speed, 0.0),
        "voltage": mains - 4.0 * runs,
        "cycles": np.floor(made.before_slot + made.in_slot * made.inside),
    }


def _state(seed: Seeds, slot: Times) -> Floats:
    """State in each slot of ten minutes since 1970, local."""
    state = np.where(_scheduled(seed, slot) & (uniform(seed, slot, 80) > 0.06), RUNNING, STOPPED)
    return np.where((state == RUNNING) & (uniform(seed, slot, 81) < 0.012), FAULT, state)


def _scheduled(seed: Seeds, slot: Times) -> Flags:
    """Monday to Friday 6 to 22 h, Saturday and Sunday 7 to 12 h; a quarter of an hour more or less for each machine."""
    day, of_day = np.divmod(slot, _SLOTS_A_DAY)
    hours = of_day / 6.0 + 0.25 * (uniform(seed, np.zeros_like(slot), 82) - 0.5)
    weekend = weekday(day) >= 5
    scheduled: Flags = (hours >= np.where(weekend, 7.0, 6.0)) & (hours < np.where(weekend, 12.0, 22.0))
    return scheduled


def _temperature_c(seed: Seeds, at: Times) -> Floats:
    """The surroundings, and 38 K more after an hour of running: the last hour's running weighs exponentially."""
    warmth = np.zeros(seed.shape)
    for weight, ago_us in zip(_WARMTH, _WARMTH_AGO_US, strict=True):
        warmth = warmth + weight * (_state(seed, local(at - ago_us) // _SLOT_US) == RUNNING)
    surroundings = 23.0 - 4.5 * np.cos(2 * np.pi * (hour(at) - 3.0) / 24.0)
    return surroundings + 38.0 * warmth + 1.2 * smooth(seed, at, 40 * MINUTE_US, 83)


def _production(seed: Seeds, day: Times, slot: Times) -> Floats:
    runs: Flags = _state(seed, day * _SLOTS_A_DAY + slot) == RUNNING
    return np.where(runs, 1.0, 1e-12)


_SLOT_US = 10 * MINUTE_US
_SLOTS_A_DAY = DAY_US // _SLOT_US
_WARMTH_AGO_US = [turn * 5 * MINUTE_US for turn in range(16)]
_WARMTH = np.exp(-np.arange(16) / 4.0) / np.exp(-np.arange(16) / 4.0).sum()
_PRODUCTION = Use((1.0, 1.0, 1.0, 1.0, 1.0, 0.35, 0.35), 0.2, _SLOTS_A_DAY, _production)
