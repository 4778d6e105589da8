"""A week of a supply and its load, by PRODIST: voltage bands with DRP and DRC, lost phases, power factor, overload, base load.

The week is the 1,008 times ten minutes before the time that is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np

from calha.domain.analyses import Supply
from calha.domain.directory import DeviceEntry
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.supply import Floats, base_load, imbalance, lost_share, share_above, share_below
from calha.domain.supply_voltage import POWER_FACTOR, READINGS, Bands, VoltageWeek, bands_of, nominal_of, tens_of
from calha.domain.times import MINUTE_US, to_datetime
from calha.store.telemetry import Telemetry

WEEK_US = READINGS * 10 * MINUTE_US


@dataclass(frozen=True, slots=True)
class PhaseWeek:
    channel: str
    bands: Bands
    week: VoltageWeek
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class SupplyWeek:
    """Shares are of the time. What is not measured, or not declared, is None."""

    from_: Micros
    until: Micros
    nominal: float | None
    phases: Sequence[PhaseWeek]
    lost: float | None
    imbalance: float | None
    power_factor: float | None
    low_factor: float | None
    highest_a: float | None
    overload: float | None
    mean_kw: float | None
    base_kw: float | None


def supply_week(
    telemetry: Telemetry, device: DeviceEntry, declared: Supply, from_: Micros, until: Micros
) -> SupplyWeek:
    """Of at most the week before `until`. Raises StoreUnavailable."""
    until -= until % (10 * MINUTE_US)
    week = max(from_, until - WEEK_US), until
    at, voltages = _minutes(telemetry, device, declared.voltage, week)
    known = voltages[np.isfinite(voltages)]
    nominal = declared.nominal or (nominal_of(known) if len(known) else None)
    _, currents = _minutes(telemetry, device, declared.current, week)
    _, factors = _minutes(telemetry, device, (declared.power_factor,) if declared.power_factor else (), week)
    _, powers = _minutes(telemetry, device, (declared.power,) if declared.power else (), week)
    magnitude = np.abs(factors)
    rated = declared.rated_a
    return SupplyWeek(
        *week,
        nominal,
        _phases(declared, at, voltages, nominal) if nominal is not None else (),
        lost_share(voltages, nominal) if nominal is not None else None,
        imbalance(voltages),
        _mean(magnitude),
        share_below(magnitude, POWER_FACTOR),
        float(np.nanmax(currents)) if np.isfinite(currents).any() else None,
        share_above(np.nanmax(currents, axis=1), rated) if rated is not None and currents.size else None,
        _mean(powers),
        _base_kw(telemetry, device, declared, week),
    )


def _phases(declared: Supply, at: np.ndarray, voltages: Floats, nominal: float) -> list[PhaseWeek]:
    bands = bands_of(nominal, declared.level)
    found = []
    for place, channel in enumerate(declared.voltage):
        is_known = np.isfinite(voltages[:, place])
        tens = tens_of(at[is_known], voltages[is_known, place])
        if len(tens):
            week = VoltageWeek.of(tens.tolist(), bands)
            found.append(PhaseWeek(channel, bands, week, float(tens.min()), float(tens.max())))
    return found


def _base_kw(telemetry: Telemetry, device: DeviceEntry, declared: Supply, week: tuple[Micros, Micros]) -> float | None:
    entry = device.channels.get(declared.power) if declared.power is not None else None
    if entry is None:
        return None
    found = telemetry.readings([entry.series], *week, resolution="1h")[entry.series]
    local = [_local(one, device.zone) for one in found.at.tolist()]
    hours = np.array([hour for hour, _ in local], np.int64)
    days = np.array([day for _, day in local], np.int64)
    return base_load(hours, days, found.value)


def _local(at: Micros, zone: tzinfo) -> tuple[int, int]:
    moment = to_datetime(at).astimezone(zone)
    return moment.hour, moment.toordinal()


def _minutes(
    telemetry: Telemetry, device: DeviceEntry, keys: Sequence[str], week: tuple[Micros, Micros]
) -> tuple[np.ndarray, Floats]:
    """(begins of minutes, a column for each key) of means; NaN where one is missing."""
    entries = [device.channels.get(key) for key in keys]
    series = [one.series for one in entries if one is not None]
    found = telemetry.readings(series, *week, resolution="1m") if series else {}
    at = np.unique(np.concatenate([np.zeros(0, np.int64), *(one.at for one in found.values())]))
    values = np.full((len(at), len(keys)), np.nan)
    for place, entry in enumerate(entries):
        if entry is not None:
            columns = found[entry.series]
            is_good = columns.quality < Quality.BAD
            values[np.searchsorted(at, columns.at[is_good]), place] = columns.value[is_good]
    return at, values


def _mean(values: Floats) -> float | None:
    return float(np.nanmean(values)) if np.isfinite(values).any() else None
