"""Registers without memory: what a meter has counted at any instant, in closed form.

The use of a day is `per_day · (week[weekday] + variation · (h(day + 1) − h(day)))` with h random for each day:
the sum over thousands of days telescopes, so no history has to be added up. Within the day the use is spread over slots
by weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calha.domain.times import DAY_US
from calha.simulate.calendar import ORIGIN_DAY, local, weekday
from calha.simulate.noise import Floats, Seeds, Times, uniform

_DAY_STREAM = 900


@dataclass(frozen=True, slots=True)
class Use:
    """How a register grows.

    week: share of a mean day for Monday … Sunday. variation: of a day, as a share; less than the smallest of `week`.
    weights: seeds and days of shape (m, 1) and slots of shape (1, n) → weights of shape (m, n), not all 0.
    """

    week: tuple[float, ...]
    variation: float
    slots_a_day: int
    weights: Callable[[Seeds, Times, Times], Floats]


@dataclass(frozen=True, slots=True)
class Used:
    """What was used at some instants: in the whole past, and in the slot around each instant."""

    before_slot: Floats
    in_slot: Floats
    inside: Floats  # share of the slot that has passed


def used(use: Use, seed: Seeds, at: Times, per_day: Floats) -> Used:
    """Use until the slot of each instant, and of that slot, in units of `per_day`."""
    day, inside_day = np.divmod(local(at), DAY_US)
    slot, inside = np.divmod(inside_day, DAY_US // use.slots_a_day)
    shares, row = _shares(use, seed, day)
    until = np.concatenate([np.zeros((len(shares), 1)), np.cumsum(shares, axis=1)], axis=1)
    midnight = _until_midnight(use, seed, day, per_day)
    of_day = _until_midnight(use, seed, day + 1, per_day) - midnight
    return Used(
        before_slot=midnight + of_day * until[row, slot],
        in_slot=of_day * shares[row, slot],
        inside=inside / (DAY_US // use.slots_a_day),
    )


def _until_midnight(use: Use, seed: Seeds, day: Times, per_day: Floats) -> Floats:
    weeks = (day - ORIGIN_DAY) // 7
    passed = np.concatenate([[0.0], np.cumsum(use.week)])
    regular = weeks * passed[-1] + passed[weekday(day)]
    random = uniform(seed, day, _DAY_STREAM) - uniform(seed, np.full_like(day, ORIGIN_DAY), _DAY_STREAM)
    total: Floats = per_day * (regular + use.variation * random)
    return total


def _shares(use: Use, seed: Seeds, day: Times) -> tuple[Floats, NDArray[np.intp]]:
    """Share of its day for each slot, a row for each different device and day; and the row of each instant."""
    pairs = np.stack([seed.view(np.int64), day])
    unique, row = np.unique(pairs, axis=1, return_inverse=True)
    seeds = np.ascontiguousarray(unique[0]).view(np.uint64)[:, np.newaxis]
    weights = use.weights(seeds, unique[1][:, np.newaxis], np.arange(use.slots_a_day)[np.newaxis, :])
    return weights / weights.sum(axis=1, keepdims=True), row.reshape(-1)
