"""Chance without state: noise that depends on a seed and an instant only.

A device simulated twice gives the same values for the same times. So a back-fill meets the live signal without a seam,
a simulator that restarts goes on where it stopped, and what is sent twice is a duplicate and never a correction.

All functions are element-wise over arrays of one shape: seeds uint64, times int64 µs.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Seeds: TypeAlias = NDArray[np.uint64]
Times: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


def uniform(seed: Seeds, slot: Times, stream: int) -> Floats:
    """One number in [0, 1) for each seed and slot; `stream` tells independent uses apart."""
    with np.errstate(over="ignore"):  # the hash wants the wrap-around of uint64
        mixed = seed * _SEED_STEP + slot.astype(np.uint64) * _SLOT_STEP + np.uint64(stream) * _STREAM_STEP
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
        mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def gaussian(seed: Seeds, slot: Times, stream: int) -> Floats:
    """Nearly normal with mean 0 and deviation 1, never beyond ±3.5 (sum of four uniforms)."""
    total = sum((uniform(seed, slot, stream + _GAUSSIAN_STREAM + turn) for turn in range(4)), np.zeros(seed.shape))
    normal: Floats = (total - 2.0) * 3.0**0.5
    return normal


def smooth(seed: Seeds, at: Times, period_us: int, stream: int) -> Floats:
    """A line that wanders in [-1, 1], with a new direction every `period_us`."""
    slot, inside = np.divmod(at, period_us)
    share = inside / period_us
    eased = share * share * (3.0 - 2.0 * share)
    before = uniform(seed, slot, stream)
    after = uniform(seed, slot + 1, stream)
    return 2.0 * (before + (after - before) * eased) - 1.0


_SEED_STEP = np.uint64(0x9E3779B97F4A7C15)
_SLOT_STEP = np.uint64(0xD1B54A32D192ED03)
_STREAM_STEP = np.uint64(0x8CB92BA72F3D8DD7)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_GAUSSIAN_STREAM = 1_000
