"""What the sentences of the detectors need beyond + − × ÷, on floats for one series and on arrays for many.

An operation on one number costs numpy a microsecond and Python a twentieth of it; on a thousand it is the other way
round. Both ways give the same bits: only operations that IEEE 754 rounds in one way are used.
"""

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Yes = bool | NDArray[np.bool_]
N = TypeVar("N", float, Floats)
Kind = TypeVar("Kind", bound=np.generic)


class Reckoning(Protocol[N]):
    """Python evaluates both sides of a choice, so neither may fail: divide by what was chosen to be safe."""

    @staticmethod
    def choose(condition: Yes, yes: N | float, no: N | float) -> N: ...

    @staticmethod
    def least(one: N, other: N | float) -> N: ...

    @staticmethod
    def most(one: N, other: N | float) -> N: ...


class One:
    """One series."""

    @staticmethod
    def choose(condition: Yes, yes: float, no: float) -> float:
        return yes if condition else no

    @staticmethod
    def least(one: float, other: float) -> float:
        return one if one < other else other  # noqa: FURB136 - min() takes three times as long

    @staticmethod
    def most(one: float, other: float) -> float:
        return one if one > other else other  # noqa: FURB136


class Many:
    """Many series, a number each."""

    @staticmethod
    def choose(condition: Yes, yes: Floats | float, no: Floats | float) -> Floats:
        return np.where(condition, yes, no)

    @staticmethod
    def least(one: Floats, other: Floats | float) -> Floats:
        return np.minimum(one, other)

    @staticmethod
    def most(one: Floats, other: Floats | float) -> Floats:
        return np.maximum(one, other)


def widened(column: NDArray[Kind], size: int, fill: float = 0) -> NDArray[Kind]:
    """The same, with room for `size` series along the last axis."""
    wider = np.full((*column.shape[:-1], size), fill, column.dtype)
    wider[..., : column.shape[-1]] = column
    return wider
