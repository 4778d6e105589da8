"""Excess reactive energy of a cycle, hour by hour, from the channels of active and of reactive energy.

Only hours of which both are known count, and only those in which the tariff checks for inductive excess. A surplus in one hour
makes up for nothing in another.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from calha.domain import units
from calha.domain.billing import ZERO, excess_reactive
from calha.domain.consumption import Consumption
from calha.domain.tariffs import Reactive
from calha.domain.times import to_datetime

ACTIVE, REACTIVE = "kWh", "kvarh"
QUARTERS = 4


@dataclass(frozen=True, slots=True)
class _Hours:
    """Ticks of whole hours, and of which of them all is known."""

    ticks: NDArray[np.int64]
    is_known: NDArray[np.bool_]
    per_tick: Decimal

    @classmethod
    def of(cls, found: Consumption, inside: NDArray[np.bool_], unit: str) -> "_Hours":
        whole = found.given_in(unit)
        ticks, known = whole.ticks[inside], whole.is_known[inside]
        hours = slice(len(ticks) // QUARTERS * QUARTERS)
        is_known: NDArray[np.bool_] = np.all(known[hours].reshape(-1, QUARTERS), axis=1)
        return cls(ticks[hours].reshape(-1, QUARTERS).sum(axis=1), is_known, whole.per_tick)

    def amount(self, hour: int) -> Decimal:
        return self.per_tick * int(self.ticks[hour])


def excess(
    rule: Reactive, active: Consumption, reactive: Consumption, inside: NDArray[np.bool_], zone: ZoneInfo, unit: str
) -> Decimal:
    """Of the quarters of an hour that are `inside`, in `unit`. Raises IncompatibleUnits."""
    one, other = _Hours.of(active, inside, ACTIVE), _Hours.of(reactive, inside, REACTIVE)
    begins = active.bounds[:-1][inside][::QUARTERS][: len(one.ticks)]
    is_checked = _is_checked(rule, zone, begins.tobytes()) & one.is_known & other.is_known & (other.ticks > 0)
    found = (
        excess_reactive(one.amount(hour), other.amount(hour), rule.reference)
        for hour in np.flatnonzero(is_checked).tolist()
    )
    return sum(found, ZERO) * units.factor(ACTIVE, unit)


@lru_cache(maxsize=64)
def _is_checked(rule: Reactive, zone: ZoneInfo, begins: bytes) -> NDArray[np.bool_]:
    """Whether each hour is one in which the excess counts."""
    local = [to_datetime(at).astimezone(zone).hour for at in np.frombuffer(begins, np.int64).tolist()]
    return np.array([rule.from_hour <= hour < rule.until_hour for hour in local], bool)
