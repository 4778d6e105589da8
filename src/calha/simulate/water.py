"""Water: the two outlets of a treatment plant (ETA), and a household meter.

The plant's figures are those of a real one: a baseline about 60 m³/h, ramps between 60 and 75, exactly 0 while a pump
is off, dips to about 30 and short spikes to about 74.
"""

import numpy as np

from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.simulate.calendar import by_hour, hour, local
from calha.simulate.noise import Flags, Floats, Seeds, Times, gaussian, smooth, uniform
from calha.simulate.registers import Use, used


def water_flow(seed: Seeds, at: Times, leaking_s: Floats) -> dict[str, Floats]:
    """flow_1, flow_2: m³/h at the outlets. inflow: m³/h. level: m in the reservoir. pump: 1 while an outlet's pump runs."""
    flow_1 = _outlet(seed, at, stream=10)
    flow_2 = _outlet(seed, at, stream=40)
    leaks = leaking_s > 0
    drained_m = np.minimum(leaking_s / 3_600 * 0.02, 1.2)
    return {
        "flow_1": np.where(leaks & (flow_1 > 0), flow_1 + 9.0, flow_1),
        "flow_2": flow_2,
        "inflow": 122.0 + 4.0 * smooth(seed, at, 4 * HOUR_US, 60) + 0.5 * gaussian(seed, at // SECOND_US, 61),
        "level": _level_m(seed, at) - drained_m,
        "pump": ((flow_1 > 0) | (flow_2 > 0)).astype(np.float64),
    }


def water_meter(seed: Seeds, at: Times, leaking_s: Floats) -> dict[str, Floats]:
    """flow: L/min. total: litres since 2024-01-01. Water runs for a part of a quarter of an hour; a leak always."""
    litres_a_day = 250.0 + 650.0 * uniform(seed, np.zeros_like(at), 70)
    leak_l_min = np.where(leaking_s > 0, 0.3 + 0.9 * uniform(seed, np.zeros_like(at), 71), 0.0)
    use = used(_HOUSEHOLD, seed, at, litres_a_day)
    tap_open = 0.1 + 0.5 * uniform(seed, local(at) // _QUARTER_US, 72)  # share of the quarter
    runs = use.inside < tap_open
    flow = np.where(runs, use.in_slot / (tap_open * _QUARTER_MIN), 0.0)
    total = use.before_slot + use.in_slot * np.minimum(use.inside / tap_open, 1.0)
    return {"total": total + leak_l_min * leaking_s / 60.0, "flow": flow + leak_l_min}


def _outlet(seed: Seeds, at: Times, stream: int) -> Floats:
    """m³/h of one outlet."""
    ramp = np.maximum(smooth(seed, at, 2 * HOUR_US, stream), 0.0) * 15.0
    flow = 60.0 + ramp + 0.35 * gaussian(seed, at // SECOND_US, stream + 1)
    dip = _happens(seed, at, 45 * MINUTE_US, 6 * MINUTE_US, 0.08, stream + 2)
    flow = np.where(dip, 30.0 + 1.5 * smooth(seed, at, MINUTE_US, stream + 3), flow)
    spike = _happens(seed, at, 20 * MINUTE_US, MINUTE_US, 0.10, stream + 4)
    flow = np.where(spike, 74.0 + 0.5 * smooth(seed, at, 10 * SECOND_US, stream + 5), flow)
    off = _happens(seed, at, 3 * HOUR_US, 35 * MINUTE_US, 0.30, stream + 6)
    return np.where(off, 0.0, np.clip(flow, 25.0, 76.0))


def _happens(seed: Seeds, at: Times, every_us: int, lasts_us: int, chance: float, stream: int) -> Flags:
    """Whether an event is on: at most one in each slot of `every_us`, for a half to all of `lasts_us`."""
    slot, inside = np.divmod(at, every_us)
    lasts = lasts_us * (0.5 + 0.5 * uniform(seed, slot, stream + 200))
    begins = uniform(seed, slot, stream + 400) * (every_us - lasts)
    return (uniform(seed, slot, stream) < chance) & (inside >= begins) & (inside < begins + lasts)


def _level_m(seed: Seeds, at: Times) -> Floats:
    """Fills by night, is drained by day, between 1.9 and 4.3 m."""
    daily = np.cos(2 * np.pi * (hour(at) - 5.5) / 24.0)
    return 3.1 + 0.8 * daily + 0.35 * smooth(seed, at, 5 * HOUR_US, 30) + 0.005 * gaussian(seed, at // SECOND_US, 31)


def _household(seed: Seeds, day: Times, slot: Times) -> Floats:
    """Weight of each quarter of an hour: mornings and evenings, almost none by night, many without water."""
    habit = by_hour(_HOURS, slot / 4.0)
    absolute = day * 96 + slot
    used_at_all = uniform(seed, absolute, 73) < np.clip(habit, 0.03, 0.85)
    return habit * used_at_all * (0.3 + uniform(seed, absolute, 74)) + 1e-9


_QUARTER_US = 15 * MINUTE_US
_QUARTER_MIN = 15.0
_HOURS = np.array(
    [
        *(0.05, 0.02, 0.01, 0.01, 0.03, 0.20, 0.75, 0.95, 0.70, 0.45, 0.40, 0.50),
        *(0.65, 0.50, 0.30, 0.28, 0.30, 0.45, 0.75, 1.00, 0.85, 0.60, 0.35, 0.15),
    ]
)
_HOUSEHOLD = Use((0.92, 0.92, 0.92, 0.94, 0.98, 1.22, 1.10), 0.35, DAY_US // _QUARTER_US, _household)
