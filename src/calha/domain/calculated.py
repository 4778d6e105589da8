"""A series calculated from others by a formula, reading by reading. Pure.

At each time at which one of them has a value, the others have the value they had last, for as long as is usual for them; past
that the result is a gap. Where one of them is bad the result is bad and has no value; else it is as good as the worst of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import Malformed
from calha.domain.formulas import Compiled
from calha.domain.quality import Quality
from calha.domain.readings import Micros

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


LETTERS = tuple(ascii_lowercase)  # by which formulas name series, in their order


@dataclass(frozen=True, slots=True)
class Input:
    """A series by time. holds_us: how long a value stands for what comes after it; 0 when only for its own time."""

    name: str
    at: Ints
    value: Floats
    quality: NDArray[np.uint8]
    holds_us: Micros


@dataclass(frozen=True, slots=True)
class Points:
    at: Ints
    value: Floats
    quality: NDArray[np.uint8]


def places(formula: Compiled, series: int) -> dict[str, int]:
    """The place, among so many series, of each that a formula names by its letter. Raises Malformed."""
    known = LETTERS[:series]
    unknown = [name for name in formula.channels if name not in known]
    if unknown:
        letter, letters = unknown[0], ", ".join(known)
        told = f"formula: {letter!r} is none of the series; they are {letters}"
        raise Malformed(told, "no_series", letter=letter, letters=letters)
    return {name: known.index(name) for name in formula.channels}


def calculated(formula: Compiled, inputs: Sequence[Input]) -> Points:
    """The formula over its inputs, which have all its names."""
    at = np.unique(np.concatenate([one.at for one in inputs]))
    values: dict[str, Floats] = {}
    quality, is_there = np.zeros(len(at), np.uint8), np.ones(len(at), bool)
    for one in inputs:
        place = np.searchsorted(one.at, at, side="right") - 1
        held = (
            (place >= 0) & (at - one.at[np.maximum(place, 0)] <= one.holds_us)
            if len(one.at)
            else np.zeros(len(at), bool)
        )
        is_there &= held
        found, worth = np.full(len(at), np.nan), np.zeros(len(at), np.uint8)
        found[held], worth[held] = one.value[place[held]], one.quality[place[held]]
        values[one.name] = np.where(worth < Quality.BAD, found, np.nan)
        quality = np.maximum(quality, worth)
    result = np.broadcast_to(formula.reckon(values), at.shape)
    quality = np.where(np.isnan(result) & (quality < Quality.BAD), np.uint8(Quality.BAD), quality)
    value = np.where(quality < Quality.BAD, result, np.nan)
    return Points(at[is_there], value[is_there], quality[is_there])
