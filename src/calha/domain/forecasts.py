"""What a running cycle will come to, the interval in which it will end four times out of five, and what is worth a message.

What was used until now is known. Each missing day is taken to be like the days of its weekday before (of all days where fewer
than four weeks are known). How far the days stray from that, and how much one resembles the next, gives the interval.

Rule 1: nothing is forecast from less than MIN_DAYS known days.
Rule 2: a message is sent of what is likely, never of what is merely possible: of an interval that lies wholly beyond the limit.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import fmean
from typing import Literal

from calha.domain.tariffs import CONSUMPTION, Usage, Version

MIN_DAYS = 7
WEEKS_OF_A_WEEKDAY = 4
ONE_SIDED = 1.2816  # normal quantile of 0.9: a tenth of all cycles end above the interval, a tenth below
LONGEST_MEMORY = 0.8  # of how much a day is taken to resemble the next

WarningKind = Literal["higher_block", "consumption_varies", "bill_varies"]


@dataclass(frozen=True, slots=True)
class Range:
    low: Decimal
    expected: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        assert self.low <= self.expected <= self.high, self


@dataclass(frozen=True, slots=True)
class Warned:
    """What is worth a message: what is expected instead of the usual, of consumption or bill. begins: of a higher block."""

    kind: WarningKind
    usual: Decimal
    expected: Decimal
    begins: Decimal | None = None


def forecast(used: float, known: Mapping[date, float], missing: Sequence[date]) -> Range | None:
    """What will be used in a cycle, of which some days are missing: those to come, and those of which nothing is known.

    known: what was used on days before. None where too little is known.
    """
    if not missing:
        return _range(used, 0.0, 0.0, is_growing=True)
    if len(known) < MIN_DAYS:
        return None
    usual = _usual(known)
    strays = [known[day] - usual[day.weekday()] for day in sorted(known)]
    rest = sum(usual[day.weekday()] for day in missing)
    return _range(used, rest, _margin(strays, len(missing)), is_growing=min(known.values()) >= 0)


def warnings(consumption: Range, usual: Decimal, bill: Range, usual_bill: Decimal, limit_percent: int) -> list[Warned]:
    """Which of the two leaves the usual by more than the limit, whichever end of its interval comes true."""
    compared: tuple[tuple[WarningKind, Range, Decimal], ...] = (
        ("consumption_varies", consumption, usual),
        ("bill_varies", bill, usual_bill),
    )
    return [
        Warned(kind, own, found.expected)
        for kind, found, own in compared
        if own > 0 and _leaves(found, own, limit_percent)
    ]


def higher_block(version: Version, dwellings: int, usual: Decimal, expected: Decimal, scale: Decimal) -> Warned | None:
    """A block that is reached and usually is not. scale: of the cycle to the month that the limits are made for."""
    for one in version.components:
        if isinstance(one, Usage) and one.quantity == CONSUMPTION and len(one.blocks) > 1:
            share = dwellings if one.per_dwelling else 1
            factor = scale if one.proration == "by_days" else Decimal(1)
            limits = [block.up_to * factor for block in one.blocks if block.up_to is not None]
            before, then = (sum(value / share > limit for limit in limits) for value in (usual, expected))
            if then > before:
                return Warned("higher_block", usual, expected, limits[then - 1] * share)
    return None


def _usual(known: Mapping[date, float]) -> list[float]:
    """By weekday."""
    of = [[used for day, used in known.items() if day.weekday() == weekday] for weekday in range(7)]
    if min(len(found) for found in of) < WEEKS_OF_A_WEEKDAY:
        return [fmean(known.values())] * 7
    return [fmean(found) for found in of]


def _margin(strays: Sequence[float], missing: int) -> float:
    """Half of the interval: of a sum of days of which each resembles the next, around a mean that is not known exactly."""
    count = len(strays)
    variance = sum(one * one for one in strays) / (count - 1)
    if variance == 0:
        return 0.0
    together = sum(one * next_ for one, next_ in itertools.pairwise(strays)) / (count - 1)
    memory = min(max(together / variance, 0.0), LONGEST_MEMORY)
    inflated = variance * (1 + memory) / (1 - memory)
    return _quantile(count - 1) * math.sqrt(inflated * missing * (1 + missing / count))


def _quantile(freedom: int) -> float:
    """Student's t at 0.9, by its expansion around the normal quantile (Abramowitz & Stegun 26.7.5)."""
    z = ONE_SIDED
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _range(used: float, rest: float, margin: float, *, is_growing: bool) -> Range:
    low = max(rest - margin, 0.0) if is_growing else rest - margin
    return Range(*(_decimal(used + one) for one in (min(low, rest), rest, rest + margin)))


def _decimal(value: float) -> Decimal:
    """A forecast knows no more digits than these."""
    return Decimal(f"{value:.3f}")


def _leaves(found: Range, usual: Decimal, limit_percent: int) -> bool:
    limit = Decimal(limit_percent) / 100
    return found.low > usual * (1 + limit) or found.high < usual * (1 - limit)
