"""An electricity meter: energy is the exact integral of power, both in closed form.

power = weekly curve + appliances that switch + waves of slow change. Each has an integral that needs no history:
a table over the week, whole cycles plus the begun one, and a sine.
"""

import numpy as np

from calha.domain.times import DAY_US, SECOND_US
from calha.simulate.calendar import ORIGIN_DAY, local
from calha.simulate.noise import Floats, Seeds, Times, gaussian, smooth, uniform


def energy_meter(seed: Seeds, at: Times, leaking_s: Floats) -> dict[str, Floats]:
    """energy: kWh since 2024-01-01. power: kW. voltage: V, 127 or 220 nominal. current: A. power_factor: 0 … 1."""
    hours = (local(at) - ORIGIN_DAY * DAY_US) / _HOUR_US
    size = 0.6 + 1.8 * _of_device(seed, 50)
    leak_kw = np.where(leaking_s > 0, 0.35, 0.0)
    power, energy = _weekly(hours)
    for turn, (period_h, duty, load_kw) in enumerate(_APPLIANCES):
        on, on_hours = _switching(hours + period_h * _of_device(seed, 51 + turn), period_h, duty)
        power, energy = power + load_kw * on, energy + load_kw * on_hours
    for turn, (period_h, height_kw) in enumerate(_WAVES):
        phase = 2 * np.pi * (hours / period_h + _of_device(seed, 60 + turn))
        power = power + height_kw * np.sin(phase)
        energy = energy + height_kw * period_h / (2 * np.pi) * (1.0 - np.cos(phase))
    power, energy = power * size + leak_kw, energy * size + leak_kw * leaking_s / 3_600.0
    nominal = np.where(_of_device(seed, 65) < 0.5, 127.0, 220.0)
    factor = np.clip(0.93 + 0.04 * smooth(seed, at, 1_200 * SECOND_US, 66), 0.6, 1.0)
    sag = 1.0 - 0.006 * power + 0.012 * smooth(seed, at, 3_600 * SECOND_US, 67)
    voltage = nominal * (sag + 0.0008 * gaussian(seed, at // SECOND_US, 68))
    return {
        "energy": energy,
        "power": power,
        "voltage": voltage,
        "current": power * 1_000.0 / (voltage * factor),
        "power_factor": factor,
    }


def _weekly(hours: Floats) -> tuple[Floats, Floats]:
    """kW by the hour of the week, and kWh since the origin."""
    weeks, inside = np.divmod(hours, 168.0)
    step = np.minimum(inside.astype(np.int64), 167)
    part = inside - step
    before, after = _CURVE[step], _CURVE[step + 1]
    power = before + (after - before) * part
    return power, weeks * _UNTIL[-1] + _UNTIL[step] + (before + power) / 2.0 * part


def _switching(hours: Floats, period_h: float, duty: float) -> tuple[Floats, Floats]:
    """1 while on, and hours on since 0, of a load that is on for `duty` of each period."""
    cycles, inside = np.divmod(hours, period_h)
    on_h = duty * period_h
    return (inside < on_h).astype(np.float64), cycles * on_h + np.minimum(inside, on_h)


def _of_device(seed: Seeds, stream: int) -> Floats:
    return uniform(seed, np.zeros(seed.shape, np.int64), stream)


_HOUR_US = 3_600 * SECOND_US
_APPLIANCES = ((0.75, 0.35, 0.12), (23.7, 0.02, 3.2), (5.3, 0.12, 0.55))  # refrigerator, shower, air conditioning
_WAVES = ((0.21, 0.02), (1.7, 0.04), (11.0, 0.05), (76.0, 0.06))  # together less than the lowest of the curve
_WORKDAY = [0.24, 0.22, 0.20, 0.20, 0.21, 0.28, 0.48, 0.60, 0.52, 0.42, 0.40, 0.42]
_WORKDAY += [0.50, 0.46, 0.40, 0.38, 0.42, 0.60, 0.95, 1.20, 1.15, 0.90, 0.55, 0.34]
_WEEKEND = [0.30, 0.26, 0.22, 0.20, 0.20, 0.22, 0.30, 0.42, 0.55, 0.65, 0.72, 0.85]
_WEEKEND += [0.95, 0.85, 0.70, 0.65, 0.68, 0.75, 0.95, 1.10, 1.05, 0.90, 0.70, 0.45]
_CURVE = np.array(5 * _WORKDAY + 2 * _WEEKEND + _WORKDAY[:1])
_UNTIL = np.concatenate([[0.0], np.cumsum((_CURVE[:-1] + _CURVE[1:]) / 2.0)])
