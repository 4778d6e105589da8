"""Faults on request, laid over any signal.

leak     a leak that never stops (water, energy): flow or load that the night does not end
stuck    for some hours of the day everything stands still, registers too
spike    single readings of an absurd size
dropout  minutes without any reading
drift    gauges that move away from the truth, 1.5 % a day, up to 30 %

All of them start at `from_` and depend on device and time only, as the signals do.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.simulate.noise import Flags, Seeds, Times, uniform
from calha.simulate.signals import Kind, Values

Fault = Literal["leak", "stuck", "spike", "dropout", "drift"]
FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass(frozen=True, slots=True)
class Faults:
    """kinds: what is wrong; from_: since when, µs UTC."""

    kinds: frozenset[Fault] = frozenset()
    from_: Micros = 0

    def require_possible(self, kind: Kind) -> None:
        """Raises ValueError when a device of this kind cannot have one of the faults."""
        if unknown := self.kinds - set(FAULTS):
            raise ValueError(f"unknown fault {min(unknown)!r}; there are: {', '.join(FAULTS)}")
        if "leak" in self.kinds and not kind.may_leak:
            others = ", ".join(fault for fault in FAULTS if fault != "leak")
            raise ValueError(f"a device of kind {kind.name} does not leak; its faults are: {others}")


def measure(kind: Kind, seed: Seeds, at: Times, faulty: Flags, faults: Faults) -> tuple[Values, Flags]:
    """The values of each channel, rounded as sent, and which of the readings exist at all.

    faulty: which of the readings come from a device with faults. No reading is missing unless one drops out.
    """
    faulty = faulty & (at >= faults.from_)
    none = np.zeros(seed.shape, np.bool_)
    leaks = faulty if "leak" in faults.kinds else none
    still = faulty & _now_and_then(seed, at, 6 * HOUR_US, 0.3, 700) if "stuck" in faults.kinds else none
    measured_at = np.where(still, np.maximum(at // (6 * HOUR_US) * (6 * HOUR_US), faults.from_), at)
    leaking_s = np.where(leaks, np.maximum(measured_at - faults.from_, 0) / SECOND_US, 0.0)
    values = kind.signal(seed, measured_at, leaking_s)
    gauges = [channel for channel in kind.channels if channel not in kind.registers | kind.states]
    if "drift" in faults.kinds:
        away = np.where(faulty, np.minimum((measured_at - faults.from_) / DAY_US * 0.015, 0.3), 0.0)
        values |= {channel: values[channel] * (1.0 + away) for channel in gauges}
    if "spike" in faults.kinds:
        jumps = faulty & _now_and_then(seed, at, 10 * SECOND_US, 0.004, 701)
        values |= {channel: np.where(jumps, values[channel] * 12.0 + 500.0, values[channel]) for channel in gauges}
    exists = ~(faulty & _now_and_then(seed, at, 20 * MINUTE_US, 0.12, 702)) if "dropout" in faults.kinds else ~none
    return {channel: np.round(values[channel], digits) for channel, digits in kind.decimals.items()}, exists


def _now_and_then(seed: Seeds, at: Times, slot_us: int, chance: float, stream: int) -> Flags:
    happens: Flags = uniform(seed, at // slot_us, stream) < chance
    return happens
