"""What a machine did in a time, and how it fares by the norms of its field: running, OEE, vibration zone, winding temperature.

Rule 1: the time that is asked for is the planned time: a shift is asked for as a shift.
Rule 2: shares of time are of minutes in which the machine was measured while it ran; one that stands does not shake.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.analyses import Machine
from calha.domain.directory import DeviceEntry
from calha.domain.motor_heat import BY_CLASS, Insulation, judge, life_share
from calha.domain.motor_heat import Verdict as HeatVerdict
from calha.domain.oee import Production
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.running import Running, made, running_of
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.domain.vibration import Boundaries, Trend, Zone, trend
from calha.store.telemetry import Columns, Telemetry

HOLD_US = 15 * MINUTE_US  # of a state, until the next one is reported
BASELINE_US = 30 * DAY_US  # before the time that is asked for
FEWEST_HOURS = 24  # of running from which there is a baseline
ZONES: tuple[Zone, ...] = ("A", "B", "C", "D")


@dataclass(frozen=True, slots=True)
class Shaking:
    """velocity_mm_s: mean of the worst direction while running. shares: of time in each zone. at: of the highest minute."""

    boundaries: Boundaries
    velocity_mm_s: float
    highest_mm_s: float
    zone: Zone
    shares: Mapping[Zone, float]
    baseline_mm_s: float | None
    trend: Trend | None


@dataclass(frozen=True, slots=True)
class Heat:
    """winding_c: the highest minute. over_rise, over_limit: shares of time. life: of the insulation, at the mean."""

    insulation: Insulation
    mean_c: float
    winding_c: float
    verdict: HeatVerdict
    over_rise: float
    over_limit: float
    life: float


@dataclass(frozen=True, slots=True)
class Work:
    """What a machine did in a time; what is not measured is None."""

    planned_s: float
    running: Running | None
    production: Production | None
    pieces: float | None


@dataclass(frozen=True, slots=True)
class MachineReport:
    running: Running | None
    production: Production | None
    pieces: float | None
    shaking: Shaking | None
    heat: Heat | None


def report(
    telemetry: Telemetry, device: DeviceEntry, declared: Machine, window: tuple[Micros, Micros], earliest: Micros
) -> MachineReport:
    """What is not measured is None. earliest: from when on the baseline may be taken. Raises StoreUnavailable."""
    from_, until = window
    done = work(telemetry, device, declared, window)
    return MachineReport(
        done.running,
        done.production,
        done.pieces,
        _shaking(telemetry, device, declared, window, max(earliest, from_ - BASELINE_US)),
        _heat(telemetry, device, declared, from_, until),
    )


def work(telemetry: Telemetry, device: DeviceEntry, declared: Machine, window: tuple[Micros, Micros]) -> Work:
    """All of the time is planned. Raises StoreUnavailable."""
    planned_s = (window[1] - window[0]) / SECOND_US
    running = _running(telemetry, device, declared, window)
    pieces = _made(telemetry, device, declared.pieces, window)
    good = _made(telemetry, device, declared.good, window)
    return Work(planned_s, running, _production(declared, running, pieces, good, planned_s), pieces)


def _running(
    telemetry: Telemetry, device: DeviceEntry, declared: Machine, window: tuple[Micros, Micros]
) -> Running | None:
    found = _read(telemetry, device, declared.state, window[0] - HOLD_US, window[1], "raw")
    if found is None or not len(found.at):
        return None
    return running_of(found.at, found.value, window, declared.running, declared.faults, HOLD_US)


def _production(
    declared: Machine, running: Running | None, pieces: float | None, good: float | None, planned_s: float
) -> Production | None:
    """Good pieces that nobody counts are all; None without a cycle time to compare with."""
    if running is None or pieces is None or declared.ideal_cycle_s is None:
        return None
    return Production.of(planned_s, running.running_s, declared.ideal_cycle_s, pieces, pieces if good is None else good)


def _made(telemetry: Telemetry, device: DeviceEntry, key: str | None, window: tuple[Micros, Micros]) -> float | None:
    """Counted from the last reading before the time, so that times that follow each other add up."""
    found = _read(telemetry, device, key, window[0] - HOLD_US, window[1], "raw")
    if found is None or not len(found.at):
        return None
    before = int(np.searchsorted(found.at, window[0])) - 1
    return made(found.value[max(before, 0) :])


def _shaking(
    telemetry: Telemetry, device: DeviceEntry, declared: Machine, window: tuple[Micros, Micros], earliest: Micros
) -> Shaking | None:
    if declared.boundaries is None:
        return None
    worst = _worst(telemetry, device, declared, *window, "1m")
    if not len(worst):
        return None
    before = _worst(telemetry, device, declared, earliest, window[0], "1h")
    baseline = float(np.median(before)) if len(before) >= FEWEST_HOURS else None
    zones = [declared.boundaries.zone(one) for one in worst.tolist()]
    mean = float(worst.mean())
    return Shaking(
        declared.boundaries,
        mean,
        float(worst.max()),
        declared.boundaries.zone(mean),
        {zone: zones.count(zone) / len(zones) for zone in ZONES},
        baseline,
        trend(mean, baseline) if baseline else None,
    )


def _worst(
    telemetry: Telemetry, device: DeviceEntry, declared: Machine, from_: Micros, until: Micros, resolution: str
) -> NDArray[np.float64]:
    """Velocity of the worst direction in each step in which the machine ran and was measured."""
    directions = [_read(telemetry, device, key, from_, until, resolution) for key in declared.vibration]
    found = [one for one in directions if one is not None]
    at = np.unique(np.concatenate([np.zeros(0, np.int64), *(one.at for one in found)]))
    worst = np.full(len(at), -np.inf)
    for one in found:
        place = np.searchsorted(at, one.at)
        worst[place] = np.fmax(worst[place], one.value)
    counts = np.isfinite(worst) & _runs(telemetry, device, declared, at, from_, until, resolution)
    ran: NDArray[np.float64] = worst[counts]
    return ran


def _runs(
    telemetry: Telemetry,
    device: DeviceEntry,
    declared: Machine,
    at: NDArray[np.int64],
    from_: Micros,
    until: Micros,
    resolution: str,
) -> NDArray[np.bool_]:
    """Whether the machine ran at each time; always, where nobody says so."""
    state = _read(telemetry, device, declared.state, from_ - HOUR_US, until, resolution)
    if state is None or not len(state.at):
        return np.ones(len(at), bool)
    place = np.searchsorted(state.at, at, "right") - 1
    latest = np.where(place >= 0, state.value[np.maximum(place, 0)], np.nan)
    found: NDArray[np.bool_] = np.isin(latest, declared.running)
    return found


def _heat(telemetry: Telemetry, device: DeviceEntry, declared: Machine, from_: Micros, until: Micros) -> Heat | None:
    found = _read(telemetry, device, declared.temperature, from_, until, "1m")
    if declared.insulation is None or found is None or not len(found.at):
        return None
    insulation = BY_CLASS[declared.insulation]
    verdicts = [judge(one, insulation) for one in found.value.tolist()]
    mean, highest = float(found.value.mean()), float(found.value.max())
    return Heat(
        insulation,
        mean,
        highest,
        judge(highest, insulation),
        verdicts.count("over_rise") / len(verdicts),
        verdicts.count("over_limit") / len(verdicts),
        life_share(mean, insulation),
    )


def _read(
    telemetry: Telemetry, device: DeviceEntry, key: str | None, from_: Micros, until: Micros, resolution: str
) -> Columns | None:
    """Good readings of a channel; None where the device has no such channel."""
    entry = device.channels.get(key) if key is not None else None
    if entry is None:
        return None
    found = telemetry.readings([entry.series], from_, until, resolution=resolution)[entry.series]
    is_good = (found.quality < Quality.BAD) & np.isfinite(found.value)
    return Columns(found.at[is_good], found.value[is_good], found.quality[is_good], found.resolution, found.bucket_us)
