"""How a supply and a load fare beyond the voltage bands: lost phases, power factor, overload, and what runs for nothing.

Values are means of minutes or hours, as the functions say.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOST_BELOW = 0.5  # of the nominal voltage, while another phase has
THERE_FROM = 0.8  # of it
NIGHT_HOURS = range(5)  # local; begins of the hours
FEWEST_NIGHTS = 3


def lost_share(voltages: Floats, nominal: float) -> float | None:
    """Share of the minutes in which a phase was gone while another was there. voltages: a row a minute, a column a phase."""
    known = np.isfinite(voltages).all(axis=1)
    if voltages.shape[1] < 2 or not known.any():
        return None
    rows = voltages[known] / nominal
    return float(((rows < LOST_BELOW).any(axis=1) & (rows > THERE_FROM).any(axis=1)).mean())


def imbalance(voltages: Floats) -> float | None:
    """Farthest of a phase's mean from the mean of all, as a share of it (NEMA); None of fewer than three phases."""
    if voltages.shape[1] < 3 or not np.isfinite(voltages).any(axis=0).all():
        return None
    means = np.nanmean(voltages, axis=0)
    return float(np.abs(means - means.mean()).max() / means.mean())


def share_below(values: Floats, limit: float) -> float | None:
    known = values[np.isfinite(values)]
    return float((known < limit).mean()) if len(known) else None


def share_above(values: Floats, limit: float) -> float | None:
    known = values[np.isfinite(values)]
    return float((known > limit).mean()) if len(known) else None


def base_load(hours: NDArray[np.integer], days: NDArray[np.integer], power: Floats) -> float | None:
    """What runs though nobody uses it: the median over the nights of each night's lowest hourly mean.

    hours, days: local, of each hourly mean. None of fewer than FEWEST_NIGHTS nights.
    """
    is_night = np.isin(hours, list(NIGHT_HOURS)) & np.isfinite(power)
    nights = np.unique(days[is_night])
    if len(nights) < FEWEST_NIGHTS:
        return None
    return float(np.median([power[is_night & (days == night)].min() for night in nights]))
