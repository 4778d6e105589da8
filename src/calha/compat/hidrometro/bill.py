"""What a register has counted, and what that costs. Pure; volumes in litres, prices in money a cubic metre.

Rule 1: consumption is the sum of the differences between readings, by event time; each difference belongs to the time of the
        later reading. So months add up to a year, whenever readings came.
Rule 2: a register that falls has either begun anew (reset, another meter): then what it shows now was counted since; or it
        stepped back, because the meter lost what it had counted since it saved last: then nothing was counted in between.
        It began anew if it shows at most half of what it did, and no more than can have flowed through since.
Rule 3: an amount is the sum of its parts, rounded once, half to even (ABNT NBR 5891), to two decimals.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from calha.domain.readings import Micros
from calha.domain.times import MINUTE_US
from calha.store.hidrometro import TariffRow

CENT = Decimal("0.01")
MILLILITRE = Decimal("0.001")
MAX_FLOW_L_MIN = 500.0
SLACK_L = 1.0


class Counted(NamedTuple):
    """resets: how often the register began anew; back: how often it stepped back."""

    litres: Decimal
    resets: int = 0
    back: int = 0

    def __add__(self, other: "Counted") -> "Counted":  # type: ignore[override]  # a sum, not a longer tuple
        return Counted(self.litres + other.litres, self.resets + other.resets, self.back + other.back)


NOTHING = Counted(Decimal(0))


class Reading(NamedTuple):
    at: Micros
    litres: float


def counted(readings: Iterable[Reading]) -> Counted:
    """What was counted from the first reading to the last; they come by time."""
    total, resets, back = 0.0, 0, 0
    before: Reading | None = None
    for reading in readings:
        if before is not None:
            gained = reading.litres - before.litres
            if gained >= 0:
                total += gained
            elif began_anew(before, reading):
                total, resets = total + reading.litres, resets + 1
            else:
                back += 1
        before = reading
    return Counted(Decimal(repr(total)).quantize(MILLILITRE, ROUND_HALF_EVEN), resets, back)


def began_anew(before: Reading, now: Reading) -> bool:
    """Whether a register that fell was reset, or stepped back."""
    could_flow = MAX_FLOW_L_MIN * (now.at - before.at) / MINUTE_US + SLACK_L
    return now.litres <= before.litres / 2 and now.litres <= could_flow


def tariff_on(day: date, tariffs: Sequence[TariffRow]) -> TariffRow | None:
    """The tariff of a day: of the active ones that hold then, the one that began last."""
    holding = [
        one for one in tariffs if one.active and one.from_on <= day and (one.until_on is None or day <= one.until_on)
    ]
    return max(holding, key=lambda one: (one.from_on, one.id), default=None)


def spans(first: date, end: date, tariffs: Sequence[TariffRow]) -> Iterator[tuple[date, date, TariffRow | None]]:
    """The days [first, end) cut where the tariff changes: (from, until, tariff)."""
    begin, day = first, first
    while day < end:
        current = tariff_on(begin, tariffs)
        day += timedelta(days=1)
        if day == end or tariff_on(day, tariffs) is not current:
            yield begin, day, current
            begin = day


def amount(parts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """The price of volumes: (litres, price a cubic metre) of each."""
    return sum((litres / 1000 * price for litres, price in parts), Decimal(0)).quantize(CENT, ROUND_HALF_EVEN)
